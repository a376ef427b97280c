"""Reading one structure of an answer: absent is a default, unknown is not absent, and types are AWS's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from orthaudit.evidence import Json, NotObserved, UnknownCode, Unobserved
from orthaudit.model.item import Item

PLACE = ("111122223333", "ca-central-1")
UNSEEN: Json = {"orthaudit:unobserved": ["known_after_apply", "a plan"]}

READ: dict[str, Callable[[Item], object]] = {
    "text": lambda item: item.text("X", None),
    "number": lambda item: item.number("X", None),
    "flag": lambda item: item.flag("X", None),
    "item": lambda item: item.item("X").raw,
    "items": lambda item: [one.raw for one in item.items("X")],
    "texts": lambda item: item.texts("X"),
}
EMPTY: dict[str, object] = {"text": None, "number": None, "flag": None, "item": {}, "items": [], "texts": ()}


def read(how: str, value: Json) -> object:
    return READ[how](Item({"X": value}, "ec2.DescribeThings", PLACE))


@pytest.mark.parametrize(
    ("how", "value", "expected"),
    [
        ("text", "a", "a"),
        ("text", "", ""),
        ("number", 0, 0),
        ("number", 65535, 65535),
        ("flag", False, False),
        ("item", {"Y": 1}, {"Y": 1}),
        ("items", [{"Y": 1}, {}], [{"Y": 1}, {}]),
        ("texts", ["a", "b"], ("a", "b")),
    ],
)
def test_a_member_of_its_type(how: str, value: Json, expected: object) -> None:
    assert read(how, value) == expected


@pytest.mark.parametrize("how", READ)
def test_an_absent_member_is_its_default(how: str) -> None:
    assert read(how, None) == EMPTY[how]
    assert READ[how](Item({}, "ec2.DescribeThings")) == EMPTY[how]


@pytest.mark.parametrize(
    ("how", "value"),
    [
        *((how, UNSEEN) for how in READ),
        ("items", [UNSEEN]),
        ("texts", ["a", UNSEEN]),
    ],
)
def test_a_member_that_is_known_not_to_be_known_is_no_default(how: str, value: Json) -> None:
    with pytest.raises(NotObserved, match="a plan") as raised:
        read(how, value)
    missing = raised.value.missing
    assert (missing.code, missing.where) == (UnknownCode.KNOWN_AFTER_APPLY, PLACE)
    assert missing.needs == ("ec2.DescribeThings: X",)


@pytest.mark.parametrize(
    ("how", "value"),
    [
        ("text", 1), ("text", ["a"]), ("number", "1"), ("number", True), ("number", 1.5), ("flag", 1), ("flag", "true"),
        ("item", []), ("items", {}), ("items", ["a"]), ("texts", "ab"), ("texts", [1]), ("texts", [None]),
    ],
)  # fmt: skip
def test_another_type_is_not_seen(how: str, value: Json) -> None:
    with pytest.raises(NotObserved) as raised:
        read(how, value)
    assert raised.value.missing.code is UnknownCode.ABSENT


def test_a_member_that_is_needed() -> None:
    item = Item({}, "ec2.DescribeThings", PLACE)
    for needed in (item.text, item.number, item.flag, item.time):
        with pytest.raises(NotObserved, match="not in the answer"):
            needed("X")
    assert isinstance(item.fact(lambda one: one.text("X")), Unobserved)


def test_times_and_names() -> None:
    item = Item({"At": "2026-11-25T03:00:00+00:00", "Bad": "soon", "Tags": [{"Key": "Name", "Value": "pacs"}]}, "x")
    assert item.time("At") == datetime(2026, 11, 25, 3, tzinfo=UTC)
    assert item.name == "pacs"
    with pytest.raises(NotObserved, match="'soon' is not a time"):
        item.time("Bad")
