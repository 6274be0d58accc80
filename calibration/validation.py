"""Are known parameters found? Simulation-based calibration of the emulator and its sampler, with one verdict a parameter.

Parameters and everything of each cluster are drawn from the prior, and a table with the gaps of the real one is simulated from
them. The emulator and joint sampler of a calibration get that table. If both are right, the rank of a true value among the
draws is uniform (Cook, Gelman and Rubin 2006; Talts et al. 2018), and intervals cover as often as they say.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import xarray

from calibration.emulator.evaluate import Emulator, rows_of
from calibration.emulator.features import ClusterFeatures
from calibration.emulator.pairs import Sizes
from calibration.emulator.stored import restored_emulator, stored_scale
from calibration.emulator.training import Scale
from calibration.joint import Sampling, advance, first_positions
from calibration.keys import LATENTS, PARAMETERS, VALIDATION, normals, number, seeds
from calibration.observation import ErrorModel, Simulate, Table, draw_table
from calibration.results import EMULATOR, finished_calibration
from calibration.shipped import changed, default_posterior
from calibration.simulator import ClusterSimulator
from calibration.stages import LEAPFROGS
from calibration.tables import table
from execution import netcdf
from execution.executors import executor_on
from execution.fingerprint import source_hashes, versions
from execution.labels import labelled, provenance
from execution.run import Run, checked, file_hash, read_manifest, run_at
from execution.store import Shard
from execution.tasks import Executor, Progress, Task, silent, unheard
from model.arguments import whole_seed
from model.arrays import Arrays, Floats, Ints
from model.config import all_cases, load_priors
from model.errors import InputError, shown
from model.surroundings import processor

KIND: Final = "validation"
DECIDES: Final = ("model", "calibration")
VALIDATION_FILE: Final = "validation.nc"
# Chains of a replicate; transitions thrown away, and between the draws kept of a chain. An autocorrelation time is some 25.
CHAINS: Final = 8
BURN: Final = 200
APART: Final = 40
KEPT: Final = 4
# Replicates where none are asked for, the fewest of which a verdict is made, and the most.
REPLICATES: Final = 200
FEWEST: Final = 20
MOST: Final = 10**6
# Chance of a verdict of "off" on any parameter although all are right, and the simulated sets of uniform ranks that give it.
FALSE_ALARM: Final = 0.05
UNIFORM_SETS: Final = 40_000
LEVELS: Final = (0.5, 0.8, 0.9)


class Validating(NamedTuple):
    """What it takes to validate.

    Attributes
    ----------
    simulate : the simulator
    emulator, scale : the emulator, and the scale of its figures
    tables : the real rows, which say what a synthetic one shows
    errors : with which synthetic tables are made, and which the likelihood supposes
    sizes : numbers of clusters, parameters and numbers of a cluster's own
    tuned : ``step`` and ``metric`` of the calibration's joint chains
    seed : first of all keys
    heed : called between pieces; may raise to stop
    """

    simulate: Simulate
    emulator: Emulator
    scale: Scale
    tables: list[Table]
    errors: ErrorModel
    sizes: Sizes
    tuned: Arrays
    seed: int
    heed: Callable[[], None] = lambda: None


class Verdict(NamedTuple):
    """Whether the ranks of d parameters look uniform.

    Attributes
    ----------
    deviation : float64, shape (d,)
        Largest distance of the ranks' distribution function from uniform, in its own standard errors.
    chance : float64, shape (d,)
        Chance of a deviation as large if all is right.
    passed : bool, shape (d,)
        Whether that chance is above ``FALSE_ALARM`` over d.
    """

    deviation: Floats
    chance: Floats
    passed: np.ndarray


def validate(
    posterior: str | Path | None = None,
    out: str | Path = "runs/validate",
    *,
    replicates: int = REPLICATES,
    seed: int = 1,
    resume: bool = False,
    on: str | Executor = "local",
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> xarray.Dataset:
    """Validate the emulator and the sampler of a finished calibration; ``validation.nc`` holds what is returned.

    Parameters
    ----------
    posterior : path, optional
        Run folder of a calibration. If not given, the shipped one, or what ``make run`` left where none is shipped.
    out : path
        Run folder of the validation.
    replicates : int
        Synthetic tables.
    seed, resume, on, shard, progress, say : as ``calibration.calibrate`` takes them

    Returns
    -------
    Dataset
        ``rank`` and ``truth`` (replicate, parameter), ``mean`` and ``sd`` of the draws, ``chance``, ``deviation`` and ``passed``
        (parameter,), and ``covered`` (level, parameter).

    Raises
    ------
    InputError
        If the folder holds no finished calibration with an emulator, or one of other clusters, priors, structures or errors than
        are here, or a number is wrong.
    """
    if isinstance(replicates, bool) or not isinstance(replicates, int | np.integer) or not FEWEST <= replicates <= MOST:
        raise InputError(f"replicates: {shown(replicates)}: must be a whole number from {FEWEST} to {MOST}; give {REPLICATES}")
    first = whole_seed(seed, "seed")
    home = finished_calibration(posterior or default_posterior())
    if differing := changed(run_at(home).depends):
        raise InputError(f"{home}: rests on something else than what is here: {'; '.join(differing)}; calibrate anew")
    stored = checked(home, EMULATOR)
    depends = {
        "emulator": file_hash(stored),
        "equations": source_hashes(DECIDES),
        "configuration": {"seed": first, "replicates": replicates},
        "versions": versions(),
        "processor": processor(),
    }
    run = Run(KIND, Path(out), depends, (VALIDATION_FILE,))
    with (
        executor_on(on, None, say) as executor,
        run.opened(executor, resume=resume, shard=shard, progress=progress) as runner,
    ):
        if not run.finished:
            validating, names = _context(home, first, runner.stop.check)
            tasks = [Task(f"replicate-{index:06d}", (index,)) for index in range(replicates)]
            done = runner.gather("validating on synthetic tables", replicate, validating, tasks)
            data = summary({name: np.stack([part[name] for part in done]) for name in done[0]}, names)
            run.finish(runner, lambda: _write(run, data, str(read_manifest(home)["label"]), first))
    return netcdf.read(checked(run.folder, VALIDATION_FILE))


def _write(run: Run, data: xarray.Dataset, label: str, seed: int) -> dict[str, Any]:
    """Write ``validation.nc``, and return what its manifest says beyond every manifest."""
    passed = bool(data["passed"].all())
    told = provenance(label, "passed" if passed else "NOT PASSED", seed, run.depends)
    netcdf.write(run.folder / VALIDATION_FILE, labelled(data, told))
    return {"seed": seed, "passed": passed, "replicates": data.sizes["replicate"]}


def _context(home: Path, seed: int, heed: Callable[[], None]) -> tuple[Validating, tuple[str, ...]]:
    """Return what it takes to validate a calibration, and the names of its parameters."""
    cases, priors, errors = all_cases(), load_priors(), ErrorModel()
    simulator = ClusterSimulator(cases, priors, priors.names("calibrated"), errors, priors.structures_with(), threads=1)
    tables, groups = [table(case, errors) for case in cases], netcdf.datasets(home / EMULATOR)
    emulator, tuned = restored_emulator(groups, ClusterFeatures(simulator), tables, errors)
    sizes = Sizes(len(cases), len(simulator.names), len(simulator.own))
    scale = stored_scale(groups)
    return Validating(simulator, emulator, scale, tables, errors, sizes, tuned, seed, heed), simulator.names


def replicate(validating: Validating, index: int) -> Arrays:
    """Draw a truth and a table of it, sample from the table, and rank the truth.

    Returns
    -------
    dict of arrays
        ``rank``, ``truth``, ``mean`` and ``sd`` (d,), whitened; ``accepted`` (), the least share of accepted proposals.
    """
    sizes, seed = validating.sizes, number(validating.seed, VALIDATION, index)
    truth, tables = synthetic(validating, index)
    rows = rows_of(tables, validating.emulator.layout, validating.scale, validating.errors)
    emulator = Emulator(validating.emulator.network, validating.emulator.layout, validating.emulator.features, rows)
    sampling = Sampling(emulator, sizes, CHAINS, LEAPFROGS, seed, validating.heed)
    tuned = {
        "step": np.full(CHAINS, np.mean(validating.tuned["step"]), np.float32),
        "metric": np.repeat(validating.tuned["metric"].mean(axis=0, dtype=np.float32)[None], CHAINS, axis=0),
    }
    state = advance(sampling, {"position": first_positions(sampling, 0), **tuned}, BURN, APART, 0)
    drawn = advance(sampling, state, APART * KEPT, APART, 1)
    z = drawn["z"].reshape(-1, sizes.parameters).astype(np.float64)
    return {
        "rank": (z < truth).sum(axis=0),
        "truth": truth,
        "mean": z.mean(axis=0),
        "sd": z.std(axis=0, ddof=1),
        "accepted": np.array(drawn["accepted"].min()),
    }


def synthetic(validating: Validating, index: int) -> tuple[Floats, list[Table]]:
    """Return true parameters (d,) from the prior, and a table simulated from them with the gaps of the real one."""
    sizes = validating.sizes
    truth = normals(seeds(validating.seed, VALIDATION, sizes.cases, index, 1), PARAMETERS, sizes.parameters)
    tables = []
    for case, real in enumerate(validating.tables):
        keys = seeds(validating.seed, VALIDATION, case, index, 1)
        outcomes = validating.simulate(case, truth, normals(keys, LATENTS, sizes.own), keys)
        figures, said = draw_table(real, outcomes, keys, validating.errors)
        tables.append(real._replace(value=figures[0], said=said[0]))
    return truth[0], tables


def summary(ranked: Arrays, names: tuple[str, ...]) -> xarray.Dataset:
    """Return the replicates with a verdict and the coverage of each parameter, as ``validation.nc`` stores them."""
    draws = CHAINS * KEPT
    judged = verdict(ranked["rank"], draws)
    by_replicate, by_parameter = ("replicate", "parameter"), ("parameter",)
    return xarray.Dataset(
        {
            **{name: (by_replicate, ranked[name]) for name in ("rank", "truth", "mean", "sd")},
            "accepted": (("replicate",), ranked["accepted"]),
            "deviation": (by_parameter, judged.deviation, {"long_name": "largest distance from uniform, in standard errors"}),
            "chance": (by_parameter, judged.chance, {"long_name": "chance of as large a deviation if all is right"}),
            "passed": (by_parameter, judged.passed),
            "covered": (("level", "parameter"), covered(ranked["rank"], draws)),
            "expected": (("level",), covered(np.arange(draws + 1)[:, None], draws)[:, 0], {"long_name": "if all is right"}),
        },
        {"parameter": list(names), "level": list(LEVELS)},
        {"draws": draws, "false_alarm": FALSE_ALARM},
    )


def verdict(ranks: Ints, draws: int) -> Verdict:
    """Return whether ranks (replicates, d) among ``draws`` draws look uniform.

    The chance of a deviation comes from simulated sets of uniform ranks, so it holds for any number of replicates.
    """
    count, parameters = ranks.shape
    times = np.stack([np.bincount(column, minlength=draws + 1) for column in ranks.T])
    deviation, by_chance = _deviation(times), _by_chance(count, draws)
    above = UNIFORM_SETS - np.searchsorted(by_chance, deviation - 1e-12)
    chance: Floats = ((above + 1.0) / (UNIFORM_SETS + 1.0)).astype(np.float64)
    return Verdict(deviation, chance, chance > FALSE_ALARM / parameters)


@cache
def _by_chance(count: int, draws: int) -> Floats:
    """Return the deviations of many sets of ``count`` uniform ranks among ``draws`` draws, in order."""
    random = np.random.Generator(np.random.Philox(number(count, VALIDATION, draws)))
    uniform = random.multinomial(count, np.full(draws + 1, 1.0 / (draws + 1)), size=UNIFORM_SETS)
    return np.sort(_deviation(uniform))


def _deviation(times: Ints) -> Floats:
    """Return the largest standardised distance of distribution functions from uniform, from counts (sets, draws + 1)."""
    places = times.shape[1]
    share = np.arange(1, places) / places
    reached = np.cumsum(times, axis=1)[:, :-1] / times.sum(axis=1, keepdims=True)
    error = np.sqrt(share * (1 - share) / times.sum(axis=1, keepdims=True))
    result: Floats = (np.abs(reached - share) / error).max(axis=1)
    return result


def covered(ranks: Ints, draws: int) -> Floats:
    """Return how often central intervals of ``LEVELS`` hold the truth, shape (levels, d), from ranks (replicates, d)."""
    share = (ranks + 0.5) / (draws + 1)
    shares: Floats = np.stack([(np.abs(share - 0.5) < level / 2).mean(axis=0) for level in LEVELS])
    return shares
