"""Which histories agree with what is known of one cluster? Importance sampling in rounds, each drawn nearer to the figures.

Parameters come from the posterior, and the first round's latents from the population of clusters. Each later round draws latents
from a normal density fitted to the weighted ones so far, and one part in five from the population, so that no weight is large by
the proposal alone. All rounds are weighed against the mixture of their densities. The weights are exact: every candidate is
simulated, and its row scored with the calibration's own error model. Rounds and candidates are counts, never a clock.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from calibration.arviz_adapter import k_hat
from calibration.keys import ADVICE, PARAMETERS, PICK, normals, seeds, uniforms
from calibration.keys import LATENTS as LATENT_STREAM
from calibration.observation import Outcomes, log_density, stack
from calibration.simulator import ClusterSimulator
from calibration.tables import table
from calibration.weights import effective_size, normalised
from model.arrays import Floats, Ints, Seeds
from model.latents import case_key

# Candidates of each round; the first is drawn from the population. Further rounds are made where these do not carry an answer.
ROUNDS: Final = (512, 384, 512)
FURTHER: Final = (768, 768, 1024)
# Above this tail index a few candidates decide (Vehtari et al. 2024); fewer effective candidates than this are few.
HEAVIEST: Final = 0.7
ENOUGH: Final = 30.0
# Candidates between two signs of progress.
CHUNK: Final = 64
# Share of a later round that is drawn from the population, and factor by which the fitted deviations are widened.
POPULATION: Final = 0.2
WIDER: Final = 1.1
# Weights are flattened until this many candidates carry a fit, whose correlations are shrunk as if by so many without any.
CARRY: Final = 60.0
PENALTY: Final = 10.0
# The most numbers of a cluster's own that a fit moves, and the least gain of information of each, as a multiple of its noise.
MOVED: Final = 8
NOISE: Final = 3.0
# Powers to which weights are raised, the first that lets enough candidates carry the fit.
FLATTER: Final = tuple(0.8**step for step in range(40))


class Proposal(NamedTuple):
    """A normal density of what a cluster has for itself: mean (l,), and lower Cholesky factor (l, l)."""

    mean: Floats
    factor: Floats


class Candidates(NamedTuple):
    """Candidates of one cluster.

    Attributes
    ----------
    z, own : float64, shapes (n, d) and (n, l)
        Whitened parameters, and what the cluster has for itself.
    keys : uint64, shape (n,)
    log_population : float64, shape (n,)
        Log density of the population over that of the proposal.
    outcomes : Outcomes or None
        What each shows at the dates of observation; None where nothing was seen, so that nothing was simulated.
    log_row : float64, shape (n,)
        Log density of the row given each history (nats); zero where nothing was seen.
    """

    z: Floats
    own: Floats
    keys: Seeds
    log_population: Floats
    outcomes: Outcomes | None
    log_row: Floats

    @property
    def log_weights(self) -> Floats:
        """Log weights, up to a constant, float64, shape (n,)."""
        return self.log_row + self.log_population

    @property
    def weights(self) -> Floats:
        """Weights that sum to one, float64, shape (n,)."""
        return weights_of(self.log_weights)

    @property
    def effective(self) -> float:
        """Effective number of candidates, each of which is another history."""
        return effective_size(self.weights)

    @property
    def k_hat(self) -> float:
        """Pareto tail index of the weights: where it is large, other candidates might have decided otherwise."""
        return k_hat(self.log_weights)

    @property
    def enough(self) -> bool:
        """Whether the candidates carry an answer."""
        return self.k_hat <= HEAVIEST and self.effective >= ENOUGH


def weights_of(log_weights: Floats) -> Floats:
    """Return weights that sum to one, float64, shape (n,)."""
    return normalised(np.exp(log_weights - log_weights.max()))


def from_population(simulator: ClusterSimulator, z: Floats, mass: Floats, seed: int, count: int) -> Candidates:
    """Return histories of a cluster of which nothing was seen: parameters z (k, d) by ``mass`` (k,), the population's latents."""
    keys = seeds(seed, ADVICE, case_key(simulator.cases[0]) % 2**63, 0, count)
    nothing = np.zeros(count)
    return Candidates(z[_picked(mass, keys)], normals(keys, LATENT_STREAM, len(simulator.own)), keys, nothing, None, nothing)


