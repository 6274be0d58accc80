"""A small laboratory for the tests of studies, and a stand-in for the model whose outcomes are a formula."""

from dataclasses import dataclass

import numpy as np

from calibration.keys import SENSITIVITY, seeds, uniforms
from calibration.observation import ErrorModel
from model.config import load_case, load_priors
from model.plans import Policy
from studies.sensitivities.laboratory import Laboratory

VARIED = ["market_elasticity", "entry_intensity", "training_gain"]


@dataclass(frozen=True)
class StandIn(Laboratory):
    """Outcomes that are a formula of the point and the seed: all that the rest of a study is told of the model."""

    def observe(self, case: int, points: np.ndarray) -> dict[str, np.ndarray]:
        count = len(self.measures)
        luck = uniforms(seeds(self.seed, SENSITIVITY, case, 0, self.histories), 1, count)
        signal = (case + 1) * points[:, 0] + 0.2 * points[:, 1] ** 2
        shown = signal[:, None, None] + 0.1 * luck * (1 + points[:, :1, None])
        stopped = np.zeros((len(points), self.histories, 1 + len(self.policies)), np.uint8)
        stopped[points[:, 0] > 0.8] = 1
        return {"measures": shown, "stopped": stopped}


def laboratory(policies: tuple[Policy, ...] = ()) -> Laboratory:
    """One cluster, two seeds, five years."""
    priors = load_priors()
    return Laboratory((load_case(10),), priors, tuple(VARIED), priors.structures_with(None), ErrorModel(), policies, 5, 2, 1)
