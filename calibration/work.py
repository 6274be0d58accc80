"""What does every stage of a calibration share? The clusters, their rows, the counts of the profile, and the runner of tasks."""

from dataclasses import dataclass

from calibration.emulator.features import Features
from calibration.emulator.pairs import Sizes
from calibration.observation import ErrorModel, Simulate, Table
from execution.tasks import Runner
from model.arrays import Floats
from model.profile import Profile


@dataclass(frozen=True)
class Work:
    """What the stages of one calibration share.

    Attributes
    ----------
    simulate : Simulate
        The simulator, or a stand-in for it.
    tables : list of Table
        Rows of Tables 1-2, one for each cluster.
    features : Features
        What the emulator is told.
    bounds : float64, shape (cases,)
        Number of firms beyond which a history of each cluster is stopped.
    sizes : Sizes
        How many clusters, calibrated parameters and numbers of a cluster's own there are.
    profile : Profile
        Counts of simulations, draws and steps.
    seed : int
        The run's seed, part of the key of every draw.
    errors : ErrorModel
        How figures and statements err.
    runner : Runner
        Does the tasks and keeps what they leave.
    """

    simulate: Simulate
    tables: list[Table]
    features: Features
    bounds: Floats
    sizes: Sizes
    profile: Profile
    seed: int
    errors: ErrorModel
    runner: Runner
