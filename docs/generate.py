"""Where do tables of the documentation come from? From the code, and from what benchmarks wrote.

``python -m docs.generate`` writes them between their marks; with ``--check`` it changes nothing and ends with 1 where a file is
behind the code.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks import tables
from benchmarks.calibration import document as calibration_document
from benchmarks.shape import document
from docs import command_line, file_keys, house, protocol
from model.config import all_cases, load_priors
from model.events import EVENTS, SCHEDULE
from model.fields import CLUSTER_FIELDS, DERIVED, FIRM_FIELDS, PROGRAMME_FIELDS, SETTING_FIELDS, Field
from model.mechanisms.clocks import ALL
from model.observe import PHASES, SHOWN
from model.state import COURSES, PROGRAMMES
from studies.inspect.explain import equations, prior_text

DOCS: Final = Path(__file__).resolve().parent
FILES: Final = (
    "model.md",
    "evidence.md",
    "performance.md",
    "calibration-benchmark.md",
    "shape.md",
    "design.md",
    "reference/commands.md",
    "reference/files.md",
    "reference/outcomes.md",
)
MARKS: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)

def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|").strip() for cell in line) + " |" for line in lines)


def fields(rows: Iterable[Field]) -> str:
    """Return fields of a record with unit and meaning."""
    return table(("field", "unit", "meaning"), [(f"`{row.name}`", row.unit, row.meaning) for row in rows if row.kind != DERIVED])


def schedule() -> str:
    """Return the order of a quarter."""
    rows = [(str(number), f"`{step.name}`", f"`{step.home}`", step.why) for number, step in enumerate(SCHEDULE, start=1)]
    return table(("", "step", "home", "why there"), rows)


def clocks() -> str:
    """Return the clocks in the order that breaks a tie."""
    rows = [
        (str(clock.number), clock.name, clock.home.owner, clock.repeats, f"`model/mechanisms/{clock.home.module}.py`")
        for clock in ALL
    ]
    return table(("", "clock", "of", "strikes", "home"), rows)


def words() -> str:
    """Return the words of events, programmes, courses and phases."""
    lists = (("events of the log", EVENTS), ("programmes", PROGRAMMES), ("courses", COURSES), ("phases", PHASES))
    return table(("words", ""), [(name, ", ".join(f"`{word}`" for word in of_list)) for name, of_list in lists])


def panel() -> str:
    """Return the columns of the panel."""
    return table(("column", "unit", "meaning"), [(f"`{field.name}`", field.unit, field.meaning) for field in SHOWN])


def roles() -> str:
    """Return how many parameters have each role."""
    priors = load_priors()
    counts = Counter(priors.entry(name).role for name in priors.names())
    return table(("role", "parameters"), [(role, str(count)) for role, count in counts.most_common()])


def parameters() -> str:
    """Return every parameter."""
    priors = load_priors()
    rows = []
    for name in priors.names():
        entry = priors.entry(name)
        rows.append(
            (f"`{name}`", entry.role, f"{entry.used:g}", prior_text(priors, name), entry.unit, entry.meaning, entry.source)
        )
    return table(("parameter", "role", "default", "prior", "unit", "meaning", "source"), rows)


def structures() -> str:
    """Return the structural choices."""
    rows = [
        (f"`{name}`", ", ".join(f"`{option}`" for option in structure.options), structure.meaning, structure.source)
        for name, structure in load_priors().structures.items()
    ]
    return table(("choice", "options, the first in force", "meaning", "source"), rows)


def homes() -> str:
    """Return home population and wage of each cluster."""
    rows = []
    for case in all_cases():
        people, wage = case.covariates.home_population, case.covariates.wage_year
        at_home = ("", "") if people is None else (f"{people.value:g}", str(people.year))
        earned = ("", "") if wage is None else (f"{wage.value:,.0f}", str(wage.year))
        rows.append((str(case.number), case.title, *at_home, *earned))
    return table(("case", "cluster", "home population, millions", "in", "US$ a wage-year", "in"), rows)


def equation_list() -> str:
    """Return the equations, file by file."""
    written = equations()
    homes = list(dict.fromkeys(one.home for one in written))
    parts = []
    for home in homes:
        rows = [(f"`{one.name}`", f"`{one.formula}`", one.meaning) for one in written if one.home == home]
        parts.append(f"**`{home}`**\n\n{table(('equation', 'formula', 'gives'), rows)}")
    return "\n\n".join(parts)


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {
    "schedule": schedule,
    "clocks": clocks,
    "words": words,
    "firm": lambda: fields(FIRM_FIELDS),
    "cluster": lambda: fields(CLUSTER_FIELDS),
    "setting": lambda: fields(SETTING_FIELDS),
    "programme": lambda: fields(PROGRAMME_FIELDS),
    "panel": panel,
    "roles": roles,
    "parameters": parameters,
    "structures": structures,
    "equations": equation_list,
    "homes": homes,
    **document.SECTIONS,
    **calibration_document.SECTIONS,
    **tables.SECTIONS,
    **house.SECTIONS,
    **command_line.SECTIONS,
    **file_keys.SECTIONS,
    **protocol.SECTIONS,
}


def generated(text: str) -> str:
    """Return a document with every marked part written anew."""
    return MARKS.sub(lambda match: f"{match.group(1)}{SECTIONS[match.group(2)]()}\n{match.group(3)}", text)


def main(arguments: Sequence[str]) -> int:
    """Write the documents, or with ``--check`` only say which are behind the code."""
    behind = 0
    for name in FILES:
        path = DOCS / name
        old = path.read_text(encoding="utf-8")
        new = generated(old)
        if new != old:
            behind = 1
            if "--check" not in arguments:
                path.write_text(new, encoding="utf-8")
            sys.stderr.write(f"{name}: {'is behind the code' if '--check' in arguments else 'written'}\n")
    return behind if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
