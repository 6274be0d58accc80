"""How does a study become a page? Every outcome with its factors, how settled they are, what luck does, and the limits."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Final

import numpy as np
import xarray as xr

from studies.numbers import amount, share
from studies.page.html import definitions, figure, folded, items, paragraph, table
from studies.report.sensitivity_figures import Bar, bars, growth, scatter
from studies.sensitivities.arrays import (
    ABOVE_TOTAL,
    BELOW_ZERO,
    INDEX_MEANINGS,
    convergence_line,
    headline,
    noise_floor,
    note,
    ranked,
    settled,
)
from studies.sensitivities.indices import GROWTH, RANKING

FOLDER: Final = Path(__file__).resolve().parent
TITLE: Final = "Industrial Takeoff: which parameters matter"
SHOWN: Final = 12
TRAILS: Final = 5
NAMED: Final = 3
# A share of stopped histories from which a reader is warned.
MANY_STOPPED: Final = 0.01
SHOWN_AS: Final = {"mu_star": "mu*"}
NAVIGATION: Final = (
    ("answer", "In short"),
    ("what", "What was done"),
    ("outcomes", "Outcomes"),
    ("clusters", "By cluster"),
    ("luck", "Luck"),
    ("limits", "Limits"),
)
BARS: Final = {
    "morris": "Bar: mu*, the mean size of the effect of taking a factor across the design (of a parameter, from the 12.5 % to "
    "the 87.5 % quantile of its prior). Line: central 90 % of a bootstrap over trajectories. See which bars stand clear of "
    "the next. Source: this study, sensitivity.csv.",
    "sobol": "Dark: S1, the share of the variance that a factor explains alone. Light: ST, the same with all its interactions. "
    "Line: central 90 % of a bootstrap over base samples. A light bar far longer than its dark one is a factor that works "
    "through others. Source: this study, sensitivity.csv.",
}
SCATTER: Final = (
    "Right: factors with large effects. Above the dashed line: effects that vary by more than their size, so that what the "
    "factor does depends on others or changes its sign. Source: this study, sensitivity.csv."
)
TRAIL: Final = (
    "The leading factors' {index} on the first half, on three quarters, and on all of the design: flat lines have settled."
)
SPLIT: Final = (
    "Shares of the variance of one history at a random point of the prior. Dark: what the parameters explain. Light: what is "
    "luck (chance and the cluster's unseen latents), however well the parameters were known. Line: central 90 % of a bootstrap "
    "over blocks of points; it says nothing of how few the seeds are. Source: this study, sensitivity.nc."
)
NEGATIVE: Final = (
    "A negative S1, ST or share, and an S1 above its ST, are sampling error: the true number is a share of a variance. They are "
    "printed as they came out, since cutting them off would hide how large that error is."
)


def page(data: xr.Dataset, meanings: Mapping[str, str]) -> str:
    """Return a study as one HTML document; ``meanings`` of parameters by name."""
    links = "".join(f'<a href="#{anchor}">{escape(title)}</a>' for anchor, title in NAVIGATION)
    head = f"<h1>{escape(TITLE)}</h1><nav>{links}</nav>"
    sections = (
        _answer(data),
        _what(data),
        _outcomes(data),
        _by_cluster(data),
        _luck(data),
        _limits(data),
        _parameters(data, meanings),
    )
    template = Template((FOLDER / "report_page.html").read_text(encoding="utf-8"))
    calm = settled(data)
    line = convergence_line(headline(data))
    return template.substitute(
        title=escape(TITLE),
        style=(FOLDER / "report_style.css").read_text(encoding="utf-8"),
        mood="good" if calm else "bad",
        verdict=escape(f"{'Settled' if calm else 'NOT SETTLED'}: {line}."),
        content=head + "\n".join(sections),
    )


def _heading(anchor: str, title: str) -> str:
    return f'<h2 id="{anchor}">{escape(title)}</h2>'


def stopped_lines(data: xr.Dataset) -> list[str]:
    """Return how many histories outgrew the bound, by cluster, over all worlds."""
    counts = data["stopped"].astype(np.int64).sum(dim=("point", "seed", "world")).values
    whole = data.sizes["point"] * data.sizes["seed"] * data.sizes["world"]
    return [
        f"{case}: {count:,} of {whole:,} histories ({share(count / whole)}) outgrew the bound and were stopped"
        for case, count in zip(data["case"].values, counts.tolist(), strict=True)
    ]


def _answer(data: xr.Dataset) -> str:
    whole, kind = headline(data), RANKING[str(data.attrs["method"])]
    rows = []
    for outcome in whole["outcome"].values:
        one = whole.sel(outcome=outcome)
        parametric = float(one["share"].sel(part="parametric"))
        explained = share(parametric) + (" (sampling error)" if parametric < 0 else "")
        rows.append((str(outcome).replace("_", " "), leaders(one), "yes" if bool(one["outcome_settled"]) else "no", explained))
    head = ("Outcome", f"Leading factors ({SHOWN_AS.get(kind, kind)})", "Settled", "Variance by parameters")
    text = _heading("answer", "In short") + paragraph(
        "Before the tables are looked at: which of the unknown numbers decide how well the model fits Tables 1-2, which phase "
        "its clusters reach, and what policies change there?",
        "lead",
    )
    if not settled(data):
        text += paragraph("Not settled: the order of factors below is a first guess, and more points may change it.")
    return text + table(head, rows, frozenset({3}))


def _what(data: xr.Dataset) -> str:
    attributes = data.attrs
    kind = "trajectories of Morris" if attributes["method"] == "morris" else "base samples of Sobol"
    low, high = (f"{100 * float(end):g} %" for end in attributes["reach"])
    count = int(attributes["simulations"])
    pairs = (
        (
            "Method",
            f"{attributes['blocks']} {kind}, by {attributes['by']}: {data.sizes['factor']} factors, "
            f"{data.sizes['point']:,} points",
        ),
        (
            "Parameters",
            f"{data.sizes['parameter']}, each from the {low} to the {high} quantile of its prior; others at default",
        ),
        ("Clusters", ", ".join(str(name) for name in data["case"].values)),
        ("Worlds", ", ".join(str(name) for name in data["world"].values)),
        (
            "Histories",
            f"{count:,}; {data.sizes['seed']} seeds a cluster and point, the same ones at every point and under every policy",
        ),
        ("Horizon", f"{attributes['horizon']} years after the last observation"),
    )
    text = _heading("what", "What was done") + definitions(pairs) + items(stopped_lines(data))
    if float(data["stopped"].mean()) > MANY_STOPPED:
        text += paragraph(
            "Stopped histories keep a defined value: the fit of a cluster that nobody could have studied where they were stopped "
            "before the last observation, the phase of the last year reached, and a policy's change at the last year that both "
            "histories reached. So many were stopped that every index below partly says what makes a cluster outgrow the bound."
        )
    return text


def _outcomes(data: xr.Dataset) -> str:
    whole = headline(data)
    text = _heading("outcomes", f"Outcomes: {whole['cluster'].item()}")
    names = definitions((SHOWN_AS.get(str(name), str(name)), INDEX_MEANINGS[str(name)]) for name in data["index"].values)
    return text + names + "".join(_outcome(whole.sel(outcome=name)) for name in data["outcome"].values)


def _outcome(one: xr.Dataset) -> str:
    name, unit = str(one["outcome"].item()), str(one["unit"].item())
    text = f"<h3>{escape(name.replace('_', ' '))}</h3>" + paragraph(f"{one['meaning'].item()} ({unit}).")
    if bool(one["constant"]):
        return text + paragraph("The same at every point: no factor moves it here, and no index is defined.")
    line = convergence_line(one)
    text += paragraph(f"{line[0].upper()}{line[1:]}.", "" if bool(one["outcome_settled"]) else "note")
    if one.attrs["method"] == "morris" and np.isfinite(noise_floor(one)):
        text += paragraph(
            f"Luck alone can make a mu* of up to about {amount(noise_floor(one), 2)} with {one.sizes['seed']} seeds a point."
        )
    places = ranked(one)
    factors = [str(one["factor"].values[place]) for place in places]
    method = str(one.attrs["method"])
    kinds = ("mu_star",) if method == "morris" else ("S1", "ST")
    series = [(SHOWN_AS.get(kind, kind), _bars(one, kind, places[:SHOWN])) for kind in kinds]
    unit_shown = unit if method == "morris" else "share of variance"
    text += figure(bars(f"{name}: factors that matter most", factors[:SHOWN], series, unit_shown), BARS[method], wide=True)
    text += "".join(paragraph(line) for line in _sampling_errors(one))
    drawings = []
    if method == "morris" and np.isfinite(one["value"].sel(index="sigma").values).sum() > 1:
        size, spread = (one["value"].sel(index=kind).values for kind in ("mu_star", "sigma"))
        names = [str(factor) for factor in one["factor"].values]
        drawings.append(figure(scatter(f"{name}: size and spread of effects", names, size, spread, unit), SCATTER))
    kind = RANKING[method]
    curves = one["trail"].sel(index=kind).values[:, places[:TRAILS]]
    shown = growth(f"{name}: as the design grows", GROWTH, factors[:TRAILS], curves, f"{SHOWN_AS.get(kind, kind)}, {unit_shown}")
    drawings.append(
        figure(shown, TRAIL.format(index=SHOWN_AS.get(kind, kind)) + f" {line[0].upper()}{line[1:]}. Source: this study.")
    )
    cards = "".join(f'<div class="card">{drawing}</div>' for drawing in drawings)
    return text + f'<div class="cards wide">{cards}</div>' + folded("All numbers", _numbers(one, places))


def _sampling_errors(one: xr.Dataset) -> list[str]:
    """Return which shares of variance came out where none can be, in words: none of Morris, whose indices are no shares."""
    if str(one.attrs["method"]) == "morris":
        return []
    factors = [str(name) for name in one["factor"].values]
    first, total = (one["value"].sel(index=index).values for index in ("S1", "ST"))
    low = [f"{name} ({amount(float(value), 2)})" for name, value in zip(factors, first, strict=True) if value < 0]
    above = [
        f"{name} ({amount(float(a), 2)} above {amount(float(b), 2)})"
        for name, a, b in zip(factors, first, total, strict=True)
        if a > b
    ]
    said = [f"S1 {BELOW_ZERO}: {', '.join(low)}."] if low else []
    return said + ([f"S1 {ABOVE_TOTAL}: {', '.join(above)}."] if above else [])


def _bars(one: xr.Dataset, kind: str, places: list[int]) -> list[Bar]:
    at = one.sel(index=kind)
    return [Bar(*(float(at[name].values[place]) for name in ("value", "low", "high"))) for place in places]


def _numbers(one: xr.Dataset, places: list[int]) -> str:
    indices = [str(name) for name in one["index"].values]
    rows = []
    for place in places:
        for index in indices:
            at = one.isel(factor=place)
            value, low, high, calm = (at[name].sel(index=index).item() for name in ("value", "low", "high", "settled"))
            if np.isnan(value):
                continue
            total = at["value"].sel(index="ST").item() if "ST" in indices else np.nan
            said = note(index, value, total, bool(calm), False)
            rows.append((str(at["factor"].item()), SHOWN_AS.get(index, index), amount(value), amount(low), amount(high), said))
    return table(("Factor", "Index", "Value", "5 %", "95 %", "Note"), rows, frozenset({2, 3, 4}))


def leaders(one: xr.Dataset, count: int = NAMED) -> str:
    """Return the leading factors of one outcome of one cluster in words, with their index."""
    if bool(one["constant"]):
        return "constant"
    values = one["value"].sel(index=RANKING[str(one.attrs["method"])]).values
    return ", ".join(f"{one['factor'].values[place]} ({amount(float(values[place]), 2)})" for place in ranked(one)[:count])


def _by_cluster(data: xr.Dataset) -> str:
    kind = RANKING[str(data.attrs["method"])]
    rows = [
        (str(outcome).replace("_", " "), str(cluster), leaders(one), "yes" if bool(one["outcome_settled"]) else "no")
        for outcome in data["outcome"].values
        for cluster in data["cluster"].values
        for one in (data.sel(outcome=outcome, cluster=cluster),)
    ]
    head = ("Outcome", "Cluster", f"Leading factors ({SHOWN_AS.get(kind, kind)})", "Settled")
    return _heading("clusters", "By cluster") + table(head, rows)


def _luck(data: xr.Dataset) -> str:
    whole = headline(data)
    names = [str(name).replace("_", " ") for name in whole["outcome"].values]
    text = _heading("luck", "Parameters and luck")
    if not np.isfinite(whole["share"].values).any():
        return text + paragraph("One seed a point cannot tell luck from parameters: raise point_seeds of the profile.")
    series = [
        (
            part,
            [
                Bar(*row)
                for row in zip(
                    *(whole[name].sel(part=part).values.tolist() for name in ("share", "share_low", "share_high")), strict=True
                )
            ],
        )
        for part in ("parametric", "stochastic")
    ]
    text += figure(bars("Variance of one history", names, series, "share of variance"), SPLIT, wide=True)
    if bool((whole["share"] < 0).any()):
        text += paragraph(NEGATIVE)
    parts = [str(part) for part in whole["part"].values]
    rows = [(name, *(_interval(whole.isel(outcome=place).sel(part=part)) for part in parts)) for place, name in enumerate(names)]
    return text + folded("All numbers", table(("Outcome", *parts), rows, frozenset(range(1, 5))))


def _interval(one: xr.Dataset) -> str:
    value, low, high = (float(one[name]) for name in ("share", "share_low", "share_high"))
    return f"{amount(value, 2)} ({amount(low, 2)} to {amount(high, 2)})"


def _limits(data: xr.Dataset) -> str:
    seeds = data.sizes["seed"]
    said = [
        "These are statements on the prior: how widely a parameter was believed to vary before the tables were looked at is part "
        "of its index.",
        "Fit is the log density of a row given a history, averaged over histories; the calibration's likelihood is the log of "
        "the mean density, which few histories cannot estimate without bias.",
        f"Indices are of the mean over {seeds} seeds a point: the luck left in that mean counts as spread and as interaction.",
        "The cluster's market, minimum scale and start are put where its own figures tell them; other latents go with the seed.",
        NEGATIVE,
    ]
    if data.attrs["method"] == "morris":
        said.append(
            "Morris ranks factors; it does not apportion variance. Four levels a parameter can miss what happens between them."
        )
    return _heading("limits", "Limits") + items(said)


def _parameters(data: xr.Dataset, meanings: Mapping[str, str]) -> str:
    pairs = zip(data["parameter"].values, data["group"].values, strict=True)
    rows = [(str(name), str(group), meanings.get(str(name), "")) for name, group in pairs]
    return folded("The parameters varied", table(("Parameter", "Factor", "Meaning"), rows))
