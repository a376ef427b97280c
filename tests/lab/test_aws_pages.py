"""Lists come in pages of the size that was asked for, and all of their pages together are the list."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from orthaudit.lab.aws import CREDENTIALS, LabAws

HOSPITAL = ("111122223333", "ca-central-1")
COUNT = 12


def client(aws: LabAws, service: str) -> Any:
    connect: Any = boto3.client  # its stubs are one overload a service
    return connect(service, region_name=HOSPITAL[1], endpoint_url=aws.endpoint_url, **CREDENTIALS)


@pytest.fixture(scope="module")
def aws() -> Iterator[LabAws]:
    """A cloud with twelve of each thing that has pages."""
    with LabAws(estate=False) as lab:
        ec2 = lab.backend("ec2", *HOSPITAL)
        for number in range(COUNT):
            vpc = ec2.create_vpc(f"10.{number}.0.0/16")
            subnet = ec2.create_subnet(vpc.id, f"10.{number}.0.0/24", availability_zone="ca-central-1a")
            ec2.create_network_interface(subnet, f"10.{number}.0.9")
            ec2.attach_internet_gateway(ec2.create_internet_gateway().id, vpc.id)
            ec2.create_egress_only_internet_gateway(vpc.id)
            ec2.create_transit_gateway("")
        entries = [{"Cidr": f"192.0.2.{number}/32"} for number in range(COUNT)]
        ec2.create_managed_prefix_list("IPv4", entries, "20", "entries")
        table = next(iter(ec2.transit_gateways_route_tables))
        for number in range(COUNT):
            ec2.create_transit_gateway_route(table, f"10.{number}.0.0/16", blackhole=True)
        for operation, member in (
            ("DescribeClientVpnEndpoints", "ClientVpnEndpointId"),
            ("DescribeVpcBlockPublicAccessExclusions", "ExclusionId"),
            ("DescribeVpcEncryptionControls", "VpcEncryptionControlId"),
        ):
            lab.added("ec2", *HOSPITAL)[operation] = [{member: f"{number:02}"} for number in range(COUNT)]
        lab.added("ec2", *HOSPITAL)["DescribeClientVpnRoutes"] = [
            {"ClientVpnEndpointId": "00", "DestinationCidr": f"10.{number}.0.0/16"} for number in range(COUNT)
        ]
        lab.added("directconnect", *HOSPITAL)["DescribeVirtualInterfaces"] = [
            {"virtualInterfaceId": f"dxvif-{number:03}"} for number in range(150)
        ]
        elbv2 = lab.backend("elbv2", *HOSPITAL)
        for number in range(60):  # moto cuts its own pages at 50
            elbv2.create_target_group(f"group-{number}", vpc_id=vpc.id, protocol="TCP", port="104", target_type="ip")
            elbv2.create_load_balancer(f"lb-{number}", [], [subnet.id], loadbalancer_type="network", tags=[])
        rds = lab.backend("rds", *HOSPITAL)
        rds.create_db_parameter_group(
            {"db_parameter_group_name": "pg", "db_parameter_group_family": "postgres16", "description": "x"}
        )
        rds.modify_db_parameter_group(
            "pg", [{"ParameterName": f"p{number}", "ParameterValue": "1"} for number in range(130)]
        )
        yield lab


def prefix_list(aws: LabAws) -> str:
    lists = aws.backend("ec2", *HOSPITAL).managed_prefix_lists.values()
    return str(next(one.id for one in lists if one.prefix_list_name == "entries"))


PAGINATORS: list[tuple[str, str, str, int]] = [
    ("ec2", "DescribeVpcs", "Vpcs", COUNT),
    ("ec2", "DescribeSubnets", "Subnets", COUNT),
    ("ec2", "DescribeRouteTables", "RouteTables", COUNT),
    ("ec2", "DescribeNetworkAcls", "NetworkAcls", COUNT),
    ("ec2", "DescribeSecurityGroups", "SecurityGroups", COUNT),
    ("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", COUNT),
    ("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", COUNT),
    ("ec2", "DescribeInternetGateways", "InternetGateways", COUNT),
    ("ec2", "DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", COUNT),
    ("ec2", "DescribeTransitGateways", "TransitGateways", COUNT),
    ("ec2", "DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables", COUNT),
    ("ec2", "SearchTransitGatewayRoutes", "Routes", COUNT),
    ("ec2", "GetManagedPrefixListEntries", "Entries", COUNT),
    ("ec2", "DescribeManagedPrefixLists", "PrefixLists", 7),
    ("ec2", "DescribeClientVpnEndpoints", "ClientVpnEndpoints", COUNT),
    ("ec2", "DescribeClientVpnRoutes", "Routes", COUNT),
    ("elbv2", "DescribeTargetGroups", "TargetGroups", 60),
    ("elbv2", "DescribeLoadBalancers", "LoadBalancers", 60),
    ("rds", "DescribeDBParameters", "Parameters", 130),
]


def parameters(aws: LabAws, operation: str) -> dict[str, Any]:
    table = next(iter(aws.backend("ec2", *HOSPITAL).transit_gateways_route_tables))
    return {
        "SearchTransitGatewayRoutes": {
            "TransitGatewayRouteTableId": table,
            "Filters": [{"Name": "state", "Values": ["blackhole"]}],
        },
        "GetManagedPrefixListEntries": {"PrefixListId": prefix_list(aws)},
        "DescribeClientVpnRoutes": {"ClientVpnEndpointId": "00"},
        "DescribeDBParameters": {"DBParameterGroupName": "pg"},
    }.get(operation, {})


@pytest.mark.parametrize(("service", "operation", "member", "count"), PAGINATORS)
def test_real_paginators_see_everything(aws: LabAws, service: str, operation: str, member: str, count: int) -> None:
    size = 5 if service == "ec2" else 20
    paginator = client(aws, service).get_paginator(xform_name(operation))

    pages = [
        page[member] for page in paginator.paginate(PaginationConfig={"PageSize": size}, **parameters(aws, operation))
    ]

    whole, rest = divmod(count, size)
    assert [len(page) for page in pages] == [size] * whole + [rest] * (rest > 0)
    items = [str(item) for page in pages for item in page]
    assert len(set(items)) == count


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("describe_vpc_block_public_access_exclusions", "VpcBlockPublicAccessExclusions"),
        ("describe_vpc_encryption_controls", "VpcEncryptionControls"),
    ],
)
def test_a_token_without_a_paginator(aws: LabAws, operation: str, member: str) -> None:
    ask = getattr(client(aws, "ec2"), operation)
    first = ask(MaxResults=7)
    second = ask(MaxResults=7, NextToken=first["NextToken"])
    assert (len(first[member]), len(second[member])) == (7, 5)
    assert "NextToken" not in second


def test_direct_connect_never_gives_more_than_100(aws: LabAws) -> None:
    directconnect = client(aws, "directconnect")
    for asked in ({}, {"maxResults": 500}):
        first = directconnect.describe_virtual_interfaces(**asked)
        second = directconnect.describe_virtual_interfaces(nextToken=first["nextToken"])
        assert (len(first["virtualInterfaces"]), len(second["virtualInterfaces"])) == (100, 50)
        assert not second.get("nextToken")


def test_what_aws_bounds_by_default(aws: LabAws) -> None:
    parameters = client(aws, "rds").describe_db_parameters(DBParameterGroupName="pg")
    assert (len(parameters["Parameters"]), "Marker" in parameters) == (100, True)
    groups = client(aws, "elbv2").describe_target_groups()
    assert (len(groups["TargetGroups"]), "NextMarker" in groups) == (60, False)


def test_more_routes_are_said_to_be_there(aws: LabAws) -> None:
    asked = parameters(aws, "SearchTransitGatewayRoutes")
    ec2 = client(aws, "ec2")
    assert ec2.search_transit_gateway_routes(**asked, MaxResults=5)["AdditionalRoutesAvailable"] is True
    assert ec2.search_transit_gateway_routes(**asked)["AdditionalRoutesAvailable"] is False


@pytest.mark.parametrize("token", ["nonsense", "W10=", "WyJEZXNjcmliZVN1Ym5ldHMiLCAxLCA1XQ=="])
@pytest.mark.parametrize(
    ("service", "operation", "name", "code"),
    [
        ("ec2", "describe_vpcs", "NextToken", "InvalidNextToken"),
        ("ec2", "describe_client_vpn_endpoints", "NextToken", "InvalidNextToken"),
        ("elbv2", "describe_load_balancers", "Marker", "ValidationError"),
        ("directconnect", "describe_lags", "nextToken", "DirectConnectClientException"),
        ("acm", "list_certificates", "NextToken", "ValidationException"),
        ("rds", "describe_db_instances", "Marker", "InvalidParameterValue"),
    ],
)
def test_a_token_that_was_never_given(
    aws: LabAws, service: str, operation: str, name: str, code: str, token: str
) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(client(aws, service), operation)(**{name: token})


def test_a_page_size_and_ids_exclude_each_other(aws: LabAws) -> None:
    interface = next(iter(aws.backend("ec2", *HOSPITAL).enis))
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        client(aws, "ec2").describe_network_interfaces(NetworkInterfaceIds=[interface], MaxResults=5)
