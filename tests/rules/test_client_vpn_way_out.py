"""Client VPN: security groups and authorization, up to the DICOM listeners."""

from __future__ import annotations

import pytest

from orthaudit.declared import Config, Listener
from orthaudit.evidence import Json, Structure
from orthaudit.finding import Severity, Status
from orthaudit.policy import Policy
from tests.estates import SOUND, expect, finding
from tests.structures import (
    ENDPOINT,
    Answers,
    destination,
    endpoints,
    given,
    interface,
    of_endpoint,
    permission,
    prefix_list,
    security_group,
    target_network,
)

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE

DICOM = security_group("sg-dicom", permission(11112, "10.0.0.0/16"))
ARCHIVE = interface("eni-1", "10.0.1.10", "sg-dicom")
OWN = interface("eni-9", "10.0.2.50", "sg-vpn", RequesterManaged=True)


def way_out(*egress: Structure, name: str = "vpn") -> Answers:
    """What the endpoint's own group lets out."""
    group = security_group("sg-vpn", egress=egress, GroupName=name)
    return given("ec2.DescribeSecurityGroups", DICOM, group)


@pytest.mark.parametrize(
    ("change", "severity", "words"),
    [
        pytest.param({}, None, [], id="everything, as the guide has it"),
        pytest.param(
            way_out(), Severity.HIGH, ["10.0.1.10:11112", "eni-1:11112"], id="nothing, as Terraform leaves it"
        ),
        pytest.param(way_out(permission(None, "0.0.0.0/1", "128.0.0.0/1", protocol="-1")), None, [], id="halves"),
        pytest.param(way_out(permission((0, 65535), "0.0.0.0/0")), None, [], id="every TCP port"),
        pytest.param(way_out(permission((1, 65535), "0.0.0.0/0")), None, [], id="1-65535"),
        pytest.param(way_out(permission(None, "::/0", protocol="-1")), Severity.HIGH, ["10.0.1.10"], id="IPv6 alone"),
        pytest.param(way_out(permission(None, "0.0.0.0/0", protocol="udp")), Severity.HIGH, ["10.0.1.10"], id="udp"),
        pytest.param(way_out(permission(443, "0.0.0.0/0")), Severity.HIGH, ["10.0.1.10:11112"], id="another port"),
        pytest.param(way_out(permission(11112, "10.0.1.10/32")), None, [], id="the listener's address"),
        pytest.param(way_out(permission(11112, "10.0.1.11/32")), Severity.HIGH, ["10.0.1.10"], id="another address"),
        pytest.param(way_out(permission(11112, "sg-dicom")), None, [], id="the listener's group"),
        pytest.param(way_out(permission(11112, "sg-other")), Severity.HIGH, ["10.0.1.10"], id="another group"),
        pytest.param(way_out(permission(11112, "pl-in")), None, [], id="by list"),
        pytest.param(way_out(permission(11112, "pl-out")), Severity.HIGH, ["10.0.1.10"], id="by a list of others"),
        pytest.param(
            way_out(permission(None, "0.0.0.0/0", protocol="-1"), name="default"),
            Severity.MEDIUM,
            ["default"],
            id="default group",
        ),
        pytest.param(way_out(name="default"), Severity.HIGH, ["2 reasons"], id="default group, and nothing out"),
        pytest.param(
            given("ec2.DescribeNetworkInterfaces", ARCHIVE, interface("eni-7", "10.0.1.7", "sg-vpn")),
            Severity.MEDIUM,
            ["sg-vpn", "eni-7"],
            id="a shared group",
        ),
        pytest.param(given("ec2.DescribeNetworkInterfaces", ARCHIVE, OWN), None, [], id="the endpoint's own interface"),
        pytest.param(
            given("ec2.DescribeNetworkInterfaces", ARCHIVE, OWN | {"SubnetId": "subnet-x"}),
            Severity.MEDIUM,
            ["eni-9"],
            id="an interface of AWS in another subnet",
        ),
        pytest.param(
            given("ec2.DescribeNetworkInterfaces", ARCHIVE, interface("eni-2", "10.0.2.10", "sg-dicom"))
            | way_out(permission(11112, "10.0.1.10/32")),
            Severity.HIGH,
            ["eni-2:11112"],
            id="one listener of two",
        ),
        pytest.param(
            of_endpoint("TargetNetworks", target_network("subnet-a", "sg-vpn"), target_network("subnet-b", "sg-out"))
            | given(
                "ec2.DescribeSecurityGroups",
                DICOM,
                security_group("sg-vpn", egress=()),
                security_group("sg-out", egress=[permission(11112, "10.0.0.0/16")]),
            ),
            None,
            [],
            id="by another of its groups",
        ),
        pytest.param(
            of_endpoint("TargetNetworks", target_network("subnet-a", "sg-vpn", "sg-out"))
            | given("ec2.DescribeSecurityGroups", DICOM, security_group("sg-vpn", egress=()), security_group("sg-out")),
            None,
            [],
            id="one of its groups lets everything out",
        ),
    ],
)
def test_security_group(change: Answers, severity: Severity | None, words: list[str]) -> None:
    answers = SOUND | prefix_list("pl-in", "10.0.1.0/24") | prefix_list("pl-out", "10.0.2.0/24") | change
    one = finding("client-vpn-security-group", answers)
    expect(one, PASS if severity is None else FAIL, *words)
    assert severity in (None, one.severity)
    assert "IpRanges=[{CidrIp=0.0.0.0/0}]" in one.remediation


