"""VPCs, subnets and interfaces: every address that is theirs, however AWS writes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orthaudit.evidence import Json, Structure
from orthaudit.model.network import PeeringConnection, Subnet, Vpc
from orthaudit.model.network_interface import NetworkInterface
from tests.estates import estate
from tests.structures import given, interface, peering, subnet


@pytest.mark.parametrize(
    ("blocks", "cidrs"),
    [
        pytest.param({"CidrBlock": "10.0.0.0/16"}, ["10.0.0.0/16"], id="the first alone"),
        pytest.param({"CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16"}]}, ["10.0.0.0/16"], id="the list alone"),
        pytest.param(
            {
                "CidrBlock": "10.0.0.0/16",
                "CidrBlockAssociationSet": [
                    {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
                    {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "disassociated"}},
                    {"CidrBlock": "10.2.0.0/16"},
                ],
                "Ipv6CidrBlockAssociationSet": [
                    {"Ipv6CidrBlock": "2001:db8::/56"},
                    {"Ipv6CidrBlock": "2001:db8:1::/56", "Ipv6CidrBlockState": {"State": "failed"}},
                ],
            },
            ["10.0.0.0/16", "10.2.0.0/16", "2001:db8::/56"],
            id="those that are associated",
        ),
    ],
)
def test_the_cidrs_of_a_vpc(blocks: Structure, cidrs: list[str]) -> None:
    (one,) = estate(given("ec2.DescribeVpcs", {"VpcId": "vpc-1", **blocks})).all(Vpc).all()
    assert list(one.cidrs.cidrs()) == cidrs


def test_what_is_no_cidr_is_missing() -> None:
    seen = estate(given("ec2.DescribeVpcs", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/33"})).all(Vpc)
    assert seen.items == ()
    assert "10.0.0.0/33" in seen.missing[0].why


def test_the_zone_of_a_subnet_is_its_id_where_it_is_told() -> None:
    named: Structure = {"AvailabilityZone": "ca-central-1a"}
    zones: list[Structure] = [
        subnet("subnet-a", "10.0.1.0/24", "cac1-az1") | named,
        named | {"SubnetId": "subnet-b", "VpcId": "v"},
    ]
    seen = estate(given("ec2.DescribeSubnets", *zones)).all(Subnet).all()
    assert [one.zone for one in seen] == ["cac1-az1", "ca-central-1a"]


SECONDARY: Json = [
    {"PrivateIpAddress": "10.0.1.10", "Primary": True, "Association": {"PublicIp": "192.0.2.10"}},
    {"PrivateIpAddress": "10.0.1.11", "Association": {"PublicIp": "192.0.2.11"}},
    {"PrivateIpAddress": "10.0.1.12"},
]


def test_an_interface_answers_to_each_of_its_addresses() -> None:
    structure = interface("eni-1", "10.0.1.10", PrivateIpAddresses=SECONDARY, Attachment={"InstanceId": "i-1"})
    structure["Ipv6Addresses"] = [{"Ipv6Address": "2600::10"}, {"Ipv6Address": "fd00::10"}]
    (one,) = estate(given("ec2.DescribeNetworkInterfaces", structure)).all(NetworkInterface).all()
    names = {"eni-1", "i-1", "10.0.1.10", "10.0.1.11", "10.0.1.12", "192.0.2.10", "192.0.2.11", "2600::10", "fd00::10"}
    assert one.names == names
    assert [name for name in names if not one.answers_to(name)] == []
    assert not one.answers_to("10.0.1.13")
    assert one.public_addresses == ("192.0.2.10", "192.0.2.11", "2600::10")
    assert not replace(one, instance_id=None).answers_to("i-1")


def test_a_peering_that_is_gone_is_none() -> None:
    sides = ("vpc-1", "10.0.0.0/16"), ("vpc-2", "10.1.0.0/16")
    found = {
        status: len(
            estate(given("ec2.DescribeVpcPeeringConnections", peering(*sides, status))).all(PeeringConnection).all()
        )
        for status in ("active", "pending-acceptance", "deleted", "rejected", "failed", "expired")
    }
    assert found == {"active": 1, "pending-acceptance": 1, "deleted": 0, "rejected": 0, "failed": 0, "expired": 0}
