"""Values of a plan, and the mark of what is known only after apply."""

from __future__ import annotations

from itertools import zip_longest

from orthaudit.evidence import Json, Structure, UnknownCode
from orthaudit.model.item import UNOBSERVED_KEY


def known_after_apply(what: str) -> Structure:
    """The mark of a fact that is known only after apply."""
    return {UNOBSERVED_KEY: [UnknownCode.KNOWN_AFTER_APPLY.value, f"{what} is known only after apply"]}


def is_unknown(value: Json) -> bool:
    """Whether a value is such a mark."""
    return isinstance(value, dict) and UNOBSERVED_KEY in value


def structure(value: Json) -> Structure:
    """The value where it is a structure, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> list[Json]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def structures(value: Json) -> list[Structure]:
    """The structures of a list."""
    return [one for one in sequence(value) if isinstance(one, dict)]


def marked(value: Json, unknown: Json, what: str) -> Json:
    """The value with a mark wherever `after_unknown` says true."""
    if unknown is True:
        return known_after_apply(what)
    if isinstance(unknown, dict) and isinstance(value, dict):
        return {name: marked(value.get(name), unknown.get(name), what) for name in {**value, **unknown}}
    if isinstance(unknown, list) and isinstance(value, list):
        return [marked(one, other, what) for one, other in zip_longest(value, unknown)]
    return value
