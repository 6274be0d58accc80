"""What counts buy: noise, draws, weights and effects from a sample, and what a finished run measured."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.gate import Limits
from execution.executors import Threads
from execution.run import MANIFEST, Run
from execution.writing import write_json
from model.errors import DamagedRun
from studies.plan import precision as home
from studies.plan.precision import SEEN_STEPS, Past, past_run, precision_of
from studies.plan.sample import Clusters, Replays, Sample, Timed
from studies.policy.outcomes import NAMES, RANKED_BY

PAST = Past(Path("run"), 1.2, 1.5, 50.0, 11.0)


def test_a_finished_run_is_learned_from(tmp_path: Path) -> None:
    assert past_run(tmp_path) is None
    run = Run("calibration", tmp_path / "run", {}, ("checks.json",))

    def finish(checks: dict[str, Any]) -> None:
        (run.folder / MANIFEST).unlink(missing_ok=True)

        def write() -> dict[str, Any]:
            write_json(run.folder / "checks.json", checks)
            return {}

        with run.opened(Threads(1), resume=True) as runner:
            run.finish(runner, write)

    checks = {"noise_sd": 1.1, "error_sd": None, "sampler": {"tau": [60.0, 80.0]}, "replicates": {"a": 5, "b": 7}}
    finish(checks)
    assert past_run(run.folder) is None
    finish({**checks, "error_sd": 1.5})
    assert past_run(run.folder) == Past(run.folder, 1.1, 1.5, 80.0, 12.0)
    (run.folder / "checks.json").write_text(json.dumps({**checks, "error_sd": 9.0}), encoding="utf-8")
    with pytest.raises(DamagedRun, match=r"checks\.json"):
        past_run(run.folder)
    assert Limits().autocorrelation_times > 0


def test_noise_falls_with_the_root_of_the_histories(clusters: Clusters, sample: Sample) -> None:
    exact = np.array([4, 8])
    once, twice = (precision_of(clusters, sample, counts, None) for counts in (exact, 2 * exact))
    assert once.noise > 0
    assert once.noise**2 == pytest.approx(once.by_case.sum())
    assert twice.by_case == pytest.approx(once.by_case / 2)
    assert twice.noise == pytest.approx(once.noise / math.sqrt(2))


def test_a_finished_run_is_believed_and_without_one_the_seen_time_is_assumed(clusters: Clusters, sample: Sample) -> None:
    profile, exact = clusters.profile, np.array([4, 8])
    steps, walkers = profile.steps - profile.burn, profile.ensembles * profile.walkers
    for past, tau in ((None, SEEN_STEPS), (PAST, PAST.steps), (PAST._replace(steps=math.inf), SEEN_STEPS)):
        precision = precision_of(clusters, sample, exact, past)
        assert precision.tau == tau
        assert precision.lengths == pytest.approx(steps / tau)
        assert precision.draws == pytest.approx(walkers * steps / tau)
    assert precision_of(clusters, sample, exact, PAST._replace(noise=0.0)).weights == profile.exact_draws
    assert precision_of(clusters, sample, exact, PAST._replace(noise=9.0)).weights == 1.0


def replays(without: list[float], under: list[float]) -> Replays:
    levels, other_levels = (np.ones((len(values), len(NAMES))) for values in (without, under))
    levels[:, NAMES.index(RANKED_BY)], other_levels[:, NAMES.index(RANKED_BY)] = without, under
    timed = Timed(1.0, np.ones(len(without)), len(without))
    return Replays("credit", 0, timed, timed, levels, other_levels)


def test_pairs_that_differ_by_a_constant_leave_no_error() -> None:
    same, other = replays([1.0, 3.0], [2.0, 4.0]), replays([1.0, 3.0, math.nan], [2.0, 6.0, 9.0])
    effect = home._effect([same, other, same], RANKED_BY, 4)
    assert effect.middle == 0.0
    assert effect.worst == pytest.approx(np.std([1.0, 3.0], ddof=1) / 2)
    assert effect.unpaired == pytest.approx(np.hypot(*[np.sqrt(2.0)] * 2) / 2)
    assert effect.level == 2.0


def test_too_few_replays_tell_no_effect() -> None:
    effect = home._effect([replays([1.0, math.nan], [2.0, 3.0])], RANKED_BY, 4)
    assert all(math.isnan(value) for value in effect[1:])
