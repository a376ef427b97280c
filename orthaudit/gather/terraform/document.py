"""What a plan or state holds, resource by resource: values, what is known only after apply, and expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Final, TypeAlias

from orthaudit.evidence import Json, Structure
from orthaudit.gather.aws.redact import redacted
from orthaudit.gather.terraform.marks import is_unknown, marked, sequence, structure, structures
from orthaudit.gather.terraform.names import Index, enclosing, names, parts

Key: TypeAlias = "int | str | None"


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: its module, and what `count.index`, `each.key` and `each.value` mean there."""

    module: str
    key: Key = None
    each: Structure = field(default_factory=dict)
    """The `for_each_expression`."""


AMBIGUOUS: Final[Structure] = {"references": ["local.ambiguous"]}
"""The expression of a block that cannot be told from its neighbours: it leads nowhere."""


@dataclass(frozen=True, eq=False)
class Block:
    """A resource or a block in it. `unknown` is its part of `after_unknown`."""

    address: str
    scope: Scope
    values: Structure
    unknown: Json
    expressions: Structure
    configured: bool
    """Whether its expressions are in the document at all: they are not in a state."""

    def value(self, name: str) -> Json:
        """An attribute: known, None, or marked as known only after apply."""
        if self.unknown is True:
            unknown: Json = name not in self.values
        else:
            unknown = structure(self.unknown).get(name)
        return marked(self.values.get(name), unknown, f"{self.address}: {name}")

    def left_out(self, name: str) -> bool:
        """Whether an argument is certainly not given. Not for blocks: `dynamic` ones are not in the document."""
        if not self.configured or name in self.expressions:
            return False
        value = self.value(name)
        return value is None or is_unknown(value)

    def blocks(self, name: str) -> tuple[Block, ...] | Structure:
        """The blocks of one name, or the mark that they are known only after apply."""
        value = self.value(name)
        if isinstance(value, dict) and is_unknown(value):
            return value
        values = structures(self.values.get(name))
        unknown = sequence(structure(self.unknown).get(name))
        return tuple(
            Block(
                f"{self.address}: {name}",
                self.scope,
                one,
                {} if state is None else state,
                self._expressions(name, one, state, several=len(values) > 1),
                self.configured and name in self.expressions,  # those of a `dynamic` block are not told
            )
            for one, state in zip_longest(values, unknown[: len(values)], fillvalue=None)
            if one is not None
        )

    def block(self, name: str) -> Block | Structure:
        """The only block of a name; an empty one where there is none."""
        found = self.blocks(name)
        if isinstance(found, dict):
            return found
        return found[0] if found else Block(self.address, self.scope, {}, {}, {}, self.configured)

    def _expressions(self, name: str, values: Structure, unknown: Json, *, several: bool) -> Structure:
        """The configuration of one block: blocks are sets, so it is told by the constants that it shares."""
        configuration = self.expressions.get(name)
        if isinstance(configuration, dict):  # one expression made all blocks
            return {key: {**configuration, "shared": several} for key in [*values, *structure(unknown)]}
        fitting = [one for one in structures(configuration) if _agrees(one, values)]
        merged: Structure = {}
        for one in fitting:
            for attribute, expression in one.items():
                same = merged.setdefault(attribute, expression) == expression
                if not same:
                    merged[attribute] = dict(AMBIGUOUS)
        return merged


def _agrees(expressions: Structure, values: Structure) -> bool:
    for name, expression in expressions.items():
        constant = structure(expression).get("constant_value")
        if constant is not None and values.get(name) is not None and constant != values[name]:
            return False
    return True


@dataclass(frozen=True, eq=False)
class Resource(Block):
    """A resource as it will be: `created` by the plan (or replaced), or there already."""

    module: str
    mode: str
    type: str
    name: str
    key: Key
    created: bool

    @property
    def group(self) -> tuple[str, str, str, str]:
        """What all instances of one resource share."""
        return self.module, self.mode, self.type, self.name

    def called(self, name: str) -> bool:
        """Whether it has an attribute of this name."""
        return name in self.values or name in structure(self.unknown)


SECRETS: Final = frozenset({"user_data", "user_data_base64", "customer_gateway_configuration", "router_configuration"})
"""Attributes that hold secrets and do not say so in their names."""


def _clean(values: Structure) -> Structure:
    return redacted({name: value for name, value in values.items() if name not in SECRETS})


