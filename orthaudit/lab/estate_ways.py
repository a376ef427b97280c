"""What ties the hospital's sites to AWS: site-to-site VPNs and Direct Connect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from moto.directconnect.models import directconnect_backends
from moto.ec2.models.vpn_connections import VPNConnection
from moto.moto_api._internal import mock_random

from orthaudit.lab.build import Place
from orthaudit.lab.operations import Item, added


class SiteVpn(VPNConnection):
    """A site-to-site VPN with its options, telemetry and routes, which moto leaves out."""

    options: Item  # type: ignore[assignment]  # moto always has None

    @property
    def customer_gateway_configuration(self) -> str:
        """The device's configuration as AWS hands it out, both pre-shared keys included."""
        tunnels = "".join(
            f"<ipsec_tunnel><vpn_gateway><tunnel_outside_address><ip_address>{tunnel['OutsideIpAddress']}"
            "</ip_address></tunnel_outside_address></vpn_gateway><ike>"
            f"<pre_shared_key>{tunnel['PreSharedKey']}</pre_shared_key></ike></ipsec_tunnel>"
            for tunnel in self.options["TunnelOptions"]
        )
        return f'<?xml version="1.0"?><vpn_connection id="{self.id}">{tunnels}</vpn_connection>'


_STRONG: Final[Mapping[str, object]] = {
    "Phase1EncryptionAlgorithms": [{"Value": "AES256-GCM-16"}],
    "Phase2EncryptionAlgorithms": [{"Value": "AES256-GCM-16"}],
    "Phase1IntegrityAlgorithms": [{"Value": "SHA2-384"}],
    "Phase2IntegrityAlgorithms": [{"Value": "SHA2-384"}],
    "Phase1DHGroupNumbers": [{"Value": 20}],
    "Phase2DHGroupNumbers": [{"Value": 20}],
    "IkeVersions": [{"Value": "ikev2"}],
}


def site_vpns(place: Place) -> None:
    """`clinic-north` with strong suites, and `clinic-south` with AWS's defaults and one tunnel down."""
    _site_vpn(place, "clinic-north", "198.51.100.31", {"203.0.113.31": "UP", "203.0.113.32": "UP"}, _STRONG)
    _site_vpn(place, "clinic-south", "198.51.100.41", {"203.0.113.41": "UP", "203.0.113.42": "DOWN"}, {})


def _site_vpn(place: Place, name: str, device: str, tunnels: Mapping[str, str], suites: Mapping[str, object]) -> None:
    gateway = place.ec2.create_customer_gateway("ipsec.1", device, "65000", {"Name": name})
    place.named(name, "cgw", gateway.id)
    connection = SiteVpn(
        place.ec2,
        place.new_id(name, "vpn"),
        "ipsec.1",
        gateway.id,
        place.ids["imaging.vgw"],
        tags={"Name": name},
    )
    connection.category = "VPN"  # type: ignore[attr-defined]
    connection.options = {
        "EnableAcceleration": False,
        "StaticRoutesOnly": False,
        "LocalIpv4NetworkCidr": "0.0.0.0/0",
        "RemoteIpv4NetworkCidr": "0.0.0.0/0",
        "OutsideIpAddressType": "PublicIpv4",
        "TunnelInsideIpVersion": "ipv4",
        "TunnelOptions": [
            {
                "OutsideIpAddress": outside,
                "TunnelInsideCidr": f"169.254.{outside.rpartition('.')[2]}.0/30",
                "PreSharedKey": mock_random.get_random_string(32),
                **suites,
                "LogOptions": {"CloudWatchLogOptions": {"LogEnabled": False}},
            }
            for outside in tunnels
        ],
    }
    connection.vgw_telemetry = [  # type: ignore[attr-defined]
        {
            "OutsideIpAddress": outside,
            "Status": status,
            "StatusMessage": "1 BGP ROUTES" if status == "UP" else "IPSEC IS DOWN",
            "AcceptedRouteCount": int(status == "UP"),
            "LastStatusChange": place.now - timedelta(days=3),
        }
        for outside, status in tunnels.items()
    ]
    connection.routes = []  # type: ignore[attr-defined]
    place.ec2.vpn_connections[connection.id] = connection
    for outside, status in tunnels.items():
        place.add(
            "GetActiveVpnTunnelStatus",
            VpnConnectionId=connection.id,
            VpnTunnelOutsideIpAddress=outside,
            **_negotiated(bool(suites)) if status == "UP" else {},
            ProvisioningStatus="available",
        )


