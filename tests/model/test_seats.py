"""Do the tables from which firms are drawn hold exactly the living, and the living who have improved, whatever happens?"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.compiling import prepare
from model.engines.compiled_engine import run_history
from model.engines.quarter import begin, close_quarter, happen, move_firms_and_clocks, open_quarter, tick_time
from model.forks import go_on, keep, room_for
from model.lanes import MIXED, block_count, firm_at
from model.mechanisms.clocks import put_in_order
from model.observe import COLUMNS
from model.peers import EMPTY, SIZE_MIN, slot_of
from model.start import new_world
from model.state import ALIVE, CLUSTER, records
from model.world import World, firms_above
from tests.model.worlds import Given, given

# Firms improve, leave, merge, lose staff and found others, all of it often.
EVENTFUL: dict[str, float] = {
    "success_intercept": -1.5, "attempt_rate": 0.6, "exit_merger_share": 0.8, "awareness_start": 0.7,
    "learning_private_training": 0.4, "learning_private_price": 0.0, "poaching_rate": 0.8, "spin_off_rate": 0.2,
    "succession_rate": 0.2,
}  # fmt: skip
# Too many pioneers, all of them improved, most of whom leave: a table that shrinks to its least.
CROWDED = {"market": 60.0, "founders": 300.0, "founder_rung": 1.0, "reach": 20.0, "quarters": 160.0}
BUSY = {"market": 400.0, "founders": 8.0, "founder_rung": 0.3, "reach": 600.0, "quarters": 160.0}


def assert_seated(w: World, *, dead_in_rows: bool = False) -> int:
    """All who live have one seat each, all who have improved one more each, and nobody else has any; return how many improved."""
    cluster, rows = w.cluster, int(w.cluster.rows)
    alive = (w.firms["marks"][: block_count(rows)].ravel()[:rows] & ALIVE) != 0
    rungs, lineages = (w.firms[name][: block_count(rows)].ravel()[:rows] for name in ("rung", "lineage"))
    assert dead_in_rows or alive.all()
    tables = ((w.table, int(cluster.seats), alive), (w.table_improved, int(cluster.seats_improved), alive & (rungs > 0)))
    for table, size, members in tables:
        seats = table[:size]
        assert sorted(seats[seats != EMPTY].tolist()) == np.flatnonzero(members).tolist()
        assert all(table[slot_of(table, size, lineages[i], i)] == i for i in np.flatnonzero(members))
        assert 4 * members.sum() <= 3 * size, "too tight"
    improved = int(tables[1][2].sum())
    assert firms_above(w, 0) == improved
    assert cluster.seats_improved & (cluster.seats_improved - 1) == 0
    return improved


def ready(what: Given, seed: int) -> tuple[World, NDArray[Any], Any]:
    """A world ready to begin, the array of its record, and what runs it from a quarter to before another."""
    clusters = records(CLUSTER, 1)
    w = new_world(what.params, what.setting, what.programmes, seed, 1 << 17, clusters)
    panel, halt = np.full((int(what.setting.quarters) + 1, len(COLUMNS)), np.nan), np.zeros(1, np.uint8)
    prepare(run_history, w, panel, halt, 0, 1)
    return w, clusters, lambda first, last: run_history(w, panel, halt, first, last)


@pytest.mark.parametrize("setting", [BUSY, CROWDED], ids=["busy", "crowded"])
@pytest.mark.parametrize("seed", range(3))
def test_tables_hold_whom_they_should_at_every_quarter(setting: dict[str, float], seed: int) -> None:
    what = given(10, "foreign-investment", EVENTFUL, decision=10.0, **setting)
    w, _, run = ready(what, seed)
    sizes, improved, mergers = [], [], 0
    for tick in range(int(what.setting.quarters)):
        assert run(tick, tick + 1)
        improved.append(assert_seated(w))
        sizes.append(int(w.cluster.seats_improved))
        mergers = int(w.cluster.mergers) + mergers
    # Not too wide either: the table shrinks with those whom it holds.
    assert all(size == SIZE_MIN or 8 * count >= size for size, count in zip(sizes, improved, strict=True))
    assert mergers > 3
    assert len(set(sizes)) > 1
    assert setting is not CROWDED or (max(sizes) >= 512 and min(sizes) <= 64)


def test_a_fork_finds_its_seats_again() -> None:
    what = given(10, None, EVENTFUL, **BUSY)
    w, clusters, run = ready(what, 5)
    assert run(0, 60)
    past, kept = room_for(w), (w.table.copy(), w.table_improved.copy(), int(w.cluster.seats_improved))
    keep(w, past)
    improved = assert_seated(w)
    ends = []
    for _ in range(2):
        assert run(60, 130)
        assert assert_seated(w) != improved
        ends.append((w.table_improved[: w.cluster.seats_improved].tolist(), w.firms.tobytes(), w.ladder.tobytes()))
        go_on(w, clusters, past, what.programmes, len(what.programmes))
        assert assert_seated(w) == improved
        for table, before in ((w.table, kept[0]), (w.table_improved, kept[1])):
            size = int(w.cluster.seats if table is w.table else w.cluster.seats_improved)
            assert np.array_equal(table[:size], before[:size])
        assert w.cluster.seats_improved == kept[2]
    assert ends[0][0] == ends[1][0]


def test_another_history_in_the_same_memory_begins_with_empty_tables() -> None:
    what = given(10, None, EVENTFUL, **{**CROWDED, "quarters": 20.0})
    w, clusters, run = ready(what, 5)
    assert run(0, 3)
    assert w.cluster.seats_improved > SIZE_MIN
    clusters[0] = new_world(what.params, what.setting, what.programmes, 5).cluster
    assert run(0, 1)
    assert_seated(w)


def test_tables_hold_whom_they_should_after_every_event() -> None:
    """In Python, event by event, with the dead of the quarter in their rows; and the rung of a block is that of its firms."""
    what = given(10, None, EVENTFUL, **{**BUSY, "market": 150.0, "quarters": 40.0})
    w = new_world(what.params, what.setting, what.programmes, 3, 1 << 12)
    begin(w)
    assert_seated(w)
    moved = dead = climbed = 0
    for tick in range(40):
        w.cluster.tick, w.cluster.time = tick, tick_time(tick)
        open_quarter(w, np.zeros(len(COLUMNS)))
        for b in range(block_count(w.cluster.rows)):
            rungs = set(w.firms[b].rung.tolist())
            assert w.firms[b].common_rung == (rungs.pop() if len(rungs) == 1 else MIXED)
        move_firms_and_clocks(w)
        put_in_order(w)
        for due in w.due[w.order[: w.cluster.due]]:
            before = firms_above(w, 0)
            happen(w, due.mechanism, due.firm, due.time, due.number)
            assert_seated(w, dead_in_rows=True)
            climbed += firms_above(w, 0) > before
        dead += int(w.cluster.dead)
        last = firm_at(w.firms, w.cluster.rows - 1).lineage if w.cluster.rows else 0
        close_quarter(w)
        assert_seated(w)
        moved += w.cluster.rows > 0 and firm_at(w.firms, w.cluster.rows - 1).lineage != last
    assert min(moved, dead, climbed) > 3
