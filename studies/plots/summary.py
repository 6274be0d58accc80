"""What is a result in brief? A small picture, a table of a few lines, and the label without which no number is shown."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from calibration.weights import FAN
from execution.labels import verdict_of
from model.observe import UNITS
from studies.numbers import amount, share, signed
from studies.page.figures import HALF_WIDTH_90, Row, fan, forest
from studies.page.palette import COLOURS, MARKS
from studies.page.pictures import SHOWN, observed_of
from studies.page.svg import Canvas
from studies.plots.cluster import source_of_histories
from studies.plots.effects import Effect, effects
from studies.plots.given import known_case
from studies.plots.telling import source_of
from studies.policy.arrays import titles
from studies.policy.outcomes import RANKED_BY
from studies.sensitivities.arrays import convergence_line, headline, ranked
from studies.sensitivities.indices import RANKING

if TYPE_CHECKING:
    import xarray as xr

    from calibration.results import Posterior
    from studies.policy.advice import Advice

# What tells a kind of result from the others: variables that it alone holds.
KINDS: Final = {
    "histories": ("firms", "seed", "year"),
    "comparison": ("level", "after"),
    "budgets": ("acceptability", "frontier"),
    "sensitivity": ("value", "factor", "index"),
}
# Lines of a table.
MOST: Final = 8
SCOPE: Final = "takeoff-result"
LETTERS: Final = "font-family: system-ui, 'DejaVu Sans', sans-serif"


def kind_of(data: "xr.Dataset") -> str:
    """Return what a dataset is; "other" where it is no result of this project."""
    return next((kind for kind, names in KINDS.items() if all(name in data.variables for name in names)), "other")


def in_a_line(data: "xr.Dataset") -> str:
    """Return the kind of a result, its sizes and its label."""
    sizes = ", ".join(f"{count} {name}" for name, count in data.sizes.items())
    return f"<{kind_of(data)}: {sizes}; {_source(data)}>"


def dataset_html(data: "xr.Dataset") -> str:
    """Return a result as a small picture, a table and its label."""
    kind = kind_of(data)
    parts = {"histories": _histories, "comparison": _comparison, "budgets": _budgets, "sensitivity": _sensitivity}
    drawing, head, rows = parts[kind](data) if kind in parts else (None, ("dimension", "size"), _sizes(data))
    return summary_html(kind, _source(data), drawing, head, rows)


def _source(data: "xr.Dataset") -> str:
    return source_of_histories(data) if kind_of(data) == "histories" else source_of(data.attrs)


def summary_html(title: str, source: str, drawing: Canvas | None, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return one block of HTML whose style reaches nothing around it."""
    cells = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{''.join(f'<th>{escape(word)}</th>' for word in head)}</tr></thead><tbody>{cells}</tbody></table>"
    picture = "" if drawing is None else f'<div style="max-width: {drawing.width:.0f}px">{drawing.svg()}</div>'
    label = f"<p>{escape(source)}</p>"
    return f'<div class="{SCOPE}"><style>{_style()}</style><b>{escape(title)}</b>{picture}{table}{label}</div>'


def _style() -> str:
    """Return the rules of the marks, from the table of colours."""
    whole = f"background: {COLOURS['paper']}; color: {COLOURS['ink']}; padding: 6px; {LETTERS}; font-size: 13px"
    lines = [f".{SCOPE} {{ {whole} }}", f".{SCOPE} p {{ color: {COLOURS['soft']}; margin: 2px 0 }}"]
    cell = f"text-align: left; padding: 1px 14px 1px 0; font-size: 12px; color: {COLOURS['ink']}"
    lines.append(f".{SCOPE} th, .{SCOPE} td {{ {cell} }}")
    for name, mark in MARKS.items():
        kind = "stroke" if mark.width else "fill"
        width = f"; stroke-width: {mark.width:g}; fill: none" if mark.width else ""
        lines.append(f".{SCOPE} .{name} {{ {kind}: {mark.colour}; {kind}-opacity: {mark.opacity:g}{width} }}")
    lines += [f".{SCOPE} .{name} {{ font-size: 11px; fill: {COLOURS['soft']} }}" for name in ("tick", "unit", "label")]
    return " ".join(lines)


