"""What does a panel show of Figure 1? Numbers of each history, each from the panel's columns and nothing else.

The *transition* is the first row in which improved firms employ half of the workers or more; t* is its time. A window (a, b]
counts rows after a until b, for flows of a quarter stand in the row in which it ended. A number that needs years beyond the end
of a history, or beyond its stop, is NaN. One exception spares a bias: a history that was stopped for its size has as many firms
ever after, workers and output too, as in its last row, when it is asked how many firms it keeps.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats
from model.observe import COLUMNS, IMPROVING_SHARE, SURVIVAL, TRANSITION_SHARE
from model.world import TOO_LARGE

QUARTERS: Final = 4
# Share of output exported from which a cluster counts as an exporter.
EXPORTING_SHARE: Final = 0.05
# Numbers of improved firms from which imitation is told apart.
IMITATION: Final = ((0, 0), (1, 4), (5, 19), (20, 10**9))
# Years from which, and until which, drift of managerial capital is measured.
DRIFT: Final = (5.0, 45.0)
EVENTS: Final = ("entrants", "spin_offs", "exits", "attempts", "relocations", "loans")
# Years of the boom that follows the pioneers.
BOOM: Final = 5.0
# Prices that differ by rounding alone.
ROUNDING: Final = 1e-9


class MissingError(LookupError):
    """A panel, a record or a result lacks a name that a measure reads."""


class Features(dict[str, Floats]):
    """Numbers of n histories by name, float64, shape (n,) each.

    ``missing`` tells of each name that is not there what it lacks; ``reason`` stands for names of which it does not tell.
    """

    def __init__(self, values: Mapping[str, Floats], missing: Mapping[str, str] | None = None, reason: str = "") -> None:
        super().__init__(values)
        self.missing, self.reason = dict(missing or {}), reason

    def __missing__(self, name: str) -> Floats:
        raise MissingError(self.missing.get(name, self.reason or name))

    def where(self, chosen: NDArray[np.bool_]) -> "Features":
        """Return the histories chosen, bool, shape (n,)."""
        return Features({name: values[chosen] for name, values in self.items()}, self.missing, self.reason)


class Paths:
    """Panels of n histories with a row a quarter from their start, float64, shape (n, quarters + 1, columns)."""

    def __init__(self, panels: Floats, columns: Sequence[str] = COLUMNS) -> None:
        self.panels, self.columns = panels, tuple(columns)
        self.ticks = np.arange(panels.shape[1])

    def __getitem__(self, name: str) -> Floats:
        if name not in self.columns:
            raise MissingError(name)
        return self.panels[:, :, self.columns.index(name)]

    @cached_property
    def last(self) -> Floats:
        """Last row written of each history, shape (n,); -1 without any."""
        written = np.isfinite(self["time"])
        return np.where(written.any(axis=1), len(self.ticks) - 1 - np.argmax(written[:, ::-1], axis=1), -1).astype(np.float64)

    @cached_property
    def improved_share(self) -> Floats:
        """Share of workers in improved firms, shape (n, rows); 0 without workers."""
        return _over(self["improved_workers"], self["workers"])

    @cached_property
    def transition(self) -> Floats:
        """Time t* of the transition (years), shape (n,); NaN where none comes."""
        return self.first(self.improved_share >= TRANSITION_SHARE)

    @cached_property
    def onset(self) -> Floats:
        """Time t0 at which improvement begins to spread (years), shape (n,): the last row before t* below a tenth of workers.

        By t* itself half of the workers are in improved firms, whose profit has recovered.
        """
        before = (self.improved_share < IMPROVING_SHARE) & (self.ticks[None, :] < self.transition[:, None] * QUARTERS)
        last = len(self.ticks) - 1 - np.argmax(before[:, ::-1], axis=1)
        return np.where(before.any(axis=1), last / QUARTERS, np.nan)

    def first(self, flags: NDArray[np.bool_]) -> Floats:
        """Return the time of the first row with a flag, shape (n,); NaN without one."""
        return np.where(flags.any(axis=1), np.argmax(flags, axis=1) / QUARTERS, np.nan)

    def at(self, values: Floats, years: Floats | float) -> Floats:
        """Return the values of the rows at some years, shape (n,); NaN outside the history."""
        rows = np.rint(np.broadcast_to(np.asarray(years, np.float64), (len(values),)) * QUARTERS)
        inside = (rows >= 0.0) & (rows <= self.last)
        chosen = np.where(inside, rows, 0.0).astype(np.int64)
        return np.where(inside, values[np.arange(len(values)), chosen], np.nan)

    @cached_property
    def stopped(self) -> NDArray[np.bool_]:
        """Histories that were stopped for their size, bool, shape (n,)."""
        return np.asarray((self["exhausted"] == TOO_LARGE).any(axis=1))

    def seen(self, years: Floats) -> Floats:
        """Return the years, shape (n,); in a history that was stopped for its size, no year after its last row."""
        inside = years * QUARTERS <= len(self.ticks) - 1
        return np.where(self.stopped & inside, np.minimum(years, self.last / QUARTERS), years)

    def later(self, values: Floats, years: float) -> Floats:
        """Return the values of the rows some years after t*, shape (n,)."""
        return self.at(values, self.seen(self.transition + years))

    def window(self, first: Floats | float, last: Floats | float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the rows of a window, bool, shape (n, rows), and whether all of it was simulated, shape (n,)."""
        count = len(self.panels)
        low, high = (np.broadcast_to(np.asarray(end, np.float64), (count,)) * QUARTERS for end in (first, last))
        whole = np.isfinite(low) & (low < high) & (high <= self.last)
        return (self.ticks[None, :] > low[:, None]) & (self.ticks[None, :] <= high[:, None]), whole

    def total(self, values: Floats, first: Floats | float, last: Floats | float) -> Floats:
        """Return the sum of the values in a window, shape (n,)."""
        rows, whole = self.window(first, last)
        return np.where(whole, np.where(rows, values, 0.0).sum(axis=1), np.nan)

    def peak(self, values: Floats, first: Floats | float, last: Floats | float) -> Floats:
        """Return the largest value in a window, shape (n,)."""
        rows, whole = self.window(first, last)
        return np.where(whole, np.where(rows, values, -np.inf).max(axis=1), np.nan)

    def margin(self, first: Floats | float, last: Floats | float) -> Floats:
        """Return profits over sales in a window, shape (n,)."""
        sales = self.total(self["sales"], first, last)
        return np.where(sales > 0.0, _over(self.total(self["profits"], first, last), sales), np.nan)


