"""Other choices by weights: the same as a calibration of their own where that is known in closed form."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from calibration.observation import ALIVE, ErrorModel, Outcomes, Table
from calibration.otherwise import ERRORS, GROSS, Kept, otherwise, survival_chance
from model.config import load_case

N, SPREAD, ERROR, SEEN = 20_000, 0.4, 0.5, 1.2
NO_GROSS = ErrorModel(outlier=1e-30)
# Standard errors within which a mean of N draws must lie: a false alarm in 16,000 checks.
FAR = 4.0


def row(error: float = ERROR) -> Table:
    value = np.full((2, 3), np.nan)
    value[0, 0] = SEEN
    return Table(value, np.where(np.isfinite(value), error, np.nan), np.zeros((2, 3)), np.full((2, 2), -1))


def posterior_mean(error: float) -> float:
    """Return the mean of a parameter with a standard normal prior, whose figure spreads about it and is seen with an error."""
    return SEEN / (1.0 + SPREAD**2 + error**2)


def kept(starts: np.ndarray | None = None) -> Kept:
    """Return exact draws of a parameter and of a history that is kept for each."""
    generator = np.random.default_rng(5)
    variance = 1.0 - 1.0 / (1.0 + SPREAD**2 + ERROR**2)
    z = posterior_mean(ERROR) + np.sqrt(variance) * generator.normal(size=N)
    # The figure of the history, given the parameter and the row.
    precision = 1 / SPREAD**2 + 1 / ERROR**2
    figure = (z / SPREAD**2 + SEEN / ERROR**2) / precision + generator.normal(size=N) / np.sqrt(precision)
    figures = np.zeros((N, 2, 3))
    figures[:, 0, 0] = figure
    outcomes = Outcomes(figures, np.zeros((N, 2, 2), np.int64), np.full(N, ALIVE))
    return Kept(z[:, None], np.full(N, 1 / N), [outcomes], [np.full(N, 1970.0) if starts is None else starts])


def told(one: Kept, errors: ErrorModel = NO_GROSS, alive: np.ndarray | None = None) -> dict[str, dict[str, Any]]:
    simulator: Any = SimpleNamespace(cases=(load_case("kumasi"),), names=("only",), errors=errors)
    fresh = np.random.default_rng(6).normal(size=(4000, 1))
    lives = np.ones((4000, 1), bool) if alive is None else alive
    return {line["choice"]: line for line in otherwise(simulator, [row()], one, fresh, lives)}


@pytest.mark.parametrize("factor", ERRORS)
def test_other_errors_move_the_mean_as_a_calibration_of_their_own_would(factor: float) -> None:
    one = kept()
    line = told(one)[f"errors of figures times {factor:g}"]
    sd = float(one.z.std())
    right = (posterior_mean(factor * ERROR) - posterior_mean(ERROR)) / sd
    assert line["parameter"] == "only"
    assert line["k_hat"] < 0.7
    # The shift is a difference of two means, of which the one by weights errs more.
    assert abs(line["shift"] - right) < FAR / np.sqrt(line["ess"])
    assert abs(right) > 2 * FAR / np.sqrt(line["ess"])


def test_gross_errors_that_hardly_happen_move_nothing() -> None:
    lines = told(kept())
    assert [abs(lines[f"gross errors times {factor:g}"]["shift"]) < 1e-9 for factor in GROSS] == [True, True]
    some = told(kept(), replace(NO_GROSS, outlier=0.05))["gross errors times 2"]
    assert abs(some["shift"]) > 1e-3


def test_the_chance_of_surviving_is_learnt() -> None:
    generator = np.random.default_rng(7)
    z = generator.normal(size=(20_000, 2))
    alive = generator.uniform(size=20_000) < expit(1.0 + 0.8 * z[:, 0])
    chance = survival_chance(z, alive, np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    # Standard errors of the three logits are below 0.03.
    assert np.log(chance / (1 - chance)) == pytest.approx([1.0, 1.8, 1.0], abs=0.12)
    assert survival_chance(z, np.ones(20_000, bool), z[:5]) == pytest.approx(np.ones(5), abs=1e-3)


def test_conditioning_on_survival_favours_parameters_under_which_few_survive() -> None:
    fresh = np.random.default_rng(6).normal(size=(4000, 1))
    alive = np.random.default_rng(8).uniform(size=(4000, 1)) < expit(2.0 * fresh)
    assert told(kept(), alive=alive)["only clusters that survived could be seen"]["shift"] < -0.1


def test_an_early_and_a_late_start_share_the_weight() -> None:
    mode = load_case("kumasi").start.mode
    one = kept()
    early = one.z[:, 0] > np.quantile(one.z[:, 0], 0.75)
    lines = told(one._replace(starts=[np.where(early, mode - 3.0, mode + 3.0)]))
    before, after = lines[f"10-kumasi began before {mode}"], lines[f"10-kumasi began in or after {mode}"]
    assert (before["weight"], after["weight"]) == pytest.approx((0.25, 0.75))
    assert before["ess"] == pytest.approx(N / 4, rel=1e-6)
    assert before["shift"] > 1.0 > 0.0 > after["shift"]


def test_what_chance_alone_would_move_is_told() -> None:
    """A quarter of the draws, taken without regard to the parameter, moves its mean as the last column says, and no more."""
    mode = load_case("kumasi").start.mode
    early = np.arange(N) % 4 == 0
    before = told(kept(np.where(early, mode - 3.0, mode + 3.0)))[f"10-kumasi began before {mode}"]
    # Of one parameter the median of |shift| is 0.674 standard errors.
    assert before["chance"] == pytest.approx(0.6745 * np.sqrt(4 / N - 1 / N), rel=1e-3)
    assert abs(before["shift"]) < FAR / 0.6745 * before["chance"]


def test_a_choice_without_any_draw_says_that_weights_cannot_tell() -> None:
    mode = load_case("kumasi").start.mode
    line = told(kept(np.full(N, mode + 1.0)))[f"10-kumasi began before {mode}"]
    assert (line["weight"], line["ess"], line["k_hat"]) == (0.0, 0.0, float("inf"))
