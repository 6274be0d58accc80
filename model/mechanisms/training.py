"""What does training do, and to whom? A programme invites firms in an order keyed by the firm, so a larger budget reaches the
same firms and more; those who see its worth come; what they learn arrives with a lag, fades, and works at a site or does not;
every course teaches management, and technology courses also bring access to better quality (WP 5703, sections II and IV).
"""

from typing import Any

from model.arithmetic import exp
from model.compiling import equation, step
from model.events import INVITATION, LOG_INVITED, LOG_REFUSED, LOG_TRAINED, TRAINING
from model.lanes import firm_at
from model.mechanisms.knowledge import course_cost, raise_awareness
from model.mechanisms.ledger import pay
from model.ordering import order_by
from model.randomness import uniform
from model.state import INTENSIVE, TECHNOLOGY
from model.world import World, note

# The position of the dead, and of those invited before: behind all others.
PASSED_OVER = 2.0


@equation
def take_up(p: Any, awareness: float, fee: float) -> float:
    """Share of invited firms that come.

    Formula: c (1/2 + A/2) e^(-f phi (1-A))
    """
    return p.training_take_up * 0.5 * (1.0 + awareness) * exp(-p.training_fee_response * fee * (1.0 - awareness))


@equation
def course_gain(p: Any, course: int) -> float:
    """Managerial capital that a course brings where it works (SD).

    Formula: g_course
    """
    if course == TECHNOLOGY:
        return float(p.training_technology_gain)
    if course == INTENSIVE:
        return float(p.training_intensive_gain)
    return float(p.training_gain)


@step
def invite(w: World, j: int) -> int:
    """Put firms in the order in which a programme invites them into ``w.order``; return how many are not yet invited.

    A firm's position in that order, between 0 and 1, is in ``w.keys``.
    """
    last, key, count = w.programmes[j].invited, w.programmes[j].key, 0
    for i in range(w.cluster.rows):
        firm = firm_at(w.firms, i)
        w.keys[i] = uniform(w.seed, w.case, firm.lineage, INVITATION, key) if firm.alive == 1 else PASSED_OVER
        if w.keys[i] <= last:
            w.keys[i] = PASSED_OVER
        count += w.keys[i] < PASSED_OVER
    order_by(w.keys, w.cluster.rows, 0.0, 1.0, w.order, w.heads)
    return count


@step
def train(w: World, j: int, allowance: float) -> None:
    """Invite firms in keyed order until the allowance is spent; a firm that the whole budget could not train is passed over."""
    programme = w.programmes[j]
    came = 0
    for k in range(invite(w, j)):
        i = w.order[k]
        firm = firm_at(w.firms, i)
        if programme.trained_only == 1.0 and firm.courses == 0:
            continue
        cost = public_share(w.p, programme, firm.workers)
        if cost > programme.granted:
            continue
        if cost > allowance:
            break
        programme.invited = w.keys[i]
        if offer(w, j, i, cost):
            allowance -= cost
            came += 1
    count_trained(w, came)


@step
def offer(w: World, j: int, i: int, cost: float) -> bool:
    """Invite one firm to a course that costs government so much (wage-years); return whether it came and was taught."""
    programme, firm = w.programmes[j], firm_at(w.firms, i)
    note(w, w.cluster.time, LOG_INVITED, firm.lineage, 0, float(programme.course))
    comes = uniform(w.seed, w.case, firm.lineage, TRAINING, programme.key) < take_up(w.p, w.cluster.awareness, programme.fee)
    if comes:
        programme.spent += cost
        teach(w, j, i)
    else:
        note(w, w.cluster.time, LOG_REFUSED, firm.lineage, 0, float(programme.course))
    return comes


@step
def count_trained(w: World, came: int) -> None:
    """Count the firms that were trained at a time, whose example raises the awareness of all."""
    if came > 0:
        w.cluster.trained += came
        raise_awareness(w, w.p.awareness_training * came / w.cluster.rows)


@equation
def public_share(p: Any, programme: Any, workers: float) -> float:
    """What government pays for training one firm (wage-years), the firm's fee deducted.

    Formula: (c_0 (1 + s l) - f)+
    """
    return max(0.0, course_cost(p, programme.unit_cost, workers) - programme.fee)


@step
def teach(w: World, j: int, i: int) -> None:
    """Train one firm: management in any course, and knowledge of better quality in one that carries technology."""
    programme = w.programmes[j]
    firm = firm_at(w.firms, i)
    works = w.s.site_works / (1.0 + w.cluster.strain)
    firm.pending += works * course_gain(w.p, programme.course)
    pay(w, firm, -programme.fee)
    firm.courses = 1
    if programme.course == TECHNOLOGY:
        firm.access += works * w.p.training_technology_access
    note(w, w.cluster.time, LOG_TRAINED, firm.lineage, 0, float(programme.course))
