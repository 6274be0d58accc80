"""A small sample, taken once: two clusters, three policies and few histories of every kind."""

import pytest

from calibration.emulator.pairs import Sizes
from calibration.observation import ErrorModel
from calibration.simulator import ClusterSimulator
from calibration.tables import table
from model.config import load_case, load_priors, load_profile
from studies.plan import sample as home
from studies.plan.learning import Learning
from studies.plan.sample import Clusters, Sample, take_sample
from studies.policy.chosen import chosen_policies
from tests.studies.plan.invented import FEW_DRAWS

COUNTS = {
    "training_simulations": 16,
    "rounds": 2,
    "targeted_simulations": 8,
    "exact_draws": 8,
    "exact_replicates": 8,
    "check_draws": 2,
    "predictive_draws": 4,
    "policy_draws": 6,
    "horizon": 5,
}


@pytest.fixture(scope="session")
def clusters() -> Clusters:
    priors, errors = load_priors(), ErrorModel()
    cases = (load_case(9), load_case(10))
    simulator = ClusterSimulator(cases, priors, priors.names("calibrated"), errors, priors.structures_with(None), threads=1)
    sizes = Sizes(len(cases), len(simulator.names), len(simulator.own))
    profile = load_profile("quick").model_copy(update=COUNTS)
    return Clusters(simulator, [table(case, errors) for case in cases], sizes, chosen_policies(["training", "credit"]), profile)


@pytest.fixture(scope="session")
def sample(clusters: Clusters) -> Sample:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home, "NEAR_DRAWS", FEW_DRAWS)
        return take_sample(clusters, lambda done, total: None)


@pytest.fixture
def learning() -> Learning:
    return Learning(0.001, 10.0, 0.02, 0.0001, 0.05, 0.01, 2.0, 100)
