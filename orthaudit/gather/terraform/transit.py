"""Transit gateways: attachments, route tables and what is in them."""

from __future__ import annotations

from collections.abc import Iterator

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.circuits import VPN_CONNECTION
from orthaudit.gather.terraform.document import Resource
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply
from orthaudit.gather.terraform.network import TRANSIT_GATEWAY
from orthaudit.gather.terraform.view import (
    PREFIX_LIST,
    SUBNET,
    VPC,
    Answers,
    Items,
    View,
    listed,
    tags,
)

VPC_ATTACHMENT = ("aws_ec2_transit_gateway_vpc_attachment",)
PEERING_ATTACHMENT = ("aws_ec2_transit_gateway_peering_attachment",)
CONNECT = ("aws_ec2_transit_gateway_connect",)
ATTACHMENT = (*VPC_ATTACHMENT, *PEERING_ATTACHMENT, *CONNECT, *VPN_CONNECTION)
TABLE = ("aws_ec2_transit_gateway_route_table",)


def gateways(view: View) -> Items:
    """ec2.DescribeTransitGateways."""
    for one in view.of(*TRANSIT_GATEWAY):
        default = view.made_with(one, "association_default_route_table_id")
        associates, propagates = _default(one, "association"), _default(one, "propagation")
        yield {
            "TransitGatewayId": view.id(one),
            "OwnerId": view.account,
            "State": "available",
            "Options": {
                "DefaultRouteTableAssociation": associates,
                "DefaultRouteTablePropagation": propagates,
                "AssociationDefaultRouteTableId": default if associates == "enable" else None,
                "PropagationDefaultRouteTableId": default if propagates == "enable" else None,
                "AutoAcceptSharedAttachments": one.value("auto_accept_shared_attachments"),
            },
            "Tags": tags(one),
        }


def _default(gateway: Resource, what: str) -> Json:
    value = gateway.value(f"default_route_table_{what}")
    return value if value is not None else "enable"


def _attachments(view: View) -> Iterator[tuple[Resource, str, str, Json, Json]]:
    """(resource, its attachment's id, kind, what is attached, transit gateway)."""
    for one in view.of(*ATTACHMENT):
        if one.type in VPN_CONNECTION and one.left_out("transit_gateway_id"):
            continue
        gateway = view.one(one, "transit_gateway_id", *TRANSIT_GATEWAY)
        if gateway is None:
            continue
        if one.type in VPC_ATTACHMENT:
            yield one, view.id(one), "vpc", view.one(one, "vpc_id", *VPC), gateway
        elif one.type in VPN_CONNECTION:
            named = one.value("transit_gateway_attachment_id")
            yield one, named if isinstance(named, str) and named else view.id(one), "vpn", view.id(one), gateway
        elif one.type in CONNECT:
            yield one, view.id(one), "connect", view.one(one, "transport_attachment_id", *ATTACHMENT), gateway
        else:
            peer = view.one(one, "peer_transit_gateway_id", *TRANSIT_GATEWAY)
            yield one, view.id(one), "peering", peer, gateway


def attachments(view: View) -> Items:
    """ec2.DescribeTransitGatewayAttachments."""
    associated = {attachment: table for table, attachment, _, _ in _associations(view) if isinstance(attachment, str)}
    for one, id_, kind, attached, gateway in _attachments(view):
        table = associated.get(id_)
        yield {
            "TransitGatewayAttachmentId": id_,
            "TransitGatewayId": gateway,
            "TransitGatewayOwnerId": view.account,
            "ResourceOwnerId": view.account,
            "ResourceType": kind,
            "ResourceId": attached,
            "State": "available",
            "Association": {"TransitGatewayRouteTableId": table, "State": "associated"} if table else None,
            "Tags": tags(one),
        }


