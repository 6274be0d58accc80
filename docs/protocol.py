"""Who decides what in the model, and which data does it rest on? Two tables of the ODD+2D description, written from the code."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from model.config import all_cases
from model.figures import Observation
from model.mechanisms.clocks import ALL

# Figures of the tables: the field of an observation, its unit, and the column of the panel that it is held against.
FIGURES: Final = (
    ("firms", "firms", "`firms`"),
    ("workers_per_firm", "workers", "`workers_per_firm`"),
    ("schooling", "years", "`schooling`"),
    ("exports", "word", "share of `output` that is `exported`"),
    ("improvement", "word", "share of `workers` who are `improved_workers`"),
)


def _table(head: str, rows: Iterator[tuple[str, ...]]) -> str:
    columns = head.count("|") + 1
    return "\n".join([f"| {head} |", "| " + " | ".join(["---"] * columns) + " |", *(f"| {' | '.join(row)} |" for row in rows)])


def decisions() -> str:
    """Return what is decided or suffered at a hazard, by whom, and the equation that says how readily."""
    rows = (
        (
            clock.name,
            clock.home.owner,
            f"`{clock.hazard.__name__}`",
            " ".join((clock.hazard.__doc__ or "").split("\n\n")[0].split()),
            f"`model/mechanisms/{clock.home.module}.py`",
        )
        for clock in ALL
    )
    return _table("event | of | hazard | that is | home", rows)


def _errors(seen: list[Observation], name: str) -> str:
    spreads = [getattr(getattr(one, name), "sd", None) for one in seen]
    known = sorted(spread for spread in spreads if spread is not None)
    if not known:
        return "matrix of misclassification"
    return f"{known[0]:.2g}" if known[0] == known[-1] else f"{known[0]:.2g} to {known[-1]:.2g}"


def data() -> str:
    """Return how often each figure of the tables is known, with which errors, and what it is held against."""
    cases = all_cases()

    def row(name: str, unit: str, column: str) -> tuple[str, ...]:
        seen = [one for case in cases for one in case.observations if getattr(one, name) is not None]
        clusters = sum(any(getattr(one, name) is not None for one in case.observations) for case in cases)
        return (f"`{name}`", unit, str(len(seen)), f"{clusters} of {len(cases)}", _errors(seen, name), column)

    head = "figure | unit | values | clusters | sd of the error (firms and sizes: in logs) | held against"
    return _table(head, (row(*one) for one in FIGURES))


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {"decisions": decisions, "data": data}
