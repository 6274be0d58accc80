"""The first page, read as a reader would: the sentence and the picture say the same, whatever the table says."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.report.answer import grid, headline, percent, take_off
from studies.report.data import RunView
from studies.report.page import page
from tests.studies.report.comparison import TABLE, Told, compared, row


class Picture(HTMLParser):
    """Reads the picture's table: for each cell its policy, its classes and its words, in lines by cluster."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines: list[list[tuple[str, set[str], list[str]]]] = []
        self.feed(text[text.index('<figure class="picture">') : text.index("<figcaption>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "tr" and known.get("role") == "row":
            self.lines.append([])
        elif tag == "td":
            self.lines[-1].append((known["data-label"] or "", set((known.get("class") or "").split()), []))

    def handle_data(self, data: str) -> None:
        if self.lines and self.lines[-1] and data.strip():
            self.lines[-1][-1][2].append(data.strip())


def said(run: RunView) -> str:
    """Return the first sentence as a reader sees it."""
    match = re.search(r'<p class="lead">(.*?)</p>', page(run), re.DOTALL)
    assert match is not None
    return " ".join(re.sub(r"<.*?>", "", match.group(1)).split())


def framed(run: RunView) -> dict[str, int]:
    """Return in how many clusters the picture frames each policy."""
    lines = Picture(page(run)).lines
    return {
        title: sum("unbeaten" in kinds for line in lines for name, kinds, _ in line if name == title) for title, _, _ in lines[0]
    }


def test_the_sentence_counts_what_the_picture_frames() -> None:
    run = compared(TABLE)
    assert framed(run) == {"Doing nothing": 2, "Training": 3, "Credit": 2, "Zone": 1}
    assert said(run) == (
        "In 3 of the 4 clusters Training belongs to the set that cannot be beaten, more often than any other policy; "
        "in 2 nothing beats doing nothing."
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=5))
def test_the_sentence_and_the_picture_never_disagree(sets: list[list[bool]]) -> None:
    names = ("status-quo", "training", "credit", "zone")
    table = {
        f"c{at}": {name: Told(-at, one) for at, (name, one) in enumerate(zip(names, part, strict=True))}
        for at, part in enumerate(sets)
    }
    run = compared(table)
    drawn, sentence = framed(run), said(run)
    assert f"in {drawn['Doing nothing']} nothing beats doing nothing" in sentence
    most = max(count for title, count in drawn.items() if title != "Doing nothing")
    named = {title for title in ("Training", "Credit", "Zone") if title in sentence}
    assert named == ({title for title, count in drawn.items() if count == most and title != "Doing nothing"} if most else set())
    assert not most or f"In {most} of " in sentence


def test_policies_that_share_the_first_rank_are_all_named() -> None:
    both = {"kumasi": {"status-quo": Told(0, False), "training": Told(5, True), "credit": Told(4, True)}}
    assert "In 1 of 1 cluster each of Credit and Training belongs to the set" in said(compared(both))


def test_where_the_status_quo_is_unbeaten_everywhere_the_page_says_so() -> None:
    idle = {case: {"status-quo": Told(0, True), "training": Told(-3, False, 0.02)} for case in ("kumasi", "dhaka")}
    run = compared(idle)
    assert said(run) == "No policy belongs to the set that cannot be beaten; in 2 nothing beats doing nothing."
    text = page(run)
    assert text.count("<strong>Nothing.</strong>") == 2
    assert "who gains and who pays by" not in text


def test_a_run_with_one_cluster_and_one_policy() -> None:
    run = compared({"kumasi": {"status-quo": Told(0, False), "training": Told(5, True)}})
    assert said(run) == "In 1 of 1 cluster Training belongs to the set that cannot be beaten; in 0 nothing beats doing nothing."
    assert not re.search(r"\bnan\b", re.sub(r"<style>.*?</style>", "", page(run), flags=re.DOTALL))


def test_the_picture_shows_shares_of_the_wage_bill_and_marks() -> None:
    kumasi = Picture(page(compared(TABLE))).lines[0]
    cells = {name: (kinds, words) for name, kinds, words in kumasi}
    assert cells["Training"][1][0] == "+5.0"
    assert {"unbeaten", "leads"} <= cells["Training"][0]
    assert "leads" not in cells["Credit"][0]
    assert "losing" in cells["Zone"][0]
    assert cells["Zone"][1][:2] == ["✕", "\u22124.0"]
    assert cells["Training"][1][1] == "Kumasi, Training: +5.0 % of the wage bill, 90 % of histories +3.0 to +8.0"


def test_a_policy_that_cannot_be_beaten_is_never_one_to_avoid() -> None:
    shown = grid(compared(TABLE))
    assert shown is not None
    bingo = next(line for line in shown.lines if line.case == "bingo")
    assert [(cell.title, cell.losing) for cell in bingo.unbeaten] == [
        ("Training", False),
        ("Zone", False),
        ("Doing nothing", False),
    ]


def test_a_cluster_without_a_wage_bill_or_a_policy_leaves_a_dash() -> None:
    run = compared({"kumasi": TABLE["kumasi"], "dhaka": {"status-quo": Told(0, True)}})
    bare = replace(run, effects=tuple(line for line in run.effects if line.outcome != "value_wages"))
    assert all(words[0] == "–" for line in Picture(page(bare)).lines for _, kinds, words in line if "losing" not in kinds)
    assert [words for _, _, words in Picture(page(run)).lines[1]][1:] == [["–"]] * 3


def test_the_chance_of_a_take_off_is_told_at_most() -> None:
    gains = [
        replace(row("kumasi", policy, Told(gain, False), "transition"), status_quo=0.3, mc_se=0.01)
        for policy, gain in (("status-quo", 0.0), ("training", 0.07), ("credit", 0.02))
    ]
    run = compared(TABLE, gains)
    shown = grid(run)
    assert shown is not None
    most = take_off(run, shown)
    assert most is not None
    assert (most.case, most.policy, most.before, most.gain) == ("Kumasi", "Training", 0.3, 0.07)
    text = " ".join(page(run).split())
    assert "rises by at most 7.0 points (Monte Carlo standard error 1.0): in Kumasi from 30 % to 37 %, by Training." in text
    none = compared(TABLE, [replace(line, mean=0.0) for line in gains])
    assert "No policy raises the chance of a take-off" in page(none)


def test_what_hangs_on_the_horizon_is_counted() -> None:
    early = [
        row(case, policy, Told(worth, False), "net_value_5")
        for case in TABLE
        for policy, worth in (("status-quo", 0.0), ("training", -10.0), ("credit", -5.0))
    ]
    text = " ".join(page(compared(TABLE, early)).split())
    assert (
        "if the first 5 years alone counted, another choice would lead in 4 of the 4 clusters, most often doing nothing "
        "(2 of the 4 are beaten over the whole)."
    ) in text


@pytest.mark.parametrize(("futures", "warned"), [(1, True), (2, False)])
def test_one_future_mixes_luck_and_knowledge(futures: int, warned: bool) -> None:
    assert ("luck and what is not known are mixed" in page(compared(TABLE, futures=futures))) == warned


def test_the_answer_stands_before_the_method_and_the_banner_before_both() -> None:
    run = compared(TABLE)
    text = page(replace(run, verdict=replace(run.verdict, converged=False, reasons=("k-hat: 0.9.",))))
    order = [
        text.index(mark) for mark in ("NOT CONVERGED", 'id="answer"', 'id="decisions"', 'id="policies"', 'id="what"', "k-hat")
    ]
    assert order == sorted(order)


def test_headline_needs_no_more_than_the_grid() -> None:
    shown = grid(compared(TABLE))
    assert shown is not None
    told = headline(shown)
    assert (told.clusters, told.most, told.often, told.idle, told.alone) == (4, ["Training"], 3, 2, 1)
    assert grid(RunView(compared(TABLE).verdict)) is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0"), (-0.06, "\u22120.1"), (1234.0, "+1,234"), (np.nan, "–"), (12.34, "+12.3")]
)
def test_shares_have_one_decimal(value: float, text: str) -> None:
    assert percent(value) == text
