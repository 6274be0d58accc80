"""What does government do, when, for whom and at what cost? A policy is a tuple of programmes on a timeline.

Programmes of history have calendar years; those of a policy have years after the decision. The field ``of_history`` distinguishes
them, and the engines convert both by the setting's ``start_year`` and ``decision``.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from model.plans import Policy, PolicyProgramme, key_of, names_of
from model.schema import Case, HistoricProgramme, ProgrammeSpec
from model.state import COURSES, PROGRAMME, PROGRAMMES

# Latest opening of a programme that waits for improved firms and names no latest date.
FOR_EVER: Final = math.inf
NOT_YET: Final = -1.0


def programmes_for(policy: Policy | None, case: Case, structures: Mapping[str, str]) -> Any:
    """Return the programmes that a history meets: those of the case's history, then those of the policy.

    Parameters
    ----------
    policy : Policy or None
        None, or a policy without programmes, is the status quo.
    case : Case
        Its ``history`` is included while the structure ``history`` is on.
    structures : mapping
        The option in force of every structural choice.

    Returns
    -------
    PROGRAMME records, shape (m,)
        ``start`` and ``stop`` are calendar years in history (the year ``to`` is included), and years after the decision in a
        policy. ``trigger_firms`` 0 means that there is no trigger; ``trigger_after`` (years) is counted from ``start``;
        ``opened`` -1 means that the programme has not opened yet. Those of a policy stand in the order in which they may open,
        and by name where they open together, whatever their order in the file.
    """
    history = case.history if structures["history"] == "on" else ()
    planned = () if policy is None else _in_order(policy.funded())
    programmes = np.zeros(len(history) + len(planned), PROGRAMME).view(np.recarray)
    for row, past in enumerate(history):
        _write(programmes, row, past)
        _date_history(programmes, row, past)
    for row, (name, spec) in enumerate(planned, start=len(history)):
        _write(programmes, row, spec)
        _date_policy(programmes, row, spec)
        programmes.key[row] = key_of(name)
    return programmes


def _in_order(specs: tuple[PolicyProgramme, ...]) -> list[tuple[str, PolicyProgramme]]:
    """Return the programmes of a policy with their names, in an order that does not depend on that of the file."""
    return sorted(zip(names_of(specs), specs, strict=True), key=lambda named: (named[1].at, named[0]))


def _write(programmes: Any, row: int, spec: ProgrammeSpec) -> None:
    programmes.kind[row] = PROGRAMMES.index(spec.programme)
    programmes.course[row] = COURSES.index(spec.course)
    programmes.budget[row] = spec.budget or 0.0
    programmes.budget_share[row] = spec.budget_share or 0.0
    programmes.trained_only[row] = spec.eligible == "trained"
    for name in ("unit_cost", "fee", "captured", "cofinance", "effect"):
        programmes[name][row] = getattr(spec, name)
    programmes.opened[row] = NOT_YET


def _date_history(programmes: Any, row: int, past: HistoricProgramme) -> None:
    programmes.of_history[row] = 1
    programmes.key[row] = row
    programmes.start[row] = past.first
    programmes.stop[row] = FOR_EVER if past.last is None else past.last + 1
    programmes.trigger_after[row] = FOR_EVER


def _date_policy(programmes: Any, row: int, spec: PolicyProgramme) -> None:
    programmes.start[row] = spec.at
    programmes.stop[row] = spec.at + spec.years
    programmes.trigger_after[row] = FOR_EVER
    programmes.stop_firms[row] = 0 if spec.until is None else spec.until.improved_firms
    if spec.when is not None:
        programmes.trigger_firms[row] = spec.when.improved_firms
        programmes.trigger_after[row] = FOR_EVER if spec.when.at_latest is None else max(0.0, spec.when.at_latest - spec.at)
