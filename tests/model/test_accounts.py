"""Subnets shared between accounts, and what two accounts both see: one estate, joined by id."""

from datetime import UTC, datetime

import pytest

from orthaudit.declared import Config
from orthaudit.evidence import Answer, LedgerLine, LedgerStatus, Scope, Snapshot, Structure, Unobserved
from orthaudit.model.estate import Estate
from orthaudit.model.network import Subnet
from orthaudit.model.network_interface import NetworkInterface

OWNER, PARTICIPANT, REGION = "111122223333", "444455556666", "ca-central-1"

SUBNET: Structure = {
    "SubnetId": "subnet-1",
    "VpcId": "vpc-1",
    "OwnerId": OWNER,
    "AvailabilityZoneId": "cac1-az1",
    "CidrBlock": "10.0.0.0/24",
}
MAIN: Structure = {
    "RouteTableId": "rtb-1",
    "VpcId": "vpc-1",
    "OwnerId": OWNER,
    "Associations": [{"Main": True}],
    "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}],
}
INTERFACE: Structure = {
    "NetworkInterfaceId": "eni-1",
    "OwnerId": PARTICIPANT,
    "VpcId": "vpc-1",
    "SubnetId": "subnet-1",
    "PrivateIpAddress": "10.0.0.7",
}


def estate(accounts: dict[str, dict[str, Structure]]) -> Estate:
    answers = {
        (account, REGION, f"ec2.{operation}"): (Answer({}, response),)
        for account, given in accounts.items()
        for operation, response in given.items()
    }
    ledger = tuple(
        LedgerLine(account, region, "ec2", call.removeprefix("ec2."), LedgerStatus.OK)
        for account, region, call in answers
    )
    scope = Scope(tuple(accounts), (REGION,), tuple((account, REGION) for account in accounts))
    return Estate(Snapshot("0", datetime.now(UTC), scope, ledger, answers), Config(), datetime.now(UTC))


@pytest.mark.parametrize("order", [(OWNER, PARTICIPANT), (PARTICIPANT, OWNER)])
def test_a_shared_subnet_is_its_owners(order: tuple[str, str]) -> None:
    given: dict[str, dict[str, Structure]] = {
        OWNER: {"DescribeSubnets": {"Subnets": [SUBNET]}, "DescribeRouteTables": {"RouteTables": [MAIN]}},
        PARTICIPANT: {"DescribeSubnets": {"Subnets": [SUBNET]}, "DescribeRouteTables": {"RouteTables": []}},
    }
    joined = estate({account: given[account] for account in order})
    (subnet,) = joined.all(Subnet)
    assert subnet.place == (OWNER, REGION)
    assert not isinstance(subnet.route_table, Unobserved)
    assert subnet.route_table.id == "rtb-1"


def test_a_participant_alone_does_not_know_the_routes() -> None:
    alone = estate(
        {PARTICIPANT: {"DescribeSubnets": {"Subnets": [SUBNET]}, "DescribeRouteTables": {"RouteTables": []}}}
    )
    (subnet,) = alone.all(Subnet)
    assert isinstance(subnet.route_table, Unobserved)


@pytest.mark.parametrize("order", [(OWNER, PARTICIPANT), (PARTICIPANT, OWNER)])
def test_an_interface_that_two_accounts_see_is_one(order: tuple[str, str]) -> None:
    seen: dict[str, Structure] = {"DescribeNetworkInterfaces": {"NetworkInterfaces": [INTERFACE]}}
    (interface,) = estate(dict.fromkeys(order, seen)).all(NetworkInterface)
    assert interface.place == (PARTICIPANT, REGION)


def test_what_only_a_stranger_sees_is_kept() -> None:
    seen: dict[str, Structure] = {"DescribeNetworkInterfaces": {"NetworkInterfaces": [INTERFACE]}}
    (interface,) = estate({OWNER: seen}).all(NetworkInterface)
    assert interface.place == (OWNER, REGION)
