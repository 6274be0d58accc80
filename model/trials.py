"""How is a randomised trial run inside a history? At the decision a sample of firms is drawn and a share of it is invited to a
course; the firms are followed by their names in two worlds: with the trial, and in a twin of the history without it.

Both worlds share the past, parameters and every key of luck, so that the difference between them is the trial's own. A world is
read while a quarter's market is open, when output and prices are those at which its firms produce; it then goes on from where the
quarter began, as if nobody had looked.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.arrays import Floats, Ints, Seeds
from model.batch import in_threads
from model.compiling import equation, kernel, prepare, step
from model.cores import granted_cores
from model.engines.compiled_engine import run_history
from model.engines.quarter import tick_time
from model.events import TRIAL
from model.forks import Past, fork_tick, go_on, keep, room_for
from model.lanes import firm_at
from model.mechanisms.knowledge import absorb
from model.mechanisms.market import is_improved
from model.mechanisms.training import PASSED_OVER, count_trained, course_gain, offer, public_share
from model.observe import COLUMNS
from model.ordering import order_by
from model.randomness import uniform
from model.start import new_world
from model.state import CLUSTER, records
from model.world import World

# What is read of a firm, with units; what it owns is read as it stands, and sales and profit at the prices of the quarter.
READ: Final = {
    "workers": "workers",
    "output": "quality units/year",
    "rung": "0-6",
    "skill": "SD",
    "trained": "SD",
    "cash": "wage-years",
    "sales": "wage-years/year",
    "profit": "wage-years/year",
}
# What became of a firm of the sample: it was not invited, it refused, or it came. Rows of a sample that no firm fills have none.
NOBODY, NOT_INVITED, REFUSED, CAME = range(-1, 3)
# The two worlds in which a firm is followed.
WORLDS: Final = ("twin", "trial")
TWIN, WITH_TRIAL = range(len(WORLDS))
QUARTERS_A_YEAR: Final = 4
# Memory of the firms of one chunk of histories (bytes), and the most histories of a chunk.
CHUNK_BYTES: Final = 1 << 27
CHUNK: Final = 32


class Terms(NamedTuple):
    """Terms of a trial: firms in the sample (all where there are fewer), the share invited, and the years of following."""

    firms: int
    share: float
    years: int


class Followed(NamedTuple):
    """What was seen of n histories, with N rows of firms each, at the baseline and after each of H years.

    Attributes
    ----------
    lineage : uint64, shape (n, N)
    arm : int8, shape (n, N); NOBODY where the cluster has fewer firms
    dose : float64, shape (n, N); managerial capital that a firm was taught, whether the site works or not (SD)
    values : float64, shape (n, 2, H + 1, N, len(READ)), by world; NaN of a firm that is dead
    cost : float64, shape (n,); what government paid (wage-years)
    whole : bool, shape (n,); False where a history was stopped before the last reading in one of its worlds
    """

    lineage: NDArray[np.uint64]
    arm: NDArray[np.int8]
    dose: Floats
    values: Floats
    cost: Floats
    whole: NDArray[np.bool_]


def room(count: int, terms: Terms) -> Followed:
    """Return room for what is seen of so many histories: nobody has been seen yet."""
    shape = count, terms.firms
    return Followed(
        np.zeros(shape, np.uint64),
        np.full(shape, NOBODY, np.int8),
        np.zeros(shape),
        np.full((count, len(WORLDS), terms.years + 1, terms.firms, len(READ)), np.nan),
        np.zeros(count),
        np.zeros(count, np.bool_),
    )


@step
def draw_sample(w: World, j: int, lineages: NDArray[np.uint64], draws: Floats) -> int:
    """Draw the sample among firms eligible for programme j, in the order of a key of its own; return how many there are.

    Their lineages and keys, in rising order, are written to two arrays of shape (N,), and their rows begin ``w.order``.
    """
    eligible = 0
    for i in range(w.cluster.rows):
        firm = firm_at(w.firms, i)
        asked = firm.alive == 1 and (w.programmes[j].trained_only == 0.0 or firm.courses == 1)
        w.keys[i] = uniform(w.seed, w.case, firm.lineage, TRIAL, 0) if asked else PASSED_OVER
        eligible += asked
    order_by(w.keys, w.cluster.rows, 0.0, 1.0, w.order, w.heads)
    count = min(eligible, len(lineages))
    for k in range(count):
        lineages[k] = firm_at(w.firms, w.order[k]).lineage
        draws[k] = w.keys[w.order[k]]
    return count


@equation
def number_invited(count: int, share: float) -> int:
    """How many of a sample are invited: the share, rounded, and never all or none of two firms or more.

    Formula: min(n - 1, max(1, [S n]))
    """
    return min(count - 1, max(1, int(share * count + 0.5)))


@step
def hold_trial(w: World, j: int, count: int, share: float, arm: NDArray[np.int8], dose: Floats) -> None:
    """Invite the first firms of the sample that ``draw_sample`` has just drawn; those who come get the course of programme j.

    The order of the sample is that of a random key, so that its first firms are as good as drawn by lot.
    """
    programme, came = w.programmes[j], 0
    for k in range(count):
        arm[k] = NOT_INVITED
    for k in range(number_invited(count, share)):
        arm[k] = REFUSED
        if offer(w, j, w.order[k], public_share(w.p, programme, firm_at(w.firms, w.order[k]).workers)):
            arm[k] = CAME
            dose[k] = course_gain(w.p, programme.course) / (1.0 + w.cluster.strain)
            came += 1
    count_trained(w, came)


@equation
def position(draws: Floats, lineages: NDArray[np.uint64], count: int, draw: float, lineage: int) -> int:
    """Return a firm's row in the sample by its key and lineage, or -1 where it is not of the sample: by bisection."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if draws[middle] < draw:
            low = middle + 1
        else:
            high = middle
    while low < count and draws[low] == draw:
        if lineages[low] == lineage:
            return low
        low += 1
    return -1


