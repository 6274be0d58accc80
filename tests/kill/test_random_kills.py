"""Does a run that dies at a random moment, or is asked to stop, end in the same bits when it is resumed?"""

import os
import sys
import time

import numpy as np
import pytest

from tests.kill.conftest import Floor
from tests.kill.runs import JOBS, litter, verified, visible

# How often each command dies: 200 times in all, the quick ones more often; some attempts come after the command is done.
# The variable KILL_DEATHS asks for another number of each.
DEATHS = {
    name: int(os.environ.get("KILL_DEATHS", number))
    for name, number in {"sweep": 80, "sensitivity": 60, "compare": 40, "calibrate": 20}.items()
}
SIGNALS = ("SIGTERM", "SIGUSR1", "SIGINT")
INTERRUPTED = 75
ATTEMPTS = 5  # for each death wanted, before the machine is given up as too fast


@pytest.mark.slow
@pytest.mark.kill
@pytest.mark.parametrize("name", list(DEATHS))
def test_killed_at_random_moments_a_run_ends_in_the_same_bits(floor: Floor, name: str) -> None:
    """One death in four is a request to stop; a folder is used until its run is done, so that some runs die many times."""
    job, draw = JOBS[name], np.random.Generator(np.random.Philox(2011 + len(name)))
    reference = visible(floor.references[name])
    folder = floor.begin(job, f"random-{name}")
    begun = time.monotonic()
    floor.victims.run(floor.words(job, folder), folder)
    whole = time.monotonic() - begun
    deaths = finished = 0
    folder = floor.begin(job, f"random-{name}")
    for place in range(ATTEMPTS * DEATHS[name]):
        kind = SIGNALS[place // 4 % 3] if place % 4 == 0 else "SIGKILL"
        after = float(draw.uniform(0, whole))
        ended = floor.victims.run(floor.words(job, folder), folder, after=after, signal=kind)
        if ended.code == INTERRUPTED:
            assert kind != "SIGKILL"
            assert "interrupted" in ended.last_line, ended.said
        elif ended.code not in job.fine:
            assert ended.code < 0, ended.said
        deaths += ended.code not in job.fine
        if ended.code in job.fine or place % 5 == 4:
            done = floor.victims.run(floor.words(job, folder), folder)
            assert done.code in job.fine, done.said
            assert visible(folder) == reference
            assert litter(folder) == []
            assert verified(folder)[0] == 0
            finished += 1
            if deaths >= DEATHS[name]:
                break
            folder = floor.begin(job, f"random-{name}")
    sys.stdout.write(f"{name}: {deaths} deaths, {finished} runs brought to their end, none lost\n")
    assert deaths >= DEATHS[name]
