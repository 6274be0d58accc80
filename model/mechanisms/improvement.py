"""Who attempts the many-sided improvement in production and management (IPM), and who succeeds? A squeeze on profit and the gain
that an entrepreneur perceives drive attempts, which the visible record of earlier ones damps; quality, management, marketing and
parts must all be in place for a success, and each is easier where others have shown how (WP 5703, section IV).
"""

import math
from typing import Any

from model.arithmetic import exp, log, logistic
from model.clock import OFTEN, Clock, Conditions
from model.compiling import equation, step
from model.events import LOG_ATTEMPT_FAILED, LOG_ATTEMPT_SUCCEEDED, OUTCOME
from model.lanes import firm_at
from model.mechanisms.agglomeration import standard_surplus, standard_workers
from model.mechanisms.birth import SCHOOLING_BASE, outsiders_skill
from model.mechanisms.knowledge import raise_awareness
from model.mechanisms.ledger import pay
from model.randomness import uniform
from model.world import World, note, take_improved_seat

# Log thickness at which the success intercept is stated: about 100 traders and part-suppliers.
THICKNESS_BASE = 3.0
# Keys of outcomes of attempts, apart from those of births and exits.
ATTEMPT_OUTCOME = 1 << 20
# Sides of an improvement: quality, management, marketing, parts.
SIDES = 4.0


@equation
def squeeze(p: Any, surplus: float) -> float:
    """How strongly low profit presses for improvement.

    Formula: U = logistic((s_u - s)/w)
    """
    return logistic((p.attempt_squeeze - surplus) / p.attempt_squeeze_width)


@equation
def gain_per_worker(p: Any, log_price_gain: float) -> float:
    """Gain of a further rung for each worker (wage-years a year), given how much better its goods are paid.

    Formula: (1/gamma - 1)(Lambda (p_k+1/p_k)^(1/(1-gamma)) - 1)
    """
    multiple = p.production_rung_size * exp(log_price_gain / (1.0 - p.production_span))
    return (1.0 / p.production_span - 1.0) * (multiple - 1.0)


@equation
def private_gain(cluster: Any, workers: float, per_fixed: float, per_worker: float) -> float:
    """Gain of a further rung to the firm itself, net of the higher sunk cost, over its fixed cost.

    Formula: g = (l (1/gamma - 1)/F_k)(Lambda (p_k+1/p_k)^(1/(1-gamma)) - 1) - (Lambda^omega - 1), at least 0
    """
    return max(0.0, workers * per_fixed * per_worker - cluster.gain_cost)


@equation
def visible_record(p: Any, s: Any, succeeded: float, failed: float) -> float:
    """How far the visible record of attempts encourages those who have not improved: a share of successes, not a count.

    Formula: B^kappa, B = (1 + N_1)/(1 + N_1 + D), or 1/(1 + D) where failures count by their number
    """
    known = 1.0 if s.count_failures == 1.0 else 1.0 + succeeded
    return exp(p.attempt_discouragement * log(known / (known + failed)))


@equation
def attempt_hazard(p: Any, schooling: float, skill: float, size: float, pressed: float, gain: float) -> float:
    """Attempts a year of one firm; ``size`` is its workers over the minimum scale.

    On rung 0 ``pressed`` is the squeeze times the visible record, above it the squeeze alone; ``gain`` is that perceived.

    Formula: a0 e^(a_e (e-10) + a_m m) sqrt(l/l_min) U B^kappa A_i g/(1 + A_i g), at most a_max; B^kappa on rung 0 alone
    """
    drive = p.attempt_schooling * (schooling - SCHOOLING_BASE) + p.attempt_skill * skill
    return min(p.attempt_ceiling, p.attempt_rate * exp(drive) * math.sqrt(size) * pressed * gain / (1.0 + gain))


@equation
def quality_side(p: Any, access: float, schooling: float, rung: float) -> float:
    """How ready a firm is for better quality: knowledge from abroad and schooling, against the ladder's height (logit).

    Formula: z_1 = u + b_e (e-10) - b_k k
    """
    return access + p.success_schooling * (schooling - SCHOOLING_BASE) - p.success_rung * rung


@equation
def management_side(p: Any, skill: float, schooling: float) -> float:
    """How ready a firm is to manage more and better workers (logit).

    Formula: z_2 = b_m m + b_e (e-10)
    """
    return p.success_skill * skill + p.success_schooling * (schooling - SCHOOLING_BASE)


@equation
def marketing_side(p: Any, thick: float, schooling: float, recognition: float) -> float:
    """How ready a firm is to sell under its own name: traders about, schooling, buyers who know it (logit).

    Formula: z_3 = b_h (ln(1+T/T0) - 3) + b_e (e-10) + b_r r
    """
    known = p.success_schooling * (schooling - SCHOOLING_BASE) + p.success_recognition * recognition
    return p.success_thickness * (thick - THICKNESS_BASE) + known


