"""How does fortune differ from firm to firm? Once a year chance moves each firm's efficiency, by orders, breakdowns, illness or a
good foreman; most of it is gone a year later, and a firm hires by what it expects to last.
"""

import math
from typing import Any

from model.arithmetic import exp, log, normal_quantiles
from model.compiling import equation, step
from model.events import LUCK
from model.lanes import block_count, kept, lane_of
from model.randomness import lane_uniform
from model.state import LANES
from model.world import World

# Quarters of a year: luck changes with the year.
YEAR = 4
# Size up to which a firm has the full spread of luck (workers).
SIZE_BASE = 10.0


@equation
def luck_spread(p: Any, workers: float) -> float:
    """Spread of luck in log efficiency: a large firm has many orders and many foremen, whose luck evens out in part.

    Formula: sd_l = sd (l/10)^-b, no more than sd
    """
    return p.luck_sd * exp(-p.luck_size * log(max(1.0, workers / SIZE_BASE)))


@equation
def next_luck(p: Any, luck: float, spread: float, deviate: float) -> float:
    """Log efficiency that a firm owes to the luck of the next year.

    Formula: eps' = (1-v) eps + sd_l sqrt(v(2-v)) xi
    """
    return (1.0 - p.luck_reversion) * luck + spread * math.sqrt(p.luck_reversion * (2.0 - p.luck_reversion)) * deviate


@equation
def expected_efficiency(p: Any, log_efficiency: float, luck: float) -> float:
    """Log efficiency that a firm expects for the next year, by which it hires: what is good luck today will mostly be gone.

    Formula: E ln a' = ln a - v eps
    """
    return log_efficiency - p.luck_reversion * luck


@equation
def year_begins(cluster: Any) -> bool:
    """Whether a new year of luck begins in this quarter."""
    return bool(cluster.tick > 0 and cluster.tick % YEAR == 0)


@step
def draw_luck(w: World) -> None:
    """Draw every firm's luck of the year, keyed by firm and year."""
    cluster = w.cluster
    if not year_begins(cluster):
        return
    p, firms, year = kept(w.p), w.firms, int(cluster.tick) // YEAR
    # These two columns are free at this step: what stands in them is worked out anew when firms grow.
    units, deviates = w.beside[0].wanted, w.beside[0].added
    for b in range(block_count(cluster.rows)):
        for lane in range(LANES):
            units[lane] = lane_uniform(w.seed, firms[b].lineage[lane], LUCK, year)
        normal_quantiles(units, deviates)
        for lane in range(LANES):
            firm = lane_of(firms, b, lane)
            firm.luck = next_luck(p, firm.luck, luck_spread(p, firm.workers), deviates[lane])
