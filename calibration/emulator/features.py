"""What is the network told of a history before it runs? Everything that was drawn for it, and quantities that mean something.

Raw inputs are the whitened parameters, all that the cluster has for itself, and which cluster it is. Beside them stand the
quantities of ``MEANING``: the physical settings of ``model.latents.settings_for``, and what their formulas make of them by the
date of observation (a test holds both together). A network that is told them learns a smooth correction where
it would else have to learn products, dates and thresholds. Every function takes either array library (``xp``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from calibration.simulator import EARLIER, VAGUE, ClusterSimulator
from model.arrays import Floats
from model.figures import Observation
from model.latents import COLUMN, LATENTS, log_home
from model.mechanisms.birth import SCHOOLING_BASE
from model.schema import Case

# Each quantity with its meaning; "seen" and "then" are the last and the earlier date of observation. Logs, logits, and years in
# tens; all are of the order of one.
MEANING: Final[Mapping[str, str]] = {
    "age_seen": "age when last seen: time to enter, grow, improve and shake out",
    "age_then": "age at the earlier date",
    "market": "log home market at the start: how much is bought",
    "scale": "log minimum scale: how small a firm can be",
    "room": "log market over scale: how many firms of the least size the market feeds at the start",
    "room_seen": "the same with the growth of demand until last seen",
    "room_then": "the same until the earlier date",
    "crowding_seen": "log market when last seen over the core's capacity: congestion",
    "import_price": "log price of imports at the start: the ceiling on the home price",
    "shock": "whether an import shock falls in the cluster's life",
    "shock_seen": "years since that shock when last seen",
    "shock_then": "years since that shock at the earlier date",
    "shock_depth": "log price of imports after the shock, where there is one",
    "reach": "log export demand within reach at the start over scale",
    "reach_seen": "the same when last seen: world demand grows with the calendar",
    "abroad": "log of foreign over home demand when last seen: whether exporting pays",
    "world_price": "log world price at the start: what an improved good earns abroad",
    "access": "knowledge from abroad: the quality side of an improvement",
    "schooling": "founders' mean schooling, in years above ten, over three",
    "material": "years since a surge of material prices when last seen",
    "quality": "log odds of the quality side of a first improvement at the start",
    "learned": "log odds of the management side at the start",
    "attempts": "log attempts of a firm under full squeeze by the time it is last seen",
    "successes": "the same times the chance of quality and management: improvements that a firm could make",
    "entries": "log entries per incumbent until last seen, less exits: how fast the cluster can fill",
    "pressed": "log market over scale when last seen, times the response of entry: how full it is",
}
# Range and spacing of the tables of prior quantiles, in standard deviations.
REACH: Final = 6.0
SPACING: Final = 0.05
# Width of the smoothed threshold of an import shock, in standard deviations of its latent.
STEP: Final = 0.05
# Calendar years count from here, so that single precision holds a quarter.
EPOCH: Final = 1990.0


class Features(Protocol):
    """What a network is told, as a function of what was drawn."""

    def __call__(self, case: Any, z: Any, own: Any, xp: Any) -> Any:
        """Return the inputs (n, i) of n histories.

        Parameters
        ----------
        case : int, shape (n,)
            Indices of the clusters.
        z : shape (n, d)
            Whitened parameters.
        own : shape (n, l)
            What the clusters have for themselves, whitened.
        xp : module
            The array library, numpy or jax.numpy.
        """


@dataclass(frozen=True)
class RawFeatures:
    """Only what was drawn, and which of ``cases`` clusters it is: for a stand-in of the simulator without meaning."""

    cases: int

    def __call__(self, case: Any, z: Any, own: Any, xp: Any) -> Any:
        """See ``Features``."""
        return xp.concatenate([z, own, _indicators(case, self.cases, xp)], axis=1)


def _indicators(case: Any, cases: int, xp: Any) -> Any:
    return (case[:, None] == xp.arange(cases)[None, :]).astype(xp.float32)


@dataclass(frozen=True, eq=False)
class ClusterFeatures:
    """The features of a calibration's clusters.

    Attributes
    ----------
    simulator : ClusterSimulator
        Gives clusters, priors, structures and the order of what was drawn.
    """

    simulator: ClusterSimulator
    _tables: Floats = field(init=False, repr=False)
    _facts: dict[str, Floats] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        simulator, priors = self.simulator, self.simulator.priors
        grid = np.arange(-REACH, REACH + SPACING / 2, SPACING)
        names = (*simulator.names, *priors.names("varying"))
        tables = priors.from_normal(names, np.repeat(grid[:, None], len(names), axis=1)).T
        facts = [_facts(case, simulator.structures) for case in simulator.cases]
        object.__setattr__(self, "_tables", np.ascontiguousarray(tables, np.float32))
        object.__setattr__(self, "_facts", {name: np.array([one[name] for one in facts], np.float32) for name in facts[0]})

    def __hash__(self) -> int:
        return hash(self._content())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterFeatures) and self._content() == other._content()

    def _content(self) -> bytes:
        """Return what decides the features: a program compiled for equal ones is used again."""
        fixed = [value for name, value in self.simulator.priors.defaults.items() if name not in self.simulator.names]
        return b"".join(array.tobytes() for array in (self._tables, np.array(fixed), *self._facts.values()))

    def __call__(self, case: Any, z: Any, own: Any, xp: Any) -> Any:
        """See ``Features``."""
        meant = self.meant(case, z, own, xp)
        # A quantity that nothing drawn enters is one number.
        told = xp.stack([xp.broadcast_to(meant[name], case.shape) for name in MEANING], axis=1)
        return xp.concatenate([z, own, _indicators(case, len(self.simulator.cases), xp), told], axis=1)

    def meant(self, case: Any, z: Any, own: Any, xp: Any) -> dict[str, Any]:
        """Return the quantities of ``MEANING`` by name, shape (n,) each."""
        known = xp.asarray(np.stack(list(self._facts.values()), axis=1))[case]
        fact = {name: known[:, column] for column, name in enumerate(self._facts)}
        u = {name: own[:, column] for name, column in COLUMN.items()}
        varying = self.simulator.priors.names("varying")
        whitened = xp.concatenate([z, own[:, len(LATENTS) : len(LATENTS) + len(varying)]], axis=1)
        values = _interpolated(whitened, xp.asarray(self._tables), xp)
        drawn = {name: values[:, column] for column, name in enumerate((*self.simulator.names, *varying))}

        def p(name: str) -> Any:
            """Return a parameter's value, shape (n,), or the number that it is fixed at."""
            return drawn[name] if name in drawn else float(self.simulator.priors.defaults[name])

        dates = _dates(fact, u["start_year"], own[:, -len(VAGUE) :], xp)
        parts = _market(fact, u, p, dates, xp), _shock(fact, u, p, dates, xp), _founders(fact, u, p, dates, xp)
        return {name: value for part in (dates, *parts) for name, value in part.items()}


