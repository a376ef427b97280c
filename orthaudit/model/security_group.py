"""Security groups: exactly who may reach which port."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.evidence import NotObserved, Unobserved, need
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.network import addresses, prefix_list
from orthaudit.model.subject import Seen, Subject
from orthaudit.paths.addresses import Addresses

SECURITY_GROUPS = "ec2.DescribeSecurityGroups"

UNKNOWN_RULE = "?"
"""The protocol of a rule of which nothing is known: it may admit anything."""


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
    unread: tuple[Unobserved, ...] = ()
    """Why some of its sources could not be read, or, of a rule with protocol `?`, the whole of it."""

    def covers(self, port: int) -> bool:
        """Whether it admits TCP to this port, as far as that is known."""
        return self.protocol in ("tcp", "6", "-1", UNKNOWN_RULE) and self.from_port <= port <= self.to_port


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
        missing = [one for rule in rules for one in rule.unread]
        for _, listed in (one for rule in rules for one in rule.lists):
            if isinstance(listed, Unobserved):
                missing.append(listed)
            else:
                known |= listed
        return Seen((known,), tuple(missing))

    def sources(self, port: int, within: Addresses) -> tuple[str, ...]:
        """The CIDRs and prefix lists that admit any of the addresses `within` to TCP `port`, as they are written."""
        found: dict[str, None] = {}
        for rule in () if isinstance(self.ingress, Unobserved) else self.ingress:
            if rule.covers(port):
                found.update((cidr, None) for cidr in rule.sources if Addresses.of([cidr]) & within)
                for list_id, listed in rule.lists:
                    if not isinstance(listed, Unobserved) and listed & within:
                        found[f"{list_id} ({listed & within})"] = None
        return tuple(found)

    def opens(self, port: int) -> bool:
        """Whether it admits any source but its own members to TCP `port`. Raises `NotObserved`."""
        covering = [rule for rule in need(self.ingress) if rule.covers(port)]
        for rule in covering:
            others = [group for group in rule.groups if group != self.id]
            if rule.protocol != UNKNOWN_RULE and (rule.cidrs or rule.lists or others or rule.unread):
                return True
        unknown = [one for rule in covering for one in rule.unread]
        if unknown:
            raise NotObserved(unknown[0])
        return False

    @classmethod
    def find(cls, estate: Estate) -> Seen[SecurityGroup]:
        def rules(item: Item, key: str, place: Place) -> tuple[GroupRule, ...]:
            known, unknown = item.each(key, lambda one: _group_rule(estate, place, one))
            if unknown and not known:
                raise NotObserved(unknown[0])
            return (*known, *(GroupRule(UNKNOWN_RULE, 0, 65535, (), Addresses(), (), (), (one,)) for one in unknown))

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
    v4, no_v4 = item.each("IpRanges", lambda one: one.text("CidrIp"))
    v6, no_v6 = item.each("Ipv6Ranges", lambda one: one.text("CidrIpv6"))
    lists, no_lists = item.each("PrefixListIds", lambda one: one.text("PrefixListId"))
    groups, no_groups = item.each("UserIdGroupPairs", lambda one: one.text("GroupId"))
    return GroupRule(
        protocol,
        low,
        high,
        (*v4, *v6),
        addresses(item, (*v4, *v6)),
        tuple((one, prefix_list(estate, place, one)) for one in lists),
        groups,
        (*no_v4, *no_v6, *no_lists, *no_groups),
    )
