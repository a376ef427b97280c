"""VPCs, subnets, route tables and gateways."""

from __future__ import annotations

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.document import Block, Resource
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply
from orthaudit.gather.terraform.view import (
    INSTANCE,
    INTERFACE,
    PREFIX_LIST,
    ROUTE_TABLE,
    SUBNET,
    VPC,
    Items,
    View,
    listed,
    members,
    tags,
    with_separate,
)

INTERNET_GATEWAY = ("aws_internet_gateway",)
VPN_GATEWAY = ("aws_vpn_gateway",)
TRANSIT_GATEWAY = ("aws_ec2_transit_gateway",)
PEERING = ("aws_vpc_peering_connection", "aws_vpc_peering_connection_accepter")
NAT_GATEWAY = ("aws_nat_gateway",)
EGRESS_ONLY = ("aws_egress_only_internet_gateway",)
VPC_ENDPOINT = ("aws_vpc_endpoint",)


def cidrs(view: View, vpc: Resource) -> tuple[list[Json], list[Json]]:
    """A VPC's IPv4 and IPv6 CIDR blocks; what is not known of them is a mark among them."""
    v4 = [vpc.value("cidr_block")]
    v6 = [] if vpc.left_out("assign_generated_ipv6_cidr_block") and vpc.left_out("ipv6_cidr_block") else [
        vpc.value("ipv6_cidr_block")
    ]  # fmt: skip
    for kind, attribute, blocks in (
        ("aws_vpc_ipv4_cidr_block_association", "cidr_block", v4),
        ("aws_vpc_ipv6_cidr_block_association", "ipv6_cidr_block", v6),
    ):
        more = view.attached((kind,), "vpc_id", VPC)
        blocks += [one.value(attribute) for one in more.to(view.id(vpc))]
        blocks += more.lost
    return [one for one in v4 if one], [one for one in v6 if one]


def vpcs(view: View) -> Items:
    """ec2.DescribeVpcs."""
    for vpc in view.known(*VPC):
        v4, v6 = cidrs(view, vpc)
        yield {
            "VpcId": view.id(vpc),
            "OwnerId": view.account,
            "State": "available",
            "CidrBlock": vpc.value("cidr_block"),
            "CidrBlockAssociationSet": [
                one if is_unknown(one) else {"CidrBlock": one, "CidrBlockState": {"State": "associated"}} for one in v4
            ],
            "Ipv6CidrBlockAssociationSet": [
                one if is_unknown(one) else {"Ipv6CidrBlock": one, "Ipv6CidrBlockState": {"State": "associated"}}
                for one in v6
            ],
            "IsDefault": vpc.type == "aws_default_vpc",
            "Tags": tags(vpc),
        }


def subnets(view: View) -> Items:
    """ec2.DescribeSubnets."""
    for subnet in view.known(*SUBNET):
        ipv6 = None if subnet.left_out("ipv6_cidr_block") else subnet.value("ipv6_cidr_block")
        zone_id = subnet.value("availability_zone_id")
        yield {
            "SubnetId": view.id(subnet),
            "OwnerId": view.account,
            "State": "available",
            "VpcId": view.one(subnet, "vpc_id", *VPC),
            "CidrBlock": subnet.value("cidr_block") or None,
            "Ipv6CidrBlockAssociationSet": members("Ipv6CidrBlock", [ipv6]) if ipv6 else [],
            "AvailabilityZone": subnet.value("availability_zone"),
            "AvailabilityZoneId": None if is_unknown(zone_id) else zone_id,  # the zone's name tells as much here
            "MapPublicIpOnLaunch": subnet.value("map_public_ip_on_launch"),
            "Tags": tags(subnet),
        }


