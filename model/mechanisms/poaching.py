"""What becomes of trained staff? They leave for rivals and found firms of their own, so a firm that pays for general training
keeps little of it (WP 5703, section II and note 13).
"""

from typing import Any

from model.clock import Clock, Conditions
from model.compiling import equation, step
from model.events import LOG_POACHING, LOG_SPIN_OFF
from model.lanes import firm_at
from model.mechanisms.birth import found, newcomer
from model.peers import draw
from model.world import World, note

# Keys of firms founded by trained leavers, apart from spin-offs.
LEAVER = 1 << 32


@equation
def poaching_hazard(p: Any, taught: float) -> float:
    """Hazard a year that a firm's trained staff leave.

    Formula: z m_T/(1+m_T)
    """
    return p.poaching_rate * taught


@equation
def firm_poaching_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Hazard a year that trained staff leave a firm as it stands."""
    return poaching_hazard(conditions.p, aside.taught)


@step
def lose_staff(w: World, i: int, time: float, number: int) -> None:
    """Trained staff leave, to found a firm or to join a rival chosen by key."""
    p = w.p
    firm = firm_at(w.firms, i)
    taken = p.poaching_loss * firm.trained
    firm.trained -= taken
    lineage, chance = newcomer(w, firm.lineage, LEAVER + number)
    if chance < p.poaching_founders:
        child = found(w, time, lineage, 0.0, p.spin_off_skill_sd, 0)
        firm_at(w.firms, child).trained = taken
        w.cluster.spin_offs += 1.0
        note(w, time, LOG_SPIN_OFF, lineage, firm.lineage, 0.0)
        return
    rival = draw(w.table, w.cluster.seats, w.seed, w.case, lineage, 0)
    if rival >= 0 and rival != i:
        firm_at(w.firms, rival).trained += taken
        note(w, time, LOG_POACHING, firm.lineage, firm_at(w.firms, rival).lineage, taken)
    else:
        note(w, time, LOG_POACHING, firm.lineage, 0, taken)


CLOCK = Clock("poaching", firm_poaching_hazard, lose_staff)
