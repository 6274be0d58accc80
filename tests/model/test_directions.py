"""Does each mechanism act in its stated direction? Raise its parameter, keep the luck, and see the stated outcome move.

Each row is judged on paired seeds: the mean difference must exceed ``Z`` of its standard errors in the stated direction. A
mechanism that did nothing would pass by chance with probability 0.0013 a row; the seeds are fixed. P numbers are those of
docs/evidence.md.
"""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from model.batch import simulate_many
from model.config import load_policy, policy_names
from model.plans import Policy
from tests.model.worlds import Given, column, given

SEEDS = 160
Z = 3.0
UP, DOWN = 1.0, -1.0

# Where the mechanism has something to act on.
KNOWING = {"success_intercept": 1.0, "attempt_rate": 0.6, "attempt_discouragement": 0.1}
TRYING = {**KNOWING, "success_intercept": 0.0}
HARD = {**KNOWING, "success_intercept": -1.5}
STRIVING = {
    **TRYING, "success_imitation": 0.0, "attempt_rate": 2.0, "subcontract_rate": 3.0, "recognition_rate": 3.0, "brand_theft": 0.0,
}
SMALL = {"market": -1.0}


ZONES = load_policy("zone").scaled(8.0)
CAPTURED = load_policy("captured-credit").scaled(4.0)
# Name of a situation: case, policy, changed parameters, changed setting.
SITUATIONS: dict[str, tuple[int, Policy | str, dict[str, float], dict[str, float]]] = {
    "plain": (9, "status-quo", {}, {}),
    "early": (9, "status-quo", {}, {"quarters": 40}),
    "improving": (9, "status-quo", KNOWING, {"import_price": 1.1, "quarters": 80}),
    "schooled": (9, "status-quo", HARD, {"schooling": 14.0, "quarters": 60}),
    "foreign origin": (12, "status-quo", {}, {"quarters": 20}),
    "foreign and trying": (11, "status-quo", HARD, {"quarters": 60}),
    "striving": (9, "status-quo", STRIVING, {"import_price": 1.1, "quarters": 80}),
    "many traders": (9, "status-quo", {**TRYING, "trader_scale": 0.3}, {"quarters": 60}),
    "traders": (4, "status-quo", {"entry_trader_advantage": 0.3}, {"quarters": 40}),
    "shocked": (9, "status-quo", {}, {"shock_time": 5.0, "shock_price": 0.5}),
    "dear material": (9, "status-quo", {}, {"material_time": 5.0}),
    "crowded": (9, "status-quo", {}, {"capacity": 50.0}),
    "crowded and young": (9, "status-quo", {"congestion_elasticity": 0.1}, {"capacity": 50.0, "quarters": 40}),
    "growing": (9, "status-quo", {"market_basic_fall": 0.0}, {}),
    "a large zone": (9, ZONES, {"congestion_elasticity": 0.1, "state_capacity": 0.3}, {"capacity": 100.0}),
    "a captured fund": (9, CAPTURED, {"entry_connected": 0.5, "credit_demand": 6.0}, {}),
    "technology": (9, "technology-training", TRYING, {}),
    "taught": (9, "training", {"poaching_rate": 0.2}, {}),
    "institute": (9, "foreign-investment", {**TRYING, "investment_copying": 0.0}, {"decision": 4.0}),
    **{name: (9, name, {}, {}) for name in policy_names()},
}


def situation(name: str, changes: dict[str, float]) -> Given:
    """A cluster in which a mechanism shows, with changed parameters."""
    case, policy, others, setting = SITUATIONS[name]
    works = {} if "training_site" in changes else {"site_works": 1.0}
    return given(case, policy, {**others, **changes}, SMALL, **{"quarters": 100, "decision": 8.0, **works, **setting})


class Claim(NamedTuple):
    """Raising a parameter from one value to another moves an outcome, averaged over the history from a quarter on."""

    parameter: str
    low: float
    high: float
    outcome: str
    direction: float
    where: str = "plain"
    first: int = 0


