"""Policies on the same histories: what is paired, what is left out, and what the decision table says."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from calibration.histories import WeightedHistories
from execution import netcdf
from execution.executors import Threads
from execution.store import RunFolder
from execution.tasks import Runner
from model.config import CONFIGS, Policy, load_case, load_priors
from model.errors import InputError
from model.latents import conditional_medians, default_values
from model.observe import COLUMNS, PHASES
from studies.policy import counterfactuals
from studies.policy.advice import TABLED, Advice, Grounds
from studies.policy.arrays import merged, titles
from studies.policy.chosen import FIRST_PART, SECOND_PART, SEQUENCE, STATUS_QUO, chosen_policies
from studies.policy.compare import compare_histories
from studies.policy.counterfactuals import STATES, compare_case, fans, state_shares
from studies.policy.decision_table import contrast_rows, decision_rows
from studies.policy.outcomes import NAMES, net_value_by
from studies.policy.replay import Replay, replay

COUNT = 6


def histories(case: int | str = 6, count: int = COUNT) -> WeightedHistories:
    cluster, priors = load_case(case), load_priors()
    latents = np.tile(conditional_medians(cluster, priors), (count, 1))
    return WeightedHistories(
        cluster,
        default_values(priors, count),
        latents,
        np.arange(1, count + 1, dtype=np.uint64),
        np.full(count, 1 / count),
        np.arange(count),
        priors.structures_with(None),
    )


def stand_in(worth: Mapping[str, np.ndarray], lost: int | None = None) -> Callable[..., list[Replay]]:
    """Return a replay in which policies' profits are known, and one history may be stopped."""

    def one(histories: WeightedHistories, policy: Policy, years: np.ndarray) -> Replay:
        rows = np.zeros((len(histories), len(years), len(COLUMNS)))
        rows[:, :, COLUMNS.index("workers")] = 100.0
        rows[:, :, COLUMNS.index("owners_old")] = worth.get(policy.name, np.zeros(len(histories)))[:, None]
        rows[:, :, COLUMNS.index("treasury")] = 0.0 if policy.name == STATUS_QUO else -10.0
        if lost is not None and policy.name == "credit":
            rows[lost] = np.nan
        return Replay(years, rows)

    def replay(histories: WeightedHistories, policies: list[Policy], years: np.ndarray, *rest: object) -> list[Replay]:
        return [one(histories, policy, years) for policy in policies]

    return replay


def table(rows: list, outcome: str) -> dict:
    return {row.policy: row for row in rows if row.outcome == outcome}


def test_decision_table_of_known_effects(monkeypatch: pytest.MonkeyPatch) -> None:
    worth = {"training": np.array([30.0, 30, 30, 0, 0, 0]), "credit": np.full(6, 14.0)}
    monkeypatch.setattr(counterfactuals, "replay", stand_in(worth))
    policies = chosen_policies(["training", "credit"])
    rows = decision_rows(compare_case(histories(), policies, 5))
    found = table(rows, "net_value")
    assert list(found) == [STATUS_QUO, "training", "credit"]
    assert (found["training"].mean, found["credit"].mean, found[STATUS_QUO].mean) == pytest.approx((5.0, 4.0, 0.0))
    # Net of a cost of 10: training 20 or -10, credit 4 in every history, the status quo 0.
    assert [found[name].p_best for name in found] == pytest.approx([0.0, 0.5, 0.5])
    assert [found[name].expected_regret for name in found] == pytest.approx([12.0, 7.0, 8.0])
    assert [found[name].worst_regret for name in found] == pytest.approx([20.0, 14.0, 16.0])
    assert found["credit"].behind == pytest.approx(1.0)
    assert found["training"].cost == pytest.approx(10.0)
    assert found["credit"].mc_se == pytest.approx(0.0)
    grounds = Grounds(histories(), 100, 30.0, 0.2, (), 0.0, (), ())
    shown = repr(Advice(load_case(6), compare_case(histories(), policies, 5), grounds, "a label", converged=False)).splitlines()
    assert "NOT CONVERGED; a label; 30 effective histories" in shown[0]
    assert [line.split()[0] for line in shown[1:]] == ["training", "credit", STATUS_QUO]
    every = chosen_policies(None)
    many = repr(Advice(load_case(6), compare_case(histories(), every, 5), grounds, "a label", converged=False)).splitlines()
    assert len(every) > TABLED
    assert len(many) == 10
    assert many[-1] == f"  and {len(every) - TABLED} more"
    assert max(map(len, many)) <= 130
    treasury = table(rows, "treasury")
    assert treasury[STATUS_QUO].p_best == pytest.approx(1.0)
    assert (treasury["training"].mean, found["training"].treasury) == pytest.approx((-10.0, -10.0))
    assert [row.owners_old + row.treasury for row in found.values()] == pytest.approx([row.mean for row in found.values()])


