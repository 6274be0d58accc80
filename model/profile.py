"""How much work may a run do? A profile gives counts and never a time, so that its results are the same on every machine."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from model.cores import MOST_THREADS
from model.errors import InputError
from model.figures import Entry
from model.resources import hours_minutes_seconds, megabytes, option_value, shell_line, slurm_options
from model.schema import Named
from model.values import Text, Whole

# Steps of one ensemble that are sampled and stored at a time.
STEPS_A_CHUNK: Final = 200

# Counts of work have no larger value in any run; a size is what memory must hold at once, several times over.
Count = Annotated[Whole, Field(ge=1, le=10**9)]
Size = Annotated[Whole, Field(ge=1, le=10**5)]
Seed = Annotated[Whole, Field(ge=0, lt=2**64)]
Tally = Annotated[Whole, Field(ge=0, le=10**9)]
Memory = Annotated[str, BeforeValidator(megabytes)]
Word = Annotated[str, AfterValidator(option_value)]


class Batch(Entry):
    """Resources requested from a batch system: by ``--on slurm`` for each worker, and by the script of ``takeoff plan``.

    A job's memory is ``memory``, or ``memory_per_cpu`` for each of its cores.
    """

    queue: Literal["slurm", "pbs", "lsf", "sge"] = "slurm"
    jobs: Size = 2
    cores: Size = 1
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


class Profile(Named):
    """The counts of one run profile; where ``threads`` is not given, a run uses every core that the machine grants."""

    seed: Seed = 1
    threads: Annotated[Whole, Field(ge=1, le=MOST_THREADS)] | None = None

    # The emulator: simulated pairs from the prior; rounds of targeted pairs, and how many in each; size and training.
    training_simulations: Count
    rounds: Tally
    targeted_simulations: Tally
    hidden: Size
    components: Size
    epochs: Count
    batch: Count

    # Joint sampling by Hamiltonian Monte Carlo: chains of an ensemble; transitions to warm up, to place pairs, and to keep.
    chains: Size
    warmup: Count
    round_steps: Count
    joint_steps: Count

    # The distilled likelihood: parameters at which clusters are integrated out, and points of one integral.
    integrals: Count
    integral_points: Count

    # emcee on it: independent ensembles of walkers (as many as of joint chains); the first ``burn`` steps are discarded.
    ensembles: Size
    walkers: Size
    steps: Count
    burn: Tally
    thin: Count

    # The exact ratios: draws of the cheap check; draws that carry the posterior (each keeps one history of every cluster), and
    # the mean number of histories of a cluster at each.
    check_draws: Count
    exact_draws: Count
    exact_replicates: Count

    # Draws of the predictive checks and of the comparison of policies; its futures, horizon (years) and policies.
    predictive_draws: Count
    policy_draws: Count
    futures: Annotated[Whole, Field(ge=1, le=1000)] = 1
    horizon: Annotated[Whole, Field(ge=1, le=1000)]
    policies: tuple[Text, ...] = ()

    # Sensitivity studies: trajectories of Morris, base samples of Sobol, seeds at every point, clusters (empty: all).
    morris_trajectories: Count = 4
    sobol_samples: Count = 64
    point_seeds: Count = 2
    sensitivity_cases: tuple[Count, ...] = ()
    slurm: Batch = Batch()

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        rules = [rule for broken, rule in self._rules() if broken]
        if rules:
            raise ValueError("\n".join(rules))
        return self

    def _rules(self) -> list[tuple[bool, str]]:
        """Return whether each rule on several counts is broken, and the rule with its remedy."""
        samples, burn, steps, thin = self.sobol_samples, self.burn, self.steps, self.thin
        alone = "ensembles: 1: convergence is judged between ensembles; write 2 or more"
        odd = f"walkers: {self.walkers}: the two halves of an ensemble move in turn; write an even number"
        burnt = f"burn: {burn}: must be below steps, {steps}, or nothing is kept; lower burn or raise steps"
        sparse = f"thin: {thin}: must not be above steps less burn, {steps - burn}, or nothing is kept; lower thin or raise steps"
        uneven = f"thin: {thin}: must divide steps, {steps}, and burn, {burn}, of which every so many steps are kept; choose such"
        pieces = f"thin: {thin}: must divide {STEPS_A_CHUNK}, the steps that are stored at a time; choose for instance 10"
        few = f"predictive_draws: {self.predictive_draws}: must not be below ensembles, {self.ensembles}; raise it"
        uneven_samples = f"sobol_samples: {samples}: must be a power of two, or the sequence loses its balance; double one"
        return [
            (self.ensembles < 2, alone),
            (self.walkers % 2 == 1, odd),
            (burn >= steps, burnt),
            (burn < steps < burn + thin, sparse),
            (burn + thin <= steps and (steps % thin > 0 or burn % thin > 0), uneven),
            (burn + thin <= steps and steps > STEPS_A_CHUNK and STEPS_A_CHUNK % thin > 0, pieces),
            (self.predictive_draws < self.ensembles, few),
            (samples & (samples - 1) > 0, uneven_samples),
        ]

    def check_walkers(self, parameters: int) -> None:
        """Refuse fewer walkers than an ensemble needs for a number of calibrated parameters.

        Raises
        ------
        InputError
            If there are fewer than two walkers for each parameter.
        """
        if self.walkers < 2 * parameters:
            where = self.path or self.name
            rule = f"must be {2 * parameters} or more, two for each of the {parameters} parameters that are calibrated; raise it"
            raise InputError(f"{where}: walkers: {self.walkers}: {rule}")
