"""What does a sweep's table ask for? One history for each row and seed, cut into blocks that are read one after the other."""

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from execution.run import file_hash
from execution.tasks import Task
from model.changes import STRUCTURE
from model.config import load_case, load_policy, load_priors
from model.errors import InputError, file_bytes
from model.reading import MOST_BYTES
from model.schema import Named
from studies.files.cells import LONGEST, known, shown, whole
from studies.files.rows import UNNAMED, column_names, table_rows

# Columns that name neither a parameter nor a structural choice.
WORDS: Final = ("case", "policy", "seed")
# The seed of a row that names none.
FIRST_SEED: Final = 1
SEEDS_A_ROW: Final = 1_000_000
# The most characters of a column's name that are compared with the names of parameters.
LONGEST_NAME: Final = 80


class Mark(NamedTuple):
    """Where a block begins.

    Attributes
    ----------
    position : position of its first row in the file, as ``studies.files.rows.Row`` has it
    row : number of that row, from 1
    before : how many seeds of that row belong to earlier blocks
    """

    position: int
    row: int
    before: int


class Portion(NamedTuple):
    """A row with all or some of its seeds.

    Attributes
    ----------
    row : number of the row, from 1
    cells : text of each cell by column
    before, size : the portion has ``size`` seeds, after ``before`` others of the row
    """

    row: int
    cells: dict[str, str]
    before: int
    size: int


class Survey(NamedTuple):
    """What one reading of a table showed.

    Attributes
    ----------
    path, names : the table's file and its columns
    sha256 : hash of the file's bytes
    rows, histories : their numbers
    own : files of the user's own cases and policies, with the SHA-256 of each
    stride : histories between two marks
    marks : the position of every ``stride``-th history
    """

    path: Path
    names: list[str]
    sha256: str
    rows: int
    histories: int
    own: dict[str, str]
    stride: int
    marks: list[Mark]


class Block:
    """Consecutive histories of a table: read from the file on this machine, and sent by value to other machines."""

    def __init__(self, path: Path, names: list[str], mark: Mark, count: int) -> None:
        self.path, self.names, self.mark, self.count = path, names, mark, count
        self._carried: list[Portion] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_carried": list(self.portions())}

    def portions(self) -> Iterator[Portion]:
        """Yield the rows of the block, each with those of its seeds that belong to the block."""
        if self._carried is not None:
            yield from self._carried
            return
        left, before = self.count, self.mark.before
        for number, row in enumerate(table_rows(self.path, self.mark.position), start=self.mark.row):
            cells = dict(zip(self.names, row.cells, strict=True))
            count = min(left, histories_of(cells) - before)
            yield Portion(number, cells, before, count)
            left, before = left - count, 0
            if left == 0:
                return


