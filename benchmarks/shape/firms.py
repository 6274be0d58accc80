"""What do firms look like one by one? Histories are run again until a year, their firms are read, and read again a year later.

Firms are read between quarters. A quarter's output belongs to the workers with which the quarter began, so sales and profits of
a quarter join the firms read before it with those read after it, by lineage.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.shape.draws import Asked
from benchmarks.shape.paths import QUARTERS, ROUNDING, Features, MissingError
from model.arrays import Floats
from model.compiling import prepare
from model.engines.compiled_engine import run_history
from model.forks import Past, go_on, keep, room_for
from model.lanes import block_count
from model.observe import COLUMNS
from model.start import new_world
from model.state import ALIVE, CLUSTER, records
from model.world import World

READ: Final[tuple[str, ...]] = ("lineage", "workers", "rung", "born", "cash", "output", "log_efficiency", "skill", "trained")
NEVER: Final = np.zeros(1, np.uint8)
# A cluster with fewer firms tells nothing about their spread; a class of firms with fewer, nothing about their exits.
FEWEST_FIRMS: Final = 10
FEWEST_OF_A_CLASS: Final = 5
YOUNG: Final = 5.0

Firms = dict[str, NDArray[Any]]


class Run(NamedTuple):
    """A history under way: its world, the array in which the cluster's record lies, and room for a panel."""

    world: World
    cluster: NDArray[Any]
    panel: Floats

    def go(self, first: int, last: int) -> bool:
        """Simulate the quarters from ``first`` to before ``last``; return whether the history got there."""
        return bool(run_history(self.world, self.panel, NEVER, first, last))

    @property
    def firms(self) -> Firms:
        """The firms alive, float64 or whole, shape (firms,) by field; ``price`` and ``fixed_cost`` are those of their rungs."""
        return living(self.world)


def living(w: World) -> Firms:
    """Return the firms alive, as arrays by field, in the order of their lineages."""
    blocks = w.firms[: block_count(int(w.cluster.rows))]
    alive = (blocks["marks"] & ALIVE).astype(bool)
    firms: Firms = {name: blocks[name][alive] for name in READ if name in (blocks.dtype.names or ())}
    order = np.argsort(firms["lineage"])
    firms = {name: values[order] for name, values in firms.items()}
    for name in ("price", "fixed_cost", "outlay"):
        if name in (w.ladder.dtype.names or ()):
            firms[name] = w.ladder[name][firms["rung"]]
    firms["base_price"] = np.full(len(order), float(w.cluster.base_price))
    firms["time"] = np.full(len(order), float(w.cluster.time))
    return firms


def begun(asked: Asked, index: int, quarters: int) -> Run:
    """Return a history of a case that is ready to run for so many quarters at most."""
    setting = asked.settings[index].copy()
    setting.quarters = quarters
    cluster = records(CLUSTER, 1)
    world = new_world(asked.params[index], setting, asked.programmes, int(asked.seeds[index]), cluster=cluster)
    run = Run(world, cluster, np.empty((quarters + 1, len(COLUMNS))))
    prepare(run_history, run.world, run.panel, NEVER, 0, 1)
    return run


def field(firms: Firms, name: str) -> NDArray[Any]:
    """Return a field of firms.

    Raises
    ------
    MissingError
        If the model's firms have no such field.
    """
    if name not in firms:
        raise MissingError(f"field {name} of firms")
    return firms[name]


def matched(before: Firms, after: Firms) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of the firms that are in both, in the order of their lineages."""
    _, first, second = np.intersect1d(before["lineage"], after["lineage"], assume_unique=True, return_indices=True)
    return first, second


def sales(before: Firms, after: Firms) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return which firms of ``before`` outlive the quarter (indices), their sales (wage-years a year) and their workers."""
    first, second = matched(before, after)
    sold = field(after, "base_price")[second] * field(after, "price")[second] * field(after, "output")[second]
    return first, sold, field(before, "workers")[first]


def profits(before: Firms, after: Firms) -> tuple[NDArray[np.int64], Floats]:
    """Return which firms of ``before`` outlive the quarter (indices), and their profits before interest (wage-years a year)."""
    first, sold, workers = sales(before, after)
    return first, sold - workers - field(before, "fixed_cost")[first]


def spread(values: Floats) -> float:
    """Return the ratio of the ninetieth percentile to the tenth; NaN for few firms."""
    if len(values) < FEWEST_FIRMS:
        return np.nan
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high / low) if low > 0.0 else np.nan


