"""Network interfaces: which addresses they answer to, and which groups stand before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from orthaudit.evidence import UnknownCode, Unobserved
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.subject import Seen, Subject
from orthaudit.paths.addresses import INTERNET, Addresses

NETWORK_INTERFACES = "ec2.DescribeNetworkInterfaces"

INFRASTRUCTURE = frozenset(
    {
        "natGateway", "nat_gateway", "network_load_balancer", "load_balancer", "gateway_load_balancer",
        "gateway_load_balancer_endpoint", "vpc_endpoint", "transit_gateway",
    }
)  # fmt: skip
"""Interface types (an open list: AWS adds some) on which no archive of ours can listen."""


@dataclass(frozen=True, slots=True)
class NetworkInterface(Subject):
    """A network interface; `addresses` are (private, public or None), IPv4 first, the primary one leading."""

    type: ClassVar[str] = "network-interface"
    operations: ClassVar[tuple[str, ...]] = (NETWORK_INTERFACES,)

    id: str
    place: Place
    name: str | None
    kind: str
    vpc_id: str
    subnet_id: str
    instance_id: str | None
    device_index: int
    """Its place on the instance: 0 is the primary one."""
    groups: tuple[str, ...]
    addresses: tuple[tuple[str, str | None], ...]
    requester_managed: bool
    description: str

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @property
    def address(self) -> str | Unobserved:
        """Its own first address. One that a plan does not know yet stands in `addresses` by its Terraform name."""
        address = self.addresses[0][0]
        if _is_address(address):
            return address
        why = f"{address} is known only after apply"
        return Unobserved(UnknownCode.KNOWN_AFTER_APPLY, why, (address,), self.place)

    @property
    def public_address(self) -> str | None:
        """The public IPv4 address of its first private address that has one."""
        return next((public for _, public in self.addresses if public), None)

    @property
    def public_addresses(self) -> tuple[str, ...]:
        """Every address by which the Internet may reach it: public IPv4, then global IPv6."""
        ipv6 = (own for own, _ in self.addresses if ":" in own and _is_address(own) and own in INTERNET)
        return (*(public for _, public in self.addresses if public), *ipv6)

    @property
    def names(self) -> frozenset[str]:
        """What an owner or a probe may call it: its id, its instance's, its addresses."""
        names = (self.id, self.instance_id, *(address for pair in self.addresses for address in pair))
        return frozenset(name for name in names if name)

    def answers_to(self, name: str) -> bool:
        """Whether this is the interface that an address, interface id or instance id names."""
        return name in (self.id, self.instance_id) or any(name in pair for pair in self.addresses)

    @classmethod
    def find(cls, estate: Estate) -> Seen[NetworkInterface]:
        found = estate.build(NETWORK_INTERFACES, "NetworkInterfaces", cls._build)
        return Seen(tuple(sorted(found, key=lambda one: (one.device_index, one.id))), found.missing)

    @classmethod
    def _build(cls, item: Item, place: Place) -> NetworkInterface:
        return cls(
            item.text("NetworkInterfaceId"),
            place,
            _tag_set_name(item),
            item.text("InterfaceType", "interface"),
            item.text("VpcId"),
            item.text("SubnetId"),
            item.item("Attachment").text("InstanceId", None),
            item.item("Attachment").number("DeviceIndex", 0),
            tuple(group.text("GroupId") for group in item.items("Groups")),
            tuple(_interface_addresses(item)),
            item.flag("RequesterManaged", False),
            item.text("Description", ""),
        )


def _is_address(text: str) -> bool:
    try:
        return bool(Addresses.of([text]))
    except ValueError:
        return False


def _tag_set_name(item: Item) -> str | None:
    for tag in item.items("TagSet"):  # network interfaces alone have `TagSet` for `Tags`
        if tag.text("Key", "") == "Name":
            return tag.text("Value", None)
    return None


def _interface_addresses(item: Item) -> Iterator[tuple[str, str | None]]:
    primary = item.text("PrivateIpAddress", None)
    pairs = {
        one.text("PrivateIpAddress"): one.item("Association").text("PublicIp", None)
        for one in item.items("PrivateIpAddresses")
    }
    if primary is not None:
        public = pairs.pop(primary, None) or item.item("Association").text("PublicIp", None)
        yield primary, public
    yield from pairs.items()
    for one in item.items("Ipv6Addresses"):
        yield one.text("Ipv6Address"), None
