"""``takeoff budgets``: what more or less money would do, which policy is acceptable at which budget, and what is efficient."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from studies import parsing
from studies.commands.drawing import draw, plot_asked
from studies.parsing import Parser, add_command

if TYPE_CHECKING:
    import xarray as xr

HEAD: Final = (
    "policy",
    "budget",
    "net value",
    "MC s.e.",
    "90 % of histories",
    "P(gain)",
    "cost",
    "a wage-year more",
    "MC s.e.",
    "",
)
ACCEPTABLE: Final = ("budget", "highest mean", "its chance of being best", "likeliest best", "its chance")
EFFICIENT: Final = ("cost", "gain", "extra cost / extra gain", "policy", "budget")


def add_budgets(commands: "argparse._SubParsersAction[Parser]") -> Parser:
    """Add the command and return its parser, for the options that commands share."""
    budgets = add_command(
        commands,
        "budgets",
        "budgeting:compare_budgets",
        "replay policies at several budgets: curve, acceptability, frontier",
        "takeoff budgets runs/first --case 10 --policy training credit zone --shares 0.05 0.1 0.2 --draws 30",
        json=True,
    )
    budgets.add_argument("folder", metavar="DIR", help="run folder of a calibration")
    budgets.add_argument("--case", nargs="+", metavar="N", dest="cases", help="clusters (default: all)")
    budgets.add_argument("--policy", nargs="+", metavar="NAME", dest="policies", help="policies (default: as for compare)")
    budgets.add_argument(
        "--shares",
        nargs="+",
        type=parsing.share,
        metavar="S",
        help="total budgets, as shares of the wage bill at the decision (default: 0.02 0.05 0.1 0.2 0.4)",
    )
    budgets.add_argument("--draws", type=parsing.count, metavar="N", help="most histories of a cluster (default: 60)")
    budgets.add_argument("--futures", type=parsing.count, metavar="F", help="futures of luck of each history (default: 2)")
    budgets.add_argument("--horizon", type=parsing.horizon, metavar="H", help="years after the decision (default: 20)")
    budgets.add_argument("--out", metavar="F", help="another file: .nc, .csv or .parquet (default: budgets.nc and .csv in DIR)")
    budgets.add_argument("--plot", metavar="F", help="a picture of the first cluster's frontier: .png, .svg or .pdf")
    budgets.add_argument("--resume", action="store_true", help="replays that are stored are used again in any case")
    return budgets


def compare_budgets(arguments: argparse.Namespace) -> int:
    """Run ``takeoff budgets``."""
    from execution.run import read_manifest
    from studies.commands.telling import exit_code, progress_asked, tell
    from studies.plots.budgets import plot_frontier
    from studies.policy.budgets import BUDGETS, TABLE, budgets

    plot, progress, folder = plot_asked(arguments), progress_asked(arguments), Path(arguments.folder)
    data = budgets(
        folder,
        arguments.cases,
        arguments.policies,
        arguments.shares,
        arguments.horizon,
        draws=arguments.draws,
        futures=arguments.futures,
        out=arguments.out,
        on=arguments.on,
        shard=arguments.shard,
        progress=progress.step,
        say=progress.say,
    )
    progress.end()
    draw(plot, plot_frontier, data, str(data["case"].values[0]))
    manifest = read_manifest(folder)
    told = data, str(manifest["label"]), bool(manifest["converged"])
    written = [arguments.out] if arguments.out else [str(folder / BUDGETS), str(folder / TABLE)]
    tell(
        arguments,
        lambda: {**budgets_content(*told), "files": written},
        lambda: [*budgets_lines(*told), *(f"file       {path}" for path in written)],
    )
    return exit_code(manifest["converged"])


def budgets_content(data: "xr.Dataset", label: str, converged: bool) -> dict[str, Any]:
    """Return the answer for programs: a row for each case, policy and share, and a sentence for each case."""
    from studies.policy.budgets import BY_SHARE, VARIABLES

    names = [name for name in VARIABLES if data[name].dims == BY_SHARE]
    rows = data[names].to_dataframe().reset_index().to_dict("records")
    sentences = {str(case): rise_sentence(data.sel(case=case)) for case in data["case"].values}
    return {"label": label, "converged": converged, "unit": "wage-years", "budgets": rows, "rises": sentences}


def budgets_lines(data: "xr.Dataset", label: str, converged: bool) -> list[str]:
    """Return the answer for people, below the verdict: curves, who is acceptable where, the frontier, and one sentence a case."""
    from studies.commands.ranking import verdict_line
    from studies.numbers import amount

    lines = [
        verdict_line(label, converged),
        "Policies by total budget, a share of the yearly wage bill at the decision; money in wage-years, against the status quo.",
    ]
    for case in data["case"].values:
        one = data.sel(case=case)
        lines += ["", f"{case}: wage bill {amount(float(one['wage_bill']))} wage-years a year", *_curve(one), ""]
        lines += ["best at each budget:", *_acceptable(one), "", "efficient, by cost to the treasury:", *_frontier(one)]
        lines += ["", rise_sentence(one)]
    return [*lines, ""]


def _points(one: "xr.Dataset") -> list[tuple[str, str, "xr.Dataset"]]:
    """Return each point of one cluster once: policy, budget, values. The status quo, against which all are measured, is none."""
    from studies.policy.chosen import STATUS_QUO

    points = []
    for policy in map(str, one["policy"].values):
        at = one.sel(policy=policy)
        if bool(at["funded"]):
            points += [(policy, _budget(float(share)), at.sel(share=share)) for share in one["share"].values]
        elif policy != STATUS_QUO:
            points.append((policy, "none", at.isel(share=0)))
    return points


def _budget(share: float) -> str:
    return f"{100 * share:g} %"


def _curve(one: "xr.Dataset") -> list[str]:
    from studies.inspect.explain import columns
    from studies.numbers import amount, share, signed

    cells = [
        (
            policy,
            budget,
            signed(float(at["net_value"])),
            amount(float(at["mc_se"]), 2),
            f"{signed(float(at['low']))} to {signed(float(at['high']))}",
            share(float(at["p_gain"])),
            amount(float(at["cost"])),
            signed(float(at["marginal"]), 2) if budget != "none" else "",
            amount(float(at["marginal_mc_se"]), 2) if budget != "none" else "",
            "highest" if bool(at["best_share"]) else "",
        )
        for policy, budget, at in _points(one)
    ]
    return [columns(HEAD, cells)]


def _acceptable(one: "xr.Dataset") -> list[str]:
    from studies.inspect.explain import columns
    from studies.numbers import share

    names, cells = one["policy"].values, []
    for budget in one["share"].values:
        at = one.sel(share=budget)
        chance, mean = at["acceptability"].values, at["net_value"].values
        leader, likeliest = int(mean.argmax()), int(chance.argmax())
        shown = _budget(float(budget)), names[leader], share(chance[leader]), names[likeliest], share(chance[likeliest])
        cells.append(tuple(map(str, shown)))
    return [columns(ACCEPTABLE, cells)]


def _frontier(one: "xr.Dataset") -> list[str]:
    import numpy as np

    from studies.inspect.explain import columns
    from studies.numbers import amount, signed

    rows = np.argwhere(one["frontier"].values)
    points = sorted((one.isel(policy=policy, share=share) for policy, share in rows), key=lambda at: float(at["cost"]))
    cells = [
        (
            signed(float(at["cost"])),
            signed(float(at["gain"])),
            amount(float(at["icer"]), 2),
            str(at["policy"].values),
            _budget(float(at["share"])) if bool(at["funded"]) else "none",
        )
        for at in points
    ]
    return [columns(EFFICIENT, cells)]


def rise_sentence(one: "xr.Dataset") -> str:
    """Return up to which budget the net value of the best policy of a cluster rises beyond twice its Monte Carlo error."""
    from studies.policy.curves import last_rise

    funded = one.sel(policy=one["funded"].values.astype(bool))
    if not funded.sizes["policy"] or not funded["net_value"].notnull().any():
        return "Cannot tell: no policy with a budget was replayed to the end."
    best = funded.isel(policy=int(funded["net_value"].max("share").argmax("policy")))
    name, shares = str(best["policy"].values), best["share"].values
    last = last_rise(best["rise"].values, best["rise_mc_se"].values)
    if last is None:
        return f"Cannot tell: no rise in the net value of {name}, the highest, lies beyond twice its Monte Carlo error."
    further = "the largest that was replayed" if last == len(shares) - 1 else "beyond it no rise can be told"
    return (
        f"The net value of {name}, the highest, still rises beyond twice its Monte Carlo error up to a budget of "
        f"{_budget(float(shares[last]))} of the wage bill; {further}."
    )
