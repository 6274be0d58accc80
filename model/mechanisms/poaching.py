"""What becomes of trained staff? They leave for rivals and found firms of their own, so a firm that pays for general training
keeps little of it (WP 5703, section II and note 13).
"""

from typing import Any

from model.compiling import equation
from model.events import BIRTH, LOG_POACHING, LOG_SPIN_OFF, OUTCOME
from model.mechanisms.birth import found
from model.peers import draw
from model.randomness import uniform, word
from model.world import World, note

# Keys of firms founded by trained leavers, apart from spin-offs.
LEAVER = 1 << 32


@equation
def poaching_hazard(p: Any, trained: float) -> float:
    """Hazard a year that a firm's trained staff leave.

    Formula: z m_T/(1+m_T)
    """
    return p.poaching_rate * trained / (1.0 + trained)


@equation
def lose_staff(w: World, i: int, time: float, number: int) -> None:
    """Trained staff leave, to found a firm or to join a rival chosen by key."""
    p = w.p
    taken = p.poaching_loss * w.firms[i].trained
    w.firms[i].trained -= taken
    lineage = word(w.seed, w.case, w.firms[i].lineage, BIRTH, LEAVER + number)
    if uniform(w.seed, w.case, lineage, OUTCOME, 0) < p.poaching_founders:
        child = found(w, time, lineage, w.cluster.managerial_capital, p.spin_off_skill_sd, 0)
        w.firms[child].trained = taken
        w.cluster.spin_offs += 1.0
        note(w, time, LOG_SPIN_OFF, lineage, w.firms[i].lineage, 0.0)
        return
    rival = draw(w.table, w.cluster.seats, w.seed, w.case, lineage, 0)
    if rival >= 0 and rival != i:
        w.firms[rival].trained += taken
        note(w, time, LOG_POACHING, w.firms[i].lineage, w.firms[rival].lineage, taken)
    else:
        note(w, time, LOG_POACHING, w.firms[i].lineage, 0, taken)
