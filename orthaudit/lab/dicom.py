"""The lab's DICOM listeners: four ports on loopback, served by one thread.

The upper layer is the least that an archive speaks: associations, C-ECHO, release. Nothing is stored.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import struct
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from orthaudit.gather.probe.association import Pdus
from orthaudit.gather.probe.transport import Channel, Plain, Tls
from orthaudit.lab.certificates import Authority

GOOD, WEAK, PLAIN, EXPIRED = 31112, 31113, 31104, 31762

CALLED_AET = "ARCHIVE"
VERIFICATION = b"1.2.840.10008.1.1"
IMPLICIT_LITTLE_ENDIAN = b"1.2.840.10008.1.2"
IMPLEMENTATION_CLASS_UID = b"2.25.318104527734015573298456017260123415431"
IMPLEMENTATION_VERSION = b"ORTHAUDIT_LAB"
MAX_PDU = 16384

REJECT_CALLED_AET = struct.pack(">BBIBBBB", 3, 0, 4, 0, 1, 1, 7)
ABORT = struct.pack(">BBIBBBB", 7, 0, 4, 0, 0, 2, 2)
RELEASE_RESPONSE = struct.pack(">BBII", 6, 0, 4, 0)


class PortTaken(Exception):
    """A fixed port of the lab is in use; the message names host and port."""


@dataclass(frozen=True)
class Service:
    """One listener: how it is encrypted (None: not at all) and which called AE title it insists on."""

    context: ssl.SSLContext | None = None
    called_aet: str | None = None


class Listeners:
    """DICOM listeners by port, in a thread of their own; port 0 takes a free one. A context manager.

    Raises `PortTaken` on entering when a port is in use.
    """

    def __init__(self, services: Mapping[int, Service], host: str = "127.0.0.1") -> None:
        self.host = host
        self.connections: Counter[int] = Counter()
        """TCP connections accepted so far, by port."""
        self.ports: tuple[int, ...] = ()
        """The ports really taken, in the order of `services`."""
        self._services = services
        self._sockets: list[tuple[socket.socket, Service]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lab-dicom", daemon=True)

    def __enter__(self) -> Listeners:
        try:
            for port, service in self._services.items():
                self._sockets.append((listen(self.host, port), service))
        except (OSError, PortTaken):
            self._close()
            raise
        self.ports = tuple(opened.getsockname()[1] for opened, _ in self._sockets)
        self._thread.start()
        for port, (opened, service) in zip(self.ports, self._sockets, strict=True):
            asyncio.run_coroutine_threadsafe(self._accept(port, opened, service), self._loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._close()

    def _close(self) -> None:
        self._loop.close()
        for opened, _ in self._sockets:
            opened.close()

    async def _accept(self, port: int, opened: socket.socket, service: Service) -> None:
        tasks: set[asyncio.Task[None]] = set()
        while True:
            connection, _ = await self._loop.sock_accept(opened)
            self.connections[port] += 1
            task = asyncio.create_task(serve(connection, service))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


class LabListeners(Listeners):
    """The lab's four listeners on fixed ports, with their certificates in a private folder while it runs."""

    def __init__(self, now: datetime, host: str = "127.0.0.1") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="orthaudit-lab-")
        folder = Path(self._folder.name)
        authority = Authority(now)
        names = ("localhost", "127.0.0.1")
        self.ca_file, _ = authority.own.write(folder, "ca")
        self.client_certificate, self.client_key = authority.issue("lab client", client=True).write(folder, "client")
        good = authority.issue("archive", names).write(folder, "good")
        weak = authority.issue("weak archive", names, key="RSA").write(folder, "weak")
        begun, ended = now - timedelta(days=385), now - timedelta(days=20)
        expired = authority.issue("expired archive", names, not_before=begun, not_after=ended).write(folder, "expired")

        strong = "ECDHE+AESGCM"
        mutual = server_context(good, strong)
        mutual.verify_mode = ssl.CERT_REQUIRED
        mutual.load_verify_locations(self.ca_file)
        broken = server_context(weak, "ECDHE+AESGCM:ECDHE+AES+SHA:AES128-SHA:NULL-MD5:@SECLEVEL=0")
        broken.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        super().__init__(
            {
                GOOD: Service(mutual, CALLED_AET),
                WEAK: Service(broken),
                PLAIN: Service(),
                EXPIRED: Service(server_context(expired, strong)),
            },
            host,
        )

    def __enter__(self) -> LabListeners:
        try:
            super().__enter__()
        except (OSError, PortTaken):
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._folder.cleanup()


