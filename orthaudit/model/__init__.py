"""Typed, frozen facts that rules judge; one file a topic. What a rule can be about is named here."""

from orthaudit.model.archive import Archive, ArchiveVpc
from orthaudit.model.client_vpn import ClientVpnEndpoint
from orthaudit.model.direct_connect import DirectConnectConnection, DirectConnectLink, VirtualInterface
from orthaudit.model.listener import DicomListener
from orthaudit.model.load_balancer import LoadBalancer, LoadBalancerListener, TargetGroup
from orthaudit.model.network import PeeringConnection, RouteTable, Subnet, Vpc
from orthaudit.model.network_interface import NetworkInterface
from orthaudit.model.probed_listener import ProbedListener
from orthaudit.model.security_group import SecurityGroup
from orthaudit.model.site_vpn import VpnConnection
from orthaudit.model.subject import Seen, Subject

__all__ = [
    "Archive",
    "ArchiveVpc",
    "ClientVpnEndpoint",
    "DicomListener",
    "DirectConnectConnection",
    "DirectConnectLink",
    "LoadBalancer",
    "LoadBalancerListener",
    "NetworkInterface",
    "PeeringConnection",
    "ProbedListener",
    "RouteTable",
    "SecurityGroup",
    "Seen",
    "Subject",
    "Subnet",
    "TargetGroup",
    "VirtualInterface",
    "Vpc",
    "VpnConnection",
]
