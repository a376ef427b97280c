"""Site-to-site VPN and Direct Connect. What only the far side shows (tunnels, BGP) is known after apply."""

from __future__ import annotations

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.document import Block, Resource
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply, structures
from orthaudit.gather.terraform.network import TRANSIT_GATEWAY, VPN_GATEWAY
from orthaudit.gather.terraform.view import VPC, Answers, Items, View, label, listed, members, tags

DX_CONNECTION = ("aws_dx_connection", "aws_dx_lag", "aws_dx_hosted_connection")
DX_GATEWAY = ("aws_dx_gateway",)
VPN_CONNECTION = ("aws_vpn_connection",)
CUSTOMER_GATEWAY = ("aws_customer_gateway",)


def vpn_gateways(view: View) -> Items:
    """ec2.DescribeVpnGateways."""
    attachments = view.attached(("aws_vpn_gateway_attachment",), "vpn_gateway_id", VPN_GATEWAY)
    for one in view.of(*VPN_GATEWAY):
        own = None if one.left_out("vpc_id") else view.one(one, "vpc_id", *VPC)
        attached = [own, *(view.one(more, "vpc_id", *VPC) for more in attachments.to(view.id(one)))]
        yield {
            "VpnGatewayId": view.id(one),
            "State": "available",
            "Type": "ipsec.1",
            "VpcAttachments": [{"VpcId": vpc, "State": "attached"} for vpc in attached if vpc],
            "Tags": tags(one),
        }


def customer_gateways(view: View) -> Items:
    """ec2.DescribeCustomerGateways."""
    for one in view.of(*CUSTOMER_GATEWAY):
        yield {
            "CustomerGatewayId": view.id(one),
            "IpAddress": one.value("ip_address"),
            "BgpAsn": one.value("bgp_asn"),
            "CertificateArn": one.value("certificate_arn"),
            "State": "available",
            "Type": one.value("type"),
            "Tags": tags(one),
        }


def vpn_connections(view: View) -> Items:
    """ec2.DescribeVpnConnections."""
    routes = view.attached(("aws_vpn_connection_route",), "vpn_connection_id", VPN_CONNECTION)
    for one in view.of(*VPN_CONNECTION):
        static: list[Json] = [
            {"DestinationCidrBlock": route.value("destination_cidr_block"), "Source": "Static", "State": "available"}
            for route in routes.to(view.id(one))
        ]
        yield {
            "VpnConnectionId": view.id(one),
            "State": "available",
            "Type": "ipsec.1",
            "Category": "VPN",
            "CustomerGatewayId": view.one(one, "customer_gateway_id", *CUSTOMER_GATEWAY),
            "VpnGatewayId": None if one.left_out("vpn_gateway_id") else view.one(one, "vpn_gateway_id", *VPN_GATEWAY),
            "TransitGatewayId": None
            if one.left_out("transit_gateway_id")
            else view.one(one, "transit_gateway_id", *TRANSIT_GATEWAY),
            "Options": {
                "EnableAcceleration": one.value("enable_acceleration"),
                "StaticRoutesOnly": one.value("static_routes_only"),
                "LocalIpv4NetworkCidr": one.value("local_ipv4_network_cidr"),
                "RemoteIpv4NetworkCidr": one.value("remote_ipv4_network_cidr"),
                "OutsideIpAddressType": one.value("outside_ip_address_type"),
                "TunnelOptions": [_tunnel(one, f"tunnel{number}_") for number in (1, 2)],
            },
            "Routes": [*static, *routes.lost],
            "VgwTelemetry": _telemetry(one),
            "Tags": tags(one),
        }


