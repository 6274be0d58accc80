"""What is saved by how runs are drawn, paired and shared? Told as equivalent runs.

``python -m benchmarks.variance [--quick] [--out F.json]``

Equivalent runs are how many plain runs give what one run gives, for the same core time or, where a draw costs nothing beside a
history, for the same number of histories: the ratio of two variances, or of two times.

- *keyed pairing*: a policy's effect from histories that share every key, beside independent ones.
- *importance proposals*: the likelihood of a cluster's row from proposals near the row, beside draws from the population. A
  linear regression proposes here, as in ``takeoff plan``; a calibration's emulator comes nearer.
- *shared work*: a comparison of the default policies that simulates the past once, beside one that simulates every policy from
  the start, and beside pairs of a policy with a status quo of its own.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.measuring import core_seconds, in_turn, options, ratio, spread, tell
from calibration.emulator.pairs import draw_pairs, restore_pairs
from calibration.keys import LATENTS, PILOT, normals, seeds
from calibration.observation import log_density
from model.batch import simulate_many, simulate_policies
from model.config import load_case, load_policy, load_priors, load_profile
from model.latents import conditional_medians, default_values, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from studies.plan.plan import Clusters, clusters_of
from studies.plan.stand_in import StandIn
from studies.policy.chosen import DEFAULT_POLICIES

HORIZON = 20
QUARTERS_A_YEAR = 4
OUTCOMES = ("firms", "workers", "owners_old")
SEED = 20


def end_of(case: int, policies: Sequence[str], seeds: Any, run: Callable[..., Any] = simulate_policies) -> Any:
    """Return the last rows (policies, n, columns) of histories at default parameters, and what was run."""
    cluster, priors, count = load_case(case), load_priors(), len(seeds)
    structures = priors.structures_with()
    values = default_values(priors, count)
    latents = np.tile(conditional_medians(cluster, priors), (count, 1))
    settings, _ = settings_for(cluster, values, latents, structures, years_after=float(HORIZON))
    timelines = [programmes_for(load_policy(name), cluster, structures) for name in policies]
    ticks = np.asarray(settings["quarters"], np.int64)[:, None]
    return run(params_for(values), settings, seeds, timelines, ticks)[:, :, 0]


def pairing(cases: Sequence[int], policies: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Variance of a policy's effect with keys of its own over that with the keys of the status quo."""
    ends = {case: end_of(case, ("status-quo", *policies), np.arange(count, dtype=np.uint64)) for case in cases}
    rows = []
    for place, name in enumerate(policies, 1):
        for outcome in OUTCOMES:
            column, found = COLUMNS.index(outcome), []
            for case in cases:
                before, after = ends[case][0, :, column], ends[case][place, :, column]
                known = np.isfinite(before) & np.isfinite(after)
                paired = np.var(after[known] - before[known])
                if known.sum() > 2 and paired > 0:
                    found.append(float((np.var(before[known]) + np.var(after[known])) / paired))
            told = spread(found)
            print(f"keyed pairing, {name}, {outcome}: {told} equivalent runs, over {len(found)} clusters")
            rows.append({"what": "keyed pairing", "policy": name, "outcome": outcome, "clusters": len(found), **told._asdict()})
    return rows


def population(clusters: Clusters) -> Callable[..., Any]:
    """Return a function that draws what a cluster has for itself from the population, with log weights of zero."""

    def draw(case: int, z: Any, keys: Any) -> Any:
        own = normals(keys.ravel(), LATENTS, clusters.sizes.own).reshape(*keys.shape, -1)
        return own, np.zeros(keys.shape)

    return draw


