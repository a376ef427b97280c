"""Reading one structure of an answer by name and type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar, overload

from orthaudit.evidence import Json, NotObserved, Structure, UnknownCode, Unobserved

T = TypeVar("T")
D = TypeVar("D")

UNOBSERVED_KEY: Final = "orthaudit:unobserved"
"""A member whose value is `{UNOBSERVED_KEY: [code, why]}` is known not to be known, as in a plan."""


class _Required:
    pass


_REQUIRED: Final = _Required()


class Item:
    """One structure of an AWS answer. Members are read by AWS's names.

    A member that is absent has the given default; without one, reading it raises `NotObserved`. A member
    that is marked as not known always does; so does one of another type than AWS's.
    """

    __slots__ = ("raw", "source", "where")

    def __init__(self, raw: Structure, source: str, where: tuple[str, str] | None = None) -> None:
        self.raw = raw
        self.source = source
        self.where = where

    @overload
    def text(self, name: str) -> str: ...
    @overload
    def text(self, name: str, default: D) -> str | D: ...
    def text(self, name: str, default: object = _REQUIRED) -> object:
        """A string member."""
        value = self.raw.get(name)
        if isinstance(value, str):  # nearly always: the way that a hundred thousand interfaces take
            return value
        return self._read(name, str, default)

    @overload
    def number(self, name: str) -> int: ...
    @overload
    def number(self, name: str, default: D) -> int | D: ...
    def number(self, name: str, default: object = _REQUIRED) -> object:
        """An integer member."""
        return self._read(name, int, default)

    @overload
    def flag(self, name: str) -> bool: ...
    @overload
    def flag(self, name: str, default: D) -> bool | D: ...
    def flag(self, name: str, default: object = _REQUIRED) -> object:
        """A boolean member."""
        return self._read(name, bool, default)

    def time(self, name: str) -> datetime:
        """A timestamp member, kept as RFC 3339 text."""
        value = self.text(name)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise NotObserved(self._missing(name, f"{value!r} is not a time")) from None

    def item(self, name: str) -> Item:
        """A structure member; an empty one where it is absent."""
        raw = self._read(name, dict, {})
        return Item(raw, self.source, self.where)  # type: ignore[arg-type]  # _read checked that it is a dict

    def items(self, name: str) -> Iterator[Item]:
        """A list of structures; empty where it is absent."""
        for element in self._list(name):
            if not isinstance(element, dict):
                raise NotObserved(self._missing(name, "not a list of structures"))
            self._check(name, element)
            yield Item(element, self.source, self.where)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty where it is absent."""
        values = []
        for element in self._list(name):
            self._check(name, element)
            if not isinstance(element, str):
                raise NotObserved(self._missing(name, "not a list of strings"))
            values.append(element)
        return tuple(values)

    def each(self, name: str, read: Callable[[Item], T]) -> tuple[tuple[T, ...], tuple[Unobserved, ...]]:
        """What `read` reads of every structure of a list, and why it could not be read of the others."""
        values: list[T] = []
        missing: list[Unobserved] = []
        try:
            elements = self._list(name)
        except NotObserved as error:
            return (), (error.missing,)
        for element in elements:
            alone = Item({name: [element]}, self.source, self.where)
            try:
                values += [read(one) for one in alone.items(name)]
            except NotObserved as error:
                missing.append(error.missing)
        return tuple(values), tuple(missing)

    def fact(self, read: Callable[[Item], T]) -> T | Unobserved:
        """What `read` reads, or why it could not be seen."""
        try:
            return read(self)
        except NotObserved as error:
            return error.missing

    @property
    def name(self) -> str | None:
        """The tag `Name`."""
        for tag in self.items("Tags"):
            if tag.text("Key", "") == "Name":
                return tag.text("Value", None)
        return None

    def _list(self, name: str) -> list[Json]:
        value = self._read(name, list, [])
        assert isinstance(value, list)  # noqa: S101  (told to the type checker; _read checked it)
        return value

    def _read(self, name: str, kind: type, default: object) -> object:
        value = self.raw.get(name)
        if value is None:
            if isinstance(default, _Required):
                raise NotObserved(self._missing(name, "not in the answer"))
            return default
        self._check(name, value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise NotObserved(self._missing(name, f"not a {kind.__name__}"))
        return value

    def _check(self, name: str, value: Json) -> None:
        if isinstance(value, dict) and UNOBSERVED_KEY in value:
            mark = value[UNOBSERVED_KEY]
            code, why = mark if isinstance(mark, list) and len(mark) == 2 else ("absent", "not known")
            raise NotObserved(
                Unobserved(UnknownCode(str(code)), f"{self.source}: {name}: {why}",
                           (f"{self.source}: {name}",), self.where)
            )  # fmt: skip

    def _missing(self, name: str, why: str) -> Unobserved:
        needs = (f"{self.source}: {name}",)
        return Unobserved(UnknownCode.ABSENT, f"{self.source}: {name}: {why}", needs, self.where)
