"""What does government do, when, for whom and at what cost? Programmes open on their date or trigger, spend their budget evenly
over their years, act by what they spend, and lose effect beyond the state's capacity (WP 5703, sections II-V).

A programme of history acts as it is seen to have acted, since what it cost is not known; a policy's acts by its spending, with
returns that fall. Both add up in spending: where a market place stands, a second one brings what further spending brings.
"""

from typing import Any

from model.arithmetic import log
from model.compiling import equation, step
from model.events import LOG_ENTRY, LOG_GRANT, LOG_INVESTMENT, LOG_PROGRAMME, QUARTER
from model.lanes import firm_at
from model.mechanisms.birth import found, newcomer
from model.mechanisms.conditions import improve_conditions, response, set_conditions, wear_and_ripen
from model.mechanisms.knowledge import raise_awareness
from model.mechanisms.ledger import book_first_places, go_astray, pay
from model.mechanisms.services import match_costs, send_experts
from model.mechanisms.training import invite, train
from model.state import (
    CAMPAIGN,
    CREDIT,
    EXPERTS,
    EXPORT_PREFERENCE,
    FOREIGN_INVESTMENT,
    GRANT,
    MARKET_PLACE,
    MATCHING_GRANT,
    PROTECTION,
    RESEARCH_INSTITUTE,
    TRAINING_PROGRAMME,
    ZONE,
)
from model.world import INVITED_MAX, World, note

# Keys of firms that government brings in, apart from pioneers and entrants.
INVITED = 1 << 40
# Schooling of managers of firms founded for a preference, beside the pool's (years), and their lack of experience (SD).
PREFERRED_SCHOOLING = 4.0
PREFERRED_SKILL = -0.5
# Size of a foreign investor's firm (workers) and its managerial capital beside the pool's (SD).
INVESTOR_WORKERS = 50.0
INVESTOR_SKILL = 1.0
# A programme without an end spends its budget, or builds up its effect, in so many years.
BUILD_UP_YEARS = 20.0
# However many programmes let imports in, these cost home buyers no less than this much below their price (a rate).
PROTECTION_LEAST = -0.5


@equation
def opening_time(s: Any, programme: Any) -> float:
    """When a programme opens at the earliest (years since the cluster's start).

    Formula: calendar year - start year for history; decision date + years for a policy
    """
    return programme.start - s.start_year if programme.of_history == 1 else s.decision + programme.start


@equation
def is_triggered(w: World, programme: Any) -> bool:
    """Whether a programme opens now: on its date, and where it waits for improved firms, when there are enough or it must."""
    start = opening_time(w.s, programme)
    if w.cluster.time < start:
        return False
    if programme.trigger_firms > 0.0 and w.cluster.improved_firms < programme.trigger_firms:
        return bool(w.cluster.time >= start + programme.trigger_after)
    return True


@equation
def strain(p: Any, spending: float, wage_bill: float, at_once: float) -> float:
    """Loss of effect and rise of cost when government runs more than it can: too much money, or too many programmes at once.

    Formula: c_s (spending/(k wage bill) - 1)+ + c_n (n - 1)+
    """
    overspent = max(0.0, spending / (p.state_capacity * max(1.0, wage_bill)) - 1.0)
    return p.state_strain * overspent + p.state_programmes * max(0.0, at_once - 1.0)


@equation
def space_cost(p: Any, strained: float) -> float:
    """Cost of a serviced work place in a zone, overruns counted (wage-years).

    Formula: c_z o (1 + strain)
    """
    return p.zone_cost * p.zone_overrun * (1.0 + strained)


@equation
def investor_chance(p: Any, firms: float) -> float:
    """Chance that a foreign investor comes, whom copying by local firms deters.

    Formula: 1/(1 + c ln(1+N)/3)
    """
    return 1.0 / (1.0 + p.investment_copying * log(1.0 + firms) / 3.0)


@step
def govern(w: World) -> None:
    """Open, run and close programmes at a quarter's start."""
    cluster = w.cluster
    if cluster.wage_bill == 0.0 and cluster.time >= w.s.decision:
        cluster.wage_bill = cluster.workers
    cluster.market_place = 0.0
    cluster.protection = 0.0
    wear_and_ripen(w)
    cluster.zone_trained = 0.0
    cluster.credit_trained = 0.0
    open_programmes(w)
    lending = False
    for j in range(len(w.programmes)):
        if is_running(w, w.programmes[j]):
            run_programme(w, j)
            lending = lending or w.programmes[j].kind == CREDIT
    set_conditions(w)
    cluster.fund = cluster.fund + cluster.repaid if lending else 0.0
    cluster.repaid = 0.0


