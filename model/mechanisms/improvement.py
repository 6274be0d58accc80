"""Who attempts the many-sided improvement in production and management (IPM), and who succeeds? A squeeze on profit and the
gain that an entrepreneur perceives drive attempts; management, schooling, the people gathered in the cluster and those who did
it before decide success; a visible failure makes others recoil (WP 5703, section IV).
"""

from typing import Any

from model.arithmetic import exp, log, logistic
from model.clock import OFTEN, Clock, Conditions
from model.compiling import equation, step
from model.events import LOG_ATTEMPT_FAILED, LOG_ATTEMPT_SUCCEEDED, OUTCOME
from model.lanes import firm_at
from model.mechanisms.agglomeration import standard_surplus, thickness
from model.mechanisms.knowledge import raise_awareness
from model.randomness import uniform
from model.world import World, note

# Log thickness at which the success intercept is stated: about 100 traders and part-suppliers.
THICKNESS_BASE = 3.0
# Keys of outcomes of attempts, apart from those of births and exits.
ATTEMPT_OUTCOME = 1 << 20


@equation
def squeeze(p: Any, surplus: float) -> float:
    """How strongly low profit presses for improvement.

    Formula: U = logistic((s_u - s)/w)
    """
    return logistic((p.attempt_squeeze - surplus) / p.attempt_squeeze_width)


@equation
def private_gain(cluster: Any, workers: float, per_fixed: float) -> float:
    """Gain of a further rung to the firm itself, net of the higher sunk cost, over its fixed cost.

    Formula: g = (l (1/gamma - 1)/F_k)(Lambda - 1) - (Lambda^omega - 1), at least 0
    """
    return max(0.0, workers * per_fixed * cluster.gain_per_worker - cluster.gain_cost)


@equation
def attempt_hazard(p: Any, schooling: float, skill: float, failures: float, pressed: float, gain: float) -> float:
    """Attempts a year of one firm.

    Formula: a0 e^(a_e (e-10) + a_m m - kappa D) U g/(1+g), at most a_max
    """
    drive = p.attempt_schooling * (schooling - 10.0) + p.attempt_skill * skill - p.attempt_discouragement * failures
    return min(p.attempt_ceiling, p.attempt_rate * exp(drive) * pressed * gain / (1.0 + gain))


@equation
def success_log_odds(p: Any, skill: float, schooling: float, access: float, above: float, thick: float, rung: float) -> float:
    """Log odds that an attempt succeeds.

    Formula: x_s + u + b_m m + b_e (e-10) + b_i ln(1+n_above) + b_h (ln(1+T/T0) - 3) - b_k k
    """
    odds = p.success_intercept + access + p.success_skill * skill + p.success_schooling * (schooling - 10.0)
    odds += p.success_imitation * log(1.0 + above) + p.success_thickness * (thick - THICKNESS_BASE)
    return odds - p.success_rung * rung


@step
def press(w: World) -> None:
    """Work out the squeeze on each rung that has firms."""
    for k in range(len(w.ladder)):
        if w.ladder[k].firms > 0.0:
            w.ladder[k].pressure = squeeze(w.p, standard_surplus(w, k))


@equation
def firm_attempt_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Attempt hazard of a firm as it stands: it needs cash for the attempt and a rung to climb to."""
    p, s, cluster = conditions.p, conditions.s, conditions.cluster
    gain = aside.worth * private_gain(cluster, firm.workers, aside.per_fixed)
    pressed = squeeze(p, aside.surplus) if s.own_profit == 1.0 else aside.pressure
    hazard = attempt_hazard(p, firm.schooling, firm.skill + firm.trained, cluster.discouragement, pressed, gain)
    return 0.0 if (firm.rung >= s.ladder) | (firm.cash < p.attempt_cost * aside.fixed_cost) else hazard


@step
def attempt(w: World, i: int, time: float, number: int) -> None:
    """A firm attempts an improvement; the news spreads either way."""
    p, cluster = w.p, w.cluster
    firm = firm_at(w.firms, i)
    fixed = w.ladder[firm.rung].fixed_cost
    if firm.rung >= w.s.ladder or firm.cash < p.attempt_cost * fixed:
        return
    cluster.attempts += 1.0
    firm.cash -= p.attempt_cost * fixed
    access = w.s.access + cluster.access + firm.access
    above = w.ladder[firm.rung + 1].above
    thick = thickness(p, cluster.traders)
    odds = success_log_odds(p, firm.skill + firm.trained, firm.schooling, access, above, thick, float(firm.rung))
    if uniform(w.seed, w.case, firm.lineage, OUTCOME, ATTEMPT_OUTCOME + number) < logistic(odds):
        climb(w, i)
        firm.skill += p.success_skill_gain
        cluster.successes += 1.0
        cluster.discouragement *= 0.5
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



CLOCK = Clock("attempt", firm_attempt_hazard, attempt, repeats=OFTEN)
