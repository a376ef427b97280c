"""The operations that moto lacks, answered from state that a test can change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from moto.core.base_backend import BaseBackend
from moto.core.responses import ActionResult, BaseResponse

from orthaudit.lab.paging import STYLES, cut, failure

Item: TypeAlias = dict[str, Any]  # one structure of an answer, of whatever shape AWS gives it
Added: TypeAlias = defaultdict[str, list[Item]]
"""Operation -> the items that it answers from, in the shape of its answer."""

_ATTRIBUTE: Final = "orthaudit_added"


def added(backend: BaseBackend) -> Added:
    """What moto lacks in this account and region. It lives on moto's own object, so moto's reset clears it."""
    store: Added = backend.__dict__.setdefault(_ATTRIBUTE, defaultdict(list))
    return store


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the member of its answer, and how its parameters select among the items.

    `select` leads a parameter (an id or a list of ids) to the member of an item that it must equal. `ids`
    names the one whose ids must exist, else `not_found` is the error. `one`: the answer is a single item.
    """

    name: str
    member: str
    select: Mapping[str, str] = field(default_factory=dict)
    ids: str = ""
    not_found: str = ""
    belongs_to: str = ""
    """The operation whose items must hold the selecting id: a parent without children is an empty answer."""
    one: bool = False
    needs_one: bool = False
    """Whether the service demands one of the selecting parameters."""


def _client_vpn(name: str, member: str, **select: str) -> Operation:
    endpoint = "ClientVpnEndpointId"
    return Operation(
        name,
        member,
        {endpoint: endpoint, **select},
        ids=endpoint,
        not_found="InvalidClientVpnEndpointId.NotFound",
        belongs_to="DescribeClientVpnEndpoints",
    )


OPERATIONS: Final[Mapping[str, tuple[Operation, ...]]] = {
    "ec2": (
        Operation(
            "DescribeClientVpnEndpoints",
            "ClientVpnEndpoints",
            {"ClientVpnEndpointIds": "ClientVpnEndpointId"},
            ids="ClientVpnEndpointIds",
            not_found="InvalidClientVpnEndpointId.NotFound",
        ),
        _client_vpn("DescribeClientVpnTargetNetworks", "ClientVpnTargetNetworks", AssociationIds="AssociationId"),
        _client_vpn("DescribeClientVpnAuthorizationRules", "AuthorizationRules"),
        _client_vpn("DescribeClientVpnRoutes", "Routes"),
        _client_vpn("DescribeClientVpnConnections", "Connections"),
        Operation(
            "ExportClientVpnClientCertificateRevocationList",
            "",
            {"ClientVpnEndpointId": "ClientVpnEndpointId"},
            ids="ClientVpnEndpointId",
            not_found="InvalidClientVpnEndpointId.NotFound",
            belongs_to="DescribeClientVpnEndpoints",
            one=True,
        ),
        Operation(
            "GetActiveVpnTunnelStatus",
            "ActiveVpnTunnelStatus",
            {
                "VpnConnectionId": "VpnConnectionId",
                "VpnTunnelOutsideIpAddress": "VpnTunnelOutsideIpAddress",
            },
            ids="VpnConnectionId",
            not_found="InvalidVpnConnectionID.NotFound",
            one=True,
        ),
        Operation("DescribeSecurityGroupVpcAssociations", "SecurityGroupVpcAssociations"),
        Operation(
            "DescribeTransitGatewayConnects",
            "TransitGatewayConnects",
            {"TransitGatewayAttachmentIds": "TransitGatewayAttachmentId"},
        ),
        Operation(
            "GetTransitGatewayPrefixListReferences",
            "TransitGatewayPrefixListReferences",
            {"TransitGatewayRouteTableId": "TransitGatewayRouteTableId"},
        ),
        Operation("DescribeVpcEndpointConnections", "VpcEndpointConnections"),
        Operation("DescribeVpcBlockPublicAccessOptions", "VpcBlockPublicAccessOptions", one=True),
        Operation(
            "DescribeVpcBlockPublicAccessExclusions",
            "VpcBlockPublicAccessExclusions",
            {"ExclusionIds": "ExclusionId"},
        ),
        Operation(
            "DescribeVpcEncryptionControls",
            "VpcEncryptionControls",
            {"VpcEncryptionControlIds": "VpcEncryptionControlId", "VpcIds": "VpcId"},
        ),
    ),
    "directconnect": (
        Operation("DescribeConnections", "connections", {"connectionId": "connectionId"}),
        Operation("DescribeLags", "lags", {"lagId": "lagId"}),
        Operation(
            "DescribeVirtualInterfaces",
            "virtualInterfaces",
            {"connectionId": "connectionId", "virtualInterfaceId": "virtualInterfaceId"},
        ),
        Operation(
            "DescribeDirectConnectGateways",
            "directConnectGateways",
            {"directConnectGatewayId": "directConnectGatewayId"},
        ),
        Operation(
            "DescribeDirectConnectGatewayAssociations",
            "directConnectGatewayAssociations",
            {
                "associationId": "associationId",
                "directConnectGatewayId": "directConnectGatewayId",
                "virtualGatewayId": "virtualGatewayId",
                "associatedGatewayId": "associatedGateway.id",
            },
            needs_one=True,
        ),
        Operation(
            "DescribeDirectConnectGatewayAttachments",
            "directConnectGatewayAttachments",
            {
                "directConnectGatewayId": "directConnectGatewayId",
                "virtualInterfaceId": "virtualInterfaceId",
            },
            needs_one=True,
        ),
    ),
}

