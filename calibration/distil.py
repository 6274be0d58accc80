"""How likely is a cluster's row at given parameters, by the emulator? An integral over the cluster, and a quadratic that fits it.

The integral of q(row | parameters, own) over the population of ``own`` is estimated by importance sampling, at parameters that
lie around the joint draws. Its proposal is a normal density that was regressed on the joint draws, and the population itself as
one part in ten, so that no weight exceeds ten. The same points give the slope of the log of the integral, because it is the
mean slope of log q over q(own | parameters, row) (Fisher's identity). Values and slopes together determine a quadratic for each
cluster: a likelihood of the parameters alone that costs next to nothing. That is what emcee samples.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from calibration.emulator.evaluate import Emulator, Rows, log_density
from calibration.emulator.features import Features
from calibration.emulator.network import Layout
from calibration.jax_setup import jax_alone
from calibration.joint import weights_of
from calibration.keys import INTEGRALS, normals, seeds, uniforms
from model.arrays import Arrays, Floats, Ints, Seeds

# Share of points that are drawn from the population, and factor by which the regressed standard deviations are widened.
POPULATION: Final = 0.10
WIDER: Final = 1.05
# Half of the parameters at which integrals are taken are moved away from the centre of the joint draws by this factor.
FURTHER: Final = 1.5
# Ridge penalty of the regression, as an equivalent number of draws.
RIDGE: Final = 5.0
# Standard deviations of slopes and of curvatures before any integral is seen, in nats for a prior standard deviation.
SLOPE: Final = 3.0
CURVATURE: Final = 0.15
# Passes in which the residuals of a fit say how values and slopes are weighed in the next one, and the least of their variances.
PASSES: Final = 3
LEAST: Final = 1e-6
# The largest curvature of the sum over all clusters. The prior's is -1, so a posterior with less than 1 has a peak.
MOST_CURVED: Final = 0.9
# Share of the integrals that are held out.
HELD_OUT: Final = 0.1
# Seeds of the points within a cluster's draws.
POINT, CHOICE = 11, 12


class Proposal(NamedTuple):
    """Normal densities of what each cluster has for itself, given the parameters.

    Attributes
    ----------
    slope : float64, shape (cases, d + 1, l)
        Coefficients of the mean, with the intercept in the last row.
    factor : float64, shape (cases, l, l)
        Lower Cholesky factor of the covariance, widened.
    """

    slope: Floats
    factor: Floats


def regress(z: Floats, own: Floats) -> Proposal:
    """Return the proposal that joint draws z (n, d) and own (n, cases, l) suggest."""
    inputs = np.concatenate([z, np.ones((len(z), 1))], axis=1)
    square = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
    slopes, factors = [], []
    for case in range(own.shape[1]):
        slope = np.linalg.solve(square, inputs.T @ own[:, case])
        left = own[:, case] - inputs @ slope
        scatter = (left.T @ left + RIDGE * np.eye(own.shape[2])) / (len(z) + RIDGE)
        slopes.append(slope)
        factors.append(WIDER * np.linalg.cholesky(scatter))
    return Proposal(np.stack(slopes), np.stack(factors))


def around(z: Floats) -> Floats:
    """Return the parameters at which integrals are taken: joint draws z (n, d), every second one moved outward.

    A draw that is moved takes the difference to the mean of all draws ``FURTHER`` times, so that the quadratic has seen what lies
    around the posterior.
    """
    outward = (np.arange(len(z)) % 2)[:, None] * (FURTHER - 1.0)
    moved: Floats = z + outward * (z - z.mean(axis=0))
    return moved


class Integrals(NamedTuple):
    """What it takes to integrate: the emulator, the proposal, the points of one integral, the run's seed, and what may stop."""

    emulator: Emulator
    proposal: Proposal
    points: int
    seed: int
    heed: Callable[[], None] = lambda: None


def integrate(integrals: Integrals, z: Floats, first: int) -> Arrays:
    """Integrate every cluster's row at parameters z (n, d), numbered from ``first``.

    Returns
    -------
    dict of arrays
        ``z``; ``value`` and ``variance`` (n, cases): the log of the estimate (nats), and the estimate's squared relative error;
        ``slope`` and ``slope_variance`` (n, cases, d): the slope of that log, and the squared error of each of its entries.
    """
    with jax_alone():
        every = [_integral(integrals, here, first + row) for row, here in enumerate(z)]
    names = ("value", "variance", "slope", "slope_variance")
    return {"z": z, **{name: np.stack(parts) for name, parts in zip(names, zip(*every, strict=True), strict=True)}}