@equation
def parts_side(p: Any, thick: float, trust: float) -> float:
    """How ready a firm is to get better parts: suppliers about, and trust in them (logit).

    Formula: z_4 = b_h (ln(1+T/T0) - 3) + b_tau tau
    """
    return p.success_thickness * (thick - THICKNESS_BASE) + p.success_trust * trust


@equation
def shown(p: Any, above: float) -> float:
    """How much easier each side is where others have shown how (logit).

    Formula: b_i n/(n + n_0), n the firms at or above the next rung
    """
    return p.success_imitation * above / (above + p.success_imitation_half)


@equation
def success_chance(p: Any, s: Any, quality: float, management: float, marketing: float, parts: float, eased: float) -> float:
    """Chance that an attempt succeeds: all sides must be in place, or stand in for each other.

    Formula: prod_j logistic(x_s + z_j + i), or logistic(sum_j (x_s + z_j + i))
    """
    common = p.success_intercept + eased
    if s.one_logit == 1.0:
        return logistic(SIDES * common + ((quality + management) + (marketing + parts)))
    produced = logistic(common + quality) * logistic(common + management)
    return produced * (logistic(common + marketing) * logistic(common + parts))


@step
def press(w: World) -> None:
    """Work out the visible record, and for each rung that has firms the squeeze and what a further rung brings."""
    p, cluster, ladder = w.p, w.cluster, w.ladder
    outsiders = outsiders_skill(p, w.s, cluster.schooled)
    cluster.newcomer_workers = standard_workers(w, 0, outsiders)
    cluster.newcomer_surplus = standard_surplus(w, 0, cluster.newcomer_workers)
    cluster.record = visible_record(p, w.s, cluster.improved_firms, cluster.discouragement)
    for k in range(len(ladder)):
        if ladder[k].firms > 0.0:
            if k == 0:
                ladder[k].pressure = squeeze(p, cluster.newcomer_surplus)
            else:
                ladder[k].pressure = max(p.attempt_escape, squeeze(p, standard_surplus(w, k, standard_workers(w, k, outsiders))))
            ladder[k].gain_per_worker = gain_per_worker(p, cluster.log_price_export - ladder[k].log_price)


@equation
def firm_attempt_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Attempt hazard of a firm as it stands: it needs cash for the attempt and a rung to climb to."""
    p, s, cluster = conditions.p, conditions.s, conditions.cluster
    gain = aside.worth * private_gain(cluster, firm.workers, aside.per_fixed, aside.gain_per_worker)
    pressed = squeeze(p, aside.surplus) if s.own_profit == 1.0 else aside.pressure
    pressed *= cluster.record if firm.rung == 0 else 1.0
    hazard = attempt_hazard(p, firm.schooling, firm.skill + firm.trained, firm.workers / s.scale, pressed, gain)
    return 0.0 if (firm.rung >= s.ladder) | (firm.cash < p.attempt_cost * aside.fixed_cost) else hazard


@equation
def firm_success_chance(w: World, firm: Any) -> float:
    """Chance that an attempt of a firm as it stands succeeds."""
    p, thick = w.p, w.cluster.thickness
    quality = quality_side(p, w.s.access + w.cluster.access + firm.access, firm.schooling, float(firm.rung))
    management = management_side(p, firm.skill + firm.trained, firm.schooling)
    marketing = marketing_side(p, thick, firm.schooling, firm.recognition)
    parts = parts_side(p, thick, firm.trust)
    return success_chance(p, w.s, quality, management, marketing, parts, shown(p, w.ladder[firm.rung + 1].above))


@step
def attempt(w: World, i: int, time: float, number: int) -> None:
    """A firm attempts an improvement; the news spreads either way."""
    p, cluster = w.p, w.cluster
    firm = firm_at(w.firms, i)
    fixed = w.ladder[firm.rung].fixed_cost
    if firm.rung >= w.s.ladder or firm.cash < p.attempt_cost * fixed:
        return
    cluster.attempts += 1.0
    pay(w, firm, -p.attempt_cost * fixed)
    if uniform(w.seed, w.case, firm.lineage, OUTCOME, ATTEMPT_OUTCOME + number) < firm_success_chance(w, firm):
        climb(w, i)
        firm.skill += p.success_skill_gain
        cluster.successes += 1.0
        raise_awareness(w, p.awareness_success)
        note(w, time, LOG_ATTEMPT_SUCCEEDED, firm.lineage, 0, float(firm.rung))
    else:
        cluster.discouragement += 1.0
        note(w, time, LOG_ATTEMPT_FAILED, firm.lineage, 0, float(firm.rung))


@step
def climb(w: World, i: int) -> None:
    """Move a firm one rung up: buyers recognise the new quality only in part, and others can see it at once."""
    firm = firm_at(w.firms, i)
    w.ladder[firm.rung].firms -= 1.0
    firm.rung += 1
    w.ladder[firm.rung].firms += 1.0
    firm.recognition *= (firm.rung - 1.0) / firm.rung
    w.ladder[firm.rung].above += 1.0
    if firm.rung == 1:
        take_improved_seat(w, i)


CLOCK = Clock("attempt", firm_attempt_hazard, attempt, repeats=OFTEN)
