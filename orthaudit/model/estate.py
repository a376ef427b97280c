"""Everything that was seen, as typed subjects: built when asked for, and once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TypeVar, cast

from orthaudit.declared import Config
from orthaudit.evidence import Json, NotObserved, Snapshot, UnknownCode, Unobserved, need
from orthaudit.model.item import Item
from orthaudit.model.subject import Seen, Subject
from orthaudit.policy import Policy

S = TypeVar("S", bound=Subject)
T = TypeVar("T")

Place = tuple[str, str]
"""An account and a region of it."""


class Estate:
    """A snapshot beside what the owner declares, read as of a time (UTC)."""

    def __init__(self, snapshot: Snapshot, config: Config, as_of: datetime) -> None:
        self.snapshot = snapshot
        self.config = config
        self.as_of = as_of
        self._found: dict[type[Subject], Seen[Subject]] = {}
        self._by_id: dict[type[Subject], dict[str, Subject]] = {}

    @property
    def policy(self) -> Policy:
        """The policy that the rules judge by."""
        return self.config.policy

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every account and region that was asked about."""
        return self.snapshot.scope.places

    def all(self, kind: type[S]) -> Seen[S]:
        """Every subject of one type."""
        if kind not in self._found:
            self._found[kind] = kind.find(self)
        return cast("Seen[S]", self._found[kind])

    def one(self, kind: type[S], id: str) -> S | Unobserved:  # noqa: A002  (AWS's word)
        """The subject with this id, in whatever account it is; or why it could not be seen."""
        seen = self.all(kind)
        if kind not in self._by_id:
            self._by_id[kind] = {subject.subject.id: subject for subject in seen}
        found = self._by_id[kind].get(id)
        if found is not None:
            return cast("S", found)
        if seen.missing:
            return seen.missing[0]
        return Unobserved(UnknownCode.ABSENT, f"{id} is in no account and region that was seen", (id,))

    def items(self, place: Place, call: str, key: str, parameters: Mapping[str, Json] | None = None) -> Iterator[Item]:
        """The structures of one answer. Raises `NotObserved` where there is none."""
        response = need(self.snapshot.answer(*place, call, parameters))
        source = call + "".join(f" {value}" for value in (parameters or {}).values())
        yield from Item(response, source, place).items(key)

    def build(self, call: str, key: str, build: Callable[[Item, Place], T | None]) -> Seen[T]:
        """Build a value of every structure of a regional answer; None leaves one out.

        What cannot be built for want of a fact is missing, like an answer that was not given.
        """
        built: list[T] = []
        foreign: set[int] = set()
        missing: dict[Unobserved, None] = {}
        for place in self.places:
            try:
                for item in self.items(place, call, key):
                    try:
                        value = build(item, place)
                    except NotObserved as error:
                        missing[error.missing] = None
                    else:
                        if value is not None:
                            if item.raw.get("OwnerId", place[0]) != place[0]:
                                foreign.add(len(built))
                            built.append(value)
            except NotObserved as error:
                missing[error.missing] = None
        return Seen(tuple(_owners_own(built, foreign)), tuple(missing))

    def answered(
        self, place: Place, call: str, key: str, build: Callable[[Item], T], parameters: Mapping[str, Json]
    ) -> tuple[T, ...] | Unobserved:
        """What is built of every structure of an answer about one resource, or why there is none."""
        try:
            return tuple(build(item) for item in self.items(place, call, key, parameters))
        except NotObserved as error:
            return error.missing


def _owners_own(built: list[T], foreign: set[int]) -> Iterator[T]:
    """What is shared between accounts once: as its owner sees it, where the owner was asked too."""
    names = [value.subject for value in built if isinstance(value, Subject)] if foreign else []
    own = Counter(name.id for name in names)
    for position, value in enumerate(built):
        if position in foreign and isinstance(value, Subject) and own[value.subject.id] > 1:
            own[value.subject.id] -= 1
        else:
            yield value
