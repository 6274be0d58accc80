"""Where do tables of the documentation come from? From the code, and from what benchmarks wrote.

``python -m docs.generate`` writes them between their marks; with ``--check`` it changes nothing and ends with 1 where a file is
behind the code.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import tables
from docs import house
from model.config import load_priors
from model.events import CLOCKS, EVENTS, SCHEDULE
from model.mechanisms.clocks import strikes_often
from model.observe import PHASES, SCHEMA
from model.state import BLOCK, CLUSTER, COURSES, FIRM, PROGRAMME, PROGRAMMES, SETTING
from studies.inspect.explain import equations, prior_text

DOCS: Final = Path(__file__).resolve().parent
FILES: Final = ("model.md", "performance.md", "design.md")
MARKS: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)

# Unit and meaning of every field of the state. The names and their order are those of model/state.py; a field that is missing
# here, or here and not there, stops the generator.
FIRM_FIELDS: Final = """
workers | workers | workers, the owner counted
skill | SD | managerial capital of its own
trained | SD | managerial capital from training that has arrived and not yet faded
pending | SD | training taken that has not yet arrived
recognition | 0-1 | share of the rung's quality that buyers see
trust | 0-1 | trust in subcontractors
access | logit | own access to knowledge, from learning abroad
schooling | years | schooling of the entrepreneur, or of the heir
cash | wage-years | own cash; negative where losses are carried
debt | wage-years | programme loan outstanding
born | years | time of founding, since the cluster's start
log_efficiency | log | this quarter's log efficiency
output | quality units/year | this quarter's output
workers_best | workers | best size at this quarter's price
lineage | key | the firm's name: a 64-bit word drawn from its founder's key
residual | 1 | what is left of each clock's exponential draw; next to nothing before the first
count | strikes | how often each clock has struck
slot | index | seat at the table from which peers are drawn
rung | 0-6 | rungs of improvement climbed
marks | word | the six below in one word
alive | 0/1 | whether it is alive
in_zone | 0/1 | whether it has moved to a zone
connected | 0/1 | whether its founder is politically connected
heir | 0/1 | whether heirs lead it
trader | 0/1 | whether its founder was a trader
courses | 0/1 | whether a programme has trained it
"""
CLUSTER_FIELDS: Final = """
base_price | wage-years per unit | standard break-even price p0, constant in a history
skill_slope | log per SD | log productivity of one SD of managerial capital, constant in a history
gain_per_worker | 1 | gain of a further rung per worker, times the fixed cost
gain_cost | 1 | higher sunk cost of a further rung, over the fixed cost
log_training_exit | log | log exit hazard ratio of one SD of training
time | years | time since the cluster's start
firms | firms | firms alive
workers | workers | workers
core_workers | workers | workers outside zones
improved_firms | firms | firms on the first rung or above
improved_workers | workers | their workers
zone_firms | firms | firms in a zone
exporters | firms | firms whose goods are sold abroad
schooling | years | mean schooling
managerial_capital | SD | mean managerial capital, training counted
skill_top | SD | mean managerial capital of the better half
traders | persons | traders and part-suppliers
awareness | 0-1 | share of knowledge's worth that entrepreneurs perceive
discouragement | failures | recent visible failures, forgotten in time
access | logit | access to knowledge that investors and institutes brought
enforcement | 0-1 | contracts that the community enforces
imitators | 0-1 | share of firms on rung 0, who could copy
price | ratio | home price over p0
price_export | ratio | exporters' price over p0
log_price | log | its logarithm (home)
log_price_export | log | its logarithm (exporters)
ceiling | ratio | highest home price, set by imports and rivals
exported | quality units/year | output sold abroad
congestion | log | crowding of the core
log_agglomeration | log | log productivity that every firm owes to the cluster
output | quality units/year | quality-adjusted output
sales | wage-years/year | sales
profits | wage-years/year | profits
profitability | 1 | mean profit over fixed cost
margin | 1 | profits over sales
zone_space | work places | free places in zones
zone_trained | 0/1 | whether plots are for the trained only
fund | wage-years | what a running credit programme can lend
repaid | wage-years | repayments of the quarter, lent again from the next on
credit_trained | 0/1 | whether loans are for the trained only
captured | 0-1 | share of lending that is captured
market_place | 0-1 | strength of a public market place
protection | 1 | rate by which protection lifts the ceiling
strain | 1 | loss of effect of a state that does more than it can
wage_bill | wage-years/year | wage bill at the decision, from which budgets are reckoned
public_cost | wage-years | public spending so far, loan funds in full
loan_losses | wage-years | loans lost so far
net_cost | wage-years | public spending at the last row, of credit what was lost
entrants | firms/quarter | flow of the quarter, as are the nine below
spin_offs | firms/quarter | firms founded by workers
exits | firms/quarter | exits, mergers counted
mergers | firms/quarter | exits in which another firm takes over the workers
attempts | 1/quarter | attempts at IPM
successes | 1/quarter | attempts that succeeded
relocations | firms/quarter | moves to a zone
loans | 1/quarter | programme loans
defaults | 1/quarter | loans lost at exit
trained | firms/quarter | firms trained by programmes
value_profit | wage-years | profits since the decision, discounted
value_surplus | wage-years | home buyers' surplus since the decision, discounted
value_sales | wage-years | sales since the decision, discounted
value_cost | wage-years | public cost since the decision, discounted; of credit, what was lost
value_wages | wage-years | wages since the decision, discounted
entry_residual | 1 | what is left of the entry clock's exponential draw
entry_count | strikes | how often the entry clock has struck
tick | quarters | quarters since the start
rows | firms | rows in use, the quarter's dead counted
wound | count | rows whose firms' clocks have started
dead | firms | deaths of the quarter
logged | lines | lines of the event log
transitioned | 0/1 | whether improved firms have ever employed the majority
exhausted | 0/1 | whether the history was stopped for its size
seats | slots | size of the table from which peers are drawn
due | events | events that fall in this quarter
"""
SETTING_FIELDS: Final = """
market | wage-years/year | home expenditure at the start
scale | workers | minimum efficient size
growth | 1/year | growth of home expenditure
capacity | workers | workers that the core holds before it is crowded
import_price | ratio | price of imports at the start over p0
shock_time | years | when an import shock comes; infinite if never
shock_price | ratio | price of imports at the shock
material_time | years | when material prices surge; infinite if never
reach | wage-years/year | export demand within reach at the start
world_price | ratio | world price net of trade cost over p0
access | logit | the cluster's access to knowledge at the start
schooling | years | mean schooling of founders
start_year | calendar year | when the cluster began
founders | firms | pioneers
founder_skill | SD | managerial capital of pioneers
founder_rung | probability | chance that a pioneer starts one rung up
traders | 0/1 | whether founders include former traders
site_works | 0/1 | whether training works in this cluster at all
decision | years | when a policy begins
discount | 1/year | discount rate
firms_max | firms | beyond so many a history is stopped
own_profit | 0/1 | structure `attempt_form`: attempts follow a firm's own profit
outlet_only | 0/1 | structure `world_price`: the world price is no ceiling
spillover | 0/1 | structure `spillover`
state_module | 0/1 | structure `state_capacity`
ladder | rungs | structure `ladder`
case | key | the case's part of every key
quarters | quarters | length of the history
"""
PROGRAMME_FIELDS: Final = """
start | years | calendar year for history, years after the decision for a policy
stop | years | when it closes, on the same calendar
trigger_firms | firms | improved firms for which it waits; 0 for none
trigger_after | years | after so many years from `start` it opens all the same
budget | wage-years | budget
budget_share | 1 | budget as a share of the wage bill (at the decision, or of history when it opens)
unit_cost | wage-years | cost of training, or of a grant to, one firm
fee | wage-years | what a firm pays for training
captured | 0-1 | share that goes astray
cofinance | 0-1 | share by which co-financing reduces capture of credit
trained_only | 0/1 | whether only trained firms are eligible
effect | 1 | strength, in the unit of its mechanism
opened | years | when it opened; -1 if not yet
granted | wage-years | budget granted at opening
spent | wage-years | spent so far
invited | 1 | how far the keyed order of firms has been served
kind | code | which programme
course | code | which course, for training
of_history | 0/1 | whether it is history or policy
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|").strip() for cell in line) + " |" for line in lines)


