"""Which exponential and logarithm give the same bits everywhere? Those below: sums, products, quotients and shifts of bits.

The ``exp`` of a C library differs between machines, and its vectorised version between compilers. The functions below are
accurate within 1 ulp, give the same bits in plain Python, in compiled code and in vectorised loops, and have no branches, so that
LLVM can vectorise them.

``mpmath.chebyfit`` gave the coefficients (60 digits, rounded to float64) for the function named beside each polynomial, on the
interval widened by 1e-4; ``tests/model/test_arithmetic.py`` derives them again.
"""

import math
import struct
from typing import Any, Final

# Numba is imported there first, where its complaints about settings of other programs are silenced.
from model.compiling import equation, step

# isort: split
import numpy as np
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

cgutils: Any = untyped_cgutils
ir: Any = cgutils.ir
MASK: Final = 0xFFFFFFFFFFFFFFFF
_DOUBLE: Final = struct.Struct("<d")
_SIGNED: Final = struct.Struct("<q")
_UNSIGNED: Final = struct.Struct("<Q")

# Adding 1.5 * 2**52 to a number leaves the nearest integer in the low bits of the sum.
ROUNDER: Final = 6755399441055744.0
TWO_52: Final = 4503599627370496.0
TWO_54: Final = 18014398509481984.0
NORMAL_MIN: Final = 2.2250738585072014e-308
ONE_BITS: Final = 0x3FF0000000000000
TWO_52_BITS: Final = 0x4330000000000000
ROOT_HALF_BITS: Final = 0x3FE6A09E667F3BCD
MANTISSA: Final = 0x000FFFFFFFFFFFFF

# ln 2 is split into two parts. The first ends in 22 zero bits, so that its product with any exponent is exact.
INVERSE_LN2: Final = 1.4426950408889634
LN2_HIGH: Final = 0.6931471801362932
LN2_LOW: Final = 4.236521365809284e-10

# (exp(r) - 1 - r) / r**2 for |r| <= ln(2) / 2; error 2**-62 of exp(r).
E0, E1, E2, E3, E4, E5, E6, E7, E8, E9, E10 = (
    0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136, 0.0013888888888883748, 0.00019841269874820627,
    2.4801587325547743e-05, 2.7557255400206422e-06, 2.75572736431103e-07, 2.5105217004720745e-08, 2.0914686968086876e-09,
)
# (log((1 + s) / (1 - s)) - 2 s) / s**3 as a function of s**2, for s up to that of the root of 2; error 2**-59.
L0, L1, L2, L3, L4, L5, L6 = (
    0.666666666666667, 0.39999999999899444, 0.2857142862600327, 0.22222211130259878, 0.18182889455674947, 0.15331710618210773,
    0.14616585424888623,
)

# Half the width of the interval about one half on which the quantile is one ratio of polynomials.
CENTRAL: Final = 0.425
# Where the second ratio ends and the third begins, in the root of minus the logarithm of the tail.
MIDDLE: Final = 5.0


def float_bits(x: float) -> int:
    """Return the 64 bits of a float as a signed integer."""
    return int(_SIGNED.unpack(_DOUBLE.pack(x))[0])


def bits_float(bits: int) -> float:
    """Return the float that has the low 64 bits of an integer."""
    return float(_DOUBLE.unpack(_UNSIGNED.pack(int(bits) & MASK))[0])


