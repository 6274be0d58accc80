"""When does a worker leave to found a firm? Profit and the employer's size draw spin-offs once workers have learnt the trade;
they carry over part of the employer's management and at times its technology (WP 5703, section III).
"""

import math
from typing import Any

from model.arithmetic import exp
from model.clock import OFTEN, Clock, Conditions
from model.compiling import equation, step
from model.events import LOG_SPIN_OFF
from model.lanes import fetch_fifth, firm_at
from model.mechanisms.birth import found, newcomer
from model.mechanisms.entry import attraction
from model.world import World, note

# Beyond so many lags 1 - e^-(age/lag)^2 rounds to 1.
FULLY_TRAINED = 6.1


@equation
def apprenticeship(p: Any, age: float) -> float:
    """Share of a firm's workers who have learnt enough to found a firm.

    Formula: 1 - e^-(age/lag)^2
    """
    ratio = age * (1.0 / p.spin_off_lag)
    return 1.0 if ratio > FULLY_TRAINED else 1.0 - exp(-ratio * ratio)


@equation
def spin_off_hazard(p: Any, workers: float, surplus: float, age: float) -> float:
    """Spin-offs a year of one firm.

    Formula: b sqrt(l/10) G(s) (1 - e^-(age/lag)^2)
    """
    return p.spin_off_rate * math.sqrt(workers * 0.1) * attraction(surplus) * apprenticeship(p, age)


@equation
def firm_spin_off_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Spin-offs a year of a firm as it stands."""
    return spin_off_hazard(conditions.p, firm.workers, aside.surplus, conditions.cluster.time - firm.born)


@equation
def inherited_rung(p: Any, rung: int, chance: float) -> int:
    """Rung that a founder carries over from the employer: all of it, one rung less, or none.

    Formula: k with probability i/2, k-1 with i/2, else 0
    """
    if chance < 0.5 * p.spin_off_inheritance:
        return rung
    if chance < p.spin_off_inheritance:
        return max(0, rung - 1)
    return 0


@step
def spin_off(w: World, parent: int, time: float, number: int) -> int:
    """A worker founds a firm; return its index. What the employer was taught fades with the worker as with the employer."""
    p = w.p
    employer = firm_at(w.firms, parent)
    lineage, chance = newcomer(w, employer.lineage, number)
    rung = inherited_rung(p, int(employer.rung), chance)
    i = found(w, time, lineage, p.spin_off_heredity * employer.skill, p.spin_off_skill_sd, rung)
    firm_at(w.firms, i).trained = p.spin_off_heredity * employer.trained
    w.cluster.spin_offs += 1.0
    note(w, time, LOG_SPIN_OFF, lineage, employer.lineage, float(rung))
    return i


CLOCK = Clock("spin_off", firm_spin_off_hazard, spin_off, repeats=OFTEN, fetch=fetch_fifth)
