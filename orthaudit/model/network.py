"""VPCs, subnets, route tables, prefix lists, peering connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.evidence import NotObserved, UnknownCode, Unobserved, need
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.subject import Seen, Subject
from orthaudit.paths.addresses import Addresses

VPCS = "ec2.DescribeVpcs"
SUBNETS = "ec2.DescribeSubnets"
ROUTE_TABLES = "ec2.DescribeRouteTables"
PREFIX_LIST_ENTRIES = "ec2.GetManagedPrefixListEntries"
PEERING_CONNECTIONS = "ec2.DescribeVpcPeeringConnections"


def addresses(item: Item, cidrs: tuple[str, ...]) -> Addresses:
    """The addresses of CIDRs of an answer. Raises `NotObserved` for what is no CIDR."""
    try:
        return Addresses.of(cidrs)
    except ValueError as error:
        raise NotObserved(
            Unobserved(UnknownCode.ABSENT, f"{item.source}: {error}", (item.source,), item.where)
        ) from None


def prefix_list(estate: Estate, place: Place, id: str) -> Addresses | Unobserved:  # noqa: A002
    """The addresses of a managed prefix list, customer's or AWS's, or why they could not be seen."""
    try:
        return Addresses().union(
            addresses(entry, (entry.text("Cidr"),))
            for entry in estate.items(place, PREFIX_LIST_ENTRIES, "Entries", {"PrefixListId": id})
        )
    except NotObserved as error:
        return error.missing


@dataclass(frozen=True, slots=True)
class Vpc(Subject):
    """A VPC and its own CIDR blocks."""

    type: ClassVar[str] = "vpc"
    operations: ClassVar[tuple[str, ...]] = (VPCS,)

    id: str
    place: Place
    name: str | None
    cidrs: Addresses

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[Vpc]:
        return estate.build(VPCS, "Vpcs", cls._build)

    @classmethod
    def _build(cls, item: Item, place: Place) -> Vpc:
        blocks = [
            block.text("CidrBlock")
            for block in item.items("CidrBlockAssociationSet")
            if block.item("CidrBlockState").text("State", "associated") == "associated"
        ] + [
            block.text("Ipv6CidrBlock")
            for block in item.items("Ipv6CidrBlockAssociationSet")
            if block.item("Ipv6CidrBlockState").text("State", "associated") == "associated"
        ]
        cidr = item.text("CidrBlock", None)
        if cidr is not None:
            blocks.append(cidr)
        return cls(item.text("VpcId"), place, item.name, addresses(item, tuple(blocks)))


@dataclass(frozen=True, slots=True)
class Subnet(Subject):
    """A subnet. `zone` is the zone's id where it is told (names differ between accounts), else its name."""

    type: ClassVar[str] = "subnet"
    operations: ClassVar[tuple[str, ...]] = (SUBNETS,)

    id: str
    place: Place
    name: str | None
    vpc_id: str
    zone: str | Unobserved
    cidrs: Addresses | Unobserved
    estate: Estate = field(repr=False, compare=False)

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @property
    def route_table(self) -> RouteTable | Unobserved:
        """The table that is associated with the subnet, else the main table of the subnet's own VPC."""
        tables = self.estate.all(RouteTable)
        for table in tables:
            if self.id in table.subnet_ids:
                return table
        if tables.missing:
            return tables.missing[0]
        for table in tables:
            if table.main and table.vpc_id == self.vpc_id:
                return table
        why = f"{ROUTE_TABLES}: no route table of {self.id} or main table of {self.vpc_id}"
        return Unobserved(UnknownCode.ABSENT, why, (f"{ROUTE_TABLES} of {self.vpc_id}",), self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[Subnet]:
        def build(item: Item, place: Place) -> Subnet:
            return cls(
                item.text("SubnetId"),
                place,
                item.name,
                item.text("VpcId"),
                item.fact(lambda i: i.text("AvailabilityZoneId", None) or i.text("AvailabilityZone")),
                item.fact(cls._cidrs),
                estate,
            )

        return estate.build(SUBNETS, "Subnets", build)

    @staticmethod
    def _cidrs(item: Item) -> Addresses:
        blocks = [block.text("Ipv6CidrBlock") for block in item.items("Ipv6CidrBlockAssociationSet")]
        ipv4 = item.text("CidrBlock", None)
        return addresses(item, (*([ipv4] if ipv4 else []), *blocks))


@dataclass(frozen=True, slots=True)
class Route:
    """A route: where it leads (`local`, `igw-…`, `vgw-…`, …) and for which destinations."""

    destination: str
    addresses: Addresses | Unobserved
    target: str | Unobserved
    state: str

    @property
    def to_internet_gateway(self) -> bool:
        """Whether it leads to an Internet gateway. Raises `NotObserved` where the target is not known."""
        target = need(self.target)
        return target.startswith("igw-") or ".aws_internet_gateway." in f".{target}"  # the latter in a plan


_TARGETS = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId",
    "InstanceId", "EgressOnlyInternetGatewayId", "CarrierGatewayId", "LocalGatewayId", "CoreNetworkArn",
    "OdbNetworkArn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RouteTable(Subject):
    """A route table and what it is associated with."""

    type: ClassVar[str] = "route-table"
    operations: ClassVar[tuple[str, ...]] = (ROUTE_TABLES,)

    id: str
    place: Place
    name: str | None
    vpc_id: str
    main: bool
    subnet_ids: frozenset[str]
    routes: tuple[Route, ...] | Unobserved

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[RouteTable]:
        def route(item: Item, place: Place) -> Route:
            listed = item.text("DestinationPrefixListId", None)
            cidr = item.text("DestinationCidrBlock", None) or item.text("DestinationIpv6CidrBlock", None)
            return Route(
                listed or cidr or "?",
                prefix_list(estate, place, listed)
                if listed
                else item.fact(lambda i: addresses(i, (cidr,) if cidr else ())),
                item.fact(_target),
                item.text("State", "active"),
            )

        def build(item: Item, place: Place) -> RouteTable:
            associations = [
                one
                for one in item.items("Associations")
                if one.item("AssociationState").text("State", "associated") == "associated"
            ]
            return cls(
                item.text("RouteTableId"),
                place,
                item.name,
                item.text("VpcId"),
                any(one.flag("Main", False) for one in associations),
                frozenset(one.text("SubnetId") for one in associations if one.raw.get("SubnetId")),
                item.fact(lambda i: tuple(route(one, place) for one in i.items("Routes"))),
            )

        return estate.build(ROUTE_TABLES, "RouteTables", build)


def _target(item: Item) -> str:
    for name in _TARGETS:
        target = item.text(name, None)
        if target is not None:
            return target
    return item.text("GatewayId")


@dataclass(frozen=True, slots=True)
class PeeringConnection(Subject):
    """A VPC peering connection that is or may become active, with the CIDRs of both sides."""

    type: ClassVar[str] = "vpc-peering-connection"
    operations: ClassVar[tuple[str, ...]] = (PEERING_CONNECTIONS,)

    id: str
    place: Place
    name: str | None
    sides: tuple[tuple[str, Addresses], tuple[str, Addresses]]
    """(VPC, its CIDRs) of the requester and of the accepter."""

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[PeeringConnection]:
        def side(item: Item) -> tuple[str, Addresses]:
            blocks = [one.text("CidrBlock") for one in item.items("CidrBlockSet")]
            blocks += [one.text("Ipv6CidrBlock") for one in item.items("Ipv6CidrBlockSet")]
            cidr = item.text("CidrBlock", None)
            return item.text("VpcId", ""), addresses(item, tuple(blocks + ([cidr] if cidr else [])))

        def build(item: Item, place: Place) -> PeeringConnection | None:
            if item.item("Status").text("Code") in ("deleted", "rejected", "failed", "expired", "deleting"):
                return None
            sides = (side(item.item("RequesterVpcInfo")), side(item.item("AccepterVpcInfo")))
            return cls(item.text("VpcPeeringConnectionId"), place, item.name, sides)

        return estate.build(PEERING_CONNECTIONS, "VpcPeeringConnections", build)
