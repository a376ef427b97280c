"""Which resource an attribute stands for that is known only after apply.

An id that does not exist yet shows in the configuration alone, as references: through variables, module
outputs and `for_each` up to the resource itself. Locals are not in the document. What more than one
resource could be stays unknown. Three things decide between several:

- the kind: a `vpc_id` can only be a VPC's;
- the instance: `count.index` is a position in the list behind it, `each.key` a key of the resource behind it
  or a value of exactly one instance (`172.17.0.0/24` of the subnet with this CIDR);
- the name, where one key is taken out of an object made of several resources: `private_subnet_ids` is
  `aws_subnet.private_subnets`, if all words of the key are in one resource's name and in no other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from orthaudit.evidence import Json
from orthaudit.gather.terraform.document import (
    Block,
    Document,
    Key,
    Resource,
    Scope,
    is_unknown,
    known_after_apply,
    sequence,
    structure,
)
from orthaudit.gather.terraform.names import Index, Part, most_specific, names, parts, words, written

IDENTITY: Final = {
    "aws_s3_bucket": "bucket",
    "aws_db_instance": "identifier",
    "aws_db_parameter_group": "name",
}
"""What AWS names a resource by where that is not its `id` (an ARN for certificates and load balancers)."""

NAMING: Final = frozenset({"id", "arn", "name", "bucket", "identifier", "allocation_id", "private_ip", "private_ips"})
"""Attributes that stand for the resource itself."""

MADE_BY_AWS: Final = {
    ("aws_vpc", "default_security_group_id"): "aws_default_security_group",
    ("aws_vpc", "default_network_acl_id"): "aws_default_network_acl",
    ("aws_vpc", "default_route_table_id"): "aws_default_route_table",
    ("aws_vpc", "main_route_table_id"): "aws_default_route_table",
    ("aws_instance", "primary_network_interface_id"): "aws_network_interface",
    ("aws_ec2_transit_gateway", "association_default_route_table_id"): "aws_ec2_transit_gateway_route_table",
    ("aws_ec2_transit_gateway", "propagation_default_route_table_id"): "aws_ec2_transit_gateway_route_table",
}
"""Attributes that name another thing, which AWS makes together with the resource; and its kind."""

ONE_THING: Final = {
    "default_route_table_id": "main_route_table_id",
    "propagation_default_route_table_id": "association_default_route_table_id",
}
"""Attributes that name the same thing as another."""

DEEPEST: Final = 32
"""How far references are followed."""


@dataclass(frozen=True)
class Found:
    """Something that a reference leads to, and under which key it stands there. `id` None: it leads nowhere."""

    id: str | None
    resource: Resource | None = None
    key: Key = None
    hint: str | None = None
    """The key of an object that the reference takes, where it is no attribute of the resource."""


LOST: Final = Found(None)


class References:
    """The ids of a document's resources, and what unknown attributes stand for."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def identity(self, resource: Resource) -> str:
        """What AWS names the resource by; its Terraform address where that is not known yet."""
        for name in (IDENTITY.get(resource.type, "id"), "id"):
            value = resource.value(name)
            if isinstance(value, str) and value:
                return value
        return resource.address

    def made_with(self, resource: Resource, attribute: str) -> str:
        """The id of a thing that AWS makes together with a resource."""
        value = resource.value(attribute)
        same = ONE_THING.get(attribute, attribute)
        return value if isinstance(value, str) and value else f"{resource.address}.{same}"

    def one(self, block: Block, name: str, *types: str) -> Json:
        """The id that an attribute holds: known, None, or a mark where it cannot be told."""
        value = block.value(name)
        if not is_unknown(value):
            return value or None
        found = self._found(block, name, types)
        ids = dict.fromkeys(one.id for one in found)
        if len(ids) == 1 and LOST not in found:
            return next(iter(ids))
        if not found or LOST in found:
            return self._only(types) or value
        return value

    def many(self, block: Block, name: str, *types: str) -> Json:
        """The ids that a list or set holds, or a mark where they cannot all be told."""
        value = block.value(name)
        if not is_unknown(value) and not any(is_unknown(one) for one in sequence(value)):
            return value
        found = self._found(block, name, types)
        if not found or LOST in found:
            return known_after_apply(f"{block.address}: {name}")
        return list(dict.fromkeys(one.id for one in found))

    def _found(self, block: Block, name: str, types: Sequence[str]) -> list[Found]:
        expression = structure(block.expressions.get(name))
        return self._expression(expression, block.scope, (), types, 0)

    def _only(self, types: Sequence[str]) -> str | None:
        """An id that is not known yet is one of the plan's own: it is told where there is but one of its kind."""
        unknown = [one for one in self.document.of(*types) if is_unknown(one.value("id"))]
        return self.identity(unknown[0]) if len(unknown) == 1 else None

    def _expression(
        self, expression: Json, scope: Scope, path: tuple[Part, ...], types: Sequence[str], depth: int
    ) -> list[Found]:
        expression = structure(expression)
        if "constant_value" in expression:
            return list(_constants(_taken(expression["constant_value"], path), types))
        references = [one for one in sequence(expression.get("references")) if isinstance(one, str)]
        if not references or depth > DEEPEST:
            return [LOST]
        return self._references(references, scope, path, types, depth)

    def _references(
        self, references: Iterable[str], scope: Scope, path: tuple[Part, ...], types: Sequence[str], depth: int
    ) -> list[Found]:
        specific = [parts(one) for one in most_specific(references)]
        indexed = [one for one in specific if names(one) in (("count", "index"), ("each", "key"), ("each", "value"))]
        others = [one for one in specific if one not in indexed]
        if not others and indexed:
            others, indexed = indexed, []
        if path and isinstance(path[0], str):
            same_name = [one for one in others if one[-1] == path[0]]
            if same_name:
                others, path = same_name, path[1:]
        found = [one for reference in others for one in self._reference(reference, scope, path, types, depth + 1)]
        found = _agreeing(found)
        if len(found) > 1:
            for how in indexed:
                found = _at_position(found, scope.key) if how[0] == "count" else _at_key(found, scope.key)
        return found

    def _reference(
        self, reference: tuple[Part, ...], scope: Scope, path: tuple[Part, ...], types: Sequence[str], depth: int
    ) -> list[Found]:
        head, rest = reference[0], (*reference[2:], *path)
        name = reference[1] if len(reference) > 1 and isinstance(reference[1], str) else ""
        if head == "var":
            return self._variable(name, scope, rest, types, depth)
        if head == "each":
            if name == "value":
                return _at_key(self._each_value(scope, rest, types, depth), scope.key)
            return []
        if head == "module":
            return self._output(reference[1:], scope, path, types, depth)
        if head == "data":
            return self._resource("data", reference[1:], scope, path, types, depth)
        if head in ("count", "path", "terraform", "self"):
            return []
        if head == "local":
            return [LOST]
        return self._resource("managed", reference, scope, path, types, depth)

    def _variable(
        self, name: str, scope: Scope, path: tuple[Part, ...], types: Sequence[str], depth: int
    ) -> list[Found]:
        if not scope.module:
            return list(_constants(_taken(self.document.variables.get(name), path), types))
        call, outside = self.document.module_call(scope.module)
        arguments = structure(call.get("expressions"))
        if name in arguments:
            return self._expression(arguments[name], outside, path, types, depth)
        declared = structure(self.document.module_configuration(scope.module).get("variables"))
        return list(_constants(_taken(structure(declared.get(name)).get("default"), path), types))

    def _each_value(self, scope: Scope, path: tuple[Part, ...], types: Sequence[str], depth: int) -> list[Found]:
        constant = scope.each.get("constant_value")
        if constant is not None and scope.key is not None:
            return list(_constants(_taken(constant, (Index(scope.key), *path)), types))
        return self._expression(scope.each, replace(scope, each={}), path, types, depth)

    def _output(
        self, reference: tuple[Part, ...], scope: Scope, path: tuple[Part, ...], types: Sequence[str], depth: int
    ) -> list[Found]:
        name, *rest = reference
        base = (*parts(scope.module), "module", name)
        key = rest.pop(0) if rest and isinstance(rest[0], Index) else None
        instances = [one for one in self.document.modules if parts(one) == (*base, key)] if key else []
        if not instances:
            instances = [
                one
                for one in self.document.modules
                if parts(one)[: len(base)] == base and all(isinstance(part, Index) for part in parts(one)[len(base) :])
            ] or [written(base)]
        found = []
        for module in instances:
            outputs = structure(self.document.module_configuration(module).get("outputs"))
            asked = rest[0] if rest else None
            last = parts(module)[-1]
            for output, declared in outputs.items():
                if asked in (None, output):
                    inner = self._expression(
                        structure(declared).get("expression"), Scope(module), (*rest[1:], *path), types, depth
                    )
                    found += [replace(one, key=last.key) if isinstance(last, Index) and not key else one for one in inner]
        return found

    def _resource(
        self,
        mode: str,
        reference: tuple[Part, ...],
        scope: Scope,
        path: tuple[Part, ...],
        types: Sequence[str],
        depth: int,
    ) -> list[Found]:
        kind, name, rest = str(reference[0]), str((*reference, "")[1]), reference[2:]
        instances = self.document.instances(scope.module, mode, kind, name)
        if rest and isinstance(rest[0], Index):
            key = rest[0].key
            instances, rest = tuple(one for one in instances if one.key == key), rest[1:]
        return [one for instance in instances for one in self._attribute(instance, (*rest, *path), types, depth)]

    def _attribute(self, resource: Resource, path: tuple[Part, ...], types: Sequence[str], depth: int) -> list[Found]:
        attribute = next((part for part in path if isinstance(part, str)), None)
        made = MADE_BY_AWS.get((resource.type, attribute or ""))
        if attribute and made:
            return [Found(self.made_with(resource, attribute), resource, resource.key)] if made in types else []
        if attribute is None or attribute in NAMING or not resource.called(attribute):
            return self._itself(resource, path, types, depth) if resource.type in types else []
        value = resource.value(attribute)
        if not is_unknown(value):
            return list(_constants(value, types))
        if attribute in resource.expressions:
            return self._expression(resource.expressions[attribute], resource.scope, (), types, depth + 1)
        return []

    def _itself(self, resource: Resource, path: tuple[Part, ...], types: Sequence[str], depth: int) -> list[Found]:
        if resource.mode == "data" and is_unknown(resource.value("id")):
            return self._expression(resource.expressions.get("id"), resource.scope, (), types, depth + 1)
        hints = [part for part in path if isinstance(part, str) and part not in NAMING and not resource.called(part)]
        return [Found(self.identity(resource), resource, resource.key, hints[0] if hints else None)]