def _over(above: Floats, below: Floats) -> Floats:
    """Return a quotient, 0 where the denominator is not positive; NaN stays NaN."""
    return np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), 0.0 * below)


def _grows(paths: Paths, name: str) -> Floats:
    return _over(paths.later(paths[name], 30.0), paths.at(paths[name], paths.transition))


def _kept(paths: Paths, years: float) -> Floats:
    """Firms some years after t* over their peak until ten years after t*."""
    peak = paths.peak(paths["firms"], -1.0, paths.seen(paths.transition + 10.0))
    return _over(paths.later(paths["firms"], years), peak)


def _fallen(paths: Paths) -> Floats:
    """Firms thirty years after t* over their peak within five years of t*."""
    first = np.maximum(paths.transition - 5.0, -1.0)
    peak = paths.peak(paths["firms"], first, paths.seen(paths.transition + 5.0))
    return _over(paths.later(paths["firms"], 30.0), peak)


def _improved_firms(paths: Paths) -> Floats:
    """Share of firms that have improved thirty years after t*."""
    return paths.at(_over(paths["improved_firms"], paths["firms"]), paths.transition + 30.0)


def _margin_before(paths: Paths) -> Floats:
    """Margin in the three years before the onset; none where the onset falls into the boom."""
    return paths.margin(np.where(paths.onset >= BOOM + 3.0, paths.onset - 3.0, np.nan), paths.onset)


def _shakeout(paths: Paths, name: str) -> Floats:
    """Sum of a flow from two years before t* to fifteen after."""
    return paths.total(paths[name], np.maximum(paths.transition - 2.0, -1.0), paths.transition + 15.0)


def _in_survival(paths: Paths, year: float) -> Floats:
    phase = paths.at(paths["phase"], year)
    return np.where(np.isfinite(phase), phase == SURVIVAL, np.nan)


def _unimproved(paths: Paths, year: float) -> Floats:
    improved, firms = paths.at(paths.improved_share, year), paths.at(paths["firms"], year)
    return np.where(np.isfinite(firms), (improved < IMPROVING_SHARE) & (firms > 0.0), np.nan)


def _never(paths: Paths) -> Floats:
    """1 for histories that come to their end without a tenth of workers ever in improved firms."""
    highest = np.where(np.isfinite(paths.improved_share), paths.improved_share, -np.inf).max(axis=1)
    whole = (paths.last == len(paths.ticks) - 1) & (np.nan_to_num(paths["exhausted"], nan=1.0).max(axis=1) == 0.0)
    return np.where(whole, highest < IMPROVING_SHARE, np.nan)


