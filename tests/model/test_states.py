"""Is every state sane, wherever the prior leads? Nothing negative that cannot be, nothing infinite, over draws of everything."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import all_cases, load_case, load_policy, policy_names
from model.events import QUARTER
from model.latents import LATENTS, draw_values, params_for, settings_for
from model.observe import COLUMNS
from model.policy import programmes_for
from model.world import World
from tests.model.worlds import PRIORS, STRUCTURES, Given, column, compiled

# Columns that may be negative: profit and what is derived from it, logs of skill, and surplus beside the opening import price.
SIGNED = {
    "margin", "profitability", "managerial_capital", "profits",
    "owners_old", "owners_new", "buyers", "workers_gain", "treasury", "overrun",
}  # fmt: skip
SHARES = ("awareness", "enforcement", "transitioned", "exhausted")


def drawn(draw: int) -> Given:
    """Parameters and latents from the prior, asked of one case and one policy after another."""
    source = np.random.default_rng([7, draw])
    case = load_case(all_cases()[draw % 19].number)
    policy = load_policy(policy_names()[draw % len(policy_names())])
    values = draw_values(PRIORS, 1, source)
    settings, _ = settings_for(case, values, source.standard_normal((1, len(LATENTS))), STRUCTURES, 20.0)
    settings["quarters"] = np.minimum(settings["quarters"], 200)
    settings["decision"] = np.minimum(settings["decision"], 15.0)
    return Given(params_for(values)[0], settings[0], programmes_for(policy, case, STRUCTURES))


def assert_sane_panel(panel: NDArray[np.float64], draw: int) -> None:
    seen = panel[~np.isnan(column(panel, "time"))]
    assert len(seen) == len(panel) or column(seen, "exhausted")[-1] == 1.0, f"draw {draw}: rows are missing"
    assert np.isfinite(seen).all(), f"draw {draw}: {[COLUMNS[k] for k in np.unique(np.argwhere(~np.isfinite(seen))[:, 1])]}"
    for name in set(COLUMNS) - SIGNED:
        assert column(seen, name).min() >= 0.0, f"draw {draw}: {name} {column(seen, name).min()}"
    for name in SHARES:
        assert column(seen, name).max() <= 1.0, f"draw {draw}: {name}"
    assert (column(seen, "workers") >= column(seen, "firms")).all(), f"draw {draw}: a firm without its owner"
    assert (column(seen, "price") > 0.0).all()
    assert (column(seen, "price_export") > 0.0).all()


def assert_sane_firms(firms: Any, world: World, draw: int) -> None:
    p, s = world.p, world.s
    for name in firms.dtype.names:
        assert np.isfinite(firms[name]).all(), f"draw {draw}: firms' {name}"
    assert (firms.alive == 1).all()
    assert (firms.workers >= 1.0).all()
    assert (firms.workers <= p.production_workers_max * (1.0 + p.growth_step) + 1e6 * world.cluster.mergers).all()
    assert ((firms.rung >= 0) & (firms.rung <= s.ladder)).all()
    for name in ("recognition", "trust"):
        assert ((firms[name] >= 0.0) & (firms[name] <= 1.0)).all(), f"draw {draw}: {name}"
    for name in ("trained", "pending", "debt", "schooling", "access"):
        assert (firms[name] >= 0.0).all(), f"draw {draw}: {name}"
    assert (firms.residual >= 0.0).all()
    fixed = world.ladder.fixed_cost[firms.rung]
    granted = sum(float(line.unit_cost) for line in world.programmes.view(np.recarray))
    # A firm may have had nearly all workers of the cluster when its cash was last cut, and have lost most of them since.
    employed = np.maximum(firms.workers, world.cluster.workers)
    recovered = p.growth_recovery * world.ladder.outlay[firms.rung] * employed
    most = p.finance_reserve * fixed + employed + firms.debt + granted + recovered
    older = firms.born < world.cluster.time - QUARTER
    assert (firms.cash <= most + 1.0)[older].all(), f"draw {draw}: cash beyond every reserve"
    assert len(np.unique(firms.lineage)) == len(firms)
    assert (firms.born <= world.cluster.time).all()


def assert_sane(draw: int) -> None:
    panel, _, firms, world = compiled(drawn(draw), seed=draw + 1)
    assert_sane_panel(panel, draw)
    assert_sane_firms(firms, world, draw)


def test_60_draws_of_the_prior() -> None:
    for draw in range(60):
        assert_sane(draw)


@pytest.mark.slow
def test_2000_draws_of_the_prior() -> None:
    for draw in range(60, 2000):
        assert_sane(draw)