def _sizes(data: "xr.Dataset") -> list[tuple[str, str]]:
    return [(str(name), f"{count:,}") for name, count in data.sizes.items()]


def _histories(data: "xr.Dataset") -> tuple[Canvas, Sequence[str], list[Sequence[str]]]:
    """Return the fan of firms over the seeds, and the first and last value of each quantity."""
    firms, years = data["firms"].values, np.asarray(data["year"].values, np.float64)
    curves = np.full((len(FAN), len(years)), np.nan)
    known = np.isfinite(firms).all(axis=0)
    curves[:, known] = np.quantile(firms[:, known], FAN, axis=0)
    case, decision = known_case(str(data.attrs.get("case", ""))), float(data.attrs.get("decision", np.nan))
    observed = () if case is None else observed_of(case, "firms")
    inside = decision if years[0] <= decision <= years[-1] else None
    drawing = fan("firms", years, curves, "firms (log scale)", observed, inside, log=True)
    means = {name: data[name].mean("seed").values for name, _ in SHOWN if name in data}
    rows: list[Sequence[str]] = [
        (words, amount(float(means[name][0])), amount(float(means[name][-1])), UNITS[name])
        for name, words in SHOWN
        if name in means
    ]
    return drawing, ("mean over seeds", f"{years[0]:.0f}", f"{years[-1]:.0f}", "unit"), rows


def _comparison(data: "xr.Dataset") -> tuple[Canvas | None, Sequence[str], list[Sequence[str]]]:
    """Return the forest of the first cluster, and for each cluster the policy that leads."""
    table = effects(data, RANKED_BY)
    rows: list[Sequence[str]] = []
    by_case: dict[str, list[Effect]] = {}
    for row in table.rows:
        by_case.setdefault(row.case, []).append(row)
    for case, each in list(by_case.items())[:MOST]:
        best = max(each, key=lambda row: row.mean)
        unbeaten = sum(row.unbeaten for row in each)
        rows.append((case, table.titles[best.policy], f"{signed(best.mean)} \u00b1 {amount(best.mc_se, 2)}", str(unbeaten)))
    first = next(iter(by_case), None)
    drawing = None if first is None else _forest(first, by_case[first], table.titles)
    return drawing, ("cluster", "leads", "net value, MC s.e. (wage-years)", "policies that cannot be beaten"), rows


def _budgets(data: "xr.Dataset") -> tuple[Canvas | None, Sequence[str], list[Sequence[str]]]:
    """Return the forest of the first cluster's policies, each at its best budget, and who leads at each budget."""
    one, named = data.isel(case=0), titles(data)
    case, rows = str(one["case"].item()), list[Sequence[str]]()
    for budget in one["share"].values:
        at = one.sel(share=budget)
        leader = at.isel(policy=int(np.argmax(np.nan_to_num(at["net_value"].values, nan=-np.inf))))
        worth = f"{signed(float(leader['net_value']))} \u00b1 {amount(float(leader['mc_se']), 2)}"
        rows.append((share(float(budget)), named[str(leader["policy"].item())], worth, share(float(leader["acceptability"]))))
    lines = []
    for policy in one["policy"].values:
        each = one.sel(policy=policy)
        best = each.isel(share=int(np.argmax(np.nan_to_num(each["net_value"].values, nan=-np.inf))))
        value, low, high, error = (float(best[name]) for name in ("net_value", "low", "high", "mc_se"))
        lines.append(Row(named[str(policy)], value, low, high, error, share(float(best["share"]))))
    drawing = forest(f"{case}: net value at the best budget replayed", sorted(lines, key=lambda row: -row.mean), "wage-years")
    return drawing, (f"budget in {case}", "leads", "net value, MC s.e. (wage-years)", "chance of being best"), rows


