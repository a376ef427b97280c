"""The console report: what stands where, what is said once, and what is only counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta, timezone
from typing import Any

import pytest

from orthaudit.finding import Evidence, Finding, FixBy, Missing, Severity, Status, Waiver
from orthaudit.report import Page, Report
from orthaudit_reports.console import write

Make = Callable[..., Report]
Find = Callable[..., Finding]

SGR = re.compile(r"\x1b\[[0-9;]*m")
FAIL, UNKNOWN, ERROR, PASS = Status.FAIL, Status.UNKNOWN, Status.ERROR, Status.PASS
CRITICAL, HIGH, MEDIUM, LOW, INFO = sorted(Severity, reverse=True)
WAIVER = Waiver("r", "sg-1", "until the move", "Ada Moreau", date(2027, 1, 31))


def flat(text: str) -> str:
    """The text without its line breaks and margins."""
    return " ".join(text.split())


def test_the_order_of_the_page(make: Make) -> None:
    text = write(make(), Page())
    parts = (
        "FAIL: ",
        "estate ",
        "as of ",
        "policy ",
        "Failed: 1 critical, 1 low, 1 info ─",
        "CRITICAL  failed-rule",
        "LOW       low-rule",
        "INFO      info-rule · info never fails a scan",
        "Could not be seen (unknown): 1 medium ─",
        "UNKNOWN   denied, the caller may not ask: what unknown-rule found",
        "Needs ec2.DescribeFlowLogs",
        "• MEDIUM unknown-rule",
        "Broke while judging (error): 1 medium ─",
        "MEDIUM    broken-rule",
        "Waived: 1; 1 expired waiver ─",
        "HIGH      waived-rule · fail",
        "EXPIRED   failed-rule",
        "Counts ─",
        "1 check passed; 1 did not apply",
        "What to do next ─",
        "orthaudit rules failed-rule",
        "--output json=report.json",
        "denied by AWS",
        "exit code 1",
    )
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_an_entry_says_who_mends_what(make: Make, finding: Find) -> None:
    failed = finding(
        "r", FAIL, HIGH, name="archive", message="2 reasons", vantage="clinic-a", fix_by=FixBy.PACS,
        remediation="turn TLS on", evidence=(Evidence("probe", "accepts TLS 1.0"), Evidence("probe", "and 1.1")),
    )  # fmt: skip
    assert """
HIGH      r
          What r says.
          • sg-1 (archive), seen from clinic-a
            2 reasons
            - accepts TLS 1.0
            - and 1.1
          Fix (PACS team): turn TLS on
""" in write(make(findings=(failed,)), Page())


@pytest.mark.parametrize(
    ("fixes", "times"),
    [
        (("mend it", "mend it"), {"Fix (cloud team): mend it": 1}),
        (("mend sg-a", "mend sg-b"), {"Fix (cloud team): mend <id>": 1}),
        (("mend it", "burn it"), {"Fix (cloud team): mend it": 1, "Fix (cloud team): burn it": 1}),
        (("", ""), {"Fix": 0}),
    ],
)
def test_a_fix_is_said_once_where_it_is_one(
    make: Make, finding: Find, fixes: tuple[str, str], times: dict[str, int]
) -> None:
    findings = tuple(
        finding("r", FAIL, HIGH, id=one, remediation=fix) for one, fix in zip(("sg-a", "sg-b"), fixes, strict=True)
    )
    text = write(make(findings=findings), Page())
    assert {part: text.count(part) for part in times} == times
    assert text.count("What r says.") == 1
    assert "• sg-a" in text
    assert "• sg-b" in text


def test_many_reasons_are_cut_and_counted(make: Make, finding: Find) -> None:
    evidence = tuple(Evidence("probe", f"reason {number}") for number in range(9))
    text = write(make(findings=(finding("r", FAIL, evidence=evidence),)), Page())
    assert "- reason 4\n" in text
    assert "- reason 5" not in text
    assert "- and 4 more, in the JSON report" in text


def test_a_cause_is_named(make: Make, finding: Find) -> None:
    cause = finding("cause", FAIL, id="sg-cause")
    text = write(make(findings=(finding("r", FAIL, because_of=cause.id), cause)), Page())
    assert "Because of cause on sg-cause" in text


def test_unknowns_with_one_cause_are_one_entry(make: Make, finding: Find) -> None:
    missing = Missing("not_declared", ("archive.bucket",))
    findings = (
        finding("a", UNKNOWN, LOW, id="sg-a", unknown=missing, message="no bucket is named"),
        finding("b", UNKNOWN, HIGH, id="sg-b", unknown=missing, message="no bucket is named"),
        finding("b", UNKNOWN, HIGH, id="sg-c", unknown=missing, message="no bucket is named"),
    )
    assert """
