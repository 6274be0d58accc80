"""Are predictions of the tables scored, and histories summarised by fans, as a hand works out?"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray
from scipy.special import ndtr

from calibration.keys import normals, seeds
from calibration.observation import ALIVE, EXTINCT, ErrorModel, Outcomes, Table
from calibration.predictive import FANS, Fresh, Predictive, coverage, fans, kept_histories, predict, predict_chunk, statements
from calibration.weights import FAN
from calibration.work import Work
from execution.executors import Threads
from execution.store import RunFolder
from execution.tasks import Runner
from model.arrays import Floats, Seeds
from model.config import load_case
from model.observe import COLUMNS, UNITS
from model.schema import Case
from tests.calibration.conftest import CUTS, SIZES, LinearCluster
from tests.calibration.test_stages import work

DRAWS = 2000


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    with RunFolder(tmp_path / "run", {}) as folder:
        yield Runner(folder, Threads(1))


def printed(firms: float = np.nan, improvement: int = -1) -> Table:
    """A row with one figure, log firms, and one statement, on improvement, both of the last date."""
    value = np.full((2, 3), np.nan)
    value[0, 0] = firms
    return Table(value, np.where(np.isfinite(value), 0.2, np.nan), np.zeros((2, 3)), np.array([[improvement, -1], [-1, -1]]))


def predicted(firms: Floats, improvement: list[int] | None = None, alive: list[bool] | None = None) -> Predictive:
    """Predictions of one cluster's log firms and of its statement on improvement, draw by draw."""
    figures, said = np.full((len(firms), 1, 2, 3), np.nan), np.full((len(firms), 1, 2, 2), -1)
    figures[:, 0, 0, 0] = firms
    said[:, 0, 0, 0] = -1 if improvement is None else improvement
    return Predictive(figures, said, np.ones((len(firms), 1), bool) if alive is None else np.array(alive)[:, None])


# ---------------------------------------------------------------------------------------------------------------- coverage


@pytest.mark.parametrize(("observed", "rank", "inside"), [(70.5, 71 / 101, True), (5.0, 5 / 101, True), (95.5, 96 / 101, False)])
def test_a_figure_is_ranked_among_the_predictions(observed: float, rank: float, inside: bool) -> None:
    """Of the draws 0, 1, ... 100 the quantiles 5, 50 and 95 % are 5, 50 and 95."""
    (row,) = coverage(predicted(np.arange(101.0)), [printed(observed)], ["one"])
    assert row == {
        "case": "one",
        "date": 0,
        "figure": "log_firms",
        "observed": observed,
        "low": pytest.approx(5.0),
        "middle": pytest.approx(50.0),
        "high": pytest.approx(95.0),
        "rank": pytest.approx(rank),
        "inside": inside,
    }


def test_clusters_that_died_are_left_out_of_the_quantiles() -> None:
    draws = np.concatenate([np.arange(101.0), np.full(300, np.nan)])
    assert coverage(predicted(draws), [printed(70.5)], ["one"]) == coverage(predicted(draws[:101]), [printed(70.5)], ["one"])


def test_a_figure_without_predictions_is_not_covered() -> None:
    (row,) = coverage(predicted(np.full(5, np.nan)), [printed(3.0)], ["one"])
    assert np.isnan([row["low"], row["middle"], row["high"], row["rank"]]).all()
    assert row["inside"] is False


def test_only_printed_figures_and_statements_have_a_row(tables: list[Table]) -> None:
    """The four rows print 3, 2, 4 and 2 figures and 2, 2, 3 and 3 statements."""
    draws = Predictive(np.zeros((5, 4, 2, 3)), np.zeros((5, 4, 2, 2), int), np.ones((5, 4), bool))
    names = ["a", "b", "c", "d"]
    assert [row["case"] for row in coverage(draws, tables, names)] == [*"aaabbccccdd"]
    assert [row["case"] for row in statements(draws, tables, names)] == [*"aabbcccddd"]
    last = coverage(draws, tables, names)[-1]
    assert (last["date"], last["figure"]) == (1, "log_firms")


# -------------------------------------------------------------------------------------------------------------- statements


def test_the_chance_of_a_statement_counts_the_draws_that_make_it() -> None:
    (row,) = statements(predicted(np.zeros(4), [2, 2, 0, 1]), [printed(improvement=2)], ["one"])
    assert row == {"case": "one", "date": 0, "statement": "improvement", "said": "success", "chance": 0.5}


def test_a_cluster_that_died_makes_no_statement() -> None:
    alive = [True, False, True, True]
    (row,) = statements(predicted(np.zeros(4), [2, 2, 0, 1], alive), [printed(improvement=2)], ["one"])
    assert row["chance"] == 0.25


# ---------------------------------------------------------------------------------------------------------- fresh clusters


