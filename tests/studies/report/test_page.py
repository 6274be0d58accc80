"""The report: one file that asks nothing of the network, escapes what users write, and never hides its label."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from studies.numbers import amount, share, signed
from studies.page.figures import Observed
from studies.page.phases import Timing
from studies.page.svg import Canvas
from studies.policy.decision_table import Contrast, Effects
from studies.report.data import ClusterView, LeftOutView, RunView, Statement, Unseen, Verdict
from studies.report.page import page, write_report
from studies.report.ranking import APART, MANY, standing
from studies.taught.coverage import Covered
from studies.taught.parameters import ParameterView

EVIL = "<script>alert('x')</script><img src=http://evil/x.png onerror=alert(1)>\"' onload=alert(2) & &lt;b&gt;"
YEARS = np.arange(1975.0, 2026.0)


def cluster(name: str = "10-kumasi", title: str = "10 Kumasi, metalwork") -> ClusterView:
    curves = np.outer([20.0, 60, 100, 150, 400], np.linspace(0.5, 2, len(YEARS)))
    return ClusterView(
        name,
        10,
        title,
        "Kumasi: metalwork",
        2005.5,
        YEARS,
        curves,
        curves / 100,
        (Observed(2005.5, 500, 260, 965, "2005: 500 firms"),),
        "medium",
        40.0,
        0.02,
        workers=curves * 9,
        phases=np.tile([0.1, 0.2, 0.3, 0.4, 0.0], (len(YEARS), 1)).T,
        improves=Timing(1990, 2001, 2019, 0.4, 2025),
    )


def effects(policy: str, mean: float, best: float, behind: float = 0.0, behind_se: float = 0.0) -> Effects:
    return Effects(
        "10-kumasi",
        policy,
        "net_value",
        mean,
        mean - 50,
        mean + 60,
        4.0,
        best,
        3.0,
        100.0,
        40.0,
        "",
        900.0,
        9.0,
        5.0,
        2.0,
        12.0,
        behind,
        behind_se,
        "wage-years",
    )


@pytest.fixture
def run() -> RunView:
    parameter = ParameterView(
        "entry_intensity", "1/year", "entries", (1, 2.5, 5), (1.2, 2.6, 4.8), np.array([-1.5, -0.6, 0.05, 0.7, 1.6]), 0.97
    )
    return RunView(
        Verdict("surrogate, checked, not corrected", False, ("ESS of weights: 12, where the rule is >= 100.",)),
        (cluster(),),
        (parameter,),
        (
            Covered("10 Kumasi", "firms", 500, 20, 200, 2000, 0.7, "firms"),
            Covered("10 Kumasi", "schooling", 11, 8, 9, 10, 0.99, "years"),
        ),
        (Statement("10 Kumasi", "improvement (IPM)", "not listed", 0.8),),
        (effects("status-quo", 0.0, 0.1, 30, 4), effects("training", 30.0, 0.8), effects("credit", 10.0, 0.1, 20, 4)),
        (Contrast("10-kumasi", "order", 5.0, -3.0, 12.0, 1.0, 0.8),),
        (("sd of log L", "1.2 nats"),),
        (("k-hat", "0.9", "< 0.7", False),),
        (("10 Kumasi", "schooling"),),
        (("history", "on", "what government did"),),
        ("training_gain",),
        {"training": "Intensive training", "credit": "Credit", "status-quo": "Status quo"},
        20.0,
        {"command": "takeoff run", "versions": {"numpy": "2.4"}, "seed": 1},
    )


class Reader(HTMLParser):
    """Collects what a page would load, its elements, and its texts by the element that they stand in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.elements: set[str] = set()
        self.texts: set[tuple[str, str]] = set()
        self.open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.open = tag
        for name, value in attrs:
            if (
                name in ("src", "href", "data", "srcset", "poster", "action", "xlink:href")
                and value
                and not value.startswith(("#", "data:"))
            ):
                self.loaded.append(value)
            assert not name.startswith("on"), (tag, name)

    def handle_data(self, data: str) -> None:
        self.texts.add((self.open, words(data)))


def words(text: str) -> str:
    """Return a text with one space between words, as a browser shows it."""
    return " ".join(text.split())


def test_the_page_is_self_contained(run: RunView) -> None:
    text = page(run)
    reader = Reader(text)
    assert reader.loaded == []
    assert not reader.elements & {"script", "link", "iframe", "img", "object", "embed"}
    assert not re.search(r"url\(|@import", text)
    assert re.findall(r"https?://[^\s\"'<]+", text.replace("http://www.w3.org/2000/svg", "")) == []


