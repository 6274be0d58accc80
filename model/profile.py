"""How much work a run may do: counts only, never a clock, so that a profile's answer is the same on every machine."""

from typing import Annotated, Literal

from pydantic import Field

from model.schema import Entry, Text

Count = Annotated[int, Field(strict=True, ge=1)]
Tally = Annotated[int, Field(strict=True, ge=0)]


class Batch(Entry):
    """What a batch system is asked for: by ``--on slurm``, for each worker, and by the script that ``takeoff plan`` writes."""

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
    """The counts of one run profile; ``threads`` left empty means every core that the machine grants."""

    name: Text
    title: Text
    seed: Tally = 1
    threads: Count | None = None

    # The surrogate: simulated pairs, networks of the ensemble and how they are trained.
    training_simulations: Count
    networks: Count
    hidden: Count
    components: Count
    epochs: Count
    batch: Count
    proposal_components: Count
    proposal_epochs: Count

    # The sampler: independent ensembles of walkers, and steps of which the first part is thrown away.
    ensembles: Count
    walkers: Count
    steps: Count
    burn: Tally
    thin: Count

    # The exact likelihood: draws at which it is estimated (each keeps one history a cluster), histories a cluster in each
    # estimate on average, draws of the pilot that shares them out.
    exact_draws: Count
    exact_replicates: Count
    pilot_draws: Count

    # What is kept and shown.
    predictive_draws: Count
    policy_draws: Count
    horizon: Count
    policies: tuple[Text, ...] = ()

    # Sensitivity studies: trajectories of Morris, base samples of Sobol, seeds at every point, clusters (none: all of them).
    morris_trajectories: Count = 4
    sobol_samples: Count = 64
    point_seeds: Count = 2
    sensitivity_cases: tuple[Count, ...] = ()
    slurm: Batch = Batch()
