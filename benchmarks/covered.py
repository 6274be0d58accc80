"""Which lines do the tests run? Of all packages, and of equations, with those that no test reaches.

``python -m benchmarks.covered`` runs the fast tests, then those of the equations without the compiler, since a tracer sees no
machine code (coverage.py, extra ``mutation``). ``--report`` reads what an earlier run left. What only machine code runs is
missing.
"""

import argparse
import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from benchmarks.mutation import REPOSITORY, SUBJECTS

PACKAGES: Final = ("model", "execution", "calibration", "studies")
# Tests that try equations by hand, and run uncompiled within minutes; the others of a file repeat histories many times.
EQUATIONS: Final = SUBJECTS["equations"]
WHOLE: Final = ("firm_events", "programme_events", "services", "sides", "founders", "seats", "ordering", "arithmetic")
SINGLE: Final = (
    "peers.py::test_a_firm_that_was_never_seated_has_no_slot",
    "peers.py::test_a_search_among_empty_slots_ends",
    "peers.py::test_the_first_who_accepts_is_asked_last",
    "clocks.py::test_events_of_one_time_have_one_order",
    "forks.py::test_a_policy_first_acts_in_the_first_quarter_from_the_decision_on",
    "forks.py::test_the_first_future_has_the_historys_own_key_and_no_other_has",
    "plans.py::test_a_programme_opens_on_its_date_and_waits_for_firms_until_it_must",
    "trials.py::test_a_firm_is_looked_up_by_its_key_and_among_equal_keys_by_its_lineage",
    "trials.py::test_the_share_invited_leaves_somebody_on_either_side",
)
UNCOMPILED: Final = (*EQUATIONS.tests, *(f"tests/model/test_{name}" for name in (*(f"{one}.py" for one in WHOLE), *SINGLE)))
DATA: Final = REPOSITORY / ".coverage"
SETTINGS: Final = REPOSITORY / "pyproject.toml"
FAST: Final = "not slow and not peers and not browser and not environments"


class Covered(NamedTuple):
    """Lines of one kind: how many there are, and which were not run, by file."""

    lines: int
    missing: dict[str, list[int]]

    @property
    def share(self) -> float:
        """Return the share of the lines that were run."""
        return 1.0 - sum(map(len, self.missing.values())) / self.lines if self.lines else 1.0


def equation_lines(source: str) -> set[int]:
    """Return the lines of a file that lie in the bodies of equations."""
    return {line for node in _equations(ast.parse(source)) for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}


def _equations(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [one.id for one in node.decorator_list if isinstance(one, ast.Name)]
            if "equation" in names:
                yield node


def covered(analysed: Mapping[str, tuple[list[int], list[int]]], kept: Mapping[str, set[int]] | None = None) -> Covered:
    """Count lines: of each file its statements and the missing ones, or only those among ``kept``."""
    lines, missing = 0, {}
    for name, (statements, absent) in analysed.items():
        wanted = set(statements) if kept is None else kept.get(name, set()) & set(statements)
        lines += len(wanted)
        if gone := sorted(wanted & set(absent)):
            missing[name] = gone
    return Covered(lines, missing)


def analysed() -> dict[str, tuple[list[int], list[int]]]:
    """Return the statements and the missing lines of every file of the packages, from the data on disk."""
    import coverage

    data = coverage.Coverage(data_file=str(DATA), config_file=str(SETTINGS))
    data.load()
    files = sorted(path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))
    told = {}
    for path in files:
        _, statements, _, missing, _ = data.analysis2(str(path))
        told[path.relative_to(REPOSITORY).as_posix()] = (statements, missing)
    return told


def run(tests: list[str], environment: Mapping[str, str], options: list[str]) -> None:
    """Run tests under the tracer, and add what they run to the data."""
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={SETTINGS}", "-m", "pytest", "-q", *options, *tests]
    subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **environment}, check=False)


def main(given: Any = None) -> None:
    """Run the tests, unless only a report is wanted, and print what they did not reach."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--report", action="store_true", help="read what an earlier run left")
    parser.add_argument("pytest", nargs="*", help="further options of pytest, after --")
    asked = parser.parse_args(given)
    if not asked.report:
        # What an earlier run left would count as run, whatever became of the tests since.
        subprocess.run([sys.executable, "-m", "coverage", "erase", f"--rcfile={SETTINGS}"], cwd=REPOSITORY, check=True)
        run([], {}, ["-m", FAST, *asked.pytest])
        run(list(UNCOMPILED), EQUATIONS.environment, [])
        subprocess.run([sys.executable, "-m", "coverage", "combine", f"--rcfile={SETTINGS}"], cwd=REPOSITORY, check=True)
    told = analysed()
    whole = covered(told)
    inside = covered(told, {name: equation_lines((REPOSITORY / name).read_text(encoding="utf-8")) for name in told})
    for name, lines in inside.missing.items():
        print(f"{name}: equations: lines {', '.join(map(str, lines))}")
    print(f"lines: {whole.share:.1%} of {whole.lines:,}; equations: {inside.share:.1%} of {inside.lines:,}")


if __name__ == "__main__":
    main()
