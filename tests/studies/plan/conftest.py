"""A small sample, taken once: two clusters, three policies and few histories of every kind."""

import pytest

from calibration.learned.training_set import Sizes
from calibration.observation import ErrorModel
from calibration.simulator import ClusterSimulator
from calibration.tables import table
from model.config import load_case, load_priors, load_profile
from model.latents import LATENTS
from studies.plan import sample as home
from studies.plan.learning import Fitting, Learning
from studies.plan.sample import Clusters, Sample, take_sample
from studies.policy.counterfactuals import chosen_policies
from tests.studies.plan.invented import FEW_DRAWS

COUNTS = {
    "training_simulations": 16,
    "networks": 3,
    "exact_draws": 8,
    "exact_replicates": 8,
    "pilot_draws": 2,
    "predictive_draws": 4,
    "policy_draws": 6,
    "horizon": 5,
}


@pytest.fixture(scope="session")
def clusters() -> Clusters:
    priors, errors = load_priors(), ErrorModel()
    cases = (load_case(9), load_case(10))
    simulator = ClusterSimulator(cases, priors, priors.names("calibrated"), errors, priors.structures_with(None), threads=1)
    sizes = Sizes(len(cases), len(simulator.names), len(LATENTS))
    profile = load_profile("quick").model_copy(update=COUNTS)
    return Clusters(simulator, [table(case, errors) for case in cases], sizes, chosen_policies(["training", "credit"]), profile)


@pytest.fixture(scope="session")
def sample(clusters: Clusters) -> Sample:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home, "NEAR_DRAWS", FEW_DRAWS)
        return take_sample(clusters, lambda done, total: None)


@pytest.fixture
def learning() -> Learning:
    return Learning(Fitting(10.0, 20.0), Fitting(5.0, 8.0), 0.01, 2.0, 100)
