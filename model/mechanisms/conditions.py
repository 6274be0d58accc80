"""What can government change for all firms by what it spends? Market places, utilities, zoned land, protected brands, schools and
vocational training, each with returns that fall; land and schools take years to act, and most wears away (WP 5703, III-V).

All of them act through what the cluster gives to its firms or through who founds firms, and none through what a firm does.
"""

from typing import Any

from model.arithmetic import exp
from model.compiling import equation, step
from model.events import QUARTER
from model.mechanisms.production import years_step
from model.state import SCHOOLING, STANDARDS, UTILITIES, VOCATIONAL_TRAINING, ZONING
from model.world import World


@equation
def response(spent: float, scale: float, wage_bill: float) -> float:
    """Share of an instrument's full effect that spending reaches: each further wage-year brings less.

    Formula: 1 - e^(-S/(k W))
    """
    return 1.0 - exp(-spent / (scale * max(1.0, wage_bill)))


@equation
def market_place_strength(p: Any, standing: float, works: float, wage_bill: float) -> float:
    """Strength of public market places and roads, given that of history's and what a policy has built since.

    Formula: M_h + (m - M_h)+ (1 - e^(-S/(k W)))
    """
    return standing + max(0.0, p.market_place_most - standing) * response(works, p.market_place_scale, wage_bill)


@equation
def utilities_gain(p: Any, works: float, wage_bill: float) -> float:
    """Log productivity of every firm that power, water and telephones bring, beyond those that stood at the decision.

    Formula: mu_u (1 - e^(-S/(k_u W)))
    """
    return p.utilities_effect * response(works, p.utilities_scale, wage_bill)


@equation
def zoned_share(p: Any, opened: float, wage_bill: float) -> float:
    """Land for light industry that zoning adds to the core, as a share of the core's capacity (WP 5703, note 14).

    Formula: z (1 - e^(-S/(k_z W)))
    """
    return p.zoning_most * response(opened, p.zoning_scale, wage_bill)


@equation
def protected_share(p: Any, yearly: float, wage_bill: float) -> float:
    """Share of the theft of brands that standards and quality guarantees prevent, given what is spent on them a year.

    Formula: theta_s (1 - e^(-S'/(k_s W)))
    """
    return p.standards_effect * response(yearly, p.standards_scale, wage_bill)


@equation
def schooling_added(p: Any, borne: float, wage_bill: float) -> float:
    """Years of schooling that new founders have beyond those of the cluster's pool, once new schools have borne fruit.

    Formula: e_s (1 - e^(-S/(k_e W)))
    """
    return p.schooling_most * response(borne, p.schooling_scale, wage_bill)


@equation
def vocational_skill(p: Any, works: float, wage_bill: float) -> float:
    """Managerial capital of founders who were workers of the cluster, from vocational training (SD).

    Formula: v (1 - e^(-S/(k_v W)))
    """
    return p.vocational_gain * response(works, p.vocational_scale, wage_bill)


@step
def wear_and_ripen(w: World) -> None:
    """Let a quarter pass: works wear away, trained workers retire, and land and schools that were paid for come into use."""
    cluster, p = w.cluster, w.p
    cluster.market_works -= years_step(p.market_place_decay) * cluster.market_works
    cluster.utilities_works -= years_step(p.utilities_decay) * cluster.utilities_works
    cluster.vocational_works -= years_step(p.vocational_decay) * cluster.vocational_works
    cluster.zoning_opened += years_step(1.0 / p.zoning_lag) * (cluster.zoning_works - cluster.zoning_opened)
    cluster.schooling_borne += years_step(1.0 / p.schooling_lag) * (cluster.schooling_works - cluster.schooling_borne)
    cluster.standards_yearly = 0.0


@step
def improve_conditions(w: World, programme: Any, spent: float) -> None:
    """Add what a programme spent in a quarter and what reached its purpose (wage-years) to what was spent before."""
    cluster, kind = w.cluster, programme.kind
    if kind == UTILITIES:
        cluster.utilities_works += spent
    elif kind == ZONING:
        cluster.zoning_works += spent
    elif kind == STANDARDS:
        cluster.standards_yearly += spent / QUARTER
    elif kind == SCHOOLING:
        cluster.schooling_works += spent
    elif kind == VOCATIONAL_TRAINING:
        cluster.vocational_works += spent


@step
def set_conditions(w: World) -> None:
    """Work out what all this does in the quarter to come; nothing where nothing was spent."""
    cluster, p, bill = w.cluster, w.p, w.cluster.wage_bill
    cluster.market_place = market_place_strength(p, cluster.market_place, cluster.market_works, bill)
    cluster.utilities = utilities_gain(p, cluster.utilities_works, bill)
    cluster.zoned = zoned_share(p, cluster.zoning_opened, bill)
    cluster.standards = protected_share(p, cluster.standards_yearly, bill)
    cluster.schooled = schooling_added(p, cluster.schooling_borne, bill)
    cluster.vocational = vocational_skill(p, cluster.vocational_works, bill)
