"""How is one source both plain Python and machine code, and never stale? By three decorators, and a cache named by a hash.

``equation`` (gives a value) and ``step`` (changes the state) leave a function as it is for Python and let compiled code call it;
``kernel`` compiles a loop. Numba's cache does not notice that a function called from another file was edited, so the cache's
folder is named by a hash of all sources of the package: an edited equation starts a new folder. Import this file before
anything that compiles.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar, overload

import numba
from numba.extending import register_jitable

_logger: Final = logging.getLogger(__name__)

PACKAGE: Final = Path(__file__).resolve().parent

Function = TypeVar("Function", bound=Callable[..., Any])

# IEEE semantics as in C: 1/0 is inf instead of an exception, without which no loop that divides is vectorised. Never
# fastmath: the compiler must keep the order of operations that Python has.
ARITHMETIC: Final = {"error_model": "numpy", "fastmath": False}

OPTIONS: Final = {"cache": True, "nogil": True, "_nrt": False}


def sources_hash(folder: Path = PACKAGE) -> str:
    """Return the SHA-256, in hexadecimal, of the relative paths and contents of all Python files below ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def cache_folder(folder: Path = PACKAGE) -> Path:
    """Return where code compiled from the sources in ``folder`` is kept.

    Below ``NUMBA_CACHE_DIR`` when that is set, else below the user's cache (``XDG_CACHE_HOME`` or ``~/.cache``).
    """
    explicit = os.environ.get("NUMBA_CACHE_DIR")
    if explicit:
        return Path(explicit) / sources_hash(folder)
    user = os.environ.get("XDG_CACHE_HOME")
    base = Path(user) if user else Path.home() / ".cache"
    return base / "industrial-takeoff" / sources_hash(folder)


def usable_cache_folder(folder: Path = PACKAGE) -> Path:
    """Return ``cache_folder(folder)``, created; where it cannot be written, a new temporary folder.

    Without a writable folder Numba would fall back on ``__pycache__``, which forgets nothing when an equation changes.
    """
    wanted = cache_folder(folder)
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        return Path(tempfile.mkdtemp(prefix="industrial-takeoff-"))


def equation(function: Function) -> Function:
    """Leave a function that gives a value as plain Python, and let kernels compile it.

    Compiled, it becomes part of its caller: no loop that calls something runs in vector registers.
    """
    register: Any = register_jitable(forceinline=True, **ARITHMETIC)
    registered: Function = register(function)
    return registered


# The same for a function that changes the state, or does both: what a reader is told, not the compiler.
step = equation


@overload
def kernel(function: Function) -> Function: ...
@overload
def kernel(**options: Any) -> Callable[[Function], Function]: ...
def kernel(function: Any = None, **options: Any) -> Any:
    """Compile a loop: cached on disk, without the interpreter's lock, in IEEE arithmetic; ``options`` are Numba's.

    It runs without Numba's runtime: the compiler refuses what would allocate, and no array's references are counted, which took
    a third of a history's time. Who calls a loop holds its arrays.
    """
    compiler = numba.njit(**{**OPTIONS, **ARITHMETIC, **options})
    return compiler if function is None else compiler(function)


def prepare(loop: Any, *arguments: Any) -> None:
    """Have a kernel compiled for such arguments before it is called, and say so where that takes half a minute.

    Of the processes that start at once on a cache without it one compiles, and the others wait and
    read what it leaves: files are written whole, and a lock goes with its holder.
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
                _logger.warning("compiling %s, once for this version and processor: half a minute or so", loop.__qualname__)
            loop.compile(types)
            mark.touch()
    _prepared.add(loop)


def _processor() -> str:
    """Return a word for the processor that code is compiled for: a cache may be shared by machines of several kinds."""
    from numba.core.registry import cpu_target

    context: Any = cpu_target.target_context
    return hashlib.sha256(repr(context.codegen().magic_tuple()).encode()).hexdigest()[:12]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock while others wait; where the file system knows no locks, all go on at once."""
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
_settings: Any = numba.config
_type_of: Any = numba.typeof
_settings.CACHE_DIR = str(usable_cache_folder())