CLAIMS = (
    # Agglomeration, congestion, traders, enforcement: P10 and P11.
    Claim("agglomeration_elasticity", 0.01, 0.08, "output", UP),
    Claim("congestion_elasticity", 0.0, 0.2, "output", DOWN, "crowded"),
    Claim("congestion_centre", 0.0, 1.0, "output", UP, "crowded and young"),
    Claim("trader_ratio", 0.05, 0.2, "traders", UP),
    Claim("trader_speed", 0.2, 1.0, "traders", UP, "early"),
    Claim("enforcement_fading", 0.5, 3.0, "enforcement", DOWN, "improving"),
    Claim("enforcement_cost", 0.0, 0.3, "output", DOWN, "improving"),
    # Market: P13 and P23.
    Claim("market_substitution", 0.5, 8.0, "output", UP),
    Claim("market_basic_share", 0.5, 0.95, "price", UP, "early"),
    Claim("market_basic_fall", 0.0, 2.0, "firms", DOWN),
    Claim("market_trade_cost", 0.1, 0.6, "price_export", UP),
    Claim("market_world_fall", 0.0, 0.03, "world_price", DOWN),
    Claim("market_growth_fading", 0.02, 0.2, "output", DOWN, "growing"),
    Claim("market_growth_last", 0.0, 0.03, "output", UP, "growing"),
    Claim("market_redesign", 0.02, 0.3, "price", UP, "shocked"),
    Claim("market_material_share", 0.0, 0.2, "output", DOWN, "dear material"),
    Claim("market_export_growth", -0.1, 0.2, "exported", UP, "schooled"),
    Claim("market_place_effect", 0.0, 0.1, "output", UP, "market-place"),
    Claim("market_place_traders", 0.0, 1.0, "traders", UP, "market-place"),
    # Initiation and entry: P2, P6, P8, P33.
    Claim("initiation_pioneers", 2.0, 8.0, "firms", UP, "early"),
    Claim("initiation_skill", 0.0, 1.0, "managerial_capital", UP, "early"),
    Claim("initiation_head_start", 0.0, 1.5, "managerial_capital", UP, "foreign origin"),
    Claim("initiation_access", 0.0, 3.0, "successes", UP, "foreign and trying"),
    Claim("entry_intensity", 1.0, 4.0, "firms", UP),
    Claim("entry_visibility", 0.4, 0.8, "firms", UP),
    Claim("entry_floor", 0.0, 1.0, "firms", UP),
    Claim("entry_trader_advantage", 0.0, 0.5, "output", UP, "traders"),
    Claim("entry_trader_share", 0.0, 1.0, "output", UP, "traders"),
    Claim("entry_cash", 0.1, 2.0, "workers", UP, "early"),
    Claim("entry_connected_skill", -1.5, 0.0, "managerial_capital", UP),
    Claim("entry_connected", 0.0, 0.5, "managerial_capital", DOWN),
    # Spin-offs: P8.
    Claim("spin_off_rate", 0.02, 0.15, "spin_offs", UP),
    Claim("spin_off_lag", 1.0, 8.0, "spin_offs", DOWN, "early"),
    Claim("spin_off_inheritance", 0.0, 0.8, "improved_firms", UP, "improving"),
    # Luck.
    Claim("luck_sd", 0.05, 0.5, "exits", UP),
    Claim("luck_size", 0.0, 0.6, "exits", DOWN, "improving"),
    Claim("luck_reversion", 0.2, 1.0, "output", DOWN, "early"),
    # Exit and merger: P19 and P22.
    Claim("exit_base", 0.05, 0.15, "firms", DOWN),
    Claim("exit_floor", 0.0, 0.05, "exits", UP, "early"),
    Claim("exit_merger_share", 0.1, 0.9, "mergers", UP, "improving"),
    # Growth and finance.
    Claim("growth_speed", 0.3, 1.5, "workers_per_firm", UP, "early"),
    Claim("finance_outlay", 0.2, 1.5, "workers", DOWN, "early"),
    Claim("finance_thickness", 0.0, 0.5, "workers", UP, "early"),
    Claim("finance_record", 0.0, 0.9, "improved_workers", UP, "improving"),
    Claim("finance_patience", 0.0, 1.5, "exits", DOWN),
    # Improvement: P14-P18 and P22.
    Claim("attempt_rate", 0.05, 0.3, "attempts", UP),
    Claim("attempt_schooling", 0.0, 0.3, "attempts", UP, "schooled"),
    Claim("attempt_discouragement", 0.1, 1.0, "attempts", DOWN),
    Claim("attempt_discouragement_decay", 0.1, 1.0, "attempts", UP),
    Claim("attempt_squeeze", 0.0, 1.5, "attempts", UP, "early"),
    Claim("attempt_escape", 0.0, 0.9, "attempts", UP, "improving"),
    Claim("attempt_cost", 0.1, 2.0, "attempts", DOWN),
    Claim("success_intercept", -1.0, 2.0, "successes", UP, "improving"),
    Claim("success_skill", 0.0, 1.0, "successes", UP, "schooled"),
    Claim("success_schooling", 0.0, 0.4, "successes", UP, "schooled"),
    Claim("success_imitation", 0.0, 4.0, "successes", UP, "improving"),
    Claim("success_imitation_half", 0.5, 20.0, "successes", DOWN, "improving"),
    Claim("success_thickness", 0.1, 0.8, "successes", UP, "many traders"),
    Claim("success_recognition", 0.0, 4.0, "successes", UP, "striving"),
    Claim("success_trust", 0.0, 4.0, "successes", UP, "striving"),
    # Recognition, brands, subcontracting: P15.
    Claim("recognition_rate", 0.1, 1.5, "improved_workers", UP, "improving"),
    Claim("brand_theft", 0.0, 1.0, "profits", DOWN, "improving"),
    Claim("brand_agent_workers", 5.0, 500.0, "profits", DOWN, "improving"),
    Claim("subcontract_rate", 0.1, 1.5, "improved_workers", UP, "improving"),
    Claim("production_cost_side", 0.1, 0.6, "improved_workers", UP, "improving"),
    Claim("production_rung_size", 3.0, 8.0, "improved_workers", UP, "improving"),
    # Awareness, learning, poaching, succession: P16, P25, P26, P35.
    Claim("awareness_start", 0.2, 0.9, "attempts", UP),
    Claim("awareness_success", 0.0, 0.2, "awareness", UP, "improving"),
    Claim("awareness_training", 0.0, 1.0, "awareness", UP, "pilot"),
    Claim("awareness_decay", 0.01, 0.3, "awareness", DOWN, "pilot"),
    Claim("learning_spillover", 0.0, 0.5, "managerial_capital", UP, "pilot"),
    Claim("learning_private_training", 0.0, 0.2, "managerial_capital", UP, "improving"),
    Claim("poaching_rate", 0.05, 1.0, "spin_offs", UP, "taught"),
    Claim("poaching_founders", 0.0, 1.0, "spin_offs", UP, "taught"),
    Claim("succession_rate", 0.01, 0.2, "schooling", UP),
    Claim("succession_schooling", 1.0, 6.0, "schooling", UP),
    # Relocation: P28.
    Claim("relocation_rate", 0.1, 2.0, "zone_firms", UP, "a large zone"),
    Claim("relocation_years", 2.0, 10.0, "zone_firms", UP, "a large zone"),
    Claim("relocation_cost", 1.0, 8.0, "zone_firms", DOWN, "a large zone"),
    Claim("relocation_space", 1.0, 6.0, "zone_firms", DOWN, "a large zone"),
    # Training: P26, P27, P35, P36.
    Claim("training_gain", 0.0, 0.6, "managerial_capital", UP, "pilot"),
    Claim("training_intensive_gain", 0.5, 2.5, "managerial_capital", UP, "training"),
    Claim("training_technology_gain", 0.5, 3.0, "managerial_capital", UP, "technology-training"),
    Claim("training_technology_access", 0.0, 4.0, "successes", UP, "technology"),
    Claim("training_decay", 0.05, 0.4, "managerial_capital", DOWN, "training"),
    Claim("training_lag", 0.5, 6.0, "managerial_capital", DOWN, "training"),
    Claim("training_site", 0.3, 0.7, "managerial_capital", UP, "training"),
    Claim("training_exit", 0.4, 1.0, "exits", UP, "training"),
    Claim("training_take_up", 0.2, 0.9, "trained", UP, "pilot"),
    Claim("training_fee_response", 0.0, 6.0, "trained", DOWN, "training-for-a-fee"),
    Claim("training_size_cost", 0.0, 0.2, "trained", DOWN, "training"),
    # Credit, zones, investment, state: P30-P32 and P34.
    Claim("credit_demand", 0.5, 6.0, "loans", UP, "credit"),
    Claim("credit_capture_default", 1.0, 4.0, "defaults", UP, "a captured fund"),
    Claim("zone_cost", 1.0, 9.0, "zone_firms", DOWN, "a large zone"),
    Claim("zone_overrun", 1.0, 3.0, "zone_firms", DOWN, "a large zone"),
    Claim("investment_access", 0.0, 2.0, "improved_firms", UP, "institute"),
    Claim("investment_copying", 0.0, 5.0, "workers", DOWN, "institute"),
    Claim("state_capacity", 0.005, 0.2, "managerial_capital", UP, "training"),
    Claim("state_strain", 0.0, 4.0, "zone_firms", DOWN, "a large zone"),
)


