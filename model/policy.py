"""What does government do, when, for whom and at what cost? A policy is a tuple of programmes on a timeline.

Programmes of history have calendar years; those of a policy have years after the decision. The field ``of_history`` distinguishes
them, and the engines convert both by the setting's ``start_year`` and ``decision``.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from model.schema import Case, HistoricProgramme, Policy, PolicyProgramme, ProgrammeSpec
from model.state import (
    COURSES,
    CREDIT,
    EXPORT_PREFERENCE,
    FOREIGN_INVESTMENT,
    GRANT,
    MARKET_PLACE,
    PROGRAMME,
    PROGRAMMES,
    TRAINING_PROGRAMME,
    ZONE,
)

# Latest opening of a programme that waits for improved firms and names no latest date.
FOR_EVER: Final = math.inf
NOT_YET: Final = -1.0
# Programmes that act by what they spend; the others act by their effect, whatever their budget.
BY_BUDGET: Final = tuple(PROGRAMMES[kind] for kind in (TRAINING_PROGRAMME, ZONE, CREDIT, GRANT, EXPORT_PREFERENCE))
# Programmes of which nothing is left where all of it is captured.
CAPTURED_WHOLE: Final = (PROGRAMMES[ZONE], PROGRAMMES[MARKET_PLACE])


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
        ``opened`` -1 means that the programme has not opened yet.
    """
    history = case.history if structures["history"] == "on" else ()
    planned = () if policy is None else policy.funded()
    programmes = np.zeros(len(history) + len(planned), PROGRAMME).view(np.recarray)
    for row, past in enumerate(history):
        _write(programmes, row, past)
        _date_history(programmes, row, past)
    for row, spec in enumerate(planned, start=len(history)):
        _write(programmes, row, spec)
        _date_policy(programmes, row, spec)
    return programmes


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
    programmes.start[row] = past.first
    programmes.stop[row] = FOR_EVER if past.last is None else past.last + 1
    programmes.trigger_after[row] = FOR_EVER


def _date_policy(programmes: Any, row: int, spec: PolicyProgramme) -> None:
    programmes.start[row] = spec.at
    programmes.stop[row] = spec.at + spec.years
    programmes.trigger_after[row] = FOR_EVER
    if spec.when is not None:
        programmes.trigger_firms[row] = spec.when.improved_firms
        programmes.trigger_after[row] = FOR_EVER if spec.when.at_latest is None else max(0.0, spec.when.at_latest - spec.at)


def idle_programmes(policy: Policy, horizon: float) -> tuple[str, ...]:
    """Return a line on each programme of a policy that never acts, or that the horizon cuts.

    Parameters
    ----------
    policy : Policy
        Its programmes are counted from 1 in the lines.
    horizon : float
        Years after the decision at which the history ends; zero or less where it ends at the decision or before.
    """
    lines = []
    for number, spec in enumerate(policy.funded(), start=1):
        reason = _idle(spec, horizon) or _untrained(spec, policy) or _cut(spec, horizon)
        if reason:
            dates = f"years {spec.at:g} to {spec.at + spec.years:g} after the decision"
            lines.append(f"policy {policy.name}: programme {number} ({spec.programme}, {dates}): {reason}")
    return tuple(lines)


def _idle(spec: PolicyProgramme, horizon: float) -> str:
    """Return why a programme never acts before the horizon (years after the decision); nothing if it may."""
    money = spec.budget_share if spec.budget is None else spec.budget
    if horizon <= 0:
        return "never acts: the history ends before the decision; lengthen it"
    if spec.at >= horizon:
        return f"never acts: it begins at or beyond the horizon of {horizon:g} years; lower `at` or raise the horizon"
    if spec.programme in CAPTURED_WHOLE and spec.captured == 1:
        return "never acts: all of it is captured; lower `captured`"
    if spec.programme not in BY_BUDGET:
        return "never acts: its effect is 0; raise `effect`" if spec.effect == 0 else ""
    if not money and spec.fee < max(spec.unit_cost, math.ulp(0.0)):
        return "never acts: its budget is 0; raise `budget` or `budget_share`"
    if spec.budget and spec.budget < spec.unit_cost - spec.fee:
        return f"never acts: its budget of {spec.budget:g} pays for no firm; raise it above `unit_cost`, {spec.unit_cost:g}"
    return ""


def _untrained(spec: PolicyProgramme, policy: Policy) -> str:
    """Return that a programme for trained firms acts on none that its own policy trains; nothing if it may."""
    training, end = PROGRAMMES[TRAINING_PROGRAMME], spec.at + spec.years
    if spec.eligible == "all" or any(other.programme == training and other.at < end for other in policy.programmes):
        return ""
    return "is for trained firms, and its policy trains none before it ends; add a training or let `eligible` be `all`"


def _cut(spec: PolicyProgramme, horizon: float) -> str:
    """Return how the horizon cuts a programme; nothing where it does not, or where only its opening acts."""
    if spec.programme == PROGRAMMES[FOREIGN_INVESTMENT]:
        return ""
    late = spec.at if spec.when is None or spec.when.at_latest is None else max(spec.at, spec.when.at_latest)
    if spec.at + spec.years > horizon:
        return f"is cut by the horizon of {horizon:g} years"
    if late + spec.years > horizon:
        return f"may open in year {late:g}, and is then cut by the horizon of {horizon:g} years"
    return ""
