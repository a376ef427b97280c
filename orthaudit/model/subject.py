"""What every subject of a rule has: the operations it is built from, a name, and how to find them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from orthaudit.evidence import NotObserved, Unobserved
from orthaudit.finding import SubjectName

if TYPE_CHECKING:
    from orthaudit.model.estate import Estate

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What was found, and why there may be more: empty `missing` means that this is all."""

    items: tuple[T, ...] = ()
    missing: tuple[Unobserved, ...] = ()

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def all(self) -> tuple[T, ...]:
        """Every item. Raises `NotObserved` where some may be missing."""
        if self.missing:
            raise NotObserved(self.missing[0])
        return self.items


class Subject:
    """What a rule can be about. `operations` are those that the type is built from."""

    type: ClassVar[str]
    operations: ClassVar[tuple[str, ...]] = ()
    probed: ClassVar[bool] = False
    """Whether only a probe can see it: its rules are not selected with `--no-probe`."""
    regional: ClassVar[bool] = True
    """Whether each account and region holds its own: its rules are not selected with `--no-aws`."""

    __slots__ = ()

    @property
    def subject(self) -> SubjectName:
        """The name that findings carry."""
        raise NotImplementedError

    @property
    def vantage(self) -> str | None:
        """Where the probe started that the subject was seen by; None where no probe took part."""
        return None

    @classmethod
    def find(cls, estate: Estate) -> Seen[Subject]:
        """Every subject of this type in the estate."""
        raise NotImplementedError
