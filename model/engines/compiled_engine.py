"""How does a history run as fast as the machine allows? The same steps as the SimPy engine, in one compiled loop."""

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from model.compiling import kernel, step
from model.engines.quarter import begin, close_quarter, happen, move_firms_and_clocks, open_quarter, tick_time
from model.lanes import CACHED, fetch_lane
from model.mechanisms.clocks import put_in_order
from model.state import LANES
from model.world import World

cgutils: Any = untyped_cgutils
# So many events before its own a firm's memory is asked for.
AHEAD = 4


@step
def fetch_later(w: World, k: int) -> None:
    """Ask for the memory of a firm some events before its turn, where firms outgrow the processor's caches."""
    if w.cluster.rows > CACHED and k + AHEAD < w.cluster.due:
        later = w.due[w.order[k + AHEAD]].firm
        fetch_lane(w.firms, later // LANES, later % LANES)


@step
def run_events(w: World) -> None:
    """Let the quarter's events happen in order."""
    put_in_order(w)
    for k in range(w.cluster.due):
        fetch_later(w, k)
        due = w.due[w.order[k]]
        happen(w, due.mechanism, due.firm, due.time, due.number)


@kernel
def run_history(w: World, panel: NDArray[np.float64], halt: NDArray[np.uint8], first: int, last: int) -> bool:
    """Run one history from a quarter to before another; return whether it got there.

    It gets no further than the end of its setting, or than the quarter in which it is stopped. Rows of the panel
    beyond stay as they are. Once ``halt`` (1,) is set it ends within a quarter.
    """
    if first == 0:
        begin(w)
    for tick in range(first, last):
        if halt[0] != 0:
            return False
        w.cluster.tick = tick
        w.cluster.time = tick_time(tick)
        open_quarter(w, panel[tick])
        if tick == w.s.quarters or w.cluster.exhausted != 0:
            return False
        move_firms_and_clocks(w)
        if w.cluster.exhausted != 0:
            return False
        run_events(w)
        close_quarter(w)
    return True


def run_at(address: int, w: World, panel: NDArray[np.float64], halt: NDArray[np.uint8], first: int, last: int) -> bool:
    """Call ``run_history`` where its machine code lies (``model.compiling.address_of``).

    Another kernel that simply called it would hold all of its code once more, and compile for half as long again.
    """
    return run_history(w, panel, halt, first, last)


def _run_intrinsic(typing: Any, address: Any, w: Any, panel: Any, halt: Any, first: Any, last: Any) -> Any:
    takes = w, panel, halt, types.int64, types.int64
    history: Any = run_history
    # The code at the address takes arguments of these types and no others.
    if takes not in history.overloads:
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        calls = context.call_conv
        code = builder.inttoptr(arguments[0], calls.get_function_type(types.boolean, takes).as_pointer())
        status, result = calls.call_function(builder, code, types.boolean, takes, arguments[1:])
        # Where bounds are checked, what the loop raises goes on to its caller.
        with cgutils.if_unlikely(builder, status.is_error):
            calls.return_status_propagate(builder, status)
        return result

    return types.boolean(types.intp, *takes), generate


_run: Any = intrinsic(_run_intrinsic)


def _run_at_compiled(address: Any, w: Any, panel: Any, halt: Any, first: Any, last: Any) -> Any:
    return lambda address, w, panel, halt, first, last: _run(address, w, panel, halt, first, last)  # noqa: PLW0108


overload(run_at, strict=False)(_run_at_compiled)