def test_what_users_write_is_escaped_in_text_and_in_drawings(run: RunView) -> None:
    evil = replace(
        run,
        clusters=(replace(cluster(title=EVIL), product=EVIL, observed=(Observed(2005.5, 5, 4, 6, EVIL),), imposed=EVIL),),
        parameters=(replace(run.parameters[0], name=EVIL, unit=EVIL),),
        covered=(replace(run.covered[0], case=EVIL, figure=EVIL),),
        statements=(Statement(EVIL, EVIL, EVIL, 0.5),),
        manifest={"command": EVIL, "versions": {EVIL: EVIL}},
        policy_titles={"training": EVIL, "credit": EVIL},
        structures=((EVIL, EVIL, EVIL),),
        unfitted=((EVIL, EVIL),),
        verdict=Verdict(EVIL, False, (EVIL,)),
        noise=((EVIL, EVIL),),
        gates=((EVIL, EVIL, EVIL, False),),
        kept_priors=(EVIL,),
    )
    reader = Reader(page(evil))
    assert reader.loaded == []
    assert not reader.elements & {"script", "img", "b"}
    # Read back, every text is what the user wrote: a heading, a cell, a term, a list, and in drawings a label and a dot's tip.
    for element in ("h3", "td", "dt", "dd", "li", "p", "text", "title"):
        assert (element, words(EVIL)) in reader.texts, element
    assert ("title", f"{words(EVIL)}: firms") in reader.texts


def test_no_text_leaves_its_attribute() -> None:
    canvas = Canvas(10, 10, EVIL, EVIL)
    canvas.add("text", EVIL, x=1, y=1, kind=EVIL, transform=EVIL)
    canvas.dot(1, 1, 1, EVIL, EVIL)
    root = ElementTree.fromstring(canvas.svg())  # noqa: S314 - our own drawing
    assert [child.tag.split("}")[1] for child in root] == ["title", "desc", "text", "circle"]
    assert root[2].attrib == {"x": "1", "y": "1", "class": EVIL, "transform": EVIL}
    assert root[3].attrib["class"] == EVIL


def test_the_label_stands_at_every_section_and_in_the_banner(run: RunView) -> None:
    text = page(run)
    sections = text.count("<h2")
    assert sections == 13
    assert text.count("NOT CONVERGED; surrogate, checked, not corrected") == sections
    assert '<div class="banner bad">' in text
    assert "table-header-group" in text


def test_a_converged_run_says_so(run: RunView) -> None:
    text = page(replace(run, verdict=Verdict("surrogate, corrected", True)))
    assert "NOT CONVERGED" not in text
    assert '<div class="banner good">' in text


def test_an_empty_run_still_makes_a_page() -> None:
    text = page(RunView(Verdict("exact", False)))
    assert "No policies were compared" in text
    assert not re.search(r"\b(nan|none)\b", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL).lower())


def test_sentences_say_how_sure(run: RunView) -> None:
    assert "best in 80 % of the draws." in words(page(run))
    assert "The simulations made cannot tell" not in words(page(run))
    close = replace(run, effects=(effects("training", 30.0, 0.5), effects("credit", 26.0, 0.5, 4.0, 4.0)))
    assert "The simulations made cannot tell its mean from that of Credit." in words(page(close))
    open_question = replace(run, effects=(effects("training", 30.0, 0.5), effects("credit", 20.0, 0.5, 10.0, 4.0)))
    assert "Which policy is best still depends on what the tables leave open." in words(page(open_question))
    nothing = replace(run, effects=(effects("status-quo", 0.0, 0.9), effects("credit", -5.0, 0.1, 5.0, 1.0)))
    assert "No programme earns its cost" in page(nothing)


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        ((1, 1, 1, 1), "any other policy, and doing nothing is one of them."),
        ((1, 1, 1, 1, 99), "4 of the 5 other policies, and doing nothing is one of them."),
        ((99, 1, 1, 1, 1), "4 of the 5 other policies."),
        ((1, 1, 99), "Status quo; policy 1."),
    ],
)
def test_many_rivals_are_counted(run: RunView, behind: tuple[int, ...], said: str) -> None:
    names = ["status-quo", *(f"policy-{number}" for number in range(1, len(behind)))]
    rivals = [effects(name, 10.0 - row, 0.1, gap, 1.0) for row, (name, gap) in enumerate(zip(names, behind, strict=True))]
    view = replace(run, effects=(effects("training", 30.0, 0.5), *rivals))
    here = standing(view, "10-kumasi")
    assert here is not None
    assert len(here.rivals) == sum(gap <= APART for gap in behind)
    assert here.few_rivals == (len(here.rivals) <= MANY)
    assert f"cannot tell its mean from that of {said}" in words(page(view))


