// The compiled engine's own algorithm, in C++: blocks of lanes, one loop over the lanes for each thing that a quarter works out,
// the same arithmetic in the same order. Its bits are those of ``model.simulation.run_compiled``.
#include "common.hpp"

namespace model {

EQUATION double exp(double x) {
    double z = x > 710.0 ? 710.0 : x;
    z = z < -746.0 ? -746.0 : z;
    const double shifted = z * INVERSE_LN2 + ROUNDER;
    const double k = shifted - ROUNDER;
    const double high = z - k * LN2_HIGH;
    const double low = k * LN2_LOW;
    const double r = high - low;
    const double lost = (high - r) - low;
    const double r2 = r * r;
    const double r4 = r2 * r2;
    const double far = ((E4 + E5 * r) + r2 * (E6 + E7 * r)) + r4 * ((E8 + E9 * r) + r2 * E10);
    const double y = 1.0 + (r + (lost + r2 * (((E0 + E1 * r) + r2 * (E2 + E3 * r)) + r4 * far)));
    const auto whole = std::bit_cast<std::int64_t>(shifted);
    const std::int64_t half = whole >> 1;
    const auto power = [](std::int64_t exponent) {
        return std::bit_cast<double>((static_cast<std::uint64_t>(exponent) << 52) + ONE_BITS);
    };
    return y * power(half) * power(whole - half);
}

EQUATION double log(double x) {
    constexpr double INF = std::numeric_limits<double>::infinity();
    constexpr std::uint64_t ONE = ONE_BITS, ROOT_HALF = ROOT_HALF_BITS;
    const bool tiny = x < NORMAL_MIN;
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(tiny ? x * TWO_54 : x) + (ONE - ROOT_HALF);
    const double k = std::bit_cast<double>(((bits >> 52) & 0x7FF) | TWO_52_BITS) - (TWO_52 + (tiny ? 1077.0 : 1023.0));
    const double f = std::bit_cast<double>((bits & MANTISSA) + ROOT_HALF) - 1.0;
    const double s = f / (2.0 + f);
    const double s2 = s * s;
    const double s4 = s2 * s2;
    const double series = s2 * ((L0 + L1 * s2) + s4 * ((L2 + L3 * s2) + s4 * ((L4 + L5 * s2) + s4 * L6)));
    const double square = 0.5 * f * f;
    double y = k * LN2_HIGH - ((square - (s * (square + series) + k * LN2_LOW)) - f);
    y = x < INF ? y : x;
    y = x < 0.0 ? std::numeric_limits<double>::quiet_NaN() : y;
    return x == 0.0 ? -INF : y;
}

// A whole number from 0 to 2**52 - 1: registers of 256 bits have no conversion.
EQUATION double whole_number(std::int64_t value) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(value) | TWO_52_BITS) - TWO_52;
}

}  // namespace model

#include "equations.hpp"

namespace model {

using Lanes = double[LANES];

struct World : History {
    World(std::int64_t firms_max, std::int64_t programmes_max)
        : History(firms_max, programmes_max),
          blocks(block_count(rows_max(firms_max, programmes_max))),
          keys(rows_max(firms_max, programmes_max)),
          order(rows_max(firms_max, programmes_max)),
          heads(rows_max(firms_max, programmes_max)) {}

    static std::int64_t block_count(std::int64_t rows) { return (rows + LANES - 1) / LANES; }

    Block& block_of(std::int64_t i) { return blocks[static_cast<std::uint64_t>(i) / LANES]; }
    static std::uint64_t lane_of(std::int64_t i) { return static_cast<std::uint64_t>(i) % LANES; }
    Lane& firm(std::int64_t i) { return *reinterpret_cast<Lane*>(reinterpret_cast<char*>(&block_of(i)) + 8 * lane_of(i)); }
    double& residual(std::int64_t i, std::int64_t clock) { return block_of(i).residual[clock][lane_of(i)]; }
    std::uint16_t& count(std::int64_t i, std::int64_t clock) { return block_of(i).count[clock][lane_of(i)]; }

