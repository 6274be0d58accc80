"""Which factors matter, how sure is that, and would more points change it? SALib's indices on growing shares of a design tell.

``study`` draws a design, evaluates a function at its points, and analyses the outcomes. Functions whose indices are known take
the same path as the model.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats
from studies.sensitivities.design import LEVELS, MORRIS, Design, Problem, design
from studies.sensitivities.split import INTERVAL, Split, variance_split

INDICES: Final = {"morris": ("mu", "mu_star", "sigma"), "sobol": ("S1", "ST")}
# The index by which factors are ranked, and the indices that must settle.
RANKING: Final = {"morris": "mu_star", "sobol": "ST", "given-data": "S1"}
MUST_SETTLE: Final = {"morris": ("mu_star",), "sobol": ("S1", "ST")}
RESAMPLES: Final = 400
# Shares of the design on which the indices are computed, to see whether they still move.
GROWTH: Final = (0.5, 0.75, 1.0)
# Indices have settled when none moved by more than this over the last half of the design, for Morris relative to the largest.
TOLERANCE: Final = 0.05
# How many leading factors must stay the same.
LEADERS: Final = 10
# An outcome is constant when its values differ by less than this, relative to their size.
CONSTANT: Final = 1e-12

Evaluate = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Findings:
    """What a study says about k outcomes.

    Indices of Morris have the unit of the outcome; indices of Sobol are shares.

    Attributes
    ----------
    plan : Design
        The points at which the outcomes were evaluated.
    value, low, high : float64, shape (indices, factors, k)
        Indices and the ends of their central 90 % by bootstrap; NaN for a constant outcome.
    trail : float64, shape (growth, indices, factors, k)
        The indices on the shares ``GROWTH`` of the design.
    change : float64, shape (indices, factors, k)
        The largest distance of an index from its final value on a smaller share; for Morris over the largest mu_star.
    leaders_stay : bool, shape (k,)
        Whether the leading factors were the same on every share.
    constant : bool, shape (k,)
        Whether the outcome was the same at every point.
    split : Split
        The variance of one history, split into what parameters explain and what is luck.
    """

    plan: Design
    value: Floats
    low: Floats
    high: Floats
    trail: Floats
    change: Floats
    leaders_stay: NDArray[np.bool_]
    constant: NDArray[np.bool_]
    split: Split

    @property
    def indices(self) -> tuple[str, ...]:
        """Names of the indices."""
        return INDICES[self.plan.method]

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Whether each index has settled, bool, shape (indices, factors, k)."""
        return np.asarray(self.constant | (self.change <= TOLERANCE))

    @property
    def largest_change(self) -> Floats:
        """The largest change of any index that must settle, float64, shape (k,)."""
        rows = [self.indices.index(name) for name in MUST_SETTLE[self.plan.method]]
        return np.asarray(np.where(self.constant, 0.0, self.change[rows].max(axis=(0, 1))))

    @property
    def outcome_settled(self) -> NDArray[np.bool_]:
        """Whether all indices of an outcome have settled, and for Morris the leading factors too, bool, shape (k,)."""
        kept = self.leaders_stay if self.plan.method == MORRIS else np.ones_like(self.leaders_stay)
        return np.asarray(self.constant | ((self.largest_change <= TOLERANCE) & kept))

    def ranked(self, outcome: int) -> NDArray[np.int64]:
        """Return the positions of the factors from the one that matters most to the least, int64, shape (factors,)."""
        return _ranking(self.value[self.indices.index(RANKING[self.plan.method]), :, outcome])


def study(problem: Problem, evaluate: Evaluate, method: str, count: int, seed: int) -> Findings:
    """Study how outcomes depend on factors.

    Parameters
    ----------
    problem : Problem
        What is varied.
    evaluate : callable
        Takes points (n, d), probabilities under each prior, and returns outcomes (n, seeds, k).
    method : str
        ``morris`` or ``sobol``.
    count : int
        Number of trajectories, or of base samples.
    seed : int
        Seed of the sampler and of the bootstrap.

    Raises
    ------
    InputError
        If the method cannot use the count; see ``studies.sensitivities.design.check_count``.
    """
    plan = design(method, problem, count, seed)
    return analyse(plan, evaluate(plan.points), seed)


def analyse(plan: Design, outcomes: Floats, seed: int) -> Findings:
    """Analyse outcomes at the points of a design.

    Parameters
    ----------
    plan : Design
        The design, with n points.
    outcomes : float64, shape (n, seeds, k)
        Outcome of each history. Indices are those of the mean over seeds.
    seed : int
        Seed of the bootstrap.
    """
    kinds = outcomes.shape[2]
    mean = outcomes.mean(axis=1)
    constant = np.ptp(mean, axis=0) <= CONSTANT * np.maximum(np.abs(mean).max(axis=0), 1e-300)
    shape = (len(INDICES[plan.method]), len(plan.problem.factors), kinds)
    value, low, high = (np.full(shape, np.nan) for _ in range(3))
    trail = np.full((len(GROWTH), *shape), np.nan)
    for kind in np.flatnonzero(~constant):
        y = np.ascontiguousarray(mean[:, kind])
        value[:, :, kind], low[:, :, kind], high[:, :, kind] = _with_intervals(plan, y, seed)
        trail[:, :, :, kind] = [_indices(*_part(plan, y, share), seed) for share in GROWTH]
    change = _changes(plan.method, trail)
    ranked_by = trail[:, INDICES[plan.method].index(RANKING[plan.method])]
    stay = np.array([_leaders_stay(ranked_by[:, :, kind]) for kind in range(kinds)])
    return Findings(plan, value, low, high, trail, change, stay, constant, variance_split(outcomes, plan.blocks, seed))


