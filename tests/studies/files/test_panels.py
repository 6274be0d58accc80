"""The panel and the event log as tables."""

import numpy as np
import pytest
import xarray as xr

from model.errors import TakeoffError
from model.observe import COLUMNS
from studies.files.panels import COUNTS, MAY_BE_MISSING, PANEL_UNITS, check_finite, event_table, panel_table


def histories(seeds: int = 1) -> xr.Dataset:
    time = np.arange(4) * 0.25
    firms = np.tile([3.0, 5.0, 4.0, np.nan], (seeds, 1))
    return xr.Dataset(
        {
            "firms": (("seed", "time"), firms),
            "workers": (("seed", "time"), firms * 2.5),
            "phase": (("seed", "time"), np.tile([0.0, 1.0, 3.0, np.nan], (seeds, 1))),
            "event_time": ("event", np.array([0.0, 0.3, 0.3])),
            "event_word": ("event", np.array(["pioneer", "spin_off", "exit"])),
            "event_firm": ("event", np.array([1, 2**63 + 5, 1], np.uint64)),
            "event_other": ("event", np.array([0, 1, 0], np.uint64)),
            "event_detail": ("event", np.array([0.1, 0.2, 0.3])),
            "event_seed": ("event", np.array([7, 7, 7])),
        },
        coords={"seed": np.arange(7, 7 + seeds), "time": time, "year": ("time", 1975.0 + time)},
    )


def test_panel_of_one_seed() -> None:
    table = panel_table(histories())
    assert list(table)[:3] == ["time", "year", "firms"]
    assert table["firms"].tolist() == [3, 5, 4]
    assert table["firms"].dtype.kind == "i"
    assert table["year"].tolist() == [1975.0, 1975.25, 1975.5]
    assert table["phase"].tolist() == ["initiation", "expansion", "survival"]
    assert not any(name.startswith("event") for name in table)


def test_panel_of_several_seeds_names_them() -> None:
    table = panel_table(histories(2))
    assert table["seed"].tolist() == [7, 7, 7, 8, 8, 8]
    assert len({len(column) for column in table.values()}) == 1


def test_events_keep_their_order_and_their_firms() -> None:
    table = event_table(histories())
    assert table["event"].tolist() == ["pioneer", "spin_off", "exit"]
    assert table["firm"].tolist() == ["0000000000000001", "8000000000000005", "0000000000000001"]
    assert table["other"].tolist() == ["", "0000000000000001", ""]
    assert list(table) == ["time", "event", "firm", "other", "detail"]
    assert next(iter(event_table(histories(2)))) == "seed"


def test_every_column_of_a_panel_has_a_unit_and_counts_are_columns() -> None:
    assert set(COUNTS) <= set(COLUMNS) <= set(PANEL_UNITS)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_number_of_a_panel_may_be_missing_or_infinite(value: float) -> None:
    assert not MAY_BE_MISSING
    check_finite({"price": np.array([1.0]), "phase": np.array(["extinct"]), "firms": np.array([0])})
    with pytest.raises(TakeoffError, match=r"^panel: price: has a number that is not finite"):
        check_finite({"price": np.array([1.0, value])})
    broken = histories()
    broken["workers"][0, 1] = value
    with pytest.raises(TakeoffError, match="panel: workers"):
        panel_table(broken)


def test_a_part_of_many_histories_names_its_seed() -> None:
    assert next(iter(panel_table(histories(), seeds=True))) == "seed"
    assert next(iter(event_table(histories(), seeds=True))) == "seed"
    assert "seed" not in panel_table(histories(2), seeds=False)
