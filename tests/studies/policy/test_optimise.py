"""Does a study of optimisation end at a planted optimum, tell what the search promised too much, and go on to the same bits?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.histories import load_histories
from calibration.shipped import SHIPPED
from execution.executors import Threads
from execution.labels import KEYS
from execution.run import read_manifest
from model.arrays import Floats
from model.config import load_case
from model.errors import InputError
from studies.files.tables import read_table
from studies.policy import optimise as home
from studies.policy.optimise import (
    FILES,
    FINALIST,
    FLATNESS,
    OPTIMUM,
    REFERENCE,
    Optimum,
    halved,
    optimise,
    optimum_tables,
    reference_policies,
)
from studies.policy.optimum import finalists
from studies.policy.search import search
from studies.policy.study_file import Study, load_study
from tests.studies.policy.planted import HEIGHT, NOISE, OPENED, SLOPE, TOP, Planted, worth

pytest.importorskip("optuna", reason="needs the extra `optimise`")

TINY: dict[str, Any] = {
    "name": "tiny",
    "posterior": str(SHIPPED),
    "cases": [1],
    "budget_share": 0.1,
    "programmes": [
        {"programme": "training", "at": [0, 2], "for": 1, "part": [0, 1], "course": "pilot", "unit_cost": 1},
        {"programme": "credit", "for": 2},
    ],
    "policies": ["training"],
    "horizon": 4,
    "trials": 12,
    "together": 3,
    "draws": 4,
    "futures": 1,
    "best": 2,
    "fresh_draws": 5,
    "fresh_futures": 2,
}


def planted_study() -> Study:
    return load_study({**TINY, "budget_share": [0.1, 0.9], "programmes": [{"programme": "training", "at": [0, 10], "for": 5,
                       "course": "pilot", "unit_cost": 1}], "horizon": 20})  # fmt: skip


# ---------------------------------------------------------------------------------------------------- a planted optimum


def test_a_planted_optimum_is_found_through_noise_and_the_fresh_value_is_no_promise() -> None:
    study, seen, fresh = planted_study(), Planted(1, 100), Planted(2, 400)
    assert study.opened == OPENED
    searched = search(OPENED, seen.scores, 60, 5, seed=1)
    best = finalists(searched.scores, searched.settings, 5)
    chosen = [searched.settings[k] for k in best]
    nothing = {"training.at": TOP["training.at"], "budget_share": TOP["budget_share"] + 0.4}
    held = seen.worths([nothing], ["reference"])
    again = fresh.worths([*chosen, nothing], [*(f"trial-{k + 1:04d}" for k in best), "reference"])
    table, flat = optimum_tables(study, searched, best, seen.seen(held), again)
    finals = np.flatnonzero(table["kind"] == FINALIST)
    row = int(np.argmax(table["recommended"]))
    truth = np.array([worth(searched.settings[k]) for k in finals])
    # Fresh values lie about the truth with the errors that they state; those of the search lie above it.
    assert ((table["value"][finals] - truth) / table["se"][finals]) == pytest.approx(np.zeros(5), abs=4.0)
    assert table["se"][finals] == pytest.approx(np.full(5, NOISE / 20), rel=4 / np.sqrt(800))
    assert (table["search_value"][finals] - truth).mean() > 2 * NOISE / np.sqrt(5 * 100)
    np.testing.assert_array_equal(table["curse"][finals], table["search_value"][finals] - table["value"][finals])
    # What noise of 3 in a mean of 100 histories allows.
    assert worth(searched.settings[row]) > HEIGHT - 0.25 * SLOPE
    assert flat["low_2"][0] <= searched.settings[row]["training.at"] <= flat["high_2"][0]
    assert (flat["high_1"] - flat["low_1"] <= flat["high_2"] - flat["low_2"]).all()
    assert table["kind"][-1] == REFERENCE
    assert np.isnan(table["training.at"][-1])


# ---------------------------------------------------------------------------------------------------- on a posterior


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Optimum:
    return optimise(TINY, out=tmp_path_factory.mktemp("optimise") / "run", on="local:1")


def test_the_tables_say_what_was_tried_and_what_was_run_again(done: Optimum) -> None:
    table = read_table(done.folder / OPTIMUM)
    assert table["name"].tolist() == [*(f"trial-{k:04d}" for k in range(1, 13)), "status-quo", "training@0.1"]
    assert (table["kind"] == FINALIST).sum() == 2
    assert table["kind"][-2:].tolist() == [REFERENCE, REFERENCE]
    rerun = table["kind"] != "trial"
    assert np.isfinite(table["value"][rerun]).all()
    assert np.isnan(table["value"][~rerun]).all()
    assert table["recommended"].sum() == 1
    assert table["kind"][done.recommended] == FINALIST
    assert table["training.budget_share"][0] + table["credit.budget_share"][0] == pytest.approx(0.1)
    assert (table["regret"][rerun] >= 0).all()
    flat = read_table(done.folder / FLATNESS)
    assert flat["number"].tolist() == ["training.at", "training.part"]
    beside = json.loads((done.folder / "optimum.json").read_text())
    assert set(KEYS) <= set(beside)
    assert beside["seed"] == "1"
    assert sorted(read_manifest(done.folder)["files"]) == sorted(FILES)


def test_an_interrupted_study_goes_on_to_the_same_bits(done: Optimum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):  # noqa: N818 - it says where the run was stopped
        """The run was stopped after some trials."""

    whole = home._Laboratory.scores

    def scores(laboratory: Any, settings: Any) -> Floats:
        if len(laboratory.tried) == 2:
            raise Stopped
        return whole(laboratory, settings)

    with monkeypatch.context() as patch:
        patch.setattr(home._Laboratory, "scores", scores)
        with pytest.raises(Stopped):
            optimise(TINY, out=tmp_path / "run")
    with pytest.raises(InputError, match="exists; add --resume"):
        optimise(TINY, out=tmp_path / "run")
    before = set((tmp_path / "run" / "chunks").iterdir())
    again = optimise(TINY, out=tmp_path / "run", resume=True, on=Threads(2))
    assert before < set((tmp_path / "run" / "chunks").iterdir())
    for name in (OPTIMUM, FLATNESS):
        assert (again.folder / name).read_bytes() == (done.folder / name).read_bytes()
    assert read_manifest(again.folder)["result_hash"] == read_manifest(done.folder)["result_hash"]
    stamp = (again.folder / OPTIMUM).stat().st_mtime_ns
    third = optimise(TINY, out=tmp_path / "run", resume=True)
    assert (again.folder / OPTIMUM).stat().st_mtime_ns == stamp
    np.testing.assert_array_equal(third.table["value"], done.table["value"])
    with pytest.raises(InputError, match="holds another run"):
        optimise({**TINY, "seed": 2}, out=tmp_path / "run", resume=True)


def test_the_judges_share_no_history_with_the_search() -> None:
    histories = load_histories(SHIPPED, [load_case(1), load_case(10)])
    study = load_study({**TINY, "cases": [1, 10], "draws": 30, "fresh_draws": 1000})
    seen, fresh = halved(histories, study)
    assert len(seen) == len(fresh) == 2
    for half in (seen, fresh):
        np.testing.assert_array_equal(half[0].draw, half[1].draw)
    assert not set(seen[0].draw) & set(fresh[0].draw)
    assert not set(seen[0].keys) & set(fresh[0].keys)
    assert len(seen[0]) <= 30
    assert seen[0].weights.sum() == pytest.approx(1.0)
    # All of a half where it holds fewer than are asked for.
    assert len(fresh[0]) == len(histories[0].distinct()) - len(histories[0].distinct()) // 2
    other = halved(histories, load_study({**TINY, "cases": [1, 10], "seed": 2}))
    assert set(other[1][0].draw) != set(fresh[0].draw)


def test_a_posterior_of_too_few_histories_or_of_other_draws_is_refused() -> None:
    one = load_histories(SHIPPED, [load_case(1)])[0]
    with pytest.raises(InputError, match="3 histories cannot be halved"):
        halved([one.part(0, 3)], load_study(TINY))
    with pytest.raises(InputError, match="draws of these clusters differ"):
        halved([one.part(0, 8), one.part(8, 8)], load_study(TINY))


def test_references_have_the_budget_of_the_study_where_it_is_one() -> None:
    fixed = reference_policies(load_study(TINY))
    assert [one.name for one in fixed] == ["status-quo", "training@0.1"]
    open_total = reference_policies(load_study({**TINY, "budget_share": [0.1, 0.2]}))
    assert [one.name for one in open_total] == ["status-quo", "training"]


def test_net_values_of_several_clusters_are_added_up(tmp_path: Path) -> None:
    few = {**TINY, "trials": 1, "best": 1, "together": 1}
    parts = [optimise({**few, "cases": [case]}, out=tmp_path / str(case)).table["value"] for case in (1, 3)]
    both = optimise({**few, "cases": [1, 3]}, out=tmp_path / "both").table["value"]
    assert both == pytest.approx(parts[0] + parts[1])
