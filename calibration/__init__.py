"""What do Tables 1-2 say about the parameters? Observation model, likelihood, samplers, gate, and the posterior as histories."""

import os

# Linear algebra in one thread, so that no bit depends on their number; read by NumPy's library when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

from calibration.pipeline import calibrate, check
from calibration.results import Posterior, load_posterior

__all__ = ["Posterior", "calibrate", "check", "load_posterior"]
