"""How fast would the model be in C++? Two peers of the compiled engine, which ``benchmarks.engine`` runs beside it.

``best`` (``benchmarks/cpp/best.cpp``) is the engine's own algorithm and leaves its bits; ``plain`` (``benchmarks/cpp/plain.cpp``)
is the model as its equations read, firm after firm, and agrees up to rounding. Both are compiled by g++ when first asked for and
kept by what they were made of. Records and numbers come from the model's dtypes and constants, so that they cannot drift apart.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import lanes, observe, state
from model.compiling import PACKAGE, cache_folder
from model.parameters import PARAMS

SOURCES: Final = Path(__file__).resolve().parent / "cpp"
KINDS: Final = ("best", "plain")
COMPILER: Final = "g++"
FLAGS: Final = ("-std=c++20", "-O3", "-march=native", "-ffp-contract=off", "-fno-semantic-interposition", "-shared", "-fPIC")
# None of these changes a bit: they let loops with conditions and roots run in vector registers, as wide as there are.
VECTOR_FLAGS: Final = ("-fno-math-errno", "-fno-trapping-math", "-mprefer-vector-width=512")

RECORDS: Final = {
    "Params": PARAMS,
    "Setting": state.SETTING,
    "Programme": state.PROGRAMME,
    "Cluster": state.CLUSTER,
    "Ladder": state.LADDER,
    "Beside": state.BESIDE,
    "Sums": state.SUMS,
    "Block": state.BLOCK,
    "Lane": state.FIRM,
    "Due": state.DUE,
    "Log": state.LOG,
}
# The same memory once more.
LEFT_OUT: Final = ("words",)
HOMES: Final = ("arithmetic", "events", "observe", "peers", "randomness", "state", "world")
NUMBERS: Final = {
    "COLUMNS": len(observe.COLUMNS),
    "UNDRAWN": lanes.UNDRAWN,
    "COUNTED": lanes.COUNTED,
    "SUPPLIED": lanes.SUPPLIED,
    "SHARE": lanes.SHARE,
}
KINDS_OF_FIELD: Final = {"f": "double", "i": "std::int{}_t", "u": "std::uint{}_t"}
KEYWORDS: Final = ("case",)


class Batch(NamedTuple):
    """Histories run one after another in one memory: panels (n, longest + 1, columns) and each one's processor time (s)."""

    panels: NDArray[np.float64]
    seconds: NDArray[np.float64]


# ------------------------------------------------------------------------------------------------------------------ layout


def layout() -> str:
    """Return the header that declares the model's records and numbers in C++."""
    lines = ["// Generated from the model's dtypes and constants.", "#pragma once", "#include <cstddef>", "#include <cstdint>"]
    lines += ["", "namespace model {", ""]
    lines += [_number(name, value) for name, value in sorted(_numbers().items())]
    for name, dtype in RECORDS.items():
        lines += ["", *_struct(name, dtype)]
    return "\n".join([*lines, "", "}  // namespace model", ""])


def _numbers() -> dict[str, float]:
    """Return the constants of all homes by name.

    Raises
    ------
    RuntimeError
        If two constants share a name but not their value.
    """
    found: dict[str, float] = dict(NUMBERS)
    mechanisms = [f"mechanisms.{path.stem}" for path in sorted((PACKAGE / "mechanisms").glob("[a-z]*.py"))]
    for home in (*HOMES, *mechanisms):
        for name, value in vars(import_module(f"model.{home}")).items():
            if not name.isupper() or isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            if found.setdefault(name, value) != value:
                raise RuntimeError(f"model.{home}: {name}: {value} here and {found[name]} elsewhere; rename one")
    return found


def _number(name: str, value: float) -> str:
    if isinstance(value, int):
        return f"constexpr std::{'u' if value >= 1 << 63 else ''}int64_t {name} = {value}{'ULL' if value >= 1 << 63 else ''};"
    return f"constexpr double {name} = {value!r};"