@step
def read_firms(w: World, lineages: NDArray[np.uint64], draws: Floats, count: int, out: Floats) -> None:
    """Read the living firms of the sample while the market is open, into ``out``, shape (N, len(READ)), in the order of READ."""
    for i in range(w.cluster.rows):
        firm = firm_at(w.firms, i)
        key = uniform(w.seed, w.case, firm.lineage, TRIAL, 0)
        k = position(draws, lineages, count, key, firm.lineage) if firm.alive == 1 else -1
        if k >= 0:
            price = w.cluster.price_export if is_improved(firm.rung) else w.cluster.price
            sold = w.cluster.base_price * price * firm.output
            out[k, 0] = firm.workers
            out[k, 1] = firm.output
            out[k, 2] = firm.rung
            out[k, 3] = firm.skill
            out[k, 4] = firm.trained
            out[k, 5] = firm.cash
            out[k, 6] = sold
            out[k, 7] = sold - firm.workers - w.ladder[firm.rung].fixed_cost


@kernel
def keep_state(w: World, past: Past) -> None:
    """Keep the state at a quarter's start."""
    keep(w, past)


@kernel
def return_to(w: World, clusters: NDArray[Any], past: Past) -> None:
    """Return to the state kept, programmes and all."""
    go_on(w, clusters, past, w.programmes, len(w.programmes))


@kernel
def begin_trial(
    w: World, j: int, held: bool, share: float, lineages: NDArray[np.uint64], draws: Floats, arm: NDArray[np.int8], dose: Floats
) -> int:
    """Draw the sample, and where the trial is held invite a share of it; return the number of firms in the sample."""
    count = draw_sample(w, j, lineages, draws)
    if held and count > 1:
        hold_trial(w, j, count, share, arm, dose)
    return count


@kernel
def read_sample(w: World, lineages: NDArray[np.uint64], draws: Floats, count: int, out: Floats) -> None:
    """Read the living firms of the sample; see ``read_firms``."""
    read_firms(w, lineages, draws, count, out)


class _Bench(NamedTuple):
    """Memory in which one thread runs its histories: a world, what is kept at the fork and at a reading, a panel, and keys."""

    world: World
    cluster: NDArray[Any]
    fork: Past
    now: Past
    panel: Floats
    draws: Floats


def _bench(params: Any, setting: Any, programmes: NDArray[Any], seed: int, terms: Terms) -> _Bench:
    """Return a bench for one history, ready to begin."""
    cluster = records(CLUSTER, 1)
    world = new_world(params, setting, programmes, seed, cluster=cluster)
    panel = np.empty((int(setting.quarters) + 2, len(COLUMNS)))
    return _Bench(world, cluster, room_for(world), room_for(world), panel, np.empty(terms.firms))


def follow(
    params: Any, setting: Any, programmes: NDArray[Any], seed: int, terms: Terms, seen: Followed, index: int, halt: Any
) -> None:
    """Run one history to the decision, then its twin and its trial; write what is seen to row ``index`` of ``seen``.

    Parameters
    ----------
    params, setting : one PARAMS and one SETTING record
    programmes : PROGRAMME records, shape (m,); the last is the course of the trial, which never opens by itself
    halt : uint8, shape (1,); once another thread sets it, the history ends within a quarter
    """
    setting = setting.copy()
    fork = fork_tick(setting)
    last = fork + QUARTERS_A_YEAR * terms.years
    setting.quarters = last + 1
    bench = _bench(params, setting, programmes, seed, terms)
    w, j = bench.world, len(programmes) - 1
    prepare(run_history, w, bench.panel, halt, 0, 1)
    if not run_history(w, bench.panel, halt, 0, fork):
        return
    _call(keep_state, w, bench.fork)
    sample = seen.lineage[index], bench.draws
    for world in range(len(WORLDS)):
        _call(return_to, w, bench.cluster, bench.fork)
        w.cluster.tick, w.cluster.time = fork, tick_time(fork)
        given = w, j, world == WITH_TRIAL, terms.share, *sample, seen.arm[index], seen.dose[index]
        count = int(_call(begin_trial, *given))
        for year, tick in enumerate(range(fork, last + 1, QUARTERS_A_YEAR)):
            if not _look(bench, tick, (*sample, count), seen.values[index, world, year], halt):
                return
            if tick < last and not run_history(w, bench.panel, halt, tick, tick + QUARTERS_A_YEAR):
                return
    seen.cost[index] = w.programmes[j].spent
    seen.whole[index] = True


