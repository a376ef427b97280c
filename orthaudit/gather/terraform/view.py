"""The resources of one account and region, and what all makers of answers need of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.document import Block, Document, Resource
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply
from orthaudit.gather.terraform.references import References

Items: TypeAlias = "Iterator[Structure]"
"""The structures of an answer that is a list."""

Answers: TypeAlias = "Iterator[tuple[Structure, Structure]]"
"""Answers about single resources, each behind its parameters."""

VPC = ("aws_vpc", "aws_default_vpc")
SUBNET = ("aws_subnet", "aws_default_subnet")
GROUP = ("aws_security_group", "aws_default_security_group")
ROUTE_TABLE = ("aws_route_table", "aws_default_route_table")
NETWORK_ACL = ("aws_network_acl", "aws_default_network_acl")
PREFIX_LIST = ("aws_ec2_managed_prefix_list",)
INTERFACE = ("aws_network_interface",)
INSTANCE = ("aws_instance",)
BALANCER = ("aws_lb", "aws_alb")
TARGET_GROUP = ("aws_lb_target_group", "aws_alb_target_group")


@dataclass(frozen=True)
class Attached:
    """Resources by the id of what they belong to; `lost` are the marks of those that could belong to any."""

    by_owner: Mapping[str, tuple[Resource, ...]]
    lost: tuple[Json, ...]

    def to(self, owner: str) -> tuple[Resource, ...]:
        """What certainly belongs to this owner."""
        return self.by_owner.get(owner, ())


class View:
    """The resources of one account and region."""

    def __init__(
        self,
        document: Document,
        references: References,
        place: tuple[str, str],
        resources: Iterable[Resource],
    ) -> None:
        self.document = document
        self.account, self.region = place
        self.resources = tuple(resources)
        self.id = references.identity
        self.one = references.one
        self.many = references.many
        self.made_with = references.made_with

    def of(self, *types: str) -> tuple[Resource, ...]:
        """The managed resources of the given types."""
        return tuple(one for one in self.resources if one.mode == "managed" and one.type in types)

    def known(self, *types: str) -> tuple[Resource, ...]:
        """Managed resources, and what data sources tell of others; each thing once."""
        managed = self.of(*types)
        found = {self.id(one): one for one in managed}
        for one in self.resources:
            if one.mode == "data" and one.type in types and isinstance(one.value("id"), str):
                found.setdefault(self.id(one), one)
        return tuple(found.values())

    def attached(self, types: Iterable[str], attribute: str, owners: Iterable[str]) -> Attached:
        """Resources of some types by what `attribute` says they belong to."""
        found: dict[str, tuple[Resource, ...]] = {}
        lost: list[Json] = []
        for one in self.of(*types):
            owner = self.one(one, attribute, *owners)
            if isinstance(owner, str):
                found[owner] = (*found.get(owner, ()), one)
            elif owner is not None:
                lost.append(owner)
        return Attached(found, tuple(lost))

    def vpc_of(self, subnet: Json) -> Json:
        """The VPC of a subnet, by the subnet's id."""
        if not isinstance(subnet, str):
            return subnet
        for one in self.known(*SUBNET):
            if self.id(one) == subnet:
                return self.one(one, "vpc_id", *VPC)
        return None

    def default_group(self, vpc: Json) -> Json:
        """The id of a VPC's default security group, by the VPC's id."""
        for one in self.known(*VPC):
            if self.id(one) == vpc:
                return self.made_with(one, "default_security_group_id")
        return known_after_apply(f"{vpc}: the default security group of a VPC that is not in the plan")

    def creates(self, vpc: Resource, attribute: str, *managing: str) -> str | None:
        """The id of what AWS makes with a VPC that the plan creates, unless a resource of the plan manages it."""
        made = self.made_with(vpc, attribute)
        return made if vpc.created and made not in map(self.id, self.of(*managing)) else None


def tags(resource: Block) -> Json:
    """The tag `Name`, as AWS writes tags."""
    for name in ("tags_all", "tags"):
        value = resource.value(name)
        if isinstance(value, dict) and isinstance(value.get("Name"), str):
            return [{"Key": "Name", "Value": value["Name"]}]
    return []


def label(block: Block, name: str) -> Json:
    """A name or description for the reader; None where it is known only after apply: nothing depends on it."""
    value = block.value(name)
    return None if is_unknown(value) else value


def with_separate(inline: Json, separate: list[Json]) -> Json:
    """What blocks and resources of their own say together.

    Where the blocks are not known and there are such resources, there are no blocks: the provider does not
    allow both.
    """
    if isinstance(inline, list):
        return [*inline, *separate]
    return list(separate) if separate else inline


def listed(value: Json) -> list[Json]:
    """A list; a mark is one member of it: what is known is told, and that there is more."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def known_blocks(block: Block, name: str) -> tuple[Block, ...]:
    """The blocks of one name; none where they are known only after apply."""
    blocks = block.blocks(name)
    return blocks if isinstance(blocks, tuple) else ()


def first(value: Json) -> Json:
    """The first member of a list; a mark stays one."""
    return (value[0] if value else None) if isinstance(value, list) else value


def members(name: str, values: Iterable[Json]) -> list[Json]:
    """A list of structures of one member, as AWS writes many lists of ids; marks stay marks."""
    return [one if is_unknown(one) else {name: one} for one in values]
