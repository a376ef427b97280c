"""A report with every status in it, and a builder that changes parts of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from orthaudit.evidence import LedgerLine, LedgerStatus, Structure
from orthaudit.finding import Evidence, Finding, FixBy, Missing, Severity, Status, SubjectName, Waiver
from orthaudit.policy import POLICIES
from orthaudit.report import CertificateLine, Report, Selection

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
PLACE = ("111122223333", "ca-central-1")

CERTIFICATE: Structure = {
    "subject": "CN=pacs.example.org",
    "issuer": "CN=Hospital CA",
    "names": ["pacs.example.org"],
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2027-01-01T00:00:00+00:00",
    "key": {"type": "RSA", "bits": 2048},
    "signature": {"algorithm": "sha256WithRSAEncryption", "hash": "SHA256"},
    "sha256": "ab" * 32,
    "expired": False,
    "name_matches": None,
    "self_signed": False,
    "trusted": True,
    "sent": 2,
}
LISTENER: Structure = {
    "host": "2001:db8::7",
    "port": 11112,
    "vantage": "clinic-a",
    "address": "2001:db8::7",
    "stands_for": None,
    "speaks": "tls",
    "versions": {
        "SSL 3.0": "rejected",
        "TLS 1.0": "inconclusive",
        "TLS 1.1": "rejected",
        "TLS 1.2": "accepted",
        "TLS 1.3": "rejected",
    },
    "suites": {"TLS 1.2": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]},
    "suites_complete": {"TLS 1.2": True},
    "groups": ["x25519"],
    "dhe_bits": None,
    "features": {
        "extended_master_secret": True,
        "encrypt_then_mac": None,
        "secure_renegotiation": True,
        "fallback_scsv": False,
    },
    "plaintext": "refused",
    "mutual_tls": "required",
    "certificate": CERTIFICATE,
    "association": {
        "outcome": "rejected",
        "reject": {"result": 1, "source": 1, "reason": 7},
        "called_aet_checked": True,
        "calling_aet_checked": None,
        "query_accepted": None,
        "unknown_sop_class_refused": None,
        "implementation_class_uid": None,
        "implementation_version": None,
        "max_pdu": None,
    },
    "vulnerabilities": {
        "heartbleed": False,
        "robot": False,
        "ccs_injection": False,
        "insecure_renegotiation": None,
        "compression": False,
        "downgrade": False,
    },
    "connections": 41,
    "doubts": ["TLS 1.0: the connection was reset"],
    "chain": ["-----BEGIN CERTIFICATE-----"],
}
LEFT_ALONE: Structure = {
    "host": "10.9.1.5",
    "port": 104,
    "vantage": None,
    "address": None,
    "stands_for": None,
    "left_alone": {"code": "not_probed", "why": "probe.never"},
}


def make_finding(rule: str, status: Status, severity: Severity = Severity.HIGH, **parts: Any) -> Finding:
    """A finding on `sg-1`; `id`, `name` and what `Finding` takes may be given."""
    subject = SubjectName("security-group", parts.pop("id", "sg-1"), parts.pop("name", None), *PLACE)
    if status is Status.UNKNOWN:
        parts.setdefault("unknown", Missing("denied", ("ec2.DescribeFlowLogs",)))
    given: dict[str, Any] = {
        "title": f"What {rule} says.", "message": f"what {rule} found", "subject": subject,
        "evidence": (), "fix_by": FixBy.CLOUD, "remediation": f"mend {rule}", "cites": ("the guide",),
    }  # fmt: skip
    return Finding(rule=rule, severity=severity, status=status, **(given | parts))


WAIVER = Waiver(
    "waived-rule", "sg-1", "until the move", "Ada Moreau", date(2027, 1, 31), approved_by="the board",
    alternative="a private line", statuses=("fail", "unknown"),
)  # fmt: skip
FINDINGS = (
    make_finding("passed-rule", Status.PASS, id="sg-passed"),
    make_finding(
        "failed-rule", Status.FAIL, Severity.CRITICAL, name="archive", message="2 reasons", vantage="clinic-a",
        evidence=(Evidence("probe", "accepts TLS 1.0"), Evidence("probe", "accepts TLS 1.1")),
    ),
    make_finding("low-rule", Status.FAIL, Severity.LOW),
    make_finding("info-rule", Status.FAIL, Severity.INFO),
    make_finding("unknown-rule", Status.UNKNOWN, Severity.MEDIUM),
    make_finding("broken-rule", Status.ERROR, Severity.MEDIUM),
    make_finding("absent-rule", Status.NOT_APPLICABLE, id="sg-absent"),
    make_finding("waived-rule", Status.FAIL, waiver=WAIVER),
)  # fmt: skip
REPORT: dict[str, Any] = {
    "tool_version": "0.1.0",
    "scan_id": "5f0c1d5e-1111-4222-8333-123456789abc",
    "started_at": NOW,
    "finished_at": NOW,
    "as_of": NOW,
    "vantage": "clinic-a",
    "caller": "arn:aws:sts::111122223333:assumed-role/orthaudit/nightly",
    "accounts": PLACE[:1],
    "regions": PLACE[1:],
    "source": "live",
    "policy": POLICIES["guide"],
    "config_sha256": "0" * 64,
    "selection": Selection(rule_packs=(("builtin", "1.0"),)),
    "fail_on": Severity.MEDIUM,
    "findings": FINDINGS,
    "coverage": (LedgerLine(*PLACE, "ec2", "DescribeFlowLogs", LedgerStatus.DENIED, "UnauthorizedOperation"),),
    "listeners": (LISTENER, LEFT_ALONE),
    "certificates": (CertificateLine("CN=pacs.example.org", "[2001:db8::7]:11112", NOW, "user"),),
    "expired_waivers": (Waiver("failed-rule", "sg-1", "was built", "Jo Lee", date(2026, 10, 1)),),
}


@pytest.fixture(scope="session")
def make() -> Callable[..., Report]:
    """Builds the report, with the given fields in the place of its own."""
    return lambda **fields: Report(**(REPORT | fields))


@pytest.fixture(scope="session")
def finding() -> Callable[..., Finding]:
    """Builds one finding."""
    return make_finding
