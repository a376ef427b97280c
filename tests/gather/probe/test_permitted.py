"""What is never touched, and when nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from orthaudit.gather.probe.endpoint import Manner, Target, left_alone, probe
from orthaudit.gather.probe.permitted import forbidden, within

ZURICH = "Europe/Zurich"


@pytest.mark.parametrize(
    ("host", "glob", "forbids"),
    [
        ("10.9.1.5", "10.9.1.5:*", True),
        ("10.9.1.5", "10.9.1.5:104", True),
        ("10.9.1.5", "10.9.1.5:105", False),
        ("10.9.1.50", "10.9.1.5:*", False),
        ("10.9.1.5", "10.9.*:104", True),
        ("::ffff:10.9.1.5", "10.9.1.5:*", True),
        ("CT.example.org", "ct.EXAMPLE.org:*", True),
        ("2001:db8::7", "[2001:db8::7]:104", True),
        ("2001:DB8:0::7", "[2001:db8::*]:*", True),
        ("2001:db9::7", "[2001:db8::*]:*", False),
    ],
)
def test_never(host: str, glob: str, forbids: bool) -> None:
    assert bool(forbidden(host, 104, (glob,))) is forbids


@pytest.mark.parametrize(
    ("window", "now", "inside"),
    [
        (f"Sat 22:00-04:00 {ZURICH}", "2026-01-03T22:00+01:00", True),
        (f"Sat 22:00-04:00 {ZURICH}", "2026-01-04T03:59+01:00", True),
        (f"Sat 22:00-04:00 {ZURICH}", "2026-01-04T04:00+01:00", False),
        (f"Sat 22:00-04:00 {ZURICH}", "2026-01-03T21:59+01:00", False),
        (f"Sat 22:00-04:00 {ZURICH}", "2026-01-03T02:00+01:00", False),
        (f"Sat 22:00-04:00 {ZURICH}", "2026-07-04T20:30+00:00", True),
        ("Mon-Fri 09:00-17:00 UTC", "2026-01-02T16:59+00:00", True),
        ("Mon-Fri 09:00-17:00 UTC", "2026-01-03T12:00+00:00", False),
        ("Fri-Mon 09:00-17:00 UTC", "2026-01-04T12:00+00:00", True),
        ("daily 22:00-24:00 UTC", "2026-01-04T23:59+00:00", True),
        ("daily 22:00-24:00 UTC", "2026-01-04T00:00+00:00", False),
    ],
)
def test_window(window: str, now: str, inside: bool) -> None:
    assert within(window, datetime.fromisoformat(now)) is inside


@pytest.mark.parametrize(
    "window", ["", "Sat 22:00-04:00", "Saturday 22:00-04:00 UTC", "Sat 29:00-04:00 UTC", "Sat 22:00-04:00 No/Where"]
)
def test_unreadable_window(window: str) -> None:
    with pytest.raises(ValueError, match="window"):
        within(window, datetime.fromisoformat("2026-01-03T22:00+01:00"))


NOW = datetime.fromisoformat("2026-01-05T12:00+00:00")


def test_left_alone_by_what_it_stands_for() -> None:
    target = Target("pacs.example.org", 104, stands_for="10.9.1.5")
    assert left_alone(target, Manner(never=("10.9.1.5:*",)), NOW) == ("not_probed", "probe.never: 10.9.1.5:*")
    assert left_alone(target, Manner(windows=("Sat 22:00-04:00 UTC",)), NOW) == (
        "out_of_window",
        "probe.windows: not within Sat 22:00-04:00 UTC",
    )
    assert left_alone(target, Manner(), NOW) is None


@pytest.mark.parametrize("manner", [Manner(never=("127.0.0.1:*",)), Manner(windows=("Sat 22:00-04:00 UTC",))])
def test_no_packet(look: Callable[..., dict[str, Any]], manner: Manner) -> None:
    async def handler(peer: Any) -> None:
        await peer.until_gone()

    if manner.windows and within(manner.windows[0], datetime.now().astimezone()):
        manner = Manner(windows=("Mon 00:00-00:01 UTC",))
    seen = look(handler, manner, stands_for="10.0.4.21")
    assert seen.pop("accepted") == 0
    assert set(seen) == {"host", "port", "vantage", "address", "stands_for", "left_alone"}


def test_a_name_that_leads_to_a_forbidden_address() -> None:
    (seen,) = asyncio.run(probe([Target("localhost", 9)], Manner(never=("127.*:*", "[[]::1]:*", "[::1]:*")), NOW))
    assert isinstance(seen["left_alone"], dict)
    assert seen["left_alone"]["code"] == "not_probed"
