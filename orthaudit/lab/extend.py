"""moto, made to answer as AWS does: operations that it lacks, pages, and what it gets wrong.

Done once per process; moto's classes are changed in place, its state is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, wraps
from typing import Any, Final

from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.base_backend import BaseBackend
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores
from moto.directconnect.responses import DirectConnectResponse
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.responses import EC2Response
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer, FakeRule
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random
from moto.organizations.responses import OrganizationsResponse
from moto.rds.responses import RDSResponse

from orthaudit.lab.operations import OPERATIONS, method
from orthaudit.lab.paging import PAGED, failure, paged
from orthaudit.lab.transit import search_transit_gateway_routes

REGIONS: Final = ("ca-central-1", "us-east-1")
"""The regions that are enabled in every account of the lab."""

_RESPONSES: Final[Mapping[str, type[BaseResponse]]] = {
    "ec2": EC2Response,
    "directconnect": DirectConnectResponse,
    "elbv2": ELBV2Response,
    "acm": AWSCertificateManagerResponse,
    "rds": RDSResponse,
    "organizations": OrganizationsResponse,
}


def backend_of(response: BaseResponse) -> BaseBackend:
    """moto's state of the account and region that a request is about."""
    backend: BaseBackend = getattr(response, f"{response.service_name}_backend")
    return backend


@cache
def extend() -> None:
    """Extend moto. The second call does nothing."""
    _add_operations()
    _correct_ec2()
    _correct_load_balancers()
    _correct_lists()
    for service, operations in PAGED.items():
        response = _RESPONSES[service]
        for operation, member in operations.items():
            name = camelcase_to_underscores(operation)
            setattr(response, name, paged(getattr(response, name), operation, member))


def _add_operations() -> None:
    for service, operations in OPERATIONS.items():
        for operation in operations:
            name = camelcase_to_underscores(operation.name)
            setattr(_RESPONSES[service], name, method(operation, backend_of))


def _correct_ec2() -> None:
    def describe_regions(self: EC2Response) -> ActionResult:
        wanted = self._get_param("RegionNames") or ()
        every = self._get_param("AllRegions")
        regions = [
            {
                "RegionName": region.name,
                "Endpoint": region.endpoint,
                "OptInStatus": "opt-in-not-required" if region.name in REGIONS else "not-opted-in",
            }
            for region in self.ec2_backend.describe_regions([])
            if (every or region.name in REGIONS) and (not wanted or region.name in wanted)
        ]
        return ActionResult({"Regions": regions})

    interfaces = EC2Response.describe_network_interfaces

    @wraps(interfaces)
    def describe_network_interfaces(self: EC2Response) -> ActionResult:
        answer = interfaces(self)
        for interface in answer.result["NetworkInterfaces"]:  # type: ignore[index]  # moto makes a dict
            for address in interface.private_ip_addresses:
                address.pop("Association", None)
                if address["Primary"] and interface.association:
                    address["Association"] = interface.association
        return answer

    EC2Response.describe_regions = describe_regions  # type: ignore[assignment,method-assign]
    EC2Response.describe_network_interfaces = describe_network_interfaces  # type: ignore[assignment,method-assign]
    EC2Response.search_transit_gateway_routes = search_transit_gateway_routes  # type: ignore[assignment,method-assign]
    # The interface's own groups, in their order: moto joins them with the instance's in an unordered set.
    NetworkInterface.group_set = property(lambda interface: interface._group_set)  # type: ignore[assignment,method-assign]


def _correct_load_balancers() -> None:
    create, rule = ELBv2Backend.create_load_balancer, FakeRule.__init__

    @wraps(create)
    def create_load_balancer(self: ELBv2Backend, *arguments: Any, **named: Any) -> FakeLoadBalancer:
        balancer = create(self, *arguments, **named)
        path = {"network": "net", "gateway": "gwy"}.get(balancer.type)
        if path:
            wrong, balancer.arn = (
                balancer.arn,
                balancer.arn.replace(":loadbalancer/app/", f":loadbalancer/{path}/"),
            )
            self.load_balancers[balancer.arn] = self.load_balancers.pop(wrong)
            self.tagging_service.copy_tags(wrong, balancer.arn)
        return balancer

    @wraps(rule)
    def name_rule(self: FakeRule, *arguments: Any, **named: Any) -> None:
        rule(self, *arguments, **named)
        # moto ends the ARN with an address in memory: another one in every run.
        self.arn = self.arn.rpartition("/")[0] + "/" + mock_random.get_random_hex(16)

    ELBv2Backend.create_load_balancer = create_load_balancer  # type: ignore[method-assign]
    FakeRule.__init__ = name_rule  # type: ignore[method-assign]


def _correct_lists() -> None:
    certificates = AWSCertificateManagerResponse.list_certificates

    @wraps(certificates)
    def list_certificates(self: AWSCertificateManagerResponse) -> ActionResult:
        answer = certificates(self).result
        assert isinstance(answer, dict)  # noqa: S101  (moto makes one)
        includes = self._get_param("Includes") or {}
        if "keyTypes" in includes:
            return ActionResult(answer)
        # ACM's own default: 1024 and 2048 bit RSA certificates that name a domain.
        shown = [
            one
            for one in answer["CertificateSummaryList"]
            if one["KeyAlgorithm"] in ("RSA_1024", "RSA_2048") and one["DomainName"]
        ]
        return ActionResult({"CertificateSummaryList": shown})

    def list_accounts(self: OrganizationsResponse) -> ActionResult:
        backend = self.organizations_backend
        if backend.org is None:
            raise failure(self, "AccessDeniedException", "Only the management account may ask.")
        return ActionResult({"Accounts": [account.describe() for account in backend.accounts]})

    AWSCertificateManagerResponse.list_certificates = list_certificates  # type: ignore[method-assign]
    OrganizationsResponse.list_accounts = list_accounts  # type: ignore[assignment,method-assign]
