"""What does government buy for one firm at a time? With a matching grant it pays a part of a service that the owner chose, once a
joint committee has read the firm's books; experts and visits to fairs bring knowledge from abroad (WP 5703, II, IV-V, note 23).

Firms are asked in the programme's keyed order, so that a larger budget serves the same firms and more.
"""

from typing import Any

from model.compiling import equation, step
from model.events import LOG_SERVED, SIGNAL, TRAINING
from model.lanes import firm_at
from model.mechanisms.credit import approval
from model.mechanisms.ledger import pay
from model.mechanisms.training import invite, take_up
from model.randomness import normal, uniform
from model.world import World, note

# Keys of a committee's decisions, apart from those of what it reads.
DECIDES = 1 << 30


@equation
def matched(unit_cost: float, own_part: float) -> float:
    """What government pays for the service that a firm buys (wage-years); the owner pays the rest.

    Formula: c (1 - m)
    """
    return unit_cost * (1.0 - own_part)


@equation
def astray(captured: float, own_part: float) -> float:
    """Share of a matching grant that goes astray: owners watch over what they pay themselves.

    Formula: k (1 - m)
    """
    return captured * (1.0 - own_part)


@equation
def matching_skill(p: Any, site_works: float, strained: float, lost: float) -> float:
    """Managerial capital that a firm gains from the service that it buys with a matching grant (SD).

    Formula: site g_m (1 - lost)/(1 + strain)
    """
    return site_works * p.matching_gain * (1.0 - lost) / (1.0 + strained)


@equation
def books_read(w: World, firm: Any) -> float:
    """Profit of a firm over its fixed cost, at the last quarter's output and prices: what its books show."""
    rung = w.ladder[firm.rung]
    return (w.cluster.base_price * rung.price * firm.output - firm.workers - rung.fixed_cost) * rung.per_fixed


@equation
def is_chosen(w: World, programme: Any, firm: Any) -> bool:
    """Whether a joint committee chooses an applicant: it reads the books with less error than an officer of a bank."""
    noise = w.p.matching_noise * w.p.credit_noise * (1.0 + w.cluster.strain)
    read = books_read(w, firm) + noise * normal(w.seed, w.case, firm.lineage, SIGNAL, programme.key)
    return bool(uniform(w.seed, w.case, firm.lineage, SIGNAL, DECIDES + programme.key) < approval(read))


@step
def match_costs(w: World, j: int, allowance: float) -> None:
    """Share the cost of services with owners who can and will pay their own part, and whom the committee chooses."""
    programme = w.programmes[j]
    public = matched(programme.unit_cost, programme.cofinance)
    own, lost = programme.unit_cost - public, astray(programme.captured, programme.cofinance)
    for k in range(invite(w, j)):
        firm = firm_at(w.firms, w.order[k])
        if allowance < public:
            break
        if programme.trained_only == 1.0 and firm.courses == 0:
            continue
        programme.invited = w.keys[w.order[k]]
        if firm.cash < own or not is_willing(w, programme, firm, own) or not is_chosen(w, programme, firm):
            continue
        allowance -= public
        programme.spent += public
        w.cluster.flow_captured += lost * public
        pay(w, firm, -own)
        firm.pending += matching_skill(w.p, w.s.site_works, w.cluster.strain, lost)
        note(w, w.cluster.time, LOG_SERVED, firm.lineage, 0, public)


@equation
def is_willing(w: World, programme: Any, firm: Any, paid: float) -> bool:
    """Whether an owner wants what is offered and what costs the firm so much (wage-years), as with a course."""
    wants = take_up(w.p, w.cluster.awareness, paid)
    return bool(uniform(w.seed, w.case, firm.lineage, TRAINING, programme.key) < wants)


@step
def send_experts(w: World, j: int, allowance: float) -> None:
    """Send foreign experts to firms, or firms to fairs abroad, where owners want it, until the allowance is spent."""
    programme = w.programmes[j]
    public = max(0.0, programme.unit_cost - programme.fee)
    for k in range(invite(w, j)):
        firm = firm_at(w.firms, w.order[k])
        if public > allowance:
            break
        if programme.trained_only == 1.0 and firm.courses == 0:
            continue
        programme.invited = w.keys[w.order[k]]
        if not is_willing(w, programme, firm, programme.fee):
            continue
        allowance -= public
        programme.spent += public
        pay(w, firm, -programme.fee)
        firm.access += w.p.expert_access / (1.0 + w.cluster.strain)
        note(w, w.cluster.time, LOG_SERVED, firm.lineage, 0, public)
