"""What is an internal clock? A hazard, what happens when it strikes, and how often it may: one object beside each mechanism.

From these objects both engines, the schedule and the documentation are made. A new clock is a file of ``model/mechanisms`` that
ends with its ``CLOCK``, and a line of ``model.events.HOMES``.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from model.compiling import equation, step
from model.events import CLOCKS, HOMES, Home
from model.lanes import fetch_nothing

ONCE: Final = "once in a life"
QUARTERLY: Final = "once a quarter"
OFTEN: Final = "as often as it strikes"


class Conditions(NamedTuple):
    """What all firms meet alike in a quarter: parameters, setting, the cluster, and the keys of luck."""

    p: Any
    s: Any
    cluster: Any
    seed: Any
    case: Any


@equation
def never(cluster: Any) -> bool:
    """Return False: most clocks can run at any time."""
    return False


class Clock(NamedTuple):
    """A clock of every firm, or the cluster's own.

    Attributes
    ----------
    name : str
        As in ``model.events.HOMES``.
    hazard : callable
        Strikes a year. That of a firm's clock takes (conditions, aside, firm), where ``aside`` (``model.state.ASIDE``) is what
        the quarter has worked out of the firm; that of the cluster's clock takes the world.
    happen : callable
        The event. It takes (world, firm, time, number): the firm's row, the time in years, and which strike of its clock it is;
        for the cluster's clock the row means nothing.
    repeats : str
        ``ONCE``, ``QUARTERLY`` or ``OFTEN``: how often it may strike.
    rests : callable
        Takes the cluster, and says whether no firm's clock can run in this quarter.
    fetch : callable
        Asks for columns of the next firms while this clock's pass works (``model.lanes.fetcher``).
    """

    name: str
    hazard: Callable[..., float]
    happen: Callable[[Any, int, float, int], Any]
    repeats: str = QUARTERLY
    rests: Callable[[Any], bool] = never
    fetch: Callable[[Any, int], None] = fetch_nothing

    @property
    def number(self) -> int:
        """Its number: the tie-break, and the key of its draws."""
        return CLOCKS.index(self.name)

    @property
    def home(self) -> Home:
        """Its line of ``model.events.HOMES``."""
        return HOMES[self.number]


def uncounted(act: Callable[[Any, int, float], Any]) -> Callable[[Any, int, float, int], None]:
    """Return an event that does not need to know which strike of its clock it is."""

    @step
    def happen(w: Any, firm: int, time: float, number: int) -> None:
        act(w, firm, time)

    return happen
