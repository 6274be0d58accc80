"""Does a user's own mechanism plug in? The examples of docs/extending.md run, and do what the text says they do."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import simulate
from model.config import load_policy, load_priors
from model.engines.simpy_engine import Run, run_history
from model.errors import InputError
from model.events import EVENTS, LOG_GRANT
from model.lanes import firm_at
from model.mechanisms.exit import leave
from model.plans import Policy, PolicyProgramme
from model.world import note
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
    without, granted = (examples[1][name] for name in ("without", "granted"))
    assert same_until(without, granted, 3.75)
    times = events(granted, "grant")
    assert sorted(set(times)) == [4.0, 5.0, 6.0, 7.0, 8.0]
    assert len(times) == sum(min(10, int(granted.firms.sel(time=year)[0])) for year in range(4, 9))
    assert not np.array_equal(without.workers, granted.workers)


def test_what_a_lottery_pays_is_spent(examples: list[dict[str, Any]]) -> None:
    without, granted, cost = (examples[1][name] for name in ("without", "granted", "cost"))
    paid = np.array([events(granted, "grant").searchsorted(time, "right") for time in granted.time.values])
    np.testing.assert_allclose((granted.spent - without.spent)[0], 2.0 * paid, rtol=1e-12)
    assert cost == 2.0 * len(events(granted, "grant")) > 0.0


def acting(*acts: Callable[[Run], None], time: float = 2.5, years: float = 6, policy: str = "status-quo", **given: Any) -> Any:
    """A history in which acts happen at one instant."""

    def act(run: Run) -> Any:
        yield run.at(time)
        for one in acts:
            one(run)

    return simulate(9, engine="simpy", seeds=4, years=years, policy=policy, mechanisms=[act], **given)


def by_hand(run: Run) -> None:
    """A grant as a programme of one's own may note it, without a method of the run."""
    firm = firm_at(run.world.firms, 0)
    firm.cash += 3.0
    note(run.world, 2.5, LOG_GRANT, firm.lineage, 0, 3.0)


@pytest.mark.parametrize(
    ("act", "public", "word"),
    [
        (lambda run: run.spend(7.0), 7.0, None),
        (lambda run: run.grant(0, 3.0), 3.0, "grant"),
        (lambda run: run.lend(0, 5.0), 5.0, "loan"),
        (by_hand, 3.0, "grant"),
    ],
    ids=["spend", "grant", "lend", "note"],
)
def test_money_of_ones_own_programme_is_spent_from_the_next_row_on(
    act: Callable[[Run], None], public: float, word: str | None
) -> None:
    history = acting(act)
    assert history.granted[0].sel(time=2.25) == 0.0
    assert (history.granted[0].sel(time=slice(2.5, None)) == public).all()
    # A loan comes back bit by bit.
    assert (history.spent[0].sel(time=slice(2.5, None)) == public).all() == (word != "loan")
    assert (history.event_word.values == word).sum() == (word is not None)
    assert float(history.loans.sum()) == (word == "loan")


def test_costs_after_the_decision_are_charged_and_a_loan_by_what_is_lost() -> None:
    given = {"years": None, "years_after": 4.0}
    first = acting(lambda run: run.spend(7.0), time=34.0, **given)
    decision = float(first.time[-1]) - 4.0
    spent = acting(lambda run: run.spend(7.0), time=decision + 1.0, **given)
    lent = acting(lambda run: run.lend(0, 5.0), time=decision + 1.0, **given)
    base = acting(lambda run: None, **given)
    burden = load_priors().defaults["value_funds_cost"]
    cost = float((base.treasury - spent.treasury)[0, -1]) / burden
    assert cost == pytest.approx(7.0 * np.exp(-0.05 * 0.875), rel=1e-9)
    assert float((lent.granted - base.granted)[0, -1]) == 5.0
    assert 0.0 < float((base.treasury - lent.treasury)[0, -1]) / burden < 5.0


