"""Which factors matter, how sure is that, and would more points change it? SALib's indices, with what they lack.

``study`` is the pure core: a design is drawn, somebody says what happens at its points, and the answer is analysed. Known
functions and the model pass through the same lines.
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
# By which factors are ranked, and which must settle.
RANKING: Final = {"morris": "mu_star", "sobol": "ST"}
MUST_SETTLE: Final = {"morris": ("mu_star",), "sobol": ("S1", "ST")}
RESAMPLES: Final = 400
# Shares of the design on which the indices are computed again.
GROWTH: Final = (0.5, 0.75, 1.0)
# Indices have settled when none moved by more than this over the last half of the design (of Morris: of the largest).
TOLERANCE: Final = 0.05
LEADERS: Final = 10
# An outcome whose values differ by less than this, of their size, is constant.
CONSTANT: Final = 1e-12

Evaluate = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Findings:
    """What a study found about k outcomes.

    Attributes
    ----------
    plan : the design
    value, low, high : arrays (indices, factors, k)
        Indices with their central 90 % by bootstrap; NaN for a constant outcome.
    trail : array (growth, indices, factors, k)
        The indices on the shares ``GROWTH`` of the design.
    change : array (indices, factors, k)
        How far an index was from its final value on any smaller share; of Morris, over the largest mu_star.
    leaders_stay : array (k,)
        Whether the leading factors were the same on every share.
    constant : array (k,)
        Whether the outcome was the same at every point.
    split : Split
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
        """Whether each index has settled, (indices, factors, k)."""
        return np.asarray(self.constant | (self.change <= TOLERANCE))

    @property
    def largest_change(self) -> Floats:
        """The largest change of any index that must settle, (k,)."""
        rows = [self.indices.index(name) for name in MUST_SETTLE[self.plan.method]]
        return np.asarray(np.where(self.constant, 0.0, self.change[rows].max(axis=(0, 1))))

    @property
    def outcome_settled(self) -> NDArray[np.bool_]:
        """Whether all indices of an outcome have settled, and of Morris the leading factors too, (k,)."""
        kept = self.leaders_stay if self.plan.method == MORRIS else np.ones_like(self.leaders_stay)
        return np.asarray(self.constant | ((self.largest_change <= TOLERANCE) & kept))

    def ranked(self, outcome: int) -> NDArray[np.int64]:
        """Return the places of factors, the one that matters most first."""
        return _ranking(self.value[self.indices.index(RANKING[self.plan.method]), :, outcome])


def study(problem: Problem, evaluate: Evaluate, method: str, count: int, seed: int) -> Findings:
    """Study how outcomes depend on factors.

    Parameters
    ----------
    problem : Problem
    evaluate : callable
        Takes points (n, d), probabilities of each prior, and returns outcomes (n, seeds, k).
    method : ``morris`` or ``sobol``
    count : int
        Trajectories, or base samples.
    seed : int
        Of the sampler and of the bootstrap.

    Raises
    ------
    InputError
        If the count is one that the method cannot use.
    """
    plan = design(method, problem, count, seed)
    return analyse(plan, evaluate(plan.points), seed)


def analyse(plan: Design, outcomes: Floats, seed: int) -> Findings:
    """Analyse outcomes (n, seeds, k) at the points of a design; indices are those of the mean over seeds."""
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
    blocks = max(2, round(share * plan.blocks))
    size = blocks * plan.width
    return replace(plan, points=plan.points[:size], blocks=blocks), y[:size]


def _changes(method: str, trail: Floats) -> Floats:
    change = np.abs(trail[:-1] - trail[-1]).max(axis=0)
    if method == MORRIS:
        largest = trail[-1, INDICES[method].index("mu_star")].max(axis=0)
        change = change / np.where(largest > 0, largest, 1.0)
    return np.asarray(np.where(np.isnan(change), np.inf, change))


def _ranking(values: Floats) -> NDArray[np.int64]:
    return np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")


