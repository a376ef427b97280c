"""Direct Connect: whether it is up, and whether images travel over it alone."""

from __future__ import annotations

import pytest

from orthaudit.evidence import Json, Structure
from orthaudit.finding import Status
from tests.estates import SOUND, expect, finding, findings
from tests.structures import (
    Answers,
    bgp_peer,
    given,
    interface,
    permission,
    prefix_list,
    security_group,
    virtual_interface,
)

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE
AVAILABLE, PRIVATE = "direct-connect-available", "direct-connect-private"
UNSEEN: Json = {"orthaudit:unobserved": ["known_after_apply", "a plan"]}


def private(*peers: Structure, state: str = "available") -> Structure:
    return virtual_interface("dxvif-1", "private", *peers, state=state)


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("available", PASS, []),
        ("down", FAIL, ["down"]),
        ("ordering", FAIL, ["ordering"]),
        ("unknown", UNKNOWN, ["connectionState"]),
        (None, UNKNOWN, ["connectionState"]),
        ("deleted", NOT_APPLICABLE, ["no direct connect"]),
        ("rejected", NOT_APPLICABLE, ["no direct connect"]),
    ],
)
def test_connections(state: str | None, status: Status, words: list[str]) -> None:
    answers = {
        **given("directconnect.DescribeConnections", {"connectionId": "dxcon-1", "connectionState": state}),
        **given("directconnect.DescribeVirtualInterfaces"),
    }
    one = finding(AVAILABLE, answers)
    expect(one, status, *words)
    assert status is NOT_APPLICABLE or (one.subject.id == "dxcon-1" and "dxcon-1" in one.remediation)


@pytest.mark.parametrize(
    ("link", "status", "words"),
    [
        pytest.param(private(bgp_peer()), PASS, [], id="up"),
        pytest.param(private(bgp_peer(), state="down"), FAIL, ["down"], id="down"),
        pytest.param(private(bgp_peer("down")), FAIL, ["dxpeer-1", "down"], id="BGP down"),
        pytest.param(private(bgp_peer("down"), state="down"), FAIL, ["2 reasons"], id="both down"),
        pytest.param(private(), FAIL, ["no BGP peer"], id="no peer"),
        pytest.param(private(bgp_peer("up"), bgp_peer("down")), FAIL, ["down"], id="one of two"),
        pytest.param(
            private(bgp_peer("up"), bgp_peer("down", "deleted")),
            PASS,
            [],
            id="one gone",
        ),
        pytest.param(private(bgp_peer("down", "deleting")), FAIL, ["no BGP peer"], id="all gone"),
        pytest.param(private(bgp_peer("up", "pending")), FAIL, ["pending"], id="pending"),
        pytest.param(private(bgp_peer("unknown")), UNKNOWN, ["bgpStatus"], id="BGP unknown"),
        pytest.param(
            private(bgp_peer("unknown"), bgp_peer("down")),
            FAIL,
            ["down"],
            id="and down",
        ),
        pytest.param(
            private(bgp_peer()) | {"bgpPeers": UNSEEN},
            UNKNOWN,
            ["bgpPeers"],
            id="unseen",
        ),
        pytest.param(private(bgp_peer(), state="unknown"), UNKNOWN, ["State"], id="state unknown"),
        pytest.param(
            private(bgp_peer("down"), state="unknown"),
            FAIL,
            ["down"],
            id="yet BGP down",
        ),
        pytest.param(
            private(state="deleted"),
            NOT_APPLICABLE,
            ["no direct connect"],
            id="deleted",
        ),
    ],
)
def test_virtual_interfaces(link: Structure, status: Status, words: list[str]) -> None:
    answers = {
        **given("directconnect.DescribeConnections"),
        **given("directconnect.DescribeVirtualInterfaces", link),
    }
    expect(finding(AVAILABLE, answers), status, *words)


@pytest.mark.parametrize("denied", ["directconnect.DescribeConnections", "directconnect.DescribeVirtualInterfaces"])
def test_half_of_the_evidence_is_said_to_be_missing(denied: str) -> None:
    unknown = [one for one in findings(AVAILABLE, SOUND, [denied]) if one.status is UNKNOWN]
    assert [one.subject.type for one in unknown] == ["region"]
    expect(unknown[0], UNKNOWN, denied, "AccessDenied")


