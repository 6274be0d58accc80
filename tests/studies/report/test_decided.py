"""The cards of clusters, and how firm the answer is: money, ledger, order, measurements, and what would turn it over."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from studies.policy.structures import MAIN, STACKED, Ranked
from studies.report.answer import beaten_in, grid
from studies.report.data import Money, RunView
from studies.report.decided import (
    CONTRADICTED,
    MEASURES,
    OPEN,
    SUPPORTED,
    Decided,
    decided,
    dollars,
    measurements,
    ordered,
    turning,
)
from studies.report.page import page
from tests.studies.report.comparison import LEDGER, TABLE, Told, compared, learnt, order, row


def cards(run: RunView) -> dict[str, Decided]:
    shown = grid(run)
    assert shown is not None
    return {one.line.case: one for one in decided(run, shown)}


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_a_card_says_what_to_do_what_ties_and_what_not_to_do() -> None:
    shown = cards(compared(TABLE))
    kumasi = shown["kumasi"]
    assert (kumasi.line.leader.title, kumasi.rivals, kumasi.losing) == ("Training", ["Credit"], ["Zone"])
    assert shown["hatay"].line.idle_unbeaten
    assert shown["hatay"].rivals == ["Doing nothing"]
    text = words(page(compared(TABLE)))
    assert "Nothing beats doing nothing. Credit has the highest mean." in text
    assert "Budget 60.0 wage-years (US$ 54,000 of 2005), of which 55.0 are spent" in text
    assert "Net value +50.0 wage-years (US$ 45,000 of 2005); median +25.0; 60 % of histories gain" in text
    # Of the other clusters nobody said what a wage-year is in US$.
    assert text.count("of 2005)") == 2


def test_the_gain_for_each_wage_year_is_not_told_of_a_tiny_cost() -> None:
    run = compared(TABLE)
    assert cards(run)["kumasi"].gain_each == pytest.approx(1.0)
    cheap = replace(run, effects=tuple(replace(line, cost=0.1) for line in run.effects))
    assert np.isnan(cards(cheap)["kumasi"].gain_each)
    assert "it costs the treasury hardly anything" in page(cheap)


def test_the_bars_of_the_ledger_add_up() -> None:
    """Each bar begins where the one before it ends, so that signed widths sum to the total's."""
    drawing = cards(compared(TABLE))["kumasi"].ledger
    assert drawing is not None
    root = ElementTree.fromstring(drawing.svg())  # noqa: S314 - our own drawing
    bars = [one.attrib for one in root if one.tag.endswith("rect")]
    signs = {"account gains": 1, "account pays": -1, "account total": 1}
    lengths = [signs[bar["class"]] * float(bar["width"]) for bar in bars]
    # No bar for workers, who gain nothing; coordinates have one decimal.
    assert len(lengths) == len(LEDGER)
    assert sum(lengths[:-1]) == pytest.approx(lengths[-1], abs=0.1 * len(lengths))
    numbers = [
        float(one.text.replace("\u2212", "-")) for one in root if one.tag.endswith("text") and re.search(r"\d", one.text or "")
    ]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.05 * len(numbers))
    assert numbers[-1] == pytest.approx(50.0)


def test_a_card_shows_the_chance_of_a_take_off_and_values_by_years() -> None:
    more = [
        replace(row("kumasi", "training", Told(0.1, False), "transition"), status_quo=0.3, mc_se=0.02),
        *(row("kumasi", "training", Told(worth, False), f"net_value_{years}") for years, worth in ((5, -8), (10, 3))),
        row("kumasi", "training", Told(30, False), "net_value_within"),
    ]
    text = words(page(compared(TABLE, more)))
    assert "Chance of take-off 30 % without, 40 % with it (± 4.0 points)" in text
    assert "Net value after 5 years \u22128.00; 10 years +3.00; 20 years +30.0; in all +50.0" in text


def test_the_order_is_supported_contradicted_or_open() -> None:
    run = replace(compared(TABLE), contrasts=(order("kumasi", 0.9), order("hatay", 0.1), order("dhaka", 0.5)))
    told = ordered(run)
    assert told is not None
    assert [(verdict, [title for title, _ in rows]) for verdict, rows in told.verdicts] == [
        (SUPPORTED, ["Kumasi"]),
        (CONTRADICTED, ["Hatay"]),
        (OPEN, ["Dhaka"]),
    ]
    text = words(page(run))
    assert "Of 3 clusters 1 support it, 1 contradict it, 1 cannot tell." in text
    assert "Training first supported" in text
    assert ordered(compared(TABLE)) is None
    assert "The order of programmes" not in page(compared(TABLE))


