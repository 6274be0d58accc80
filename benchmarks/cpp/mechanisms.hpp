// What is done once a quarter and once an event, however firms are kept. Whoever includes this file has defined ``World`` before,
// in namespace ``model``: a ``History`` with
//     firm(i)                         a firm's fields, by the names of ``model.state.FIRM``
//     residual(i, clock), count(i, clock)
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

using Table = Room<std::int32_t>;

inline void seat(World& w, const Table& table, std::int64_t size, std::int64_t i) {
    std::int64_t slot = home(w.firm(i).lineage, size), distance = 0;
    while (table[slot] != EMPTY) {
        const std::int64_t other = table[slot];
        const std::int64_t other_distance = (slot - home(w.firm(other).lineage, size)) & (size - 1);
        if (other_distance < distance || (other_distance == distance && w.firm(i).lineage < w.firm(other).lineage)) {
            table[slot] = static_cast<std::int32_t>(i);
            i = other;
            distance = other_distance;
        }
        slot = (slot + 1) & (size - 1);
        distance += 1;
    }
    table[slot] = static_cast<std::int32_t>(i);
}

// The seat of a firm, which has one: from its home on, the first that holds it.
inline std::int32_t& seat_of(const Table& table, std::int64_t size, std::uint64_t lineage, std::int64_t i) {
    std::int64_t slot = home(lineage, size);
    while (table[slot] != i) slot = (slot + 1) & (size - 1);
    return table[slot];
}

inline void rebuild(World& w, const Table& table, std::int64_t size, std::int64_t rung) {
    std::fill_n(&table[0], size, static_cast<std::int32_t>(EMPTY));
    for (std::int64_t i = 0; i < w.cluster.rows; ++i) {
        if (w.firm(i).alive && w.firm(i).rung >= rung) seat(w, table, size, i);
    }
}

inline double firms_above(const History& w, std::int64_t rung) {
    double above = 0.0;
    for (std::int64_t k = rung + 1; k < RUNGS; ++k) above += w.ladder[k].firms;
    return above;
}

inline void reseat(World& w) {
    w.cluster.seats = table_size(w.cluster.rows);
    rebuild(w, w.table, w.cluster.seats, 0);
}

inline void reseat_improved(World& w) {
    w.cluster.seats_improved = table_size(static_cast<std::int64_t>(firms_above(w, 0)));
    rebuild(w, w.table_improved, w.cluster.seats_improved, 1);
}

inline void take_improved_seat(World& w, std::int64_t i) {
    if (4.0 * firms_above(w, 0) > static_cast<double>(3 * w.cluster.seats_improved)) {
        reseat_improved(w);
    } else {
        seat(w, w.table_improved, w.cluster.seats_improved, i);
    }
}

inline void take_seat(World& w, std::int64_t i) {
    if (4 * w.cluster.rows > 3 * w.cluster.seats) {
        reseat(w);
    } else {
        seat(w, w.table, w.cluster.seats, i);
    }
    if (w.firm(i).rung > 0) take_improved_seat(w, i);
}

// Asks firms in keyed order until one accepts, or ``most`` have been asked.
template <class Accepts>
std::int64_t seek(const History& w, const Table& table, std::int64_t size, std::uint64_t lineage, std::int64_t count,
                  std::int64_t most, Accepts accepts) {
    for (std::int64_t met = 0, part = 0; met < most;) {
        for (const std::uint64_t word : w.words(lineage, PEER, count, part)) {
            const std::int64_t i = table[home(word, size)];
            if (i == EMPTY || met == most) continue;
            met += 1;
            if (accepts(i)) return i;
        }
        part += 1;
        if (part % PATIENCE != 0) continue;
        const std::int32_t* const seats = &table[0];
        if (std::all_of(seats, seats + size, [](std::int32_t i) { return i == EMPTY; })) return EMPTY;
    }
    return EMPTY;
}

inline std::int64_t draw(const History& w, std::uint64_t lineage, std::int64_t count) {
    return seek(w, w.table, w.cluster.seats, lineage, count, 1, [](std::int64_t) { return true; });
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
    firm.trained = firm.pending = firm.recognition = firm.trust = firm.access = firm.debt = firm.instalment = 0.0;
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
    take_seat(w, i);
    return i;
}

