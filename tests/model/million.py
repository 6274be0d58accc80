"""Draws of the prior by the million: is every number finite, and does every identity hold?

``python -m tests.model.million 1000000 [FIRST_BLOCK]`` prints how many histories ran, how many were stopped, and each that fails.
A block asks ``BLOCK`` histories of one case under one policy and one combination of structural choices; its number is the key of
its draws, so that a failure can be seen again with ``block_of(number)``.
"""

import sys
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.batch import simulate_many
from model.config import all_cases, load_policy, policy_names
from model.latents import LATENTS, draw_values, params_for, settings_for
from model.observe import COLUMNS, COUNTS
from model.policy import programmes_for
from model.world import NOT_FINITE, TOO_LARGE
from tests.model.worlds import PRIORS, column

BLOCK = 250
KEY = 20261126
# As in a calibration a history with more firms is stopped, since few explosive ones would take most of the time; every fourth
# block may grow larger.
FIRMS_MAX = (2000.0, 2000.0, 2000.0, 20_000.0)
SHARES = ("awareness", "enforcement", "transitioned")
PARTS = {
    "improved_firms": "firms", "zone_firms": "firms", "exporters": "firms", "firms": "workers", "improved_workers": "workers",
    "mergers": "exits", "successes": "attempts", "exported": "output",
}
POSITIVE = ("price", "price_export")
# What adding up in another order may lose.
ROUNDING = 1e-9

Flags = NDArray[np.bool_]


class Asked(NamedTuple):
    """A block of histories: what it asks of ``simulate_many``, and words that tell it from others."""

    words: str
    params: Any
    settings: Any
    seeds: NDArray[np.uint64]
    programmes: Any
    ticks: NDArray[np.int64]


def block_of(number: int, size: int = BLOCK) -> Asked:
    """Return the block of a number: cases and policies in turn, structural choices by lot."""
    source = np.random.default_rng([KEY, number])
    cases, policies = all_cases(), policy_names()
    case, policy = cases[number % len(cases)], policies[number // len(cases) % len(policies)]
    structures = {name: str(source.choice(one.options)) for name, one in PRIORS.structures.items()}
    values = draw_values(PRIORS, size, source)
    settings, _ = settings_for(case, values, source.standard_normal((size, len(LATENTS))), structures, 20.0)
    settings["firms_max"] = FIRMS_MAX[number % len(FIRMS_MAX)]
    longest = int(settings["quarters"].max())
    ticks = np.where(np.arange(longest + 1) <= settings["quarters"][:, None], np.arange(longest + 1), -1)
    seeds = source.integers(0, 2**64, size, np.uint64)
    words = f"block {number} (case {case.number}, {policy}, {structures})"
    return Asked(words, params_for(values), settings, seeds, programmes_for(load_policy(policy), case, structures), ticks)


def panels_of(asked: Asked) -> NDArray[np.float64]:
    """Return the panels of a block, float64, shape (n, quarters + 1, columns); NaN beyond a history's end."""
    return simulate_many(asked.params, asked.settings, asked.seeds, asked.programmes, asked.ticks, threads=1)


def broken(panels: NDArray[np.float64], asked: NDArray[np.bool_]) -> Iterator[tuple[str, Flags]]:
    """Yield each identity with the histories that break it, bool, shape (n,); ``asked`` (n, rows) are rows within the history."""
    reached = ~np.isnan(column(panels, "time"))
    stopped = column(panels, "exhausted")
    seen = np.where(reached[:, :, None], panels, 0.0)
    others = np.delete(panels, COLUMNS.index("exhausted"), axis=2)
    yield "every number of a row is finite", (~np.isfinite(panels) & reached[:, :, None]).any((1, 2))
    yield "no row is written in part", (~np.isnan(others) & ~reached[:, :, None]).any((1, 2))
    yield "rows have no gap", (reached[:, 1:] & ~reached[:, :-1]).any(1)
    yield "rows are missing only where a history was stopped", (asked & ~reached & (stopped == 0.0)).any(1)
    yield "a history is stopped as a whole", (stopped != stopped[:, :1]).any(1)
    for name in COUNTS:
        values = column(seen, name)
        yield f"{name} is a whole number, not negative", ((values < 0.0) | (values != np.floor(values))).any(1)
    for name in SHARES:
        yield f"{name} is a share", ((column(seen, name) < 0.0) | (column(seen, name) > 1.0)).any(1)
    for name, whole in PARTS.items():
        yield f"{name} is no more than {whole}", (column(seen, name) > column(seen, whole) * (1.0 + ROUNDING)).any(1)
    for name in POSITIVE:
        yield f"{name} is above 0", ((column(seen, name) <= 0.0) & reached).any(1)
    firms, flow = column(seen, "firms"), column(seen, "entrants") + column(seen, "spin_offs") - column(seen, "exits")
    yield "firms = firms before + entrants + spin_offs - exits", ((np.diff(firms, axis=1) != flow[:, 1:]) & reached[:, 1:]).any(1)


def faults_of(number: int, size: int = BLOCK) -> tuple[int, list[str]]:
    """Run a block; return how many of its histories were stopped, and a line for each identity that some of them break."""
    asked = block_of(number, size)
    panels = panels_of(asked)
    stopped = column(panels, "exhausted")[:, 0]
    rules = [*broken(panels, asked.ticks >= 0), ("no history is stopped for a number that is not finite", stopped == NOT_FINITE)]
    faults = [f"{asked.words}: {rule}: histories {np.flatnonzero(which)[:5].tolist()}" for rule, which in rules if which.any()]
    return int((stopped == TOO_LARGE).sum()), faults


def main(wanted: int, first: int = 0) -> int:
    """Run at least ``wanted`` histories and print what fails; return 1 if anything does."""
    done = stopped = failed = 0
    for number in count(first):
        halted, faults = faults_of(number)
        done, stopped, failed = done + BLOCK, stopped + halted, failed + len(faults)
        sys.stdout.write("".join(f"{fault}\n" for fault in faults))
        if number % 100 == 99 or done >= wanted:
            sys.stdout.write(f"{done} histories, {stopped} stopped for their size, {failed} identities broken\n")
            sys.stdout.flush()
        if done >= wanted:
            return int(failed > 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:3])))
