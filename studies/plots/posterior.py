"""What did the tables teach, and does the model cover them? Posterior beside prior, and ranks of Table 2 in its predictions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from calibration.results import Posterior, load_posterior
from execution.labels import verdict_of
from model.calls import public
from model.config import load_case, load_priors
from model.errors import InputError
from model.figures import HALF_WIDTH_90
from studies.numbers import amount
from studies.page.palette import COLOURS, MARKS
from studies.plots.given import several
from studies.plots.style import MIDDLE, POINTS, SMALL, axes_for, dot, dress, finished, labelled_rows, rule
from studies.plots.telling import Told, key, listed
from studies.taught.coverage import Covered, covered
from studies.taught.parameters import ParameterView, most_moved_first, parameters

# Heights of a row and of what is around the rows (inches), and the parameters that a text names.
ROW, AROUND = 0.24, 1.1
NAMED: Final = 5
REACH: Final = 3.2
INSIDE: Final = (0.05, 0.95)


@public
def plot_parameters(
    posterior: "Posterior | str | Path",
    *,
    names: Sequence[str] | str | None = None,
    most: int | None = None,
    ax: Any = None,
) -> Any:
    """Draw each parameter's posterior on the scale of its prior.

    Parameters
    ----------
    posterior : what ``calibration.load_posterior`` returns, or its run folder
    names : parameters; all that were calibrated if not given
    most : how many of them, those that the tables moved most; all if not given
    ax : axes; a new figure if not given

    Returns
    -------
    axes

    Raises
    ------
    InputError
        If a parameter is unknown, or no posterior is given.
    """
    known = _posterior(posterior)
    views = {view.name: view for view in most_moved_first(parameters(known, load_priors(), leans=False))}
    wanted = several("names", names, views)
    shown = [view for name, view in views.items() if name in wanted][:most]
    (axis,) = axes_for(ax, 1, 1, (8.0, ROW * len(shown) + AROUND))
    prior = MARKS["prior"]
    axis.axvspan(-HALF_WIDTH_90, HALF_WIDTH_90, color=prior.colour, zorder=0, label="_prior")
    axis.axvline(0.0, color=MARKS["zero"].colour, linewidth=MARKS["zero"].width * POINTS, linestyle=(0, (3, 3)), label="_zero")
    for row, view in enumerate(shown):
        _parameter(axis, row, view)
    labelled_rows(axis, [view.name for view in shown])
    axis.set_xlim(-REACH, REACH)
    dress(axis, "Prior and posterior", "prior standard deviations from the prior median")
    return finished(ax, [axis], _told_parameters(shown, _label(known)))


def _parameter(axis: Any, row: int, view: ParameterView) -> None:
    low, lower, middle, upper, high = (float(value) for value in view.scores)
    band = MARKS["band50"]
    (box,) = axis.barh(row, upper - lower, 0.5, lower, color=band.colour, alpha=band.opacity)
    box.set_label("_band50")
    rule(axis, "thin", (low, high), (row, row))
    rule(axis, "thick", (middle - 2 * view.shift_error, middle + 2 * view.shift_error), (row, row))
    dot(axis, "mean", middle, row)
    axis.annotate(view.word, (1.01, row), xycoords=("axes fraction", "data"), fontsize=SMALL, va="center", color=COLOURS["soft"])


@public
def plot_coverage(posterior: "Posterior | str | Path", *, figures: Sequence[str] | str | None = None, ax: Any = None) -> Any:
    """Draw where each figure of Table 2 lies in what the posterior predicts for it.

    Parameters
    ----------
    posterior : what ``calibration.load_posterior`` returns, or its run folder
    figures : kinds of figure, one axes each: firms, workers per firm, schooling; all if not given
    ax : as many axes; a new figure with a row of them if not given

    Returns
    -------
    axes, or an array of axes

    Raises
    ------
    InputError
        If a kind of figure is unknown, or no posterior is given.
    """
    known = _posterior(posterior)
    cells = covered(known.checks, [load_case(str(name)) for name in known.histories["case"].values])
    wanted = several("figures", figures, dict.fromkeys(cell.figure for cell in cells))
    rows = list(dict.fromkeys(cell.case for cell in cells))
    axes = axes_for(ax, len(wanted), len(wanted), (3.0, ROW * len(rows) + AROUND), sharey=True)
    for axis, figure in zip(axes, wanted, strict=True):
        _ranks(axis, [cell for cell in cells if cell.figure == figure], rows)
        labelled_rows(axis, rows)
        axis.set_xlim(-0.03, 1.03)
        dress(axis, figure, "share of the predictions below (1)", grid="both")
    return finished(ax, axes, _told_coverage([cell for cell in cells if cell.figure in wanted], wanted, _label(known)))


def _ranks(axis: Any, cells: list[Covered], rows: list[str]) -> None:
    axis.axvspan(*INSIDE, color=MARKS["prior"].colour, zorder=0, label="_prior")
    axis.axvline(0.5, color=MARKS["zero"].colour, linewidth=MARKS["zero"].width * POINTS, linestyle=(0, (3, 3)), label="_zero")
    for cell in cells:
        dot(axis, "mean" if cell.inside else "missed", cell.rank, rows.index(cell.case), marker="o" if cell.inside else "D")
    axis.set_xticks([0.05, 0.5, 0.95])
    axis.tick_params(axis="x", labelsize=MIDDLE)


def _posterior(given: Any) -> Posterior:
    if isinstance(given, str | Path):
        return load_posterior(given)
    if not isinstance(given, Posterior):
        told = "is no posterior; give what calibration.load_posterior returns, or its run folder"
        raise InputError(f"posterior: {type(given).__name__}: {told}")
    return given


def _label(posterior: Posterior) -> str:
    return f"{verdict_of(posterior.converged)}; {posterior.label}"


def _told_parameters(views: list[ParameterView], source: str) -> Told:
    moved = [view for view in views if view.moved]
    marks = key("prior", "band50", "thin", "thick").replace("of the histories or draws", "of the posterior")
    caption = (
        "What the tables taught about each parameter, the one that they moved most at the top, in prior standard deviations. "
        f"{marks.replace('of the histories', 'of the posterior')} Dot: the posterior median. A parameter that lies as its prior "
        "does was not moved by these data."
    )
    told = [f"{view.name} {view.word}" for view in moved[:NAMED]]
    more = f"; and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    alt = f"Of {len(views)} parameters {len(moved)} were moved: {'; '.join(told) or 'none'}{more}."
    return Told(caption, alt, source)


def _told_coverage(cells: list[Covered], figures: list[str], source: str) -> Told:
    caption = (
        "Where each figure of Table 2 lies in what the posterior predicts for it: at 0 all predictions are above it, at 1 all "
        "are below. Grey ground: the central 90 %. Blue dots lie inside, orange diamonds outside. Of 90 % bands one in ten "
        "may lie outside by chance."
    )
    known = [cell for cell in cells if np.isfinite(cell.rank)]
    counts = [
        f"{sum(cell.inside for cell in known if cell.figure == name)} of {sum(cell.figure == name for cell in known)} for {name}"
        for name in figures
    ]
    missed = [
        f"{cell.case}, {cell.figure} (observed {amount(cell.observed)}, predicted {amount(cell.low)} to {amount(cell.high)})"
        for cell in known
        if not cell.inside
    ]
    return Told(caption, f"Figures inside their central 90 %: {listed(counts)}. Outside: {'; '.join(missed) or 'none'}.", source)
