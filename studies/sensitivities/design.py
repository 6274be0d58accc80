"""At which points is the model evaluated? At Morris's trajectories or Sobol's crossed samples, drawn by SALib from one seed.

A coordinate is a probability, and its parameter takes the prior's quantile there. Sobol's points fill the central 98 % of each
prior; the tails beyond it hold worlds that nobody believes in. The four levels of Morris are the medians of the four quarters of
the prior, so that a design of few levels is no wider than the prior that it stands for.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pkgutil import iter_modules
from typing import Any, Final

import numpy as np

import model.mechanisms
from model.arrays import Floats, Ints
from model.errors import InputError
from model.priors import Priors
from model.state import PROGRAMMES

MORRIS: Final = "morris"
SOBOL: Final = "sobol"
GIVEN_DATA: Final = "given-data"
BY_PARAMETER: Final = "parameter"
BY_MECHANISM: Final = "mechanism"
# Factors by default. The cost of a Sobol design grows with the number of factors, and one for each parameter is unaffordable.
DEFAULT_BY: Final = {MORRIS: BY_PARAMETER, SOBOL: BY_MECHANISM}

LEVELS: Final = 4
# The least and the largest probability of a coordinate, by method.
REACH: Final = {MORRIS: (0.5 / LEVELS, 1 - 0.5 / LEVELS), SOBOL: (0.01, 0.99)}
# The least number of trajectories or base samples: half of them, on which indices are computed too, must still have a spread.
LEAST: Final = {MORRIS: 4, SOBOL: 8}
# Roles of the parameters that have a prior.
UNCERTAIN: Final = ("calibrated", "varying", "policy")


@dataclass(frozen=True)
class Problem:
    """What is varied.

    Attributes
    ----------
    names : tuple of str
        The parameters, one for each coordinate of the unit cube.
    groups : tuple of str
        The factor to which each parameter belongs; a parameter that is a factor by itself gives the factor its name.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of their first parameters."""
        return tuple(dict.fromkeys(self.groups))

    @property
    def first(self) -> Ints:
        """Index of each factor's first parameter, int64, shape (factors,)."""
        return np.array([self.groups.index(factor) for factor in self.factors], np.int64)

    def members(self, factor: str) -> tuple[str, ...]:
        """Return the parameters of a factor."""
        return tuple(name for name, group in zip(self.names, self.groups, strict=True) if group == factor)

    def described(self, method: str) -> dict[str, Any]:
        """Return the problem in SALib's form; the dictionary is new, since SALib writes into it."""
        problem: dict[str, Any] = {
            "num_vars": len(self.names),
            "names": list(self.names),
            "bounds": [list(REACH[method]) for _ in self.names],
        }
        if self.factors != self.names:
            problem["groups"] = list(self.groups)
        return problem


@dataclass(frozen=True)
class Design:
    """Points at which the model is evaluated.

    Attributes
    ----------
    method : str
        ``morris`` or ``sobol``.
    problem : Problem
        What is varied.
    points : float64, shape (blocks * width, parameters)
        Probabilities under each parameter's prior, block after block.
    blocks : int
        Number of trajectories (Morris) or base samples (Sobol).
    width : int
        Points of a block: one more than there are factors for Morris, two more for Sobol.
    """

    method: str
    problem: Problem
    points: Floats
    blocks: int
    width: int


def mechanism_of(name: str) -> str:
    """Return the mechanism of a parameter, which is the first word of its name.

    Where the name begins with a file of ``model/mechanisms/`` or a programme of two words, these two words are the mechanism.
    """
    rooms = (*(module.name for module in iter_modules(model.mechanisms.__path__)), *PROGRAMMES)
    return next((room for room in rooms if "_" in room and name.startswith(f"{room}_")), name.split("_", maxsplit=1)[0])


def uncertain(priors: Priors) -> tuple[str, ...]:
    """Return the parameters that have a prior, in the order of ``configs/priors.yaml``."""
    return tuple(name for name, entry in priors.parameters.items() if entry.role in UNCERTAIN)


def problem_of(priors: Priors, by: str, parameters: Sequence[str] | None = None) -> Problem:
    """Return what is varied; every other parameter stays at its default.

    Parameters
    ----------
    priors : the priors
    by : ``parameter`` or ``mechanism``, which says what a factor is
    parameters : the parameters to vary; every one that has a prior if not given

    Raises
    ------
    InputError
        If a parameter is unknown, named twice or a constant, or there are fewer than two factors.
    """
    known = uncertain(priors)
    wanted = list(parameters or known)
    for name in wanted:
        if priors.entry(name).role not in UNCERTAIN:
            raise InputError(f"--parameter: {name}: is a constant: it has no prior to vary; name one of another role")
        if wanted.count(name) > 1:
            raise InputError(f"--parameter: {name}: is named twice; name each parameter once")
    names = tuple(name for name in known if name in wanted)
    problem = Problem(names, names if by == BY_PARAMETER else tuple(mechanism_of(name) for name in names))
    if len(problem.factors) < 2:
        raise InputError(f"--parameter: {', '.join(names)}: is one factor by {by}: a study compares two or more; name more")
    return problem


def check_words(method: str, by: str | None) -> None:
    """Refuse a method or a kind of factor for which there is no design.

    Raises
    ------
    InputError
        If either word is unknown, or the method has no design.
    """
    if method == GIVEN_DATA:
        raise InputError("--method: given-data: has no design, since it reads a comparison; call studies.given_data(DIR)")
    if method not in (MORRIS, SOBOL):
        raise InputError(f"--method: {method}: is no method; choose morris, sobol or given-data")
    check_factors(by)


def check_factors(by: str | None) -> str | None:
    """Return a kind of factor, once it is seen to exist.

    Raises
    ------
    InputError
        If the word is unknown.
    """
    if by not in (None, BY_PARAMETER, BY_MECHANISM):
        raise InputError(f"--by: {by}: is no kind of factor; choose parameter or mechanism")
    return by


def check_count(method: str, count: int) -> None:
    """Refuse a number of trajectories or base samples that the method cannot use.

    Raises
    ------
    InputError
        If there are too few, or the number of Sobol's base samples is no power of two.
    """
    key = {MORRIS: "morris_trajectories", SOBOL: "sobol_samples"}[method]
    if count < LEAST[method]:
        raise InputError(f"profile: {key}: {count}: must be {LEAST[method]} or more, so that half of them has a spread; raise it")
    if method == SOBOL and count & (count - 1):
        below = 1 << (count.bit_length() - 1)
        raise InputError(
            f"profile: {key}: {count}: must be a power of two, or the sequence loses its balance; choose {below} or {2 * below}"
        )


def design(method: str, problem: Problem, count: int, seed: int) -> Design:
    """Draw a design.

    Parameters
    ----------
    method : str
        ``morris`` or ``sobol``.
    problem : Problem
        What is varied.
    count : int
        Number of trajectories, or of base samples.
    seed : int
        Seed of SALib's sampler; the same seed draws the same design.

    Raises
    ------
    InputError
        If the method cannot use the count; see ``check_count``.
    """
    check_count(method, count)
    with warnings.catch_warnings():
        # Warnings of SALib and its libraries are about their own code, which no user can change; their errors still rise.
        warnings.simplefilter("ignore")
        if method == MORRIS:
            from SALib.sample import morris

            points = morris.sample(problem.described(method), count, num_levels=LEVELS, seed=seed)
        else:
            from SALib.sample import sobol

            points = sobol.sample(problem.described(method), count, calc_second_order=False, seed=seed)
    return Design(method, problem, np.asarray(points, np.float64), count, len(points) // count)
