"""What can happen in a cluster, in which order, and why there.

``SCHEDULE`` is the order of a quarter; ``CLOCKS`` are the mechanisms that keep an internal clock, in the order that breaks a
tie in time (``(time, mechanism, lineage)``, the same in both engines); ``EVENTS`` are the words of the event log.
"""

from typing import Final, NamedTuple

QUARTER: Final = 0.25

# Clocks of a firm, then the clock of the cluster. The number is the tie-break and the key of the draws.
EXIT: Final = 0
SPIN_OFF: Final = 1
ATTEMPT: Final = 2
RELOCATION: Final = 3
LOAN: Final = 4
SUCCESSION: Final = 5
BREACH: Final = 6
POACHING: Final = 7
FIRM_CLOCKS: Final = 8
ENTRY: Final = 8
CLOCKS: Final = (
    "exit", "spin_off", "attempt", "relocation", "loan", "succession", "breach", "poaching", "entry",
)

# Keys of draws that are no clock.
BIRTH: Final = 16
TRAITS: Final = 17
PEER: Final = 18
OUTCOME: Final = 19
SIGNAL: Final = 20
INVITATION: Final = 21
TRAINING: Final = 22
FIRST: Final = 23

# Words of the event log; the number is what the log stores.
EVENTS: Final = (
    "pioneer", "entry", "spin_off", "exit", "merger", "attempt_failed", "attempt_succeeded", "relocation", "loan", "default",
    "succession", "breach", "poaching", "trained", "foreign_investment", "grant", "programme",
)
(
    LOG_PIONEER, LOG_ENTRY, LOG_SPIN_OFF, LOG_EXIT, LOG_MERGER, LOG_ATTEMPT_FAILED, LOG_ATTEMPT_SUCCEEDED, LOG_RELOCATION,
    LOG_LOAN, LOG_DEFAULT, LOG_SUCCESSION, LOG_BREACH, LOG_POACHING, LOG_TRAINED, LOG_INVESTMENT, LOG_GRANT, LOG_PROGRAMME,
) = range(len(EVENTS))


class Step(NamedTuple):
    """One place in a quarter: its name, the file that does it and the reason for its place."""

    name: str
    home: str
    why: str


SCHEDULE: Final = (
    Step(
        "government",
        "model/mechanisms/programmes.py",
        "programmes open at the quarter's start, so firms meet them in the same quarter",
    ),
    Step("aggregates", "model/mechanisms/agglomeration.py", "what is shared is counted once, before any firm reads it"),
    Step("market", "model/mechanisms/market.py", "supply is given within the quarter: the price clears before profits are known"),
    Step("record", "model/observe.py", "a row shows stocks and prices at its time, and the flows of the quarter ended there"),
    Step("firms", "model/mechanisms/growth.py", "profit, cash and growth follow from the price; hazards follow from profit"),
    Step("clocks", "model/mechanisms/clocks.py", "hazards are constant until the next quarter: every event time is known now"),
    Step("events", "model/engines/quarter.py", "in order of (time, mechanism, lineage); each event sees all that came before it"),
    Step("farewell", "model/world.py", "newcomers' clocks start; the dead leave last, so that no index moves while events run"),
)
