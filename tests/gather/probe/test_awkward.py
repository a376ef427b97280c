"""Listeners that are silent, slow, hostile or broken: every look ends in time and proves nothing wrongly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orthaudit.gather.probe.endpoint import Manner, Target, probe
from orthaudit.gather.probe.transport import Tls, client_context
from orthaudit.lab.dicom import Service, accept, converse, server_context

QUICK = Manner(deadline=4.0, connect=0.5, association=0.8)
ABORT = bytes.fromhex("07000000000400000206")


async def silent(peer: Any) -> None:
    await peer.until_gone()


async def aborting(peer: Any) -> None:
    await peer.heard()
    peer.say(ABORT)


async def huge_pdu(peer: Any) -> None:
    await peer.heard()
    peer.say(bytes.fromhex("02007fffffff"))
    await peer.until_gone()


async def reserved_reject(peer: Any) -> None:
    await peer.heard()
    peer.say(bytes.fromhex("03000000000400010909"))
    await peer.until_gone()


async def http(peer: Any) -> None:
    await peer.heard()
    peer.say(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


async def alert(peer: Any) -> None:
    await peer.heard()
    peer.say(bytes.fromhex("15030100020246"))


async def end(peer: Any) -> None:
    await peer.heard()


async def reset(peer: Any) -> None:
    peer.reset()


async def ssh(peer: Any) -> None:
    peer.say(b"SSH-2.0-test\r\n")
    await peer.until_gone()


async def huge_record(peer: Any) -> None:
    await peer.heard()
    peer.say(bytes.fromhex("160303ffff02ffffff"))
    await peer.until_gone()


async def cut_off_accept(peer: Any) -> None:
    await peer.heard()
    peer.say(bytes.fromhex("0200000000bc0001"))
    await peer.until_gone()


async def garbled_accept(peer: Any) -> None:
    await peer.heard()
    peer.say(bytes.fromhex("02000000004c") + b"\xff" * 0x4C)
    await peer.until_gone()


# handler, speaks, plaintext, mutual_tls, outcome, versions (None: nothing spoke TLS), most connections
AWKWARD = [
    (silent, "silence", "unknown", "unknown", None, None, 2),
    (aborting, "dicom", "answered", "not_required", "aborted", None, 5),
    (huge_pdu, "other", "unknown", "unknown", None, None, 2),
    (reserved_reject, "dicom", "answered", "not_required", "rejected", None, 5),
    (http, "http", "unknown", "unknown", None, None, 2),
    (alert, "tls", "unknown", "unknown", None, "inconclusive", 20),
    (end, "silence", "unknown", "unknown", None, None, 20),
    (reset, "reset", "unknown", "unknown", None, None, 20),
    (ssh, "other", "unknown", "unknown", None, None, 2),
    (huge_record, "other", "unknown", "unknown", None, None, 2),
    (cut_off_accept, "other", "unknown", "unknown", None, None, 2),
    (garbled_accept, "other", "unknown", "unknown", None, None, 2),
]


@pytest.mark.parametrize("row", AWKWARD, ids=lambda row: row[0].__name__)
def test_nothing_is_proven_wrongly(look: Callable[..., dict[str, Any]], row: tuple[Any, ...]) -> None:
    handler, speaks, plaintext, mutual_tls, outcome, version, most = row
    seen = look(handler)
    association = seen["association"]
    assert (seen["speaks"], seen["plaintext"], seen["mutual_tls"]) == (speaks, plaintext, mutual_tls)
    assert (association and association["outcome"]) == outcome
    assert (seen["versions"] and set(seen["versions"].values())) == (version and {version})
    assert seen["connections"] == seen["accepted"] <= most
    assert seen["doubts"] or outcome
    assert set(seen["vulnerabilities"].values()) == {None}


def test_a_reserved_rejection_survives(look: Callable[..., dict[str, Any]]) -> None:
    assert look(reserved_reject)["association"]["reject"] == {"result": 1, "source": 9, "reason": 9}


def test_closed_port(look_at: Callable[..., dict[str, Any]]) -> None:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port = opened.getsockname()[1]
    seen = look_at(port, QUICK)
    assert (seen["speaks"], seen["plaintext"], seen["connections"]) == ("refused", "unknown", 1)


def test_full_backlog(look_at: Callable[..., dict[str, Any]]) -> None:
    with socket.socket() as opened, contextlib.ExitStack() as held:
        opened.bind(("127.0.0.1", 0))
        opened.listen(0)
        for _ in range(3):
            filler = held.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(opened.getsockname())
        seen = look_at(opened.getsockname()[1], QUICK)
    assert (seen["speaks"], seen["connections"]) == ("unreachable", 1)


def test_a_name_that_does_not_resolve() -> None:
    (seen,) = asyncio.run(probe([Target("nowhere.invalid", 104)], QUICK, datetime.now(UTC)))
    assert (seen["speaks"], seen["address"], seen["connections"]) == ("unreachable", None, 0)


def test_accepted_then_silent(look: Callable[..., dict[str, Any]]) -> None:
    async def handler(peer: Any) -> None:
        if peer.number > 1:
            peer.reset()
            return
        request = await peer.heard()
        peer.say(accept(request[6:]))
        await peer.until_gone()

    seen = look(handler)
    assert seen["association"]["outcome"] == "accepted"
    assert any("C-ECHO was not answered" in doubt for doubt in seen["doubts"])


def test_busy_once_then_accepted(look: Callable[..., dict[str, Any]]) -> None:
    async def handler(peer: Any) -> None:
        if peer.number > 1:
            await converse(peer.plain, Service())
        else:
            await peer.heard()
            peer.say(bytes.fromhex("03000000000400020301"))
            await peer.until_gone()

    seen = look(handler)
    assert seen["plaintext"] == "answered"
    assert (seen["association"]["outcome"], seen["association"]["reject"]) == ("accepted", None)


def test_tarpit_ends_at_the_deadline(look: Callable[..., dict[str, Any]], certificates: Any) -> None:
    flight = hello_of(certificates)

    async def handler(peer: Any) -> None:
        if (await peer.heard())[:1] == b"\x16":
            for byte in flight:
                peer.say(bytes((byte,)))
                await asyncio.sleep(0.2)  # the tarpit itself
        await peer.until_gone()

    seen = look(handler, replace(QUICK, deadline=3.0))
    assert (seen["speaks"], seen["plaintext"], seen["mutual_tls"]) == ("tls", "unknown", "unknown")
    assert set(seen["versions"].values()) == {"inconclusive"}


@pytest.mark.parametrize(("shows", "verdict"), [("client", "required"), (None, "unknown"), ("stranger", "unknown")])
def test_closing_after_the_handshake(
    look: Callable[..., dict[str, Any]], certificates: Any, shows: str | None, verdict: str
) -> None:
    """nginx's way to demand a certificate: only a certificate that is let in tells it from a dead back end."""
    context = server_context(certificates.server, "ECDHE+AESGCM")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(certificates.ca)

    async def handler(peer: Any) -> None:
        tls = Tls(peer.plain, context, server_side=True)
        await tls.handshake()
        if tls.certificate:
            await converse(tls, Service())

    files = getattr(certificates, shows) if shows else (None, None)
    seen = look(
        handler,
        replace(QUICK, deadline=8.0),
        deep=False,
        client_certificate=files[0],
        client_key=files[1],
    )
    assert (seen["speaks"], seen["mutual_tls"]) == ("tls", verdict)


