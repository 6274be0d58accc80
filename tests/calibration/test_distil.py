"""Is a quadratic found from values and slopes, weighed by their noise, and does its posterior always have a peak?"""

import numpy as np
import pytest

from calibration import distil
from calibration.distil import Integrated
from model.arrays import Floats

PARAMETERS, CASES = 6, 3


def truth(seed: int = 4) -> Floats:
    """Coefficients (k, cases) of concave quadratics."""
    draw = np.random.Generator(np.random.Philox(seed))
    coefficients = 0.3 * draw.normal(size=(distil.count(PARAMETERS), CASES))
    coefficients[1 + PARAMETERS :] *= 0.2
    return coefficients


def integrated(coefficients: Floats, count: int, noise: float, slope_noise: float, seed: int = 5) -> Integrated:
    """Values and slopes of quadratics at ``count`` parameters, with normal errors."""
    draw = np.random.Generator(np.random.Philox(seed))
    z = draw.normal(size=(count, PARAMETERS))
    value, step = distil.likelihood(coefficients, z), 1e-4
    aside = step * np.eye(PARAMETERS)
    slope = [(distil.likelihood(coefficients, z + one) - distil.likelihood(coefficients, z - one)) / (2 * step) for one in aside]
    slopes = np.stack(slope, axis=2)
    return Integrated(
        z,
        value + noise * draw.normal(size=value.shape),
        np.full(value.shape, noise**2),
        slopes + slope_noise * draw.normal(size=slopes.shape),
        np.full(slopes.shape, slope_noise**2),
    )


def test_slopes_alone_determine_more_coefficients_than_there_are_integrals() -> None:
    found = distil.distil(integrated(truth(), 20, 1e-3, 1e-3))
    assert distil.count(PARAMETERS) > 20
    np.testing.assert_allclose(found["coefficients"], truth(), atol=0.02)
    assert found["error"].max() < 0.02


@pytest.mark.parametrize(("noise", "slope_noise"), [(0.3, 0.05), (0.05, 1.0)])
def test_the_error_tells_how_far_the_quadratic_is_from_the_truth_without_the_noise(noise: float, slope_noise: float) -> None:
    given = integrated(truth(), 400, noise, slope_noise)
    found = distil.distil(given)
    real = distil.likelihood(found["coefficients"], given.z) - distil.likelihood(truth(), given.z)
    rms = np.sqrt((real**2).mean(axis=0))
    assert rms.max() < 0.15
    # Over 40 integrals held out, the mean square of the noise has a standard error of noise^2 sqrt(2 / 40).
    assert np.all(found["error"] ** 2 < rms**2 + 4 * noise**2 * np.sqrt(2.0 / 40))


def test_what_is_no_quadratic_shows_in_the_error() -> None:
    given = integrated(truth(), 400, 0.01, 0.01)
    bent = given._replace(value=given.value + 0.5 * np.sin(3 * given.z[:, :1]))
    assert distil.distil(bent)["error"].min() > 0.2


def test_a_posterior_has_a_peak_however_convex_the_clusters_are() -> None:
    convex = truth()
    square = [1 + PARAMETERS + i * PARAMETERS - i * (i - 1) // 2 for i in range(PARAMETERS)]
    convex[square] = 1.0
    found = distil.distil(integrated(convex, 100, 0.01, 0.01))["coefficients"].sum(axis=1)
    line = np.linspace(0, 50, 3)[:, None] * np.random.Generator(np.random.Philox(1)).normal(size=(20, 1, PARAMETERS))
    density = np.stack([distil.likelihood(found, one) - 0.5 * (one**2).sum(axis=1) for one in line])
    assert (density[:, 2] < density[:, 0]).all()
