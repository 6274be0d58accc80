"""How is a cluster's history run? ``simulate`` runs a case, or a user's own cluster, under a policy, in either engine."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arguments import different_seeds
from model.arrays import Floats
from model.batch import in_threads
from model.calls import public
from model.compiling import prepare
from model.config import load_case, load_policy, load_priors
from model.cores import granted_cores
from model.errors import LONGEST_VALUE, InputError, plain, shown
from model.events import QUARTER
from model.latents import LATENTS, conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS, mark_stop
from model.panels import Histories
from model.plans import Policy
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case
from model.start import LINES_AT_FIRST, new_world

if TYPE_CHECKING:
    import xarray as xr

ENGINES: Final = ("compiled", "simpy")
YEARS_AFTER: Final = 20.0
LONGEST_YEARS: Final = 1000.0
# Panels that one call holds in memory at once.
MOST_BYTES: Final = 1 << 32
# For a history that nobody halts.
NEVER: Final = np.zeros(1, np.uint8)


class HistoryStopped(UserWarning):
    """A history was stopped before its end: it had too many firms or events, or a number that was not finite."""


class Asked(NamedTuple):
    """What is asked of the histories of one cluster, whatever their seeds.

    ``params`` and ``setting`` are one PARAMS and one SETTING record, ``programmes`` PROGRAMME records, shape (m,); ``differs``
    are the parameters that differ from their defaults, by name, and ``structures`` all structural choices.
    """

    case: Case
    policy: Policy
    start_year: float
    params: Any
    setting: Any
    programmes: NDArray[Any]
    differs: Mapping[str, float]
    structures: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Rows of a panel."""
        return int(self.setting.quarters) + 1

    @property
    def decision(self) -> float:
        """Calendar year from which the policy acts."""
        return self.start_year + float(self.setting.decision)

    def run(self, seeds: int | Iterable[int], run: Callable[..., tuple[Floats, NDArray[Any]]]) -> Histories:
        """Run one history a seed with ``run``, which ``engine_named`` returned; the compiled engine uses all cores granted.

        Raises
        ------
        InputError
            If a seed is no whole number from 0 to 2^64-1, two are equal, or the panels need too much memory.
        """
        known = different_seeds(seeds)
        size = len(known) * self.rows * len(COLUMNS) * 8
        if size > MOST_BYTES:
            raise InputError(
                f"seeds: {len(known):,} panels need {size / 2**30:.0f} GiB, {MOST_BYTES / 2**30:.0f} GiB are the most at once; "
                "give fewer seeds a call, write a file with takeoff simulate --out, or use simulate_many"
            )
        world = self.params, self.setting, self.programmes
        runs = _side_by_side(world, known) if run is run_compiled else [run(*world, seed) for seed in known]
        panels, logs = [panel for panel, _ in runs], [log for _, log in runs]
        return Histories(
            self.case, self.policy, self.start_year, known, panels, logs, self.differs, self.structures, self.decision
        )


@public
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
    Dataset of panel variables over (seed, time), units in attributes, and of events over ``event``. A history that is stopped has
    NaN from there on, its last row says why in ``exhausted``, the attribute ``stopped`` names it, and ``HistoryStopped`` warns.

    Raises
    ------
    InputError : if a name is unknown, a number is out of range, or two seeds are equal
    TypeError : if a keyword is none of these arguments
    """
    histories = run_histories(
        case, policy, seeds, engine_named(engine, mechanisms), years=years, years_after=years_after,
        changes=changes, structures=structures, values=values, latents=latents)  # fmt: skip
    _warn(histories)
    return histories.dataset()


def _warn(histories: Histories) -> None:
    """Warn of histories that were stopped, at the line of the user's that called ``simulate``."""
    stops = histories.stops()
    if stops:
        more = f"; so were {len(stops) - 1} more" if len(stops) > 1 else ""
        warnings.warn(f"{stops[0]}{more}; see the attribute `stopped`", HistoryStopped, stacklevel=4)


def run_histories(
    case: Case | int | str | Path,
    policy: Policy | str | Path,
    seeds: int | Iterable[int],
    run: Callable[..., tuple[Floats, NDArray[Any]]],
    **given: Any,
) -> Histories:
    """Run histories of one cluster with ``run``, which ``engine_named`` returned; ``ask`` takes the other arguments.

    Raises
    ------
    InputError
        If a name is unknown, a number is out of range, or two seeds are equal.
    """
    known = different_seeds(seeds)
    return ask(case, policy, **given).run(known, run)


