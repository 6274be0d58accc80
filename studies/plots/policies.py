"""Which policy does more, and how sure is that? A forest a cluster, in which what cannot be beaten is framed."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from model.calls import public
from model.schema import Case
from studies.numbers import amount, signed
from studies.page.palette import MARKS, UNBEATEN
from studies.plots.effects import Effect, effects
from studies.plots.given import case_name, case_title, known_case, several
from studies.plots.style import POINTS, axes_for, dress, estimate, finished, labelled_rows, short_numbers
from studies.plots.telling import Told, key
from studies.policy.outcomes import BY_NAME, RANKED_BY, Outcome

COLUMNS: Final = 3
# Heights of a row and of what is around the rows, and widths of a forest with and without names (inches).
ROW, AROUND, NAMED, BARE = 0.24, 1.0, 6.5, 4.0
# Policies that the text in place of the picture names: of one cluster, and of each of several.
ALONE, AMONG_OTHERS = 4, 1


@public
def plot_policies(
    data: Any,
    case: int | str | Case | Sequence[int | str] | None = None,
    *,
    outcome: str = RANKED_BY,
    policies: Sequence[str] | None = None,
    ax: Any = None,
) -> Any:
    """Draw what each policy does to an outcome, against the status quo: a forest for each cluster.

    Parameters
    ----------
    data : what ``studies.compare`` or ``studies.advise`` returns, a decision table, or the folder of a run or an advice
    case : a cluster, or several; all if not given
    outcome : what is judged, by name; policies are ranked by ``net_value``
    policies : names; all if not given. Of one cluster the best stands at the top, of several all have the same order
    ax : axes, one for each cluster; a new figure with three columns if not given

    Returns
    -------
    axes, or an array of axes

    Raises
    ------
    InputError
        If a name is unknown, or the data hold no effects.
    """
    table = effects(data, outcome)
    meant = BY_NAME[outcome]
    rows = _chosen(table.rows, case, policies)
    whose = {name: case_title(name, known_case(name, case if len(rows) == 1 else None)) for name in rows}
    order = _order(rows, meant)
    titles = {name: table.titles.get(name, name.replace("-", " ")) for name in order}
    width = NAMED if len(rows) == 1 else BARE
    axes = axes_for(ax, len(rows), COLUMNS, (width, ROW * len(order) + AROUND), sharey=True)
    for axis, name in zip(axes, rows, strict=True):
        _forest(axis, rows[name], titles)
        dress(axis, whose[name], _across(meant))
    return finished(ax, axes, _told(rows, whose, titles, meant, table.source))


def _chosen(
    table: list[Effect], case: int | str | Case | Sequence[int | str] | None, policies: Sequence[str] | None
) -> dict[str, list[Effect]]:
    """Return the rows of the policies asked for, by cluster."""
    held, listed = (list(dict.fromkeys(getattr(row, name) for row in table)) for name in ("case", "policy"))
    names = held if case is None else [case_name(one, held) for one in _each(case)]
    wanted = several("policies", policies, listed)
    return {name: [row for row in table if row.case == name and row.policy in wanted] for name in names}


def _each(case: int | str | Case | Sequence[int | str]) -> Sequence[int | str | Case]:
    """Return the clusters asked for, one or several, as a sequence; a case is a record of pydantic, and a name a text."""
    return [case] if isinstance(case, int | str | Case) else list(case)


def _order(rows: dict[str, list[Effect]], outcome: Outcome) -> list[str]:
    """Return the policies by their mean place among those of each cluster, the best first."""
    places: dict[str, list[int]] = {row.policy: [] for of_case in rows.values() for row in of_case}
    for of_case in rows.values():
        known = [row for row in of_case if np.isfinite(row.mean)]
        for number, row in enumerate(sorted(known, key=lambda row: -outcome.direction * row.mean)):
            places[row.policy].append(number)
    return sorted(places, key=lambda name: (float(np.mean(places[name])) if places[name] else math.inf, name))


def _across(outcome: Outcome) -> str:
    return f"{outcome.name.replace('_', ' ')} against the status quo ({outcome.unit})"


def _forest(axis: Any, rows: list[Effect], titles: dict[str, str]) -> None:
    """Draw the rows of one cluster, in the order of the titles by name."""
    order = list(titles)
    labelled_rows(axis, list(titles.values()))
    short_numbers(axis)
    zero = MARKS["zero"]
    axis.axvline(0.0, color=zero.colour, linewidth=zero.width * POINTS, linestyle=(0, (3, 3)), label="_zero")
    for row in rows:
        line = order.index(row.policy)
        if row.unbeaten:
            frame = {"facecolor": UNBEATEN[1], "edgecolor": UNBEATEN[0], "linewidth": 1.5 * POINTS}
            axis.axhspan(line - 0.44, line + 0.44, label="_unbeaten", zorder=0.5, **frame)
        estimate(axis, line, row.mean, row.low, row.high, row.mc_se)


def _told(rows: dict[str, list[Effect]], whose: dict[str, str], titles: dict[str, str], outcome: Outcome, source: str) -> Told:
    where = next(iter(whose.values())) if len(whose) == 1 else f"{len(whose)} clusters"
    better = "more" if outcome.direction > 0 else "less"
    caption = (
        f"{where}: {outcome.name.replace('_', ' ')} of each policy less that of the status quo, in {outcome.unit}, on the same "
        f"histories; {better} is better. {key('thin', 'thick', 'mean')} A frame marks the policies that cannot be beaten. Where "
        "thin lines cross zero, some histories lose; where thick lines overlap, the order is not known."
    )
    most = ALONE if len(rows) == 1 else AMONG_OTHERS
    told = [f"{whose[name]}: {_of_cluster(rows[name], titles, outcome, most)}" for name in rows]
    return Told(caption, f"{_across(outcome)}. {' '.join(told)}", source)


def _of_cluster(rows: list[Effect], titles: dict[str, str], outcome: Outcome, most: int) -> str:
    ranked = sorted((row for row in rows if np.isfinite(row.mean)), key=lambda row: -outcome.direction * row.mean)
    shown = [
        f"{titles[row.policy]} {signed(row.mean)} (90 % {signed(row.low)} to {signed(row.high)}, MC s.e. {amount(row.mc_se, 2)}"
        f"{', cannot be beaten' if row.unbeaten else ''})"
        for row in ranked[:most]
    ]
    more = f"; {len(ranked) - most} more below" if len(ranked) > most else ""
    return f"{'; '.join(shown) or 'no effect is known'}{more}."
