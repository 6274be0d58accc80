"""What is given to a history before it starts? The cluster's latents, drawn from the population of clusters, and its covariates.

A latent is a standard normal. ``settings_for`` maps the latents, with the population's parameters and the case's covariates, to
the physical ``SETTING`` that both engines read (``docs/model.md``, the population of clusters).
"""

import hashlib
import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

from model.arrays import Floats, Ints
from model.events import QUARTER
from model.figures import Observation
from model.mechanisms.market import log_growth
from model.parameters import PARAMS
from model.priors import Priors, exponentials
from model.schema import Case, Span
from model.state import FIRMS_MAX, SETTING

Values = Mapping[str, Floats]

LATENTS: Final = (
    "market", "scale", "growth", "capacity", "import_price", "shock", "shock_time", "shock_price", "reach", "world_price",
    "access", "start_year", "schooling", "training_site",
)
COLUMN: Final[Mapping[str, int]] = {name: column for column, name in enumerate(LATENTS)}
DISCOUNT: Final = 0.05
# Population at which the mean home market is stated (millions).
HOME_PEOPLE: Final = 50.0
# Latents are clipped here, far in the tails, where the quantile of a start year at the end of its span would be infinite.
EDGE: Final = 8.0
# Log sd of the error with which a figure measures the size of the market and the minimum scale. Improvement and exports make the
# first error larger.
MARKET_NOISE: Final = 1.0
MARKET_NOISE_IMPROVED: Final = 1.5
SCALE_NOISE: Final = 0.7
# Regions of the tables, and the share of Asia's access to knowledge that each has.
TABLED_REGIONS: Final = ("asia", "africa")
_ACCESS: Final[Mapping[str, float]] = {"asia": 1.0, "africa": 0.0}


def draw_values(
    priors: Priors, count: int, source: np.random.Generator | Floats, calibrated: Values | Floats | None = None
) -> dict[str, Floats]:
    """Draw every parameter for ``count`` histories.

    Parameters
    ----------
    priors : Priors
    count : int
        Number of histories n.
    source : numpy.random.Generator, or float64, shape (n, k)
        A generator, or uniforms for the k parameters of ``drawn_names(priors, calibrated)``.
    calibrated : mapping of name to float64, shape (n,), or float64, shape (n, number calibrated), optional
        Values of the calibrated parameters, which are drawn from their priors where not given.

    Returns
    -------
    dict of name to float64, shape (n,)
        All parameters, in the order of the file.
    """
    given = _columns(priors, calibrated)
    names = drawn_names(priors, given)
    uniforms = source.random((count, len(names))) if isinstance(source, np.random.Generator) else source
    drawn = dict(zip(names, priors.quantile(names, uniforms).T, strict=True))
    values = {}
    for name, default in priors.defaults.items():
        value = drawn[name] if name in drawn else given.get(name, default)
        values[name] = np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float64), (count,)))
    return values


def drawn_names(priors: Priors, calibrated: Values | Floats | None = None) -> tuple[str, ...]:
    """Return the names of the parameters that ``draw_values`` draws: those that have a prior and are not given."""
    given = _columns(priors, calibrated)
    return tuple(name for name in priors.names() if priors.entry(name).role != "constant" and name not in given)


def default_values(priors: Priors, count: int, changes: Mapping[str, float] | None = None) -> dict[str, Floats]:
    """Return every parameter at its default or its changed value, float64, shape (count,) each.

    Raises
    ------
    InputError
        If a change names no parameter, or its value is out of range.
    """
    return {name: np.full(count, value) for name, value in {**priors.defaults, **priors.checked(changes or {})}.items()}


def _columns(priors: Priors, calibrated: Values | Floats | None) -> Values:
    if calibrated is None:
        return {}
    if isinstance(calibrated, Mapping):
        return calibrated
    names = priors.names("calibrated")
    return dict(zip(names, np.atleast_2d(calibrated).T, strict=True))


