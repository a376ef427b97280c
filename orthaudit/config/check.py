"""What is wrong with the data of an `orthaudit.yaml`: the schema, the formats it names, and what spans keys.

It imports jsonschema: import it lazily.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from jsonschema import Draft202012Validator, ValidationError

from orthaudit.config.document import Key, Problem
from orthaudit.config.formats import formats
from orthaudit.config.schema import schema_text
from orthaudit.evidence import Json, Structure

TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping of keys to values",
    "string": "text",
}


def check(data: Json, folder: Path, rule_ids: Collection[str] | None) -> Iterator[Problem]:
    """All that is wrong with the data: files are looked up from `folder`, rules in `rule_ids` where given."""
    schema: Structure = json.loads(schema_text())
    for error in Draft202012Validator(schema, format_checker=formats(folder)).iter_errors(data):
        yield from _explain(error)
    yield from _twice(data)
    yield from _vantages(data)
    yield from _ports(data)
    if rule_ids is not None:
        yield from _rules(data, rule_ids)


def _explain(error: ValidationError) -> Iterator[Problem]:
    """One error of jsonschema in this project's words."""
    key: Key = tuple(error.absolute_path)
    rule: Mapping[str, object] = error.schema if isinstance(error.schema, Mapping) else {}
    demanded: object = error.validator_value
    value: object = error.instance
    match error.validator:
        case "additionalProperties" if isinstance(value, dict):
            known = _names(rule["properties"])
            for name in value.keys() - set(known):
                yield Problem((*key, name), f"unknown key; {_hint(name, known, 'known here')}")
        case "required" if isinstance(value, dict):
            for name in _names(demanded):
                if name not in value:
                    yield Problem((*key, name), "is missing")
        case "dependentRequired" if isinstance(value, dict) and isinstance(demanded, Mapping):
            for name, partners in demanded.items():
                for partner in _names(partners):
                    if name in value and partner not in value:
                        yield Problem((*key, name), f"needs {partner} beside it")
        case "type":
            yield Problem(key, _wrong_type(value, str(demanded)))
        case "enum":
            yield Problem(key, f"{_shown(value)} is not one of: {', '.join(_names(demanded))}")
        case "minItems":
            yield Problem(key, "must not be empty")
        case "uniqueItems":
            yield Problem(key, "holds the same value twice")
        case "format" if error.cause is not None:
            yield Problem(key, f"{_shown(value)} {error.cause}")
        case _:
            yield Problem(key, f"{_shown(value)} is not {rule.get('title', 'allowed')}")


def _wrong_type(value: object, wanted: str) -> str:
    if value is None:
        return "has no value: give it one, or remove the key"
    hint = ": put it in quotes" if wanted == "string" and not isinstance(value, dict | list) else ""
    return f"must be {TYPES[wanted]}{hint}"


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, Iterable) else []


def _hint(name: str, known: Collection[str], otherwise: str) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"{otherwise}: {', '.join(known) or 'none'}"


def _shown(value: object) -> str:
    """The value in a message; a long text is not repeated: it may be a secret in the wrong place."""
    text = repr(value)
    return text if len(text) <= 60 else "this value"


def _members(data: Json, *path: str) -> Iterator[tuple[Key, Structure]]:
    """The mappings of the list at `path`; what has another type than it should is the schema's to report."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    for index, item in enumerate(data if isinstance(data, list) else ()):
        if isinstance(item, dict):
            yield (*path, index), item


def _twice(data: Json) -> Iterator[Problem]:
    """Names that two proxies or modalities share; one listener declared twice."""
    seen: defaultdict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for path, member, defaults in (
        (("proxies",), "name", {"name": None}),
        (("modalities",), "name", {"name": None}),
        (("dicom", "listeners"), "host", {"host": None, "port": 11112}),
    ):
        for key, item in _members(data, *path):
            name = tuple(str(item.get(part, default)).lower() for part, default in defaults.items())
            if item.get(member) is not None and name in seen[path]:
                yield Problem((*key, member), f"{_shown(':'.join(name))} is declared twice")
            seen[path].add(name)


def _vantages(data: Json) -> Iterator[Problem]:
    vantages = data.get("vantages") if isinstance(data, dict) else None
    known = list(vantages) if isinstance(vantages, dict) else []
    for key, listener in _members(data, "dicom", "listeners"):
        expect = listener.get("expect")
        for name in expect if isinstance(expect, dict) else ():
            if name not in known:
                what = f"no such vantage point; {_hint(name, known, 'vantages has')}"
                yield Problem((*key, "expect", name), what)


def _ports(data: Json) -> Iterator[Problem]:
    sections = [data.get(name) for name in ("dicom", "policy")] if isinstance(data, dict) else []
    if sections and all(isinstance(section, dict) and "ports" in section for section in sections):
        yield Problem(("policy", "ports"), "is the same as dicom.ports, which is set too: keep one of them")


def _rules(data: Json, rule_ids: Collection[str]) -> Iterator[Problem]:
    for key, waiver in _members(data, "waivers"):
        rule = waiver.get("rule")
        if isinstance(rule, str) and rule not in rule_ids:
            close = get_close_matches(rule, rule_ids, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "`orthaudit rules` lists them"
            yield Problem((*key, "rule"), f"no rule {_shown(rule)}; {hint}")