_TARGETS = (
    ("gateway_id", "GatewayId", (*INTERNET_GATEWAY, *VPN_GATEWAY)),
    ("nat_gateway_id", "NatGatewayId", NAT_GATEWAY),
    ("transit_gateway_id", "TransitGatewayId", TRANSIT_GATEWAY),
    ("vpc_peering_connection_id", "VpcPeeringConnectionId", PEERING),
    ("network_interface_id", "NetworkInterfaceId", INTERFACE),
    ("instance_id", "InstanceId", INSTANCE),
    ("egress_only_gateway_id", "EgressOnlyInternetGatewayId", EGRESS_ONLY),
    ("vpc_endpoint_id", "GatewayId", VPC_ENDPOINT),
    ("carrier_gateway_id", "CarrierGatewayId", ("aws_ec2_carrier_gateway",)),
    ("local_gateway_id", "LocalGatewayId", ()),
    ("core_network_arn", "CoreNetworkArn", ()),
)
"""Where a route may lead: Terraform's argument, AWS's member, the kinds of resource."""

_DESTINATIONS = (
    ("cidr_block", "DestinationCidrBlock"),
    ("destination_cidr_block", "DestinationCidrBlock"),
    ("ipv6_cidr_block", "DestinationIpv6CidrBlock"),
    ("destination_ipv6_cidr_block", "DestinationIpv6CidrBlock"),
)


def _route(view: View, block: Block) -> Structure:
    route: Structure = {"State": "active", "Origin": "CreateRoute"}
    for argument, destination in _DESTINATIONS:
        if cidr := block.value(argument):
            route[destination] = cidr
    route["DestinationPrefixListId"] = view.one(block, "destination_prefix_list_id", *PREFIX_LIST)
    for argument, target_member, kinds in _TARGETS:
        # a route of its own leaves the targets that the provider fills in to the apply
        if not block.left_out(argument) and (target := view.one(block, argument, *kinds)):
            route[target_member] = target
    return route


def _local(view: View, vpc: Resource) -> list[Json]:
    v4, v6 = cidrs(view, vpc)
    local: Structure = {"GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    return [
        *({"DestinationCidrBlock": one, **local} for one in v4),
        *({"DestinationIpv6CidrBlock": one, **local} for one in v6),
    ]


def route_tables(view: View) -> Items:
    """ec2.DescribeRouteTables; the main table of a VPC that the plan creates holds the local route."""
    vpcs_by_id = {view.id(one): one for one in view.known(*VPC)}
    mains = view.attached(("aws_main_route_table_association",), "vpc_id", VPC)
    main: dict[str, Json] = {id_: view.made_with(one, "main_route_table_id") for id_, one in vpcs_by_id.items()}
    for vpc_id, associations in mains.by_owner.items():
        main[vpc_id] = view.one(associations[0], "route_table_id", *ROUTE_TABLE)
    for table in view.of(*ROUTE_TABLE):
        own = _vpc_of_table(view, table)
        holder = vpcs_by_id.get(own) if isinstance(own, str) else None
        yield _table(view, view.id(table), own, holder, main, table)
    for vpc_id, vpc in vpcs_by_id.items():
        made = view.creates(vpc, "main_route_table_id", *ROUTE_TABLE)
        if made:
            yield _table(view, made, vpc_id, vpc, main, None)


def _vpc_of_table(view: View, table: Resource) -> Json:
    if table.type == "aws_route_table":
        return view.one(table, "vpc_id", *VPC)
    own = [one for one in view.known(*VPC) if view.made_with(one, "main_route_table_id") == view.id(table)]
    return view.id(own[0]) if own else table.value("vpc_id")


