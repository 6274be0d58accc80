"""Does whoever reads a posterior get its weights, and is a report written as JSON can hold it?"""

import json
from pathlib import Path

import numpy as np
import xarray as xr

from calibration.results import Posterior, plain


def test_whoever_reads_a_posterior_gets_its_weights(tmp_path: Path) -> None:
    """Weights of 1 and 3: a reader that ignored them would see equal draws."""
    groups = {
        "unconstrained_posterior": xr.Dataset({"z": (("chain", "draw", "parameter"), np.ones((1, 2, 1)))}, {"parameter": ["a"]}),
        "sample_stats": xr.Dataset({"log_weight": (("chain", "draw"), 700.0 + np.log([[1.0, 3.0]]))}),
    }
    names, z, weights = Posterior(tmp_path, groups, xr.Dataset(), xr.Dataset(), {"converged": True}, {}).whitened()
    assert (names, z.shape) == (["a"], (2, 1))
    np.testing.assert_allclose(weights, [0.25, 0.75])


def test_a_report_becomes_plain_json() -> None:
    content = {
        1: np.float64(0.5),
        "lost": np.inf,
        "none": (np.nan,),
        "count": np.int64(3),
        "yes": np.bool_(True),
        "x": np.arange(2),
    }
    assert plain(content) == {"1": 0.5, "lost": None, "none": [None], "count": 3, "yes": True, "x": [0, 1]}
    json.dumps(plain(content), allow_nan=False)
