"""Would the tests notice a wrong sign? Formulas are changed one at a time in a copy of the house, and their tests are run.

``python -m benchmarks.mutation decisions`` and ``equations`` take a sample of the changes that cosmic-ray can make (extra
``mutation``): another operator, another number, a negated condition. Whatever no test notices is printed.
"""

import argparse
import ast
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np

REPOSITORY: Final = Path(__file__).resolve().parents[1]
COPIED: Final = ("model", "execution", "calibration", "studies", "configs", "tests", "docs", "benchmarks")
FILES: Final = ("pyproject.toml", "industrial_takeoff.py", "README.md")
# One change of each kind that a slip of the hand could make; other operators are further from a slip, and noticed sooner.
SLIPS: Final = (
    *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Mul_Add", "Pow_Mul", "MatMult_Mul", "BitAnd_BitOr", "BitOr_BitAnd"),
    *("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "Gt_LtE", "Eq_NotEq", "NotEq_Eq"),
    *("And_Or", "Or_And", "AndWithOr", "OrWithAnd", "AddNot", "TrueWithFalse", "FalseWithTrue"),
    *("NumberReplacer", "USub_UAdd", "Delete_USub", "BreakWith", "ContinueWith", "ZeroIteration"),
)
TIMEOUT: Final = 180.0


class Subject(NamedTuple):
    """What is changed, whether only functions marked as equations, and the tests that should notice (with their environment)."""

    modules: tuple[str, ...]
    equations: bool
    tests: tuple[str, ...]
    environment: dict[str, str]


POLICY: Final = "studies/policy"
SUBJECTS: Final = {
    "decisions": Subject(
        tuple(f"{POLICY}/{name}.py" for name in ("decision", "outcomes", "curves", "frontier")),
        False,
        tuple(f"tests/{POLICY}/test_{name}.py" for name in ("decision", "outcomes", "curves", "frontier")),
        {},
    ),
    # Equations are plain functions where nothing is compiled.
    "equations": Subject(
        ("model/mechanisms",),
        True,
        tuple(f"tests/model/test_{name}.py" for name in ("equations", "market", "finance", "conditions")),
        {"NUMBA_DISABLE_JIT": "1"},
    ),
}


class Change(NamedTuple):
    """A change that can be made: its key, file, kind and position."""

    job: str
    path: str
    kind: str
    line: int
    column: int


def run(*words: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run cosmic-ray, whose own folder of programs is that of this Python."""
    return subprocess.run([sys.executable, "-m", "cosmic_ray.cli", *words], cwd=cwd, capture_output=True, text=True, check=check)


def configured(subject: Subject, folder: Path) -> None:
    """Write the settings of a session into a copy of the house."""
    setting = "".join(f"{name}={value} " for name, value in subject.environment.items())
    command = f"env {setting}{sys.executable} -m pytest -x -q -p no:cacheprovider {' '.join(subject.tests)}"
    lines = [
        "[cosmic-ray]",
        f"module-path = {json.dumps(list(subject.modules))}",
        f"timeout = {TIMEOUT}",
        "excluded-modules = []",
        f"test-command = {json.dumps(command)}",
        "[cosmic-ray.distributor]",
        'name = "local"',
    ]
    (folder / "session.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def spans(text: str) -> tuple[set[tuple[int, int]], set[int]]:
    """Return the positions inside annotations, and the lines of functions that are marked as equations."""
    noted: set[tuple[int, int]] = set()
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        for name in ("annotation", "returns"):
            hint = getattr(node, name, None)
            if hint is not None:
                noted |= {(hint.lineno, column) for column in range(hint.col_offset, hint.end_col_offset + 1)}
        if isinstance(node, ast.FunctionDef) and "equation" in {ast.unparse(mark) for mark in node.decorator_list}:
            lines |= set(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1))
    return noted, lines


def eligible(changes: list[Change], subject: Subject, folder: Path) -> Iterator[Change]:
    """Yield the changes that are slips of the hand in what is to be tried."""
    seen = {path: spans((folder / path).read_text(encoding="utf-8")) for path in {change.path for change in changes}}
    for change in changes:
        noted, lines = seen[change.path]
        hinted = (change.line, change.column) in noted
        if not hinted and any(slip in change.kind for slip in SLIPS) and (change.line in lines or not subject.equations):
            yield change


def sampled(folder: Path, subject: Subject, size: int, seed: int) -> tuple[int, int]:
    """Keep a sample of a session's changes; return how many there are to choose from, and how many are kept."""
    with sqlite3.connect(folder / "session.sqlite") as session:
        columns = "job_id, module_path, operator_name, start_pos_row, start_pos_col"
        rows = [Change(*row) for row in session.execute(f"select {columns} from mutation_specs")]  # noqa: S608 - a constant
        chosen = sorted(eligible(rows, subject, folder))
        order = np.random.Generator(np.random.PCG64(seed)).permutation(len(chosen))[:size]
        few = [chosen[index] for index in order]
        dropped = [(job,) for job in {row.job for row in rows} - {change.job for change in few}]
        for table in ("mutation_specs", "work_items"):
            session.executemany(f"delete from {table} where job_id = ?", dropped)  # noqa: S608 - a constant
    return len(chosen), len(few)


def told(folder: Path) -> list[dict[str, Any]]:
    """Return what became of each change: killed (a test noticed) or survived."""
    with sqlite3.connect(folder / "session.sqlite") as session:
        query = (
            "select module_path, operator_name, start_pos_row, test_outcome, diff from mutation_specs "
            "join work_results using (job_id) order by module_path, start_pos_row"
        )
        rows = session.execute(query).fetchall()
    return [
        {"file": path, "change": kind.partition("/")[2], "line": line, "outcome": outcome.lower(), "diff": lines_of(diff)}
        for path, kind, line, outcome, diff in rows
    ]


def lines_of(diff: str) -> list[str]:
    """Return the changed lines of a difference."""
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def main(arguments: list[str] | None = None) -> int:
    """Run a session and print its survivors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument("--sample", type=int, default=120, metavar="N", help="changes to try (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="F.json")
    asked = parser.parse_args(arguments)
    subject = SUBJECTS[asked.subject]
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in COPIED:
            shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        for name in FILES:
            shutil.copy(REPOSITORY / name, folder)
        configured(subject, folder)
        run("init", "session.toml", "session.sqlite", cwd=folder)
        # Tests that fail as they are would kill every change.
        run("baseline", "session.toml", cwd=folder)
        choice, size = sampled(folder, subject, asked.sample, asked.seed)
        print(f"{asked.subject}: {size} of {choice} changes, on {os.cpu_count()} cores, one at a time", flush=True)
        run("exec", "session.toml", "session.sqlite", cwd=folder)
        rows = told(folder)
    alive = [row for row in rows if row["outcome"] == "survived"]
    for row in alive:
        print(f"survived: {row['file']}:{row['line']} {row['change']}", *row["diff"], sep="\n    ")
    print(f"{len(rows) - len(alive)} of {len(rows)} changes were noticed")
    if asked.out:
        asked.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