    void clear() {}
    void vacate(std::int64_t i) {
        block_of(i).marks[lane_of(i)] = 0;
        block_of(i).rung[lane_of(i)] = 0;
        for (auto& column : block_of(i).residual) column[lane_of(i)] = std::numeric_limits<double>::infinity();
    }
    std::int64_t add() {
        const std::int64_t i = cluster.rows++;
        if (i % LANES == 0) {
            for (std::int64_t lane = 0; lane < LANES; ++lane) vacate(i + lane);
        }
        return i;
    }
    void drop() { vacate(--cluster.rows); }
    void move(std::int64_t old, std::int64_t next);

    void wind_up();
    Totals add_up();
    void draw_luck();
    void supply();
    void move_firms_and_clocks();

    void put_in_order();
    const Due& event(std::int64_t k) const { return due[order[k]]; }
    std::int64_t invite(std::int64_t j);
    double place(std::int64_t k) const { return keys[order[k]]; }
    std::int64_t invited(std::int64_t k) const { return order[k]; }

    Room<Block> blocks;
    Room<double> keys;
    Room<std::int64_t> order, heads;
    alignas(64) Beside beside[GROUP];
    alignas(64) Sums sums;

private:
    void stand(const Block& block, Beside& beside) const;
    void order_by(std::int64_t count, double first, double span);
};

}  // namespace model

#include "mechanisms.hpp"

namespace model {

// ----------------------------------------------------------------------------------------------------- sums over lanes

// Columns of a block, before its turn.
template <std::int64_t FIRST, std::int64_t LAST>
inline void fetch(const Block& block) {
    const char* const bytes = reinterpret_cast<const char*>(&block);
    for (std::int64_t byte = FIRST * LANES * 8; byte < LAST * LANES * 8; byte += 64) __builtin_prefetch(bytes + byte, 0, 2);
}

// An order that is written out: halves lane by lane down to eight lanes, then these in pairs.
double total(Lanes& column) {
    for (std::int64_t lane = 0; lane < 32; ++lane) column[lane] += column[lane + 32];
    for (std::int64_t lane = 0; lane < 16; ++lane) column[lane] += column[lane + 16];
    for (std::int64_t lane = 0; lane < 8; ++lane) column[lane] += column[lane + 8];
    const double low = (column[0] + column[1]) + (column[2] + column[3]);
    return low + ((column[4] + column[5]) + (column[6] + column[7]));
}

void empty(Lanes& column) { std::fill_n(column, LANES, 0.0); }

void empty_by_rung(Lanes* sums, const Ladder* ladder) {
    for (std::int64_t k = 0; k < RUNGS; ++k) {
        if (ladder[k].firms > 0.0) empty(sums[k]);
    }
}

// Where the rungs of a block differ, those on which firms stand take their lanes one after another, all lanes at once.
void add_by_rung(Lanes* __restrict sums, const Lanes& __restrict values, const std::int64_t* __restrict rungs,
                 std::int64_t common, const Ladder* __restrict ladder) {
    if (common == MIXED) {
        for (std::int64_t k = 0; k < RUNGS; ++k) {
            if (ladder[k].firms <= 0.0) continue;
            for (std::int64_t lane = 0; lane < LANES; ++lane) {
                const double value = values[lane];
                sums[k][lane] += rungs[lane] == k ? value : 0.0;
            }
        }
    } else {
        for (std::int64_t lane = 0; lane < LANES; ++lane) sums[common][lane] += values[lane];
    }
}

// Eight lanes at a time, whose logarithms fill a vector register.
void World::wind_up() {
    const std::int64_t old = cluster.wound;
    for (std::int64_t i = old; i < cluster.rows; ++i) {
        for (std::int64_t clock = 0; clock < FIRM_CLOCKS; ++clock) {
            count(i, clock) = 0;
            residual(i, clock) = UNDRAWN;
        }
        const Words first = words(firm(i).lineage, FIRST, 0);
        residual(i, EXIT) = unit(first[0]);
        residual(i, SPIN_OFF) = unit(first[1]);
        residual(i, ATTEMPT) = unit(first[2]);
        residual(i, POACHING) = unit(first[3]);
    }
    for (std::int64_t row = old - old % 8; row < cluster.rows; row += 8) {
        for (const std::int64_t clock : {EXIT, SPIN_OFF, ATTEMPT, POACHING}) {
            double* const column = block_of(row).residual[clock] + lane_of(row);
            for (std::int64_t k = 0; k < 8; ++k) {
                const double drawn = column[k], wait = waiting(drawn);
                column[k] = (row + k >= old) & (row + k < cluster.rows) ? wait : drawn;
            }
        }
    }
    cluster.wound = cluster.rows;
}

// By a mask of bits: of a sum that grows on a condition g++ makes a store by condition, which some processors do very slowly.
EQUATION double only_if(bool holds, double value) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) & (holds ? ~std::uint64_t{0} : std::uint64_t{0}));
}