def _part(plan: Design, y: Floats, share: float) -> tuple[Design, Floats]:
    """Return the first blocks of a design, and one outcome y (n,) at their points."""
    blocks = max(2, round(share * plan.blocks))
    size = blocks * plan.width
    return replace(plan, points=plan.points[:size], blocks=blocks), y[:size]


def _changes(method: str, trail: Floats) -> Floats:
    """Return the changes (indices, factors, k) that ``Findings`` describes; infinite where an index was undefined on a share."""
    change = np.abs(trail[:-1] - trail[-1]).max(axis=0)
    if method == MORRIS:
        largest = trail[-1, INDICES[method].index("mu_star")].max(axis=0)
        change = change / np.where(largest > 0, largest, 1.0)
    return np.asarray(np.where(np.isnan(change), np.inf, change))


def _ranking(values: Floats) -> NDArray[np.int64]:
    """Return the positions of values (factors,) from the largest to the smallest, undefined ones last."""
    return np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")


def _leaders_stay(values: Floats) -> bool:
    """Return whether the same factors lead on every share, by values (growth, factors).

    With fewer than twice ``LEADERS`` factors, the leading factors are the upper half.
    """
    count = min(LEADERS, max(1, values.shape[1] // 2))
    return len({frozenset(_ranking(row)[:count].tolist()) for row in values}) == 1


def _with_intervals(plan: Design, y: Floats, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return the indices of one outcome y (n,), and the ends of their central 90 %, shape (indices, factors) each.

    The bootstrap resamples trajectories or base samples.
    """
    if plan.method == MORRIS:
        values, resampled = _indices(plan, y, seed), _resampled_effects(plan, y, seed)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            indices = _sobol(plan, y, RESAMPLES, seed)
        values = np.stack([indices["S1"], indices["ST"]])
        resampled = np.stack([indices["S1_conf_all"], indices["ST_conf_all"]]).transpose(1, 0, 2)
    low, high = np.quantile(resampled, INTERVAL, axis=0)
    unknown = np.isnan(values)
    return values, np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def _indices(plan: Design, y: Floats, seed: int) -> Floats:
    """Return the indices (indices, factors) of one outcome y (n,); NaN where it is constant."""
    if np.ptp(y) <= CONSTANT * np.abs(y).max():
        return np.full((len(INDICES[plan.method]), len(plan.problem.factors)), np.nan)
    with warnings.catch_warnings():
        # Warnings of SALib and its libraries are about their own code, which no user can change; their errors still rise.
        warnings.simplefilter("ignore")
        if plan.method != MORRIS:
            shares = _sobol(plan, y, 2, seed)
            return np.stack([shares["S1"], shares["ST"]])
        from SALib.analyze import morris

        problem = plan.problem.described(plan.method)
        effects = morris.analyze(problem, plan.points, y, num_resamples=2, num_levels=LEVELS, seed=seed)
    mu, mu_star, sigma = (np.ma.filled(np.ma.asarray(effects[name], np.float64), np.nan) for name in INDICES[MORRIS])
    alone = np.array([len(plan.problem.members(factor)) == 1 for factor in plan.problem.factors])
    # The parameters of a group move up and down at random, so the mean and the spread of a group's signed effects mean nothing.
    return np.stack([np.where(alone, mu, np.nan), mu_star, np.where(alone, sigma, np.nan)])


def _sobol(plan: Design, y: Floats, resamples: int, seed: int) -> dict[str, Floats]:
    """Return SALib's Sobol indices of one outcome y (n,), shape (factors,) each, with all resamples of the bootstrap."""
    from SALib.analyze import sobol

    # SALib takes a seed of zero to mean no seed, and would then draw from NumPy's global state.
    indices: dict[str, Floats] = sobol.analyze(
        plan.problem.described(plan.method),
        y,
        calc_second_order=False,
        num_resamples=resamples,
        keep_resamples=True,
        seed=seed + 1,
    )
    return indices


def elementary_effects(plan: Design, y: Floats) -> Floats:
    """Return the elementary effect of each factor in each trajectory.

    An effect is the rise of the outcome, scaled to the whole width of the design. The effect of a group has the sign of the step
    of its first parameter.

    Parameters
    ----------
    plan : Design
        Trajectories of Morris, with n points.
    y : float64, shape (n,)
        One outcome.

    Returns
    -------
    float64, shape (trajectories, factors)
        In the unit of the outcome.
    """
    x = plan.points.reshape(plan.blocks, plan.width, -1)[:, :, plan.problem.first]
    step = np.diff(x, axis=1)
    when = np.argmax(np.abs(step), axis=1)
    rise = np.take_along_axis(np.diff(y.reshape(plan.blocks, plan.width), axis=1), when, axis=1)
    sign = np.sign(np.take_along_axis(step, when[:, None, :], axis=1))[:, 0]
    return np.asarray(sign * rise / (LEVELS / (2.0 * (LEVELS - 1))))


def _resampled_effects(plan: Design, y: Floats, seed: int) -> Floats:
    """Return mu, mu_star and sigma of one outcome y (n,) on resampled trajectories, shape (resamples, 3, factors)."""
    effects = elementary_effects(plan, y)
    drawn = np.random.default_rng(seed).integers(plan.blocks, size=(RESAMPLES, plan.blocks))
    resampled = effects[drawn]
    return np.stack([resampled.mean(axis=1), np.abs(resampled).mean(axis=1), resampled.std(axis=1, ddof=1)], axis=1)
