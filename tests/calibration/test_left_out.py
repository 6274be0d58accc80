"""Are clusters left out as an exact calculation leaves them out, and are the baselines those of a textbook?"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm, t

from calibration.left_out import Ahead, ahead, baseline, left_out, population_widths, untrusted
from calibration.observation import DATES, FIGURES, STATEMENTS, ErrorModel, Table
from calibration.results import Posterior
from calibration.tables import table
from model.config import all_cases

NAMES = ["a", "b"]


def tables(values: list[float], said: list[int]) -> list[Table]:
    """Rows with one number of firms and one statement on improvement each; -1 says nothing."""
    rows = []
    for one, word in zip(values, said, strict=True):
        value, sd, words = np.full((DATES, len(FIGURES)), np.nan), np.full((DATES, len(FIGURES)), 0.2), np.full((DATES, 2), -1)
        value[0, 0], words[0, 0] = one, word
        rows.append(Table(value, sd, np.zeros((DATES, len(FIGURES))), words))
    return rows


def padded(likelihood: np.ndarray) -> np.ndarray:
    """Rows of all clusters, of which those after the first ones say nothing."""
    return np.pad(likelihood, ((0, 0), (0, len(all_cases()) - likelihood.shape[1])))


def posterior(z: np.ndarray, log_weight: np.ndarray, likelihood: np.ndarray) -> Posterior:
    groups = {
        "unconstrained_posterior": xr.Dataset({"z": (("chain", "draw", "parameter"), z[None])}, {"parameter": NAMES}),
        "sample_stats": xr.Dataset({"log_weight": (("chain", "draw"), log_weight[None])}),
        "log_likelihood": xr.Dataset({"tables": (("chain", "draw", "case"), likelihood[None])}),
    }
    return Posterior(Path(), groups, xr.Dataset(), xr.Dataset(), {}, {})


def test_a_row_left_out_is_predicted_as_in_the_normal_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows 0.5 and -0.2, normal about parameter a with errors of 1 and 2, of which the first is left out exactly.

    Without the first row the posterior of a is normal with precision 1 + 1/4. The tolerance is four times the Monte Carlo error
    of 20,000 draws (a false alarm in 16,000 for each of the numbers).
    """
    draw = np.random.Generator(np.random.Philox(2))
    precision = 1 + 1 + 0.25
    centre = (0.5 - 0.2 / 4) / precision
    z = np.stack([centre + draw.normal(size=20_000) / np.sqrt(precision), draw.normal(size=20_000)], axis=1)
    likelihood = np.stack([norm.logpdf(0.5, z[:, 0], 1.0), norm.logpdf(-0.2, z[:, 0], 2.0)], axis=1)
    found = left_out(posterior(z, np.zeros(len(z)), padded(likelihood)), all_cases())
    others = (1.25, (-0.2 / 4) / 1.25), (2.0, 0.5 / 2.0)
    for row, (left, mean) in enumerate(others):
        observed, error = ((0.5, 1.0), (-0.2, 2.0))[row]
        exact = norm.logpdf(observed, mean, np.hypot(1 / np.sqrt(left), error))
        assert found.elpd[row] == pytest.approx(exact, abs=4 * 1.5 / np.sqrt(len(z)))
        pulled = (centre - mean) * np.sqrt(precision)
        assert found.influence[row, 0] == pytest.approx(pulled, abs=4 * 1.5 / np.sqrt(len(z)))
        assert abs(found.influence[row, 1]) < 4 * 1.5 / np.sqrt(len(z))
    assert found.k_hat[:2].max() < 0.7


def test_weights_of_the_draws_count() -> None:
    """Draws of a wider density with importance weights give what draws of the posterior itself give."""
    draw = np.random.Generator(np.random.Philox(3))
    wide = 1.5 * draw.normal(size=(40_000, 2))
    log_weight = norm.logpdf(wide[:, 0]) - norm.logpdf(wide[:, 0], scale=1.5)
    likelihood = np.stack([norm.logpdf(1.0, wide[:, 0]), np.zeros(len(wide))], axis=1)
    found = left_out(posterior(wide, log_weight + likelihood[:, 0], padded(likelihood)), all_cases())
    assert found.elpd[0] == pytest.approx(norm.logpdf(1.0, 0.0, np.sqrt(2.0)), abs=0.03)


def test_the_population_is_students_t_and_frequencies() -> None:
    rows = tables([4.0, 5.0, 7.0, 6.0], [0, 0, 2, -1])
    found = baseline(rows, rows, np.zeros((4, 0)))
    others = np.array([5.0, 7.0, 6.0])
    figure = t.logpdf(4.0, 2, others.mean(), others.std(ddof=1) * np.sqrt(1 + 1 / 3))
    assert found[0] == pytest.approx(figure + np.log(1.5 / 3.5))
    assert found[3] == pytest.approx(t.logpdf(6.0, 2, 16 / 3, np.std([4, 5, 7], ddof=1) * np.sqrt(4 / 3)))


def test_the_regression_beats_the_population_where_a_group_decides() -> None:
    draw = np.random.Generator(np.random.Philox(4))
    group = np.repeat([0.0, 1.0], 10)
    rows = tables((3.0 * group + 0.3 * draw.normal(size=20)).tolist(), (2 * group).astype(int).tolist())
    told = baseline(rows, rows, group[:, None])
    assert told.sum() > baseline(rows, rows, np.zeros((20, 0))).sum() + 20


def test_the_width_of_the_population_is_that_of_students_t() -> None:
    width = population_widths(tables([4.0, 5.0, 7.0, 6.0], [-1] * 4))
    assert width[0, 0, 0] == pytest.approx(2 * t.ppf(0.95, 2) * np.std([5, 7, 6], ddof=1) * np.sqrt(4 / 3))
    assert np.isnan(width[:, 1]).all()


def test_every_row_of_the_tables_has_a_density() -> None:
    cases = all_cases()
    rows = [table(case, ErrorModel()) for case in cases]
    printed = [table(case, ErrorModel(score_founding_schooling=True)) for case in cases]
    assert np.isfinite(baseline(rows, printed, np.zeros((len(rows), 0)))).all()
    assert len(STATEMENTS) == 2


def test_a_difference_has_the_standard_error_of_its_sum() -> None:
    assert ahead(np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 1.0])) == Ahead(3.0, pytest.approx(np.sqrt(3 * 1.0)))


def test_a_cluster_that_weights_cannot_leave_out_is_not_trusted() -> None:
    draw = np.random.Generator(np.random.Philox(5))
    z = draw.normal(size=(500, 2))
    likelihood = np.stack([-20 * z[:, 0] ** 2, np.zeros(500)], axis=1)
    assert untrusted(left_out(posterior(z, np.zeros(500), padded(likelihood)), all_cases())) == [0]
