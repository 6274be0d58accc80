"""What is in the model? The order of events, the equations, the parameters and the cases, printed from where they are defined."""

import ast
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from model.config import CONFIGS, Case, Priors, all_cases, load_priors
from model.events import EVENTS, HOMES, SCHEDULE

TOPICS: Final = ("schedule", "equations", "parameters")
MODEL: Final = Path(__file__).resolve().parents[2] / "model"
WIDTH: Final = 110


class Equation(NamedTuple):
    """An equation of the model: where it stands, what it gives, and its formula."""

    home: str
    name: str
    meaning: str
    formula: str


def columns(head: Sequence[str], rows: Iterable[Sequence[str]], last: int = 60) -> str:
    """Return rows as a table in text; the last column is wrapped at ``last`` characters."""
    lines = [list(row) for row in rows]
    widths = [max(len(line[column]) for line in [list(head), *lines]) for column in range(len(head) - 1)]
    shown = []
    for line in [list(head), ["-" * width for width in widths] + ["-" * len(head[-1])], *lines]:
        start = "  ".join(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=True))
        wrapped = textwrap.wrap(line[-1], last) or [""]
        shown.append(f"{start}  {wrapped[0]}".rstrip())
        shown += [" " * (len(start) + 2) + more for more in wrapped[1:]]
    return "\n".join(shown)


def schedule() -> str:
    """Return the order of a quarter, the clocks and the words of the event log."""
    steps = [(str(number), step.name, step.home, step.why) for number, step in enumerate(SCHEDULE, start=1)]
    clocks = [(str(number), home.name, home.owner, f"model/mechanisms/{home.module}.py") for number, home in enumerate(HOMES)]
    return "\n".join(
        [
            "The order of a quarter:",
            columns(("#", "step", "home", "why there"), steps),
            "",
            "Clocks, in the order that breaks a tie in time (time, mechanism, lineage):",
            columns(("#", "clock", "of", "home"), clocks),
            "",
            "Events of the log: " + ", ".join(EVENTS),
        ]
    )


def _is_equation(function: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id in ("equation", "step") for mark in function.decorator_list)


def equations(folder: Path = MODEL) -> list[Equation]:
    """Return the equations with a formula, in the order of files and lines: read from the sources, never run."""
    listed = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and _is_equation(node):
                text = ast.get_docstring(node) or ""
                if "Formula:" in text:
                    meaning, _, rest = text.partition("Formula:")
                    formula = " ".join(rest.strip().split("\n\n")[0].split())
                    home = path.relative_to(folder.parent).as_posix()
                    listed.append(Equation(home, node.name, " ".join(meaning.split()), formula))
    return listed


def equation_list() -> str:
    """Return every equation, by the file that holds it."""
    lines, home = [], ""
    for equation in equations():
        if equation.home != home:
            home = equation.home
            lines += ["", home]
        lines.append(f"  {equation.name}: {equation.formula}")
        lines += textwrap.wrap(equation.meaning, WIDTH, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines).lstrip()


def prior_text(priors: Priors, name: str) -> str:
    """Return a parameter's prior in one short text."""
    entry = priors.entry(name)
    if entry.prior is None:
        return "fixed"
    numbers = ", ".join(f"{number:g}" for number in entry.prior.numbers)
    cut = "" if entry.prior.between is None else " in [{:g}, {:g}]".format(*entry.prior.between)
    return f"{entry.prior.kind}({numbers}){cut}"


def parameters() -> str:
    """Return every parameter with role, default, unit, prior, meaning and source, and the structural choices."""
    priors = load_priors()
    rows = []
    for name in priors.names():
        entry = priors.entry(name)
        rows.append(
            (name, entry.role, f"{entry.used:g}", entry.unit, prior_text(priors, name), f"{entry.meaning} [{entry.source}]")
        )
    choices = [(name, ", ".join(one.options), f"{one.meaning} [{one.source}]") for name, one in priors.structures.items()]
    return "\n".join(
        [
            columns(("parameter", "role", "default", "unit", "prior", "meaning [source]"), rows),
            "",
            "Structural choices (the first option is in force):",
            columns(("choice", "options", "meaning [source]"), choices),
        ]
    )


