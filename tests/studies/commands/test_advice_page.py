"""Does the page of an advice mark the figures of the file on its paths, and escape what a user wrote?"""

from dataclasses import replace

import numpy as np
import pytest

from calibration.histories import weighted_histories
from model.config import load_case, load_policy
from studies.commands.advice_page import drawings, page
from studies.policy.advice import Advice, Grounds
from studies.policy.counterfactuals import compare_case
from studies.policy.misfit import Fact
from studies.policy.outlook import Measured, Outlook, outlook
from tests.studies.policy.learnable import stored_histories

UNKNOWN = float("nan")


@pytest.fixture(scope="module")
def shown() -> tuple[Advice, Outlook]:
    case = load_case("kumasi")
    histories = weighted_histories(stored_histories(12), case, 12)
    comparison = compare_case(histories, {name: load_policy(name) for name in ("status-quo", "training")}, 2)
    fact = Fact("firms", 2005, "500", 0.4, 0.3, 0.01, UNKNOWN)
    grounds = Grounds(histories, 100, 40.0, 0.3, (fact,), 0.04, (), ("origin <b>unknown</b>",))
    titled = case.model_copy(update={"title": "<i>Kumasi</i>"})
    return Advice(titled, comparison, grounds, "surrogate, corrected", True), outlook(comparison)


def test_paths_phases_ranking_facts_and_measures_are_on_the_page(shown: tuple[Advice, Outlook]) -> None:
    text = page(*shown, [Measured("a survey of owners", 30, "owners", 90.0, 5.0, 10.0)])
    assert text.count("<svg") == 4
    for words in ("Converged. The posterior is: surrogate, corrected", "a survey of owners", "k-hat 0.30", "training", "2005"):
        assert words in text
    assert "<i>Kumasi" not in text
    assert "<b>unknown" not in text


def test_an_improbable_fact_is_warned_of_on_the_page_and_not_where_nothing_is_ranked(shown: tuple[Advice, Outlook]) -> None:
    advice, seen = shown
    assert "Warning:" not in page(advice, seen, [])
    odd = advice.grounds._replace(facts=(Fact("firms", 2005, "<500>", 0.4, 0.02),))
    warned = "Warning:</strong> improbable under the model: firms 2005: &lt;500&gt; (chance 2.0 % given the other facts)"
    assert warned in page(replace(advice, grounds=odd), seen, [])
    assert odd._replace(reasons=("schooling: odd",)).warning == ""


def test_figures_of_the_file_are_marked_on_firms_and_workers(shown: tuple[Advice, Outlook]) -> None:
    firms, workers, phases = (drawing.svg() for drawing in drawings(*shown))
    assert firms.count('class="seen"') == workers.count('class="seen"') == 1
    assert 'class="seen"' not in phases


def test_a_refusal_stands_in_the_banner_and_has_no_ranking(shown: tuple[Advice, Outlook]) -> None:
    advice, seen = shown
    refused = Advice(advice.case, advice.comparison, advice.grounds._replace(reasons=("schooling: odd",)), advice.label, True)
    text = page(refused, seen._replace(ranking=(), leader=""), [])
    assert "NO RANKING." in text
    assert "schooling: odd" in text
    assert 'id="ranking"' not in text
    assert np.isfinite(seen.wage_bill)