def _drift(paths: Paths) -> Floats:
    """Rise of mean managerial capital in forty years, where no tenth of workers is ever in improved firms until then."""
    first, last = DRIFT
    rise = paths.at(paths["managerial_capital"], last) - paths.at(paths["managerial_capital"], first)
    peopled = (paths.at(paths["firms"], first) > 0.0) & (paths.at(paths["firms"], last) > 0.0)
    return np.where((paths.peak(paths.improved_share, -1.0, last) < IMPROVING_SHARE) & peopled, rise, np.nan)


def _imitated(name: str, least: int, most: int) -> Callable[[Paths], Floats]:
    """Return the sum of a flow over quarters that began with so many improved firms."""

    def summed(paths: Paths) -> Floats:
        before = paths["improved_firms"][:, :-1]
        chosen = np.where((before >= least) & (before <= most), np.nan_to_num(paths[name][:, 1:]), 0.0)
        return np.asarray(chosen.sum(axis=1))

    return summed


def _whole(paths: Paths, names: Sequence[str]) -> Floats:
    return np.asarray(sum(np.nan_to_num(paths[name]).sum(axis=1) for name in names))


def _arbitrage(paths: Paths) -> Floats:
    """Number of rows that leave money on the table: exports at more than the world price, or none though home pays less."""
    gap, sells = paths["price_export"] - paths["world_price"], paths["exported"] > 0.0
    missed = (paths["improved_firms"] > 0.0) & ~sells & (gap < -ROUNDING)
    return np.asarray(((sells & (gap > ROUNDING)) | missed).sum(axis=1), np.float64)


FEATURES: Final[Mapping[str, Callable[[Paths], Floats]]] = {
    "transition": lambda paths: paths.transition,
    "last_year": lambda paths: paths.last / QUARTERS,
    "fallen": _fallen,
    "kept_10": lambda paths: _kept(paths, 10.0),
    "kept_30": lambda paths: _kept(paths, 30.0),
    "workers_grow": lambda paths: _grows(paths, "workers"),
    "output_grows": lambda paths: _grows(paths, "output"),
    "margin_boom": lambda paths: paths.margin(0.0, BOOM),
    "margin_before": _margin_before,
    "margin_after": lambda paths: paths.margin(paths.transition, paths.transition + 10.0),
    "export_date": lambda paths: paths.first(_over(paths["exported"], paths["output"]) > EXPORTING_SHARE),
    "improved_firms": _improved_firms,
    "improved_workers": lambda paths: paths.at(paths.improved_share, paths.transition + 30.0),
    "shakeout_exits": lambda paths: _shakeout(paths, "exits"),
    "shakeout_mergers": lambda paths: _shakeout(paths, "mergers"),
    "survival_20": lambda paths: _in_survival(paths, 20.0),
    "survival_40": lambda paths: _in_survival(paths, 40.0),
    "unimproved_12": lambda paths: _unimproved(paths, 12.0),
    "unimproved_20": lambda paths: _unimproved(paths, 20.0),
    "unimproved_30": lambda paths: _unimproved(paths, 30.0),
    "unimproved_40": lambda paths: _unimproved(paths, 40.0),
    "firms_12": lambda paths: paths.at(paths["firms"], 12.0),
    "firms_30": lambda paths: paths.at(paths["firms"], 30.0),
    "firms_40": lambda paths: paths.at(paths["firms"], 40.0),
    "size_40": lambda paths: paths.at(_over(paths["workers"], paths["firms"]), 40.0),
    "firms_mature": lambda paths: paths.at(paths["firms"], paths.transition + 20.0),
    "never": _never,
    "attempts": lambda paths: _whole(paths, ("attempts",)),
    **{f"attempts_{least}": _imitated("attempts", least, most) for least, most in IMITATION},
    **{f"successes_{least}": _imitated("successes", least, most) for least, most in IMITATION},
    "drift": _drift,
    "exhausted": lambda paths: (np.nan_to_num(paths["exhausted"]).max(axis=1) > 0.0).astype(np.float64),
    "events": lambda paths: _whole(paths, EVENTS),
    "exits": lambda paths: _whole(paths, ("exits",)),
    "firm_quarters": lambda paths: _whole(paths, ("firms",)),
    "rows": lambda paths: paths.last + 1.0,
    "arbitrage_rows": _arbitrage,
}


def features_of(paths: Paths) -> Features:
    """Return every number of each history; one whose column does not exist is noted as missing."""
    values, missing = {}, {}
    for name, feature in FEATURES.items():
        try:
            with np.errstate(invalid="ignore"):
                values[name] = np.asarray(feature(paths), np.float64)
        except MissingError as lack:
            missing[name] = str(lack)
    return Features(values, missing)
