"""AWS Client VPN endpoints: who may connect, from where they come, and where they get to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.evidence import Unobserved
from orthaudit.finding import SubjectName
from orthaudit.model.certificate import Certificate, acm_chain
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.network import Subnet, addresses
from orthaudit.model.subject import Seen, Subject
from orthaudit.paths.addresses import Addresses

ENDPOINTS = "ec2.DescribeClientVpnEndpoints"
TARGET_NETWORKS = "ec2.DescribeClientVpnTargetNetworks"
AUTHORIZATION_RULES = "ec2.DescribeClientVpnAuthorizationRules"
ROUTES = "ec2.DescribeClientVpnRoutes"


@dataclass(frozen=True, slots=True)
class TargetNetwork:
    """An association of an endpoint with a subnet."""

    association_id: str
    subnet_id: str
    vpc_id: str | None
    status: str
    security_groups: tuple[str, ...] | Unobserved


@dataclass(frozen=True, slots=True)
class EndpointRoute:
    """A route of an endpoint: where it sends its clients' packets."""

    destination: str
    addresses: Addresses
    status: str


@dataclass(frozen=True, slots=True)
class AuthorizationRule:
    """Who may reach which destination."""

    destination: str
    addresses: Addresses
    status: str


@dataclass(frozen=True, slots=True)
class ClientVpnEndpoint(Subject):
    """A Client VPN endpoint. `vpc_id` is None until it is associated; `client_cidr` where it has no IPv4."""

    type: ClassVar[str] = "client-vpn-endpoint"
    operations: ClassVar[tuple[str, ...]] = (ENDPOINTS,)

    id: str
    place: Place
    name: str | None
    status: str
    vpc_id: str | None
    client_cidr: str | Unobserved | None
    split_tunnel: bool | Unobserved
    authentication: tuple[str, ...] | Unobserved
    """`certificate-authentication`, `directory-service-authentication`, `federated-authentication`."""
    connection_logging: bool | Unobserved
    server_certificate_arn: str | Unobserved
    client_root_arns: tuple[str, ...] | Unobserved
    """What the API names as the clients' root; it may be a leaf, whose chain then counts."""
    estate: Estate = field(repr=False, compare=False)

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @property
    def target_networks(self) -> tuple[TargetNetwork, ...] | Unobserved:
        """Its associations with subnets, dissolved ones left out."""
        found = self._answered(TARGET_NETWORKS, "ClientVpnTargetNetworks")
        if isinstance(found, Unobserved):
            return found
        networks = (_target_network(item) for item in found)
        return tuple(one for one in networks if one.status not in ("disassociating", "disassociated"))

    @property
    def routes(self) -> tuple[EndpointRoute, ...] | Unobserved:
        """Its routes, those being deleted left out."""
        found = self.estate.answered(
            self.place,
            ROUTES,
            "Routes",
            lambda item: EndpointRoute(*_destination(item)),
            {"ClientVpnEndpointId": self.id},
        )
        return found if isinstance(found, Unobserved) else tuple(one for one in found if one.status != "deleting")

    @property
    def authorization_rules(self) -> tuple[AuthorizationRule, ...] | Unobserved:
        """Its authorization rules, in whatever state."""
        return self.estate.answered(
            self.place,
            AUTHORIZATION_RULES,
            "AuthorizationRules",
            lambda item: AuthorizationRule(*_destination(item)),
            {"ClientVpnEndpointId": self.id},
        )

    def subnet(self, network: TargetNetwork) -> Subnet | Unobserved:
        """The subnet of an association."""
        return self.estate.one(Subnet, network.subnet_id)

    def chain(self, arn: str) -> tuple[Certificate, ...] | Unobserved:
        """A certificate of the endpoint and the chain behind it, as ACM holds them."""
        return acm_chain(self.estate, self.place, arn)

    def _answered(self, call: str, key: str) -> tuple[Item, ...] | Unobserved:
        parameters = {"ClientVpnEndpointId": self.id}
        return self.estate.answered(self.place, call, key, lambda item: item, {**parameters})

    @classmethod
    def find(cls, estate: Estate) -> Seen[ClientVpnEndpoint]:
        def build(item: Item, place: Place) -> ClientVpnEndpoint | None:
            status = item.item("Status").text("Code", "available")
            if status in ("deleting", "deleted"):
                return None
            return cls(
                item.text("ClientVpnEndpointId"),
                place,
                item.name or item.text("Description", None),
                status,
                item.text("VpcId", None),
                item.fact(lambda i: i.text("ClientCidrBlock", None)),
                item.fact(lambda i: i.flag("SplitTunnel")),
                item.fact(lambda i: tuple(one.text("Type") for one in i.items("AuthenticationOptions"))),
                item.fact(lambda i: i.item("ConnectionLogOptions").flag("Enabled")),
                item.fact(lambda i: i.text("ServerCertificateArn")),
                item.fact(_client_roots),
                estate,
            )

        return estate.build(ENDPOINTS, "ClientVpnEndpoints", build)


def _client_roots(item: Item) -> tuple[str, ...]:
    options = (one.item("MutualAuthentication") for one in item.items("AuthenticationOptions"))
    return tuple(one.text("ClientRootCertificateChain") for one in options if one.raw)


def _target_network(item: Item) -> TargetNetwork:
    return TargetNetwork(
        item.text("AssociationId", ""),
        item.text("TargetNetworkId"),
        item.text("VpcId", None),
        item.item("Status").text("Code"),
        item.fact(lambda i: i.texts("SecurityGroups")),
    )


def _destination(item: Item) -> tuple[str, Addresses, str]:
    destination = item.text("DestinationCidr")
    return destination, addresses(item, (destination,)), item.item("Status").text("Code")
