"""How long a certificate must still be valid: one judgement for all that show one."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from orthaudit.model.certificate import Certificate
from orthaudit.policy import Policy
from orthaudit.rule import Fail, Severity


def expiry(certificate: Certificate, policy: Policy, as_of: datetime, soon: Severity) -> Iterator[Fail]:
    """A failure where the certificate is out of date (high), or ends too soon (`soon`).

    Too soon: within `certificate_days`, or within a third of its lifetime where that is less.
    """
    left = certificate.not_after - as_of
    spare = min(timedelta(days=policy.certificate_days), certificate.lifetime / 3)
    ends = f"{certificate.subject} ends {certificate.not_after:%Y-%m-%d}"
    if left <= timedelta():
        yield Fail(f"{ends}: expired", Severity.HIGH)
    elif certificate.not_before > as_of:
        yield Fail(f"{certificate.subject} begins {certificate.not_before:%Y-%m-%d}", Severity.HIGH)
    elif left < spare:
        yield Fail(f"{ends}: in {left.days} days", soon)


def outlives_its_signer(chain: Sequence[Certificate]) -> Iterator[Fail]:
    """A failure for each certificate whose signer, in the same chain, ends before it."""
    for one in chain:
        for signer in chain:
            if signer is not one and signer.subject == one.issuer and signer.not_after < one.not_after:
                yield Fail(
                    f"{signer.subject} ends {signer.not_after:%Y-%m-%d}, before {one.subject} "
                    f"({one.not_after:%Y-%m-%d}) that it signed"
                )
