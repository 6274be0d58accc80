"""Does luck in Mesa turn as in the package, and do founders differ as they do there?"""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("mesa", reason="Mesa, in which the benchmark's peer is written, is not installed")

from benchmarks.mesa_model import ClusterModel, Firm
from model.mechanisms.luck import luck_spread, next_luck
from tests.benchmarks.test_mesa_model import MODELS, founders, status_quo, without_events

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("kind", MODELS)
def test_luck_turns_as_in_the_package(kind: type[ClusterModel], monkeypatch: pytest.MonkeyPatch) -> None:
    what = status_quo({"luck_size": 0.3}, founders=24, founder_rung=0.0)
    w, m = without_events(what, founders(np.random.default_rng(8), 24), kind)
    wanted = [next_luck(w.p, firm.luck, luck_spread(w.p, firm.workers), 0.7) for firm in m.firms]
    assert min(firm.workers for firm in m.firms) < 10.0 < 30.0 < max(firm.workers for firm in m.firms)
    monkeypatch.setattr(m, "random", SimpleNamespace(gauss=lambda mean, spread: mean + 0.7 * spread))
    m.agents.do("draw_luck")
    assert [firm.luck for firm in m.firms] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("kind", MODELS)
def test_luck_turns_once_a_year(kind: type[ClusterModel]) -> None:
    what = status_quo(founders=24, founder_rung=0.0, market=500.0)
    _, m = without_events(what, founders(np.random.default_rng(9), 24), kind)
    seen = []
    for _ in range(10):
        m.step()
        seen.append([firm.luck for firm in m.firms])
    turned = [tick for tick in range(1, 10) if seen[tick] != seen[tick - 1]]
    assert turned == [4, 8]
    assert not set(seen[0]) & set(seen[4])
    assert not set(seen[4]) & set(seen[8])


def test_founders_differ_in_luck_and_means_as_in_the_package() -> None:
    what = status_quo({"entry_cash_sd": 0.8, "luck_sd": 0.3}, founders=1)
    m = ClusterModel(what.params, what.setting, 1)
    firms = [Firm(m, 0.0, 0.0, 1.0, rung) for _ in range(2000) for rung in (0, 1)]
    cash = np.log([firm.cash / (m.p.entry_cash * firm.rung.fixed_cost) for firm in firms]) / 0.8
    for drawn in (cash, np.array([firm.luck for firm in firms]) / 0.3):
        # Standard normal: mean 0 with a standard error of 1/63, mean square 1 with one of 1/45.
        assert drawn.mean() == pytest.approx(0.0, abs=0.072)
        assert (drawn**2).mean() == pytest.approx(1.0, abs=0.1)