def params_for(values: Values) -> Any:
    """Return ``PARAMS`` records, shape (n,), from the values of all parameters, shape (n,) each."""
    count = len(np.atleast_1d(next(iter(values.values()))))
    params = np.zeros(count, PARAMS).view(np.recarray)
    for name in PARAMS.names or ():
        params[name] = values[name]
    return params


def settings_for(
    case: Case,
    values: Values,
    latents: Floats,
    structures: Mapping[str, str],
    years_after: float = 0.0,
    decision: float | None = None,
) -> tuple[Any, Floats]:
    """Return the settings of n histories of a case.

    Parameters
    ----------
    case : Case
    values : mapping of every parameter's name to float64, shape (n,)
    latents : standard normals, float64, shape (n, len(LATENTS))
    structures : the option in force of every structural choice (``Priors.structures_with``)
    years_after : years that each history lasts beyond the last observation
    decision : calendar time of the decision; the last observation if not given, ``inf`` for no decision

    Returns
    -------
    settings : SETTING records, shape (n,)
    start_year : calendar time at which each history begins, at the beginning of a quarter, float64, shape (n,)
    """
    latents = np.atleast_2d(np.asarray(latents, np.float64))
    count = len(latents)
    settings = np.zeros(count, SETTING).view(np.recarray)
    start_year = start_years(case, latents[:, COLUMN["start_year"]], structures)
    settings.start_year = start_year
    _fill_market(settings, case, values, latents)
    _fill_shock(settings, case, values, latents, start_year)
    _fill_founders(settings, case, values, latents, structures)
    last = last_time(case, start_year)
    settings.decision = (last if decision is None else decision) - start_year
    settings.discount = DISCOUNT
    settings.firms_max = FIRMS_MAX
    _fill_structures(settings, structures)
    settings.case = case_key(case)
    settings.quarters = np.rint((last + years_after - start_year) / QUARTER).astype(np.int64)
    return settings, start_year


def _fill_structures(settings: Any, structures: Mapping[str, str]) -> None:
    """Write structural choices as the numbers that equations read."""
    settings.own_profit = structures["attempt_form"] == "own_profit"
    settings.one_logit = structures["many_sided"] == "one_logit"
    settings.count_failures = structures["record"] == "count"
    settings.own_cash = structures["finance"] == "own_cash"
    settings.spillover = structures["spillover"] == "on"
    settings.state_module = structures["state_capacity"] == "on"
    settings.ladder = float(structures["ladder"])


def _fill_market(settings: Any, case: Case, values: Values, latents: Floats) -> None:
    """Write home and foreign demand, minimum scale, growth and capacity."""
    z = {name: latents[:, column] for name, column in COLUMN.items()}
    region = case.covariates.region
    market = values["population_market_mean"] + values["population_market_home"] * log_home(case)
    settings.market = exponentials(market + values["population_market_sd"] * z["market"])
    scale = values["population_scale_mean"] + values["population_scale_heavy"] * case.covariates.heavy_product
    settings.scale = exponentials(scale + values["population_scale_sd"] * z["scale"])
    growth, wider = of_region(values, "population_growth", region)
    settings.growth = growth + np.hypot(values["population_growth_sd"], wider) * z["growth"]
    capacity, wider = of_region(values, "population_capacity", region, logs=True)
    settings.capacity = capacity * exponentials(np.hypot(values["population_capacity_sd"], wider) * z["capacity"])
    import_price = exponentials(values["population_import_price_sd"] * z["import_price"])
    settings.import_price = values["population_import_price"] * import_price
    reach = values["population_reach_mean"] + values["population_desh_reach"] * case.covariates.quota_buyers
    reach = reach + values["market_export_growth"] * (settings.start_year - values["population_reach_year"])
    settings.reach = exponentials(reach + values["population_reach_sd"] * z["reach"])
    world = values["population_world_price_mean"] + values["population_world_price_market"] * z["market"]
    settings.world_price = exponentials(world + values["population_world_price_sd"] * z["world_price"])


