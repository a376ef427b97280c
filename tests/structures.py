"""AWS's structures and probes for tests: short factories, one a structure, under AWS's own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from orthaudit.evidence import Json, Structure
from orthaudit.lab.certificates import Authority

NOW: Final = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

Question: TypeAlias = "str | tuple[str, tuple[str, str]]"
"""An operation, with the one parameter that it is asked with where it has one."""
Answers: TypeAlias = "dict[Question, Structure]"

KEYS: Final[Mapping[str, str]] = {
    "ec2.DescribeVpcs": "Vpcs",
    "ec2.DescribeSubnets": "Subnets",
    "ec2.DescribeRouteTables": "RouteTables",
    "ec2.DescribeSecurityGroups": "SecurityGroups",
    "ec2.DescribeNetworkInterfaces": "NetworkInterfaces",
    "ec2.GetManagedPrefixListEntries": "Entries",
    "ec2.DescribeVpcPeeringConnections": "VpcPeeringConnections",
    "ec2.DescribeFlowLogs": "FlowLogs",
    "ec2.DescribeVpnConnections": "VpnConnections",
    "ec2.DescribeClientVpnEndpoints": "ClientVpnEndpoints",
    "ec2.DescribeClientVpnTargetNetworks": "ClientVpnTargetNetworks",
    "ec2.DescribeClientVpnRoutes": "Routes",
    "ec2.DescribeClientVpnAuthorizationRules": "AuthorizationRules",
    "directconnect.DescribeConnections": "connections",
    "directconnect.DescribeVirtualInterfaces": "virtualInterfaces",
    "elbv2.DescribeLoadBalancers": "LoadBalancers",
    "elbv2.DescribeListeners": "Listeners",
    "elbv2.DescribeTargetGroups": "TargetGroups",
    "elbv2.DescribeTargetHealth": "TargetHealthDescriptions",
}


def asked(question: Question) -> tuple[str, Structure]:
    """The operation and its parameters."""
    return (question, {}) if isinstance(question, str) else (question[0], {question[1][0]: question[1][1]})


def given(question: Question, *items: Structure) -> Answers:
    """One answer: the list of these structures."""
    return {question: {KEYS[asked(question)[0]]: [*items]}}


def prefix_list(name: str, *cidrs: str) -> Answers:
    entries: list[Structure] = [{"Cidr": cidr} for cidr in cidrs]
    return given(("ec2.GetManagedPrefixListEntries", ("PrefixListId", name)), *entries)


def permission(ports: int | tuple[int, int] | None, *sources: str, protocol: str = "tcp") -> Structure:
    """A permission of a group; the sources are CIDRs, prefix lists and groups. No ports: the members are absent."""
    kinds: dict[str, list[Json]] = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    for source in sources:
        if source.startswith("pl-"):
            kinds["PrefixListIds"].append({"PrefixListId": source})
        elif source.startswith("sg-"):
            kinds["UserIdGroupPairs"].append({"GroupId": source})
        elif ":" in source:
            kinds["Ipv6Ranges"].append({"CidrIpv6": source})
        else:
            kinds["IpRanges"].append({"CidrIp": source})
    low, high = (ports, ports) if isinstance(ports, int) else ports or (None, None)
    return {"IpProtocol": protocol, **({} if ports is None else {"FromPort": low, "ToPort": high}), **kinds}


ALL_OUT: Final = permission(None, "0.0.0.0/0", protocol="-1")


def security_group(name: str, *ingress: Structure, egress: Sequence[Structure] = (ALL_OUT,), **more: Json) -> Structure:
    return {
        "GroupId": name,
        "GroupName": name.removeprefix("sg-"),
        "VpcId": "vpc-1",
        "IpPermissions": [*ingress],
        "IpPermissionsEgress": [*egress],
        **more,
    }


def interface(name: str, address: str, *groups: str, public: str | None = None, **more: Json) -> Structure:
    association: Structure = {"Association": {"PublicIp": public}} if public else {}
    return {
        "NetworkInterfaceId": name,
        "VpcId": "vpc-1",
        "SubnetId": "subnet-a",
        "InterfaceType": "interface",
        "Groups": [{"GroupId": group} for group in groups],
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True, **association}],
        **more,
    }


def vpc(name: str, *cidrs: str) -> Structure:
    return {"VpcId": name, "CidrBlock": cidrs[0], "CidrBlockAssociationSet": [{"CidrBlock": cidr} for cidr in cidrs]}


def subnet(name: str, cidr: str, zone: str, vpc_id: str = "vpc-1") -> Structure:
    return {"SubnetId": name, "VpcId": vpc_id, "CidrBlock": cidr, "AvailabilityZoneId": zone}


def route(destination: str, **target: Json) -> Structure:
    """A route of a VPC; without a target the local one."""
    kind = "DestinationPrefixListId" if destination.startswith("pl-") else "DestinationCidrBlock"
    return {kind: destination, "State": "active", **(target or {"GatewayId": "local"})}


def route_table(
    name: str, *routes: Structure, main: bool = False, subnets: Sequence[str] = (), vpc_id: str = "vpc-1"
) -> Structure:
    associations: list[Json] = [{"Main": False, "SubnetId": one} for one in subnets]
    if main:
        associations.append({"Main": True})
    return {"RouteTableId": name, "VpcId": vpc_id, "Associations": associations, "Routes": [*routes]}


def peering(requester: tuple[str, str], accepter: tuple[str, str], status: str = "active") -> Structure:
    """A peering connection between two VPCs, each with its CIDR."""

    def side(vpc_id: str, cidr: str) -> Structure:
        return {"VpcId": vpc_id, "CidrBlock": cidr, "CidrBlockSet": [{"CidrBlock": cidr}]}

    return {
        "VpcPeeringConnectionId": "pcx-1",
        "Status": {"Code": status},
        "RequesterVpcInfo": side(*requester),
        "AccepterVpcInfo": side(*accepter),
    }


ENDPOINT: Final = "cvpn-endpoint-1"
SERVER: Final = "arn:aws:acm:ca-central-1:111122223333:certificate/server"
ROOT: Final = "arn:aws:acm:ca-central-1:111122223333:certificate/root"
MUTUAL: Final[Structure] = {
    "Type": "certificate-authentication",
    "MutualAuthentication": {"ClientRootCertificateChain": ROOT},
}


def endpoint(**more: Json) -> Structure:
    """A Client VPN endpoint as the guide wants it."""
    return {
        "ClientVpnEndpointId": ENDPOINT,
        "Status": {"Code": "available"},
        "VpcId": "vpc-1",
        "ClientCidrBlock": "192.168.0.0/22",
        "SplitTunnel": True,
        "AuthenticationOptions": [MUTUAL],
        "ConnectionLogOptions": {"Enabled": True},
        "ServerCertificateArn": SERVER,
        **more,
    }


def endpoints(**more: Json) -> Answers:
    """The one endpoint, with these members."""
    return given("ec2.DescribeClientVpnEndpoints", endpoint(**more))


def of_endpoint(what: str, *items: Structure) -> Answers:
    """One answer about the endpoint: `TargetNetworks`, `Routes`, `AuthorizationRules`."""
    return given((f"ec2.DescribeClientVpn{what}", ("ClientVpnEndpointId", ENDPOINT)), *items)


def target_network(subnet_id: str, *groups: str, status: str = "associated") -> Structure:
    return {
        "AssociationId": f"cvpn-assoc-{subnet_id}",
        "TargetNetworkId": subnet_id,
        "VpcId": "vpc-1",
        "Status": {"Code": status},
        "SecurityGroups": [*groups],
    }


def destination(cidr: str, status: str = "active") -> Structure:
    """A route of an endpoint, or an authorization rule for everybody."""
    return {"DestinationCidr": cidr, "Status": {"Code": status}}


def acm(arn: str, *certificates: bytes) -> Answers:
    """A certificate that ACM holds and the chain behind it, the certificate itself first."""
    leaf, *chain = (one.decode() for one in certificates)
    question = ("acm.GetCertificate", ("CertificateArn", arn))
    return {question: {"Certificate": leaf, "CertificateChain": "".join(chain)}}


def vpn_connection(
    *status: str, ike: Sequence[Sequence[str] | None] = (("ikev2",), ("ikev2",)), **more: Json
) -> Structure:
    """A site-to-site VPN connection: its telemetry, and what each tunnel offers (None: no list is printed)."""
    tunnels: list[Json] = []
    for number, versions in enumerate(ike, 1):
        listed: Structure = {} if versions is None else {"IkeVersions": [{"Value": one} for one in versions]}
        tunnels.append({"OutsideIpAddress": f"192.0.2.{number}", **listed})
    telemetry: list[Json] = [{"OutsideIpAddress": f"192.0.2.{n}", "Status": one} for n, one in enumerate(status, 1)]
    return {
        "VpnConnectionId": "vpn-1",
        "State": "available",
        "Options": {"TunnelOptions": tunnels},
        "VgwTelemetry": telemetry,
        **more,
    }


def virtual_interface(
    name: str, kind: str, *peers: Structure, state: str = "available", filters: Sequence[str] = ()
) -> Structure:
    return {
        "virtualInterfaceId": name,
        "virtualInterfaceType": kind,
        "virtualInterfaceState": state,
        "bgpPeers": [*peers],
        "routeFilterPrefixes": [{"cidr": cidr} for cidr in filters],
    }


def bgp_peer(status: str = "up", state: str = "available") -> Structure:
    return {"bgpPeerId": "dxpeer-1", "bgpPeerState": state, "bgpStatus": status}


BALANCER: Final = "arn:aws:elasticloadbalancing:ca-central-1:111122223333:loadbalancer/net/dicom/1"


def balanced(protocol: str, *forward: tuple[str, int], name: str = "listener-1") -> Structure:
    """A load balancer's listener that forwards to target groups, each with its weight."""
    groups: list[Json] = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in forward or (("tg-1", 1),)]
    actions: list[Json] = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    return {"ListenerArn": name, "Port": 2762, "Protocol": protocol, "DefaultActions": actions}


