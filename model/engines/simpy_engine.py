"""How does a history run where one can watch it? As a SimPy simulation: one process a mechanism, each waiting for its own events.

This is the reference that the compiled engine must match bit for bit, and the place where a user's own mechanism plugs in. The
quarter's passes over all firms (the market, firms' accounts, clocks) call compiled kernels; every event is plain Python. With
``NUMBA_DISABLE_JIT=1`` all of it is plain Python that a debugger can step through, with the same bits.
"""

import math
from collections.abc import Callable, Generator, Sequence
from functools import partial
from heapq import heappush
from typing import Any, Final

import numpy as np
import simpy
from numpy.typing import NDArray

from model.clock import Clock
from model.compiling import kernel, prepare
from model.engines import quarter
from model.errors import InputError, shown
from model.events import LOG_GRANT, LOG_LOAN
from model.lanes import firm_at
from model.mechanisms.clocks import ALL
from model.mechanisms.credit import owe
from model.mechanisms.ledger import pay
from model.mechanisms.programmes import govern
from model.mechanisms.valuation import value
from model.observe import COLUMNS, mark_stop, record
from model.start import LINES_AT_FIRST, new_world
from model.state import LOG, records
from model.world import INVITED_MAX, note

Process = Generator[simpy.Event, Any, None]

# Priorities of what falls on the same instant: events by (mechanism, lineage), a user's processes, then the quarter's steps.
EVENT_PRIORITY: Final = 1
USER_PRIORITY: Final = 1 << 78
STEP_PRIORITY: Final = 1 << 79
FAREWELL, GOVERNMENT, MARKET, RECORD, FIRMS, EVENTS = range(6)

open_market = kernel(quarter.open_market)
move_firms_and_clocks = kernel(quarter.move_firms_and_clocks)


class Agenda(simpy.Environment):
    """A SimPy environment in which an event can be set for an exact instant: ``now + delay`` would round."""

    def at(self, time: float, priority: int) -> simpy.Event:
        """Return an event that happens at ``time``; what falls on the same instant goes by ``priority``."""
        event = simpy.Event(self)
        event._ok = True
        event._value = None
        queue: list[Any] = self._queue
        heappush(queue, (time, priority, next(self._eid), event))
        return event