def _integral(integrals: Integrals, z: Floats, index: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return what ``integrate`` returns at parameters z (d,), for all clusters."""
    integrals.heed()
    proposal, points, emulator = integrals.proposal, integrals.points, integrals.emulator
    cases = len(proposal.factor)
    keys = np.stack([seeds(integrals.seed, INTEGRALS, case, index * points, points) for case in range(cases)])
    own, log_weight = proposed(np.append(z, 1.0) @ proposal.slope, proposal.factor, keys)
    scored = _scored(_Learned(emulator.features, emulator.layout))
    case = np.repeat(np.arange(cases), points)
    density, slopes = scored(weights_of(emulator.network), emulator.rows, case, *(part.astype(np.float32) for part in (z, own)))
    score = np.asarray(density, np.float64).reshape(cases, points) + log_weight
    slopes = np.asarray(slopes, np.float64).reshape(cases, points, -1)
    top = score.max(axis=1)
    weight = np.exp(score - top[:, None])
    share = weight / weight.sum(axis=1, keepdims=True)
    slope = np.einsum("cp,cpd->cd", share, slopes)
    return (
        np.log(weight.mean(axis=1)) + top,
        np.maximum((share**2).sum(axis=1) - 1.0 / points, 0.0) * points / (points - 1),
        slope,
        np.einsum("cp,cpd->cd", share**2, (slopes - slope[:, None]) ** 2),
    )


def proposed(mean: Floats, factor: Floats, keys: Seeds) -> tuple[Floats, Floats]:
    """Draw what clusters have for themselves from normal densities, one part in ten from the population.

    Parameters
    ----------
    mean, factor : float64, shapes (k, l) and (k, l, l)
        Means, and lower Cholesky factors of the covariances.
    keys : uint64, shape (k, p)
        Seeds of the points.

    Returns
    -------
    own : float64, shape (k, p, l)
    log_weight : float64, shape (k, p)
        Log density of the population over that of the proposal, up to one constant; at most the log of ten.
    """
    size = mean.shape[1]
    normal = normals(keys.ravel(), POINT, size).reshape(*keys.shape, size)
    moved = mean[:, None] + normal @ factor.swapaxes(1, 2)
    from_population = uniforms(keys.ravel(), CHOICE, 1).reshape(*keys.shape, 1) < POPULATION
    own = np.where(from_population, normal, moved)
    white = np.linalg.solve(factor, (own - mean[:, None]).swapaxes(1, 2))
    scale = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    learned = -0.5 * (white**2).sum(axis=1) - scale[:, None]
    population = -0.5 * (own**2).sum(axis=2)
    mixed = np.logaddexp(np.log1p(-POPULATION) + learned, np.log(POPULATION) + population)
    return own, population - mixed


class _Learned(NamedTuple):
    """On what the compiled program depends, beside the sizes of its arrays."""

    features: Features
    layout: Layout


@cache
def _scored(learned: _Learned) -> Any:
    """Return the compiled log density of rows, and its slope in the parameters z (d,), at points ``own`` (cases, points, l)."""
    import jax

    xp = jax.numpy

    def run(network: Any, rows: Any, case: Any, z: Any, own: Any) -> Any:
        def total(z: Any) -> Any:
            given = (case, z, own.reshape(len(case), -1))
            density = log_density(network, Rows(*(part[case] for part in rows)), *given, *learned)
            return xp.sum(density), density

        (_, density), slope = jax.value_and_grad(total, has_aux=True)(xp.broadcast_to(z, (len(case), len(z))))
        return density, slope

    return jax.jit(run)


def likelihood(coefficients: Floats, z: Floats) -> Floats:
    """Return the distilled log-likelihood (nats) at parameters z (n, d).

    Parameters
    ----------
    coefficients : float64, shape (k, cases) or (k,)
        As ``distil`` returns them, for each cluster, or their sum over clusters.

    Returns
    -------
    float64, shape (n, cases) or (n,)
    """
    result: Floats = _terms(z) @ coefficients
    return result


def _terms(z: Floats) -> Floats:
    """Return what the coefficients multiply at z (n, d): one, every parameter, and every product of two; shape (n, k)."""
    one, other = np.triu_indices(z.shape[1])
    return np.concatenate([np.ones((len(z), 1)), z, z[:, one] * z[:, other] * np.where(one == other, 0.5, 1.0)], axis=1)


def count(parameters: int) -> int:
    """Return the number of coefficients of a cluster."""
    return 1 + parameters + parameters * (parameters + 1) // 2


def _of_slope(parameters: int) -> Ints:
    """Return which coefficients make the slope in each parameter: its own, then those of its products; shape (d, d + 1)."""
    column = np.zeros((parameters, parameters), np.int64)
    one, other = np.triu_indices(parameters)
    column[one, other] = column[other, one] = 1 + parameters + np.arange(len(one))
    return np.concatenate([1 + np.arange(parameters)[:, None], column], axis=1)


class Integrated(NamedTuple):
    """Integrals at n parameters, as ``integrate`` returns them."""

    z: Floats
    value: Floats
    variance: Floats
    slope: Floats
    slope_variance: Floats


def distil(given: Integrated) -> Arrays:
    """Fit one quadratic a cluster to the values and slopes of integrals, by least squares.

    Returns
    -------
    dict of arrays
        ``coefficients`` (k, cases), and ``error`` (cases,): the root mean squared error at the integrals held out (nats), with
        the integrals' own noise taken off.
    """
    held = max(int(HELD_OUT * len(given.z)), 1)
    taught = Integrated(*(part[held:] for part in given))
    shared = _shared(taught.z)
    coefficients = np.stack([_fitted(taught, shared, case) for case in range(given.value.shape[1])], axis=1)
    coefficients = _with_a_peak(coefficients, given.z.shape[1])
    left = likelihood(coefficients, given.z[:held]) - given.value[:held]
    error = np.sqrt(np.maximum((left**2 - given.variance[:held]).mean(axis=0), 0.0))
    return {"coefficients": coefficients, "error": error}


class _Shared(NamedTuple):
    """What the least squares of all clusters share, at parameters z (n, d).

    Attributes
    ----------
    columns : int64, shape (d, d + 1)
        Which coefficients of the quadratic make each entry of the slope, a linear function of z.
    terms, straight : float64, shapes (n, k) and (n, d + 1)
        What coefficients multiply in values, and in one entry of the slope.
    of_values, of_slopes : float64, shape (k, k)
        Their normal matrices.
    penalty : float64, shape (k,)
    """

    terms: Floats
    straight: Floats
    columns: Ints
    of_values: Floats
    of_slopes: Floats
    penalty: Floats


def _shared(z: Floats) -> _Shared:
    """Return what all clusters share."""
    parameters = z.shape[1]
    terms, straight = _terms(z), np.concatenate([np.ones((len(z), 1)), z], axis=1)
    columns, size = _of_slope(parameters), terms.shape[1]
    one, of_slopes = straight.T @ straight, np.zeros((size, size))
    for own in columns:
        of_slopes[np.ix_(own, own)] += one
    penalty = np.zeros(size)
    penalty[1 : 1 + parameters], penalty[1 + parameters :] = SLOPE**-2, CURVATURE**-2
    return _Shared(terms, straight, columns, terms.T @ terms, of_slopes, penalty)


def _fitted(taught: Integrated, shared: _Shared, case: int) -> Floats:
    """Return the coefficients (k,) of a cluster."""
    terms, straight, columns = shared.terms, shared.straight, shared.columns
    value, slope = taught.value[:, case], taught.slope[:, case]
    to_value, to_slope = terms.T @ value, np.zeros(terms.shape[1])
    for own, moment in zip(columns, (straight.T @ slope).T, strict=True):
        to_slope[own] += moment
    noise, slope_noise = taught.variance[:, case].mean(), taught.slope_variance[:, case].mean()
    fitted = np.zeros(terms.shape[1])
    for _ in range(PASSES):
        by_value, by_slope = 1.0 / max(noise, LEAST), 1.0 / max(slope_noise, LEAST)
        square = by_value * shared.of_values + by_slope * shared.of_slopes + np.diag(shared.penalty)
        fitted = np.linalg.solve(square, by_value * to_value + by_slope * to_slope)
        noise = ((value - terms @ fitted) ** 2).mean()
        slope_noise = ((slope - straight @ fitted[columns].T) ** 2).mean()
    return fitted


def _with_a_peak(coefficients: Floats, parameters: int) -> Floats:
    """Return the coefficients with so much curvature taken off all clusters alike that the posterior has a peak.

    Integrals far too few for a quadratic would otherwise leave a density that grows without end.
    """
    one, other = np.triu_indices(parameters)
    total = np.zeros((parameters, parameters))
    total[one, other] = total[other, one] = coefficients[1 + parameters :].sum(axis=1)
    curvature, direction = np.linalg.eigh(total)
    above = (direction * np.maximum(curvature - MOST_CURVED, 0.0)) @ direction.T
    lowered = coefficients.copy()
    lowered[1 + parameters :] -= above[one, other][:, None] / coefficients.shape[1]
    return lowered
