"""What ``takeoff budgets`` shows: the curves, who is acceptable where, what is efficient, and up to where more money helps."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from calibration.shipped import SHIPPED
from studies.cli import build_parser, main
from studies.commands.budgeting import budgets_content, budgets_lines, rise_sentence
from studies.policy.budgets import BY_SHARE, FUNDS, VARIABLES
from studies.policy.curves import FUNDS_COSTS


def answer() -> xr.Dataset:
    """A cluster in which training pays up to a tenth of the wage bill, credit never, and protection loses."""
    policies, shares = ["status-quo", "training", "credit", "protection"], [0.05, 0.1, 0.2]
    values = {name: np.zeros((1, 4, 3)) for name in VARIABLES if name != FUNDS}
    values["net_value"][0] = [[0, 0, 0], [20, 30, 31], [-4, -8, -16], [-9, -9, -9]]
    values["rise"][0] = [[np.nan] * 3, [20, 10, 1], [-4, -4, -8], [np.nan] * 3]
    values["rise_mc_se"][0] = 2.0
    values["cost"][0] = [[0, 0, 0], [10, 20, 40], [10, 20, 40], [0, 0, 0]]
    values["acceptability"][0] = [[0.2, 0.1, 0.3], [0.5, 0.9, 0.3], [0.3, 0.0, 0.4], [0, 0, 0]]
    values["gain"] = values["net_value"] + values["cost"]
    values["icer"][0] = np.nan
    values["icer"][0, 1] = [0.33, 0.5, 0.95]
    values["best_share"][0, [1, 2], [2, 0]] = 1
    values["frontier"][0, 1], values["frontier"][0, 0, 0] = 1, 1
    data = {name: (BY_SHARE, value) for name, value in values.items()}
    data[FUNDS] = (("case", "funds_cost", *BY_SHARE[1:]), np.zeros((1, len(FUNDS_COSTS), 4, 3)))
    extra = {"funded": ("policy", [False, True, True, False]), "wage_bill": ("case", [500.0])}
    return xr.Dataset({**data, **extra}, {"case": ["10-kumasi"], "policy": policies, "share": shares})


def test_lines_show_the_curve_the_acceptable_policy_and_the_frontier() -> None:
    lines = budgets_lines(answer(), "surrogate, corrected", True)
    assert lines[0] == "converged: surrogate, corrected"
    text = "\n".join(lines)
    assert "10-kumasi: wage bill 500 wage-years a year" in text
    rows = [line.split() for line in text.splitlines()]
    assert sum(row[:1] == ["training"] for row in rows) == 3
    assert sum(row[:2] == ["protection", "none"] for row in rows) == 1
    assert ["10", "%", "training", "90", "%", "training", "90", "%"] in rows
    # The highest mean and the likeliest best need not agree.
    assert ["20", "%", "training", "30", "%", "credit", "40", "%"] in rows
    assert ["+10.0", "+30.0", "0.33", "training", "5", "%"] in rows
    assert ["0", "0", "\u2013", "status-quo", "none"] in rows


def test_the_sentence_says_up_to_where_more_money_can_be_told_to_help() -> None:
    one = answer().isel(case=0)
    told = rise_sentence(one)
    assert told.startswith("The net value of training, the highest, still rises beyond twice its Monte Carlo error up to")
    assert told.endswith("up to a budget of 10 % of the wage bill; beyond it no rise can be told.")
    one["rise_mc_se"][:] = 0.1
    assert rise_sentence(one).endswith("20 % of the wage bill; the largest that was replayed.")
    one["rise_mc_se"][:] = 50.0
    assert rise_sentence(one).startswith("Cannot tell: no rise in the net value of training")
    assert rise_sentence(one.isel(policy=[0, 3])).startswith("Cannot tell: no policy with a budget")


def test_programs_get_a_row_for_each_point() -> None:
    told = budgets_content(answer(), "label", False)
    assert len(told["budgets"]) == 12
    assert told["budgets"][3]["net_value"] == 20
    assert set(told["rises"]) == {"10-kumasi"}


def test_the_words_are_read() -> None:
    arguments = build_parser().parse_args(["budgets", "runs/a", "--case", "10", "5", "--shares", "0.1", "0.2", "--draws", "9"])
    assert (arguments.cases, arguments.shares, arguments.draws, arguments.shard) == (["10", "5"], [0.1, 0.2], 9, None)


def test_the_command_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "run"))
    words = ["budgets", str(folder), "--case", "1", "--policy", "training", "--shares", "0.1", "--draws", "3", "--horizon", "2"]
    assert main([*words, "--quiet"]) == 0
    assert f"file       {folder / 'budgets.nc'}" in capsys.readouterr().out
    assert main([*words, "--quiet", "--json", "--out", str(tmp_path / "a.csv")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == [str(tmp_path / "a.csv")]
    assert [(row["policy"], row["share"]) for row in told["budgets"]] == [("status-quo", 0.1), ("training", 0.1)]
