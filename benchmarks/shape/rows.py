"""What must the model show? One row for each part of the target, and how it is worked out from what was simulated."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.shape.draws import Observed
from benchmarks.shape.estimates import Estimate, difference, mean, odds, quantile, ratio, share
from benchmarks.shape.levels import Level, chance, cost, figure, gap, is_listed, is_not_listed, levels, rank, stopped
from benchmarks.shape.paths import QUARTERS, Features
from benchmarks.shape.targets import REPORTED, Measure, Seen
from model.arrays import Floats

# Share of their peak below which firms are fewer; access to knowledge (SD) below which it is little.
FALL: Final = 0.8
LITTLE_ACCESS: Final = -0.5


def measures(observed: Sequence[Observed]) -> list[Measure]:
    """Return the measure of every row; those of levels are of the clusters observed."""
    return [
        *_solid("heavy"), *_solid("light"), *_around(), *_dotted(), *_attempts(), *_listed(), *_firms(), *_money(),
        *_levels(observed), *_drift(), *_sanity(),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------- what histories are counted, and as what


def known(flags: NDArray[np.bool_], *values: Floats) -> Floats:
    """Return flags as 1 and 0 where every value is known, NaN elsewhere."""
    finite = np.logical_and.reduce([np.isfinite(one) for one in values])
    return np.asarray(np.where(finite, flags, np.nan), np.float64)


def solid(f: Features) -> Floats:
    """1 for a history whose firms are fewer by a fifth thirty years after t*, while workers and output have grown."""
    fallen, workers, output = f["fallen"], f["workers_grow"], f["output_grows"]
    return known((fallen <= FALL) & (workers > 1.0) & (output > 1.0), fallen, workers, output)


def below(first: Floats, second: Floats) -> Floats:
    """1 where the first value lies below the second; NaN where one is not known."""
    return known(first < second, first, second)


def follows(first: Floats, second: Floats) -> Floats:
    """1 where the second date comes after the first, 0 where it comes before; NaN where one is missing or both are equal."""
    return np.where(first == second, np.nan, below(first, second))


def early(f: Features) -> Floats:
    """1 for a transition within forty years; NaN where a history was stopped before without one."""
    made = f["transition"] <= 40.0
    return np.where(made | (f["last_year"] >= 40.0), made, np.nan)


def little_access(f: Features) -> NDArray[np.bool_]:
    """African histories, and Asian ones with little access to knowledge."""
    return np.asarray((f["africa"] == 1.0) | (f["access"] < LITTLE_ACCESS))


def still(f: Features, state: str) -> Floats:
    """1 where a state of year 20 holds at year 40 as well, among histories with little access."""
    chosen = little_access(f) & (f[f"{state}_20"] == 1.0)
    return np.where(chosen, f[f"{state}_40"], np.nan)


def remaining(f: Features, name: str) -> Floats:
    """A number at year 40 of histories with little access that are in survival at years 20 and 40."""
    return np.where(still(f, "survival") == 1.0, f[name], np.nan)


def never(f: Features) -> Floats:
    """Attempts of histories that never improve."""
    return np.where(f["never"] == 1.0, f["attempts"], np.nan)


def success(f: Features, least: int) -> Estimate:
    """Successes over attempts, in quarters that began with a number of improved firms."""
    return ratio(f[f"successes_{least}"], f[f"attempts_{least}"])


# ------------------------------------------------------------------------------------------------------------------------ rows


def _rows(group: str, of: Callable[[Seen], Features]) -> Callable[[str, str, Callable[[Features], Estimate]], Measure]:
    """Return a function that makes rows of a group, whose estimates follow from some of the numbers seen."""

    def row(what: str, target: str, estimate: Callable[[Features], Estimate]) -> Measure:
        return Measure(group, what, target, lambda seen: estimate(of(seen)))

    return row


def _paths(seen: Seen) -> Features:
    return seen.paths


def _solid(weight: str) -> list[Measure]:
    row = _rows("Solid", lambda seen: seen.paths.where(seen.paths["heavy"] == float(weight == "heavy")))
    return [
        row(f"30 years on: firms <= .8 of peak, more workers and output, {weight}", ">= .6", lambda f: share(solid(f))),
        row(f"firms 10 years on over their peak, median, {weight}", ">= .3", lambda f: quantile(f["kept_10"])),
        row(f"firms 30 years on over their peak, median, {weight}", ".1 to .6", lambda f: quantile(f["kept_30"])),
    ]


def _around() -> list[Measure]:
    row = _rows("Solid", _paths)
    return [
        row("margin in the 3 years before improvement spreads below the first 5", ">= .7",
            lambda f: share(below(f["margin_before"], f["margin_boom"]))),
        row("margin in the 10 years after t* above that before it spread", ">= .7",
            lambda f: share(below(f["margin_before"], f["margin_after"]))),
        row("exports (5 % of output) follow t* : precede it", ">= 2",
            lambda f: odds(follows(f["transition"], f["export_date"]))),
        row("mergers over exits, t*-2 to t*+15", ".1 to .4", lambda f: ratio(f["shakeout_mergers"], f["shakeout_exits"])),
        row("improved firms over firms, 30 years on, median", REPORTED, lambda f: quantile(f["improved_firms"])),
        row("their share of workers, 30 years on, median", REPORTED, lambda f: quantile(f["improved_workers"])),
        row("transition within 40 years, Asia", REPORTED, lambda f: share(early(f.where(f["africa"] == 0.0)))),
        row("transition within 40 years, Africa", REPORTED, lambda f: share(early(f.where(f["africa"] == 1.0)))),
    ]  # fmt: skip


def _dotted() -> list[Measure]:
    row = _rows("Dotted", _paths)
    return [
        row("in survival at 20, little access", REPORTED, lambda f: share(np.where(little_access(f), f["survival_20"], np.nan))),
        row("of these still in survival at 40", ">= .6", lambda f: share(still(f, "survival"))),
        row("unimproved at 20, still unimproved at 40", ">= .6", lambda f: share(still(f, "unimproved"))),
        row("firms there at 40, median", ">= 50", lambda f: quantile(remaining(f, "firms_40"))),
        row("workers per firm there at 40, median", "<= 25", lambda f: quantile(remaining(f, "size_40"))),
        _rows("Dotted", lambda seen: seen.trapped)(
            "profit over fixed cost of the median firm there, median", "-.25 to .25", lambda f: quantile(f["median_profit"])
        ),
    ]


def _attempts() -> list[Measure]:
    row = _rows("Attempts", _paths)
    return [
        row("attempts of a history that never improves, mean", "<= 50", lambda f: mean(never(f))),
        row("attempts of a history that never improves, median", "<= 50", lambda f: quantile(never(f))),
        row("success of first movers", ".02 to .3", lambda f: success(f, 0)),
        row("success with 1-4 improved firms", REPORTED, lambda f: success(f, 1)),
        row("success with 5-19 improved firms", REPORTED, lambda f: success(f, 5)),
        row("success with 20 or more improved firms", ">= .4", lambda f: success(f, 20)),
        row("success with 20 or more less that of first movers", "> 0", lambda f: difference(success(f, 20), success(f, 0))),
    ]


def _listed() -> list[Measure]:
    def row(what: str, target: str, of: Callable[[Seen], Estimate]) -> Measure:
        return Measure("Listed", what, target, of)

    return [
        row("P(improved), label off: listed less not listed", ">= .2", lambda seen: gap(seen.unlabelled)),
        row("P(improved), label off: listed", REPORTED, lambda seen: chance(seen.unlabelled, is_listed)),
        row("P(improved), label off: not listed", REPORTED, lambda seen: chance(seen.unlabelled, is_not_listed)),
        row("P(improved), label on: listed less not listed", REPORTED, lambda seen: gap(seen.observed)),
    ]


def _firms() -> list[Measure]:
    mature = _rows("Firms", lambda seen: seen.mature)
    return [
        mature("sd of log workers, 20 years after t*", ".8 to 1.5", lambda f: mean(f["sd_log_size"])),
        *_spread("20 years after t*", lambda seen: seen.mature),
        *_spread("unimproved at 30", lambda seen: seen.unimproved),
        _rows("Firms", _paths)(
            "exits a year over firms, whole histories", REPORTED, lambda f: ratio(f["exits"] * QUARTERS, f["firm_quarters"])
        ),
    ]


def _spread(word: str, of: Callable[[Seen], Features]) -> list[Measure]:
    """Return the rows on firms of clusters of one kind."""
    row = _rows("Firms", of)
    return [
        row(f"sd of yearly log growth, firms older than 5, {word}", ".1 to .35", lambda f: mean(f["growth_sd"])),
        row(f"output per worker 90/10, {word}", ">= 1.8", lambda f: mean(f["output_per_worker_9010"])),
        row(f"TFP 90/10, {word}", REPORTED, lambda f: mean(f["tfp_9010"])),
        row(f"exits a year, {word}", ".05 to .11", lambda f: mean(f["exit_all"])),
        row(f"exits a year, young less old, {word}", "> 0", lambda f: mean(f["exit_young"] - f["exit_old"])),
        row(f"exits a year, small less large, {word}", "> 0", lambda f: mean(f["exit_small"] - f["exit_large"])),
    ]


def _money() -> list[Measure]:
    row = _rows("Money", lambda seen: seen.money)
    return [
        row("grant of .15 to micro firms: return a year, mean", REPORTED, lambda f: mean(f["grant"])),
        row("return a year, 10 % quantile", REPORTED, lambda f: quantile(f["grant"], 0.1)),
        row("return a year, median", REPORTED, lambda f: quantile(f["grant"])),
        row("return a year, 90 % quantile", ">= .2", lambda f: quantile(f["grant"], 0.9)),
        row("micro firms short of cash for one more work place", REPORTED, lambda f: mean(f["short_share"])),
        row("grant to those short of cash: return a year, mean", REPORTED, lambda f: mean(f["grant_short"])),
        row("this return less that of all micro firms", "> 0", lambda f: mean(f["grant_short"] - f["grant"])),
        row("loan of 1 a worker before IPM: return a year, mean", "-.05 to .05", lambda f: mean(f["loan"])),
    ]


def _levels(observed: Sequence[Observed]) -> list[Measure]:
    cases = {told.case.number: told.case for told in observed}

    def row(level: Level) -> Measure:
        case = cases[level.case]
        what = f"rank of {figure(case, level):g} {level.what.replace('_', ' ')}, {case.name}"
        told = next(index for index, one in enumerate(observed) if one.case.number == level.case)
        return Measure("Levels", what, ".05 to .95", lambda seen: rank(seen.observed[told], level))

    return [row(level) for level in levels(cases)]


def _drift() -> list[Measure]:
    row = _rows("No drift", lambda seen: seen.training)
    return [
        _rows("No drift", _paths)(
            "rise of mean skill from year 5 to 45 without IPM, SD", "-.3 to .3", lambda f: mean(f["drift"])
        ),
        row("training's effect on mean skill after 8 years, SD", REPORTED, lambda f: mean(f["early"])),
        row("training's effect on mean skill after 20 years, SD", REPORTED, lambda f: mean(f["late"])),
        row("effect after 20 years over that after 8", "<= .45", lambda f: ratio(f["late"], f["early"])),
        row("what the stated decay leaves in these 12 years", REPORTED, lambda f: mean(f["left"])),
    ]  # fmt: skip


def _sanity() -> list[Measure]:
    row, mature = _rows("Sanity", _paths), _rows("Prices", lambda seen: seen.mature)
    return [
        _rows("Prices", _paths)(
            "quarters with an opportunity of arbitrage in improved goods", "0", lambda f: ratio(f["arbitrage_rows"], f["rows"])
        ),
        mature("imports cheaper than exporters are paid, 20 years after t*", "0", lambda f: share(f["arbitrage"])),
        Measure("Sanity", "stopped at the calibration's bound by the last figure", "<= .01", lambda seen: stopped(seen.observed)),
        row("stopped there within eighty years without help", REPORTED, lambda f: share(f["exhausted"])),
        row("events a firm-quarter", "<= .1", lambda f: ratio(f["events"], f["firm_quarters"])),
        Measure("Sanity", "ms a history to its last figure, mean of cases", REPORTED, lambda seen: cost(seen.observed)),
    ]  # fmt: skip
