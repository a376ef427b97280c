"""The sslyze pass, seen from outside: a child process with a wall deadline, its results as they come.

A child that dies, hangs or prints what is no result leaves its listeners inconclusive, never clean.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orthaudit.evidence import Json, Structure
from orthaudit.gather.probe.suites import VERSIONS, Asked, Suites, judge, not_asked
from orthaudit.gather.probe.target import Target

BUNDLE_CONNECTIONS = 64
"""The most connections of the eight commands and sslyze's own first look."""
SUITES_CONNECTIONS = 576
"""The most connections of the suite and group commands."""
BATCH = 10
"""Listeners in one child: it shares one processor among them, and each must be finished by its deadline."""
LINE_LIMIT = 4 * 1024 * 1024
SOCKET_TIMEOUT = 5.0

COMMAND = (sys.executable, "-P", "-m", "orthaudit.gather.probe.deep_child")
VULNERABILITIES = ("heartbleed", "robot", "ccs_injection", "compression")


@dataclass(frozen=True)
class Job:
    """One listener for the child. `seconds` it may take, `limit` connections it may open."""

    target: Target
    address: str
    seconds: float
    limit: int
    pause: float
    client_certificate: bool = True
    """Whether the target's client certificate can be used."""

    @property
    def with_suites(self) -> bool:
        """Whether the suites, too, fit into what is left of connections and time."""
        needed = BUNDLE_CONNECTIONS + SUITES_CONNECTIONS
        return self.limit >= needed and self.pause * needed < self.seconds

    @property
    def refused(self) -> str | None:
        """Why nothing of it may run."""
        if self.limit < BUNDLE_CONNECTIONS or self.pause * BUNDLE_CONNECTIONS >= self.seconds:
            return f"not asked: needs up to {BUNDLE_CONNECTIONS} connections, too many for {self.bounds}"
        return None

    @property
    def bounds(self) -> str:
        """What it may use, for a doubt."""
        return f"the {self.limit} connections, {self.pause:g} s pause and {self.seconds:.1f} s that are left"


@dataclass(frozen=True)
class Deep:
    """What sslyze told about one listener; what it did not tell is None or has a doubt."""

    suites: Suites
    groups: tuple[str, ...] | None = None
    dhe_bits: int | None = None
    chains: tuple[tuple[str, ...], ...] = ()
    highest: str | None = None
    checks: Mapping[str, bool | None] = field(default_factory=dict)
    """By the contract's names: the vulnerabilities, and `secure_renegotiation`, `fallback_scsv`,
    `extended_master_secret`."""
    doubts: tuple[str, ...] = ()
    connections: int = 0


def nothing(why: str, connections: int = 0) -> Deep:
    """Nothing was told, for this reason."""
    return Deep(not_asked(why), doubts=(f"known attacks: {why}",), connections=connections)


async def run(jobs: Sequence[Job], on_done: Callable[[int, Deep], None]) -> None:
    """Runs the jobs in children of at most `BATCH`, one listener never twice at a time.

    `on_done(position, result)` is called exactly once for each. A listener that has not answered after its own
    `seconds` is inconclusive; the child is killed when no one is waited for any more, and whatever happens.
    """
    left = dict(enumerate(jobs))
    while left:
        batch: dict[tuple[str, int], int] = {}
        for number, job in left.items():
            if len(batch) < BATCH:
                batch.setdefault((job.address, job.target.port), number)
        await run_batch({number: left.pop(number) for number in batch.values()}, on_done)


async def run_batch(jobs: dict[int, Job], on_done: Callable[[int, Deep], None]) -> None:
    """One child for these jobs."""
    waiting = dict(jobs)
    opened = dict.fromkeys(jobs, 0)

    def done(number: int, deep: Deep) -> None:
        if waiting.pop(number, None) is not None:
            on_done(number, deep)

    for number, job in jobs.items():
        if job.refused:
            done(number, nothing(job.refused))
    if not waiting:
        return
    ending = "ended early"
    try:
        async with started() as (to_child, from_child):
            to_child.write(json.dumps(describe(waiting)).encode() + b"\n")
            await read_results(from_child, waiting, opened, done)
    except (OSError, ValueError) as error:  # no such program, a broken pipe, a line without end
        ending = f"failed: {error}"
    for number in list(waiting):
        done(number, nothing(f"the sslyze process {ending}", opened[number]))


