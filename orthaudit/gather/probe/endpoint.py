"""Probing DICOM listeners: many at the same time, each politely and within its deadline.

For each: our own connections (`steps`), then sslyze (`deep`) for what may speak TLS, then one structure.
"""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orthaudit.evidence import Structure
from orthaudit.gather.probe import deep, structure
from orthaudit.gather.probe.association import Said
from orthaudit.gather.probe.permitted import forbidden, left_alone, plain_address
from orthaudit.gather.probe.steps import Look, Seen
from orthaudit.gather.probe.target import Manner, Target
from orthaudit.gather.probe.transport import Ration

__all__ = ["Manner", "Target", "ceiling", "left_alone", "probe"]

OWN_CONNECTIONS = 32
"""The most connections that our own steps open, retries and AE titles included."""
MOST_ADDRESSES = 4
"""How many of a name's addresses are tried."""


def ceiling(manner: Manner) -> int:
    """The most TCP connections that one listener may see; a limit that is kept, not an estimate."""
    most = OWN_CONNECTIONS + deep.BUNDLE_CONNECTIONS + deep.SUITES_CONNECTIONS
    return most if manner.max_connections is None else min(most, manner.max_connections)


@dataclass
class Visit:
    """One target on its way: `spent` seconds so far."""

    target: Target
    ration: Ration
    seen: Seen
    spent: float

    @property
    def key(self) -> tuple[str, int]:
        """Which listener it really is."""
        return self.seen.address or self.target.host, self.target.port


async def probe(
    targets: Sequence[Target],
    manner: Manner,
    now: datetime,
    on_done: Callable[[Structure], None] = lambda _: None,
) -> list[Structure]:
    """Probes every target, in the order of `targets`; `on_done` is called as each is finished.

    `now` is the time of the scan: certificates and windows are held against it. Raises `ValueError` for a
    window that cannot be read and an AE title that DICOM does not allow; nothing for what a listener does.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    results: dict[int, Structure] = {}
    gate = asyncio.Semaphore(manner.at_once)
    one_at_a_time: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    def finish(position: int, result: Structure) -> None:
        results[position] = result
        on_done(result)

    async def first_steps(position: int, target: Target) -> tuple[int, Visit] | None:
        async with gate:
            current = now + timedelta(seconds=loop.time() - begun)
            reason = left_alone(target, manner, current)
            addresses, trouble = await resolve(target)
            for address in addresses:
                if reason is None and (glob := forbidden(address, target.port, manner.never)):
                    reason = "not_probed", f"probe.never: {glob} ({address})"
            if reason:
                finish(position, structure.left_alone(target, manner, *reason))
                return None
            async with one_at_a_time[addresses[0] if addresses else target.host, target.port]:
                visit = await look(target, manner, addresses, trouble)
        if target.deep and visit.seen.may_speak_tls and visit.seen.address:
            return position, visit
        told = deep.nothing("sslyze was not asked") if visit.seen.may_speak_tls else None
        finish(position, assemble(visit, manner, told, now))
        return None

    steps = [first_steps(position, target) for position, target in enumerate(targets)]
    visits = [visit for visit in await asyncio.gather(*steps) if visit]
    jobs = [job(visit, manner) for _, visit in visits]

    def told(number: int, result: deep.Deep) -> None:
        position, visit = visits[number]
        finish(position, assemble(visit, manner, result, now))

    await deep.run(jobs, told)
    return [results[position] for position in range(len(targets))]


async def look(target: Target, manner: Manner, addresses: tuple[str, ...], trouble: str | None) -> Visit:
    """Our own connections to one target."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    ration = Ration(min(OWN_CONNECTIONS, ceiling(manner)), manner.pause)
    if trouble:
        return Visit(target, ration, Seen((), plain=Said("unreachable", doubt=trouble)), 0.0)
    seen = await Look(target, manner, addresses, ration, begun + manner.deadline).run()
    return Visit(target, ration, seen, loop.time() - begun)


def job(visit: Visit, manner: Manner) -> deep.Job:
    """What is left of the listener's time and connections, for sslyze."""
    return deep.Job(
        visit.target,
        visit.seen.address or "",
        max(0.0, manner.deadline - visit.spent),
        ceiling(manner) - visit.ration.opened,
        manner.pause,
        not visit.seen.certificate_unusable,
    )


def assemble(visit: Visit, manner: Manner, told: deep.Deep | None, now: datetime) -> Structure:
    """The structure of one visit."""
    return structure.as_probed(visit.target, manner, visit.seen, told, visit.ration.opened, now)


async def resolve(target: Target) -> tuple[tuple[str, ...], str | None]:
    """The addresses of a target's host, in the resolver's order, or why there are none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return (), f"{target.host} does not resolve: {error}"
    addresses = dict.fromkeys(plain_address(str(entry[4][0])) for entry in found)
    return tuple(addresses)[:MOST_ADDRESSES], None
