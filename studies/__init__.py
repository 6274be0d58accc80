"""So what? Policies compared on a posterior's histories, advice for a new cluster, the report, and the command line."""

from typing import TYPE_CHECKING

from industrial_takeoff import hidden_package, lazily

# Where a user's file hides a package, this one is imported all the same: the command must be able to say which file it is.
if hidden_package(__name__) is None:
    from model.surroundings import shield

    shield()

if TYPE_CHECKING:
    from studies.policy.advice import advise as advise
    from studies.policy.budgets import budgets as budgets
    from studies.policy.compare import compare as compare
    from studies.policy.learn import learn as learn
    from studies.policy.optimise import optimise as optimise
    from studies.sensitivities.study import sensitivity as sensitivity
    from studies.sweeps.sweep import sweep as sweep
    from studies.trials.run import trial as trial

# Loaded when first used, so that the command line answers at once.
_HOMES = {
    "advise": "studies.policy.advice",
    "budgets": "studies.policy.budgets",
    "compare": "studies.policy.compare",
    "learn": "studies.policy.learn",
    "optimise": "studies.policy.optimise",
    "sensitivity": "studies.sensitivities.study",
    "sweep": "studies.sweeps.sweep",
    "trial": "studies.trials.run",
}
__all__ = ["advise", "budgets", "compare", "learn", "optimise", "sensitivity", "sweep", "trial"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
