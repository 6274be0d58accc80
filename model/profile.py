"""How much work may a run do? A profile gives counts and never a time, so that its results are the same on every machine."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from model.resources import hours_minutes_seconds, megabytes, option_value, shell_line, slurm_options
from model.schema import Entry, Text

Count = Annotated[int, Field(strict=True, ge=1)]
Tally = Annotated[int, Field(strict=True, ge=0)]
Memory = Annotated[str, BeforeValidator(megabytes)]
Word = Annotated[str, AfterValidator(option_value)]


class Batch(Entry):
    """Resources requested from a batch system: by ``--on slurm`` for each worker, and by the script of ``takeoff plan``.

    A job's memory is ``memory``, or ``memory_per_cpu`` for each of its cores.
    """

    queue: Literal["slurm", "pbs", "lsf", "sge"] = "slurm"
    jobs: Count = 2
    cores: Count = 1
    memory: Memory = "2G"
    memory_per_cpu: Memory | None = None
    walltime: Annotated[str, BeforeValidator(hours_minutes_seconds)] = "01:00:00"
    partition: Word | None = None
    account: Word | None = None
    qos: Word | None = None
    constraint: Word | None = None
    options: Annotated[dict[str, str | bool], BeforeValidator(slurm_options)] = Field(default_factory=dict)
    interface: Word | None = None
    prologue: tuple[Annotated[str, AfterValidator(shell_line)], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_memory(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("memory_per_cpu") is not None and "memory" in given:
            raise ValueError("memory and memory_per_cpu exclude each other; keep one")
        return given

    @model_validator(mode="after")
    def _of_slurm(self) -> Self:
        if self.queue != "slurm" and (self.memory_per_cpu or self.directives):
            raise ValueError(f"memory_per_cpu, qos, constraint and options belong to Slurm, not to {self.queue}; leave them out")
        return self

    @property
    def directives(self) -> tuple[str, ...]:
        """Options of ``sbatch`` beyond partition, account, cores, memory and walltime, as it takes them."""
        given = {"qos": self.qos, "constraint": self.constraint, **self.options}
        return tuple(f"--{name}" if value is True else f"--{name}={value}" for name, value in given.items() if value is not None)


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
