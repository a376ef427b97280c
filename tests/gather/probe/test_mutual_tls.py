"""Who is let in without a certificate, against real TLS stacks; table P of the policies that servers have."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from orthaudit.gather.probe.association import Said
from orthaudit.gather.probe.flight import Flight
from orthaudit.gather.probe.steps import Attempt, Seen
from orthaudit.gather.probe.verdicts import mutual_tls, plaintext
from orthaudit.lab.dicom import Service, server_context

NONE, OPTIONAL, REQUIRED = ssl.CERT_NONE, ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED

# policy, newest version, certificate shown, verdict, association
POLICIES = [
    (NONE, "TLSv1_3", None, "not_required", "accepted"),
    (NONE, "TLSv1_2", None, "not_required", "accepted"),
    (OPTIONAL, "TLSv1_3", None, "not_required", "accepted"),
    (OPTIONAL, "TLSv1_3", "stranger", "not_required", "accepted"),
    (REQUIRED, "TLSv1_3", None, "required", None),
    (REQUIRED, "TLSv1_2", None, "required", None),
    (REQUIRED, "TLSv1_3", "stranger", "required", None),
    (REQUIRED, "TLSv1_3", "client", "required", "accepted"),
    (REQUIRED, "TLSv1_2", "client", "required", "accepted"),
]


@pytest.mark.parametrize(("policy", "newest", "shows", "verdict", "outcome"), POLICIES)
def test_policy(
    look_at: Callable[..., dict[str, Any]],
    listening: Callable[[Service], int],
    certificates: Any,
    policy: ssl.VerifyMode,
    newest: str,
    shows: str | None,
    verdict: str,
    outcome: str | None,
) -> None:
    context = server_context(certificates.server, "ECDHE+AESGCM")
    context.maximum_version = ssl.TLSVersion[newest]
    context.verify_mode = policy
    context.load_verify_locations(certificates.ca)
    files = getattr(certificates, shows) if shows else (None, None)
    seen = look_at(
        listening(Service(context)),
        deep=False,
        client_certificate=files[0],
        client_key=files[1],
        ca_file=certificates.ca,
    )
    association = seen["association"]
    assert (seen["speaks"], seen["plaintext"], seen["mutual_tls"]) == ("tls", "refused", verdict)
    assert (association and association["outcome"]) == outcome
    assert seen["certificate"]["trusted"] is True


def test_a_listener_that_encrypts_nothing_is_still_associated_with(
    look_at: Callable[..., dict[str, Any]], listening: Callable[[Service], int], certificates: Any
) -> None:
    context = server_context(certificates.rsa, "NULL-SHA256:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    seen = look_at(listening(Service(context)), deep=False)
    assert (seen["speaks"], seen["association"]["outcome"]) == ("tls", "accepted")


def test_an_unreadable_client_certificate_is_a_doubt(
    look_at: Callable[..., dict[str, Any]], listening: Callable[[Service], int], certificates: Any
) -> None:
    context = server_context(certificates.server, "ECDHE+AESGCM")
    context.verify_mode = REQUIRED
    context.load_verify_locations(certificates.ca)
    seen = look_at(listening(Service(context)), client_certificate=certificates.ca.with_name("nothing.pem"))
    assert seen["mutual_tls"] == "required"
    assert any("nothing.pem" in doubt for doubt in seen["doubts"])
    assert seen["versions"]["TLS 1.3"] == "accepted"


ACCEPTED, EOF = Said("aborted"), Said("eof")
TLS_1_3, TLS_1_2 = Flight("hello", "TLS 1.3"), Flight("hello", "TLS 1.2")
ASKED_1_2 = Flight("hello", "TLS 1.2", requested_certificate=True)
REQUIRES = Said("alert", alert="TLSV13_ALERT_CERTIFICATE_REQUIRED")
FAILURE = Said("alert", alert="SSLV3_ALERT_HANDSHAKE_FAILURE")
BAD = Said("alert", alert="SSLV3_ALERT_BAD_CERTIFICATE")
VERSION = Attempt(Said("alert", alert="TLSV1_ALERT_PROTOCOL_VERSION"), Flight("alert"))

# without a certificate, with one, verdict
VERDICTS = [
    ([Attempt(REQUIRES, TLS_1_3, complete=True), VERSION], None, "required"),
    ([Attempt(BAD, TLS_1_3, complete=True)], None, "required"),
    ([Attempt(BAD, ASKED_1_2)], None, "required"),
    ([Attempt(FAILURE, ASKED_1_2)], None, "required"),
    ([Attempt(FAILURE, TLS_1_2)], None, "unknown"),
    ([Attempt(REQUIRES, TLS_1_3, complete=True), Attempt(ACCEPTED, TLS_1_2, complete=True)], None, "not_required"),
    ([Attempt(REQUIRES, TLS_1_3, complete=True), Attempt(EOF, TLS_1_2, complete=True)], None, "unknown"),
    ([Attempt(EOF, TLS_1_3, complete=True)], None, "unknown"),
    ([Attempt(EOF, TLS_1_3, complete=True)], Attempt(EOF, TLS_1_3, complete=True), "unknown"),
    ([Attempt(EOF, TLS_1_3, complete=True)], Attempt(ACCEPTED, TLS_1_3, complete=True), "required"),
    ([Attempt(EOF, TLS_1_3)], Attempt(ACCEPTED, TLS_1_3, complete=True), "unknown"),
    ([Attempt(Said("silence"), TLS_1_3, complete=True)], Attempt(ACCEPTED, TLS_1_3, complete=True), "unknown"),
    ([VERSION], None, "unknown"),
    ([], None, "unknown"),
]


@pytest.mark.parametrize(("without", "shown", "verdict"), VERDICTS)
def test_verdict(without: list[Attempt], shown: Attempt | None, verdict: str) -> None:
    seen = Seen(("192.0.2.1",), plain=Said("reset"), handshakes=without, shown=shown)
    told, doubt = mutual_tls(seen)
    assert told == verdict
    assert (doubt is None) == (verdict != "unknown")


@pytest.mark.parametrize(
    ("plain", "flight", "told"),
    [
        ("reset", TLS_1_3, "refused"),
        ("eof", TLS_1_3, "refused"),
        ("alert", TLS_1_3, "refused"),
        ("silence", TLS_1_3, "unknown"),
        ("reset", Flight("alert"), "unknown"),
        ("reset", Flight(None), "unknown"),
        ("rejected", TLS_1_3, "answered"),
    ],
)
def test_refusing_plaintext_needs_two_proofs(plain: str, flight: Flight, told: str) -> None:
    assert plaintext(Seen((), plain=Said(plain), handshakes=[Attempt(EOF, flight)]))[0] == told
