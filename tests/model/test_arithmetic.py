"""Our exponential and logarithm: how exact they are, at the edges too, and that all three ways to run them give the same bits."""

import math
import platform
import re

import mpmath
import numba
import numpy as np
import pytest
from scipy import special

from model import arithmetic
from model.arithmetic import bits_float, exp, float_bits, log, logistic, normal_quantile
from model.compiling import kernel

# What is promised; the largest seen on eighty million points are 0.90 and 0.88.
EXP_ULPS = 1.0
LOG_ULPS = 1.0
SMALLEST = 5e-324
NORMAL_MIN = 2.2250738585072014e-308
LARGEST = 1.7976931348623157e308
EXP_OVERFLOW = 709.782712893384


@kernel(cache=False)
def exp_loop(x, y):
    for i in range(len(x)):
        y[i] = exp(x[i])


@kernel(cache=False)
def log_loop(x, y):
    for i in range(len(x)):
        y[i] = log(x[i])


@kernel(cache=False)
def exp_scalar(x):
    return exp(x)


@kernel(cache=False)
def log_scalar(x):
    return log(x)


@kernel(cache=False)
def quantile_and_logistic(x, y, z):
    for i in range(len(x)):
        y[i] = normal_quantile(x[i])
        z[i] = logistic(y[i])


def looped(loop, x):
    y = np.empty_like(x)
    loop(x, y)
    return y


def exp_points(count, seed=1):
    """Points over the whole range, near zero, and near the places where the reduction changes its integer."""
    random = np.random.default_rng(seed)
    third = count // 3
    halves = (random.integers(-1000, 1000, third) + 0.5) * math.log(2.0) * (1.0 + 1e-12 * random.standard_normal(third))
    return np.concatenate([random.uniform(-708.0, 709.7, third), random.uniform(-1.0, 1.0, count - 2 * third), halves])


def log_points(count, seed=2):
    """Points over the whole range, around one at all distances, and near the root of 2 where the exponent changes."""
    random = np.random.default_rng(seed)
    quarter = count // 4
    around = 1.0 + random.choice([-1.0, 1.0], quarter) * np.exp(random.uniform(-36.0, -0.7, quarter))
    root = math.sqrt(2.0) * (1.0 + 1e-6 * random.standard_normal(quarter)) * 2.0 ** random.integers(-2, 2, quarter)
    wide = np.exp(random.uniform(-708.0, 709.0, quarter))
    return np.concatenate([wide, random.uniform(0.5, 2.0, count - 3 * quarter), around, root])


def mpmath_ulps(function, x, y):
    """Errors in units of the last place, against 50 digits."""
    with mpmath.workdps(50):
        exact = [function(mpmath.mpf(value)) for value in x.tolist()]
        unit = np.spacing(np.abs(np.array([float(value) for value in exact])))
        return np.array([float(abs(value - own) / step) for value, own, step in zip(exact, y.tolist(), unit.tolist())])


def longdouble_ulps(function, x, y):
    exact = function(x.astype(np.longdouble))
    return (np.abs(exact - y) / np.spacing(np.abs(exact.astype(np.float64)))).astype(np.float64)


@pytest.mark.parametrize(
    ("loop", "function", "points", "bound"),
    [(exp_loop, mpmath.exp, exp_points, EXP_ULPS), (log_loop, mpmath.log, log_points, LOG_ULPS)],
    ids=["exp", "log"],
)
def test_within_its_bound(loop, function, points, bound):
    x = points(20_000)
    assert mpmath_ulps(function, x, looped(loop, x)).max() < bound


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loop", "function", "quick", "points", "bound"),
    [(exp_loop, mpmath.exp, np.exp, exp_points, EXP_ULPS), (log_loop, mpmath.log, np.log, log_points, LOG_ULPS)],
    ids=["exp", "log"],
)
def test_within_its_bound_at_a_million_points(loop, function, quick, points, bound):
    x = points(1_000_000, seed=3)
    y = looped(loop, x)
    errors = longdouble_ulps(quick, x, y)
    worst = np.argsort(errors)[-2000:]
    assert errors.max() < bound + 0.002  # extended precision errs by up to 2**-11 units itself
    assert mpmath_ulps(function, x[worst], y[worst]).max() < bound


