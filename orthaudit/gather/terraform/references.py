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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from orthaudit.evidence import Json
from orthaudit.gather.terraform.choose import (
    FOREIGN,
    LOST,
    Found,
    agreeing,
    at_key,
    at_position,
    constants,
    nowhere,
    taken,
)
from orthaudit.gather.terraform.document import Block, Document, Resource, Scope
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply, sequence, structure
from orthaudit.gather.terraform.names import Index, Part, most_specific, names, parts, written

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

ADOPTIONS: Final = (
    ("aws_default_security_group", "vpc_id", "default_security_group_id"),
    ("aws_default_network_acl", "default_network_acl_id", "default_network_acl_id"),
    ("aws_default_route_table", "default_route_table_id", "main_route_table_id"),
)
"""Resources that manage what AWS made with a VPC, by which argument they name it, and the VPC's attribute."""

ONE_THING: Final = {
    "default_route_table_id": "main_route_table_id",
    "propagation_default_route_table_id": "association_default_route_table_id",
}
"""Attributes that name the same thing as another."""

DEEPEST: Final = 32
"""How far references are followed."""


CARRIERS: Final = frozenset(
    {
        "aws_ssm_parameter", "terraform_remote_state", "external", "http", "aws_cloudformation_stack",
        "aws_cloudformation_export", "aws_vpcs", "aws_subnets", "aws_security_groups",
        "aws_secretsmanager_secret_version",
    }
)  # fmt: skip
"""Data sources that may bring ids of things outside the plan."""


@dataclass(frozen=True)
class _Wanted:
    """The kinds of resource that an attribute may name, and whether it names one or a list."""

    types: tuple[str, ...]
    single: bool


