"""The paper's propositions: paths on which each must hold, fail or not apply, and what is imposed is never read off."""

from collections.abc import Mapping

import numpy as np
import pytest

from model.config import load_case, load_priors
from model.observe import EXPANSION, IMPROVEMENT, SURVIVAL
from model.priors import Priors
from studies.policy.chosen import BIG_BANG, PILOT, REVERSE, SEQUENCE, STATUS_QUO, TECHNOLOGY
from studies.policy.propositions import READ, READERS, Told, chance, held, not_read, propositions, readings, succeeded

# Years from the start to the horizon; the decision comes after half of them.
YEARS, NOW = 40, 20
POLICIES = (STATUS_QUO, PILOT, TECHNOLOGY, SEQUENCE, REVERSE, BIG_BANG)


def told(
    changes: Mapping[str, object] | None = None,
    worth: dict[str, float] | None = None,
    made: dict[str, float] | None = None,
    listed: bool | None = True,
) -> Told:
    """Return one history: firms and output grow fourfold, price and profit fall, and nobody improves, but for the changes."""
    grows = np.linspace(1.0, 4.0, YEARS + 1)
    columns: dict[str, np.ndarray] = {name: np.zeros(YEARS + 1) for name in READ}
    columns.update(firms=20 * grows, workers=100 * grows, output=100 * grows, price=2 - grows / 4, profitability=2 - grows / 2)
    columns.update(margin=np.full(YEARS + 1, 0.2), entrants=np.ones(YEARS + 1), phase=np.full(YEARS + 1, float(EXPANSION)))
    for name, value in (changes or {}).items():
        columns[name] = np.broadcast_to(np.asarray(value, float), (YEARS + 1,)).copy()
    paths = {name: np.concatenate([[np.nan], column[:-1]])[None] for name, column in columns.items()}
    values = {name: np.array([{**dict.fromkeys(POLICIES, 0.0), **(worth or {})}[name]]) for name in POLICIES}
    moved = {name: np.array([{**dict.fromkeys(POLICIES, 0.0), **(made or {})}[name]]) for name in POLICIES}
    return Told(paths, NOW, values, moved, listed)


def read(name: str, one: Told) -> float:
    return float(READERS[name].read(one)[0])


AFTER = np.arange(YEARS + 1) >= 25
HUMP = np.where(AFTER, 40.0, 80.0)
# A cluster in which improved firms take over from year 25 on.
TURNED = {
    "improved_workers": np.where(AFTER, 300.0, 0.0),
    "improved_firms": np.where(AFTER, np.minimum(np.arange(YEARS + 1) - 24, 10), 0),
    "firms": HUMP,
    "exported": np.where(np.arange(YEARS + 1) > 30, 50.0, 0.0),
    "margin": np.where(AFTER, 0.2, np.linspace(0.2, 0.0, YEARS + 1)),
    "phase": np.where(AFTER, IMPROVEMENT, EXPANSION),
}
SETTLED = {"phase": float(SURVIVAL)}


@pytest.mark.parametrize(
    ("name", "holds", "fails"),
    [
        ("pioneers_profit", told(), told({"margin": 0.05})),
        ("spin_offs", told({"spin_offs": 1.0}), told({"spin_offs": 0.1})),
        ("quantity_expansion", told(), told({"output": 100 * np.linspace(1, 12, YEARS + 1)})),
        ("quantity_expansion", told(), told({"firms": 20.0})),
        ("prices_fall", told(), told({"profitability": np.linspace(1, 2, YEARS + 1)})),
        ("survival_lasts", told(SETTLED), told(SETTLED, made={STATUS_QUO: 1.0})),
        ("firms_fall", told(TURNED), told({**TURNED, "firms": 20 * np.linspace(1, 4, YEARS + 1)})),
        ("profit_recovers", told(TURNED), told({**TURNED, "margin": np.linspace(0.2, 0.0, YEARS + 1)})),
        ("improvement_imitated", told(TURNED), told({**TURNED, "improved_firms": np.where(AFTER, 1.0, 0.0)})),
        ("markets_widen", told(TURNED), told({**TURNED, "exported": 0.0})),
        ("classified", told(listed=False), told(listed=True)),
        ("pilot_is_small", told(), told(made={PILOT: 1.0})),
        ("order_matters", told(worth={SEQUENCE: 1.0}), told(worth={REVERSE: 1.0})),
        ("big_bang_misfires", told(worth={SEQUENCE: 1.0}), told(worth={BIG_BANG: 1.0})),
        ("training_abroad_activates", told(SETTLED, made={TECHNOLOGY: 1.0}), told(SETTLED)),
    ],
)
def test_a_reading_can_hold_and_can_fail(name: str, holds: Told, fails: Told) -> None:
    assert (read(name, holds), read(name, fails)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("survival_lasts", told()),
        ("firms_fall", told()),
        ("profit_recovers", told()),
        ("improvement_imitated", told()),
        ("markets_widen", told()),
        ("classified", told(listed=None)),
        ("pilot_is_small", told({"improved_workers": 100.0})),
        ("order_matters", told({"improved_workers": 100.0})),
        ("training_abroad_activates", told(SETTLED, made={STATUS_QUO: 1.0})),
        ("quantity_expansion", told({"phase": float(IMPROVEMENT)})),
    ],
)
def test_a_reading_does_not_apply_where_its_condition_fails(name: str, one: Told) -> None:
    assert np.isnan(read(name, one))


