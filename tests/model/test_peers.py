"""Meetings by key: uniform over the living or over the improved, indifferent to where firms stand in memory, the same in both
modes.
"""

import numpy as np
import pytest
from scipy import stats

from model.compiling import equation, kernel
from model.events import BIRTH
from model.lanes import block_count, firm_at
from model.peers import EMPTY, PATIENCE, anyone, draw, rebuild, seat, seat_again, seeker, slot_of, table_size, unseat
from model.randomness import word
from model.state import ALIVE, BLOCK, records

# A right table fails a test of uniformity with this probability, had its seed been chosen at random.
FALSE_ALARM = 1e-6


def cluster(count, dead=()):
    firms = records(BLOCK, block_count(count) or 1)
    for i in range(count):
        firm = firm_at(firms, i)
        firm.lineage, firm.alive = word(1, 2, 0, BIRTH, i), i not in dead
    return firms


def values(firms, name):
    """One field of every row."""
    column = firms["marks"] & ALIVE if name == "alive" else firms[name]
    return column.ravel()


def seated(firms, count, room=0):
    size = table_size(count)
    table = np.full(size + room, EMPTY, np.int32)
    rebuild(table, size, firms, count)
    return table, size


@kernel(cache=False)
def compiled_rebuild(table, size, firms, rows):
    rebuild(table, size, firms, rows)


@kernel(cache=False)
def compiled_moves(table, size, firms, leaver, comer):
    unseat(table, size, firms, leaver)
    seat(table, size, firms, comer)


@kernel(cache=False)
def compiled_draws(table, size, lineage, out):
    for i in range(len(out)):
        out[i] = draw(table, size, 1, 2, lineage, i)


def drawn(table, size, count, lineage=99):
    out = np.empty(count, np.int64)
    compiled_draws(table, size, lineage, out)
    return out


def assert_seated(table, size, firms):
    living = np.flatnonzero(values(firms, "alive"))
    assert sorted(table[table != EMPTY].tolist()) == living.tolist()
    lineages = values(firms, "lineage")
    assert [table[slot_of(table, size, lineages[i], i)] for i in living] == living.tolist()
    assert np.all(table[size:] == EMPTY)


@pytest.mark.parametrize(("count", "size"), [(0, 16), (1, 16), (8, 16), (9, 32), (16, 32), (17, 64), (200_000, 524_288)])
def test_size_is_the_power_of_two_with_twice_the_room(count, size):
    assert table_size(count) == size


@pytest.mark.parametrize("count", [0, 1, 8, 500])
def test_everyone_alive_has_one_seat(count):
    firms = cluster(count, dead=range(0, count, 5))
    table, size = seated(firms, count, room=40)
    assert_seated(table, size, firms)


def test_draws_are_uniform_over_the_living():
    firms = cluster(60, dead=(0, 7, 59))
    table, size = seated(firms, 60)
    counts = np.bincount(drawn(table, size, 200_000), minlength=60)
    assert counts[[0, 7, 59]].sum() == 0
    assert stats.chisquare(counts[values(firms, "alive")[:60] != 0]).pvalue > FALSE_ALARM


def test_draws_are_uniform_in_crowded_and_in_thin_tables():
    crowded = cluster(15)
    table = np.full(16, EMPTY, np.int32)
    rebuild(table, 16, crowded, 15)
    assert stats.chisquare(np.bincount(drawn(table, 16, 60_000), minlength=15)).pvalue > FALSE_ALARM
    thin = cluster(3)
    table = np.full(4096, EMPTY, np.int32)
    rebuild(table, 4096, thin, 3)
    assert stats.chisquare(np.bincount(drawn(table, 4096, 3_000), minlength=3)).pvalue > FALSE_ALARM