def listeners(*those: Structure) -> Answers:
    return given(("elbv2.DescribeListeners", ("LoadBalancerArn", BALANCER)), *those)


def target_group(arn: str, port: int = 11112) -> Structure:
    return {"TargetGroupArn": arn, "TargetGroupName": arn, "Port": port, "Protocol": "TCP"}


def targets(group: str, *those: tuple[str, int | None]) -> Answers:
    """The registered targets of a group; port None: the group's own."""
    described: list[Structure] = [{"Target": {"Id": one, "Port": port}} for one, port in those]
    return given(("elbv2.DescribeTargetHealth", ("TargetGroupArn", group)), *described)


AUTHORITY: Final = Authority(NOW - timedelta(days=100))
LEAF: Final = AUTHORITY.issue("pacs.example.org", not_after=NOW + timedelta(days=300))


def pem(*certificates: bytes) -> list[Json]:
    return [one.decode() for one in certificates]


VERSIONS: Final[Structure] = {
    "SSL 3.0": "rejected",
    "TLS 1.0": "rejected",
    "TLS 1.1": "rejected",
    "TLS 1.2": "accepted",
    "TLS 1.3": "rejected",
}


def probe(host: str = "pacs.example.org", port: int = 11112, **more: Json) -> Structure:
    """A DICOM listener as probed, with nothing to find fault with."""
    return {
        "host": host,
        "port": port,
        "vantage": None,
        "address": "192.0.2.10",
        "speaks": "tls",
        "versions": VERSIONS,
        "suites": {"TLS 1.2": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]},
        "suites_complete": {"TLS 1.2": True},
        "plaintext": "refused",
        "mutual_tls": "required",
        "association": {"outcome": "accepted"},
        "chain": pem(LEAF.certificate_pem, AUTHORITY.own.certificate_pem),
        "doubts": [],
        **more,
    }
