"""Where does a cluster go under each policy? Fans of the histories before the decision, and after it by policy."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from model.arrays import Floats
from model.calls import public
from model.errors import InputError
from model.observe import UNITS
from model.schema import Case
from studies.numbers import amount
from studies.page.figures import Observed
from studies.page.palette import MARKS, SERIES, series
from studies.page.pictures import observed_of
from studies.plots.given import case_name, case_title, chosen, dataset, known_case, several
from studies.plots.style import MIDDLE, axes_for, decided, dot, dress, fan, finished, rule, seen
from studies.plots.telling import Told, key, source_of
from studies.policy.arrays import titles
from studies.policy.chosen import STATUS_QUO
from studies.policy.compare import POLICIES, path_fans, policy_fan

if TYPE_CHECKING:
    import xarray as xr

# Quantities that are counts, whose fans are read by ratios.
COUNTS: Final = ("firms", "workers")
# What is less than one firm or worker is drawn as one where ratios are read.
FLOOR: Final = 1.0
# More lines than this nobody tells apart.
MOST: Final = len(SERIES)
# With more policies than this only the first has bands, since they would hide one another.
MOST_FANS: Final = 2
# Years between the lines that show, beyond the horizon, where each policy's histories end.
APART: Final = 0.8


class Fan(NamedTuple):
    """One policy's fan: the calendar years (t,), and quantiles (5, t) at ``calibration.weights.FAN``."""

    title: str
    years: Floats
    curves: Floats


@public
def plot_paths(
    data: "xr.Dataset | str | Path",
    case: int | str | Case | None = None,
    *,
    quantity: str = "firms",
    policies: Sequence[str] | str = (STATUS_QUO,),
    ax: Any = None,
) -> Any:
    """Draw the fans of a cluster's histories before the decision, and after it under each policy.

    Parameters
    ----------
    data : what ``studies.compare`` returns, or the folder of a run or an advice
    case : number or name of a cluster, or the case itself, whose figures are then drawn; needed where there are several
    quantity : firms, workers, profitability or improved_firms
    policies : names of policies, at most six
    ax : axes; a new figure if not given

    Returns
    -------
    axes

    Raises
    ------
    InputError
        If a name is unknown, or the data are another kind of result.
    """
    data = dataset(data, POLICIES, ("path", "after", "year"), "studies.compare")
    name, shown = case_name(case, data["case"].values), chosen("quantity", quantity, data["quantity"].values)
    of = known_case(name, case)
    past, after = _fans(data, name, shown, _few(several("policies", policies, data["policy"].values)))
    observed = () if of is None else observed_of(of, shown)
    unit, logs = UNITS[shown], shown in COUNTS
    title = f"{case_title(name, of)}: {shown.replace('_', ' ')}"
    (axis,) = axes_for(ax, 1, 1, (7.0, 4.2))
    _draw(axis, past, after, logs)
    for one in observed:
        seen(axis, one.year, one.value, one.low, one.high)
    dress(axis, title, "calendar year", f"{unit} (log scale)" if logs else unit, "y")
    return finished(ax, [axis], _told(title, unit, past, after, observed, source_of(data.attrs)))


def _few(policies: list[str]) -> list[str]:
    """Return the policies, if they can be told apart in one picture."""
    if len(policies) > MOST:
        raise InputError(f"policies: {len(policies)} of them: at most {MOST} are told apart in one picture; choose fewer")
    return policies


def _fans(data: "xr.Dataset", case: str, quantity: str, policies: list[str]) -> tuple[Fan, list[Fan]]:
    """Return the fan to the year of the decision, and that of each policy from there on."""
    years, curves = path_fans(data, case, quantity)
    since, known = data["years_after"].values, titles(data)
    decision = float(years[-1] - since[-1])
    before = years <= decision
    after = [Fan(known[name], decision + since, policy_fan(data, case, name, quantity)) for name in policies]
    return Fan("until the decision", years[before], curves[:, before]), after


def _draw(axis: Any, past: Fan, after: list[Fan], logs: bool) -> None:
    def shown(curves: Floats) -> Floats:
        return np.fmax(curves, FLOOR, where=np.isfinite(curves), out=curves.copy()) if logs else curves

    axis.axvspan(after[0].years[0], after[0].years[-1], color=MARKS["projection"].colour, zorder=0, label="_projection")
    fan(axis, past.years, shown(past.curves))
    for number, one in enumerate(after):
        curves, (colour, dashes) = shown(one.curves), series(number)
        fan(axis, one.years, curves, colour, dashes, one.title, bands=number == 0 or len(after) <= MOST_FANS)
        if len(after) > 1:
            beside = float(one.years[-1]) + APART * (number + 1)
            rule(axis, "thin", (beside, beside), (float(curves[0, -1]), float(curves[4, -1])), colour)
            dot(axis, "mean", beside, float(curves[2, -1]), colour)
    decided(axis, float(after[0].years[0]))
    axis.margins(x=0.01)
    if logs:
        axis.set_yscale("log")
    if len(after) > 1:
        axis.legend(frameon=False, fontsize=MIDDLE, loc="best")


def _told(
    title: str, unit: str, past: Fan, after: list[Fan], observed: Sequence[Observed], source: str
) -> Told:
    decision, last = after[0].years[0], after[0].years[-1]
    marks = key("median", "band50", "band90", *(("seen", "error") if observed else ()))
    caption = f"{title} until the decision in {decision:.0f}, and on grey ground after it by policy. {marks}"
    if len(after) > 1:
        bands = "" if len(after) <= MOST_FANS else f" Bands are those of {after[0].title.lower()} alone."
        caption += f"{bands} At the right the central 90 % of each policy at the horizon (thin line) with its median (dot)."
    ends = [f"{one.title} {_five(one.curves[:, -1])}" for one in after]
    begun = np.flatnonzero(np.isfinite(past.curves[2]))
    start = f" In {past.years[begun[0]]:.0f}: {_five(past.curves[:, begun[0]])}." if len(begun) else ""
    seen_then = [f"{amount(one.value)} in {one.year:g}" for one in observed]
    alt = f"{title}, in {unit}, medians with central 90 %.{start} At the decision in {decision:.0f}: "
    alt += f"{_five(after[0].curves[:, 0])}. In {last:.0f}: {'; '.join(ends)}."
    alt += f" Observed: {', '.join(seen_then)}." if seen_then else ""
    return Told(caption, alt, source)


def _five(curve: Floats) -> str:
    return f"{amount(float(curve[2]))} ({amount(float(curve[0]))} to {amount(float(curve[4]))})"
