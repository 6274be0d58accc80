"""Which policies are compared? Those that are asked for, or the house's own, some of which are known by name."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from model.config import Policy, load_policy, refuse_twins

STATUS_QUO: Final = "status-quo"
SEQUENCE: Final = "training-then-credit-and-zone"
REVERSE: Final = "credit-and-zone-then-training"
BIG_BANG: Final = "all-at-once"
PILOT: Final = "pilot"
TECHNOLOGY: Final = "technology-training"
FIRST_PART: Final = "sequence: training alone"
SECOND_PART: Final = "sequence: credit and zone alone"
DEFAULT_POLICIES: Final = (
    STATUS_QUO,
    "training",
    TECHNOLOGY,
    "credit",
    "zone",
    "market-place",
    SEQUENCE,
    REVERSE,
    BIG_BANG,
    PILOT,
)


def chosen_policies(names: Sequence[str | Path] | None) -> dict[str, Policy]:
    """Return the policies to compare by name, the status quo first.

    Raises
    ------
    InputError
        If a policy is unknown or named twice, or two files of one name differ.
    """
    policies = [load_policy(name) for name in names or DEFAULT_POLICIES]
    refuse_twins("--policy", "policy", policies)
    return {STATUS_QUO: load_policy(STATUS_QUO), **{policy.name: policy for policy in policies}}


class Budget(NamedTuple):
    """What a policy may spend in all: a share of the wage bill of the decision's year, and wage-years."""

    share: float
    wage_years: float


def budget_of(policy: Policy) -> Budget:
    """Return the total budget of a policy; that of one whose programmes take none is 0."""
    funded = [spec for spec in policy.funded() if spec.is_funded]
    share = math.fsum(spec.budget_share or 0.0 for spec in funded)
    # Shares of equal size that were summed over different numbers of programmes are equal.
    return Budget(round(share, 9), round(math.fsum(spec.budget or 0.0 for spec in funded), 9))


def halves(policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return the two halves of the paper's sequence, each with the budget that it has in the sequence."""
    if SEQUENCE not in policies:
        return {}
    programmes = policies[SEQUENCE].funded()
    training = tuple(spec for spec in programmes if spec.programme == "training")
    rest = tuple(spec for spec in programmes if spec.programme != "training")
    return {
        FIRST_PART: policies[SEQUENCE].model_copy(update={"name": "first-part", "programmes": training}),
        SECOND_PART: policies[SEQUENCE].model_copy(update={"name": "second-part", "programmes": rest}),
    }
