"""Does a batch give what one history alone gives? The same rows, whatever the threads; histories too large end with a name."""

import threading

import numpy as np
import pytest

from model.batch import CHUNK, new_bench, run_chunk, simulate_many
from model.config import load_case, load_policy, load_priors
from model.errors import InputError
from model.latents import LATENTS, draw_values, params_for, settings_for
from model.observe import COLUMNS
from model.parameters import PARAMS
from model.policy import programmes_for
from model.simulation import engine_named
from model.state import FIRMS_MAX, PROGRAMME, SETTING
from tests.model.worlds import STRUCTURES, column, given

COUNT = 2 * CHUNK + 3
NONE = np.zeros(0, PROGRAMME)


def batch(count: int = COUNT, quarters: int = 60, policy: str = "all-at-once"):
    case, priors, source = load_case(10), load_priors(), np.random.default_rng(5)
    values = draw_values(priors, count, source)
    settings, _ = settings_for(case, values, source.standard_normal((count, len(LATENTS))), STRUCTURES, 20.0)
    settings["quarters"] = quarters - np.arange(count) % 5
    settings["decision"] = 6.0
    programmes = programmes_for(load_policy(policy), case, STRUCTURES)
    return params_for(values), settings, np.arange(count, dtype=np.uint64) + 3, programmes


def all_ticks(settings):
    return np.tile(np.arange(settings["quarters"].max() + 1), (len(settings), 1))


def test_a_batch_gives_the_rows_of_single_histories():
    params, settings, seeds, programmes = batch()
    many = simulate_many(params, settings, seeds, programmes, all_ticks(settings))
    for j in range(COUNT):
        panel, _ = engine_named("compiled")(params[j], settings[j], programmes, int(seeds[j]))
        assert many[j, : len(panel)].tobytes() == panel.tobytes(), f"history {j}"
        beyond = np.delete(many[j, len(panel) :], COLUMNS.index("exhausted"), axis=1)
        assert np.isnan(beyond).all()


def test_bits_do_not_depend_on_threads_or_company():
    params, settings, seeds, programmes = batch()
    ticks = np.tile(np.array([0, 20, 56]), (COUNT, 1))
    one = simulate_many(params, settings, seeds, programmes, ticks, threads=1)
    assert one.tobytes() == simulate_many(params, settings, seeds, programmes, ticks, threads=2).tobytes()
    back = slice(None, None, -1)
    turned = simulate_many(params[back].copy(), settings[back].copy(), seeds[back].copy(), programmes, ticks, threads=2)
    assert one.tobytes() == turned[back].tobytes()


def test_ticks_may_come_in_any_order_and_twice():
    params, settings, seeds, programmes = batch(2)
    ticks = np.array([[40, 3, 40], [0, 10, 10_000]])
    rows = simulate_many(params, settings, seeds, programmes, ticks)
    assert rows[0, 0].tobytes() == rows[0, 2].tobytes()
    np.testing.assert_array_equal(column(rows, "time"), [[10.0, 0.75, 10.0], [0.0, 2.5, np.nan]])


def test_progress_counts_every_history():
    params, settings, seeds, programmes = batch()
    done: list[int] = []
    simulate_many(params, settings, seeds, programmes, np.zeros((COUNT, 1), np.int64), threads=1, progress=done.append)
    assert sum(done) == COUNT


def test_a_chunk_that_was_halted_runs_nothing():
    params, settings, seeds, programmes = (a if i == 2 else a.view(np.recarray) for i, a in enumerate(batch(3)))
    bench = new_bench(params[0], settings[0], 60, programmes)
    ticks, out = np.zeros((3, 1), np.int64), np.full((1, 3, 1, 1, len(COLUMNS)), -1.0)
    given = bench, params, settings, seeds, programmes, np.array([len(programmes)]), 0, ticks, out
    run_chunk(*given, np.ones(1, np.uint8))
    assert (out == -1.0).all()
    run_chunk(*given, np.zeros(1, np.uint8))
    assert (out != -1.0).all()


def test_an_interrupt_ends_a_batch_and_its_threads():
    params, settings, seeds, programmes = batch()

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        simulate_many(params, settings, seeds, programmes, np.zeros((COUNT, 1), np.int64), threads=2, progress=interrupt)
    assert threading.active_count() == before


def test_no_histories_are_no_rows():
    none = simulate_many(np.zeros(0, PARAMS), np.zeros(0, SETTING), np.zeros(0, np.uint64), NONE, np.zeros((0, 4), np.int64))
    assert none.shape == (0, 4, len(COLUMNS))


def test_unequal_lengths_are_refused():
    params, settings, seeds, programmes = batch(3)
    with pytest.raises(InputError, match="differ in length"):
        simulate_many(params[:2], settings, seeds, programmes, np.zeros((3, 1), np.int64))


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_more_founders_than_the_bound_end_the_history_at_its_start(engine):
    what = given(quarters=8, founders=50.0, firms_max=20.0)
    panel, _ = engine_named(engine)(*what, 1)
    assert panel[0, COLUMNS.index("firms")] == 20.0
    assert panel[0, COLUMNS.index("exhausted")] == 1.0
    assert np.isnan(panel[1:]).all()


def test_a_history_too_large_ends_and_says_so():
    changes = {"entry_intensity": 12.0, "entry_visibility": 1.0, "exit_base": 0.001}
    what = given(changes=changes, quarters=40, market=1e9, capacity=1e9)
    params, settings = np.array([what.params] * 2), np.array([what.setting] * 2)
    settings["market"][1] = 10.0
    rows = simulate_many(params, settings, np.array([1, 1], np.uint64), NONE, np.tile(np.arange(41), (2, 1)))
    assert (column(rows, "exhausted")[0] == 1.0).all()
    assert (column(rows, "exhausted")[1] == 0.0).all()
    firms = column(rows, "firms")[0]
    seen = ~np.isnan(firms)
    assert firms[seen].max() > FIRMS_MAX
    assert not seen[-1]
    assert (np.diff(seen.astype(int)) <= 0).all(), "rows are NaN from the stop on"