[[gnu::noinline]] void add_block(Block& __restrict b, Sums& __restrict sums, Lanes& __restrict workers) {
    std::int64_t apart = 0;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        apart |= b.rung[lane] ^ b.rung[0];
        const bool alive = has(b.marks[lane], ALIVE), zone = has(b.marks[lane], IN_ZONE);
        const double skill = b.skill[lane], trained = b.trained[lane];
        const double employed = b.workers[lane], schooling = b.schooling[lane];
        const double size = alive ? employed : 0.0;
        workers[lane] = size;
        sums.core[lane] += only_if(!zone, size);
        sums.schooling[lane] += only_if(alive, schooling);
        sums.skill[lane] += only_if(alive, skill);
        sums.trained[lane] += only_if(alive, trained);
        sums.zone[lane] += only_if(zone, 1.0);
    }
    b.common_rung = apart == 0 ? b.rung[0] : MIXED;
}

Totals World::add_up() {
    empty_by_rung(sums.workers, ladder);
    for (Lanes* column : {&sums.core, &sums.schooling, &sums.skill, &sums.trained, &sums.zone}) empty(*column);
    for (std::int64_t b = 0; b < block_count(cluster.rows); ++b) {
        if (cluster.rows > CACHED) fetch<0, COUNTED>(blocks[b + 1]);
        add_block(blocks[b], sums, beside[0].wanted);
        add_by_rung(sums.workers, beside[0].wanted, blocks[b].rung, blocks[b].common_rung, ladder);
    }
    Totals totals;
    for (std::int64_t k = 0; k < RUNGS; ++k) totals.workers[k] = ladder[k].firms > 0.0 ? total(sums.workers[k]) : 0.0;
    totals.core = total(sums.core);
    totals.zone = total(sums.zone);
    totals.skill = total(sums.skill);
    totals.trained = total(sums.trained);
    totals.schooling = total(sums.schooling);
    return totals;
}

// ----------------------------------------------------------------------------------------------------------------- luck

// Most draws lie in the middle, where the quantile is a ratio of polynomials without conditions: all lanes take it, and those
// that lie in a tail are mended one by one.
[[gnu::noinline]] void quantiles_of_block(Lanes& __restrict deviates, const Lanes& __restrict chances) {
    for (std::int64_t lane = 0; lane < LANES; ++lane) deviates[lane] = central_quantile(chances[lane]);
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        if (!is_central(chances[lane])) deviates[lane] = tail_quantile(chances[lane]);
    }
}

[[gnu::noinline]] void chances_of_block(Lanes& __restrict chances, const Block& __restrict b, std::uint64_t seed, std::int64_t year) {
    for (std::int64_t lane = 0; lane < LANES; ++lane) chances[lane] = lane_uniform(seed, b.lineage[lane], LUCK, year);
}

