"""Which operation a file answers, and what it was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from botocore import xform_name

from orthaudit.evidence import Json, Structure
from orthaudit.gather.aws.calls import CALLS, Call
from orthaudit.gather.aws.questions import questions

Given: TypeAlias = "Callable[[str], Iterable[Structure]]"
"""The answers to an operation that were read already, by its name."""

COMMANDS: Final[Mapping[str, Call]] = {xform_name(call.operation, "-"): call for call in CALLS.values()}
"""CLI command → operation: `describe-vpcs`."""

OTHER_COMMANDS: Final = frozenset({"describe-prefix-lists"})
"""Commands whose answers have a key of ours and that nothing needs."""

GROUPED: Final[Mapping[str, tuple[str, str, str]]] = {
    "TransitGatewayPropagations": (
        "ec2.GetTransitGatewayRouteTablePropagations",
        "TransitGatewayRouteTableId",
        "TransitGatewayRouteTablePropagations",
    ),
    "TransitGatewayStaticRoutes": ("ec2.SearchTransitGatewayRoutes", "TransitGatewayRouteTableId", "Routes"),
    "LoadBalancerListeners": ("elbv2.DescribeListeners", "LoadBalancerArn", "Listeners"),
    "LoadBalancerAttributes": ("elbv2.DescribeLoadBalancerAttributes", "LoadBalancerArn", "Attributes"),
    "LoadBalancerTargetHealth": ("elbv2.DescribeTargetHealth", "TargetGroupArn", "TargetHealthDescriptions"),
}
"""Keys of other collectors: each item holds the id that was asked for, and the answer's list."""


def command_of(path: Path) -> tuple[str | None, list[str]]:
    """The CLI command in a file's name, and the ids behind it."""
    stem = path.name.removesuffix(".json")
    names = sorted((*COMMANDS, *OTHER_COMMANDS), key=len, reverse=True)
    command = next((name for name in names if re.search(rf"(^|[^a-z-]|ec2-|elbv2-|acm-){name}($|[^a-z-])", stem)), None)
    rest = stem.split(command, 1)[1] if command else stem
    return command, [part for part in rest.split("_") if part]


def calls(path: Path, content: Mapping[str, Any]) -> Iterator[Call]:
    """The operations that the content answers."""
    command, _ = command_of(path)
    if command in OTHER_COMMANDS:
        return
    if command is not None and (not content or any(key in content for key in COMMANDS[command].keys)):
        yield COMMANDS[command]
        return
    for key in content:
        could_be = [call for call in CALLS.values() if key in call.keys and _fits(call, content[key])]
        if len(could_be) > 1:
            could_be = [call for call in could_be if _carries_id(call, content[key])]
        if len(could_be) == 1:
            yield could_be[0]


def _fits(call: Call, value: Json) -> bool:
    """DescribeCertificate answers with a structure where GetCertificate does with text."""
    if call.id == "acm.DescribeCertificate":
        return isinstance(value, dict)
    return call.id != "acm.GetCertificate" or isinstance(value, str)


def _carries_id(call: Call, value: Json) -> bool:
    names = [each.parameter for each in call.each]
    items = value if isinstance(value, list) else [value]
    return bool(names and items) and all(isinstance(one, dict) and names[0] in one for one in items)


def carried(call: Call, response: Structure) -> list[tuple[Structure, Structure]] | None:
    """The answer cut by the id that every item carries; None where they carry none."""
    key, parameter = call.keys[0], call.each[0].parameter
    value = response.get(key)
    if len(call.each) > 1 or not value or not _carries_id(call, value):
        return None
    if isinstance(value, dict):
        return [({parameter: value[parameter]}, response)]
    ids: dict[Json, list[Json]] = {}
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            ids.setdefault(str(item[parameter]), []).append(item)
    return [({parameter: one}, {**response, key: items}) for one, items in ids.items()]


def asked(call: Call, path: Path, given: Given) -> Structure | None:
    """What an answer was asked for, by the ids in its file's name; None where that cannot be told."""
    _, ids = command_of(path)
    ids = [one for one in ids if one.strip("-")]
    if not ids:
        return None
    known = list(questions(call, given, {}))
    fitting = [one for one in known if all(_names(ids, value) for value in one.values())]
    if not fitting:
        fitting = [one for one in known if any(_names(ids[-1:], value) for value in one.values())]
    if len(fitting) == 1:
        return fitting[0]
    return {call.each[0].parameter: ids[-1]} if not known and len(call.each) == 1 else None


def _names(ids: Iterable[str], value: Json) -> bool:
    return any(one == value or one == str(value).rsplit("/", 1)[-1] for one in ids)