class Document:
    """A plan or state that was read. Secrets are taken out of it as it is built."""

    def __init__(self, content: Structure) -> None:
        self.content = content
        self.is_plan = "values" not in content
        self.configuration = structure(structure(content.get("configuration")).get("root_module"))
        self.providers = structure(structure(content.get("configuration")).get("provider_config"))
        self.variables = _variables(content, self.configuration)

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every resource as it will be, data sources included; each address once, the after state leading."""
        found: dict[str, Resource] = {}
        changes = self._changes
        after = self.content.get("planned_values") if self.is_plan else self.content.get("values")
        for module, raw in _in_modules(structure(structure(after).get("root_module"))):
            self._add(found, module, raw, structure(raw.get("values")), changes.get(_text(raw, "address")))
        for address, change in changes.items():
            actions = sequence(structure(change.get("change")).get("actions"))
            if actions in (["read"], ["forget"]) and address not in found:
                values = structure(structure(change.get("change")).get("before" if "forget" in actions else "after"))
                self._add(found, _text(change, "module_address"), change, values, change)
        moved = {_text(one, "previous_address") for one in changes.values()}
        before = structure(structure(self.content.get("prior_state")).get("values"))
        for module, raw in _in_modules(structure(before.get("root_module"))):
            if _text(raw, "address") not in (
                changes.keys() | moved
            ):  # data that was read, and what the plan does not touch
                self._add(found, module, raw, structure(raw.get("values")), {})
        for deferred in structures(self.content.get("deferred_changes")):
            change = structure(deferred.get("resource_change"))
            whole: Structure = {"change": {"actions": ["create"], "after_unknown": True}}
            values = structure(structure(change.get("change")).get("after"))
            self._add(found, _text(change, "module_address"), change, values, whole)
        return tuple(found.values())

    @cached_property
    def _changes(self) -> dict[str, Structure]:
        """What the plan does, by address; deposed objects of a replacement are no resource of their own."""
        changes = structures(self.content.get("resource_changes"))
        return {_text(one, "address"): one for one in changes if not one.get("deposed")}

    def _add(
        self, found: dict[str, Resource], module: str, raw: Structure, values: Structure, change: Structure | None
    ) -> None:
        address, kind, name = _text(raw, "address"), _text(raw, "type"), _text(raw, "name")
        if not address or address in found:
            return
        done = structure((change or {}).get("change"))
        unknown = done.get("after_unknown", {})
        if change is None and self.is_plan:
            unknown = True  # nothing tells what is left out from what is not known
        key = raw.get("index")
        mode = _text(raw, "mode") or "managed"
        configuration = self._resource_configuration(module, mode, kind, name)
        each = structure(configuration.get("for_each_expression"))
        instance = key if isinstance(key, (int, str)) else None
        found[address] = Resource(
            address,
            Scope(module, instance, each),
            _clean(values),
            unknown,
            structure(configuration.get("expressions")),
            bool(configuration),
            module,
            mode,
            kind,
            name,
            instance,
            "create" in sequence(done.get("actions")),
        )

    def module_configuration(self, module: str) -> Structure:
        """The configuration of the module at an address."""
        configuration = self.configuration
        for name in names(parts(module))[1::2]:
            call = structure(structure(configuration.get("module_calls")).get(name))
            configuration = structure(call.get("module"))
        return configuration

    def module_call(self, module: str) -> tuple[Structure, Scope]:
        """How the module at an address is called, and the scope in which its arguments stand."""
        address = parts(module)
        key = address[-1].key if isinstance(address[-1], Index) else None
        around = next(one for one in enclosing(module) if one != module)
        calls = structure(self.module_configuration(around).get("module_calls"))
        call = structure(calls.get(names(address)[-1]))
        return call, Scope(around, key, structure(call.get("for_each_expression")))

    def _resource_configuration(self, module: str, mode: str, kind: str, name: str) -> Structure:
        return self._configured.get((names(parts(module)), mode, kind, name), {})

    @cached_property
    def _configured(self) -> Mapping[tuple[tuple[str, ...], str, str, str], Structure]:
        return dict(_configurations(self.configuration, ()))

    def provider(self, resource: Resource) -> str:
        """The key of the provider configuration that the resource goes by: `aws`, `aws.west`."""
        configuration = self._resource_configuration(*resource.group)
        return _text(configuration, "provider_config_key")

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The address of every module instance that holds a resource, itself or further in."""
        found = {address: None for one in self.resources for address in enclosing(one.module)}
        return tuple(found)

    @cached_property
    def _groups(self) -> Mapping[tuple[str, str, str, str], tuple[Resource, ...]]:
        groups: dict[tuple[str, str, str, str], list[Resource]] = {}
        for one in self.resources:
            groups.setdefault(one.group, []).append(one)
        # as Terraform orders instances: numbers by value, keys by text
        return {
            group: tuple(sorted(some, key=lambda one: (isinstance(one.key, str), _order(one.key))))
            for group, some in groups.items()
        }

    def instances(self, module: str, mode: str, kind: str, name: str) -> tuple[Resource, ...]:
        """The instances of one resource, in Terraform's order."""
        return self._groups.get((module, mode, kind, name), ())

    def of(self, *types: str) -> tuple[Resource, ...]:
        """Every managed resource of the given types."""
        return tuple(one for one in self.resources if one.mode == "managed" and one.type in types)


def _order(key: Key) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key or "")


def _text(value: Structure, name: str) -> str:
    text = value.get(name)
    return text if isinstance(text, str) else ""


def _in_modules(module: Structure) -> Iterator[tuple[str, Structure]]:
    for resource in structures(module.get("resources")):
        yield _text(module, "address"), resource
    for child in structures(module.get("child_modules")):
        yield from _in_modules(child)


def _configurations(
    module: Structure, path: tuple[str, ...]
) -> Iterable[tuple[tuple[tuple[str, ...], str, str, str], Structure]]:
    for one in structures(module.get("resources")):
        yield (path, _text(one, "mode") or "managed", _text(one, "type"), _text(one, "name")), one
    for name, call in structure(module.get("module_calls")).items():
        yield from _configurations(structure(structure(call).get("module")), (*path, "module", name))


def _variables(content: Structure, configuration: Structure) -> Structure:
    """The values of the root's variables; those that are declared sensitive are left out."""
    declared = structure(configuration.get("variables"))
    values: Structure = {}
    for name, variable in structure(content.get("variables")).items():
        if not structure(declared.get(name)).get("sensitive"):
            values[name] = structure(variable).get("value")
    return redacted(values)
