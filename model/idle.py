"""Which programmes of a policy never act? Each is named, with the reason and what would change it, before anything is simulated.

A programme may also wait for what a cluster never reaches; that follows from the history, and no line is said of it here.
"""

from typing import Final

from model.plans import UNFUNDED, USED, Policy, PolicyProgramme, names_of
from model.state import CREDIT, FOREIGN_INVESTMENT, PROGRAMMES, TRAINING_PROGRAMME

# Programmes that act by what they spend.
BY_BUDGET: Final = tuple(kind for kind in PROGRAMMES if kind not in UNFUNDED)
# Programmes of which nothing is left where all of it is captured; what is lent to the connected is lent.
CAPTURED_WHOLE: Final = tuple(kind for kind in PROGRAMMES if "captured" in USED[kind] and "cofinance" not in USED[kind])


def idle_programmes(policy: Policy, horizon: float) -> tuple[str, ...]:
    """Return a line on each programme of a policy that never acts, that costs nothing, or that the horizon cuts.

    Parameters
    ----------
    policy : Policy
        Its programmes are named, and counted from 1, in the lines.
    horizon : float
        Years after the decision at which the history ends; zero or less where it ends at the decision or before.
    """
    lines = []
    specs = policy.funded()
    for number, (name, spec) in enumerate(zip(names_of(specs), specs, strict=True), start=1):
        reason = _idle(spec, horizon) or _never_opens(spec, horizon) or _untrained(spec, policy)
        reason = reason or _free(spec) or _cut(spec, horizon)
        if reason:
            dates = f"years {spec.at:g} to {spec.at + spec.years:g} after the decision"
            lines.append(f"policy {policy.name}: programme {number} ({name}, {dates}): {reason}")
    return tuple(lines)


def _idle(spec: PolicyProgramme, horizon: float) -> str:
    """Return why a programme never acts before the horizon (years after the decision); nothing if it may."""
    if horizon <= 0:
        return "never acts: the history ends before the decision; lengthen it"
    if spec.at >= horizon:
        return f"never acts: it begins at or beyond the horizon of {horizon:g} years; lower `at` or raise the horizon"
    if spec.programme in CAPTURED_WHOLE and spec.captured == 1:
        return "never acts: all of it is captured; lower `captured`"
    if "effect" in USED[spec.programme] and spec.effect == 0:
        return "never acts: its effect is 0; give another `effect`"
    return _penniless(spec) if spec.is_funded else ""


def _penniless(spec: PolicyProgramme) -> str:
    """Return that the budget of a programme pays for nothing; nothing if it may."""
    money = spec.budget_share if spec.budget is None else spec.budget
    price = _public_price(spec)
    if not money and (price > 0 or not spec.unit_cost):
        return "never acts: its budget is 0; raise `budget` or `budget_share`"
    if spec.budget and spec.budget < price:
        return f"never acts: its budget of {spec.budget:g} pays for no firm; raise it above {price:g}"
    return ""


def _public_price(spec: PolicyProgramme) -> float:
    """What government pays for the smallest firm that a programme serves (wage-years); 0 where it serves none by itself."""
    own = spec.unit_cost * spec.cofinance if spec.programme == "matching_grant" else spec.fee
    return max(0.0, spec.unit_cost - own)


def _never_opens(spec: PolicyProgramme, horizon: float) -> str:
    """Return that a programme's trigger cannot let it act; nothing if it may."""
    if spec.when is None:
        return ""
    least, latest = spec.when.improved_firms, spec.when.at_latest
    waits = latest is None or latest >= horizon
    if waits and spec.until is not None and spec.until.improved_firms <= least:
        return f"never acts: it closes at {spec.until.improved_firms} improved firms and opens at {least}; raise `until`"
    if latest is not None and waits:
        beyond = f"`at_latest` lies at or beyond the horizon of {horizon:g} years; lower it"
        return f"opens at {least} improved firms or never: {beyond}"
    return ""


def _untrained(spec: PolicyProgramme, policy: Policy) -> str:
    """Return that a programme for trained firms acts on none that its own policy trains; nothing if it may."""
    training, end = PROGRAMMES[TRAINING_PROGRAMME], spec.at + spec.years
    if spec.eligible == "all" or any(other.programme == training and other.at < end for other in policy.programmes):
        return ""
    return "is for trained firms, and its policy trains none before it ends; add a training or let `eligible` be `all`"


def _free(spec: PolicyProgramme) -> str:
    """Return that others pay all that a programme costs, or more, so that it needs no public money; nothing if they do not."""
    if spec.fee > spec.unit_cost:
        return f"costs no public money: its fee of {spec.fee:g} is above its `unit_cost`, {spec.unit_cost:g}; lower `fee`"
    if spec.programme == "matching_grant" and spec.cofinance == 1:
        return "costs no public money: owners pay all of it; lower `cofinance`"
    if spec.programme == PROGRAMMES[CREDIT] and spec.cofinance == 1:
        return "costs no public money: co-financiers lend all of it; lower `cofinance`"
    return ""


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