def test_parameters_that_did_not_move_are_named_so(run: RunView) -> None:
    assert run.parameters[0].word == "not moved by these data"
    moved = replace(run.parameters[0], scores=np.array([0.5, 0.8, 1.2, 1.5, 2.0]), sd=0.5)
    assert moved.word == "raised by 1.2 sd, variance down 75 %"


def test_few_draws_cannot_tell_that_a_parameter_moved(run: RunView) -> None:
    """With 20 effective draws a median has an error of 0.28 sd and a variance one of 32 %: two of these are asked for."""
    seen = replace(run.parameters[0], scores=np.array([-1.5, -0.6, 0.4, 0.7, 1.6]), sd=0.9)
    assert seen.word == "raised by 0.4 sd, variance down 19 %"
    few = replace(seen, ess=20.0)
    assert few.shift_error == pytest.approx(0.9 * np.sqrt(np.pi / 40))
    assert few.contraction_error == pytest.approx(0.81 * np.sqrt(0.1))
    assert few.word == "not moved by these data"
    assert "0.40 ± 0.3" in page(replace(run, parameters=(few,)))


def test_clusters_left_out_are_told_with_their_errors(run: RunView) -> None:
    rows = (Unseen("10 Kumasi", -4.0, -6.0, -3.5, 0.2, "entry_intensity", -0.3),)
    told = words(page(replace(run, left_out=LeftOutView((12.0, 3.0), (-2.0, 4.0), ("2 Hamamatsu",), rows))))
    assert "12 nats ahead of the other clusters' figures alone (standard error 3.0)" in told
    assert "Weights cannot leave out 2 Hamamatsu" in told
    assert "predicted from the others" not in words(page(run))


def test_figures_outside_are_counted(run: RunView) -> None:
    text = words(page(run))
    assert "1 of 2 figures lie in the central 90 % of their predictive distribution (firms 1 of 1," in text
    assert "(firms 1 of 1, bands 100-fold wide at the median, 0 narrower than the other clusters' figures alone give;" in text
    assert "schooling 0 of 1, bands 1.2-fold wide at the median, 0 narrower" in text


def test_a_cluster_shows_firms_workers_profit_and_phases(run: RunView) -> None:
    text = page(run)
    for what in ("firms", "workers", "profitability", "phases"):
        assert f"<title>10 Kumasi, metalwork: {what}</title>" in text
    assert "half of the workers in 40 % of the draws by 2025; where they do, in 2001 at the median" in words(text)
    never = page(replace(run, clusters=(replace(run.clusters[0], improves=None),)))
    assert "Improved firms come to employ half of the workers in no draw." in words(never)
    unknown = page(replace(run, clusters=(replace(run.clusters[0], workers=None, phases=None, improves=None),)))
    assert "<title>10 Kumasi, metalwork: phases</title>" not in unknown
    assert "Improved firms come to employ" not in words(unknown)


def test_every_figure_has_a_caption_with_its_source(run: RunView) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page(run), flags=re.DOTALL)
    assert len(figures) >= 3
    captions = [re.findall(r"<figcaption>.*</figcaption>", figure, flags=re.DOTALL) for figure in figures]
    assert [caption for caption in captions if len(caption) != 1 or not re.search(r"\bSource: \w", caption[0])] == []


def test_the_paper_s_figure_stands_beside_the_clusters_as_a_drawing_of_our_own(run: RunView) -> None:
    text = words(page(run))
    assert "Source: after Otsuka and Sonobe (2011), Figure 1, drawn anew." in text
    assert text.index("The paper's Figure 1, drawn anew".replace("'", "&#x27;")) < text.index("10 Kumasi, metalwork: firms")


def test_the_same_run_gives_the_same_file(run: RunView, tmp_path: Path) -> None:
    first, second = (write_report(run, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234.5, "1,230"),
        (-0.01234, "\u22120.0123"),
        (float("nan"), "\u2013"),
        (float("inf"), "\u221e"),
        (9.996, "10.00"),
        (0.5, "0.500"),
    ],
)
def test_amounts(value: float, text: str) -> None:
    assert amount(value) == text


def test_shares_are_never_rounded_to_certainty() -> None:
    assert [share(x) for x in (0, 0.001, 0.5, 0.999, 1)] == ["0 %", "< 1 %", "50 %", "> 99 %", "100 %"]
    assert signed(3.0).startswith("+")