def test_the_catalogue_has_every_number_once_and_every_reader_is_used() -> None:
    every = propositions()
    assert [one.number for one in every] == list(range(1, 37))
    assert {one.read for one in every if one.read} == set(READERS)
    assert {one.standing for one in every} == {"tested", "fitted", "imposed", "not tested"}
    assert all(one.standing in ("tested", "fitted") for one in every if one.read)
    assert all(one.read for one in every if one.standing == "tested")


def test_a_parameter_that_imposes_a_proposition_exists() -> None:
    known: Priors = load_priors()
    named = [word for one in propositions() for word in one.how.split("`")[1::2]]
    assert len(named) >= 10
    assert [word for word in named if word not in known.parameters and word not in known.structures] == []


def test_what_needs_a_policy_that_was_not_compared_is_left_open() -> None:
    one = told()
    few = one._replace(worth={STATUS_QUO: one.worth[STATUS_QUO]}, transitioned={STATUS_QUO: one.transitioned[STATUS_QUO]})
    lines = held("kumasi", readings(few), np.ones(1), np.zeros(1, np.int64))
    assert 32 not in {line.proposition for line in lines}
    open_ones = {line.proposition: line for line in not_read(lines)}
    assert (open_ones[32].standing, open_ones[16].standing) == ("not tested", "imposed")
    assert "all-at-once" in open_ones[32].how
    assert {line.proposition for line in lines} | {line.proposition for line in not_read(lines)} == set(range(1, 37))


def test_the_chance_is_a_ratio_of_weights_and_knows_its_error() -> None:
    holds, weights, draw = np.array([1.0, 0.0, np.nan, 1.0]), np.array([0.2, 0.2, 0.2, 0.4]), np.arange(4)
    probability, error, applies = chance(holds, weights, draw)
    assert (probability, applies) == pytest.approx((0.75, 0.8))
    # Weights .25, .25, .5 of values 1, 0, 1 about 0.75, of three draws.
    assert error == pytest.approx(np.sqrt(1.5 * ((0.25 * 0.25) ** 2 + (0.25 * 0.75) ** 2 + (0.5 * 0.25) ** 2)))
    assert np.isnan(chance(np.array([np.nan]), np.ones(1), np.zeros(1, np.int64))[0])
    # A history that was left out counts for nothing.
    assert chance(np.array([1.0, 0.0]), np.array([1.0, 0.0]), np.arange(2))[0] == 1.0


def test_a_draw_that_comes_twice_makes_the_chance_no_surer() -> None:
    holds, draw = np.array([1.0, 0.0, 1.0]), np.arange(3)
    once = chance(holds, np.ones(3), draw)
    assert chance(np.repeat(holds, 5), np.ones(15), np.repeat(draw, 5)) == pytest.approx(once)


def test_a_cluster_of_which_no_history_was_kept_has_no_line() -> None:
    assert held("kumasi", readings(told()), np.zeros(1), np.zeros(1, np.int64)) == []


def test_what_the_paper_lists_is_read_from_the_case() -> None:
    assert (succeeded(load_case("bingo")), succeeded(load_case("kumasi"))) == (True, False)
    assert succeeded(load_case(15)) is None
