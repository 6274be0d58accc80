"""Are formulas changed where a hand could slip, and nowhere else?"""

from pathlib import Path

from benchmarks.mutation import REPOSITORY, SUBJECTS, Change, eligible, lines_of, spans

TEXT = '''
from typing import Any


@equation
def gain(p: Any, share: float | None) -> float:
    """Return a gain."""
    return p.most * share


def other(a: int) -> int:
    return a + 1
'''


def test_annotations_and_equations_are_told_from_the_rest() -> None:
    noted, lines = spans(TEXT)
    assert (6, TEXT.splitlines()[5].index("|")) in noted
    assert lines == {7, 8}


def test_slips_inside_equations_are_chosen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TEXT, encoding="utf-8")
    made = [
        Change("1", "a.py", "core/ReplaceBinaryOperator_Mul_Div", 8, 18),
        Change("2", "a.py", "core/ReplaceBinaryOperator_Mul_RShift", 8, 18),
        Change("3", "a.py", "core/ReplaceBinaryOperator_BitOr_BitAnd", 6, 27),
        Change("4", "a.py", "core/ReplaceBinaryOperator_Add_Sub", 12, 13),
    ]
    equations, decisions = SUBJECTS["equations"], SUBJECTS["decisions"]
    assert [one.job for one in eligible(made, equations, tmp_path)] == ["1"]
    assert [one.job for one in eligible(made, decisions, tmp_path)] == ["1", "4"]


def test_a_difference_is_told_by_its_changed_lines() -> None:
    assert lines_of("--- a/x\n+++ b/x\n@@ -1 +1 @@\n same\n-a + b\n+a - b\n") == ["-a + b", "+a - b"]


def test_what_is_tried_and_its_tests_are_there() -> None:
    for subject in SUBJECTS.values():
        assert [name for name in (*subject.modules, *subject.tests) if not (REPOSITORY / name).exists()] == []