@step
def open_programmes(w: World) -> None:
    """Open the programmes whose time has come, and work out how what is run at once strains the state.

    Programmes of history strain nobody: what they did is what they are seen to have done.
    """
    cluster, spending, at_once = w.cluster, 0.0, 0.0
    for j in range(len(w.programmes)):
        programme = w.programmes[j]
        if programme.opened < 0.0 and is_triggered(w, programme):
            open_programme(w, j)
        if is_done(w, programme):
            programme.ended = 1
        if is_running(w, programme):
            spending += spending_rate(w, programme)
            at_once += 0.0 if programme.of_history == 1 else 1.0
    cluster.strain = strain(w.p, spending, cluster.workers, at_once) if w.s.state_module == 1.0 else 0.0


@equation
def years_open(programme: Any) -> float:
    """Years for which a programme runs once open, a quarter at least."""
    return max(QUARTER, programme.stop - programme.start)


@equation
def build_up_years(programme: Any) -> float:
    """Years over which an open programme spends its budget evenly."""
    return min(years_open(programme), BUILD_UP_YEARS)


@equation
def spending_rate(w: World, programme: Any) -> float:
    """Spending a year of an open programme, none once its budget is spent (wage-years a year)."""
    years = build_up_years(programme)
    return programme.granted / years if w.cluster.time < programme.opened + years else 0.0


@equation
def is_running(w: World, programme: Any) -> bool:
    """Whether a programme is open and not yet closed."""
    return bool(programme.opened >= 0.0 and programme.ended == 0 and w.cluster.time < programme.opened + years_open(programme))


@equation
def is_done(w: World, programme: Any) -> bool:
    """Whether a programme closes early: it has opened, and there are as many improved firms as it waits for to close."""
    reached = w.cluster.improved_firms >= programme.stop_firms
    return bool(programme.opened >= 0.0 and programme.stop_firms > 0.0 and reached)


@step
def open_programme(w: World, j: int) -> None:
    """Open a programme and grant its budget."""
    programme = w.programmes[j]
    cluster = w.cluster
    bill = cluster.workers if programme.of_history == 1 else cluster.wage_bill
    programme.opened = cluster.time
    programme.granted = programme.budget + programme.budget_share * bill
    note(w, cluster.time, LOG_PROGRAMME, j, 0, float(programme.kind))
    if programme.kind == CREDIT:
        cluster.fund += programme.granted
        programme.spent = programme.granted
    elif programme.kind == FOREIGN_INVESTMENT:
        invite_investor(w, j)


@step
def run_programme(w: World, j: int) -> None:
    """Run one quarter of an open programme within what it may have spent by now."""
    programme = w.programmes[j]
    cluster = w.cluster
    p = w.p
    share = min(1.0, (cluster.time + QUARTER - programme.opened) / build_up_years(programme))
    allowance = programme.granted * share - programme.spent
    kind = programme.kind
    if kind == TRAINING_PROGRAMME:
        train(w, j, allowance)
    elif kind == ZONE:
        built = go_astray(w, programme, allowance)
        space = built / space_cost(p, cluster.strain)
        cluster.zone_space += space
        cluster.overrun += built - space * p.zone_cost
        cluster.zone_trained = max(cluster.zone_trained, programme.trained_only)
        programme.spent += allowance
    elif kind == CREDIT:
        cluster.captured_lending = programme.captured
        cluster.cofinance = programme.cofinance
        cluster.credit_trained = max(cluster.credit_trained, programme.trained_only)
    elif kind == GRANT:
        give_grants(w, j, allowance)
    elif kind == EXPORT_PREFERENCE:
        prefer_exporters(w, j, allowance)
    elif kind == MATCHING_GRANT:
        match_costs(w, j, allowance)
    elif kind == EXPERTS:
        send_experts(w, j, allowance)
    else:
        programme.spent += allowance
        run_climate(w, programme, go_astray(w, programme, allowance))


