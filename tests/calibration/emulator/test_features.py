"""Do the features say of a history what the model's own settings say, and does every number that was drawn reach the network?"""

import numpy as np
import pytest
from scipy.special import ndtr

from calibration.emulator.features import MEANING, ClusterFeatures
from calibration.simulator import VAGUE, ClusterSimulator
from model.arrays import Floats
from model.latents import LATENTS, settings_for
from tests.calibration.conftest import drawn


@pytest.mark.parametrize("case", [0, 1, 9, 14, 17])
def test_features_agree_with_the_settings_of_the_model(case: int, simulator: ClusterSimulator) -> None:
    """Up to the start's rounding to quarters, the tables' spacing and, near its threshold, the shock's smoothing."""
    z, own, keys = drawn(simulator, case, 300)
    values = simulator.values(z, own, keys)
    settings, start = settings_for(simulator.cases[case], values, own[:, : len(LATENTS)], simulator.structures)
    meant = ClusterFeatures(simulator).meant(np.full(300, case), z, own, np)
    seen, then = simulator.dates(case, start, ndtr(own[:, -len(VAGUE) :])).T - start
    truth: dict[str, Floats] = {
        "market": (np.log(settings["market"]) - 8.0) / 1.5,
        "scale": np.log(settings["scale"]) - 2.0,
        "room": (np.log(settings["market"] / settings["scale"]) - 6.0) / 1.5,
        "world_price": 5.0 * np.log(settings["world_price"]),
        "access": settings["access"] / 2.0,
        "schooling": (settings["schooling"] - 10.0) / 3.0,
        "age_seen": seen / 10.0,
        "age_then": then / 10.0,
        "reach": (np.log(settings["reach"] / settings["scale"]) - 7.0) / 2.0,
    }
    for name, value in truth.items():
        np.testing.assert_allclose(meant[name], value, atol=0.02, err_msg=name)
    hit = np.isfinite(settings["shock_time"])
    assert np.mean(np.abs(meant["shock"] - hit) > 0.1) < 0.15


def test_every_number_drawn_is_an_input(simulator: ClusterSimulator) -> None:
    features = ClusterFeatures(simulator)
    z, own, _ = drawn(simulator, 3, 2)
    told = features(np.array([3, 3]), z, own, np)
    assert told.shape == (2, len(simulator.names) + len(simulator.own) + len(simulator.cases) + len(MEANING))
    np.testing.assert_array_equal(told[:, : z.shape[1] + own.shape[1]], np.concatenate([z, own], axis=1))


def test_both_libraries_give_the_same_features(simulator: ClusterSimulator) -> None:
    jax = pytest.importorskip("jax")
    z, own, _ = drawn(simulator, 5, 20)
    given = np.full(20, 5), z.astype(np.float32), own.astype(np.float32)
    ours = ClusterFeatures(simulator)(*given, np)
    theirs = np.asarray(ClusterFeatures(simulator)(*(jax.numpy.asarray(part) for part in given), jax.numpy))
    np.testing.assert_allclose(theirs, ours, atol=2e-3)


def test_a_parameter_that_a_user_fixes_is_known_by_its_value(simulator: ClusterSimulator) -> None:
    priors = simulator.priors.changed({"population_scale_mean": 2.5})
    fixed = ClusterSimulator(simulator.cases, priors, priors.names("calibrated"), structures=priors.structures_with())
    z, own, _ = drawn(fixed, 9, 3)
    own[:, 1] = 0.0
    meant = ClusterFeatures(fixed).meant(np.full(3, 9), z, own, np)
    heavy = fixed.values(z, own, np.arange(3, dtype=np.uint64))["population_scale_heavy"]
    weight = float(fixed.cases[9].covariates.heavy_product)
    np.testing.assert_allclose(meant["scale"], 2.5 + weight * heavy - 2.0, atol=1e-3)