def _taken(value: Json, path: Iterable[Part]) -> Json:
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


def _constants(value: Json, types: Sequence[str]) -> Iterator[Found]:
    """The ids of one of the kinds within a constant."""
    if isinstance(value, list):
        for one in value:
            yield from _constants(one, types)
    elif isinstance(value, str) and any(value.startswith((_PREFIXES.get(kind, "arn:"), "arn:")) for kind in types):
        yield Found(value)


def _agreeing(found: list[Found]) -> list[Found]:
    """Where one key is taken out of an object of several resources: the one whose name holds all its words."""
    hint = next((one.hint for one in found if one.hint), None)
    groups = {one.resource.group for one in found if one.resource is not None}
    if hint is None or len(groups) < 2:
        return found
    named = {group for group in groups if words(hint) and words(hint) <= words(group[2], group[3])}
    if len(named) != 1:
        return [*found, LOST]
    return [
        replace(one, hint=None) for one in found if one.id is not None and one.resource and one.resource.group in named
    ]


def _at_position(found: list[Found], key: Key) -> list[Found]:
    """`list[count.index]`, or `element(list, count.index)`, which begins anew at the end."""
    if LOST in found or not isinstance(key, int):
        return [LOST]
    return [found[key % len(found)]]


def _at_key(found: list[Found], key: Key) -> list[Found]:
    """The one that stands under `each.key`, or that alone has it as a value."""
    if len({one.id for one in found}) < 2:
        return found
    under = [one for one in found if one.key == key]
    if len({one.id for one in under}) == 1 and key is not None:
        return under
    having = [one for one in found if one.resource is not None and key in _texts(one.resource)]
    return having if len({one.id for one in having}) == 1 else [LOST]


def _texts(resource: Resource) -> frozenset[str]:
    return frozenset(value for value in resource.values.values() if isinstance(value, str))