def of_region(values: Mapping[str, Any], name: str, region: str, logs: bool = False) -> tuple[Any, Any]:
    """Return the mean that a population's parameter has in a region, and what is added to the spread around it.

    A cluster in a region that is in no table is like one of Asia or of Africa, with even odds: its mean is the middle of both,
    and half their difference widens its spread.

    Parameters
    ----------
    values : mapping of name to float or float64, shape (n,)
    logs : whether middle and difference are those of logs; the mean is returned in its own unit in any case
    """
    if region in TABLED_REGIONS:
        return values[f"{name}_{region}"], 0.0
    asia, africa = (values[f"{name}_{one}"] for one in TABLED_REGIONS)
    if logs:
        return np.sqrt(asia * africa), 0.5 * np.abs(np.log(asia / africa))
    return 0.5 * (asia + africa), 0.5 * np.abs(asia - africa)


def log_home(case: Case) -> float:
    """Return the log of the country's population over ``HOME_PEOPLE``: the extent of the home market; 0 where it is not given."""
    home = case.covariates.home_population
    return 0.0 if home is None else math.log(home.value / HOME_PEOPLE)


def _fill_shock(settings: Any, case: Case, values: Values, latents: Floats, start_year: Floats) -> None:
    """Write shocks of import and material prices; a shock dated before the start is in force from the start."""
    from scipy import special

    occurs, date, price = (special.ndtr(latents[:, COLUMN[name]]) for name in ("shock", "shock_time", "shock_price"))
    first, last = values["population_shock_first"], values["population_shock_last"]
    low, high = values["population_shock_price_low"], values["population_shock_price_high"]
    hit = occurs < of_region(values, "population_shock", case.covariates.region)[0]
    settings.shock_time = np.where(hit, first + (last - first) * date - start_year, np.inf)
    settings.shock_price = low + (high - low) * price
    shock = case.covariates.material_shock
    settings.material_time = np.inf if shock is None else shock.year - start_year


def _fill_founders(settings: Any, case: Case, values: Values, latents: Floats, structures: Mapping[str, str]) -> None:
    """Write the founders' schooling, knowledge and number, and whether training works in this cluster."""
    from scipy import special

    p = SimpleNamespace(**values)
    # Africa's access is the origin of the scale; of another region, see ``of_region``.
    regional = _ACCESS.get(case.covariates.region, 0.5) if structures["region_access"] == "on" else 0.0
    group, trained = case.origin.group, case.covariates.trained_founders
    access = regional * p.population_access_asia
    wider = 0.5 * p.population_access_asia if regional == 0.5 else 0.0
    access = access + (p.initiation_access if group == 2 else 0.0)
    settings.access = access + np.hypot(p.population_access_sd, wider) * latents[:, COLUMN["access"]]
    known = next((seen.schooling for seen in case.observations if seen.schooling is not None), None)
    if known is None:
        mean, sd = p.population_schooling_unknown, p.population_schooling_unknown_sd
    else:
        mean, sd = known.middle - p.population_schooling_gap, p.population_schooling_sd
    settings.schooling = np.maximum(0.0, mean + sd * latents[:, COLUMN["schooling"]])
    settings.site_works = special.ndtr(latents[:, COLUMN["training_site"]]) <= p.training_site
    settings.traders = case.origin.traders
    settings.founders = float(trained) if trained else p.initiation_pioneers
    head_start = p.initiation_head_start if group > 1 else 0.0
    settings.founder_skill = p.population_desh_skill if trained else p.initiation_skill + head_start
    settings.founder_rung = p.population_desh_rung if trained else 0.0


def _span(case: Case, structures: Mapping[str, str]) -> Span:
    reform = case.start.reform
    return case.start if reform is None or structures["start_date"] != "reform" else reform


def start_years(case: Case, z: Floats, structures: Mapping[str, str]) -> Floats:
    """Return the calendar time at which each history begins, from latents ``z``; both are float64, shape (n,).

    The distribution is triangular. Times are rounded to a quarter, so that observations fall on ticks.
    """
    from scipy import special

    span = _span(case, structures)
    low, mode, high = float(span.low), float(span.mode), float(span.high)
    if low == high:
        return np.full(np.shape(z), low)
    unit = special.ndtr(z)
    share = (mode - low) / (high - low)
    rising = low + np.sqrt(unit * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - unit) * (high - low) * (high - mode))
    return np.asarray(np.rint(np.where(unit < share, rising, falling) / QUARTER) * QUARTER, np.float64)


