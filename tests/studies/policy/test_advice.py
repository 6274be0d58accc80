"""Does advice for a cluster of one's own weigh histories by what is known of it, rank policies, and refuse where it cannot?"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from calibration.results import Posterior
from execution.run import holds, read_manifest
from execution.store import Shard
from model.config import Case, load_case, load_priors
from model.errors import InputError
from studies.cli import main
from studies.commands.advice_page import PAGE
from studies.commands.advising import advice_content, advice_lines
from studies.commands.telling import NOT_WHOLE
from studies.policy import advice as home
from studies.policy import conditioning, misfit
from studies.policy.advice import Advice, advise
from studies.policy.outlook import outlook, worth_measuring

LABEL = "surrogate, checked, not corrected"
CANDIDATES = 48


@pytest.fixture
def posterior(monkeypatch: pytest.MonkeyPatch) -> Posterior:
    """Eight draws at the prior's median, of which few candidates are made."""
    priors = load_priors()
    names = list(priors.names("calibrated"))
    z = np.zeros((2, 4, len(names)))
    stored = Posterior(
        Path("nowhere"),
        {
            "unconstrained_posterior": xr.Dataset({"z": (("chain", "draw", "parameter"), z)}, {"parameter": names}),
            "sample_stats": xr.Dataset({"log_weight": (("chain", "draw"), np.zeros((2, 4)))}),
        },
        xr.Dataset(attrs={"structures": "; ".join(f"{name}={option}" for name, option in priors.structures_with().items())}),
        xr.Dataset(),
        {"label": LABEL, "converged": False},
        {"label": LABEL, "converged": False, "seed": 1, "fingerprint": {"kind": "calibration"}},
    )
    monkeypatch.setattr(conditioning, "ROUNDS", (CANDIDATES - 16, 16))
    monkeypatch.setattr(conditioning, "FURTHER", ())
    # So few candidates carry no ranking; these limits let it be seen all the same.
    for name, value in (("KEPT", 6), ("FUTURES", 2), ("HEAVIEST", np.inf), ("FEWEST", 0.0)):
        monkeypatch.setattr(home, name, value)
    monkeypatch.setattr(home, "load_posterior", lambda path: stored)
    return stored


def asked(folder: Path | None, case: Case | None = None, **options: Any) -> Advice:
    return advise(case or load_case(10), "nowhere", out=folder, policies=["training"], horizon=2, on="local:1", **options)


def told(advice: Advice) -> str:
    seen = outlook(advice.comparison)
    return "\n".join(advice_lines(advice, seen, worth_measuring(advice.comparison, 1)))


def strange() -> Case:
    """Three facts that no cluster of the tables comes near."""
    known = {"name": "strange", "title": "Strange", "covariates": {"region": "africa"}, "start": [1990, 2000]}
    first, last = {"year": 2005, "firms": 3}, {"year": 2015, "firms": 40_000, "workers_per_firm": 900, "schooling": 2}
    return Case.model_validate({**known, "observations": [first, last]})


def test_advice_is_a_run_that_ranks_policies(posterior: Posterior, tmp_path: Path) -> None:
    advice = asked(tmp_path / "advice")
    assert advice.supported
    assert advice.comparison.policies == ("status-quo", "training")
    assert advice.comparison.levels.shape[1] == 2 * advice.grounds.unique
    assert 1.0 <= advice.effective <= CANDIDATES
    assert holds(tmp_path / "advice", "policies.nc", "decision.csv")
    manifest = read_manifest(tmp_path / "advice")
    assert (manifest["kind"], manifest["label"], manifest["converged"]) == ("advice", LABEL, False)
    again = asked(tmp_path / "advice")
    np.testing.assert_array_equal(again.comparison.levels, advice.comparison.levels)


