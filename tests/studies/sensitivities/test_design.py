"""Designs: what is varied, by which factors, and at which points; what is refused; SALib is imported late."""

import ast
from pathlib import Path

import numpy as np
import pytest

from model.config import load_priors
from model.errors import InputError
from studies.sensitivities.design import (
    BY_MECHANISM,
    BY_PARAMETER,
    LEVELS,
    MORRIS,
    REACH,
    SOBOL,
    Problem,
    check_count,
    check_words,
    design,
    mechanism_of,
    problem_of,
    uncertain,
)

GROUPED = Problem(("x0", "x1", "x2"), ("pair", "x1", "pair"))


def test_every_uncertain_parameter_belongs_to_a_mechanism() -> None:
    priors = load_priors()
    problem = problem_of(priors, BY_MECHANISM)
    assert problem.names == uncertain(priors)
    assert set(problem.names) | set(priors.names("constant")) == set(priors.names())
    assert mechanism_of("spin_off_rate") == "spin_off"
    assert mechanism_of("market_place_effect") == "market_place"
    assert mechanism_of("market_elasticity") == "market"
    assert problem.members("credit") == ("credit_noise", "credit_capture_default")


def test_a_parameter_is_a_factor_by_itself_unless_mechanisms_are() -> None:
    priors = load_priors()
    of_entry = [name for name in uncertain(priors) if mechanism_of(name) == "entry"][:2]
    problem = problem_of(priors, BY_PARAMETER, of_entry)
    assert problem.names == problem.groups == problem.factors == tuple(of_entry)
    with pytest.raises(InputError, match="is one factor by mechanism"):
        problem_of(priors, BY_MECHANISM, of_entry)


def test_a_group_has_its_members_and_its_first() -> None:
    assert GROUPED.factors == ("pair", "x1")
    assert GROUPED.members("pair") == ("x0", "x2")
    assert GROUPED.first.tolist() == [0, 1]
    described = GROUPED.described(SOBOL)
    assert described["groups"] == ["pair", "x1", "pair"]
    assert "groups" not in Problem(("x0", "x1"), ("x0", "x1")).described(SOBOL)
    # SALib writes into the dictionary: the next one must be clean.
    described["names"].append("of SALib")
    assert GROUPED.described(SOBOL)["names"] == ["x0", "x1", "x2"]


@pytest.mark.parametrize(("method", "count", "width"), [(MORRIS, 6, 2 + 1), (SOBOL, 16, 2 + 2)])
def test_points_lie_within_reach_and_belong_to_one_seed(method: str, count: int, width: int) -> None:
    plan, again, other = (design(method, GROUPED, count, seed) for seed in (3, 3, 4))
    assert (plan.blocks, plan.width, plan.points.shape) == (count, width, (count * width, 3))
    low, high = REACH[method]
    assert plan.points.min() >= low
    assert plan.points.max() <= high
    assert np.array_equal(plan.points, again.points)
    assert not np.array_equal(plan.points, other.points)
    if method == MORRIS:
        assert set(plan.points.ravel().round(12)) <= set(((np.arange(LEVELS) + 0.5) / LEVELS).round(12))


@pytest.mark.parametrize(
    ("method", "by", "words"),
    [
        ("given-data", None, "has no design, since it reads a comparison"),
        ("monte-carlo", None, "--method: monte-carlo: is no method; choose morris, sobol or given-data"),
        (MORRIS, "letter", "--by: letter: is no kind of factor"),
    ],
)
def test_an_unknown_word_is_refused(method: str, by: str | None, words: str) -> None:
    check_words(MORRIS, BY_MECHANISM)
    with pytest.raises(InputError, match=words):
        check_words(method, by)


@pytest.mark.parametrize(
    ("method", "count", "words"),
    [
        (MORRIS, 3, "morris_trajectories: 3: must be 4 or more"),
        (SOBOL, 4, "sobol_samples: 4: must be 8 or more"),
        (SOBOL, 48, "sobol_samples: 48: must be a power of two, .* choose 32 or 64"),
    ],
)
def test_a_count_that_the_method_cannot_use_is_refused(method: str, count: int, words: str) -> None:
    check_count(MORRIS, 5)
    check_count(SOBOL, 64)
    with pytest.raises(InputError, match=words):
        design(method, GROUPED, count, 1)


def test_salib_is_imported_late(repository: Path) -> None:
    # It brings pandas, Matplotlib and multiprocess with it; `takeoff --help` must not wait for them.
    named = {
        (path.name, node in tree.body)
        for path in sorted((repository / "studies").rglob("*.py"))
        for tree in (ast.parse(path.read_text(encoding="utf-8")),)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("SALib")
    }
    assert named == {("design.py", False), ("indices.py", False)}