NO_WAY_OUT = way_out()
UNSEEN: dict[str, Json] = {"orthaudit:unobserved": ["known_after_apply", "a plan"]}


@pytest.mark.parametrize(
    ("change", "denied", "status", "words"),
    [
        pytest.param(way_out(permission(11112, "pl-lost")), None, UNKNOWN, ["pl-lost"], id="list not read"),
        pytest.param(
            way_out(permission(11112, "pl-lost", "10.0.1.10/32")), None, PASS, [], id="passes without the list"
        ),
        pytest.param(
            given("ec2.DescribeSecurityGroups", DICOM, security_group("sg-vpn", IpPermissionsEgress=UNSEEN)),
            None,
            UNKNOWN,
            ["IpPermissionsEgress"],
            id="egress not told",
        ),
        pytest.param(NO_WAY_OUT, "elbv2.DescribeTargetGroups", UNKNOWN, ["TargetGroups"], id="listeners not all seen"),
        pytest.param({}, "elbv2.DescribeTargetGroups", PASS, [], id="everything out needs no listener"),
        pytest.param({}, "ec2.DescribeSecurityGroups", UNKNOWN, ["DescribeSecurityGroups"], id="groups"),
        pytest.param({}, "ec2.DescribeNetworkInterfaces", UNKNOWN, ["NetworkInterfaces"], id="shared with?"),
        pytest.param({}, "ec2.DescribeClientVpnTargetNetworks", UNKNOWN, ["TargetNetworks"], id="networks"),
        pytest.param(
            of_endpoint("TargetNetworks", target_network("subnet-a", "sg-lost")), None, UNKNOWN, ["sg-lost"], id="lost"
        ),
        pytest.param(
            of_endpoint("TargetNetworks", target_network("subnet-a", "sg-lost", "sg-vpn")) | NO_WAY_OUT,
            None,
            UNKNOWN,
            ["sg-lost"],
            id="the lost group may let out",
        ),
        pytest.param(
            of_endpoint("TargetNetworks", target_network("subnet-a")),
            None,
            UNKNOWN,
            ["name no security group"],
            id="none named",
        ),
        pytest.param(of_endpoint("TargetNetworks"), None, NOT_APPLICABLE, ["no subnet"], id="no association"),
        pytest.param(
            NO_WAY_OUT | given("ec2.DescribeNetworkInterfaces"),
            None,
            UNKNOWN,
            ["dicom.listeners"],
            id="no listener known",
        ),
    ],
)
def test_security_group_not_seen(change: Answers, denied: str | None, status: Status, words: list[str]) -> None:
    expect(finding("client-vpn-security-group", SOUND | change, [denied] if denied else []), status, *words)


def authorized(*rules: tuple[str, str]) -> Answers:
    return of_endpoint("AuthorizationRules", *(destination(*rule) for rule in rules))


