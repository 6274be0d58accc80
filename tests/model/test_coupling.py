"""Does luck belong to a firm? An event added to one moves no draw of another: traits, clocks and meetings go by lineage."""

import numpy as np

from model.events import EVENTS, FIRM_CLOCKS
from model.lanes import firm_at
from model.mechanisms.birth import wind_up
from model.mechanisms.clocks import strike
from model.mechanisms.entry import enter
from model.mechanisms.exit import leave
from model.mechanisms.spin_off import spin_off
from model.peers import draw
from model.state import FIRM
from tests.model.worlds import add_firm, column, compiled, given, residuals, small_world

TRAITS = ("lineage", "schooling", "connected", "trader")


def founded(added: bool):
    """Three births, before which the first firm has a spin-off and dies in one of two worlds."""
    w = small_world({"exit_merger_share": 0.0})
    for _ in range(3):
        add_firm(w)
    if added:
        spin_off(w, 0, 0.5, 1)
        leave(w, 0, 0.6)
    born = [enter(w, 1.0, 1), spin_off(w, 1, 1.1, 1), spin_off(w, 2, 1.2, 1)]
    return [{name: firm_at(w.firms, i)[name].tobytes() for name in TRAITS} for i in born]


def test_births_are_the_same_after_another_firms_event():
    assert founded(added=True) == founded(added=False)


def test_the_number_of_a_birth_tells_siblings_apart():
    w = small_world()
    add_firm(w)
    first, second = firm_at(w.firms, spin_off(w, 0, 1.0, 1)), firm_at(w.firms, spin_off(w, 0, 1.0, 2))
    assert first.lineage != second.lineage
    residual = run_clocks(w)
    assert not np.array_equal(residual[0], residual[1])
    assert len(set(residual.ravel())) == 2 * FIRM_CLOCKS


def run_clocks(w):
    """The first draws of every clock of the firms in rows 1 and 2, which they make when they first run."""
    wind_up(w)
    for mechanism in range(FIRM_CLOCKS):
        for i in (1, 2):
            strike(w, i, mechanism, 1e-9)
    return np.array([residuals(w, i) for i in (1, 2)])


def test_meetings_are_keyed_and_survive_a_firm_that_is_not_met():
    w, more = small_world(), small_world()
    for _ in range(6):
        add_firm(w)
        add_firm(more)
    add_firm(more)
    newcomer = int(firm_at(more.firms, 6).lineage)

    def met(world, count):
        return int(firm_at(world.firms, draw(world.table, world.cluster.seats, world.seed, world.case, 99, count)).lineage)

    pairs = [(met(w, count), met(more, count)) for count in range(300)]
    assert all(one == other or other == newcomer for one, other in pairs)
    assert any(other == newcomer for _, other in pairs)
    assert len({one for one, _ in pairs}) == 6


def test_lineages_common_to_two_worlds_have_the_same_traits():
    def of(policy):
        return compiled(given(9, policy, None, {"market": -1.0}, quarters=120, decision=10.0), 2)

    panel, log, firms, _ = of("status-quo")
    other_panel, other_log, other_firms, _ = of("all-at-once")
    assert panel.tobytes() != other_panel.tobytes()
    common, here, there = np.intersect1d(firms.lineage, other_firms.lineage, return_indices=True)
    assert len(common) > 0.3 * len(firms)
    for name in ("connected", "trader"):
        assert np.array_equal(firms[name][here], other_firms[name][there])
    untouched = (firms.heir[here] == 0) & (other_firms.heir[there] == 0)
    assert np.array_equal(firms.schooling[here][untouched], other_firms.schooling[there][untouched])
    entries = EVENTS.index("entry")
    born, other_born = (set(lines["firm"][lines["event"] == entries]) for lines in (log, other_log))
    shared = len(born & other_born) / min(len(born), len(other_born))
    assert shared > 0.95, "entrants are the same persons in both worlds"


def test_another_seed_or_case_is_another_history():
    def of(seed, key=9):
        return compiled(given(9, None, None, {"market": -1.0}, quarters=40).with_setting(case=key), seed)[0]

    one = of(1)
    assert one.tobytes() == of(1).tobytes()
    assert one.tobytes() != of(2).tobytes()
    assert one.tobytes() != of(1, key=3).tobytes()
    assert column(one, "firms")[0] == column(of(2), "firms")[0]


def test_no_field_of_a_record_hides_behind_numpys_own():
    from model import state
    from model.parameters import PARAMS

    for dtype in (FIRM, state.CLUSTER, state.SETTING, state.PROGRAMME, state.LADDER, state.DUE, state.LOG, PARAMS):
        assert [name for name in dtype.names or () if hasattr(np.record, name) or hasattr(np.recarray, name)] == []
