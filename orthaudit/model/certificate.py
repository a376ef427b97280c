"""X.509 certificates: those that ACM holds, and those that a listener sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from orthaudit.evidence import NotObserved, UnknownCode, Unobserved, need
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item

CERTIFICATE = "acm.GetCertificate"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts of one certificate that rules judge. Names are RFC 4514; times are UTC."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime

    @property
    def lifetime(self) -> timedelta:
        """From its first moment to its last."""
        return self.not_after - self.not_before


def read_chain(pem: str, source: str) -> tuple[Certificate, ...] | Unobserved:
    """The certificates of PEM text, in their order; or why it could not be read."""
    from cryptography import x509

    try:
        loaded = x509.load_pem_x509_certificates(pem.encode())
        return tuple(
            Certificate(
                one.subject.rfc4514_string(),
                one.issuer.rfc4514_string(),
                one.not_valid_before_utc,
                one.not_valid_after_utc,
            )
            for one in loaded
        )
    except (ValueError, x509.InvalidVersion) as error:
        return Unobserved(UnknownCode.ABSENT, f"{source}: {error}", (source,))


def acm_chain(estate: Estate, place: Place, arn: str) -> tuple[Certificate, ...] | Unobserved:
    """A certificate that ACM holds and the chain behind it, the certificate itself first."""
    try:
        response = need(estate.snapshot.answer(*place, CERTIFICATE, {"CertificateArn": arn}))
        answer = Item(response, CERTIFICATE, place)
        pem = answer.text("Certificate") + "\n" + answer.text("CertificateChain", "")
    except NotObserved as error:
        return error.missing
    return read_chain(pem, f"{CERTIFICATE} {arn}")