@pytest.mark.parametrize(
    ("rules", "policy", "status", "words"),
    [
        pytest.param([("10.0.0.0/16", "active")], "required", PASS, [], id="the VPC"),
        pytest.param([("10.0.1.0/24", "active")], "required", PASS, [], id="the subnet"),
        pytest.param([("10.0.1.0/25", "active")], "required", FAIL, ["10.0.1.0/24", "subnet-a"], id="half of it"),
        pytest.param([("10.0.1.0/25", "active"), ("10.0.1.128/25", "active")], "required", PASS, [], id="two halves"),
        pytest.param(
            [("10.0.2.0/24", "active")], "required", FAIL, ["10.0.1.0/24", "eni-1:11112"], id="another subnet"
        ),
        pytest.param([("10.0.0.0/16", "active"), ("10.0.1.0/24", "active")], "required", PASS, [], id="a narrower one"),
        pytest.param([], "required", FAIL, ["10.0.1.0/24"], id="none"),
        pytest.param([("10.0.0.0/16", "authorizing")], "required", FAIL, ["no active rule"], id="not yet active"),
        pytest.param([("10.0.0.0/16", "revoking")], "required", FAIL, ["no active rule"], id="being revoked"),
        pytest.param([("0.0.0.0/0", "active")], "required", FAIL, ["0.0.0.0/0"], id="everything"),
        pytest.param(
            [("0.0.0.0/0", "authorizing")], "required", FAIL, ["2 reasons", "0.0.0.0/0"], id="everything soon"
        ),
        pytest.param([("10.0.0.0/16", "active"), ("::/0", "active")], "required", FAIL, ["::/0"], id="all IPv6"),
        pytest.param([("0.0.0.0/1", "active"), ("128.0.0.0/1", "active")], "required", FAIL, ["together"], id="halves"),
        pytest.param([("10.0.0.0/16", "active"), ("0.0.0.0/0", "revoking")], "required", PASS, [], id="revoked"),
        pytest.param([("0.0.0.0/0", "active")], "any", PASS, [], id="everything, under any"),
        pytest.param([("0.0.0.0/0", "active")], "forbidden", PASS, [], id="everything, under forbidden"),
        pytest.param([("10.0.2.0/24", "active")], "any", FAIL, ["10.0.1.0/24"], id="not covered, under any"),
    ],
)
def test_authorization(rules: list[tuple[str, str]], policy: str, status: Status, words: list[str]) -> None:
    config = Config(policy=Policy(split_tunnel=policy))
    one = finding("client-vpn-authorization", SOUND | authorized(*rules), config=config)
    expect(one, status, *words)
    assert ENDPOINT in one.remediation


@pytest.mark.parametrize(
    ("change", "denied", "status", "words"),
    [
        pytest.param({}, "ec2.DescribeClientVpnAuthorizationRules", UNKNOWN, ["AuthorizationRules"], id="rules"),
        pytest.param({}, "ec2.DescribeSubnets", UNKNOWN, ["DescribeSubnets"], id="subnets"),
        pytest.param({}, "ec2.DescribeNetworkInterfaces", UNKNOWN, ["NetworkInterfaces"], id="interfaces"),
        pytest.param(
            authorized(("0.0.0.0/0", "active")), "ec2.DescribeSubnets", FAIL, ["0.0.0.0/0"], id="still a fail"
        ),
        pytest.param(
            given("ec2.DescribeNetworkInterfaces"), None, UNKNOWN, ["dicom.listeners"], id="no listener known"
        ),
        pytest.param(endpoints(VpcId="vpc-2"), None, UNKNOWN, ["vpc-2"], id="no listener in its VPC"),
    ],
)
def test_authorization_not_seen(change: Answers, denied: str | None, status: Status, words: list[str]) -> None:
    expect(finding("client-vpn-authorization", SOUND | change, [denied] if denied else []), status, *words)


def test_a_subnet_of_ipv6_alone_must_be_covered_too() -> None:
    ipv6: Structure = {
        "SubnetId": "subnet-a",
        "VpcId": "vpc-1",
        "AvailabilityZoneId": "cac1-az1",
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8::/64"}],
    }
    answers = SOUND | given("ec2.DescribeSubnets", ipv6)
    config = Config(dicom_listeners=(Listener("10.0.1.10", 11112),))
    expect(finding("client-vpn-authorization", answers, config=config), FAIL, "2001:db8::/64")
