"""What do the plots look like? Each is drawn by the call that stands beside it, with its caption and its text.

``python -m docs.gallery docs`` writes ``gallery.md`` and the pictures below ``figures/gallery``. Results come from the shipped
posterior and from small studies made for the purpose, within some minutes.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from PIL import Image

import studies
from calibration import load_posterior
from calibration.shipped import default_posterior
from model import simulate
from studies.plots import alt_text, caption, save_plot, source

PAGE: Final = "gallery.md"
PICTURES: Final = "figures/gallery"
# Dots an inch, and colours of a picture: enough for the marks of a plot, at a size that a repository holds.
DPI, COLOURS = 100, 256
DRAWS: Final = 60
CLUSTERS: Final = (5, 6, 10, 12, 14, 18)
BOUGHT: Final = ("training", "credit", "zone", "market-place")
PARAMETERS: Final = ("entry_intensity", "exit_base", "market_elasticity", "production_rung_size", "training_gain", "attempt_rate")


class Picture(NamedTuple):
    """One picture of the gallery: its name, what it is for, and the call that draws it from the results by their names."""

    name: str
    question: str
    call: str


GALLERY: Final = (
    Picture("cluster", "How did histories of a cluster go?", "plot_cluster(histories)"),
    Picture(
        "paths",
        "Where does a cluster go under each policy?",
        'plot_paths(comparison, 12, quantity="workers", policies=["status-quo", "training", "all-at-once"])',
    ),
    Picture("policies", "Which policy does more, and how sure is that?", "plot_policies(comparison, 10)"),
    Picture("clusters", "Is it the same policy everywhere?", "plot_policies(comparison)"),
    Picture("frontier", "What does money buy?", "plot_frontier(budgets)"),
    Picture("acceptability", "Which policy is the best at which budget?", "plot_acceptability(budgets)"),
    Picture("parameters", "What did the tables teach?", "plot_parameters(posterior, most=15)"),
    Picture("coverage", "Does the model cover Table 2?", "plot_coverage(posterior)"),
    Picture("sensitivity", "Which parameter decides an outcome?", 'plot_sensitivity(sensitivity, "net_value:training")'),
)
HEAD: Final = """# Gallery

Each picture is drawn by the call below it. Its caption is `caption(ax)`, and the text that stands for it where it cannot be seen
is `alt_text(ax)`; the last line says on what its numbers stand. [Plots](plots.md) explains choices, files and axes of your own.
`python -m docs.gallery docs` writes this page.

The comparison takes 60 histories of six clusters from the shipped posterior, and the budgets as many of one. The sensitivity
study is small and has not settled.
"""


def results(folder: Path) -> dict[str, Any]:
    """Return small results of every kind, by the names that calls use.

    Parameters
    ----------
    folder : where run folders are made
    """
    copytree(default_posterior(), folder / "run")
    return {
        "histories": simulate(10, seeds=range(1, 9)),
        "comparison": studies.compare(folder / "run", CLUSTERS, draws=DRAWS),
        "budgets": studies.budgets(folder / "run", [10], BOUGHT, draws=DRAWS),
        "posterior": load_posterior(folder / "run"),
        "sensitivity": studies.sensitivity(out=folder / "sensitivity", cases=[10], policies=["training"], parameters=PARAMETERS),
    }


def drawn(picture: Picture, known: Mapping[str, Any], folder: Path) -> str:
    """Draw a picture into a folder, and return its part of the page."""
    path = folder / PICTURES / f"{picture.name}.png"
    names = {name: getattr(studies, name) for name in dir(studies) if name.startswith("plot_")} | dict(known)
    # The call that the page shows is the one that is run.
    axes = save_plot(path, lambda: eval(picture.call, names), dpi=DPI)  # noqa: S307 - a constant of this file
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(COLOURS)
    small.save(path, optimize=True)
    return (
        f"\n## {picture.question}\n\n![{plain(alt_text(axes))}]({PICTURES}/{picture.name}.png)\n\n"
        f"`{picture.call}`\n\n{plain(caption(axes))}\n\nSource: {plain(source(axes))}\n"
    )


def plain(text: str) -> str:
    """Return a text whose signs Markdown takes for no sign of its own."""
    return re.sub(r"([\\*_\[\]<>`])", r"\\\1", text)


def write(folder: Path, known: Mapping[str, Any]) -> Path:
    """Write the pictures and the page, and return its path."""
    page = folder / PAGE
    page.write_text(HEAD + "".join(drawn(picture, known, folder) for picture in GALLERY), encoding="utf-8")
    return page


def main(words: Sequence[str]) -> int:
    """Write the gallery into the folder that is named."""
    if len(words) != 1:
        sys.stderr.write("usage: python -m docs.gallery OUTDIR\n")
        return 2
    with TemporaryDirectory() as scratch:
        sys.stderr.write(f"wrote {write(Path(words[0]), results(Path(scratch)))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
