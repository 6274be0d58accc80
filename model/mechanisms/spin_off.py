"""When does a worker leave to found a firm? Profit and the employer's size draw spin-offs once workers have learnt the trade;
they carry over part of the employer's management and at times its technology (WP 5703, section III).
"""

import math
from typing import Any

from model.clock import OFTEN, Clock, Conditions
from model.compiling import equation, step
from model.events import LOG_SPIN_OFF
from model.lanes import fetch_fifth, firm_at
from model.mechanisms.birth import found, newcomer
from model.mechanisms.entry import attraction
from model.world import World, note


@equation
def apprenticeship(p: Any, age: float) -> float:
    """Share of a firm's workers who have learnt enough to found a firm: some learn faster than others, by a gamma distribution.

    Formula: 1 - 1/(1 + (age/lag)^2/4)^4
    """
    ratio = age * (1.0 / p.spin_off_lag)
    square = 1.0 + 0.25 * ratio * ratio
    return 1.0 - 1.0 / ((square * square) * (square * square))


@equation
def spin_off_hazard(p: Any, workers: float, surplus: float, age: float) -> float:
    """Spin-offs a year of one firm.

    Formula: b sqrt(l/10) G(s) (1 - 1/(1 + (age/lag)^2/4)^4)
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
    i = found(w, time, lineage, p.spin_off_heredity * employer.skill + w.cluster.vocational, p.spin_off_skill_sd, rung)
    firm_at(w.firms, i).trained = p.spin_off_heredity * employer.trained
    w.cluster.spin_offs += 1.0
    note(w, time, LOG_SPIN_OFF, lineage, employer.lineage, float(rung))
    return i


CLOCK = Clock("spin_off", firm_spin_off_hazard, spin_off, repeats=OFTEN, fetch=fetch_fifth)
