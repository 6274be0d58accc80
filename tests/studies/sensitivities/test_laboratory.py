"""The model as a study observes it: common random numbers, policies, stopped histories, and how tasks are joined."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from calibration.keys import SENSITIVITY, seeds
from calibration.observation import dead_log_density
from calibration.tables import table
from execution.tasks import Task
from model.config import load_policy
from model.latents import COLUMN, LATENTS, conditional_medians
from studies.sensitivities import laboratory as home
from studies.sensitivities.laboratory import CHANGES, FIT, PHASES, TOLD, look, observe_block, scoped
from tests.studies.sensitivities.stand_in import VARIED, StandIn, laboratory

POINTS = np.array([[0.5, 0.5, 0.5], [0.5, 0.9, 0.5], [0.5, 0.5, 0.5]])


def test_the_same_point_meets_the_same_luck_and_company_does_not_matter() -> None:
    seen = laboratory((load_policy("training"),)).observe(0, POINTS)
    alone = laboratory((load_policy("training"),)).observe(0, POINTS[1:2])
    assert seen["measures"].shape == (3, 2, 1 + len(PHASES) + len(CHANGES))
    assert np.isfinite(seen["measures"]).all()
    assert np.array_equal(seen["measures"][0], seen["measures"][2])
    assert np.array_equal(seen["measures"][1], alone["measures"][0])
    assert not np.array_equal(seen["measures"][0], seen["measures"][1])
    assert not np.array_equal(seen["measures"][0, 0], seen["measures"][0, 1])


def test_a_policy_of_nothing_changes_nothing() -> None:
    nothing = load_policy("training").model_copy(update={"name": "nothing", "programmes": ()})
    seen = laboratory((nothing, load_policy("training"))).observe(0, POINTS)
    assert (seen["measures"][:, :, 5:7] == 0).all()
    assert (seen["measures"][:, :, 7:] != 0).any()


def test_a_stopped_history_counts_for_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "far_too_many", lambda case: 5.0)
    where = laboratory((load_policy("training"),))
    seen = where.observe(0, POINTS)
    assert (seen["stopped"] == 1).all()
    row = table(where.cases[0], where.errors)
    assert seen["measures"][:, :, 0] == pytest.approx(dead_log_density(row, where.errors))
    assert set(np.unique(seen["measures"][:, :, 1:5])) <= {0.0, 1.0}
    assert (seen["measures"][:, :, 5:] == 0).all()


def rows_ending(at: dict[str, list[float]]) -> Callable[..., np.ndarray]:
    rows = np.full((1, 3, len(home.COLUMNS)), 0.0)
    for name, values in at.items():
        rows[0, :, home.COLUMNS.index(name)] = values
    rows[:, np.isnan(rows[0, :, home.COLUMNS.index("firms")])] = np.nan
    return lambda: rows


def test_a_policy_is_judged_at_the_last_year_that_both_reached() -> None:
    base = rows_ending({"firms": [1, 1, 1], "workers": [9, 9, 9], "value_wages": [0, 10, 20]})()
    after = rows_ending({"firms": [1, 1, np.nan], "workers": [9, 19, 0], "value_wages": [0, 30, 0], "owners_old": [0, 4, 0]})()
    employment, gain = home._differences(base, after)
    assert employment == pytest.approx(np.log(2.0))
    assert gain == pytest.approx(4.0 / 20.0)


def test_a_point_sets_its_parameters_and_leaves_the_others_at_their_defaults() -> None:
    where = laboratory()
    values = where.values(POINTS)
    assert set(values) == set(where.priors.defaults)
    for name, column in values.items():
        if name in VARIED:
            expected = where.priors.quantile((name,), POINTS[:, [VARIED.index(name)]])[:, 0]
        else:
            expected = np.full(len(POINTS), float(where.priors.defaults[name]))
        assert column.tolist() == np.repeat(expected, where.histories).tolist(), name


def test_latents_that_the_figures_tell_are_the_same_for_every_seed() -> None:
    where = laboratory()
    drawn = where.latents(where.cases[0], seeds(1, SENSITIVITY, 0, 0, 4))
    medians = conditional_medians(where.cases[0], where.priors, where.structures)
    for name in LATENTS:
        column = drawn[:, COLUMN[name]]
        assert (column == medians[COLUMN[name]]).all() if name in TOLD else len(set(column)) == 4


def test_measures_are_fit_phases_and_the_changes_by_each_policy() -> None:
    names = [measure.name for measure in laboratory((load_policy("training"), load_policy("zone"))).measures]
    changes = [f"{change.name}:{policy}" for policy in ("training", "zone") for change in CHANGES]
    assert names == [FIT.name, *(phase.name for phase in PHASES), *changes]


class Here:
    """A runner that does every task at once, in this process."""

    def gather(self, stage: str, work: Callable[..., Any], context: Any, tasks: Sequence[Task]) -> list[dict[str, np.ndarray]]:
        self.sizes = [task.size for task in tasks]
        self.names = [task.name for task in tasks]
        return [work(context, *task.arguments) for task in tasks]


def test_tasks_are_joined_by_point_and_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "HISTORIES_A_TASK", 4)
    observer, runner = StandIn(**vars(laboratory((load_policy("training"),)))), Here()
    points = np.linspace(0.1, 0.9, 15).reshape(5, 3)
    seen = look(runner, observer, 2, points, 2)  # type: ignore[arg-type]
    assert len(runner.names) == len(set(runner.names)) == 2 * 3
    assert sum(runner.sizes) == 2 * 5 * 2
    assert seen.measures.shape == (5, 2, 2, len(observer.measures))
    for case in range(2):
        whole = observe_block(observer, case, points)
        assert np.array_equal(seen.measures[:, :, case], whole["measures"])
        assert np.array_equal(seen.stopped[:, :, case], whole["stopped"])


def test_the_first_scope_is_the_mean_over_clusters() -> None:
    measures = np.arange(24.0).reshape(2, 2, 3, 2)
    scopes = scoped(measures)
    assert np.array_equal(scopes[:, :, 0], measures.mean(axis=2))
    assert np.array_equal(scopes[:, :, 1:], measures)
    assert np.array_equal(scoped(measures[:, :, :1]), measures[:, :, :1])
