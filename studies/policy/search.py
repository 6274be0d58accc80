"""Which settings are worth trying? A seeded sampler of Optuna suggests them in turn, and learns from what each was worth.

The sampler sees scores alone. A search that is told the same scores makes the same suggestions: one that was interrupted is gone
through again from its first trial, and what was evaluated before is only read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from model.arrays import Floats
from model.errors import InputError
from studies.policy.study_file import Open

# Trials that are spread at random before the sampler learns.
FIRST: Final = 10
MISSING: Final = (
    "optimise: Optuna is not installed; run pip install -e .[optimise]; every other command works without it, and "
    "`takeoff budgets` compares total budgets"
)
Settings = Mapping[str, float]


class Searched(NamedTuple):
    """What a search tried, in the order of the trials: ``settings``, and their ``scores`` (trials,).

    ``importance`` is the share of the variance of the scores that each open number explains by itself (functional analysis of
    variance by a random forest); NaN where the scores do not differ.
    """

    settings: tuple[Settings, ...]
    scores: Floats
    importance: dict[str, float]


def search(
    opened: Sequence[Open],
    evaluate: Callable[[Sequence[Settings]], Floats],
    trials: int,
    together: int,
    seed: int,
) -> Searched:
    """Look for the settings with the highest score.

    Parameters
    ----------
    opened : the numbers that are searched
    evaluate : takes some settings and returns their scores, shape (settings,); NaN where one has none
    trials, together : settings in all, and settings that are suggested before the scores of any of them are told
    seed : of the sampler

    Raises
    ------
    InputError
        If Optuna is not installed.
    """
    optuna = optimiser()
    first = min(FIRST, trials)
    sampler = optuna.samplers.TPESampler(seed=seed % 2**32, n_startup_trials=first, multivariate=True, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    # The middle of every range is a baseline that needs no luck.
    study.enqueue_trial({one.name: 0.5 * (one.low + one.high) for one in opened})
    ranges = {one.name: optuna.distributions.FloatDistribution(one.low, one.high) for one in opened}
    settings: list[Settings] = []
    scores: list[float] = []
    while len(settings) < trials:
        asked = [study.ask(ranges) for _ in range(min(together, trials - len(settings)))]
        suggested = [dict(trial.params) for trial in asked]
        told = evaluate(suggested)
        for trial, score in zip(asked, told, strict=True):
            known = bool(np.isfinite(score))
            study.tell(trial, float(score) if known else None, None if known else optuna.trial.TrialState.FAIL)
        settings += suggested
        scores += [float(score) for score in told]
    return Searched(tuple(settings), np.array(scores), _importance(optuna, study, opened, seed))


def optimiser() -> Any:
    """Return Optuna, which is loaded when it is first used.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise InputError(MISSING) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _importance(optuna: Any, study: Any, opened: Sequence[Open], seed: int) -> dict[str, float]:
    unknown = {one.name: float("nan") for one in opened}
    values = [trial.value for trial in study.trials if trial.value is not None]
    if len(values) < FIRST or np.ptp(values) == 0.0:
        return unknown
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed % 2**32)
    parts = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return unknown | {name: float(part) for name, part in parts.items()}