[[gnu::noinline]] void luck_of_block(const History& __restrict w, Block& __restrict b, const Lanes& __restrict deviates) {
    const Params p = w.p;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        b.luck[lane] = next_luck(p, b.luck[lane], luck_spread(p, b.workers[lane]), deviates[lane]);
    }
}

void World::draw_luck() {
    if (!year_begins(cluster)) return;
    Lanes &chances = beside[0].wanted, &deviates = beside[0].added;
    for (std::int64_t b = 0; b < block_count(cluster.rows); ++b) {
        chances_of_block(chances, blocks[b], seed, cluster.tick / YEAR);
        quantiles_of_block(deviates, chances);
        luck_of_block(*this, blocks[b], deviates);
    }
}

// --------------------------------------------------------------------------------------------------------------- supply

// Loops over lanes copy what they only read of a history: no store to a firm can change a copy, and reading it cannot fault, so
// that both sides of a condition may be worked out.

[[gnu::noinline]] void supply_block(const History& __restrict w, Block& __restrict b, double common) {
    const Params p = w.p;
    const Cluster c = w.cluster;
    const double log_size = log(p.production_rung_size);
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double quality = recognised_quality(p, b.recognition[lane], b.trust[lane]);
        const double gain = (1.0 - p.production_span) * whole_number(b.rung[lane]) * log_size;
        double efficiency = common + c.skill_slope * (b.skill[lane] + b.trained[lane]) + gain * quality;
        efficiency += (has(b.marks[lane], TRADER) ? p.entry_trader_advantage : 0.0) + b.luck[lane];
        const double crowded = efficiency - p.congestion_elasticity * c.congestion * centrality(p, c.time - b.born[lane]);
        b.log_efficiency[lane] = has(b.marks[lane], IN_ZONE) ? efficiency : crowded;
    }
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        b.output[lane] = b.log_efficiency[lane] + p.production_span * log(b.workers[lane]);
    }
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double output = exp(b.output[lane]);
        b.output[lane] = has(b.marks[lane], ALIVE) ? output : 0.0;
    }
}

void World::supply() {
    const double common = cluster.log_agglomeration - material_loss(p, s, cluster.time);
    empty_by_rung(sums.output, ladder);
    for (std::int64_t b = 0; b < block_count(cluster.rows); ++b) {
        if (cluster.rows > CACHED) fetch<0, SUPPLIED>(blocks[b + 1]);
        supply_block(*this, blocks[b], common);
        add_by_rung(sums.output, blocks[b].output, blocks[b].rung, blocks[b].common_rung, ladder);
    }
    cluster.output = 0.0;
    for (std::int64_t k = 0; k < RUNGS; ++k) {
        ladder[k].output = ladder[k].firms > 0.0 ? total(sums.output[k]) : 0.0;
        cluster.output += ladder[k].output;
    }
}

// --------------------------------------------------------------------------------------------------------------- growth

EQUATION void lay(const Ladder& rung, Beside& beside, std::int64_t lane) {
    beside.fixed_cost[lane] = rung.fixed_cost;
    beside.per_fixed[lane] = rung.per_fixed;
    beside.outlay[lane] = rung.outlay;
    beside.pressure[lane] = rung.pressure;
    beside.gain_per_worker[lane] = rung.gain_per_worker;
}

void World::stand(const Block& block, Beside& place) const {
    const std::int64_t common = block.common_rung;
    if (common == MIXED) {
        for (std::int64_t lane = 0; lane < LANES; ++lane) lay(ladder[block.rung[lane]], place, lane);
    } else {
        for (std::int64_t lane = 0; lane < LANES; ++lane) lay(ladder[common], place, lane);
    }
}

[[gnu::noinline]] void repay_block(const History& __restrict w, Block& __restrict b, Lanes& __restrict repaid) {
    const Params p = w.p;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double debt = has(b.marks[lane], ALIVE) ? b.debt[lane] : 0.0, part = instalment_due(debt, b.instalment[lane]);
        b.cash[lane] -= part + QUARTER * p.credit_rate * debt;
        b.debt[lane] = debt - part;
        b.instalment[lane] = b.debt[lane] > 0.0 ? b.instalment[lane] : 0.0;
        repaid[lane] += part;
    }
}

