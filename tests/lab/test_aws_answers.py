"""Every operation of the lab's AWS answers a real client, from the caller's account or another."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from orthaudit.lab import cbor
from orthaudit.lab.aws import CREDENTIALS, LabAws

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2})


@pytest.fixture(scope="module")
def aws() -> Iterator[LabAws]:
    with LabAws() as lab:
        yield lab


def client(
    aws: LabAws, service: str, region: str = "ca-central-1", credentials: Mapping[str, str] = CREDENTIALS
) -> Any:
    connect: Any = boto3.client  # its stubs are one overload a service
    return connect(service, region_name=region, endpoint_url=aws.endpoint_url, config=CONFIG, **credentials)


def role(aws: LabAws, account: str) -> dict[str, str]:
    arn = f"arn:aws:iam::{account}:role/orthaudit"
    given = client(aws, "sts").assume_role(RoleArn=arn, RoleSessionName="audit")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


VPN = {"ClientVpnEndpointId": "radiologists.cvpn-endpoint"}
BALANCER = {"LoadBalancerArn": "images.loadbalancer"}
TARGETS = {"TargetGroupArn": "archive-a.targetgroup"}
CERTIFICATE = {"CertificateArn": "images.certificate"}
BUCKET = {"Bucket": "images.bucket"}
TABLE = {"TransitGatewayRouteTableId": "core.tgw-rtb"}

# Operation, parameters whose values are names in the estate, and how many items the hospital's answer has.
ANSWERS: list[tuple[str, str, dict[str, str], str, int]] = [
    ("ec2", "DescribeRegions", {}, "Regions", 2),
    ("ec2", "DescribeAvailabilityZones", {}, "AvailabilityZones", 3),
    ("ec2", "DescribeVpcs", {}, "Vpcs", 2),
    ("ec2", "DescribeSubnets", {}, "Subnets", 5),
    ("ec2", "DescribeRouteTables", {}, "RouteTables", 4),
    ("ec2", "DescribeInternetGateways", {}, "InternetGateways", 1),
    ("ec2", "DescribeEgressOnlyInternetGateways", {}, "EgressOnlyInternetGateways", 0),
    ("ec2", "DescribeNatGateways", {}, "NatGateways", 1),
    ("ec2", "DescribeNetworkAcls", {}, "NetworkAcls", 2),
    ("ec2", "DescribeSecurityGroups", {}, "SecurityGroups", 8),
    ("ec2", "DescribeSecurityGroupRules", {}, "SecurityGroupRules", 17),
    ("ec2", "DescribeSecurityGroupVpcAssociations", {}, "SecurityGroupVpcAssociations", 0),
    ("ec2", "DescribeManagedPrefixLists", {}, "PrefixLists", 7),
    ("ec2", "GetManagedPrefixListEntries", {"PrefixListId": "clinics.pl"}, "Entries", 1),
    ("ec2", "DescribeNetworkInterfaces", {}, "NetworkInterfaces", 11),
    ("ec2", "DescribeInstances", {}, "Reservations", 5),
    ("ec2", "DescribeAddresses", {}, "Addresses", 2),
    ("ec2", "DescribeClientVpnEndpoints", {}, "ClientVpnEndpoints", 2),
    ("ec2", "DescribeClientVpnTargetNetworks", VPN, "ClientVpnTargetNetworks", 2),
    ("ec2", "DescribeClientVpnAuthorizationRules", VPN, "AuthorizationRules", 1),
    ("ec2", "DescribeClientVpnRoutes", VPN, "Routes", 2),
    ("ec2", "DescribeClientVpnConnections", VPN, "Connections", 0),
    ("ec2", "ExportClientVpnClientCertificateRevocationList", VPN, "Status", 1),
    ("ec2", "DescribeVpnConnections", {}, "VpnConnections", 2),
    ("ec2", "DescribeVpnGateways", {}, "VpnGateways", 1),
    ("ec2", "DescribeCustomerGateways", {}, "CustomerGateways", 2),
    ("ec2", "DescribeTransitGateways", {}, "TransitGateways", 0),
    ("ec2", "DescribeTransitGatewayAttachments", {}, "TransitGatewayAttachments", 0),
    ("ec2", "DescribeTransitGatewayVpcAttachments", {}, "TransitGatewayVpcAttachments", 0),
    ("ec2", "DescribeTransitGatewayPeeringAttachments", {}, "TransitGatewayPeeringAttachments", 0),
    ("ec2", "DescribeTransitGatewayConnects", {}, "TransitGatewayConnects", 0),
    ("ec2", "DescribeTransitGatewayRouteTables", {}, "TransitGatewayRouteTables", 0),
    ("ec2", "DescribeVpcPeeringConnections", {}, "VpcPeeringConnections", 1),
    ("ec2", "DescribeVpcEndpoints", {}, "VpcEndpoints", 0),
    ("ec2", "DescribeVpcEndpointServiceConfigurations", {}, "ServiceConfigurations", 0),
    ("ec2", "DescribeVpcEndpointConnections", {}, "VpcEndpointConnections", 0),
    ("ec2", "DescribeFlowLogs", {}, "FlowLogs", 2),
    ("ec2", "DescribeVpcBlockPublicAccessOptions", {}, "VpcBlockPublicAccessOptions", 6),
    ("ec2", "DescribeVpcBlockPublicAccessExclusions", {}, "VpcBlockPublicAccessExclusions", 0),
    ("ec2", "DescribeVpcEncryptionControls", {}, "VpcEncryptionControls", 0),
    ("directconnect", "DescribeConnections", {}, "connections", 1),
    ("directconnect", "DescribeLags", {}, "lags", 0),
    ("directconnect", "DescribeVirtualInterfaces", {}, "virtualInterfaces", 2),
    ("directconnect", "DescribeDirectConnectGateways", {}, "directConnectGateways", 0),
    (
        "directconnect",
        "DescribeDirectConnectGatewayAssociations",
        {"virtualGatewayId": "imaging.vgw"},
        "directConnectGatewayAssociations",
        0,
    ),
    (
        "directconnect",
        "DescribeDirectConnectGatewayAttachments",
        {"virtualInterfaceId": "hospital-private.dxvif"},
        "directConnectGatewayAttachments",
        0,
    ),
    ("elbv2", "DescribeLoadBalancers", {}, "LoadBalancers", 1),
    ("elbv2", "DescribeLoadBalancerAttributes", BALANCER, "Attributes", 4),
    ("elbv2", "DescribeListeners", BALANCER, "Listeners", 4),
    ("elbv2", "DescribeRules", {"ListenerArn": "images:2762.listener"}, "Rules", 1),
    ("elbv2", "DescribeTargetGroups", {}, "TargetGroups", 4),
    ("elbv2", "DescribeTargetGroupAttributes", TARGETS, "Attributes", 8),
    ("elbv2", "DescribeTargetHealth", TARGETS, "TargetHealthDescriptions", 1),
    ("acm", "ListCertificates", {}, "CertificateSummaryList", 3),
    ("acm", "DescribeCertificate", CERTIFICATE, "Certificate", 17),
    ("rds", "DescribeDBInstances", {}, "DBInstances", 1),
    ("s3", "ListObjectsV2", BUCKET, "Contents", 0),
    ("s3", "ListBuckets", {}, "Buckets", 1),
    ("organizations", "DescribeOrganization", {}, "Organization", 7),
    ("organizations", "ListAccounts", {}, "Accounts", 3),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "member", "count"), ANSWERS)
def test_an_operation_answers(
    aws: LabAws, service: str, operation: str, parameters: dict[str, str], member: str, count: int
) -> None:
    asked = {name: aws.ids[value] for name, value in parameters.items()}

    answer = getattr(client(aws, service), xform_name(operation))(**asked)

    assert len(answer.get(member, ())) == count
    call = aws.calls[-1]
    assert (call.account, call.region, call.service) == ("111122223333", "ca-central-1", service)
    assert (call.operation, call.parameters) == (operation, asked)


def test_text_that_is_not_a_list(aws: LabAws) -> None:
    tunnel = client(aws, "ec2").get_active_vpn_tunnel_status(
        VpnConnectionId=aws.ids["clinic-south.vpn"], VpnTunnelOutsideIpAddress="203.0.113.41"
    )["ActiveVpnTunnelStatus"]
    assert (tunnel["IkeVersion"], tunnel["Phase1DHGroup"]) == ("ikev1", 2)
    chain = client(aws, "acm").get_certificate(CertificateArn=aws.ids["images.certificate"])
    assert chain["CertificateChain"].count("BEGIN CERTIFICATE") == 1
    policy = client(aws, "s3").get_bucket_policy(Bucket="images-111122223333")["Policy"]
    assert "aws:SecureTransport" in policy
    parameters = client(aws, "rds").describe_db_parameters(DBParameterGroupName="orthanc")["Parameters"]
    assert [(one["ParameterName"], one["ParameterValue"]) for one in parameters] == [("rds.force_ssl", "1")]
    policies = client(aws, "elbv2").describe_ssl_policies(Names=["ELBSecurityPolicy-TLS13-1-2-2021-06"])
    assert set(policies["SslPolicies"][0]["SslProtocols"]) == {"TLSv1.2", "TLSv1.3"}


def test_the_transit_gateway_of_the_other_account(aws: LabAws) -> None:
    ec2 = client(aws, "ec2", credentials=role(aws, "444455556666"))
    table = aws.ids["core.tgw-rtb"]
    filters = [{"Name": "type", "Values": ["static", "propagated"]}]

    assert [one["TransitGatewayId"] for one in ec2.describe_transit_gateways()["TransitGateways"]] == [
        aws.ids["core.tgw"]
    ]
    tables = ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    assert [one["TransitGatewayRouteTableId"] for one in tables] == [table]
    asked = {"TransitGatewayRouteTableId": table}
    for operation, member, count in (
        ("get_transit_gateway_route_table_associations", "Associations", 1),
        ("get_transit_gateway_route_table_propagations", "TransitGatewayRouteTablePropagations", 1),
        ("get_transit_gateway_prefix_list_references", "TransitGatewayPrefixListReferences", 0),
    ):
        assert len(getattr(ec2, operation)(**asked)[member]) == count
    routes = ec2.search_transit_gateway_routes(**asked, Filters=filters)
    assert routes["AdditionalRoutesAvailable"] is False
    assert [one["DestinationCidrBlock"] for one in routes["Routes"]] == ["10.50.0.0/16"]


@pytest.mark.parametrize("region", ["ca-central-1", "us-east-1"])
def test_each_account_and_region_has_its_own(aws: LabAws, region: str) -> None:
    def vpcs(credentials: Mapping[str, str]) -> list[str]:
        ec2 = client(aws, "ec2", region, credentials)
        return [vpc["Tags"][0]["Value"] for vpc in ec2.describe_vpcs()["Vpcs"]]

    expected = {"ca-central-1": (["imaging", "research"], ["network"]), "us-east-1": (["teaching"], ["spare"])}
    assert (vpcs(CREDENTIALS), vpcs(role(aws, "444455556666"))) == expected[region]


def test_who_calls(aws: LabAws) -> None:
    own = client(aws, "sts").get_caller_identity()
    assert (own["Account"], own["Arn"]) == ("111122223333", "arn:aws:iam::111122223333:user/auditor")
    other = client(aws, "sts", credentials=role(aws, "444455556666")).get_caller_identity()
    assert other["Account"] == "444455556666"
    assert other["Arn"] == "arn:aws:sts::444455556666:assumed-role/orthaudit/audit"


@pytest.mark.parametrize("account", ["777788889999", "999900001111"])
def test_an_account_that_cannot_be_entered(aws: LabAws, account: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        role(aws, account)


def test_a_member_cannot_list_the_organization(aws: LabAws) -> None:
    member = client(aws, "organizations", credentials=role(aws, "444455556666"))
    assert member.describe_organization()["Organization"]["MasterAccountId"] == "111122223333"
    with pytest.raises(ClientError, match="AccessDeniedException"):
        member.list_accounts()


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("elbv2", "describe_load_balancers", "InvalidClientTokenId"),
        ("acm", "list_certificates", "UnrecognizedClientException"),
        ("directconnect", "describe_lags", "UnrecognizedClientException"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
    ],
)
def test_an_unknown_key_is_refused(aws: LabAws, service: str, operation: str, code: str) -> None:
    stranger = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
    before = len(aws.calls)
    with pytest.raises(ClientError, match=code):
        getattr(client(aws, service, credentials=stranger), operation)()
    assert len(aws.calls) == before


def test_an_operation_that_nobody_knows_is_no_empty_answer(aws: LabAws) -> None:
    with pytest.raises(ClientError, match="InvalidAction"):
        client(aws, "ec2").describe_verified_access_endpoints()


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        (
            "describe_client_vpn_endpoints",
            {"ClientVpnEndpointIds": ["cvpn-endpoint-0"]},
            "InvalidClientVpnEndpointId.NotFound",
        ),
        (
            "describe_client_vpn_routes",
            {"ClientVpnEndpointId": "cvpn-endpoint-0"},
            "InvalidClientVpnEndpointId.NotFound",
        ),
        (
            "get_active_vpn_tunnel_status",
            {"VpnConnectionId": "vpn-0", "VpnTunnelOutsideIpAddress": "203.0.113.1"},
            "InvalidVpnConnectionID.NotFound",
        ),
    ],
)
def test_an_id_that_does_not_exist(aws: LabAws, operation: str, parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(client(aws, "ec2"), operation)(**parameters)


def test_a_direct_connect_gateway_must_be_named(aws: LabAws) -> None:
    with pytest.raises(ClientError, match="DirectConnectClientException"):
        client(aws, "directconnect").describe_direct_connect_gateway_associations()


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"Name": "endpoint-id", "Values": ["radiologists.cvpn-endpoint"]}, ["radiologists"]),
        ({"Name": "tag:Name", "Values": ["vendor"]}, ["vendor"]),
        ({"Name": "transport-protocol", "Values": ["tcp"]}, []),
    ],
)
def test_filters_of_added_operations(aws: LabAws, filter_: dict[str, Any], found: list[str]) -> None:
    asked = {**filter_, "Values": [aws.ids.get(value, value) for value in filter_["Values"]]}
    answer = client(aws, "ec2").describe_client_vpn_endpoints(Filters=[asked])
    assert [one["Description"] for one in answer["ClientVpnEndpoints"]] == found


def test_acm_hides_what_is_not_asked_for(aws: LabAws) -> None:
    acm = client(aws, "acm")
    hidden = aws.ids["images.certificate"]
    shown = {one["CertificateArn"] for one in acm.list_certificates()["CertificateSummaryList"]}
    every = acm.list_certificates(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})
    assert {one["CertificateArn"] for one in every["CertificateSummaryList"]} - shown == {hidden}


def test_only_enabled_regions_unless_all_are_asked_for(aws: LabAws) -> None:
    regions = client(aws, "ec2").describe_regions(AllRegions=True)["Regions"]
    enabled = {one["RegionName"] for one in regions if one["OptInStatus"] != "not-opted-in"}
    assert len(regions) > 10
    assert enabled == {"ca-central-1", "us-east-1"}


def test_a_region_that_is_not_enabled_is_empty(aws: LabAws) -> None:
    ec2 = client(aws, "ec2", "eu-west-1")
    assert ec2.describe_vpcs()["Vpcs"] == []
    assert ec2.describe_network_acls()["NetworkAcls"] == []


def test_it_listens_on_loopback_alone(aws: LabAws) -> None:
    port = f":{int(aws.endpoint_url.rpartition(':')[2]):04X}"
    tables = [Path(f"/proc/self/net/{name}") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(port)]
    assert listening == [f"0100007F{port}"]


def test_only_one_is_open(aws: LabAws) -> None:
    with pytest.raises(RuntimeError, match="another LabAws is open"), LabAws():
        pass


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        23,
        24,
        255,
        256,
        65536,
        2**32,
        -1,
        -25,
        1.5,
        "",
        "Bär",
        "x" * 300,
        [],
        [1, ["a"]],
        {"a": {"b": []}},
    ],
)
def test_cbor_is_read_as_it_was_written(value: Any) -> None:
    assert cbor.decode(cbor.encode({"value": [value]})) == {"value": [value]}
