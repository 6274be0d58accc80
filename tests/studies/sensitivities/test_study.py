"""A study in its folder: the same bits whoever works, what is refused, what the files say, what a stopped history counts for."""

import csv
import json
import threading
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from calibration.keys import SENSITIVITY, seeds, uniforms
from execution import netcdf
from execution.labels import KEYS, verdict_of
from execution.run import MANIFEST
from execution.store import Shard
from model.config import Profile, load_case, load_profile
from model.errors import InputError, Interrupted
from studies.commands.sensitivity import analyse
from studies.sensitivities import study as home
from studies.sensitivities.arrays import ABOVE_TOTAL, BELOW_ZERO, GROUPED, UNSETTLED, headline, noise_floor, note
from studies.sensitivities.design import BY_MECHANISM, BY_PARAMETER, MORRIS, SOBOL
from studies.sensitivities.laboratory import ALL, CHANGES, FIT, PHASES
from studies.sensitivities.study import TABLE, default_folder, sensitivity
from tests.studies.sensitivities.stand_in import VARIED, StandIn


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "Laboratory", StandIn)


def small(**counts: int) -> Profile:
    return load_profile("quick").model_copy(update={"morris_trajectories": 8, "sobol_samples": 16, **counts})


def study(out: Path, **options: object) -> xr.Dataset:
    given = {"cases": [10], "policies": ["training"], "parameters": VARIED, "on": "local:1"}
    return sensitivity(profile=small(), out=out, **{**given, **options})


