"""How does a finished run become one page? It is read into a view, the view into sections, the sections into one file.

The page asks nothing of the network: style, drawings and text are in it, and whatever a user wrote is escaped.
"""

from html import escape
from pathlib import Path
from string import Template
from typing import Final

from execution.writing import write_text
from studies.report.coverage import coverage
from studies.report.data import RunView
from studies.report.policies import policies
from studies.report.sections import answer, clusters, evidence, introduction, limits, parameters

FOLDER: Final = Path(__file__).resolve().parent
TITLE: Final = "Industrial Takeoff: what nineteen clusters say about policy"
NAVIGATION: Final = (
    ("what", "What this is"),
    ("answer", "The answer"),
    ("clusters", "Clusters"),
    ("parameters", "Parameters"),
    ("coverage", "Coverage"),
    ("policies", "Policies"),
    ("limits", "Limits"),
    ("provenance", "Provenance"),
)


def page(run: RunView) -> str:
    """Return the whole report as one HTML document."""
    links = "".join(f'<a href="#{anchor}">{escape(title)}</a>' for anchor, title in NAVIGATION)
    sections = (introduction, answer, clusters, parameters, coverage, policies, limits, evidence)
    content = f"<h1>{escape(TITLE)}</h1><nav>{links}</nav>" + "\n".join(section(run) for section in sections)
    template = Template((FOLDER / "report_page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(TITLE),
        style=(FOLDER / "report_style.css").read_text(encoding="utf-8"),
        mood=run.verdict.mood,
        verdict=escape(run.verdict.line),
        content=content,
    )


def write_report(run: RunView, path: Path) -> Path:
    """Write the report to ``path`` and return it."""
    write_text(path, page(run))
    return path