def test_meetings_do_not_depend_on_places_in_memory():
    firms = cluster(300)
    shuffled = cluster(300)
    for new, old in enumerate(np.random.default_rng(3).permutation(300)):
        firm_at(shuffled, new).lineage = firm_at(firms, old).lineage
    table, size = seated(firms, 300)
    other_table, _ = seated(shuffled, 300)
    names, other_names = values(firms, "lineage"), values(shuffled, "lineage")
    assert not np.array_equal(names, other_names)
    assert np.array_equal(names[table[table != EMPTY]], other_names[other_table[other_table != EMPTY]])
    assert np.array_equal(names[drawn(table, size, 5000)], other_names[drawn(other_table, size, 5000)])


def test_most_meetings_survive_another_firms_entry():
    firms = cluster(301)
    size = table_size(301)
    fewer, more = np.full(size, EMPTY, np.int32), np.full(size, EMPTY, np.int32)
    rebuild(fewer, size, firms, 300)
    names = values(firms, "lineage")
    without = names[drawn(fewer, size, 5000)]
    rebuild(more, size, firms, 301)
    assert np.mean(without == names[drawn(more, size, 5000)]) > 0.95


def test_both_modes_seat_and_draw_alike():
    firms, compiled_firms = cluster(200, dead=(5, 6)), cluster(200, dead=(5, 6))
    table, size = seated(firms, 200)
    compiled_table = np.full(size, EMPTY, np.int32)
    compiled_rebuild(compiled_table, size, compiled_firms, 200)
    for leaver, comer in ((10, 5), (11, 6), (5, 10)):
        unseat(table, size, firms, leaver)
        seat(table, size, firms, comer)
        compiled_moves(compiled_table, size, compiled_firms, leaver, comer)
    assert np.array_equal(table, compiled_table)
    assert [draw(table, size, 1, 2, np.uint64(99), i) for i in range(1000)] == drawn(compiled_table, size, 1000).tolist()


def test_who_left_is_met_no_more():
    firms = cluster(10)
    table, size = seated(firms, 10)
    unseat(table, size, firms, 4)
    firm_at(firms, 4).alive = 0
    assert_seated(table, size, firms)
    assert 4 not in drawn(table, size, 2000)


def test_nobody_is_met_at_an_empty_table():
    table, size = seated(cluster(1, dead=(0,)), 1)
    assert draw(table, size, 1, 2, 3, 4) == -1
    assert drawn(table, size, 3).tolist() == [-1, -1, -1]


def test_a_firm_that_was_moved_on_by_others_is_found_past_empty_slots():
    """Who leaves frees a slot between another's home and its seat, which a search for that seat must pass."""
    firms = cluster(12)
    table = np.full(16, EMPTY, np.int32)
    rebuild(table, 16, firms, 12)
    lineages = values(firms, "lineage")[:12]
    order = np.random.default_rng(4).permutation(12).tolist()
    passed = 0
    while order:
        unseat(table, 16, firms, order.pop())
        for i in order:
            slot = slot_of(table, 16, lineages[i], i)
            assert table[slot] == i
            start = _home_of(lineages[i], 16)
            passed += any(table[(start + k) % 16] == EMPTY for k in range((slot - start) % 16))
    assert passed > 0
    assert np.all(table == EMPTY)


def _home_of(lineage, size):
    return int(lineage) * size >> 64


def test_a_search_goes_round_the_tables_end():
    firms = cluster(3)
    for i in range(3):
        firm_at(firms, i).lineage = 2**64 - 1 - i
    table = np.full(16, EMPTY, np.int32)
    rebuild(table, 16, firms, 3)
    assert {int(table[slot]) for slot in (15, 0, 1)} == {0, 1, 2}
    assert sorted(slot_of(table, 16, firm_at(firms, i).lineage, i) for i in range(3)) == [0, 1, 15]


def test_a_firm_that_moves_to_another_row_keeps_its_seat():
    firms = cluster(9)
    table, size = seated(firms, 9)
    names = values(firms, "lineage").copy()
    before = np.where(table == EMPTY, 0, names[table])
    unseat(table, size, firms, 2)
    firm_at(firms, 2).lineage = names[8]
    seat_again(table, size, names[8], 8, 2)
    firm_at(firms, 8).alive = 0
    after = np.where(table == EMPTY, 0, values(firms, "lineage")[table])
    assert set(before.tolist()) - set(after.tolist()) == {int(names[2])}
    assert 8 not in table
    assert np.array_equal(after, np.where(before == names[2], 0, before))


