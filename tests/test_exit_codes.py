"""What findings amount to: the exit code and the verdict, as the contract has them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from orthaudit.finding import Finding, FixBy, Missing, Severity, Status, SubjectName, Waiver
from orthaudit.policy import POLICIES
from orthaudit.report import Report, Selection

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
WAIVER = Waiver("r", "sg-1", "until the move", "Ada Moreau", date(2027, 1, 31))
CRITICAL, HIGH, MEDIUM, LOW, INFO = sorted(Severity, reverse=True)
PASS, FAIL, UNKNOWN, ERROR, NOT_APPLICABLE = Status


def found(status: Status, severity: Severity = HIGH, codes: str = "denied", waiver: Waiver | None = None) -> Finding:
    missing = Missing(codes.split()[0], (), tuple(codes.split())) if status is UNKNOWN else None
    return Finding(
        "r", "A thing is so.", severity, status, "it is", SubjectName("security-group", "sg-1"), (), FixBy.CLOUD,
        "mend it", (), unknown=missing, waiver=waiver,
    )  # fmt: skip


def report(
    *findings: Finding,
    fail_on: Severity | None = MEDIUM,
    policy: str = "guide",
    interrupted: bool = False,
    selection: Selection | None = None,
) -> Report:
    return Report(
        "0.1.0", "0" * 32, NOW, NOW, NOW, None, None, (), (), "live", POLICIES[policy], None,
        selection or Selection(), fail_on, findings, (), (), (), interrupted=interrupted,
    )  # fmt: skip


def amounts_to(told: Report) -> tuple[int, str]:
    return told.exit_code, told.verdict


@pytest.mark.parametrize(
    ("findings", "exit_code", "verdict"),
    [
        ([], 0, "pass"),
        ([found(PASS), found(NOT_APPLICABLE)], 0, "pass"),
        ([found(FAIL)], 1, "fail"),
        ([found(UNKNOWN)], 3, "incomplete"),
        ([found(ERROR)], 3, "incomplete"),
        ([found(UNKNOWN), found(FAIL), found(ERROR)], 1, "fail"),
        ([found(FAIL, LOW), found(UNKNOWN, MEDIUM)], 3, "incomplete"),
        ([found(FAIL, MEDIUM), found(UNKNOWN, CRITICAL)], 1, "fail"),
        ([found(PASS, CRITICAL), found(NOT_APPLICABLE, CRITICAL)], 0, "pass"),
    ],
)
def test_failures_come_before_what_was_not_seen(findings: list[Finding], exit_code: int, verdict: str) -> None:
    assert amounts_to(report(*findings)) == (exit_code, verdict)


@pytest.mark.parametrize(("status", "exit_code"), [(FAIL, 1), (UNKNOWN, 3), (ERROR, 3)])
@pytest.mark.parametrize("severity", [CRITICAL, HIGH, MEDIUM, LOW])
@pytest.mark.parametrize("fail_on", [CRITICAL, HIGH, MEDIUM, LOW])
def test_what_is_below_the_threshold_does_not_count(
    status: Status, exit_code: int, severity: Severity, fail_on: Severity
) -> None:
    verdict = {1: "fail", 3: "incomplete"}[exit_code]
    expected = (exit_code, verdict) if severity >= fail_on else (0, "pass")
    assert amounts_to(report(found(status, severity), fail_on=fail_on)) == expected


@pytest.mark.parametrize("fail_on", [CRITICAL, HIGH, MEDIUM, LOW, None])
@pytest.mark.parametrize("status", list(Status))
def test_info_never_counts(status: Status, fail_on: Severity | None) -> None:
    assert amounts_to(report(found(status, INFO), fail_on=fail_on, policy="strict")) == (0, "pass")


@pytest.mark.parametrize(
    ("policy", "finding", "verdict"),
    [
        ("guide", found(FAIL, MEDIUM), "fail"),
        ("guide", found(FAIL, LOW), "pass"),
        ("strict", found(FAIL, LOW), "fail"),
        ("strict", found(UNKNOWN, LOW), "incomplete"),
        ("guide", found(ERROR, CRITICAL), "incomplete"),
    ],
)
def test_never_quiets_the_exit_code_and_not_the_verdict(policy: str, finding: Finding, verdict: str) -> None:
    assert amounts_to(report(finding, policy=policy, fail_on=None)) == (0, verdict)


@pytest.mark.parametrize("policy", ["guide", "strict"])
def test_the_threshold_is_the_policys_where_none_is_given(policy: str) -> None:
    assert POLICIES[policy].fail_on is {"guide": MEDIUM, "strict": LOW}[policy]


@pytest.mark.parametrize(("status", "exit_code"), [(FAIL, 1), (UNKNOWN, 3), (ERROR, 3)])
def test_a_waived_finding_does_not_count(status: Status, exit_code: int) -> None:
    assert amounts_to(report(found(status, waiver=WAIVER))) == (0, "pass")
    assert report(found(status, waiver=WAIVER), found(status)).exit_code == exit_code


@pytest.mark.parametrize(
    ("accepted", "codes", "exit_code"),
    [
        (("denied",), "denied", 0),
        (("absent",), "denied", 3),
        (("denied",), "denied absent", 3),
        (("absent",), "denied absent", 3),
        (("absent", "denied", "failed"), "denied absent", 0),
        ((), "denied", 3),
    ],
)
def test_an_accepted_unknown_does_not_count_where_every_reason_is_accepted(
    accepted: tuple[str, ...], codes: str, exit_code: int
) -> None:
    selection = Selection(accept_unknown=accepted)
    assert report(found(UNKNOWN, codes=codes), selection=selection).exit_code == exit_code


@pytest.mark.parametrize(("status", "exit_code"), [(FAIL, 1), (ERROR, 3)])
def test_accepting_unknowns_accepts_nothing_else(status: Status, exit_code: int) -> None:
    every = Selection(accept_unknown=("denied", "failed", "absent", "not_probed"))
    assert report(found(status), selection=every).exit_code == exit_code


@pytest.mark.parametrize(
    ("selection", "partial"),
    [
        (Selection(), False),
        (Selection(accept_unknown=("denied",)), False),
        (Selection(only=("r",)), True),
        (Selection(skip=("r",)), True),
        (Selection(severity="high"), True),
        (Selection(no_aws=True), True),
        (Selection(no_probe=True), True),
    ],
)
def test_what_was_deselected_makes_a_pass_partial(selection: Selection, partial: bool) -> None:
    assert amounts_to(report(found(PASS), selection=selection)) == (0, "partial" if partial else "pass")
    assert amounts_to(report(found(FAIL), selection=selection)) == (1, "fail")
    assert amounts_to(report(found(ERROR), selection=selection)) == (3, "incomplete")


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [([], "incomplete"), ([found(PASS)], "incomplete"), ([found(UNKNOWN)], "incomplete"), ([found(FAIL)], "fail")],
)
@pytest.mark.parametrize("fail_on", [MEDIUM, None])
@pytest.mark.parametrize("selection", [Selection(), Selection(no_aws=True)])
def test_an_interrupted_scan_is_never_a_pass(
    findings: list[Finding], verdict: str, fail_on: Severity | None, selection: Selection
) -> None:
    told = report(*findings, fail_on=fail_on, selection=selection, interrupted=True)
    assert amounts_to(told) == (130, verdict)
