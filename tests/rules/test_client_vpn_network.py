"""Client VPN: client addresses, and the subnets that it is associated with."""

from __future__ import annotations

import pytest

from orthaudit.evidence import Json, Structure
from orthaudit.finding import Status
from tests.estates import SOUND, expect, finding
from tests.structures import (
    ENDPOINT,
    Answers,
    destination,
    endpoints,
    given,
    of_endpoint,
    peering,
    prefix_list,
    route,
    route_table,
    subnet,
    target_network,
    vpc,
)

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE
OTHER_VPC = given("ec2.DescribeVpcs", vpc("vpc-1", "10.0.0.0/16"), vpc("vpc-2", "192.168.0.0/16"))

UNSEEN: dict[str, Json] = {"orthaudit:unobserved": ["known_after_apply", "a plan"]}


def main_table(*routes: str) -> Answers:
    """The VPC's own main table, with these destinations behind a virtual private gateway."""
    return given(
        "ec2.DescribeRouteTables", route_table("rtb-1", *(route(one, GatewayId="vgw-1") for one in routes), main=True)
    )


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        pytest.param({}, PASS, [], id="sound"),
        pytest.param(endpoints(ClientCidrBlock="172.16.0.0/12"), PASS, [], id="the widest"),
        pytest.param(endpoints(ClientCidrBlock="172.0.0.0/11"), FAIL, ["172.0.0.0/11"], id="too wide"),
        pytest.param(endpoints(ClientCidrBlock="192.168.0.0/23"), FAIL, ["192.168.0.0/23"], id="too narrow"),
        pytest.param(endpoints(ClientCidrBlock=None), NOT_APPLICABLE, ["IPv4"], id="IPv6 only"),
        pytest.param(endpoints(ClientCidrBlock="10.0.0.0/22"), FAIL, ["2 reasons", "vpc-1"], id="inside the VPC"),
        pytest.param(
            given("ec2.DescribeVpcs", vpc("vpc-1", "10.0.0.0/16", "192.168.3.0/24")),
            FAIL,
            ["vpc-1"],
            id="a second CIDR",
        ),
        pytest.param(OTHER_VPC, PASS, [], id="another VPC"),
        pytest.param(main_table("192.168.2.0/24"), FAIL, ["192.168.2.0/24", "rtb-1"], id="a route"),
        pytest.param(main_table("192.168.4.0/24", "0.0.0.0/0"), PASS, [], id="routes beside it, and the default one"),
        pytest.param(
            given("ec2.DescribeRouteTables", route_table("rtb-2", route("192.168.0.0/16"), vpc_id="vpc-2", main=True)),
            PASS,
            [],
            id="another VPC's route",
        ),
        pytest.param(
            main_table("pl-1") | prefix_list("pl-1", "192.168.0.0/20"), FAIL, ["pl-1", "rtb-1"], id="a route by list"
        ),
        pytest.param(
            given("ec2.DescribeRouteTables", route_table("rtb-1", main=True) | {"Routes": UNSEEN}),
            UNKNOWN,
            ["Routes"],
            id="routes of a table not told",
        ),
        pytest.param(main_table("pl-lost"), UNKNOWN, ["pl-lost"], id="a route by a list nobody read"),
        pytest.param(main_table("pl-lost", "192.168.2.0/24"), FAIL, ["192.168.2.0/24"], id="fails without the list"),
        pytest.param(
            of_endpoint("Routes", destination("192.168.0.0/16")),
            FAIL,
            ["192.168.0.0/16"],
            id="the endpoint's own route",
        ),
        pytest.param(
            of_endpoint("Routes", destination("192.168.0.0/16", "deleting")), PASS, [], id="a route being deleted"
        ),
        pytest.param(of_endpoint("Routes", destination("0.0.0.0/0")), PASS, [], id="the endpoint's default route"),
        *(
            pytest.param(
                given("ec2.DescribeVpcPeeringConnections", peering(*sides, status=status)), verdict, ["pcx-1"][:fails]
            )
            for sides, status, verdict, fails in (
                ((("vpc-1", "10.0.0.0/16"), ("vpc-9", "192.168.0.0/16")), "active", FAIL, 1),
                ((("vpc-9", "192.168.0.0/16"), ("vpc-1", "10.0.0.0/16")), "pending-acceptance", FAIL, 1),
                ((("vpc-9", "192.168.0.0/16"), ("vpc-1", "10.0.0.0/16")), "deleted", PASS, 0),
                ((("vpc-8", "10.0.0.0/16"), ("vpc-9", "192.168.0.0/16")), "active", PASS, 0),
                ((("vpc-1", "10.0.0.0/16"), ("vpc-9", "10.1.0.0/16")), "active", PASS, 0),
            )
        ),
        pytest.param(
            endpoints(VpcId=None, ClientCidrBlock="10.0.0.0/20"), FAIL, ["vpc-1"], id="the VPC told by its associations"
        ),
        pytest.param(
            endpoints(VpcId=None) | of_endpoint("TargetNetworks"), PASS, ["no VPC yet"], id="associated with no VPC"
        ),
        pytest.param(endpoints(VpcId="vpc-lost"), UNKNOWN, ["vpc-lost"], id="a VPC that nobody saw"),
    ],
)
def test_client_cidr(change: Answers, status: Status, words: list[str]) -> None:
    one = finding("client-vpn-client-cidr", SOUND | change)
    expect(one, status, *words)
    assert status is NOT_APPLICABLE or ENDPOINT in one.remediation