def test_grants_of_the_models_own_programmes_are_counted_once() -> None:
    spec = PolicyProgramme.model_validate({"programme": "grant", "budget": 40.0, "unit_cost": 2.0})
    asked = {"policy": Policy(name="own", title="Own", question="?", programmes=(spec,)), "years": None, "years_after": 6.0}
    plain = simulate(9, seeds=4, **asked)
    assert float(plain.spent[0, -1]) == 2.0 * len(events(plain, "grant")) > 0.0
    assert plain.identical(acting(lambda run: None, **asked))
    both = acting(lambda run: run.grant(0, 3.0), time=float(plain.time[-1]) - 3.0, **asked)
    assert float(both.spent[0, -1]) == 2.0 * (len(events(both, "grant")) - 1) + 3.0


def dead(run: Run) -> None:
    leave(run.world, 0, 2.5)
    run.grant(0, 1.0)


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        (lambda run: run.grant(0, -1.0), "-1.0: is no amount of money"),
        (lambda run: run.spend(float("nan")), "nan: is no amount of money"),
        (lambda run: run.lend(0, float("inf")), "inf: is no amount of money"),
        (lambda run: run.grant(10**6, 1.0), "firm 1000000: no firm lives in that row"),
        (lambda run: run.grant(-1, 1.0), "firm -1: no firm lives in that row"),
        (dead, "firm 0: no firm lives in that row"),
        (lambda run: [note(run.world, 2.5, LOG_GRANT, 1, 0, 1.0) for _ in range(200_000)], "had no room"),
    ],
)  # fmt: skip
def test_what_ones_own_programme_may_not_do_is_answered(act: Callable[[Run], None], answer: str) -> None:
    with pytest.raises(InputError, match=f"^mechanisms: .*{answer}"):
        acting(act)


def without_a_yield(run: Run) -> Any:
    run.spend(1.0)


def a_number(run: Run) -> Any:
    yield run.at(1.0)
    yield 5.0


class Idle:
    """A mechanism that is an object, and no process."""

    def __call__(self, run: Run) -> Any:
        return [run]


@pytest.mark.parametrize(
    ("mechanism", "answer"),
    [
        (a_number, rf"a_number \({__file__}, line \d+\): yields 5.0, which is no event; write `yield run.at\(time\)`"),
        (without_a_yield, rf"without_a_yield \({__file__}, line \d+\): has no yield, .* write `yield run.at\(time\)`"),
        (Idle(), "Idle: has no yield"),
    ],
    ids=["a number", "no yield", "an object"],
)
def test_a_process_that_is_none_is_answered_with_its_name_its_line_and_what_to_write(mechanism: Any, answer: str) -> None:
    with pytest.raises(InputError, match=f"^mechanisms: {answer}") as error:
        simulate(9, engine="simpy", years=3, mechanisms=[mechanism])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("time", [2.25, -1.0, float("nan"), "3", None], ids=str)
def test_an_instant_that_has_gone_by_or_is_none_is_refused(time: Any) -> None:
    with pytest.raises(InputError, match=r"^mechanisms: run\.at\(.*\): must be a time .* and not before now, 2.5; give a later"):
        acting(lambda run: run.at(time))
    acting(lambda run: run.at(2.5), lambda run: run.at(np.float32(2.75)))


def test_a_process_hears_what_its_events_return_and_how_they_fail() -> None:
    heard: list[Any] = []

    def failing(run: Run) -> Any:
        yield run.at(1.0)
        raise KeyError("of its own")

    def listening(run: Run) -> Any:
        heard.append((yield run.env.timeout(0.5, "a word")))
        try:
            yield run.env.process(failing(run))
        except KeyError as error:
            heard.append(error.args[0])
        yield run.at(2.0)
        heard.append(run.env.now)

    simulate(9, engine="simpy", years=3, mechanisms=[listening])
    assert heard == ["a word", "of its own", 2.0]


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