def _year(year: int | tuple[int, int]) -> str:
    return f"{year[0]}-{year[1]}" if isinstance(year, tuple) else str(year)


def _figures(case: Case) -> list[tuple[str, str, str, str, str]]:
    rows = []
    for seen in case.observations:
        when = _year(seen.year)
        for name, figure, error in (
            ("firms", seen.firms, "log sd"),
            ("workers per firm", seen.workers_per_firm, "log sd"),
            ("schooling (years)", seen.schooling, "sd"),
        ):
            if figure is None:
                rows.append((when, name, "not available", "", ""))
                continue
            value = f"{figure.value[0]:g} to {figure.value[1]:g}" if isinstance(figure.value, tuple) else f"{figure.value:g}"
            bias = getattr(figure, "selection_bias", 0.0)
            error_model = f"{error} {figure.sd:.2g}" + (f", bias {bias:+g}" if bias else "")
            rows.append(
                (when, name, value, error_model, "; ".join(part for part in (figure.why, figure.note, figure.source) if part))
            )
        if seen.exports is not None:
            rows.append(
                (
                    when,
                    "exports",
                    seen.exports.level,
                    "misclassified at times",
                    "; ".join(part for part in (seen.exports.markets, seen.exports.note, seen.exports.source) if part),
                )
            )
        if seen.improvement is not None:
            rows.append((when, "improvement (IPM)", seen.improvement.replace("_", " "), "misclassified at times", seen.note))
    return rows


def _covariates(case: Case) -> list[str]:
    """Return the characteristics that are known before a cluster is simulated, and dated figures with their sources."""
    given = case.covariates
    told = [given.region, f"{'heavy' if given.heavy_product else 'light'} product"]
    told += [f"material prices surged in {given.material_shock.year}"] if given.material_shock else []
    told += [f"{given.trained_founders} founders trained abroad"] if given.trained_founders else []
    told += ["buyers with quotas"] if given.quota_buyers else []
    dated = (("Home population", given.home_population), ("A wage-year", given.wage_year))
    figures = [f"{name}, {one.year}: {one.value:,g} [{one.source}]" for name, one in dated if one is not None]
    return [f"Covariates: {'; '.join(told)}", *figures]


def case_text(case: Case) -> str:
    """Return everything that is known of a cluster."""
    start, origin = case.start, case.origin
    lines = [
        f"{case.title} (case {case.number})" if case.number else case.title,
        f"{case.location}: {case.product}",
        case.note,
        "",
        f"Origin: group {origin.group}; {origin.firms}; first product {origin.product}; former traders among the "
        f"founders: {'yes' if origin.traders else 'no'} [{origin.source}]",
        f"Start: triangular {start.low} / {start.mode} / {start.high}, confidence {start.confidence} [{start.source}] "
        f"{start.note}",
    ]
    if start.reform is not None:
        lines.append(
            f"  or anew in an era of reform: {start.reform.low} / {start.reform.mode} / {start.reform.high} "
            f"[{start.reform.source}]"
        )
    lines += [
        *_covariates(case),
        "",
        columns(("year", "figure", "value", "error", "why, footnotes and source"), _figures(case)),
        "",
    ]
    past = [
        (
            f"{spec.first}-{spec.last or ''}",
            spec.programme,
            spec.confidence,
            "; ".join(part for part in (spec.source, spec.note) if part),
        )
        for spec in case.history
    ]
    lines.append(columns(("years", "programme", "confidence", "source"), past) if past else "History: no programme is on record.")
    return "\n".join(line for line in lines if line is not None)


def overview() -> str:
    """Return what can be explained."""
    rows = [(case.name, case.location, case.product) for case in all_cases()]
    return "\n".join(
        [
            "takeoff explain schedule     the order of events, and why",
            "takeoff explain equations    every formula and the file that holds it",
            "takeoff explain parameters   every prior with its unit and source",
            "takeoff explain PARAMETER    one parameter or structural choice: meaning, prior, unit and source",
            "takeoff explain POLICY       its question, and its programmes with dates, budgets and sources",
            "takeoff explain CASE         every figure, footnote and error model",
            "",
            columns(("case", "place", "product"), rows),
            "",
            f"Configuration: {CONFIGS}",
        ]
    )