def test_the_first_three_measurements_are_shown_at_their_best_size() -> None:
    rows = [learnt("kumasi", name, worth) for name, worth in (("a", 5), ("b", 9), ("c", 1), ("d", 2), ("e", -4))]
    rows += [learnt("kumasi", "b", 12, size=40), learnt("kumasi", "f", 99, kind="evppi")]
    run = replace(compared(TABLE), learnt=(*rows, learnt("hatay", "a", -1, "credit"), learnt("dhaka", "a", 5, "zone")))
    shown = grid(run)
    assert shown is not None
    told = dict(measurements(run, shown))
    assert [(one.name, one.worth) for one in told["Kumasi"]] == [("b", 12), ("a", 5), ("d", 2)]
    assert len(told["Kumasi"]) == MEASURES
    # In Hatay none is worth anything; Dhaka was learnt about when another policy led.
    assert told["Hatay"] == []
    assert "Dhaka" not in told
    assert "measure b 40 firms 12.0 1.0 7.00" in words(page(run))
    assert "no measurement changes the choice for the better" in page(run)


def test_a_run_that_was_not_asked_says_how() -> None:
    assert "takeoff learn DIR" in words(page(compared(TABLE)))
    stale = replace(compared(TABLE), learnt=(learnt("kumasi", "a", 5, "zone"),))
    assert "This run has not been asked since its policies were last compared." in words(page(stale))


def test_what_would_turn_it_over() -> None:
    more = [
        row("kumasi", policy, Told(worth, False), structure="state_capacity=off")
        for policy, worth in (("training", 1), ("zone", 2))
    ]
    more += [row("kumasi", policy, Told(worth, False), "net_value_10") for policy, worth in (("training", 1), ("credit", 2))]
    run = compared(TABLE, more)
    shown = grid(run)
    assert shown is not None
    told = turning(run, shown)
    assert told.assumptions == ["the first 5 years alone", "the first 10 years alone", "the 20 years alone", "state_capacity=off"]
    assert told.lines[0].others == [None, ("Credit", False), None, ("Zone", True)]
    assert "did not compare policies under another structure" not in page(run)
    assert "did not compare policies under another structure" in page(compared(TABLE))


def test_rankings_on_other_posteriors_stand_beside_this_one() -> None:
    run = compared(TABLE)
    shown = grid(run)
    assert shown is not None
    first = shown.lines[0]

    def ranked(structure: str, policy: str, mean: float, unbeaten: int) -> Ranked:
        return Ranked(first.case, structure, 0.5, policy, mean, 1.0, 0.5, 0.0, unbeaten)

    best = first.leader
    rows = (
        *(ranked(MAIN, best.policy, best.effect.mean, 1), ranked(MAIN, "zone", best.effect.mean - 1, 0)),
        *(ranked("record=count", best.policy, 1.0, 0), ranked("record=count", "zone", 5.0, 1)),
        *(ranked(STACKED, best.policy, 3.0, 1), ranked(STACKED, "zone", 2.0, 1)),
    )
    told = turning(replace(run, other_structures=rows), shown)
    assert told.assumptions[-2:] == ["posterior of record=count", "stacked mixture"]
    assert told.lines[0].others[-2:] == [("Zone", beaten_in(first, "zone")), None]
    assert told.lines[1].others[-2:] == [None, None]
    assert told.survival.startswith("In 0 of 1 clusters the same policy leads")
    assert "posterior of record=count" in words(page(replace(run, other_structures=rows)))
    stale = replace(run, other_structures=tuple(replace(row, mean=row.mean + 1) for row in rows))
    assert turning(stale, shown) == turning(run, shown)


@pytest.mark.parametrize(
    ("money", "wage_years", "text"),
    [
        (Money(900.0, 2005), 60.0, "US$ 54,000 of 2005"),
        (Money(900.0, 2005), -60_000.0, "US$ \u221254.0 million of 2005"),
        (Money(9e5, 2005), 60_000.0, "US$ 54.0 billion of 2005"),
        (None, 60.0, ""),
        (Money(900.0, 2005), np.nan, ""),
    ],
)
def test_dollars_are_those_of_a_stated_year(money: Money | None, wage_years: float, text: str) -> None:
    assert dollars(money, wage_years) == text