UNKNOWN   not_declared, orthaudit.yaml does not say: no bucket is named
          Needs archive.bucket
          • HIGH b
            sg-b, sg-c
          • LOW a · below medium: not counted
            sg-a
""" in write(make(findings=findings), Page())


def test_waivers_have_an_owner_and_an_end(make: Make) -> None:
    text = flat(write(make(), Page()))
    assert (
        "Waived until 2027-01-31 by Ada Moreau: until the move (approved by the board); instead: a private line" in text
    )
    assert "Ended on 2026-10-01 and counts no longer; was by Jo Lee: was built" in text


def test_a_waived_failure_is_not_among_the_failures(make: Make, finding: Find) -> None:
    text = write(make(findings=(finding("r", FAIL, waiver=WAIVER),), expired_waivers=()), Page())
    assert "Failed:" not in text
    assert "Waived: 1 ─" in text


def test_passes_are_counted_and_not_listed(make: Make) -> None:
    text = write(make(), Page())
    assert "sg-passed" not in text
    assert "sg-absent" not in text
    assert re.search(r"^HIGH +1 +· +· +1 +1 +1$", text, re.MULTILINE)
    assert re.search(r"^all +4 +1 +1 +1 +1 +1$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "estate 1 account (111122223333); 1 region (ca-central-1); 1 DICOM listener probed, 1 left alone as of"),
        ({"accounts": (), "regions": (), "listeners": ()}, "estate no account; no region; 0 DICOM listeners probed as"),
        ({"regions": tuple("abcde")}, "5 regions (a, b, c and 2 more)"),
        ({"source": "lab"}, "as of 2026-11-25 03:00 UTC; the embedded lab; asked as arn:"),
        ({"regions": ("a", "b")}, "• sg-1 (archive) in 111122223333/ca-central-1, seen from clinic-a"),
    ],
)
def test_the_estate_is_named(make: Make, fields: dict[str, Any], says: str) -> None:
    assert says in flat(write(make(**fields), Page()))


def test_times_are_in_the_time_zone_of_the_page(make: Make) -> None:
    zone = timezone(timedelta(hours=1), "CET")
    assert "2026-11-25 04:00 CET" in write(make(), Page(time_zone=zone))


def test_denied_operations_are_named(make: Make) -> None:
    assert "ec2.DescribeFlowLogs: allow it in the policy of arn:aws:sts::" in flat(write(make(), Page()))
    assert "denied by AWS" not in write(make(coverage=()), Page())


@pytest.mark.parametrize("width", [80, 120])
def test_colour_adds_nothing_but_colour(make: Make, width: int) -> None:
    plain = write(make(), Page(width))
    coloured = write(make(), Page(width, colour=True))
    assert "\x1b" not in plain
    assert SGR.search(coloured)
    assert [line.rstrip() for line in SGR.sub("", coloured).split("\n")] == plain.split("\n")


def test_the_environment_changes_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = (Page(), Page(colour=True))
    texts = [write(make(), page) for page in pages]
    for name, value in {"COLUMNS": "40", "FORCE_COLOR": "1", "TERM": "dumb", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    assert [write(make(), page) for page in pages] == texts


def test_long_ids_wrap(make: Make, finding: Find) -> None:
    arn = f"arn:aws:elasticloadbalancing:ca-central-1:111122223333:listener/net/{'n' * 60}/{'0' * 16}"
    text = write(make(findings=(finding("r", FAIL, id=arn, name="d" * 100),)), Page())
    assert max(map(len, text.split("\n"))) <= 80
    assert arn in re.sub(r"\n +", "", text)
