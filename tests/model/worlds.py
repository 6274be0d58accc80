"""Worlds for tests: a cluster of two or three firms built by hand, and histories of a case with the numbers that a test sets."""

from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.clock import Conditions
from model.config import load_case, load_policy, load_priors
from model.engines.compiled_engine import run_history
from model.engines.quarter import begin, move_group
from model.events import BIRTH, EVENTS, FIRM_CLOCKS
from model.lanes import block_count, firm_at
from model.latents import COLUMN, LATENTS, default_values, params_for, settings_for
from model.mechanisms.birth import found, wind_up
from model.mechanisms.clocks import ALL
from model.mechanisms.knowledge import perceived_worth, taught_share
from model.mechanisms.ledger import close_books, open_books
from model.observe import COLUMNS
from model.plans import Policy
from model.policy import programmes_for
from model.randomness import word
from model.start import new_world
from model.state import FIRM, GROUP, LANES, PROGRAMME, PROGRAMMES, SHARED, WORKED_OUT
from model.world import World

PRIORS = load_priors()
STRUCTURES = PRIORS.structures_with()
NAIROBI = 9  # an old survival cluster without a history of programmes
FOUNDERS = 77  # apart from the numbers of pioneers
# Room for the event log of any history here.
LINES = 1 << 17


class Given(NamedTuple):
    """What a history is given: records of parameters, setting and programmes."""

    params: Any
    setting: Any
    programmes: Any

    def with_setting(self, **fields: float) -> "Given":
        for name, value in fields.items():
            self.setting[name] = value
        return self


case_numbered = cache(load_case)


def given(
    case: int = NAIROBI,
    policy: Policy | str | None = None,
    changes: dict[str, float] | None = None,
    latents: dict[str, float] | None = None,
    structures: dict[str, str] | None = None,
    **setting: float,
) -> Given:
    """A case at default parameters and latents of 0, with changes; ``setting`` overwrites fields at the end."""
    cluster = case_numbered(case)
    z = np.zeros((1, len(LATENTS)))
    for name, value in (latents or {}).items():
        z[0, COLUMN[name]] = value
    chosen = PRIORS.structures_with(structures)
    values = default_values(PRIORS, 1)
    values.update({name: np.full(1, value) for name, value in (changes or {}).items()})
    settings, _ = settings_for(cluster, values, z, chosen, 20.0)
    policy = load_policy(policy) if isinstance(policy, str) else policy
    return Given(params_for(values)[0], settings[0], programmes_for(policy, cluster, chosen)).with_setting(**setting)


def compiled(what: Given, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[Any], Any, World]:
    """Panel, log, firms alive at the end and world of a compiled history."""
    lines = LINES
    while True:
        world = new_world(*what, seed, lines)
        panel = np.full((int(what.setting.quarters) + 1, len(COLUMNS)), np.nan)
        run_history(world, panel, np.zeros(1, np.uint8), 0, len(panel))
        if world.cluster.logged <= lines:
            break
        lines = int(world.cluster.logged)
    return panel, world.log[: world.cluster.logged], living(world), world


def living(w: World) -> Any:
    """The firms alive, as plain records in the order of their rows."""
    rows = [i for i in range(w.cluster.rows) if firm_at(w.firms, i).alive == 1]
    fields = {name: kind for name, (kind, _) in (FIRM.fields or {}).items()}
    firms = np.zeros(len(rows), [*fields.items(), ("residual", "f8", (FIRM_CLOCKS,))]).view(np.recarray)
    for name in fields:
        firms[name] = [firm_at(w.firms, i)[name] for i in rows]
    firms.residual = np.array([residuals(w, i) for i in rows]).reshape(len(rows), FIRM_CLOCKS)
    return firms


def residuals(w: World, row: int) -> NDArray[np.float64]:
    """What is left of the draw of each clock of a firm (hazard times years), ``UNDRAWN`` before the first draw; a view."""
    return w.firms[row // LANES].residual[:, row % LANES]  # type: ignore[no-any-return]


def column(panel: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """One variable of a panel, by name."""
    return panel[..., COLUMNS.index(name)]


def programme(kind: str, **fields: float) -> Any:
    """One programme of a policy, as records (1,); starts at the decision, for five years."""
    lines = np.zeros(1, PROGRAMME).view(np.recarray)
    line = lines[0]
    line.kind = PROGRAMMES.index(kind)
    line.stop, line.trigger_after, line.opened, line.effect = 5.0, np.inf, -1.0, 1.0
    for name, value in fields.items():
        line[name] = value
    return lines


def small_world(
    changes: dict[str, float] | None = None, programmes: tuple[Any, ...] = (), seed: int = 1, **setting: float
) -> World:
    """A world without firms, ready for ``add_firm``: scale 10, no shocks, the decision at time 0, training works."""
    plain: dict[str, float] = {
        "market": 100.0, "scale": 10.0, "growth": 0.0, "capacity": 100.0, "import_price": 1.5, "shock_time": np.inf,
        "material_time": np.inf, "reach": 100.0, "world_price": 0.9, "access": 0.0, "schooling": 10.0, "founders": 0.0,
        "site_works": 1.0, "decision": 0.0, "quarters": 40,
    }
    what = given(changes=changes, **{**plain, **setting})
    lines = np.concatenate([np.zeros(0, PROGRAMME), *programmes])
    lines["key"] = np.arange(len(lines))
    w = new_world(what.params, what.setting, lines, seed, LINES)
    begin(w)
    return w


def add_firm(w: World, **traits: float) -> Any:
    """Add a firm of average management and schooling, aged 0, with the traits given; return its record."""
    lineage = word(w.seed, w.case, 0, BIRTH, FOUNDERS + int(w.cluster.rows))
    i = found(w, 0.0, lineage, 0.0, 0.0, int(traits.pop("rung", 0)))
    wind_up(w)
    firm = firm_at(w.firms, i)
    firm.skill, firm.schooling, firm.connected, firm.trader = 0.0, w.s.schooling, 0, 0
    for name, value in traits.items():
        firm[name] = value
    return firm


def move_firms(w: World) -> None:
    """Move the firms of a small world through a quarter; no clock runs."""
    blocks = block_count(w.cluster.rows)
    assert blocks <= GROUP
    open_books(w)
    move_group(w, 0, blocks)
    close_books(w)


def aside_of(w: World, firm: Any, **worked_out: float) -> Any:
    """What a quarter lays out beside a firm; of what it works out, whatever is not given is 0."""
    shared = {name: w.ladder[firm.rung][name] for name in SHARED}
    taught = taught_share(firm.trained)
    known = {"taught": taught, "worth": perceived_worth(w.p, w.cluster.awareness, taught)}
    return SimpleNamespace(**{**shared, **dict.fromkeys(WORKED_OUT, 0.0), **known, **worked_out})


def hazard(w: World, firm: Any, mechanism: int, **worked_out: float) -> float:
    """Hazard of one of a firm's clocks (1/year)."""
    return ALL[mechanism].hazard(Conditions(w.p, w.s, w.cluster, w.seed, w.case), aside_of(w, firm, **worked_out), firm)


def told(w: World) -> list[tuple[str, int, int]]:
    """The event log so far as (word, firm, other)."""
    return [(EVENTS[line.event], int(line.firm), int(line.other)) for line in w.log[: w.cluster.logged].view(np.recarray)]


def words(w: World) -> list[str]:
    """The words of the event log so far."""
    return [event for event, _, _ in told(w)]