[[gnu::noinline]] void grow_block(const History& __restrict w, Block& __restrict b, Beside& __restrict beside) {
    const Params p = w.p;
    const Setting s = w.s;
    const Cluster c = w.cluster;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double workers = b.workers[lane], fixed = beside.fixed_cost[lane];
        const double place = beside.outlay[lane] * own_share(p, s, b.recognition[lane]);
        const bool improved = is_improved(b.rung[lane]);
        const double price = improved ? c.price_export : c.price;
        const double log_price = improved ? c.log_price_export : c.log_price;
        const double profit = c.base_price * price * b.output[lane] - workers - fixed;
        const double expected = expected_efficiency(p, b.log_efficiency[lane], b.luck[lane]);
        const double workers_best = optimal_workers(p, s, log_price, expected);
        const double cash = kept_cash(p, b.cash[lane], workers, profit, fixed);
        const double wanted = wanted_growth(p, workers, workers_best);
        const bool grows = wanted > 0.0;
        const double added = min(wanted, max(0.0, cash / place));
        const double lost = max(wanted, 1.0 - workers);
        b.workers_best[lane] = workers_best;
        b.cash[lane] = cash - (grows ? added * place : p.growth_recovery * lost * place);
        b.workers[lane] = workers + (grows ? added : lost);
        beside.profit[lane] = profit;
        beside.surplus[lane] = surplus(profit, best_profit(p, workers_best, fixed), beside.per_fixed[lane]);
        beside.wanted[lane] = wanted;
        beside.added[lane] = grows ? added : lost;
    }
}

[[gnu::noinline]] void learn_block(const History& __restrict w, Block& __restrict b, Beside& __restrict beside) {
    const Params p = w.p;
    const Setting s = w.s;
    const Cluster c = w.cluster;
    const bool spills = s.spillover == 1.0;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double trained = b.trained[lane], taught = taught_share(trained), worth = perceived_worth(p, c.awareness, taught);
        const double learnt = QUARTER * spillover(p, trained, c.trained_mean);
        const double bought = private_training(p, worth, beside.profit[lane], b.workers[lane]);
        b.trained[lane] = trained + (spills ? learnt : 0.0);
        b.pending[lane] += QUARTER * bought;
        b.cash[lane] -= QUARTER * tuition(p, bought, b.workers[lane]);
        beside.taught[lane] = taught;
        beside.worth[lane] = worth;
    }
}

[[gnu::noinline]] void refine_block(const History& __restrict w, Block& __restrict b, const Beside& __restrict beside) {
    const Params p = w.p;
    const Cluster c = w.cluster;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double profit = beside.profit[lane], worth = beside.worth[lane];
        const double recognition = b.recognition[lane], trust = b.trust[lane];
        const bool improved = b.rung[lane] > 0, spends = improved & (profit > 0.0);
        b.access[lane] += spends ? QUARTER * learning_abroad(p, profit, worth) : 0.0;
        const double recognised = QUARTER * recognition_gain(p, recognition, b.workers[lane], c.imitators);
        const double trusted = QUARTER * trust_gain(p, trust, c.enforcement);
        b.cash[lane] -= QUARTER * p.learning_spend * worth * (spends ? profit : 0.0);
        b.recognition[lane] = min(1.0, max(0.0, recognition + (improved ? recognised : 0.0)));
        b.trust[lane] = min(1.0, trust + (improved ? trusted : 0.0));
    }
}

[[gnu::noinline]] void absorb_block(const History& __restrict w, Block& __restrict b) {
    const Params p = w.p;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double arrived = b.pending[lane] * min(1.0, QUARTER / p.training_lag);
        b.pending[lane] -= arrived;
        b.trained[lane] += arrived - years_step(p.training_decay) * b.trained[lane];
        b.access[lane] -= years_step(p.learning_decay) * b.access[lane];
    }
}

