"""The hospital's two Client VPN endpoints."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from moto.moto_api._internal import mock_random

from orthaudit.lab.acm import Authority
from orthaudit.lab.build import Place
from orthaudit.lab.operations import Item

_YEAR: Final = 365


def client_vpns(place: Place) -> None:
    """`radiologists` as the guide wants it, and `vendor` with everything wrong."""
    authority = Authority("vpn-ca.hospital.example", place.now, 4 * _YEAR)
    good = _endpoint(
        place,
        "radiologists",
        ClientCidrBlock="192.168.0.0/22",
        SplitTunnel=True,
        AuthenticationOptions=[_mutual(place, authority)],
        ConnectionLogOptions={
            "Enabled": True,
            "CloudwatchLogGroup": place.log_group("/client-vpn/radiologists"),
            "CloudwatchLogStream": "connections",
        },
        SessionTimeoutHours=8,
        DisconnectOnSessionTimeout=True,
    )
    good["ServerCertificateArn"] = place.certificate(
        "radiologists", authority.issue("radiologists.vpn.hospital.example", 2 * _YEAR), [_arn(place, good)]
    )
    for subnet, address in (("private-a", "10.20.11.50"), ("private-b", "10.20.12.50")):
        _associate(place, good, subnet, address)
        _route(place, good, "10.20.0.0/16", subnet, "associate")
    _authorize(place, good, "10.20.0.0/16")
    place.add(
        "ExportClientVpnClientCertificateRevocationList",
        ClientVpnEndpointId=good["ClientVpnEndpointId"],
        CertificateRevocationList=authority.revocation_list(_YEAR),
        Status={"Code": "active"},
    )

    bad = _endpoint(
        place,
        "vendor",
        ClientCidrBlock="10.9.64.0/20",  # overlaps the route to the hospital's own network
        SplitTunnel=False,
        AuthenticationOptions=[_federated(place)],
        ConnectionLogOptions={"Enabled": False},
        SessionTimeoutHours=24,
        DisconnectOnSessionTimeout=False,
    )
    bad["ServerCertificateArn"] = place.certificate(
        "vendor", authority.issue("vendor.vpn.hospital.example", 10), [_arn(place, bad)]
    )
    _associate(place, bad, "public-a", "10.20.0.50")
    _route(place, bad, "10.20.0.0/16", "public-a", "associate")
    _route(place, bad, "0.0.0.0/0", "public-a", "add-route")
    _authorize(place, bad, "0.0.0.0/0")


def _endpoint(place: Place, name: str, **members: object) -> Item:
    endpoint = place.new_id(name, "cvpn-endpoint")
    return place.add(
        "DescribeClientVpnEndpoints",
        ClientVpnEndpointId=endpoint,
        Description=name,
        Status={"Code": "available"},
        CreationTime=f"{place.now - timedelta(days=90):%Y-%m-%dT%H:%M:%S}",
        DnsName=f"*.{endpoint}.prod.clientvpn.{place.region}.amazonaws.com",
        VpnProtocol="openvpn",
        TransportProtocol="udp",
        VpnPort=443,
        SecurityGroupIds=[place.ids[f"vpn-{name}.sg"]],
        VpcId=place.ids["imaging.vpc"],
        ClientConnectOptions={"Enabled": False},
        ClientLoginBannerOptions={"Enabled": False},
        ClientRouteEnforcementOptions={"Enforced": False},
        EndpointIpAddressType="ipv4",
        TrafficIpAddressType="ipv4",
        AssociatedTargetNetworks=[],
        Tags=[{"Key": "Name", "Value": name}],
        **members,
    )


def _arn(place: Place, endpoint: Item) -> str:
    return f"arn:aws:ec2:{place.region}:{place.account}:client-vpn-endpoint/{endpoint['ClientVpnEndpointId']}"


def _mutual(place: Place, authority: Authority) -> Item:
    root = place.certificate("radiologists-clients", authority.itself)
    return {
        "Type": "certificate-authentication",
        "MutualAuthentication": {"ClientRootCertificateChain": root},
    }


def _federated(place: Place) -> Item:
    provider = f"arn:aws:iam::{place.account}:saml-provider/vendor"
    return {"Type": "federated-authentication", "FederatedAuthentication": {"SamlProviderArn": provider}}


def _associate(place: Place, endpoint: Item, subnet: str, address: str) -> None:
    """A target network association, with the interface by which clients enter: it carries the groups."""
    id_, groups = place.ids[f"{subnet}.subnet"], endpoint["SecurityGroupIds"]
    place.add(
        "DescribeClientVpnTargetNetworks",
        AssociationId=f"cvpn-assoc-{mock_random.get_random_hex(17)}",
        VpcId=endpoint["VpcId"],
        TargetNetworkId=id_,
        ClientVpnEndpointId=endpoint["ClientVpnEndpointId"],
        Status={"Code": "associated"},
        SecurityGroups=list(groups),
    )
    endpoint["AssociatedTargetNetworks"].append({"NetworkId": id_, "NetworkType": "vpc"})
    name = f"{endpoint['Description']}-{subnet}"
    place.managed_interface(name, id_, address, "interface", "ClientVPN Endpoint resource", groups)


def _route(place: Place, endpoint: Item, cidr: str, subnet: str, origin: str) -> None:
    place.add(
        "DescribeClientVpnRoutes",
        ClientVpnEndpointId=endpoint["ClientVpnEndpointId"],
        DestinationCidr=cidr,
        TargetSubnet=place.ids[f"{subnet}.subnet"],
        Type="Nat",
        Origin=origin,
        Status={"Code": "active"},
    )


def _authorize(place: Place, endpoint: Item, cidr: str) -> None:
    place.add(
        "DescribeClientVpnAuthorizationRules",
        ClientVpnEndpointId=endpoint["ClientVpnEndpointId"],
        GroupId="",
        AccessAll=True,
        DestinationCidr=cidr,
        Status={"Code": "active"},
    )
