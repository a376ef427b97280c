"""Security groups: exactly who may reach which port."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.evidence import Unobserved, need
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.network import addresses, prefix_list
from orthaudit.model.subject import Seen, Subject
from orthaudit.paths.addresses import Addresses

SECURITY_GROUPS = "ec2.DescribeSecurityGroups"


@dataclass(frozen=True, slots=True)
class GroupRule:
    """One permission of a security group, normalised: all ports are 0 to 65535.

    `lists` are the managed prefix lists that it names; `groups` the security groups.
    """

    protocol: str
    from_port: int
    to_port: int
    sources: tuple[str, ...]
    """Its CIDRs, as they are written."""
    cidrs: Addresses
    lists: tuple[tuple[str, Addresses | Unobserved], ...]
    groups: tuple[str, ...]

    def covers(self, port: int) -> bool:
        """Whether it admits TCP to this port."""
        return self.protocol in ("tcp", "6", "-1") and self.from_port <= port <= self.to_port

    @property
    def has_source(self) -> bool:
        """Whether it names any source or destination at all."""
        return bool(self.cidrs or self.lists or self.groups)


@dataclass(frozen=True, slots=True)
class SecurityGroup(Subject):
    """A security group and its permissions in both directions."""

    type: ClassVar[str] = "security-group"
    operations: ClassVar[tuple[str, ...]] = (SECURITY_GROUPS,)

    id: str
    place: Place
    name: str | None
    vpc_id: str | Unobserved
    ingress: tuple[GroupRule, ...] | Unobserved
    egress: tuple[GroupRule, ...] | Unobserved
    estate: Estate = field(repr=False, compare=False)

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @property
    def trusted_sources(self) -> Addresses:
        """The clinics and proxies that are declared: `policy.trusted_sources` and the proxies' addresses."""
        config = self.estate.config
        proxies = [address for proxy in config.proxies for address in proxy.addresses]
        return Addresses.of((*(config.policy.trusted_sources or ()), *proxies))

    def admitted(self, port: int) -> Seen[Addresses]:
        """The addresses that may reach TCP `port`; missing: the prefix lists that could not be read.

        Members of other groups are not in it. Raises `NotObserved` where the rules are not known.
        """
        rules = [rule for rule in need(self.ingress) if rule.covers(port)]
        known = Addresses().union(rule.cidrs for rule in rules)
        missing: list[Unobserved] = []
        for _, listed in (one for rule in rules for one in rule.lists):
            if isinstance(listed, Unobserved):
                missing.append(listed)
            else:
                known |= listed
        return Seen((known,), tuple(missing))

    def sources(self, port: int, within: Addresses) -> tuple[str, ...]:
        """The CIDRs and prefix lists that admit any of the addresses `within` to TCP `port`, as they are written."""
        found: dict[str, None] = {}
        for rule in need(self.ingress):
            if rule.covers(port):
                found.update((cidr, None) for cidr in rule.sources if Addresses.of([cidr]) & within)
                for list_id, listed in rule.lists:
                    if not isinstance(listed, Unobserved) and listed & within:
                        found[f"{list_id} ({listed & within})"] = None
        return tuple(found)

    def opens(self, port: int) -> bool:
        """Whether it admits any source but its own members to TCP `port`. Raises `NotObserved`."""
        return any(
            rule.covers(port) and (rule.cidrs or rule.lists or any(group != self.id for group in rule.groups))
            for rule in need(self.ingress)
        )

    @classmethod
    def find(cls, estate: Estate) -> Seen[SecurityGroup]:
        def rules(item: Item, key: str, place: Place) -> tuple[GroupRule, ...]:
            return tuple(_group_rule(estate, place, one) for one in item.items(key))

        def build(item: Item, place: Place) -> SecurityGroup:
            return cls(
                item.text("GroupId"),
                place,
                item.text("GroupName", None),
                item.fact(lambda i: i.text("VpcId")),
                item.fact(lambda i: rules(i, "IpPermissions", place)),
                item.fact(lambda i: rules(i, "IpPermissionsEgress", place)),
                estate,
            )

        return estate.build(SECURITY_GROUPS, "SecurityGroups", build)


PROTOCOLS_WITH_PORTS = frozenset({"tcp", "udp", "6", "17", "icmp", "icmpv6", "1", "58"})
"""Protocols whose port range counts; any other number admits every port, whatever range is given."""


def _group_rule(estate: Estate, place: Place, item: Item) -> GroupRule:
    protocol = item.text("IpProtocol")
    low, high = item.number("FromPort", 0), item.number("ToPort", 65535)
    if protocol not in PROTOCOLS_WITH_PORTS or (low, high) == (-1, -1):
        low, high = 0, 65535
    cidrs = tuple(one.text("CidrIp") for one in item.items("IpRanges")) + tuple(
        one.text("CidrIpv6") for one in item.items("Ipv6Ranges")
    )
    lists = tuple(one.text("PrefixListId") for one in item.items("PrefixListIds"))
    return GroupRule(
        protocol,
        low,
        high,
        cidrs,
        addresses(item, cidrs),
        tuple((one, prefix_list(estate, place, one)) for one in lists),
        tuple(one.text("GroupId") for one in item.items("UserIdGroupPairs")),
    )
