"""A few threads that never outlive an interrupt: daemons, unlike those of `concurrent.futures`."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable


def run_all(jobs: Iterable[Callable[[], None]], threads: int) -> None:
    """Run every job, `threads` at a time; a job must not raise. An interrupt leaves the rest undone."""
    waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    count = 0
    for job in jobs:
        waiting.put(job)
        count += 1
    done = threading.Semaphore(0)

    def work() -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                job()
            finally:
                done.release()

    for _ in range(min(threads, count)):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in range(count):
            while not done.acquire(timeout=0.2):  # short, so that an interrupt is heard
                pass
    except BaseException:
        while not waiting.empty():
            waiting.get_nowait()
        raise
