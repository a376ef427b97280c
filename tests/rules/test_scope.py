"""Whether the scan looked where the archive is."""

from __future__ import annotations

from typing import Final

import pytest

from orthaudit.declared import Archive, Config, Listener
from orthaudit.evidence import Structure
from orthaudit.finding import Severity, Status
from tests.estates import NETWORK, expect, finding
from tests.structures import Answers, given, probe

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
RULE: Final = "archive-in-scope"
PACS: Final = Config(dicom_listeners=(Listener("pacs.example.org", 11112),))
NOTHING_THERE: Final = NETWORK | given("ec2.DescribeNetworkInterfaces")


def silent(speaks: str, **more: str) -> Structure:
    return {**probe(speaks=speaks), "association": None, "address": "198.51.100.1", **more}


@pytest.mark.parametrize(
    ("answers", "probes", "config", "status", "words"),
    [
        pytest.param(NETWORK, [], Config(), PASS, ["1 DICOM listener"], id="seen in AWS"),
        pytest.param(None, [probe()], Config(), PASS, ["1 DICOM listener"], id="seen by a probe"),
        pytest.param(None, [silent("dicom")], Config(), PASS, ["1 DICOM listener"], id="in the clear"),
        pytest.param(NOTHING_THERE, [], Config(), UNKNOWN, ["no DICOM listener", "11112"], id="none"),
        pytest.param(None, [], Config(), UNKNOWN, ["no DICOM listener"], id="nothing was looked at"),
        pytest.param(None, [silent("http")], Config(), UNKNOWN, ["no DICOM listener"], id="a web server is none"),
        pytest.param(None, [silent("silence")], Config(), UNKNOWN, ["no DICOM listener"], id="silence is none"),
        pytest.param(NETWORK, [probe()], PACS, PASS, [], id="declared and seen"),
        pytest.param(NETWORK, [silent("refused")], PACS, FAIL, ["pacs.example.org:11112"], id="declared and closed"),
        pytest.param(NETWORK, [silent("unreachable")], PACS, UNKNOWN, ["unreachable"], id="declared, unreachable"),
        pytest.param(NETWORK, [silent("silence")], PACS, UNKNOWN, ["silence"], id="declared, silent"),
        pytest.param(NETWORK, [], PACS, UNKNOWN, ["pacs.example.org:11112", "not probed"], id="declared, not probed"),
        pytest.param(
            NETWORK, [probe(port=2762), silent("refused")], PACS, FAIL, ["pacs.example.org:11112"], id="another port"
        ),
        pytest.param(
            NETWORK, [], Config(dicom_listeners=(Listener("10.0.1.10"),)), PASS, [], id="declared by its address in AWS"
        ),
        pytest.param(
            NETWORK, [], Config(dicom_listeners=(Listener("pacs", 1, stands_for="i-1"),)), PASS, [], id="by stands_for"
        ),
        pytest.param(NETWORK, [], Config(archive=Archive(instances=("i-1",))), PASS, [], id="its instance"),
        pytest.param(NETWORK, [], Config(archive=Archive(instances=("i-9",))), FAIL, ["i-9"], id="not its instance"),
        pytest.param(
            None, [probe()], Config(archive=Archive(instances=("i-1",))), UNKNOWN, ["i-1"], id="no account was asked"
        ),
    ],
)
def test_archive_in_scope(
    answers: Answers | None, probes: list[Structure], config: Config, status: Status, words: list[str]
) -> None:
    one = finding(RULE, answers, probes=probes, config=config)
    expect(one, status, *words)
    assert (one.subject.type, one.subject.id) == ("archive", "archive")
    assert one.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("tls", "refused", PASS),
        ("dicom", "unreachable", PASS),
        ("refused", "refused", FAIL),
        ("refused", "silence", UNKNOWN),
    ],
)
def test_closed_from_one_vantage_point_is_not_closed(first: str, second: str, status: Status) -> None:
    seen = [silent(first, vantage="a"), silent(second, vantage="b")]
    assert {finding(RULE, NETWORK, probes=those, config=PACS).status for those in (seen, seen[::-1])} == {status}


@pytest.mark.parametrize("denied", ["ec2.DescribeNetworkInterfaces", "ec2.DescribeSecurityGroups"])
def test_what_was_denied_may_hide_a_listener(denied: str) -> None:
    expect(finding(RULE, NOTHING_THERE, [denied]), UNKNOWN, denied, "AccessDenied")
    config = Config(archive=Archive(instances=("i-9",)))
    expect(finding(RULE, NETWORK, ["ec2.DescribeNetworkInterfaces"], config=config), UNKNOWN, "AccessDenied")


def test_a_listener_that_was_seen_is_enough_but_the_pass_says_what_was_not() -> None:
    one = finding(RULE, NETWORK, ["elbv2.DescribeTargetGroups"])
    expect(one, PASS, "1 DICOM listener", "may be more", "elbv2.DescribeTargetGroups")
