"""What is the smallest profile that goes through every stage of a calibration? For tests that run it by a file."""

from typing import Any, Final

COUNTS: Final[dict[str, Any]] = {
    "title": "tiny",
    "seed": 1,
    "training_simulations": 32,
    "rounds": 1,
    "targeted_simulations": 19,
    "hidden": 8,
    "components": 2,
    "epochs": 2,
    "batch": 64,
    "chains": 2,
    "warmup": 20,
    "round_steps": 8,
    "joint_steps": 20,
    "integrals": 20,
    "integral_points": 8,
    "ensembles": 4,
    "walkers": 80,
    "steps": 40,
    "burn": 20,
    "thin": 10,
    "check_draws": 4,
    "exact_draws": 4,
    "exact_replicates": 4,
    "predictive_draws": 4,
    "policy_draws": 4,
    "horizon": 5,
    "policies": "[training]",
}


def tiny(**changes: int) -> str:
    """Return the profile as YAML, with counts that differ or come in addition."""
    return "".join(f"{name}: {value}\n" for name, value in {**COUNTS, **changes}.items())
