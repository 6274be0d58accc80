"""What should a cluster that is in no table do? Its histories are drawn from the stored posterior and weighed by what is known.

No new calibration is made: parameters come from the posterior, latents from the population of clusters, and every history counts
by the density that it gives to the user's figures. How many histories then carry the answer is reported with it.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.weights import effective_size, normalised
from execution.executors import executor_on
from execution.tasks import Executor, Progress, running, silent
from model.config import Case, load_case, load_priors
from model.errors import InputError
from studies.inspect.explain import columns
from studies.numbers import amount, share, signed
from studies.policy.arrays import merged
from studies.policy.compare import HORIZON, PIECES, PIECES_MARK, compare_histories, write_comparison
from studies.policy.counterfactuals import Comparison, chosen_policies
from studies.policy.decision_table import Effects, decision_rows
from studies.policy.outcomes import RANKED_BY
from studies.policy.posterior import whitened
from studies.policy.replay import Histories

CANDIDATES: Final = 4096
CHUNK: Final = 256
KEPT: Final = 64
# Stage of the keys, beyond those of a calibration; fewer effective histories than this are called few.
STAGE: Final = 101
FEW: Final = 30.0


class Advice(NamedTuple):
    """Advice for one cluster: the comparison, the effective number of candidates behind it, and the posterior's label."""

    case: Case
    comparison: Comparison
    effective: float
    label: str
    converged: bool


def advise(
    cluster: str | Path | Case,
    posterior: str | Path = "runs/run-quick",
    *,
    out: str | Path | None = None,
    policies: Sequence[str] | None = None,
    horizon: int | None = None,
    seed: int = 1,
    on: str | Executor = "local",
    progress: Progress = silent,
) -> Advice:
    """Rank policies for a cluster of one's own.

    Parameters
    ----------
    cluster : path or Case
        What is known of it, in the schema of a case.
    posterior : path
        Run folder of a finished calibration.
    out : path, optional
        Folder for ``policies.nc`` and ``decision.csv``.
    policies, horizon : optional
        As for a comparison.
    seed : int
        Key of the candidates.
    on : str or Executor
        Where the replays are made, as for a comparison.

    Raises
    ------
    InputError
        If the file is wrong, or the folder holds no finished calibration.
    """
    from calibration import load_posterior

    case = cluster if isinstance(cluster, Case) else load_case(cluster)
    chosen, years = chosen_policies(policies), horizon or HORIZON
    found = load_posterior(posterior)
    histories, effective = _histories(case, found, seed, progress)
    with TemporaryDirectory() as scratch:
        place = Path(scratch if out is None else out)
        with (
            executor_on(on) as executor,
            running(place / PIECES, PIECES_MARK, executor, resume=True, progress=progress) as runner,
        ):
            comparisons = compare_histories(runner, [histories], chosen, years, ("",))
            write_comparison(place, merged(comparisons, years, chosen), comparisons)
    return Advice(case, comparisons[0], effective, found.label, found.converged)


def _histories(case: Case, posterior: Any, seed: int, progress: Progress) -> tuple[Histories, float]:
    """Return histories of the cluster, resampled by weight, and the effective number of candidates."""
    from calibration.histories import structures
    from calibration.keys import LATENTS as LATENT_STREAM
    from calibration.keys import PARAMETERS, normals, seeds, uniforms
    from calibration.observation import ErrorModel
    from calibration.simulator import ClusterSimulator
    from model.latents import LATENTS, case_key

    names, z, mass = whitened(posterior)
    chosen = structures(posterior.histories)
    simulator = ClusterSimulator((case,), load_priors(), tuple(names), ErrorModel(), chosen)
    keys = seeds(seed, STAGE, case_key(case) % 2**63, 0, CANDIDATES)
    picked = np.searchsorted(np.cumsum(normalised(mass)), uniforms(keys, PARAMETERS, 1)[:, 0]).clip(0, len(z) - 1)
    latents = normals(keys, LATENT_STREAM, len(LATENTS))
    weights = _weights(case, simulator, z[picked], latents, keys, progress)
    ends = np.cumsum(weights)
    kept = np.searchsorted(ends, (np.arange(KEPT) + 0.5) / KEPT * ends[-1]).clip(0, CANDIDATES - 1)
    values = simulator.values(z[picked][kept], keys[kept])
    even = np.full(KEPT, 1.0 / KEPT)
    return Histories(case, values, latents[kept], keys[kept], even, kept.astype(np.int64), chosen), effective_size(weights)


def _weights(case: Case, simulator: Any, z: Any, latents: Any, keys: Any, progress: Progress) -> Any:
    from calibration.observation import log_density
    from calibration.tables import table

    if not case.observations:
        return np.full(len(keys), 1.0 / len(keys))
    scores = []
    for first in range(0, len(keys), CHUNK):
        part = slice(first, first + CHUNK)
        outcomes = simulator(0, z[part], latents[part], keys[part])
        scores.append(log_density(table(case, simulator.errors), outcomes, simulator.errors))
        progress("weighing histories by what is known of the cluster", min(first + CHUNK, len(keys)), len(keys))
    score = np.concatenate(scores)
    return normalised(np.exp(score - score.max()))


def advice_lines(advice: Advice) -> list[str]:
    """Return the advice in words: the ranking, how sure it is, and under which label."""
    rows: list[Effects] = [row for row in decision_rows(advice.comparison) if row.outcome == RANKED_BY]
    if not rows:
        raise InputError(f"{advice.case.title}: every history outgrew the simulator; check firms and workers in the file")
    rows.sort(key=lambda row: -row.mean)
    verdict = advice.label if advice.converged else f"NOT CONVERGED; {advice.label}"
    few = " Few: the ranking is rough." if advice.effective < FEW else ""
    table = columns(
        ("policy", "net value", "MC s.e.", "90 % of histories", "P(best)", "regret", "cost"),
        [
            (
                row.policy,
                signed(row.mean),
                amount(row.mc_se, 2),
                f"{signed(row.low)} to {signed(row.high)}",
                share(row.p_best),
                amount(row.expected_regret),
                amount(row.cost),
            )
            for row in rows
        ],
    )
    return [
        f"{advice.case.title}: policies by net value against the status quo, in wage-years ({verdict})",
        table,
        f"{advice.effective:.0f} effective histories of {CANDIDATES} agree with what is known of the cluster.{few}",
    ]
