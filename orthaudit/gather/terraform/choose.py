"""Which of several things that references lead to is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from orthaudit.evidence import Json
from orthaudit.gather.terraform.document import Key, Resource
from orthaudit.gather.terraform.names import Index, Part, names, parts, words


@dataclass(frozen=True)
class Found:
    """Something that a reference leads to, and under which key it stands there. `id` None: it leads nowhere."""

    id: str | None
    resource: Resource | None = None
    key: Key = None
    hint: str | None = None
    """The key of an object that the reference takes, where it is no attribute of the resource."""


LOST: Final = Found(None)
"""What the document does not say: a local, a `dynamic` block."""
FOREIGN: Final = Found(None, hint="foreign")
"""What comes from outside the plan and is not known yet."""


def nowhere(found: Iterable[Found]) -> bool:
    """Whether any of it leads nowhere."""
    return any(one.id is None for one in found)


def taken(value: Json, path: Iterable[Part]) -> Json:
    """What lies at a path within a value; None where there is nothing."""
    for part in path:
        key = part.key if isinstance(part, Index) else part
        if isinstance(value, dict):
            value = value.get(str(key))
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


_PREFIXES: Final = {
    "aws_vpc": "vpc-",
    "aws_subnet": "subnet-",
    "aws_security_group": "sg-",
    "aws_route_table": "rtb-",
    "aws_internet_gateway": "igw-",
    "aws_nat_gateway": "nat-",
    "aws_network_interface": "eni-",
    "aws_instance": "i-",
    "aws_vpn_gateway": "vgw-",
    "aws_ec2_transit_gateway": "tgw-",
    "aws_ec2_managed_prefix_list": "pl-",
}


def constants(value: Json, types: Sequence[str]) -> Iterator[Found]:
    """The ids of one of the kinds within a constant."""
    if isinstance(value, list):
        for one in value:
            yield from constants(one, types)
    elif isinstance(value, str) and value.startswith(tuple(_PREFIXES.get(kind, "arn:") for kind in types)):
        yield Found(value)


def agreeing(found: list[Found]) -> list[Found]:
    """Where one key is taken out of an object of several resources: the one whose name holds all its words."""
    hint = next((one.hint for one in found if one.resource is not None and one.hint), None)
    groups = {_kin(one.resource) for one in found if one.resource is not None}
    if hint is None or (len(groups) < 2 and not nowhere(found)):
        return found
    named = {group for group in groups if words(hint) and words(hint) <= words(*group[1:])}
    if len(named) != 1:
        return [LOST]
    return [replace(one, hint=None) for one in found if one.resource is not None and _kin(one.resource) in named]


def at_position(found: list[Found], key: Key, *, single: bool) -> list[Found]:
    """`list[count.index]`, or `element(list, count.index)`, which begins anew at the end.

    Where one thing is wanted all of it is the list; in a list of ids each resource is one of its own.
    """
    if nowhere(found) or not isinstance(key, int):
        return [LOST]
    lists = [found] if single else _by_group(found)
    return [one[key % len(one)] for one in lists]


def at_key(found: list[Found], key: Key) -> list[Found]:
    """Of each resource the instance that stands under `each.key`, or that alone has it as a value."""
    if len({one.id for one in found}) < 2:
        return found
    groups = _by_group(found)
    alone = [one for group in groups if len(group) == 1 for one in group]
    under = [one for group in groups if len(group) > 1 for one in group if key is not None and one.key == key]
    if under:
        return [*alone, *under]
    having = [one for one in found if one.resource is not None and key in _texts(one.resource)]
    if len({one.id for one in having}) != 1:
        return [LOST]
    return [*(one for one in alone if one not in having and len(alone) < len(found)), *having]


def _kin(resource: Resource) -> tuple[tuple[str, ...], str, str]:
    """What all instances of one resource share, over the instances of their module too."""
    return names(parts(resource.module)), resource.type, resource.name


def _by_group(found: list[Found]) -> list[list[Found]]:
    groups: dict[object, list[Found]] = {}
    for one in found:
        groups.setdefault(_kin(one.resource) if one.resource is not None else one.id, []).append(one)
    return list(groups.values())


def _texts(resource: Resource) -> frozenset[str]:
    return frozenset(value for value in resource.values.values() if isinstance(value, str))
