"""Terraform's addresses and references, cut into their parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Index:
    """An instance key: a number with `count`, a string with `for_each`."""

    key: int | str


Part: TypeAlias = "str | Index"

_PART: Final = re.compile(r'\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\]|([^.\[\]"]+)')


def parts(address: str) -> tuple[Part, ...]:
    """`module.vpn[0].aws_vpc.main` → `module`, `vpn`, `Index(0)`, `aws_vpc`, `main`."""
    return tuple(_part(*match.groups()) for match in _PART.finditer(address))


def _part(number: str | None, key: str | None, name: str | None) -> Part:
    if number is not None:
        return Index(int(number))
    return Index(re.sub(r"\\(.)", r"\1", key)) if key is not None else name or ""


def written(address: Iterable[Part]) -> str:
    """The parts of an address as Terraform writes them."""
    text = ""
    for part in address:
        if isinstance(part, str):
            text += f".{part}" if text else part
        elif isinstance(part.key, int):
            text += f"[{part.key}]"
        else:
            escaped = part.key.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def names(address: Iterable[Part]) -> tuple[str, ...]:
    """The parts without instance keys."""
    return tuple(part for part in address if isinstance(part, str))


def enclosing(module: str) -> Iterator[str]:
    """A module's address and those of the modules around it, the innermost first; the root's is empty."""
    address = list(parts(module))
    while address:
        yield written(address)
        while address and address.pop() != "module":
            pass
    yield ""


def most_specific(references: Iterable[str]) -> tuple[str, ...]:
    """Terraform writes `a.b.id` and then `a.b`: the shorter forms behind the longest are left out."""
    kept: dict[str, None] = {}
    last = ""
    for reference in references:
        if not last.startswith((f"{reference}.", f"{reference}[")):
            kept[reference] = None
            last = reference
    return tuple(kept)


_GENERAL: Final = frozenset({"aws", "id", "arn", "name", "list", "sg", "rt", "tg"})


def words(*texts: str) -> frozenset[str]:
    """The telling words of names, in the singular: `private_subnet_ids` → private, subnet."""
    found = (word.removesuffix("s") for text in texts for word in re.split(r"[^a-z0-9]+", text.lower()))
    return frozenset(word for word in found if word and word not in _GENERAL)
