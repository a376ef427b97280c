"""The peer's answer to a ClientHello, from a real server and from any bytes at all."""

from __future__ import annotations

import contextlib
import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthaudit.gather.probe.association import decode_acceptance
from orthaudit.gather.probe.flight import EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO, read_flight
from orthaudit.gather.probe.transport import client_context
from orthaudit.lab.dicom import server_context


def flight_of(server: ssl.SSLContext) -> bytes:
    """The first flight of a server to our ClientHello."""
    ends = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context().wrap_bio(ends[0], ends[1])
    answering = server.wrap_bio(ends[1], ends[0], server_side=True)
    for side in (client, answering):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return ends[0].read()


def test_tls_1_3(certificates: Any) -> None:
    flight = read_flight(flight_of(server_context(certificates.server, "ECDHE+AESGCM")))
    assert (flight.kind, flight.version, flight.suite) == ("hello", "TLS 1.3", 0x1302)
    assert flight.certificates == ()


def test_tls_1_2_shows_more(certificates: Any) -> None:
    context = server_context(certificates.server, "ECDHE-ECDSA-AES128-GCM-SHA256")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificates.ca)
    flight = read_flight(flight_of(context))
    leaf = ssl.PEM_cert_to_DER_cert(certificates.server[0].read_text())
    assert (flight.kind, flight.version, flight.suite) == ("hello", "TLS 1.2", 0xC02B)
    assert flight.extensions >= {EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO}
    assert (flight.certificates[0], flight.requested_certificate) == (leaf, True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("", None),
        ("15030100020246", "alert"),
        ("160303", "begun"),
        ("1603030050020000", "begun"),
        ("160303ffff02ffffff", None),
        ("07000000000400000000", None),
        ("485454502f312e31", None),
        ("16030300040b000000", None),
    ],
)
def test_first_bytes(data: str, kind: str | None) -> None:
    assert read_flight(bytes.fromhex(data)).kind == kind


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    read_flight(data)
    read_flight(b"\x16\x03\x03" + len(data).to_bytes(2, "big") + data)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4))
def test_a_flight_that_was_tampered_with(real_flight: bytes, at: int, change: bytes) -> None:
    read_flight(real_flight[:at] + change + real_flight[at + len(change) :])
    read_flight(real_flight[:at])


@pytest.fixture(scope="module")
def real_flight(certificates: Any) -> bytes:
    context = server_context(certificates.server, "ECDHE+AESGCM")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return flight_of(context)


@given(st.binary(max_size=300))
def test_any_acceptance(data: bytes) -> None:
    decode_acceptance(b"\x02\x00" + len(data).to_bytes(4, "big") + data)