def vpc_attachments(view: View) -> Items:
    """ec2.DescribeTransitGatewayVpcAttachments."""
    for one, id_, kind, attached, gateway in _attachments(view):
        if kind == "vpc":
            yield {
                "TransitGatewayAttachmentId": id_,
                "TransitGatewayId": gateway,
                "VpcId": attached,
                "VpcOwnerId": view.account,
                "SubnetIds": listed(view.many(one, "subnet_ids", *SUBNET)),
                "State": "available",
                "Options": {
                    "ApplianceModeSupport": one.value("appliance_mode_support"),
                    "SecurityGroupReferencingSupport": one.value("security_group_referencing_support"),
                },
                "Tags": tags(one),
            }


def peering_attachments(view: View) -> Items:
    """ec2.DescribeTransitGatewayPeeringAttachments."""
    for one, id_, kind, peer, gateway in _attachments(view):
        if kind == "peering":
            yield {
                "TransitGatewayAttachmentId": id_,
                "RequesterTgwInfo": {
                    "TransitGatewayId": gateway,
                    "OwnerId": view.account,
                    "Region": view.region,
                },
                "AccepterTgwInfo": {
                    "TransitGatewayId": peer,
                    "OwnerId": one.value("peer_account_id"),
                    "Region": one.value("peer_region"),
                },
                "State": "available",
                "Tags": tags(one),
            }


def connects(view: View) -> Items:
    """ec2.DescribeTransitGatewayConnects."""
    for one, id_, kind, transport, gateway in _attachments(view):
        if kind == "connect":
            yield {
                "TransitGatewayAttachmentId": id_,
                "TransportTransitGatewayAttachmentId": transport,
                "TransitGatewayId": gateway,
                "State": "available",
                "Tags": tags(one),
            }


def _tables(view: View) -> Iterator[tuple[str, Json, bool, Resource | None]]:
    """(id, transit gateway, whether it is the default one, the resource where there is one)."""
    for one in view.of(*TABLE):
        yield view.id(one), view.one(one, "transit_gateway_id", *TRANSIT_GATEWAY), False, one
    for gateway in view.of(*TRANSIT_GATEWAY):
        if "enable" in (_default(gateway, "association"), _default(gateway, "propagation")):
            yield view.made_with(gateway, "association_default_route_table_id"), view.id(gateway), True, None


def route_tables(view: View) -> Items:
    """ec2.DescribeTransitGatewayRouteTables: those of the plan, and each gateway's default one."""
    for id_, gateway, default, table in _tables(view):
        yield {
            "TransitGatewayRouteTableId": id_,
            "TransitGatewayId": gateway,
            "State": "available",
            "DefaultAssociationRouteTable": default,
            "DefaultPropagationRouteTable": default,
            "Tags": tags(table) if table is not None else [],
        }


def _joined(view: View, kind: str, option: str) -> Iterator[tuple[Json, Json, str, Json]]:
    """(route table, attachment, kind, what is attached), by resources of their own and by the gateway's default."""
    explicit: set[Json] = set()
    every = {id_: (one, what, attached) for one, id_, what, attached, _ in _attachments(view)}
    for one in view.of(f"aws_ec2_transit_gateway_route_table_{kind}"):
        attachment = view.one(one, "transit_gateway_attachment_id", *ATTACHMENT)
        table = view.one(one, "transit_gateway_route_table_id", *TABLE)
        _, what, attached = every.get(str(attachment), (None, "", None))
        if isinstance(attachment, str):
            explicit.add(attachment)
        yield table, attachment, what, attached
    defaults = {view.id(one): one for one in view.of(*TRANSIT_GATEWAY) if _default(one, kind) == "enable"}
    for one, id_, what, attached, gateway in _attachments(view):
        wished = one.value(option) if one.type in VPC_ATTACHMENT else True
        by_default = defaults.get(gateway) if isinstance(gateway, str) else None
        if by_default is not None and wished is not False and not (kind == "association" and id_ in explicit):
            yield view.made_with(by_default, "association_default_route_table_id"), id_, what, attached


def _associations(view: View) -> Iterator[tuple[Json, Json, str, Json]]:
    return _joined(view, "association", "transit_gateway_default_route_table_association")