@pytest.mark.parametrize("behaviour", ["limits the rate", "takes one connection", "hangs after 60"])
def test_a_listener_that_drops_connections_is_never_rejecting(
    look: Callable[..., dict[str, Any]], certificates: Any, behaviour: str
) -> None:
    """sslyze calls every dropped connection a suite refused; the listener here does accept TLS 1.0."""
    context = server_context(certificates.rsa, "ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED

    async def handler(peer: Any) -> None:
        if (behaviour == "limits the rate" and peer.number > 50) or (
            behaviour == "takes one connection" and peer.alive > 1
        ):
            peer.reset()
            return
        if behaviour == "hangs after 60" and peer.number > 60:
            await peer.until_gone()
            return
        tls = Tls(peer.plain, context, server_side=True)
        await tls.handshake()
        await converse(tls, Service())

    seen = look(handler, Manner(deadline=6.0))
    below = [seen["versions"][version] for version in ("TLS 1.0", "TLS 1.1", "TLS 1.2")]
    assert "rejected" not in below
    if "inconclusive" in below:
        assert seen["doubts"]
        told_by_sslyze = {"heartbleed", "robot", "ccs_injection", "compression", "downgrade"}
        assert False not in [seen["vulnerabilities"][name] for name in told_by_sslyze]
        assert seen["suites_complete"] is not None


def test_the_deadline_holds_for_all_of_it(look: Callable[..., dict[str, Any]]) -> None:
    """Not an assertion on speed: the peer would keep every connection open for ever."""
    begun = time.monotonic()
    seen = look(silent, Manner(deadline=1.0))
    assert time.monotonic() - begun < 10
    assert seen["speaks"] == "silence"


def hello_of(certificates: Any) -> bytes:
    """The first flight of a real server."""
    ends = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context().wrap_bio(ends[0], ends[1])
    server = server_context(certificates.server, "ECDHE+AESGCM").wrap_bio(ends[1], ends[0], server_side=True)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with contextlib.suppress(ssl.SSLWantReadError):
        server.do_handshake()
    return ends[0].read()