def _forest(case: str, rows: list[Effect], titles: Any) -> Canvas:
    ordered = sorted(rows, key=lambda row: -row.mean)[:MOST]
    lines = [
        Row(titles.get(row.policy, row.policy), row.mean, row.low, row.high, row.mc_se, "\u25a1" if row.unbeaten else "")
        for row in ordered
    ]
    return forest(f"{case}: net value against the status quo", lines, "wage-years")


def _sensitivity(data: "xr.Dataset") -> tuple[Canvas, Sequence[str], list[Sequence[str]]]:
    """Return the leading factors of the first outcome, and the first one of each outcome."""
    whole, index = headline(data), RANKING[str(data.attrs["method"])]
    rows: list[Sequence[str]] = []
    for outcome in whole["outcome"].values[:MOST]:
        one = whole.sel(outcome=outcome)
        leader = ranked(one)[0]
        rows.append((str(outcome), str(one["factor"].values[leader]), amount(float(one["value"].sel(index=index)[leader]))))
    first = whole.isel(outcome=0).sel(index=index)
    lines = [_index_row(first.isel(factor=factor)) for factor in ranked(whole.isel(outcome=0))[:MOST]]
    drawing = forest(f"{first['outcome'].item()}: {index}", lines, index)
    return drawing, ("outcome", "leading factor", index), [*rows, (convergence_line(whole), "", "")]


def _index_row(one: "xr.Dataset") -> Row:
    """Return an index as a row; the ends of its bootstrap are drawn as the sampling error that they are."""
    error = float(one["high"] - one["low"]) / (2 * HALF_WIDTH_90)
    value = float(one["value"])
    return Row(str(one["factor"].item()), value, value, value, error)


def posterior_html(posterior: "Posterior") -> str:
    """Return a posterior as a picture of the parameters that it moved most, what there is, and its verdict."""
    from model.config import load_priors
    from studies.taught.parameters import most_moved_first, parameters

    views = most_moved_first(parameters(posterior, load_priors(), leans=False))
    lines = [
        Row(one.name, float(one.scores[2]), float(one.scores[0]), float(one.scores[4]), one.shift_error) for one in views[:MOST]
    ]
    drawing = forest("Parameters that the tables moved most", lines, "prior standard deviations")
    held, checks = posterior.histories.sizes, posterior.checks["checks"]
    rows = [
        ("checks passed", f"{sum(bool(check['passed']) for check in checks)} of {len(checks)}"),
        ("histories", f"{held.get('draw', 0):,} of each of {held.get('case', 0)} clusters"),
        ("parameters", f"{held.get('calibrated', 0)} calibrated, of {held.get('parameter', 0)}"),
        ("groups", ", ".join(posterior.group_names)),
    ]
    source = f"{verdict_of(posterior.converged)}; {posterior.label}"
    return summary_html(f"posterior in {posterior.path}", source, drawing, ("", ""), rows)


def advice_html(advice: "Advice") -> str:
    """Return an advice as a forest of its policies with a table, or as the reasons why there is no ranking."""
    source, title = f"{verdict_of(advice.converged)}; {advice.label}", f"advice for {advice.case.title}"
    if not advice.supported:
        return summary_html(title, source, None, ("no ranking, since",), [(reason,) for reason in advice.grounds.reasons])
    rows = sorted(effects(advice, RANKED_BY).rows, key=lambda row: -row.mean)[:MOST]
    cells = [
        (row.policy, f"{signed(row.mean)} \u00b1 {amount(row.mc_se, 2)}", "cannot be beaten" if row.unbeaten else "")
        for row in rows
    ]
    drawing = _forest(advice.case.title, rows, {})
    return summary_html(title, source, drawing, ("policy", "net value, MC s.e. (wage-years)", ""), cells)
