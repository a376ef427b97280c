"""Evidence that it stays so: flow logs."""

from __future__ import annotations

from typing import Final

import pytest

from orthaudit.declared import Archive, Config
from orthaudit.evidence import Json, Structure
from orthaudit.finding import Status
from tests.estates import NETWORK, expect, finding
from tests.structures import Answers, given, interface

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
RULE: Final = "flow-log-records-accepted"


def log(resource: str, traffic: str = "ALL", **more: Json) -> Structure:
    return {"FlowLogId": f"fl-{resource}", "ResourceId": resource, "TrafficType": traffic, **more}


TWO: Final = given(
    "ec2.DescribeNetworkInterfaces",
    interface("eni-1", "10.0.1.10", "sg-dicom"),
    interface("eni-2", "10.0.2.10", "sg-dicom", SubnetId="subnet-b"),
)


@pytest.mark.parametrize(
    ("logs", "change", "status", "words"),
    [
        pytest.param([log("vpc-1")], {}, PASS, [], id="all"),
        pytest.param([log("vpc-1", "ACCEPT")], {}, PASS, [], id="accepted"),
        pytest.param([log("vpc-1", "REJECT")], {}, FAIL, ["fl-vpc-1", "REJECT"], id="rejects alone"),
        pytest.param([log("vpc-1", "REJECT"), log("vpc-1")], {}, PASS, [], id="rejects, and all"),
        pytest.param([log("vpc-1", FlowLogStatus="INACTIVE")], {}, FAIL, ["not active"], id="not active"),
        pytest.param([log("vpc-1", DeliverLogsStatus="FAILED")], {}, FAIL, ["FAILED"], id="not delivered"),
        pytest.param([log("vpc-1", DeliverLogsStatus="SUCCESS")], {}, PASS, [], id="delivered"),
        pytest.param([], {}, FAIL, ["no flow log"], id="none"),
        pytest.param([log("vpc-9")], {}, FAIL, ["no flow log"], id="another VPC's"),
        pytest.param([log("subnet-a")], {}, PASS, ["subnet"], id="the listener's subnet"),
        pytest.param([log("eni-1")], {}, PASS, ["interface"], id="the listener's interface"),
        pytest.param([log("subnet-a", "REJECT")], {}, FAIL, [], id="the subnet's rejects"),
        pytest.param([log("subnet-b")], {}, FAIL, ["no flow log"], id="another subnet"),
        pytest.param([log("subnet-a")], TWO, FAIL, [], id="one listener's of two"),
        pytest.param([log("subnet-a"), log("eni-2")], TWO, PASS, [], id="both"),
        pytest.param([log("vpc-1") | {"TrafficType": None}], {}, UNKNOWN, ["TrafficType"], id="traffic not told"),
        pytest.param(None, {}, UNKNOWN, ["DescribeFlowLogs", "AccessDenied"], id="denied"),
    ],
)
def test_flow_logs(logs: list[Structure] | None, change: Answers, status: Status, words: list[str]) -> None:
    answers = NETWORK | change | given("ec2.DescribeFlowLogs", *(logs or ()))
    one = finding(RULE, answers, ["ec2.DescribeFlowLogs"] if logs is None else [])
    expect(one, status, *words)
    assert one.subject.id == "vpc-1"
    assert "--resource-ids vpc-1" in one.remediation


@pytest.mark.parametrize(
    ("change", "denied", "declared", "status", "words"),
    [
        pytest.param(given("ec2.DescribeNetworkInterfaces"), None, [], UNKNOWN, ["archive.vpcs"], id="no archive"),
        pytest.param(given("ec2.DescribeNetworkInterfaces"), None, ["vpc-1"], PASS, [], id="declared"),
        pytest.param(given("ec2.DescribeNetworkInterfaces"), None, ["vpc-lost"], UNKNOWN, ["vpc-lost"], id="lost"),
        pytest.param({}, "ec2.DescribeVpcs", [], UNKNOWN, ["DescribeVpcs"], id="VPCs denied"),
        pytest.param({}, "ec2.DescribeNetworkInterfaces", [], UNKNOWN, ["NetworkInterfaces"], id="interfaces denied"),
    ],
)
def test_the_archive_s_vpc(
    change: Answers, denied: str | None, declared: list[str], status: Status, words: list[str]
) -> None:
    answers = NETWORK | given("ec2.DescribeFlowLogs", log("vpc-1")) | change
    config = Config(archive=Archive(vpcs=tuple(declared)))
    expect(finding(RULE, answers, [denied] if denied else [], config=config), status, *words)