def _leaders_stay(values: Floats) -> bool:
    """Tell whether the same factors lead at every growth, of values (growth, factors); of few factors, the upper half."""
    count = min(LEADERS, max(1, values.shape[1] // 2))
    return len({frozenset(_ranking(row)[:count].tolist()) for row in values}) == 1


def _with_intervals(plan: Design, y: Floats, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return indices (indices, factors) and the central 90 % of the bootstrap over trajectories or base samples."""
    if plan.method == MORRIS:
        found, again = _indices(plan, y, seed), _resampled_effects(plan, y, seed)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            indices = _sobol(plan, y, RESAMPLES, seed)
        found = np.stack([indices["S1"], indices["ST"]])
        again = np.stack([indices["S1_conf_all"], indices["ST_conf_all"]]).transpose(1, 0, 2)
    low, high = np.quantile(again, INTERVAL, axis=0)
    unknown = np.isnan(found)
    return found, np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def _indices(plan: Design, y: Floats, seed: int) -> Floats:
    """Return the indices (indices, factors) of one outcome; NaN where it is constant."""
    if np.ptp(y) <= CONSTANT * np.abs(y).max():
        return np.full((len(INDICES[plan.method]), len(plan.problem.factors)), np.nan)
    with warnings.catch_warnings():
        # What SALib's imports and masked means say concerns their authors; its errors still rise.
        warnings.simplefilter("ignore")
        if plan.method != MORRIS:
            found = _sobol(plan, y, 2, seed)
            return np.stack([found["S1"], found["ST"]])
        from SALib.analyze import morris

        problem = plan.problem.described(plan.method)
        found = morris.analyze(problem, plan.points, y, num_resamples=2, num_levels=LEVELS, seed=seed)
    mu, mu_star, sigma = (np.ma.filled(np.ma.asarray(found[name], np.float64), np.nan) for name in INDICES[MORRIS])
    alone = np.array([len(plan.problem.members(factor)) == 1 for factor in plan.problem.factors])
    # The parameters of a group move up and down together at random: neither a mean nor a spread of signed effects has a meaning.
    return np.stack([np.where(alone, mu, np.nan), mu_star, np.where(alone, sigma, np.nan)])


def _sobol(plan: Design, y: Floats, resamples: int, seed: int) -> dict[str, Floats]:
    from SALib.analyze import sobol

    # SALib takes a seed of zero for none, and then draws from NumPy's global state.
    found: dict[str, Floats] = sobol.analyze(
        plan.problem.described(plan.method),
        y,
        calc_second_order=False,
        num_resamples=resamples,
        keep_resamples=True,
        seed=seed + 1,
    )
    return found


def elementary_effects(plan: Design, y: Floats) -> Floats:
    """Return the elementary effect of each factor in each trajectory (trajectories, factors), of one outcome y (n,).

    A rise over the whole width of the design; of a group, with the sign of its first parameter's step.
    """
    x = plan.points.reshape(plan.blocks, plan.width, -1)[:, :, plan.problem.first]
    step = np.diff(x, axis=1)
    when = np.argmax(np.abs(step), axis=1)
    rise = np.take_along_axis(np.diff(y.reshape(plan.blocks, plan.width), axis=1), when, axis=1)
    sign = np.sign(np.take_along_axis(step, when[:, None, :], axis=1))[:, 0]
    return np.asarray(sign * rise / (LEVELS / (2.0 * (LEVELS - 1))))


def _resampled_effects(plan: Design, y: Floats, seed: int) -> Floats:
    """Return mu, mu_star and sigma on resampled trajectories (resamples, 3, factors)."""
    effects = elementary_effects(plan, y)
    drawn = np.random.default_rng(seed).integers(plan.blocks, size=(RESAMPLES, plan.blocks))
    again = effects[drawn]
    return np.stack([again.mean(axis=1), np.abs(again).mean(axis=1), again.std(axis=1, ddof=1)], axis=1)
