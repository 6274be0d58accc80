"""Do the libraries hear nothing of the user's environment that can move a number or stop the work?"""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from model import surroundings
from model.compiling import cache_home
from model.cores import SINGLE_THREAD
from model.errors import InputError
from model.surroundings import NUMBERS, plots, processor, shield, without


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A process in which nothing was removed yet, and whose variables are put back."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(surroundings, "_done", [])
    return monkeypatch


@pytest.mark.parametrize("family", NUMBERS)
def test_a_whole_family_is_removed(family: str, untold: pytest.MonkeyPatch) -> None:
    os.environ[f"{family}OF_A_NEW_VERSION"] = "1"
    shield()
    assert [name for name in os.environ if name.startswith(family)] == [
        name for name in os.environ if name.startswith(family) and name in (*SINGLE_THREAD, *surroundings._KEPT)
    ]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("NUMBA_CACHE_DIR", "/somewhere", True),
        ("NUMBA_DISABLE_JIT", "1", True),
        ("NUMBA_DISABLE_JIT", "yes", False),
        ("NUMBA_BOUNDSCHECK", "1", True),
        ("NUMBA_NUM_THREADS", "2", True),
        ("NUMBA_NUM_THREADS", "0", False),
        ("NUMBA_OPT", "0", False),
    ],
)
def test_what_changes_no_bit_is_kept(name: str, value: str, kept: bool, untold: pytest.MonkeyPatch) -> None:
    os.environ[name] = value
    shield()
    assert (os.environ.get(name) == value) is kept


def test_linear_algebra_is_told_one_thread(untold: pytest.MonkeyPatch) -> None:
    os.environ.update(dict.fromkeys(SINGLE_THREAD, "7"))
    shield()
    assert [os.environ[name] for name in SINGLE_THREAD] == ["1"] * len(SINGLE_THREAD)
    os.environ["NPY_DISABLE_CPU_FEATURES"] = "set by the program itself"
    shield()
    assert "NPY_DISABLE_CPU_FEATURES" in os.environ


def test_variables_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setenv("HOME", "/somewhere")
    before = dict(os.environ)
    with without(("JAX_",), HOME="/elsewhere", NEW="1"):
        assert "JAX_PLATFORMS" not in os.environ
        assert os.environ["HOME"] == "/elsewhere"
        os.environ["JAX_OTHER"] = "1"
    assert dict(os.environ) == before


def test_plots_have_a_home_and_announce_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.devnull)
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    monkeypatch.setenv("ARVIZ_DATA", os.devnull)
    with plots():
        assert Path.home().is_dir()
        assert os.environ["MPLBACKEND"] == "Agg"
        assert "ARVIZ_DATA" not in os.environ
        warnings.warn("an announcement", FutureWarning, stacklevel=1)
    with pytest.warns(FutureWarning, match="of the user's own"):
        warnings.warn("of the user's own", FutureWarning, stacklevel=1)


def test_an_import_that_fails_is_one_line() -> None:
    with pytest.raises(InputError, match=r"arvizrc or matplotlibrc in .*: Key stats: nonsense; start elsewhere"), plots():
        raise ValueError("Key stats: nonsense")


def test_a_user_without_a_home_has_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_home() == Path.home() / ".cache"
    monkeypatch.setattr(Path, "home", homeless)
    assert cache_home().is_absolute()
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_home() == Path("/caches")


def test_the_processor_is_named() -> None:
    named = processor()
    assert named.keys() == {"linear_algebra", "vectors"}
    assert named["linear_algebra"]


def test_a_kernel_of_linear_algebra_that_was_chosen_before_is_seen() -> None:
    """A program that imports NumPy first has had its variables read: the fingerprint then names what is in use."""
    told = {**os.environ, "OPENBLAS_CORETYPE": "Prescott"}
    seen = {}
    for first in ("model", "numpy"):
        program = f"import {first}; from model.surroundings import processor; print(processor()['linear_algebra'])"
        done = subprocess.run([sys.executable, "-c", program], env=told, capture_output=True, text=True, check=True)
        seen[first] = done.stdout.strip()
    assert seen["model"] == processor()["linear_algebra"]
    # OpenBLAS names the oldest kernel by its predecessor; machines of another kind have no such kernel.
    assert seen["numpy"] in ("Prescott", "Katmai", seen["model"])
