"""The sslyze child from outside: budgets, and what becomes of a child that dies, hangs or talks nonsense."""

from __future__ import annotations

import asyncio
import os
import select
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orthaudit.gather.probe import deep
from orthaudit.gather.probe.endpoint import Manner, Target, ceiling, probe
from orthaudit.gather.probe.suites import VERSIONS
from orthaudit.lab.dicom import Listeners, Service, server_context

PARTIAL = '{"id": 0, "connections": 7}'
HALF = '{"id": 0, "answers": {"highest": "TLS 1.3", "asked": 3, "groups": [1, "x25519"], "robot": "no"}}'

# what the child prints, what follows, connections counted
CHILDREN = [
    ("", "exit 0", 0),
    ("", "exit 3", 0),
    ("nonsense", "exit 0", 0),
    ("[]", "exit 0", 0),
    ('{"id": 5, "answers": {}}', "exit 0", 0),
    ('{"id": 0, "answers": {}}', "exit 0", 0),
    (PARTIAL, "exit 1", 7),
    (PARTIAL, "exec sleep 1000", 7),
    ("", "exec sleep 1000", 0),
    (HALF, "exec sleep 1000", 0),
]


def job(seconds: float = 1.0, limit: int = 1000, pause: float = 0.0) -> deep.Job:
    return deep.Job(Target("127.0.0.1", 9), "127.0.0.1", seconds, limit, pause)


def run(*jobs: deep.Job) -> dict[int, deep.Deep]:
    results: dict[int, deep.Deep] = {}

    def done(number: int, result: deep.Deep) -> None:
        assert number not in results
        results[number] = result

    asyncio.run(deep.run(jobs, done))
    return results


@pytest.mark.parametrize(("prints", "then", "connections"), CHILDREN)
def test_a_child_that_fails_is_a_doubt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prints: str, then: str, connections: int
) -> None:
    pid = tmp_path / "pid"
    script = f"echo $$ > {pid}; echo '{prints}'; {then}"
    monkeypatch.setattr(deep, "COMMAND", ("/bin/sh", "-c", script))
    (result,) = run(job()).values()
    assert result.suites.versions == dict.fromkeys(VERSIONS, "inconclusive")
    assert result.suites.doubts
    assert set(result.checks.values()) <= {None}
    assert result.connections == connections
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_child_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep, "COMMAND", ("/nonexistent/python",))
    (result,) = run(job()).values()
    assert result.suites.versions == dict.fromkeys(VERSIONS, "inconclusive")


def test_each_listener_waits_for_its_own_deadline_only(monkeypatch: pytest.MonkeyPatch) -> None:
    script = 'read jobs; echo \'{"id": 1, "answers": {"error": "x"}}\'; exec sleep 1000'
    monkeypatch.setattr(deep, "COMMAND", ("/bin/sh", "-c", script))
    other = deep.Job(Target("127.0.0.1", 10), "127.0.0.1", 60.0, 1000, 0.0)
    results = run(job(0.5), other)
    assert "deadline" in results[0].doubts[0]
    assert "could not begin" in results[1].doubts[0]


def test_giving_up_ends_the_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    os.mkfifo(pid)
    monkeypatch.setattr(deep, "COMMAND", ("/bin/sh", "-c", f"read jobs; echo $$ > {pid}; exec sleep 1000"))

    async def main() -> int:
        running = asyncio.create_task(deep.run([job(60.0)], lambda *_: None))
        number = int(await asyncio.to_thread(pid.read_text))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return number

    with pytest.raises(ProcessLookupError):
        os.kill(asyncio.run(main()), 0)


def test_the_child_ends_with_its_parent() -> None:
    code = (
        "import subprocess, sys\n"
        "from orthaudit.gather.probe.deep import COMMAND\n"
        "child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
    )
    # Without a line of jobs the child ends when its standard input does.
    root = str(Path(deep.__file__).parents[3])
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, "PYTHONPATH": root}
    )
    number = int(told.stdout)
    wait_for_end(number)


@pytest.mark.parametrize(
    ("limit", "pause", "suites", "refused"),
    [
        (1000, 0.0, True, False),
        (100, 0.0, False, False),
        (1000, 0.1, False, False),
        (20, 0.0, False, True),
        (1000, 1.0, False, True),
    ],
)
def test_what_fits(limit: int, pause: float, suites: bool, refused: bool) -> None:
    fits = job(15.0, limit, pause)
    assert (fits.with_suites, fits.refused is not None) == (suites, refused)


@pytest.mark.parametrize("most", [1, 3, 20, 100, None])
def test_the_ceiling_holds(look_at: Callable[..., dict[str, Any]], certificates: Any, most: int | None) -> None:
    manner = Manner(deadline=20.0, max_connections=most)
    with Listeners({0: Service(server_context(certificates.server, "ECDHE+AESGCM"))}) as listeners:
        port = listeners.ports[0]
        seen = look_at(port, manner, called_aet="X", calling_aet="Y")
        assert seen["connections"] == listeners.connections[port] <= ceiling(manner)
    if most is None:
        assert seen["versions"]["TLS 1.0"] == "rejected"
        assert seen["doubts"] == []
    else:
        assert "rejected" not in (seen["versions"] or {}).values()
        assert seen["doubts"]


def test_the_child_itself_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch, certificates: Any) -> None:
    monkeypatch.setattr(deep, "BUNDLE_CONNECTIONS", 10)
    with Listeners({0: Service(server_context(certificates.server, "ECDHE+AESGCM"))}) as listeners:
        port = listeners.ports[0]
        (result,) = run(deep.Job(Target("127.0.0.1", port), "127.0.0.1", 20.0, 10, 0.0)).values()
        assert (result.connections, listeners.connections[port]) == (10, 10)
    assert result.doubts


def test_one_listener_by_two_names_is_never_probed_twice_at_a_time(certificates: Any) -> None:
    context = server_context(certificates.server, "ECDHE+AESGCM")
    with Listeners({0: Service(context)}) as listeners:
        port = listeners.ports[0]
        targets = [Target("127.0.0.1", port), Target("::ffff:127.0.0.1", port)]
        seen = asyncio.run(probe(targets, Manner(deadline=20.0), datetime.now(UTC)))
        assert listeners.connections[port] == sum(
            one["connections"] for one in seen if isinstance(one["connections"], int)
        )
    assert [one["host"] for one in seen] == ["127.0.0.1", "::ffff:127.0.0.1"]
    assert {one["address"] for one in seen} == {"127.0.0.1"}


def wait_for_end(number: int) -> None:
    """Waits until a process that is not our child has ended."""
    try:
        descriptor = os.pidfd_open(number)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], 30)
        assert ended
    finally:
        os.close(descriptor)
