"""Peers of one line each, and the probe against them, in one event loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from orthaudit.gather.probe.endpoint import Manner, Target, probe
from orthaudit.gather.probe.transport import Plain
from orthaudit.lab.certificates import Authority
from orthaudit.lab.dicom import Listeners, Service

NOW = datetime.now(UTC).replace(microsecond=0)
QUICK = Manner(deadline=4.0, connect=0.5, association=0.8)


@dataclass
class Peer:
    """One connection as a handler sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    """Of this connection, counted from 1."""
    alive: int
    """Connections open at this moment, this one included."""

    @property
    def plain(self) -> Plain:
        return Plain(self.reader, self.writer)

    async def heard(self) -> bytes:
        return await self.reader.read(65536)

    async def until_gone(self) -> None:
        while await self.reader.read(65536):
            pass

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    def reset(self) -> None:
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Handler: TypeAlias = Callable[[Peer], Awaitable[None]]
Look: TypeAlias = Callable[..., dict[str, Any]]


@pytest.fixture
def look() -> Look:
    """Probes a handler once; gives the structure, with `accepted`: connections as the peer counted them."""

    def run(handler: Handler, manner: Manner = QUICK, **target: Any) -> dict[str, Any]:
        async def main() -> dict[str, Any]:
            count = alive = 0

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                nonlocal count, alive
                count, alive = count + 1, alive + 1
                try:
                    await handler(Peer(reader, writer, count, alive))
                except OSError:
                    pass
                finally:
                    alive -= 1
                    writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
            async with server:
                port = server.sockets[0].getsockname()[1]
                (seen,) = await probe([Target("127.0.0.1", port, **target)], manner, NOW)
            return {**seen, "accepted": count}

        return asyncio.run(main())

    return run


@pytest.fixture
def look_at() -> Look:
    """Probes a port of 127.0.0.1 once."""

    def run(port: int, manner: Manner | None = None, **target: Any) -> dict[str, Any]:
        manner = manner or Manner(deadline=20.0)
        (seen,) = asyncio.run(probe([Target("127.0.0.1", port, **target)], manner, NOW))
        return dict(seen)

    return run


@pytest.fixture
def listening() -> Iterator[Callable[[Service], int]]:
    """Starts one of the lab's listeners on a free port; gives the port."""
    running: list[Listeners] = []

    def start(service: Service) -> int:
        listeners = Listeners({0: service})
        listeners.__enter__()
        running.append(listeners)
        return listeners.ports[0]

    yield start
    for listeners in running:
        listeners.__exit__(None, None, None)


@dataclass(frozen=True)
class Certificates:
    """Files: an authority, a server's EC and RSA certificate, a client's that it issued, a stranger's."""

    ca: Path
    server: tuple[Path, Path]
    rsa: tuple[Path, Path]
    client: tuple[Path, Path]
    stranger: tuple[Path, Path]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(NOW)
    ca, _ = authority.own.write(folder, "ca")
    return Certificates(
        ca,
        authority.issue("server", ("localhost", "127.0.0.1")).write(folder, "server"),
        authority.issue("server", ("localhost", "127.0.0.1"), key="RSA").write(folder, "rsa"),
        authority.issue("client", client=True).write(folder, "client"),
        Authority(NOW, "Another CA").issue("stranger", client=True).write(folder, "stranger"),
    )
