"""On what does a calibration depend? Data, priors, equations, configuration and versions, by which a resume refuses a change."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from calibration.jax_setup import flags_read
from calibration.observation import ErrorModel
from execution.fingerprint import content_hash, source_hashes, versions
from model.priors import Priors
from model.profile import Profile
from model.schema import Case
from model.surroundings import processor

# The packages whose sources decide the numbers of a calibration.
DECIDES: Final = ("model", "calibration")
# What may differ between two sessions of one run without changing a bit of its answer.
FREE: Final = {
    "threads",
    "slurm",
    "title",
    "policy_draws",
    "futures",
    "policies",
    "horizon",
    "morris_trajectories",
    "sobol_samples",
    "point_seeds",
    "sensitivity_cases",
}


def fingerprint(
    cases: Iterable[Case],
    priors: Priors,
    structures: Mapping[str, str],
    profile: Profile,
    seed: int,
    errors: ErrorModel,
) -> dict[str, Any]:
    """Return the fingerprint of a calibration: a mismatch names the part that differs."""
    return {
        "data": {case.name: content_hash(case.model_dump(mode="json")) for case in cases},
        "priors": {name: content_hash(entry.model_dump(mode="json")) for name, entry in priors.parameters.items()},
        "structures": dict(structures),
        "errors": content_hash(vars(errors)),
        "equations": source_hashes(DECIDES),
        "configuration": {**profile.model_dump(mode="json", exclude=FREE), "seed": seed},
        "versions": versions(),
        "processor": {**processor(), "training": flags_read()},
    }
