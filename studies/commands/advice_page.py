"""How does an advice become a page? Paths, phases and the ranking of one cluster, in one file without links."""

from pathlib import Path
from typing import Final

from execution.writing import write_text
from model.observe import PHASES
from studies.numbers import percent
from studies.page.figures import Row, fan, forest
from studies.page.phases import phases, timing
from studies.page.pictures import observed_of
from studies.page.rendering import rendered
from studies.page.svg import Canvas
from studies.policy.advice import Advice
from studies.policy.chosen import STATUS_QUO
from studies.policy.conditioning import HEAVIEST
from studies.policy.outlook import Measured, Outlook, made

PAGE: Final = "advice.html"


def page(advice: Advice, seen: Outlook, measures: list[Measured]) -> str:
    """Return an advice as one HTML document."""
    return rendered(
        "commands/templates/advice.html",
        advice=advice,
        grounds=advice.grounds,
        seen=seen,
        measures=measures,
        drawings=drawings(advice, seen),
        ranking=_forest(seen) if seen.ranking else None,
        mood="good" if advice.converged and advice.supported else "bad",
        status_quo=STATUS_QUO,
        heaviest=HEAVIEST,
        percent=percent,
    )


def write_page(folder: Path, advice: Advice, seen: Outlook, measures: list[Measured]) -> Path:
    """Write the page of an advice into its folder and return its path."""
    path = folder / PAGE
    write_text(path, page(advice, seen, measures))
    return path


def drawings(advice: Advice, seen: Outlook) -> list[Canvas]:
    """Return the fans of firms and of workers, and the shares of the phases, over time."""
    fans = [
        fan(name, seen.years, curves, f"{name} (log scale)", observed_of(advice.case, name), seen.decision, log=True)
        for name, curves in seen.paths.items()
    ]
    shares = seen.states[: len(PHASES)]
    return [*fans, phases("phases", seen.years, shares, timing(seen.years, made(seen)), seen.decision)]


def _forest(seen: Outlook) -> Canvas:
    """Draw net values as a share of a year's wage bill, the set that cannot be beaten marked."""
    scale = 100.0 / seen.wage_bill
    rows = [
        Row(
            one.effects.policy,
            scale * one.effects.mean,
            scale * one.effects.low,
            scale * one.effects.high,
            scale * one.effects.mc_se,
            "cannot be beaten" if one.effects.unbeaten else "",
        )
        for one in seen.ranking
        if one.effects.policy != STATUS_QUO
    ]
    return forest("Net value against the status quo", rows, "% of a year's wage bill", 640)