class Run:
    """One history under way: its agenda, its world and its panel.

    Attributes
    ----------
    env : Agenda
        SimPy's environment; ``env.now`` is in years since the cluster's start.
    world : World
        The state; replaced when its event log grows, so read it anew after every ``yield``.
    panel : float64, shape (quarters + 1, len(COLUMNS))
    """

    def __init__(self, params: Any, setting: Any, programmes: NDArray[Any], seed: int) -> None:
        self.env = Agenda()
        self.world = new_world(params, setting, programmes, seed, log_lines=LINES_AT_FIRST)
        self.panel = np.full((int(setting.quarters) + 1, len(COLUMNS)), np.nan)
        self.finished = False
        self._lines_read = 0

    def at(self, time: float) -> simpy.Event:
        """Return an event at an exact time, for a user's process: after the events of that instant, before a quarter's steps.

        Raises
        ------
        InputError
            If the time is no number, or has gone by.
        """
        moment = float(time) if hasattr(time, "__float__") else math.nan
        if not moment >= self.env.now:
            raise InputError(
                f"mechanisms: run.at({shown(time)}): must be a time in years since the cluster's start, and not before now, "
                f"{self.env.now:g}; give a later time, say run.at(run.env.now + 1.0)"
            )
        return self.env.at(moment, USER_PRIORITY)

    def step(self, tick: int, order: int) -> simpy.Event:
        """Return the event of one step of a quarter."""
        return self.env.at(quarter.tick_time(tick), STEP_PRIORITY + order)

    def make_room(self, lines: int) -> None:
        """Make room for lines of the event log before they are written; firms have room from the start."""
        written = int(self.world.cluster.logged)
        if written + lines > len(self.world.log):
            log = records(LOG, 2 * (written + lines))
            log[:written] = self.world.log[:written]
            self.world = self.world._replace(log=log)

    def ticks(self) -> range:
        """Return the quarters of this history."""
        return range(int(self.world.s.quarters) + 1)

    def spend(self, amount: float) -> None:
        """Spend public money (wage-years) that no firm receives: the treasury has paid it from the next row on."""
        self.world.cluster.own_spending += _money(amount)

    def grant(self, row: int, amount: float) -> None:
        """Give public money (wage-years) to the firm in a row: cash, a line of the event log, and a cost of the treasury.

        Raises
        ------
        InputError
            If no firm lives in that row, or the amount is negative or not finite; so do ``spend`` and ``lend``.
        """
        firm = self._living(row)
        pay(self.world, firm, _money(amount))
        self.make_room(1)
        # ``count_grants`` adds the line to what is spent.
        note(self.world, self.env.now, LOG_GRANT, firm.lineage, 0, amount)

    def lend(self, row: int, amount: float) -> None:
        """Lend public money (wage-years) to the firm in a row, which repays it as it repays a programme's loan."""
        firm, cluster = self._living(row), self.world.cluster
        owe(self.world, firm, _money(amount))
        cluster.own_lending += amount
        cluster.loans += 1.0
        self.make_room(1)
        note(self.world, self.env.now, LOG_LOAN, firm.lineage, 0, amount)

    def _living(self, row: int) -> Any:
        firm = firm_at(self.world.firms, row) if 0 <= row < self.world.cluster.rows else None
        if firm is None or firm.alive == 0:
            raise InputError(f"mechanisms: firm {row}: no firm lives in that row; look at `alive` first")
        return firm

    def count_grants(self) -> None:
        """Add to public spending what a user's processes have noted as grants since the last call.

        Raises
        ------
        InputError
            If the processes noted more lines than there was room for, whose grants would be lost.
        """
        logged = int(self.world.cluster.logged)
        if logged > len(self.world.log):
            raise InputError(
                f"mechanisms: {logged - len(self.world.log)} lines of the event log had no room; call run.make_room(lines) first"
            )
        new = self.world.log[self._lines_read : logged]
        self.world.cluster.own_spending += float(new["detail"][new["event"] == LOG_GRANT].sum())
        self.skip_lines()

    def skip_lines(self) -> None:
        """Leave the lines written so far out of the next count of grants."""
        self._lines_read = int(self.world.cluster.logged)


def own_process(run: Run, mechanism: Callable[[Run], Any]) -> Process:
    """Run a user's own process, and say in one line where it is none or yields what is no event."""
    name = getattr(mechanism, "__name__", type(mechanism).__name__)
    process = mechanism(run)
    if not isinstance(process, Generator):
        code = getattr(mechanism, "__code__", None)
        raise InputError(
            f"mechanisms: {name}{_place(code, getattr(code, 'co_firstlineno', 0))}: has no yield, so that it cannot wait; write "
            "`yield run.at(time)` before what it does at that time"
        )
    go_on: Callable[[], Any] = partial(next, process)
    while True:
        try:
            event = go_on()
        except StopIteration:
            return
        if not isinstance(event, simpy.Event):
            line = _place(getattr(process, "gi_code", None), getattr(getattr(process, "gi_frame", None), "f_lineno", 0))
            raise InputError(
                f"mechanisms: {name}{line}: yields {shown(event)}, which is no event; write `yield run.at(time)` for a time in "
                "years since the cluster's start, or `yield run.at(run.env.now + years)` to wait"
            )
        try:
            go_on = partial(process.send, (yield event))
        except Exception as error:  # noqa: BLE001 - what happened to the event is the process's own affair
            go_on = partial(process.throw, error)


def _place(code: Any, line: int) -> str:
    """Return where a user's function stands, for a message; nothing where Python does not know."""
    return f" ({code.co_filename}, line {line})" if code is not None else ""


