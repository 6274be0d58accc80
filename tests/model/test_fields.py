"""Do the tables of fields hold the dtypes, the first values and the panel together?"""

from typing import Any

import numpy as np
import pytest

from model import fields, state
from model.fields import CLUSTER_FIELDS, DERIVED, FIRM_FIELDS, LEVEL, MARK, PROGRAMME_FIELDS, SETTING_FIELDS, Field, names
from model.observe import COLUMNS, COUNTS, FLOWS, MEANINGS, UNITS, record
from model.start import first_values, reset, room_for_firms
from model.state import BLOCK, CLUSTER, FIRM, PROGRAMME, SETTING, records
from tests.model.worlds import compiled, given, small_world

TABLES = {"firm": FIRM_FIELDS, "cluster": CLUSTER_FIELDS, "setting": SETTING_FIELDS, "programme": PROGRAMME_FIELDS}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_field_is_named_once_and_explained(table: tuple[Field, ...]) -> None:
    assert len(set(names(table))) == len(table)
    assert all(field.unit and field.meaning for field in table)


def test_records_hold_the_fields_of_their_tables() -> None:
    for dtype, table in ((CLUSTER, CLUSTER_FIELDS), (SETTING, SETTING_FIELDS), (PROGRAMME, PROGRAMME_FIELDS)):
        assert dtype.names == tuple(field.name for field in table if field.kind != DERIVED)
        assert all(dtype[field.name] == field.kind for field in table if field.kind != DERIVED)
    assert {*(BLOCK.names or ()), *state.MARKS} == {*names(FIRM_FIELDS), "words", "common_rung"}
    assert set(FIRM.names or ()) == set(names(FIRM_FIELDS)) - {"residual", "count"}


def test_a_firm_that_moves_keeps_every_field() -> None:
    """Words move as a whole; ``move_firm`` names the others, so that a new field is a word or is named there."""
    others = {field.name for field in FIRM_FIELDS if field.kind != MARK and np.dtype(field.kind).itemsize != state.WORD_BYTES}
    assert others == {"count"}


def test_blocks_begin_where_lines_of_the_cache_do() -> None:
    """What belongs to a block lies behind the values of its lanes, none of which it shares memory with."""
    assert BLOCK.itemsize % state.LINE_BYTES == 0
    places: Any = BLOCK.fields
    ends = {name: places[name][1] + places[name][0].itemsize for name in BLOCK.names or ()}
    assert places["common_rung"][1] == max(end for name, end in ends.items() if name != "common_rung")
    assert ends["common_rung"] <= BLOCK.itemsize
    room = room_for_firms(100, 2)["firms"]
    assert room.ctypes.data % state.LINE_BYTES == 0


def test_a_world_is_reset_to_the_first_values() -> None:
    _, _, _, w = compiled(given(9, "all-at-once", quarters=60, decision=5.0))
    used = {name: w.cluster[name] for name in CLUSTER.names or ()}
    reset(w, w.programmes)
    changed = 0
    for field in CLUSTER_FIELDS:
        if field.kind != DERIVED:
            assert w.cluster[field.name] == (used[field.name] if field.first is None else field.first), field.name
            changed += used[field.name] != w.cluster[field.name]
    assert changed > 40
    for line in w.programmes:
        assert (line.opened, line.granted, line.spent, line.invited) == (-1.0, 0.0, 0.0, 0.0)


def test_a_new_row_begins_with_its_own_first_value() -> None:
    table = (Field("hope", "1", "new"), Field("start", "1", "another", first=2.5), Field("kept", "1", "given", first=None))
    line: Any = np.zeros(1, [(field.name, field.kind) for field in table]).view(np.recarray)[0]
    line.hope = line.kept = 7.0
    first_values(table)(line)
    assert (line.hope, line.start, line.kept) == (0.0, 2.5, 7.0)


def test_a_row_of_the_panel_copies_fields_by_name_and_flows_restart() -> None:
    w = small_world()
    for k, name in enumerate(CLUSTER.names or ()):
        w.cluster[name] = k + 1
    row = np.full(len(COLUMNS), np.nan)
    before = {name: float(w.cluster[name]) for name in CLUSTER.names or ()}
    record(w, row)
    derived = {"workers_per_firm": before["workers"] / before["firms"], "phase": 2.0, "transitioned": 1.0}
    assert dict(zip(COLUMNS, row, strict=True)) == {name: {**before, **derived}[name] for name in COLUMNS}
    for name in CLUSTER.names or ():
        assert w.cluster[name] == (0.0 if name in FLOWS else derived.get(name, before[name])), name


def test_the_panel_is_described_by_the_table() -> None:
    shown = {field.name: field for field in CLUSTER_FIELDS if field.panel}
    assert list(shown) == list(COLUMNS)
    assert {name: (UNITS[name], MEANINGS[name]) for name in COLUMNS} == {k: (f.unit, f.meaning) for k, f in shown.items()}
    assert set(COUNTS) == {name for name, field in shown.items() if field.panel != LEVEL}
    assert set(FLOWS) == {name for name, field in shown.items() if field.panel == fields.FLOW}


def test_counts_are_whole_numbers() -> None:
    panel, _, _, _ = compiled(given(9, "all-at-once", quarters=60, decision=5.0))
    for name in COUNTS:
        column = panel[:, COLUMNS.index(name)]
        np.testing.assert_array_equal(column, np.round(column), err_msg=name)


def test_records_are_zeroed() -> None:
    assert all(value == 0.0 for value in records(CLUSTER, 1)[0].item())
