"""Are lines counted by hand as the report counts them?"""

from benchmarks.covered import Covered, covered, equation_lines

SOURCE = '''
@equation
def law(x):
    """Twice a number.

    Formula: 2 x
    """
    if x:
        return 2 * x
    return 0


def other(x):
    return x
'''


def test_only_bodies_of_equations_count() -> None:
    assert equation_lines(SOURCE) == set(range(4, 11))


def test_lines_are_counted_and_missing_ones_named() -> None:
    told = {"a.py": ([1, 2, 3, 4], [3]), "b.py": ([5, 6], [])}
    assert covered(told) == Covered(6, {"a.py": [3]})
    assert covered(told).share == 5 / 6
    assert covered(told, {"a.py": {2, 3}}) == Covered(2, {"a.py": [3]})
    assert covered(told, {"a.py": {2}}).share == 1.0
    assert covered({}).share == 1.0