_FILTER_MEMBERS: Final = {
    "endpoint-id": "ClientVpnEndpointId",
    "attachment.transit-gateway-attachment-id": "TransitGatewayAttachment.TransitGatewayAttachmentId",
    "attachment.resource-id": "TransitGatewayAttachment.ResourceId",
    "attachment.resource-type": "TransitGatewayAttachment.ResourceType",
    "internet-gateway-exclusion-mode": "InternetGatewayExclusionMode",
}
"""Filters of EC2 whose name is not the member's."""


def method(operation: Operation, backend_of: Callable[[BaseResponse], BaseBackend]) -> Any:
    """The operation as a method of moto's response class."""

    def answer(response: BaseResponse) -> ActionResult:
        items = _selected(operation, response, added(backend_of(response)))
        if not operation.one:
            return ActionResult(cut(response, operation.name, operation.member, {operation.member: items}))
        item = items[0] if items else {}
        return ActionResult({operation.member: item} if operation.member else item)

    return answer


def _selected(operation: Operation, response: BaseResponse, store: Added) -> list[Item]:
    asked = {name: _list(response._get_param(name)) for name in operation.select}
    if operation.needs_one and not any(asked.values()):
        code = STYLES[response.boto3_service_name].bad_token
        raise failure(response, code, f"One of {', '.join(operation.select)} must be given.")
    if operation.ids:
        holder = operation.belongs_to or operation.name
        held = {item.get(operation.select[operation.ids]) for item in store[holder]}
        for name in asked[operation.ids]:
            if name not in held:
                raise failure(response, operation.not_found, f"{name!r} does not exist")
    return [
        item
        for item in store[operation.name]
        if all(_at(item, path) in asked[name] for name, path in operation.select.items() if asked[name])
        and all(_passes(item, one) for one in response._get_param("Filters") or ())
    ]


def _passes(item: Item, filter_: Mapping[str, Any]) -> bool:
    name: str = filter_["Name"]
    values = [str(value) for value in filter_["Values"]]
    if name.startswith("tag:"):
        return any(tag["Key"] == name[4:] and tag["Value"] in values for tag in item.get("Tags", ()))
    member = _FILTER_MEMBERS.get(name) or "".join(word.title() for word in name.split("-"))
    found = _at(item, member)
    return (str(found).lower() if isinstance(found, bool) else str(found)) in values


def _at(item: Item, path: str) -> object:
    found: object = item
    for member in path.split("."):
        found = found.get(member) if isinstance(found, dict) else None
    return found


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