// --------------------------------------------------------------------------------------------------------------- clocks

bool rests(const Cluster& c, std::int64_t mechanism) {
    switch (mechanism) {
        case RELOCATION: return c.zone_space < PLOT_MIN;
        case LOAN: return c.fund <= FUND_MIN;
        case BREACH: return c.improved_firms == 0.0;
        default: return false;
    }
}

EQUATION double firm_exit_hazard(const Params& p, const Cluster& c, const Block& b, const Beside& beside, std::int64_t lane) {
    const double log_survival = training_survival(c, b.trained[lane]);
    const double hazard = exit_hazard(p, beside.surplus[lane], b.cash[lane], beside.fixed_cost[lane], log_survival);
    return has(b.marks[lane], CONNECTED) & (b.debt[lane] > 0.0) ? hazard * p.credit_capture_default : hazard;
}

template <bool OWN_PROFIT>
EQUATION double firm_attempt_hazard(const Params& p, const Setting& s, const Cluster& c, const Block& b, const Beside& beside,
                                    std::int64_t lane) {
    const double gain = beside.worth[lane] * private_gain(c, b.workers[lane], beside.per_fixed[lane], beside.gain_per_worker[lane]);
    double pressed = OWN_PROFIT ? squeeze(p, beside.surplus[lane]) : beside.pressure[lane];
    pressed *= b.rung[lane] == 0 ? c.record : 1.0;
    const double size = b.workers[lane] / s.scale;
    const double hazard = attempt_hazard(p, b.schooling[lane], b.skill[lane] + b.trained[lane], size, pressed, gain);
    const bool topmost = whole_number(b.rung[lane]) >= s.ladder;
    const bool poor = b.cash[lane] < p.attempt_cost * beside.fixed_cost[lane];
    return topmost | poor ? 0.0 : hazard;
}

EQUATION double firm_relocation_hazard(const Params& p, const Cluster& c, const Block& b, std::int64_t lane) {
    const std::int64_t marks = b.marks[lane];
    const double cost = relocation_cost(p, b.workers[lane]);
    const double gain = relocation_gain(p, b.workers_best[lane], c.congestion, centrality(p, c.time - b.born[lane]));
    const double copied = b.rung[lane] > 0 ? c.imitators : 0.0;
    const double hazard = relocation_hazard(p, gain, cost, has(marks, HEIR) ? 1.0 : 0.0, copied);
    const bool barred = has(marks, IN_ZONE) | ((c.zone_trained == 1.0) & !has(marks, TAUGHT));
    return barred | (c.zone_space < needed_space(p, b.workers[lane])) | (b.cash[lane] < cost) ? 0.0 : hazard;
}

// A loop for each mechanism, which the compiler knows.
template <std::int64_t MECHANISM, bool OWN_PROFIT = false>
[[gnu::noinline]] void hazards(const History& __restrict w, const Block& __restrict b, Beside& __restrict beside) {
    const Params p = w.p;
    const Setting s = w.s;
    const Cluster c = w.cluster;
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        double rate = 0.0;
        if constexpr (MECHANISM == EXIT) rate = firm_exit_hazard(p, c, b, beside, lane);
        if constexpr (MECHANISM == SPIN_OFF) rate = spin_off_hazard(p, b.workers[lane], beside.surplus[lane], c.time - b.born[lane]);
        if constexpr (MECHANISM == ATTEMPT) rate = firm_attempt_hazard<OWN_PROFIT>(p, s, c, b, beside, lane);
        if constexpr (MECHANISM == RELOCATION) rate = firm_relocation_hazard(p, c, b, lane);
        if constexpr (MECHANISM == SUCCESSION) rate = succession_hazard(p, c.time - b.born[lane], has(b.marks[lane], HEIR));
        if constexpr (MECHANISM == BREACH) rate = breach_hazard(p, b.trust[lane], c.enforcement);
        if constexpr (MECHANISM == POACHING) rate = poaching_hazard(p, beside.taught[lane]);
        beside.rate[MECHANISM][lane] = rate;
    }
}

