"""What happens to the rows of a sweep? Each is read, run together with rows of the same cluster and policy, and kept in order.

Every history has the bits that ``model.simulation.simulate`` gives for its row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from model.arrays import Arrays, Floats, Ints
from model.batch import simulate_many
from model.changes import STRUCTURE, read_changes
from model.config import load_case, load_policy, load_priors
from model.errors import InputError
from model.latents import conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS, STOP_COLUMN
from model.panels import stop_of
from model.plans import Policy
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case
from model.simulation import YEARS_AFTER, in_quarters, run_compiled
from studies.files.cells import check_cell, known, shown, without_fraction
from studies.files.rows import UNNAMED
from studies.sweeps.table import WORDS, Block, Portion, read_seeds

KEEPS: Final = ("quarters", "years", "last")
STATUS_QUO: Final = "status-quo"
# Panel rows that are simulated at a time, which take some megabytes.
ROWS_AT_ONCE: Final = 16_384
QUARTERS_A_YEAR: Final = 4
# A longer value is shortened in a reason; the path of a user's file is told whole.
LONGEST_VALUE: Final = 120
# The most characters of a reason in the list of failures.
LONGEST_REASON: Final = 240


class Request(NamedTuple):
    """What is asked of every history of a sweep.

    Attributes
    ----------
    years : length of the history (years); that of ``simulate`` if None
    keep : which rows of its panel are kept, one of ``KEEPS``
    progress : called with a number of histories done; it may raise to stop
    beyond : whether values may lie beyond the central 99.9 % of their priors
    """

    years: float | None
    keep: str
    progress: Callable[[int], None] | None = None
    beyond: bool = False


class Failure(NamedTuple):
    """A row that could not be run, a history that did not stay finite, or one that was stopped.

    Attributes
    ----------
    row : number of the row, from 1
    column : to blame
    reason : in words
    stopped : whether the history was stopped, so that the panel has its beginning
    """

    row: int
    column: str
    reason: str
    stopped: bool = False


class Group(NamedTuple):
    """What histories must share to be run together: names of case and policy, and structural choices."""

    case: str
    policy: str
    structures: tuple[tuple[str, str], ...]


@dataclass
class History:
    """One history of a row.

    Attributes
    ----------
    row : number of its row in the table, from 1
    changes : parameters that differ from their defaults, by name
    seed : its seed
    group : what it shares with the histories that are run with it
    start_year : calendar time of its start (years), once it has run
    ticks : int64, shape (m,); quarters since the start of the rows kept, once it has run
    panel : float64, shape (m, columns); the rows kept, in the units of ``model.observe.UNITS``, once it has run
    """

    row: int
    changes: dict[str, float]
    seed: int
    group: Group
    start_year: float = 0.0
    ticks: Ints | None = None
    panel: Floats | None = None


class RowFailed(Exception):  # noqa: N818 - a row's state, not a fault of the program
    """A row that cannot be run, with the column to blame."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True)
class Catalogue:
    """Cases and policies by name; a block names few of them very often, so each is read once."""

    cases: dict[str, Case] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)

    def look_up(self, group: Group) -> tuple[Case, Policy]:
        """Return the case and the policy of a group.

        Raises
        ------
        RowFailed
            If a name is unknown, or a file cannot be read or is wrong.
        """
        column = "case"
        try:
            if group.case not in self.cases:
                self.cases[group.case] = load_case(group.case)
            column = "policy"
            if group.policy not in self.policies:
                self.policies[group.policy] = load_policy(group.policy)
        except InputError as error:
            raise RowFailed(column, _reason(error, column, getattr(group, column))) from error
        return self.cases[group.case], self.policies[group.policy]


def run_block(request: Request, block: Block) -> Arrays:
    """Run the histories of a block.

    Parameters
    ----------
    request : what is asked of every history
    block : consecutive histories of the table

    Returns
    -------
    dict of arrays
        For n histories in the order of the table, shape (n,): ``row``, ``seed``, ``case``, ``policy``, ``start_year`` (calendar
        years) and ``length`` (rows kept). For the m rows kept, history after history: ``tick`` (quarters since the start), shape
        (m,), and ``panel``, shape (m, columns), in the units of ``model.observe.UNITS``. For k rows and histories that failed and
        histories that were stopped, shape (k,): ``failed_row``, ``failed_column``, ``failed_reason`` and ``failed_stopped``.
    """
    catalogue = Catalogue()
    histories: list[History] = []
    failures: list[Failure] = []
    for portion in block.portions():
        try:
            histories += _read(portion, catalogue, request.beyond)
        except RowFailed as failed:
            if portion.before == 0:
                failures.append(Failure(portion.row, failed.column, str(failed)))
    groups: dict[Group, list[History]] = {}
    for history in histories:
        groups.setdefault(history.group, []).append(history)
    for group, members in groups.items():
        failures += _run_group(group, members, request, *catalogue.look_up(group))
    return _arrays([history for history in histories if history.panel is not None], sorted(failures), catalogue)


