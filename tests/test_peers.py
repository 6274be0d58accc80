"""Meetings by key: uniform over the living, indifferent to where firms stand in memory, the same in both modes."""

import numpy as np
import pytest
from scipy import stats

from model.compiling import kernel
from model.events import BIRTH
from model.peers import EMPTY, draw, rebuild, seat, table_size, unseat
from model.randomness import word
from model.state import FIRM, records

# A right table fails a test of uniformity with this probability, had its seed been chosen at random.
FALSE_ALARM = 1e-6


def cluster(count, dead=()):
    firms = records(FIRM, count)
    firms["alive"] = 1
    firms["lineage"] = [word(1, 2, 0, BIRTH, i) for i in range(count)]
    firms["alive"][list(dead)] = 0
    return firms


def seated(firms, room=0):
    size = table_size(len(firms))
    table = np.full(size + room, EMPTY, np.int32)
    rebuild(table, size, firms, len(firms))
    return table, size


@kernel(cache=False)
def compiled_rebuild(table, size, firms, rows):
    rebuild(table, size, firms, rows)


@kernel(cache=False)
def compiled_moves(table, size, firms, leaver, comer):
    unseat(table, firms, leaver)
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
    living = np.flatnonzero(firms["alive"])
    assert sorted(table[table != EMPTY].tolist()) == living.tolist()
    assert table[firms["slot"][living]].tolist() == living.tolist()
    assert np.all(table[size:] == EMPTY)


@pytest.mark.parametrize(("count", "size"), [(0, 16), (1, 16), (8, 16), (9, 32), (16, 32), (17, 64), (200_000, 524_288)])
def test_size_is_the_power_of_two_with_twice_the_room(count, size):
    assert table_size(count) == size


@pytest.mark.parametrize("count", [0, 1, 8, 500])
def test_everyone_alive_has_one_seat(count):
    firms = cluster(count, dead=range(0, count, 5))
    table, size = seated(firms, room=40)
    assert_seated(table, size, firms)


def test_draws_are_uniform_over_the_living():
    firms = cluster(60, dead=(0, 7, 59))
    table, size = seated(firms)
    counts = np.bincount(drawn(table, size, 200_000), minlength=60)
    assert counts[[0, 7, 59]].sum() == 0
    assert stats.chisquare(counts[firms["alive"] == 1]).pvalue > FALSE_ALARM


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
    shuffled = firms[np.random.default_rng(3).permutation(300)].copy()
    table, size = seated(firms)
    other_table, _ = seated(shuffled)
    assert np.array_equal(firms["lineage"][table[table != EMPTY]], shuffled["lineage"][other_table[other_table != EMPTY]])
    assert np.array_equal(firms["lineage"][drawn(table, size, 5000)], shuffled["lineage"][drawn(other_table, size, 5000)])


def test_most_meetings_survive_another_firms_entry():
    firms = cluster(301)
    size = table_size(301)
    fewer, more = np.full(size, EMPTY, np.int32), np.full(size, EMPTY, np.int32)
    rebuild(fewer, size, firms, 300)
    without = firms["lineage"][drawn(fewer, size, 5000)]
    rebuild(more, size, firms, 301)
    assert np.mean(without == firms["lineage"][drawn(more, size, 5000)]) > 0.95


def test_both_modes_seat_and_draw_alike():
    firms, compiled_firms = cluster(200, dead=(5, 6)), cluster(200, dead=(5, 6))
    table, size = seated(firms)
    compiled_table = np.full(size, EMPTY, np.int32)
    compiled_rebuild(compiled_table, size, compiled_firms, 200)
    for leaver, comer in ((10, 5), (11, 6), (5, 10)):
        unseat(table, firms, leaver)
        seat(table, size, firms, comer)
        compiled_moves(compiled_table, size, compiled_firms, leaver, comer)
    assert np.array_equal(table, compiled_table)
    assert np.array_equal(firms["slot"], compiled_firms["slot"])
    assert [draw(table, size, 1, 2, np.uint64(99), i) for i in range(1000)] == drawn(compiled_table, size, 1000).tolist()


def test_who_left_is_met_no_more():
    firms = cluster(10)
    table, size = seated(firms)
    unseat(table, firms, 4)
    firms["alive"][4] = 0
    assert_seated(table, size, firms)
    assert 4 not in drawn(table, size, 2000)


def test_nobody_is_met_at_an_empty_table():
    table, size = seated(cluster(1, dead=(0,)))
    assert draw(table, size, 1, 2, 3, 4) == -1
    assert drawn(table, size, 3).tolist() == [-1, -1, -1]