@asynccontextmanager
async def started() -> AsyncIterator[tuple[asyncio.StreamWriter, asyncio.StreamReader]]:
    """The child's standard input and output; it is killed and waited for at the end, whatever happens."""
    places = [str(Path(__file__).parents[3]), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    child = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LINE_LIMIT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
    )
    try:
        assert child.stdin is not None  # noqa: S101  (a pipe)
        assert child.stdout is not None  # noqa: S101  (a pipe)
        yield child.stdin, child.stdout
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def read_results(
    from_child: asyncio.StreamReader,
    waiting: Mapping[int, Job],
    opened: dict[int, int],
    done: Callable[[int, Deep], None],
) -> None:
    """Reads until no one is waited for any more, or the child has ended."""
    begun = asyncio.get_running_loop().time()
    while waiting:
        expiry = begun + min(job.seconds for job in waiting.values())
        try:
            async with asyncio.timeout_at(expiry):
                line = await from_child.readline()
        except TimeoutError:
            for number in [number for number, job in waiting.items() if begun + job.seconds <= expiry]:
                done(number, nothing("sslyze did not finish by the deadline", opened[number]))
            continue
        if not line:
            break
        read_line(line, waiting, opened, done)


def describe(jobs: Mapping[int, Job]) -> Structure:
    """The jobs as the child reads them."""
    return {
        "timeout": min(SOCKET_TIMEOUT, *(job.seconds for job in jobs.values())),
        "jobs": [
            {
                "id": number,
                "host": job.target.host,
                "port": job.target.port,
                "address": job.address,
                "suites": job.with_suites,
                "limit": job.limit,
                "pause": job.pause,
                "client_certificate": path(job.target.client_certificate, job),
                "client_key": path(job.target.client_key, job),
            }
            for number, job in jobs.items()
        ],
    }


def path(file: Path | None, job: Job) -> str | None:
    """A file of the client certificate, None where it cannot be used."""
    return str(file.absolute()) if file and job.client_certificate else None


def read_line(
    line: bytes, waiting: Mapping[int, Job], opened: dict[int, int], done: Callable[[int, Deep], None]
) -> None:
    """Takes in one line of the child; one that is no JSON object of a listener awaited is passed over."""
    try:
        said = json.loads(line)
    except ValueError:
        return
    number = said.get("id") if isinstance(said, dict) else None
    if not isinstance(number, int) or number not in waiting:
        return
    if isinstance(connections := said.get("connections"), int):
        opened[number] = connections
    if isinstance(answers := said.get("answers"), dict):
        done(number, read_answers(answers, waiting[number], opened[number]))


def read_answers(answers: Structure, job: Job, connections: int) -> Deep:
    """A listener's result, every part of it checked for its type."""
    if "highest" not in answers:
        return nothing(f"sslyze could not begin: {answers.get('error')}", connections)
    highest = text(answers.get("highest"))
    errors = {name: str(why) for name, why in mapping(answers.get("errors")).items()}
    doubts = [f"sslyze {command}: {why}" for command, why in sorted(errors.items())]
    if job.with_suites:
        told = mapping(answers.get("asked"))
        suites = judge({version: asked(told.get(version)) for version in VERSIONS}, highest)
    else:
        needed = BUNDLE_CONNECTIONS + SUITES_CONNECTIONS
        suites = not_asked(f"not asked: needs up to {needed} connections, too many for {job.bounds}")
    checks = {name: truth(answers.get(name)) for name in VULNERABILITIES}
    for name in ("secure_renegotiation", "fallback_scsv", "extended_master_secret"):
        checks[name] = truth(answers.get(name))
    groups = answers.get("groups")
    bits = answers.get("dhe_bits")
    return Deep(
        suites,
        tuple(strings(groups)) if isinstance(groups, list) else None,
        bits if isinstance(bits, int) else None,
        tuple(tuple(strings(chain)) for chain in sequence(answers.get("chains"))),
        highest,
        checks,
        tuple(doubts),
        connections,
    )


def asked(value: Json) -> Asked | str:
    """One version's answers, or why there are none."""
    if not isinstance(value, dict) or not isinstance(value.get("accepted"), list):
        return "sslyze's command for it failed"
    refusals = mapping(value.get("refusals"))
    counts = {name: count for name, count in refusals.items() if isinstance(count, int)}
    return Asked(tuple(strings(value["accepted"])), counts)


def text(value: Json) -> str | None:
    """The string, or None."""
    return value if isinstance(value, str) else None


def truth(value: Json) -> bool | None:
    """The truth value, or None."""
    return value if isinstance(value, bool) else None


def mapping(value: Json) -> Structure:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> Sequence[Json]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def strings(value: Json) -> Iterator[str]:
    """The strings of a list."""
    return (each for each in sequence(value) if isinstance(each, str))
