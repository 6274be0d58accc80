"""How is one source both plain Python and machine code, and never stale? By three decorators, and a cache named by a hash.

``equation`` (for a function that returns a value) and ``step`` (for one that changes the state) leave a function as it is for
Python and let compiled code call it; ``kernel`` compiles a loop. Numba's cache does not notice when a called function in another
file is edited. The cache's folder is therefore named by a hash of all sources of the package: an edited equation starts a new
folder. Import this file before anything that compiles.
"""

import fcntl
import gc
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar, overload


@contextmanager
def hidden_file(name: str) -> Iterator[None]:
    """Let a library that is imported within look in vain for a file of the working directory, whatever that file says."""
    truly: Any = os.path.isfile

    def isfile(path: Any) -> bool:
        # Of every other path, and to other threads, the truth is told.
        return path != name and bool(truly(path))

    os.path.isfile = isfile
    try:
        yield
    finally:
        os.path.isfile = truly


# Numba also reads a file of settings in the working directory, where it may lie for another program.
with hidden_file(".numba_config.yaml"):
    import numba
    from llvmlite import binding
    from numba.extending import register_jitable

_logger: Final = logging.getLogger(__name__)

PACKAGE: Final = Path(__file__).resolve().parent

Function = TypeVar("Function", bound=Callable[..., Any])

# Division follows IEEE 754: 1/0 is inf. If it raised an exception, as in Python, no loop that divides could be vectorised.
# ``fastmath`` stays off, because the compiler must keep Python's order of operations.
ARITHMETIC: Final = {"error_model": "numpy", "fastmath": False}

# Vectors of a loop that are at work at once: one alone waits for its own results most of the time. No bit depends on it.
INTERLEAVED: Final = 2

# How the names of those functions begin by which Python calls a kernel.
PYTHON_WRAPPER: Final = "_ZN7cpython"

OPTIONS: Final = {"cache": True, "nogil": True, "_nrt": False}


def sources_hash(folder: Path = PACKAGE) -> str:
    """Return the SHA-256, in hexadecimal, of the relative paths and contents of all Python files below ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def cache_home() -> Path:
    """Return the user's folder of caches, or a temporary one for a user who has no home."""
    given = os.environ.get("XDG_CACHE_HOME")
    if given:
        return Path(given)
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"industrial-takeoff-{os.getuid()}"


def cache_folder(folder: Path = PACKAGE) -> Path:
    """Return the folder of the code that was compiled from the sources in ``folder``.

    It lies below ``NUMBA_CACHE_DIR`` when that is set, else below the user's cache (``XDG_CACHE_HOME`` or ``~/.cache``).
    """
    explicit = os.environ.get("NUMBA_CACHE_DIR")
    if explicit:
        return Path(explicit) / sources_hash(folder)
    return cache_home() / "industrial-takeoff" / sources_hash(folder)


def usable_cache_folder(folder: Path = PACKAGE) -> Path:
    """Create and return ``cache_folder(folder)``, or a new temporary folder where that one cannot be written.

    Without a writable folder Numba would use ``__pycache__``, which keeps its code when an equation changes.
    """
    wanted = cache_folder(folder)
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        return Path(tempfile.mkdtemp(prefix="industrial-takeoff-"))


def equation(function: Function) -> Function:
    """Leave a function that returns a value as plain Python, and let kernels compile it.

    The compiler puts its code into that of the caller, because a loop that calls a function cannot use vector registers. C code
    never calls it, so it gets no second form for C, which would hold the code of all that it calls once more.
    """
    register: Any = register_jitable(forceinline=True, no_cfunc_wrapper=True, **ARITHMETIC)
    registered: Function = register(function)
    return registered


# The same decorator under the name for functions that change the state. The name informs the reader; the compiler ignores it.
step = equation


@overload
def kernel(function: Function) -> Function: ...
@overload
def kernel(**options: Any) -> Callable[[Function], Function]: ...
def kernel(function: Any = None, **options: Any) -> Any:
    """Compile a loop, keep it on disk, and release the interpreter's lock while it runs; ``options`` are passed to Numba.

    The loop runs without Numba's runtime. The compiler therefore refuses code that allocates memory, and references to arrays are
    not counted; counting them took a third of a history's time. The caller must keep the arrays alive while the loop runs.
    """
    compiler = numba.njit(**{**OPTIONS, **ARITHMETIC, **options})
    return compiler if function is None else compiler(function)


