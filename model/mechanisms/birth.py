"""Who founds a firm, and with what? Traits are keyed by the founder's lineage, so the same person founds the same firm in
every world; schooling, management, connections and trading experience follow the cluster's pool (WP 5703, section II).
"""

from typing import Any

from model.arithmetic import normal_quantile
from model.compiling import equation, step
from model.events import TRAITS
from model.lanes import firm_at, vacate_block, wind_up
from model.peers import seat
from model.randomness import block, unit
from model.state import LANES
from model.world import World, reseat


@equation
def founder_schooling(p: Any, s: Any, deviate: float) -> float:
    """Schooling of a founder (years).

    Formula: e ~ N(e_c, sd_e)
    """
    return max(0.0, s.schooling + p.entry_schooling_sd * deviate)


@equation
def schooled_skill(p: Any, s: Any, schooling: float) -> float:
    """Managerial capital that a founder's schooling adds, beside the pool's (SD).

    Formula: b_s (e - e_c)
    """
    return p.entry_schooling_skill * (schooling - s.schooling)


@equation
def entry_size(p: Any, s: Any) -> float:
    """Workers of a new firm.

    Formula: min(l_0, l_min/2), at least 1
    """
    return max(1.0, min(p.entry_workers, 0.5 * s.scale))


@step
def found(w: World, time: float, lineage: int, pool: float, noise: float, rung: int) -> int:
    """Add a firm with keyed traits and return its index.

    ``pool`` is the managerial capital that its founder starts from, ``noise`` the spread of the founder's own (SD).
    """
    p, s, cluster = w.p, w.s, w.cluster
    i = cluster.rows
    cluster.rows = i + 1
    cluster.living += 1
    if i % LANES == 0:
        vacate_block(w.firms, i)
    first, second, third, fourth = block(w.seed, w.case, lineage, TRAITS, 0)
    firm = firm_at(w.firms, i)
    firm.lineage = lineage
    firm.schooling = founder_schooling(p, s, normal_quantile(unit(first)))
    firm.connected = 1 if unit(third) < p.entry_connected else 0
    firm.trader = 1 if s.traders == 1.0 and unit(fourth) < p.entry_trader_share else 0
    firm.skill = pool + schooled_skill(p, s, firm.schooling) + noise * normal_quantile(unit(second))
    firm.skill += p.entry_connected_skill * firm.connected
    firm.workers = entry_size(p, s)
    firm.rung = rung
    firm.cash = p.entry_cash * w.ladder[rung].fixed_cost
    firm.born = time
    firm.alive = 1
    firm.workers_best = firm.workers
    wind_up(w.firms, i)
    if 4 * (cluster.living + cluster.dead) > 3 * cluster.seats:
        reseat(w)
    else:
        seat(w.table, cluster.seats, w.firms, i)
    return i
