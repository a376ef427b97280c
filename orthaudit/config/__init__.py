"""`orthaudit.yaml` into plain facts; every error names file, line and key."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, TypeVar, get_args, get_origin, get_type_hints

from orthaudit.declared import Config, Listener
from orthaudit.evidence import Json, Structure
from orthaudit.policy import POLICIES, Policy

if TYPE_CHECKING:
    from orthaudit.config.document import Key

DEFAULT = Path("orthaudit.yaml")

T = TypeVar("T")


class ConfigError(Exception):
    """A configuration that cannot be used: one line `FILE:LINE: KEY: what is wrong` for each error."""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def load_config(path: Path | None, *, policy: str | None = None, rule_ids: Collection[str] | None = None) -> Config:
    """Read a configuration. `path` None: `./orthaudit.yaml` if it is there, else the defaults.

    `policy` takes the place of the name in the file; knobs that the file sets stay. `rule_ids`: the rules
    that waivers may name (None: any). Raises `ConfigError` with all that is wrong.
    """
    if policy is not None and policy not in POLICIES:
        raise ConfigError((f"policy: {policy!r} is not one of: {', '.join(POLICIES)}",))
    if path is None:
        if not os.path.lexists(DEFAULT):
            return Config(policy=POLICIES[policy or "guide"])
        path = DEFAULT
    from orthaudit.config.check import check  # jsonschema and ruamel.yaml are slow to import
    from orthaudit.config.document import read_yaml

    content, text = _read(path)
    document = read_yaml(text)
    folder = path.absolute().parent
    problems = list(document.problems)
    if not any(problem.key == () for problem in problems):
        broken = {problem.key for problem in problems}
        problems += [problem for problem in check(document.data, folder, rule_ids) if problem.key not in broken]
    if problems:
        found = {(document.line(problem), _name(problem.key), problem.what) for problem in problems}
        raise ConfigError(tuple(f"{path}:{line}: {name}: {what}" for line, name, what in sorted(found)))
    config = _config(document.data if isinstance(document.data, dict) else {}, folder, policy)
    return replace(config, path=path, sha256=hashlib.sha256(content).hexdigest())


def _read(path: Path) -> tuple[bytes, str]:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise ConfigError((f"{path}:1: file: cannot be read: {what}",)) from None
    try:
        return content, content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError((f"{path}:{line}: file: is not UTF-8",)) from None


def _name(key: Key) -> str:
    """The key as it is printed: `dicom.listeners[0].port`; `file` for the whole."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part if part.isprintable() else repr(part)}" for part in key)
    return "".join(parts).removeprefix(".") or "file"


def _config(data: Structure, folder: Path, policy: str | None) -> Config:
    """The dataclasses of data that the schema accepted."""
    sections = dict(data)
    dicom, knobs = (_structure(sections.pop(name, {})) for name in ("dicom", "policy"))
    if "ports" in dicom:
        knobs["ports"] = dicom["ports"]
    if "listeners" in dicom:
        sections["dicom_listeners"] = dicom["listeners"]
    named = POLICIES[policy or str(knobs.get("name", "guide"))]
    knobs.pop("name", None)
    config = _fill(Config, sections, folder)
    return replace(
        config,
        policy=named.with_knobs(**_members(Policy, knobs, folder)),
        dicom_listeners=tuple(_with_plain_pins(listener) for listener in config.dicom_listeners),
    )


def _with_plain_pins(listener: Listener) -> Listener:
    """Fingerprints as the report prints them, however they were copied."""
    pins = tuple(pin.replace(":", "").lower() for pin in listener.certificate_sha256)
    return replace(listener, certificate_sha256=pins)


def _structure(value: Json) -> Structure:
    return dict(value) if isinstance(value, dict) else {}


def _fill(kind: Callable[..., T], data: Structure, folder: Path) -> T:
    """A dataclass out of a mapping with the same names; its type hints say what becomes of each value."""
    return kind(**_members(kind, data, folder))


def _members(kind: Callable[..., object], data: Structure, folder: Path) -> dict[str, object]:
    hints: dict[str, object] = get_type_hints(kind)
    return {name: _as(hints[name], value, folder) for name, value in data.items()}


def _as(hint: object, value: Json, folder: Path) -> object:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:  # X | None: what is in the file is never None
        return _as(inner[0], value, folder)
    if isinstance(value, list):
        return tuple(_as(inner[0], item, folder) for item in value)
    if isinstance(value, dict):
        if origin is Mapping:
            return {name: _as(inner[1], item, folder) for name, item in value.items()}
        if callable(hint):
            return _fill(hint, value, folder)
    if hint is Path:
        return folder / str(value)
    if hint is date:
        return date.fromisoformat(str(value))
    return float(value) if hint is float and isinstance(value, int) else value