def fields(dtype: Any, glossary: str, more: Sequence[str] = ()) -> str:
    """Return the fields of a record, and ``more`` names, with unit and meaning.

    Raises
    ------
    ValueError
        If the glossary and the record do not hold the same names.
    """
    known: Mapping[str, Sequence[str]] = {
        line.split("|")[0].strip(): line.split("|")[1:] for line in glossary.strip().splitlines()
    }
    names = (*dtype.names, *more)
    if set(names) != set(known):
        raise ValueError(f"docs/generate.py: fields differ from model/state.py: {sorted(set(names) ^ set(known))}")
    return table(("field", "unit", "meaning"), [(f"`{name}`", *known[name]) for name in names])


def schedule() -> str:
    """Return the order of a quarter."""
    rows = [(str(place), step.name, f"`{step.home}`", step.why) for place, step in enumerate(SCHEDULE, start=1)]
    return table(("", "step", "home", "why there"), rows)


def clocks() -> str:
    """Return the clocks in the order that breaks a tie."""
    last = len(CLOCKS) - 1
    rows = [
        (
            str(number),
            name,
            "the cluster" if number == last else "a firm",
            "yes" if number == last or strikes_often(number) else "no",
        )
        for number, name in enumerate(CLOCKS)
    ]
    return table(("", "clock", "of", "may strike more than once a quarter"), rows)


