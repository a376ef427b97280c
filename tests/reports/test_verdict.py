"""The verdict: the first sentence of the console report, and what the threshold does to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from orthaudit.finding import Finding, Severity, Status, Waiver
from orthaudit.policy import POLICIES
from orthaudit.report import Page, Report, Selection
from orthaudit_reports.console import write

Make = Callable[..., Report]
Find = Callable[..., Finding]

FAIL, UNKNOWN, ERROR, PASS = Status.FAIL, Status.UNKNOWN, Status.ERROR, Status.PASS
CRITICAL, HIGH, MEDIUM, LOW, INFO = sorted(Severity, reverse=True)
WAIVER = Waiver("r", "sg-1", "until the move", "Ada Moreau", date(2027, 1, 31))


def flat(text: str) -> str:
    """The text without its line breaks and margins."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("found", "fields", "says"),
    [
        ([(PASS, HIGH), (PASS, LOW)], {}, "PASS: 2 checks passed; none that matters failed or stayed unseen."),
        ([(FAIL, HIGH)], {}, "FAIL: 1 check failed that matters (1 high)."),
        (
            [(FAIL, HIGH), (FAIL, CRITICAL), (FAIL, HIGH), (UNKNOWN, MEDIUM)],
            {},
            "FAIL: 3 checks failed that matter (1 critical, 2 high); 1 could not be seen (1 medium).",
        ),
        (
            [(UNKNOWN, HIGH), (ERROR, MEDIUM), (ERROR, MEDIUM)],
            {},
            "INCOMPLETE: no check failed that matters, but 1 could not be seen (1 high) and 2 rules broke (2 medium).",
        ),
        (
            [(PASS, HIGH)],
            {"selection": Selection(no_aws=True, only=("dicom-*",), skip=("web-*",), severity="high")},
            "PARTIAL: 1 check passed and none failed that matters, but not every rule was selected "
            "(--only dicom-*, --skip web-*, --severity high, --no-aws).",
        ),
        (
            [(FAIL, HIGH)],
            {"interrupted": True},
            "FAIL: the scan was interrupted; until then 1 check failed that matters (1 high).",
        ),
        (
            [(UNKNOWN, HIGH)],
            {"interrupted": True},
            "INCOMPLETE: the scan was interrupted; until then no check failed that matters, "
            "but 1 could not be seen (1 high).",
        ),
        (
            [(PASS, HIGH)],
            {"interrupted": True},
            "INCOMPLETE: the scan was interrupted; until then 1 check passed and none failed that matters.",
        ),
    ],
)
def test_the_verdict_comes_first(
    make: Make, finding: Find, found: list[tuple[Status, Severity]], fields: dict[str, Any], says: str
) -> None:
    findings = tuple(finding(f"rule-{n}", status, severity) for n, (status, severity) in enumerate(found))
    assert flat(write(make(findings=findings, **fields), Page())).startswith(says)


@pytest.mark.parametrize(
    ("fields", "counts", "remark", "exit_code"),
    [
        ({"fail_on": MEDIUM}, "findings count from medium up", "· below medium: not counted", "exit code 0"),
        (
            {"fail_on": LOW},
            "findings count from low up",
            "FAIL: 1 check failed",
            "exit code 1 at least one unwaived failure",
        ),
        (
            {"fail_on": None, "policy": POLICIES["strict"]},
            "findings count from low up for the verdict alone (--fail-on never)",
            "FAIL: 1 check failed",
            "exit code 0 --fail-on never",
        ),
        ({"fail_on": CRITICAL}, "findings count from critical up", "· below critical: not counted", "exit code 0"),
        ({"interrupted": True}, "from medium up", "below medium", "exit code 130 the scan was interrupted"),
    ],
)
def test_the_threshold_is_shown(
    make: Make, finding: Find, fields: dict[str, Any], counts: str, remark: str, exit_code: str
) -> None:
    text = flat(write(make(findings=(finding("r", FAIL, LOW),), **fields), Page()))
    assert counts in text
    assert remark in text
    assert exit_code in text


@pytest.mark.parametrize(
    ("status", "severity", "parts", "fields", "says"),
    [
        (FAIL, LOW, {}, {}, "Not counted: 1 below medium."),
        (UNKNOWN, LOW, {}, {}, "Not counted: 1 below medium."),
        (FAIL, INFO, {}, {}, "Not counted: 1 of severity info."),
        (FAIL, HIGH, {"waiver": WAIVER}, {}, "Not counted: 1 waived."),
        (
            UNKNOWN,
            HIGH,
            {},
            {"selection": Selection(accept_unknown=("denied",))},
            "Not counted: 1 accepted as unknown.",
        ),
    ],
)
def test_a_pass_says_what_it_left_out(
    make: Make, finding: Find, status: Status, severity: Severity, parts: dict[str, Any], fields: Any, says: str
) -> None:
    text = flat(write(make(findings=(finding("r", status, severity, **parts),), **fields), Page()))
    assert text.startswith(f"PASS: 0 checks passed; none that matters failed or stayed unseen. {says}")
