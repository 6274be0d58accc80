"""How does a history run where one can watch it? As a SimPy simulation: one process a mechanism, each waiting for its own events.

This is the reference that the compiled engine must match bit for bit, and the place where a user's own mechanism plugs in. The
quarter's passes over all firms (the market, firms' accounts, clocks) call compiled kernels; every event is plain Python. With
``NUMBA_DISABLE_JIT=1`` all of it is plain Python that a debugger can step through, with the same bits.
"""

from collections.abc import Callable, Generator, Sequence
from heapq import heappush
from typing import Any, Final

import numpy as np
import simpy
from numpy.typing import NDArray

from model.clock import Clock
from model.compiling import kernel, prepare
from model.engines import quarter
from model.mechanisms.clocks import ALL
from model.mechanisms.programmes import govern
from model.mechanisms.valuation import value
from model.observe import COLUMNS, record
from model.start import LINES_AT_FIRST, new_world
from model.state import LOG, records
from model.world import INVITED_MAX

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

    def at(self, time: float) -> simpy.Event:
        """Return an event at an exact time, for a user's process: after the events of that instant, before a quarter's steps."""
        return self.env.at(time, USER_PRIORITY)

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


def government(run: Run) -> Process:
    """Open each quarter and run the programmes."""
    for tick in run.ticks():
        yield run.step(tick, GOVERNMENT)
        cluster = run.world.cluster
        cluster.tick = tick
        cluster.time = quarter.tick_time(tick)
        # Every programme may bring firms in, open, and serve every firm.
        run.make_room(len(run.world.programmes) * (int(run.world.cluster.rows) + INVITED_MAX + 1))
        govern(run.world)


def market(run: Run) -> Process:
    """Count, gather, supply and clear, every quarter."""
    for tick in run.ticks():
        yield run.step(tick, MARKET)
        prepare(open_market, run.world)
        open_market(run.world)


def recorder(run: Run) -> Process:
    """Write a row every quarter; stop after the last, or once there are too many firms."""
    for tick in run.ticks():
        yield run.step(tick, RECORD)
        value(run.world)
        record(run.world, run.panel[tick])
        if tick == run.world.s.quarters or run.world.cluster.exhausted == 1:
            run.finished = True
            return


def firms(run: Run) -> Process:
    """Let firms earn, grow and learn, and all clocks run, every quarter; make room for what may be told of the events.

    Stop if more is due than a quarter can hold.
    """
    for tick in run.ticks():
        yield run.step(tick, FIRMS)
        prepare(move_firms_and_clocks, run.world)
        move_firms_and_clocks(run.world)
        run.make_room(3 * int(run.world.cluster.due))
        run.finished = run.finished or run.world.cluster.exhausted == 1


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
    founders = int(setting.founders)
    run.make_room(founders)
    quarter.begin(run.world)
    for process in (government, market, recorder, firms, farewell):
        run.env.process(process(run))
    for clock in ALL:
        run.env.process(events(run, clock))
    for mechanism in mechanisms:
        run.env.process(mechanism(run))
    while not run.finished:
        run.env.step()
    return run.panel, run.world.log[: run.world.cluster.logged]

