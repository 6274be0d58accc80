"""Does every input get an answer or a line? A short campaign here; ``python -m tests.fuzz.campaign`` runs a long one."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from model.errors import InputError
from tests.fuzz.campaign import fault_of_seed, text_of
from tests.fuzz.mutations import CHANGES, NASTY
from tests.fuzz.targets import TARGETS, Target, fault_of, fault_of_words

REPOSITORY = Path(__file__).resolve().parents[2]
COUNT = 600
# Both inputs end the child that reads them.
DYING = """
import os, signal
from tests.fuzz.campaign import batch
from tests.fuzz.targets import Target
death = Target("death", ".txt", ("a",), lambda path, draw: os.kill(os.getpid(), signal.SIGSEGV))
print([(one.seed, one.fault) for one in batch(death, ["1", "2"])])
"""


def in_a_process_of_its_own(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python anew: a campaign forks, which a process with threads, such as those of JAX, must not."""
    return subprocess.run([sys.executable, *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_a_short_campaign() -> None:
    done = in_a_process_of_its_own("-m", "tests.fuzz.campaign", str(COUNT), "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{COUNT} inputs: none fell" in done.stdout


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_good_inputs_are_taken(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert target.good, "a target without a good input would be taken on trust"
    for text in target.good:
        path = tmp_path / f"input{target.suffix}"
        path.write_text(text, encoding="utf-8")
        target.use(path, random.Random(text))


def test_a_seed_is_an_input() -> None:
    assert text_of(TARGETS[0], "1-1")[0] == text_of(TARGETS[0], "1-1")[0] != text_of(TARGETS[0], "1-2")[0]


@pytest.mark.parametrize("nasty", NASTY, ids=lambda text: ascii(text[:20]))
def test_every_change_can_be_made_to_every_text(nasty: str) -> None:
    for change in CHANGES:
        for text in (nasty, f"a: {nasty}\nb: [{nasty}]\n"):
            assert isinstance(change(random.Random(3), text), str)


def planted(error: BaseException) -> Target:
    def use(path: Path, draw: random.Random) -> None:
        raise error

    return Target("planted", ".txt", ("a: 1\n",), use)


@pytest.mark.parametrize(
    "error", [ValueError("ours"), SystemExit(1), InputError(""), InputError("x" * 3000), MemoryError()]
)
def test_a_planted_fault_is_seen(error: BaseException, tmp_path: Path) -> None:
    assert fault_of(planted(error), tmp_path, random.Random(1)) != ""
    assert fault_of(planted(InputError("a line")), tmp_path, random.Random(1)) == ""
    # An error escapes what it is given, so that control characters are planted in its words.
    assert fault_of_words("\x1b[31m").startswith("control characters")


def test_a_planted_hang_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(path: Path, draw: random.Random) -> None:
        while True:
            pass

    monkeypatch.setattr("tests.fuzz.campaign.SECONDS", 0.2)
    assert fault_of_seed(Target("hang", ".txt", ("a",), hang), "1", tmp_path).startswith("hang")


def test_a_planted_death_is_seen() -> None:
    done = in_a_process_of_its_own("-c", DYING)
    assert done.stdout.strip() == "[('1', 'death: SIGSEGV'), ('2', 'death: SIGSEGV')]", done.stderr
