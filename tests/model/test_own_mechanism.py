"""Does a user's own mechanism plug in? The examples of docs/extending.md run, and do what the text says they do."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import simulate
from model.config import load_policy
from model.engines.simpy_engine import run_history
from model.errors import InputError
from model.events import EVENTS
from tests.model.worlds import column, given


@pytest.fixture(scope="module")
def examples(repository: Path) -> list[dict[str, Any]]:
    """What each block of code of the document defines."""
    text = (repository / "docs" / "extending.md").read_text(encoding="utf-8")
    ran: list[dict[str, Any]] = []
    for code in re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        names: dict[str, Any] = {"__name__": f"extending_{len(ran)}"}
        exec(compile(code, "docs/extending.md", "exec", dont_inherit=True), names)  # noqa: S102  (our own document)
        ran.append(names)
    return ran


def same_until(one: Any, other: Any, time: float) -> bool:
    past = slice(0, time)
    panel = [name for name in one if "time" in one[name].dims]
    return all(one[name].sel(time=past).identical(other[name].sel(time=past)) for name in panel)


def events(history: Any, word: str) -> np.ndarray:
    return np.asarray(history.event_time.values[history.event_word.values == word])


def test_a_flood_closes_a_third_of_the_core(examples: list[dict[str, Any]]) -> None:
    dry, flooded, lost = (examples[0][name] for name in ("dry", "flooded", "lost"))
    assert same_until(dry, flooded, 9.75)
    closed = int(((flooded.event_time == 10.0) & flooded.event_word.isin(["exit", "merger"])).sum())
    before = float(dry.firms.sel(time=9.75)[0])
    # Binomial(n, 1/3) within 4.9 standard errors: a right example fails with probability 1e-6.
    assert abs(closed - before / 3.0) < 4.9 * np.sqrt(before * 2.0 / 9.0) + before * 0.1
    assert float(lost[0]) == closed
    flow = flooded.entrants + flooded.spin_offs - flooded.exits
    np.testing.assert_array_equal(flooded.firms, flow.cumsum("time"))


def test_the_flood_spares_zones(examples: list[dict[str, Any]]) -> None:
    changes = {"relocation_rate": 9.0, "relocation_cost": 1.0, "congestion_elasticity": 0.15, "state_capacity": 9.0}
    what = given(9, load_policy("zone").scaled(60.0), changes, {"market": -1.0}, quarters=42, decision=2.0, capacity=30.0)
    panel, log = run_history(*what, 3, [examples[0]["flood"]])
    in_zone = set(log["firm"][log["event"] == EVENTS.index("relocation")])
    drowned = set(log["firm"][(log["time"] == 10.0) & (log["event"] == EVENTS.index("exit"))])
    assert column(panel, "zone_firms")[39] > 3
    assert drowned
    assert not in_zone & drowned


def test_a_lottery_pays_its_winners(examples: list[dict[str, Any]]) -> None:
    without, granted, lottery = (examples[1][name] for name in ("without", "granted", "lottery"))
    assert same_until(without, granted, 4.0)
    times = events(granted, "grant")
    assert sorted(set(times)) == [4.0, 5.0, 6.0, 7.0, 8.0]
    assert len(times) == len(lottery.spent) == sum(min(10, int(granted.firms.sel(time=year)[0])) for year in range(4, 9))
    assert not np.array_equal(without.workers, granted.workers)


def test_the_compiled_engine_refuses_and_says_where_to_go(examples: list[dict[str, Any]]) -> None:
    with pytest.raises(InputError, match="choose simpy"):
        simulate(9, mechanisms=[examples[0]["flood"]])


def test_a_mechanism_that_only_watches_changes_no_bit() -> None:
    seen: list[float] = []

    def watch(run: Any) -> Any:
        for year in range(5):
            yield run.at(float(year))
            seen.append(float(run.world.cluster.workers))

    watched = simulate(9, engine="simpy", seeds=(2,), years=6, mechanisms=[watch])
    assert len(seen) == 5
    assert watched.identical(simulate(9, seeds=(2,), years=6))
