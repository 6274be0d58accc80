"""What does the state consist of? One row a field: its name, unit and meaning, its first value, and how the panel shows it.

From these rows come the dtypes (``model.state``), the values with which a history, a firm's life and a programme begin, the
panel's columns (``model.observe``) and the tables of the documentation. A new field is one row here, and what sets it in a
mechanism.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final, NamedTuple

# Kinds of value, as NumPy writes them: numbers and whole numbers of eight bytes, a key, a yes or no.
NUMBER: Final = "f8"
WHOLE: Final = "i8"
KEY: Final = "u8"
MARK: Final = "i1"
# A column of the panel that is no field: ``model.observe`` derives it from fields.
DERIVED: Final = ""

# How the panel shows a field: as a level, as a whole number, or as a count of the quarter that restarts at zero.
LEVEL: Final = "level"
COUNT: Final = "count"
FLOW: Final = "flow"


class Field(NamedTuple):
    """One field of a record.

    Attributes
    ----------
    name, unit, meaning : str
    first : float or None
        Its value when a history, a firm's life or a programme begins; None where it is given, or worked out before it is read.
    kind : str
        Kind of value, as NumPy writes it; ``DERIVED`` for a column of the panel that is no field.
    panel : str
        ``LEVEL``, ``COUNT`` or ``FLOW`` where the panel shows it, else empty.
    per_clock : bool
        Whether a firm has one for each of its clocks.
    """

    name: str
    unit: str
    meaning: str
    first: float | None = 0
    kind: str = NUMBER
    panel: str = ""
    per_clock: bool = False


given = partial(Field, first=None)
level = partial(Field, panel=LEVEL)
count = partial(Field, panel=COUNT)
flow = partial(Field, panel=FLOW)
derived = partial(Field, first=None, kind=DERIVED, panel=LEVEL)

# A block of firms holds these in this order. Passes over the firms read columns that lie side by side: first what counts firms,
# then what supply reads and works out.
FIRM_FIELDS: Final = (
    Field("marks", "word", "the six marks at the end of this table in one word", kind=WHOLE),
    given("rung", "0-6", "rungs of improvement climbed", kind=WHOLE),
    given("workers", "workers", "workers, the owner counted"),
    given("skill", "SD", "managerial capital of its own"),
    Field("trained", "SD", "managerial capital from training, its own or others', that has arrived and not yet faded"),
    given("schooling", "years", "schooling of the entrepreneur, or of the heir"),
    Field("recognition", "0-1", "share of the rung's quality that buyers see"),
    Field("trust", "0-1", "trust in subcontractors"),
    given("born", "years", "time of founding, since the cluster's start"),
    given("luck", "log", "what this year's luck adds to log efficiency"),
    Field("log_efficiency", "log", "this quarter's log efficiency"),
    Field("output", "quality units/year", "this quarter's output"),
    Field("pending", "SD", "training taken that has not yet arrived"),
    Field("access", "logit", "own access to knowledge, from learning abroad and from training that carries technology"),
    given("cash", "wage-years", "own cash; negative where losses are carried"),
    Field("debt", "wage-years", "programme loan outstanding"),
    Field("instalment", "wage-years/quarter", "what it repays of that loan in a quarter"),
    given("workers_best", "workers", "best size at this quarter's price"),
    given("lineage", "key", "the firm's name: a 64-bit word drawn from its founder's key", kind=KEY),
    given("residual", "1", "what is left of each clock's exponential draw; next to nothing before the first", per_clock=True),
    given("count", "strikes", "how often each clock has struck", kind="u2", per_clock=True),
    # Yes or no, a byte each of ``marks``, whose first value is theirs.
    given("alive", "0/1", "whether it is alive", kind=MARK),
    given("in_zone", "0/1", "whether it has moved to a zone", kind=MARK),
    given("connected", "0/1", "whether its founder is politically connected", kind=MARK),
    given("heir", "0/1", "whether heirs lead it", kind=MARK),
    given("trader", "0/1", "whether its founder was a trader", kind=MARK),
    given("courses", "0/1", "whether a programme has trained it", kind=MARK),
)

CLUSTER_FIELDS: Final = (
    # What the panel shows, in the order of its columns.
    level("time", "years", "years since the cluster's start"),
    count("firms", "firms", "producers of the final good"),
    level("workers", "workers", "workers, owners counted"),
    derived("workers_per_firm", "workers", "mean size"),
    level("output", "quality units/year", "quality-adjusted output"),
    level("price", "ratio", "home price of basic goods over the standard break-even price"),
    level("margin", "1", "profits over sales"),
    level("profitability", "1", "mean profit over fixed cost"),
    flow("entrants", "firms/quarter", "entries from outside, pioneers counted"),
    flow("spin_offs", "firms/quarter", "firms founded by workers"),
    flow("exits", "firms/quarter", "exits, mergers counted"),
    flow("mergers", "firms/quarter", "exits in which another firm takes over the workers"),
    flow("attempts", "1/quarter", "attempts at IPM"),
    flow("successes", "1/quarter", "attempts that succeeded"),
    flow("relocations", "firms/quarter", "moves to a zone"),
    count("improved_firms", "firms", "firms on the first rung or above"),
    count("zone_firms", "firms", "firms in a zone"),
    count("exporters", "firms", "firms whose goods are sold abroad"),
    level("schooling", "years", "mean schooling of entrepreneurs"),
    level("managerial_capital", "SD", "mean managerial capital, training counted"),
    level("traders", "persons", "traders and part-suppliers"),
    level("congestion", "log", "crowding of the core"),
    derived("phase", "code", "initiation, expansion, improvement, survival or extinct"),
    level("price_export", "ratio", "price of improved goods, at home and abroad, over the standard break-even price"),
    level("world_price", "ratio", "world price of improved goods net of trade cost, over the standard break-even price"),
    level("exported", "quality units/year", "output sold abroad"),
    level("sales", "wage-years/year", "sales"),
    level("profits", "wage-years/year", "profits"),
    level("awareness", "1", "share of knowledge's worth that entrepreneurs perceive"),
    level("discouragement", "failures", "recent visible failures"),
    level("enforcement", "1", "contracts enforced by the community"),
    level("improved_workers", "workers", "workers of improved firms"),
    flow("loans", "1/quarter", "programme loans"),
    flow("defaults", "1/quarter", "loans lost at exit"),
    flow("trained", "firms/quarter", "firms trained by programmes"),
    level("granted", "wage-years", "budgets granted to programmes so far, in history too"),
    level("spent", "wage-years", "what of them is gone by now, loans outstanding counted; the rest came back or was not spent"),
    level("loan_losses", "wage-years", "public money lost with loans so far"),
    level("overrun", "wage-years", "what public works have cost so far beyond their price"),
    level("zone_space", "work places", "free places in zones"),
    level("owners_old", "wage-years", "income of owners of firms that stood at the decision, less their outlays, discounted"),
    level("owners_new", "wage-years", "income of owners of firms founded later, less their outlays, discounted"),
    level("buyers", "wage-years", "surplus of home buyers, less what buyers and co-financiers advance to firms, discounted"),
    level("workers_gain", "wage-years", "wages beyond the next best ones, discounted"),
    level("treasury", "wage-years", "what the treasury received less what it paid, at the cost of public funds, discounted"),
    level("captured", "wage-years", "public money that went astray, with those who have it, discounted"),
    level("value_wages", "wage-years", "wages since the decision, discounted"),
    count("transitioned", "0/1", "whether improved firms have ever employed the majority", kind=WHOLE),
    count("exhausted", "code", "why the history was stopped: 1 its size, 2 a number that is not finite; else 0", kind=WHOLE),
    # What a history never changes.
    given("base_price", "wage-years per unit", "standard break-even price p0"),
    given("skill_slope", "log per SD", "log productivity of one SD of managerial capital"),
    given("gain_cost", "1", "higher sunk cost of a further rung, over the fixed cost"),
    given("log_training_exit", "log", "log exit hazard ratio of a trained firm"),
    given("courses_per_sd", "1/SD", "short courses that bring one SD of managerial capital"),
    # What firms have in common.
    Field("core_workers", "workers", "workers outside zones"),
    Field("trained_mean", "SD", "mean managerial capital from training"),
    Field("access", "logit", "access to knowledge that investors and institutes brought"),
    Field("record", "0-1", "how far the record of attempts encourages those who have not improved", first=1),
    Field("imitators", "0-1", "share of firms on rung 0, who could copy"),
    Field("log_price", "log", "logarithm of the price of basic goods"),
    Field("log_price_export", "log", "logarithm of the price of improved goods"),
    Field("ceiling", "ratio", "price of imported basic goods"),
    Field("ceiling_export", "ratio", "price of imported improved goods"),
    Field("log_index", "log", "logarithm of home buyers' price index"),
    Field("newcomer_workers", "workers", "best size of an average outsider's firm"),
    Field("newcomer_surplus", "1", "profit in reach of an average outsider at the best size, over fixed cost"),
    Field("thickness", "log", "log thickness of the cluster's traders and part-suppliers"),
    Field("suppliers_leave", "0-1", "share of an outlay that suppliers and traders leave to the firm"),
    Field("log_agglomeration", "log", "log productivity that every firm owes to the cluster"),
    # Government.
    Field("zone_trained", "0/1", "whether plots are for the trained only"),
    Field("fund", "wage-years", "what a running credit programme can lend"),
    Field("repaid", "wage-years", "public part of the quarter's repayments, lent again from the next on"),
    Field("credit_trained", "0/1", "whether loans are for the trained only"),
    Field("captured_lending", "0-1", "share of lending that is captured"),
    Field("cofinance", "0-1", "share of each new loan that co-financiers give"),
    Field("market_place", "1", "strength of public market places, 1 for one as in history"),
    Field("market_works", "wage-years", "what a policy has spent on market places and roads and time has not worn away"),
    Field("protection", "1", "rate by which protection lifts the prices of imports"),
    Field("utilities_works", "wage-years", "what a policy has spent on utilities and time has not worn away"),
    Field("utilities", "log", "productivity of all firms that they bring"),
    Field("zoning_works", "wage-years", "what a policy has spent on zoning land for light industry"),
    Field("zoning_opened", "wage-years", "what of it lies in land that is open by now"),
    Field("zoned", "1", "land that zoning adds, as a share of the core's capacity"),
    Field("standards_yearly", "wage-years/year", "what a policy spends on standards and quality guarantees"),
    Field("standards", "0-1", "share of the theft of brands that they prevent"),
    Field("schooling_works", "wage-years", "what a policy has spent on schools"),
    Field("schooling_borne", "wage-years", "what of it lies in schools that have borne fruit by now"),
    Field("schooled", "years", "schooling that they add to that of new founders"),
    Field("vocational_works", "wage-years", "what a policy has spent on vocational training of workers who are still there"),
    Field("vocational", "SD", "managerial capital that it adds to that of founders who were workers"),
    Field("strain", "1", "loss of effect of a state that does more than it can"),
    Field("wage_bill", "wage-years/year", "wage bill at the decision, from which budgets are reckoned"),
    Field("outstanding", "wage-years", "programme loans not yet repaid or lost, the part of co-financiers counted"),
    Field("cofinanced", "wage-years", "what of them co-financiers gave"),
    Field("interest", "wage-years", "interest that the treasury had on its part of them in the quarter"),
    Field("flow_old", "wage-years", "booked in the quarter with owners of firms that stood at the decision"),
    Field("flow_new", "wage-years", "booked in the quarter with owners of newer firms"),
    Field("flow_advanced", "wage-years", "booked in the quarter with buyers who advance outlays, and with co-financiers"),
    Field("flow_captured", "wage-years", "public money of the quarter that went astray"),
    Field("own_spending", "wage-years", "what a user's own programmes have spent so far, loans apart"),
    Field("own_lending", "wage-years", "what a user's own programmes have lent so far"),
    # The cluster's own clock.
    Field("entry_residual", "1", "what is left of the entry clock's exponential draw"),
    Field("entry_count", "strikes", "how often the entry clock has struck", kind=WHOLE),
    # How the history stands.
    Field("tick", "quarters", "quarters since the start", kind=WHOLE),
    Field("rows", "firms", "rows in use, the quarter's dead counted", kind=WHOLE),
    Field("wound", "count", "rows whose firms' clocks have started", kind=WHOLE),
    Field("dead", "firms", "deaths of the quarter", kind=WHOLE),
    Field("logged", "lines", "lines of the event log", kind=WHOLE),
    Field("seats", "slots", "size of the table from which peers are drawn", first=16, kind=WHOLE),
    Field("seats_improved", "slots", "size of the table from which improved firms are drawn", first=16, kind=WHOLE),
    Field("due", "events", "events that fall in this quarter", kind=WHOLE),
)

SETTING_FIELDS: Final = (
    given("market", "wage-years/year", "home expenditure at the start"),
    given("scale", "workers", "minimum efficient size"),
    given("growth", "1/year", "growth of home expenditure at the start, which fades"),
    given("capacity", "workers", "workers that the core holds before it is crowded"),
    given("import_price", "ratio", "price of imports at the start over p0"),
    given("shock_time", "years", "when an import shock comes; infinite if never"),
    given("shock_price", "ratio", "price of imports at the shock"),
    given("material_time", "years", "when material prices surge; infinite if never"),
    given("reach", "wage-years/year", "export demand within reach at the start"),
    given("world_price", "ratio", "world price net of trade cost over p0"),
    given("access", "logit", "the cluster's access to knowledge at the start"),
    given("schooling", "years", "mean schooling of founders"),
    given("start_year", "calendar year", "when the cluster began"),
    given("founders", "firms", "pioneers"),
    given("founder_skill", "SD", "managerial capital of pioneers"),
    given("founder_rung", "probability", "chance that a pioneer starts one rung up"),
    given("traders", "0/1", "whether founders include former traders"),
    given("site_works", "0/1", "whether training works in this cluster at all"),
    given("decision", "years", "when a policy begins"),
    given("discount", "1/year", "discount rate"),
    given("firms_max", "firms", "beyond so many a history is stopped"),
    # Structural choices: 0 or 1, but for the ladder's rungs.
    given("own_profit", "0/1", "structure `attempt_form`: attempts follow a firm's own profit"),
    given("one_logit", "0/1", "structure `many_sided`: the sides of an improvement stand in for each other"),
    given("count_failures", "0/1", "structure `record`: failures count by their number, not by their share"),
    given("own_cash", "0/1", "structure `finance`: nobody advances a work place"),
    given("spillover", "0/1", "structure `spillover`"),
    given("state_module", "0/1", "structure `state_capacity`"),
    given("ladder", "rungs", "structure `ladder`"),
    given("case", "key", "the case's part of every key", kind=KEY),
    given("quarters", "quarters", "length of the history", kind=WHOLE),
)

PROGRAMME_FIELDS: Final = (
    given("start", "years", "calendar year for history, years after the decision for a policy"),
    given("stop", "years", "when it closes, on the same calendar"),
    given("trigger_firms", "firms", "improved firms for which it waits; 0 for none"),
    given("trigger_after", "years", "after so many years from `start` it opens all the same"),
    given("stop_firms", "firms", "improved firms at which it closes; 0 for none"),
    given("budget", "wage-years", "budget"),
    given("budget_share", "1", "budget as a share of the wage bill (at the decision, or of history when it opens)"),
    given("unit_cost", "wage-years", "cost of training, or of a grant to, one firm"),
    given("fee", "wage-years", "what a firm pays for training"),
    given("captured", "0-1", "share that goes astray"),
    given("cofinance", "0-1", "share that others pay: co-financiers of credit, owners with matching grants"),
    given("trained_only", "0/1", "whether only trained firms are eligible"),
    given("effect", "1", "strength, in the unit of its mechanism"),
    Field("opened", "years", "when it opened; -1 if not yet", first=-1),
    Field("granted", "wage-years", "budget granted at opening"),
    Field("spent", "wage-years", "spent so far"),
    Field("invited", "1", "how far the keyed order of firms has been served"),
    given("kind", "code", "which programme", kind=WHOLE),
    given("course", "code", "which course, for training", kind=WHOLE),
    given("of_history", "0/1", "whether it is history or policy", kind=WHOLE),
    given("key", "key", "number that keys its draws: its row in history, made from its name in a policy", kind=WHOLE),
    Field("ended", "0/1", "whether it has closed early, at its number of improved firms", kind=WHOLE),
)


def names(fields: Iterable[Field], **wanted: object) -> tuple[str, ...]:
    """Return the names of those fields whose attributes are all as wanted, in their order: ``names(fields, panel=FLOW)``."""
    return tuple(field.name for field in fields if all(getattr(field, key) == value for key, value in wanted.items()))
