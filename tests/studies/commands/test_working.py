"""Which shard a job is: what was typed, else what Slurm says of the array."""

import pytest

from execution.store import Shard
from model.errors import InputError
from studies.commands.working import shard_asked


def array(number: int, least: int, step: int, count: int) -> dict[str, str]:
    said = {"ID": number, "MIN": least, "STEP": step, "COUNT": count}
    return {f"SLURM_ARRAY_TASK_{word}": str(value) for word, value in said.items()}


def test_what_was_typed_comes_first() -> None:
    assert shard_asked((1, 3), array(0, 0, 1, 9)) == Shard(1, 3)


@pytest.mark.parametrize(("said", "shard"), [
    (array(0, 0, 1, 4), Shard(0, 4)),
    (array(4, 1, 1, 4), Shard(3, 4)),
    (array(20, 10, 5, 4), Shard(2, 4)),
    (array(7, 7, 1, 1), None),
    ({}, None),
])
def test_an_array_says_which_part_is_ours(said: dict[str, str], shard: Shard | None) -> None:
    assert shard_asked(None, said) == shard


@pytest.mark.parametrize("said", [
    array(7, 1, 1, 3),
    array(2, 1, 2, 3),
    {"SLURM_ARRAY_TASK_ID": "1"},
    *({**array(1, 1, 1, 2), f"SLURM_ARRAY_TASK_{word}": wrong} for word in ("ID", "MIN", "STEP", "COUNT")
      for wrong in ("one", "-1", "", "9" * 5000)),
], ids=str)
def test_an_uneven_array_asks_for_the_shard(said: dict[str, str]) -> None:
    with pytest.raises(InputError, match="give --shard I/N") as error:
        shard_asked(None, said)
    assert len(str(error.value)) < 200
