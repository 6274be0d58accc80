"""What do firms share, and in which order does a quarter pass? A model of Mesa."""

import math
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from benchmarks.mesa_model.firm import Firm
from benchmarks.mesa_model.plain import Shared, with_libm
from model.events import QUARTER
from model.mechanisms import agglomeration, birth, entry, improvement, luck, market, production
from model.observe import COLUMNS, record
from model.state import CLUSTER, RUNGS

build_ladder = with_libm(agglomeration.build_ladder)
gather = with_libm(agglomeration.gather)
material_loss = with_libm(production.material_loss)
clear = with_libm(market.clear)
press = with_libm(improvement.press)
entrant_surplus = with_libm(entry.entrant_surplus)
entry_hazard = with_libm(entry.entry_hazard)


class ClusterModel(mesa.Model):
    """One cluster under the status quo; a step is a quarter.

    Attributes
    ----------
    p, s, cluster, ladder, programmes
        What the package's equations read, as in ``model.world.World``.
    firms : list of Firm
        The living once more: from a list a peer is drawn at once, from an ``AgentSet`` it takes a pass over all agents.
    improved : list of Firm
        The living on rung 1 or above, whom leaving firms ask to take over.
    rows : list of list of float
        The panel so far.

    Others are constants of the history or of the quarter that every firm reads.
    """

    firm_class: type[Firm] = Firm

    def __init__(self, params: Any, setting: Any, seed: int) -> None:
        super().__init__(rng=int(seed))
        self.p, self.s = Shared(params), Shared(setting)
        self.cluster = Shared(np.zeros(1, CLUSTER)[0])
        self.ladder = [Shared() for _ in range(RUNGS)]
        self.programmes: tuple[Any, ...] = ()
        self.firms: list[Firm] = []
        self.improved: list[Firm] = []
        self.due: list[tuple[float, Any, Callable[[Any, float], None]]] = []
        self.rows: list[list[float]] = []
        build_ladder(self)
        self.fix()
        self.initiate()

    def fix(self) -> None:
        """Work out what a history never changes."""
        p, s = self.p, self.s
        for number, rung in enumerate(self.ladder):
            rung.number = number
            rung.reserve = p.finance_reserve * rung.fixed_cost
            rung.gain_per_worker = 0.0
            rung.attempt_cost = p.attempt_cost * rung.fixed_cost if number < s.ladder else math.inf
        self.skill_slope = self.cluster.skill_slope
        self.bought_parts, self.quality_side = 1.0 - p.production_own_parts, 1.0 - p.production_cost_side
        self.size_power, self.best_margin = 1.0 / (1.0 - p.production_span), 1.0 / p.production_span - 1.0
        self.centre = 1.0 - 0.5 * p.congestion_centre
        self.kept = QUARTER * p.finance_retention
        self.growth_share = production.years_step(p.growth_speed)
        self.advanced = 0.0 if s.own_cash == 1.0 else p.finance_record
        self.luck_left = 1.0 - p.luck_reversion
        self.luck_spread = p.luck_sd * math.sqrt(p.luck_reversion * (2.0 - p.luck_reversion))
        self.spilt = QUARTER * p.learning_spillover if s.spillover == 1.0 else 0.0
        self.bought = QUARTER * p.learning_private_training
        self.arriving = min(1.0, QUARTER / p.training_lag)
        self.fading, self.remembered = production.years_step(p.training_decay), 1.0 - production.years_step(p.learning_decay)
        self.tuition, self.courses_per_sd = p.learning_private_price * p.learning_private_training, self.cluster.courses_per_sd
        self.log_training_exit, self.gain_cost = self.cluster.log_training_exit, self.cluster.gain_cost
        self.lags_a_year = 1.0 / p.spin_off_lag

    def initiate(self) -> None:
        """Found the cluster: its pioneers enter at time 0."""
        p, s, cluster = self.p, self.s, self.cluster
        cluster.awareness = p.awareness_start
        cluster.managerial_capital = s.founder_skill + birth.outsiders_skill(p, s, 0.0)
        cluster.schooling = s.schooling
        self.entry_left = self.random.expovariate(1.0)
        for _ in range(int(s.founders)):
            self.firm_class(self, 0.0, s.founder_skill, p.entry_skill_sd, int(self.random.random() < s.founder_rung))
            cluster.entrants += 1.0

    def open_quarter(self) -> None:
        """Count what is shared, clear the market and write the row."""
        cluster = self.cluster
        self.now = cluster.time = QUARTER * cluster.tick
        self.count()
        gather(self)
        if luck.year_begins(cluster):
            self.agents.do("draw_luck")
        self.common = cluster.log_agglomeration - material_loss(self.p, self.s, self.now)
        self.crowding = self.p.congestion_elasticity * cluster.congestion
        for rung in self.ladder:
            rung.output = 0.0
        self.agents.do("produce")
        cluster.output = sum(rung.output for rung in self.ladder)
        clear(self)
        press(self)
        row = [0.0] * len(COLUMNS)
        record(self, row)
        self.rows.append(row)

    def count(self) -> None:
        """Count firms and workers, what they know on average, and each rung's numbers (``agglomeration.count``)."""
        cluster, firms = self.cluster, len(self.firms)
        schooling = skill = trained = 0.0
        for rung in self.ladder:
            rung.workers = 0.0
        for firm in self.firms:
            firm.rung.workers += firm.workers
            schooling += firm.schooling
            skill += firm.skill
            trained += firm.trained
        cluster.firms = float(firms)
        cluster.improved_firms = firms - self.ladder[0].firms
        cluster.improved_workers = sum(rung.workers for rung in self.ladder[1:])
        cluster.workers = cluster.core_workers = self.ladder[0].workers + cluster.improved_workers
        if firms > 0:
            cluster.imitators = self.ladder[0].firms / firms
            cluster.schooling = schooling / firms
            cluster.managerial_capital = (skill + trained) / firms
            cluster.trained_mean = trained / firms
        above = 0.0
        for rung in reversed(self.ladder):
            above += rung.firms
            rung.above = above

    def step(self) -> None:
        """Open a quarter and, but for the last, let it pass."""
        self.open_quarter()
        if self.cluster.tick == self.s.quarters or self.cluster.exhausted == 1:
            self.running = False
            return
        self.share()
        self.agents.do("move")
        self.run_entry_clock()
        self.due.sort(key=itemgetter(0))
        for time, actor, act in self.due:
            if actor.running:
                act(actor, time)
        self.due.clear()
        if len(self.firms) > self.s.firms_max:
            self.cluster.exhausted = 1
        self.cluster.tick += 1

    def share(self) -> None:
        """Work out once what every firm reads in the quarter."""
        p, cluster = self.p, self.cluster
        for rung in self.ladder:
            rung.unit_revenue = cluster.base_price * rung.price
            rung.gain_over_fixed = rung.gain_per_worker * rung.per_fixed
        self.awareness, self.trained_mean, self.record = cluster.awareness, cluster.trained_mean, cluster.record
        self.theft = p.brand_theft * cluster.imitators
        self.trusting = QUARTER * p.subcontract_rate * cluster.enforcement
        self.breaching = p.subcontract_breach * (1.0 - cluster.enforcement)

    def run_entry_clock(self) -> None:
        """Run the cluster's own clock of entry from outside."""
        hazard = entry_hazard(self.p, self.cluster.firms, entrant_surplus(self))
        self.entry_left -= QUARTER * hazard
        while self.entry_left <= 0.0:
            self.due.append((self.now + QUARTER + self.entry_left / hazard, self, ClusterModel.enter))
            self.entry_left += self.random.expovariate(1.0)

    def enter(self, time: float) -> None:
        """An outsider founds a firm, at times by copying an incumbent's technology but for one rung (``entry.enter``)."""
        rung = 0
        if self.firms and self.random.random() < 0.5 * self.p.spin_off_inheritance:
            rung = max(0, self.random.choice(self.firms).rung.number - 1)
        self.firm_class(self, time, 0.0, self.p.entry_skill_sd, rung)
        self.cluster.entrants += 1.0


def run_mesa(params: Any, setting: Any, seed: int, kind: type[ClusterModel] = ClusterModel) -> NDArray[np.float64]:
    """Run one history of the status quo in Mesa.

    Parameters
    ----------
    params, setting
        One record each, as ``model.simulation.run_compiled`` takes them.
    seed : int
    kind : type
        How firms work out their quarter.

    Returns
    -------
    panel : float64, shape (quarters + 1, len(COLUMNS))
        Rows beyond a history's end are NaN.
    """
    cluster = kind(params, setting, seed)
    cluster.run_model()
    panel = np.full((int(setting.quarters) + 1, len(COLUMNS)), np.nan)
    panel[: len(cluster.rows)] = cluster.rows
    return panel