def _struct(name: str, dtype: np.dtype[Any]) -> list[str]:
    """Return the declaration of a record, and what the compiler is to check of it."""
    fields: Any = dtype.fields
    # By place; where several share one, the widest comes first.
    order = [field for field in fields if field not in LEFT_OUT]
    order.sort(key=lambda field: (fields[field][1], -fields[field][0].itemsize))
    members, end = _members([(_identifier(field), *fields[field][:2]) for field in order], 0)
    gap = [f"char gap_{end}[{dtype.itemsize - end}];"] if dtype.itemsize > end else []
    # A firm is a view of a block.
    attribute = "[[gnu::may_alias]] " if name == "Lane" else ""
    checks = [f"static_assert(sizeof({name}) == {dtype.itemsize});"]
    checks += [f"static_assert(offsetof({name}, {_identifier(field)}) == {fields[field][1]});" for field in order]
    return [f"struct {attribute}{name} {{", *(f"    {member}" for member in [*members, *gap]), "};", *checks]


def _members(fields: list[tuple[str, np.dtype[Any], int]], start: int) -> tuple[list[str], int]:
    """Return declarations of fields from a place on, and where they end; fields within another become a union with it."""
    lines, end = [], start
    while fields:
        (name, dtype, place), *fields = fields
        if place > end:
            lines.append(f"char gap_{end}[{place - end}];")
        end = place + dtype.itemsize
        inside = [field for field in fields if field[2] < end]
        fields = fields[len(inside) :]
        declared = f"{_type(dtype)} {name}{''.join(f'[{size}]' for size in dtype.shape)};"
        if inside:
            declared = f"union {{ {declared} struct {{ {' '.join(_members(inside, place)[0])} }}; }};"
        lines.append(declared)
    return lines, end


def _type(dtype: np.dtype[Any]) -> str:
    return KINDS_OF_FIELD[dtype.base.kind].format(8 * dtype.base.itemsize)


def _identifier(field: str) -> str:
    return f"{field}_" if field in KEYWORDS else field


# ---------------------------------------------------------------------------------------------------------------- compiler


def compiler() -> str:
    """Return where the compiler is.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    found = shutil.which(COMPILER)
    if found is None:
        raise RuntimeError(f"{COMPILER}: not found; the C++ peers need it (Debian: apt-get install g++)")
    return found


def compiled(kind: str) -> Path:
    """Return the shared library of a peer, compiled now unless one made of the same things is kept.

    Raises
    ------
    RuntimeError
        If there is no compiler, or it refuses.
    """
    flags = FLAGS + (VECTOR_FLAGS if kind == "best" else ())
    header = layout()
    folder = _folder(_made_of(kind, flags, header))
    library = folder / f"{kind}.so"
    if library.exists():
        return library
    (folder / "layout.hpp").write_text(header, encoding="utf-8")
    # Whole or not at all: another process may compile the same at the same time.
    with tempfile.TemporaryDirectory(dir=folder) as draft:
        made = Path(draft) / library.name
        command = [compiler(), *flags, f"-I{folder}", "-o", str(made), str(SOURCES / f"{kind}.cpp")]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise RuntimeError(f"{COMPILER}: {kind}.cpp does not compile:\n{answer.stderr}")
        made.replace(library)
    return library


def _made_of(kind: str, flags: tuple[str, ...], header: str) -> str:
    """Return a hash of all that decides about the machine code: sources, flags, the compiler and what it takes for native."""
    digest = hashlib.sha256()
    native = [[compiler(), "--version"], [compiler(), "-march=native", "-Q", "--help=target"]]
    answers = [subprocess.run(command, capture_output=True, check=False).stdout for command in native]
    contents = [path.read_bytes() for path in sorted(SOURCES.iterdir()) if path.suffix == ".hpp"]
    contents += [(SOURCES / f"{kind}.cpp").read_bytes(), header.encode(), " ".join(flags).encode(), *answers]
    for content in contents:
        digest.update(f"{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _folder(made_of: str) -> Path:
    """Return a folder for one library beside the compiled engine's; a temporary one where that cannot be written."""
    wanted = cache_folder().parent / "cpp" / made_of
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        return Path(tempfile.mkdtemp(prefix="industrial-takeoff-cpp-"))


