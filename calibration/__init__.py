"""What do Tables 1-2 say about the parameters? Observation model, likelihood, samplers, gate, and the posterior as histories."""

import os
from typing import TYPE_CHECKING

from model.loading import lazily

# Linear algebra in one thread, so that no bit depends on their number; read by NumPy's library when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

if TYPE_CHECKING:
    from calibration.pipeline import calibrate as calibrate
    from calibration.pipeline import check as check
    from calibration.results import Posterior as Posterior
    from calibration.results import load_posterior as load_posterior

# Loaded when first used: files are written by ``execution.store``, which needs none of them.
_HOMES = {
    "Posterior": "calibration.results",
    "calibrate": "calibration.pipeline",
    "check": "calibration.pipeline",
    "load_posterior": "calibration.results",
}
__all__ = ["Posterior", "calibrate", "check", "load_posterior"]

__getattr__ = lazily(__name__, _HOMES)