// -------------------------------------------------------------------------------------------------------- what is shared

EQUATION double standard_workers(const History& w, std::int64_t rung, double skill) {
    double efficiency = w.cluster.log_agglomeration - w.p.congestion_elasticity * w.cluster.congestion;
    efficiency += w.cluster.skill_slope * skill + w.ladder[rung].log_gain;
    return optimal_workers(w.p, w.s, w.ladder[rung].log_price, efficiency);
}

EQUATION double standard_surplus(const History& w, std::int64_t rung, double workers_best) {
    return best_profit(w.p, workers_best, w.ladder[rung].fixed_cost) * w.ladder[rung].per_fixed;
}

inline void build_ladder(History& w) {
    const Params& p = w.p;
    w.cluster.base_price = break_even_price(p, w.s);
    w.cluster.skill_slope = skill_slope(p);
    w.cluster.gain_cost = exp(p.production_sunk_share * log(p.production_rung_size)) - 1.0;
    w.cluster.log_training_exit = log(p.training_exit);
    w.cluster.courses_per_sd = 1.0 / max(SMALLEST_GAIN, p.training_gain);
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
    c.thickness = thickness(p, c.traders);
    c.log_agglomeration = log_agglomeration(p, c.thickness, c.enforcement, c.market_place);
    c.congestion = crowding(c.core_workers, w.s.capacity);
    c.suppliers_leave = share_after_suppliers(p, c.thickness);
    for (Ladder& rung : w.ladder) rung.outlay = rung.place_cost * c.suppliers_leave;
}

inline void raise_awareness(Cluster& c, double share) { c.awareness += (1.0 - c.awareness) * min(1.0, share); }

// --------------------------------------------------------------------------------------------------------------- market

// The price of basic goods, given that of improved ones, from a guess that stands in its place.
inline void clear_basic(History& w, double demand, double basic) {
    Cluster& c = w.cluster;
    const double plain = w.ladder[0].output, top = log(c.ceiling);
    if (plain > 0.0) {
        c.log_price = min(top, clearing(w.p, log(basic * demand), basic, c.log_price_export, log(plain), c.log_price));
    } else {
        c.log_price = top;
    }
}

// The home price of improved goods, given that of basic ones, from a guess that stands in its place.
inline void clear_improved(History& w, double demand, double basic) {
    Cluster& c = w.cluster;
    const double weight = 1.0 - basic, better = c.output - w.ladder[0].output;
    const double found = clearing(w.p, log(weight * demand), weight, c.log_price, log(better), c.log_price_export);
    c.log_price_export = min(log(c.ceiling_export), found);
}

// Both home prices as if nothing were exported; imports take over where a price would exceed theirs.
inline void clear_home(History& w, double demand, double basic) {
    const Params& p = w.p;
    Cluster& c = w.cluster;
    const double plain = w.ladder[0].output, better = c.output - w.ladder[0].output;
    const double top = log(c.ceiling), top_improved = log(c.ceiling_export);
    if (plain > 0.0 && better > 0.0) {
        const double gap = log(basic * better / ((1.0 - basic) * plain)) / (1.0 + p.market_substitution);
        const double index = log_index(p, basic, gap, 0.0);
        const double sold =
            (log((1.0 - basic) * demand / better) + (1.0 + p.market_substitution) * index) / p.market_elasticity;
        c.log_price_export = sold - index;
        c.log_price = c.log_price_export + gap;
        if (c.log_price_export > top_improved) {
            c.log_price_export = top_improved;
            clear_basic(w, demand, basic);
        }
        if (c.log_price >= top) {
            c.log_price = top;
            clear_improved(w, demand, basic);
        }
        return;
    }
    const double guess = min(top, c.log_price), guess_improved = min(top_improved, c.log_price_export);
    c.log_price = top;
    c.log_price_export = top_improved;
    if (plain > 0.0) {
        c.log_price = guess;
        clear_basic(w, demand, basic);
    } else if (better > 0.0) {
        c.log_price_export = guess_improved;
        clear_improved(w, demand, basic);
    }
}

