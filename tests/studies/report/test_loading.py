"""From a run folder to the view of a report: on a small folder made by hand, with a real comparison of made-up levels."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from calibration import results
from calibration.histories import WeightedHistories
from execution.executors import Threads
from execution.run import Run, forget
from model.config import load_case, load_priors
from model.errors import InputError
from model.observe import PHASES
from studies.policy.arrays import merged
from studies.policy.chosen import chosen_policies
from studies.policy.compare import FILES, write_comparison
from studies.policy.counterfactuals import SHOWN, STATES, Comparison
from studies.policy.outcomes import NAMES
from studies.report.loading import load_view
from studies.report.page import page
from studies.report.propositions import propositions

COUNT = 12
CASES = ("02-hamamatsu", "18-dhaka")
PARAMETERS = ("entry_intensity", "spin_off_rate")


def ranked(
    case: str, date: int, figure: str, observed: float, band: tuple[float | None, ...], rank: float | None
) -> dict[str, Any]:
    """Return one figure of Table 2 beside its predictive band, as ``checks.json`` holds it."""
    return {
        "case": case,
        "date": date,
        "figure": figure,
        "observed": observed,
        **dict(zip(("low", "middle", "high"), band, strict=True)),
        "rank": rank,
        "inside": rank is not None and 0.05 <= rank <= 0.95,
    }


def verdict(converged: bool) -> dict[str, Any]:
    """Return what ``checks.json`` holds."""
    return {
        "label": "surrogate, corrected" if converged else "surrogate, checked, not corrected",
        "converged": converged,
        "checks": [{"name": "k-hat", "value": None, "rule": ">= 0.7", "passed": converged}],
        "unfitted": ["02-hamamatsu"],
        "noise_sd": 1.2,
        "error_sd": 0.8,
        "k_hat": None,
        "blamed": ["18-dhaka"],
        "replicates": {"02-hamamatsu": 4},
        "coverage": [
            ranked("02-hamamatsu", 0, "log_firms", float(np.log(3)), tuple(np.log([20, 80, 900]).tolist()), 0.01),
            ranked("02-hamamatsu", 1, "log_firms", float(np.log(150)), tuple(np.log([20, 80, 900]).tolist()), 0.6),
            ranked("18-dhaka", 0, "schooling", 15.0, (None, None, None), None),
        ],
        "statements": [{"case": "18-dhaka", "date": 0, "statement": "improvement", "said": "success", "chance": 0.9}],
        "otherwise": [
            {"choice": "dhaka began late", "weight": 0.4, "ess": 5, "k_hat": 0.1, "parameter": "a", "shift": 0.3, "chance": 0.2},
            {"choice": "nobody died", "weight": None, "ess": 0, "k_hat": None, "parameter": "", "shift": None, "chance": None},
        ],
    }


def stored(converged: bool, folder: Path) -> Any:
    """Return what ``load_posterior`` gives, with two clusters, two parameters and twelve draws."""
    generator = np.random.Generator(np.random.PCG64(1))
    z = np.stack([generator.normal(1.0, 0.2, COUNT), generator.normal(0.0, 1.0, COUNT)], axis=1)
    values = load_priors().from_normal(PARAMETERS, z)
    weight = np.full((2, COUNT), 1 / COUNT)
    steps = np.arange(1960.0, 1966.0)
    histories = xr.Dataset(
        {
            "z": (("draw", "calibrated"), z),
            "weight": (("case", "draw"), weight),
            "values": (("case", "draw", "parameter"), np.stack([values, values])),
        },
        {"case": list(CASES), "calibrated": list(PARAMETERS), "parameter": list(PARAMETERS)},
        {"structures": "history=on; ladder=6"},
    )
    paths = xr.Dataset(
        {name: (("case", "step", "quantile"), np.ones((2, 6, 5)) * np.arange(1, 6)) for name in ("firms", "profitability")},
        {"case": list(CASES), "year": (("case", "step"), np.stack([steps, steps]))},
    )
    checks = verdict(converged)
    whitened = xr.Dataset({"z": (("chain", "draw", "parameter"), z[None])}, {"parameter": list(PARAMETERS)})
    even = xr.Dataset({"log_weight": (("chain", "draw"), np.zeros((1, COUNT)))})
    group = xr.Dataset({name: (("chain", "draw"), values[None, :, place]) for place, name in enumerate(PARAMETERS)})
    return results.Posterior(
        path=folder,
        groups={"prior": group, "posterior": group, "sample_stats": even, "unconstrained_posterior": whitened},
        histories=histories,
        paths=paths,
        checks=checks,
        manifest={"seed": 1, "fingerprint": {"a": 1}, "versions": {"numpy": "2"}},
    )


def compared(folder: Path, policy: str = "training") -> None:
    """Write a comparison in which a policy is worth 100 in Hamamatsu and nothing in Dhaka."""
    policies, comparisons = chosen_policies([policy]), []
    for name, worth in zip(CASES, (100.0, 0.0), strict=True):
        case = load_case(name)
        levels = np.zeros((2, COUNT, len(NAMES)))
        levels[1, :, 0] = worth + np.arange(COUNT)
        given = WeightedHistories(
            case, {}, np.zeros((COUNT, 1)), np.arange(COUNT, dtype=np.uint64), np.full(COUNT, 1 / COUNT), np.arange(COUNT), {}
        )
        years = np.arange(case.observations[-1].time - 4, case.observations[-1].time + 6)
        past = np.ones((len(SHOWN), 5, len(years))) * np.arange(1, 6)[None, :, None]
        past[:, :, :2] = np.nan
        contrasts = {"order": np.linspace(1, 2, COUNT)}
        after, shares = np.ones((2, len(SHOWN), 5, 6)), np.tile(np.linspace(0.0, 0.9, len(years)), (len(STATES), 1))
        # Half of the histories hold the ninth proposition in Hamamatsu and none in Dhaka, where the 23rd does not apply.
        holds = (np.arange(COUNT) % 2 == 0).astype(float) * (worth > 0)
        flow = np.linspace(0.0, levels[:, :, 0], 6, axis=2)
        read = {9: holds, 23: np.full(COUNT, 1.0 if worth > 0 else np.nan)}
        comparisons.append(
            Comparison(given, tuple(policies), levels, given.weights, 0.0, years, past, after, contrasts, "", shares, read, flow)
        )
    run = Run("calibration", folder, {}, FILES)
    with run.opened(Threads(1)) as runner:
        run.finish(runner, lambda: write_comparison(folder, merged(comparisons, 5, policies), comparisons) or {})


@pytest.fixture(params=[False, True], ids=["not corrected", "corrected"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    posterior = stored(request.param, tmp_path)
    monkeypatch.setattr(results, "load_posterior", lambda path: posterior)
    return tmp_path


def test_a_calibration_without_a_comparison(folder: Path) -> None:
    view = load_view(folder)
    assert [cluster.title for cluster in view.clusters] == ["2 Hamamatsu, motorcycles", "18 Dhaka, garment"]
    assert view.clusters[0].firms.shape == (5, 6)
    assert view.clusters[0].phases is None
    assert [seen.value for seen in view.clusters[0].observed] == [150, 3]
    assert "imposed" in view.clusters[1].imposed
    assert view.effects == ()
    assert "No policies were compared" in page(view)


def test_a_posterior_is_shown_as_a_short_table(folder: Path) -> None:
    text = repr(results.load_posterior(folder))
    assert len(text.splitlines()) == 5
    assert "NOT CONVERGED" in text or "; surrogate, corrected" in text
    assert "unconstrained_posterior" in text


def test_parameters_and_coverage(folder: Path) -> None:
    view = load_view(folder)
    moved, still = view.parameters
    assert moved.word.startswith("raised by 1")
    assert abs(moved.scores[2] - 1.0) < 0.3
    assert abs(still.sd - 1.0) < 0.6
    assert [cell.case for cell in view.covered][1] == "2 Hamamatsu, motorcycles, 1950-1959"
    assert view.covered[0].observed == pytest.approx(3.0)
    assert not view.covered[0].inside
    failures = dict(view.unfitted)
    assert "broad guess" in failures["2 Hamamatsu, motorcycles"]
    assert "observed 3.00, predicted 20.0 to 900" in failures["2 Hamamatsu, motorcycles"]


def test_the_whole_page(folder: Path) -> None:
    compared(folder)
    view = load_view(folder)
    best = view.ranked("02-hamamatsu")[0]
    assert (best.policy, best.mean) == ("training", pytest.approx(105.5))
    assert view.horizon == 5
    assert view.contrasts[0].mean == pytest.approx(1.5)
    shown = view.clusters[0]
    assert shown.years[0] == load_case(2).observations[-1].time - 2
    assert shown.workers is not None
    assert shown.phases is not None
    assert (shown.workers.shape, shown.phases.shape) == ((5, len(shown.years)), (len(PHASES), len(shown.years)))
    assert shown.improves is not None
    # Half of those who ever improve have done so five steps after the first year.
    assert (shown.improves.chance, shown.improves.middle) == (pytest.approx(0.9), shown.years[-1] - 4)
    text = page(view)
    assert ("NOT CONVERGED" in text) == (not view.verdict.converged)
    assert "Hamamatsu" in text
    assert "alert" not in text
    assert not re.search(r">\s*nan\b", text)


def test_propositions_are_shown_by_cluster(folder: Path) -> None:
    compared(folder)
    shown = propositions(load_view(folder))
    assert shown is not None
    ninth, markets = shown.tested
    # A tenth part of the weight or less contradicts, nine tenths support.
    assert (ninth.number, ninth.supports, ninth.contradicts, ninth.unsure) == (9, 0, 1, 1)
    assert ninth.mean == pytest.approx(0.5 * np.mean(np.arange(COUNT) % 2 == 0))
    assert (markets.number, markets.supports, len(markets.rows)) == (23, 1, 1)
    assert {line.proposition for line in shown.others} == set(range(1, 37)) - {9, 23}
    assert "In the expansion quantity grows" in page(load_view(folder))


def test_choices_made_otherwise_are_shown(folder: Path) -> None:
    view = load_view(folder)
    assert (view.otherwise[0].shift, view.otherwise[0].chance) == (0.3, 0.2)
    assert np.isnan(view.otherwise[1].shift)
    text = page(view)
    assert "Had another choice been made" in text
    assert "dhaka began late" in text


def test_a_comparison_older_than_the_propositions_shows_none(folder: Path) -> None:
    compared(folder)
    forget(folder, ["propositions.csv", "propositions.json"])
    view = load_view(folder)
    assert propositions(view) is None
    assert "no proposition was read off" in page(view)


@pytest.mark.parametrize("name", ["mine", "2030", "nan", "a,b", "zone fran\u00e7aise"])
def test_a_policy_of_the_users_own_is_shown_under_its_own_title(name: str, folder: Path) -> None:
    own = folder.parent / f"{name}.yaml"
    own.write_text(
        'title: "<script>alert(1)</script>"\nquestion: "<img src=x>?"\n'
        "programmes: [{programme: training, for: 5, unit_cost: 0.3, note: <svg>}]\n",
        encoding="utf-8",
    )
    compared(folder, str(own))
    own.unlink()
    view = load_view(folder)
    assert view.ranked("02-hamamatsu")[0].policy == name
    assert view.policy_titles == {"status-quo": "Status quo", name: "<script>alert(1)</script>"}
    text = page(view)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>" not in text


def test_a_cluster_that_was_changed_since_the_calibration_is_refused(folder: Path) -> None:
    results.load_posterior(folder).manifest["fingerprint"]["data"] = {"18-dhaka": "0" * 64}
    with pytest.raises(InputError) as error:
        load_view(folder)
    assert "18-dhaka.yaml: 18-dhaka: differs from the cluster of that name" in str(error.value)
    assert str(folder) in str(error.value)
