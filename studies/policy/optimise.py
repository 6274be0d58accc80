"""Which dates, shares and budgets are best? A search on some histories of the posterior, judged on others that it never saw.

What is minimised is the expected regret against any benchmark that does not depend on the setting, such as the best reference in
each history. It is least where the mean net value over the weighted histories is highest, so that this mean is the score.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from calibration.histories import WeightedHistories, load_histories
from calibration.shipped import default_posterior
from calibration.weights import systematic
from execution.chunks import digest
from execution.executors import executor_on
from execution.fingerprint import content_hash, source_hashes, versions
from execution.labels import provenance, verdict_of
from execution.run import Run, read_manifest
from execution.tasks import Executor, Progress, Runner, silent, unheard
from model.arrays import Arrays, Floats
from model.calls import public
from model.config import Case, Policy, load_case, refuse_twins
from model.errors import InputError
from studies.files.labels import sidecar_of
from studies.files.tables import write_table
from studies.policy.budgets import at_share
from studies.policy.chosen import STATUS_QUO, chosen_policies
from studies.policy.compare import warn_of_idle
from studies.policy.optimum import MEASURED, Worths, finalists, flatness, measured
from studies.policy.outcomes import COST, NAMES, RANKED_BY
from studies.policy.pieces import DECIDES, compare_histories
from studies.policy.search import Searched, Settings, optimiser, search
from studies.policy.study_file import TOTAL, Study, load_study

KIND: Final = "optimisation"
OPTIMUM: Final = "optimum.csv"
FLATNESS: Final = "flatness.csv"
FILES: Final = tuple(name for table in (OPTIMUM, FLATNESS) for name in (table, sidecar_of(Path(table)).name))
# The fewest histories of each half of the posterior.
FEWEST: Final = 2
# What a row is: a setting that was run again on fresh histories, another trial, or a reference policy.
FINALIST: Final = "finalist"
TRIAL: Final = "trial"
REFERENCE: Final = "reference"
UNITS: Final[Mapping[str, str]] = {
    name: "1" if name.endswith("p_gain") else "wage-years"
    for name in (*MEASURED, *(f"search_{name}" for name in MEASURED), "curse", "curse_se")
}


@dataclass(frozen=True)
class Optimum:
    """What a study of optimisation has told.

    Attributes
    ----------
    study : what was asked
    folder : the run folder, which holds both tables
    table : ``optimum.csv``, by column: a row a trial, in the order of the search, and then a row a reference policy
    flat : ``flatness.csv``, by column: a row an open number
    label, converged : those of the posterior
    """

    study: Study
    folder: Path
    table: Arrays
    flat: Arrays
    label: str
    converged: bool

    @property
    def recommended(self) -> int:
        """The row of the setting that was worth most on the fresh histories."""
        return int(np.argmax(self.table["recommended"]))


class _Laboratory:
    """Two sets of histories that share none: on one a search is made, on the other its best settings are judged."""

    def __init__(self, study: Study, runner: Runner, halves: Sequence[Sequence[WeightedHistories]]) -> None:
        self.study, self.runner, (self.seen, self.fresh) = study, runner, halves
        self.tried: list[Worths] = []

    def scores(self, settings: Sequence[Settings]) -> Floats:
        """Return the mean net value of each of some settings on the histories of the search, and keep what they are worth."""
        first = sum(len(one.names) for one in self.tried)
        policies = [self.study.policy(trial_name(first + k), one) for k, one in enumerate(settings)]
        stage = f"trials {first + 1} to {first + len(settings)} of {self.study.trials}"
        worths = self.worths(self.seen, policies, self.study.futures, stage)
        self.tried.append(worths)
        return worths.scores()

    def worths(self, histories: Sequence[WeightedHistories], policies: Sequence[Policy], futures: int, stage: str) -> Worths:
        """Return what policies are worth against the status quo, over all clusters of the study together."""
        every = {one.name: one for one in (*chosen_policies([STATUS_QUO]).values(), *policies)}
        comparisons = compare_histories(self.runner, histories, every, self.study.horizon, ("",), futures, stage)
        rows = [list(every).index(one.name) for one in policies]
        effects = np.sum([one.levels - one.levels[:1] for one in comparisons], axis=0)[rows]
        first = comparisons[0].histories
        value, treasury = (effects[:, :, NAMES.index(name)] for name in (RANKED_BY, COST))
        return Worths(tuple(one.name for one in policies), value, -treasury, first.weights, first.draw)


@public
def optimise(
    asked: str | Path | Mapping[str, Any],
    *,
    out: str | Path | None = None,
    resume: bool = False,
    on: str | Executor = "local",
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> Optimum:
    """Search for the dates, shares and total budget with the highest mean net value, and judge the best on fresh histories.

    Parameters
    ----------
    asked : the path of a study, as ``takeoff new study`` writes one, or the same content as a mapping
    out : run folder for ``optimum.csv`` and ``flatness.csv``, ``runs/optimise-NAME`` if not given
    resume : go on with the folder's run; start it where there is none
    on, progress, say : as ``studies.compare`` takes them

    Raises
    ------
    InputError
        With every fault of the study; or if Optuna is not installed, the folder is another run's, the posterior has too few
        histories of a cluster, or every history was stopped.
    DamagedRun
        If a finished file was changed or cannot be read.
    """
    study = load_study(asked)
    optimiser()
    home, cases = Path(study.posterior or default_posterior()), [load_case(name) for name in study.cases]
    refuse_twins("cases", "cluster", cases)
    references = reference_policies(study)
    warn_of_idle([study.policy(study.name, study.latest())], study.horizon, say)
    halves, manifest = halved(load_histories(home, cases), study), read_manifest(home)
    depends = _depends(study, cases, references, manifest)
    run = Run(KIND, Path(out or f"runs/optimise-{study.name}"), depends, FILES)
    with executor_on(on, None, say) as executor, run.opened(executor, resume=resume, progress=progress) as runner:
        table, flat = _optimum(_Laboratory(study, runner, halves), references)
        origin = provenance(manifest["label"], verdict_of(manifest["converged"]), study.seed, depends)

        def write() -> dict[str, Any]:
            write_table(run.folder / OPTIMUM, table, UNITS, origin)
            write_table(run.folder / FLATNESS, flat, attributes=origin)
            told = {name: manifest[name] for name in ("label", "converged")}
            return {**told, "seed": study.seed, "result_hash": digest({**table, **{f"flat {name}": flat[name] for name in flat}})}

        run.finish(runner, write)
    return Optimum(study, run.folder, table, flat, str(manifest["label"]), bool(manifest["converged"]))


def trial_name(number: int) -> str:
    """Return the name of a trial, counted from 0."""
    return f"trial-{number + 1:04d}"


def reference_policies(study: Study) -> list[Policy]:
    """Return the policies that the settings are held against, the status quo first.

    They have the study's total budget where that is fixed, and their own budgets where it is searched.
    """
    low, high = study.budget_share
    chosen = chosen_policies(study.policies).values()
    return [at_share(one, low) for one in chosen] if low == high else list(chosen)


def halved(histories: Sequence[WeightedHistories], study: Study) -> tuple[list[WeightedHistories], list[WeightedHistories]]:
    """Return the histories of the search, and others: halves of the posterior's draws by a permutation that the seed keys.

    Of a half that holds more histories than are asked for, as many are resampled by weight, as a comparison does.

    Raises
    ------
    InputError
        If there are too few, or the clusters have other draws.
    """
    every = [one.distinct() for one in histories]
    count = len(every[0])
    if any(not np.array_equal(one.draw, every[0].draw) for one in every):
        raise InputError(
            "cases: the posterior's draws of these clusters differ, so that they cannot be added up; name one cluster"
        )
    if count < 2 * FEWEST:
        raise InputError(f"posterior: {count} histories cannot be halved; name a posterior with {2 * FEWEST} or more")
    order = np.random.Generator(np.random.PCG64(study.seed)).permutation(count)
    parts = np.sort(order[: count // 2]), np.sort(order[count // 2 :])
    halves = [
        [_resampled(one.rows(part), most) for one in every]
        for part, most in zip(parts, (study.draws, study.fresh_draws), strict=True)
    ]
    return halves[0], halves[1]


def _resampled(histories: WeightedHistories, most: int) -> WeightedHistories:
    if most >= len(histories):
        return histories
    chosen, times = np.unique(systematic(histories.weights, most), return_counts=True)
    kept = histories.rows(chosen)
    kept.weights[:] = times / times.sum()
    return kept


def _depends(study: Study, cases: Sequence[Case], references: Sequence[Policy], manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "calibration": manifest["fingerprint"],
        # Where the posterior lies does not matter, nor what the study is called.
        "study": study.model_dump(mode="json", exclude={"name", "title", "posterior"}),
        "cases": {case.name: content_hash(case.model_dump(mode="json")) for case in cases},
        "references": [one.model_dump(mode="json") for one in references],
        "equations": source_hashes(DECIDES),
        "versions": {**versions(), "optuna": optimiser().__version__},
    }


def _optimum(laboratory: _Laboratory, references: Sequence[Policy]) -> tuple[Arrays, Arrays]:
    """Make the search, judge the best settings on fresh histories, and return both tables."""
    study = laboratory.study
    held = laboratory.worths(laboratory.seen, references, study.futures, "reference policies")
    searched = search(study.opened, laboratory.scores, study.trials, study.together, study.seed)
    best = finalists(searched.scores, searched.settings, study.best)
    if not best:
        raise InputError(f"{study.name}: every history was stopped in every trial; lower the budget, or choose another cluster")
    policies = [study.policy(trial_name(k), searched.settings[k]) for k in best]
    fresh = laboratory.worths(laboratory.fresh, [*policies, *references], study.fresh_futures, "the best on fresh histories")
    seen = laboratory.tried[0]
    for more in (*laboratory.tried[1:], held):
        seen = seen.beside(more)
    return optimum_tables(study, searched, best, seen, fresh)


def optimum_tables(study: Study, searched: Searched, best: Sequence[int], seen: Worths, fresh: Worths) -> tuple[Arrays, Arrays]:
    """Return ``optimum.csv`` and ``flatness.csv`` as columns.

    Parameters
    ----------
    best : positions of the finalists among the trials, the best of the search first
    seen : every trial, then every reference, on the histories of the search
    fresh : every finalist, then every reference, on others
    """
    trials, count = len(searched.settings), len(seen.names)
    references = list(range(trials, count))
    first = measured(seen, np.arange(count) < trials)
    again = measured(fresh, np.arange(len(fresh.names)) < len(best))
    if not np.isfinite(again["value"][: len(best)]).any():
        raise InputError(f"{study.name}: every fresh history was stopped; lower the budget, or choose another cluster")
    rows = [*best, *references]
    rerun = {name: np.full(count, np.nan) for name in MEASURED}
    for name in MEASURED:
        rerun[name][rows] = again[name]
    chosen = int(np.nanargmax(rerun["value"][:trials]))
    kinds = np.array([FINALIST if k in best else TRIAL if k < trials else REFERENCE for k in range(count)])
    table: Arrays = {"name": np.array(seen.names), "kind": kinds, "recommended": (np.arange(count) == chosen).astype(np.int64)}
    # Errors of two separate sets of histories add up.
    curse = {"curse": first["value"] - rerun["value"], "curse_se": np.hypot(first["se"], rerun["se"])}
    table |= {**rerun, **{f"search_{name}": first[name] for name in MEASURED}, **curse, **_settings(study, searched, count)}
    behind, error = first["behind"][:trials], first["behind_se"][:trials]
    return table, flatness(study.opened, searched, behind, error, chosen)


def _settings(study: Study, searched: Searched, count: int) -> Arrays:
    """Return the numbers of each trial, and the shares of the wage bill that follow from them; NaN for references."""
    rows = [{**one, **_shares(study, one)} for one in searched.settings]
    empty = [float("nan")] * (count - len(rows))
    return {name: np.array([*(row[name] for row in rows), *empty]) for name in rows[0]}


def _shares(study: Study, settings: Settings) -> dict[str, float]:
    shares = study.shares(settings)
    return {**{f"{name}.{TOTAL}": share for name, share in shares.items()}, TOTAL: sum(shares.values())}