inline double home_slope(const History& w, double share) {
    const Params& p = w.p;
    const double spread = 1.0 + p.market_substitution - p.market_elasticity;
    double follows = 0.0;
    if (w.cluster.log_price < log(w.cluster.ceiling) && w.ladder[0].output > 0.0) {
        follows = spread * (1.0 - share) / (1.0 + p.market_substitution - spread * share);
    }
    return spread * (1.0 - share + share * follows) - (1.0 + p.market_substitution);
}

// What home buyers do not take at the world price is sold abroad; where the world does not take it all, the price falls.
inline void sell_abroad(History& w, double demand, double basic, double world, double reach, double last) {
    const Params& p = w.p;
    Cluster& c = w.cluster;
    const double better = c.output - w.ladder[0].output, least = c.log_price_export, level = log((1.0 - basic) * demand);
    c.log_price_export = world;
    clear_basic(w, demand, basic);
    c.exported = max(0.0, better - exp(log_demand(p, level, world, log_index(p, basic, c.log_price, world))));
    if (c.exported <= reach) return;
    c.log_price_export = min(world, max(least, last));
    clear_basic(w, demand, basic);
    for (std::int64_t k = 0; k < STEPS; ++k) {
        const auto [share, index] = share_and_index(p, basic, c.log_price, c.log_price_export);
        const double taken = exp(log_demand(p, level, c.log_price_export, index));
        c.exported = reach * exp(-p.market_export_elasticity * (c.log_price_export - world));
        const double slope = taken * home_slope(w, share) - c.exported * p.market_export_elasticity;
        const double step = log((taken + c.exported) / better) * (taken + c.exported) / slope;
        const double before = c.log_price_export;
        c.log_price_export = min(world, max(least, before - step));
        clear_basic(w, demand, basic);
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
    const double demand = home_expenditure(p, s, c.time) / c.base_price, last = c.log_price_export;
    clear_home(w, demand, basic);
    c.exported = 0.0;
    if (c.output > w.ladder[0].output && c.log_price_export < log(world)) {
        sell_abroad(w, demand, basic, log(world), export_demand(p, s, c.time, c.base_price, world), last);
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
    c.newcomer_workers = standard_workers(w, 0, outsiders);
    c.newcomer_surplus = standard_surplus(w, 0, c.newcomer_workers);
    c.record = visible_record(p, w.s, c.improved_firms, c.discouragement);
    for (std::int64_t k = 0; k < RUNGS; ++k) {
        Ladder& rung = w.ladder[k];
        if (rung.firms <= 0.0) continue;
        if (k == 0) {
            rung.pressure = squeeze(p, c.newcomer_surplus);
        } else {
            const double pressed = squeeze(p, standard_surplus(w, k, standard_workers(w, k, outsiders)));
            rung.pressure = max(p.attempt_escape, pressed);
        }
        rung.gain_per_worker = gain_per_worker(p, c.log_price_export - rung.log_price);
    }
}

// ----------------------------------------------------------------------------------------------------------- what is seen

// What a policy is worth is left out: a peer does what a calibration does, whose histories end before any policy begins.
inline void count_money(History& w) {
    Cluster& c = w.cluster;
    c.granted = 0.0;
    c.spent = (c.outstanding - c.cofinanced) + c.loan_losses;
    for (std::int64_t j = 0; j < w.programme_count; ++j) {
        c.granted += w.programmes[j].granted;
        if (w.programmes[j].kind != CREDIT) c.spent += w.programmes[j].spent;
    }
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
        c.trained, c.granted, c.spent, c.loan_losses, c.overrun, c.zone_space, c.owners_old, c.owners_new, c.buyers,
        c.workers_gain, c.treasury, c.captured, c.value_wages, static_cast<double>(c.transitioned), static_cast<double>(c.exhausted),
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
    const Ladder& rung = w.ladder[0];
    const double small = small_profit(w.p, entry_size(w.p, w.s, 1.0), c.newcomer_workers, rung.fixed_cost);
    return 0.5 * (c.newcomer_surplus + small * rung.per_fixed) / c.suppliers_leave;
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
    if (firms_above(w, w.firm(i).rung) == 0.0) return EMPTY;
    if (w.uniform(lineage, OUTCOME, w.count(i, EXIT)) >= w.p.exit_merger_share) return EMPTY;
    const auto accepts = [&w, i](std::int64_t buyer) { return can_take_over(w, buyer, i); };
    return seek(w, w.table_improved, w.cluster.seats_improved, lineage, SUITOR, SUITORS, accepts);
}

inline void leave(World& w, std::int64_t i, double time) {
    auto& firm = w.firm(i);
    Cluster& c = w.cluster;
    firm.alive = 0;
    seat_of(w.table, c.seats, firm.lineage, i) = EMPTY;
    if (firm.rung > 0) seat_of(w.table_improved, c.seats_improved, firm.lineage, i) = EMPTY;
    c.exits += 1.0;
    w.ladder[firm.rung].firms -= 1.0;
    if (firm.debt > 0.0) {
        c.defaults += 1.0;
        const double beside = beside_share(c.cofinanced, c.outstanding) * firm.debt;
        c.loan_losses += firm.debt - beside;
        c.outstanding -= firm.debt;
        c.cofinanced -= beside;
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
    if (firm.rung == 1) take_improved_seat(w, i);
}

template <class Firm>
double firm_success_chance(const History& w, const Firm& firm) {
    const Params& p = w.p;
    const double thick = w.cluster.thickness;
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
    const double amount = amount_lent(w.cluster.fund, firm.workers + 2.0, w.cluster.cofinance);
    if (amount <= 0.0) return;
    const double beside = w.cluster.cofinance * amount;
    w.cluster.fund -= amount - beside;
    w.cluster.cofinanced += beside;
    firm.cash += amount;
    firm.debt += amount;
    firm.instalment += amount * (QUARTER / w.p.credit_term);
    w.cluster.outstanding += amount;
    w.cluster.loans += 1.0;
    w.note(time, LOG_LOAN, firm.lineage, 0, amount);
}

inline void receive(Cluster& c, double repaid) {
    const double beside = beside_share(c.cofinanced, c.outstanding) * repaid;
    c.repaid += repaid - beside;
    c.outstanding -= repaid;
    c.cofinanced -= beside;
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
        w.note(c.time, LOG_INVITED, firm.lineage, 0, static_cast<double>(programme.course));
        if (w.uniform(firm.lineage, TRAINING, j) < take_up(w.p, c.awareness, programme.fee)) {
            allowance -= cost;
            programme.spent += cost;
            came += 1.0;
            teach(w, j, i);
        } else {
            w.note(c.time, LOG_REFUSED, firm.lineage, 0, static_cast<double>(programme.course));
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
        case ZONE: {
            const double built = allowance - programme.captured * allowance, space = built / space_cost(w.p, c.strain);
            c.zone_space += space;
            c.overrun += built - space * w.p.zone_cost;
            c.zone_trained = max(c.zone_trained, programme.trained_only);
            programme.spent += allowance;
            return;
        }
        case CREDIT:
            c.captured_lending = programme.captured;
            c.cofinance = programme.cofinance;
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
    c.seats = c.seats_improved = SIZE_MIN;
    for (const Table* table : {&w.table, &w.table_improved}) std::fill_n(&(*table)[0], SIZE_MIN, static_cast<std::int32_t>(EMPTY));
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
    count_money(w);
    govern(w);
    count(w);
    gather(w);
    w.draw_luck();
    w.supply();
    clear(w);
    press(w);
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
        const auto& firm = w.firm(row);
        const auto moved = static_cast<std::int32_t>(row);
        seat_of(w.table, c.seats, firm.lineage, last) = moved;
        if (firm.rung > 0) seat_of(w.table_improved, c.seats_improved, firm.lineage, last) = moved;
        w.drop();
    }
    drop_dead_ends(w);
    c.dead = 0;
    c.wound = c.rows;
    if (static_cast<double>(c.rows) > w.s.firms_max) c.exhausted = 1;
    if (8 * c.rows < c.seats && c.seats > table_size(0)) reseat(w);
    if (8.0 * firms_above(w, 0) < static_cast<double>(c.seats_improved) && c.seats_improved > table_size(0)) reseat_improved(w);
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
