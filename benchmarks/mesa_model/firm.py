"""What does a firm do in a quarter, and what happens to it? An agent of Mesa."""

from collections.abc import Callable
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import mesa

from benchmarks.mesa_model.plain import with_libm
from model.events import QUARTER
from model.mechanisms import birth, improvement, knowledge
from model.mechanisms.birth import SCHOOLING_BASE
from model.mechanisms.exit import SUITORS
from model.mechanisms.luck import SIZE_BASE
from model.mechanisms.spin_off import inherited_rung

if TYPE_CHECKING:
    from benchmarks.mesa_model.cluster import ClusterModel

entry_cash = with_libm(birth.entry_cash)
squeeze = with_libm(improvement.squeeze)
success_chance = with_libm(improvement.success_chance)


class Firm(mesa.Agent):
    """One producer.

    Attributes
    ----------
    rung : Shared
        The rung on which it stands, with what its firms share.
    running : bool
        Whether it is still in business; Mesa's word for a model that goes on.
    seat, seat_improved : int
        Places in ``ClusterModel.firms`` and, of the improved, in ``ClusterModel.improved``.
    exit_left, ... : float
        What is left of each clock's exponential draw.

    Others as in ``docs/model.md``.
    """

    def __init__(self, m: "ClusterModel", born: float, heritage: float, noise: float, rung: int) -> None:
        super().__init__(m)
        p, s, random = m.p, m.s, m.random
        self.born = born
        self.schooling = birth.founder_schooling(p, s, random.gauss(0.0, 1.0))
        self.trader = s.traders == 1.0 and random.random() < p.entry_trader_share
        self.skill = heritage + birth.schooled_skill(p, self.schooling) + noise * random.gauss(0.0, 1.0)
        if random.random() < p.entry_connected:
            self.skill += p.entry_connected_skill
        self.luck = random.gauss(0.0, p.luck_sd)
        self.rung = m.ladder[rung]
        self.rung.firms += 1.0
        self.workers = self.workers_best = birth.entry_size(p, s, self.rung.fixed_cost * m.ladder[0].per_fixed)
        self.cash = entry_cash(p, self.rung.fixed_cost, random.gauss(0.0, 1.0))
        self.trained = self.pending = self.recognition = self.trust = self.access = 0.0
        self.log_efficiency = self.output = self.surplus = self.taught = self.worth = 0.0
        self.heir = False
        self.running = True
        self.seat = len(m.firms)
        m.firms.append(self)
        if rung > 0:
            self.join_improved(m)
        wait = random.expovariate
        self.exit_left, self.spin_off_left, self.attempt_left = wait(1.0), wait(1.0), wait(1.0)
        self.succession_left, self.breach_left, self.poaching_left = wait(1.0), wait(1.0), wait(1.0)

    def join_improved(self, m: "ClusterModel") -> None:
        """Be one of those whom leaving firms ask to take over."""
        self.seat_improved = len(m.improved)
        m.improved.append(self)

    def draw_luck(self) -> None:
        """Meet the luck of a new year (``luck.draw_luck``)."""
        m, workers = self.model, self.workers
        spread = m.luck_spread if workers <= SIZE_BASE else m.luck_spread * (workers / SIZE_BASE) ** -m.p.luck_size
        self.luck = m.luck_left * self.luck + m.random.gauss(0.0, spread)

    def produce(self) -> None:
        """Work out efficiency and output (``production.log_efficiency``)."""
        m, rung = self.model, self.rung
        p = m.p
        efficiency = m.common + m.skill_slope * (self.skill + self.trained) + self.luck
        if rung.number > 0:
            parts = p.production_own_parts + m.bought_parts * self.trust
            efficiency += rung.log_gain * (p.production_cost_side + m.quality_side * self.recognition * parts)
        if self.trader:
            efficiency += p.entry_trader_advantage
        age = m.now - self.born
        efficiency -= m.crowding * (m.centre + p.congestion_centre * age / (age + p.congestion_centre_age))
        self.log_efficiency = efficiency
        self.output = output = exp(efficiency + p.production_span * log(self.workers))
        rung.output += output

    def move(self) -> None:
        """Earn, grow and learn, then run the clocks through the quarter."""
        m = self.model
        self.learn(m, self.grow(m))
        self.run_clocks(m)
        self.run_attempts(m)
        self.run_rare_clocks(m)

    def grow(self, m: "ClusterModel") -> float:
        """Move cash and workers; return the profit (``growth.grow``)."""
        p, rung, workers = m.p, self.rung, self.workers
        fixed, outlay = rung.fixed_cost, rung.outlay * (1.0 - m.advanced * self.recognition)
        profit = rung.unit_revenue * self.output - workers - fixed
        best = m.s.scale * exp((rung.log_price + self.log_efficiency - p.luck_reversion * self.luck) * m.size_power)
        if best < 1.0:
            best = 1.0
        elif best > p.production_workers_max:
            best = p.production_workers_max
        self.workers_best = best
        self.surplus = 0.5 * (profit + best * m.best_margin - fixed) / fixed
        cash = self.cash
        if profit > 0.0:
            cash += m.kept * profit
        elif profit < -p.finance_patience:
            cash += QUARTER * (profit + p.finance_patience)
        reserve = rung.reserve + workers
        if cash > reserve:
            cash = reserve
        wanted = m.growth_share * (best - workers)
        if wanted > 0.0:
            most = p.growth_step * workers + 0.5
            if wanted > most:
                wanted = most
            affordable = cash / outlay
            if affordable < wanted:
                wanted = affordable if affordable > 0.0 else 0.0
            cash -= wanted * outlay
        else:
            if wanted < 1.0 - workers:
                wanted = 1.0 - workers
            cash -= p.growth_recovery * wanted * outlay
        self.cash = cash
        self.workers = workers + wanted
        return profit

    def learn(self, m: "ClusterModel", profit: float) -> None:
        """Learn from others, buy training, and absorb what arrives of it (``knowledge.learn`` and ``absorb``)."""
        worth, pending, trained, taught = m.awareness, self.pending, self.trained, 0.0
        if trained > 0.0:
            taught = trained / (1.0 + trained)
            worth += (1.0 - worth) * m.p.awareness_own * taught
        self.taught, self.worth = taught, worth
        gap = m.trained_mean - trained
        if gap > 0.0:
            trained += m.spilt * gap
        if worth > 0.5:
            price = m.tuition * (2.0 * worth - 1.0) * (1.0 + m.p.training_size_cost * self.workers)
            if profit > price:
                pending += m.bought * (2.0 * worth - 1.0)
                self.cash -= QUARTER * price
        if pending > 0.0 or trained > 0.0:
            arrived = m.arriving * pending
            self.pending = pending - arrived
            self.trained = trained + (arrived - m.fading * trained)
        if self.rung.number > 0:
            self.refine(m, profit, worth)

    def refine(self, m: "ClusterModel", profit: float, worth: float) -> None:
        """Learn abroad, be recognised by buyers, come to trust subcontractors (``knowledge.refine``)."""
        p, access, recognition = m.p, m.remembered * self.access, self.recognition
        if profit > 0.0:
            spending = p.learning_spend * worth * profit
            spent = spending / p.learning_scale
            access += QUARTER * p.learning_abroad * spent / (1.0 + spent)
            self.cash -= QUARTER * spending
        self.access = access
        exposed = p.brand_agent_workers / (p.brand_agent_workers + self.workers)
        gain = p.recognition_rate * (1.0 - recognition) - m.theft * recognition * exposed
        recognition += QUARTER * gain
        self.recognition = 0.0 if recognition < 0.0 else 1.0 if recognition > 1.0 else recognition
        trust = self.trust + m.trusting * (1.0 - self.trust)
        self.trust = 1.0 if trust > 1.0 else trust

    def run_clocks(self, m: "ClusterModel") -> None:
        """Run the clocks of exit and of spin-offs, at hazards that hold for the quarter (``exit``, ``spin_off``)."""
        p, surplus = m.p, self.surplus
        if self.cash < -self.rung.fixed_cost:
            hazard = p.exit_ceiling
        else:
            drive = -p.exit_profit_response * (3.0 if surplus > 3.0 else -1.5 if surplus < -1.5 else surplus)
            standing = m.courses_per_sd * self.trained
            hazard = p.exit_base * exp(drive + m.log_training_exit * (1.0 if standing > 1.0 else standing))
            hazard = p.exit_floor if hazard < p.exit_floor else p.exit_ceiling if hazard > p.exit_ceiling else hazard
        self.exit_left -= QUARTER * hazard
        if self.exit_left <= 0.0:
            self.ring(m, self.exit_left, hazard, Firm.leave)
        if surplus > 0.0:
            hazard = p.spin_off_rate * sqrt(0.1 * self.workers) * surplus / (1.0 + surplus)
            ratio = (m.now - self.born) * m.lags_a_year
            hazard *= 1.0 - (1.0 + 0.25 * ratio * ratio) ** -4
            self.spin_off_left -= QUARTER * hazard
            while self.spin_off_left <= 0.0:
                self.spin_off_left = self.ring(m, self.spin_off_left, hazard, Firm.spin_off)

    def run_attempts(self, m: "ClusterModel") -> None:
        """Run the clock of attempts (``improvement.firm_attempt_hazard``)."""
        p, rung, trained = m.p, self.rung, self.trained
        gain = self.workers * rung.gain_over_fixed - m.gain_cost
        if gain <= 0.0 or self.cash < rung.attempt_cost:
            return
        gain *= self.worth
        pressed = squeeze(p, self.surplus) if m.s.own_profit == 1.0 else rung.pressure
        if rung.number == 0:
            pressed *= m.record
        drive = p.attempt_schooling * (self.schooling - SCHOOLING_BASE) + p.attempt_skill * (self.skill + trained)
        hazard = p.attempt_rate * exp(drive) * sqrt(self.workers / m.s.scale) * pressed * gain / (1.0 + gain)
        if hazard > p.attempt_ceiling:
            hazard = p.attempt_ceiling
        self.attempt_left -= QUARTER * hazard
        while self.attempt_left <= 0.0:
            self.attempt_left = self.ring(m, self.attempt_left, hazard, Firm.attempt)

    def run_rare_clocks(self, m: "ClusterModel") -> None:
        """Run the clocks of succession, breach and poaching, each at most once a quarter."""
        p, trust, trained = m.p, self.trust, self.trained
        if not self.heir and m.now - self.born > p.succession_age:
            self.succession_left -= QUARTER * p.succession_rate
            if self.succession_left <= 0.0:
                self.ring(m, self.succession_left, p.succession_rate, Firm.succeed)
        if trust > 0.0:
            hazard = m.breaching * trust
            self.breach_left -= QUARTER * hazard
            if self.breach_left <= 0.0:
                self.ring(m, self.breach_left, hazard, Firm.break_trust)
                self.breach_left = m.random.expovariate(1.0)
        if trained > 0.0:
            hazard = p.poaching_rate * self.taught
            self.poaching_left -= QUARTER * hazard
            if self.poaching_left <= 0.0:
                self.ring(m, self.poaching_left, hazard, Firm.lose_staff)
                self.poaching_left = m.random.expovariate(1.0)

    def ring(self, m: "ClusterModel", left: float, hazard: float, act: "Callable[[Firm, float], None]") -> float:
        """Set due what a clock does that ran down to ``left``, 0 or less; return what is left once it is wound up anew."""
        m.due.append((m.now + QUARTER + left / hazard, self, act))
        return left + m.random.expovariate(1.0)

    def leave(self, time: float) -> None:
        """Leave; a suitor may take over the workers (``exit.leave``)."""
        m = self.model
        m.cluster.exits += 1.0
        self.rung.firms -= 1.0
        self.running = False
        # The last firm takes the place, so that leaving costs the same in a large cluster.
        last = m.firms.pop()
        if last is not self:
            m.firms[self.seat] = last
            last.seat = self.seat
        if self.rung.number > 0:
            last = m.improved.pop()
            if last is not self:
                m.improved[self.seat_improved] = last
                last.seat_improved = self.seat_improved
        self.remove()
        if m.improved and m.random.random() < m.p.exit_merger_share:
            for _ in range(SUITORS):
                buyer = m.random.choice(m.improved)
                if buyer.can_take_over(self):
                    buyer.workers += self.workers
                    buyer.cash -= buyer.takeover_price(self.workers)
                    m.cluster.mergers += 1.0
                    break

    def can_take_over(self, leaving: "Firm") -> bool:
        """Whether this firm is better, and large and rich enough, to take over another's workers (``exit.can_take_over``)."""
        if self.rung.number <= leaving.rung.number or self.workers_best <= self.workers + leaving.workers:
            return False
        return self.cash >= self.takeover_price(leaving.workers)

    def takeover_price(self, workers: float) -> float:
        """Cash that this firm pays for another's work places (``exit.takeover_price``)."""
        price: float = 0.5 * self.rung.outlay * (1.0 - self.model.advanced * self.recognition) * workers
        return price

    def spin_off(self, time: float) -> None:
        """A worker founds a firm (``spin_off.spin_off``)."""
        m, p = self.model, self.model.p
        rung = inherited_rung(p, self.rung.number, m.random.random())
        child = type(self)(m, time, p.spin_off_heredity * self.skill, p.spin_off_skill_sd, rung)
        child.trained = p.spin_off_heredity * self.trained
        m.cluster.spin_offs += 1.0

    def attempt(self, time: float) -> None:
        """Attempt an improvement; the news spreads either way (``improvement.attempt``)."""
        m, p, cluster, rung = self.model, self.model.p, self.model.cluster, self.rung
        if self.cash < rung.attempt_cost:
            return
        cluster.attempts += 1.0
        self.cash -= rung.attempt_cost
        if m.random.random() < self.success_chance():
            self.climb()
            self.skill += p.success_skill_gain
            cluster.successes += 1.0
            knowledge.raise_awareness(m, p.awareness_success)
        else:
            cluster.discouragement += 1.0

    def success_chance(self) -> float:
        """Chance that an attempt succeeds, which takes four sides (``improvement.firm_success_chance``)."""
        m, p, rung = self.model, self.model.p, self.rung
        quality = improvement.quality_side(p, m.s.access + self.access, self.schooling, rung.number)
        management = improvement.management_side(p, self.skill + self.trained, self.schooling)
        marketing = improvement.marketing_side(p, m.cluster.thickness, self.schooling, self.recognition)
        parts = improvement.parts_side(p, m.cluster.thickness, self.trust)
        eased = improvement.shown(p, m.ladder[rung.number + 1].above)
        chance: float = success_chance(p, m.s, quality, management, marketing, parts, eased)
        return chance

    def climb(self) -> None:
        """Move one rung up (``improvement.climb``)."""
        self.rung.firms -= 1.0
        self.rung = rung = self.model.ladder[self.rung.number + 1]
        rung.firms += 1.0
        rung.above += 1.0
        self.recognition *= (rung.number - 1.0) / rung.number
        if rung.number == 1:
            self.join_improved(self.model)

    def succeed(self, time: float) -> None:
        """Heirs with more schooling take over."""
        self.heir = True
        self.schooling += self.model.p.succession_schooling

    def break_trust(self, time: float) -> None:
        """A subcontractor breaks the relation."""
        self.trust = 0.0

    def lose_staff(self, time: float) -> None:
        """Trained staff leave, to found a firm or to join a rival (``poaching.lose_staff``)."""
        m, p = self.model, self.model.p
        taken = p.poaching_loss * self.trained
        self.trained -= taken
        if m.random.random() < p.poaching_founders:
            type(self)(m, time, 0.0, p.spin_off_skill_sd, 0).trained = taken
            m.cluster.spin_offs += 1.0
            return
        rival = m.random.choice(m.firms)
        if rival is not self:
            rival.trained += taken
