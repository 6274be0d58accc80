"""Do Dask's workers give the arrays that threads give, whoever dies, dawdles or interrupts?"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed")
pytest.importorskip("dask_jobqueue")

import dask
import distributed

from execution import dask_executor
from execution.batch_jobs import Patience
from execution.chunks import digest
from execution.dask_executor import AHEAD, CHANCES, connect
from execution.executors import Threads, executor_on
from execution.tasks import Executor, Task
from model.arrays import Arrays
from model.errors import InputError, Interrupted, TakeoffError

NUMBERS = {"numbers": np.linspace(0.0, 1.0, 5)}
SOON = 20.0  # s, for what happens within one on an idle machine
PATIENT = Patience(answer=10.0)


def powers(context: Arrays, number: int) -> Arrays:
    return {"powers": context["numbers"] ** number, "number": np.array(number)}


def tasks(count: int) -> list[Task]:
    return [Task(f"powers-{number}", (number,)) for number in range(count)]


def results(
    executor: Executor, function: Any, context: Any, wanted: Any, heed: Callable[[], None] = lambda: None
) -> dict[str, str]:
    ended = list(executor.run(function, context, wanted, heed))
    assert len({task.name for task, _ in ended}) == len(ended), "a task came twice"
    return {task.name: digest(arrays) for task, arrays in ended}


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SOON
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


@contextmanager
def cluster(workers: int, processes: bool = False) -> Iterator[distributed.LocalCluster]:
    """Workers with one thread each on loopback."""
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=processes,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as started:
        yield started


@pytest.fixture
def two() -> Iterator[distributed.LocalCluster]:
    with cluster(2) as started:
        yield started


@pytest.fixture
def executor(two: distributed.LocalCluster) -> Iterator[Executor]:
    with connect(two.scheduler_address, lambda line: None, PATIENT) as opened:
        yield opened


def nothing_left(started: distributed.LocalCluster) -> bool:
    return until(lambda: not started.scheduler.tasks)


# -------------------------------------------------------------------------------------------------------------- the same arrays


@pytest.mark.parametrize("workers", [1, 2])
def test_dask_gives_the_arrays_of_threads(workers: int) -> None:
    with cluster(workers) as started, executor_on(f"dask:{started.scheduler_address}") as opened:
        found = results(opened, powers, NUMBERS, tasks(25))
        assert nothing_left(started)
    assert found == results(Threads(1), powers, NUMBERS, tasks(25))
    assert len(found) == 25


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_processes_give_the_arrays_of_threads(workers: int) -> None:
    with cluster(workers, processes=True) as started, connect(started.scheduler_address, lambda line: None) as opened:
        found = results(opened, powers, NUMBERS, tasks(60))
    assert found == results(Threads(2), powers, NUMBERS, tasks(60))


def test_an_executor_runs_one_stage_after_the_other(executor: Executor) -> None:
    assert results(executor, powers, NUMBERS, []) == {}
    for context in (NUMBERS, {"numbers": np.arange(3.0)}):
        assert results(executor, powers, context, tasks(4)) == results(Threads(1), powers, context, tasks(4))


class Counted:
    """Counts how often it is sent."""

    sent = 0

    def __reduce__(self) -> tuple[Any, ...]:
        Counted.sent += 1
        return Counted, ()


def ignoring(context: Counted, number: int) -> Arrays:
    return {"number": np.array(number)}


def test_the_context_is_sent_once_and_not_with_every_task(executor: Executor) -> None:
    Counted.sent = 0
    assert len(results(executor, ignoring, Counted(), tasks(40))) == 40
    # Driver to scheduler, scheduler to a worker, worker to worker: each at most once, and once more where Dask measures its size.
    assert 1 <= Counted.sent <= 8


def listed(context: None, *arguments: Any) -> Arrays:
    return {"text": np.array([repr(argument) for argument in arguments])}


def test_arguments_arrive_as_they_are(executor: Executor) -> None:
    # Dask reads graphs into tuples that begin with a function and into texts that are keys.
    task = Task("odd-0", ((len, "word"), "odd-0", [Task("odd-1")], {"key": (1, 2)}, None))
    ((_, arrays),) = executor.run(listed, None, [task], lambda: None)
    np.testing.assert_array_equal(arrays["text"], listed(None, *task.arguments)["text"])


# ------------------------------------------------------------------------------------------------------------------- bounds, ends


def test_tasks_are_read_as_workers_need_them(two: distributed.LocalCluster, executor: Executor) -> None:
    read: list[int] = []

    def source() -> Iterator[Task]:
        for task in tasks(60):
            read.append(1)
            yield task

    ended = 0
    for _ in executor.run(powers, NUMBERS, source(), lambda: None):
        ended += 1
        assert len(read) - ended < 2 * AHEAD * 2, "all tasks are held at once"
        assert len(two.scheduler.tasks) < 30, "results are kept"
    assert ended == 60


def failing(context: Arrays, number: int) -> Arrays:
    if number == 7:
        raise ValueError(f"number {number} will not do")
    return powers(context, number)


def test_what_a_task_raises_is_raised_here(two: distributed.LocalCluster, executor: Executor) -> None:
    with pytest.raises(ValueError, match="number 7 will not do"):
        results(executor, failing, NUMBERS, tasks(1000))
    assert nothing_left(two)
    assert len(results(executor, powers, NUMBERS, tasks(3))) == 3


BEGUN: list[int] = []


def noted(context: Arrays, number: int) -> Arrays:
    BEGUN.append(number)
    time.sleep(0.05)
    return powers(context, number)


def test_an_interruption_drops_what_is_in_flight(two: distributed.LocalCluster, executor: Executor) -> None:
    BEGUN.clear()

    def heed() -> None:
        if len(BEGUN) > 5:
            raise Interrupted("enough")

    with pytest.raises(Interrupted, match="enough"):
        results(executor, noted, NUMBERS, tasks(1000), heed)
    assert nothing_left(two)
    time.sleep(0.5)  # what was at work ends
    begun = len(BEGUN)
    time.sleep(0.3)
    assert begun == len(BEGUN) < 50


def test_a_reader_who_leaves_ends_the_work(two: distributed.LocalCluster, executor: Executor) -> None:
    reader = executor.run(noted, NUMBERS, tasks(1000), lambda: None)
    next(reader)
    reader.close()  # type: ignore[attr-defined]
    assert nothing_left(two)


GATE = threading.Event()


def gated(context: Arrays, number: int) -> Arrays:
    GATE.wait(SOON)
    return powers(context, number)


def test_heed_is_called_while_nothing_ends(executor: Executor) -> None:
    GATE.clear()
    heard: list[int] = []

    def heed() -> None:
        heard.append(1)
        if len(heard) == 3:
            GATE.set()

    assert len(results(executor, gated, NUMBERS, tasks(1), heed)) == 1
    assert len(heard) >= 3


# ------------------------------------------------------------------------------------------------------------- faults of workers


STRAGGLED: list[int] = []


def straggling(context: Arrays, number: int) -> Arrays:
    if number == 3:
        STRAGGLED.append(number)
        if len(STRAGGLED) == 1:
            GATE.wait(SOON)
    return powers(context, number)


def test_an_idle_worker_does_a_stragglers_task_again(two: distributed.LocalCluster) -> None:
    GATE.clear()
    STRAGGLED.clear()
    patience = Patience(straggler=0.3)
    with connect(two.scheduler_address, lambda line: None, patience) as opened:
        found = results(opened, straggling, NUMBERS, tasks(5))
        assert not GATE.is_set()
        GATE.set()
        assert nothing_left(two)
    assert STRAGGLED == [3, 3], "sent once more, not oftener"
    assert found == results(Threads(1), powers, NUMBERS, tasks(5))


def killing_once(context: tuple[Arrays, str], number: int) -> Arrays:
    numbers, folder = context
    if number == 4:
        try:
            (Path(folder) / "killed").touch(exist_ok=False)
        except FileExistsError:
            return powers(numbers, number)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return powers(numbers, number)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_killed_at_work_changes_nothing(workers: int, tmp_path: Path) -> None:
    with cluster(workers, processes=True) as started, connect(started.scheduler_address, lambda line: None) as opened:
        found = results(opened, killing_once, (NUMBERS, str(tmp_path)), tasks(30))
    assert (tmp_path / "killed").exists()
    assert found == results(Threads(1), powers, NUMBERS, tasks(30))


def killing(context: Arrays, number: int) -> Arrays:
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return powers(context, number)


@pytest.mark.slow
def test_a_task_that_always_kills_its_worker_is_named() -> None:
    once = dask.config.set({"distributed.scheduler.allowed-failures": 1})
    with once, cluster(1, processes=True) as started, connect(started.scheduler_address, lambda line: None) as opened:
        reader = opened.run(killing, NUMBERS, tasks(5), lambda: None)
        with pytest.raises(TakeoffError, match=rf"^powers-4: {2 * CHANCES} workers died at this task; "):
            list(reader)


def environment(context: None) -> Arrays:
    return {name: np.array(os.environ.get(f"{name}_NUM_THREADS", "")) for name in ("OPENBLAS", "OMP", "MKL")}


@pytest.mark.slow
def test_workers_do_linear_algebra_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENBLAS", "OMP", "MKL"):
        monkeypatch.delenv(f"{name}_NUM_THREADS", raising=False)
    with cluster(1, processes=True) as started, connect(started.scheduler_address, lambda line: None) as opened:
        ((_, arrays),) = opened.run(environment, None, [Task("environment-0")], lambda: None)
    assert {name: str(value) for name, value in arrays.items()} == {"OPENBLAS": "1", "OMP": "1", "MKL": "1"}


def test_the_absence_of_workers_is_said_and_ends_the_wait() -> None:
    said: list[str] = []
    patience = Patience(worker=0.2, word=0.2, workers=0.9)
    with cluster(0) as started, connect(started.scheduler_address, said.append, patience) as opened:
        reader = opened.run(powers, NUMBERS, tasks(5), lambda: None)
        with pytest.raises(Interrupted, match=r"no worker has been alive for \d+ s.*--resume"):
            list(reader)
    assert said
    assert all(line.startswith("no worker has been alive") for line in said)


def test_a_lost_scheduler_interrupts(two: distributed.LocalCluster) -> None:
    with connect(two.scheduler_address, lambda line: None, Patience(answer=1.0)) as opened:
        reader = opened.run(noted, NUMBERS, tasks(1000), lambda: None)
        next(reader)
        two.close()
        with pytest.raises(Interrupted, match=r"the scheduler is gone.*--resume"):
            list(reader)


def test_a_worker_with_other_sources_refuses() -> None:
    with pytest.raises(InputError, match="other sources of this project; install the same"):
        dask_executor._work("of yesterday", powers, (2,), NUMBERS)


def test_a_scheduler_that_does_not_answer_is_an_error_in_the_input() -> None:
    opening = connect("127.0.0.1:9", lambda line: None, Patience(answer=0.5))
    with pytest.raises(InputError, match=r"--on: dask:127.0.0.1:9: no scheduler answers .*; start one"), opening:
        pytest.fail("nobody listens there")


def test_a_scheduler_that_was_not_reached_is_no_obstacle_to_the_next(two: distributed.LocalCluster) -> None:
    encrypted = two.scheduler_address.replace("tcp://", "tls://")
    for _ in range(2):
        opening = connect(encrypted, lambda line: None, Patience(answer=1.0))
        with pytest.raises(InputError, match="no scheduler answers"), opening:
            pytest.fail("there is no certificate")
        with connect(two.scheduler_address, lambda line: None, PATIENT) as opened:
            assert len(results(opened, powers, NUMBERS, tasks(2))) == 2