@pytest.mark.parametrize(
    ("networks", "denied", "status", "words"),
    [
        pytest.param(["subnet-a", "subnet-b"], None, PASS, [], id="two zones"),
        pytest.param([], None, FAIL, ["no subnets"], id="none"),
        pytest.param(["subnet-a"], None, FAIL, ["1 subnet"], id="one"),
        pytest.param(["subnet-a", "subnet-c"], None, FAIL, ["one availability zone"], id="one zone"),
        pytest.param(["subnet-a", "subnet-b", "subnet-c"], None, PASS, [], id="three subnets in two zones"),
        pytest.param(["subnet-a", "subnet-lost"], None, UNKNOWN, ["subnet-lost"], id="a subnet that nobody saw"),
        pytest.param(["subnet-a", "subnet-b", "subnet-lost"], None, PASS, [], id="passes without it"),
        pytest.param(["subnet-a", "subnet-b"], "DescribeSubnets", UNKNOWN, ["DescribeSubnets"], id="no subnets seen"),
        pytest.param(["subnet-a"], "DescribeSubnets", FAIL, ["1 subnet"], id="fails without the subnets"),
        pytest.param(["subnet-a"], "DescribeClientVpnTargetNetworks", UNKNOWN, ["TargetNetworks"], id="not seen"),
    ],
)
def test_two_subnets(networks: list[str], denied: str | None, status: Status, words: list[str]) -> None:
    answers = {
        **SOUND,
        **of_endpoint("TargetNetworks", *(target_network(one, "sg-vpn") for one in networks)),
        **given(
            "ec2.DescribeSubnets",
            subnet("subnet-a", "10.0.1.0/24", "cac1-az1"),
            subnet("subnet-b", "10.0.2.0/24", "cac1-az2"),
            subnet("subnet-c", "10.0.3.0/24", "cac1-az1"),
        ),
    }
    expect(finding("client-vpn-two-subnets", answers, [f"ec2.{denied}"] if denied else []), status, *words)


@pytest.mark.parametrize(
    ("state", "status"),
    [("associating", FAIL), ("association-failed", FAIL), ("associated", PASS), ("disassociating", FAIL)],
)
def test_two_subnets_that_are_associated(state: str, status: Status) -> None:
    networks = target_network("subnet-a", "sg-vpn"), target_network("subnet-b", "sg-vpn", status=state)
    expect(finding("client-vpn-two-subnets", SOUND | of_endpoint("TargetNetworks", *networks)), status)