def _look(bench: _Bench, tick: int, sample: tuple[Any, ...], out: Floats, halt: Any) -> bool:
    """Read the sample while the market of a quarter is open, and return to the quarter's start; False if the history stops."""
    w = bench.world
    _call(keep_state, w, bench.now)
    # A history ends once the market of its last quarter is open.
    quarters, w.s.quarters = int(w.s.quarters), tick
    run_history(w, bench.panel, halt, tick, tick + 1)
    w.s.quarters = quarters
    stopped = w.cluster.exhausted != 0 or halt[0] != 0
    _call(read_sample, w, *sample, out)
    _call(return_to, w, bench.cluster, bench.now)
    return not stopped


def _call(loop: Any, *given: Any) -> Any:
    prepare(loop, *given)
    return loop(*given)


def chunk_size(terms: Terms) -> int:
    """Return how many histories are followed at once: as many as fit into ``CHUNK_BYTES``."""
    a_history = 8 * len(WORLDS) * (terms.years + 1) * terms.firms * len(READ)
    return max(1, min(CHUNK, CHUNK_BYTES // a_history))


def simulate_trials(
    params: NDArray[Any],
    settings: NDArray[Any],
    seeds: Seeds,
    programmes: NDArray[Any],
    terms: Terms,
    threads: int | None = None,
    heed: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, Followed]]:
    """Hold the same trial in many histories; yield the first history of each chunk, and what was seen of its histories.

    Parameters
    ----------
    params, settings, seeds : PARAMS and SETTING records and uint64, shape (n,) each
    programmes : PROGRAMME records, shape (m,), those of history first; the last is the course, as ``course_of_trial`` gives it
    terms : the terms of the trial
    threads : number of threads, by default every core granted; no bit depends on it
    heed : called after each chunk with the number of histories done; may raise to stop
    """
    given = [np.ascontiguousarray(a).view(np.recarray) for a in (params, settings, programmes)]
    size, workers = chunk_size(terms), threads or granted_cores()
    for first in range(0, len(seeds), size):
        count = min(size, len(seeds) - first)
        seen, halt = room(count, terms), np.zeros(1, np.uint8)

        def run_one(index: int, first: int = first, seen: Followed = seen, halt: Any = halt) -> None:
            one = first + index
            follow(given[0][one], given[1][one], given[2], int(seeds[one]), terms, seen, index, halt)

        in_threads(run_one, range(count), workers, halt)
        if heed is not None:
            heed(first + count)
        yield first, seen


def course_of_trial(programmes: NDArray[Any]) -> NDArray[Any]:
    """Return programmes of history and one training, of which the training never opens by itself: a trial gives its course.

    Parameters
    ----------
    programmes : PROGRAMME records, shape (m,), as ``model.policy.programmes_for`` returns them for a policy of one training
    """
    planned = programmes.copy().view(np.recarray)
    planned.start[-1] = np.inf
    return planned


def adopted_shares(p: Any, years: int) -> Floats:
    """Return the share of a course that a firm practises at the baseline and after each year, shape (years + 1,).

    What was taught arrives with a lag and fades, as ``model.mechanisms.knowledge.absorb`` says. Where a site fails, the model's
    firms gain nothing, and yet they practise what they were taught: practices rose at both Vietnamese sites, and value added at
    one of them (Higuchi, Nam and Sonobe 2015). Only the record of a trial holds such practices, since no mechanism reads them.
    """
    firm = SimpleNamespace(pending=1.0, trained=0.0, access=0.0)
    shares = [0.0]
    for _ in range(years):
        for _ in range(QUARTERS_A_YEAR):
            absorb(p, firm)
        shares.append(float(firm.trained))
    return np.array(shares)


def arms(seen: Followed) -> Ints:
    """Return how many firms there are of each arm, shape (n, 3): not invited, refused, came."""
    counted: Ints = np.stack([(seen.arm == arm).sum(axis=1) for arm in (NOT_INVITED, REFUSED, CAME)], axis=1).astype(np.int64)
    return counted
