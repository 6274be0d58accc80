"""Are quantities seen in deviations of their priors, under names that nothing else bears?"""

import numpy as np
import pytest

from calibration.histories import WeightedHistories
from model.config import load_case, load_priors
from model.latents import LATENTS, draw_values
from studies.policy.quantities import (
    ALL_LATENTS,
    COURSES,
    DERIVED,
    EVERYTHING,
    LATENT,
    PARAMETER,
    PROGRAMMES,
    SITE_WORKS,
    groups,
    latent_name,
    quantities,
    quantity_names,
)

COUNT = 4000
PRIORS = load_priors()


def histories(**fixed: float) -> WeightedHistories:
    """Histories of Kumasi whose parameters and latents are drawn from their priors."""
    generator = np.random.default_rng(1)
    values = draw_values(PRIORS, COUNT, generator) | {name: np.full(COUNT, value) for name, value in fixed.items()}
    latents, number = generator.standard_normal((COUNT, len(LATENTS))), np.arange(COUNT)
    weights = np.full(COUNT, 1 / COUNT)
    return WeightedHistories(load_case(10), values, latents, number.astype(np.uint64), weights, number, PRIORS.structures_with())


def test_one_unit_is_a_deviation_of_the_prior() -> None:
    known = quantities(histories(), PRIORS)
    spreads = {name: float(np.std(one.values)) for name, one in known.items() if one.kind != DERIVED}
    # Distributions that are no normal have another spread than the half of the central 68 %, such as a uniform's 0.85.
    assert {name: spread for name, spread in spreads.items() if not 0.8 < spread < 1.15} == {}
    for name in ("zone_cost", "credit_noise", "cluster_market"):
        assert np.mean(known[name].values) == pytest.approx(0.0, abs=0.1)
        assert spreads[name] == pytest.approx(1.0, abs=0.05)


def test_what_varies_can_be_learnt_and_nothing_else() -> None:
    known = quantities(histories(zone_cost=3.3), PRIORS)
    assert "zone_cost" not in known
    assert set(known) < set(quantity_names(PRIORS))
    assert len(set(quantity_names(PRIORS))) == len(quantity_names(PRIORS))
    assert "credit_rate" not in quantity_names(PRIORS)
    kinds = {kind: [name for name, one in known.items() if one.kind == kind] for kind in (PARAMETER, LATENT, DERIVED)}
    assert kinds[LATENT] == [latent_name(name) for name in LATENTS]
    assert kinds[DERIVED] == [SITE_WORKS, *COURSES]


def test_a_course_brings_its_gain_where_training_works() -> None:
    drawn = histories()
    known = quantities(drawn, PRIORS)
    works = known[SITE_WORKS].values
    assert set(works) == {0.0, 1.0}
    assert np.mean(works) == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(known["intensive_effect"].values, works * drawn.values["training_intensive_gain"])


def test_groups_hold_mechanisms_programmes_latents_and_everything() -> None:
    known = quantities(histories(), PRIORS)
    together = groups(known.values(), PRIORS)
    assert "training_gain" in together["all of training"]
    assert "market_elasticity" in together["all of market"]
    assert "zone_cost" in together[PROGRAMMES]
    assert "market_elasticity" not in together[PROGRAMMES]
    assert together[ALL_LATENTS] == tuple(map(latent_name, LATENTS))
    assert together[EVERYTHING] == tuple(known)
    assert all(len(inside) > 1 for inside in together.values())
