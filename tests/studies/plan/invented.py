"""Made-up worlds and plans: pairs of a linear world, and a plan of which every number is known."""

from pathlib import Path

import numpy as np

from calibration.correction import Estimate
from calibration.emulator.pairs import Pairs, Sizes
from calibration.observation import ALIVE, Outcomes, Table
from model.profile import Batch, Profile
from studies.plan.plan import Plan, capacity_of
from studies.plan.precision import Effect, Past, Precision
from studies.plan.sample import Replays, Sample, Timed
from studies.plan.script import resources_for, script
from studies.plan.size import Size
from studies.plan.stages import Stage, core_time, wall_time
from studies.policy.outcomes import OUTCOMES

# Draws near the row of each cluster in the sample of these tests.
FEW_DRAWS = 4


def linear_world(count: int) -> tuple[Pairs, list[Table], Sizes, np.ndarray]:
    """Pairs whose figures are linear in parameters and latents, with rows that lie off their mean."""
    random = np.random.Generator(np.random.Philox(3))
    sizes = Sizes(2, 3, 2)
    slopes = random.normal(size=(5, 6))
    case = np.repeat(np.arange(2), count)
    z, latents = random.standard_normal((2 * count, 3)), random.standard_normal((2 * count, 2))
    figures = np.concatenate([z, latents], axis=1) @ slopes + case[:, None] + 0.3 * random.standard_normal((2 * count, 6))
    seen = Outcomes(figures.reshape(-1, 2, 3), np.zeros((2 * count, 2, 2), np.int64), np.full(2 * count, ALIVE))
    value = np.array([[1.5, 2.0, np.nan], [0.5, np.nan, np.nan]])
    row = Table(value, np.full((2, 3), 0.4), np.zeros((2, 3)), np.full((2, 2), -1))
    return Pairs(case, z, latents, np.arange(2 * count, dtype=np.uint64), seen), [row, row], sizes, slopes


def invented_plan(profile: Profile, where: str = "local:2", batch: Batch | None = None) -> Plan:
    """A plan of two clusters whose numbers are made up."""
    profile = profile.model_copy(update={"slurm": batch or Batch()})
    firm_quarters = np.array([900.0, 1100.0])
    timed = Timed(1.0, firm_quarters, 2)
    levels = np.ones((2, len(OUTCOMES)))
    replay = Replays("credit", 2, timed, timed, levels, 2 * levels)
    pairs = linear_world(4)[0]
    ones = np.ones((2, 2))
    estimate = Estimate(np.zeros((2, 2, 2)), ones, ones, ones, np.zeros((2, 2, 2)), np.zeros((2, 2), np.uint64))
    counts, kind = np.array([5, 5]), [timed] * 2
    sample = Sample(counts, counts, pairs, kind, kind, kind, [replay] * 2, estimate, np.ones(2), 0.3)
    stages = [
        Stage("simulating clusters from the prior", 100.0, 10.0, 1.0, 40, 40, 8000),
        Stage("sampling", 60.0, 6.0, 15.0, 4, 4),
    ]
    past = Past(Path("runs/run-quick"), 1.2, 1.5, 90.0, 11.0)
    precision = Precision(1.7, np.array([1.0, 1.9]), 90.0, 13.3, 5120.0, 5.7, [Effect("net_value", 9.0, 3.0, 30.0, 99.0)], past)
    capacity = capacity_of(profile, where)
    wall, size = wall_time(stages, capacity.cores), Size(1.3e9, 0.9e9, 5e7, 500)
    resources = resources_for(wall.high, size.memory, capacity.cores, profile.slurm)
    text = script(profile, "quick", where, Path("runs/run-quick"), resources)
    return Plan(
        profile, where, capacity, ("01-bingo", "02-hamamatsu"), stages, core_time(stages), wall, size, precision,
        np.array([11, 11]), sample, 31.0, resources, text,
    )  # fmt: skip