def test_subnormal_results_of_exp():
    x = np.random.default_rng(4).uniform(-745.13, -708.4, 5_000)
    assert mpmath_ulps(mpmath.exp, x, looped(exp_loop, x)).max() < EXP_ULPS


def test_subnormal_arguments_of_log():
    x = np.random.default_rng(5).integers(1, 2**52, 5_000).view(np.float64)
    assert mpmath_ulps(mpmath.log, x, looped(log_loop, x)).max() < LOG_ULPS


@pytest.mark.parametrize("function", [exp, exp_scalar], ids=["python", "compiled"])
def test_edges_of_exp(function):
    assert function(0.0) == function(-0.0) == function(SMALLEST) == function(-SMALLEST) == 1.0
    assert function(math.inf) == function(LARGEST) == function(709.7827128933841) == math.inf
    assert LARGEST * (1 - 1e-12) < function(EXP_OVERFLOW) <= LARGEST
    assert function(-math.inf) == function(-LARGEST) == function(-745.14) == function(-1000.0) == 0.0
    assert function(-745.13) == SMALLEST
    assert math.isnan(function(math.nan))
    assert abs(function(1.0) - math.e) <= math.ulp(math.e)


@pytest.mark.parametrize("function", [log, log_scalar], ids=["python", "compiled"])
def test_edges_of_log(function):
    assert function(1.0) == 0.0
    assert math.copysign(1.0, function(1.0)) == 1.0
    assert function(0.0) == function(-0.0) == -math.inf
    assert function(math.inf) == math.inf
    assert all(math.isnan(function(x)) for x in (-1.0, -SMALLEST, -LARGEST, -math.inf, math.nan))
    assert function(LARGEST) == 709.782712893384
    assert function(SMALLEST) == -744.4400719213812
    assert function(NORMAL_MIN) == -708.3964185322641
    assert function(math.nextafter(1.0, 0.0)) == -(2.0**-53)
    assert function(math.nextafter(1.0, 2.0)) == math.nextafter(2.0**-52, 0.0)
    assert function(2.0) == math.log(2.0)


@pytest.mark.parametrize(
    ("function", "scalar", "loop", "points"),
    [
        (exp, exp_scalar, exp_loop, np.concatenate([exp_points(90_000), np.linspace(-760.0, 720.0, 10_000)])),
        (log, log_scalar, log_loop, np.concatenate([log_points(90_000), np.linspace(0.0, 3e-308, 10_000)])),
    ],
    ids=["exp", "log"],
)
def test_same_bits_in_python_compiled_and_vectorised(function, scalar, loop, points):
    vectorised = looped(loop, points)
    assert np.array_equal(np.array([function(x) for x in points.tolist()]).view(np.int64), vectorised.view(np.int64))
    assert np.array_equal(np.array([scalar(x) for x in points.tolist()]).view(np.int64), vectorised.view(np.int64))


def test_same_bits_of_quantile_and_logistic():
    u = np.random.default_rng(6).uniform(size=20_000)
    u[:2000] = np.exp(-700.0 * u[:2000])
    y, z = np.empty_like(u), np.empty_like(u)
    quantile_and_logistic(u, y, z)
    assert [normal_quantile(x) for x in u.tolist()] == y.tolist()
    assert [logistic(x) for x in y.tolist()] == z.tolist()


@pytest.mark.skipif(platform.machine() != "x86_64" or bool(numba.config.DISABLE_JIT), reason="reads x86-64 machine code")
@pytest.mark.skipif(bool(numba.config.BOUNDSCHECK), reason="a loop that checks bounds is not vectorised")
@pytest.mark.parametrize("loop", [exp_loop, log_loop], ids=["exp", "log"])
def test_loops_are_vectorised_without_fused_operations(loop):
    looped(loop, np.ones(8))
    (assembly,) = loop.inspect_asm().values()
    assert re.search(r"\bv?mulpd\b", assembly)
    assert not re.search(r"\bvf(n?m)(add|sub)", assembly)


