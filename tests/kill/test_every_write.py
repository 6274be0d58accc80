"""Is a run killed at every call by which it changes its folder, and does it end in the same bits each time?

The chance that a random kill hits the window between a write and a rename is small, so every call is hit by intent: a victim dies
at its n-th write (half of it done), fsync, rename, open, mkdir or unlink, and is resumed in the same folder, to die at the next.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kill.conftest import Floor
from tests.kill.runs import JOBS, Job, Tally, litter, verified, visible

KEPT = (".npz", "fingerprint.json")
MOST = 5000


def kill_everywhere(floor: Floor, job: Job, folder: Path) -> Tally:
    """Kill at every call in turn: after a death the next one is a call later, or, if a piece was kept, at the next piece."""
    tally, reference = Tally(), visible(floor.references[job.name])
    words, at = floor.words(job, folder), 1
    finished = False  # once: a report is written anew each time
    for _ in range(MOST):
        ended = floor.victims.run(words, folder, at=at)
        if ended.code in job.fine:
            return tally
        assert ended.code == -9, ended.said
        assert len(ended.calls) == at
        kind, path = ended.calls[-1]
        tally.deaths[kind] += 1
        for name, said in visible(folder).items():
            if reference.get(name) != said and not stale(job, name):
                tally.lost.append(f"{name}, at {kind} {path}")
        done = [target for call, target in ended.calls[:-1] if call == "rename"]
        begun = next((place for place, (_, target) in enumerate(ended.calls) if "/.partial-" in target), 0)
        if any(target.endswith(job.last) for target in done) and not finished:
            finished, at = True, 1
        elif any(target.endswith(KEPT) for target in done):
            at = begun + 1
        else:
            at += 1
    raise AssertionError("does not end")


def stale(job: Job, name: str) -> bool:
    """Tell whether a file may be of before: a manifest names files once they are written, a finished sweep has no pieces."""
    revised = job.name in ("compare", "report", "sensitivity") and name == "manifest.json"
    return revised or (job.name == "sweep" and name.endswith(".npz"))


@pytest.mark.slow
@pytest.mark.kill
@pytest.mark.parametrize("name", list(JOBS))
def test_killed_at_every_call_a_run_ends_in_the_same_bits(
    floor: Floor, name: str, record_property: Callable[[str, object], None]
) -> None:
    job = JOBS[name]
    folder = floor.begin(job, f"every-{name}")
    tally = kill_everywhere(floor, job, folder)
    record_property("deaths", str(tally))
    sys.stdout.write(f"{name}: {tally}\n")
    assert tally.lost == []
    assert {"write", "fsync", "rename", "open"} <= set(tally.deaths)
    assert visible(folder) == visible(floor.references[name])
    assert litter(folder) == []
    if name != "report":
        assert verified(folder)[0] == 0, verified(folder)[1]
