"""What happens to the rows of a sweep? They are read, run with those of the same cluster and policy, and kept in order.

Each history has the bits that ``model.simulation.simulate`` gives for its row.
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
from model.observe import COLUMNS
from model.policy import programmes_for
from model.priors import Priors
from model.schema import Case, Policy
from model.simulation import YEARS_AFTER, in_quarters, run_compiled
from studies.sweeps.table import WORDS, Block, Portion, known, read_seeds

KEEPS: Final = ("quarters", "years", "last")
STATUS_QUO: Final = "status-quo"
EXHAUSTED: Final = COLUMNS.index("exhausted")
# Rows of panels that are simulated at a time: some megabytes.
ROWS_AT_ONCE: Final = 16_384
QUARTERS_A_YEAR: Final = 4


class Wanted(NamedTuple):
    """What is asked of every history: its length in years, if not the default, which rows to keep of it, and whom to heed."""

    years: float | None
    keep: str
    heed: Callable[[int], None] | None = None


class Failure(NamedTuple):
    """A row that did not work, the column to blame, and why."""

    row: int
    column: str
    reason: str


class Group(NamedTuple):
    """What histories must share to be run together: names of case and policy, and structural choices."""

    case: str
    policy: str
    structures: tuple[tuple[str, str], ...]


@dataclass
class History:
    """One history of a row: what differs from the defaults, its seed, and, once it has run, the rows kept."""

    row: int
    changes: dict[str, float]
    seed: int
    group: Group
    start_year: float = 0.0
    ticks: Ints | None = None
    panel: Floats | None = None


class RowFailed(Exception):  # noqa: N818 - a state of a row
    """A row cannot be run."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True)
class Named:
    """Cases and policies by name, each read once for a block, which names few of them very often."""

    cases: dict[str, Case] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)

    def look_up(self, group: Group) -> tuple[Case, Policy]:
        """Return a case and a policy.

        Raises
        ------
        RowFailed
            If there is none of that name, or its file is wrong.
        """
        column = "case"
        try:
            if group.case not in self.cases:
                self.cases[group.case] = load_case(group.case)
            column = "policy"
            if group.policy not in self.policies:
                self.policies[group.policy] = load_policy(group.policy)
        except InputError as error:
            raise RowFailed(column, _reason(error, column)) from error
        return self.cases[group.case], self.policies[group.policy]


def run_block(wanted: Wanted, block: Block) -> Arrays:
    """Run the histories of a block.

    Parameters
    ----------
    wanted : Wanted
    block : Block

    Returns
    -------
    dict of arrays
        Of n histories in the order of the table: ``row``, ``seed``, ``case``, ``policy``, ``start_year`` and ``length``, shape
        (n,); of their rows kept, one after the other, ``tick`` (m,) and ``panel`` (m, len(COLUMNS)) in the units of
        ``model.observe.UNITS``; of rows that failed or were stopped, ``failed_row``, ``failed_column``, ``failed_reason``.
    """
    named = Named()
    histories: list[History] = []
    failures: list[Failure] = []
    for portion in block.portions():
        try:
            histories += _read(portion, named)
        except RowFailed as failed:
            if portion.before == 0:
                failures.append(Failure(portion.row, failed.column, str(failed)))
    groups: dict[Group, list[History]] = {}
    for history in histories:
        groups.setdefault(history.group, []).append(history)
    for group, members in groups.items():
        failures += _run_group(group, members, wanted, *named.look_up(group))
    return _arrays(histories, sorted(failures), named)


def _read(portion: Portion, named: Named) -> list[History]:
    """Return the histories of a row, or of some of its seeds.

    Raises
    ------
    RowFailed
        With the first column that is wrong.
    """
    priors, cells = load_priors(), portion.cells
    values: dict[str, float] = {}
    structures: dict[str, str] = {}
    for name, text in cells.items():
        if name in WORDS or not known(text):
            continue
        try:
            read = read_changes(priors, [(name, text.removesuffix(".0") if name.startswith(STRUCTURE) else text)])
            values |= priors.checked(read.values)
        except InputError as error:
            raise RowFailed(name, _reason(error, name)) from error
        structures |= read.structures
    policy = cells.get("policy", "")
    group = Group(cells["case"].removesuffix(".0"), policy if known(policy) else STATUS_QUO, tuple(sorted(structures.items())))
    named.look_up(group)
    try:
        seeds = read_seeds(cells.get("seed", ""))
    except InputError as error:
        raise RowFailed("seed", _reason(error, "seed")) from error
    return [History(portion.row, values, seed, group) for seed in seeds[portion.before : portion.before + portion.size]]