@cache
def library(kind: str) -> ctypes.CDLL:
    """Return a peer, compiled and loaded."""
    loaded = ctypes.CDLL(os.fspath(compiled(kind)))
    place, number = ctypes.c_void_p, ctypes.c_int64
    loaded.reserve.argtypes, loaded.reserve.restype = [number, number], place
    loaded.release.argtypes, loaded.release.restype = [place], None
    loaded.run.argtypes = [place, place, place, place, number, ctypes.c_uint64, place, place, number]
    loaded.run.restype = number
    return loaded


# -------------------------------------------------------------------------------------------------------------------- runs


class Memory:
    """What a peer's histories live in, one after another: room for the largest, as ``model.start.new_world`` reserves it."""

    def __init__(self, kind: str, firms_max: int, programmes: int) -> None:
        self._library = library(kind)
        self._world = self._library.reserve(firms_max, programmes)

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *failure: object) -> None:
        self._library.release(self._world)

    def run(self, given: "Given", j: int, seed: int, panel: NDArray[np.float64], log: NDArray[Any]) -> int:
        """Run history ``j`` into a panel and an event log; return how many lines of the log there were to write."""
        params, setting = given.params.ctypes.data + j * PARAMS.itemsize, given.settings.ctypes.data + j * state.SETTING.itemsize
        lines = given.programmes.ctypes.data, len(given.programmes)
        return int(self._library.run(self._world, params, setting, *lines, seed, panel.ctypes.data, log.ctypes.data, len(log)))


class Given(NamedTuple):
    """What histories are given, as the C++ side reads it: records one behind the other."""

    params: NDArray[Any]
    settings: NDArray[Any]
    programmes: NDArray[Any]


def given(params: Any, settings: Any, programmes: NDArray[Any]) -> Given:
    """Return records, or arrays of them, as the C++ side reads them.

    Raises
    ------
    TypeError
        If a record has other fields than the C++ side declares.
    """
    arrays = [np.ascontiguousarray(array) for array in (params, settings, programmes)]
    for array, dtype in zip(arrays, (PARAMS, state.SETTING, state.PROGRAMME), strict=True):
        if array.dtype.descr != dtype.descr:
            raise TypeError(f"{array.dtype}: is no record of {dtype}")
    return Given(*arrays)


def blank(quarters: int) -> NDArray[np.float64]:
    """Return a panel of which nothing is written yet."""
    return np.full((quarters + 1, len(observe.COLUMNS)), np.nan)


def run_with_log(
    kind: str, params: Any, setting: Any, programmes: NDArray[Any], seed: int, lines: int = 1 << 17
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Run one history in a peer; return its panel and at most the first ``lines`` of its event log."""
    panel, log = blank(int(setting["quarters"])), np.zeros(lines, state.LOG)
    with Memory(kind, int(setting["firms_max"]), len(programmes)) as memory:
        written = memory.run(given(params, setting, programmes), 0, seed, panel, log)
    return panel, log[:written]


def run_best(params: Any, setting: Any, programmes: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Run one history in the engine's own algorithm; return its panel (quarters + 1, columns)."""
    return run_with_log("best", params, setting, programmes, seed, 0)[0]


def run_plain(params: Any, setting: Any, programmes: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Run one history as the model's equations read; return its panel (quarters + 1, columns)."""
    return run_with_log("plain", params, setting, programmes, seed, 0)[0]


def batch(kind: str, params: NDArray[Any], settings: NDArray[Any], seeds: NDArray[np.uint64], programmes: NDArray[Any]) -> Batch:
    """Run histories one after another in one memory, as a thread of ``model.batch.simulate_many`` does.

    Parameters
    ----------
    kind : "best" or "plain"
    params, settings, seeds : PARAMS and SETTING records and uint64, shape (n,) each
    programmes : PROGRAMME records, shape (m,)
        The same for all histories.
    """
    panels = np.stack([blank(int(settings["quarters"].max()))] * len(seeds))
    seconds, log, records = np.zeros(len(seeds)), np.zeros(0, state.LOG), given(params, settings, programmes)
    with Memory(kind, int(settings["firms_max"].max()), len(programmes)) as memory:
        for j, (seed, panel) in enumerate(zip(seeds.tolist(), panels, strict=True)):
            began = time.thread_time()
            memory.run(records, j, seed, panel, log)
            seconds[j] = time.thread_time() - began
    return Batch(panels, seconds)
