"""A few threads for many jobs."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from orthaudit.gather.workers import run_all


def appending(done: list[int], number: int) -> Callable[[], None]:
    return lambda: done.append(number)


@pytest.mark.parametrize(("jobs", "threads"), [(0, 4), (1, 4), (3, 4), (50, 4), (50, 1)])
def test_every_job_is_done_once(jobs: int, threads: int) -> None:
    done: list[int] = []
    run_all((appending(done, number) for number in range(jobs)), threads)
    assert sorted(done) == list(range(jobs))


def test_one_thread_does_them_in_order() -> None:
    done: list[int] = []
    run_all([appending(done, number) for number in range(20)], 1)
    assert done == list(range(20))


@pytest.mark.parametrize("threads", [1, 3])
def test_as_many_as_allowed_at_the_same_time(threads: int) -> None:
    together = threading.Barrier(threads)  # broken where fewer than `threads` ever meet
    lock, busy, most = threading.Lock(), 0, 0

    def job() -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        together.wait(10)
        with lock:
            busy -= 1

    run_all([job] * (4 * threads), threads)
    assert most == threads
    assert not together.broken


INTERRUPTED = """
import os, threading
from orthaudit.gather.workers import run_all

def stuck():
    os.write(1, b"working" + os.linesep.encode())  # in one piece, whatever the other thread writes
    threading.Event().wait()

try:
    run_all([stuck, stuck, lambda: print("begun in spite of it", flush=True)], 2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_an_interrupt_leaves_the_rest_undone_and_no_thread_holds_the_end_up() -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert [process.stdout.readline() for _ in range(2)] == ["working\n"] * 2
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (out, process.returncode) == ("interrupted\n", 0)


def test_an_interrupt_between_two_jobs() -> None:
    done: list[int] = []
    blocked = threading.Event()

    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)  # heard by the main thread, which waits
        blocked.wait(10)

    with pytest.raises(KeyboardInterrupt):
        run_all([interrupt, appending(done, 1)], 1)
    blocked.set()
    assert done == []