def test_the_number_of_threads_changes_no_bit(posterior: Posterior, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = []
    for cores in (1, 2):
        monkeypatch.setattr("model.batch.granted_cores", lambda cores=cores: cores)
        levels.append(asked(None).comparison.levels)
    np.testing.assert_array_equal(*levels)


def test_the_command_leaves_a_page_and_says_that_its_posterior_has_not_converged(
    posterior: Posterior, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--policy", "training", "--horizon", "2", "--on", "local:1", "--out", str(tmp_path / "advice"), "--quiet"]
    words = ["advise", str(load_case(10).path), "--posterior", "nowhere", *options]
    assert main(words) == NOT_WHOLE
    assert capsys.readouterr().out.startswith("NOT CONVERGED: ")
    page = (tmp_path / "advice" / PAGE).read_text(encoding="utf-8")
    assert "NOT CONVERGED" in page
    assert page.count("<svg") == 4
    assert main([*words, "--json"]) == NOT_WHOLE
    content = json.loads(capsys.readouterr().out)
    assert content["supported"]
    assert {"facts", "paths", "phases", "transition", "ranking", "wage_bill", "measure_first", "k_hat"} <= set(content)


def test_strange_facts_are_refused_with_reasons_and_paths(
    posterior: Posterior, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    advice = asked(None, strange())
    assert not advice.supported
    assert advice.comparison.policies == ("status-quo",)
    assert any("schooling 2015" in reason for reason in advice.grounds.reasons)
    assert any("firms times workers_per_firm 2015" in reason for reason in advice.grounds.reasons)
    text = told(advice)
    assert "NO RANKING" in text
    assert "of any cluster of this kind, not of this one" in text
    assert "no ranking" in repr(advice)
    content = advice_content(advice, outlook(advice.comparison), [])
    assert content["ranking"] == []
    assert len(content["paths"]["firms"]) == 5


def test_too_few_histories_or_heavy_weights_are_a_reason(posterior: Posterior, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "HEAVIEST", -np.inf)
    monkeypatch.setattr(home, "FEWEST", np.inf)
    reasons = asked(None).grounds.reasons
    assert any("k-hat" in reason for reason in reasons)
    assert any("effective histories" in reason for reason in reasons)


def test_a_cluster_that_has_not_begun_is_ranked_without_being_weighed(posterior: Posterior) -> None:
    case = Case.model_validate({"name": "new", "title": "New", "covariates": {"region": "americas"}})
    advice = asked(None, case)
    assert advice.supported
    assert advice.grounds.candidates == 0
    assert outlook(advice.comparison).decision == case.start.high + home.YOUNG + 0.5
    notes = " ".join(advice.grounds.notes)
    assert all(word in notes for word in ("region americas", "origin is not given", "start is not given", "nothing was observed"))


def test_a_cluster_of_very_many_firms_has_fewer_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    case = load_case(10)
    seen = case.observations[-1].model_copy(update={"firms": None})
    assert home._number_kept(case) == home.KEPT
    assert home._number_kept(case.model_copy(update={"observations": (seen,)})) == home.KEPT
    assert home._number_kept(strange()) == home.LEAST_KEPT


def test_shards_need_a_folder_that_they_share(posterior: Posterior) -> None:
    with pytest.raises(InputError, match="name it with --out"):
        asked(None, shard=Shard(0, 2))


def test_the_lines_say_label_ranking_and_how_few(posterior: Posterior) -> None:
    advice = asked(None)
    text = told(advice)
    assert f"NOT CONVERGED: {LABEL}" in text
    assert text.index("phase in 2005") < text.index("policy") < text.index("k-hat")
    assert ("Few: the ranking is rough." in text) == (advice.effective < conditioning.ENOUGH)
    row = next(line for line in text.splitlines() if line.startswith(misfit.FOUNDING))
    assert row.split()[2:4] == ["2005", "11.0"]
    assert "the first schooling is what the founders' is taken to be: not weighed" in text


def test_an_improbable_fact_is_warned_of_below_the_verdict_though_policies_are_ranked(posterior: Posterior) -> None:
    advice = asked(None)
    odd = misfit.Fact("exports", 2005, "world", others=0.02)
    warned = replace(advice, grounds=advice.grounds._replace(facts=(odd,)))
    line = "warning: improbable under the model: exports 2005: world (chance 2.0 % given the other facts); check the file"
    assert told(warned).splitlines()[1].startswith(line)
    assert line in repr(warned)
    assert advice_content(warned, outlook(advice.comparison), [])["warning"].startswith("improbable under the model: exports")
