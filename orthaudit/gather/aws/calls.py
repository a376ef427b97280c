"""The table of operations: everything that orthaudit may ever ask AWS, one row an operation.

Every row only reads. Names, paging and required members are those of botocore's service models; what must
not be called at all (it returns keys, or changes something) has no row. Adding an operation is adding a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from orthaudit.evidence import Json


class Paging(Enum):
    """How the pages of an answer turn."""

    ONCE = "a single response"
    PAGINATOR = "botocore has a paginator"
    TOKEN = "tokens, but no paginator: turned by hand"  # noqa: S105  (paging, not a secret)


@dataclass(frozen=True, slots=True)
class Each:
    """Asked once for every value of `parameter` that is found.

    `found` are pairs of another operation and a JMESPath expression over its answer; those of the
    operations that are asked anyway count. `{Name}` in an expression stands for an earlier parameter's value.
    `declared` names the key of the configuration that holds the value instead.
    """

    parameter: str
    found: tuple[tuple[str, str], ...] = ()
    declared: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One operation: how to ask it, and what of its answer is joined over pages (`keys`)."""

    service: str
    operation: str
    keys: tuple[str, ...]
    paging: Paging = Paging.ONCE
    page_size: int | None = None
    each: tuple[Each, ...] = ()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    global_service: bool = False
    iam: str | None = None
    """The IAM action where it is not service:Operation."""

    @property
    def id(self) -> str:
        """`ec2.DescribeVpcs`: how rules name it."""
        return f"{self.service}.{self.operation}"

    @property
    def action(self) -> str:
        """The IAM action that allows it."""
        prefix = {"elbv2": "elasticloadbalancing"}.get(self.service, self.service)
        return self.iam or f"{prefix}:{self.operation}"

    @property
    def parents(self) -> tuple[str, ...]:
        """The operations whose answers say what to ask for."""
        return tuple(dict.fromkeys(parent for each in self.each for parent, _ in each.found))


def _ec2(operation: str, key: str, page_size: int | None = 1000, **more: object) -> Call:
    paging = more.pop("paging", Paging.PAGINATOR if page_size else Paging.ONCE)
    return Call("ec2", operation, (key,), paging, page_size, **more)  # type: ignore[arg-type]  # rows below


def _per(parameter: str, *found: tuple[str, str]) -> tuple[Each, ...]:
    return (Each(parameter, found),)


_ENDPOINT = _per("ClientVpnEndpointId", ("ec2.DescribeClientVpnEndpoints", "ClientVpnEndpoints[].ClientVpnEndpointId"))
_TGW_TABLE = _per(
    "TransitGatewayRouteTableId",
    ("ec2.DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables[].TransitGatewayRouteTableId"),
)
_LOAD_BALANCER = _per("LoadBalancerArn", ("elbv2.DescribeLoadBalancers", "LoadBalancers[].LoadBalancerArn"))
_TARGET_GROUP = _per("TargetGroupArn", ("elbv2.DescribeTargetGroups", "TargetGroups[].TargetGroupArn"))
_CERTIFICATE = _per(
    "CertificateArn",
    (
        "ec2.DescribeClientVpnEndpoints",
        "ClientVpnEndpoints[].[ServerCertificateArn, "
        "AuthenticationOptions[].MutualAuthentication.ClientRootCertificateChain][][]",
    ),
    ("elbv2.DescribeListeners", "Listeners[].Certificates[].CertificateArn"),
    ("acm.ListCertificates", "CertificateSummaryList[].CertificateArn"),
)
_PREFIX_LIST = _per(
    "PrefixListId",
    (
        "ec2.DescribeSecurityGroups",
        "SecurityGroups[].[IpPermissions, IpPermissionsEgress][][].PrefixListIds[].PrefixListId",
    ),
    ("ec2.DescribeRouteTables", "RouteTables[].Routes[].DestinationPrefixListId"),
)
_DX_GATEWAY = _per(
    "directConnectGatewayId",
    ("directconnect.DescribeDirectConnectGateways", "directConnectGateways[].directConnectGatewayId"),
)
_KEY_TYPES: Final[list[Json]] = [
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
]  # fmt: skip