@step
def run_climate(w: World, programme: Any, spent: float) -> None:
    """Run a quarter of a programme that changes conditions for all; ``spent`` is what reached its purpose (wage-years)."""
    cluster = w.cluster
    working = 1.0 / (1.0 + cluster.strain)
    if programme.kind == MARKET_PLACE:
        if programme.of_history == 1:
            standing = programme.effect * (1.0 - programme.captured) * working
            cluster.market_place = max(cluster.market_place, standing)
        else:
            cluster.market_works += spent * working
    elif programme.kind == PROTECTION:
        cluster.protection = max(PROTECTION_LEAST, cluster.protection + programme.effect)
    elif programme.kind == CAMPAIGN:
        raise_awareness(w, full_or_by_dose(w, programme, spent / QUARTER, w.p.campaign_scale) * QUARTER * working)
    elif programme.kind == RESEARCH_INSTITUTE:
        years = build_up_years(programme)
        if cluster.time < programme.opened + years:
            built = full_or_by_dose(w, programme, (1.0 - programme.captured) * programme.granted, w.p.institute_scale)
            cluster.access += w.p.investment_access * built * QUARTER / years * working
    else:
        improve_conditions(w, programme, spent * working)


@equation
def full_or_by_dose(w: World, programme: Any, spent: float, scale: float) -> float:
    """Effect of a programme: in full in history, whose cost is not known, and by what is spent in a policy.

    Formula: f, or f (1 - e^(-S/(k W)))
    """
    return programme.effect if programme.of_history == 1 else programme.effect * response(spent, scale, w.cluster.wage_bill)


@step
def invite_investor(w: World, j: int) -> None:
    """A foreign investor comes, or does not for fear of being copied; one who does brings knowledge and a firm one rung up."""
    programme = w.programmes[j]
    cluster = w.cluster
    lineage, chance = newcomer(w, 0, INVITED * (programme.key + 1))
    wooed = full_or_by_dose(w, programme, (1.0 - programme.captured) * programme.granted, w.p.investment_scale)
    if chance >= investor_chance(w.p, cluster.firms) * wooed:
        return
    cluster.access += w.p.investment_access
    i = found(w, cluster.time, lineage, INVESTOR_SKILL, w.p.entry_skill_sd, 1)
    firm = firm_at(w.firms, i)
    book_first_places(w, firm, max(0.0, INVESTOR_WORKERS - firm.workers))
    firm.workers = max(firm.workers, INVESTOR_WORKERS)
    firm.recognition = 1.0
    cluster.entrants += 1.0
    note(w, cluster.time, LOG_INVESTMENT, lineage, 0, 1.0)


@step
def give_grants(w: World, j: int, allowance: float) -> None:
    """Give cash to firms in an order keyed by the firm, whoever they are, until the allowance is spent."""
    programme = w.programmes[j]
    for k in range(invite(w, j)):
        firm = firm_at(w.firms, w.order[k])
        if allowance < programme.unit_cost:
            break
        if programme.trained_only == 1.0 and firm.courses == 0:
            continue
        programme.invited = w.keys[w.order[k]]
        programme.spent += programme.unit_cost
        allowance -= programme.unit_cost
        pay(w, firm, programme.unit_cost)
        note(w, w.cluster.time, LOG_GRANT, firm.lineage, 0, programme.unit_cost)


@step
def prefer_exporters(w: World, j: int, allowance: float) -> None:
    """Found firms that declare themselves exporters, with land, finance and educated managers but no know-how."""
    programme = w.programmes[j]
    cluster = w.cluster
    number = int(min(float(INVITED_MAX), allowance / max(1.0, programme.unit_cost)))
    for _ in range(number):
        programme.invited += 1.0
        lineage, _ = newcomer(w, 0, INVITED * (programme.key + 1) + int(programme.invited))
        i = found(w, cluster.time, lineage, PREFERRED_SKILL, w.p.entry_skill_sd, 0)
        firm = firm_at(w.firms, i)
        firm.schooling += PREFERRED_SCHOOLING
        pay(w, firm, programme.unit_cost)
        firm.in_zone = 1
        programme.spent += programme.unit_cost
        cluster.entrants += 1.0
        note(w, cluster.time, LOG_ENTRY, lineage, 0, 0.0)
