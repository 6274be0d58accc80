"""Does the forest show the numbers of the decision table? Dots, lines, frames and rows, from every form that a result has."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from model.errors import InputError
from studies import plot_policies
from studies.plots import alt_text, caption, source
from studies.plots.effects import Effect, effects
from studies.plots.policies import ALONE
from studies.policy import decision
from studies.policy.decision_table import Effects
from studies.policy.outcomes import RANKED_BY
from tests.studies.plots import made
from tests.studies.plots.drawn import areas, dots, marks, named_rows


def rows() -> list[Effects]:
    told = [("status-quo", 0.0, 0.0, 0), ("training", 40.0, 2.0, 1), ("zone", -30.0, 3.0, 0), ("credit", np.nan, np.nan, 0)]
    base = [
        Effects("10-kumasi", name, RANKED_BY, mean, mean - 9, mean + 9, error, unbeaten=best) for name, mean, error, best in told
    ]
    other = [replace(row, outcome="firms", mean=1.0) for row in base]
    return [*base, *other, *(replace(row, structure="bureaucracy=off", mean=7.0) for row in base)]


def test_thin_thick_and_dot_are_the_interval_two_errors_and_the_mean() -> None:
    axis = plot_policies(rows())
    assert named_rows(axis) == ["training", "status quo", "zone", "credit"]
    np.testing.assert_allclose(dots(axis), [[0.0, 1], [40.0, 0], [-30.0, 2]])
    np.testing.assert_allclose([x for x, _ in marks(axis, "thin")], [[-9, 9], [31, 49], [-39, -21]])
    lengths = [np.ptp(x) for x, _ in marks(axis, "thick")]
    np.testing.assert_allclose(lengths, [0.0, 4 * 2.0, 4 * 3.0])
    assert all((y == y[0]).all() for _, y in marks(axis, "thin"))


def test_a_policy_without_numbers_has_a_row_and_no_mark() -> None:
    axis = plot_policies(rows())
    assert 3 not in dots(axis)[:, 1]
    assert len(marks(axis, "thick")) == 3


def test_what_cannot_be_beaten_is_framed() -> None:
    (frame,) = areas(plot_policies(rows()), "unbeaten")
    assert frame.get_y() < 0.0 < frame.get_y() + frame.get_height() < 0.5
    assert frame.get_y() > -0.5


def test_the_effects_of_a_dataset_are_those_of_its_decision() -> None:
    table = effects(made.comparison(), RANKED_BY)
    data = made.comparison().isel(structure=0).sel(case="10-kumasi", outcome=RANKED_BY)
    kept = data["weight"].values > 0
    levels = data["level"].values[:, kept]
    for number, row in enumerate(row for row in table.rows if row.case == "10-kumasi"):
        told = decision.paired_effect(levels[number] - levels[0], np.ones(kept.sum()), data["draw"].values[kept].astype(int))
        assert (row.mean, row.low, row.high, row.mc_se) == told
    best = {row.policy for row in table.rows if row.unbeaten}
    # Training and credit differ by less than their error; the others are behind by more.
    assert {"training"} <= best <= {"training", "credit"}
    assert table.titles["training"] == "Training"


def test_one_cluster_is_ordered_by_its_effects_and_several_share_an_order() -> None:
    alone = plot_policies(made.comparison(), 10)
    assert named_rows(alone) == ["Training", "Credit", "Status quo", "Zone"]
    several = plot_policies(made.comparison(), [10, "06-bac-ninh"])
    assert several.shape == (2,)
    assert [axis.get_title(loc="left") for axis in several] == ["10 Kumasi, metalwork", "6 Bac Ninh, rolled steel bars"]
    assert named_rows(several[0]) == named_rows(alone)


def test_policies_can_be_chosen_and_less_may_be_better() -> None:
    assert named_rows(plot_policies(made.comparison(), 10, policies=["zone", "training"])) == ["Training", "Zone"]
    lost = [Effects("a", name, "lost", mean, mean, mean, 0.0) for name, mean in (("x", 3.0), ("y", 1.0))]
    assert named_rows(plot_policies(lost, outcome="lost")) == ["y", "x"]
    assert "less is better" in caption(plot_policies(lost, outcome="lost"))


def test_every_form_of_a_table_gives_the_same_rows(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    from studies.files.tables import read_table, write_table
    from studies.policy.compare import columns_of

    given = [row for row in rows() if np.isfinite(row.mean)]
    columns = columns_of(Effects, given)
    write_table(tmp_path / "decision.csv", columns, attributes={"label": made.LABEL})
    expected = effects(given, RANKED_BY).rows
    forms = [columns, pandas.DataFrame(columns), read_table(tmp_path / "decision.csv"), tmp_path / "decision.csv"]
    assert [effects(form, RANKED_BY).rows for form in forms] == [expected] * len(forms)
    assert all(isinstance(row, Effect) for row in expected)
    assert source(plot_policies(tmp_path / "decision.csv")) == made.LABEL
    assert source(plot_policies(columns)).startswith("no label")


def test_a_table_without_a_column_is_refused() -> None:
    with pytest.raises(InputError, match="has no column `case`"):
        effects({"policy": ["a"]}, RANKED_BY)


def test_the_text_in_place_of_the_picture_has_its_numbers() -> None:
    text = alt_text(plot_policies(rows()))
    assert "training +40.0 (90 % +31.0 to +49.0, MC s.e. 2.0, cannot be beaten)" in text
    many = [Effects("a", f"p{number}", RANKED_BY, float(number), 0.0, 9.0, 0.1) for number in range(7)]
    assert f"{7 - ALONE} more below" in alt_text(plot_policies(many))


def test_numbers_below_the_axes_stay_apart() -> None:
    wide = [replace(row, mean=row.mean * 1e5, low=row.low * 1e5, high=row.high * 1e5) for row in rows()]
    figure = Figure()
    axis = figure.subplots()
    plot_policies(wide, ax=axis)
    figure.canvas.draw()
    labels = [label.get_text() for label in axis.get_xticklabels() if label.get_text()]
    assert len(labels) <= 7
    assert any(text.endswith("m") for text in labels)
    assert axis.xaxis.get_offset_text().get_text() == ""
