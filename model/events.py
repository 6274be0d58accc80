"""What can happen in a cluster, in which order, and why there? The steps of a quarter, the events of clocks, and their words.

``SCHEDULE`` is the order of a quarter; ``CLOCKS`` are the internal clocks, in the order that breaks a tie in time
(``(time, mechanism, lineage)``, the same in both engines); ``EVENTS`` are the words of the event log.
"""

from typing import Final, NamedTuple

QUARTER: Final = 0.25


class Home(NamedTuple):
    """Where a clock stands: its name, the module of ``model/mechanisms`` whose ``CLOCK`` it is, and whose clock it is."""

    name: str
    module: str
    owner: str = "a firm"


# A clock's number is its position here. It breaks ties and is the key of the clock's draws, so that a new clock comes last.
HOMES: Final = (
    Home("exit", "exit"),
    Home("spin_off", "spin_off"),
    Home("attempt", "improvement"),
    Home("relocation", "relocation"),
    Home("loan", "credit"),
    Home("succession", "succession"),
    Home("breach", "knowledge"),
    Home("poaching", "poaching"),
    Home("entry", "entry", "the cluster"),
)
CLOCKS: Final = tuple(home.name for home in HOMES)
EXIT: Final = CLOCKS.index("exit")
SPIN_OFF: Final = CLOCKS.index("spin_off")
ATTEMPT: Final = CLOCKS.index("attempt")
RELOCATION: Final = CLOCKS.index("relocation")
LOAN: Final = CLOCKS.index("loan")
SUCCESSION: Final = CLOCKS.index("succession")
BREACH: Final = CLOCKS.index("breach")
POACHING: Final = CLOCKS.index("poaching")
ENTRY: Final = CLOCKS.index("entry")
# Columns for the clocks of a firm: up to its last one. A clock of the cluster among them leaves its column unused.
FIRM_CLOCKS: Final = 1 + max(number for number, home in enumerate(HOMES) if home.owner == "a firm")

# Keys of draws that are no clock; numbers of clocks stay below them.
BIRTH: Final = 16
TRAITS: Final = 17
PEER: Final = 18
OUTCOME: Final = 19
SIGNAL: Final = 20
INVITATION: Final = 21
TRAINING: Final = 22
FIRST: Final = 23
LUCK: Final = 24
FUTURE: Final = 25
TRIAL: Final = 26

# Words of the event log; the number is what the log stores.
EVENTS: Final = (
    "pioneer", "entry", "spin_off", "exit", "merger", "attempt_failed", "attempt_succeeded", "relocation", "loan", "default",
    "succession", "breach", "poaching", "trained", "foreign_investment", "grant", "programme",
    "invited", "refused", "served",
)
(
    LOG_PIONEER, LOG_ENTRY, LOG_SPIN_OFF, LOG_EXIT, LOG_MERGER, LOG_ATTEMPT_FAILED, LOG_ATTEMPT_SUCCEEDED, LOG_RELOCATION,
    LOG_LOAN, LOG_DEFAULT, LOG_SUCCESSION, LOG_BREACH, LOG_POACHING, LOG_TRAINED, LOG_INVESTMENT, LOG_GRANT, LOG_PROGRAMME,
    LOG_INVITED, LOG_REFUSED, LOG_SERVED,
) = range(len(EVENTS))


class Step(NamedTuple):
    """One step of a quarter: the function that does it, the file of that function, and the reason why it stands there."""

    name: str
    home: str
    why: str


_AT: Final = "model/mechanisms/"

# A test holds this list to the order in which both engines call.
SCHEDULE: Final = (
    Step("value", f"{_AT}valuation.py", "the quarter that ended is valued before government spends for the next one"),
    Step("govern", f"{_AT}programmes.py", "programmes open at the quarter's start, so firms meet them in the same quarter"),
    Step("count", f"{_AT}agglomeration.py", "what is shared is counted once, before any firm reads it"),
    Step("gather", f"{_AT}agglomeration.py", "what the cluster gives and takes follows from the counts"),
    Step("draw_luck", f"{_AT}luck.py", "a year's luck is known before its first output"),
    Step("supply", f"{_AT}production.py", "output follows from workers and what the cluster gives, without a price"),
    Step("clear", f"{_AT}market.py", "supply is given within the quarter: the price clears before profits are known"),
    Step("press", f"{_AT}improvement.py", "the squeeze on each rung follows from its price; attempts read it"),
    Step("record", "model/observe.py", "a row shows stocks and prices at its time, and the flows of the quarter ended there"),
    Step("wind_up", f"{_AT}birth.py", "firms that programmes founded start their clocks before any clock runs"),
    Step("open_books", f"{_AT}ledger.py", "what firms earn and pay is booked quarter by quarter"),
    Step("repay_blocks", f"{_AT}credit.py", "loans are served before what is left is invested"),
    Step("move_blocks", f"{_AT}growth.py", "profit, cash and growth follow from the price"),
    Step("book_growth", f"{_AT}ledger.py", "what is earned and laid out is booked before buyers know firms better"),
    Step("learn_blocks", f"{_AT}knowledge.py", "what a firm spends on learning follows from its profit"),
    Step("book_learning", f"{_AT}ledger.py", "what was spent on learning is known once firms have learnt"),
    Step("run_clocks", f"{_AT}clocks.py", "hazards follow from profit and hold for the quarter: event times are known now"),
    Step("close_books", f"{_AT}ledger.py", "what firms repaid can be lent from the next quarter on"),
    Step("run_entry_clock", f"{_AT}clocks.py", "entry from outside follows from the price; no firm's step changes its hazard"),
    Step("put_in_order", f"{_AT}clocks.py", "events fall in order of (time, mechanism, lineage)"),
    Step("happen", "model/engines/quarter.py", "each event sees all that came before it"),
    Step("wind_up", f"{_AT}birth.py", "firms founded in the quarter start their clocks"),
    Step("bury", "model/world.py", "the dead leave last, so that no row moves while events happen"),
)
