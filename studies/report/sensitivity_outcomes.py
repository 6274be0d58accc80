"""What is shown of one outcome of a study? Its bars, how settled they are, every number, and what is luck."""

from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from studies.numbers import amount
from studies.page.svg import Canvas
from studies.report.sensitivity_figures import Bar, bars, growth, scatter
from studies.sensitivities.arrays import ABOVE_TOTAL, BELOW_ZERO, convergence_line, noise_floor, note, ranked
from studies.sensitivities.design import MORRIS
from studies.sensitivities.indices import GROWTH, RANKING

# Factors that are drawn as bars, and those that are followed as the design grows.
SHOWN: Final = 12
FOLLOWED: Final = 5
PARTS: Final = ("parametric", "stochastic")


class Number(NamedTuple):
    """One index of one factor with its 90 % interval, and what a reader must know of it."""

    factor: str
    kind: str
    value: float
    low: float
    high: float
    note: str


class Drawings(NamedTuple):
    """What is drawn of an outcome; ``scatter`` is None where no spread of effects is known."""

    bars: Canvas
    scatter: Canvas | None
    growth: Canvas


class Pictured(NamedTuple):
    """One outcome of a study as its page shows it; ``drawings`` is None where the outcome is constant.

    ``floor`` is the largest mu_star that luck alone makes (NaN if unknown). ``errors`` pairs a kind of sampling error with
    the factors that show it.
    """

    name: str
    unit: str
    meaning: str
    settled: bool
    convergence: str
    floor: float
    drawings: Drawings | None
    errors: list[tuple[str, list[str]]]
    numbers: list[Number]


class Luck(NamedTuple):
    """How the variance of one history is split: bars by part, every number by outcome, and whether a share is below zero."""

    drawing: Canvas
    parts: list[str]
    rows: list[tuple[str, list[Bar]]]
    below_zero: bool


def shown_as(index: str) -> str:
    """Return the name under which readers know an index."""
    return {"mu_star": "mu*"}.get(index, index)


def outcome(one: xr.Dataset) -> Pictured:
    """Return one outcome of one cluster as its page shows it."""
    constant, line = bool(one["constant"]), convergence_line(one)
    return Pictured(
        str(one["outcome"].item()),
        str(one["unit"].item()),
        str(one["meaning"].item()),
        bool(one["outcome_settled"]),
        line[0].upper() + line[1:],
        noise_floor(one) if _by_morris(one) else float("nan"),
        None if constant else _drawings(one),
        [] if constant else _sampling_errors(one),
        [] if constant else _numbers(one),
    )


def _by_morris(one: xr.Dataset) -> bool:
    return str(one.attrs["method"]) == MORRIS


def _drawings(one: xr.Dataset) -> Drawings:
    name, unit, order = str(one["outcome"].item()), str(one["unit"].item()), ranked(one)
    scale = unit if _by_morris(one) else "share of variance"
    factors = [str(factor) for factor in one["factor"].values]
    leading = [factors[row] for row in order]
    kinds = ("mu_star",) if _by_morris(one) else ("S1", "ST")
    series = [(shown_as(kind), _bars(one.sel(index=kind), order[:SHOWN])) for kind in kinds]
    spread = None
    if _by_morris(one) and np.isfinite(one["value"].sel(index="sigma").values).sum() > 1:
        sizes, spreads = (one["value"].sel(index=kind).values for kind in ("mu_star", "sigma"))
        spread = scatter(f"{name}: size and spread of effects", factors, sizes, spreads, unit)
    index = RANKING[str(one.attrs["method"])]
    curves = one["trail"].sel(index=index).values[:, order[:FOLLOWED]]
    grown = growth(f"{name}: as the design grows", GROWTH, leading[:FOLLOWED], curves, f"{shown_as(index)}, {scale}")
    return Drawings(bars(f"{name}: factors that matter most", leading[:SHOWN], series, scale), spread, grown)


def _bars(one: xr.Dataset, rows: list[int]) -> list[Bar]:
    return [Bar(*(float(one[name].values[row]) for name in ("value", "low", "high"))) for row in rows]


def _sampling_errors(one: xr.Dataset) -> list[tuple[str, list[str]]]:
    """Return which shares of variance came out where none can be: none of Morris, whose indices are no shares."""
    if _by_morris(one):
        return []
    first, total = (one["value"].sel(index=index).values.tolist() for index in ("S1", "ST"))
    indices = list(zip(one["factor"].values.tolist(), first, total, strict=True))
    low = [f"{name} ({amount(alone, 2)})" for name, alone, _ in indices if alone < 0]
    above = [f"{name} ({amount(alone, 2)} above {amount(both, 2)})" for name, alone, both in indices if alone > both]
    return [(words, factors) for words, factors in ((BELOW_ZERO, low), (ABOVE_TOTAL, above)) if factors]


def _numbers(one: xr.Dataset) -> list[Number]:
    """Return every index that is defined, the factor that matters most first."""
    indices = [str(name) for name in one["index"].values]
    rows = []
    for factor in ranked(one):
        known = one.isel(factor=factor)
        total = known["value"].sel(index="ST").item() if "ST" in indices else np.nan
        for index in indices:
            at = known.sel(index=index)
            value, low, high = (float(at[name]) for name in ("value", "low", "high"))
            if not np.isnan(value):
                words = note(index, value, total, bool(at["settled"]), False)
                rows.append(Number(str(known["factor"].item()), shown_as(index), value, low, high, words))
    return rows


def luck(whole: xr.Dataset) -> Luck | None:
    """Return what parameters explain and what is luck, or None where one seed a point cannot tell them apart."""
    if not np.isfinite(whole["share"].values).any():
        return None
    names = [str(name).replace("_", " ") for name in whole["outcome"].values]
    parts = [str(part) for part in whole["part"].values]
    intervals = {part: _intervals(whole.sel(part=part)) for part in parts}
    drawing = bars("Variance of one history", names, [(part, intervals[part]) for part in PARTS], "share of variance")
    rows = [(name, [intervals[part][row] for part in parts]) for row, name in enumerate(names)]
    return Luck(drawing, parts, rows, bool((whole["share"] < 0).any()))


def _intervals(part: xr.Dataset) -> list[Bar]:
    return [Bar(*row) for row in zip(*(part[name].values.tolist() for name in ("share", "share_low", "share_high")), strict=True)]
