"""Which numbers do equations read? ``Params`` lists every parameter of a mechanism; ``HOMES`` tells where each is read.

Values, units, meanings, priors and sources stand in ``configs/priors.yaml``, and a test holds the two lists together. The
parameters of the population of clusters, whose names begin with ``population``, belong to ``model/latents.py``.

A parameter's name begins with a word for what it steers. ``HOMES`` gives the home of each word: the file under ``model/`` that
reads its parameters. Where another file reads one of them, a longer beginning of the name has a line of its own, and the longest
beginning holds. Other files may read a parameter too. A test holds that every home reads all of its parameters, and that no line
is needless.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np


class Params(NamedTuple):
    """One value for every parameter; in compiled code the same names are the fields of a ``PARAMS`` record."""

    production_span: float
    production_skill_size: float
    production_rung_size: float
    production_sunk_share: float
    production_cost_side: float
    production_own_parts: float
    production_workers_max: float

    agglomeration_elasticity: float

    congestion_elasticity: float
    congestion_centre: float
    congestion_centre_age: float

    trader_ratio: float
    trader_speed: float
    trader_scale: float

    enforcement_fading: float
    enforcement_cost: float

    market_elasticity: float
    market_substitution: float
    market_basic_share: float
    market_basic_fall: float
    market_trade_cost: float
    market_world_fall: float
    market_growth_fading: float
    market_growth_last: float
    market_redesign: float
    market_material_share: float
    market_export_elasticity: float
    market_export_growth: float
    market_place_effect: float
    market_place_traders: float

    initiation_pioneers: float
    initiation_skill: float
    initiation_head_start: float
    initiation_access: float

    entry_intensity: float
    entry_visibility: float
    entry_floor: float
    entry_trader_advantage: float
    entry_trader_share: float
    entry_workers: float
    entry_cash: float
    entry_cash_sd: float
    entry_connected: float
    entry_connected_skill: float
    entry_schooling_sd: float
    entry_schooling_skill: float
    entry_skill_sd: float

    spin_off_rate: float
    spin_off_inheritance: float
    spin_off_lag: float
    spin_off_heredity: float
    spin_off_skill_sd: float

    luck_sd: float
    luck_size: float
    luck_reversion: float

    exit_base: float
    exit_profit_response: float
    exit_floor: float
    exit_ceiling: float
    exit_merger_share: float

    growth_speed: float
    growth_step: float
    growth_recovery: float

    finance_outlay: float
    finance_outlay_rung: float
    finance_thickness: float
    finance_record: float
    finance_patience: float
    finance_retention: float
    finance_reserve: float

    attempt_rate: float
    attempt_schooling: float
    attempt_skill: float
    attempt_discouragement: float
    attempt_discouragement_decay: float
    attempt_squeeze: float
    attempt_squeeze_width: float
    attempt_escape: float
    attempt_cost: float
    attempt_ceiling: float

    success_intercept: float
    success_skill: float
    success_schooling: float
    success_imitation: float
    success_imitation_half: float
    success_thickness: float
    success_recognition: float
    success_trust: float
    success_rung: float
    success_skill_gain: float

    recognition_rate: float

    brand_theft: float
    brand_agent_workers: float

    subcontract_rate: float
    subcontract_breach: float

    awareness_start: float
    awareness_success: float
    awareness_training: float
    awareness_own: float
    awareness_decay: float

    learning_spillover: float
    learning_abroad: float
    learning_spend: float
    learning_scale: float
    learning_decay: float
    learning_private_training: float
    learning_private_price: float

    poaching_rate: float
    poaching_loss: float
    poaching_founders: float

    succession_rate: float
    succession_age: float
    succession_schooling: float

    relocation_rate: float
    relocation_escape: float
    relocation_heir: float
    relocation_years: float
    relocation_cost: float
    relocation_cost_worker: float
    relocation_space: float

    training_gain: float
    training_intensive_gain: float
    training_technology_gain: float
    training_technology_access: float
    training_decay: float
    training_lag: float
    training_site: float
    training_exit: float
    training_take_up: float
    training_fee_response: float
    training_size_cost: float

    credit_rate: float
    credit_term: float
    credit_demand: float
    credit_noise: float
    credit_capture_default: float

    zone_cost: float
    zone_overrun: float

    investment_access: float
    investment_copying: float

    state_capacity: float
    state_strain: float
    state_programmes: float

    market_place_scale: float
    market_place_most: float
    market_place_decay: float
    campaign_scale: float
    investment_scale: float
    institute_scale: float

    value_funds_cost: float
    value_next_wage: float

    matching_gain: float
    matching_noise: float

    expert_access: float

    utilities_effect: float
    utilities_scale: float
    utilities_decay: float

    zoning_most: float
    zoning_scale: float
    zoning_lag: float

    standards_effect: float
    standards_scale: float

    schooling_most: float
    schooling_scale: float
    schooling_lag: float

    vocational_gain: float
    vocational_scale: float
    vocational_decay: float


PARAMS = np.dtype([(name, "f8") for name in Params._fields])

# The beginning of parameters' names, and the file under ``model/`` that reads these parameters.
HOMES: Final[Mapping[str, str]] = {
    "agglomeration": "mechanisms/agglomeration.py",
    "attempt": "mechanisms/improvement.py",
    "attempt_discouragement_decay": "mechanisms/agglomeration.py",
    "awareness": "mechanisms/agglomeration.py",
    "awareness_own": "mechanisms/knowledge.py",
    "awareness_success": "mechanisms/improvement.py",
    "awareness_training": "mechanisms/training.py",
    "brand": "mechanisms/knowledge.py",
    "campaign": "mechanisms/programmes.py",
    "congestion": "mechanisms/production.py",
    "credit": "mechanisms/credit.py",
    "credit_capture_default": "mechanisms/exit.py",
    "enforcement": "mechanisms/agglomeration.py",
    "entry": "mechanisms/entry.py",
    "entry_cash": "mechanisms/birth.py",
    "entry_connected": "mechanisms/birth.py",
    "entry_schooling": "mechanisms/birth.py",
    "entry_trader_advantage": "mechanisms/production.py",
    "entry_trader_share": "mechanisms/birth.py",
    "entry_workers": "mechanisms/birth.py",
    "exit": "mechanisms/exit.py",
    "expert": "mechanisms/services.py",
    "finance": "mechanisms/finance.py",
    "finance_reserve": "mechanisms/growth.py",
    "finance_retention": "mechanisms/growth.py",
    "growth": "mechanisms/growth.py",
    "initiation": "latents.py",
    "institute": "mechanisms/programmes.py",
    "investment": "mechanisms/programmes.py",
    "learning": "mechanisms/knowledge.py",
    "luck": "mechanisms/luck.py",
    "market": "mechanisms/market.py",
    "market_material_share": "mechanisms/production.py",
    "market_place": "mechanisms/conditions.py",
    "market_place_effect": "mechanisms/agglomeration.py",
    "market_place_traders": "mechanisms/agglomeration.py",
    "matching": "mechanisms/services.py",
    "poaching": "mechanisms/poaching.py",
    "production": "mechanisms/production.py",
    "recognition": "mechanisms/knowledge.py",
    "relocation": "mechanisms/relocation.py",
    "schooling": "mechanisms/conditions.py",
    "spin_off": "mechanisms/spin_off.py",
    "standards": "mechanisms/conditions.py",
    "state": "mechanisms/programmes.py",
    "subcontract": "mechanisms/knowledge.py",
    "success": "mechanisms/improvement.py",
    "succession": "mechanisms/succession.py",
    "trader": "mechanisms/agglomeration.py",
    "training": "mechanisms/training.py",
    "training_decay": "mechanisms/knowledge.py",
    "training_exit": "mechanisms/agglomeration.py",
    "training_lag": "mechanisms/knowledge.py",
    "training_site": "latents.py",
    "training_size_cost": "mechanisms/knowledge.py",
    "utilities": "mechanisms/conditions.py",
    "value": "mechanisms/valuation.py",
    "vocational": "mechanisms/conditions.py",
    "zone": "mechanisms/programmes.py",
    "zoning": "mechanisms/conditions.py",
}


def home_of(name: str) -> str:
    """Return the file under ``model/`` that is the home of a parameter."""
    return HOMES[max((begin for begin in HOMES if f"{name}_".startswith(f"{begin}_")), key=len)]
