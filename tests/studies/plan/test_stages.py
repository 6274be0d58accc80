"""The cost of stages: core time, wall time on so many cores, intervals, and the stages of a run."""

import numpy as np
import pytest

from calibration.exact import CHECK_REPLICATES
from studies.plan.learning import Learning
from studies.plan.sample import Clusters, Sample, Timed
from studies.plan.stages import (
    CLOCK,
    Capacity,
    Stage,
    Total,
    around,
    core_time,
    exact_counts,
    histories_stage,
    makespan,
    replays_of,
    run_stages,
    wall_time,
)
from studies.policy.compare import ENOUGH


def test_a_stage_takes_its_core_time_over_its_cores() -> None:
    stage = Stage("many pieces", core_s=100.0, longest_s=2.0, width=1000)
    assert [stage.wall_s(cores) for cores in (1, 2, 10)] == [100.0, 50.0, 10.0]


def test_a_stage_takes_no_less_than_its_longest_piece() -> None:
    assert Stage("one long piece", core_s=100.0, longest_s=30.0, width=1000).wall_s(50) == 30.0


def test_more_cores_than_pieces_are_idle() -> None:
    assert Stage("four pieces", core_s=100.0, longest_s=25.0, width=4).wall_s(64) == 25.0


def test_a_scheduler_hands_out_one_task_after_another() -> None:
    assert Stage("small tasks", core_s=10.0, width=10_000, tasks=10_000).wall_s(1000, scheduler_s=0.002) == 20.0


def test_pieces_go_to_the_core_that_is_free_first() -> None:
    assert makespan([5.0, 1.0, 1.0, 1.0], 2) == 5.0
    assert makespan([1.0, 1.0, 5.0], 2) == 6.0
    assert makespan([1.0, 2.0, 3.0], 1) == 6.0


def test_the_interval_of_a_sum_grows_with_the_root_of_independent_errors() -> None:
    one, four = core_time([Stage("a", 100.0, 40.0)]), core_time([Stage("a", 100.0, 40.0)] * 4)
    assert four.middle == 400.0
    # The clock's error is common to all; without it the relative error would halve.
    assert 1.0 < four.high / four.middle < one.high / one.middle
    wall = wall_time([Stage("a", 100.0, 40.0, width=9)], 4)
    assert wall.middle == 25.0
    assert wall.high / wall.middle == pytest.approx(one.high / one.middle)


def test_an_interval_of_relative_error_zero_is_a_point() -> None:
    assert around(7.0, 0.0) == Total(7.0, 7.0, 7.0)


def test_histories_cost_what_the_sample_cost_by_cluster() -> None:
    timed = [Timed(1.0, np.array([90.0, 110.0]), 2), Timed(8.0, np.array([900.0, 1100.0]), 2)]
    stage = histories_stage("x", np.array([100, 10]), timed, chunk=64, files=5)
    assert stage.core_s == pytest.approx(100 * 0.5 + 10 * 4.0)
    assert stage.longest_s == pytest.approx(10 * 4.0)
    assert stage.histories == 110
    # Relative spread of the firm-quarters: sqrt(200) / 100. The sample of two tells the mean; a run has its own chance besides.
    spread = np.array([0.5, 4.0]) * np.sqrt(200.0) / 100.0
    counts = np.array([100, 10])
    assert stage.sd_s == pytest.approx(np.sqrt(np.sum((counts * spread) ** 2 / 2 + counts * spread**2)))


def test_where_histories_are_enough_both_structures_are_replayed() -> None:
    assert replays_of(policies=3, parts=2, histories=ENOUGH - 1) == 5
    assert replays_of(policies=3, parts=2, histories=ENOUGH) == 8


def test_exact_histories_keep_within_the_budget_and_come_in_halves(clusters: Clusters, sample: Sample) -> None:
    exact = exact_counts(clusters, sample)
    assert (exact % 2 == 0).all()
    assert (exact >= 4).all()
    assert exact.sum() <= clusters.profile.exact_replicates * clusters.sizes.cases


def test_every_stage_of_a_run_has_its_histories(clusters: Clusters, sample: Sample, learning: Learning) -> None:
    profile, cases = clusters.profile, clusters.sizes.cases
    stages = {stage.name: stage for stage in run_stages(clusters, sample, learning, 2.0, Capacity(2))}
    exact = int(exact_counts(clusters, sample).sum())
    replays = replays_of(len(clusters.policies), sample.replays[0].parts, profile.policy_draws)
    assert {name: stage.histories for name, stage in stages.items() if stage.histories} == {
        "simulating clusters from the prior": int(sample.training.sum()),
        "simulating clusters where the emulator looks": profile.rounds * int(sample.targeted.sum()),
        "checking the emulator": CHECK_REPLICATES * cases * profile.check_draws,
        "estimating the exact likelihood": exact * profile.exact_draws,
        "predicting Table 2": cases * profile.predictive_draws,
        "replaying the histories kept": cases * profile.exact_draws,
        "comparing policies": cases * profile.policy_draws * replays,
    }
    assert next(iter(stages.values())) == Stage("starting: libraries and the compiled model", 2.0, CLOCK * 2.0, 2.0, 1)


def test_workers_start_after_the_driver_and_compile_for_themselves(
    clusters: Clusters, sample: Sample, learning: Learning
) -> None:
    alone, workers = (
        {stage.name.split(":")[0]: stage for stage in run_stages(clusters, sample, learning, 2.0, capacity)}
        for capacity in (Capacity(2), Capacity(4, 2))
    )
    assert (workers["starting"].core_s, workers["starting"].longest_s) == (6.0, 4.0)
    profile = clusters.profile
    assert profile.rounds == 2
    # The first pairs are seen in three rounds, those of the first round in two.
    seen = 3 * int(sample.training.sum()) + 3 * int(sample.targeted.sum())
    teaching = seen * profile.epochs * learning.pair_s
    assert alone["teaching the emulator"].core_s == pytest.approx(teaching + learning.compiling_s)
    assert workers["teaching the emulator"].core_s == pytest.approx(teaching + 2 * learning.compiling_s)


def test_ensembles_beyond_the_cores_take_turns(clusters: Clusters, sample: Sample, learning: Learning) -> None:
    ensembles, chain_s = clusters.profile.ensembles, clusters.profile.steps * learning.step_s
    for cores, rounds in ((1, ensembles), (ensembles, 1), (2 * ensembles, 1)):
        stages = run_stages(clusters, sample, learning, 2.0, Capacity(cores))
        sampling = next(stage for stage in stages if stage.name == "sampling with emcee")
        assert sampling.longest_s == pytest.approx(rounds * chain_s + learning.judging_s)
