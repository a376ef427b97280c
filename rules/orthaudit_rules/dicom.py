"""DICOM listeners as probed: plaintext, TLS versions and suites, certificate, node authentication."""

import re
from collections.abc import Iterator

from orthaudit.model.probe import VERSIONS
from orthaudit.model.probed_listener import ProbedListener
from orthaudit.policy import Policy
from orthaudit.rule import Fail, FixBy, NotApplicable, Outcome, Severity, Unobserved, need, rule
from orthaudit_rules.expiry import expiry, outlives_its_signer

NO_TLS = "no TLS is spoken on it"


@rule(
    "dicom-refuses-plaintext",
    says="A DICOM listener does not answer an association in the clear.",
    severity=Severity.HIGH,
    cites=(
        "device connectivity guide: do not send over the Internet without TLS",
        "DICOM PS3.15 B.12",
        "45 CFR 164.312(e)(1)",
        "NIST SP 800-53 Rev. 5 SC-8(1)",
    ),
    fix="Turn on DICOM-TLS at {listener.endpoint} (Orthanc: DicomTlsEnabled; nginx: ssl in the listen line) and "
    "close the plaintext port to everything outside the host.",
    on=ProbedListener,
    fix_by=FixBy.PACS,
)
def refuses_plaintext(listener: ProbedListener, policy: Policy) -> Iterator[Outcome]:
    """Accept, reject and abort all count: each shows that images and names would travel in the clear."""
    if need(listener.seen.plaintext):
        outside = listener.seen_from_outside
        where = " from outside" if outside else ""
        yield Fail(
            f"answers DICOM in the clear{where}",
            Severity.CRITICAL if outside else Severity.HIGH,
            f"probe {listener.endpoint}",
        )


@rule(
    "dicom-tls-minimum-version",
    says="A DICOM listener accepts no version below TLS 1.2.",
    severity=Severity.HIGH,
    cites=("RFC 9325 3.1.1", "RFC 8996 4, 5", "DICOM PS3.15 B.12"),
    fix="Set the minimum version of {listener.endpoint} to TLS 1.2 (Orthanc: DicomTlsMinimumProtocolVersion 4; "
    "nginx: ssl_protocols TLSv1.2 TLSv1.3).",
    on=ProbedListener,
    fix_by=FixBy.PACS,
)
def tls_minimum_version(listener: ProbedListener, policy: Policy) -> Iterator[Outcome]:
    """TLS 1.0 and 1.1 rest on SHA-1 and MD5, and BCP 195 forbids to negotiate them."""
    if not need(listener.speaks_tls):
        yield NotApplicable(NO_TLS)
        return
    for version in VERSIONS[: VERSIONS.index("TLS 1.2")]:
        accepted = listener.seen.accepts(version)
        if isinstance(accepted, Unobserved):
            yield accepted
        elif accepted:
            yield Fail(f"accepts {version}", source=f"probe {listener.endpoint}")


BROKEN = (
    (re.compile(r"_NULL_|^TLS_SHA(256|384)_"), "no encryption"),
    (re.compile(r"_RC4_"), "RC4"),
    (re.compile(r"_EXPORT"), "export"),
    (re.compile(r"_3DES_"), "3DES"),
    (re.compile(r"_DES(40)?_"), "DES"),
    (re.compile(r"_RC2_"), "RC2"),
    (re.compile(r"_MD5$"), "MD5"),
)
"""What makes a suite broken, read off its IANA name (RFC 9325 4.1: RC4 and what offers less than 112 bits of
security; 3DES offers 112 at best, SWEET32 less)."""


def broken(suite: str) -> str | None:
    """Why the suite is broken, or None."""
    return next((why for pattern, why in BROKEN if pattern.search(suite)), None)


@rule(
    "dicom-tls-no-broken-suite",
    says="A DICOM listener accepts no suite with RC4, export strength, DES, 3DES, MD5 or less than 112 bits.",
    severity=Severity.HIGH,
    cites=("RFC 9325 4.1", "DICOM PS3.15 B.12"),
    fix="Restrict the suites of {listener.endpoint} to ECDHE with AES-GCM (nginx: ssl_ciphers ECDHE+AESGCM).",
    on=ProbedListener,
    fix_by=FixBy.PACS,
)
def no_broken_suite(listener: ProbedListener, policy: Policy) -> Iterator[Outcome]:
    """What these encrypt can be read by whoever records it and has the patience."""
    if not need(listener.speaks_tls):
        yield NotApplicable(NO_TLS)
        return
    record = listener.seen
    for version, suites in record.suites.items():
        bad = [f"{suite} ({why})" for suite in suites if (why := broken(suite))]
        if bad:
            yield Fail(f"accepts with {version}: {', '.join(bad)}", source=f"probe {listener.endpoint}")
    for version in VERSIONS:
        accepted = record.accepts(version)
        if isinstance(accepted, Unobserved):
            yield accepted
        elif accepted and not record.suites_complete(version):
            yield record.doubt(f"it may accept more suites of {version} than were seen")


@rule(
    "dicom-certificate-valid",
    says="Every certificate that a DICOM listener sends is in date, with certificate_days to spare.",
    severity=Severity.HIGH,
    cites=("device connectivity guide: both sides must support TLS", "NIST SP 800-53 Rev. 5 SC-12"),
    fix="Renew the certificate of {listener.endpoint} and every certificate of its chain.",
    on=ProbedListener,
    fix_by=FixBy.PKI,
    knobs=("certificate_days",),
)
def certificate_valid(listener: ProbedListener, policy: Policy) -> Iterator[Outcome]:
    """Past the date, senders refuse; or they were told not to look, and then anyone can stand in between."""
    if not need(listener.speaks_tls):
        yield NotApplicable(NO_TLS)
        return
    chain = need(listener.chain)
    for certificate in chain:
        yield from expiry(certificate, policy, listener.as_of, Severity.HIGH)
    yield from outlives_its_signer(chain)


@rule(
    "dicom-mutual-tls",
    says="A client without a certificate gets no association (node authentication).",
    severity=Severity.MEDIUM,
    strict=Severity.HIGH,
    cites=(
        "IHE ITI TF-2 3.19: Authenticate Node [ITI-19]",
        "DICOM PS3.15 B.12: servers shall support mutual authentication",
        "45 CFR 164.312(d)",
    ),
    fix="Demand client certificates at {listener.endpoint} (Orthanc: DicomTlsRemoteCertificateRequired; nginx: "
    "ssl_verify_client on) and give each sender one.",
    on=ProbedListener,
    fix_by=FixBy.PACS,
    knobs=("require_mutual_tls",),
)
def mutual_tls(listener: ProbedListener, policy: Policy) -> Iterator[Outcome]:
    """Encryption alone keeps out who listens, not who connects."""
    if not need(listener.speaks_tls):
        yield NotApplicable(NO_TLS)
    elif not need(listener.seen.mutual_tls):
        severity = Severity.HIGH if policy.require_mutual_tls else None
        yield Fail("gives an association to a client without a certificate", severity)