def words() -> str:
    """Return the words of events, programmes, courses and phases."""
    lists = (("events of the log", EVENTS), ("programmes", PROGRAMMES), ("courses", COURSES), ("phases", PHASES))
    return table(("words", ""), [(name, ", ".join(f"`{word}`" for word in found)) for name, found in lists])


def panel() -> str:
    """Return the columns of the panel."""
    return table(("column", "unit", "meaning"), [(f"`{name}`", unit, meaning) for name, unit, meaning in SCHEMA])


def roles() -> str:
    """Return how many parameters have each role."""
    priors = load_priors()
    counts = Counter(priors.entry(name).role for name in priors.names())
    return table(("role", "parameters"), [(role, str(count)) for role, count in counts.most_common()])


def parameters() -> str:
    """Return every parameter."""
    priors = load_priors()
    rows = []
    for name in priors.names():
        entry = priors.entry(name)
        rows.append(
            (f"`{name}`", entry.role, f"{entry.used:g}", prior_text(priors, name), entry.unit, entry.meaning, entry.source)
        )
    return table(("parameter", "role", "default", "prior", "unit", "meaning", "source"), rows)


def structures() -> str:
    """Return the structural choices."""
    rows = [
        (f"`{name}`", ", ".join(f"`{option}`" for option in found.options), found.meaning, found.source)
        for name, found in load_priors().structures.items()
    ]
    return table(("choice", "options, the first in force", "meaning", "source"), rows)


def equation_list() -> str:
    """Return the equations, file by file."""
    found = equations()
    homes = list(dict.fromkeys(one.home for one in found))
    parts = []
    for home in homes:
        rows = [(f"`{one.name}`", f"`{one.formula}`", one.meaning) for one in found if one.home == home]
        parts.append(f"**`{home}`**\n\n{table(('equation', 'formula', 'gives'), rows)}")
    return "\n\n".join(parts)


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {
    "schedule": schedule,
    "clocks": clocks,
    "words": words,
    "firm": lambda: fields(FIRM, FIRM_FIELDS, [name for name in BLOCK.names or () if name not in {*(FIRM.names or ()), "words"}]),
    "cluster": lambda: fields(CLUSTER, CLUSTER_FIELDS),
    "setting": lambda: fields(SETTING, SETTING_FIELDS),
    "programme": lambda: fields(PROGRAMME, PROGRAMME_FIELDS),
    "panel": panel,
    "roles": roles,
    "parameters": parameters,
    "structures": structures,
    "equations": equation_list,
    **tables.SECTIONS,
    **house.SECTIONS,
}


def generated(text: str) -> str:
    """Return a document with every marked part written anew."""
    return MARKS.sub(lambda match: f"{match.group(1)}{SECTIONS[match.group(2)]()}\n{match.group(3)}", text)


def main(arguments: Sequence[str]) -> int:
    """Write the documents, or with ``--check`` only say which are behind the code."""
    behind = 0
    for name in FILES:
        path = DOCS / name
        old = path.read_text(encoding="utf-8")
        new = generated(old)
        if new != old:
            behind = 1
            if "--check" not in arguments:
                path.write_text(new, encoding="utf-8")
            sys.stderr.write(f"{name}: {'is behind the code' if '--check' in arguments else 'written'}\n")
    return behind if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
