"""Does advice for a cluster of one's own weigh histories by what is known of it, rank policies, and say under which label?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from calibration.results import Posterior
from execution.run import holds, read_manifest
from execution.store import Shard
from model.config import load_case, load_priors
from model.errors import InputError
from studies.cli import main
from studies.commands.advising import FEW, advice_lines
from studies.commands.telling import NOT_WHOLE
from studies.policy import advice as home
from studies.policy.advice import Advice, advise

LABEL = "surrogate, checked, not corrected"


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
    for name, value in (("CANDIDATES", 48), ("CHUNK", 20), ("KEPT", 6)):
        monkeypatch.setattr(home, name, value)
    monkeypatch.setattr(home, "load_posterior", lambda path: stored)
    return stored


def asked(folder: Path | None, **options: Any) -> Advice:
    return advise(load_case(10), "nowhere", out=folder, policies=["training"], horizon=2, on="local:1", **options)


def test_advice_is_a_run_that_ranks_policies(posterior: Posterior, tmp_path: Path) -> None:
    advice = asked(tmp_path / "advice")
    assert advice.comparison.policies == ("status-quo", "training")
    assert advice.comparison.levels.shape[1] == 6
    assert 1.0 <= advice.effective <= 48.0
    assert holds(tmp_path / "advice", "policies.nc", "decision.csv")
    manifest = read_manifest(tmp_path / "advice")
    assert (manifest["kind"], manifest["label"], manifest["converged"]) == ("advice", LABEL, False)
    again = asked(tmp_path / "advice")
    np.testing.assert_array_equal(again.comparison.levels, advice.comparison.levels)


def test_the_command_says_that_its_posterior_has_not_converged(
    posterior: Posterior, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--policy", "training", "--horizon", "2", "--on", "local:1", "--out", str(tmp_path / "advice"), "--quiet"]
    assert main(["advise", str(load_case(10).path), "--posterior", "nowhere", *options]) == NOT_WHOLE
    assert capsys.readouterr().out.startswith("NOT CONVERGED: ")


def test_histories_that_agree_with_the_figures_weigh_more(posterior: Posterior) -> None:
    """Without observations every candidate weighs the same; with Kumasi's figures some weigh more."""
    cluster = load_case(10)
    unseen = cluster.model_copy(update={"observations": ()})
    assert asked(None).effective < 47.0
    assert advise(unseen, "nowhere", policies=["training"], horizon=2, on="local:1").effective == pytest.approx(48.0)


def test_shards_need_a_folder_that_they_share(posterior: Posterior) -> None:
    with pytest.raises(InputError, match="name it with --out"):
        asked(None, shard=Shard(0, 2))


def test_the_lines_say_label_ranking_and_how_few(posterior: Posterior) -> None:
    advice = asked(None)
    text = "\n".join(advice_lines(advice))
    assert f"NOT CONVERGED: {LABEL}" in text
    assert text.index("policy") < text.index("status-quo")
    assert ("Few: the ranking is rough." in text) == (advice.effective < FEW)
