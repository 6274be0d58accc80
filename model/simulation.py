"""How is a cluster's history run? ``simulate`` runs a case, or a user's own cluster, under a policy, in either engine."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arguments import different_seeds, naming_arguments
from model.arrays import Floats
from model.compiling import prepare
from model.config import load_case, load_policy, load_priors
from model.errors import InputError
from model.events import QUARTER
from model.latents import LATENTS, conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS, MEANINGS, UNITS, event_words
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case, Policy
from model.start import LINES_AT_FIRST, new_world

if TYPE_CHECKING:
    import xarray as xr

ENGINES: Final = ("compiled", "simpy")
YEARS_AFTER: Final = 20.0


class Histories(NamedTuple):
    """Histories of one cluster: for each seed a panel, float64, shape (quarters + 1, len(COLUMNS)), and an event log."""

    case: Case
    policy: Policy
    start_year: float
    seeds: list[int]
    panels: list[Floats]
    logs: list[NDArray[Any]]

    @property
    def since(self) -> Floats:
        """Years since the start, float64, shape (quarters + 1,)."""
        return np.asarray(QUARTER * np.arange(len(self.panels[0])))

    def dataset(self) -> "xr.Dataset":
        """Return the histories labelled: panel variables over (seed, time), units in attributes, and events over ``event``."""
        import xarray as xr

        panels = np.stack(self.panels)
        data: dict[str, Any] = {
            name: (("seed", "time"), panels[:, :, column], {"units": UNITS[name], "long_name": MEANINGS[name]})
            for column, name in enumerate(COLUMNS)
            if name != "time"
        }
        for field in ("time", "firm", "other", "detail"):
            data[f"event_{field}"] = ("event", np.concatenate([log[field] for log in self.logs]))
        data["event_word"] = ("event", event_words(np.concatenate([log["event"] for log in self.logs])))
        data["event_seed"] = ("event", np.repeat(np.array(self.seeds, np.uint64), [len(log) for log in self.logs]))
        return xr.Dataset(
            data,
            coords={
                "seed": self.seeds,
                "time": ("time", self.since, {"units": "years since the start"}),
                "year": ("time", self.start_year + self.since, {"units": "calendar years"}),
            },
            attrs={"case": self.case.title, "policy": self.policy.title},
        )


@naming_arguments
def simulate(
    case: Case | int | str | Path,
    *,
    engine: str = "compiled",
    policy: Policy | str | Path = "status-quo",
    seeds: int | Iterable[int] = 1,
    years: float | None = None,
    years_after: float = YEARS_AFTER,
    changes: Mapping[str, float] | None = None,
    structures: Mapping[str, str] | None = None,
    values: Mapping[str, Floats] | None = None,
    latents: Floats | None = None,
    mechanisms: Sequence[Callable[..., Any]] = (),
) -> "xr.Dataset":
    """Run histories of one cluster.

    Parameters
    ----------
    case : a case, its number, its name, or the path of a YAML file
    engine : "compiled" or "simpy", which give the same bits
    policy : a policy, its name, or the path of a YAML file; it acts from the decision date (the last observation) on
    seeds : one whole number from 0 to 2^64-1, or several that differ; one history each
    years, years_after : length (years) from the start; where ``years`` is None, until ``years_after`` past the last observation
    changes : values of parameters that differ from their defaults, in the units of ``configs/priors.yaml``
    structures : structural choices that differ from the first option
    values, latents : a drawn history: float64, shape (1,) for every parameter, and standard normals, shape (len(LATENTS),)
    mechanisms : a user's own processes, which the engine "simpy" runs beside the model's (``docs/extending.md``)

    Returns
    -------
    Dataset of panel variables over (seed, time), units in attributes, and of events over ``event``

    Raises
    ------
    InputError : if a name is unknown, a number is out of range, or two seeds are equal
    TypeError : if a keyword is none of these arguments
    """
    return run_histories(
        case, policy, seeds, engine_named(engine, mechanisms), years=years, years_after=years_after,
        changes=changes, structures=structures, values=values, latents=latents).dataset()  # fmt: skip


def run_histories(
    case: Case | int | str | Path,
    policy: Policy | str | Path,
    seeds: int | Iterable[int],
    run: Callable[..., tuple[Floats, NDArray[Any]]],
    *,
    changes: Mapping[str, float] | None = None,
    structures: Mapping[str, str] | None = None,
    years: float | None = None,
    years_after: float = YEARS_AFTER,
    values: Mapping[str, Floats] | None = None,
    latents: Floats | None = None,
) -> Histories:
    """Run histories of one cluster with ``run``, which ``engine_named`` returned; ``simulate`` explains the other arguments.

    Raises
    ------
    InputError
        If a name is unknown, a number is out of range, or two seeds are equal.
    """
    case = case if isinstance(case, Case) else load_case(case)
    policy = policy if isinstance(policy, Policy) else load_policy(policy)
    priors, seeds = load_priors(), different_seeds(seeds)
    chosen = priors.structures_with(structures)
    drawn = default_values(priors, 1, changes) if values is None else _complete(values, priors)
    z = conditional_medians(case, priors, structures) if latents is None else latents
    z = np.atleast_2d(z)
    if z.shape != (1, len(LATENTS)):
        raise InputError(f"latents: shape {z.shape}: must be ({len(LATENTS)},); give one standard normal for each of LATENTS")
    settings, start = settings_for(case, drawn, z, chosen, years_after)
    settings["quarters"] = in_quarters(years if years is not None else QUARTER * float(settings["quarters"][0]))
    world = params_for(drawn)[0], settings[0], programmes_for(policy, case, chosen)
    runs = [run(*world, seed) for seed in seeds]
    return Histories(case, policy, float(start[0]), seeds, [panel for panel, _ in runs], [log for _, log in runs])


def _complete(values: Mapping[str, Floats], priors: Priors) -> dict[str, Floats]:
    """Return the values of a drawn history after checking that no parameter is missing."""
    for name in priors.names():
        if name not in values:
            raise InputError(f"values: {name}: is missing: a drawn history has every parameter; add it, or use `changes` instead")
    return dict(values)


def in_quarters(years: float) -> int:
    """Return a length in quarters.

    Raises
    ------
    InputError
        If the length is not finite or shorter than a quarter.
    """
    if not math.isfinite(years) or round(4.0 * years) < 1:
        raise InputError(f"years: {years}: must be at least a quarter; give a longer history")
    return round(4.0 * years)


def engine_named(engine: str, mechanisms: Sequence[Callable[..., Any]] = ()) -> Callable[..., Any]:
    """Return the function that runs one history in an engine and returns its panel and its event log.

    Raises
    ------
    InputError
        If there is no such engine, or a user's own mechanisms are given to the compiled one.
    """
    if engine == "simpy":
        from model.engines import simpy_engine

        return partial(simpy_engine.run_history, mechanisms=mechanisms)
    if engine != "compiled":
        raise InputError(f"engine: {engine}: is no engine; choose one of {', '.join(ENGINES)}")
    if mechanisms:
        raise InputError("engine: compiled: takes no mechanisms of your own; choose simpy")
    return run_compiled


def run_compiled(params: Any, setting: Any, programmes: NDArray[Any], seed: int) -> tuple[Floats, NDArray[Any]]:
    """Run one history in the compiled engine.

    Parameters
    ----------
    params, setting : one PARAMS record and one SETTING record
    programmes : PROGRAMME records, shape (m,)
    seed : int

    Returns
    -------
    panel : float64, shape (quarters + 1, len(COLUMNS)), in the units of ``model.observe.UNITS``
    log : LOG records, one for each event
    """
    from model.engines import compiled_engine

    lines = LINES_AT_FIRST
    while True:
        world = new_world(params, setting, programmes, seed, lines)
        quarters = int(setting.quarters) + 1
        panel = np.full((quarters, len(COLUMNS)), np.nan)
        given = world, panel, np.zeros(1, np.uint8), 0, quarters
        prepare(compiled_engine.run_history, *given)
        compiled_engine.run_history(*given)
        if world.cluster.logged <= lines:
            return panel, world.log[: world.cluster.logged]
        # The log was too short for the events: the same history is run again with a log that is long enough.
        lines = int(world.cluster.logged)
