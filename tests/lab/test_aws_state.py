"""Answers come from state: a test changes a value, and a real client sees the answer change."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from orthaudit.lab.aws import CREDENTIALS, LabAws

HOSPITAL = ("111122223333", "ca-central-1")


def client(aws: LabAws, service: str) -> Any:
    connect: Any = boto3.client  # its stubs are one overload a service
    return connect(service, region_name=HOSPITAL[1], endpoint_url=aws.endpoint_url, **CREDENTIALS)


@pytest.fixture
def aws() -> Iterator[LabAws]:
    with LabAws() as lab:
        yield lab


def open_security_group(aws: LabAws) -> None:
    aws.backend("ec2", *HOSPITAL).authorize_security_group_ingress(
        aws.ids["gateway.sg"], "tcp", "104", "104", [{"CidrIp": "192.0.2.0/24"}]
    )


def sources_of_the_gateway(aws: LabAws) -> Any:
    groups = client(aws, "ec2").describe_security_groups(GroupIds=[aws.ids["gateway.sg"]])
    return groups["SecurityGroups"][0]["IpPermissions"][0]["IpRanges"]


def full_tunnel(aws: LabAws) -> None:
    aws.added("ec2", *HOSPITAL)["DescribeClientVpnEndpoints"][0]["SplitTunnel"] = False


def split_tunnel(aws: LabAws) -> Any:
    return client(aws, "ec2").describe_client_vpn_endpoints()["ClientVpnEndpoints"][0]["SplitTunnel"]


def tunnel_down(aws: LabAws) -> None:
    vpn = aws.backend("ec2", *HOSPITAL).vpn_connections[aws.ids["clinic-north.vpn"]]
    vpn.vgw_telemetry[0]["Status"] = "DOWN"


def tunnels(aws: LabAws) -> Any:
    vpns = client(aws, "ec2").describe_vpn_connections()["VpnConnections"]
    return [one["Status"] for one in vpns[0]["VgwTelemetry"]]


def renegotiate(aws: LabAws) -> None:
    aws.added("ec2", *HOSPITAL)["GetActiveVpnTunnelStatus"][0]["IkeVersion"] = "ikev1"


def negotiated(aws: LabAws) -> Any:
    return client(aws, "ec2").get_active_vpn_tunnel_status(
        VpnConnectionId=aws.ids["clinic-north.vpn"], VpnTunnelOutsideIpAddress="203.0.113.31"
    )["ActiveVpnTunnelStatus"]["IkeVersion"]


def take_the_address_away(aws: LabAws) -> None:
    aws.backend("ec2", *HOSPITAL).disassociate_address(address="203.0.113.22")


def public_addresses(aws: LabAws) -> Any:
    answer = client(aws, "ec2").describe_network_interfaces(NetworkInterfaceIds=[aws.ids["archive-b.eni"]])
    interface = answer["NetworkInterfaces"][0]
    return [holder.get("Association", {}).get("PublicIp") for holder in (interface, interface["PrivateIpAddresses"][0])]


def connection_down(aws: LabAws) -> None:
    aws.added("directconnect", *HOSPITAL)["DescribeConnections"][0]["connectionState"] = "down"


def connection_state(aws: LabAws) -> Any:
    return client(aws, "directconnect").describe_connections()["connections"][0]["connectionState"]


def add_association(aws: LabAws) -> None:
    aws.added("directconnect", *HOSPITAL)["DescribeDirectConnectGatewayAssociations"].append(
        {"associationId": "a", "associatedGateway": {"id": "tgw-1", "type": "transitGateway"}}
    )


def associations(aws: LabAws) -> Any:
    ask = client(aws, "directconnect").describe_direct_connect_gateway_associations
    answers = [ask(associatedGatewayId=gateway) for gateway in ("tgw-1", "tgw-2")]
    return [len(answer["directConnectGatewayAssociations"]) for answer in answers]


def stop_the_target(aws: LabAws) -> None:
    aws.backend("ec2", *HOSPITAL).stop_instances([aws.ids["archive-a.i"]])


def health(aws: LabAws) -> Any:
    answer = client(aws, "elbv2").describe_target_health(TargetGroupArn=aws.ids["archive-a.targetgroup"])
    return answer["TargetHealthDescriptions"][0]["TargetHealth"]["State"]


def expire(aws: LabAws) -> None:
    arn = aws.ids["vendor.certificate"]
    aws.backend("acm", *HOSPITAL)._certificates[arn].status = "EXPIRED"


def certificate_status(aws: LabAws) -> Any:
    answer = client(aws, "acm").describe_certificate(CertificateArn=aws.ids["vendor.certificate"])
    return answer["Certificate"]["Status"]


def allow_plaintext(aws: LabAws) -> None:
    aws.backend("rds", *HOSPITAL).modify_db_parameter_group(
        "orthanc", [{"ParameterName": "rds.force_ssl", "ParameterValue": "0"}]
    )


def force_ssl(aws: LabAws) -> Any:
    answer = client(aws, "rds").describe_db_parameters(DBParameterGroupName="orthanc")
    return answer["Parameters"][0]["ParameterValue"]


def put_profile(aws: LabAws) -> None:
    aws.backend("s3", "111122223333", "aws").put_object(aws.ids["images.bucket"], "config/vendor.ovpn", b"profile")


def names(aws: LabAws) -> Any:
    answer = client(aws, "s3").list_objects_v2(Bucket=aws.ids["images.bucket"], Prefix="config/")
    return [one["Key"] for one in answer.get("Contents", ())]


def suspend(aws: LabAws) -> None:
    aws.backend("organizations", "111122223333", "aws").accounts[1].status = "SUSPENDED"


def statuses(aws: LabAws) -> Any:
    return [one["Status"] for one in client(aws, "organizations").list_accounts()["Accounts"]]


CHANGES: list[tuple[Callable[[LabAws], None], Callable[[LabAws], Any], Any, Any]] = [
    (
        open_security_group,
        sources_of_the_gateway,
        [{"CidrIp": "10.9.0.0/16"}],
        [{"CidrIp": "10.9.0.0/16"}, {"CidrIp": "192.0.2.0/24"}],
    ),
    (full_tunnel, split_tunnel, True, False),
    (tunnel_down, tunnels, ["UP", "UP"], ["DOWN", "UP"]),
    (renegotiate, negotiated, "ikev2", "ikev1"),
    (take_the_address_away, public_addresses, ["203.0.113.22", "203.0.113.22"], [None, None]),
    (connection_down, connection_state, "available", "down"),
    (add_association, associations, [0, 0], [1, 0]),
    (stop_the_target, health, "healthy", "unused"),
    (expire, certificate_status, "ISSUED", "EXPIRED"),
    (allow_plaintext, force_ssl, "1", "0"),
    (put_profile, names, [], ["config/vendor.ovpn"]),
    (suspend, statuses, ["ACTIVE", "ACTIVE", "SUSPENDED"], ["ACTIVE", "SUSPENDED", "SUSPENDED"]),
]


@pytest.mark.parametrize(("change", "look", "before", "after"), CHANGES)
def test_a_change_is_seen(
    aws: LabAws, change: Callable[[LabAws], None], look: Callable[[LabAws], Any], before: Any, after: Any
) -> None:
    assert look(aws) == before
    change(aws)
    assert look(aws) == after


def test_what_a_client_changes_is_seen(aws: LabAws) -> None:
    ec2 = client(aws, "ec2")
    made = ec2.create_vpc_endpoint_service_configuration(NetworkLoadBalancerArns=[aws.ids["images.loadbalancer"]])[
        "ServiceConfiguration"
    ]
    ec2.modify_vpc_endpoint_service_permissions(
        ServiceId=made["ServiceId"], AddAllowedPrincipals=["arn:aws:iam::444455556666:root"]
    )
    services = ec2.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]
    assert [one["NetworkLoadBalancerArns"] for one in services] == [[aws.ids["images.loadbalancer"]]]
    allowed = ec2.describe_vpc_endpoint_service_permissions(ServiceId=made["ServiceId"])
    assert [one["Principal"] for one in allowed["AllowedPrincipals"]] == ["arn:aws:iam::444455556666:root"]


def test_static_routes_of_a_transit_gateway(aws: LabAws) -> None:
    ec2 = client(aws, "ec2")
    table = ec2.create_transit_gateway()["TransitGateway"]["Options"]["AssociationDefaultRouteTableId"]
    ec2.create_transit_gateway_route(
        TransitGatewayRouteTableId=table, DestinationCidrBlock="10.77.0.0/16", Blackhole=True
    )

    def found(state: str) -> list[str]:
        answer = ec2.search_transit_gateway_routes(
            TransitGatewayRouteTableId=table, Filters=[{"Name": "state", "Values": [state]}]
        )
        return [one["DestinationCidrBlock"] for one in answer["Routes"]]

    assert (found("active"), found("blackhole")) == ([], ["10.77.0.0/16"])
    with pytest.raises(ClientError, match=r"InvalidRouteTableID\.NotFound"):
        ec2.search_transit_gateway_routes(
            TransitGatewayRouteTableId="tgw-rtb-0", Filters=[{"Name": "state", "Values": ["active"]}]
        )


def test_state_ends_with_the_lab() -> None:
    with LabAws(estate=False) as aws:
        assert aws.ids == {}
        client(aws, "ec2").create_vpc(CidrBlock="10.0.0.0/16")
        aws.added("ec2", *HOSPITAL)["DescribeClientVpnEndpoints"].append({"ClientVpnEndpointId": "x"})
    with LabAws(estate=False) as aws:
        assert client(aws, "ec2").describe_vpcs()["Vpcs"] == []
        assert client(aws, "ec2").describe_client_vpn_endpoints()["ClientVpnEndpoints"] == []
