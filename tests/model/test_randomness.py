"""Keyed draws: the published generator, the same bits in both modes, and draws that look like what they claim to be."""

import math

import numpy as np
import pytest
from scipy import stats

from model.compiling import kernel
from model.randomness import exponential, lane_uniform, multiply, narrow_philox, normal, philox, uniform, unit, word, words

ONES = 2**64 - 1
# A right generator fails one of these tests with this probability, had its seed been chosen at random.
FALSE_ALARM = 1e-6

# Random123's known answers for philox4x64-10: counter, key, output.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)),
    ((ONES,) * 4, (ONES,) * 2, (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0)),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
    ),
]

# The same for philox4x32-10.
NARROW_ONES = 2**32 - 1
NARROW_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((NARROW_ONES,) * 4, (NARROW_ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@kernel(cache=False)
def compiled_narrow_philox(key0, key1, c0, c1, c2, c3):
    return narrow_philox(key0, key1, c0, c1, c2, c3)


@kernel(cache=False)
def compiled_lane_uniforms(seed, lineages, mechanism, count, out):
    for i in range(len(out)):
        out[i] = lane_uniform(seed, lineages[i], mechanism, count)


def lane_uniforms(lineages, mechanism=5, count=3, seed=11):
    out = np.empty(len(lineages))
    compiled_lane_uniforms(np.uint64(seed), np.asarray(lineages, np.uint64), mechanism, count, out)
    return out


@kernel(cache=False)
def compiled_philox(key0, key1, c0, c1, c2, c3):
    return philox(key0, key1, c0, c1, c2, c3)


@kernel(cache=False)
def compiled_draws(seed, case, lineage, mechanism, first, out):
    for i in range(len(out)):
        out[i, 0] = uniform(seed, case, lineage, mechanism, first + i)
        out[i, 1] = exponential(seed, case, lineage, mechanism, first + i)
        out[i, 2] = normal(seed, case, lineage, mechanism, first + i)


@kernel(cache=False)
def compiled_words(seed, case, lineage, mechanism, count, part):
    return word(seed, case, lineage, mechanism, count), words(seed, case, lineage, mechanism, count, part)


@kernel(cache=False)
def compiled_unit(value):
    return unit(value)


def draws(count, lineage=7):
    out = np.empty((count, 3))
    compiled_draws(11, 3, np.uint64(lineage), 5, 0, out)
    return out


@pytest.mark.parametrize(("counter", "key", "output"), KNOWN_ANSWERS, ids=["zeros", "ones", "pi"])
def test_known_answers(counter, key, output):
    assert philox(*key, *counter) == output
    assert compiled_philox(*map(np.uint64, (*key, *counter))) == output


def test_numpys_generator_gives_the_same_words():
    random = np.random.default_rng(1)
    for _ in range(200):
        key = [int(w) for w in random.integers(0, 2**64, 2, dtype=np.uint64)]
        counter = [int(w) for w in random.integers(0, 2**64, 4, dtype=np.uint64)]
        # NumPy increments its 256-bit counter before it draws.
        before = (sum(w << (64 * i) for i, w in enumerate(counter)) - 1) % 2**256
        oracle = np.random.Philox(counter=before, key=key[0] + (key[1] << 64)).random_raw(4)
        assert philox(*key, *counter) == tuple(oracle.tolist())


@pytest.mark.parametrize(("counter", "key", "output"), NARROW_ANSWERS, ids=["zeros", "ones", "pi"])
def test_known_answers_of_narrow_words(counter, key, output):
    assert narrow_philox(*key, *counter) == output
    assert compiled_narrow_philox(*map(np.uint64, (*key, *counter))) == output


def test_halves_of_a_product():
    assert multiply(ONES, ONES) == (ONES - 1, 1)
    assert multiply(2**63, 2) == (1, 0)
    assert multiply(2**32 - 1, 2**32 - 1) == (0, (2**32 - 1) ** 2)


def test_words_are_the_same_in_both_modes():
    random = np.random.default_rng(2)
    for _ in range(300):
        seed, case, lineage = (np.uint64(w) for w in random.integers(0, 2**64, 3, dtype=np.uint64))
        mechanism, count, part = (int(w) for w in random.integers(0, 1000, 3))
        first, four = compiled_words(seed, case, lineage, mechanism, count, part)
        assert first == word(seed, case, lineage, mechanism, count)
        assert four == words(seed, case, lineage, mechanism, count, part)


def test_draws_are_the_same_in_both_modes():
    compiled = draws(3000)
    for i, row in enumerate(compiled.tolist()):
        key = (11, 3, 7, 5, i)
        assert row == [uniform(*key), exponential(*key), normal(*key)]


def test_any_integer_type_is_the_same_key():
    expected = word(5, 6, 7, 8, 9)
    for kind in (int, np.int64, np.uint64, np.uint32, np.int32):
        assert word(*(kind(k) for k in (5, 6, 7, 8, 9))) == expected
        assert compiled_words(*(kind(k) for k in (5, 6, 7, 8, 9)), kind(0))[0] == expected
    assert type(expected) is int
    assert type(uniform(np.uint64(5), np.int64(6), np.uint64(7), 8, np.uint32(9))) is float


def test_negative_keys_wrap_alike():
    assert word(-1, 0, 0, 0, 0) == word(ONES, 0, 0, 0, 0) == compiled_words(-1, 0, 0, 0, 0, 0)[0]


def test_every_part_of_a_key_matters():
    base = [1, 2, 3, 4, 5]
    keys = [base] + [[k + (i == j) for j, k in enumerate(base)] for i in range(5)]
    drawn = [w for key in keys for part in (0, 1) for w in words(*key, part)]
    assert len(set(drawn)) == 6 * 2 * 4


def test_units_lie_strictly_inside():
    assert unit(0) == compiled_unit(np.uint64(0)) == 2.0**-53
    assert unit(ONES) == compiled_unit(np.uint64(ONES)) == 1.0 - 2.0**-53
    assert unit(2**63) == compiled_unit(np.uint64(2**63)) == 0.5 + 2.0**-53
    assert -math.log(unit(0)) < 36.75


EXTREME_WORDS = [0, 1, 2**31, 2**32 - 1, 2**32, 2**63, ONES]


def test_draws_of_lanes_are_the_same_in_both_modes():
    lineages = [*EXTREME_WORDS, *np.random.default_rng(5).integers(0, 2**64, 500, dtype=np.uint64).tolist()]
    for seed, mechanism, count in ((0, 0, 0), (ONES, 9, 2**32 - 1), (2**32, 7, 1), (12345, 2**32 - 1, 200)):
        expected = [lane_uniform(seed, lineage, mechanism, count) for lineage in lineages]
        assert lane_uniforms(lineages, mechanism, count, seed).tolist() == expected
        assert [lane_uniform(np.uint64(seed), np.uint64(x), mechanism, count) for x in lineages] == expected


def test_a_draw_of_a_lane_is_the_first_two_words_of_its_key():
    """As ``unit`` reads a word, 52 bits and half a step. The key is the seed, the counter (lineage, count, mechanism)."""
    seed, lineage = 0x0123456789ABCDEF, 0xFEDCBA9876543210
    low, high, _, _ = narrow_philox(0x89ABCDEF, 0x01234567, 0x76543210, 0xFEDCBA98, 3, 5)
    assert lane_uniform(seed, lineage, 5, 3) == unit(low | (high << 32))


def test_draws_of_lanes_lie_strictly_inside(monkeypatch):
    """The smallest and the largest that any words could give, which no key at hand does."""
    drawn = []
    for words_drawn in ((0, 0, 0, 0), (NARROW_ONES,) * 4):
        monkeypatch.setattr("model.randomness.narrow_philox", lambda *key, given=words_drawn: given)
        drawn.append(lane_uniform(1, 2, 3, 4))
    assert drawn == [2.0**-53, 1.0 - 2.0**-53]


def test_every_part_of_a_lanes_key_matters():
    base = [1, 2, 3, 4]
    keys = [base] + [[k + (i == j) * step for j, k in enumerate(base)] for i in range(4) for step in (1, 2)]
    keys += [[1 + 2**32, 2, 3, 4], [1, 2 + 2**32, 3, 4]]
    assert len({lane_uniform(*key) for key in keys}) == len(keys) == 11


def test_draws_of_lanes_are_uniform_and_uncorrelated():
    """Four tests, each with a false alarm of ``FALSE_ALARM``, two by Kolmogorov and Smirnov: over lineages and over counts."""
    over_lineages = lane_uniforms(range(100_000))
    over_counts = np.concatenate([lane_uniforms([7, 8], count=count) for count in range(20_000)])
    assert stats.kstest(over_lineages, "uniform").pvalue > FALSE_ALARM
    assert stats.kstest(over_counts, "uniform").pvalue > FALSE_ALARM
    assert stats.pearsonr(over_lineages[1:], over_lineages[:-1]).pvalue > FALSE_ALARM
    assert stats.pearsonr(over_counts[::2], over_counts[1::2]).pvalue > FALSE_ALARM


@pytest.mark.parametrize(("column", "law"), [(0, "uniform"), (1, "expon"), (2, "norm")], ids=["uniform", "exponential", "normal"])
def test_draws_follow_their_law(column, law):
    assert stats.kstest(draws(100_000)[:, column], law).pvalue > FALSE_ALARM


def test_successive_counts_and_lineages_are_uncorrelated():
    u, v = draws(100_000)[:, 0], draws(100_000, lineage=8)[:, 0]
    assert stats.pearsonr(u[1:], u[:-1]).pvalue > FALSE_ALARM
    assert stats.pearsonr(u, v).pvalue > FALSE_ALARM


def test_the_bits_of_words_are_fair():
    drawn = np.array([words(1, 2, lineage, 3, 0) for lineage in range(5_000)], dtype=np.uint64).ravel()
    ones = np.array([int(((drawn >> np.uint64(bit)) & np.uint64(1)).sum()) for bit in range(64)])
    squares = ((ones - len(drawn) / 2) ** 2 / (len(drawn) / 4)).sum()
    assert stats.chi2.sf(squares, 64) > FALSE_ALARM