def _table(
    view: View, id_: str, vpc_id: Json, vpc: Resource | None, main: dict[str, Json], table: Resource | None
) -> Structure:
    routes = view.attached(("aws_route",), "route_table_id", ROUTE_TABLE)
    blocks = table.blocks("route") if table is not None else ()
    inline: Json = blocks if isinstance(blocks, dict) else [_route(view, one) for one in blocks]
    separate: list[Json] = [_route(view, one) for one in routes.to(id_)]
    everything = [*listed(with_separate(inline, separate)), *routes.lost]
    if vpc is not None:
        everything = [*_local(view, vpc), *everything]
    else:  # its local route is not known
        everything.append(known_after_apply(f"{id_}: the CIDR blocks of its VPC"))
    return {
        "RouteTableId": id_,
        "VpcId": vpc_id,
        "OwnerId": view.account,
        "Associations": _associations(view, id_, vpc_id, main),
        "PropagatingVgws": _propagating(view, id_, table),
        "Routes": everything,
        "Tags": tags(table) if table is not None else [],
    }


def _associations(view: View, id_: str, vpc_id: Json, main: dict[str, Json]) -> list[Json]:
    state: Structure = {"AssociationState": {"State": "associated"}}
    associations: list[Json] = []
    main_id = main.get(vpc_id) if isinstance(vpc_id, str) else None
    if is_unknown(main_id):
        associations.append(main_id)
    elif main_id == id_:
        associations.append({"Main": True, "RouteTableId": id_, **state})
    found = view.attached(("aws_route_table_association",), "route_table_id", ROUTE_TABLE)
    associations += [
        {
            "Main": False,
            "RouteTableAssociationId": view.id(one),
            "RouteTableId": id_,
            "SubnetId": None if one.left_out("subnet_id") else view.one(one, "subnet_id", *SUBNET),
            "GatewayId": None if one.left_out("gateway_id") else view.one(one, "gateway_id", *INTERNET_GATEWAY),
            **state,
        }
        for one in found.to(id_)
    ]
    return [*associations, *found.lost]


def _propagating(view: View, id_: str, table: Resource | None) -> list[Json]:
    found = view.attached(("aws_vpn_gateway_route_propagation",), "route_table_id", ROUTE_TABLE)
    gateways: list[Json] = [view.one(one, "vpn_gateway_id", *VPN_GATEWAY) for one in found.to(id_)]
    if table is not None and not table.left_out("propagating_vgws"):
        gateways += listed(view.many(table, "propagating_vgws", *VPN_GATEWAY))
    return members("GatewayId", [*gateways, *found.lost])


def internet_gateways(view: View) -> Items:
    """ec2.DescribeInternetGateways."""
    attachments = view.attached(("aws_internet_gateway_attachment",), "internet_gateway_id", INTERNET_GATEWAY)
    for one in view.of(*INTERNET_GATEWAY):
        attached = [view.one(more, "vpc_id", *VPC) for more in attachments.to(view.id(one))]
        own = None if one.left_out("vpc_id") else view.one(one, "vpc_id", *VPC)
        yield {
            "InternetGatewayId": view.id(one),
            "OwnerId": view.account,
            "Attachments": [{"VpcId": vpc, "State": "available"} for vpc in [own, *attached] if vpc],
            "Tags": tags(one),
        }


def egress_only_gateways(view: View) -> Items:
    """ec2.DescribeEgressOnlyInternetGateways."""
    for one in view.of(*EGRESS_ONLY):
        yield {
            "EgressOnlyInternetGatewayId": view.id(one),
            "Attachments": [{"VpcId": view.one(one, "vpc_id", *VPC), "State": "attached"}],
            "Tags": tags(one),
        }


def nat_gateways(view: View) -> Items:
    """ec2.DescribeNatGateways."""
    for one in view.of(*NAT_GATEWAY):
        subnet = view.one(one, "subnet_id", *SUBNET)
        allocation = None if one.left_out("allocation_id") else view.one(one, "allocation_id", "aws_eip")
        yield {
            "NatGatewayId": view.id(one),
            "SubnetId": subnet,
            "VpcId": view.vpc_of(subnet),
            "State": "available",
            "ConnectivityType": one.value("connectivity_type") or "public",
            "NatGatewayAddresses": [{"AllocationId": allocation, "PublicIp": one.value("public_ip")}],
            "Tags": tags(one),
        }
