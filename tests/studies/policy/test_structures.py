"""Does the ranking survive another posterior? Two posteriors of a few draws, worked by hand, and their mixture."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from calibration.alternatives import Alternative
from calibration.left_out import Ahead
from execution import netcdf
from execution.run import Run, checked, holds
from model.errors import InputError
from studies.files.tables import read_table
from studies.policy import structures
from studies.policy.structures import (
    ALTERNATIVES,
    MAIN,
    STACKED,
    Ranked,
    check_alike,
    mixture,
    rankings,
    structure_names,
    survival_line,
    survivals,
)

POLICIES = ["status-quo", "training", "zone"]


def comparison(training: list[float], zone: list[float], weight: list[float] | None = None, **changes: Any) -> xr.Dataset:
    """One cluster, one draw a history, net value of two policies against nothing."""
    count = len(training)
    level = np.array([[0.0] * count, training, zone])[None, :, :, None]
    return xr.Dataset(
        {
            "level": (("case", "policy", "history", "outcome"), level),
            "weight": (("case", "history"), [weight or [1.0 / count] * count]),
            "draw": (("case", "history"), [np.arange(float(count))]),
        },
        {"case": ["kumasi"], "policy": POLICIES, "outcome": ["net_value"], **changes},
        {"horizon": 20},
    )


def ranked(structure: str, policy: str, mean: float, unbeaten: int = 1, case: str = "kumasi") -> Ranked:
    return Ranked(case, structure, 0.5, policy, mean, 1.0, 0.5, 0.0, unbeaten)


def alternative(folder: str, converged: bool = True, **chosen: str) -> Alternative:
    numbers = np.zeros(1)
    return Alternative(folder, chosen, "exact", converged, numbers, numbers, Ahead(0.0, 0.0), 0.5)


def test_each_structure_is_ranked_and_the_mixture_weighs_them() -> None:
    several = [comparison([4.0, 6.0], [1.0, 1.0]), comparison([-2.0, 0.0], [3.0, 5.0])]
    rows = list(rankings(several, [MAIN, "record=count"], np.array([0.75, 0.25])))
    means = {(row.structure, row.policy): row.mean for row in rows}
    assert (means[MAIN, "training"], means[MAIN, "zone"]) == (5.0, 1.0)
    assert (means["record=count", "training"], means["record=count", "zone"]) == (-1.0, 4.0)
    assert means[STACKED, "training"] == pytest.approx(0.75 * 5.0 - 0.25 * 1.0)
    assert means[STACKED, "zone"] == pytest.approx(0.75 * 1.0 + 0.25 * 4.0)
    chance = {row.policy: row.p_best for row in rows if row.structure == STACKED}
    assert chance == pytest.approx({"status-quo": 0.0, "training": 0.75, "zone": 0.25})
    assert {row.structure: row.weight for row in rows} == {MAIN: 0.75, "record=count": 0.25, STACKED: 1.0}


def test_draws_of_two_posteriors_are_not_the_same_draw() -> None:
    several = [comparison([1.0, 2.0], [0.0, 0.0]).isel(case=0), comparison([3.0], [0.0]).isel(case=0)]
    both = mixture(several, np.array([0.4, 0.6]))
    assert len(np.unique(both["draw"].values)) == 3
    assert both["weight"].values == pytest.approx([0.2, 0.2, 0.6])


def test_histories_without_weight_have_no_part_and_policies_of_one_alone_are_left_out() -> None:
    one = comparison([1.0, np.nan], [2.0, np.nan], weight=[0.7, 0.0])
    other = comparison([1.0, 3.0], [2.0, 2.0]).sel(policy=["status-quo", "training"])
    rows = list(rankings([one, other], [MAIN, "a"], np.array([0.5, 0.5])))
    assert {row.policy for row in rows} == {"status-quo", "training"}
    assert all(np.isfinite(row.mean) for row in rows)


def test_a_cluster_without_weight_under_one_structure_has_no_mixture() -> None:
    rows = list(rankings([comparison([1.0], [2.0]), comparison([1.0], [2.0], weight=[0.0])], [MAIN, "a"], np.array([0.5, 0.5])))
    assert {row.structure for row in rows} == {MAIN}


def test_a_leader_survives_or_is_beaten_elsewhere() -> None:
    rows = [
        *(ranked(MAIN, "training", 5.0), ranked(MAIN, "zone", 1.0, 0), ranked("a", "training", 2.0), ranked("a", "zone", 1.0)),
        *(ranked(MAIN, "training", 1.0, 1, "zhili"), ranked(MAIN, "zone", 2.0, 1, "zhili")),
        *(ranked("a", "training", 3.0, 1, "zhili"), ranked("a", "zone", 1.0, 0, "zhili")),
    ]
    kumasi, zhili = survivals(rows)
    assert (kumasi.leader, kumasi.leaders, kumasi.unbeaten) == ("training", {MAIN: "training", "a": "training"}, True)
    assert (zhili.leader, zhili.leaders, zhili.unbeaten) == ("zone", {MAIN: "zone", "a": "training"}, False)
    assert survival_line([kumasi, zhili]).startswith("In 1 of 2 clusters the same policy leads")
    assert "in 1 the leader of the first is never beaten" in survival_line([kumasi, zhili])


def test_structures_are_named_by_what_they_choose_otherwise() -> None:
    chosen = [alternative("runs/a", record="share"), alternative("runs/b", record="count"), alternative("runs/c", record="share")]
    assert structure_names(chosen) == [MAIN, "record=count", "c"]


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        (comparison([1.0], [1.0]).assign_attrs(horizon=10), "horizon: 10, but 20 in one/policies.nc; compare both with the same"),
        (comparison([1.0], [1.0]).sel(policy=["status-quo"]), "shares no policy with one/policies.nc"),
    ],
)
def test_comparisons_of_another_kind_are_refused(other: xr.Dataset, rule: str) -> None:
    with pytest.raises(InputError, match=r"two/policies\.nc: ") as raised:
        check_alike(Path("one"), comparison([1.0], [1.0]), Path("two"), other)
    assert rule in str(raised.value)


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two finished runs that hold a comparison each."""
    made = []
    for name, data in (("one", comparison([4.0, 6.0], [1.0, 1.0])), ("two", comparison([0.0, 0.0], [3.0, 5.0]))):
        run = Run("calibration", tmp_path / name, {"name": name}, (structures.POLICIES,))
        finished(run, data)
        made.append(tmp_path / name)
    return made


def finished(run: Run, data: xr.Dataset) -> None:
    from execution.executors import executor_on

    def write() -> dict[str, Any]:
        netcdf.write(run.folder / structures.POLICIES, data.expand_dims(structure=["base"]))
        return {"seed": 1, "label": "exact", "converged": True}

    with executor_on("local", None, lambda text: None) as executor, run.opened(executor, resume=False) as runner:
        run.finish(runner, write)


def test_the_table_lies_beside_the_first_comparison(folders: list[Path]) -> None:
    compared = [alternative(str(folders[0]), record="share"), alternative(str(folders[1]), converged=False, record="count")]
    assert structures.have_policies(compared)
    rows = structures.compare_rankings(compared)
    assert holds(folders[0], ALTERNATIVES)
    assert not holds(folders[1], ALTERNATIVES)
    table = read_table(checked(folders[0], ALTERNATIVES))
    assert table["structure"].tolist() == [row.structure for row in rows]
    assert '"verdict": "NOT CONVERGED"' in (folders[0] / "alternatives.json").read_text()


def test_without_a_comparison_on_each_there_is_no_ranking(folders: list[Path], tmp_path: Path) -> None:
    assert not structures.have_policies([alternative(str(folders[0])), alternative(str(tmp_path / "none"))])
