"""One TCP connection at a time, with a budget and hard limits: plain, or TLS whose bytes stay visible.

`ssl.MemoryBIO` instead of asyncio's own TLS, because the peer's first bytes and its alerts are the evidence.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

CHUNK = 16384
FLIGHT_LIMIT = 65536  # bytes of the peer's answer to a ClientHello that are kept

T = TypeVar("T")


class Spent(Exception):
    """The most connections that one listener may see were opened."""


@dataclass
class Ration:
    """The connections to one listener: never more than `limit`, `pause` seconds between two of them."""

    limit: int
    pause: float = 0.0
    opened: int = 0

    @property
    def left(self) -> int:
        """How many may still be opened."""
        return max(0, self.limit - self.opened)

    async def take(self) -> None:
        """Waits for the next connection's turn and counts it. Raises `Spent`."""
        if not self.left:
            raise Spent
        if self.opened and self.pause:
            await asyncio.sleep(self.pause)
        self.opened += 1


class Channel(Protocol):
    """Bytes to and from the peer."""

    async def send(self, data: bytes) -> None:
        """Raises `ConnectionError` or `ssl.SSLError`."""

    async def receive(self) -> bytes:
        """Some bytes, `b""` at the end. Raises `ConnectionError` or `ssl.SSLError` (an alert)."""


class Plain:
    """A TCP connection as a `Channel`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        """Writes all of it."""
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> bytes:
        """What is there, at most `CHUNK` bytes."""
        return await self._reader.read(CHUNK)

    def close(self) -> None:
        """Closes at once; the peer sees the end, whatever it is doing."""
        self._writer.transport.abort()

    async def finish(self) -> None:
        """Closes when everything is written, so that the peer can read our last words."""
        self._writer.close()
        await self._writer.wait_closed()


async def connect(address: str, port: int, ration: Ration, seconds: float) -> Plain:
    """One connection. Raises `Spent`, `TimeoutError`, `OSError`."""
    await ration.take()
    async with asyncio.timeout(seconds):
        return Plain(*await asyncio.open_connection(address, port))


class Tls:
    """TLS over a plain connection, as a `Channel`; `flight` is what the peer sent during the handshake."""

    def __init__(
        self,
        under: Plain,
        context: ssl.SSLContext,
        server_name: str | None = None,
        *,
        server_side: bool = False,
    ) -> None:
        self._under = under
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_name
        )
        self.flight = b""
        self.complete = False
        self.certificate: bytes | None = None
        """The peer's own certificate in DER; None before the handshake is complete or where there is none."""

    async def handshake(self) -> None:
        """Raises `ssl.SSLEOFError` when the peer closes, `ConnectionError` on a reset, `ssl.SSLError`."""
        await self._drive(self._object.do_handshake)
        self.complete = True
        self.certificate = self._object.getpeercert(binary_form=True)

    async def send(self, data: bytes) -> None:
        """Encrypts and writes all of it."""
        await self._drive(lambda: self._object.write(data))

    async def receive(self) -> bytes:
        """Some decrypted bytes, `b""` at the end."""
        try:
            return await self._drive(lambda: self._object.read(CHUNK))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    async def say_goodbye(self) -> None:
        """Sends close_notify without waiting for the peer's."""
        try:
            self._object.unwrap()
        except ssl.SSLError:
            await self._flush()

    async def _drive(self, action: Callable[[], T]) -> T:
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._under.receive()
                if not self.complete:
                    self.flight = (self.flight + data)[:FLIGHT_LIMIT]
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                await self._flush()  # our own alert, so that the peer knows why
                raise
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._under.send(data)


def client_context(
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    certificate: tuple[str, str] | None = None,
) -> ssl.SSLContext:
    """Speaks whatever this machine's OpenSSL can, down to suites that encrypt nothing, and verifies nothing.

    Verification would hide what the server asks of us; the certificate is judged afterwards.
    `certificate`: files of ours and its key. Raises `OSError` or `ssl.SSLError` where they cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = newest
    context.options |= 0x4  # SSL_OP_LEGACY_SERVER_CONNECT: peers without secure renegotiation
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    if certificate:
        context.load_cert_chain(*certificate, password=lambda: "")  # never ask on the terminal
    return context
