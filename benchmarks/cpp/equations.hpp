// The model's equations, as ``model/mechanisms`` has them: operation by operation in the same order. Whoever includes this file
// has said before, in namespace ``model``, which ``exp`` and ``log`` they use.
#pragma once

#include "common.hpp"

namespace model {

EQUATION double logistic(double x) {
    const double tail = exp(-std::abs(x));
    return (x >= 0.0 ? 1.0 : tail) / (1.0 + tail);
}

EQUATION double central_ratio(double r) {
    double above = 2509.0809287301226727 * r + 33430.575583588128105;
    above = (above * r + 67265.770927008700853) * r + 45921.953931549871457;
    above = (above * r + 13731.693765509461125) * r + 1971.5909503065514427;
    above = (above * r + 133.14166789178437745) * r + 3.387132872796366608;
    double below = 5226.495278852545925 * r + 28729.085735721942674;
    below = (below * r + 39307.89580009271061) * r + 21213.794301586595867;
    below = (below * r + 5394.1960214247511077) * r + 687.1870074920579083;
    below = (below * r + 42.313330701600911252) * r + 1.0;
    return above / below;
}

EQUATION double middle_ratio(double r) {
    double above = 7.7454501427834140764e-4 * r + 0.0227238449892691845833;
    above = (above * r + 0.24178072517745061177) * r + 1.27045825245236838258;
    above = (above * r + 3.64784832476320460504) * r + 5.7694972214606914055;
    above = (above * r + 4.6303378461565452959) * r + 1.42343711074968357734;
    double below = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4;
    below = (below * r + 0.0151986665636164571966) * r + 0.14810397642748007459;
    below = (below * r + 0.68976733498510000455) * r + 1.6763848301838038494;
    below = (below * r + 2.05319162663775882187) * r + 1.0;
    return above / below;
}

EQUATION double far_ratio(double r) {
    double above = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5;
    above = (above * r + 0.0012426609473880784386) * r + 0.026532189526576123093;
    above = (above * r + 0.29656057182850489123) * r + 1.7848265399172913358;
    above = (above * r + 5.4637849111641143699) * r + 6.6579046435011037772;
    double below = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7;
    below = (below * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4;
    below = (below * r + 0.0148753612908506148525) * r + 0.13692988092273580531;
    below = (below * r + 0.59983220655588793769) * r + 1.0;
    return above / below;
}

// Wichura (1988), AS 241; ``u`` lies strictly between 0 and 1.
EQUATION bool is_central(double u) { return std::abs(u - 0.5) <= 0.425; }

EQUATION double central_quantile(double u) {
    const double q = u - 0.5;
    return q * central_ratio(0.180625 - q * q);
}

// Few draws lie there: a call of its own, so that no loop works it out for all.
[[gnu::noinline]] inline double tail_quantile(double u) {
    const bool below = u - 0.5 < 0.0;
    const double r = std::sqrt(-log(below ? u : 1.0 - u));
    const double tail = r <= 5.0 ? middle_ratio(r - 1.6) : far_ratio(r - 5.0);
    return below ? -tail : tail;
}

inline double normal_quantile(double u) { return is_central(u) ? central_quantile(u) : tail_quantile(u); }

EQUATION double waiting(double chance) { return -log(chance); }

EQUATION double exponential(const History& w, std::uint64_t lineage, std::int64_t mechanism, std::int64_t count) {
    return waiting(w.uniform(lineage, mechanism, count));
}

// ---------------------------------------------------------------------------------------------------------- production

EQUATION double years_step(double rate) { return min(1.0, rate * QUARTER); }

EQUATION double fixed_cost(const Params& p, const Setting& s, double rung) {
    const double sunk = exp(p.production_sunk_share * log(p.production_rung_size) * rung);
    return s.scale * (1.0 - p.production_span) / p.production_span * sunk;
}

EQUATION double break_even_price(const Params& p, const Setting& s) {
    return exp((1.0 - p.production_span) * log(s.scale)) / p.production_span;
}

EQUATION double recognised_quality(const Params& p, double recognition, double trust) {
    const double parts = p.production_own_parts + (1.0 - p.production_own_parts) * trust;
    return p.production_cost_side + (1.0 - p.production_cost_side) * recognition * parts;
}

EQUATION double skill_slope(const Params& p) { return (1.0 - p.production_span) * p.production_skill_size; }

EQUATION double rung_log_gain(const Params& p, double rung) {
    return (1.0 - p.production_span) * rung * log(p.production_rung_size);
}

EQUATION double optimal_workers(const Params& p, const Setting& s, double log_price, double log_efficiency) {
    const double size = s.scale * exp((log_price + log_efficiency) * (1.0 / (1.0 - p.production_span)));
    return min(max(size, 1.0), p.production_workers_max);
}

EQUATION double best_profit(const Params& p, double workers_best, double fixed) {
    return workers_best * (1.0 / p.production_span - 1.0) - fixed;
}

EQUATION double material_loss(const Params& p, const Setting& s, double time) {
    return p.market_material_share * min(1.0, max(0.0, (time - s.material_time) / 5.0));
}

EQUATION double centrality(const Params& p, double age) {
    return 1.0 - 0.5 * p.congestion_centre + p.congestion_centre * age / (age + p.congestion_centre_age);
}

// ------------------------------------------------------------------------------------------------------- agglomeration

EQUATION double thickness(const Params& p, double traders) { return log(1.0 + traders / p.trader_scale); }

EQUATION double attracted_traders(const Params& p, double workers, double market_place) {
    return p.trader_ratio * workers * (1.0 + p.market_place_traders * market_place);
}

EQUATION double enforcement(const Params& p, double improved_share) {
    return 1.0 / (1.0 + p.enforcement_fading * improved_share);
}

EQUATION double log_agglomeration(const Params& p, double thick, double enforced, double market_place) {
    const double gain = p.agglomeration_elasticity * thick;
    return gain - p.enforcement_cost * (1.0 - enforced) + p.market_place_effect * market_place;
}

EQUATION double crowding(double core_workers, double capacity) { return log(1.0 + core_workers / capacity); }

// ------------------------------------------------------------------------------------------------------------- finance

EQUATION double outlay(const Params& p, double rung) { return p.finance_outlay * exp(log(p.finance_outlay_rung) * rung); }

EQUATION double share_after_suppliers(const Params& p, double thick) { return exp(-p.finance_thickness * thick); }

EQUATION double own_share(const Params& p, const Setting& s, double recognition) {
    const double share = 1.0 - p.finance_record * recognition;
    return s.own_cash == 1.0 ? 1.0 : share;
}

EQUATION double borne_loss(const Params& p, double profit) { return min(0.0, profit + p.finance_patience); }

// ---------------------------------------------------------------------------------------------------------------- luck

EQUATION bool year_begins(const Cluster& c) { return c.tick > 0 && c.tick % YEAR == 0; }

EQUATION double luck_spread(const Params& p, double workers) {
    return p.luck_sd * exp(-p.luck_size * log(max(1.0, workers / SIZE_BASE)));
}

EQUATION double next_luck(const Params& p, double luck, double spread, double deviate) {
    return (1.0 - p.luck_reversion) * luck + spread * std::sqrt(p.luck_reversion * (2.0 - p.luck_reversion)) * deviate;
}

EQUATION double expected_efficiency(const Params& p, double log_efficiency, double luck) {
    return log_efficiency - p.luck_reversion * luck;
}

// -------------------------------------------------------------------------------------------------------------- market

EQUATION double import_ceiling(const Params& p, const Setting& s, double time, double protection) {
    double ceiling = s.import_price;
    if (time >= s.shock_time && ceiling > s.shock_price) {
        const double regained = 1.0 - exp(-p.market_redesign * (time - s.shock_time));
        ceiling = s.shock_price + (ceiling - s.shock_price) * regained;
    }
    return ceiling * (1.0 + protection);
}

EQUATION double world_price(const Params& p, const Setting& s, double time) {
    return s.world_price * exp(-p.market_world_fall * time);
}

EQUATION double improved_ceiling(const Params& p, double world, double protection) {
    return (1.0 + p.market_trade_cost) * world * (1.0 + protection);
}

EQUATION double log_growth(const Params& p, double rate, double time) {
    return rate * (1.0 - exp(-p.market_growth_fading * time)) / p.market_growth_fading + p.market_growth_last * time;
}

EQUATION double home_expenditure(const Params& p, const Setting& s, double time) {
    return s.market * exp(log_growth(p, s.growth, time));
}

EQUATION double export_demand(const Params& p, const Setting& s, double time, double base, double world) {
    return s.reach * exp(log_growth(p, p.market_export_growth, time)) / (base * world);
}

EQUATION double basic_weight(const Params& p, const Setting& s, double time) {
    return p.market_basic_share * exp(-p.market_basic_fall * max(0.0, log_growth(p, s.growth, time)));
}

EQUATION bool is_improved(std::int64_t rung) { return rung >= 1; }

struct ShareAndIndex {
    double share, index;
};

EQUATION ShareAndIndex share_and_index(const Params& p, double weight, double log_own, double log_other) {
    const double own = weight * exp(-p.market_substitution * (log_own - log_other));
    const double both = own + (1.0 - weight);
    return {own / both, log_other - log(both) / p.market_substitution};
}

EQUATION double log_index(const Params& p, double basic, double log_basic, double log_improved) {
    return share_and_index(p, basic, log_basic, log_improved).index;
}

EQUATION double log_demand(const Params& p, double log_level, double log_price, double index) {
    return log_level - (1.0 + p.market_substitution) * (log_price - index) - p.market_elasticity * index;
}

// Newton's method in logs, from a guess.
inline double clearing(const Params& p, double log_level, double weight, double log_other, double log_quantity, double guess) {
    const double spread = 1.0 + p.market_substitution - p.market_elasticity;
    double price = guess;
    for (std::int64_t k = 0; k < STEPS; ++k) {
        const auto [share, index] = share_and_index(p, weight, price, log_other);
        const double slope = spread * share - (1.0 + p.market_substitution);
        const double step = (log_demand(p, log_level, price, index) - log_quantity) / slope;
        price -= step;
        if (std::abs(step) < FOUND) break;
    }
    return price;
}

EQUATION double consumer_surplus(const Params& p, double expenditure, double opening, double index) {
    const double gap = 1.0 - p.market_elasticity;
    if (std::abs(gap) < 1e-6) return expenditure * (opening - index);
    return expenditure * (exp(gap * opening) - exp(gap * index)) / gap;
}

// --------------------------------------------------------------------------------------------- entry, spin-offs and exit

EQUATION double founder_schooling(const Params& p, const Setting& s, double deviate) {
    return max(0.0, s.schooling + p.entry_schooling_sd * deviate);
}

EQUATION double schooled_skill(const Params& p, double schooling) {
    return p.entry_schooling_skill * (schooling - SCHOOLING_BASE);
}

EQUATION double outsiders_skill(const Params& p, const Setting& s) { return schooled_skill(p, s.schooling); }

EQUATION double entry_size(const Params& p, const Setting& s, double ratio) {
    return max(1.0, min(p.entry_workers, 0.5 * s.scale) * ratio);
}

EQUATION double entry_cash(const Params& p, double fixed, double deviate) {
    return p.entry_cash * fixed * exp(p.entry_cash_sd * deviate);
}

EQUATION double attraction(double surplus) {
    const double gain = max(0.0, surplus);
    return gain / (1.0 + gain);
}

EQUATION double entry_hazard(const Params& p, double firms, double surplus) {
    return p.entry_intensity * exp(p.entry_visibility * log(firms + 1.0)) * attraction(surplus) + p.entry_floor;
}

EQUATION double small_profit(const Params& p, double workers, double workers_best, double fixed) {
    const double ratio = exp((1.0 - p.production_span) * log(workers_best / workers));
    return workers * (ratio / p.production_span - 1.0) - fixed;
}

EQUATION double apprenticeship(const Params& p, double age) {
    const double ratio = age * (1.0 / p.spin_off_lag);
    const double square = 1.0 + 0.25 * ratio * ratio;
    return 1.0 - 1.0 / ((square * square) * (square * square));
}

EQUATION double spin_off_hazard(const Params& p, double workers, double surplus, double age) {
    return p.spin_off_rate * std::sqrt(workers * 0.1) * attraction(surplus) * apprenticeship(p, age);
}

EQUATION std::int64_t inherited_rung(const Params& p, std::int64_t rung, double chance) {
    if (chance < 0.5 * p.spin_off_inheritance) return rung;
    return chance < p.spin_off_inheritance ? max(std::int64_t{0}, rung - 1) : 0;
}

EQUATION double exit_hazard(const Params& p, double surplus, double cash, double fixed, double log_survival) {
    const double hazard = p.exit_base * exp(log_survival - p.exit_profit_response * min(3.0, max(-1.5, surplus)));
    return cash < -fixed ? p.exit_ceiling : min(p.exit_ceiling, max(p.exit_floor, hazard));
}

EQUATION double training_survival(const Cluster& c, double trained) {
    return c.log_training_exit * min(1.0, c.courses_per_sd * trained);
}

// ------------------------------------------------------------------------------------------------------------- growth

EQUATION double surplus(double profit, double potential, double per_fixed) { return 0.5 * (profit + potential) * per_fixed; }

EQUATION double kept_cash(const Params& p, double cash, double workers, double profit, double fixed) {
    const double flow = profit > 0.0 ? p.finance_retention * profit : borne_loss(p, profit);
    return min(cash + flow * QUARTER, p.finance_reserve * fixed + workers);
}

EQUATION double wanted_growth(const Params& p, double workers, double workers_best) {
    return min(years_step(p.growth_speed) * (workers_best - workers), p.growth_step * workers + 0.5);
}

EQUATION double instalment_due(double debt, double instalment) { return debt - instalment >= SETTLED ? instalment : debt; }

// ---------------------------------------------------------------------------------------- improvement and knowledge

EQUATION double squeeze(const Params& p, double surplus) {
    return logistic((p.attempt_squeeze - surplus) / p.attempt_squeeze_width);
}

EQUATION double gain_per_worker(const Params& p, double log_price_gain) {
    const double multiple = p.production_rung_size * exp(log_price_gain / (1.0 - p.production_span));
    return (1.0 / p.production_span - 1.0) * (multiple - 1.0);
}

EQUATION double private_gain(const Cluster& c, double workers, double per_fixed, double per_worker) {
    return max(0.0, workers * per_fixed * per_worker - c.gain_cost);
}

EQUATION double visible_record(const Params& p, const Setting& s, double succeeded, double failed) {
    const double known = s.count_failures == 1.0 ? 1.0 : 1.0 + succeeded;
    return exp(p.attempt_discouragement * log(known / (known + failed)));
}

EQUATION double attempt_hazard(const Params& p, double schooling, double skill, double size, double pressed, double gain) {
    const double drive = p.attempt_schooling * (schooling - SCHOOLING_BASE) + p.attempt_skill * skill;
    return min(p.attempt_ceiling, p.attempt_rate * exp(drive) * std::sqrt(size) * pressed * gain / (1.0 + gain));
}

EQUATION double quality_side(const Params& p, double access, double schooling, double rung) {
    return access + p.success_schooling * (schooling - SCHOOLING_BASE) - p.success_rung * rung;
}

EQUATION double management_side(const Params& p, double skill, double schooling) {
    return p.success_skill * skill + p.success_schooling * (schooling - SCHOOLING_BASE);
}

EQUATION double marketing_side(const Params& p, double thick, double schooling, double recognition) {
    const double known = p.success_schooling * (schooling - SCHOOLING_BASE) + p.success_recognition * recognition;
    return p.success_thickness * (thick - THICKNESS_BASE) + known;
}

EQUATION double parts_side(const Params& p, double thick, double trust) {
    return p.success_thickness * (thick - THICKNESS_BASE) + p.success_trust * trust;
}

EQUATION double shown(const Params& p, double above) {
    return p.success_imitation * above / (above + p.success_imitation_half);
}

EQUATION double success_chance(const Params& p, const Setting& s, double quality, double management, double marketing,
                               double parts, double eased) {
    const double common = p.success_intercept + eased;
    if (s.one_logit == 1.0) return logistic(SIDES * common + ((quality + management) + (marketing + parts)));
    const double produced = logistic(common + quality) * logistic(common + management);
    return produced * (logistic(common + marketing) * logistic(common + parts));
}

EQUATION double taught_share(double trained) { return trained / (1.0 + trained); }

EQUATION double perceived_worth(const Params& p, double awareness, double taught) {
    return awareness + (1.0 - awareness) * p.awareness_own * taught;
}

EQUATION double spillover(const Params& p, double trained, double trained_mean) {
    return p.learning_spillover * max(0.0, trained_mean - trained);
}

EQUATION double learning_abroad(const Params& p, double profit, double worth) {
    const double spent = (p.learning_spend / p.learning_scale) * worth * max(0.0, profit);
    return p.learning_abroad * spent / (1.0 + spent);
}

EQUATION double course_cost(const Params& p, double unit_cost, double workers) {
    return unit_cost * (1.0 + p.training_size_cost * workers);
}

EQUATION double tuition(const Params& p, double bought, double workers) {
    return course_cost(p, p.learning_private_price * bought, workers);
}

EQUATION double private_training(const Params& p, double worth, double profit, double workers) {
    const double bought = p.learning_private_training * max(0.0, 2.0 * worth - 1.0);
    return profit > tuition(p, bought, workers) ? bought : 0.0;
}

EQUATION double recognition_gain(const Params& p, double recognition, double workers, double rivals_share) {
    const double exposed = p.brand_agent_workers / (p.brand_agent_workers + workers);
    return p.recognition_rate * (1.0 - recognition) - p.brand_theft * recognition * rivals_share * exposed;
}

EQUATION double trust_gain(const Params& p, double trust, double enforced) {
    return p.subcontract_rate * enforced * (1.0 - trust);
}

EQUATION double breach_hazard(const Params& p, double trust, double enforced) {
    return p.subcontract_breach * (1.0 - enforced) * trust;
}

EQUATION double poaching_hazard(const Params& p, double taught) { return p.poaching_rate * taught; }

EQUATION double succession_hazard(const Params& p, double age, bool heir) {
    return (age > p.succession_age) & !heir ? p.succession_rate : 0.0;
}

// ------------------------------------------------------------------------------------------------ relocation and credit

EQUATION double relocation_gain(const Params& p, double workers_best, double crowded, double place) {
    const double relief = exp(p.congestion_elasticity * crowded * place / (1.0 - p.production_span)) - 1.0;
    return workers_best * (1.0 / p.production_span - 1.0) * relief;
}

EQUATION double relocation_cost(const Params& p, double workers) {
    return p.relocation_cost + p.relocation_cost_worker * workers;
}

EQUATION double relocation_hazard(const Params& p, double gain, double cost, double heir, double copied) {
    const double motive = p.relocation_years * gain / cost - 1.0 + p.relocation_escape * copied;
    return p.relocation_rate * min(3.0, max(0.0, motive)) * (1.0 + p.relocation_heir * heir);
}

EQUATION double needed_space(const Params& p, double workers) { return max(PLOT_MIN, p.relocation_space * workers); }

EQUATION double approval(double signal) { return logistic(SCREEN_SLOPE * (signal - SCREEN_AT)); }

EQUATION double constrained_share(double wanted, double added) { return wanted > 0.0 ? 1.0 - added / wanted : 0.0; }

EQUATION double reading_error(const Params& p, double strained, double cofinance) {
    return p.credit_noise * (1.0 + strained) * (1.0 - (1.0 - ERROR_LEFT) * cofinance);
}

EQUATION double not_refused(double approved, double cofinance) { return 1.0 - cofinance * (1.0 - approved); }

EQUATION double loan_hazard(const Params& p, double constraint, double approved, double captured, double connected, double cofinance) {
    const double honest = (1.0 - captured) * approved;
    const double favoured = captured * CONNECTED_CHANCE * connected * not_refused(approved, cofinance);
    return p.credit_demand * constraint * (honest + favoured);
}

// Firms one after another: an officer's error is a draw, and most firms never apply.
template <class Firm>
double firm_loan_hazard(const History& w, const Firm& firm, double fixed, double surplus, double wanted, double added) {
    const Params& p = w.p;
    const Cluster& c = w.cluster;
    if (c.fund <= FUND_MIN || firm.debt > 0.0 || (c.credit_trained == 1.0 && !firm.courses)) return 0.0;
    const double constraint = firm.cash < p.attempt_cost * fixed ? 1.0 : constrained_share(wanted, added);
    if (constraint <= 0.0) return 0.0;
    const double noise = reading_error(p, c.strain, c.cofinance);
    const double signal = surplus + noise * normal_quantile(w.uniform(firm.lineage, SIGNAL, c.tick));
    return loan_hazard(p, constraint, approval(signal), c.captured_lending, firm.connected, c.cofinance);
}

EQUATION double amount_lent(double fund, double wanted, double cofinance) {
    const double open = 1.0 - cofinance;
    return open * wanted <= fund ? wanted : fund / open;
}

EQUATION double beside_share(double cofinanced, double outstanding) {
    return outstanding > 0.0 ? min(1.0, max(0.0, cofinanced / outstanding)) : 0.0;
}

// ------------------------------------------------------------------------------------------------------------ government

EQUATION double opening_time(const Setting& s, const Programme& programme) {
    return programme.of_history == 1 ? programme.start - s.start_year : s.decision + programme.start;
}

EQUATION double strain(const Params& p, double spending, double wage_bill) {
    return p.state_strain * max(0.0, spending / (p.state_capacity * max(1.0, wage_bill)) - 1.0);
}

EQUATION double space_cost(const Params& p, double strained) { return p.zone_cost * p.zone_overrun * (1.0 + strained); }

EQUATION double investor_chance(const Params& p, double firms) {
    return 1.0 / (1.0 + p.investment_copying * log(1.0 + firms) / 3.0);
}

EQUATION double years_open(const Programme& programme) { return max(QUARTER, programme.stop - programme.start); }

EQUATION double build_up_years(const Programme& programme) { return min(years_open(programme), BUILD_UP_YEARS); }

EQUATION double take_up(const Params& p, double awareness, double fee) {
    return p.training_take_up * 0.5 * (1.0 + awareness) * exp(-p.training_fee_response * fee * (1.0 - awareness));
}

EQUATION double course_gain(const Params& p, std::int64_t course) {
    if (course == TECHNOLOGY) return p.training_technology_gain;
    return course == INTENSIVE ? p.training_intensive_gain : p.training_gain;
}

EQUATION double discount_factor(double rate, double years) { return exp(-rate * years); }

}  // namespace model
