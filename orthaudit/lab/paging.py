"""Pages as AWS turns them: moto ignores most page sizes, so each list is cut here."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model


@dataclass(frozen=True, slots=True)
class Style:
    """How one service asks for pages. `largest` where its model bounds no page size."""

    size: str
    token: str
    next_token: str
    largest: int
    bad_token: str


STYLES: Final[Mapping[str, Style]] = {
    "ec2": Style("MaxResults", "NextToken", "NextToken", 1000, "InvalidNextToken"),
    "elbv2": Style("PageSize", "Marker", "NextMarker", 400, "ValidationError"),
    "directconnect": Style("maxResults", "nextToken", "nextToken", 100, "DirectConnectClientException"),
    "acm": Style("MaxItems", "NextToken", "NextToken", 1000, "ValidationException"),
    "rds": Style("MaxRecords", "Marker", "Marker", 100, "InvalidParameterValue"),
    "organizations": Style("MaxResults", "NextToken", "NextToken", 20, "InvalidInputException"),
}

PAGED: Final[Mapping[str, Mapping[str, str]]] = {
    "ec2": {
        "DescribeVpcs": "Vpcs",
        "DescribeSubnets": "Subnets",
        "DescribeRouteTables": "RouteTables",
        "DescribeInternetGateways": "InternetGateways",
        "DescribeEgressOnlyInternetGateways": "EgressOnlyInternetGateways",
        "DescribeNatGateways": "NatGateways",
        "DescribeNetworkAcls": "NetworkAcls",
        "DescribeSecurityGroups": "SecurityGroups",
        "DescribeSecurityGroupRules": "SecurityGroupRules",
        "DescribeManagedPrefixLists": "PrefixLists",
        "GetManagedPrefixListEntries": "Entries",
        "DescribeNetworkInterfaces": "NetworkInterfaces",
        "DescribeInstances": "Reservations",
        "DescribeTransitGateways": "TransitGateways",
        "DescribeTransitGatewayAttachments": "TransitGatewayAttachments",
        "DescribeTransitGatewayVpcAttachments": "TransitGatewayVpcAttachments",
        "DescribeTransitGatewayPeeringAttachments": "TransitGatewayPeeringAttachments",
        "DescribeTransitGatewayRouteTables": "TransitGatewayRouteTables",
        "GetTransitGatewayRouteTableAssociations": "Associations",
        "GetTransitGatewayRouteTablePropagations": "TransitGatewayRouteTablePropagations",
        "SearchTransitGatewayRoutes": "Routes",
        "DescribeVpcPeeringConnections": "VpcPeeringConnections",
        "DescribeVpcEndpoints": "VpcEndpoints",
        "DescribeVpcEndpointServiceConfigurations": "ServiceConfigurations",
        "DescribeVpcEndpointServicePermissions": "AllowedPrincipals",
        "DescribeFlowLogs": "FlowLogs",
    },
    "elbv2": {
        "DescribeLoadBalancers": "LoadBalancers",
        "DescribeListeners": "Listeners",
        "DescribeRules": "Rules",
        "DescribeTargetGroups": "TargetGroups",
        "DescribeSSLPolicies": "SslPolicies",
    },
    "acm": {"ListCertificates": "CertificateSummaryList"},
    "rds": {"DescribeDBInstances": "DBInstances", "DescribeDBParameters": "Parameters"},
    "organizations": {"ListAccounts": "Accounts"},
}
"""The member of the answer that is cut, for the operations that moto has."""

IDS_EXCLUDE_PAGES: Final = {
    "DescribeInstances": "InstanceIds",
    "DescribeNetworkInterfaces": "NetworkInterfaceIds",
}
"""Operations of EC2 whose page size cannot be combined with explicit ids."""

_EVERYTHING: Final = 1_000_000


def failure(response: BaseResponse, code: str, message: str) -> ServiceException:
    """An error that moto writes on the wire of this response; it tells the service by the class's module."""
    kind = type("LabError", (ServiceException,), {"__module__": type(response).__module__})
    error: ServiceException = kind(code, message)
    return error


