"""``takeoff explain``: every name is printed, from where it is defined."""

import ast
from pathlib import Path

import pytest

from model.config import all_cases, load_priors
from model.errors import InputError
from model.events import CLOCKS, EVENTS, SCHEDULE
from studies.inspect.entries import explanation
from studies.inspect.explain import MODEL, columns, equations


def test_every_parameter_is_explained() -> None:
    text = explanation("parameters")
    priors = load_priors()
    flat = " ".join(text.split())
    for name in (*priors.names(), *priors.structures):
        assert name in text
    assert priors.entry("entry_intensity").meaning.split()[0] in flat
    assert f"lognormal({priors.entry('entry_intensity').used:g}, " in text
    assert "1/year" in text


def test_the_schedule_is_complete() -> None:
    text = explanation("schedule")
    for step in SCHEDULE:
        assert step.name in text
    for word in (*CLOCKS, *EVENTS):
        assert word in text


def test_every_formula_of_the_sources_is_printed() -> None:
    text = explanation("equations")
    written = sum(
        "Formula:" in (ast.get_docstring(node) or "")
        for path in MODEL.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    )
    printed = equations()
    assert len(printed) == written > 20
    for equation in printed:
        assert equation.name in text
        assert equation.formula in text
        assert equation.home in text
        assert equation.formula
        assert equation.meaning


def test_formulas_are_read_from_any_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a.py").write_text(
        '@equation\ndef growth(x):\n    """Growth of a thing.\n\n    Formula: g = a\n        + b\n\n    More words.\n    """\n'
        '@equation\ndef step(x):\n    """Change the state."""\n'
    )
    assert [tuple(equation) for equation in equations(folder)] == [("model/a.py", "growth", "Growth of a thing.", "g = a + b")]


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_case_shows_every_figure_and_source(case: object) -> None:
    flat = " ".join(explanation(str(case.number)).split())  # type: ignore[attr-defined]
    for seen in case.observations:  # type: ignore[attr-defined]
        for figure in (seen.firms, seen.workers_per_firm, seen.schooling):
            if figure is not None:
                assert f"{figure.value:g}" in flat
                assert figure.source.split()[0] in flat
    for past in case.history:  # type: ignore[attr-defined]
        assert past.programme in flat
    assert str(case.start.mode) in flat  # type: ignore[attr-defined]
    for dated in (case.covariates.home_population, case.covariates.wage_year):  # type: ignore[attr-defined]
        assert f", {dated.year}: {dated.value:,g} [{dated.source}]" in flat


def test_what_is_missing_is_said() -> None:
    assert sum(line.split()[-2:] == ["not", "available"] for line in explanation("2").splitlines()) == 4
    with pytest.raises(InputError, match="schedule, equations, parameters"):
        explanation("love")
    assert "10-kumasi" in explanation(None)


def test_columns_wrap_the_last_one() -> None:
    assert columns(("a", "b"), [("x", "one two three")], last=8) == "a  b\n-  -\nx  one two\n   three"
