"""How is a campaign run? In children, so that a death is seen; each input within a time, so that a hang is seen.

``python -m tests.fuzz.campaign 100000 --seed 1`` gives so many inputs to all targets in turn, and prints the counts.
"""

import argparse
import faulthandler
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from model.warm import warm
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS, Target, fault_of

# A child makes so many inputs, each of which may take so long (s).
BATCH: Final = 500
SECONDS: Final = 20


class Fallen(NamedTuple):
    """An input that fell: its target, its seed, and what went wrong."""

    target: str
    seed: str
    fault: str


class Hang(BaseException):
    """An input took too long."""


def text_of(target: Target, seed: str) -> tuple[str, random.Random]:
    """Return the input of a seed, and the generator that goes on with it."""
    draw = random.Random(f"{target.name} {seed}")
    return mutated(draw, draw.choice(target.good)), draw


def fault_of_seed(target: Target, seed: str, folder: Path) -> str:
    """Return what is wrong with the answer to the input of a seed, or nothing."""
    text, draw = text_of(target, seed)
    path = folder / f"input{target.suffix}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    def late(number: int, frame: FrameType | None) -> None:
        raise Hang

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return fault_of(target, path, draw)
    except Hang:
        return f"hang: more than {SECONDS} s"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _child(target: Target, seeds: list[str], folder: Path) -> None:
    """Do a batch, and write what fell; the seed at work stands in a file, for whoever finds this process dead."""
    fallen = []
    for seed in seeds:
        (folder / "seed").write_text(seed, encoding="utf-8")
        fault = fault_of_seed(target, seed, folder)
        if fault:
            fallen.append((seed, fault))
    (folder / "fallen.json").write_text(json.dumps(fallen), encoding="utf-8")


def batch(target: Target, seeds: list[str]) -> list[Fallen]:
    """Give the inputs of some seeds to a target, in a child, and return what fell."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.chdir(folder)
                faulthandler.disable()
                _child(target, seeds, folder)
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        if status == 0:
            return [Fallen(target.name, seed, fault) for seed, fault in json.loads((folder / "fallen.json").read_text())]
        seed = (folder / "seed").read_text(encoding="utf-8")
        rest = seeds[seeds.index(seed) + 1 :]
        death = f"death: {signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f'exit {status}'}"
        return [Fallen(target.name, seed, death), *(batch(target, rest) if rest else [])]


def campaign(count: int, seed: int) -> list[Fallen]:
    """Give ``count`` inputs in all to the targets, in turn, and return what fell."""
    # In a child, compiling would look like a hang.
    warm()
    fallen: list[Fallen] = []
    each = -(-count // len(TARGETS))
    for first in range(0, each, BATCH):
        for target in TARGETS:
            fallen += batch(target, [f"{seed}-{number}" for number in range(first, min(first + BATCH, each))])
        sys.stderr.write(f"{min(first + BATCH, each) * len(TARGETS):,} inputs, {len(fallen)} fell\n")
    return fallen


def main() -> int:
    """Run a campaign as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fallen = campaign(arguments.count, arguments.seed)
    for one in fallen[:200]:
        sys.stdout.write(f"{one.target} {one.seed}: {one.fault}\n")
    sys.stdout.write(f"{arguments.count:,} inputs: {dict(Counter(one.target for one in fallen)) or 'none'} fell\n")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