def test_fresh_clusters_follow_the_population(
    runner: Runner, cluster: LinearCluster, tables: list[Table], errors: ErrorModel
) -> None:
    """At z = 0 figures are normal with a known mean and variance, and statements have known chances: four standard errors."""
    rows = predict(work(runner, cluster, tables, errors), np.zeros((DRAWS, 3)), tables)
    assert rows.alive.all()
    classes = np.diff([0.0, *ndtr(CUTS), 1.0])
    for case, table in enumerate(tables):
        mean, _, reach = cluster.loadings(case)
        variance = (np.diag(reach @ reach.T) + 0.04).reshape(2, 3) + table.sd**2
        figures = rows.figures[:, case]
        np.testing.assert_array_equal(np.isnan(figures), np.broadcast_to(np.isnan(table.value), figures.shape))
        for date, figure in np.argwhere(np.isfinite(table.value)):
            error = figures[:, date, figure] - mean.reshape(2, 3)[date, figure] - table.bias[date, figure]
            assert abs(error.mean()) < 4 * np.sqrt(variance[date, figure] / DRAWS)
            assert abs(error.var() / variance[date, figure] - 1) < 4 * np.sqrt(2 / DRAWS)
        for row in statements(rows, tables, [*"abcd"]):
            if row["case"] == "abcd"[case]:
                kind = ("improvement", "exports").index(str(row["statement"]))
                chance = (classes @ errors.matrices()[kind])[table.said[row["date"], kind]]
                assert abs(row["chance"] - chance) < 4 * np.sqrt(chance * (1 - chance) / DRAWS)


def test_a_prediction_does_not_depend_on_how_draws_are_cut(
    runner: Runner, cluster: LinearCluster, tables: list[Table], errors: ErrorModel
) -> None:
    z = np.random.Generator(np.random.Philox(1)).normal(size=(100, 3))
    whole = predict(work(runner, cluster, tables, errors), z, tables)
    part = predict_chunk(Fresh(cluster, tables, errors, SIZES.own, 1), 2, z[40:47], 40)
    for name in Predictive._fields:
        np.testing.assert_array_equal(getattr(whole, name)[40:47, 2], part[name])


def test_what_died_has_no_figures(cluster: LinearCluster, tables: list[Table], errors: ErrorModel) -> None:
    def deadly(case: int, z: Floats, latents: Floats, keys: Seeds) -> Outcomes:
        return cluster(case, z, latents, keys)._replace(status=np.where(np.arange(len(z)) < 3, EXTINCT, ALIVE))

    rows = predict_chunk(Fresh(deadly, tables, errors, SIZES.own, 1), 0, np.zeros((8, 3)), 0)
    assert rows["alive"].tolist() == [False] * 3 + [True] * 5
    assert np.isnan(rows["figures"][:3]).all()
    assert np.isfinite(rows["figures"][3:, 0]).all()


# -------------------------------------------------------------------------------------------------------------------- fans


@dataclass(frozen=True)
class KnownPaths:
    """History i begins ``delay[i]`` years after the earliest possible start and has i (1 + t) firms at its age t.

    One worker in four is in an improved firm, a tenth of output is exported, and a history is stopped ``life`` years after its
    start.
    """

    cases: tuple[Case, ...]
    delay: Floats
    life: float = 1e6
    errors: ErrorModel = field(default_factory=ErrorModel)

    def settings(self, case: int, z: Floats, latents: Floats, keys: Seeds) -> tuple[None, None, Floats]:
        return None, None, self.cases[case].start.low + self.delay[keys.astype(int)]

    def dates(self, case: int, start: Floats, shares: Floats) -> Floats:
        return start[:, None] + np.array([[9.0, 4.0]])

    def rows(self, case: int, z: Floats, latents: Floats, keys: Seeds, times: Floats) -> Floats:
        panel = np.ones((*times.shape, len(COLUMNS)))
        shares = {"workers": 400.0, "improved_workers": 100.0, "output": 50.0, "exported": 5.0}
        for name, value in {"firms": keys[:, None] * (1.0 + times), **shares}.items():
            panel[:, :, COLUMNS.index(name)] = value
        return np.where(((times >= 0) & (times <= self.life))[:, :, None], panel, np.nan)


def fans_of(job: Work, paths: Any, histories: int, weights: Any = None) -> xarray.Dataset:
    """The fans of histories 0 to ``histories`` - 1 of each case, equally weighted if no weights are given."""
    cases = len(paths.cases)
    job = replace(job, sizes=job.sizes._replace(cases=cases))
    keys = np.repeat(np.arange(histories, dtype=np.uint64)[:, None], cases, axis=1)
    given = np.ones(histories) if weights is None else weights
    kept = kept_histories(job, paths, np.zeros((histories, 3)), np.zeros((histories, cases, 2)), keys)
    return fans(paths, kept, given)


@pytest.fixture
def job(runner: Runner, cluster: LinearCluster, tables: list[Table], errors: ErrorModel) -> Work:
    return work(runner, cluster, tables, errors)