def _interpolated(w: Any, tables: Any, xp: Any) -> Any:
    """Return values (n, k) between the entries of k tables (k, entries) over standard normals ``w`` (n, k)."""
    position = xp.clip((w + REACH) / SPACING, 0.0, tables.shape[1] - 1.001)
    low = position.astype(xp.int32)
    share = position - low
    column = xp.arange(len(tables))[None, :]
    return tables[column, low] * (1.0 - share) + tables[column, low + 1] * share


def _facts(case: Case, structures: Mapping[str, str]) -> dict[str, float]:
    """Return what is known of a case before it is simulated, as numbers; calendar years count from ``EPOCH``."""
    reform = case.start.reform
    start = case.start if reform is None or structures["start_date"] != "reform" else reform
    last, first = case.observations[-1], case.observations[0]
    known = next((seen.schooling for seen in case.observations if seen.schooling is not None), None)
    surge = case.covariates.material_shock
    once = len(case.observations) == 1
    share = (start.mode - start.low) / max(start.high - start.low, 1e-9)
    return {
        "asia": float(case.covariates.region == "asia"),
        "access_asia": float(case.covariates.region == "asia" and structures["region_access"] == "on"),
        "heavy": float(case.covariates.heavy_product),
        "quota": float(case.covariates.quota_buyers),
        "group_two": float(case.origin.group == 2),
        "late": float(case.origin.group > 1),
        "trained": float(case.covariates.trained_founders > 0),
        "home": log_home(case),
        "start_low": start.low - EPOCH,
        "start_high": start.high - EPOCH,
        "start_share": share,
        **{f"last_{name}": value for name, value in _span(last).items()},
        **{f"earlier_{name}": value for name, value in _span(first).items()},
        "once": float(once),
        "surge": 0.0 if surge is None else max(last.time - surge.year, 0.0),
        "schooling": np.nan if known is None else known.middle,
    }


