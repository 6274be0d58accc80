"""On what does a random number depend? On its key alone: seed, case, lineage, mechanism and count.

Philox4x64-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a key and a counter into
four independent 64-bit words. Nothing is stored between draws. An added draw therefore never changes another draw, and two
policies are compared under common random numbers.
"""

from typing import Any, Final

# Numba is imported there first, where its complaints about settings of other programs are silenced.
from model.compiling import equation

# isort: split
import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from model.arithmetic import ONE_BITS, bits_float, log, normal_quantile

# Each constant is above 2**63, so that compiled code treats it as unsigned.
MASK: Final = 0xFFFFFFFFFFFFFFFF
MULTIPLIER_0: Final = 0xD2E7470EE14C6C93
MULTIPLIER_1: Final = 0xCA5A826395121157
WEYL_0: Final = 0x9E3779B97F4A7C15
WEYL_1: Final = 0xBB67AE8584CAA73B
ROUNDS: Final = 10
# The same for words of 32 bits.
NARROW_MULTIPLIER_0: Final = 0xD2511F53
NARROW_MULTIPLIER_1: Final = 0xCD9E8D57
NARROW_WEYL_0: Final = 0x9E3779B9
NARROW_WEYL_1: Final = 0xBB67AE85
TWO_TO_MINUS_52: Final = 2.220446049250313e-16

Words = tuple[int, int, int, int]


def as_word(value: int) -> int:
    """Return an integer of any type as a 64-bit word (negative numbers wrap)."""
    return int(value) & MASK


def multiply(a: int, b: int) -> tuple[int, int]:
    """Return the upper and the lower 64 bits of the product of two words."""
    product = int(a) * int(b)
    return product >> 64, product & MASK


def _as_word_compiled(value: Any) -> Any:
    return lambda value: np.uint64(value)  # noqa: PLW0108 - Numba requires a function here


def _multiply_intrinsic(typing: Any, a: Any, b: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = context.get_value_type(types.uint64)
        wide = type(word)(128)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        halves = builder.trunc(builder.lshr(product, wide(64)), word), builder.trunc(product, word)
        return context.make_tuple(builder, signature.return_type, halves)

    pair: Any = types.UniTuple
    return pair(types.uint64, 2)(types.uint64, types.uint64), generate


_multiply: Any = intrinsic(_multiply_intrinsic)


def _multiply_compiled(a: Any, b: Any) -> Any:
    return lambda a, b: _multiply(a, b)  # noqa: PLW0108 - Numba requires a function here


overload(as_word, strict=False)(_as_word_compiled)
overload(multiply, strict=False)(_multiply_compiled)


@equation
def philox(key0: int, key1: int, c0: int, c1: int, c2: int, c3: int) -> Words:
    """Return the four words of Philox4x64-10 at a key (2 words) and a counter (4 words)."""
    k0, k1 = as_word(key0), as_word(key1)
    w0, w1, w2, w3 = as_word(c0), as_word(c1), as_word(c2), as_word(c3)
    for _ in range(ROUNDS):
        high0, low0 = multiply(MULTIPLIER_0, w0)
        high1, low1 = multiply(MULTIPLIER_1, w2)
        w0, w1, w2, w3 = high1 ^ w1 ^ k0, low1, high0 ^ w3 ^ k1, low0
        k0, k1 = (k0 + WEYL_0) & MASK, (k1 + WEYL_1) & MASK
    return w0, w1, w2, w3


@equation
def low_half(word: int) -> int:
    """Return the lower 32 bits of a word."""
    return as_word(as_word(word) << 32) >> 32


@equation
def narrow_philox(key0: int, key1: int, c0: int, c1: int, c2: int, c3: int) -> Words:
    """Return the four words of 32 bits of Philox4x32-10 at a key (2 words) and a counter (4 words), each below 2**32."""
    k0, k1 = as_word(key0), as_word(key1)
    w0, w1, w2, w3 = as_word(c0), as_word(c1), as_word(c2), as_word(c3)
    for _ in range(ROUNDS):
        one, other = as_word(NARROW_MULTIPLIER_0) * w0, as_word(NARROW_MULTIPLIER_1) * w2
        w0, w1, w2, w3 = (other >> 32) ^ w1 ^ k0, low_half(other), (one >> 32) ^ w3 ^ k1, low_half(one)
        k0, k1 = low_half(k0 + as_word(NARROW_WEYL_0)), low_half(k1 + as_word(NARROW_WEYL_1))
    return w0, w1, w2, w3


@equation
def lane_uniform(seed: int, lineage: int, mechanism: int, count: int) -> float:
    """Return a uniform draw strictly between 0 and 1 for a firm, in a loop over lanes that draws for every one of them.

    Its generator multiplies words of 32 bits, of which a vector register holds several products; one of 64-bit words holds none.
    The case is no part of the key, since a lineage is a word that was drawn by it. ``mechanism`` and ``count`` are below 2**32.
    """
    key, line = as_word(seed), as_word(lineage)
    w0, w1, _, _ = narrow_philox(low_half(key), key >> 32, low_half(line), line >> 32, count, mechanism)
    return bits_float(((w0 | (w1 << 32)) >> 12) | as_word(ONE_BITS)) - (1.0 - 0.5 * TWO_TO_MINUS_52)


@equation
def words(seed: int, case: int, lineage: int, mechanism: int, count: int, part: int = 0) -> Words:
    """Return the four words of one key, enough for several traits of a firm; ``part`` numbers further blocks of the same key."""
    return philox(seed, case, count, mechanism, lineage, part)


@equation
def word(seed: int, case: int, lineage: int, mechanism: int, count: int) -> int:
    """Return the first word of one key."""
    return words(seed, case, lineage, mechanism, count)[0]


@equation
def unit(word: int) -> float:
    """Return a word as a number strictly between 0 and 1: an odd multiple of 2**-53.

    The word's 52 upper bits are used. With 53 bits, adding half a step would need a 54-bit significand, which float64 does not
    have, and the largest number would be rounded to 1.
    """
    return (float(as_word(word) >> 12) + 0.5) * TWO_TO_MINUS_52


@equation
def uniform(seed: int, case: int, lineage: int, mechanism: int, count: int) -> float:
    """Return a uniform draw strictly between 0 and 1."""
    return unit(word(seed, case, lineage, mechanism, count))


@equation
def waiting(chance: float) -> float:
    """Return the standard exponential waiting time that is exceeded with the probability ``chance``, strictly between 0 and 1."""
    return -log(chance)


@equation
def exponential(seed: int, case: int, lineage: int, mechanism: int, count: int) -> float:
    """Return a standard exponential draw: positive, at most 36.74."""
    return waiting(uniform(seed, case, lineage, mechanism, count))


@equation
def normal(seed: int, case: int, lineage: int, mechanism: int, count: int) -> float:
    """Return a standard normal draw, by inversion."""
    return normal_quantile(uniform(seed, case, lineage, mechanism, count))
