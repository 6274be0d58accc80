"""What does government do, when, for whom and at what cost? A policy is a tuple of programmes on a timeline.

History's times are calendar years and a policy's are years after the decision: ``of_history`` tells them apart, and the
engines convert both with the setting's ``start_year`` and ``decision``.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from model.schema import Case, HistoricProgramme, Policy, PolicyProgramme, ProgrammeSpec
from model.state import COURSES, PROGRAMME, PROGRAMMES

# A programme that waits for improved firms and names no latest date waits for good.
FOR_EVER: Final = math.inf
NOT_YET: Final = -1.0


def programmes_for(policy: Policy | None, case: Case, structures: Mapping[str, str]) -> Any:
    """Return the programmes that a history meets: those of the case's history, then those of the policy.

    Parameters
    ----------
    policy : Policy or None
        None and a policy without programmes are the status quo.
    case : Case
        Whose ``history`` holds while the structure ``history`` is on.
    structures : mapping
        Structural choice to option.

    Returns
    -------
    PROGRAMME records (m,)
        ``start`` and ``stop`` of history are calendar years (``to`` is included); of a policy, years after the decision.
        ``trigger_firms`` 0 means no trigger; ``trigger_after`` is counted from ``start``; ``opened`` -1 means not yet.
    """
    history = case.history if structures["history"] == "on" else ()
    planned = () if policy is None else policy.funded()
    programmes = np.zeros(len(history) + len(planned), PROGRAMME).view(np.recarray)
    for place, past in enumerate(history):
        _write(programmes, place, past)
        _date_history(programmes, place, past)
    for place, spec in enumerate(planned, start=len(history)):
        _write(programmes, place, spec)
        _date_policy(programmes, place, spec)
    return programmes


def _write(programmes: Any, place: int, spec: ProgrammeSpec) -> None:
    programmes.kind[place] = PROGRAMMES.index(spec.programme)
    programmes.course[place] = COURSES.index(spec.course)
    programmes.budget[place] = spec.budget or 0.0
    programmes.budget_share[place] = spec.budget_share or 0.0
    programmes.trained_only[place] = spec.eligible == "trained"
    for name in ("unit_cost", "fee", "captured", "cofinance", "effect"):
        programmes[name][place] = getattr(spec, name)
    programmes.opened[place] = NOT_YET


def _date_history(programmes: Any, place: int, past: HistoricProgramme) -> None:
    programmes.of_history[place] = 1
    programmes.start[place] = past.first
    programmes.stop[place] = FOR_EVER if past.last is None else past.last + 1
    programmes.trigger_after[place] = FOR_EVER


def _date_policy(programmes: Any, place: int, spec: PolicyProgramme) -> None:
    programmes.start[place] = spec.at
    programmes.stop[place] = spec.at + spec.years
    programmes.trigger_after[place] = FOR_EVER
    if spec.when is not None:
        programmes.trigger_firms[place] = spec.when.improved_firms
        programmes.trigger_after[place] = FOR_EVER if spec.when.at_latest is None else max(0.0, spec.when.at_latest - spec.at)
