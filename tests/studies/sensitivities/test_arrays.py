"""A study as it is stored: labelled arrays with units, a tidy table, and the words that go with numbers."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from model.config import load_case, load_policy
from studies.sensitivities.arrays import (
    CONSTANT,
    assemble,
    convergence_line,
    headline,
    index_table,
    noise_floor,
    note,
    ranked,
    scope_names,
    settled,
)
from studies.sensitivities.design import BY_PARAMETER, MORRIS, SOBOL, design, problem_of
from studies.sensitivities.indices import Findings, analyse
from studies.sensitivities.laboratory import ALL, Seen, scoped
from tests.studies.sensitivities.stand_in import VARIED, StandIn, laboratory

NOT_SETTLED = "indices have NOT settled: the largest change over the last half is"


def observed(method: str) -> tuple[StandIn, Findings, Seen]:
    """What a study of the stand-in sees in two clusters, of which the last outcome is constant."""
    where = StandIn(**{**vars(laboratory((load_policy("training"),))), "cases": (load_case(10), load_case(9))})
    plan = design(method, problem_of(where.priors, BY_PARAMETER, VARIED), 8, 1)
    shown = [where.observe(case, plan.points) for case in range(2)]
    seen = Seen(*(np.stack([one[name] for one in shown], axis=2) for name in Seen._fields))
    seen.measures[:, :, :, -1] = 3.0
    outcomes = scoped(seen.measures)
    return where, analyse(plan, outcomes.reshape(*outcomes.shape[:2], -1), 2), seen


@pytest.fixture(params=[MORRIS, SOBOL])
def data(request: pytest.FixtureRequest) -> xr.Dataset:
    where, findings, seen = observed(request.param)
    return assemble(where, findings, seen, {"method": request.param})


def test_every_array_says_its_unit_and_meaning(data: xr.Dataset) -> None:
    assert data["cluster"].values.tolist() == [ALL, "10-kumasi", "09-nairobi-garment"]
    for name, array in data.data_vars.items():
        assert array.attrs["units"], name
        assert array.attrs["long_name"], name


def test_scopes_and_outcomes_keep_their_order() -> None:
    where, findings, seen = observed(SOBOL)
    data = assemble(where, findings, seen, {"method": SOBOL})
    count = len(where.measures)
    for scope, cluster in enumerate(scope_names(where)):
        for kind, measure in enumerate(where.measures):
            stored = data["value"].sel(cluster=cluster, outcome=measure.name).values
            assert np.array_equal(stored, findings.value[:, :, scope * count + kind], equal_nan=True)
    assert np.array_equal(data["seen"].values, seen.measures)
    assert scope_names(replace(where, cases=where.cases[:1])) == ("10-kumasi",)


def test_the_table_has_a_row_for_each_index_of_each_factor(data: xr.Dataset) -> None:
    table = index_table(data)
    assert len(table["value"]) == data["value"].size
    for row in range(0, len(table["value"]), 7):
        cell = {
            "outcome": table["outcome"][row],
            "cluster": table["cluster"][row],
            "factor": table["parameter"][row],
            "index": table["index"][row],
        }
        for name in ("value", "low", "high"):
            assert np.array_equal(table[name][row], float(data[name].sel(cell)), equal_nan=True)
        assert table["settled"][row] == bool(data["settled"].sel(cell))
        share = data.attrs["method"] == SOBOL
        assert table["unit"][row] == ("1" if share else str(data["unit"].sel(outcome=cell["outcome"]).values))
        total = float(data["value"].sel({**cell, "index": "ST"})) if share else np.nan
        constant = bool(data["constant"].sel(outcome=cell["outcome"], cluster=cell["cluster"]))
        assert table["note"][row] == note(cell["index"], table["value"][row], total, bool(table["settled"][row]), constant)
    constant = table["outcome"] == data["outcome"].values[-1]
    assert set(table["note"][constant]) == {CONSTANT}
    assert CONSTANT not in set(table["note"][~constant])


def judged(method: str, change: float, outcome_settled: bool, leaders_stay: bool = True, constant: bool = False) -> xr.Dataset:
    """A study of one outcome, with what its verdict rests on."""
    arrays = {"largest_change": change, "outcome_settled": outcome_settled, "leaders_stay": leaders_stay, "constant": constant}
    return xr.Dataset(
        {name: (("cluster", "outcome"), np.array([[value]])) for name, value in arrays.items()}, attrs={"method": method}
    )


@pytest.mark.parametrize(
    ("study", "line"),
    [
        (judged(MORRIS, 0.034, True), "indices have settled to \u00b10.03 of the largest mu*"),
        (judged(SOBOL, 0.001, True), "indices have settled to \u00b10.01"),
        (judged(SOBOL, 0.21, False, False), f"{NOT_SETTLED} 0.21"),
        (judged(SOBOL, 0.0, True, constant=True), "nothing moved: no index is defined"),
        (
            judged(MORRIS, 0.21, False, False),
            f"{NOT_SETTLED} 0.21 of the largest mu*, and the leading factors changed",
        ),
        (
            judged(SOBOL, np.inf, False),
            f"{NOT_SETTLED} not to be told, since half of the points show no variation",
        ),
    ],
)
def test_the_verdict_is_one_sentence(study: xr.Dataset, line: str) -> None:
    assert convergence_line(study) == line
    assert settled(study) == bool(study["outcome_settled"].all())


def test_factors_are_ranked_and_undefined_ones_come_last(data: xr.Dataset) -> None:
    one = headline(data).isel(outcome=0).copy(deep=True)
    assert ranked(one)[0] == VARIED.index("market_elasticity")
    one["value"][{"factor": 0}] = np.nan
    assert ranked(one)[-1] == 0


def test_the_floor_of_mu_star_is_that_of_independent_normal_luck(data: xr.Dataset) -> None:
    one = headline(data).isel(outcome=0).copy(deep=True)
    one["variance"].values[...] = 8.0
    for interplay, floor in (
        (0.5, np.sqrt(2 * 4.0 / one.sizes["seed"]) * np.sqrt(2 / np.pi) * 1.5),
        (-0.1, 0.0),
        (np.nan, np.nan),
    ):
        one["share"].loc[{"part": "interplay"}] = interplay
        assert noise_floor(one) == pytest.approx(floor, nan_ok=True)
