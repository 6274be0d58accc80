"""How does a firm come to know more, and how do others come to see it? What was taught spills over, improvers learn abroad,
training takes effect with a lag and fades; buyers recognise quality unless brands are stolen; trust in
subcontractors takes time (WP 5703, sections II-IV).
"""

from typing import Any

from model.clock import Clock, Conditions, uncounted
from model.compiling import equation, step
from model.events import LOG_BREACH, QUARTER
from model.lanes import CACHED, fetch_third, firm_at, kept, lane_of
from model.mechanisms.production import years_step
from model.state import LANES
from model.world import World, note


@equation
def taught_share(trained: float) -> float:
    """How far training has reached a firm.

    Formula: y = m_T/(1+m_T)
    """
    return trained / (1.0 + trained)


@equation
def perceived_worth(p: Any, awareness: float, taught: float) -> float:
    """Share of knowledge's worth that an entrepreneur perceives: the cluster's awareness, more where trained.

    Formula: A_i = A + (1-A) o y
    """
    return awareness + (1.0 - awareness) * p.awareness_own * taught


@equation
def spillover(p: Any, trained: float, trained_mean: float) -> float:
    """Managerial capital learnt a year from those who were taught (SD/year): only what came from outside is news to others.

    Formula: m_T' = s_T (mean m_T - m_T)+
    """
    return p.learning_spillover * max(0.0, trained_mean - trained)


@equation
def learning_abroad(p: Any, profit: float, worth: float) -> float:
    """Own access to knowledge gained a year by spending on fairs, staff abroad and experts (logit/year).

    Formula: u' = u_x x/(1+x), x = s A_i pi+ / x0
    """
    spent = (p.learning_spend / p.learning_scale) * worth * max(0.0, profit)
    return p.learning_abroad * spent / (1.0 + spent)


@equation
def course_cost(p: Any, unit_cost: float, workers: float) -> float:
    """Cost of training one firm (wage-years), more in larger firms.

    Formula: c_0 (1 + s l)
    """
    return unit_cost * (1.0 + p.training_size_cost * workers)


@equation
def tuition(p: Any, bought: float, workers: float) -> float:
    """What a firm pays for management training of so many SD (wage-years).

    Formula: f_T b (1 + s l)
    """
    return course_cost(p, p.learning_private_price * bought, workers)


@equation
def private_training(p: Any, worth: float, profit: float, workers: float) -> float:
    """Management training that a private market sells to a firm that knows its worth and earns its price (SD/year).

    Formula: b = c_T (2 A_i - 1)+ if pi > f_T b (1 + s l)
    """
    bought = p.learning_private_training * max(0.0, 2.0 * worth - 1.0)
    return bought if profit > tuition(p, bought, workers) else 0.0


@equation
def recognition_gain(p: Any, recognition: float, workers: float, rivals_share: float) -> float:
    """Change a year of the share of quality that buyers recognise; exclusive agents of larger firms protect a brand.

    Formula: r' = rho (1-r) - theta r n (a/(a+l)), n the share of firms that could copy
    """
    exposed = p.brand_agent_workers / (p.brand_agent_workers + workers)
    return p.recognition_rate * (1.0 - recognition) - p.brand_theft * recognition * rivals_share * exposed


@equation
def trust_gain(p: Any, trust: float, enforced: float) -> float:
    """Change a year of trusted subcontracting, built the faster the better contracts are enforced.

    Formula: tau' = beta E (1 - tau)
    """
    return p.subcontract_rate * enforced * (1.0 - trust)


@equation
def breach_hazard(p: Any, trust: float, enforced: float) -> float:
    """Hazard a year that a subcontracting relation breaks.

    Formula: b (1-E) tau
    """
    return p.subcontract_breach * (1.0 - enforced) * trust


@equation
def firm_breach_hazard(conditions: Conditions, aside: Any, firm: Any) -> float:
    """Hazard a year that the subcontracting relation of a firm as it stands breaks."""
    return breach_hazard(conditions.p, firm.trust, conditions.cluster.enforcement)


