"""One history in both engines, and where they part: for the fast parity tests and, from worker processes, for the slow ones."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.config import all_cases, load_case, load_policy, load_priors
from model.latents import LATENTS, conditional_medians, default_values, draw_values, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from model.simulation import engine_named
from model.state import LOG

DRAWS = 100
DRAWS_KEY = 20110601


class Question(NamedTuple):
    """Which history to run twice; ``draw`` takes parameters and latents from the prior, else defaults and medians."""

    case: int
    seed: int
    policy: str = "status-quo"
    draw: int = -1
    events_max: int = 3_000

    def asked(self) -> tuple[Any, Any, Any]:
        """Parameters, setting and programmes."""
        priors, case = load_priors(), load_case(self.case)
        structures = priors.structures_with()
        if self.draw < 0:
            values, z = default_values(priors, 1), conditional_medians(case, priors)
        else:
            source = np.random.default_rng([DRAWS_KEY, self.draw])
            values, z = draw_values(priors, 1, source), source.standard_normal(len(LATENTS))
        settings, _ = settings_for(case, values, np.atleast_2d(z), structures, 20.0)
        return params_for(values)[0], settings[0], programmes_for(load_policy(self.policy), case, structures)


def case_of_draw(draw: int) -> int:
    """Each draw of the prior is asked of another case."""
    return all_cases()[draw % len(all_cases())].number


def first_difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> str | None:
    """Where two panels part: the first row, and in it the first column; None if every bit is the same."""
    differs = one.view(np.uint64) != other.view(np.uint64)
    if not differs.any():
        return None
    row, column = np.argwhere(differs)[0]
    return f"panel row {row} column {COLUMNS[column]}: {one[row, column]!r} and {other[row, column]!r}"


def first_difference_of_logs(one: NDArray[Any], other: NDArray[Any]) -> str | None:
    """Where two event logs part: the first line, and in it the first field."""
    for name in LOG.names or ():
        count = min(len(one), len(other))
        if one[name][:count].tobytes() != other[name][:count].tobytes():
            line = int(np.flatnonzero(one[name][:count] != other[name][:count])[0])
            return f"log line {line} field {name}: {one[line]} and {other[line]}"
    return None if len(one) == len(other) else f"log: {len(one)} and {len(other)} lines"


def shortened(setting: Any, log: NDArray[Any], events_max: int) -> None:
    """End a history that explodes with its ``events_max``th event, and bring the decision into it, so that policies act."""
    if len(log) > events_max:
        setting.quarters = max(8, int(4.0 * log["time"][events_max]))
        setting.decision = min(float(setting.decision), np.floor(2.0 * setting.quarters / 4.0) / 4.0)


def compare(question: Question) -> str | None:
    """Run a history in both engines; None if they agree bit for bit, else where they part."""
    params, setting, programmes = question.asked()
    compiled, reference = engine_named("compiled"), engine_named("simpy")
    panel, log = compiled(params, setting, programmes, question.seed)
    if len(log) > question.events_max:
        shortened(setting, log, question.events_max)
        panel, log = compiled(params, setting, programmes, question.seed)
    other_panel, other_log = reference(params, setting, programmes, question.seed)
    parting = first_difference(panel, other_panel) or first_difference_of_logs(log, other_log)
    return None if parting is None else f"{question}: {parting}"
