"""A server's certificate as sent: its fields, its name, its dates, and whether signatures lead to a known root.

Each is told for itself: an expired certificate that is well signed is trusted, and expired.
"""

from __future__ import annotations

import ipaddress
import ssl
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.utils import CryptographyDeprecationWarning

from orthaudit.evidence import Structure
from orthaudit.gather.probe.target import Target

LONGEST_CHAIN = 10


def describe(chain: Sequence[x509.Certificate], target: Target, now: datetime) -> tuple[Structure | None, list[str]]:
    """The contract's `certificate` of a chain as sent (leaf first), and doubts. None: it cannot be read."""
    doubts: list[str] = []
    try:
        return fields(chain, target, now, doubts), doubts
    except ValueError as error:  # cryptography parses names and dates only when they are asked for
        return None, [*doubts, f"certificate: it cannot be read: {error}"]


def fields(chain: Sequence[x509.Certificate], target: Target, now: datetime, doubts: list[str]) -> Structure:
    """The fields of the leaf. Raises `ValueError` for a certificate whose names or dates are malformed."""
    leaf = chain[0]
    names = subject_alternative_names(leaf, doubts)
    trusted = is_trusted(chain, target, doubts)
    key = key_of(leaf)
    if key is None:
        doubts.append("certificate: its key is of a kind that cannot be read")
    hash_algorithm = hash_of(leaf)
    return {
        "subject": leaf.subject.rfc4514_string(),
        "issuer": leaf.issuer.rfc4514_string(),
        "names": list(names),
        "not_before": rfc3339(leaf.not_valid_before_utc),
        "not_after": rfc3339(leaf.not_valid_after_utc),
        "key": {"type": key[0], "bits": key[1]} if key else None,
        "signature": {"algorithm": leaf.signature_algorithm_oid._name, "hash": hash_algorithm},
        "sha256": leaf.fingerprint(hashes.SHA256()).hex(),
        "expired": leaf.not_valid_after_utc < now,
        "name_matches": name_matches(target.host, names),
        "self_signed": leaf.issuer == leaf.subject and signed_by(leaf, leaf),
        "trusted": trusted,
        "sent": len(chain),
    }


def load_chain(chain: Iterable[bytes]) -> list[x509.Certificate]:
    """Certificates in DER or PEM; ends at the first that cannot be read."""
    found = []
    with tolerant():
        for data in chain:
            try:
                found.append(
                    x509.load_pem_x509_certificate(data)
                    if data.startswith(b"-----")
                    else x509.load_der_x509_certificate(data)
                )
            except ValueError:
                break
    return found


def load_roots(file: Path) -> list[x509.Certificate]:
    """Every certificate of a PEM file. Raises `OSError`, `ValueError`."""
    with tolerant():
        return x509.load_pem_x509_certificates(file.read_bytes())


@contextmanager
def tolerant() -> Iterator[None]:
    """Without cryptography's warnings about certificates that RFC 5280 does not allow: they are read as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        yield


def to_pem(certificate: x509.Certificate) -> str:
    """The certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def rfc3339(moment: datetime) -> str:
    """A UTC time as the report writes it."""
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def subject_alternative_names(certificate: x509.Certificate, doubts: list[str]) -> tuple[str, ...]:
    """DNS names and addresses, in the certificate's order."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    except ValueError as error:
        doubts.append(f"certificate: its extensions cannot be read: {error}")
        return ()
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def name_matches(host: str, names: Sequence[str]) -> bool | None:
    """Whether the certificate is for this host (RFC 9525: the subject's common name does not count).

    None for an address literal that the certificate does not carry: nobody said by which name clients call.
    """
    try:
        literal = str(ipaddress.ip_address(host))
    except ValueError:
        wanted = host.lower().rstrip(".")
        _, _, parent = wanted.partition(".")
        accepted = {wanted, f"*.{parent}"} if parent else {wanted}
        return any(name.lower() in accepted for name in names)
    return True if literal in names else None


def key_of(certificate: x509.Certificate) -> tuple[str, int] | None:
    """Type and size in bits of the public key, None where the key cannot be read."""
    try:
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size
        case dsa.DSAPublicKey():
            return "DSA", key.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256
        case ed448.Ed448PublicKey():
            return "Ed448", 456
        case _:
            return None


def hash_of(certificate: x509.Certificate) -> str | None:
    """The signature's hash as the report names it (`SHA256`); None where the algorithm has none of its own."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return None
    return algorithm.name.upper() if algorithm else None


def is_trusted(chain: Sequence[x509.Certificate], target: Target, doubts: list[str]) -> bool | None:
    """Whether signatures lead to the target's CA file, a pin, or a public root.

    None where the owner declared neither and the root is not public: it may be the hospital's own.
    """
    pins = {pin.replace(":", "").lower() for pin in target.certificate_sha256}
    if chain[0].fingerprint(hashes.SHA256()).hex() in pins:
        return True
    anchors: list[x509.Certificate] = []
    if target.ca_file:
        try:
            anchors = load_roots(target.ca_file)
        except (OSError, ValueError) as error:
            doubts.append(f"certificate: the CA file {target.ca_file} cannot be read: {error}")
            return None
    if leads_to(chain[0], chain[1:], anchors) or leads_to(chain[0], chain[1:], public_roots()):
        return True
    return False if pins or target.ca_file else None


def leads_to(
    certificate: x509.Certificate,
    sent: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    below: int = 0,
) -> bool:
    """Whether signatures lead from a certificate, over certification authorities that were sent, to an anchor.

    `below`: how many authorities stand under this certificate. Dates are not looked at.
    """
    if certificate in anchors:
        return True
    if below > LONGEST_CHAIN:
        return False
    if any(may_sign(anchor, below, anchor=True) and signed_by(certificate, anchor) for anchor in anchors):
        return True
    return any(
        leads_to(issuer, [other for other in sent if other != issuer], anchors, below + 1)
        for issuer in sent
        if may_sign(issuer, below) and signed_by(certificate, issuer)
    )


def may_sign(certificate: x509.Certificate, below: int, *, anchor: bool = False) -> bool:
    """Whether it is an authority whose path length allows `below` authorities under it.

    An anchor that the owner declared need not say that it is one: old hospital CAs have no extensions.
    """
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return anchor
    except ValueError:
        return False
    return constraints.ca and (constraints.path_length is None or constraints.path_length >= below)


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and key fit the certificate's issuer and signature."""
    try:
        if certificate.issuer != issuer.subject:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


@lru_cache(maxsize=1)
def public_roots() -> tuple[x509.Certificate, ...]:
    """Mozilla's roots as sslyze ships them, else this machine's; found without importing sslyze."""
    spec = find_spec("sslyze")
    stores = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    files = [
        store / "plugins" / "certificate_info" / "trust_stores" / "pem_files" / "mozilla_nss.pem" for store in stores
    ]
    if machine := ssl.get_default_verify_paths().cafile:
        files.append(Path(machine))
    for file in files:
        try:
            return tuple(load_roots(file))
        except (OSError, ValueError):
            continue
    return ()
