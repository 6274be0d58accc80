"""What a command loads before it starts: counted, not timed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from types import ModuleType

import pytest

import calibration
import model
import studies
from model.cores import SINGLE_THREAD

HEAVY = (
    "arviz", "dask", "distributed", "emcee", "h5netcdf", "h5py", "jax", "jinja2", "matplotlib", "pandas", "pyarrow", "SALib",
    "xarray",
)  # fmt: skip
LOADED = """
import sys
from studies.cli import main
sys.argv = ["takeoff", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded(*words: str) -> set[str]:
    """The modules that are loaded when a command ends."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "80"}
    )
    return set(done.stderr.splitlines()[-1].split())


def packages(modules: set[str], names: Sequence[str]) -> set[str]:
    return {name for name in names if name in modules}


def test_help_loads_nothing_that_computes() -> None:
    modules = loaded("--help")
    assert "studies.cli" in modules
    assert packages(modules, [*HEAVY, "numba", "numpy", "scipy", "simpy", "pydantic", "yaml"]) == set()
    assert len(modules) < 150


def test_a_history_loads_no_table_plot_or_cluster_library() -> None:
    modules = loaded("simulate", "10")
    assert {"numpy", "numba", "model.engines.compiled_engine"} <= modules
    assert packages(modules, [*HEAVY, "simpy"]) == set()
    assert len(modules) < 1_000


def test_packages_offer_names_without_loading_their_homes() -> None:
    program = "import sys, model, calibration, studies; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert packages(set(done.stdout.split()), [*HEAVY, "numba", "numpy", "scipy"]) == set()


@pytest.mark.parametrize("package", [model, calibration, studies], ids=lambda package: package.__name__)
def test_a_package_shows_what_it_offers_and_nothing_else(package: ModuleType) -> None:
    assert dir(package) == sorted(package.__all__)
    assert all(callable(getattr(package, name)) for name in package.__all__)
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'simulation_of'"):
        _ = package.simulation_of


@pytest.mark.parametrize("package", ["model", "execution", "calibration.correction", "studies"])
def test_linear_algebra_is_told_before_numpy_is_loaded(package: str) -> None:
    # The variables are read when NumPy is loaded; a user's own value would change bits.
    program = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'numpy': print(*(os.environ.get(one) for one in sys.argv[1:]))\n"
        "sys.meta_path.insert(0, Watch())\n"
        f"import {package}, model.compiling\n"
    )
    given = dict.fromkeys(SINGLE_THREAD, "3")
    done = subprocess.run(
        [sys.executable, "-c", program, *SINGLE_THREAD], env={**os.environ, **given}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1"] * len(SINGLE_THREAD)
