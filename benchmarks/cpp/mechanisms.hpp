// What is done once a quarter and once an event, however firms are kept. Whoever includes this file has defined ``World`` before,
// in namespace ``model``: a ``History`` with
//     firm(i)                         a firm's fields, by the names of ``model.state.FIRM``
//     residual(i, clock), count(i, clock), slot(i)
//     add(), move(old, new), drop()   a row behind the last, a copy of a firm, the last row given up
//     vacate(i), clear()              a row left to nobody, all rows given up
//     wind_up()                       the clocks of those founded since the last call started
//     add_up(), draw_luck(), supply(), move_firms_and_clocks()
//     put_in_order(), event(k)        the quarter's events, by (time, mechanism, lineage, number)
//     invite(j), place(k), invited(k) firms by the keyed place at which programme j invites them
#pragma once

#include "equations.hpp"

namespace model {

// ------------------------------------------------------------------------------------------------------- whom firms meet

EQUATION std::int64_t home(std::uint64_t lineage, std::int64_t size) {
    return static_cast<std::int64_t>((static_cast<unsigned __int128>(lineage) * static_cast<std::uint64_t>(size)) >> 64);
}

EQUATION void sit(World& w, std::int64_t i, std::int64_t slot) {
    w.table[slot] = static_cast<std::int32_t>(i);
    w.slot(i) = static_cast<std::int32_t>(slot);
}

inline void seat(World& w, std::int64_t i) {
    const std::int64_t size = w.cluster.seats;
    std::int64_t slot = home(w.firm(i).lineage, size), distance = 0;
    while (w.table[slot] != EMPTY) {
        const std::int64_t other = w.table[slot];
        const std::int64_t other_distance = (slot - home(w.firm(other).lineage, size)) & (size - 1);
        if (other_distance < distance || (other_distance == distance && w.firm(i).lineage < w.firm(other).lineage)) {
            sit(w, i, slot);
            i = other;
            distance = other_distance;
        }
        slot = (slot + 1) & (size - 1);
        distance += 1;
    }
    sit(w, i, slot);
}

inline void reseat(World& w) {
    w.cluster.seats = table_size(w.cluster.rows);
    std::fill_n(&w.table[0], w.cluster.seats, static_cast<std::int32_t>(EMPTY));
    for (std::int64_t i = 0; i < w.cluster.rows; ++i) {
        if (w.firm(i).alive) seat(w, i);
    }
}

inline std::int64_t draw(const History& w, std::uint64_t lineage, std::int64_t count) {
    const std::int64_t size = w.cluster.seats;
    for (std::int64_t part = 0;;) {
        for (const std::uint64_t word : w.words(lineage, PEER, count, part)) {
            const std::int64_t i = w.table[home(word, size)];
            if (i != EMPTY) return i;
        }
        part += 1;
        if (part % PATIENCE != 0) continue;
        const std::int32_t* const seats = &w.table[0];
        if (std::all_of(seats, seats + size, [](std::int32_t i) { return i == EMPTY; })) return EMPTY;
    }
}

// ---------------------------------------------------------------------------------------------------------------- birth

struct Newcomer {
    std::uint64_t lineage;
    double chance;
};

inline Newcomer newcomer(const History& w, std::uint64_t parent, std::int64_t number) {
    const Words drawn = w.words(parent, BIRTH, number);
    return {drawn[0], unit(drawn[1])};
}

inline std::int64_t found(World& w, double time, std::uint64_t lineage, double heritage, double noise, std::int64_t rung) {
    const Params& p = w.p;
    const Setting& s = w.s;
    const std::int64_t i = w.add();
    w.ladder[rung].firms += 1.0;
    const Words traits = w.words(lineage, TRAITS, 0), means = w.words(lineage, TRAITS, 1);
    auto& firm = w.firm(i);
    firm.trained = firm.pending = firm.recognition = firm.trust = firm.access = firm.debt = 0.0;
    firm.log_efficiency = firm.output = 0.0;
    firm.in_zone = firm.heir = firm.courses = 0;
    firm.lineage = lineage;
    firm.schooling = founder_schooling(p, s, normal_quantile(unit(traits[0])));
    firm.connected = unit(traits[2]) < p.entry_connected;
    firm.trader = s.traders == 1.0 && unit(traits[3]) < p.entry_trader_share;
    firm.skill = heritage + schooled_skill(p, firm.schooling) + noise * normal_quantile(unit(traits[1]));
    firm.skill += p.entry_connected_skill * firm.connected;
    firm.luck = p.luck_sd * normal_quantile(unit(means[1]));
    firm.workers = entry_size(p, s, w.ladder[rung].fixed_cost * w.ladder[0].per_fixed);
    firm.rung = rung;
    firm.cash = entry_cash(p, w.ladder[rung].fixed_cost, normal_quantile(unit(means[0])));
    firm.born = time;
    firm.alive = 1;
    firm.workers_best = firm.workers;
    if (4 * w.cluster.rows > 3 * w.cluster.seats) {
        reseat(w);
    } else {
        seat(w, i);
    }
    return i;
}

// -------------------------------------------------------------------------------------------------------- what is shared

EQUATION double standard_surplus(const History& w, std::int64_t rung, double skill) {
    const double fixed = w.ladder[rung].fixed_cost;
    double efficiency = w.cluster.log_agglomeration - w.p.congestion_elasticity * w.cluster.congestion;
    efficiency += w.cluster.skill_slope * skill + w.ladder[rung].log_gain;
    return best_profit(w.p, optimal_workers(w.p, w.s, w.ladder[rung].log_price, efficiency), fixed) / fixed;
}

inline void build_ladder(History& w) {
    const Params& p = w.p;
    w.cluster.base_price = break_even_price(p, w.s);
    w.cluster.skill_slope = skill_slope(p);
    w.cluster.gain_cost = exp(p.production_sunk_share * log(p.production_rung_size)) - 1.0;
    w.cluster.log_training_exit = log(p.training_exit);
    for (std::int64_t k = 0; k < RUNGS; ++k) {
        Ladder& rung = w.ladder[k];
        const auto height = static_cast<double>(k);
        rung.firms = 0.0;
        rung.fixed_cost = fixed_cost(p, w.s, height);
        rung.place_cost = outlay(p, height);
        rung.log_gain = rung_log_gain(p, height);
        rung.per_fixed = 1.0 / rung.fixed_cost;
    }
}

inline void count(World& w) {
    Cluster& c = w.cluster;
    const Totals totals = w.add_up();
    c.firms = static_cast<double>(c.rows);
    c.improved_firms = c.firms - w.ladder[0].firms;
    c.improved_workers = 0.0;
    for (std::int64_t k = 0; k < RUNGS; ++k) {
        w.ladder[k].workers = totals.workers[k];
        c.improved_workers += k > 0 ? w.ladder[k].workers : 0.0;
    }
    c.workers = w.ladder[0].workers + c.improved_workers;
    c.core_workers = totals.core;
    c.zone_firms = totals.zone;
    if (c.rows > 0) {
        c.imitators = w.ladder[0].firms / c.firms;
        c.schooling = totals.schooling / c.firms;
        c.managerial_capital = (totals.skill + totals.trained) / c.firms;
        c.trained_mean = totals.trained / c.firms;
    }
    double above = 0.0;
    for (std::int64_t k = RUNGS - 1; k >= 0; --k) {
        above += w.ladder[k].firms;
        w.ladder[k].above = above;
    }
}

inline void gather(History& w) {
    const Params& p = w.p;
    Cluster& c = w.cluster;
    if (c.tick > 0) {
        const double target = attracted_traders(p, c.workers, c.market_place);
        c.traders += years_step(p.trader_speed) * (target - c.traders);
        c.discouragement -= years_step(p.attempt_discouragement_decay) * c.discouragement;
        c.awareness += years_step(p.awareness_decay) * (p.awareness_start - c.awareness);
    }
    const double share = c.workers > 0.0 ? c.improved_workers / c.workers : 0.0;
    c.enforcement = enforcement(p, share);
    c.log_agglomeration = log_agglomeration(p, c.traders, c.enforcement, c.market_place);
    c.congestion = crowding(c.core_workers, w.s.capacity);
    const double advance = share_after_suppliers(p, thickness(p, c.traders));
    for (Ladder& rung : w.ladder) rung.outlay = rung.place_cost * advance;
}

inline void raise_awareness(Cluster& c, double share) { c.awareness += (1.0 - c.awareness) * min(1.0, share); }

// --------------------------------------------------------------------------------------------------------------- market

// Both home prices as if nothing were exported; imports take over where a price would exceed theirs.
inline void clear_home(History& w, double level, double basic) {
    const Params& p = w.p;
    Cluster& c = w.cluster;
    const double plain = w.ladder[0].output, better = c.output - w.ladder[0].output;
    const double top = log(c.ceiling), top_improved = log(c.ceiling_export);
    c.log_price = top;
    c.log_price_export = top_improved;
    if (plain > 0.0 && better > 0.0) {
        const double gap = (log(basic / (1.0 - basic)) + log(better) - log(plain)) / (1.0 + p.market_substitution);
        const double index = log_index(p, basic, gap, 0.0);
        const double sold =
            (level + log(1.0 - basic) + (1.0 + p.market_substitution) * index - log(better)) / p.market_elasticity;
        c.log_price_export = sold - index;
        c.log_price = c.log_price_export + gap;
        if (c.log_price_export > top_improved) {
            c.log_price_export = top_improved;
            c.log_price = clearing(p, level, basic, top_improved, log(plain));
        }
        if (c.log_price > top) {
            c.log_price = top;
            c.log_price_export = min(top_improved, clearing(p, level, 1.0 - basic, top, log(better)));
        }
    } else if (plain > 0.0) {
        c.log_price = min(top, clearing(p, level, basic, top_improved, log(plain)));
    } else if (better > 0.0) {
        c.log_price_export = min(top_improved, clearing(p, level, 1.0 - basic, top, log(better)));
    }
}

inline void clear_basic(History& w, double level, double basic) {
    Cluster& c = w.cluster;
    const double plain = w.ladder[0].output, top = log(c.ceiling);
    c.log_price = plain > 0.0 ? min(top, clearing(w.p, level, basic, c.log_price_export, log(plain))) : top;
}

inline double home_slope(const History& w, double basic, double index) {
    const Params& p = w.p;
    const double spread = 1.0 + p.market_substitution - p.market_elasticity;
    const double share = basic * exp(-p.market_substitution * (w.cluster.log_price - index));
    double follows = 0.0;
    if (w.cluster.log_price < log(w.cluster.ceiling) && w.ladder[0].output > 0.0) {
        follows = spread * (1.0 - share) / (1.0 + p.market_substitution - spread * share);
    }
    return spread * (1.0 - share + share * follows) - (1.0 + p.market_substitution);
}

// What home buyers do not take at the world price is sold abroad; where the world does not take it all, the price falls.
inline void sell_abroad(History& w, double level, double basic, double world, double reach) {
    const Params& p = w.p;
    Cluster& c = w.cluster;
    const double better = c.output - w.ladder[0].output, least = c.log_price_export;
    c.log_price_export = world;
    clear_basic(w, level, basic);
    const double at_world = exp(log_demand(p, level, 1.0 - basic, world, log_index(p, basic, c.log_price, world)));
    c.exported = max(0.0, better - at_world);
    if (c.exported <= reach) return;
    for (std::int64_t k = 0; k < STEPS; ++k) {
        const double index = log_index(p, basic, c.log_price, c.log_price_export);
        const double taken = exp(log_demand(p, level, 1.0 - basic, c.log_price_export, index));
        c.exported = reach * exp(-p.market_export_elasticity * (c.log_price_export - world));
        const double slope = taken * home_slope(w, basic, index) - c.exported * p.market_export_elasticity;
        const double step = (log(taken + c.exported) - log(better)) * (taken + c.exported) / slope;
        const double before = c.log_price_export;
        c.log_price_export = min(world, max(least, before - step));
        clear_basic(w, level, basic);
        if (std::abs(c.log_price_export - before) < FOUND) break;
    }
    c.exported = min(better, reach * exp(-p.market_export_elasticity * (c.log_price_export - world)));
}

inline void settle(History& w, double base) {
    Cluster& c = w.cluster;
    double sales = 0.0, costs = 0.0, profitability = 0.0, exporters = 0.0;
    for (std::int64_t k = 0; k < RUNGS; ++k) {
        Ladder& rung = w.ladder[k];
        const bool improved = is_improved(k);
        rung.price = improved ? c.price_export : c.price;
        rung.log_price = improved ? c.log_price_export : c.log_price;
        if (improved && c.exported > 0.0) exporters += rung.firms;
        const double revenue = base * rung.price * rung.output;
        const double cost = rung.workers + rung.fixed_cost * rung.firms;
        sales += revenue;
        costs += cost;
        profitability += (revenue - cost) / rung.fixed_cost;
    }
    c.sales = sales;
    c.profits = sales - costs;
    c.profitability = c.firms > 0.0 ? profitability / c.firms : 0.0;
    c.margin = sales > 0.0 ? c.profits / sales : 0.0;
    c.exporters = exporters;
}

inline void clear(History& w) {
    const Params& p = w.p;
    const Setting& s = w.s;
    Cluster& c = w.cluster;
    const double world = world_price(p, s, c.time), basic = basic_weight(p, s, c.time);
    c.world_price = world;
    c.ceiling = import_ceiling(p, s, c.time, c.protection);
    c.ceiling_export = improved_ceiling(p, world, c.protection);
    const double level = log(home_expenditure(p, s, c.time) / c.base_price);
    clear_home(w, level, basic);
    c.exported = 0.0;
    if (c.output > w.ladder[0].output && c.log_price_export < log(world)) {
        sell_abroad(w, level, basic, log(world), export_demand(p, s, c.time, c.base_price, world));
    }
    c.price = exp(c.log_price);
    c.price_export = exp(c.log_price_export);
    c.log_index = log_index(p, basic, c.log_price, c.log_price_export);
    settle(w, c.base_price);
}

inline void press(History& w) {
    const Params& p = w.p;
    Cluster& c = w.cluster;
    const double outsiders = outsiders_skill(p, w.s);
    c.newcomer_surplus = standard_surplus(w, 0, outsiders);
    c.record = visible_record(p, w.s, c.improved_firms, c.discouragement);
    for (std::int64_t k = 0; k < RUNGS; ++k) {
        Ladder& rung = w.ladder[k];
        if (rung.firms <= 0.0) continue;
        rung.pressure = squeeze(p, standard_surplus(w, k, outsiders));
        if (k > 0) rung.pressure = max(p.attempt_escape, rung.pressure);
        rung.gain_per_worker = gain_per_worker(p, c.log_price_export - rung.log_price);
    }
}

// ----------------------------------------------------------------------------------------------------------- what is seen

EQUATION double opening_index(const History& w) {
    const double improved = log(improved_ceiling(w.p, world_price(w.p, w.s, 0.0), 0.0));
    return log_index(w.p, basic_weight(w.p, w.s, w.cluster.time), log(w.s.import_price), improved);
}

inline void value(History& w) {
    const Setting& s = w.s;
    Cluster& c = w.cluster;
    const double cost_before = c.net_cost;
    c.net_cost = c.loan_losses;
    for (std::int64_t j = 0; j < w.programme_count; ++j) {
        if (w.programmes[j].kind != CREDIT) c.net_cost += w.programmes[j].spent;
    }
    if (c.time < s.decision) return;
    const double factor = discount_factor(s.discount, c.time - s.decision);
    const double expenditure = home_expenditure(w.p, s, c.time), opening = opening_index(w);
    c.value_profit += factor * QUARTER * c.profits;
    c.value_sales += factor * QUARTER * c.sales;
    c.value_wages += factor * QUARTER * c.workers;
    c.value_surplus += factor * QUARTER * consumer_surplus(w.p, expenditure, opening, c.log_index);
    c.value_cost += factor * (c.net_cost - cost_before);
}

inline double improved_share(const Cluster& c) { return c.workers > 0.0 ? c.improved_workers / c.workers : 0.0; }

inline std::int64_t phase(const Cluster& c) {
    if (c.firms == 0.0) return EXTINCT;
    if (improved_share(c) >= IMPROVING_SHARE) return IMPROVEMENT;
    if (c.firms < INITIATION_FIRMS && c.time < INITIATION_YEARS) return INITIATION;
    return c.newcomer_surplus < SURVIVAL_SURPLUS ? SURVIVAL : EXPANSION;
}

inline void record(Cluster& c, double* row) {
    if (improved_share(c) >= TRANSITION_SHARE) c.transitioned = 1;
    const double values[COLUMNS] = {
        c.time, c.firms, c.workers, c.firms > 0.0 ? c.workers / c.firms : 0.0, c.output, c.price, c.margin, c.profitability,
        c.entrants, c.spin_offs, c.exits, c.mergers, c.attempts, c.successes, c.relocations, c.improved_firms, c.zone_firms,
        c.exporters, c.schooling, c.managerial_capital, c.traders, c.congestion, static_cast<double>(phase(c)), c.price_export,
        c.world_price, c.exported, c.sales, c.profits, c.awareness, c.discouragement, c.enforcement, c.improved_workers, c.loans, c.defaults,
        c.trained, c.public_cost, c.loan_losses, c.zone_space, c.value_profit, c.value_surplus, c.value_sales, c.value_cost,
        c.value_wages, static_cast<double>(c.transitioned), static_cast<double>(c.exhausted),
    };
    std::copy_n(values, COLUMNS, row);
    c.entrants = c.spin_offs = c.exits = c.mergers = 0.0;
    c.attempts = c.successes = c.relocations = 0.0;
    c.loans = c.defaults = c.trained = 0.0;
}

// --------------------------------------------------------------------------------------------------------------- clocks

// Sets due the events of a clock that strikes in this quarter.
inline void strike(World& w, std::int64_t i, std::int64_t mechanism, double rate) {
    const std::uint64_t lineage = w.firm(i).lineage;
    std::int64_t number = w.count(i, mechanism);
    double left = QUARTER, residual = w.residual(i, mechanism);
    if (residual == UNDRAWN) residual = exponential(w, lineage, mechanism, number);
    while (rate * left >= residual) {
        left -= residual / rate;
        number += 1;
        w.set_due(w.cluster.time + (QUARTER - left), mechanism, lineage, i, number);
        if (mechanism == EXIT || mechanism == SUCCESSION) {
            left = 0.0;
            break;
        }
        residual = exponential(w, lineage, mechanism, number);
        if (mechanism != SPIN_OFF && mechanism != ATTEMPT) {
            left = 0.0;
            break;
        }
    }
    if (number > COUNT_MAX) {
        w.cluster.exhausted = 1;
        number = COUNT_MAX;
    }
    w.count(i, mechanism) = static_cast<std::uint16_t>(number);
    w.residual(i, mechanism) = residual - rate * left;
}

EQUATION double entrant_surplus(const History& w) {
    const Cluster& c = w.cluster;
    double efficiency = c.log_agglomeration - w.p.congestion_elasticity * c.congestion;
    efficiency += c.skill_slope * outsiders_skill(w.p, w.s);
    const double workers_best = optimal_workers(w.p, w.s, w.ladder[0].log_price, efficiency);
    const double fixed = w.ladder[0].fixed_cost;
    const double small = small_profit(w.p, entry_size(w.p, w.s, 1.0), workers_best, fixed);
    const double expected = 0.5 * (best_profit(w.p, workers_best, fixed) + small);
    return expected / (fixed * share_after_suppliers(w.p, thickness(w.p, c.traders)));
}

inline void run_entry_clock(History& w) {
    Cluster& c = w.cluster;
    const double rate = entry_hazard(w.p, c.firms, entrant_surplus(w));
    double left = QUARTER, residual = c.entry_residual;
    while (rate * left >= residual) {
        left -= residual / rate;
        c.entry_count += 1;
        w.set_due(c.time + (QUARTER - left), ENTRY, 0, 0, c.entry_count);
        residual = exponential(w, 0, ENTRY, c.entry_count);
    }
    c.entry_residual = residual - rate * left;
}

// --------------------------------------------------------------------------------------------------------------- events

inline void enter(World& w, double time, std::int64_t number) {
    const auto [lineage, chance] = newcomer(w, 0, ENTRANT + number);
    std::int64_t rung = 0;
    if (chance < 0.5 * w.p.spin_off_inheritance) {
        const std::int64_t copied = draw(w, lineage, 0);
        if (copied >= 0) rung = max(std::int64_t{0}, w.firm(copied).rung - 1);
    }
    found(w, time, lineage, 0.0, w.p.entry_skill_sd, rung);
    w.cluster.entrants += 1.0;
    w.note(time, LOG_ENTRY, lineage, 0, static_cast<double>(rung));
}

template <class Firm>
double takeover_price(const History& w, const Firm& buyer, double workers) {
    return 0.5 * w.ladder[buyer.rung].outlay * own_share(w.p, w.s, buyer.recognition) * workers;
}

inline bool can_take_over(World& w, std::int64_t buyer, std::int64_t seller) {
    const auto &better = w.firm(buyer), &leaving = w.firm(seller);
    if (!better.alive || better.rung <= leaving.rung) return false;
    if (better.workers_best <= better.workers + leaving.workers) return false;
    return better.cash >= takeover_price(w, better, leaving.workers);
}

inline std::int64_t suitor(World& w, std::int64_t i) {
    const std::uint64_t lineage = w.firm(i).lineage;
    double above = 0.0;
    for (std::int64_t k = w.firm(i).rung + 1; k < RUNGS; ++k) above += w.ladder[k].firms;
    if (above == 0.0) return EMPTY;
    if (w.uniform(lineage, OUTCOME, w.count(i, EXIT)) >= w.p.exit_merger_share) return EMPTY;
    for (std::int64_t k = 0; k < SUITORS; ++k) {
        const std::int64_t buyer = draw(w, lineage, 16 + k);
        if (buyer >= 0 && can_take_over(w, buyer, i)) return buyer;
    }
    return EMPTY;
}

inline void leave(World& w, std::int64_t i, double time) {
    auto& firm = w.firm(i);
    Cluster& c = w.cluster;
    firm.alive = 0;
    w.table[w.slot(i)] = EMPTY;
    c.exits += 1.0;
    w.ladder[firm.rung].firms -= 1.0;
    if (firm.debt > 0.0) {
        c.defaults += 1.0;
        c.loan_losses += firm.debt;
        w.note(time, LOG_DEFAULT, firm.lineage, 0, firm.debt);
    }
    const std::int64_t buyer = suitor(w, i);
    if (buyer >= 0) {
        auto& better = w.firm(buyer);
        better.workers += firm.workers;
        better.cash -= takeover_price(w, better, firm.workers);
        c.mergers += 1.0;
        w.note(time, LOG_MERGER, firm.lineage, better.lineage, firm.workers);
    } else {
        w.note(time, LOG_EXIT, firm.lineage, 0, firm.workers);
    }
    w.vacate(i);
    w.graves[c.dead++] = i;
}

inline void spin_off(World& w, std::int64_t parent, double time, std::int64_t number) {
    const Params& p = w.p;
    const auto& employer = w.firm(parent);
    const std::uint64_t origin = employer.lineage;
    const auto [lineage, chance] = newcomer(w, origin, number);
    const std::int64_t rung = inherited_rung(p, employer.rung, chance);
    const std::int64_t child = found(w, time, lineage, p.spin_off_heredity * employer.skill, p.spin_off_skill_sd, rung);
    w.firm(child).trained = p.spin_off_heredity * employer.trained;
    w.cluster.spin_offs += 1.0;
    w.note(time, LOG_SPIN_OFF, lineage, origin, static_cast<double>(rung));
}

inline void climb(World& w, std::int64_t i) {
    auto& firm = w.firm(i);
    w.ladder[firm.rung].firms -= 1.0;
    firm.rung += 1;
    w.ladder[firm.rung].firms += 1.0;
    const auto height = static_cast<double>(firm.rung);
    firm.recognition *= (height - 1.0) / height;
    w.ladder[firm.rung].above += 1.0;
}

template <class Firm>
double firm_success_chance(const History& w, const Firm& firm) {
    const Params& p = w.p;
    const double thick = thickness(p, w.cluster.traders);
    const double access = w.s.access + w.cluster.access + firm.access;
    const double quality = quality_side(p, access, firm.schooling, static_cast<double>(firm.rung));
    const double management = management_side(p, firm.skill + firm.trained, firm.schooling);
    const double marketing = marketing_side(p, thick, firm.schooling, firm.recognition);
    const double parts = parts_side(p, thick, firm.trust);
    return success_chance(p, w.s, quality, management, marketing, parts, shown(p, w.ladder[firm.rung + 1].above));
}

inline void attempt(World& w, std::int64_t i, double time, std::int64_t number) {
    const Params& p = w.p;
    Cluster& c = w.cluster;
    auto& firm = w.firm(i);
    const double fixed = w.ladder[firm.rung].fixed_cost;
    if (static_cast<double>(firm.rung) >= w.s.ladder || firm.cash < p.attempt_cost * fixed) return;
    c.attempts += 1.0;
    firm.cash -= p.attempt_cost * fixed;
    if (w.uniform(firm.lineage, OUTCOME, ATTEMPT_OUTCOME + number) < firm_success_chance(w, firm)) {
        climb(w, i);
        firm.skill += p.success_skill_gain;
        c.successes += 1.0;
        raise_awareness(c, p.awareness_success);
        w.note(time, LOG_ATTEMPT_SUCCEEDED, firm.lineage, 0, static_cast<double>(firm.rung));
    } else {
        c.discouragement += 1.0;
        w.note(time, LOG_ATTEMPT_FAILED, firm.lineage, 0, static_cast<double>(firm.rung));
    }
}

inline void relocate(World& w, std::int64_t i, double time) {
    auto& firm = w.firm(i);
    const double space = needed_space(w.p, firm.workers), cost = relocation_cost(w.p, firm.workers);
    if (w.cluster.zone_space < space || firm.cash < cost) return;
    w.cluster.zone_space -= space;
    firm.cash -= cost;
    firm.in_zone = 1;
    w.cluster.relocations += 1.0;
    w.note(time, LOG_RELOCATION, firm.lineage, 0, firm.workers);
}

inline void lend(World& w, std::int64_t i, double time) {
    auto& firm = w.firm(i);
    const double amount = min(w.cluster.fund, firm.workers + 2.0);
    if (amount <= 0.0) return;
    w.cluster.fund -= amount;
    firm.debt += amount;
    firm.cash += amount;
    w.cluster.loans += 1.0;
    w.note(time, LOG_LOAN, firm.lineage, 0, amount);
}

inline void succeed(World& w, std::int64_t i, double time) {
    auto& firm = w.firm(i);
    firm.heir = 1;
    firm.schooling += w.p.succession_schooling;
    w.note(time, LOG_SUCCESSION, firm.lineage, 0, firm.schooling);
}

inline void break_trust(World& w, std::int64_t i, double time) {
    w.firm(i).trust = 0.0;
    w.note(time, LOG_BREACH, w.firm(i).lineage, 0, 0.0);
}

inline void lose_staff(World& w, std::int64_t i, double time, std::int64_t number) {
    const Params& p = w.p;
    auto& firm = w.firm(i);
    const std::uint64_t origin = firm.lineage;
    const double taken = p.poaching_loss * firm.trained;
    firm.trained -= taken;
    const auto [lineage, chance] = newcomer(w, origin, LEAVER + number);
    if (chance < p.poaching_founders) {
        const std::int64_t child = found(w, time, lineage, 0.0, p.spin_off_skill_sd, 0);
        w.firm(child).trained = taken;
        w.cluster.spin_offs += 1.0;
        w.note(time, LOG_SPIN_OFF, lineage, origin, 0.0);
        return;
    }
    const std::int64_t rival = draw(w, lineage, 0);
    if (rival >= 0 && rival != i) {
        w.firm(rival).trained += taken;
        w.note(time, LOG_POACHING, origin, w.firm(rival).lineage, taken);
    } else {
        w.note(time, LOG_POACHING, origin, 0, taken);
    }
}

inline void happen(World& w, const Due& due) {
    if (due.mechanism == ENTRY) return enter(w, due.time, due.number);
    if (!w.firm(due.firm).alive) return;
    switch (due.mechanism) {
        case EXIT: return leave(w, due.firm, due.time);
        case SPIN_OFF: return spin_off(w, due.firm, due.time, due.number);
        case ATTEMPT: return attempt(w, due.firm, due.time, due.number);
        case RELOCATION: return relocate(w, due.firm, due.time);
        case LOAN: return lend(w, due.firm, due.time);
        case SUCCESSION: return succeed(w, due.firm, due.time);
        case BREACH: return break_trust(w, due.firm, due.time);
        case POACHING: return lose_staff(w, due.firm, due.time, due.number);
    }
}

// ----------------------------------------------------------------------------------------------------------- government

inline void teach(World& w, std::int64_t j, std::int64_t i) {
    const Programme& programme = w.programmes[j];
    auto& firm = w.firm(i);
    const double works = w.s.site_works / (1.0 + w.cluster.strain);
    firm.pending += works * course_gain(w.p, programme.course);
    firm.cash -= programme.fee;
    firm.courses = 1;
    if (programme.course == TECHNOLOGY) firm.access += works * w.p.training_technology_access;
    w.note(w.cluster.time, LOG_TRAINED, firm.lineage, 0, static_cast<double>(programme.course));
}

inline void train(World& w, std::int64_t j, double allowance) {
    Programme& programme = w.programmes[j];
    Cluster& c = w.cluster;
    double came = 0.0;
    const std::int64_t count = w.invite(j);
    for (std::int64_t k = 0; k < count; ++k) {
        const std::int64_t i = w.invited(k);
        const auto& firm = w.firm(i);
        if (programme.trained_only == 1.0 && !firm.courses) continue;
        const double cost = max(0.0, course_cost(w.p, programme.unit_cost, firm.workers) - programme.fee);
        if (cost > programme.granted) continue;
        if (cost > allowance) break;
        programme.invited = w.place(k);
        if (w.uniform(firm.lineage, TRAINING, j) < take_up(w.p, c.awareness, programme.fee)) {
            allowance -= cost;
            programme.spent += cost;
            came += 1.0;
            teach(w, j, i);
        }
    }
    if (came > 0.0) {
        c.trained += came;
        raise_awareness(c, w.p.awareness_training * came / static_cast<double>(c.rows));
    }
}

inline void give_grants(World& w, std::int64_t j, double allowance) {
    Programme& programme = w.programmes[j];
    const std::int64_t count = w.invite(j);
    for (std::int64_t k = 0; k < count; ++k) {
        auto& firm = w.firm(w.invited(k));
        if (allowance < programme.unit_cost) break;
        if (programme.trained_only == 1.0 && !firm.courses) continue;
        programme.invited = w.place(k);
        programme.spent += programme.unit_cost;
        allowance -= programme.unit_cost;
        firm.cash += programme.unit_cost;
        w.note(w.cluster.time, LOG_GRANT, firm.lineage, 0, programme.unit_cost);
    }
}

inline void invite_investor(World& w, std::int64_t j) {
    Cluster& c = w.cluster;
    const auto [lineage, chance] = newcomer(w, 0, INVITED * (j + 1));
    if (chance >= investor_chance(w.p, c.firms) * w.programmes[j].effect) return;
    c.access += w.p.investment_access;
    auto& firm = w.firm(found(w, c.time, lineage, INVESTOR_SKILL, w.p.entry_skill_sd, 1));
    firm.workers = max(firm.workers, INVESTOR_WORKERS);
    firm.recognition = 1.0;
    c.entrants += 1.0;
    w.note(c.time, LOG_INVESTMENT, lineage, 0, 1.0);
}

inline void prefer_exporters(World& w, std::int64_t j, double allowance) {
    Programme& programme = w.programmes[j];
    Cluster& c = w.cluster;
    const auto affordable = static_cast<std::int64_t>(allowance / max(1.0, programme.unit_cost));
    for (std::int64_t k = min(INVITED_MAX, affordable); k > 0; --k) {
        programme.invited += 1.0;
        const std::uint64_t lineage = newcomer(w, 0, INVITED * (j + 1) + static_cast<std::int64_t>(programme.invited)).lineage;
        auto& firm = w.firm(found(w, c.time, lineage, PREFERRED_SKILL, w.p.entry_skill_sd, 0));
        firm.schooling += PREFERRED_SCHOOLING;
        firm.cash += programme.unit_cost;
        firm.in_zone = 1;
        programme.spent += programme.unit_cost;
        c.entrants += 1.0;
        w.note(c.time, LOG_ENTRY, lineage, 0, 0.0);
    }
}

inline bool is_triggered(const History& w, const Programme& programme) {
    const double start = opening_time(w.s, programme);
    if (w.cluster.time < start) return false;
    if (programme.trigger_firms > 0.0 && w.cluster.improved_firms < programme.trigger_firms) {
        return w.cluster.time >= start + programme.trigger_after;
    }
    return true;
}

inline bool is_running(const History& w, const Programme& programme) {
    return programme.opened >= 0.0 && w.cluster.time < programme.opened + years_open(programme);
}

inline double spending_rate(const History& w, const Programme& programme) {
    const double years = build_up_years(programme);
    return w.cluster.time < programme.opened + years ? programme.granted / years : 0.0;
}

inline void open_programme(World& w, std::int64_t j) {
    Programme& programme = w.programmes[j];
    Cluster& c = w.cluster;
    const double bill = programme.of_history == 1 ? c.workers : c.wage_bill;
    programme.opened = c.time;
    programme.granted = programme.budget + programme.budget_share * bill;
    w.note(c.time, LOG_PROGRAMME, static_cast<std::uint64_t>(j), 0, static_cast<double>(programme.kind));
    if (programme.kind == CREDIT) {
        c.fund += programme.granted;
        programme.spent = programme.granted;
    } else if (programme.kind == FOREIGN_INVESTMENT) {
        invite_investor(w, j);
    }
}

inline void run_climate(History& w, const Programme& programme) {
    Cluster& c = w.cluster;
    const double working = 1.0 / (1.0 + c.strain);
    if (programme.kind == MARKET_PLACE) {
        c.market_place = max(c.market_place, programme.effect * (1.0 - programme.captured) * working);
    } else if (programme.kind == PROTECTION) {
        c.protection += programme.effect;
    } else if (programme.kind == CAMPAIGN) {
        raise_awareness(c, programme.effect * QUARTER * working);
    } else if (programme.kind == RESEARCH_INSTITUTE && c.time < programme.opened + build_up_years(programme)) {
        c.access += w.p.investment_access * programme.effect * QUARTER / build_up_years(programme) * working;
    }
}

inline void run_programme(World& w, std::int64_t j) {
    Programme& programme = w.programmes[j];
    Cluster& c = w.cluster;
    const double share = min(1.0, (c.time + QUARTER - programme.opened) / build_up_years(programme));
    const double allowance = programme.granted * share - programme.spent;
    switch (programme.kind) {
        case TRAINING_PROGRAMME: return train(w, j, allowance);
        case GRANT: return give_grants(w, j, allowance);
        case EXPORT_PREFERENCE: return prefer_exporters(w, j, allowance);
        case ZONE:
            c.zone_space += (1.0 - programme.captured) * allowance / space_cost(w.p, c.strain);
            c.zone_trained = max(c.zone_trained, programme.trained_only);
            programme.spent += allowance;
            return;
        case CREDIT:
            c.captured = programme.captured * (1.0 - programme.cofinance);
            c.credit_trained = max(c.credit_trained, programme.trained_only);
            return;
        default:
            programme.spent += allowance;
            return run_climate(w, programme);
    }
}

inline void govern(World& w) {
    Cluster& c = w.cluster;
    if (c.wage_bill == 0.0 && c.time >= w.s.decision) c.wage_bill = c.workers;
    c.market_place = c.protection = c.zone_trained = c.credit_trained = 0.0;
    double spending = 0.0;
    for (std::int64_t j = 0; j < w.programme_count; ++j) {
        const Programme& programme = w.programmes[j];
        if (programme.opened < 0.0 && is_triggered(w, programme)) open_programme(w, j);
        if (is_running(w, programme)) spending += spending_rate(w, programme);
    }
    c.strain = w.s.state_module == 1.0 ? strain(w.p, spending, c.workers) : 0.0;
    bool lending = false;
    for (std::int64_t j = 0; j < w.programme_count; ++j) {
        if (!is_running(w, w.programmes[j])) continue;
        run_programme(w, j);
        lending = lending || w.programmes[j].kind == CREDIT;
    }
    c.fund = lending ? c.fund + c.repaid : 0.0;
    c.repaid = 0.0;
    c.public_cost = 0.0;
    for (std::int64_t j = 0; j < w.programme_count; ++j) c.public_cost += w.programmes[j].spent;
}

// ------------------------------------------------------------------------------------------------------------- a history

inline void reset(World& w, const Params& p, const Setting& s, const Programme* programmes, std::int64_t programme_count,
                  std::uint64_t seed) {
    w.p = p;
    w.s = s;
    w.seed = seed;
    w.cluster = Cluster{};
    w.clear();
    w.programme_count = programme_count;
    for (std::int64_t j = 0; j < programme_count; ++j) {
        w.programmes[j] = programmes[j];
        w.programmes[j].opened = -1.0;
        w.programmes[j].granted = w.programmes[j].spent = w.programmes[j].invited = 0.0;
    }
}

inline void begin(World& w) {
    const Params& p = w.p;
    const Setting& s = w.s;
    Cluster& c = w.cluster;
    build_ladder(w);
    c.seats = SIZE_MIN;
    std::fill_n(&w.table[0], SIZE_MIN, static_cast<std::int32_t>(EMPTY));
    c.awareness = p.awareness_start;
    c.managerial_capital = s.founder_skill + outsiders_skill(p, s);
    c.record = 1.0;
    c.schooling = s.schooling;
    c.entry_residual = exponential(w, 0, ENTRY, 0);
    for (std::int64_t j = 0; j < static_cast<std::int64_t>(s.founders); ++j) {
        const auto [lineage, chance] = newcomer(w, 0, j);
        found(w, 0.0, lineage, s.founder_skill, p.entry_skill_sd, chance < s.founder_rung ? 1 : 0);
        c.entrants += 1.0;
        w.note(0.0, LOG_PIONEER, lineage, 0, 0.0);
    }
}

inline void open_quarter(World& w, double* row) {
    govern(w);
    count(w);
    gather(w);
    w.draw_luck();
    w.supply();
    clear(w);
    press(w);
    value(w);
    record(w.cluster, row);
}

inline void drop_dead_ends(World& w) {
    while (w.cluster.rows > 0 && !w.firm(w.cluster.rows - 1).alive) w.drop();
}

inline void bury(World& w) {
    Cluster& c = w.cluster;
    for (std::int64_t k = 0; k < c.dead; ++k) {
        drop_dead_ends(w);
        const std::int64_t row = w.graves[k], last = c.rows - 1;
        if (row >= last) continue;
        w.move(last, row);
        w.table[w.slot(row)] = static_cast<std::int32_t>(row);
        w.drop();
    }
    drop_dead_ends(w);
    c.dead = 0;
    c.wound = c.rows;
    if (static_cast<double>(c.rows) > w.s.firms_max) c.exhausted = 1;
    if (8 * c.rows < c.seats && c.seats > table_size(0)) reseat(w);
}

inline void run_history(World& w, double* panel) {
    Cluster& c = w.cluster;
    begin(w);
    for (std::int64_t tick = 0; tick <= w.s.quarters; ++tick) {
        c.tick = tick;
        c.time = static_cast<double>(tick) * QUARTER;
        open_quarter(w, panel + COLUMNS * tick);
        if (tick == w.s.quarters || c.exhausted == 1) return;
        w.wind_up();
        c.due = 0;
        w.move_firms_and_clocks();
        if (c.exhausted == 1) return;
        w.put_in_order();
        for (std::int64_t k = 0; k < c.due; ++k) happen(w, w.event(k));
        w.wind_up();
        bury(w);
    }
}

}  // namespace model

// What Python calls.
extern "C" {

void* reserve(std::int64_t firms_max, std::int64_t programmes_max) { return new model::World(firms_max, programmes_max); }

void release(void* world) { delete static_cast<model::World*>(world); }

// Returns how many lines of the event log there were to write.
std::int64_t run(void* world, const model::Params* p, const model::Setting* s, const model::Programme* programmes,
                 std::int64_t programme_count, std::uint64_t seed, double* panel, model::Log* lines, std::int64_t line_room) {
    model::World& w = *static_cast<model::World*>(world);
    w.lines = lines;
    w.line_room = line_room;
    model::reset(w, *p, *s, programmes, programme_count, seed);
    model::run_history(w, panel);
    return w.cluster.logged;
}

}  // extern "C"
