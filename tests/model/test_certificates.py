"""Certificates: read from PEM, and every one on the way of an image."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from orthaudit.evidence import Unobserved
from orthaudit.model.certificate import read_chain
from orthaudit.model.certificates_in_use import certificates
from tests.estates import PROBED, SOUND, estate
from tests.structures import AUTHORITY, LEAF, SERVER, acm, probe


def of_an_unknown_version() -> str:
    """The leaf with its version number set to one that X.509 does not have."""
    der = LEAF.certificate.public_bytes(Encoding.DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    body = base64.encodebytes(der).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
    with pytest.raises(x509.InvalidVersion):
        x509.load_pem_x509_certificate(pem.encode())
    return pem


def test_a_chain_in_its_order() -> None:
    chain = read_chain((LEAF.certificate_pem + AUTHORITY.own.certificate_pem).decode(), "a probe")
    assert not isinstance(chain, Unobserved)
    leaf, signer = chain
    assert (leaf.subject, leaf.issuer) == ("CN=pacs.example.org", signer.subject)
    assert leaf.not_after == LEAF.certificate.not_valid_after_utc
    assert signer.lifetime.days == 3651


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_was_not_seen(pem: str) -> None:
    chain = read_chain(pem, "a probe")
    assert isinstance(chain, Unobserved)
    assert chain.needs == ("a probe",)


def test_a_hostile_certificate_stops_nothing() -> None:
    assert isinstance(read_chain(of_an_unknown_version(), "a probe"), Unobserved)
    hostile = estate(SOUND, probes=[probe(chain=[of_an_unknown_version()])])
    assert {one.where for one in certificates(hostile.snapshot)} == {SERVER, SERVER.replace("server", "root")}


def test_every_certificate_on_the_way() -> None:
    answers = SOUND | acm(SERVER.replace("server", "other"), b"nonsense")
    found = [(one.where, one.subject) for one in certificates(estate(answers, probes=PROBED).snapshot)]
    leaf, signer = "CN=pacs.example.org", "CN=Orthaudit Lab CA"
    assert found[:2] == [("pacs.example.org:11112", leaf), ("pacs.example.org:11112", signer)]
    assert sorted(found[2:]) == [(SERVER.replace("server", "root"), signer), (SERVER, signer), (SERVER, leaf)]