// Spends a quarter of each clock, and sets a bit for those that strike.
[[gnu::noinline]] void spend(Lanes& __restrict residual, const Lanes& __restrict rates, std::int64_t* __restrict struck,
                             std::int64_t mechanism) {
    for (std::int64_t lane = 0; lane < LANES; ++lane) {
        const double left = residual[lane], spent = rates[lane] * QUARTER;
        const bool strikes = !(spent < left);
        residual[lane] = left - (strikes ? 0.0 : spent);
        struck[lane] |= std::int64_t{strikes} << mechanism;
    }
}

template <std::int64_t MECHANISM>
void run_clock(World& w, std::int64_t first, std::int64_t last) {
    if (rests(w.cluster, MECHANISM)) return;
    const std::int64_t ahead = w.cluster.rows > CACHED ? last - first : 0;
    for (std::int64_t b = first; b < last; ++b) {
        Beside& beside = w.beside[b - first];
        if (MECHANISM == EXIT && ahead > 0) fetch<3 * SHARE, 4 * SHARE>(w.blocks[b + ahead]);
        if (MECHANISM == SPIN_OFF && ahead > 0) fetch<4 * SHARE, 5 * SHARE>(w.blocks[b + ahead]);
        if constexpr (MECHANISM == LOAN) {
            for (std::int64_t lane = 0; lane < LANES; ++lane) {
                beside.rate[LOAN][lane] = firm_loan_hazard(w, w.firm(LANES * b + lane), beside.fixed_cost[lane],
                                                           beside.surplus[lane], beside.wanted[lane], beside.added[lane]);
            }
        } else if (MECHANISM == ATTEMPT && w.s.own_profit == 1.0) {
            hazards<MECHANISM, true>(w, w.blocks[b], beside);
        } else {
            hazards<MECHANISM>(w, w.blocks[b], beside);
        }
    }
    for (std::int64_t b = first; b < last; ++b) {
        Beside& beside = w.beside[b - first];
        spend(w.blocks[b].residual[MECHANISM], beside.rate[MECHANISM], beside.struck, MECHANISM);
    }
}

void strike_block(World& w, std::int64_t b, const Beside& beside) {
    std::uint64_t striking = 0;
    for (std::int64_t lane = 0; lane < LANES; ++lane) striking |= std::uint64_t{beside.struck[lane] != 0} << lane;
    for (; striking != 0; striking &= striking - 1) {
        const std::int64_t lane = std::countr_zero(striking);
        for (auto clocks = static_cast<std::uint64_t>(beside.struck[lane]); clocks != 0; clocks &= clocks - 1) {
            const std::int64_t mechanism = std::countr_zero(clocks);
            strike(w, LANES * b + lane, mechanism, beside.rate[mechanism][lane]);
        }
    }
}

void run_clocks(World& w, std::int64_t first, std::int64_t last) {
    for (std::int64_t b = first; b < last; ++b) std::fill_n(w.beside[b - first].struck, LANES, 0);
    run_clock<EXIT>(w, first, last);
    run_clock<SPIN_OFF>(w, first, last);
    run_clock<ATTEMPT>(w, first, last);
    run_clock<RELOCATION>(w, first, last);
    run_clock<LOAN>(w, first, last);
    run_clock<SUCCESSION>(w, first, last);
    run_clock<BREACH>(w, first, last);
    run_clock<POACHING>(w, first, last);
    for (std::int64_t b = first; b < last; ++b) strike_block(w, b, w.beside[b - first]);
}

