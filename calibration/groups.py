"""How do draws become the groups that ArviZ knows? Posterior, prior, likelihoods, predictions and what was observed."""

from typing import Final, NamedTuple

import numpy as np
import xarray

from calibration import distil
from calibration.exact import ExactDraws
from calibration.keys import RESAMPLING, number
from calibration.observation import FIGURES, STATEMENTS, Table
from calibration.predictive import Predictive
from calibration.simulator import ClusterSimulator
from calibration.stages import Chains
from model.arrays import Floats

# Draws an ensemble kept in posterior.nc, and draws of the prior beside them.
DRAWS_KEPT: Final = 1000
PRIOR_DRAWS: Final = 4000


class Draws(NamedTuple):
    """The draws that stand for the posterior in ``posterior.nc``.

    Attributes
    ----------
    z : float64, shape (chains, draws, d)
        Whitened parameters.
    log_weight : float64, shape (chains, draws)
        Log importance weights: zero where draws have equal weights.
    log_likelihood : float64, shape (chains, draws, cases)
        Of each row (nats).
    """

    z: Floats
    log_weight: Floats
    log_likelihood: Floats


def sampled_draws(sampled: Chains, coefficients: Floats) -> Draws:
    """Return draws of the sampler with equal weights: chains of an ensemble stacked into draws, evenly thinned."""
    ensembles, steps, chains, size = sampled.z.shape
    wanted = np.unique(np.linspace(0, steps * chains - 1, min(DRAWS_KEPT, steps * chains)).astype(int))
    z = sampled.z.reshape(ensembles, -1, size)[:, wanted]
    emulated = distil.likelihood(coefficients, z.reshape(-1, size)).reshape(*z.shape[:2], -1)
    return Draws(z, np.zeros(z.shape[:2]), emulated)


def weighted_draws(exact: ExactDraws, coefficients: Floats) -> Draws:
    """Return the draws of the exact correction with their log weights, as one chain."""
    likelihood = exact.estimate.log_ratio + distil.likelihood(coefficients, exact.z)
    return Draws(exact.z[None], exact.estimate.log_ratio.sum(axis=1)[None], likelihood[None])


def groups(
    simulator: ClusterSimulator, draws: Draws, predicted: Predictive, tables: list[Table], seed: int
) -> dict[str, xarray.Dataset]:
    """Return the groups of ``posterior.nc``; every number drawn from them must use ``sample_stats.log_weight``."""
    chains, count, size = draws.z.shape
    chain = {"chain": np.arange(chains), "draw": np.arange(count)}
    prior_z = np.random.Generator(np.random.Philox(number(seed, RESAMPLING, 0))).standard_normal((PRIOR_DRAWS, size))
    case = {"case": [cluster.name for cluster in simulator.cases]}
    meaning = {"long_name": "log importance weight of a draw; zero where draws have equal weights", "units": "nats"}
    told = {
        "log_weight": (("chain", "draw"), draws.log_weight, meaning),
        "lp": (("chain", "draw"), draws.log_likelihood.sum(axis=2) - 0.5 * (draws.z**2).sum(axis=2)),
    }
    whitened = {**chain, "parameter": list(simulator.names)}
    axes = ("chain", "draw", "parameter")
    return {
        "posterior": _physical(simulator, draws.z),
        "prior": _physical(simulator, prior_z[None]),
        "sample_stats": xarray.Dataset(told, chain),
        "log_prior": xarray.Dataset({"z": (axes, -0.5 * draws.z**2 - 0.5 * np.log(2 * np.pi))}, whitened),
        "log_likelihood": xarray.Dataset({"tables": (("chain", "draw", "case"), draws.log_likelihood)}, {**chain, **case}),
        **_tables(predicted, tables, case, chains),
        "unconstrained_posterior": xarray.Dataset({"z": (axes, draws.z)}, whitened),
    }


def _tables(predicted: Predictive, tables: list[Table], case: dict[str, list[str]], chains: int) -> dict[str, xarray.Dataset]:
    """Return the groups of predicted and of observed figures and statements; predictions are dealt out to the chains."""
    row = {**case, "date": ["last", "earlier"], "figure": list(FIGURES), "statement": list(STATEMENTS)}
    each = len(predicted.figures) // chains
    figures = predicted.figures[: each * chains].reshape(chains, each, *predicted.figures.shape[1:])
    said = predicted.said[: each * chains].reshape(chains, each, *predicted.said.shape[1:])
    of_figures, of_statements = ("case", "date", "figure"), ("case", "date", "statement")
    return {
        "posterior_predictive": xarray.Dataset(
            {"figures": (("chain", "draw", *of_figures), figures), "statements": (("chain", "draw", *of_statements), said)},
            {"chain": np.arange(chains), "draw": np.arange(each), **row},
        ),
        "observed_data": xarray.Dataset(
            {
                "figures": (of_figures, np.stack([table.value for table in tables])),
                "statements": (of_statements, np.stack([table.said for table in tables])),
            },
            row,
        ),
    }


def _physical(simulator: ClusterSimulator, z: Floats) -> xarray.Dataset:
    chains, draws, size = z.shape
    values = simulator.priors.from_normal(simulator.names, z.reshape(-1, size)).reshape(z.shape)
    variables = {
        name: (
            ("chain", "draw"),
            values[:, :, column],
            {"units": simulator.priors.entry(name).unit, "long_name": simulator.priors.entry(name).meaning},
        )
        for column, name in enumerate(simulator.names)
    }
    return xarray.Dataset(variables, {"chain": np.arange(chains), "draw": np.arange(draws)})