def result(out: Path) -> str:
    return str(json.loads((out / MANIFEST).read_text())["result_hash"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study made by one thread without a pause."""
    out = tmp_path_factory.mktemp("whole") / "study"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home, "Laboratory", StandIn)
        study(out)
    return out


def test_two_threads_give_the_same_bits(whole: Path, stand_in: None, tmp_path: Path) -> None:
    study(tmp_path / "two", on="local:2")
    assert result(tmp_path / "two") == result(whole)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_shards_in_any_order_give_the_same_bits(whole: Path, stand_in: None, tmp_path: Path, order: tuple[int, int]) -> None:
    out = tmp_path / "shards"
    for index in order:
        study(out, shard=Shard(index, 2))
    assert result(out) == result(whole)


def test_two_shards_at_once_give_the_same_bits(whole: Path, stand_in: None, tmp_path: Path) -> None:
    out = tmp_path / "both"
    workers = [threading.Thread(target=study, args=(out,), kwargs={"shard": Shard(index, 2)}) for index in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert result(out) == result(whole)


def test_an_interrupted_study_goes_on_to_the_same_bits(whole: Path, stand_in: None, tmp_path: Path) -> None:
    out = tmp_path / "interrupted"

    def stop(stage: str, done: int, total: int) -> None:
        if done >= total // 2:
            raise Interrupted("asked to stop")

    with pytest.raises(Interrupted):
        study(out, progress=stop)
    kept = len(list((out / "chunks").glob("*.npz")))
    assert 0 < kept < len(list((whole / "chunks").glob("*.npz")))
    assert not (out / MANIFEST).exists()
    study(out, resume=True)
    assert result(out) == result(whole)


def test_a_finished_study_is_taken_as_it_is(whole: Path, stand_in: None) -> None:
    before = (whole / MANIFEST).read_bytes()
    again = study(whole, resume=True)
    assert (whole / MANIFEST).read_bytes() == before
    assert again.sizes["outcome"] == 1 + len(PHASES) + len(CHANGES)


@pytest.mark.parametrize("change", [{"seed": 9}, {"parameters": VARIED[:2]}, {"policies": ["zone"]}, {"by": BY_MECHANISM}])
def test_another_study_is_not_resumed(whole: Path, stand_in: None, change: dict) -> None:
    with pytest.raises(InputError, match="holds another run"):
        study(whole, resume=True, **change)


def test_the_files_say_what_was_found(stand_in: None, tmp_path: Path) -> None:
    data = study(tmp_path / "study", cases=None)
    manifest = json.loads((tmp_path / "study" / MANIFEST).read_text())
    points = 8 * (len(VARIED) + 1)
    quick = load_profile("quick")
    assert manifest["simulations"] == points * len(quick.sensitivity_cases) * quick.point_seeds * 2 == data.attrs["simulations"]
    assert manifest.keys() >= {"fingerprint", "versions", "seed", "converged", "label", "wall_s", "cpu_s", "command", "imposed"}
    assert data["cluster"].values.tolist() == [ALL, *(load_case(number).name for number in quick.sensitivity_cases)]
    assert data["outcome"].values[0] == FIT.name
    assert data["seen"].dims == ("point", "seed", "case", "outcome")
    # Of the first factor, in the three clusters, over the 0.75 between the outer levels; the third factor does nothing.
    luck = [uniforms(seeds(1, SENSITIVITY, case, 0, quick.point_seeds), 1, 7)[:, 0].mean() for case in range(3)]
    known = 0.75 * (np.arange(1, 4) + 0.1 * np.array(luck))
    slope = data["value"].sel(index="mu", outcome="fit")
    assert slope.sel(factor=VARIED[0]).values == pytest.approx([known.mean(), *known])
    assert slope.sel(factor=VARIED[2]).values == pytest.approx(0.0, abs=1e-12)
    assert float(data["share"].sel(part="parametric", outcome="fit", cluster=ALL)) > 0.9
    with (tmp_path / "study" / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:8] == ["outcome", "cluster", "parameter", "index", "value", "low", "high", "settled"]
    assert len(rows) == data.sizes["outcome"] * 4 * 3 * 3
    assert float(rows[0]["value"]) == float(data["value"].sel(index="mu", outcome="fit", cluster=ALL, factor=VARIED[0]))


def test_the_files_carry_their_label(whole: Path) -> None:
    manifest, beside = (json.loads((whole / name).read_text()) for name in (MANIFEST, "sensitivity.json"))
    attributes = netcdf.read(whole / home.NETCDF).attrs
    assert beside["label"].endswith(f"on the prior; {manifest['label']}")
    assert beside["verdict"] == verdict_of(manifest["converged"])
    assert {name: attributes[name] for name in KEYS} == {name: beside[name] for name in KEYS}
    assert set(manifest["files"]) == set(home.FILES)


def test_words_go_with_numbers_that_need_them() -> None:
    assert note("S1", -0.1, 0.2, True, False) == BELOW_ZERO
    assert note("S1", 0.3, 0.2, False, False) == f"{ABOVE_TOTAL}; {UNSETTLED}"
    assert note("mu", -0.1, np.nan, True, False) == ""
    assert note("sigma", np.nan, np.nan, True, False) == GROUPED


def test_luck_makes_a_mu_star_no_larger_than_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Luck(StandIn):
        def observe(self, case: int, points: np.ndarray) -> dict[str, np.ndarray]:
            seen = super().observe(case, points)
            chance = [np.random.default_rng(list(point.tobytes())).normal(size=self.histories) for point in points]
            return {**seen, "measures": np.repeat(np.array(chance)[:, :, None], len(self.measures), axis=2)}

    monkeypatch.setattr(home, "Laboratory", Luck)
    data = sensitivity(
        profile=small(morris_trajectories=64), out=tmp_path / "study", parameters=VARIED, cases=[10], policies=["training"]
    )
    one = headline(data).sel(outcome="fit")
    size = one["value"].sel(index="mu_star").values
    # Of |N(0, s)|, the mean is the floor and the sd 0.76 of it; over 64 trajectories and 3 factors, false alarms 1e-4; and 0.1
    # for the error of the floor.
    assert np.abs(size / noise_floor(one) - 1).max() < 0.76 / 8 * norm.isf(1e-4 / 6) + 0.1


def command(out: Path, **changes: object) -> int:
    given = {
        "method": "morris", "profile": "quick", "cases": ["10"], "policies": ["training"], "parameters": VARIED, "by": None,
        "out": str(out), "resume": False, "seed": None, "shard": None, "on": "local:1",
        "json": False, "quiet": False, "folder": None,
    }  # fmt: skip
    return analyse(Namespace(**{"plot": None, **given, **changes}))


def test_the_command_says_whether_it_has_settled(stand_in: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = command(tmp_path / "study")
    said = capsys.readouterr().out
    assert code == (0 if json.loads((tmp_path / "study" / MANIFEST).read_text())["converged"] else 3)
    assert said.startswith("NOT SETTLED: " if code == 3 else "settled: ")
    assert "Sensitivity on the prior" in said.splitlines()[1]
    assert "fit: market_elasticity" in said
    assert ("NOT settled" in said) == (code == 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parameters": ["entry_floor", "entry_intensity"]}, "--parameter: entry_floor: is a constant"),
        ({"parameters": ["entry_intensity"]}, "is one factor by parameter"),
        ({"parameters": ["entry_intensity"] * 2}, "is named twice"),
        ({"parameters": ["entry_intensty", "exit_base"]}, "did you mean `entry_intensity`"),
        ({"cases": ["10", "kumasi"]}, "--case: 10-kumasi: is named twice"),
        ({"policies": ["no-such"]}, "no-such"),
        ({"by": "letter"}, "--by: letter: is no kind of factor"),
        ({"profile": "no-such"}, "no-such"),
    ],
)
def test_wrong_input_is_refused_in_one_line(tmp_path: Path, changes: dict, words: str) -> None:
    with pytest.raises(InputError) as error:
        command(tmp_path / "study", **changes)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "study").exists()


def test_base_samples_must_be_a_power_of_two(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sobol_samples: 48: must be a power of two"):
        sensitivity(SOBOL, small(sobol_samples=48), tmp_path / "study")
    with pytest.raises(InputError, match="morris_trajectories: 2: must be 4 or more"):
        sensitivity(MORRIS, small(morris_trajectories=2), tmp_path / "study")


def test_folders_are_named_by_what_is_not_the_default() -> None:
    assert default_folder(MORRIS, BY_PARAMETER, "quick") == Path("runs/sensitivity-quick")
    assert default_folder(SOBOL, BY_MECHANISM, "quick") == Path("runs/sensitivity-sobol-quick")
    assert default_folder(MORRIS, BY_MECHANISM, "quick") == Path("runs/sensitivity-by-mechanism-quick")


@pytest.mark.slow
def test_the_real_model_gives_the_same_bits_with_any_threads_and_shards(tmp_path: Path) -> None:
    tiny = small(morris_trajectories=4, horizon=5)
    acts = "training_intensive_gain"  # through the policy alone, since no course of history is intensive
    options = {"parameters": [*VARIED, acts], "cases": [10], "policies": ["training"]}
    one = sensitivity(profile=tiny, out=tmp_path / "one", on="local:1", **options)
    sensitivity(profile=tiny, out=tmp_path / "two", on="local:2", **options)
    sensitivity(profile=tiny, out=tmp_path / "shards", on="local:1", shard=Shard(1, 2), **options)
    assert result(tmp_path / "one") == result(tmp_path / "two") == result(tmp_path / "shards")
    assert float(one["value"].sel(index="mu_star", outcome="fit", factor=acts).max()) == 0.0
    assert float(one["value"].sel(index="mu_star", outcome="fit", factor="entry_intensity").max()) > 0.0
    assert float(one["value"].sel(index="mu_star", outcome="net_value:training", factor=acts).max()) > 0.0