def _propagations(view: View) -> Iterator[tuple[Json, Json, str, Json]]:
    return _joined(view, "propagation", "transit_gateway_default_route_table_propagation")


def associations(view: View) -> Answers:
    """ec2.GetTransitGatewayRouteTableAssociations."""
    yield from _by_table(view, "Associations", "associated", list(_associations(view)))


def propagations(view: View) -> Answers:
    """ec2.GetTransitGatewayRouteTablePropagations."""
    yield from _by_table(view, "TransitGatewayRouteTablePropagations", "enabled", list(_propagations(view)))


def _by_table(view: View, key: str, state: str, joined: list[tuple[Json, Json, str, Json]]) -> Answers:
    lost = [table for table, _, _, _ in joined if is_unknown(table)]
    for id_, _, _, _ in _tables(view):
        found: list[Json] = [
            {"TransitGatewayAttachmentId": attachment, "ResourceType": kind, "ResourceId": attached, "State": state}
            for table, attachment, kind, attached in joined
            if table == id_
        ]
        yield {"TransitGatewayRouteTableId": id_}, {key: [*found, *lost]}


def routes(view: View) -> Answers:
    """ec2.SearchTransitGatewayRoutes: static routes, and the CIDR blocks of VPCs that propagate theirs."""
    static = view.attached(("aws_ec2_transit_gateway_route",), "transit_gateway_route_table_id", TABLE)
    propagated = list(_propagations(view))
    for id_, _, _, _ in _tables(view):
        found: list[Json] = [_static(view, one) for one in static.to(id_)]
        for table, attachment, kind, attached in propagated:
            if table == id_ or is_unknown(table):
                found += _learnt(view, attachment, kind, attached)
        found += static.lost
        yield {"TransitGatewayRouteTableId": id_}, {"Routes": found, "AdditionalRoutesAvailable": False}


def _static(view: View, one: Resource) -> Structure:
    attachment = None
    if not one.left_out("transit_gateway_attachment_id"):
        attachment = view.one(one, "transit_gateway_attachment_id", *ATTACHMENT)
    blackhole = one.value("blackhole")
    return {
        "DestinationCidrBlock": one.value("destination_cidr_block"),
        "Type": "static",
        "State": "blackhole" if blackhole is True else "active",
        "TransitGatewayAttachments": [{"TransitGatewayAttachmentId": attachment}] if attachment else [],
    }


def _learnt(view: View, attachment: Json, kind: str, attached: Json) -> list[Json]:
    vpc = next((one for one in view.known(*VPC) if view.id(one) == attached), None)
    if kind != "vpc" or vpc is None:
        return [known_after_apply(f"{attachment}: the routes that it propagates")]
    via: Structure = {"TransitGatewayAttachmentId": attachment, "ResourceType": kind, "ResourceId": attached}
    cidr = vpc.value("cidr_block")
    return [
        {
            "DestinationCidrBlock": cidr,
            "Type": "propagated",
            "State": "active",
            "TransitGatewayAttachments": [via],
        }
    ]


def prefix_list_references(view: View) -> Answers:
    """ec2.GetTransitGatewayPrefixListReferences."""
    kinds = ("aws_ec2_transit_gateway_prefix_list_reference",)
    references = view.attached(kinds, "transit_gateway_route_table_id", TABLE)
    for id_, _, _, _ in _tables(view):
        found: list[Json] = [
            {
                "TransitGatewayRouteTableId": id_,
                "PrefixListId": view.one(one, "prefix_list_id", *PREFIX_LIST),
                "State": "available",
                "Blackhole": one.value("blackhole") or False,
                "TransitGatewayAttachment": {
                    "TransitGatewayAttachmentId": None
                    if one.left_out("transit_gateway_attachment_id")
                    else view.one(one, "transit_gateway_attachment_id", *ATTACHMENT)
                },
            }
            for one in references.to(id_)
        ]
        yield {"TransitGatewayRouteTableId": id_}, {"TransitGatewayPrefixListReferences": [*found, *references.lost]}
