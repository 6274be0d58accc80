"""When do heirs take over? Once a founder has led for a while; heirs are better schooled, attempt improvement earlier and
relocate more readily (WP 5703, section IV).
"""

from typing import Any

from model.clock import ONCE, Clock, Conditions, uncounted
from model.compiling import equation, step
from model.events import LOG_SUCCESSION
from model.lanes import firm_at, has
from model.state import HEIR
from model.world import World, note


@equation
def succession_hazard(p: Any, age: float, heir: int) -> float:
    """Hazard a year that heirs take over.

    Formula: q once the firm is older than a_q, 0 before and afterwards
    """
    return p.succession_rate if (age > p.succession_age) & (heir == 0) else 0.0


@equation
def firm_succession_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Hazard a year that heirs take over a firm as it stands."""
    return succession_hazard(conditions.p, conditions.cluster.time - firm.born, has(firm, HEIR))


@step
def succeed(w: World, i: int, time: float) -> None:
    """Heirs with more schooling take over."""
    firm = firm_at(w.firms, i)
    firm.heir = 1
    firm.schooling += w.p.succession_schooling
    note(w, time, LOG_SUCCESSION, firm.lineage, 0, firm.schooling)


CLOCK = Clock("succession", firm_succession_hazard, uncounted(succeed), repeats=ONCE)
