"""Certificates as sent: fields, names, and what signatures lead to, each told for itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from orthaudit.gather.probe.certificate import describe, is_trusted, load_chain, name_matches
from orthaudit.gather.probe.target import Target
from orthaudit.lab.certificates import Authority, Issued, common_name, make_key

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOSPITAL = Authority(NOW, "Hospital CA")
LEAF = HOSPITAL.issue("pacs", ("pacs.example.org", "192.0.2.7"))
FINGERPRINT = LEAF.certificate.fingerprint(hashes.SHA256()).hex()


def authority_under(above: Issued, name: str, ca: bool = True, path_length: int | None = None) -> Issued:
    key = make_key("EC")
    builder = x509.CertificateBuilder(issuer_name=above.certificate.subject, subject_name=common_name(name))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=100))
    builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    return Issued(builder.sign(above.key, hashes.SHA256()), key)


def leaf_under(above: Issued) -> x509.Certificate:
    return authority_under(above, "leaf", ca=False).certificate


def bare_authority() -> Issued:
    """An old hospital's authority: no extensions at all."""
    key, name = make_key("EC"), common_name("Old CA")
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=100))
    return Issued(builder.sign(key, hashes.SHA256()), key)


INTERMEDIATE = authority_under(HOSPITAL.own, "Intermediate")
NO_AUTHORITY = authority_under(HOSPITAL.own, "No authority", ca=False)
SHORT = authority_under(HOSPITAL.own, "Short", path_length=0)
UNDER_SHORT = authority_under(SHORT, "Under short")
OLD = bare_authority()
SELF_SIGNED = Authority(NOW, "Alone").own


@pytest.mark.parametrize(
    ("chain", "anchor", "trusted"),
    [
        ([LEAF.certificate], HOSPITAL.own, True),
        ([LEAF.certificate, HOSPITAL.own.certificate], HOSPITAL.own, True),
        ([LEAF.certificate], Authority(NOW, "Hospital CA").own, False),
        ([leaf_under(INTERMEDIATE), INTERMEDIATE.certificate], HOSPITAL.own, True),
        ([leaf_under(INTERMEDIATE)], HOSPITAL.own, False),
        ([leaf_under(INTERMEDIATE)], INTERMEDIATE, True),
        ([leaf_under(NO_AUTHORITY), NO_AUTHORITY.certificate], HOSPITAL.own, False),
        ([leaf_under(SHORT), SHORT.certificate], HOSPITAL.own, True),
        ([leaf_under(UNDER_SHORT), UNDER_SHORT.certificate, SHORT.certificate], HOSPITAL.own, False),
        ([leaf_under(OLD)], OLD, True),
        ([SELF_SIGNED.certificate], SELF_SIGNED, True),
        ([SELF_SIGNED.certificate], HOSPITAL.own, False),
        ([LEAF.certificate], None, None),
        ([SELF_SIGNED.certificate], None, None),
    ],
)
def test_signatures(tmp_path: Path, chain: list[x509.Certificate], anchor: Issued | None, trusted: bool | None) -> None:
    file = anchor.write(tmp_path, "anchor")[0] if anchor else None
    assert is_trusted(chain, Target("pacs", 11112, ca_file=file), []) is trusted


@pytest.mark.parametrize(
    ("pins", "trusted"),
    [
        ((FINGERPRINT,), True),
        ((FINGERPRINT.upper(),), True),
        ((":".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)),), True),
        (("00" * 32,), False),
    ],
)
def test_pins(pins: tuple[str, ...], trusted: bool) -> None:
    assert is_trusted([LEAF.certificate], Target("pacs", 11112, certificate_sha256=pins), []) is trusted


def test_a_ca_file_that_cannot_be_read_is_a_doubt(tmp_path: Path) -> None:
    doubts: list[str] = []
    assert is_trusted([LEAF.certificate], Target("pacs", 11112, ca_file=tmp_path / "no.pem"), doubts) is None
    assert "no.pem" in doubts[0]


@pytest.mark.parametrize(
    ("host", "names", "matches"),
    [
        ("pacs.example.org", ("pacs.example.org",), True),
        ("PACS.example.org.", ("pacs.Example.org",), True),
        ("pacs.example.org", ("*.example.org",), True),
        ("a.pacs.example.org", ("*.example.org",), False),
        ("example.org", ("*.example.org",), False),
        ("pacs.example.org", (), False),
        ("192.0.2.7", ("192.0.2.7",), True),
        ("192.0.2.8", ("192.0.2.7",), None),
        ("2001:db8:0::7", ("2001:db8::7",), True),
        ("localhost", ("*.",), False),
    ],
)
def test_name(host: str, names: tuple[str, ...], matches: bool | None) -> None:
    assert name_matches(host, names) is matches


def test_an_expired_certificate_is_trusted_and_expired(tmp_path: Path) -> None:
    ended = HOSPITAL.issue("pacs", ("pacs",), not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1))
    file, _ = HOSPITAL.own.write(tmp_path, "ca")
    described, doubts = describe([ended.certificate], Target("pacs", 11112, ca_file=file), NOW)
    assert described
    assert (described["expired"], described["trusted"], described["self_signed"], doubts) == (True, True, False, [])
    assert (described["not_after"], described["sent"]) == ("2026-02-28T00:00:00Z", 1)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    load_chain([data])


@given(st.integers(0, 600), st.binary(min_size=1, max_size=3))
def test_a_certificate_that_was_tampered_with(at: int, change: bytes) -> None:
    der = LEAF.certificate.public_bytes(Encoding.DER)
    for certificate in load_chain([der[:at] + change + der[at + len(change) :]]):
        describe([certificate], Target("pacs", 11112), NOW)
