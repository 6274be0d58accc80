"""What does a firm do in a quarter, said in the package's own equations? An agent of Mesa as a modeller writes it: each method
names the equations that it puts together, and only what Python makes slow without need is done once a quarter.
"""

from collections.abc import Callable
from math import exp, log
from typing import Any

from benchmarks.mesa_model.cluster import ClusterModel
from benchmarks.mesa_model.firm import Firm
from benchmarks.mesa_model.plain import with_libm
from model.events import QUARTER
from model.mechanisms import exit as exits
from model.mechanisms import finance, growth, improvement, knowledge, luck, poaching, production, spin_off, succession

optimal_workers = with_libm(production.optimal_workers)
rung_log_gain = with_libm(production.rung_log_gain)
luck_spread = with_libm(luck.luck_spread)
exit_hazard = with_libm(exits.exit_hazard)
spin_off_hazard = with_libm(spin_off.spin_off_hazard)
attempt_hazard = with_libm(improvement.attempt_hazard)
squeeze = with_libm(improvement.squeeze)


class FirmByEquations(Firm):
    """One producer, whose quarter is the package's equations."""

    def draw_luck(self) -> None:
        """Meet the luck of a new year."""
        p = self.model.p
        self.luck = luck.next_luck(p, self.luck, luck_spread(p, self.workers), self.model.random.gauss(0.0, 1.0))

    def produce(self) -> None:
        """Work out efficiency and output."""
        m, p, rung = self.model, self.model.p, self.rung
        efficiency = m.common + m.skill_slope * (self.skill + self.trained) + self.luck
        efficiency += rung_log_gain(p, float(rung.number)) * production.recognised_quality(p, self.recognition, self.trust)
        if self.trader:
            efficiency += p.entry_trader_advantage
        efficiency -= p.congestion_elasticity * m.cluster.congestion * production.centrality(p, m.now - self.born)
        self.log_efficiency = efficiency
        self.output = exp(efficiency + p.production_span * log(self.workers))
        rung.output += self.output

    def grow(self, m: ClusterModel) -> float:
        """Move cash and workers; return the profit."""
        p, rung, fixed = m.p, self.rung, self.rung.fixed_cost
        outlay = rung.outlay * finance.own_share(p, m.s, self.recognition)
        profit: float = m.cluster.base_price * rung.price * self.output - self.workers - fixed
        expected = luck.expected_efficiency(p, self.log_efficiency, self.luck)
        self.workers_best = optimal_workers(p, m.s, rung.log_price, expected)
        potential = production.best_profit(p, self.workers_best, fixed)
        self.surplus = growth.surplus(profit, potential, rung.per_fixed)
        cash = growth.kept_cash(p, self, profit, fixed)
        wanted = growth.wanted_growth(p, self.workers, self.workers_best)
        if wanted > 0.0:
            wanted = min(wanted, max(0.0, cash / outlay))
            cash -= wanted * outlay
        else:
            wanted = max(wanted, 1.0 - self.workers)
            cash -= p.growth_recovery * wanted * outlay
        self.cash = cash
        self.workers += wanted
        return profit

    def learn(self, m: ClusterModel, profit: float) -> None:
        """Learn from others, buy training, and absorb what arrives of it."""
        p = m.p
        self.taught = knowledge.taught_share(self.trained)
        self.worth = knowledge.perceived_worth(p, m.cluster.awareness, self.taught)
        if m.s.spillover == 1.0:
            self.trained += QUARTER * knowledge.spillover(p, self.trained, m.cluster.trained_mean)
        bought = knowledge.private_training(p, self.worth, profit, self.workers)
        self.pending += QUARTER * bought
        self.cash -= QUARTER * knowledge.tuition(p, bought, self.workers)
        knowledge.absorb(p, self)
        if self.rung.number > 0:
            self.refine(m, profit, self.worth)

    def refine(self, m: ClusterModel, profit: float, worth: float) -> None:
        """Learn abroad, be recognised by buyers, come to trust subcontractors."""
        p, cluster = m.p, m.cluster
        if profit > 0.0:
            self.access += QUARTER * knowledge.learning_abroad(p, profit, worth)
            self.cash -= QUARTER * p.learning_spend * worth * profit
        gain = knowledge.recognition_gain(p, self.recognition, self.workers, cluster.imitators)
        self.recognition = min(1.0, max(0.0, self.recognition + QUARTER * gain))
        self.trust = min(1.0, self.trust + QUARTER * knowledge.trust_gain(p, self.trust, cluster.enforcement))

    def run(self, m: ClusterModel, clock: str, hazard: float, act: Callable[[Any, float], None], *, often: bool) -> None:
        """Run one clock through the quarter; what it does falls due when it strikes."""
        left = getattr(self, clock) - QUARTER * hazard
        while left <= 0.0:
            left = self.ring(m, left, hazard, act)
            if not often:
                left = m.random.expovariate(1.0)
        setattr(self, clock, left)

    def run_clocks(self, m: ClusterModel) -> None:
        """Run the clocks of exit and of spin-offs, at hazards that hold for the quarter."""
        survival = knowledge.training_survival(m.cluster, self.trained)
        hazard = exit_hazard(m.p, self.surplus, self.cash, self.rung.fixed_cost, survival)
        self.run(m, "exit_left", hazard, Firm.leave, often=False)
        hazard = spin_off_hazard(m.p, self.workers, self.surplus, m.now - self.born)
        self.run(m, "spin_off_left", hazard, Firm.spin_off, often=True)

    def run_attempts(self, m: ClusterModel) -> None:
        """Run the clock of attempts: there must be a rung to climb to and cash for the attempt."""
        p, rung = m.p, self.rung
        if self.cash < rung.attempt_cost:
            return
        gain = self.worth * improvement.private_gain(m.cluster, self.workers, rung.per_fixed, rung.gain_per_worker)
        pressed = squeeze(p, self.surplus) if m.s.own_profit == 1.0 else rung.pressure
        pressed *= m.cluster.record if rung.number == 0 else 1.0
        known, size = self.skill + self.trained, self.workers / m.s.scale
        hazard = attempt_hazard(p, self.schooling, known, size, pressed, gain)
        self.run(m, "attempt_left", hazard, Firm.attempt, often=True)

    def run_rare_clocks(self, m: ClusterModel) -> None:
        """Run the clocks of succession, breach and poaching, each at most once a quarter."""
        p = m.p
        hazard = succession.succession_hazard(p, m.now - self.born, int(self.heir))
        self.run(m, "succession_left", hazard, Firm.succeed, often=False)
        hazard = knowledge.breach_hazard(p, self.trust, m.cluster.enforcement)
        self.run(m, "breach_left", hazard, Firm.break_trust, often=False)
        hazard = poaching.poaching_hazard(p, self.taught)
        self.run(m, "poaching_left", hazard, Firm.lose_staff, often=False)


class ClusterByEquations(ClusterModel):
    """One cluster whose firms call the package's equations."""

    firm_class = FirmByEquations