LOCAL, NAT, INTERNET = (
    route("10.0.0.0/16"),
    route("0.0.0.0/0", NatGatewayId="nat-1"),
    route("0.0.0.0/0", GatewayId="igw-1"),
)
IPV6_OUT: Structure = {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"}
IPV6: Structure = {"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"}


@pytest.mark.parametrize(
    ("tables", "status", "words"),
    [
        pytest.param([route_table("rtb-1", LOCAL, NAT, main=True)], PASS, [], id="NAT is no public route"),
        pytest.param([route_table("rtb-1", LOCAL, main=True)], PASS, [], id="local alone"),
        pytest.param(
            [route_table("rtb-1", LOCAL, INTERNET, main=True)],
            FAIL,
            ["2 reasons", "subnet-a", "subnet-b", "igw-1", "rtb-1"],
            id="the main table is public",
        ),
        pytest.param(
            [
                route_table("rtb-1", LOCAL, INTERNET, main=True),
                route_table("rtb-2", LOCAL, subnets=["subnet-a", "subnet-b"]),
            ],
            PASS,
            [],
            id="tables of their own",
        ),
        pytest.param(
            [route_table("rtb-1", LOCAL, main=True), route_table("rtb-2", LOCAL, INTERNET, subnets=["subnet-b"])],
            FAIL,
            ["subnet-b", "rtb-2"],
            id="one of them is public",
        ),
        pytest.param(
            [
                route_table("rtb-9", LOCAL, INTERNET, vpc_id="vpc-9", main=True),
                route_table("rtb-1", LOCAL, main=True),
            ],
            PASS,
            [],
            id="another VPC's main table is public",
        ),
        pytest.param(
            [
                route_table("rtb-9", LOCAL, vpc_id="vpc-9", main=True),
                route_table("rtb-1", LOCAL, INTERNET, main=True),
            ],
            FAIL,
            ["rtb-1"],
            id="another VPC's main table is private",
        ),
        pytest.param([route_table("rtb-9", LOCAL, vpc_id="vpc-9", main=True)], UNKNOWN, ["vpc-1"], id="no main table"),
        pytest.param(
            [route_table("rtb-1", LOCAL, route("pl-lost", GatewayId="igw-1"), main=True)],
            FAIL,
            ["pl-lost"],
            id="by list",
        ),
        pytest.param(
            [route_table("rtb-1", LOCAL, route("pl-lost", NatGatewayId="nat-1"), main=True)],
            PASS,
            [],
            id="by list, NAT",
        ),
        pytest.param([route_table("rtb-1", LOCAL, IPV6, main=True)], FAIL, ["::/0"], id="IPv6"),
        pytest.param([route_table("rtb-1", LOCAL, IPV6_OUT, main=True)], PASS, [], id="egress only is no way in"),
        pytest.param(
            [route_table("rtb-1", LOCAL, {"DestinationCidrBlock": "0.0.0.0/0"}, main=True)],
            UNKNOWN,
            ["GatewayId"],
            id="a route without a target",
        ),
        pytest.param([route_table("rtb-1", main=True) | {"Routes": UNSEEN}], UNKNOWN, ["Routes"], id="routes not told"),
        pytest.param(None, UNKNOWN, ["DescribeRouteTables", "AccessDenied"], id="tables denied"),
    ],
)
def test_private_subnets(tables: list[Structure] | None, status: Status, words: list[str]) -> None:
    answers = SOUND | given("ec2.DescribeRouteTables", *(tables or ()))
    one = finding("client-vpn-private-subnets", answers, [] if tables is not None else ["ec2.DescribeRouteTables"])
    expect(one, status, *words)


def test_private_subnets_of_an_endpoint_without_any() -> None:
    expect(finding("client-vpn-private-subnets", SOUND | of_endpoint("TargetNetworks")), NOT_APPLICABLE, "no subnet")


@pytest.mark.parametrize(("zone", "status"), [("cac1-az2", PASS), ("cac1-az1", FAIL), (None, UNKNOWN)])
def test_two_subnets_whose_zone_is_not_told(zone: str | None, status: Status) -> None:
    subnets = (
        subnet("subnet-a", "10.0.1.0/24", "cac1-az1"),
        subnet("subnet-b", "10.0.2.0/24", "") | {"AvailabilityZoneId": zone},
    )
    one = finding("client-vpn-two-subnets", SOUND | given("ec2.DescribeSubnets", *subnets))
    expect(one, status, *(["AvailabilityZone"] if status is UNKNOWN else []))