def _negotiated(strong: bool) -> Item:
    encryption, integrity, group, version = (
        ("AES256-GCM-16", "SHA2-384", 20, "ikev2") if strong else ("AES128", "SHA1", 2, "ikev1")
    )
    return {
        "Phase1EncryptionAlgorithm": encryption,
        "Phase2EncryptionAlgorithm": encryption,
        "Phase1IntegrityAlgorithm": integrity,
        "Phase2IntegrityAlgorithm": integrity,
        "Phase1DHGroup": group,
        "Phase2DHGroup": group,
        "IkeVersion": version,
    }


def direct_connect(place: Place) -> None:
    """One circuit without MACsec: a private virtual interface that works, a public one whose BGP is down."""
    store = added(directconnect_backends[place.account][place.region])
    connection = place.new_id("hospital", "dxcon", 8)
    store["DescribeConnections"].append(
        {
            "ownerAccount": place.account,
            "connectionId": connection,
            "connectionName": "hospital",
            "connectionState": "available",
            "region": place.region,
            "location": "EqTR1",
            "bandwidth": "1Gbps",
            "jumboFrameCapable": True,
            "awsDeviceV2": "EqTR1-lab1",
            "awsLogicalDeviceId": "EqTR1-lab1",
            "hasLogicalRedundancy": "no",
            "macSecCapable": False,
            "portEncryptionStatus": "Encryption Down",
            "encryptionMode": "no_encrypt",
            "macSecKeys": [],
            "tags": [{"key": "Name", "value": "hospital"}],
        }
    )
    _virtual_interface(
        place,
        "hospital-private",
        connection,
        "private",
        "up",
        vlan=101,
        mtu=9001,
        virtualGatewayId=place.ids["imaging.vgw"],
        amazonAddress="169.254.101.1/30",
        customerAddress="169.254.101.2/30",
    )
    _virtual_interface(
        place,
        "hospital-public",
        connection,
        "public",
        "down",
        vlan=102,
        mtu=1500,
        amazonAddress="203.0.113.101/30",
        customerAddress="203.0.113.102/30",
        routeFilterPrefixes=[{"cidr": "198.51.100.0/24"}],
    )


def _virtual_interface(place: Place, name: str, connection: str, kind: str, bgp: str, **members: object) -> None:
    key = mock_random.get_random_string(24)
    peer = {
        "asn": 65000,
        "asnLong": 65000,
        "authKey": key,
        "addressFamily": "ipv4",
        "amazonAddress": members["amazonAddress"],
        "customerAddress": members["customerAddress"],
    }
    added(directconnect_backends[place.account][place.region])["DescribeVirtualInterfaces"].append(
        {
            "ownerAccount": place.account,
            "virtualInterfaceId": place.new_id(name, "dxvif", 8),
            "virtualInterfaceName": name,
            "virtualInterfaceType": kind,
            "virtualInterfaceState": "available",
            "connectionId": connection,
            "location": "EqTR1",
            "region": place.region,
            "amazonSideAsn": 64512 if kind == "private" else 7224,
            "jumboFrameCapable": True,
            "siteLinkEnabled": False,
            "customerRouterConfig": f"<logical_connection><bgp_auth_key>{key}</bgp_auth_key></logical_connection>",
            "bgpPeers": [
                {
                    "bgpPeerId": f"dxpeer-{mock_random.get_random_hex(8)}",
                    "bgpPeerState": "available",
                    "bgpStatus": bgp,
                    **peer,
                }
            ],
            "tags": [{"key": "Name", "value": name}],
            **peer,
            **members,
        }
    )
