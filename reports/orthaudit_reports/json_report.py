"""The JSON report: the record that people script and a SIEM parses (`report.schema.json`)."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

from orthaudit.evidence import Json, LedgerLine, Structure
from orthaudit.finding import Finding, Severity, Status, Waiver
from orthaudit.report import CertificateLine, Page, Report, ReportError
from orthaudit_reports.listeners import endpoints, probed

SCHEMA_VERSION: Final = "1.0"
RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def write(report: Report, page: Page) -> str:
    """The document as text; ASCII, so that no name from a stranger reaches a terminal raw."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> Structure:
    """The report as the schema has it. Raises `ReportError` where it would not fit."""
    made: Structure = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "orthaudit", "version": report.tool_version},
        "scan": _scan(report),
        "summary": _summary(report),
        "coverage": _coverage(report.coverage),
        "listeners": _plain(probed(report)),
        "paths": None,
        "certificates": [_certificate(line) for line in report.certificates],
        "findings": [_finding(finding) for finding in report.findings],
    }
    check(made)
    return made


def check(made: Structure) -> None:
    """Hold a document against the schema. Raises `ReportError`: where it does not fit, and why."""
    error = best_match(_validator().iter_errors(made))
    if error is not None:
        where = error.json_path.removeprefix("$").removeprefix(".") or "the report"
        why = error.message if len(error.message) <= 300 else error.message[:300] + "…"
        raise ReportError(f"the report does not fit its schema: {where}: {why}")


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads((files("orthaudit_reports") / "report.schema.json").read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=_formats())


def _formats() -> FormatChecker:
    """The formats that the schema names; jsonschema itself knows `date-time` only with an extra package."""
    formats = FormatChecker(formats=["date"])

    @formats.checks("date-time", raises=ValueError)
    def is_time(value: object) -> bool:
        return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)

    @formats.checks("uuid", raises=ValueError)
    def is_uuid(value: object) -> bool:
        return not isinstance(value, str) or str(UUID(value)) == value.lower()

    return formats


def _scan(report: Report) -> Structure:
    selection = report.selection
    return {
        "id": report.scan_id,
        "started_at": _time(report.started_at),
        "finished_at": _time(report.finished_at),
        "as_of": _time(report.as_of),
        "vantage": report.vantage,
        "caller": report.caller,
        "scope": {
            "accounts": list(report.accounts),
            "regions": list(report.regions),
            "listeners": _plain(endpoints(report)),
            "source": report.source,
        },
        "policy": {
            "name": report.policy.name,
            "tls_profile": report.policy.tls_profile,
            "knobs": _plain(report.policy.knobs()),
            "config_sha256": report.config_sha256,
        },
        "selection": {
            "only": list(selection.only),
            "skip": list(selection.skip),
            "severity": selection.severity,
            "no_aws": selection.no_aws,
            "no_probe": selection.no_probe,
            "accept_unknown": list(selection.accept_unknown),
            "rule_packs": dict(selection.rule_packs),
            "fail_on": "never" if report.fail_on is None else report.fail_on.label,
        },
    }


def _summary(report: Report) -> Structure:
    summary: Structure = {
        "status": report.verdict,
        "exit_code": report.exit_code,
        "counts": _counts(report.findings),
        "by_severity": {
            severity.label: _counts(finding for finding in report.findings if finding.severity is severity)
            for severity in sorted(Severity, reverse=True)
        },
    }
    if report.expired_waivers:
        summary["expired_waivers"] = [
            {"rule": waiver.rule, "subject": waiver.subject, "owner": waiver.owner,
             "expires": waiver.expires.isoformat()}
            for waiver in report.expired_waivers
        ]  # fmt: skip
    return summary


def _counts(findings: Iterable[Finding]) -> Structure:
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.status.value] += 1
        counts["waived"] += finding.waiver is not None
    return {name: counts[name] for name in (*Status, "waived")}


def _coverage(ledger: Iterable[LedgerLine]) -> list[Json]:
    """The questions without their parameters, so that one operation with one outcome is one line."""
    lines = {
        (line.account, line.region, line.service, line.operation, line.status.value, line.reason)
        for line in ledger
    }  # fmt: skip
    names = ("account", "region", "service", "operation", "status", "reason")
    in_order = sorted(lines, key=lambda line: tuple(value or "" for value in line))
    return [dict(zip(names, line, strict=True)) for line in in_order]


def _certificate(line: CertificateLine) -> Structure:
    return {
        "subject": line.subject,
        "where": line.where,
        "not_after": _time(line.not_after),
        "renewed_by": line.renewed_by,
    }


def _finding(finding: Finding) -> Structure:
    subject, missing = finding.subject, finding.unknown
    return {
        "id": finding.id,
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity.label,
        "status": finding.status.value,
        "vantage": finding.vantage,
        "message": finding.message,
        "subject": {
            "type": subject.type,
            "id": subject.id,
            "name": subject.name,
            "account": subject.account,
            "region": subject.region,
        },
        "evidence": [{"source": one.source, "detail": one.detail} for one in finding.evidence],
        "unknown": None if missing is None else {"code": str(missing.code), "needs": list(missing.needs)},
        "because_of": finding.because_of,
        "fix_by": finding.fix_by.value,
        "remediation": finding.remediation,
        "cites": list(finding.cites),
        "waiver": None if finding.waiver is None else _waiver(finding.waiver),
    }


def _waiver(waiver: Waiver) -> Structure:
    made: Structure = {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires.isoformat()}
    if waiver.approved_by is not None:
        made["approved_by"] = waiver.approved_by
    if waiver.alternative is not None:
        made["alternative"] = waiver.alternative
    if waiver.statuses != (Status.FAIL,):
        made["statuses"] = list(waiver.statuses)
    return made


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _plain(value: object) -> Json:
    """The value as JSON has it: lists for tuples. Raises `ReportError` for what JSON cannot hold."""
    if value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, Sequence):
        return [_plain(member) for member in value]
    raise ReportError(f"a {type(value).__name__} cannot stand in a JSON report: {value!r:.80}")