def _read(portion: Portion, catalogue: Catalogue, beyond: bool) -> list[History]:
    """Return the histories of a portion of a row.

    Raises
    ------
    RowFailed
        If a cell is wrong, with the first such column.
    """
    priors, cells = load_priors(), portion.cells
    values: dict[str, float] = {}
    structures: dict[str, str] = {}
    for name, text in cells.items():
        if name in UNNAMED or not known(text):
            continue
        try:
            check_cell(text)
            if name not in WORDS:
                word = without_fraction(text) if name.startswith(STRUCTURE) else text
                read = read_changes(priors, [(name, word)], beyond=beyond)
                values |= priors.checked(read.values)
                structures |= read.structures
        except InputError as error:
            raise RowFailed(name, _reason(error, name, text)) from error
    case, policy = (cells.get(word, "") for word in ("case", "policy"))
    if not known(case):
        raise RowFailed("case", "is empty: a cluster is needed; write its number, its name or the path of its file")
    group = Group(without_fraction(case), policy if known(policy) else STATUS_QUO, tuple(sorted(structures.items())))
    catalogue.look_up(group)
    try:
        seeds = read_seeds(cells.get("seed", ""))
    except InputError as error:
        raise RowFailed("seed", _reason(error, "seed", "")) from error
    return [History(portion.row, values, seed, group) for seed in seeds[portion.before : portion.before + portion.size]]


def _reason(error: InputError, name: str, value: str) -> str:
    """Return an error's message, shortened, without the names that the list of failures holds in columns of their own."""
    text = "; ".join(error.faults)
    if len(value) > LONGEST_VALUE:
        text = " ".join(text.replace(value, shown(value)).split())
    for lead in ("--set: ", "parameter: ", "structure: ", f"{name.removeprefix(STRUCTURE)}: "):
        text = text.removeprefix(lead)
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 3]}..."


def _run_group(group: Group, members: list[History], request: Request, case: Case, policy: Policy) -> list[Failure]:
    """Run histories of one group, store the rows kept in each that stayed finite, and return the others and the stopped ones."""
    priors = load_priors()
    chosen = priors.structures_with(dict(group.structures))
    programmes = programmes_for(policy, case, chosen)
    medians = conditional_medians(case, priors, dict(group.structures))
    failures: list[Failure] = []
    # All histories of a group start at the conditional median of their cluster, so all have the same length.
    length = int(_setting(priors, case, medians, chosen, members[:1], request)[1]["quarters"][0])
    size = max(1, ROWS_AT_ONCE // (length + 1))
    for start in range(0, len(members), size):
        part = members[start : start + size]
        params, settings, start_year = _setting(priors, case, medians, chosen, part, request)
        ticks = np.tile(np.arange(length + 1), (len(part), 1))
        seeds = np.array([history.seed for history in part], np.uint64)
        panels = simulate_many(params, settings, seeds, programmes, ticks, threads=1, progress=request.progress)
        for index, history in enumerate(part):
            panel = panels[index]
            stopped = panel[0, STOP_COLUMN] != 0.0
            if stopped:
                # A batch marks a stopped history in every row. Run alone, the same history ends its panel where it stopped.
                panel, _ = run_compiled(params[index], settings[index], programmes, history.seed)
            lasted = panel[np.isfinite(panel[:, 0])]
            if stopped:
                failures.append(_stopped(history, panel, float(start_year[index]), len(lasted) > 0))
            if len(lasted) == 0:
                continue
            history.start_year = float(start_year[index])
            history.ticks = _kept(len(lasted), request.keep)
            history.panel = lasted[history.ticks]
    return failures


def _setting(
    priors: Priors, case: Case, medians: Floats, chosen: dict[str, str], part: list[History], request: Request
) -> tuple[Any, Any, Floats]:
    """Return the PARAMS and SETTING records and the starts (calendar years) of n histories, shape (n,) each.

    They are made in the way in which ``simulate`` makes them for one history.
    """
    values = default_values(priors, len(part))
    for index, history in enumerate(part):
        for name, value in history.changes.items():
            values[name][index] = value
    settings, start_year = settings_for(case, values, np.tile(medians, (len(part), 1)), chosen, YEARS_AFTER)
    if request.years is not None:
        settings["quarters"] = in_quarters(request.years)
    return params_for(values), settings, start_year


def _kept(rows: int, keep: str) -> Ints:
    """Return the quarters to keep of a history with so many rows, int64, shape (m,)."""
    ticks = np.arange(rows)
    if keep == "last":
        return ticks[-1:]
    return ticks[ticks % QUARTERS_A_YEAR == 0] if keep == "years" else ticks


def _stopped(history: History, panel: Floats, start_year: float, has_rows: bool) -> Failure:
    """Return the entry of a history that was stopped in the list of failures; one without any row failed."""
    reason = str(stop_of(panel, history.seed, start_year)).removeprefix("seed ")
    return Failure(history.row, "seed", reason, stopped=has_rows)


def _arrays(histories: list[History], failures: list[Failure], catalogue: Catalogue) -> Arrays:
    """Return histories and failures as ``run_block`` says."""
    panels = [history.panel for history in histories if history.panel is not None]
    ticks = [history.ticks for history in histories if history.ticks is not None]
    return {
        "row": np.array([history.row for history in histories], np.int64),
        "seed": np.array([history.seed for history in histories], np.uint64),
        "case": np.array([catalogue.cases[history.group.case].name for history in histories], np.str_),
        "policy": np.array([catalogue.policies[history.group.policy].name for history in histories], np.str_),
        "start_year": np.array([history.start_year for history in histories], np.float64),
        "length": np.array([len(one) for one in ticks], np.int64),
        "tick": np.concatenate([np.empty(0, np.int64), *ticks]),
        "panel": np.concatenate([np.empty((0, len(COLUMNS))), *panels]),
        "failed_row": np.array([failure.row for failure in failures], np.int64),
        "failed_column": np.array([failure.column for failure in failures], np.str_),
        "failed_reason": np.array([failure.reason for failure in failures], np.str_),
        "failed_stopped": np.array([failure.stopped for failure in failures], np.bool_),
    }
