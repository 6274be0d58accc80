"""The table of the paper's Figure 1: targets, errors, verdicts, and the command."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.shape import measure
from benchmarks.shape.__main__ import main, written
from benchmarks.shape.draws import Observed, Plan, ask, moved
from benchmarks.shape.estimates import Estimate, difference, mean, odds, quantile, ratio, share, verdict
from benchmarks.shape.levels import Level, gap, rank
from benchmarks.shape.markdown import compared
from benchmarks.shape.rows import measures
from benchmarks.shape.targets import Row, bounds
from model.config import all_cases, load_case, load_priors
from model.errors import InputError
from model.observe import COLUMNS

PRIORS = load_priors()


@pytest.mark.parametrize(
    ("target", "least", "largest"),
    [(">= .6", 0.6, math.inf), ("<= 50", -math.inf, 50.0), (".1 to .4", 0.1, 0.4), ("-.3 to .3", -0.3, 0.3), ("0", 0.0, 0.0)],
)
def test_bounds_are_read_from_the_target(target: str, least: float, largest: float) -> None:
    assert bounds(target) == (least, largest)


def test_a_target_above_zero_is_not_met_by_zero() -> None:
    assert bounds("> 0")[0] > 0.0
    with pytest.raises(ValueError, match="is no target"):
        bounds("large")


def test_a_verdict_tells_a_miss_from_doubt() -> None:
    words = [verdict(Estimate(value, 0.05, 10), 0.6, 1.0) for value in (0.6, 0.55, 0.3)]
    assert words == ["met", "near", "no"]
    assert verdict(Estimate(math.nan, math.nan, 0), 0.6, 1.0) == "none"


def test_errors_have_the_size_of_the_scatter_between_samples() -> None:
    source = np.random.default_rng(5)
    samples = source.lognormal(0.0, 0.5, (2000, 60))
    weights = source.integers(1, 5, (2000, 60)).astype(np.float64)
    told = {
        "mean": [mean(one) for one in samples],
        "share": [share((one > 1.0).astype(np.float64)) for one in samples],
        "odds": [odds((one > 1.0).astype(np.float64)) for one in samples],
        "ratio": [ratio(one * weight, weight) for one, weight in zip(samples, weights, strict=True)],
        "median": [quantile(one) for one in samples[:300]],
        "difference": [difference(mean(one[:30]), mean(one[30:])) for one in samples],
    }
    for name, estimates in told.items():
        scatter = np.std([one.value for one in estimates])
        # Errors are themselves estimates from 60 draws, the resampled median's a rough one.
        assert np.mean([one.error for one in estimates]) == pytest.approx(scatter, rel=0.2), name


def test_histories_to_which_a_question_does_not_apply_count_nowhere() -> None:
    assert share(np.array([1.0, np.nan, 0.0])).histories == 2
    assert ratio(np.array([1.0, np.nan]), np.array([2.0, 5.0])).value == 0.5
    assert mean(np.full(3, np.nan)).histories == 0


def shown(number: int, improved: list[float], firms: list[float]) -> Observed:
    case = load_case(number)
    rows = np.zeros((len(improved), len(case.observations), len(COLUMNS)))
    columns = {"firms": np.array(firms), "workers": np.array(firms) * 10.0, "improved_workers": np.array(improved) * 10.0}
    for name, values in columns.items():
        rows[:, -1, COLUMNS.index(name)] = values
    return Observed(case, rows, 1.0)


def test_the_gap_between_listed_and_other_clusters() -> None:
    seen = [shown(4, [9, 9, 9, 1], [10] * 4), shown(9, [9, 1, 1, 1], [10] * 4), shown(15, [9] * 4, [10] * 4)]
    assert gap(seen).value == pytest.approx(0.75 - 0.25)


def test_the_rank_of_a_figure_counts_clusters_that_are_alive() -> None:
    told = shown(4, [0] * 4, [4000, 6000, 7000, 0])
    assert rank(told, Level(4, -1, "firms")) == share(np.array([1.0, 0.0, 0.0]))
    # Surveys find fifteen workers where ten and a quarter's bias make twelve point eight.
    assert rank(told, Level(4, -1, "workers_per_firm")).value == 1.0


def named(kind: str) -> str:
    """The first parameter whose prior is of a kind."""
    return next(name for name in PRIORS.names() if (prior := PRIORS.entry(name).prior) is not None and prior.kind == kind)


@pytest.mark.parametrize("kind", ["lognormal", "normal"])
def test_a_prior_is_moved_and_keeps_its_width(kind: str) -> None:
    old = PRIORS.entry(named(kind)).prior
    new = moved(PRIORS, {named(kind): 2.0}).entry(named(kind)).prior
    assert old is not None
    assert new is not None
    assert new.numbers == (2.0, old.numbers[1])


def test_a_prior_without_a_location_becomes_the_value() -> None:
    assert moved(PRIORS, {named("beta"): 0.4}).entry(named("beta")).role == "constant"
    with pytest.raises(InputError, match="unknown parameter"):
        moved(PRIORS, {"no_such": 1.0})


def test_latents_and_seeds_depend_neither_on_the_column_nor_on_parameters() -> None:
    case, name = load_case(8), named("lognormal")
    plain = Plan((case,), PRIORS, 3)
    changed = Plan((case,), moved(PRIORS, {name: 2.0}), 3, changes={name: 2.0})
    asked = [ask(plan, case, default, plan.chosen()) for plan, default in ((plain, False), (plain, True), (changed, False))]
    assert all((one.seeds == asked[0].seeds).all() and (one.latents == asked[0].latents).all() for one in asked)


def test_every_row_has_a_target_that_can_be_read_and_a_name_of_its_own() -> None:
    cases = [Observed(case, np.zeros((1, len(case.observations), len(COLUMNS))), 1.0) for case in all_cases()]
    told = measures(cases)
    assert all(bounds(one.target) for one in told)
    assert len({(one.group, one.what) for one in told}) == len(told)


def test_a_row_that_lacks_a_column_says_so() -> None:
    row = Row("Solid", "a", ">= .6", "needs mergers", Estimate(0.7, 0.1, 9))
    assert row.met == "? / met"
    assert row.as_data()["prior"] == "needs mergers"


def test_numbers_that_json_has_not_become_none() -> None:
    assert written({"a": [math.inf, 1.0], "b": math.nan}) == {"a": [None, 1.0], "b": None}


def test_runs_are_compared_row_by_row() -> None:
    first = [Row("Solid", "a", ">= .6", Estimate(0.7, 0.1, 9), "needs x"), Row("Firms", "b", "-", Estimate(2.0, math.nan, 9), "")]
    second = [Row("Solid", "a", ">= .6", Estimate(math.inf, math.nan, 9), "needs x")]
    told = compared({"whole": [row.as_data() for row in first], "less": written([row.as_data() for row in second])})
    assert told.splitlines()[2:] == ["| Solid: a | >= .6 | 0.7 +- 0.1 | no history |", "| Firms: b | - | 2 |  |"]
    assert "Firms" not in compared({"whole": [row.as_data() for row in first]}, groups=("Solid",))


def test_a_stopped_history_has_more_firms_than_any_figure() -> None:
    told = shown(4, [0] * 2, [4000, 4000])
    told.rows[1] = np.nan
    told.rows[1, :, COLUMNS.index("exhausted")] = 1.0
    assert rank(told, Level(4, -1, "firms")).value == 0.5
    assert rank(told, Level(4, -1, "workers_per_firm")).histories == 1


def test_the_command_prints_every_row_and_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "shape.json"
    assert main(["--histories", "1", "--quick", "--json", str(out)]) == 0
    told = json.loads(out.read_text())
    printed = capsys.readouterr().out
    assert all(row["what"] in printed for row in told["rows"])
    assert len(told["prior_clusters"]) == 19


def test_a_wrong_name_ends_the_command_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    name = named("lognormal")
    assert main(["--quick", "--set", f"{name}x=0.3"]) == 2
    assert name in capsys.readouterr().err
    assert main(["--quick", "--set", name]) == 2
    assert main(["--quick", "--set", f"{name}=many"]) == 2


def test_the_same_seed_gives_the_same_table() -> None:
    first, second = (measure(2, seed=3, cases=(4, 9), experiments=2) for _ in range(2))
    assert [str(row) for row in first.rows if "ms a history" not in row.what] == [
        str(row) for row in second.rows if "ms a history" not in row.what
    ]
