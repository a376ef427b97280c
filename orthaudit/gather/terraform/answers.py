"""The table: which operation is answered from which resources.

An operation with a row is answered from the plan, also with an empty list: what the plan does not hold is
not there. About every other operation a plan says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from orthaudit.evidence import Answer, Json, Structure
from orthaudit.gather.aws.calls import CALLS
from orthaudit.gather.aws.redact import redacted
from orthaudit.gather.terraform import (
    balancers,
    circuits,
    client_vpn,
    filters,
    interfaces,
    neighbours,
    network,
    stores,
    transit,
)
from orthaudit.gather.terraform.marks import structure
from orthaudit.gather.terraform.view import Answers, Items, View

LISTS: Final[Mapping[str, Callable[[View], Items]]] = {
    "ec2.DescribeVpcs": network.vpcs,
    "ec2.DescribeSubnets": network.subnets,
    "ec2.DescribeRouteTables": network.route_tables,
    "ec2.DescribeInternetGateways": network.internet_gateways,
    "ec2.DescribeEgressOnlyInternetGateways": network.egress_only_gateways,
    "ec2.DescribeNatGateways": network.nat_gateways,
    "ec2.DescribeVpcPeeringConnections": neighbours.peering_connections,
    "ec2.DescribeVpcEndpoints": neighbours.endpoints,
    "ec2.DescribeVpcEndpointServiceConfigurations": neighbours.endpoint_services,
    "ec2.DescribeFlowLogs": neighbours.flow_logs,
    "ec2.DescribeNetworkAcls": filters.network_acls,
    "ec2.DescribeSecurityGroups": filters.security_groups,
    "ec2.DescribeManagedPrefixLists": filters.prefix_lists,
    "ec2.DescribeNetworkInterfaces": interfaces.network_interfaces,
    "ec2.DescribeInstances": interfaces.instances,
    "ec2.DescribeAddresses": interfaces.addresses,
    "ec2.DescribeClientVpnEndpoints": client_vpn.endpoints,
    "ec2.DescribeVpnGateways": circuits.vpn_gateways,
    "ec2.DescribeCustomerGateways": circuits.customer_gateways,
    "ec2.DescribeVpnConnections": circuits.vpn_connections,
    "ec2.DescribeTransitGateways": transit.gateways,
    "ec2.DescribeTransitGatewayAttachments": transit.attachments,
    "ec2.DescribeTransitGatewayVpcAttachments": transit.vpc_attachments,
    "ec2.DescribeTransitGatewayPeeringAttachments": transit.peering_attachments,
    "ec2.DescribeTransitGatewayConnects": transit.connects,
    "ec2.DescribeTransitGatewayRouteTables": transit.route_tables,
    "directconnect.DescribeConnections": circuits.dx_connections,
    "directconnect.DescribeLags": circuits.dx_lags,
    "directconnect.DescribeVirtualInterfaces": circuits.virtual_interfaces,
    "directconnect.DescribeDirectConnectGateways": circuits.dx_gateways,
    "elbv2.DescribeLoadBalancers": balancers.load_balancers,
    "elbv2.DescribeTargetGroups": balancers.target_groups,
    "rds.DescribeDBInstances": stores.databases,
}
"""Operations whose answer is one list."""

EACH: Final[Mapping[str, Callable[[View], Answers]]] = {
    "ec2.GetManagedPrefixListEntries": filters.prefix_list_entries,
    "ec2.DescribeClientVpnTargetNetworks": client_vpn.target_networks,
    "ec2.DescribeClientVpnAuthorizationRules": client_vpn.authorization_rules,
    "ec2.DescribeClientVpnRoutes": client_vpn.routes,
    "ec2.GetTransitGatewayRouteTableAssociations": transit.associations,
    "ec2.GetTransitGatewayRouteTablePropagations": transit.propagations,
    "ec2.GetTransitGatewayPrefixListReferences": transit.prefix_list_references,
    "ec2.SearchTransitGatewayRoutes": transit.routes,
    "directconnect.DescribeDirectConnectGatewayAssociations": circuits.dx_gateway_associations,
    "directconnect.DescribeDirectConnectGatewayAttachments": circuits.dx_gateway_attachments,
    "elbv2.DescribeLoadBalancerAttributes": balancers.load_balancer_attributes,
    "elbv2.DescribeListeners": balancers.listeners,
    "elbv2.DescribeTargetGroupAttributes": balancers.target_group_attributes,
    "elbv2.DescribeTargetHealth": balancers.target_health,
    "acm.DescribeCertificate": stores.certificate_details,
    "acm.GetCertificate": stores.certificates,
    "rds.DescribeDBParameters": stores.database_parameters,
    "s3.GetBucketPolicy": stores.bucket_policies,
    "s3.ListObjectsV2": stores.bucket_objects,
}
"""Operations that are asked once for each resource."""


def answers(view: View) -> Iterator[tuple[str, Answer]]:
    """Every answer that the resources of an account and region give, secrets taken out."""
    for call, items in LISTS.items():
        found: list[Json] = [_without_nulls(item) for item in items(view)]
        yield call, Answer({}, redacted({CALLS[call].keys[0]: found}))
    for call, each in EACH.items():
        for parameters, response in each(view):
            yield call, Answer(parameters, redacted(structure(_without_nulls(response))))


def _without_nulls(value: Json) -> Json:
    """AWS leaves out what is not there."""
    if isinstance(value, dict):
        clean: Structure = {name: _without_nulls(one) for name, one in value.items() if one is not None}
        return clean
    if isinstance(value, list):
        return [_without_nulls(one) for one in value if one is not None]
    return value