class References:
    """The ids of a document's resources, and what unknown attributes stand for."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._adopters: dict[str, str] = {}
        vpcs = {self.identity(one): one for one in document.of("aws_vpc")}
        for kind, argument, attribute in ADOPTIONS:
            for adopter in document.of(kind):
                named = self.one(adopter, argument, "aws_vpc", kind)
                if isinstance(named, str):
                    made = self._made_with(vpcs[named], attribute) if named in vpcs else named
                    self._adopters[made] = self.identity(adopter)

    def identity(self, resource: Resource) -> str:
        """What AWS names the resource by; its Terraform address where that is not known yet."""
        for name in (IDENTITY.get(resource.type, "id"), "id"):
            value = resource.value(name)
            if isinstance(value, str) and value:
                return value
        return resource.address

    def made_with(self, resource: Resource, attribute: str) -> str:
        """The id of a thing that AWS makes together with a resource, or of the resource that manages it."""
        made = self._made_with(resource, attribute)
        return self._adopters.get(made, made)

    @staticmethod
    def _made_with(resource: Resource, attribute: str) -> str:
        value = resource.value(attribute)
        same = ONE_THING.get(attribute, attribute)
        return value if isinstance(value, str) and value else f"{resource.address}.{same}"

    def one(self, block: Block, name: str, *types: str) -> Json:
        """The id that an attribute holds: known, None, or a mark where it cannot be told."""
        value = block.value(name)
        if not is_unknown(value):
            return value or None
        if block.left_out(name):
            return value
        found = self._found(block, name, _Wanted(types, single=True))
        if LOST in found and FOREIGN not in found:
            return self._only(types) or value
        ids = dict.fromkeys(one.id for one in found)
        return next(iter(ids)) if len(ids) == 1 and not nowhere(found) else value

    def many(self, block: Block, name: str, *types: str) -> Json:
        """The ids that a list or set holds, or a mark where they cannot all be told."""
        value = block.value(name)
        if not is_unknown(value) and not any(is_unknown(one) for one in sequence(value)):
            return value
        found = self._found(block, name, _Wanted(types, single=False))
        ids: list[Json] = [*dict.fromkeys(one.id for one in found)]
        shared = structure(block.expressions.get(name)).get("shared") and len(ids) > 1
        if not ids or nowhere(found) or shared:
            return known_after_apply(f"{block.address}: {name}")
        return ids

    def _found(self, block: Block, name: str, wanted: _Wanted) -> list[Found]:
        return self._expression(block.expressions.get(name), block.scope, (), wanted, 0)

    def _only(self, types: Sequence[str]) -> str | None:
        """An id that is not known yet is one of the plan's own: it is told where there is but one of its kind."""
        ids: dict[str | None, None] = {}
        for one in self.document.resources:
            if one.mode == "data" and one.type in CARRIERS and self._is_deferred(one):
                return None
            if one.type in types and is_unknown(one.value("id")):
                ids.update((found.id, None) for found in self._itself(one, (), _Wanted(tuple(types), True), 0))
            for (kind, attribute), made in MADE_BY_AWS.items():
                if (one.mode, one.type) == ("managed", kind) and made in types and is_unknown(one.value(attribute)):
                    ids[self.made_with(one, attribute)] = None
        return next(iter(ids)) if len(ids) == 1 else None

    @staticmethod
    def _is_deferred(data: Resource) -> bool:
        return is_unknown(data.value("id"))

    def _expression(
        self, expression: Json, scope: Scope, path: tuple[Part, ...], wanted: _Wanted, depth: int
    ) -> list[Found]:
        expression = structure(expression)
        if "constant_value" in expression:
            return list(constants(taken(expression["constant_value"], path), wanted.types))
        references = [one for one in sequence(expression.get("references")) if isinstance(one, str)]
        if not references or depth > DEEPEST:
            return [LOST]
        return self._references(references, scope, path, wanted, depth)

    def _references(
        self, references: Iterable[str], scope: Scope, path: tuple[Part, ...], wanted: _Wanted, depth: int
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
        found = [one for reference in others for one in self._reference(reference, scope, path, wanted, depth + 1)]
        found = agreeing(found)
        if len(found) > 1:
            for how in indexed:
                if how[0] == "count":
                    found = at_position(found, scope.key, single=wanted.single)
                else:
                    found = at_key(found, scope.key)
        return found

    def _reference(
        self, reference: tuple[Part, ...], scope: Scope, path: tuple[Part, ...], wanted: _Wanted, depth: int
    ) -> list[Found]:
        head, rest = reference[0], (*reference[2:], *path)
        name = reference[1] if len(reference) > 1 and isinstance(reference[1], str) else ""
        if head == "var":
            return self._variable(name, scope, rest, wanted, depth)
        if head == "each":
            if name == "value":
                return at_key(self._each_value(scope, rest, wanted, depth), scope.key)
            return []
        if head == "module":
            return self._output(reference[1:], scope, path, wanted, depth)
        if head == "data":
            return self._resource("data", reference[1:], scope, path, wanted, depth)
        if head in ("count", "path", "terraform", "self"):
            return []
        if head == "local":
            return [LOST]
        return self._resource("managed", reference, scope, path, wanted, depth)

    def _variable(self, name: str, scope: Scope, path: tuple[Part, ...], wanted: _Wanted, depth: int) -> list[Found]:
        if not scope.module:
            return list(constants(taken(self.document.variables.get(name), path), wanted.types))
        call, outside = self.document.module_call(scope.module)
        arguments = structure(call.get("expressions"))
        if name in arguments:
            return self._expression(arguments[name], outside, path, wanted, depth)
        declared = structure(self.document.module_configuration(scope.module).get("variables"))
        return list(constants(taken(structure(declared.get(name)).get("default"), path), wanted.types))

    def _each_value(self, scope: Scope, path: tuple[Part, ...], wanted: _Wanted, depth: int) -> list[Found]:
        constant = scope.each.get("constant_value")
        if constant is not None and scope.key is not None:
            return list(constants(taken(constant, (Index(scope.key), *path)), wanted.types))
        return self._expression(scope.each, replace(scope, each={}), path, wanted, depth)

    def _output(
        self, reference: tuple[Part, ...], scope: Scope, path: tuple[Part, ...], wanted: _Wanted, depth: int
    ) -> list[Found]:
        name, *rest = reference
        base = (*parts(scope.module), "module", name)
        key = rest.pop(0) if rest and isinstance(rest[0], Index) else None
        every = [one for one in self.document.modules if _is_instance(parts(one), base)]
        instances = [written((*base, key))] if key else every or [written(base)]
        found: list[Found] = []
        for module in instances:
            outputs = structure(self.document.module_configuration(module).get("outputs"))
            asked = rest[0] if rest else None
            last = parts(module)[-1]
            for output, declared in outputs.items():
                if asked in (None, output):
                    inner = self._expression(
                        structure(declared).get("expression"), Scope(module), (*rest[1:], *path), wanted, depth
                    )
                    if isinstance(last, Index) and not key:
                        inner = [replace(one, key=last.key) for one in inner]
                    found += inner
        return found

    def _resource(
        self,
        mode: str,
        reference: tuple[Part, ...],
        scope: Scope,
        path: tuple[Part, ...],
        wanted: _Wanted,
        depth: int,
    ) -> list[Found]:
        kind, name, rest = str(reference[0]), str((*reference, "")[1]), reference[2:]
        instances = self.document.instances(scope.module, mode, kind, name)
        if rest and isinstance(rest[0], Index):
            key = rest[0].key
            instances, rest = tuple(one for one in instances if one.key == key), rest[1:]
        return [one for instance in instances for one in self._attribute(instance, (*rest, *path), wanted, depth)]

    def _attribute(self, resource: Resource, path: tuple[Part, ...], wanted: _Wanted, depth: int) -> list[Found]:
        attribute = next((part for part in path if isinstance(part, str)), None)
        made = MADE_BY_AWS.get((resource.type, attribute or ""))
        if attribute and made:
            return [Found(self.made_with(resource, attribute), resource, resource.key)] if made in wanted.types else []
        if attribute is None or attribute in NAMING or not resource.called(attribute):
            if resource.type in wanted.types:
                return self._itself(resource, path, wanted, depth)
            if resource.mode == "managed" and resource.type.startswith("aws_"):
                return []
        value = resource.value(attribute or "id")
        if not is_unknown(value):
            return list(constants(value, wanted.types))
        if attribute is not None and attribute in resource.expressions:
            return self._expression(resource.expressions[attribute], resource.scope, (), wanted, depth + 1)
        return [FOREIGN]

    def _itself(self, resource: Resource, path: tuple[Part, ...], wanted: _Wanted, depth: int) -> list[Found]:
        if resource.mode == "data" and is_unknown(resource.value("id")):
            return self._expression(resource.expressions.get("id"), resource.scope, (), wanted, depth + 1)
        hints = [part for part in path if isinstance(part, str) and part not in NAMING and not resource.called(part)]
        return [Found(self.identity(resource), resource, resource.key, hints[0] if hints else None)]


def _is_instance(module: tuple[Part, ...], base: tuple[Part, ...]) -> bool:
    """Whether a module's address is the base, with or without an instance key."""
    rest = module[len(base) :]
    return module[: len(base)] == base and len(rest) < 2 and all(isinstance(part, Index) for part in rest)