def last_time(case: Case, start_year: Floats) -> Floats:
    """Return the calendar time of the last observation, or else of the latest start: float64, in the shape of ``start_year``."""
    return np.broadcast_to(case.observations[-1].time if case.observations else float(case.start.high), np.shape(start_year))


def observation_ticks(case: Case, start_year: Floats) -> Ints:
    """Return the quarter of every observation, counted from each history's start.

    Parameters
    ----------
    case : Case
    start_year : calendar time at which each history begins, float64, shape (n,)

    Returns
    -------
    int64, shape (n, number of observations)
    """
    times = np.array([seen.time for seen in case.observations], np.float64)
    since = times[None, :] - np.atleast_1d(np.asarray(start_year, np.float64))[:, None]
    return np.rint(since / QUARTER).astype(np.int64)


def case_key(case: Case) -> int:
    """Return the number that stands for a case in random keys: its own, or for a user's cluster a 64-bit hash of its title."""
    if case.number:
        return case.number
    digest = hashlib.blake2b(case.title.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") | 1 << 63


def conditional_medians(case: Case, priors: Priors, structures: Mapping[str, str] | None = None) -> Floats:
    """Return latents near their medians given the case's own figures, at default parameters: float64, shape (len(LATENTS),).

    The approximation serves to show a history. Log workers, less mean growth since the mode of the start, measure the log of the
    home market. Log workers per firm, less the effect of improvement, measure the log of the minimum scale. Each is weighed
    against the population by its precision, as if both were normal and independent. The earliest figures are used, because
    improvement affected them least. The start is at its mode; all other latents are 0.
    """
    from scipy import special

    p = priors.defaults
    latents = np.zeros(len(LATENTS))
    span = _span(case, priors.structures_with(structures))
    if span.low < span.high:
        share = (span.mode - span.low) / (span.high - span.low)
        latents[COLUMN["start_year"]] = np.clip(special.ndtri(share), -EDGE, EDGE)
    seen = next((seen for seen in case.observations if seen.firms is not None or seen.workers_per_firm is not None), None)
    if seen is None:
        return latents
    improved = seen.improvement in ("success", "never_needed")
    scale = p["population_scale_mean"] + p["population_scale_heavy"] * case.covariates.heavy_product
    latents[COLUMN["scale"]] = scale_z = _scale_given(seen, p, scale, improved)
    if seen.firms is not None:
        size = scale + p["population_scale_sd"] * scale_z
        noise = MARKET_NOISE_IMPROVED if improved else MARKET_NOISE
        if seen.workers_per_firm is not None:
            size = math.log(seen.workers_per_firm.middle) - seen.workers_per_firm.selection_bias
        else:
            noise = math.hypot(noise, p["population_scale_sd"])
        mean, _ = of_region(p, "population_growth", case.covariates.region)
        growth = log_growth(SimpleNamespace(**p), mean, seen.time - span.mode)
        deviation = math.log(seen.firms.middle) + size - growth - p["population_market_mean"]
        deviation -= p["population_market_home"] * log_home(case)
        latents[COLUMN["market"]] = _weighed(deviation, p["population_market_sd"], noise)
    return latents


def _scale_given(seen: Observation, p: Mapping[str, float], mean: float, improved: bool) -> float:
    """Return the approximate median of the scale's latent, given the workers per firm."""
    if seen.workers_per_firm is None:
        return 0.0
    gained = p["production_sunk_share"] * math.log(p["production_rung_size"]) if improved else 0.0
    deviation = math.log(seen.workers_per_firm.middle) - seen.workers_per_firm.selection_bias - gained - mean
    return _weighed(deviation, p["population_scale_sd"], SCALE_NOISE)


def _weighed(deviation: float, sd: float, noise: float) -> float:
    """Return the median of a standardised latent of prior sd ``sd``, measured by ``deviation`` with an error of sd ``noise``."""
    return deviation * sd / (sd * sd + noise * noise)