def condition(
    simulator: ClusterSimulator, z: Floats, mass: Floats, seed: int, progress: Callable[[str, int, int], None]
) -> Candidates:
    """Return candidates for the simulator's one cluster, weighed by what is known of it.

    Parameters
    ----------
    z, mass : float64, shapes (k, d) and (k,)
        Whitened draws of the posterior, and their weights.
    seed : int
        Key of the candidates.
    progress : takes words, the candidates done and all candidates
    """
    case, size = simulator.cases[0], len(simulator.own)
    row = table(case, simulator.errors)
    proposals: list[Proposal] = []
    picked, own = np.empty((0, z.shape[1])), np.empty((0, size))
    seen: list[Outcomes] = []
    rounds = (*ROUNDS, *FURTHER)
    for number, count in enumerate(rounds):
        first = len(own)
        keys = seeds(seed, ADVICE, case_key(case) % 2**63, 0, first + count)
        picked = np.concatenate([picked, z[_picked(mass, keys[first:])]])
        own = np.concatenate([own, _drawn(proposals[-1] if proposals else None, keys[first:], size)])
        for begin in range(first, len(own), CHUNK):
            part = slice(begin, min(begin + CHUNK, len(own)))
            seen.append(simulator(0, picked[part], own[part], keys[part]))
            progress("weighing histories by what is known of the cluster", part.stop, max(len(own), sum(ROUNDS)))
        outcomes = stack(seen)
        log_row = log_density(row, outcomes, simulator.errors)
        log_population = _log_population(own, proposals, rounds[: number + 1])
        candidates = Candidates(picked, own, keys, log_population, outcomes, log_row)
        if number + 1 >= len(ROUNDS) and candidates.enough:
            break
        proposals.append(fitted(own, flattened(candidates.log_weights)))
    return candidates


def _picked(mass: Floats, keys: Seeds) -> Ints:
    """Return which draw of the posterior each candidate takes, by keyed uniforms, int64, shape (n,)."""
    rows = np.searchsorted(np.cumsum(normalised(mass)), uniforms(keys, PARAMETERS, 1)[:, 0])
    chosen: Ints = rows.clip(0, len(mass) - 1).astype(np.int64)
    return chosen


def _drawn(proposal: Proposal | None, keys: Seeds, size: int) -> Floats:
    """Return what the cluster has for itself in the candidates of a round, float64, shape (n, size)."""
    normal = normals(keys, LATENT_STREAM, size)
    if proposal is None:
        return normal
    # Products of matrices are summed in one order whatever the number of threads, which BLAS does not promise.
    moved = proposal.mean + np.einsum("ni,ji->nj", normal, proposal.factor)
    return np.where(uniforms(keys, PICK, 1) < POPULATION, normal, moved)


def flattened(log_weights: Floats) -> Floats:
    """Return weights that sum to one, raised to the largest power at which enough candidates carry them, float64, shape (n,)."""
    for power in FLATTER:
        weights = weights_of(power * log_weights)
        if effective_size(weights) >= CARRY:
            break
    return weights


def fitted(own: Floats, weights: Floats) -> Proposal:
    """Return the normal density that weighted candidates (n, l) suggest.

    Only the few numbers of which the figures tell most are moved, those whose gain of information stands out of its noise; all
    others keep the population's density. A full covariance of so many numbers would be mostly noise.
    """
    effective, size = effective_size(weights), own.shape[1]
    mean = np.einsum("n,nl->l", weights, own)
    variance = np.einsum("n,nl->l", weights, (own - mean) ** 2)
    gain = 0.5 * (mean * mean + variance - 1.0 - np.log(variance))
    told = np.sort(np.argsort(-gain, kind="stable")[:MOVED])
    told = told[gain[told] > NOISE / effective]
    centred = own[:, told] - mean[told]
    scatter = np.einsum("n,nl,nm->lm", weights, centred, centred)
    share = effective / (effective + PENALTY)
    moved, factor = np.zeros(size), np.eye(size)
    moved[told] = mean[told]
    factor[np.ix_(told, told)] = WIDER * np.linalg.cholesky(share * scatter + (1.0 - share) * np.diag(np.diag(scatter)))
    return Proposal(moved, factor)


def _log_population(own: Floats, proposals: list[Proposal], counts: tuple[int, ...]) -> Floats:
    """Return the log density of the population over that of the mixture of all rounds, at own (n, l)."""
    population = -0.5 * np.einsum("nl,nl->n", own, own)
    shares = np.array(counts) / sum(counts)
    terms = [np.log(shares[0]) + population]
    for share, proposal in zip(shares[1:], proposals, strict=True):
        white = np.einsum("ij,nj->ni", np.linalg.inv(proposal.factor), own - proposal.mean)
        near = -0.5 * np.einsum("nl,nl->n", white, white) - np.log(np.diagonal(proposal.factor)).sum()
        mixed = np.logaddexp(np.log1p(-POPULATION) + near, np.log(POPULATION) + population)
        terms.append(np.log(share) + mixed)
    ratio: Floats = population - np.logaddexp.reduce(terms, axis=0)
    return ratio