def test_a_history_stopped_under_one_policy_is_left_out_under_all(monkeypatch: pytest.MonkeyPatch) -> None:
    worth = {"training": np.array([1e6, 30, 30, 30, 30, 30])}
    monkeypatch.setattr(counterfactuals, "replay", stand_in(worth, lost=0))
    comparison = compare_case(histories(), chosen_policies(["training", "credit"]), 5)
    assert comparison.lost == pytest.approx(1 / 6)
    assert comparison.weights[0] == 0
    assert table(decision_rows(comparison), "net_value")["training"].mean == pytest.approx(20.0)
    assert table(decision_rows(comparison), "net_value")["training"].ess == pytest.approx(5.0)


def test_contrasts(monkeypatch: pytest.MonkeyPatch) -> None:
    worth = {
        "training-then-credit-and-zone": np.full(6, 50.0),
        "credit-and-zone-then-training": np.full(6, 45.0),
        "first-part": np.full(6, 30.0),
        "second-part": np.full(6, 25.0),
        STATUS_QUO: np.full(6, 7.0),
    }
    monkeypatch.setattr(counterfactuals, "replay", stand_in(worth))
    comparison = compare_case(histories(), chosen_policies(None), 5)
    found = {row.name: row for row in contrast_rows("x", comparison.contrasts, comparison.weights, comparison.histories.draw)}
    assert found["order"].mean == pytest.approx(5.0)
    assert found["order"].positive == pytest.approx(1.0)
    # The sequence is worth 40 net, its parts 20 and 15, the status quo 7.
    assert found["complementarity"].mean == pytest.approx(12.0)


OWN = "title: Mine\nquestion: What?\nprogrammes: [{programme: zone, for: 3}]\n"


@pytest.mark.parametrize("name", ["first-part", "second-part", FIRST_PART, SECOND_PART])
def test_no_policy_can_take_the_name_of_a_half_of_the_sequence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}.yaml").write_text(OWN, encoding="utf-8")
    policies = chosen_policies([SEQUENCE, str(tmp_path / f"{name}.yaml")])
    worth = {"Mine": 1000.0, STATUS_QUO: 7.0, SEQUENCE: 50.0}

    def replay(histories: WeightedHistories, policies: list[Policy], years: np.ndarray, *rest: object) -> list[Replay]:
        replays = []
        for policy in policies:
            rows = np.zeros((len(histories), len(years), len(COLUMNS)))
            half = 30.0 if {spec.programme for spec in policy.programmes} == {"training"} else 25.0
            rows[:, :, COLUMNS.index("owners_old")] = worth.get(policy.title, worth.get(policy.name, half))
            replays.append(Replay(years, rows))
        return replays

    monkeypatch.setattr(counterfactuals, "replay", replay)
    comparison = compare_case(histories(), policies, 5)
    assert comparison.policies == (STATUS_QUO, SEQUENCE, name)
    assert comparison.levels[2, 0, NAMES.index("net_value")] == 1000.0
    assert comparison.contrasts["complementarity"].tolist() == [50.0 - 30.0 - 25.0 + 7.0] * COUNT


