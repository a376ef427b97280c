"""Transit gateway routes as AWS searches them: moto keeps static ones only, and cannot filter by attachment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.responses import EC2Response

from orthaudit.lab.operations import Item
from orthaudit.lab.paging import failure

_ATTACHMENT_FILTERS: Final = {
    "attachment.transit-gateway-attachment-id": "TransitGatewayAttachmentId",
    "attachment.resource-id": "ResourceId",
    "attachment.resource-type": "ResourceType",
}
_FILTERS: Final = {
    "type": "Type",
    "state": "State",
    "prefix-list-id": "PrefixListId",
    "route-search.exact-match": "DestinationCidrBlock",
}


def search_transit_gateway_routes(response: EC2Response) -> ActionResult:
    """The routes of one table: static ones, and the CIDRs of the VPCs that propagate into it."""
    backend: EC2Backend = response.ec2_backend
    table = backend.transit_gateways_route_tables.get(response._get_param("TransitGatewayRouteTableId"))
    if table is None:
        raise failure(response, "InvalidRouteTableID.NotFound", "The transit gateway route table is unknown.")
    filters = response._get_param("Filters") or []
    routes = [route for route in _routes(backend, table) if all(_passes(route, one) for one in filters)]
    return ActionResult({"Routes": routes})


def _routes(backend: EC2Backend, table: Any) -> Iterator[Item]:
    for static in table.routes.values():
        attachment = static.get("transitGatewayAttachments")
        yield {
            "DestinationCidrBlock": static["destinationCidrBlock"],
            "PrefixListId": static["prefixListId"],
            "Type": static["type"],
            "State": static["state"],
            "TransitGatewayAttachments": [{name[0].upper() + name[1:]: value for name, value in attachment.items()}]
            if attachment
            else [],
        }
    for propagation in table.route_table_propagation:
        for cidr in _cidrs(backend.region_name, propagation.resourceId):
            if cidr not in table.routes:  # a static route wins
                yield {
                    "DestinationCidrBlock": cidr,
                    "Type": "propagated",
                    "State": "active",
                    "TransitGatewayAttachments": [
                        {
                            "ResourceId": propagation.resourceId,
                            "ResourceType": propagation.resourceType,
                            "TransitGatewayAttachmentId": propagation.transitGatewayAttachmentId,
                        }
                    ],
                }


def _cidrs(region: str, vpc_id: str) -> list[str]:
    for account in tuple(ec2_backends):
        vpc = ec2_backends[account][region].vpcs.get(vpc_id)
        if vpc:
            return [one["cidr_block"] for one in vpc.get_cidr_block_association_set()]
    return []


def _passes(route: Item, filter_: Item) -> bool:
    name, values = filter_["Name"], filter_["Values"]
    if name in _ATTACHMENT_FILTERS:
        return any(
            attachment.get(_ATTACHMENT_FILTERS[name]) in values for attachment in route["TransitGatewayAttachments"]
        )
    return route.get(_FILTERS[name]) in values