_ROWS = (
    Call("sts", "GetCallerIdentity", ("Account",), global_service=True),
    Call("sts", "AssumeRole", ("Credentials",), global_service=True),
    Call("organizations", "DescribeOrganization", ("Organization",), global_service=True),
    Call("organizations", "ListAccounts", ("Accounts",), Paging.PAGINATOR, 20, global_service=True),
    # Network
    _ec2("DescribeRegions", "Regions", None),
    _ec2("DescribeVpcs", "Vpcs"),
    _ec2("DescribeSubnets", "Subnets"),
    _ec2("DescribeRouteTables", "RouteTables", 100),
    _ec2("DescribeInternetGateways", "InternetGateways"),
    _ec2("DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", 255),
    _ec2("DescribeNatGateways", "NatGateways"),
    _ec2("DescribeNetworkAcls", "NetworkAcls"),
    _ec2("DescribeSecurityGroups", "SecurityGroups"),
    _ec2("DescribeSecurityGroupVpcAssociations", "SecurityGroupVpcAssociations"),
    _ec2("DescribeManagedPrefixLists", "PrefixLists", 100),
    _ec2("GetManagedPrefixListEntries", "Entries", 100, each=_PREFIX_LIST),
    _ec2("DescribeNetworkInterfaces", "NetworkInterfaces"),
    _ec2("DescribeInstances", "Reservations"),
    _ec2("DescribeAddresses", "Addresses", None),
    _ec2("DescribeFlowLogs", "FlowLogs"),
    _ec2("DescribeVpcPeeringConnections", "VpcPeeringConnections"),
    _ec2("DescribeVpcEndpoints", "VpcEndpoints"),
    _ec2("DescribeVpcEndpointServiceConfigurations", "ServiceConfigurations"),
    _ec2(
        "DescribeVpcEndpointServicePermissions",
        "AllowedPrincipals",
        each=_per("ServiceId", ("ec2.DescribeVpcEndpointServiceConfigurations", "ServiceConfigurations[].ServiceId")),
    ),
    _ec2("DescribeVpcEndpointConnections", "VpcEndpointConnections"),
    _ec2("DescribeVpcBlockPublicAccessOptions", "VpcBlockPublicAccessOptions", None),
    _ec2(
        "DescribeVpcBlockPublicAccessExclusions",
        "VpcBlockPublicAccessExclusions",
        paging=Paging.TOKEN,
    ),
    _ec2("DescribeVpcEncryptionControls", "VpcEncryptionControls", paging=Paging.TOKEN),
    # Client VPN
    _ec2("DescribeClientVpnEndpoints", "ClientVpnEndpoints"),
    _ec2("DescribeClientVpnTargetNetworks", "ClientVpnTargetNetworks", each=_ENDPOINT),
    _ec2("DescribeClientVpnAuthorizationRules", "AuthorizationRules", each=_ENDPOINT),
    _ec2("DescribeClientVpnRoutes", "Routes", each=_ENDPOINT),
    _ec2("DescribeClientVpnConnections", "Connections", each=_ENDPOINT),
    _ec2("ExportClientVpnClientCertificateRevocationList", "CertificateRevocationList", None, each=_ENDPOINT),
    # Site-to-site VPN
    _ec2("DescribeVpnGateways", "VpnGateways", None),
    _ec2("DescribeCustomerGateways", "CustomerGateways", None),
    _ec2("DescribeVpnConnections", "VpnConnections", None),
    _ec2(
        "GetActiveVpnTunnelStatus",
        "ActiveVpnTunnelStatus",
        None,
        each=(
            Each("VpnConnectionId", (("ec2.DescribeVpnConnections", "VpnConnections[].VpnConnectionId"),)),
            Each(
                "VpnTunnelOutsideIpAddress",
                (
                    (
                        "ec2.DescribeVpnConnections",
                        "VpnConnections[?VpnConnectionId=='{VpnConnectionId}'].VgwTelemetry[].OutsideIpAddress",
                    ),
                ),
            ),
        ),
    ),
    # Transit gateways
    _ec2("DescribeTransitGateways", "TransitGateways"),
    _ec2("DescribeTransitGatewayAttachments", "TransitGatewayAttachments"),
    _ec2("DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments"),
    _ec2("DescribeTransitGatewayPeeringAttachments", "TransitGatewayPeeringAttachments"),
    _ec2("DescribeTransitGatewayConnects", "TransitGatewayConnects"),
    _ec2("DescribeTransitGatewayRouteTables", "TransitGatewayRouteTables"),
    _ec2("GetTransitGatewayRouteTableAssociations", "Associations", each=_TGW_TABLE),
    _ec2("GetTransitGatewayRouteTablePropagations", "TransitGatewayRouteTablePropagations", each=_TGW_TABLE),
    _ec2("GetTransitGatewayPrefixListReferences", "TransitGatewayPrefixListReferences", each=_TGW_TABLE),
    _ec2(
        "SearchTransitGatewayRoutes",
        "Routes",
        each=_TGW_TABLE,
        parameters={"Filters": [{"Name": "type", "Values": ["static", "propagated"]}]},
    ),
    # Direct Connect: its keys are lower camel case, its pages hold 100 at most
    Call("directconnect", "DescribeConnections", ("connections",), Paging.TOKEN, 100),
    Call("directconnect", "DescribeLags", ("lags",), Paging.TOKEN, 100),
    Call("directconnect", "DescribeVirtualInterfaces", ("virtualInterfaces",), Paging.TOKEN, 100),
    Call("directconnect", "DescribeDirectConnectGateways", ("directConnectGateways",), Paging.PAGINATOR, 100),
    Call(
        "directconnect",
        "DescribeDirectConnectGatewayAssociations",
        ("directConnectGatewayAssociations",),
        Paging.PAGINATOR,
        100,
        each=_DX_GATEWAY,
    ),
    Call(
        "directconnect",
        "DescribeDirectConnectGatewayAttachments",
        ("directConnectGatewayAttachments",),
        Paging.PAGINATOR,
        100,
        each=_DX_GATEWAY,
    ),
    # Load balancers and certificates
    Call("elbv2", "DescribeLoadBalancers", ("LoadBalancers",), Paging.PAGINATOR, 400),
    Call("elbv2", "DescribeLoadBalancerAttributes", ("Attributes",), each=_LOAD_BALANCER),
    Call("elbv2", "DescribeListeners", ("Listeners",), Paging.PAGINATOR, 400, each=_LOAD_BALANCER),
    Call(
        "elbv2",
        "DescribeRules",
        ("Rules",),
        Paging.PAGINATOR,
        400,
        each=_per("ListenerArn", ("elbv2.DescribeListeners", "Listeners[?Protocol=='HTTPS'].ListenerArn")),
    ),
    Call("elbv2", "DescribeTargetGroups", ("TargetGroups",), Paging.PAGINATOR, 400),
    Call("elbv2", "DescribeTargetGroupAttributes", ("Attributes",), each=_TARGET_GROUP),
    Call("elbv2", "DescribeTargetHealth", ("TargetHealthDescriptions",), each=_TARGET_GROUP),
    Call("elbv2", "DescribeSSLPolicies", ("SslPolicies",), Paging.PAGINATOR, 400),
    Call(
        "acm",
        "ListCertificates",
        ("CertificateSummaryList",),
        Paging.PAGINATOR,
        1000,
        # without it, EC and larger RSA keys are left out of the answer
        parameters={"Includes": {"keyTypes": _KEY_TYPES}},
    ),
    Call("acm", "DescribeCertificate", ("Certificate",), each=_CERTIFICATE),
    Call("acm", "GetCertificate", ("Certificate",), each=_CERTIFICATE),
    # Where images are kept
    Call("rds", "DescribeDBInstances", ("DBInstances",), Paging.PAGINATOR, 100),
    Call(
        "rds",
        "DescribeDBParameters",
        ("Parameters",),
        Paging.PAGINATOR,
        100,
        each=_per(
            "DBParameterGroupName",
            ("rds.DescribeDBInstances", "DBInstances[].DBParameterGroups[].DBParameterGroupName"),
        ),
    ),
    Call("s3", "GetBucketPolicy", ("Policy",), each=(Each("Bucket", declared="archive.bucket"),)),
    Call(
        "s3",
        "ListObjectsV2",
        ("Contents",),
        each=(Each("Bucket", declared="archive.bucket"),),
        parameters={"Prefix": "config/", "MaxKeys": 1000},
        iam="s3:ListBucket",
    ),
)

CALLS: Mapping[str, Call] = MappingProxyType({row.id: row for row in _ROWS})


def plan(wanted: Iterable[str]) -> tuple[Call, ...]:
    """The rows to ask for, parents before children, in the order of the table.

    A parent that tells what to ask for is asked too where none of a call's parents is wanted anyway.
    Raises `KeyError` for an operation without a row.
    """
    asked = dict.fromkeys(wanted)
    for name in list(asked):
        _add_parents(CALLS[name], asked)
    order = {name: position for position, name in enumerate(CALLS)}
    return tuple(CALLS[name] for name in sorted(asked, key=lambda one: (depth(one), order[one])))


def _add_parents(call: Call, asked: dict[str, None]) -> None:
    if call.parents and not any(parent in asked for parent in call.parents):
        asked[call.parents[0]] = None
    for parent in call.parents:
        if parent in asked:
            _add_parents(CALLS[parent], asked)


def depth(name: str) -> int:
    """How many answers must come before this operation can be asked."""
    parents = CALLS[name].parents
    return 1 + max(depth(parent) for parent in parents) if parents else 0
