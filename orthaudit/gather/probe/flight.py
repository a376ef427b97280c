"""The peer's answer to a ClientHello, read from its bytes: TLS or not, version, extensions, requests."""

from __future__ import annotations

import struct
from dataclasses import dataclass

VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}

ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, SUPPORTED_VERSIONS, RENEGOTIATION_INFO = 22, 23, 43, 0xFF01

ALERT, HANDSHAKE = 21, 22
SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST = 2, 11, 13
LARGEST_RECORD = 16384 + 2048


@dataclass(frozen=True)
class Flight:
    """What the peer said before encryption began.

    `kind`: `hello` (a whole ServerHello), `alert`, `begun` (a handshake record that never became whole), or
    None: not TLS.
    """

    kind: str | None
    version: str | None = None
    suite: int | None = None
    """The code point that the peer chose."""
    extensions: frozenset[int] = frozenset()
    certificates: tuple[bytes, ...] = ()
    """In DER, leaf first; in TLS 1.3 they are encrypted and not seen here."""
    requested_certificate: bool = False
    """In TLS 1.3 the request is encrypted and not seen here."""


def read_flight(data: bytes) -> Flight:
    """Never raises: what is cut off or malformed counts as not said."""
    if data[:2] == b"\x15\x03" and data[3:5] == b"\x00\x02":
        return Flight("alert")
    messages = handshake_messages(data)
    hellos = [body for kind, body in messages if kind == SERVER_HELLO and len(body) >= 38]
    if not hellos:
        begun = data[:2] == b"\x16\x03" and int.from_bytes(data[3:5], "big") <= LARGEST_RECORD
        return Flight("begun" if begun and not messages else None)
    version, suite, extensions = read_server_hello(hellos[-1])
    certificates = [body for kind, body in messages if kind == CERTIFICATE]
    return Flight(
        "hello",
        version,
        suite,
        extensions,
        tuple(read_certificates(certificates[0])) if certificates else (),
        any(kind == CERTIFICATE_REQUEST for kind, _ in messages),
    )


def handshake_messages(data: bytes) -> list[tuple[int, bytes]]:
    """(type, body) of each whole handshake message before the first record of another type."""
    stream = b""
    while len(data) >= 5:
        kind, major, length = struct.unpack(">BBxH", data[:5])
        if kind != HANDSHAKE or major != 3 or length > LARGEST_RECORD:
            break
        stream += data[5 : 5 + length]
        data = data[5 + length :]
    messages = []
    while len(stream) >= 4:
        length = int.from_bytes(stream[1:4], "big")
        if len(stream) < 4 + length:
            break
        messages.append((stream[0], stream[4 : 4 + length]))
        stream = stream[4 + length :]
    return messages


def read_server_hello(body: bytes) -> tuple[str | None, int | None, frozenset[int]]:
    """Version, suite and extension types of a ServerHello of at least 38 bytes."""
    version = int.from_bytes(body[:2], "big")
    rest = body[35 + body[34] :]
    suite = int.from_bytes(rest[:2], "big") if len(rest) >= 3 else None
    rest, extensions = rest[5:], set()
    while len(rest) >= 4:
        kind, length = struct.unpack(">HH", rest[:4])
        extensions.add(kind)
        if kind == SUPPORTED_VERSIONS and length == 2:
            version = int.from_bytes(rest[4:6], "big")
        rest = rest[4 + length :]
    return VERSIONS.get(version), suite, frozenset(extensions)


def read_certificates(body: bytes) -> list[bytes]:
    """The certificates of a Certificate message up to TLS 1.2."""
    found, rest = [], body[3:]
    while len(rest) >= 3:
        length = int.from_bytes(rest[:3], "big")
        if len(rest) < 3 + length:
            break
        found.append(rest[3 : 3 + length])
        rest = rest[3 + length :]
    return found