class Blocks:
    """The tasks of a sweep, read anew for each pass.

    No further task comes once ``finished`` tells that another shard has written the result.
    """

    def __init__(self, survey: Survey, size: int, finished: Callable[[], bool]) -> None:
        self._survey, self._finished = survey, finished
        self._every = max(1, size // survey.stride)
        self.size = self._every * survey.stride

    def names(self) -> list[str]:
        """Return the names of the chunks, in the order of the table."""
        return [f"rows-{index:06d}" for index in range(-(-self._survey.histories // self.size))]

    def __iter__(self) -> Iterator[Task]:
        survey = self._survey
        for index, name in enumerate(self.names()):
            if self._finished():
                return
            count = min(self.size, survey.histories - index * self.size)
            block = Block(survey.path, survey.names, survey.marks[index * self._every], count)
            yield Task(name, (block,), count)


def read_seeds(text: str) -> range:
    """Return the seeds of a cell: a number, or a range ``1:5`` with both ends; an empty cell means seed 1.

    Raises
    ------
    InputError
        If the cell is neither a seed nor a range of seeds, or the range falls or is too long.
    """
    if not known(text):
        return range(FIRST_SEED, FIRST_SEED + 1)
    ends = [whole(end.strip()) for end in text.split(":", maxsplit=2)]
    first, last = ends[0], ends[-1]
    if len(ends) > 2 or first is None or last is None or max(first, last) >= 2**64:
        raise InputError(f"{shown(text)}: must be a whole number from 0 to 2^64-1, or a range such as 1:5; correct the cell")
    if not first <= last < first + SEEDS_A_ROW:
        raise InputError(
            f"{shown(text)}: a range rises and holds at most {SEEDS_A_ROW} seeds; correct the cell or use several rows"
        )
    return range(first, last + 1)


def histories_of(cells: dict[str, str]) -> int:
    """Return how many histories a row asks for; 1 where its seeds cannot be read, so that the row is run and fails."""
    try:
        return len(read_seeds(cells.get("seed", "")))
    except InputError:
        return 1


def survey(path: Path, stride: int) -> Survey:
    """Read through a table once, before anything runs.

    Parameters
    ----------
    path : file of the table, a ``.csv`` or ``.parquet``
    stride : histories between two marks

    Raises
    ------
    InputError
        If the table cannot be read or is empty, has no column ``case``, has a column that names no parameter or option, has a
        column without a name that does not count the rows, or names two files of one name that differ.
    """
    names = column_names(path)
    _check_columns(path, names)
    numbers = _RowNumbers(names)
    marks: list[Mark] = []
    own: dict[str, str] = {}
    entries: list[Named] = []
    rows = histories = 0
    for rows, row in enumerate(table_rows(path), start=1):
        numbers.read(row.cells, rows)
        cells = dict(zip(names, row.cells, strict=True))
        for word in ("case", "policy"):
            text = cells.get(word, "")
            if text not in own and _is_file(text):
                own[text] = _own_hash(Path(text))
                entries += _own_entry(word, text)
        count = histories_of(cells)
        while len(marks) * stride < histories + count:
            marks.append(Mark(row.position, rows, len(marks) * stride - histories))
        histories += count
    if rows == 0:
        raise InputError(f"{path}: is empty; write a header and at least one row")
    numbers.check(path)
    _refuse_clashes(path, entries)
    return Survey(path, names, file_hash(path), rows, histories, own, stride, marks)


class _RowNumbers:
    """The columns without a name, which say nothing if they are empty or count the rows from 0 or from 1."""

    def __init__(self, names: list[str]) -> None:
        columns = [column for column, name in enumerate(names) if name in UNNAMED]
        self._possible = {column: {"from 0", "from 1", "empty"} for column in columns}
        self._refused: dict[int, int] = {}

    def read(self, cells: list[str], row: int) -> None:
        """Take the cells of the next row into account, whose number counts from 1."""
        for column, possible in self._possible.items():
            number = whole(cells[column])
            says = {"from 0": number == row - 1, "from 1": number == row, "empty": not known(cells[column])}
            possible -= {kind for kind, holds in says.items() if not holds}
            if not possible:
                self._refused.setdefault(column, row)

    def check(self, path: Path) -> None:
        """Refuse a column without a name that says something else.

        Raises
        ------
        InputError
            If there is one.
        """
        for column, row in self._refused.items():
            raise InputError(
                f"{path}: column {column + 1}: has no name, and from row {row} on does not count the rows; name it or delete it"
            )


def _check_columns(path: Path, names: list[str]) -> None:
    """Refuse a table with a column that names no parameter or structural choice, or without a column ``case``.

    Raises
    ------
    InputError
        If the table is refused.
    """
    priors = load_priors()
    valid = [*WORDS, *priors.names(), *(STRUCTURE + name for name in priors.structures)]
    for name in names:
        if name in valid or name in UNNAMED:
            continue
        near = difflib.get_close_matches(name[:LONGEST_NAME].lower(), valid, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "the first line names the columns;"
        raise InputError(f"{path}: column {shown(name)}: names no parameter; {hint} `takeoff explain parameters` lists them")
    if "case" not in names:
        raise InputError(f"{path}: case: this column is missing; name a cluster in each row")


def _is_file(text: str) -> bool:
    """Return whether a cell gives the path of a case or policy rather than its name."""
    return len(text) <= LONGEST and (text.endswith((".yaml", ".yml")) or "/" in text or "\\" in text)


def _own_hash(path: Path) -> str:
    try:
        return hashlib.sha256(file_bytes(path, MOST_BYTES)).hexdigest()
    except InputError:
        return "unreadable"  # The rows that name this file fail, and say why.


def _own_entry(word: str, text: str) -> tuple[Named, ...]:
    """Return the case or policy of a user's file; nothing if it is wrong, so that the rows that name it fail, and say why."""
    try:
        return (load_case(text) if word == "case" else load_policy(text),)
    except InputError:
        return ()


def _refuse_clashes(path: Path, entries: Iterable[Named]) -> None:
    """Refuse a table in which two files of one name and kind say different things: a panel holds names alone.

    Raises
    ------
    InputError
        With both files.
    """
    first: dict[tuple[type[Named], str], Named] = {}
    for entry in entries:
        other = first.setdefault((type(entry), entry.name), entry)
        if not other.same_as(entry):
            raise InputError(f"{path}: {entry.name}: is the name of {other.path} and of {entry.path}, which differ; rename one")