def prepare(loop: Any, *arguments: Any) -> None:
    """Compile a kernel for the types of these arguments before it is called, and log a warning where that takes long.

    Where several processes start at once without the compiled code in the cache, one of them compiles it; the others wait and
    then read it. Files are written whole, and the lock is released when the process that holds it ends.
    """
    if loop in _prepared or not hasattr(loop, "compile"):
        return
    folder = Path(_settings.CACHE_DIR)
    mark = folder / f"{loop.__module__}.{loop.__qualname__}-{_processor()}.compiled"
    types = tuple(_type_of(argument) for argument in arguments)
    if mark.exists():
        loop.compile(types)
    else:
        with _alone(folder / ".compiling"):
            if not mark.exists():
                _logger.warning("compiling %s, once for this version and processor: up to two minutes", loop.__qualname__)
            # The compiler's trees of objects live until it is done: to look for garbage among them takes a tenth of its time.
            with _optimised_once(), _uncollected():
                loop.compile(types)
            mark.touch()
    _prepared.add(loop)


def address_of(loop: Any, *arguments: Any) -> int:
    """Return where the machine code of a kernel for the types of these arguments lies; 0 where the compiler is switched off.

    The code stays there as long as the process lives.
    """
    if not hasattr(loop, "compile"):
        return 0
    prepare(loop, *arguments)
    types = tuple(_type_of(argument) for argument in arguments)
    loop.compile(types)
    code = loop.overloads[types]
    return int(code.library.get_pointer_to_function(code.fndesc.llvm_func_name))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python look for no garbage within this context."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def _optimised_once() -> Iterator[None]:
    """Let Numba optimise a kernel as a whole, and not before that each function inside it, with all that this one calls.

    Numba treats a function that a kernel calls as a kernel of its own: it optimises the function together with the code of all
    functions below it, and makes machine code of it. Our functions become part of their caller, so that the code at the bottom
    was optimised some ten times and most machine code was never run: half of the time of a compilation. Within this context a
    function inside a kernel is only linked. A Numba without the parts that are replaced compiles as it always does.
    """
    from numba.core.registry import cpu_target

    context: Any = cpu_target.target_context
    codegen = context.codegen()
    library = getattr(codegen, "_library_class", None)
    if library is None or not all(hasattr(library, name) for name in _REPLACED):
        yield
        return
    codegen._library_class = _late(library)
    try:
        yield
    finally:
        codegen._library_class = library


# What the library below takes from Numba's; where one of them is absent, Numba's is used as it is.
_REPLACED: Final = (
    "finalize",
    "get_pointer_to_function",
    "codegen",
    "_ensure_finalized",
    "_optimize_final_module",
    "_finalize_final_module",
)


def _late(library: Any) -> Any:
    """Return a class of Numba's libraries that waits with a function's code until its address is wanted."""

    class Late(library):  # type: ignore[misc]
        waits = False

        def holds(self, name: str) -> bool:
            """Return whether the library has code of this name."""
            return any(one.name == name and not one.is_declaration for one in self._final_module.functions)

        def finalize(self) -> None:
            # Only what Python calls has a wrapper for Python.
            self.waits = not any(one.name.startswith(PYTHON_WRAPPER) for one in self._final_module.functions)
            super().finalize()

        def _optimize_final_module(self) -> None:
            if not self.waits:
                super()._optimize_final_module()

        def _finalize_final_module(self) -> None:
            if self.waits:
                self._finalized = True
            else:
                super()._finalize_final_module()

        def get_pointer_to_function(self, name: str) -> Any:
            self._ensure_finalized()
            if self.waits:
                if not self.holds(name):
                    return 0
                self.waits = False
                self._optimize_final_module()
                self._finalize_final_module()
            return super().get_pointer_to_function(name)

        @property
        def codegen(self) -> Any:
            return _NoEnvironment if self.waits else self._codegen

    return Late


class _NoEnvironment:
    """What stands for the code generator of a function without machine code: there is no place for its environment yet."""

    @staticmethod
    def set_env(name: str, environment: Any) -> None:
        """Do nothing: kernels that are read from the cache have no environments of inner functions either."""


def _processor() -> str:
    """Return a name for the kind of processor for which code is compiled: machines of several kinds may share one cache."""
    from numba.core.registry import cpu_target

    context: Any = cpu_target.target_context
    return hashlib.sha256(repr(context.codegen().magic_tuple()).encode()).hexdigest()[:12]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock on a file while other processes wait; where the file system has no locks, no process waits."""
    try:
        file = path.open("w")
    except OSError:
        yield
        return
    with file:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


_prepared: Final[set[Any]] = set()
_llvm: Any = binding
_llvm.set_option("industrial-takeoff", f"-force-vector-interleave={INTERLEAVED}")
_settings: Any = numba.config
# From now on there is no such file, and what it said is taken back where the user's own program imported Numba before.
_settings._config_fname = os.devnull
_settings.reload_config()
_type_of: Any = numba.typeof
_settings.CACHE_DIR = str(usable_cache_folder())
