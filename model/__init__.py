"""What happens in an industrial cluster? Equations, the order of events, two engines that agree to the bit, what is observed."""

from typing import TYPE_CHECKING

from industrial_takeoff import lazily
from model.surroundings import shield

# Before NumPy and Numba, which read their variables when they are imported.
shield()

if TYPE_CHECKING:
    from model.batch import simulate_futures as simulate_futures
    from model.batch import simulate_many as simulate_many
    from model.batch import simulate_policies as simulate_policies
    from model.config import all_cases as all_cases
    from model.config import load_case as load_case
    from model.config import load_policy as load_policy
    from model.config import load_priors as load_priors
    from model.config import load_profile as load_profile
    from model.simulation import simulate as simulate

# Loaded when first used: a command that shows its help compiles nothing.
_HOMES = {
    "all_cases": "model.config",
    "load_case": "model.config",
    "load_policy": "model.config",
    "load_priors": "model.config",
    "load_profile": "model.config",
    "simulate": "model.simulation",
    "simulate_many": "model.batch",
    "simulate_futures": "model.batch",
    "simulate_policies": "model.batch",
}
__all__ = [
    "all_cases",
    "load_case",
    "load_policy",
    "load_priors",
    "load_profile",
    "simulate",
    "simulate_futures",
    "simulate_many",
    "simulate_policies",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
