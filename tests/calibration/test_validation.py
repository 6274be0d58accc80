"""Does validation pass what is right, and does it catch what is planted: a wrong error, a swapped class, a broken rank?"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from calibration import validation
from calibration.emulator.training import Schedule
from calibration.joint import Sampling, warm_up
from calibration.observation import Table
from calibration.simulator import ClusterSimulator
from calibration.validation import LEVELS, Validating, covered, replicate, summary, synthetic, verdict
from model.arrays import Arrays, Floats
from model.errors import InputError
from tests.calibration.conftest import ERRORS, SIZES, LinearCluster, rows, taught
from tests.calibration.test_shipped import calibration as finished

DRAWS = validation.CHAINS * validation.KEPT
REPLICATES = 60


@cache
def context() -> Validating:
    """Four linear clusters, and an emulator of them that was taught well."""
    emulator, scale = taught(4000, Schedule(24, 25, 128))
    warm = warm_up(Sampling(emulator, SIZES, validation.CHAINS, validation.LEAPFROGS, 1), 0, 200)
    return Validating(LinearCluster(), emulator, scale, rows(), ERRORS, SIZES, warm, 3)


def ranks(count: int = REPLICATES) -> Floats:
    return np.stack([replicate(context(), index)["rank"] for index in range(count)])


def misread(change: Callable[[Table], Table]) -> Callable[..., tuple[Floats, list[Table]]]:
    """Synthetic tables that the likelihood reads otherwise than they were made."""

    def tables(validating: Validating, index: int) -> tuple[Floats, list[Table]]:
        truth, made = synthetic(validating, index)
        return truth, [change(one) for one in made]

    return tables


def test_a_right_emulator_passes_and_covers() -> None:
    """A false alarm on any of three parameters in one run of twenty by design; the seeds here are fixed."""
    found = ranks()
    assert verdict(found, DRAWS).passed.all()
    error = 4 * np.sqrt(np.array(LEVELS) * (1 - np.array(LEVELS)) / REPLICATES)
    assert np.all(np.abs(covered(found, DRAWS) - np.array(LEVELS)[:, None]) < error[:, None] + 0.02)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one._replace(value=one.value + 1.2),
        lambda one: one._replace(sd=one.sd / 8),
        lambda one: one._replace(said=np.where(one.said >= 0, 2 - one.said, one.said)),
    ],
    ids=["figures that are shifted", "errors taken for an eighth", "classes that are swapped"],
)
def test_what_is_planted_is_caught(change: Callable[[Table], Table], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "synthetic", misread(change))
    assert not verdict(ranks(25), DRAWS).passed.all()


def test_uniform_ranks_raise_alarms_as_often_as_said() -> None:
    """In 100 sets of 50 replicates and ten parameters, of which 5 % alarm at most; four standard errors are allowed."""
    draw = np.random.Generator(np.random.Philox(1))
    alarms = sum(not verdict(draw.integers(0, 33, (50, 10)), 32).passed.all() for _ in range(100))
    assert alarms <= 5 + 4 * np.sqrt(100 * 0.05 * 0.95)


def test_ranks_that_pile_up_or_lean_are_off() -> None:
    draw = np.random.Generator(np.random.Philox(2))
    even = draw.integers(0, 33, 200)
    narrow = np.clip(np.rint(16 + 5 * draw.normal(size=200)), 0, 32).astype(int)
    leaning = np.floor(33 * draw.random(200) ** 1.6).astype(int)
    assert verdict(np.stack([even, narrow, leaning], axis=1), 32).passed.tolist() == [True, False, False]


@pytest.mark.parametrize("number", [True, 19, 20.5, 10**7, "200"])
def test_a_number_of_replicates_that_is_none_is_refused(number: object) -> None:
    with pytest.raises(InputError, match=r"replicates: .*whole number from 20 to 1000000"):
        validation.validate("absent", "absent", replicates=number)  # type: ignore[arg-type]


def test_a_calibration_of_other_priors_is_not_validated_with_those_that_are_here(
    simulator: ClusterSimulator, tmp_path: Path
) -> None:
    other = replace(simulator, priors=simulator.priors.changed({"entry_intensity": [1, 5]}))
    with pytest.raises(InputError, match=r"rests on something else.*entry_intensity"):
        validation.validate(finished(other, tmp_path / "run"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_intervals_cover_what_uniform_ranks_cover() -> None:
    every = np.repeat(np.arange(40)[:, None], 2, axis=1)
    np.testing.assert_allclose(covered(every, 39), np.repeat(np.array(LEVELS)[:, None], 2, axis=1))


def test_what_is_stored_names_parameters_and_levels() -> None:
    found: Arrays = {name: np.zeros((25, 2)) for name in ("truth", "mean", "sd")}
    data = summary({**found, "rank": np.zeros((25, 2), np.int64), "accepted": np.ones(25)}, ("a", "b"))
    assert data["covered"].sel(parameter="b", level=0.9).item() == 0.0
    assert not data["passed"].any()
    # Of 33 ranks among 32 draws, 17, 27 and 29 lie in the central 50, 80 and 90 %.
    np.testing.assert_allclose(data["expected"].values, np.array([17, 27, 29]) / 33)