def likelihoods(clusters: Clusters, draw: Callable[..., Any], case: int, z: Any, each: int, repeats: int) -> Any:
    """Return log-likelihood estimates (repeats, n) of a cluster's row at parameters z (n, d)."""
    estimates, simulator = [], clusters.simulator
    for run in range(repeats):
        keys = seeds(SEED, PILOT, case, run * len(z) * each, len(z) * each).reshape(len(z), each)
        own, log_weight = draw(case, z, keys)
        shown = simulator(case, np.repeat(z, each, axis=0), own.reshape(len(z) * each, -1), keys.ravel())
        score = log_weight + log_density(clusters.tables[case], shown, simulator.errors).reshape(len(z), each)
        estimates.append(np.logaddexp.reduce(score, axis=1) - np.log(each))
    return np.array(estimates)


def proposals(cases: Sequence[int], each: int, repeats: int, points: int) -> list[dict[str, Any]]:
    """Variance of a likelihood from draws of the population over that from draws near the row."""
    clusters = clusters_of(load_profile("quick"))
    simulate, sizes = clusters.simulator, clusters.sizes
    chunks = [draw_pairs(simulate, sizes, SEED, case, 0, 64).arrays() for case in range(sizes.cases)]
    stand_in = StandIn(restore_pairs(chunks), clusters.tables, sizes)
    z = stand_in.parameters(points, SEED)
    found = []
    for case in cases:
        plain, near = (likelihoods(clusters, draw, case, z, each, repeats) for draw in (population(clusters), stand_in.draw))
        found.append(_relative(plain) / _relative(near))
    told = spread([float(np.exp(np.mean(np.log(one)))) for one in found])
    print(f"importance proposals: {told} equivalent runs, over {len(cases)} clusters")
    return [
        {"what": "importance proposals", "clusters": len(cases), "histories": each, "repeats": repeats, **told._asdict()},
    ]


def _relative(logs: Any) -> Any:
    """Return the variance of estimates (repeats, n) over the square of their mean, (n,)."""
    scaled = np.exp(logs - logs.max(axis=0))
    return np.var(scaled, axis=0, ddof=1) / np.mean(scaled, axis=0) ** 2


def sharing(cases: Sequence[int], count: int, runs: int) -> list[dict[str, Any]]:
    """Core time of comparisons that share less over that of one which shares all."""
    seeds, policies = np.arange(count, dtype=np.uint64), DEFAULT_POLICIES

    def alone(params: Any, settings: Any, keys: Any, timelines: Any, ticks: Any) -> Any:
        return np.stack([simulate_many(params, settings, keys, one, ticks) for one in timelines])

    def pairs(params: Any, settings: Any, keys: Any, timelines: Any, ticks: Any) -> Any:
        both = [alone(params, settings, keys, [timelines[0], one], ticks) for one in timelines[1:]]
        return np.stack([both[0][0], *(one[1] for one in both)])

    def work(way: Callable[..., Any]) -> Callable[[int], float]:
        return lambda _: core_seconds(lambda: [end_of(case, policies, seeds, way) for case in cases])

    found = in_turn({"shared": work(simulate_policies), "alone": work(alone), "pairs": work(pairs)}, runs)
    rows = []
    for what, way in (("past simulated once", "alone"), ("status quo shared too", "pairs")):
        told = ratio(found[way], found["shared"])
        print(f"{what}: {told} equivalent runs, {len(policies)} policies, {len(cases)} clusters")
        rows.append({"what": what, "policies": len(policies), "clusters": len(cases), "runs": runs, **told._asdict()})
    return rows


def main() -> None:
    """Measure, print and write."""
    given, began = options(__doc__), time.perf_counter()
    policies = ("training", "credit", "zone", "training-then-credit-and-zone")
    if given.quick:
        rows = pairing((2, 9, 13), policies[:2], 40) + proposals((5, 11), 32, 8, 2) + sharing((2, 9, 13), 4, 3)
    else:
        rows = pairing(range(1, 20), policies, 200) + proposals(range(0, 19, 2), 32, 12, 3) + sharing(range(1, 20), 6, 5)
    tell("variance", rows, given.out, began)


if __name__ == "__main__":
    main()