_TUNNEL_LISTS = (
    ("ike_versions", "IkeVersions"),
    ("phase1_encryption_algorithms", "Phase1EncryptionAlgorithms"),
    ("phase2_encryption_algorithms", "Phase2EncryptionAlgorithms"),
    ("phase1_integrity_algorithms", "Phase1IntegrityAlgorithms"),
    ("phase2_integrity_algorithms", "Phase2IntegrityAlgorithms"),
    ("phase1_dh_group_numbers", "Phase1DHGroupNumbers"),
    ("phase2_dh_group_numbers", "Phase2DHGroupNumbers"),
)
_TUNNEL_VALUES = (
    ("address", "OutsideIpAddress"),
    ("inside_cidr", "TunnelInsideCidr"),
    ("phase1_lifetime_seconds", "Phase1LifetimeSeconds"),
    ("phase2_lifetime_seconds", "Phase2LifetimeSeconds"),
    ("dpd_timeout_action", "DpdTimeoutAction"),
    ("startup_action", "StartupAction"),
)


def _tunnel(connection: Resource, prefix: str) -> Structure:
    tunnel: Structure = {
        member: members("Value", _offered(connection, prefix + name)) for name, member in _TUNNEL_LISTS
    }
    for name, member in _TUNNEL_VALUES:
        tunnel[member] = connection.value(prefix + name)
    if is_unknown(tunnel["OutsideIpAddress"]):
        tunnel["OutsideIpAddress"] = f"{connection.address}.{prefix}address"
    options = connection.block(f"{prefix}log_options")
    logs = options.block("cloudwatch_log_options") if isinstance(options, Block) else options
    if isinstance(logs, Block):
        tunnel["LogOptions"] = {
            "CloudWatchLogOptions": {
                "LogEnabled": logs.value("log_enabled") or False,
                "LogGroupArn": logs.value("log_group_arn"),
            }
        }
    else:
        tunnel["LogOptions"] = logs
    return tunnel


def _offered(connection: Resource, name: str) -> list[Json]:
    """What is offered; nothing where AWS's defaults are."""
    return [] if connection.left_out(name) else listed(connection.value(name))


def _telemetry(connection: Resource) -> Json:
    blocks = connection.blocks("vgw_telemetry")
    if isinstance(blocks, dict):
        return blocks
    if not blocks:
        return known_after_apply(f"{connection.address}: whether its tunnels are up")
    return [
        {
            "OutsideIpAddress": one.value("outside_ip_address"),
            "Status": one.value("status"),
            "StatusMessage": one.value("status_message"),
            "AcceptedRouteCount": one.value("accepted_route_count"),
        }
        for one in blocks
    ]


def dx_connections(view: View) -> Items:
    """directconnect.DescribeConnections."""
    members = view.attached(("aws_dx_connection_association",), "connection_id", DX_CONNECTION)
    for one in view.of("aws_dx_connection", "aws_dx_hosted_connection"):
        lags = [view.one(more, "lag_id", "aws_dx_lag") for more in members.to(view.id(one))]
        yield {
            "connectionId": view.id(one),
            "connectionName": label(one, "name"),
            "connectionState": "available",
            "region": view.region,
            "location": one.value("location"),
            "bandwidth": one.value("bandwidth"),
            "lagId": next(iter(lags), None),
            "macSecCapable": one.value("macsec_capable"),
            "encryptionMode": one.value("encryption_mode"),
            "portEncryptionStatus": one.value("port_encryption_status"),
            "ownerAccount": view.account,
            "tags": _lower(one),
        }


def dx_lags(view: View) -> Items:
    """directconnect.DescribeLags."""
    for one in view.of("aws_dx_lag"):
        yield {
            "lagId": view.id(one),
            "lagName": one.value("name"),
            "lagState": "available",
            "location": one.value("location"),
            "tags": _lower(one),
        }


_VIRTUAL_INTERFACES = {
    f"aws_dx_{hosted}{kind}_virtual_interface": kind
    for hosted in ("", "hosted_")
    for kind in ("private", "public", "transit")
}


