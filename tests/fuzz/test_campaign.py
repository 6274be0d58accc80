"""Does every input get an answer or a line? A short campaign here; ``python -m tests.fuzz.campaign`` runs a long one."""

import random
from pathlib import Path

import pytest

from model.errors import InputError
from model.warm import warm
from tests.fuzz.campaign import batch, fault_of_seed, text_of
from tests.fuzz.targets import TARGETS, Target, fault_of, fault_of_words

COUNT = {"case": 150, "prior": 60, "policy": 150, "profile": 150, "table": 40, "option": 150}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_short_campaign(target: Target) -> None:
    warm()
    assert batch(target, [f"7-{number}" for number in range(COUNT[target.name])]) == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_good_inputs_are_taken(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in target.good:
        path = tmp_path / f"input{target.suffix}"
        path.write_text(text, encoding="utf-8")
        target.use(path, random.Random(text))


def test_a_seed_is_an_input() -> None:
    assert text_of(TARGETS[0], "1-1")[0] == text_of(TARGETS[0], "1-1")[0] != text_of(TARGETS[0], "1-2")[0]


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


def test_a_planted_hang_and_a_planted_death_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(path: Path, draw: random.Random) -> None:
        while True:
            pass

    def die(path: Path, draw: random.Random) -> None:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGSEGV)

    monkeypatch.setattr("tests.fuzz.campaign.SECONDS", 0.2)
    assert fault_of_seed(Target("hang", ".txt", ("a",), hang), "1", tmp_path).startswith("hang")
    fell = batch(Target("death", ".txt", ("a",), die), ["1", "2"])
    assert [(one.seed, one.fault) for one in fell] == [("1", "death: SIGSEGV"), ("2", "death: SIGSEGV")]