def test_two_policies_of_one_name_are_refused_with_both_files(tmp_path: Path) -> None:
    for folder, text in (("a", OWN), ("b", OWN.replace("for: 3", "for: 4")), ("c", OWN)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plan.yaml").write_text(text, encoding="utf-8")
    one, other, same = (str(tmp_path / folder / "plan.yaml") for folder in ("a", "b", "c"))
    with pytest.raises(InputError) as error:
        chosen_policies(["training", one, other])
    assert one in str(error.value)
    assert other in str(error.value)
    for twice in ([one, same], [one, one], ["training", str(CONFIGS / "policies" / "training.yaml")]):
        with pytest.raises(InputError, match="named twice"):
            chosen_policies(twice)


def test_titles_are_read_from_the_comparison(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(counterfactuals, "replay", stand_in({}))
    for names in ([STATUS_QUO], ["credit", "zone"]):
        policies = chosen_policies(names)
        data = merged([compare_case(histories(), policies, 5)], 5, policies)
        netcdf.write(tmp_path / "policies.nc", data)
        assert titles(netcdf.read(tmp_path / "policies.nc")) == {name: policy.title for name, policy in policies.items()}


def test_policies_chosen() -> None:
    assert list(chosen_policies(["credit"])) == [STATUS_QUO, "credit"]
    assert list(chosen_policies(["credit", STATUS_QUO])) == [STATUS_QUO, "credit"]
    with pytest.raises(InputError, match="unknown policy"):
        chosen_policies(["nonsense"])
    with pytest.raises(InputError, match="named twice"):
        chosen_policies(["credit", "credit"])


def test_fans_wait_until_half_of_the_weight_has_begun() -> None:
    paths = np.array([[np.nan, 1.0, 1.0], [np.nan, np.nan, 3.0], [np.nan, 2.0, 2.0]])
    curves = fans(paths, np.array([0.25, 0.5, 0.25]))
    assert np.isnan(curves[:, 0]).all()
    assert curves[2, 1] == pytest.approx(1.5)
    assert np.all(np.diff(curves[:, 2]) >= 0)


def test_shares_count_phases_and_those_who_ever_made_the_transition() -> None:
    phases = np.array([[np.nan, 1.0, 2.0], [np.nan, np.nan, 0.0], [3.0, 2.0, np.nan]])
    transitioned = np.array([[np.nan, 0.0, 0.0], [np.nan, np.nan, 0.0], [0.0, 1.0, np.nan]])
    shares = dict(zip(STATES, state_shares(phases, transitioned, np.array([0.5, 0.25, 0.25])), strict=True))
    assert shares["expansion"].tolist() == [0.0, 0.5, 0.0]
    assert shares["initiation"].tolist() == [0.0, 0.0, 0.25]
    assert shares["survival"].tolist() == [0.25, 0.0, 0.0]
    assert shares["improvement"].tolist() == [0.0, 0.25, 0.5]
    # The third history was stopped after its transition.
    assert shares["transitioned"].tolist() == [0.0, 0.25, 0.25]


def test_equal_datasets_are_padded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(counterfactuals, "replay", stand_in({}))
    policies = chosen_policies(["credit"])
    told: list[int] = []
    with RunFolder(tmp_path / "pieces", {}) as folder:
        runner = Runner(folder, Threads(1), progress=lambda stage, done, total: told.append(total - done))
        comparisons = compare_histories(runner, [histories(6, 4), histories(9, 6)], policies, 5)
    data = merged(comparisons, 5, policies)
    assert data["level"].dims == ("structure", "case", "policy", "history", "outcome")
    assert data.sizes["structure"] == 2
    assert data.sizes["history"] == 6
    assert data["weight"].isel(structure=0).sum("history").values.tolist() == pytest.approx([1.0, 1.0])
    assert data["share"].dims == ("case", "state", "step")
    assert (np.isfinite(data["share"].isel(state=0).values) == np.isfinite(data["year"].values)).all()
    assert told[-1] == 0


def test_real_histories_share_their_past_and_pair_exactly() -> None:
    given = histories(6, 4)
    policies = chosen_policies(["training"])
    years = given.case.observations[-1].time + np.arange(-8.0, 6.0)
    runs = replay(given, list(policies.values()), years, 5.0)
    before = years <= given.case.observations[-1].time
    stocks = [COLUMNS.index(name) for name in ("firms", "workers", "price", "profits", "managerial_capital", "schooling")]
    assert np.isfinite(runs[0].rows[:, before][:, :, stocks]).all()
    np.testing.assert_array_equal(runs[0].rows[:, before][:, :, stocks], runs[1].rows[:, before][:, :, stocks])
    assert not np.array_equal(runs[0].rows[:, ~before], runs[1].rows[:, ~before])
    comparison = compare_case(given, policies, 5)
    found = table(decision_rows(comparison), "net_value")
    assert (found[STATUS_QUO].mean, found[STATUS_QUO].mc_se) == (0.0, 0.0)
    assert sum(row.p_best for row in found.values()) == pytest.approx(1.0)
    assert found["training"].cost > 0
    place = NAMES.index("firms")
    np.testing.assert_array_equal(comparison.levels[0, :, place], runs[0].columns(len(years) - 1)["firms"])
    # Net value is kept by year, so that another horizon can be asked for: at this one it is the outcome itself.
    np.testing.assert_allclose(
        net_value_by(comparison.worth, 5), comparison.levels[:, :, NAMES.index("net_value")], rtol=1e-12, atol=1e-6
    )
    np.testing.assert_array_equal(comparison.worth[..., 5], comparison.levels[:, :, NAMES.index("net_value_5")])
    assert (comparison.worth[..., 0] == 0.0).all()
    phases = comparison.shares[: len(PHASES)].sum(axis=0)
    assert phases[-1] == pytest.approx(1.0)
    assert (np.diff(comparison.shares[STATES.index("transitioned")]) >= 0.0).all()
