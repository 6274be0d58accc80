"""Does every option that a command takes reach the function that does the work?"""

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import yaml

from execution.store import Shard
from model.config import CONFIGS
from studies.cli import build_parser, main
from studies.commands import advising, sweeping
from studies.commands.chain import compare_policies
from studies.policy import advice, compare
from studies.sweeps import sweep


class Reached(Exception):  # noqa: N818 - it says where a command got to
    """The function that does the work was called."""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A profile of one's own, with threads, policies and a batch system."""
    content = yaml.safe_load((CONFIGS / "profiles" / "quick.yaml").read_text(encoding="utf-8"))
    own = {**content, "threads": 3, "policies": ["training"], "horizon": 7, "slurm": {"partition": "long", "jobs": 5}}
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(own), encoding="utf-8")
    return path


def reached(monkeypatch: pytest.MonkeyPatch, home: Any, name: str, command: Any, words: list[str]) -> dict[str, Any]:
    """Run a command up to the function that does the work, and return the options that it got."""
    told: dict[str, Any] = {}

    def work(*given: Any, **options: Any) -> None:
        told.update(options)
        raise Reached

    monkeypatch.setattr(home, name, work)
    arguments: Namespace = build_parser().parse_args(words)
    arguments.shard = Shard(*arguments.shard) if arguments.shard else None
    with pytest.raises(Reached):
        command(arguments)
    return told


def test_compare_passes_the_profile_and_the_shard(monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    words = ["compare", "runs/run", "--profile", str(profile), "--on", "slurm", "--shard", "2/3"]
    told = reached(monkeypatch, compare, "compare", compare_policies, words)
    assert (told["batch"].partition, told["batch"].jobs, told["on"]) == ("long", 5, "slurm")
    assert (told["policies"], told["horizon"], told["shard"]) == (["training"], 7, Shard(1, 3))
    told = reached(monkeypatch, compare, "compare", compare_policies, [*words[:4], "--policy", "credit", "--horizon", "9"])
    assert (told["policies"], told["horizon"], told["on"]) == (["credit"], 9, "local:3")


def test_advise_passes_the_profile_and_the_shard(monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    words = ["advise", "mine.yaml", "--profile", str(profile), "--on", "slurm", "--shard", "2/3"]
    told = reached(monkeypatch, advice, "advise", advising.advise_cluster, words)
    assert (told["batch"].partition, told["on"], told["shard"]) == ("long", "slurm", Shard(1, 3))
    assert (told["policies"], told["horizon"]) == (["training"], 7)


def test_sweep_passes_the_profile_and_the_shard(monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    words = ["sweep", "table.csv", "--profile", str(profile), "--on", "slurm", "--shard", "1/2"]
    told = reached(monkeypatch, sweep, "sweep", sweeping.sweep, words)
    assert (told["batch"].jobs, told["on"], told["shard"]) == (5, "slurm", Shard(0, 2))


@pytest.mark.parametrize("command", [["compare", "runs/run"], ["advise", "mine.yaml"], ["sweep", "table.csv"]])
def test_an_unknown_profile_is_named(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--profile", "quikc"]) == 2
    assert "did you mean `quick`?" in capsys.readouterr().err