def growth_spread(first: Firms, last: Firms, year: float) -> float:
    """Return the sd of yearly log growth of firms older than five years that survive the year."""
    old, same = matched(first, last)
    aged = year - first["born"][old] > YOUNG
    grown = np.log(last["workers"][same] / first["workers"][old])[aged]
    return float(grown.std(ddof=1)) if len(grown) >= FEWEST_FIRMS else np.nan


def exit_rates(first: Firms, last: Firms, year: float) -> dict[str, float]:
    """Return exits in a year over firms: of all, and of the young, old, small and large; NaN for a class of few firms."""
    gone = ~np.isin(first["lineage"], last["lineage"])
    young = year - first["born"] < YOUNG
    small = first["workers"] < np.median(first["workers"]) if len(gone) else young
    classes = {"all": np.ones(len(gone), bool), "young": young, "old": ~young, "small": small, "large": ~small}
    return {
        f"exit_{name}": float(gone[chosen].mean()) if chosen.sum() >= FEWEST_OF_A_CLASS else np.nan
        for name, chosen in classes.items()
    }


def portrait(run: Run, tick: int) -> dict[str, float]:
    """Return what firms of a history show in the year from a tick on; nothing where it does not get so far."""
    if not run.go(0, tick):
        return {}
    first = run.firms
    if not run.go(tick, tick + 1):
        return {}
    next_quarter = run.firms
    if not run.go(tick + 1, tick + QUARTERS):
        return {}
    last, year = run.firms, tick / QUARTERS
    told = {"sd_log_size": float(np.log(first["workers"]).std(ddof=1)) if len(first["workers"]) >= FEWEST_FIRMS else np.nan}
    told |= {"growth_sd": growth_spread(first, last, year), **exit_rates(first, last, year)}
    told["tfp_9010"] = spread(np.exp(first["log_efficiency"])) if "log_efficiency" in first else np.nan
    _, sold, workers = sales(first, next_quarter)
    told["output_per_worker_9010"] = spread(sold / workers)
    alive, profit = profits(first, next_quarter)
    told["median_profit"] = float(np.median(profit / first["fixed_cost"][alive])) if len(alive) else np.nan
    told["arbitrage"] = arbitrage(run.world.cluster)
    return told


def arbitrage(cluster: Any) -> float:
    """Return 1 where imports cost less at home than exporters are paid, else 0; NaN without exporters or without such a field."""
    if "ceiling_export" not in cluster.dtype.names or cluster.exporters == 0.0:
        return np.nan
    return float(cluster.ceiling_export < cluster.price_export * (1.0 - ROUNDING))


def portraits(asked: tuple[Asked, ...], features: Features, chosen: NDArray[np.bool_], years: Floats, most: int) -> Features:
    """Return what firms show in at most so many of the histories chosen, bool (n,), each from its year on, float64 (n,)."""
    return together(
        portrait(begun(one, index, round(year * QUARTERS) + QUARTERS), round(year * QUARTERS))
        for one, index, year in picked(asked, features, chosen, years, most)
    )


def picked(
    asked: tuple[Asked, ...], features: Features, chosen: NDArray[np.bool_], years: Floats, most: int
) -> Iterator[tuple[Asked, int, float]]:
    """Yield at most so many of the histories chosen, evenly spread over them: what was asked, their index and their year."""
    rows = np.flatnonzero(chosen)
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]
    by_case = {one.case.number: one for one in asked}
    for row in rows:
        yield by_case[int(features["case"][row])], int(features["index"][row]), float(years[row])


def together(told: Iterator[dict[str, float]]) -> Features:
    """Return the numbers of all histories side by side, shape (n,) each; NaN where a history lacks one."""
    try:
        rows = list(told)
    except MissingError as lack:
        return Features({}, reason=str(lack))
    names = {name: None for row in rows for name in row}
    return Features({name: np.array([row.get(name, np.nan) for row in rows]) for name in names}, reason="histories that qualify")


class Fork(NamedTuple):
    """A history kept at a tick, from which several futures can be simulated."""

    run: Run
    past: Past
    tick: int

    def future(self, quarters: int, alter: Callable[[World], None] | None = None) -> list[Firms]:
        """Return the firms before each quarter and after the last; ``alter`` changes the world at the fork."""
        w = self.run.world
        go_on(w, self.run.cluster, self.past, w.programmes, len(w.programmes))
        if alter is not None:
            alter(w)
        seen = [self.run.firms]
        for tick in range(self.tick, self.tick + quarters):
            if not self.run.go(tick, tick + 1):
                return []
            seen.append(self.run.firms)
        return seen


def forked(run: Run, tick: int) -> Fork | None:
    """Run a history until a tick and keep it; None where it does not get so far."""
    if not run.go(0, tick):
        return None
    past = room_for(run.world)
    keep(run.world, past)
    return Fork(run, past, tick)