def _float_bits_intrinsic(typing: Any, x: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


def _bits_float_intrinsic(typing: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


_float_bits: Any = intrinsic(_float_bits_intrinsic)
_bits_float: Any = intrinsic(_bits_float_intrinsic)


def _float_bits_compiled(x: Any) -> Any:
    return lambda x: _float_bits(x)  # noqa: PLW0108 - Numba requires a function here


def _bits_float_compiled(bits: Any) -> Any:
    return lambda bits: _bits_float(bits)  # noqa: PLW0108 - Numba requires a function here


overload(float_bits, strict=False)(_float_bits_compiled)
overload(bits_float, strict=False)(_bits_float_compiled)


def clipped(x: float, low: float, high: float) -> float:
    """Return ``x``, or the bound beyond which it lies; nan stays nan. No bound may be 0, because the sign of 0 would matter."""
    x = low if x < low else x
    return high if x > high else x


def _clipped_intrinsic(typing: Any, x: Any, low: Any, high: Any) -> Any:
    # This takes two instructions; the compiler would make five of the two conditions.
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(types.float64)
        bound = ir.FunctionType(kind, [kind, kind])
        larger, smaller = (
            cgutils.get_or_insert_function(builder.module, bound, f"llvm.{name}.f64") for name in ("maximum", "minimum")
        )
        return builder.call(smaller, [builder.call(larger, arguments[:2]), arguments[2]])

    return types.float64(types.float64, types.float64, types.float64), generate


_clipped: Any = intrinsic(_clipped_intrinsic)


def _clipped_compiled(x: Any, low: Any, high: Any) -> Any:
    return lambda x, low, high: _clipped(x, low, high)  # noqa: PLW0108 - Numba requires a function here


overload(clipped, strict=False)(_clipped_compiled)


@equation
def exp(x: float) -> float:
    """Return e to the power ``x``, within 1 ulp, subnormal results included; inf above 709.78 and 0 below -745.13."""
    x = float(x)
    z = clipped(x, -746.0, 710.0)
    shifted = z * INVERSE_LN2 + ROUNDER
    k = shifted - ROUNDER
    high = z - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    lost = (high - r) - low
    r2 = r * r
    r4 = r2 * r2
    # Terms are added in pairs, which the processor computes in parallel; one long chain would be slower.
    far = ((E4 + E5 * r) + r2 * (E6 + E7 * r)) + r4 * ((E8 + E9 * r) + r2 * E10)
    y = 1.0 + (r + (lost + r2 * (((E0 + E1 * r) + r2 * (E2 + E3 * r)) + r4 * far)))
    # 2**k is applied as two factors, because it may be out of range where y * 2**k is not. The low bits of ``shifted`` hold k.
    whole = float_bits(shifted)
    half = whole >> 1
    return y * bits_float((half << 52) + ONE_BITS) * bits_float(((whole - half) << 52) + ONE_BITS)


@equation
def log(x: float) -> float:
    """Return the natural logarithm, within 1 ulp, of subnormal numbers too; -inf for 0 and nan for a negative number."""
    x = float(x)
    tiny = x < NORMAL_MIN
    bits = float_bits(x * TWO_54 if tiny else x) + (ONE_BITS - ROOT_HALF_BITS)
    # x = m * 2**k with m from the root of a half to the root of 2.
    k = bits_float(((bits >> 52) & 0x7FF) | TWO_52_BITS) - (TWO_52 + (1077.0 if tiny else 1023.0))
    f = bits_float((bits & MANTISSA) + ROOT_HALF_BITS) - 1.0
    s = f / (2.0 + f)
    s2 = s * s
    s4 = s2 * s2
    series = s2 * ((L0 + L1 * s2) + s4 * ((L2 + L3 * s2) + s4 * ((L4 + L5 * s2) + s4 * L6)))
    # log(1 + f) = f - (f**2 / 2 - s (f**2 / 2 + series)): the small terms are added first.
    square = 0.5 * f * f
    y = k * LN2_HIGH - ((square - (s * (square + series) + k * LN2_LOW)) - f)
    y = y if x < math.inf else x
    y = math.nan if x < 0.0 else y
    return -math.inf if x == 0.0 else y


@equation
def logistic(x: float) -> float:
    """Return 1 / (1 + exp(-x)), without overflow."""
    x = float(x)
    tail = exp(-abs(x))
    return (1.0 if x >= 0.0 else tail) / (1.0 + tail)


@equation
def normal_quantile(u: float) -> float:
    """Return the standard normal quantile at ``u``, with a relative error of about 1e-15.

    It is infinite at 0 and 1, and nan beyond. Wichura (1988), Applied Statistics 37, algorithm AS 241, PPND16.
    """
    u = float(u)
    if not 0.0 < u < 1.0:
        return -math.inf if u == 0.0 else (math.inf if u == 1.0 else math.nan)
    q = u - 0.5
    if abs(q) <= CENTRAL:
        return _central_quantile(q)
    r = math.sqrt(-log(u if q < 0.0 else 1.0 - u))
    tail = _middle_ratio(r - 1.6) if r <= MIDDLE else _far_ratio(r - 5.0)
    return -tail if q < 0.0 else tail


@step
def normal_quantiles(units: NDArray[np.float64], deviates: NDArray[np.float64]) -> None:
    """Write the standard normal quantiles at ``units``, float64, shape (n,), to ``deviates`` of the same shape.

    The numbers are those of ``normal_quantile``. The first loop runs in vector registers and works out centre and tails of all;
    the second one is for what lies still further out, which is less likely than once in 10**10.
    """
    beyond = 0
    for k in range(len(units)):
        q = units[k] - 0.5
        r = math.sqrt(-log(units[k] if q < 0.0 else 1.0 - units[k]))
        centre, tail = _central_quantile(q), _middle_ratio(r - 1.6)
        outer = -tail if q < 0.0 else tail
        deviates[k] = centre if abs(q) <= CENTRAL else outer
        beyond += 0 if r <= MIDDLE else 1
    if beyond > 0:
        for k in range(len(units)):
            deviates[k] = normal_quantile(units[k])


@equation
def _central_quantile(q: float) -> float:
    return q * _central_ratio(0.180625 - q * q)


@equation
def _central_ratio(r: float) -> float:
    above = 2509.0809287301226727 * r + 33430.575583588128105
    above = (above * r + 67265.770927008700853) * r + 45921.953931549871457
    above = (above * r + 13731.693765509461125) * r + 1971.5909503065514427
    above = (above * r + 133.14166789178437745) * r + 3.387132872796366608
    below = 5226.495278852545925 * r + 28729.085735721942674
    below = (below * r + 39307.89580009271061) * r + 21213.794301586595867
    below = (below * r + 5394.1960214247511077) * r + 687.1870074920579083
    below = (below * r + 42.313330701600911252) * r + 1.0
    return above / below


@equation
def _middle_ratio(r: float) -> float:
    above = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
    above = (above * r + 0.24178072517745061177) * r + 1.27045825245236838258
    above = (above * r + 3.64784832476320460504) * r + 5.7694972214606914055
    above = (above * r + 4.6303378461565452959) * r + 1.42343711074968357734
    below = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
    below = (below * r + 0.0151986665636164571966) * r + 0.14810397642748007459
    below = (below * r + 0.68976733498510000455) * r + 1.6763848301838038494
    below = (below * r + 2.05319162663775882187) * r + 1.0
    return above / below


@equation
def _far_ratio(r: float) -> float:
    above = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    above = (above * r + 0.0012426609473880784386) * r + 0.026532189526576123093
    above = (above * r + 0.29656057182850489123) * r + 1.7848265399172913358
    above = (above * r + 5.4637849111641143699) * r + 6.6579046435011037772
    below = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
    below = (below * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4
    below = (below * r + 0.0148753612908506148525) * r + 0.13692988092273580531
    below = (below * r + 0.59983220655588793769) * r + 1.0
    return above / below
