"""So what? Policies compared on a posterior's histories, advice for a new cluster, the report, and the command line."""

from typing import TYPE_CHECKING

from industrial_takeoff import hidden_package, lazily

# Where a user's file hides a package, this one is imported all the same: the command must be able to say which file it is.
if hidden_package(__name__) is None:
    from model.surroundings import shield

    shield()

if TYPE_CHECKING:
    from studies.plots.budgets import plot_acceptability as plot_acceptability
    from studies.plots.budgets import plot_frontier as plot_frontier
    from studies.plots.cluster import plot_cluster as plot_cluster
    from studies.plots.paths import plot_paths as plot_paths
    from studies.plots.policies import plot_policies as plot_policies
    from studies.plots.posterior import plot_coverage as plot_coverage
    from studies.plots.posterior import plot_parameters as plot_parameters
    from studies.plots.sensitivity import plot_sensitivity as plot_sensitivity
    from studies.policy.advice import advise as advise
    from studies.policy.budgets import budgets as budgets
    from studies.policy.compare import compare as compare
    from studies.policy.learn import learn as learn
    from studies.policy.optimise import optimise as optimise
    from studies.sensitivities.posterior import given_data as given_data
    from studies.sensitivities.study import sensitivity as sensitivity
    from studies.sweeps.sweep import sweep as sweep
    from studies.trials.run import trial as trial

# Loaded when first used, so that the command line answers at once.
_HOMES = {
    "advise": "studies.policy.advice",
    "budgets": "studies.policy.budgets",
    "compare": "studies.policy.compare",
    "given_data": "studies.sensitivities.posterior",
    "learn": "studies.policy.learn",
    "optimise": "studies.policy.optimise",
    "plot_acceptability": "studies.plots.budgets",
    "plot_cluster": "studies.plots.cluster",
    "plot_coverage": "studies.plots.posterior",
    "plot_frontier": "studies.plots.budgets",
    "plot_parameters": "studies.plots.posterior",
    "plot_paths": "studies.plots.paths",
    "plot_policies": "studies.plots.policies",
    "plot_sensitivity": "studies.plots.sensitivity",
    "sensitivity": "studies.sensitivities.study",
    "sweep": "studies.sweeps.sweep",
    "trial": "studies.trials.run",
}
__all__ = [
    "advise",
    "budgets",
    "compare",
    "given_data",
    "learn",
    "optimise",
    "plot_acceptability",
    "plot_cluster",
    "plot_coverage",
    "plot_frontier",
    "plot_parameters",
    "plot_paths",
    "plot_policies",
    "plot_sensitivity",
    "sensitivity",
    "sweep",
    "trial",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
