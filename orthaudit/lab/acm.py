"""Certificates for the lab's ACM, made in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key: TypeAlias = "rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey"

_PEM: Final = serialization.Encoding.PEM
_BACKDATED: Final = timedelta(days=300)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as ACM imports it: everything in PEM."""

    certificate: bytes
    key: bytes
    chain: bytes


class Authority:
    """A private certificate authority, valid for `days` from `now`."""

    def __init__(self, name: str, now: datetime, days: int) -> None:
        self._now = now
        self._key = new_key("rsa")
        self._name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab hospital"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        builder = self._builder(self._name, self._key, days)
        self._certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(
            self._key, hashes.SHA256()
        )

    @property
    def itself(self) -> Issued:
        """Its own certificate, with itself as chain."""
        pem = self._certificate.public_bytes(_PEM)
        return Issued(pem, _pem(self._key), pem)

    def issue(self, name: str, days: int, key_type: str = "rsa") -> Issued:
        """A server certificate for a DNS name, valid for `days`; `key_type` is `rsa` or `ec`."""
        key = new_key(key_type)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            self._builder(subject, key, days)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return Issued(certificate.public_bytes(_PEM), _pem(key), self._certificate.public_bytes(_PEM))

    def revocation_list(self, days: int) -> str:
        """A revocation list in PEM that names nobody and is due again after `days`."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(self._now - _BACKDATED)
            .next_update(self._now + timedelta(days=days))
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(_PEM).decode()

    def _builder(self, subject: x509.Name, key: Key, days: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - _BACKDATED)
            .not_valid_after(self._now + timedelta(days=days))
        )


def new_key(key_type: str) -> Key:
    """An RSA key of 2048 bits (`rsa`: what Client VPN takes) or one on P-256 (`ec`)."""
    if key_type == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: Key) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