def outcomes(claim: Claim, value: float) -> NDArray[np.float64]:
    """The outcome of every seed."""
    what = situation(claim.where, {claim.parameter: value})
    params, settings = np.array([what.params] * SEEDS), np.array([what.setting] * SEEDS)
    ticks = np.tile(np.arange(claim.first, int(what.setting.quarters) + 1), (SEEDS, 1))
    rows = simulate_many(params, settings, np.arange(1, SEEDS + 1, dtype=np.uint64), what.programmes, ticks)
    return np.asarray(column(rows, claim.outcome).mean(axis=1))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.parameter}-{claim.outcome}")
def test_a_mechanism_acts_as_stated(claim: Claim) -> None:
    difference = outcomes(claim, claim.high) - outcomes(claim, claim.low)
    error = difference.std(ddof=1) / np.sqrt(SEEDS)
    assert claim.direction * difference.mean() > Z * error, f"mean {difference.mean():.4g}, standard error {error:.2g}"


def test_every_mechanism_has_a_claim() -> None:
    claimed = {claim.parameter.split("_")[0] for claim in CLAIMS}
    assert claimed >= {
        "agglomeration", "congestion", "trader", "enforcement", "market", "initiation", "entry", "spin", "exit", "growth",
        "finance", "luck", "attempt", "success", "recognition", "brand", "subcontract", "awareness", "learning", "poaching",
        "succession", "relocation", "training", "credit", "zone", "investment", "state", "production",
    }