def server_context(certificate_and_key: tuple[Path, Path], ciphers: str) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with these suites (for TLS 1.2, in OpenSSL's words) and no client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    context.load_cert_chain(*certificate_and_key)
    return context


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `PortTaken`."""
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"{host}:{port} is in use by another program") from error
        raise
    opened.listen(512)
    opened.setblocking(False)
    return opened


async def cancel_all() -> None:
    """Cancels every other task of the running loop and waits for their end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def serve(connection: socket.socket, service: Service, patience: float = 30.0) -> None:
    """Serves one connection until it ends, breaks the rules, or `patience` (seconds) runs out."""
    try:
        async with asyncio.timeout(patience):
            plain = Plain(*await asyncio.open_connection(sock=connection))
            try:
                await converse(await encrypted(plain, service.context), service)
            finally:
                await plain.finish()
    except (OSError, TimeoutError):  # whatever a peer does ends its own connection only
        connection.close()


async def encrypted(plain: Plain, context: ssl.SSLContext | None) -> Channel:
    """The connection itself, or after the server's side of a TLS handshake. Raises `ssl.SSLError`."""
    if context is None:
        return plain
    tls = Tls(plain, context, server_side=True)
    await tls.handshake()
    return tls


async def converse(channel: Channel, service: Service) -> None:
    """The upper layer of one connection: association, echoes, release."""
    pdus = Pdus(channel)
    while len(head := await pdus.head()) == 6:
        body = await pdus.body()
        if body is None:
            return
        if head[0] == 1 and len(body) >= 68:
            wanted = service.called_aet
            rejected = wanted is not None and body[4:20].strip() != wanted.encode()
            await channel.send(REJECT_CALLED_AET if rejected else accept(body))
        elif head[0] == 4 and len(body) > 6:
            await channel.send(echo(body))
        elif head[0] == 5:
            await channel.send(RELEASE_RESPONSE)
        else:
            if head[0] != 7:
                await channel.send(ABORT)
            return


def accept(request: bytes) -> bytes:
    """The A-ASSOCIATE-AC to a request's body: Verification in Implicit VR Little Endian, nothing else."""
    contexts = b""
    for kind, item in items(request[68:]):
        if kind == 0x20 and len(item) > 4:
            syntaxes = dict(items(item[4:]))
            accepted = syntaxes.get(0x30, b"").rstrip(b"\0") == VERIFICATION
            contexts += pack(
                0x21,
                bytes((item[0], 0, 0 if accepted else 3, 0)) + pack(0x40, IMPLICIT_LITTLE_ENDIAN),
            )
    user = (
        pack(0x51, struct.pack(">I", MAX_PDU))
        + pack(0x52, IMPLEMENTATION_CLASS_UID)
        + pack(0x55, IMPLEMENTATION_VERSION)
    )
    body = request[:68] + pack(0x10, b"1.2.840.10008.3.1.1.1") + contexts + pack(0x50, user)
    return struct.pack(">BBI", 2, 0, len(body)) + body


def echo(data: bytes) -> bytes:
    """The P-DATA-TF with a C-ECHO-RSP (success) to a P-DATA-TF's body."""
    elements = (
        struct.pack("<HHI", 0, 0x0002, 18) + VERIFICATION + b"\0"
        + struct.pack("<HHIH", 0, 0x0100, 2, 0x8030)
        + struct.pack("<HHIH", 0, 0x0120, 2, message_id(data[6:]))
        + struct.pack("<HHIH", 0, 0x0800, 2, 0x0101)
        + struct.pack("<HHIH", 0, 0x0900, 2, 0)
    )  # fmt: skip
    command = struct.pack("<HHII", 0, 0x0000, 4, len(elements)) + elements
    value = bytes((data[4], 3)) + command
    return struct.pack(">BBII", 4, 0, len(value) + 4, len(value)) + value


def message_id(command: bytes) -> int:
    """Element (0000,0110) of a command set in Implicit VR Little Endian; 1 where there is none."""
    while len(command) >= 8:
        group, element, length = struct.unpack("<HHI", command[:8])
        if (group, element, length) == (0, 0x0110, 2) and len(command) >= 10:
            return int.from_bytes(command[8:10], "little")
        command = command[8 + length :]
    return 1


def items(data: bytes) -> list[tuple[int, bytes]]:
    """The items of a PDU: (type, value) each; what is cut off is left out."""
    found = []
    while len(data) >= 4:
        kind, length = struct.unpack(">BxH", data[:4])
        if len(data) < 4 + length:
            break
        found.append((kind, data[4 : 4 + length]))
        data = data[4 + length :]
    return found


def pack(kind: int, value: bytes) -> bytes:
    """One item of a PDU."""
    return struct.pack(">BxH", kind, len(value)) + value
