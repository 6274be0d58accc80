"""No stale machine code, one source for both modes."""

import gc
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numba
import numpy as np
import pytest
from numba import float64
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from model import compiling
from model.compiling import cache_folder, equation, hidden_file, kernel, sources_hash, usable_cache_folder
from model.engines import compiled_engine

LAW = "from model.compiling import equation\n\n\n@equation\ndef law(x):\n    return {} * x\n"
LOOP = "from model.compiling import kernel\nfrom model.law import law\n\n\n@kernel\ndef loop(x):\n    return law(x)\n"
RUN = "from model.loop import loop; print(loop(1.0), sum(loop.stats.cache_hits.values()) if hasattr(loop, 'stats') else 0)"


def package(folder):
    """A package of three files: this one's decorators, an equation, and a kernel in another file that calls it."""
    inner = folder / "model"
    inner.mkdir()
    shutil.copy(compiling.__file__, inner / "compiling.py")
    (inner / "__init__.py").write_text("")
    (inner / "law.py").write_text(LAW.format(2.0))
    (inner / "loop.py").write_text(LOOP)
    return inner


def outcome(folder, **environment):
    """Run the kernel in a new process: its value, and how many compiled versions came from the cache."""
    variables = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run([sys.executable, "-c", RUN], cwd=folder, env=variables, capture_output=True, text=True, check=True)
    value, hits = done.stdout.split()
    return float(value), int(hits)


def test_an_edited_equation_in_another_file_never_keeps_its_old_result(tmp_path):
    inner = package(tmp_path)
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "NUMBA_DISABLE_JIT": "0"}
    assert outcome(tmp_path, **cache) == (2.0, 0)
    assert outcome(tmp_path, **cache) == (2.0, 1)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [sources_hash(inner)]
    (inner / "law.py").write_text(LAW.format(3.0))
    assert outcome(tmp_path, **cache) == (3.0, 0)
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_without_the_compiler_all_is_plain_python(tmp_path):
    package(tmp_path)
    assert outcome(tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"), NUMBA_DISABLE_JIT="1") == (2.0, 0)


def test_hash_follows_contents_and_names_but_not_other_files(tmp_path):
    inner = package(tmp_path)
    first = sources_hash(inner)
    (inner / "notes.txt").write_text("no source")
    assert sources_hash(inner) == first
    (inner / "law.py").rename(inner / "rule.py")
    renamed = sources_hash(inner)
    (inner / "rule.py").rename(inner / "law.py")
    (inner / "law.py").write_text(LAW.format(4.0))
    assert len({first, renamed, sources_hash(inner)}) == 3


def test_cache_lies_where_the_user_says(tmp_path, monkeypatch):
    name = sources_hash()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path / name
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "industrial-takeoff" / name
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "industrial-takeoff" / name


def test_an_unusable_cache_is_replaced_by_a_temporary_one(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = usable_cache_folder()
    assert folder.is_dir()
    assert folder.parent == tmp_path


def test_numba_was_told():
    assert len(Path(numba.config.CACHE_DIR).name) == 64 or "industrial-takeoff-" in numba.config.CACHE_DIR


def test_an_equation_stays_a_function_and_compiles_in_a_kernel():
    @equation
    def double(x):
        return 2.0 * x

    @kernel(cache=False)
    def twice(x):
        return double(double(x))

    assert double.__name__ == "double"
    assert double(1.5) == 3.0
    assert twice(1.5) == 6.0


def test_kernels_divide_by_zero_as_ieee_says():
    @kernel(cache=False)
    def ratio(x, y):
        return x / y

    if not numba.config.DISABLE_JIT:
        assert ratio(1.0, 0.0) == float("inf")


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="Python allocates as it likes")
def test_a_loop_that_would_allocate_does_not_compile():
    def room(count):
        return np.empty(count).size

    assert kernel(cache=False, _nrt=True)(room)(4) == 4
    with pytest.raises(NumbaError):
        kernel(cache=False)(room)(4)


def deep(levels):
    """Equations that call one another, so many deep, with a loop at the bottom; and a kernel that calls the first."""
    @equation
    def bottom(x):
        total = x
        for k in range(50):
            total = 0.7 * total + 1.0 / (k + x)
        return total

    law = bottom
    for _ in range(levels):
        inner = law

        def around(x, inner=inner):
            return inner(x) + 0.5 * inner(x + 1.0)

        law = equation(around)
    first = law

    @kernel(cache=False)
    def loop(x):
        return first(x)

    return loop


def optimisations(monkeypatch, library):
    """Count how often Numba's library optimises a module."""
    calls = []
    plain = library._optimize_final_module

    def counted(self):
        calls.append(self.name)
        plain(self)

    monkeypatch.setattr(library, "_optimize_final_module", counted)
    return calls


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_a_kernel_is_optimised_once_and_computes_the_same(monkeypatch):
    codegen = cpu_target.target_context.codegen()
    library, loops = codegen._library_class, [deep(3) for _ in range(2)]
    calls = optimisations(monkeypatch, library)
    loops[0].compile((float64,))
    often = len(calls)
    with compiling._optimised_once():
        assert codegen._library_class is not library
        loops[1].compile((float64,))
    # One for what Python calls; Numba's own way takes one for every level too.
    assert len(calls) - often == 1 < often
    assert codegen._library_class is library
    assert loops[0](1.5) == loops[1](1.5)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_numbas_own_way_comes_back_after_an_error_and_stays_where_its_parts_differ(monkeypatch):
    codegen = cpu_target.target_context.codegen()
    library = codegen._library_class
    with pytest.raises(OSError, match="planted"), compiling._optimised_once():
        raise OSError("planted")
    assert codegen._library_class is library
    monkeypatch.setattr(compiling, "_REPLACED", (*compiling._REPLACED, "_a_part_that_is_not_there"))
    with compiling._optimised_once():
        assert codegen._library_class is library


MANY = 12
START_TOGETHER = """
import os, sys, time
from pathlib import Path
from model.compiling import prepare
from model.loop import loop
gate = Path(sys.argv[1])
(gate / f"ready-{sys.argv[2]}").touch()
parent = os.getppid()
while not (gate / "go").exists() and os.getppid() == parent:
    time.sleep(0.001)
prepare(loop, 1.0)
print(loop(1.0), sum(loop.stats.cache_hits.values()), sum(loop.stats.cache_misses.values()))
"""


def test_of_many_processes_on_a_cold_cache_one_compiles_and_the_others_read(tmp_path):
    inner = package(tmp_path)
    gate = tmp_path / "gate"
    gate.mkdir()
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "NUMBA_DISABLE_JIT": "0"}
    variables = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", **cache}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START_TOGETHER, str(gate), str(i)],
            cwd=tmp_path,
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(MANY)
    ]
    while len(list(gate.glob("ready-*"))) < MANY:
        assert all(process.poll() is None for process in started)
        time.sleep(0.01)
    (gate / "go").touch()
    told = [process.communicate()[0].split() for process in started]
    assert {value for value, _, _ in told} == {"2.0"}
    assert sorted((int(hits), int(misses)) for _, hits, misses in told) == [(0, 1)] + [(1, 0)] * (MANY - 1)
    folder = tmp_path / "cache" / sources_hash(inner)
    assert len(list(folder.glob("*.compiled"))) == 1
    assert not list(folder.rglob("*.tmp*"))