@equation
def no_firm_is_improved(cluster: Any) -> bool:
    """Whether no firm is improved, so that none has come to trust subcontractors."""
    return bool(cluster.improved_firms == 0.0)


@step
def learn(p: Any, s: Any, cluster: Any, aside: Any, firm: Any) -> None:
    """A firm sees what knowledge is worth, learns from those who were taught, and buys training if it earns its price."""
    taught = taught_share(firm.trained)
    worth = perceived_worth(p, cluster.awareness, taught)
    learnt = QUARTER * spillover(p, firm.trained, cluster.trained_mean)
    bought = private_training(p, worth, aside.profit, firm.workers)
    firm.trained += learnt if s.spillover == 1.0 else 0.0
    firm.pending += QUARTER * bought
    firm.cash -= QUARTER * tuition(p, bought, firm.workers)
    aside.taught = taught
    aside.worth = worth


@step
def refine(p: Any, cluster: Any, aside: Any, firm: Any) -> None:
    """An improved firm learns abroad, is recognised by buyers, and comes to trust subcontractors."""
    improved, profit, worth = firm.rung > 0, aside.profit, aside.worth
    spends = improved & (profit > 0.0)
    firm.access += QUARTER * learning_abroad(p, profit, worth) if spends else 0.0
    recognised = QUARTER * recognition_gain(p, firm.recognition, firm.workers, cluster.imitators)
    trusted = QUARTER * trust_gain(p, firm.trust, cluster.enforcement)
    firm.cash -= QUARTER * p.learning_spend * worth * (profit if spends else 0.0)
    firm.recognition = min(1.0, max(0.0, firm.recognition + (recognised if improved else 0.0)))
    firm.trust = min(1.0, firm.trust + (trusted if improved else 0.0))


@step
def absorb(p: Any, firm: Any) -> None:
    """What a firm was taught arrives with a lag and fades, and its own access to knowledge ages."""
    arrived = firm.pending * min(1.0, QUARTER / p.training_lag)
    firm.pending -= arrived
    firm.trained += arrived - years_step(p.training_decay) * firm.trained
    firm.access -= years_step(p.learning_decay) * firm.access


@step
def learn_blocks(w: World, first: int, last: int) -> None:
    """Let the firms of a group of blocks learn, absorb what they were taught, and refine.

    They learn first, from what all knew when the quarter began, before anything fades.
    """
    p, s, cluster, firms, beside = kept(w.p), kept(w.s), kept(w.cluster), w.firms, w.beside
    ahead = last - first if cluster.rows > CACHED else 0
    for b in range(first, last):
        if ahead > 0:
            fetch_third(firms, b + ahead)
        for lane in range(LANES):
            learn(p, s, cluster, lane_of(beside, b - first, lane), lane_of(firms, b, lane))
    for b in range(first, last):
        for lane in range(LANES):
            absorb(p, lane_of(firms, b, lane))
    if cluster.improved_firms > 0.0:
        for b in range(first, last):
            for lane in range(LANES):
                refine(p, cluster, lane_of(beside, b - first, lane), lane_of(firms, b, lane))


@step
def break_trust(w: World, i: int, time: float) -> None:
    """A subcontractor breaks the relation: trust starts anew."""
    firm = firm_at(w.firms, i)
    firm.trust = 0.0
    note(w, time, LOG_BREACH, firm.lineage, 0, 0.0)


@step
def raise_awareness(w: World, share: float) -> None:
    """Raise the cluster's awareness by a share of what is missing."""
    w.cluster.awareness += (1.0 - w.cluster.awareness) * min(1.0, share)


@equation
def training_survival(cluster: Any, trained: float) -> float:
    """Log exit hazard ratio of a firm: the whole effect where as much of what was taught is left as a short course brings.

    Formula: min(1, m_T/g_T) ln R
    """
    return cluster.log_training_exit * min(1.0, cluster.courses_per_sd * trained)


CLOCK = Clock("breach", firm_breach_hazard, uncounted(break_trust), rests=no_firm_is_improved)