def _money(amount: float) -> float:
    """Return an amount of money, once it is a finite number that is not negative."""
    if not 0.0 <= amount < math.inf:
        raise InputError(f"mechanisms: {amount}: is no amount of money; give wage-years, 0 or more")
    return amount


def government(run: Run) -> Process:
    """Open each quarter and run the programmes."""
    for tick in run.ticks():
        yield run.step(tick, GOVERNMENT)
        cluster = run.world.cluster
        cluster.tick = tick
        cluster.time = quarter.tick_time(tick)
        # Every programme may bring firms in, open, and invite and serve every firm.
        run.count_grants()
        run.make_room(len(run.world.programmes) * (2 * int(run.world.cluster.rows) + INVITED_MAX + 1))
        value(run.world)
        govern(run.world)
        # What the model's own programmes grant is in their cost.
        run.skip_lines()


def market(run: Run) -> Process:
    """Count, gather, supply and clear, every quarter."""
    for tick in run.ticks():
        yield run.step(tick, MARKET)
        prepare(open_market, run.world)
        open_market(run.world)


def recorder(run: Run) -> Process:
    """Write a row every quarter; stop after the last, or once the history is stopped."""
    for tick in run.ticks():
        yield run.step(tick, RECORD)
        record(run.world, run.panel[tick])
        if tick == run.world.s.quarters or run.world.cluster.exhausted != 0:
            run.finished = True
            return


def firms(run: Run) -> Process:
    """Let firms earn, grow and learn, and all clocks run, every quarter; make room for what may be told of the events.

    Stop if more is due than a quarter can hold, or a hazard is not finite.
    """
    for tick in run.ticks():
        yield run.step(tick, FIRMS)
        prepare(move_firms_and_clocks, run.world)
        move_firms_and_clocks(run.world)
        run.make_room(3 * int(run.world.cluster.due))
        run.finished = run.finished or run.world.cluster.exhausted != 0


def events(run: Run, clock: Clock) -> Process:
    """Let the events of one mechanism happen: each quarter its clocks have said when it strikes; wait for each event in turn."""
    mechanism = clock.number
    for tick in run.ticks():
        yield run.step(tick, EVENTS)
        due: Any = run.world.due[: run.world.cluster.due]
        due = due[due.mechanism == mechanism]
        for time, lineage, number, firm in sorted((float(e.time), int(e.lineage), int(e.number), int(e.firm)) for e in due):
            yield run.env.at(time, EVENT_PRIORITY + (mechanism << 64) + lineage)
            quarter.happen(run.world, mechanism, firm, time, number)


def farewell(run: Run) -> Process:
    """Close each quarter."""
    for tick in run.ticks():
        if tick > 0:
            yield run.step(tick, FAREWELL)
            quarter.close_quarter(run.world)


def run_history(
    params: Any,
    setting: Any,
    programmes: NDArray[Any],
    seed: int,
    mechanisms: Sequence[Callable[[Run], Process]] = (),
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Run one history under SimPy.

    Parameters
    ----------
    params, setting, programmes
        Records as ``model.start.new_world`` takes them.
    seed : int
        Key of every draw.
    mechanisms : sequence of callables
        A user's own processes: each takes the ``Run`` and is a generator that yields ``run.at(time)``.

    Returns
    -------
    panel : float64, shape (quarters + 1, len(COLUMNS))
    log : LOG records
    """
    run = Run(params, setting, programmes, seed)
    run.make_room(int(min(setting.founders, setting.firms_max)))
    quarter.begin(run.world)
    for process in (government, market, recorder, firms, farewell):
        run.env.process(process(run))
    for clock in ALL:
        run.env.process(events(run, clock))
    for mechanism in mechanisms:
        run.env.process(own_process(run, mechanism))
    while not run.finished:
        run.env.step()
    mark_stop(run.panel, run.world.cluster)
    return run.panel, run.world.log[: run.world.cluster.logged]

