"""The shapes of the console report: a titled section, an entry beside the margin, a bullet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

K = TypeVar("K")
V = TypeVar("V")

MARGIN: Final = len("CRITICAL")
"""Columns of the left margin: the longest word that stands there."""


def grouped(items: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def title(text: str) -> Iterator[RenderableType]:
    yield Text()
    yield Rule(Text(text, "bold"), align="left", style="dim")


def entry(margin: str, style: str, *body: RenderableType) -> Iterator[RenderableType]:
    """A word in the margin, and what it is about beside it."""
    yield Text()
    yield columns(MARGIN, 2, [(Text(margin, style), Group(*body))])


def item(*lines: str | Text) -> RenderableType:
    """A bullet, and lines that hang from it."""
    texts = (Text(line) if isinstance(line, str) else line for line in lines if line)
    return columns(1, 1, [(Text("•"), Group(*texts))])


def columns(width: int, gap: int, rows: Iterable[tuple[RenderableType, RenderableType]]) -> Table:
    table = Table.grid(padding=(0, gap, 0, 0))
    table.add_column(width=width, no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