def test_a_table_of_the_improved_leaves_the_others_out():
    firms = cluster(40, dead=(3,))
    for i in range(40):
        firm_at(firms, i).rung = i % 3
    table = np.full(64, EMPTY, np.int32)
    rebuild(table, 64, firms, 40, 1)
    assert sorted(table[table != EMPTY].tolist()) == [i for i in range(40) if i % 3 > 0]
    rebuild(table, 64, firms, 40)
    assert sorted(table[table != EMPTY].tolist()) == [i for i in range(40) if i != 3]


def test_those_asked_are_drawn_uniformly_and_no_more_than_wanted():
    firms = cluster(5)
    table, size = seated(firms, 5)
    asked = []
    seek = seeker(lambda given, index: asked.append(index))
    for count in range(3000):
        before = len(asked)
        assert seek(0, table, size, 1, 2, 99, count, 4) == EMPTY
        assert len(asked) == before + 4
    assert stats.chisquare(np.bincount(asked, minlength=5)).pvalue > FALSE_ALARM
    # The four of one search are asked independently of one another: all pairs of a first and a second are as likely.
    pairs = np.array(asked).reshape(-1, 4)
    seen = np.bincount(5 * pairs[:, 0] + pairs[:, 1], minlength=25)
    assert stats.chisquare(seen).pvalue > FALSE_ALARM


def test_the_first_who_accepts_is_asked_last():
    firms = cluster(30)
    table, size = seated(firms, 30)
    asked = []

    def seventh(given, index):
        asked.append(index)
        return len(asked) == given

    assert seeker(seventh)(7, table, size, 1, 2, 99, 0, 24) == asked[-1]
    assert len(asked) == 7
    everyone = seeker(anyone)
    assert all(everyone(0, table, size, 1, 2, 99, k, 4) == draw(table, size, 1, 2, 99, k) for k in range(100))


@kernel(cache=False)
def compiled_seek(table, size, given, count, most):
    return seek_multiple(given, table, size, 1, 2, np.uint64(99), count, most)


def _is_multiple(given, index):
    return index % given == 0


seek_multiple = seeker(equation(_is_multiple))


def test_both_modes_seek_alike():
    table, size = seated(cluster(50), 50)
    found = [seek_multiple(7, table, size, 1, 2, 99, count, 4) for count in range(300)]
    assert found == [compiled_seek(table, size, 7, count, 4) for count in range(300)]
    assert {index % 7 for index in found if index != EMPTY} == {0}
    assert EMPTY in found


def test_a_search_among_nobody_ends():
    table = np.full(16, EMPTY, np.int32)
    assert seek_multiple(1, table, 16, 1, 2, 99, 0, 4) == EMPTY
    assert compiled_seek(table, 16, 1, 0, 4) == EMPTY


def test_the_only_one_in_a_wide_table_is_found_whatever_it_takes():
    """Draws outlast the search for a table that is wholly empty: blocks of four words are many more than ``PATIENCE``."""
    firms = cluster(1)
    table = np.full(4096, EMPTY, np.int32)
    rebuild(table, 4096, firms, 1)
    assert 4 * PATIENCE < 4096
    assert drawn(table, 4096, 50).tolist() == [0] * 50


def test_a_firm_that_was_never_seated_has_no_slot():
    firms = cluster(3)
    table, size = seated(firms, 3)
    assert slot_of(table, size, firm_at(firms, 1).lineage, 7) == EMPTY
    full = np.zeros(16, np.int32)
    assert slot_of(full, 16, firm_at(firms, 1).lineage, 7) == EMPTY


def test_a_search_among_empty_slots_ends():
    assert draw(np.full(16, EMPTY, np.int32), 16, 1, 2, 99, 0) == EMPTY
