// The model as its equations read: a record a firm, one firm after another, the exponential and the logarithm of the C library,
// and the standard library's containers and sort. It makes the compiled engine's draws and agrees with it up to rounding.
#include <vector>

#include "common.hpp"

namespace model {

using std::exp;
using std::log;

}  // namespace model

#include "equations.hpp"

namespace model {

struct Firm {
    double workers, skill, trained, pending, recognition, trust, access, schooling, cash, debt, instalment, born, luck;
    double log_efficiency, output, workers_best;
    // What the quarter works out for the clocks.
    double profit, surplus, wanted, added, taught, worth;
    std::uint64_t lineage;
    std::int64_t rung;
    bool alive, in_zone, connected, heir, trader, courses;
    double residual[FIRM_CLOCKS];
    std::uint16_t count[FIRM_CLOCKS];
};

struct World : History {
    // Room for all from the start: a firm stays where it is while another is founded.
    World(std::int64_t firms_max, std::int64_t programmes_max) : History(firms_max, programmes_max) {
        firms.reserve(rows_max(firms_max, programmes_max));
    }

    Firm& firm(std::int64_t i) { return firms[i]; }
    double& residual(std::int64_t i, std::int64_t clock) { return firm(i).residual[clock]; }
    std::uint16_t& count(std::int64_t i, std::int64_t clock) { return firm(i).count[clock]; }

    void clear() { firms.clear(); }
    void vacate(std::int64_t i) { firm(i).alive = false; }
    std::int64_t add() {
        firms.emplace_back();
        return cluster.rows++;
    }
    void drop() {
        firms.pop_back();
        cluster.rows -= 1;
    }
    void move(std::int64_t old, std::int64_t next) { firm(next) = firm(old); }

    void wind_up();
    Totals add_up() const;
    void draw_luck();
    void supply();
    void move_firms_and_clocks();

    void put_in_order() { std::sort(&due[0], &due[0] + cluster.due, comes_before); }
    const Due& event(std::int64_t k) const { return due[k]; }
    std::int64_t invite(std::int64_t j);
    double place(std::int64_t k) const { return invitations[k].place; }
    std::int64_t invited(std::int64_t k) const { return invitations[k].firm; }

private:
    struct Invitation {
        double place;
        std::int64_t firm;
    };

    void run_clocks(const Params& p, std::int64_t i);
    void run_clock(std::int64_t i, std::int64_t mechanism, double rate);

    std::vector<Firm> firms;
    std::vector<Invitation> invitations;
};

}  // namespace model

#include "mechanisms.hpp"