def _span(seen: Observation) -> dict[str, float]:
    low, high = (seen.year[0], seen.year[1] + 1) if isinstance(seen.year, tuple) else (seen.time, seen.time)
    return {"low": low - EPOCH, "width": float(high - low)}


def _normal(w: Any, xp: Any) -> Any:
    """Return the standard normal distribution function by the array library at hand."""
    if xp is np:
        return ndtr(w)
    import jax

    return 0.5 * (1.0 + jax.lax.erf(w * 0.5**0.5))


def _logistic(x: Any, xp: Any) -> Any:
    return 0.5 * (1.0 + xp.tanh(0.5 * x))


def _softplus(x: Any, xp: Any) -> Any:
    return xp.maximum(x, 0.0) + xp.log(1.0 + xp.exp(-xp.abs(x)))


def _dates(fact: Mapping[str, Any], start: Any, vague: Any, xp: Any) -> dict[str, Any]:
    """Return ages when seen, in tens of years; the start is the triangular quantile, not rounded to quarters."""
    low, high, share = fact["start_low"], fact["start_high"], fact["start_share"]
    unit, width = xp.clip(_normal(start, xp), 1e-6, 1.0 - 1e-6), high - low
    rising = low + width * xp.sqrt(unit * share)
    falling = high - width * xp.sqrt((1.0 - unit) * (1.0 - share))
    begun = xp.where(unit < share, rising, falling)
    within = _normal(vague, xp)
    last = fact["last_low"] + fact["last_width"] * within[:, 0]
    once = begun + (EARLIER[0] + (EARLIER[1] - EARLIER[0]) * within[:, 1]) * (last - begun)
    earlier = xp.where(fact["once"] > 0.5, once, fact["earlier_low"] + fact["earlier_width"] * within[:, 1])
    return {"age_seen": (last - begun) / 10.0, "age_then": (earlier - begun) / 10.0, "begun": begun}


def _market(fact: Mapping[str, Any], u: Mapping[str, Any], p: Any, dates: Mapping[str, Any], xp: Any) -> dict[str, Any]:
    """Return demand at home and abroad, over the minimum scale and the core's capacity; logs are centred."""
    asia = fact["asia"]

    def regional(name: str) -> Any:
        return asia * p(f"{name}_asia") + (1.0 - asia) * p(f"{name}_africa")

    market = p("population_market_mean") + p("population_market_home") * fact["home"] + p("population_market_sd") * u["market"]
    scale = p("population_scale_mean") + p("population_scale_heavy") * fact["heavy"] + p("population_scale_sd") * u["scale"]
    growth = regional("population_growth") + p("population_growth_sd") * u["growth"]
    capacity = xp.log(regional("population_capacity")) + p("population_capacity_sd") * u["capacity"]
    fading = p("market_growth_fading")
    grown = {
        name: growth * (1.0 - xp.exp(-fading * 10.0 * dates[f"age_{name}"])) / fading
        + p("market_growth_last") * 10.0 * dates[f"age_{name}"]
        for name in ("seen", "then")
    }
    reach = p("population_reach_mean") + p("population_desh_reach") * fact["quota"] + p("population_reach_sd") * u["reach"]
    reach = reach + p("market_export_growth") * (dates["begun"] + EPOCH - p("population_reach_year"))
    later = reach + p("market_export_growth") * 10.0 * dates["age_seen"]
    world = p("population_world_price_mean") + p("population_world_price_market") * u["market"]
    room = market - scale
    return {
        "market": (market - 8.0) / 1.5,
        "scale": scale - 2.0,
        "room": (room - 6.0) / 1.5,
        "room_seen": (room + grown["seen"] - 7.0) / 1.5,
        "room_then": (room + grown["then"] - 7.0) / 1.5,
        "crowding_seen": (market + grown["seen"] - capacity) / 2.0,
        "reach": (reach - scale - 7.0) / 2.0,
        "reach_seen": (later - scale - 8.0) / 2.0,
        "abroad": (later - market - grown["seen"]) / 2.0,
        "import_price": xp.log(p("population_import_price")) + 3.0 * p("population_import_price_sd") * u["import_price"],
        "world_price": 5.0 * (world + p("population_world_price_sd") * u["world_price"]),
        "pressed": (room + grown["seen"] - 7.0) * xp.log(p("market_elasticity") + 1.0) / 1.5,
    }


