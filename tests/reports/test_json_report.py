"""The JSON report: the contract's document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthaudit.evidence import LedgerLine, LedgerStatus
from orthaudit.finding import Finding, Missing, Severity, Status
from orthaudit.report import Page, Report, ReportError, Selection
from orthaudit_reports.json_report import document, write

Make = Callable[..., Report]
Find = Callable[..., Finding]


def test_the_document_is_the_contracts(make: Make) -> None:
    made: Any = document(make())
    assert list(made) == [
        "schema_version", "tool", "scan", "summary", "coverage", "listeners", "paths", "certificates", "findings",
    ]  # fmt: skip
    assert made["schema_version"] == "1.0"
    assert made["paths"] is None
    assert made["scan"]["as_of"] == "2026-11-25T03:00:00Z"
    assert made["scan"]["scope"] == {
        "accounts": ["111122223333"],
        "regions": ["ca-central-1"],
        "listeners": ["[2001:db8::7]:11112", "10.9.1.5:104"],
        "source": "live",
    }
    assert made["scan"]["policy"]["knobs"]["ports"] == [104, 2762, 4242, 11112]
    assert made["scan"]["selection"]["rule_packs"] == {"builtin": "1.0"}
    assert made["summary"]["status"] == "fail"
    assert made["summary"]["exit_code"] == 1
    assert made["summary"]["counts"] == {
        "pass": 1, "fail": 4, "unknown": 1, "error": 1, "not_applicable": 1, "waived": 1,
    }  # fmt: skip
    assert list(made["summary"]["by_severity"]) == ["critical", "high", "medium", "low", "info"]
    assert made["summary"]["by_severity"]["medium"]["unknown"] == 1
    assert made["summary"]["expired_waivers"] == [
        {"rule": "failed-rule", "subject": "sg-1", "owner": "Jo Lee", "expires": "2026-10-01"}
    ]


def test_a_finding_is_the_contracts(make: Make) -> None:
    report = make()
    made: Any = document(report)
    failed, waived, unknown = (made["findings"][number] for number in (1, 7, 4))
    assert list(failed) == [
        "id", "rule", "title", "severity", "status", "vantage", "message", "subject", "evidence", "unknown",
        "because_of", "fix_by", "remediation", "cites", "waiver",
    ]  # fmt: skip
    assert failed["id"] == report.findings[1].id
    assert failed["subject"] == {
        "type": "security-group", "id": "sg-1", "name": "archive", "account": "111122223333",
        "region": "ca-central-1",
    }  # fmt: skip
    assert failed["evidence"][0] == {"source": "probe", "detail": "accepts TLS 1.0"}
    assert failed["waiver"] is None
    assert unknown["unknown"] == {"code": "denied", "needs": ["ec2.DescribeFlowLogs"]}
    assert waived["waiver"] == {
        "reason": "until the move", "owner": "Ada Moreau", "expires": "2027-01-31", "approved_by": "the board",
        "alternative": "a private line", "statuses": ["fail", "unknown"],
    }  # fmt: skip


def test_a_waiver_says_only_what_was_given(make: Make) -> None:
    waived = make().findings[-1]
    assert waived.waiver is not None
    plain = replace(waived.waiver, approved_by=None, alternative=None, statuses=("fail",))
    made: Any = document(make(findings=(replace(waived, waiver=plain),)))
    assert list(made["findings"][0]["waiver"]) == ["reason", "owner", "expires"]


def test_listeners_are_those_that_were_probed(make: Make) -> None:
    made: Any = document(make())
    (only,) = made["listeners"]
    assert only["host"] == "2001:db8::7"
    assert "chain" not in only


def test_coverage_has_a_line_an_outcome(make: Make) -> None:
    line = LedgerLine("1", "a", "ec2", "DescribeSubnets", LedgerStatus.OK)
    ledger = (
        replace(line, status=LedgerStatus.FAILED, reason="timeout", parameters=(("VpcId", "vpc-3"),)),
        replace(line, parameters=(("VpcId", "vpc-1"),)),
        replace(line, parameters=(("VpcId", "vpc-2"),)),
        replace(line, account=None, region=None, service="sts"),
    )
    made: Any = document(make(coverage=ledger))
    assert [(one["account"], one["service"], one["status"], one["reason"]) for one in made["coverage"]] == [
        (None, "sts", "ok", ""),
        ("1", "ec2", "failed", "timeout"),
        ("1", "ec2", "ok", ""),
    ]


@pytest.mark.parametrize(
    ("fields", "selection"),
    [
        ({"fail_on": None}, {"fail_on": "never"}),
        ({"selection": Selection(no_aws=True)}, {"no_aws": True, "fail_on": "medium"}),
        ({"selection": Selection(accept_unknown=("denied",))}, {"accept_unknown": ["denied"]}),
        ({"selection": Selection(severity="high", only=("a-*",))}, {"severity": "high", "only": ["a-*"]}),
    ],
)
def test_the_selection_is_recorded(make: Make, fields: dict[str, Any], selection: dict[str, Any]) -> None:
    made: Any = document(make(**fields))
    assert made["scan"]["selection"] | selection == made["scan"]["selection"]


def test_times_are_utc(make: Make) -> None:
    east = datetime(2026, 11, 25, 5, 0, tzinfo=timezone(timedelta(hours=2)))
    made: Any = document(make(started_at=east))
    assert made["scan"]["started_at"] == "2026-11-25T03:00:00Z"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"scan_id": "5"}, "scan.id"),
        ({"source": "dream"}, "scan.scope.source"),
        ({"listeners": ({"host": "a", "port": 1},)}, r"listeners\[0\]: 'vantage' is a required property"),
        ({"listeners": ({"host": "a", "port": float("nan")},)}, "float cannot stand"),
    ],
)
def test_a_report_that_does_not_fit_is_not_written(make: Make, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ReportError, match=named):
        write(make(**fields), Page())


def test_a_code_that_is_not_the_contracts_is_not_written(make: Make, finding: Find) -> None:
    unknown = finding("r", Status.UNKNOWN, unknown=Missing("lazy", ()))
    with pytest.raises(ReportError, match=r"findings\[0\]\.unknown\.code: 'lazy'"):
        document(make(findings=(unknown,)))


@given(text=st.text(st.characters()), severity=st.sampled_from(Severity), status=st.sampled_from(Status))
def test_the_text_is_the_document(make: Make, finding: Find, text: str, severity: Severity, status: Status) -> None:
    report = make(findings=(finding("r", status, severity, name=text, message=text, remediation=text),))
    written = write(report, Page())
    assert written.isascii()
    assert json.loads(written) == document(report)
