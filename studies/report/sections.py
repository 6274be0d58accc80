"""What do the sections on clusters, parameters and provenance show? One function a section gives its numbers and drawings.

The words stand in the templates.
"""

import hashlib
import json
from typing import Final, NamedTuple

import numpy as np

from studies.page.figures import contraction, fan
from studies.page.phases import phases
from studies.page.svg import Canvas
from studies.report.data import ClusterView, RunView
from studies.taught.parameters import ParameterView, most_moved_first

GUESSED: Final = ("low", "medium-low")
RECORDED: Final = ("command", "seed", "result_hash", "simulations", "wall_s", "cpu_s")


class Card(NamedTuple):
    """A cluster with its drawings, from the top; ``guessed`` tells whether the year in which it starts is a guess."""

    view: ClusterView
    drawings: list[Canvas]
    guessed: bool


class Learned(NamedTuple):
    """The parameters, the one that the tables moved most first, with their drawing and the number that did not move."""

    parameters: list[ParameterView]
    drawing: Canvas
    unmoved: int


def cards(run: RunView) -> list[Card]:
    """Return every cluster with its fans and phases: the paper's Figure 1, from the posterior."""
    return [_card(view) for view in run.clusters]


def _card(view: ClusterView) -> Card:
    decision = view.decision if np.isfinite(view.decision) else None
    drawings = [fan(f"{view.title}: firms", view.years, view.firms, "firms (log scale)", view.observed, decision, log=True)]
    if view.workers is not None:
        drawings.append(fan(f"{view.title}: workers", view.years, view.workers, "workers (log scale)", (), decision, log=True))
    drawings.append(fan(f"{view.title}: profitability", view.years, view.profitability, "profit / fixed cost", (), decision))
    if view.phases is not None:
        drawings.append(phases(f"{view.title}: phases", view.years, view.phases, view.improves, decision))
    return Card(view, drawings, view.start_confidence in GUESSED)


def learned(run: RunView) -> Learned | None:
    """Return prior beside posterior, or None where the run holds no posterior."""
    if not run.parameters:
        return None
    ordered = most_moved_first(run.parameters)
    scores = np.array([view.scores for view in ordered])
    errors = np.array([view.shift_error for view in ordered])
    drawing = contraction([view.name for view in ordered], scores, errors, [view.word for view in ordered])
    return Learned(ordered, drawing, sum(not view.moved for view in ordered))


def provenance(run: RunView) -> list[tuple[str, str]]:
    """Return where the run comes from, as pairs of a term and its value."""
    pairs: list[tuple[str, str]] = [(key, str(run.manifest[key])) for key in RECORDED if key in run.manifest]
    if "fingerprint" in run.manifest:
        mark = json.dumps(run.manifest["fingerprint"], sort_keys=True)
        pairs.append(("fingerprint", hashlib.sha256(mark.encode()).hexdigest()))
    versions = run.manifest.get("versions", {})
    if isinstance(versions, dict) and versions:
        pairs.append(("versions", ", ".join(f"{name} {version}" for name, version in versions.items())))
    return pairs
