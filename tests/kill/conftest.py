"""Where do the runs that are killed come from? From references that nobody kills, made once a session."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kill.runs import JOBS, Job, Victims, build, copy, write_inputs


@dataclass
class Floor:
    """Victims, their inputs, and what each command leaves if it is left alone."""

    victims: Victims
    inputs: Path
    place: Path
    references: dict[str, Path]

    def words(self, job: Job, folder: Path) -> list[str]:
        """Return what is typed."""
        return job.words(folder, self.inputs)

    def begin(self, job: Job, name: str) -> Path:
        """Return a folder in which the command can begin: absent, empty or with a finished calibration."""
        target = self.place / name
        if not job.begins:
            return copy(self.references["compare" if job.name == "report" else "calibrate"], target)
        shutil.rmtree(target, ignore_errors=True)
        if job.name == "sweep":
            target.mkdir()
        return target


@pytest.fixture(scope="session")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """Victims that know trained networks, and references of every command."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler (cc) for the library that kills at a system call")
    place = tmp_path_factory.mktemp("kill")
    library, inputs = build(place), write_inputs(place / "inputs")
    first = Victims(library, place / "first")
    references = {name: place / f"reference-{name}" for name in JOBS}
    # In that process itself: JAX does not survive a fork.
    calibrated = first.run(JOBS["calibrate"].words(references["calibrate"], inputs), references["calibrate"], here=True)
    first.close()
    assert calibrated.code in JOBS["calibrate"].fine, calibrated.said
    victims = Victims(library, place / "scratch", references["calibrate"] / "chunks")
    made = Floor(victims, inputs, place, references)
    for name in ("compare", "report"):
        copy(references["calibrate" if name == "compare" else "compare"], references[name])
        _practise(made, JOBS[name])
    references["sweep"].mkdir()
    for name in ("sweep", "sensitivity"):
        _practise(made, JOBS[name])
    practice = copy(references["calibrate"], place / "practice")
    (practice / "manifest.json").unlink()
    for chunk in (practice / "chunks").glob("[!ps]*.npz"):
        chunk.unlink()
    assert victims.run(made.words(JOBS["calibrate"], practice), practice, here=True).code in JOBS["calibrate"].fine
    yield made
    victims.close()


def _practise(floor: Floor, job: Job) -> None:
    reference = floor.references[job.name]
    ended = floor.victims.run(floor.words(job, reference), reference, here=True)
    assert ended.code in job.fine, ended.said