def _shock(fact: Mapping[str, Any], u: Mapping[str, Any], p: Any, dates: Mapping[str, Any], xp: Any) -> dict[str, Any]:
    """Return the import shock, whose threshold is smoothed, and the surge of material prices."""
    asia = fact["asia"]
    edge = asia * ndtri(p("population_shock_asia")) + (1.0 - asia) * ndtri(p("population_shock_africa"))
    hit = _logistic((edge - u["shock"]) / STEP, xp)
    first, last = p("population_shock_first"), p("population_shock_last")
    when = (first + (last - first) * _normal(u["shock_time"], xp) - EPOCH - dates["begun"]) / 10.0
    low, high = p("population_shock_price_low"), p("population_shock_price_high")
    price = low + (high - low) * _normal(u["shock_price"], xp)
    return {
        "shock": hit,
        "shock_seen": hit * _softplus(10.0 * (dates["age_seen"] - xp.maximum(when, 0.0)), xp) / 10.0,
        "shock_then": hit * _softplus(10.0 * (dates["age_then"] - xp.maximum(when, 0.0)), xp) / 10.0,
        "shock_depth": 5.0 * hit * xp.log(price),
        "material": fact["surge"] / 5.0,
    }


def _founders(fact: Mapping[str, Any], u: Mapping[str, Any], p: Any, dates: Mapping[str, Any], xp: Any) -> dict[str, Any]:
    """Return what founders know, and how fast firms could enter, attempt and improve with it."""
    access = p("population_access_asia") * fact["access_asia"] + p("initiation_access") * fact["group_two"]
    access = access + p("population_access_sd") * u["access"]
    unknown = xp.isnan(fact["schooling"])
    mean = xp.where(unknown, p("population_schooling_unknown"), fact["schooling"] - p("population_schooling_gap"))
    spread = xp.where(unknown, p("population_schooling_unknown_sd"), p("population_schooling_sd"))
    schooled = xp.maximum(mean + spread * u["schooling"], 0.0) - SCHOOLING_BASE
    skill = p("initiation_skill") + p("initiation_head_start") * fact["late"]
    skill = xp.where(fact["trained"] > 0.5, p("population_desh_skill"), skill)
    odds = p("success_intercept") + p("success_schooling") * schooled
    quality, learned = odds + access, odds + p("success_skill") * skill
    years = xp.log(10.0 * dates["age_seen"])
    attempts = xp.log(p("attempt_rate")) + p("attempt_schooling") * schooled + years
    net = xp.log(p("entry_intensity")) - 10.0 * p("exit_base") * dates["age_seen"]
    return {
        "access": access / 2.0,
        "schooling": schooled / 3.0,
        "quality": quality / 2.0,
        "learned": learned / 2.0,
        "attempts": attempts - 1.5,
        "successes": attempts - _softplus(-quality, xp) - _softplus(-learned, xp) + 1.0,
        "entries": net,
    }
