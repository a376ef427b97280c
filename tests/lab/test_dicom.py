"""The lab's four DICOM listeners, probed: the truth written by hand from how they are set up."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orthaudit.gather.probe.association import Pdus, Titles, request
from orthaudit.gather.probe.endpoint import Manner, Target, ceiling, probe
from orthaudit.gather.probe.transport import Ration, connect
from orthaudit.lab.dicom import (
    CALLED_AET,
    EXPIRED,
    GOOD,
    PLAIN,
    WEAK,
    LabListeners,
    Listeners,
    PortTaken,
    Service,
    listen,
)

NOW = datetime.now(UTC).replace(microsecond=0)

GCM = ["TLS_ECDHE_{}_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_{}_WITH_AES_256_GCM_SHA384"]
TLS_1_3 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
OLD = [
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_NULL_MD5",
]
GROUPS = {"x25519", "x448", "secp256r1", "secp384r1", "secp521r1"}
STRONG = {
    "versions": {
        "SSL 3.0": "rejected",
        "TLS 1.0": "rejected",
        "TLS 1.1": "rejected",
        "TLS 1.2": "accepted",
        "TLS 1.3": "accepted",
    },
    "suites": {"TLS 1.2": [name.format("ECDSA") for name in GCM], "TLS 1.3": TLS_1_3},
    "suites_complete": {"TLS 1.2": True, "TLS 1.3": True},
}
SAFE = dict.fromkeys(
    ("heartbleed", "robot", "ccs_injection", "insecure_renegotiation", "compression", "downgrade"), False
)
ASSOCIATION = {
    "outcome": "accepted",
    "reject": None,
    "called_aet_checked": False,
    "calling_aet_checked": False,
    "query_accepted": False,
    "unknown_sop_class_refused": True,
    "implementation_class_uid": "2.25.318104527734015573298456017260123415431",
    "implementation_version": "ORTHAUDIT_LAB",
    "max_pdu": 16384,
}
OVER_TLS: dict[str, Any] = {
    "vantage": "clinic-a",
    "address": "127.0.0.1",
    "stands_for": None,
    "speaks": "tls",
    "dhe_bits": None,
    "features": {
        "extended_master_secret": True,
        "encrypt_then_mac": None,
        "secure_renegotiation": True,
        "fallback_scsv": True,
    },
    "plaintext": "refused",
    "mutual_tls": "not_required",
    "association": ASSOCIATION,
    "vulnerabilities": SAFE,
    "doubts": [],
}


def days(number: int) -> str:
    return (NOW + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate(subject: str, key: str, begins: int, ends: int, sent: int = 1) -> dict[str, Any]:
    return {
        "subject": f"CN={subject}",
        "issuer": "CN=Orthaudit Lab CA",
        "names": ["localhost", "127.0.0.1"],
        "not_before": days(begins),
        "not_after": days(ends),
        "key": {"type": key, "bits": 256 if key == "EC" else 2048},
        "signature": {"algorithm": "ecdsa-with-SHA256", "hash": "SHA256"},
        "expired": ends < 0,
        "name_matches": True,
        "self_signed": False,
        "trusted": True,
        "sent": sent,
    }


TRUTH: dict[int, dict[str, Any]] = {
    GOOD: OVER_TLS
    | STRONG
    | {
        "mutual_tls": "required",
        "association": ASSOCIATION | {"called_aet_checked": True},
        "certificate": certificate("archive", "EC", -1, 365, sent=2),
    },
    WEAK: OVER_TLS
    | {
        "versions": {
            "SSL 3.0": "rejected",
            "TLS 1.0": "accepted",
            "TLS 1.1": "accepted",
            "TLS 1.2": "accepted",
            "TLS 1.3": "accepted",
        },
        "suites": {
            "TLS 1.0": OLD,
            "TLS 1.1": OLD,
            "TLS 1.2": sorted([*OLD, *(name.format("RSA") for name in GCM)]),
            "TLS 1.3": TLS_1_3,
        },
        "suites_complete": dict.fromkeys(("TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"), True),
        "certificate": certificate("weak archive", "RSA", -1, 365),
    },
    EXPIRED: OVER_TLS | STRONG | {"certificate": certificate("expired archive", "EC", -385, -20)},
    PLAIN: OVER_TLS
    | dict.fromkeys(("versions", "suites", "suites_complete", "certificate"))
    | {
        "speaks": "dicom",
        "features": dict.fromkeys(OVER_TLS["features"]),
        "vulnerabilities": dict.fromkeys(SAFE),
        "plaintext": "answered",
    },
}


@pytest.fixture(scope="module")
def lab() -> Iterator[LabListeners]:
    with LabListeners(NOW) as running:
        yield running


@pytest.fixture(scope="module")
def probed(lab: LabListeners) -> dict[int, dict[str, Any]]:
    """Every listener probed at once, with the connections that the lab itself counted."""
    targets = [
        Target(
            "127.0.0.1",
            port,
            called_aet=CALLED_AET,
            ca_file=lab.ca_file,
            client_certificate=lab.client_certificate,
            client_key=lab.client_key,
        )
        for port in TRUTH
    ]
    finished: list[Any] = []
    before = dict(lab.connections)
    seen = asyncio.run(probe(targets, Manner(vantage="clinic-a", deadline=60.0), NOW, finished.append))
    assert sorted(map(str, finished)) == sorted(map(str, seen))
    return {
        int(str(one["port"])): {**one, "counted": lab.connections[port] - before.get(port, 0)}
        for port, one in zip(TRUTH, seen, strict=True)
    }


@pytest.mark.parametrize("port", TRUTH)
def test_truth(probed: dict[int, dict[str, Any]], port: int) -> None:
    seen = dict(probed[port])
    chain, groups = seen.pop("chain"), seen.pop("groups")
    assert seen.pop("connections") == seen.pop("counted") <= ceiling(Manner())
    if seen["certificate"]:
        seen["certificate"] = dict(seen["certificate"])
        assert len(seen["certificate"].pop("sha256")) == 64
        assert len(chain) == seen["certificate"]["sent"]
        assert set(groups) == GROUPS
        assert ssl.PEM_cert_to_DER_cert(chain[0])
    else:
        assert (chain, groups) == ([], None)
    assert seen == TRUTH[port] | {"host": "127.0.0.1", "port": port}


def test_without_the_certificate_nobody_gets_in(lab: LabListeners) -> None:
    (seen,) = asyncio.run(probe([Target("127.0.0.1", GOOD, deep=False)], Manner(), NOW))
    assert (seen["mutual_tls"], seen["association"]) == ("required", None)


def test_a_taken_port_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"127.0.0.1:{port}"), Listeners({0: Service(), port: Service()}):
            pass


def test_the_certificates_go_with_the_lab() -> None:
    listeners = LabListeners(NOW)
    folder = listeners.ca_file.parent
    assert listeners.client_key.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    try:
        with listeners:
            assert folder.is_dir()
    except PortTaken:
        pass  # the module's own lab is running: entering fails, and cleans up as well
    assert not folder.exists()


GARBAGE = [b"", b"\x16\x03\x01", b"\xff" * 5000, b"\x01\x00\xff\xff\xff\xff", b"\x01\x00\x00\x00\x00\x05hello"]
GARBAGE += [b"\x04\x00\x00\x00\x00\x01x", b"\x04\x00\x00\x00\x00\x07" + b"\xff" * 7, b"\x02\x00\x00\x00\x00\x00"]
GARBAGE += [b"\x01\x00\x00\x00\x00\x48" + b"\x00" * 68 + b"\x20\x00\x00\x00", b"GET / HTTP/1.1\r\n\r\n"]


def test_garbage_ends_its_own_connection_only() -> None:
    with Listeners({0: Service()}) as listeners:
        port = listeners.ports[0]
        for data in GARBAGE:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                try:
                    while connection.recv(4096):
                        pass
                except ConnectionError:
                    pass
        (seen,) = asyncio.run(probe([Target("127.0.0.1", port)], Manner(), NOW))
        assert (seen["plaintext"], seen["doubts"]) == ("answered", [])


def test_it_serves_many_at_the_same_time() -> None:
    async def main(port: int) -> list[bytes]:
        channels = [await connect("127.0.0.1", port, Ration(1), 5) for _ in range(50)]
        for channel in channels:
            await channel.send(request(Titles("A", "B")))
        heads = [await Pdus(channel).head() for channel in channels]
        for channel in channels:
            channel.close()
        return heads

    with Listeners({0: Service()}) as listeners:
        heads = asyncio.run(main(listeners.ports[0]))
    assert {head[:2] for head in heads} == {b"\x02\x00"}
