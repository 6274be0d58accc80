"""What should a cluster that is in no table do? Its histories are drawn from the stored posterior and weighed by what is known.

No new calibration is made. Where the facts lie beyond the tables or contradict each other, or too few histories carry the answer,
no policies are compared: the paths are then those of any cluster of this kind, and the reasons are given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.histories import WeightedHistories, structures
from calibration.observation import ErrorModel
from calibration.results import Posterior, load_posterior, plain
from calibration.shipped import default_posterior
from calibration.simulator import ClusterSimulator
from calibration.weights import systematic
from execution.executors import executor_on
from execution.labels import verdict_of
from execution.run import Run
from execution.store import Shard
from execution.tasks import Executor, Progress, silent, unheard
from model.arguments import whole_seed
from model.calls import public
from model.config import Case, load_case, load_priors
from model.errors import InputError
from model.figures import Observation
from model.latents import LATENTS, TABLED_REGIONS
from model.profile import Batch
from studies.numbers import amount, share, signed
from studies.policy import conditioning, misfit
from studies.policy.arrays import merged
from studies.policy.chosen import STATUS_QUO, chosen_policies
from studies.policy.compare import FILES, keep, label_of, warn_of_idle, write_comparison, years_asked
from studies.policy.conditioning import HEAVIEST, Candidates
from studies.policy.counterfactuals import Comparison
from studies.policy.decision_table import decision_rows
from studies.policy.misfit import Fact
from studies.policy.outcomes import RANKED_BY
from studies.policy.pieces import DEPENDS, compare_histories

# Histories that are replayed, and futures of luck of each. A cluster of very many firms has fewer, since each of them costs more.
KEPT: Final = 48
LEAST_KEPT: Final = 16
MANY_FIRMS: Final = 1000.0
FUTURES: Final = 4
# Years after the latest start at which policies begin in a cluster of which nothing was observed: before that there are no wages
# of which a budget could be a share.
YOUNG: Final = 5
# Below this effective number of histories policies are not compared; nor are they above ``conditioning.HEAVIEST``.
FEWEST: Final = 10.0
# Of a start that no file gives (``model.schema``).
UNKNOWN: Final = "not known"
KIND: Final = "advice"
# Policies in the short table of an advice.
TABLED: Final = 8


class Grounds(NamedTuple):
    """On what an advice stands.

    Attributes
    ----------
    histories : those that are replayed
    candidates, effective, k_hat : histories that were weighed, their effective number, and the tail index of their weights; all
        are NaN or 0 where nothing was weighed
    facts : each fact against the population and the other facts
    gross : chance that the facts hold gross errors
    reasons : why policies are not compared, a line each; none where they are
    notes : what was assumed because it is not known, a line each
    """

    histories: WeightedHistories
    candidates: int
    effective: float
    k_hat: float
    facts: tuple[Fact, ...]
    gross: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def warning(self) -> str:
        """One line on facts that the model finds improbable, though policies are ranked; empty where there is none."""
        return "" if self.reasons else misfit.warning(self.facts)

    @property
    def unique(self) -> int:
        """Number of different histories among those replayed."""
        return len(np.unique(self.histories.draw))


@dataclass(frozen=True, repr=False)
class Advice:
    """Advice for one cluster: the comparison, on what it stands, and the posterior's label.

    Where ``grounds`` hold reasons, only the status quo was replayed, in histories of any cluster of this kind.
    """

    case: Case
    comparison: Comparison
    grounds: Grounds
    label: str
    converged: bool

    @property
    def supported(self) -> bool:
        """Whether policies were compared."""
        return not self.grounds.reasons

    @property
    def effective(self) -> float:
        """Effective number of the histories that were weighed."""
        return self.grounds.effective

    def __repr__(self) -> str:
        """Return a short table: the verdict, and the policies by their mean net value (wage-years), the best first."""
        title = f"Advice for {self.case.title} ({verdict_of(self.converged)}; {self.label}"
        if not self.supported:
            return "\n".join([f"{title}): no ranking, since", *(f"  {reason}" for reason in self.grounds.reasons)])
        every = [row for row in decision_rows(self.comparison) if row.outcome == RANKED_BY]
        rows = sorted(every, key=lambda row: -row.mean)[:TABLED]
        more = [f"  and {len(every) - TABLED} more"] if len(every) > TABLED else []
        width = max((len(row.policy) for row in rows), default=0)
        behind = f"; {self.effective:.0f} effective histories" if self.grounds.candidates else ""
        table = [
            f"  {row.policy:<{width}}  {signed(row.mean)} \u00b1 {amount(row.mc_se, 2)} wage-years, best with {share(row.p_best)}"
            for row in rows
        ]
        warned = [f"  warning: {self.grounds.warning}"] * bool(self.grounds.warning)
        return "\n".join([f"{title}{behind})", *warned, *table, *more])


@public
def advise(
    cluster: int | str | Path | Case,
    posterior: str | Path | None = None,
    *,
    out: str | Path | None = None,
    policies: Sequence[str | Path] | None = None,
    horizon: int | None = None,
    seed: int = 1,
    on: str | Executor = "local",
    batch: Batch | None = None,
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> Advice:
    """Rank policies for a cluster of one's own, or say why they cannot be ranked.

    Parameters
    ----------
    cluster : path, Case, or a number or name of the tables
        What is known of it, in the schema of a case.
    posterior : path, optional
        Run folder of a finished calibration. If not given, the shipped one, or what ``make run`` left where none is shipped.
    out : path, optional
        Run folder of the advice, where ``policies.nc`` and ``decision.csv`` are written; needed by shards, which share it.
    policies, horizon : optional
        As for a comparison.
    seed : int
        Key of the candidates.
    on, batch, shard, progress, say : as ``studies.compare`` takes them

    Raises
    ------
    InputError
        If the file or the horizon is wrong, the folder holds no finished calibration, or a shard is asked for and no folder is
        named.
    DamagedRun
        If a finished file of the calibration was changed or cannot be read.
    """
    if shard is not None and out is None:
        raise InputError("--shard: shards of an advice share a folder; name it with --out")
    case = cluster if isinstance(cluster, Case) else load_case(cluster)
    chosen, years, seed = chosen_policies(policies), years_asked(horizon), whole_seed(seed, "seed")
    known = load_posterior(posterior or default_posterior())
    grounds = _grounds(_dated(case), known, seed, progress)
    if grounds.reasons:
        chosen = {STATUS_QUO: chosen[STATUS_QUO]}
    warn_of_idle(chosen.values(), years, say)
    with TemporaryDirectory() as scratch, executor_on(on, batch, say) as executor:
        run = Run(KIND, Path(scratch if out is None else out), DEPENDS, FILES)
        with run.opened(executor, resume=True, shard=shard, progress=progress) as runner:
            comparisons = compare_histories(runner, [grounds.histories.distinct()], chosen, years, ("",), FUTURES)
            data = merged(comparisons, years, chosen).assign_attrs(label_of(known.manifest, chosen.values(), years, seed))
            told = plain({"effective": grounds.effective, "k_hat": grounds.k_hat, "reasons": grounds.reasons})

            def write() -> dict[str, Any]:
                write_comparison(run.folder, data, comparisons)
                return {"seed": seed, **told, "label": known.label, "converged": known.converged and not grounds.reasons}

            keep(run, runner, run.folder, data, write)
    return Advice(case, comparisons[0], grounds, known.label, known.converged)


def _grounds(case: Case, posterior: Posterior, seed: int, progress: Progress) -> Grounds:
    """Return histories of the cluster with all that says whether they can carry a ranking."""
    names, z, mass = posterior.whitened()
    simulator = ClusterSimulator((case,), load_priors(), tuple(names), ErrorModel(), structures(posterior.histories))
    prior = conditioning.from_population(simulator, z, mass, seed, KEPT)
    notes, reasons = tuple(_assumed(case)), misfit.unlike_the_tables(case)
    unknown = float("nan")
    if reasons or not any(map(_says_something, case.observations)):
        return Grounds(_kept(simulator, prior), 0, unknown, unknown, (), unknown, reasons, notes)
    candidates = conditioning.condition(simulator, z, mass, seed, progress)
    judged = misfit.judged_facts(case, candidates, simulator.errors)
    reasons = (*judged.reasons, *_too_few(candidates))
    histories = _kept(simulator, prior if reasons else candidates)
    count = len(candidates.keys)
    return Grounds(histories, count, candidates.effective, candidates.k_hat, judged.facts, judged.gross, reasons, notes)


def _says_something(seen: Observation) -> bool:
    figures = (seen.firms, seen.workers_per_firm, seen.schooling, seen.exports, seen.improvement)
    return any(figure is not None for figure in figures)


def _dated(case: Case) -> Case:
    """Return a cluster with a date at which policies begin: its last observation, or else some years after its latest start."""
    if case.observations:
        return case
    return case.model_copy(update={"observations": (Observation(year=int(case.start.high) + YOUNG),)})


def _number_kept(case: Case) -> int:
    """Return the number of histories to replay, by the most firms that were seen: a count, the same on every machine."""
    most = max((seen.firms.middle for seen in case.observations if seen.firms is not None), default=1.0)
    return int(np.clip(KEPT * MANY_FIRMS / most, min(LEAST_KEPT, KEPT), KEPT))


def _kept(simulator: ClusterSimulator, candidates: Candidates) -> WeightedHistories:
    """Return the histories to replay: candidates, resampled by weight."""
    count = _number_kept(simulator.cases[0])
    rows = systematic(candidates.weights, count)
    own, keys = candidates.own[rows], candidates.keys[rows]
    values = simulator.values(candidates.z[rows], own, keys)
    even = np.full(count, 1.0 / count)
    return WeightedHistories(simulator.cases[0], values, own[:, : len(LATENTS)], keys, even, rows, simulator.structures)


def _too_few(candidates: Candidates) -> list[str]:
    """Return why the weights cannot be relied on, if they cannot."""
    lines = []
    if not candidates.k_hat <= HEAVIEST:
        lines.append(f"k-hat of the weights is {candidates.k_hat:.2f}, above {HEAVIEST}: a few histories would decide")
    if candidates.effective < FEWEST:
        lines.append(f"{candidates.effective:.1f} effective histories agree with the facts, fewer than {FEWEST:.0f}")
    return lines


def _assumed(case: Case) -> list[str]:
    """Return what was assumed about a cluster because its file does not say it."""
    lines = []
    if case.covariates.region not in TABLED_REGIONS:
        told = "no cluster of the tables lies there; taken as between Asia and Africa, with a wider spread"
        lines.append(f"region {case.covariates.region}: {told}")
    if "origin" not in case.model_fields_set:
        lines.append("origin is not given: the pioneers are taken to have been imitators, as in most clusters of the tables")
    if case.start.source == UNKNOWN:
        lines.append(f"start is not given: taken as {case.start.low} to {case.start.high}, most likely {case.start.mode}")
    if not any(map(_says_something, case.observations)):
        year = int(case.observations[-1].time)
        lines.append(f"nothing was observed: the paths are those of any cluster of this kind, and policies begin in {year}")
    return lines