def _reason(error: InputError, name: str) -> str:
    """Return a message without the names that the list of failures has in columns of their own."""
    text = " ".join(str(error).split())
    for lead in ("--set: ", "parameter: ", "structure: ", f"{name.removeprefix(STRUCTURE)}: "):
        text = text.removeprefix(lead)
    return text


def _run_group(group: Group, members: list[History], wanted: Wanted, case: Case, policy: Policy) -> list[Failure]:
    """Run histories that share what is slow to set up; each keeps its rows."""
    priors = load_priors()
    chosen = priors.structures_with(dict(group.structures))
    programmes = programmes_for(policy, case, chosen)
    medians = conditional_medians(case, priors, dict(group.structures))
    failures: list[Failure] = []
    # The start, and so the length, is at the conditional median: the same for all.
    length = int(_setting(priors, case, medians, chosen, members[:1], wanted)[1]["quarters"][0])
    size = max(1, ROWS_AT_ONCE // (length + 1))
    for start in range(0, len(members), size):
        part = members[start : start + size]
        params, settings, start_year = _setting(priors, case, medians, chosen, part, wanted)
        ticks = np.tile(np.arange(length + 1), (len(part), 1))
        seeds = np.array([history.seed for history in part], np.uint64)
        panels = simulate_many(params, settings, seeds, programmes, ticks, threads=1, progress=wanted.heed)
        for place, history in enumerate(part):
            panel = panels[place]
            if panel[0, EXHAUSTED] == 1.0:
                # Such a panel is marked in every row; one history on its own marks where it stopped.
                panel, _ = run_compiled(params[place], settings[place], programmes, history.seed)
                failures.append(_stopped(history, panel))
            history.start_year = float(start_year[place])
            history.ticks = _kept(panel, wanted.keep)
            history.panel = panel[history.ticks]
    return failures


def _setting(
    priors: Priors, case: Case, medians: Floats, chosen: dict[str, str], part: list[History], wanted: Wanted
) -> tuple[Any, Any, Floats]:
    """Return the PARAMS and SETTING records and the starts of some histories, made as ``simulate`` makes them for one."""
    values = default_values(priors, len(part))
    for place, history in enumerate(part):
        for name, value in history.changes.items():
            values[name][place] = value
    settings, start_year = settings_for(case, values, np.tile(medians, (len(part), 1)), chosen, YEARS_AFTER)
    if wanted.years is not None:
        settings["quarters"] = in_quarters(wanted.years)
    return params_for(values), settings, start_year


def _kept(panel: Floats, keep: str) -> Ints:
    """Return the quarters to keep of a history, none beyond its end."""
    ticks = np.flatnonzero(np.isfinite(panel[:, 0]))
    if keep == "last":
        return ticks[-1:]
    return ticks[ticks % QUARTERS_A_YEAR == 0] if keep == "years" else ticks


def _stopped(history: History, panel: Floats) -> Failure:
    years = float(np.nanmax(panel[:, 0]))
    reason = f"{history.seed}: stopped for its size after {years:g} years, where its panel ends; choose other parameters"
    return Failure(history.row, "seed", reason)


def _arrays(histories: list[History], failures: list[Failure], named: Named) -> Arrays:
    panels = [history.panel for history in histories if history.panel is not None]
    ticks = [history.ticks for history in histories if history.ticks is not None]
    return {
        "row": np.array([history.row for history in histories], np.int64),
        "seed": np.array([history.seed for history in histories], np.uint64),
        "case": np.array([named.cases[history.group.case].name for history in histories], np.str_),
        "policy": np.array([named.policies[history.group.policy].name for history in histories], np.str_),
        "start_year": np.array([history.start_year for history in histories], np.float64),
        "length": np.array([len(one) for one in ticks], np.int64),
        "tick": np.concatenate([np.empty(0, np.int64), *ticks]),
        "panel": np.concatenate([np.empty((0, len(COLUMNS))), *panels]),
        "failed_row": np.array([failure.row for failure in failures], np.int64),
        "failed_column": np.array([failure.column for failure in failures], np.str_),
        "failed_reason": np.array([failure.reason for failure in failures], np.str_),
    }
