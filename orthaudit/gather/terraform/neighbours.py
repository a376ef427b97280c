"""What stands beside the network: peering connections, endpoints and flow logs."""

from __future__ import annotations

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.marks import known_after_apply
from orthaudit.gather.terraform.network import TRANSIT_GATEWAY, VPC_ENDPOINT, cidrs
from orthaudit.gather.terraform.view import (
    BALANCER,
    GROUP,
    INTERFACE,
    ROUTE_TABLE,
    SUBNET,
    VPC,
    Items,
    View,
    listed,
    members,
    tags,
)


def peering_connections(view: View) -> Items:
    """ec2.DescribeVpcPeeringConnections; what the plan requests is taken to be accepted."""
    for one in view.of("aws_vpc_peering_connection"):
        yield {
            "VpcPeeringConnectionId": view.id(one),
            "Status": {"Code": "active"},
            "RequesterVpcInfo": _side(view, view.one(one, "vpc_id", *VPC), view.account, view.region),
            "AccepterVpcInfo": _side(
                view,
                view.one(one, "peer_vpc_id", *VPC),
                view.account if one.left_out("peer_owner_id") else one.value("peer_owner_id"),
                view.region if one.left_out("peer_region") else one.value("peer_region"),
            ),
            "Tags": tags(one),
        }


def _side(view: View, vpc_id: Json, owner: Json, region: Json) -> Structure:
    vpc = next((one for one in view.known(*VPC) if view.id(one) == vpc_id), None)
    not_in_plan = known_after_apply("the CIDR block of a VPC that the plan does not hold")
    v4, v6 = cidrs(view, vpc) if vpc is not None else ([], [])
    return {
        "VpcId": vpc_id,
        "OwnerId": owner or view.account,
        "Region": region or view.region,
        "CidrBlock": vpc.value("cidr_block") if vpc is not None else not_in_plan,
        "CidrBlockSet": members("CidrBlock", v4),
        "Ipv6CidrBlockSet": members("Ipv6CidrBlock", v6),
    }


def endpoints(view: View) -> Items:
    """ec2.DescribeVpcEndpoints."""
    tables = view.attached(("aws_vpc_endpoint_route_table_association",), "vpc_endpoint_id", VPC_ENDPOINT)
    for one in view.of(*VPC_ENDPOINT):
        groups = [] if one.left_out("security_group_ids") else listed(view.many(one, "security_group_ids", *GROUP))
        routed = [] if one.left_out("route_table_ids") else listed(view.many(one, "route_table_ids", *ROUTE_TABLE))
        routed += [view.one(more, "route_table_id", *ROUTE_TABLE) for more in tables.to(view.id(one))]
        yield {
            "VpcEndpointId": view.id(one),
            "VpcEndpointType": one.value("vpc_endpoint_type") or "Gateway",
            "VpcId": view.one(one, "vpc_id", *VPC),
            "ServiceName": one.value("service_name"),
            "State": "available",
            "RouteTableIds": [*routed, *tables.lost],
            "SubnetIds": [] if one.left_out("subnet_ids") else listed(view.many(one, "subnet_ids", *SUBNET)),
            "Groups": members("GroupId", groups),
            "PrivateDnsEnabled": one.value("private_dns_enabled"),
            "PolicyDocument": one.value("policy"),
            "OwnerId": view.account,
            "Tags": tags(one),
        }


def endpoint_services(view: View) -> Items:
    """ec2.DescribeVpcEndpointServiceConfigurations."""
    for one in view.of("aws_vpc_endpoint_service"):
        yield {
            "ServiceId": view.id(one),
            "ServiceName": one.value("service_name"),
            "ServiceState": "Available",
            "AcceptanceRequired": one.value("acceptance_required"),
            "NetworkLoadBalancerArns": listed(view.many(one, "network_load_balancer_arns", *BALANCER)),
            "Tags": tags(one),
        }


_LOGGED = (
    ("vpc_id", VPC),
    ("subnet_id", SUBNET),
    ("eni_id", INTERFACE),
    ("transit_gateway_id", TRANSIT_GATEWAY),
    ("transit_gateway_attachment_id", ("aws_ec2_transit_gateway_vpc_attachment",)),
)


def flow_logs(view: View) -> Items:
    """ec2.DescribeFlowLogs."""
    for one in view.of("aws_flow_log"):
        logged = [view.one(one, argument, *kinds) for argument, kinds in _LOGGED if not one.left_out(argument)]
        yield {
            "FlowLogId": view.id(one),
            "FlowLogStatus": "ACTIVE",
            "DeliverLogsStatus": "SUCCESS",
            "ResourceId": next((target for target in logged if target), None),
            "TrafficType": one.value("traffic_type"),
            "LogDestinationType": one.value("log_destination_type"),
            "Tags": tags(one),
        }
