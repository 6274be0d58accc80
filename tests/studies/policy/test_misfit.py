"""Is a fact that contradicts the others named, and one that lies beyond all clusters? And are facts that agree left alone?"""

from typing import Any

import numpy as np
import pytest

from calibration.observation import ALIVE, EXHAUSTED, ErrorModel, Outcomes
from model.arrays import Ints
from model.config import Case, all_cases
from studies.policy.conditioning import Candidates
from studies.policy.misfit import FOUNDING, GROSS, UNLIKELY, Fact, judged_facts, unlike_the_tables, warning

COUNT = 4000


def cluster(*observations: dict[str, Any], **more: Any) -> Case:
    known = {"name": "own", "title": "Own", "start": [1980, 1990], "covariates": {"region": "africa"}, **more}
    return Case.model_validate({**known, "observations": observations})


def candidates(status: Ints | None = None) -> Candidates:
    """Histories whose firms at both dates and schooling are nearly the same: 300, spread by a factor of e."""
    draw = np.random.default_rng(1)
    size = np.log(300) + draw.standard_normal(COUNT)
    figures = np.zeros((COUNT, 2, 3))
    figures[:, :, 0] = size[:, None] + 0.1 * draw.standard_normal((COUNT, 2))
    figures[:, :, 1] = np.log(6) + 0.7 * draw.standard_normal(COUNT)[:, None]
    figures[:, :, 2] = 10.0 + 0.5 * draw.standard_normal((COUNT, 2))
    alive = np.full(COUNT, ALIVE) if status is None else status
    outcomes = Outcomes(figures, np.zeros((COUNT, 2, 2), np.int64), alive)
    nothing = np.zeros(COUNT)
    return Candidates(np.zeros((COUNT, 1)), np.zeros((COUNT, 1)), np.arange(COUNT, dtype=np.uint64), nothing, outcomes, nothing)


def judged(*observations: dict[str, Any]) -> Any:
    return judged_facts(cluster(*observations), candidates(), ErrorModel())


def test_facts_that_agree_give_no_reason() -> None:
    told = judged({"year": 2000, "firms": 280, "workers_per_firm": 6}, {"year": 2010, "firms": 330, "exports": "none"})
    assert told.reasons == ()
    assert told.gross < GROSS
    assert [fact.name for fact in told.facts][:3] == ["firms", "firms", "workers_per_firm"]
    assert all(not fact.others < UNLIKELY for fact in told.facts)


def test_two_dates_that_contradict_each_other_are_named() -> None:
    told = judged({"year": 2000, "firms": 100}, {"year": 2010, "firms": 1000})
    assert told.gross > GROSS
    assert any("contradicts the other facts" in reason and "the others agree" in reason for reason in told.reasons)
    assert any(reason.startswith("growth of firms 2010: 10.00 times since 2000") for reason in told.reasons)


def test_the_odd_one_out_of_three_is_named() -> None:
    """Schooling that is measured again five years off cannot be helped by leaving out a count of firms."""
    told = judged(
        {"year": 2000, "firms": 300, "schooling": 10}, {"year": 2010, "firms": 310, "workers_per_firm": 6, "schooling": 16}
    )
    contradicting = [reason for reason in told.reasons if "contradicts" in reason]
    assert [reason.split(":")[0] for reason in contradicting] == ["schooling 2010"]
    fact = next(one for one in told.facts if one.name == "schooling")
    assert fact.gross > 0.9


def test_the_first_schooling_has_a_row_by_the_tables_alone() -> None:
    told = judged({"year": 2000, "firms": 300, "schooling": 6}, {"year": 2010, "firms": 310})
    first = told.facts[-1]
    assert (first.name, first.year, first.value) == (FOUNDING, 2000, "6.00")
    assert 0.005 < first.population < 0.1
    assert np.isnan([first.others, first.gross, first.row_without]).all()
    assert FOUNDING not in [fact.name for fact in judged({"year": 2010, "firms": 310}).facts]


def test_improbable_facts_are_named_in_one_line_with_their_chance_and_what_to_do() -> None:
    facts = (
        Fact("firms", 2010, "300", 0.4, 0.3),
        Fact("workers_per_firm", 2010, "40.0", 0.6, 0.013),
        Fact("exports", 2010, "world", others=0.0004),
        Fact(FOUNDING, 2000, "6.00", 0.031),
    )
    told = warning(facts)
    assert told.startswith(
        "improbable under the model: exports 2010: world (chance below 0.1 % given the other facts), workers_per_firm 2010: 40.0 "
        f"(chance 1.3 % given the other facts), {FOUNDING} 2000: 6.00 (chance 3.1 % beside the 19 clusters); check the file"
    )
    assert "\n" not in told
    assert "firms 2010: 300" not in told
    assert warning(facts[:1]) == ""


def test_a_statement_has_a_chance_but_no_reason_of_its_own() -> None:
    told = judged({"year": 2010, "firms": 300, "exports": "world"})
    fact = next(one for one in told.facts if one.name == "exports")
    assert fact.others == pytest.approx(0.03)
    assert fact.gross == pytest.approx(1.0)
    assert told.reasons == ()


def test_histories_that_outgrew_the_simulator_lie_beyond_a_figure() -> None:
    status = np.where(np.arange(COUNT) < COUNT // 2, ALIVE, EXHAUSTED)
    told = judged_facts(cluster({"year": 2010, "firms": 3000}), candidates(status), ErrorModel())
    firms = next(fact for fact in told.facts if fact.name == "firms")
    assert firms.population > 0.9


def test_a_cluster_of_which_nothing_was_seen_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="nothing was seen"):
        judged_facts(cluster(), candidates()._replace(outcomes=None), ErrorModel())


def test_the_clusters_of_the_tables_are_like_each_other() -> None:
    """Of more than a hundred chances, one in two hundred is refused by chance; as many as three are."""
    assert sum(len(unlike_the_tables(case)) for case in all_cases()) <= 3


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (cluster({"year": 2010, "firms": 60_000, "workers_per_firm": 3000}), "firms times workers_per_firm 2010"),
        (cluster({"year": 2010, "firms": 300, "schooling": 2}), "schooling 2010: 2.00 is unlike the 19 clusters"),
        (cluster({"year": 2090, "firms": 300}), "decision: 2090 lies outside"),
        (cluster(start=1820), "start: 1820 lies outside"),
        (cluster(covariates={"region": "africa", "home_population": {"value": 0.001, "year": 2000}}), "home_population"),
        (cluster(covariates={"region": "africa", "trained_founders": 5000}), "trained_founders: 5000 are more than 600"),
    ],
)
def test_what_lies_beyond_the_tables_is_named(case: Case, words: str) -> None:
    assert any(words in line for line in unlike_the_tables(case))


def test_a_cluster_that_begins_now_is_not_beyond_the_tables() -> None:
    assert unlike_the_tables(cluster(start=2026)) == ()
