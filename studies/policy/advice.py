"""What should a cluster that is in no table do? Its histories are drawn from the stored posterior and weighed by what is known.

No new calibration is made: parameters come from the posterior, latents from the population of clusters, and every history counts
by the density that it gives to the user's figures. How many histories then carry the answer is reported with it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.histories import WeightedHistories, structures
from calibration.keys import ADVICE, PARAMETERS, normals, seeds, uniforms
from calibration.keys import LATENTS as LATENT_STREAM
from calibration.observation import ErrorModel, log_density
from calibration.results import Posterior, load_posterior
from calibration.shipped import default_posterior
from calibration.simulator import ClusterSimulator
from calibration.tables import table
from calibration.weights import effective_size, normalised
from execution.executors import executor_on
from execution.labels import verdict_of
from execution.run import Run
from execution.store import Shard
from execution.tasks import Executor, Progress, silent, unheard
from model.arguments import whole_seed
from model.arrays import Floats, Seeds
from model.config import Case, load_case, load_priors
from model.errors import InputError
from model.latents import LATENTS, case_key
from model.profile import Batch
from studies.numbers import amount, share, signed
from studies.policy.arrays import merged
from studies.policy.chosen import chosen_policies
from studies.policy.compare import FILES, keep, label_of, warn_of_idle, write_comparison, years_asked
from studies.policy.counterfactuals import Comparison
from studies.policy.decision_table import decision_rows
from studies.policy.outcomes import RANKED_BY
from studies.policy.pieces import DEPENDS, compare_histories

CANDIDATES: Final = 4096
CHUNK: Final = 256
KEPT: Final = 64
KIND: Final = "advice"
# Policies in the short table of an advice.
TABLED: Final = 8


class Advice(NamedTuple):
    """Advice for one cluster: the comparison, the effective number of candidates behind it, and the posterior's label."""

    case: Case
    comparison: Comparison
    effective: float
    label: str
    converged: bool

    def __repr__(self) -> str:
        """Return a short table: the verdict, and the policies by their mean net value (wage-years), the best first."""
        every = [row for row in decision_rows(self.comparison) if row.outcome == RANKED_BY]
        rows = sorted(every, key=lambda row: -row.mean)[:TABLED]
        more = [f"  and {len(every) - TABLED} more"] if len(every) > TABLED else []
        width = max((len(row.policy) for row in rows), default=0)
        verdict = f"{verdict_of(self.converged)}; {self.label}; {self.effective:.0f} effective histories"
        table = [
            f"  {row.policy:<{width}}  {signed(row.mean)} \u00b1 {amount(row.mc_se, 2)} wage-years, best with {share(row.p_best)}"
            for row in rows
        ]
        return "\n".join([f"Advice for {self.case.title} ({verdict})", *table, *more])


def advise(
    cluster: str | Path | Case,
    posterior: str | Path | None = None,
    *,
    out: str | Path | None = None,
    policies: Sequence[str] | None = None,
    horizon: int | None = None,
    seed: int = 1,
    on: str | Executor = "local",
    batch: Batch | None = None,
    shard: Shard | None = None,
    progress: Progress = silent,
    say: Callable[[str], object] = unheard,
) -> Advice:
    """Rank policies for a cluster of one's own.

    Parameters
    ----------
    cluster : path or Case
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
    warn_of_idle(chosen.values(), years, say)
    known = load_posterior(posterior or default_posterior())
    histories, effective = _histories(case, known, seed, progress)
    with TemporaryDirectory() as scratch, executor_on(on, batch, say) as executor:
        run = Run(KIND, Path(scratch if out is None else out), DEPENDS, FILES)
        with run.opened(executor, resume=True, shard=shard, progress=progress) as runner:
            comparisons = compare_histories(runner, [histories], chosen, years, ("",))
            data = merged(comparisons, years, chosen).assign_attrs(label_of(known.manifest, chosen.values(), years, seed))

            def write() -> dict[str, Any]:
                write_comparison(run.folder, data, comparisons)
                return {"seed": seed, "effective": effective, "label": known.label, "converged": known.converged}

            keep(run, runner, run.folder, data, write)
    return Advice(case, comparisons[0], effective, known.label, known.converged)


def _histories(case: Case, posterior: Posterior, seed: int, progress: Progress) -> tuple[WeightedHistories, float]:
    """Return histories of the cluster, resampled by weight, and the effective number of candidates."""
    names, z, mass = posterior.whitened()
    chosen = structures(posterior.histories)
    simulator = ClusterSimulator((case,), load_priors(), tuple(names), ErrorModel(), chosen)
    keys = seeds(seed, ADVICE, case_key(case) % 2**63, 0, CANDIDATES)
    picked = np.searchsorted(np.cumsum(normalised(mass)), uniforms(keys, PARAMETERS, 1)[:, 0]).clip(0, len(z) - 1)
    own = normals(keys, LATENT_STREAM, len(simulator.own))
    weights = _weights(case, simulator, z[picked], own, keys, progress)
    ends = np.cumsum(weights)
    kept = np.searchsorted(ends, (np.arange(KEPT) + 0.5) / KEPT * ends[-1]).clip(0, CANDIDATES - 1)
    values = simulator.values(z[picked][kept], own[kept], keys[kept])
    even = np.full(KEPT, 1.0 / KEPT)
    histories = WeightedHistories(case, values, own[kept][:, : len(LATENTS)], keys[kept], even, kept.astype(np.int64), chosen)
    return histories, effective_size(weights)


def _weights(case: Case, simulator: ClusterSimulator, z: Floats, own: Floats, keys: Seeds, progress: Progress) -> Floats:
    """Return the weights of candidates (n,), which sum to one: the density that each gives to what is known of the cluster."""
    if not case.observations:
        return np.full(len(keys), 1.0 / len(keys))
    scores = []
    for first in range(0, len(keys), CHUNK):
        part = slice(first, first + CHUNK)
        outcomes = simulator(0, z[part], own[part], keys[part])
        scores.append(log_density(table(case, simulator.errors), outcomes, simulator.errors))
        progress("weighing histories by what is known of the cluster", min(first + CHUNK, len(keys)), len(keys))
    score = np.concatenate(scores)
    return normalised(np.exp(score - score.max()))
