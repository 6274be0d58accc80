"""How much work may a run do? A profile gives counts and never a time, so that its results are the same on every machine."""

from typing import Annotated, Literal

from pydantic import Field

from model.schema import Entry, Text

Count = Annotated[int, Field(strict=True, ge=1)]
Tally = Annotated[int, Field(strict=True, ge=0)]


class Batch(Entry):
    """Resources requested from a batch system: by ``--on slurm`` for each worker, and by the script of ``takeoff plan``."""

    queue: Literal["slurm", "pbs", "lsf", "sge"] = "slurm"
    jobs: Count = 2
    cores: Count = 1
    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]*[MG]$")] = "2G"
    walltime: Annotated[str, Field(pattern=r"^[0-9]{2,3}:[0-5][0-9]:[0-5][0-9]$")] = "01:00:00"
    partition: Text | None = None
    account: Text | None = None
    interface: Text | None = None
    prologue: tuple[str, ...] = ()


class Profile(Entry):
    """The counts of one run profile; where ``threads`` is not given, a run uses every core that the machine grants."""

    name: Text
    title: Text
    seed: Tally = 1
    threads: Count | None = None

    # The surrogate: simulated pairs for training, networks of the ensemble, their size and training.
    training_simulations: Count
    networks: Count
    hidden: Count
    components: Count
    epochs: Count
    batch: Count
    proposal_components: Count
    proposal_epochs: Count

    # The sampler: independent ensembles of walkers, and their steps; the first ``burn`` of them are discarded.
    ensembles: Count
    walkers: Count
    steps: Count
    burn: Tally
    thin: Count

    # The exact likelihood: draws at which it is estimated (each keeps one history of every cluster); mean number of histories of
    # a cluster in one estimate; draws of the pilot study that allocates histories to clusters.
    exact_draws: Count
    exact_replicates: Count
    pilot_draws: Count

    # Draws of the predictive checks and of the comparison of policies; its horizon (years) and its policies.
    predictive_draws: Count
    policy_draws: Count
    horizon: Count
    policies: tuple[Text, ...] = ()

    # Sensitivity studies: trajectories of Morris, base samples of Sobol, seeds at every point, clusters (empty: all).
    morris_trajectories: Count = 4
    sobol_samples: Count = 64
    point_seeds: Count = 2
    sensitivity_cases: tuple[Count, ...] = ()
    slurm: Batch = Batch()