@pytest.mark.parametrize("function", [exp, log, logistic, normal_quantile])
def test_numpy_scalars_give_python_floats_in_silence(function):
    for x in (0.25, 1e-310, 800.0, -800.0, math.inf, -math.inf, math.nan):
        value = function(np.float64(x))
        assert type(value) is float
        assert np.float64(value).tobytes() == np.float64(function(x)).tobytes()


def test_bits_go_and_return():
    for x in (0.0, -0.0, 1.5, -2.25, SMALLEST, LARGEST, math.inf, -math.inf):
        assert math.copysign(1.0, bits_float(float_bits(x))) == math.copysign(1.0, x)
        assert bits_float(float_bits(x)) == x
    assert float_bits(1.0) == 0x3FF0000000000000
    assert float_bits(-0.0) == -(2**63)


@pytest.mark.filterwarnings("ignore:Descending:DeprecationWarning")
def test_coefficients_are_those_that_the_docstring_names():
    def exp_rest(r):
        if abs(r) < mpmath.mpf(10) ** -15:
            return mpmath.mpf(1) / 2 + r / 6 + r * r / 24 + r**3 / 120
        return (mpmath.exp(r) - 1 - r) / r**2

    def log_rest(z):
        if z < mpmath.mpf(10) ** -12:
            return mpmath.mpf(2) / 3 + 2 * z / 5 + 2 * z * z / 7
        s = mpmath.sqrt(z)
        return (mpmath.log((1 + s) / (1 - s)) - 2 * s) / (s * z)

    with mpmath.workdps(60):
        stretch = mpmath.mpf("1.0001")
        half = mpmath.log(2) / 2 * stretch
        top = ((mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1)) ** 2 * stretch
        exp_terms = mpmath.chebyfit(exp_rest, [-half, half], 11)
        log_terms = mpmath.chebyfit(log_rest, [0, top], 7)
    assert [float(c) for c in reversed(exp_terms)] == pytest.approx([getattr(arithmetic, f"E{k}") for k in range(11)], rel=1e-14)
    assert [float(c) for c in reversed(log_terms)] == pytest.approx([getattr(arithmetic, f"L{k}") for k in range(7)], rel=1e-14)


def test_normal_quantile_against_the_exact_one():
    random = np.random.default_rng(7)
    far = np.exp(random.uniform(-700.0, -1.0, 500))
    u = np.concatenate([random.uniform(size=1500), far, [0.075, 0.925, 0.5 + 1e-9, 2.0**-53]])
    with mpmath.workdps(50):
        for x in u.tolist():
            own = mpmath.mpf(normal_quantile(x))
            # One Newton step from ours, at 50 digits, is exact to twice our digits.
            step = (mpmath.ncdf(own) - mpmath.mpf(x)) / mpmath.npdf(own)
            assert abs(step) < 2e-15 * abs(own)


def test_normal_quantile_at_and_beyond_its_ends():
    assert normal_quantile(0.0) == -math.inf
    assert normal_quantile(1.0) == math.inf
    assert normal_quantile(0.5) == 0.0
    assert normal_quantile(SMALLEST) == pytest.approx(special.ndtri(SMALLEST), rel=1e-14)
    assert all(math.isnan(normal_quantile(u)) for u in (-0.1, 1.1, math.inf, -math.inf, math.nan))
    assert normal_quantile(0.25) == -normal_quantile(0.75)


def test_logistic_is_a_probability_everywhere():
    assert logistic(0.0) == 0.5
    assert logistic(math.inf) == logistic(800.0) == 1.0
    assert logistic(-math.inf) == logistic(-800.0) == 0.0
    assert math.isnan(logistic(math.nan))
    x = np.random.default_rng(8).uniform(-40.0, 40.0, 1000)
    assert [logistic(value) for value in x.tolist()] == pytest.approx(special.expit(x).tolist(), rel=5e-16)
