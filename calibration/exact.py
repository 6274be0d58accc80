"""What is the exact likelihood at joint draws? A cheap check, shares by noise and cost, the ratios, and more where noise is left.

Ratios are estimated by stored tasks, a cluster and a block of draws each. If the weights of all draws are too noisy for the gate,
the clusters with the noisiest ratios are simulated further, at every draw alike, so that no draw is chosen by its own noise.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from calibration import joint
from calibration.arviz_adapter import k_hat
from calibration.correction import (
    HALVES,
    Estimate,
    Ratios,
    allocate,
    combine,
    error_variance,
    join,
    noise_of_one,
    of_case,
    ratios_part,
)
from calibration.emulator.evaluate import Emulator
from calibration.gate import Correction, correction, noisiest, weights_suffice
from calibration.joint import Sampling
from calibration.keys import EXACT, MORE, PILOT, RESAMPLING, number
from calibration.stages import HISTORIES_A_CHUNK, LEAPFROGS, Joint
from calibration.work import Work
from execution.tasks import Task, blocks, chunk_size
from model.arrays import Arrays, Floats, Ints

# Histories of each cluster and draw of the cheap check, both halves together.
CHECK_REPLICATES: Final = 8
# Clusters that are simulated further in a turn, and by how many times their histories so far.
FURTHER: Final = 5
TIMES: Final = 2
# How the chunks of a stage begin, and the stage in words.
NAMES: Final = {
    PILOT: ("check", "checking the emulator"),
    EXACT: ("exact", "estimating the exact likelihood"),
    **{stage: (f"more-{turn}", "estimating the exact likelihood of the noisiest") for turn, stage in enumerate(MORE)},
}


class ExactDraws(NamedTuple):
    """Joint draws at which the ratio of exact to emulated likelihood was estimated.

    Attributes
    ----------
    z : float64, shape (n, d)
        Whitened parameters.
    estimate : Estimate
        The ratios.
    replicates : int64, shape (cases,)
        Histories of each cluster in each half of the estimate.
    """

    z: Floats
    estimate: Estimate
    replicates: Ints


def check_draws(work: Work, emulator: Emulator, drawn: Joint) -> ExactDraws:
    """Estimate or read the ratios with a few histories at some draws: the cheap check."""
    each = dict.fromkeys(range(work.sizes.cases), CHECK_REPLICATES // HALVES)
    return _whole(work, emulator, drawn, each, work.profile.check_draws, PILOT)


def shares(work: Work, checked: ExactDraws, cost: Floats) -> Ints:
    """Return how many histories of each cluster each half of an exact ratio takes, from the cheap check."""
    noise = noise_of_one(checked.estimate, HALVES * checked.replicates)
    return allocate(noise, cost, work.profile.exact_replicates * work.sizes.cases // HALVES)


def exact_draws(work: Work, emulator: Emulator, drawn: Joint, replicates: Ints) -> ExactDraws:
    """Estimate or read the ratios at the draws that carry the posterior."""
    return _whole(work, emulator, drawn, dict(enumerate(replicates.tolist())), work.profile.exact_draws, EXACT)


def compared(exact: ExactDraws) -> Correction:
    """Return what the ratios say of the emulator, and the weights of the draws."""
    return correction(exact.estimate, error_variance(exact.estimate), k_hat(exact.estimate.log_ratio.sum(axis=1)))


def reinforced(
    work: Work, emulator: Emulator, drawn: Joint, exact: ExactDraws, names: Sequence[str], say: Callable[[str], object]
) -> ExactDraws:
    """Simulate the noisiest clusters further, in as many turns as ``MORE`` has keys, until the weights suffice."""
    for stage in MORE:
        so_far = compared(exact)
        if weights_suffice(so_far):
            break
        cases = noisiest(so_far, FURTHER)
        each = {case: TIMES * int(exact.replicates[case]) for case in cases}
        many = HALVES * sum(each.values()) * len(exact.z)
        say(
            f"ESS of weights {so_far.ess:.0f}, largest {so_far.weights.max():.2f}: {many:,} further histories of "
            + ", ".join(names[case] for case in cases)
        )
        further = _ratios(work, emulator, drawn, each, len(exact.z), stage)
        exact = _with(exact, {case: of_case(join([part]), 0) for case, part in further.items()}, each)
    return exact


def _with(exact: ExactDraws, further: Mapping[int, Arrays], each: Mapping[int, int]) -> ExactDraws:
    """Return exact draws with further histories of some clusters, of which ``each`` half had so many."""
    columns, replicates = [], exact.replicates.copy()
    for case in range(len(replicates)):
        arrays = of_case(exact.estimate, case)
        if case in further:
            arrays = combine(arrays, further[case], (int(replicates[case]), each[case]))
            replicates[case] += each[case]
        columns.append([arrays])
    return ExactDraws(exact.z, join(columns), replicates)


def some_draws(work: Work, drawn: Joint, count: int, stage: int) -> tuple[Floats, Floats]:
    """Return z (n, d) and own (n, cases, l) of joint draws, spread over all chains by a permutation keyed by ``stage``."""
    return drawn.flat(count, number(work.seed, RESAMPLING, stage))


def _whole(work: Work, emulator: Emulator, drawn: Joint, each: Mapping[int, int], count: int, stage: int) -> ExactDraws:
    parts = _ratios(work, emulator, drawn, each, count, stage)
    z, _ = some_draws(work, drawn, count, stage)
    return ExactDraws(z, join(list(parts.values())), np.array(list(each.values()), np.int64))


def _ratios(
    work: Work, emulator: Emulator, drawn: Joint, each: Mapping[int, int], count: int, stage: int
) -> dict[int, list[Arrays]]:
    """Estimate or read the ratios of some clusters, with ``each`` histories a half, in blocks of draws."""
    sampling = Sampling(emulator, work.sizes, work.profile.chains, LEAPFROGS, work.seed, work.runner.stop.check)
    ratios = Ratios(work.simulate, sampling, drawn.tuned, work.tables, work.errors, stage)
    # Further histories are simulated at the draws that are there.
    z, own = some_draws(work, drawn, count, EXACT if stage in MORE else stage)
    name, words = NAMES[stage]
    step = chunk_size(HALVES * sum(each.values()) * count, HISTORIES_A_CHUNK)
    tasks = {
        case: [
            Task(
                f"{name}-{case:03d}-{first:06d}",
                (case, z[first : first + many], own[first : first + many, case], half, first),
                HALVES * many * half,
            )
            for first, many in blocks(0, count, max(step // (HALVES * half), joint.LANES // HALVES))
        ]
        for case, half in each.items()
    }
    parts = iter(work.runner.gather(words, ratios_part, ratios, [task for case in tasks.values() for task in case]))
    return {case: [next(parts) for _ in part] for case, part in tasks.items()}
