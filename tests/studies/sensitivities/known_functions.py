"""Functions whose indices are known, and the tolerance of a comparison with them.

A tolerance comes from the bootstrap's standard error, at a rate of false alarms of 1e-4 for all comparisons of a test together.
"""

import numpy as np
from scipy.stats import norm

from studies.sensitivities.design import REACH, SOBOL, Problem

FALSE_ALARMS = 1e-4
ONE_SD = 2 * norm.isf(0.05)
A, B = 7.0, 0.1
ISHIGAMI_VARIANCE = A**2 / 8 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18 + 0.5
FIRST = np.array([0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, 0.0]) / ISHIGAMI_VARIANCE
THIRD = 8 * B**2 * np.pi**8 / 225 / ISHIGAMI_VARIANCE
TOTAL = FIRST + np.array([THIRD, 0.0, THIRD])


def alone(count: int) -> Problem:
    names = tuple(f"x{index}" for index in range(count))
    return Problem(names, names)


def unit(points: np.ndarray, method: str) -> np.ndarray:
    low, high = REACH[method]
    return (points - low) / (high - low)


def ishigami(points: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * unit(points, SOBOL) - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def one_outcome(values: np.ndarray) -> np.ndarray:
    return values[:, None, None]


def sobol_g(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.prod((np.abs(4 * unit(points, SOBOL) - 2) + weights) / (1 + weights), axis=1)


def noisy(points: np.ndarray, sd: float, seeds: int) -> np.ndarray:
    noise = np.random.default_rng(7).normal(0.0, sd, (len(points), seeds))
    return (ishigami(points)[:, None] + noise)[:, :, None]
