"""Does the user's environment change the answer? A whole small calibration, run under every environment that we thought of."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a calibration does with libraries, in little: histories, a training, a network on NumPy, and ArviZ's statistics.
LITTLE = """
import sys
sys.path.insert(0, sys.argv[1])
from calibration import arviz_adapter
import numpy as np
from pathlib import Path
from calibration.emulator.network import Layout
from calibration.emulator.training import Lesson, Scale, Schedule, fit
from execution.chunks import digest
from model import load_case, load_policy, simulate
from model.simulation import ask, engine_named
from studies.plots import save_plot
from studies.plots.cluster import plot_cluster
draw = np.random.Generator(np.random.Philox(1))
inputs, outcome = draw.normal(size=(300, 30)).astype(np.float32), draw.normal(size=(300, 4)).astype(np.float32)
lesson = Lesson(inputs, outcome, np.zeros((300, 1), np.int32), np.zeros(300, np.int32))
scale = Scale(np.zeros(4), np.ones(4), np.ones(4))
network = fit(lesson, Layout(2, (0, 1, 3, 4), (0,)), scale, Schedule(16, 2, 64), 3, lambda epoch: None)
history = simulate(10, seeds=[1], years=2.0)
square = inputs[:, :20].T @ inputs[:, :20]
arviz_adapter.assemble({})
drawn = ask(load_case(10), load_policy("status-quo"), years=2.0).run([1], engine_named("compiled"))
save_plot(Path("plot.png"), plot_cluster, drawn.dataset())
print(digest({
    **network, "eigen": np.linalg.eigvalsh(square), "exp": np.exp(inputs),
    "size": arviz_adapter.effective_size(draw.normal(size=(4, 100, 2)), "tail"),
    "k": np.array(arviz_adapter.k_hat(outcome[:, 0])),
    **{str(name): history[name].values for name in history.data_vars if history[name].dtype.kind == "f"},
}))
"""
WHOLE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import calibration.pipeline as pipeline
from model.config import all_cases, load_profile
cases = all_cases()[:2]
pipeline.all_cases = lambda: cases
counts = dict(
    training_simulations=60, rounds=0, hidden=8, components=1, epochs=2, batch=16, chains=2, warmup=20, joint_steps=20,
    integrals=20, integral_points=8, ensembles=4, walkers=80, steps=40, burn=20, thin=10, check_draws=4, predictive_draws=4,
)
done = pipeline.calibrate(load_profile("quick").model_copy(update=counts), Path(sys.argv[2]), on=sys.argv[3])
print(done.manifest["result_hash"])
"""
ENVIRONMENTS = {
    "training": {
        "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cuda", "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16", "JAX_DISABLE_JIT": "1",
        "JAX_NUMPY_DTYPE_PROMOTION": "strict", "JAX_DEFAULT_PRNG_IMPL": "rbg", "JAX_THREEFRY_PARTITIONABLE": "0",
        "JAX_DEBUG_NANS": "nonsense", "JAX_RANDOM_SEED_OFFSET": "3", "JAX_COMPILATION_CACHE_DIR": "/dev/null",
        "XLA_FLAGS": "--xla_nonsense=1",
    },
    "numbers": {
        "OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "nonsense",
        "NPY_PROMOTION_STATE": "legacy",
        "NPY_DISABLE_CPU_FEATURES": "AVX512_ICL X86_V4 X86_V3", "NUMBA_OPT": "nonsense", "NUMBA_CPU_NAME": "nonsense",
        "NUMBA_NUM_THREADS": "0", "NUMBA_DEBUG_CACHE": "1", "PANDAS_FUTURE": "nonsense", "SCIPY_ARRAY_API": "1",
    },
    "homes": {
        "HOME": "/dev/null", "XDG_CONFIG_HOME": "/proc/1/nothing", "XDG_CACHE_HOME": "", "XDG_DATA_HOME": "",
        "TMPDIR": "/nowhere",
        "MPLBACKEND": "nonsense", "MPLCONFIGDIR": "/dev/null", "MATPLOTLIBRC": "/nowhere", "ARVIZ_DATA": "/dev/null",
    },
    "text": {
        "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONWARNINGS": "error",
        "PYTHONHASHSEED": "7", "COLUMNS": "1", "PYTHONOPTIMIZE": "1",
    },
}  # fmt: skip
# Code that is compiled already is read from its usual folder, which the other homes would hide.
KEPT = {"NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", str(Path.home() / ".cache" / "industrial-takeoff"))}


def answer(program: str, told: dict[str, str], folder: Path, umask: int = 0o022, on: str = "local") -> tuple[str, str]:
    """The hash that a program prints last, and what it wrote to standard error."""
    folder.mkdir(parents=True)
    # A file of settings for Numba, meant for another program in the same folder.
    (folder / ".numba_config.yaml").write_text("opt: 0\ncpu_name: generic\nnum_threads: 0\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT), str(folder / "run"), on],
        env={**os.environ, **KEPT, **told}, cwd=folder, umask=umask, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()[-1], done.stderr


def test_all_environments_at_once_move_no_bit_of_the_parts(tmp_path: Path) -> None:
    told = {name: value for part in ENVIRONMENTS.values() for name, value in part.items()}
    plain, said = answer(LITTLE, {}, tmp_path / "plain")
    assert "ArviZ" not in said
    assert answer(LITTLE, told, tmp_path / "told", 0o077)[0] == plain


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return answer(WHOLE, {}, tmp_path_factory.mktemp("plain") / "here")[0]


@pytest.mark.slow
@pytest.mark.parametrize("umask", [0o000, 0o077])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_environment_moves_a_bit_of_a_calibration(name: str, umask: int, plain: str, tmp_path: Path) -> None:
    assert answer(WHOLE, ENVIRONMENTS[name], tmp_path / "told", umask)[0] == plain


# One thing that differs at a time: variables, the folder in which the program works, the mask of new files, threads.
DIFFERENCES = [
    *({"told": {"PYTHONHASHSEED": seed}} for seed in ("0", "1", "4294967295")),
    *({"told": {"OPENBLAS_CORETYPE": core}} for core in ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")),
    *({"told": {"LC_ALL": name, "LANG": name}} for name in ("C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.ISO-8859-1")),
    *({"umask": mask} for mask in (0o000, 0o027, 0o077)),
    *({"on": f"local:{threads}"} for threads in (1, 2, 3)),
    *({"folder": name} for name in ("a folder with blanks", "Ordner-\u00fc-\u6f22", "a/b/c/d/e")),
]


@pytest.mark.slow
@pytest.mark.parametrize("differs", DIFFERENCES, ids=str)
def test_nothing_that_differs_between_two_users_moves_a_bit(differs: dict[str, Any], plain: str, tmp_path: Path) -> None:
    folder = tmp_path / differs.get("folder", "told")
    told, umask, on = differs.get("told", {}), differs.get("umask", 0o022), differs.get("on", "local")
    assert answer(WHOLE, told, folder, umask, on)[0] == plain
