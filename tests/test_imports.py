"""What a command loads before it starts: counted, not timed."""

import os
import subprocess
import sys
from collections.abc import Sequence

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
