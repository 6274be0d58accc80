"""Memory and disk: what this process held, and the arrays and files that grow with the counts."""

import numpy as np
import pytest

from model.profile import Profile
from studies.plan import size as home
from studies.plan.learning import Learning
from studies.plan.sample import Clusters, Sample
from studies.plan.size import COPIES_OF_CHAINS, DOUBLE, FILE, Size, peak_memory, size_of
from studies.plan.stages import Stage

EXACT = np.array([4, 8])
STAGES = [Stage("a stage", 1.0, tasks=7)]


@pytest.fixture
def size(clusters: Clusters, sample: Sample, learning: Learning, monkeypatch: pytest.MonkeyPatch):
    """The size of a run as counts of its profile change, in a process that holds a megabyte."""
    monkeypatch.setattr(home, "peak_memory", lambda: 1e6)

    def of(stages: list[Stage] = STAGES, **counts: int) -> Size:
        profile: Profile = clusters.profile.model_copy(update=counts)
        return size_of(clusters._replace(profile=profile), sample, learning, stages, EXACT)

    return of


def test_this_process_holds_what_it_wrote() -> None:
    written = np.ones(4_000_000)
    assert peak_memory() > written.nbytes


def test_every_piece_is_a_file_of_at_least_a_block(size) -> None:
    once, more = size(), size([*STAGES, Stage("b", 1.0, tasks=3)])
    assert (once.files, more.files) == (7, 10)
    assert more.disk - once.disk == pytest.approx(3 * FILE)
    assert more.memory == once.memory


def test_chains_are_held_in_several_copies_and_stored_once(size, clusters: Clusters) -> None:
    profile = clusters.profile
    once, twice = size(), size(steps=2 * profile.steps)
    numbers = profile.ensembles * (profile.steps // profile.thin) * profile.walkers * (clusters.sizes.parameters + 1)
    assert twice.memory - once.memory >= COPIES_OF_CHAINS * DOUBLE * numbers
    assert twice.disk - once.disk >= DOUBLE * numbers


@pytest.mark.parametrize("count", ["exact_draws", "predictive_draws", "policy_draws", "horizon"])
def test_more_draws_need_more_room(count: str, size, clusters: Clusters) -> None:
    once, twice = size(), size(**{count: 2 * getattr(clusters.profile, count)})
    assert twice.disk >= once.disk
    assert (twice.disk, twice.memory) != (once.disk, once.memory)
    assert once.base == 1e6 < once.memory
