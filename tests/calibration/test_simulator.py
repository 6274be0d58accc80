"""Are (parameters, latents, seed) all there is to a history, and is a panel read as the tables speak?"""

import numpy as np

from calibration.keys import LATENTS, TRAINING, normals, seeds, uniforms
from calibration.observation import ALIVE, EXHAUSTED, EXTINCT, ErrorModel
from calibration.simulator import EXHAUSTED_FIRMS, ClusterSimulator, far_too_many, outcomes
from model.config import all_cases
from model.observe import COLUMNS
from tests.calibration.conftest import drawn


def test_a_history_depends_on_nothing_but_its_triple(simulator: ClusterSimulator) -> None:
    z, latents, keys = drawn(simulator, 8, 6)
    whole = simulator(8, z, latents, keys)
    part = simulator(8, z[3:4], latents[3:4], keys[3:4])
    for one, other in zip(whole, part, strict=True):
        np.testing.assert_array_equal(one[3:4], other)


def test_nuisances_differ_between_histories_and_follow_their_prior(simulator: ClusterSimulator) -> None:
    """Ranks of 2,000 draws under the prior are uniform: mean within four standard errors."""
    keys = seeds(1, TRAINING, 0, 0, 2000)
    own = normals(keys, LATENTS, len(simulator.own))
    values = simulator.values(np.zeros((2000, len(simulator.names))), own, keys)
    below = np.mean(values["market_substitution"] < simulator.priors.defaults["market_substitution"])
    assert abs(below - 0.5) < 4 * 0.5 / np.sqrt(2000)
    assert np.unique(values["exit_base"]).size == 1
    assert np.unique(values["entry_floor"]).size == 1


def test_the_dead_and_the_lost_have_a_status_of_their_own() -> None:
    panel = np.ones((3, 2, len(COLUMNS)))
    panel[:, :, COLUMNS.index("firms")] = [[50, 40], [0, 40], [np.nan, 40]]
    panel[:, :, COLUMNS.index("workers")] = [[500, 400], [0, 400], [np.nan, 400]]
    panel[:, :, COLUMNS.index("improved_workers")] = 300
    panel[:, :, COLUMNS.index("exported")] = 0.2
    shown = outcomes(panel, ErrorModel())
    assert shown.status.tolist() == [ALIVE, EXTINCT, EXHAUSTED]
    np.testing.assert_allclose(shown.figures[0, 0], [np.log(50), np.log(10), 1.0])
    assert shown.classes[0].tolist() == [[2, 1], [2, 1]]


def test_the_bound_on_firms_lies_far_above_what_was_seen() -> None:
    """Its log exceeds that of every count by four of the count's standard errors, and it is never below ``EXHAUSTED_FIRMS``."""
    for case in all_cases():
        counts = [observation.firms for observation in case.observations if observation.firms is not None]
        assert all(np.log(far_too_many(case) / count.middle) > 4 * count.sd for count in counts)
        assert far_too_many(case) >= EXHAUSTED_FIRMS


def test_dates_are_those_of_the_table_or_before_it(simulator: ClusterSimulator) -> None:
    """The last date comes first; a cluster seen once is read again at 30 to 90 % of its age."""
    keys = seeds(1, TRAINING, 0, 0, 400)
    for case, cluster in enumerate(simulator.cases):
        start = np.full(len(keys), float(cluster.start.mode))
        last, earlier = simulator.dates(case, start, uniforms(keys, 4, 2)).T
        for when, observation in ((last, cluster.observations[-1]), (earlier, cluster.observations[0])):
            year = observation.year
            if len(cluster.observations) == 1 and when is earlier:
                share = (when - start) / (last - start)
                assert ((share >= 0.3) & (share <= 0.9)).all()
            elif isinstance(year, tuple):
                assert ((when >= year[0]) & (when <= year[1] + 1)).all()
                assert np.unique(when).size > 100
            else:
                assert (when == observation.time).all()
