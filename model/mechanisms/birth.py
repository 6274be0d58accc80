"""Who founds a firm, and with what? Traits are keyed by the founder's lineage, so the same person founds the same firm in
every world; schooling, management, connections and trading experience follow the cluster's pool (WP 5703, section II).
"""

from typing import Any

from model.arithmetic import exp, normal_quantile
from model.compiling import equation, step
from model.events import ATTEMPT, BIRTH, EXIT, FIRM_CLOCKS, FIRST, POACHING, SPIN_OFF, TRAITS
from model.fields import FIRM_FIELDS
from model.lanes import UNDRAWN, firm_at, open_block
from model.mechanisms.ledger import book_first_places
from model.randomness import unit, waiting, words
from model.start import first_values
from model.state import LANES
from model.world import World, take_seat

# Schooling at which skill is stated (years).
SCHOOLING_BASE = 10.0
# A row may have been another firm's: a new firm begins with the first values of the table of fields.
begin_firm = first_values(FIRM_FIELDS)


@equation
def founder_schooling(p: Any, s: Any, deviate: float) -> float:
    """Schooling of a founder (years).

    Formula: e ~ N(e_c, sd_e)
    """
    return max(0.0, s.schooling + p.entry_schooling_sd * deviate)


@equation
def schooled_skill(p: Any, schooling: float) -> float:
    """Managerial capital that schooling gives (SD): the same in every cluster.

    Formula: b_s (e - 10)
    """
    return p.entry_schooling_skill * (schooling - SCHOOLING_BASE)


@equation
def outsiders_skill(p: Any, s: Any, schooled: float) -> float:
    """Mean managerial capital of those who may enter from outside, who have not learnt in the cluster (SD).

    ``schooled`` is what schools that a policy built add to the schooling of the cluster's pool (years).

    Formula: m_0 = b_s (e_c + e_s - 10)
    """
    return schooled_skill(p, s.schooling + schooled)


@equation
def entry_size(p: Any, s: Any, ratio: float) -> float:
    """Workers of a new firm, more where the rung on which it begins has a larger fixed cost.

    Formula: min(l_0, l_min/2) F_k/F_0, at least 1
    """
    return max(1.0, min(p.entry_workers, 0.5 * s.scale) * ratio)


@equation
def entry_cash(p: Any, fixed: float, deviate: float) -> float:
    """Own funds and family loans of a founder (wage-years).

    Formula: c F_k e^(sd xi)
    """
    return p.entry_cash * fixed * exp(p.entry_cash_sd * deviate)


@equation
def newcomer(w: World, parent: int, number: int) -> tuple[int, float]:
    """Return the lineage of a firm to be, and the chance (0-1) that decides about its coming or its rung: of one key.

    ``parent`` is the lineage that it comes from, 0 for the cluster itself; ``number`` tells its births apart.
    """
    lineage, second, _, _ = words(w.seed, w.case, parent, BIRTH, number)
    return lineage, unit(second)


@step
def found(w: World, time: float, lineage: int, heritage: float, noise: float, rung: int) -> int:
    """Add a firm with keyed traits and return its index; ``wind_up`` starts its clocks.

    ``heritage`` is the managerial capital that its founder brings beside schooling, ``noise`` the spread of what is the founder's
    own (SD).
    """
    p, s, cluster = w.p, w.s, w.cluster
    i = cluster.rows
    cluster.rows = i + 1
    w.ladder[rung].firms += 1.0
    if i % LANES == 0:
        open_block(w.firms, i)
    first, second, third, fourth = words(w.seed, w.case, lineage, TRAITS, 0)
    fifth, sixth, _, _ = words(w.seed, w.case, lineage, TRAITS, 1)
    firm = firm_at(w.firms, i)
    begin_firm(firm)
    firm.lineage = lineage
    firm.schooling = founder_schooling(p, s, normal_quantile(unit(first))) + cluster.schooled
    firm.connected = 1 if unit(third) < p.entry_connected else 0
    firm.trader = 1 if s.traders == 1.0 and unit(fourth) < p.entry_trader_share else 0
    firm.skill = heritage + schooled_skill(p, firm.schooling) + noise * normal_quantile(unit(second))
    firm.skill += p.entry_connected_skill * firm.connected
    firm.luck = p.luck_sd * normal_quantile(unit(sixth))
    firm.workers = entry_size(p, s, w.ladder[rung].fixed_cost * w.ladder[0].per_fixed)
    firm.rung = rung
    firm.cash = entry_cash(p, w.ladder[rung].fixed_cost, normal_quantile(unit(fifth)))
    firm.born = time
    firm.alive = 1
    firm.workers_best = firm.workers
    book_first_places(w, firm, firm.workers)
    take_seat(w, i)
    return i


@step
def wind_up(w: World) -> None:
    """Start the clocks of firms founded since the last call.

    The four clocks that run in most firms draw from one key; the others draw when they first run. The second loop takes eight
    lanes at a time, since eight logarithms fill a vector register; no clock is read before the next quarter.
    """
    cluster, firms, old = w.cluster, w.firms, w.cluster.wound
    for row in range(old, cluster.rows):
        block, lane = firms[row // LANES], row % LANES
        for clock in range(FIRM_CLOCKS):
            block.count[clock, lane] = 0
            block.residual[clock, lane] = UNDRAWN
        first, second, third, fourth = words(w.seed, w.case, block.lineage[lane], FIRST, 0)
        block.residual[EXIT, lane] = unit(first)
        block.residual[SPIN_OFF, lane] = unit(second)
        block.residual[ATTEMPT, lane] = unit(third)
        block.residual[POACHING, lane] = unit(fourth)
    for row in range(old - old % 8, cluster.rows, 8):
        block, begin = firms[row // LANES], row % LANES
        for clock in (EXIT, SPIN_OFF, ATTEMPT, POACHING):
            for k in range(8):
                drawn, new = block.residual[clock, begin + k], (row + k >= old) & (row + k < cluster.rows)
                block.residual[clock, begin + k] = waiting(drawn) if new else drawn
    cluster.wound = cluster.rows