def page_of(parameters: Mapping[str, object]) -> int:
    """Which page a request asks for, from 0; 1 where only a foreign token tells that it is not the first."""
    tokens = {style.token for style in STYLES.values()} | {"ContinuationToken"}
    token = next((parameters[name] for name in tokens if parameters.get(name)), None)
    if token is None:
        return 0
    try:
        return _read(str(token))[1]
    except ValueError:
        return 1


def _write(operation: str, page: int, offset: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([operation, page, offset]).encode()).decode()


def _read(token: str) -> tuple[str, int, int]:
    try:
        operation, page, offset = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, TypeError, UnicodeError) as error:
        raise ValueError(token) from error
    return str(operation), int(page), int(offset)


def cut(response: BaseResponse, operation: str, member: str, answer: dict[str, Any]) -> dict[str, Any]:
    """One page of an answer: as many items as the request asks for, from where its token says.

    Raises AWS's error for a token that this operation never gave, and for a size out of bounds; `KeyError`
    where the answer has no such member, lest a wrong name looks like an empty list.
    """
    service = response.boto3_service_name
    style = STYLES[service]
    items = list(answer.pop(_key(service, operation, member, answer)) or ())
    page, offset = _position(response, operation, style)
    size = _size(response, operation, style)
    end = offset + size
    more = end < len(items)
    answer = {**answer, member: items[offset:end]}
    if more:
        answer[style.next_token] = _write(operation, page + 1, end)
    if operation == "SearchTransitGatewayRoutes":
        answer["AdditionalRoutesAvailable"] = more
    return answer


def _key(service: str, operation: str, member: str, answer: Mapping[str, Any]) -> str:
    """moto names members as AWS's model does, or as they are spelt on the wire."""
    shape = get_service_model(service).operation_model(operation).output_shape
    spelt = shape.members[member].serialization.get("name") if shape else None
    for name in (member, member[0].lower() + member[1:], spelt):
        if name in answer:
            return str(name)
    raise KeyError(member)


def _position(response: BaseResponse, operation: str, style: Style) -> tuple[int, int]:
    token = response._get_param(style.token)
    if not token:
        return 0, 0
    try:
        issuer, page, offset = _read(token)
    except ValueError:
        issuer, page, offset = "", 0, 0
    if issuer != operation:
        raise failure(response, style.bad_token, f"The {style.token} {token!r} is not valid.")
    return page, offset


def _size(response: BaseResponse, operation: str, style: Style) -> int:
    model = get_service_model(response.boto3_service_name).operation_model(operation)
    shape = model.input_shape.members.get(style.size) if model.input_shape else None
    bounds = dict(shape.metadata) if shape else {}
    largest = int(bounds.get("max", style.largest))
    wanted = response._get_param(style.size)
    if not wanted:
        return largest
    if response._get_param(IDS_EXCLUDE_PAGES.get(operation, "")):
        raise failure(response, "InvalidParameterCombination", f"{style.size} cannot be combined with explicit ids.")
    if int(wanted) < int(bounds.get("min", 1)):
        raise failure(response, "InvalidParameterValue", f"{style.size} {wanted} is too small.")
    return min(int(wanted), largest)


Method = Callable[[Any], Any]
"""A method of one of moto's response classes."""


def paged(method: Method, operation: str, member: str) -> Method:
    """The same method of moto's, but cut into pages."""

    @wraps(method)
    def page(response: BaseResponse) -> ActionResult:
        return ActionResult(cut(response, operation, member, _whole(response, method)))

    return page


def _whole(response: BaseResponse, method: Method) -> dict[str, Any]:
    """All that moto has to say, where it turns pages of its own."""
    style = STYLES[response.boto3_service_name]
    asked = getattr(response, "params", None)
    if isinstance(asked, dict):
        response.params = {**asked, style.size: _EVERYTHING}
        response.params.pop(style.token, None)
    answer = method(response)
    if isinstance(asked, dict):
        response.params = asked
    if isinstance(answer, ActionResult):
        result = answer.result
        assert isinstance(result, dict)  # noqa: S101  (moto's own lists are members of one)
        return result
    return dict(json.loads(answer))
