"""Do training pairs follow from their seeds, and do most of them come from clusters that are cheap to simulate?"""

from typing import Any

import numpy as np
import pytest

from calibration.keys import LATENTS, PARAMETERS, normals
from calibration.learned.training_set import SPREAD, draw_pairs, restore_pairs, share_out, typical_size
from tests.calibration.conftest import SIZES, pairs_of


def test_fewer_histories_are_simulated_of_large_clusters(cluster: Any) -> None:
    pairs = pairs_of(cluster, 20)
    pairs.outcomes.figures[pairs.case == 2] += 3.0
    counts = share_out(pairs, SIZES, 400)
    assert counts.argmin() == 2
    assert 400 <= counts.sum() < 410


def test_pairs_are_restored_from_outcomes_and_seeds(cluster: Any) -> None:
    """Chunks hold no parameters and no latents: both follow from the seeds."""
    drawn = draw_pairs(cluster, SIZES, 1, 2, 10, 6)
    assert set(drawn.arrays()) == {"case", "keys", "figures", "classes", "status"}
    restored = restore_pairs([drawn.arrays()], SIZES)
    np.testing.assert_array_equal(restored.z, normals(drawn.keys, PARAMETERS, 3))
    np.testing.assert_array_equal(restored.latents, normals(drawn.keys, LATENTS, 2))
    for name in ("case", "z", "latents", "keys"):
        np.testing.assert_array_equal(getattr(restored, name), getattr(drawn, name))
    for part, other in zip(restored.outcomes, drawn.outcomes, strict=True):
        np.testing.assert_array_equal(part, other)


def test_pairs_do_not_depend_on_how_they_are_cut(cluster: Any) -> None:
    whole = draw_pairs(cluster, SIZES, 1, 2, 0, 10)
    parts = restore_pairs([draw_pairs(cluster, SIZES, 1, 2, first, 5).arrays() for first in (0, 5)], SIZES)
    np.testing.assert_array_equal(parts.keys, whole.keys)
    np.testing.assert_array_equal(parts.outcomes.figures, whole.outcomes.figures)


def test_the_typical_size_is_the_mean_root_of_the_larger_date(cluster: Any) -> None:
    pairs = pairs_of(cluster, 2)
    pairs.outcomes.figures[:, :, 0] = np.log([[4.0, 16.0], [1.0, 0.5]] + [[9.0, 1.0]] * 6)
    np.testing.assert_allclose(typical_size(pairs, SIZES), [2.5, 3.0, 3.0, 3.0])


def test_no_cluster_is_left_out_or_takes_all(cluster: Any) -> None:
    """Clusters e^10 times larger and smaller than the others still get shares within the bound."""
    pairs = pairs_of(cluster, 5)
    pairs.outcomes.figures[:, :, 0] = np.array([0.0, 10.0, 20.0, 20.0])[pairs.case, None]
    counts = share_out(pairs, SIZES, 1000)
    assert counts[0] / counts[3] == pytest.approx(SPREAD**2, rel=0.05)
    assert (np.diff(counts) <= 0).all()