void World::move_firms_and_clocks() {
    empty(sums.repaid);
    const std::int64_t count = block_count(cluster.rows);
    for (std::int64_t first = 0; first < count; first += GROUP) {
        const std::int64_t last = min(first + GROUP, count);
        for (std::int64_t b = first; b < last; ++b) stand(blocks[b], beside[b - first]);
        const std::int64_t ahead = cluster.rows > CACHED ? last - first : 0;
        for (std::int64_t b = first; b < last && cluster.outstanding > 0.0; ++b) repay_block(*this, blocks[b], sums.repaid);
        for (std::int64_t b = first; b < last; ++b) {
            if (ahead > 0) fetch<0, 2 * SHARE>(blocks[b + ahead]);
            grow_block(*this, blocks[b], beside[b - first]);
        }
        for (std::int64_t b = first; b < last; ++b) {
            if (ahead > 0) fetch<2 * SHARE, 3 * SHARE>(blocks[b + ahead]);
            learn_block(*this, blocks[b], beside[b - first]);
        }
        for (std::int64_t b = first; b < last; ++b) absorb_block(*this, blocks[b]);
        for (std::int64_t b = first; b < last && cluster.improved_firms > 0.0; ++b) {
            refine_block(*this, blocks[b], beside[b - first]);
        }
        run_clocks(*this, first, last);
    }
    receive(cluster, total(sums.repaid));
    run_entry_clock(*this);
}

// ----------------------------------------------------------------------------------------------- order, and rows of firms

// Keys are dealt into as many bins as there are keys; what little is left out of order is mended.
void World::order_by(std::int64_t count, double first, double span) {
    const auto bin = [=](double key) {
        const auto place = static_cast<std::int64_t>((key - first) / span * static_cast<double>(count));
        return min(count - 1, max(std::int64_t{0}, place));
    };
    std::fill_n(&heads[0], count, 0);
    for (std::int64_t k = 0; k < count; ++k) heads[bin(keys[k])] += 1;
    std::int64_t begin = 0;
    for (std::int64_t k = 0; k < count; ++k) begin += std::exchange(heads[k], begin);
    for (std::int64_t k = 0; k < count; ++k) order[heads[bin(keys[k])]++] = k;
    for (std::int64_t k = 1; k < count; ++k) {
        const std::int64_t moving = order[k];
        std::int64_t j = k;
        for (; j > 0 && keys[order[j - 1]] > keys[moving]; --j) order[j] = order[j - 1];
        order[j] = moving;
    }
}

void World::put_in_order() {
    if (cluster.due <= FEW) {
        for (std::int64_t k = 0; k < cluster.due; ++k) order[k] = k;
    } else {
        for (std::int64_t k = 0; k < cluster.due; ++k) keys[k] = due[k].time;
        order_by(cluster.due, cluster.time, QUARTER);
    }
    for (std::int64_t k = 1; k < cluster.due; ++k) {
        for (std::int64_t j = k; j > 0 && comes_before(due[order[j]], due[order[j - 1]]); --j) std::swap(order[j], order[j - 1]);
    }
}

std::int64_t World::invite(std::int64_t j) {
    const double last = programmes[j].invited;
    std::int64_t waiting = 0;
    for (std::int64_t i = 0; i < cluster.rows; ++i) {
        const Lane& candidate = firm(i);
        double key = candidate.alive ? uniform(candidate.lineage, INVITATION, j) : PASSED_OVER;
        if (key <= last) key = PASSED_OVER;
        waiting += key < PASSED_OVER ? 1 : 0;
        keys[i] = key;
    }
    order_by(cluster.rows, 0.0, 1.0);
    return waiting;
}

void World::move(std::int64_t old, std::int64_t next) {
    // All columns of eight bytes a value, whatever they hold.
    using Word [[gnu::may_alias]] = std::uint64_t;
    constexpr std::size_t COLUMN_COUNT = offsetof(Block, count) / sizeof(Lanes);
    const auto* const source = reinterpret_cast<const Word*>(&block_of(old)) + lane_of(old);
    auto* const target = reinterpret_cast<Word*>(&block_of(next)) + lane_of(next);
    for (std::size_t column = 0; column < COLUMN_COUNT; ++column) target[LANES * column] = source[LANES * column];
    for (std::int64_t clock = 0; clock < FIRM_CLOCKS; ++clock) count(next, clock) = count(old, clock);
}

}  // namespace model
