"""What do Tables 1-2 say about the parameters? Observation model, likelihood, samplers, gate, and the posterior as histories."""

from typing import TYPE_CHECKING

from industrial_takeoff import check_packages, lazily

check_packages(__name__)

from model.surroundings import shield  # noqa: E402 - after the check, which says what hides `model`

shield()

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

__getattr__, __dir__ = lazily(__name__, _HOMES)
