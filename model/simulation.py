"""How does one run a cluster's history? ``simulate`` shows a case, or a user's own cluster, under a policy, in either engine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.compiling import prepare
from model.config import load_case, load_policy, load_priors
from model.errors import InputError
from model.events import QUARTER
from model.latents import conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS, MEANINGS, UNITS, event_words
from model.policy import programmes_for
from model.schema import Case, Policy
from model.start import LINES_AT_FIRST, new_world

if TYPE_CHECKING:
    import xarray as xr

ENGINES: Final = ("compiled", "simpy")
YEARS_AFTER: Final = 20.0


class Histories(NamedTuple):
    """Histories of one cluster, one a seed: panels (quarters + 1, columns) and event logs."""

    case: Case
    policy: Policy
    start_year: float
    seeds: list[int]
    panels: list[NDArray[np.float64]]
    logs: list[NDArray[Any]]

    @property
    def since(self) -> NDArray[np.float64]:
        """Years since the start, shape (quarters + 1,)."""
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


def simulate(
    case: Case | int | str | Path,
    *,
    engine: str = "compiled",
    policy: Policy | str = "status-quo",
    seeds: Iterable[int] = (1,),
    mechanisms: Sequence[Callable[..., Any]] = (),
    **given: Any,
) -> "xr.Dataset":
    """Run histories of one cluster.

    Parameters
    ----------
    case : a case, its number, its name, or a YAML file
    engine : "compiled" or "simpy": the same bits; the latter takes a user's own ``mechanisms`` (``docs/extending.md``)
    policy : a policy, its name, or a YAML file
        What government does from the decision date (the last observation) on.
    seeds : iterable of int, one history each
    **given : what else is given to ``model.simulation.run_histories``
        ``changes``, ``structures``, ``years``, ``years_after``, ``values``, ``latents``.

    Returns
    -------
    Dataset of panel variables over (seed, time), units in attributes, and of events over ``event``

    Raises
    ------
    InputError : if a name is unknown or a number out of range
    """
    return run_histories(case, policy, seeds, engine_named(engine, mechanisms), **given).dataset()


def run_histories(
    case: Case | int | str | Path,
    policy: Policy | str,
    seeds: Iterable[int],
    run: Callable[..., tuple[NDArray[np.float64], NDArray[Any]]],
    *,
    changes: Mapping[str, float] | None = None,
    structures: Mapping[str, str] | None = None,
    years: float | None = None,
    years_after: float = YEARS_AFTER,
    values: Mapping[str, NDArray[np.float64]] | None = None,
    latents: NDArray[np.float64] | None = None,
) -> Histories:
    """Run histories of one cluster in an engine; ``simulate`` says what is given and raised.

    Parameters
    ----------
    run : callable
        What ``engine_named`` returned.
    changes, structures : mappings, optional
        Parameters that differ from their defaults, structural choices that differ from the first option.
    years : float, length from the start; by default to ``years_after`` past the last observation
    values, latents : optional
        A drawn history: every parameter, shape (1,) each, and standard normal latents, shape (len(LATENTS),).
    """
    case = case if isinstance(case, Case) else load_case(case)
    policy = policy if isinstance(policy, Policy) else load_policy(policy)
    priors, seeds = load_priors(), list(seeds)
    chosen = priors.structures_with(structures)
    drawn = default_values(priors, 1, changes) if values is None else dict(values)
    z = conditional_medians(case, priors, structures) if latents is None else latents
    settings, start = settings_for(case, drawn, np.atleast_2d(z), chosen, years_after)
    if years is not None:
        settings["quarters"] = in_quarters(years)
    world = params_for(drawn)[0], settings[0], programmes_for(policy, case, chosen)
    runs = [run(*world, seed) for seed in seeds]
    return Histories(case, policy, float(start[0]), seeds, [panel for panel, _ in runs], [log for _, log in runs])


def in_quarters(years: float) -> int:
    """Return a length in quarters.

    Raises
    ------
    InputError
        If the length is not positive.
    """
    count = round(4.0 * years)
    if count < 1:
        raise InputError(f"years: {years}: must be at least a quarter; give a longer history")
    return count


def engine_named(engine: str, mechanisms: Sequence[Callable[..., Any]] = ()) -> Callable[..., Any]:
    """Return the function that runs one history in an engine, and gives its panel and event log.

    Raises
    ------
    InputError
        If there is no such engine, or extra mechanisms are asked of the compiled one.
    """
    if engine == "simpy":
        from model.engines import simpy_engine

        return partial(simpy_engine.run_history, mechanisms=mechanisms)
    if engine != "compiled":
        raise InputError(f"engine: {engine}: is no engine; choose one of {', '.join(ENGINES)}")
    if mechanisms:
        raise InputError("engine: compiled: takes no mechanisms of your own; choose simpy")
    return run_compiled


def run_compiled(params: Any, setting: Any, programmes: NDArray[Any], seed: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Run one history in the compiled engine; return its panel (quarters + 1, columns) and its event log."""
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
        # Run again, to the same bits, with room for all that there is to tell.
        lines = int(world.cluster.logged)
