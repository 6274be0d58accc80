"""How does an advice become a page? Paths, phases and the ranking of one cluster, in one file without links."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from execution.writing import write_text
from model.config import Case
from model.figures import HALF_WIDTH_90
from model.observe import PHASES
from studies.commands.advising import percent
from studies.page.figures import Observed, Row, fan, forest
from studies.page.phases import phases, timing
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
        fan(name, seen.years, curves, f"{name} (log scale)", list(_observed(advice.case, name)), seen.decision, log=True)
        for name, curves in seen.paths.items()
    ]
    shares = seen.states[: len(PHASES)]
    return [*fans, phases("phases", seen.years, shares, timing(seen.years, made(seen)), seen.decision)]


def _observed(case: Case, name: str) -> Iterator[Observed]:
    """Return the figures of a cluster's file that belong to a path, each with the central 90 % of its error."""
    for one in case.observations:
        if name == "firms" and one.firms is not None:
            yield _with_error(one.time, one.firms.middle, one.firms.sd)
        elif name == "workers" and one.workers is not None and one.firms is not None and one.workers_per_firm is not None:
            yield _with_error(one.time, one.workers, float(np.hypot(one.firms.sd, one.workers_per_firm.sd)))


def _with_error(year: float, value: float, sd: float) -> Observed:
    reach = float(np.exp(HALF_WIDTH_90 * sd))
    return Observed(year, value, value / reach, value * reach, f"{year:.0f}: {value:,.0f}")


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
