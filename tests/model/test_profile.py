"""Are counts that contradict each other refused when a profile is read, all at once, and before any work?"""

from pathlib import Path

import pytest

from model.config import CONFIGS, load_priors, load_profile
from model.errors import InputError

CALIBRATED = len(load_priors().names("calibrated"))


def profile(folder: Path, **counts: object) -> Path:
    """Write the quick profile with other counts."""
    lines = (CONFIGS / "profiles" / "quick.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.split(":")[0] not in counts]
    path = folder / "mine.yaml"
    path.write_text("\n".join([*kept, *(f"{key}: {value}" for key, value in counts.items())]) + "\n", encoding="utf-8")
    return path


CONTRADICTIONS: dict[str, tuple[dict[str, object], str]] = {
    "few walkers": ({"walkers": 2}, f"walkers: 2: must be {2 * CALIBRATED} or more"),
    "two walkers too few": ({"walkers": 2 * CALIBRATED - 2}, f"must be {2 * CALIBRATED} or more"),
    "odd walkers": ({"walkers": 97}, "walkers: 97: "),
    "all burnt": ({"steps": 400, "burn": 400}, "burn: 400: must be below steps, 400"),
    "more than all burnt": ({"steps": 400, "burn": 4000}, "burn: 4000: must be below steps"),
    "nothing kept": ({"steps": 40, "burn": 20, "thin": 1000}, "thin: 1000: must not be above steps less burn, 20"),
    "nothing kept after burn": ({"steps": 40, "burn": 20, "thin": 40}, "thin: 40: must not be above"),
    "uneven steps": ({"steps": 45, "burn": 20, "thin": 10}, "thin: 10: must divide steps, 45"),
    "uneven burn": ({"steps": 40, "burn": 15, "thin": 10}, "and burn, 15"),
    "pieces cut a step": ({"steps": 600, "burn": 60, "thin": 30}, "thin: 30: must divide 200"),
    "one ensemble": ({"ensembles": 1}, "ensembles: 1: "),
    "fewer predictions than ensembles": ({"predictive_draws": 3}, "predictive_draws: 3: must not be below ensembles, 4"),
    "samples of Sobol": ({"sobol_samples": 24}, "sobol_samples: 24: must be a power of two"),
    "a policy that is not there": ({"policies": "[traning]"}, "did you mean `training`?"),
    "a policy's file that is not there": ({"policies": "[./gone.yaml]"}, "gone.yaml: cannot be read"),
    "a cluster that is not there": ({"sensitivity_cases": "[20]"}, "sensitivity_cases: case: 20: unknown case"),
    "endless work": ({"steps": 10**12}, "steps: 1000000000000: must be less than or equal to"),
    "a fraction": ({"walkers": 96.5}, "walkers: 96.5: "),
    "horizon": ({"horizon": 5000}, "horizon: 5000: "),
    "a seed below zero": ({"seed": -1}, "seed: -1: "),
    "a seed of too many bits": ({"seed": 2**64}, "seed: "),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    counts, rule = CONTRADICTIONS[name]
    path = profile(tmp_path, **counts)
    with pytest.raises(InputError) as error:
        load_profile(path)
    assert len(error.value.faults) == 1
    assert error.value.faults[0].startswith(f"{path}: ")
    assert rule in error.value.faults[0]


def test_all_contradictions_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load_profile(profile(tmp_path, burn=4000, walkers=97, ensembles=1, sobol_samples=24))
    assert [fault.split(": ")[1] for fault in error.value.faults] == ["ensembles", "walkers", "burn", "sobol_samples"]


def test_counts_at_the_edge_are_read(tmp_path: Path) -> None:
    read = load_profile(profile(tmp_path, walkers=2 * CALIBRATED, steps=40, burn=20, thin=20, predictive_draws=4, seed=2**64 - 1))
    assert (read.walkers, read.thin, read.seed) == (2 * CALIBRATED, 20, 2**64 - 1)
    assert load_profile(profile(tmp_path, training_simulations="1e5")).training_simulations == 100_000


def test_walkers_are_counted_against_the_parameters_that_the_run_calibrates(tmp_path: Path) -> None:
    fixed = {name: load_priors().defaults[name] for name in load_priors().names("calibrated")[:10]}
    path = profile(tmp_path, walkers=2 * (CALIBRATED - 10))
    assert load_profile(path, load_priors().changed(fixed)).walkers == 2 * (CALIBRATED - 10)
    with pytest.raises(InputError, match="walkers"):
        load_profile(path)


@pytest.mark.parametrize("key", ["partition", "account", "interface"])
def test_a_line_break_in_a_word_for_the_batch_system_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"slurm.{key}: .*must be one word"):
        load_profile(profile(tmp_path, slurm=f'{{{key}: "main\\ntouch owned"}}'))
