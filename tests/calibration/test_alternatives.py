"""Structures side by side: stacking weights in closed form, and posteriors of other clusters are refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from calibration import alternatives as module
from calibration.alternatives import alternatives, stacking
from calibration.left_out import LeftOut
from model.errors import InputError


def test_of_two_that_predict_alternate_clusters_each_gets_its_share() -> None:
    """Densities 1 and e^-3 in 6 clusters, e^-3 and 1 in 2: the optimum of 6 log(w + r - r w) + 2 log(1 - w + r w)."""
    elpd = np.array([[0.0] * 6 + [-3.0] * 2, [-3.0] * 6 + [0.0] * 2])
    r = np.exp(-3.0)
    right = (6 - 8 * r / (1 + r)) / 8 * (1 + r) / (1 - r)
    assert stacking(elpd) == pytest.approx([right, 1 - right], abs=1e-4)


def test_what_is_worse_everywhere_gets_nothing() -> None:
    assert stacking(np.array([[0.0] * 5, [-2.0] * 5, [-4.0] * 5])) == pytest.approx([1.0, 0.0, 0.0], abs=1e-5)


def test_twins_share_what_one_of_them_would_have() -> None:
    elpd = np.random.default_rng(1).normal(size=(2, 9))
    one, other = stacking(elpd)
    assert 0.05 < one < 0.95
    assert stacking(elpd[[0, 0, 1]]) == pytest.approx([one / 2, one / 2, other], abs=1e-3)


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    class Histories(dict[str, Any]):
        attrs: dict[str, str]

    every = {}
    for name, option, elpd in (("on", "spillover=on", -10.0), ("off", "spillover=off", -12.0)):
        histories = Histories(case=SimpleNamespace(values=np.array(["kumasi", "zhili"])))
        histories.attrs = {"structures": option}
        fingerprint = {"data": {}, "errors": "e"}
        every[name] = SimpleNamespace(
            path=Path(name), manifest={"fingerprint": fingerprint}, histories=histories, label="exact", converged=True, elpd=elpd
        )

    def predicted(posterior: Any, cases: Any) -> LeftOut:
        density = posterior.elpd + np.arange(float(len(cases)))
        return LeftOut(density, density, density, np.full(len(cases), 0.3), np.zeros((len(cases), 1)))

    monkeypatch.setattr(module, "load_posterior", lambda folder: every[str(folder)])
    monkeypatch.setattr(module, "left_out", predicted)
    return every


def test_posteriors_are_set_side_by_side(folders: dict[str, Any]) -> None:
    first, second = alternatives(["on", "off"])
    assert (first.structures, second.structures) == ({"spillover": "on"}, {"spillover": "off"})
    assert (first.behind.nats, second.behind.nats) == (0.0, 4.0)
    assert first.weight > 0.99


def test_other_errors_and_a_single_folder_are_refused(folders: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="two run folders"):
        alternatives(["on"])
    folders["off"].manifest["fingerprint"]["errors"] = "other"
    with pytest.raises(InputError, match="off: errors: not those of on"):
        alternatives(["on", "off"])