def archive(*sources: str, public: str | None = "192.0.2.10", **more: Json) -> Answers:
    """The listener, open to these sources."""
    return {
        **given("ec2.DescribeSecurityGroups", security_group("sg-dicom", permission(11112, *sources))),
        **given("ec2.DescribeNetworkInterfaces", interface("eni-1", "10.0.1.10", "sg-dicom", public=public, **more)),
    }


def public_vif(*filters: str) -> Answers:
    return given("directconnect.DescribeVirtualInterfaces", virtual_interface("dxvif-9", "public", filters=filters))


IPV6: list[Json] = [{"Ipv6Address": "2600::10"}]


@pytest.mark.parametrize(
    ("change", "denied", "status", "words"),
    [
        pytest.param({}, None, PASS, [], id="the filter does not meet the open group"),
        pytest.param(archive("198.51.100.0/24"), None, FAIL, ["198.51.100.0/24", "192.0.2.10"], id="it does"),
        pytest.param(archive("198.51.100.9/32"), None, FAIL, ["198.51.100.9/32"], id="a part of it"),
        pytest.param(archive("0.0.0.0/0"), None, FAIL, ["198.51.100.0/24"], id="the world"),
        pytest.param(archive("0.0.0.0/0", public=None), None, PASS, [], id="no public address"),
        pytest.param(archive("10.0.0.0/8"), None, PASS, [], id="private sources"),
        pytest.param(archive("203.0.113.7/32") | public_vif(), None, FAIL, ["203.0.113.7"], id="no filter is told"),
        pytest.param(archive("10.0.0.0/8") | public_vif(), None, PASS, [], id="no filter, private sources"),
        pytest.param(archive("10.0.0.0/8") | public_vif("10.0.0.0/8"), None, PASS, [], id="a private filter"),
        pytest.param(archive("::/0") | public_vif("2600::/32"), None, PASS, [], id="IPv6 open, no IPv6 address"),
        pytest.param(
            archive("::/0", public=None, Ipv6Addresses=IPV6) | public_vif("2600::/32"),
            None,
            FAIL,
            ["2600::/32"],
            id="IPv6",
        ),
        pytest.param(
            archive("0.0.0.0/0", public=None, Ipv6Addresses=IPV6) | public_vif("198.51.100.0/24"),
            None,
            PASS,
            [],
            id="IPv4 open, IPv6 address alone",
        ),
        pytest.param(
            archive("pl-x") | prefix_list("pl-x", "198.51.100.0/28"), None, FAIL, ["198.51.100.0/28"], id="by list"
        ),
        pytest.param(archive("pl-lost"), None, UNKNOWN, ["pl-lost"], id="list not read"),
        pytest.param(archive("pl-lost", "0.0.0.0/0"), None, FAIL, ["198.51.100.0/24"], id="fails without the list"),
        pytest.param({}, "ec2.DescribeNetworkInterfaces", UNKNOWN, ["NetworkInterfaces"], id="interfaces denied"),
        pytest.param(archive("0.0.0.0/0"), "elbv2.DescribeTargetGroups", FAIL, ["192.0.2.10"], id="fails without them"),
        pytest.param({}, "elbv2.DescribeTargetGroups", UNKNOWN, ["TargetGroups"], id="there may be more listeners"),
    ],
)
def test_direct_connect_private(change: Answers, denied: str | None, status: Status, words: list[str]) -> None:
    one = finding(PRIVATE, SOUND | public_vif("198.51.100.0/24") | change, [denied] if denied else [])
    expect(one, status, *words)
    assert one.subject.id == "dxvif-9"
    assert "dxvif-9" in one.remediation


@pytest.mark.parametrize(("kind", "status"), [("private", PASS), ("transit", PASS), (None, UNKNOWN)])
def test_other_virtual_interfaces_lead_to_no_public_address(kind: str | None, status: Status) -> None:
    link = private(bgp_peer()) | {"virtualInterfaceType": kind}
    answers = SOUND | archive("0.0.0.0/0") | given("directconnect.DescribeVirtualInterfaces", link)
    expect(finding(PRIVATE, answers), status)
