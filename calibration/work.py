"""What does every stage of a calibration share? The clusters, their rows, the counts of the profile, and who does the work."""

from dataclasses import dataclass

from calibration.learned.training_set import Sizes
from calibration.observation import ErrorModel, Simulate, Table
from execution.tasks import Runner
from model.arrays import Floats
from model.profile import Profile


@dataclass(frozen=True)
class Work:
    """What the stages of one calibration share.

    Attributes
    ----------
    simulate : the simulator, or a stand-in
    tables : rows of Tables 1-2, cluster by cluster
    features : (cases, features) what the networks are told of each cluster
    """

    simulate: Simulate
    tables: list[Table]
    features: Floats
    sizes: Sizes
    profile: Profile
    seed: int
    errors: ErrorModel
    runner: Runner