def virtual_interfaces(view: View) -> Items:
    """directconnect.DescribeVirtualInterfaces."""
    for one in view.of(*_VIRTUAL_INTERFACES):
        prefixes = [] if one.left_out("route_filter_prefixes") else listed(one.value("route_filter_prefixes"))
        peer: Structure = {
            "asn": one.value("bgp_asn"),
            "addressFamily": one.value("address_family"),
            "amazonAddress": one.value("amazon_address"),
            "customerAddress": one.value("customer_address"),
        }
        yield {
            "virtualInterfaceId": view.id(one),
            "virtualInterfaceName": label(one, "name"),
            "virtualInterfaceType": _VIRTUAL_INTERFACES[one.type],
            "virtualInterfaceState": "available",
            "connectionId": view.one(one, "connection_id", *DX_CONNECTION),
            "virtualGatewayId": _gateway(view, one, "vpn_gateway_id", VPN_GATEWAY),
            "directConnectGatewayId": _gateway(view, one, "dx_gateway_id", DX_GATEWAY),
            "vlan": one.value("vlan"),
            "region": view.region,
            "ownerAccount": view.account,
            "routeFilterPrefixes": members("cidr", prefixes),
            "bgpPeers": [
                {
                    **peer,
                    "bgpPeerState": "available",
                    "bgpStatus": known_after_apply(f"{one.address}: whether its BGP session is up"),
                }
            ],
            "tags": _lower(one),
            **peer,
        }


def _gateway(view: View, one: Resource, name: str, kinds: tuple[str, ...]) -> Json:
    return None if one.left_out(name) else view.one(one, name, *kinds)


def dx_gateways(view: View) -> Items:
    """directconnect.DescribeDirectConnectGateways."""
    for one in view.of(*DX_GATEWAY):
        yield {
            "directConnectGatewayId": view.id(one),
            "directConnectGatewayName": one.value("name"),
            "amazonSideAsn": one.value("amazon_side_asn"),
            "directConnectGatewayState": "available",
            "ownerAccount": view.account,
        }


def dx_gateway_associations(view: View) -> Answers:
    """directconnect.DescribeDirectConnectGatewayAssociations."""
    found = view.attached(("aws_dx_gateway_association",), "dx_gateway_id", DX_GATEWAY)
    for gateway in view.of(*DX_GATEWAY):
        associations: list[Json] = []
        for one in found.to(view.id(gateway)):
            to = view.one(one, "associated_gateway_id", *VPN_GATEWAY, *TRANSIT_GATEWAY)
            transit = isinstance(to, str) and (to.startswith("tgw-") or "aws_ec2_transit_gateway." in to)
            associations.append(
                {
                    "directConnectGatewayId": view.id(gateway),
                    "associationId": view.id(one),
                    "associationState": "associated",
                    "associatedGateway": {
                        "id": to,
                        "type": "transitGateway" if transit else "virtualPrivateGateway",
                        "region": view.region,
                        "ownerAccount": view.account,
                    },
                    "allowedPrefixesToDirectConnectGateway": members("cidr", listed(one.value("allowed_prefixes"))),
                }
            )
        yield (
            {"directConnectGatewayId": view.id(gateway)},
            {"directConnectGatewayAssociations": [*associations, *found.lost]},
        )


def dx_gateway_attachments(view: View) -> Answers:
    """directconnect.DescribeDirectConnectGatewayAttachments."""
    found = view.attached(tuple(_VIRTUAL_INTERFACES), "dx_gateway_id", DX_GATEWAY)
    for gateway in view.of(*DX_GATEWAY):
        attachments: list[Json] = [
            {
                "directConnectGatewayId": view.id(gateway),
                "virtualInterfaceId": view.id(one),
                "virtualInterfaceRegion": view.region,
                "virtualInterfaceOwnerAccount": view.account,
                "attachmentState": "attached",
                "attachmentType": f"{_VIRTUAL_INTERFACES[one.type].capitalize()}VirtualInterface",
            }
            for one in found.to(view.id(gateway))
        ]
        yield {"directConnectGatewayId": view.id(gateway)}, {"directConnectGatewayAttachments": attachments}


def _lower(resource: Resource) -> list[Json]:
    """Tags as Direct Connect writes them."""
    return [{"key": "Name", "value": one["Value"]} for one in structures(tags(resource))]