def test_fans_are_the_quantiles_of_the_histories(job: Work) -> None:
    """Of the numbers 0, 1, ... 100, times 1 + t, the quantiles are 5, 25, 50, 75 and 95, times 1 + t."""
    paths = KnownPaths((load_case(9), load_case(2)), np.zeros(101))
    drawn = fans_of(job, paths, 101)
    assert set(drawn.data_vars) == {*FANS, "improved_share", "exported_share"}
    assert drawn["firms"].dims == ("case", "step", "quantile")
    assert drawn["firms"].attrs["units"] == UNITS["firms"]
    assert tuple(drawn["quantile"].values) == FAN
    for case in paths.cases:
        one = drawn.sel(case=case.name)
        steps = np.isfinite(one["year"].values)
        age = one["year"].values[steps] - case.start.low
        np.testing.assert_allclose(age, 0.5 * np.arange(len(age)))
        assert age[-1] == pytest.approx(np.floor(case.observations[-1].time) + 0.5 - case.start.low)
        np.testing.assert_allclose(one["firms"].values[steps], 100 * np.array(FAN) * (1.0 + age[:, None]))
        np.testing.assert_allclose(one["improved_share"].values[steps], 0.25)
        np.testing.assert_allclose(one["exported_share"].values[steps], 0.1)


def test_fans_use_the_weights_of_the_draws(job: Work) -> None:
    """All weight on history 7 makes every quantile its own path, 7 (1 + t)."""
    case = load_case(9)
    one = fans_of(job, KnownPaths((case,), np.zeros(10)), 10, np.eye(10)[7]).isel(case=0)
    age = one["year"].values - case.start.low
    np.testing.assert_allclose(one["firms"].values, np.repeat(7 * (1.0 + age[:, None]), len(FAN), axis=1))


def test_fans_of_a_shorter_span_end_in_nothing(job: Work) -> None:
    """Of two cases with different spans the shorter one is filled with NaN, in every variable and in the year."""
    drawn = fans_of(job, KnownPaths((load_case(9), load_case(2)), np.zeros(5)), 5)
    lengths = np.isfinite(drawn["year"].values).sum(axis=1)
    assert lengths.max() == drawn.sizes["step"] > lengths.min()
    short = drawn.isel(case=int(lengths.argmin()), step=slice(int(lengths.min()), None))
    assert all(np.isnan(short[name].values).all() for name in drawn.data_vars)


@pytest.mark.parametrize(("delays", "known_from"), [([0, 0, 8, 9], 0.0), ([0, 6, 8, 9], 6.0), ([4, 6, 8, 9], 6.0)])
def test_fans_begin_when_half_of_the_histories_run(job: Work, delays: list[int], known_from: float) -> None:
    case = load_case(9)
    one = fans_of(job, KnownPaths((case,), np.array(delays, float)), 4).isel(case=0)
    known = np.isfinite(one["firms"].values)
    age = one["year"].values - case.start.low
    np.testing.assert_array_equal(known, np.broadcast_to((age >= known_from)[:, None], known.shape))
    first = one["firms"].values[age == known_from][0]
    running = [index * (1.0 + known_from - delay) for index, delay in enumerate(delays) if delay <= known_from]
    np.testing.assert_allclose(first, np.quantile(running, FAN))


def test_fans_end_when_fewer_than_half_of_the_histories_run(job: Work) -> None:
    """Histories begin 0, 2, 4 and 6 years late and live for ten years, so that from year 2 to year 14 two or more run."""
    case = load_case(9)
    one = fans_of(job, KnownPaths((case,), np.array([0.0, 2.0, 4.0, 6.0]), life=10.0), 4).isel(case=0)
    age = one["year"].values - case.start.low
    known = np.isfinite(one["firms"].values).all(axis=1)
    np.testing.assert_array_equal(known, (age >= 2.0) & (age <= 14.0))


def test_fans_of_the_simulator_are_those_of_its_rows(runner: Runner, job: Work, simulator: Any) -> None:
    """Quantiles taken directly from the panel rows of six histories of one cluster, at every half year."""
    one = replace(simulator, cases=simulator.cases[:1], threads=1)
    keys = seeds(1, 1, 0, 0, 6)
    z, latents = normals(keys, 1, len(one.names)), normals(keys, 2, len(one.own))
    kept = kept_histories(replace(job, sizes=job.sizes._replace(cases=1)), one, z, latents[:, None], keys[:, None])
    drawn = fans(one, kept, np.ones(6))
    # The rows are seen as the likelihood sees them.
    for shown, seen in zip((kept[0][name] for name in Outcomes._fields), one(0, z, latents, keys), strict=True):
        np.testing.assert_array_equal(shown, seen)
    years = drawn["year"].values[0]
    start = one.settings(0, z, latents, keys)[2]
    firms = one.rows(0, z, latents, keys, times=years[None] - start[:, None])[:, :, COLUMNS.index("firms")]
    for step in range(len(years)):
        running = firms[np.isfinite(firms[:, step]), step]
        direct = np.quantile(running, FAN) if len(running) >= 3 else np.full(len(FAN), np.nan)
        np.testing.assert_array_equal(drawn["firms"].values[0, step], direct)
