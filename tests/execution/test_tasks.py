"""Do tasks leave the same chunks whoever computes them, in whatever order, and after whatever was lost?"""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from execution.chunks import digest
from execution.executors import AHEAD, Threads, executor_on
from execution.stopping import Stop
from execution.store import RunFolder, Shard
from execution.tasks import CHUNKS_A_STAGE, Runner, Task, blocks, chunk_size
from model.arrays import Arrays
from model.errors import InputError, Interrupted

TASKS = [Task(f"square-{place:03d}", (place,), 2) for place in range(24)]


def square(offset: float, place: int) -> Arrays:
    return {"square": np.arange(place + 1.0) ** 2 + offset}


def leave(folder: RunFolder) -> str:
    return digest({task.name: folder.load(task.name)["square"] for task in TASKS})


def whole(path: Path, threads: int = 1) -> str:
    with RunFolder(path, {}) as folder:
        Runner(folder, Threads(threads)).complete("squares", square, 0.5, TASKS, 48)
        return leave(folder)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_any_number_of_threads_leaves_the_same(tmp_path: Path, threads: int) -> None:
    with RunFolder(tmp_path / "run", {}) as folder:
        found = Runner(folder, Threads(threads)).gather("squares", square, 0.5, TASKS)
    np.testing.assert_array_equal(found[3]["square"], [0.5, 1.5, 4.5, 9.5])
    assert [len(one["square"]) for one in found] == list(range(1, 25))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1,)])
def test_shards_in_any_order_take_over_what_absent_ones_leave(tmp_path: Path, order: tuple[int, ...]) -> None:
    for part in order:
        with RunFolder(tmp_path / "run", {}, shard=Shard(part, 3)) as folder:
            Runner(folder, Threads(1), Shard(part, 3)).complete("squares", square, 0.5, TASKS, 48)
    assert leave(folder) == whole(tmp_path / "whole")


def test_shards_side_by_side_share_the_work(tmp_path: Path) -> None:
    done: list[int] = []

    def work(part: int) -> None:
        shard = Shard(part, 2)
        with RunFolder(tmp_path / "run", {}, shard=shard) as folder:
            barrier.wait()
            Runner(folder, Threads(1), shard).complete("squares", counted, 0.5, TASKS, 48)

    def counted(offset: float, place: int) -> Arrays:
        done.append(place)
        return square(offset, place)

    barrier = threading.Barrier(2)
    pair = [threading.Thread(target=work, args=(part,)) for part in range(2)]
    for one in pair:
        one.start()
    for one in pair:
        one.join()
    assert set(done) == set(range(24))
    # A living shard's part is left to it; the last of it may be taken over once it has gone.
    assert len(done) <= 24 + 8
    with RunFolder(tmp_path / "run", {}, resume=True) as folder:
        assert leave(folder) == whole(tmp_path / "whole")


def test_one_shard_runs_once_and_shards_keep_a_whole_run_out(tmp_path: Path) -> None:
    first = RunFolder(tmp_path / "run", {}, shard=Shard(0, 2))
    with first, RunFolder(tmp_path / "run", {}, shard=Shard(1, 2)) as second:
        assert first.alive(Shard(1, 2))
        assert second.alive(Shard(0, 2))
        with pytest.raises(InputError, match="shard 1/2 is running already"), RunFolder(tmp_path / "run", {}, shard=Shard(0, 2)):
            pass
        with pytest.raises(InputError, match="another run"), RunFolder(tmp_path / "run", {}, resume=True):
            pass
    with RunFolder(tmp_path / "run", {}, shard=Shard(1, 2)) as second:
        assert not second.alive(Shard(0, 2))
        assert not second.alive(Shard(5, 9))


def test_an_interrupt_keeps_what_is_done_and_drops_the_rest(tmp_path: Path) -> None:
    stop, begun = Stop(), []

    def counted(offset: float, place: int) -> Arrays:
        begun.append(place)
        return square(offset, place)

    def progress(stage: str, done: int, total: int) -> None:
        stop.asked = "SIGTERM" if done >= 10 else ""

    with RunFolder(tmp_path / "run", {}) as folder:
        with pytest.raises(Interrupted, match="SIGTERM"):
            Runner(folder, Threads(1), progress=progress, stop=stop).complete("squares", counted, 0.5, TASKS, 48)
        assert [folder.has(task.name) for task in TASKS[:5]] == [True] * 5
        assert len(begun) <= 5 + AHEAD
    with RunFolder(tmp_path / "run", {}, resume=True) as folder:
        Runner(folder, Threads(2)).complete("squares", square, 0.5, TASKS, 48)
        assert leave(folder) == whole(tmp_path / "whole")


def test_tasks_are_read_a_bounded_number_ahead() -> None:
    read: list[int] = []

    def tasks() -> Iterator[Task]:
        for task in TASKS:
            read.append(task.size)
            yield task

    for done, _ in enumerate(Threads(2).run(square, 0.0, tasks(), lambda: None), start=1):
        assert len(read) <= done + 2 * AHEAD


def test_a_fault_in_a_task_is_raised_here(tmp_path: Path) -> None:
    def broken(offset: float, place: int) -> Arrays:
        raise ZeroDivisionError(f"at {place}")

    with RunFolder(tmp_path / "run", {}) as folder, pytest.raises(ZeroDivisionError, match="at 0"):
        Runner(folder, Threads(1)).complete("squares", broken, 0.5, TASKS, 48)


def test_progress_counts_what_was_there_before(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def progress(stage: str, done: int, total: int) -> None:
        told.append((done, total))

    with RunFolder(tmp_path / "run", {}) as folder:
        runner = Runner(folder, Threads(1), progress=progress)
        runner.complete("squares", square, 0.5, TASKS[:4], 48)
        runner.complete("squares", square, 0.5, TASKS[2:8], 48, before=4)
    assert told[0] == (0, 48)
    assert (8, 48) in told
    assert told[-1] == (16, 48)


@pytest.mark.parametrize(
    "where", ["moon", "local:0", "local:two", "local:1001", f"local:{'9' * 5000}", "dask", "dask:", "slurm:2", ""]
)
def test_an_executor_that_is_none_is_named(where: str) -> None:
    with pytest.raises(InputError, match="--on"), executor_on(where):
        pass


def test_an_open_executor_is_used_as_it_is() -> None:
    threads = Threads(3)
    with executor_on(threads) as one:
        assert one is threads
    with executor_on("local:3") as other:
        assert isinstance(other, Threads)
        assert other.count == 3


def test_blocks_cover_once_and_chunks_are_few() -> None:
    for size in (1, 3, 7, 100):
        cut = list(blocks(5, 28, size))
        assert [place for start, count in cut for place in range(start, start + count)] == list(range(5, 28))
    assert chunk_size(100, 64) == 64
    assert 10**6 / chunk_size(10**6, 64) <= CHUNKS_A_STAGE