def test_what_was_half_compiled_by_a_dead_process_is_compiled_again(tmp_path):
    inner = package(tmp_path)
    folder = tmp_path / "cache" / sources_hash(inner)
    folder.mkdir(parents=True)
    (folder / ".compiling").touch()
    run = RUN.replace("print", "from model.compiling import prepare; prepare(loop, 1.0); print")
    variables = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "NUMBA_DISABLE_JIT": "0"}
    done = subprocess.run([sys.executable, "-c", run], cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2.0", "0"]
    assert len(list(folder.glob("*.compiled"))) == 1


SETTINGS = ("num_threads: 0", "num_threads: nonsense", "[", "- a", "opt: 0", "cpu_name: nonsense", "\x00")


@pytest.mark.parametrize("settings", SETTINGS)
def test_settings_of_numba_in_the_working_folder_are_not_read(settings: str, tmp_path: Path) -> None:
    (tmp_path / ".numba_config.yaml").write_text(settings, encoding="utf-8")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import model.compiling, numba.core.config as config\n"
        "print(config.NUMBA_NUM_THREADS > 0, int(config.OPT), config.CPU_NAME)\n"
    )
    words = [sys.executable, "-W", "error", "-c", program, str(Path(__file__).parents[2])]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "True 3 None\n"
    assert done.stderr == ""


def test_only_one_file_is_hidden_and_only_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "other"):
        Path(name).touch()
    asks = os.path
    with hidden_file("one"):
        assert [asks.isfile(name) for name in ("one", "other", "none")] == [False, True, False]
    with pytest.raises(ValueError, match="of the import"), hidden_file("one"):
        raise ValueError("of the import")
    assert asks.isfile("one")


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_the_loop_of_a_history_is_called_by_address_only_for_the_types_it_was_compiled_for():
    @numba.njit
    def caller(address, w):
        return compiled_engine.run_at(address, w, w, w, 0, 1)

    with pytest.raises(NumbaError):
        caller(0, 1.0)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_an_address_is_that_of_the_code_for_the_types_given():
    @numba.njit
    def double(x):
        return 2 * x

    first = compiling.address_of(double, 1.0)
    assert first == compiling.address_of(double, 2.0) != compiling.address_of(double, 1)
    assert first > 0


def test_what_is_not_compiled_has_no_address():
    assert compiling.address_of(abs, 1.0) == 0


def test_rubbish_is_collected_again_after_a_compilation():
    seen = []

    def fail():
        with compiling._uncollected():
            seen.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (seen, gc.isenabled()) == ([False], True)
