"""Are the keys of draws uniform, distinct, and free of the order of work?"""

import numpy as np
from scipy.special import ndtr

from calibration.keys import normals, number, seeds, uniforms


def test_keys_are_uniform_and_distinct() -> None:
    """A hundred thousand uniforms: mean and variance within four standard errors; no key repeats between cases or stages."""
    keys = np.concatenate([seeds(1, stage, case, 0, 500) for stage in (1, 2) for case in range(50)])
    assert np.unique(keys).size == keys.size
    draw = uniforms(keys, 3, 2)
    assert abs(draw.mean() - 0.5) < 4 * np.sqrt(1 / 12 / draw.size)
    assert abs(draw.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / draw.size)
    assert abs(np.corrcoef(draw.T)[0, 1]) < 4 / np.sqrt(len(draw))
    assert number(1, 2, 3) != number(1, 2, 4)


WORD = 2**64


def finaliser(bits: int) -> int:
    """The finaliser of splitmix64, in whole numbers of any length."""
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB % WORD
    return bits ^ (bits >> 31)


def absorb(state: int, value: int) -> int:
    return finaliser(((state ^ value) + 0x9E3779B97F4A7C15) % WORD)


def test_seeds_are_mixed_as_published() -> None:
    by_hand = [absorb(absorb(absorb(77, 3), 18), index) for index in range(5, 9)]
    assert seeds(77, 3, 18, 5, 4).tolist() == by_hand
    assert number(77, 3, 5) == absorb(absorb(absorb(77, 3), 0), 5) >> 32


def test_a_negative_seed_is_a_seed() -> None:
    assert seeds(-1, 1, 0, 0, 2).tolist() == seeds(WORD - 1, 1, 0, 0, 2).tolist()


def test_draws_do_not_depend_on_the_order_of_work() -> None:
    whole = seeds(1, 2, 3, 0, 10)
    np.testing.assert_array_equal(seeds(1, 2, 3, 4, 3), whole[4:7])
    np.testing.assert_array_equal(uniforms(whole, 5, 6)[4:7], uniforms(whole[4:7], 5, 6))
    np.testing.assert_array_equal(uniforms(whole, 5, 6)[:, :2], uniforms(whole, 5, 2))


def test_streams_of_one_history_are_independent() -> None:
    """Correlations of 20,000 draws between streams, and between draws of one stream, lie within four standard errors of zero."""
    keys = seeds(1, 1, 0, 0, 20_000)
    draws = np.concatenate([uniforms(keys, stream, 2) for stream in range(1, 5)], axis=1)
    between = np.corrcoef(draws.T)[np.triu_indices(8, 1)]
    assert (np.abs(between) < 4 / np.sqrt(len(keys))).all()


def test_normals_are_the_quantiles_of_the_uniforms() -> None:
    """The distribution function takes them back to the uniforms; the outermost of them are finite."""
    keys = seeds(1, 1, 0, 0, 5000)
    np.testing.assert_allclose(ndtr(normals(keys, 2, 3)), uniforms(keys, 2, 3), rtol=1e-12)
    assert np.isfinite(normals(keys, 2, 3)).all()