namespace model {

void World::wind_up() {
    for (std::int64_t i = cluster.wound; i < cluster.rows; ++i) {
        Firm& firm = this->firm(i);
        std::fill_n(firm.count, FIRM_CLOCKS, std::uint16_t{0});
        std::fill_n(firm.residual, FIRM_CLOCKS, UNDRAWN);
        const Words first = words(firm.lineage, FIRST, 0);
        firm.residual[EXIT] = waiting(unit(first[0]));
        firm.residual[SPIN_OFF] = waiting(unit(first[1]));
        firm.residual[ATTEMPT] = waiting(unit(first[2]));
        firm.residual[POACHING] = waiting(unit(first[3]));
    }
    cluster.wound = cluster.rows;
}

Totals World::add_up() const {
    Totals totals{};
    for (const Firm& firm : firms) {
        totals.workers[firm.rung] += firm.workers;
        totals.schooling += firm.schooling;
        totals.skill += firm.skill;
        totals.trained += firm.trained;
        if (firm.in_zone) {
            totals.zone += 1.0;
        } else {
            totals.core += firm.workers;
        }
    }
    return totals;
}

inline double log_efficiency(const Params& p, const Cluster& c, const Ladder& rung, const Firm& firm, double common) {
    const double quality = recognised_quality(p, firm.recognition, firm.trust);
    double efficiency = common + c.skill_slope * (firm.skill + firm.trained) + rung.log_gain * quality;
    if (firm.trader) efficiency += p.entry_trader_advantage;
    efficiency += firm.luck;
    if (firm.in_zone) return efficiency;
    return efficiency - p.congestion_elasticity * c.congestion * centrality(p, c.time - firm.born);
}

void World::draw_luck() {
    if (!year_begins(cluster)) return;
    for (Firm& firm : firms) {
        const double deviate = normal_quantile(lane_uniform(seed, firm.lineage, LUCK, cluster.tick / YEAR));
        firm.luck = next_luck(p, firm.luck, luck_spread(p, firm.workers), deviate);
    }
}

void World::supply() {
    // A copy, which no store to a firm can change.
    const Params p = this->p;
    const double common = cluster.log_agglomeration - material_loss(p, s, cluster.time);
    for (Ladder& rung : ladder) rung.output = 0.0;
    for (Firm& firm : firms) {
        Ladder& rung = ladder[firm.rung];
        firm.log_efficiency = log_efficiency(p, cluster, rung, firm, common);
        firm.output = exp(firm.log_efficiency + p.production_span * log(firm.workers));
        rung.output += firm.output;
    }
    cluster.output = 0.0;
    for (const Ladder& rung : ladder) cluster.output += rung.output;
}

inline void grow(const Params& p, const Setting& s, const Cluster& c, const Ladder& rung, Firm& firm) {
    const double fixed = rung.fixed_cost, outlay = rung.outlay * own_share(p, s, firm.recognition);
    const double profit = c.base_price * rung.price * firm.output - firm.workers - fixed;
    firm.profit = profit;
    firm.workers_best = optimal_workers(p, s, rung.log_price, expected_efficiency(p, firm.log_efficiency, firm.luck));
    firm.surplus = surplus(profit, best_profit(p, firm.workers_best, fixed), rung.per_fixed);
    firm.cash = kept_cash(p, firm.cash, firm.workers, profit, fixed);
    firm.wanted = wanted_growth(p, firm.workers, firm.workers_best);
    if (firm.wanted > 0.0) {
        firm.added = min(firm.wanted, max(0.0, firm.cash / outlay));
        firm.cash -= firm.added * outlay;
        firm.workers += firm.added;
    } else {
        const double lost = max(firm.wanted, 1.0 - firm.workers);
        firm.cash -= p.growth_recovery * lost * outlay;
        firm.workers += lost;
    }
}

inline void learn(const Params& p, const Setting& s, const Cluster& c, Firm& firm) {
    firm.taught = taught_share(firm.trained);
    firm.worth = perceived_worth(p, c.awareness, firm.taught);
    if (s.spillover == 1.0) firm.trained += QUARTER * spillover(p, firm.trained, c.trained_mean);
    const double bought = private_training(p, firm.worth, firm.profit, firm.workers);
    firm.pending += QUARTER * bought;
    firm.cash -= QUARTER * tuition(p, bought, firm.workers);
    const double arrived = firm.pending * min(1.0, QUARTER / p.training_lag);
    firm.pending -= arrived;
    firm.trained += arrived - years_step(p.training_decay) * firm.trained;
    firm.access -= years_step(p.learning_decay) * firm.access;
    if (firm.rung > 0) {
        if (firm.profit > 0.0) {
            firm.access += QUARTER * learning_abroad(p, firm.profit, firm.worth);
            firm.cash -= QUARTER * p.learning_spend * firm.worth * firm.profit;
        }
        const double recognised = firm.recognition + QUARTER * recognition_gain(p, firm.recognition, firm.workers, c.imitators);
        firm.recognition = min(1.0, max(0.0, recognised));
        firm.trust = min(1.0, firm.trust + QUARTER * trust_gain(p, firm.trust, c.enforcement));
    }
}

inline double firm_exit_hazard(const Params& p, const Cluster& c, const Ladder& rung, const Firm& firm) {
    double hazard = exit_hazard(p, firm.surplus, firm.cash, rung.fixed_cost, training_survival(c, firm.trained));
    if (firm.connected && firm.debt > 0.0) hazard *= p.credit_capture_default;
    return hazard;
}

inline double firm_attempt_hazard(const Params& p, const Setting& s, const Cluster& c, const Ladder& rung, const Firm& firm) {
    if (static_cast<double>(firm.rung) >= s.ladder || firm.cash < p.attempt_cost * rung.fixed_cost) return 0.0;
    const double gain = firm.worth * private_gain(c, firm.workers, rung.per_fixed, rung.gain_per_worker);
    double pressed = s.own_profit == 1.0 ? squeeze(p, firm.surplus) : rung.pressure;
    if (firm.rung == 0) pressed *= c.record;
    return attempt_hazard(p, firm.schooling, firm.skill + firm.trained, firm.workers / s.scale, pressed, gain);
}

inline double firm_relocation_hazard(const Params& p, const Cluster& c, const Firm& firm) {
    if (firm.in_zone || (c.zone_trained == 1.0 && !firm.courses)) return 0.0;
    const double cost = relocation_cost(p, firm.workers);
    if (c.zone_space < needed_space(p, firm.workers) || firm.cash < cost) return 0.0;
    const double gain = relocation_gain(p, firm.workers_best, c.congestion, centrality(p, c.time - firm.born));
    return relocation_hazard(p, gain, cost, firm.heir, firm.rung > 0 ? c.imitators : 0.0);
}

void World::run_clock(std::int64_t i, std::int64_t mechanism, double rate) {
    if (rate <= 0.0) return;
    double& left = residual(i, mechanism);
    const double spent = rate * QUARTER;
    if (spent >= left) {
        strike(*this, i, mechanism, rate);
    } else {
        left -= spent;
    }
}

void World::run_clocks(const Params& p, std::int64_t i) {
    const Firm& firm = this->firm(i);
    const Ladder& rung = ladder[firm.rung];
    const double age = cluster.time - firm.born;
    run_clock(i, EXIT, firm_exit_hazard(p, cluster, rung, firm));
    if (firm.surplus > 0.0) run_clock(i, SPIN_OFF, spin_off_hazard(p, firm.workers, firm.surplus, age));
    run_clock(i, ATTEMPT, firm_attempt_hazard(p, s, cluster, rung, firm));
    run_clock(i, RELOCATION, firm_relocation_hazard(p, cluster, firm));
    run_clock(i, LOAN, firm_loan_hazard(*this, firm, rung.fixed_cost, firm.surplus, firm.wanted, firm.added));
    run_clock(i, SUCCESSION, succession_hazard(p, age, firm.heir));
    if (firm.rung > 0) run_clock(i, BREACH, breach_hazard(p, firm.trust, cluster.enforcement));
    if (firm.trained > 0.0) run_clock(i, POACHING, poaching_hazard(p, firm.taught));
}

void World::move_firms_and_clocks() {
    // A copy, which no store to a firm can change.
    const Params p = this->p;
    double repaid = 0.0;
    for (std::int64_t i = 0; i < cluster.rows; ++i) {
        Firm& firm = this->firm(i);
        if (firm.debt > 0.0) {
            const double part = instalment_due(firm.debt, firm.instalment);
            firm.cash -= part + QUARTER * p.credit_rate * firm.debt;
            firm.debt -= part;
            if (firm.debt <= 0.0) firm.instalment = 0.0;
            repaid += part;
        }
        grow(p, s, cluster, ladder[firm.rung], firm);
        learn(p, s, cluster, firm);
        run_clocks(p, i);
    }
    receive(cluster, repaid);
    run_entry_clock(*this);
}

std::int64_t World::invite(std::int64_t j) {
    const double last = programmes[j].invited;
    invitations.clear();
    for (std::int64_t i = 0; i < cluster.rows; ++i) {
        const double place = uniform(firm(i).lineage, INVITATION, j);
        if (place > last) invitations.push_back({place, i});
    }
    std::sort(invitations.begin(), invitations.end(), [](const auto& one, const auto& other) { return one.place < other.place; });
    return static_cast<std::int64_t>(invitations.size());
}

}  // namespace model