def ask(
    case: Case | int | str | Path,
    policy: Policy | str | Path,
    *,
    changes: Mapping[str, float] | None = None,
    structures: Mapping[str, str] | None = None,
    years: float | None = None,
    years_after: float = YEARS_AFTER,
    values: Mapping[str, Floats] | None = None,
    latents: Floats | None = None,
) -> Asked:
    """Return what is asked of the histories of one cluster; ``simulate`` explains the arguments.

    Raises
    ------
    InputError
        If a name is unknown or a number is out of range.
    """
    case = case if isinstance(case, Case) else load_case(case)
    policy = policy if isinstance(policy, Policy) else load_policy(policy)
    priors = load_priors()
    chosen = priors.structures_with(structures)
    drawn = default_values(priors, 1, changes) if values is None else _complete(values, priors)
    z = np.atleast_2d(conditional_medians(case, priors, structures) if latents is None else latents)
    if z.shape != (1, len(LATENTS)) or not np.isfinite(z).all():
        raise InputError(
            f"latents: shape {z.shape}: must be ({len(LATENTS)},), finite; give a standard normal for each of LATENTS"
        )
    if not abs(years_after) <= LONGEST_YEARS:
        raise InputError(f"years_after: {shown(years_after)}: must be at most {LONGEST_YEARS:g}; give fewer years")
    settings, start = settings_for(case, drawn, z, chosen, years_after)
    settings["quarters"] = in_quarters(years if years is not None else QUARTER * float(settings["quarters"][0]))
    differs = {name: float(value[0]) for name, value in drawn.items() if value[0] != priors.defaults[name]}
    programmes = programmes_for(policy, case, chosen)
    return Asked(case, policy, float(start[0]), params_for(drawn)[0], settings[0], programmes, differs, chosen)


def _side_by_side(world: tuple[Any, Any, NDArray[Any]], seeds: Sequence[int]) -> list[tuple[Floats, NDArray[Any]]]:
    """Run the compiled engine for each seed, in threads; the main thread waits, since a kernel in it would hear no signal."""
    runs: dict[int, tuple[Floats, NDArray[Any]]] = {}
    halt = np.zeros(1, np.uint8)

    def run_seed(index: int) -> None:
        runs[index] = run_compiled(*world, seeds[index], halt)

    in_threads(run_seed, range(len(seeds)), min(granted_cores(), len(seeds)), halt)
    return [runs[index] for index in range(len(seeds))]


def _complete(values: Mapping[str, Floats], priors: Priors) -> dict[str, Floats]:
    """Return the values of a drawn history after checking that each parameter has one finite number."""
    for name in priors.names():
        if name not in values:
            raise InputError(f"values: {name}: is missing: a drawn history has every parameter; add it, or use `changes` instead")
        if np.shape(values[name]) != (1,) or not np.isfinite(values[name]).all():
            raise InputError(f"values: {name}: {shown(values[name])}: must be one finite number; give an array of shape (1,)")
    return dict(values)


def in_quarters(years: float) -> int:
    """Return a length in quarters.

    Raises
    ------
    InputError
        If the length is no number, shorter than a quarter, or longer than ``LONGEST_YEARS``.
    """
    # Compared before any arithmetic, since a whole number may be too large for a float.
    if not years > QUARTER / 2:
        raise InputError(f"years: {shown(years)}: must be at least a quarter; give a longer history")
    if years > LONGEST_YEARS:
        raise InputError(f"years: {shown(years)}: must be at most {LONGEST_YEARS:g}; give a shorter history")
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
        raise InputError(f"engine: {plain(str(engine), LONGEST_VALUE)}: is no engine; choose one of {', '.join(ENGINES)}")
    if mechanisms:
        raise InputError("engine: compiled: takes no mechanisms of your own; choose simpy")
    return run_compiled


def run_compiled(
    params: Any, setting: Any, programmes: NDArray[Any], seed: int, halt: NDArray[np.uint8] = NEVER
) -> tuple[Floats, NDArray[Any]]:
    """Run one history in the compiled engine.

    Parameters
    ----------
    params, setting : one PARAMS record and one SETTING record
    programmes : PROGRAMME records, shape (m,)
    seed : int
    halt : uint8, shape (1,); once another thread sets it, the history ends within a quarter

    Returns
    -------
    panel : float64, shape (quarters + 1, len(COLUMNS)), in the units of ``model.observe.UNITS``; NaN from where it was stopped
    log : LOG records, one for each event
    """
    from model.engines import compiled_engine

    lines = LINES_AT_FIRST
    while True:
        world = new_world(params, setting, programmes, seed, lines)
        quarters = int(setting.quarters) + 1
        panel = np.full((quarters, len(COLUMNS)), np.nan)
        given = world, panel, halt, 0, quarters
        prepare(compiled_engine.run_history, *given)
        compiled_engine.run_history(*given)
        if world.cluster.logged <= lines or halt[0] != 0:
            mark_stop(panel, world.cluster)
            # A view would keep the room for all lines in memory.
            return panel, world.log[: world.cluster.logged].copy()
        # The log was too short for the events: the same history is run again with a log that is long enough.
        lines = int(world.cluster.logged)
