"""What must not be touched, and when nothing may be: `probe.never` and `probe.windows`."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from orthaudit.gather.probe.target import Manner, Target, endpoint

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WINDOW = re.compile(
    rf"(?:(?P<first>{'|'.join(DAYS)})(?:-(?P<last>{'|'.join(DAYS)}))?|daily) "
    r"(?P<start>[0-2]\d:[0-5]\d)-(?P<end>[0-2]\d:[0-5]\d) (?P<zone>\S+)"
)


def left_alone(target: Target, manner: Manner, now: datetime) -> tuple[str, str] | None:
    """The code (`not_probed`, `out_of_window`) and why this target is not touched; None: it may be.

    Names are not resolved here: an address that a name leads to is held against `never` before connecting.
    Raises `ValueError` for a window that cannot be read.
    """
    hosts = (target.host, target.stands_for) if target.stands_for else (target.host,)
    for host in hosts:
        if glob := forbidden(host, target.port, manner.never):
            return "not_probed", f"probe.never: {glob}"
    if manner.windows and not any(within(window, now) for window in manner.windows):
        return "out_of_window", f"probe.windows: not within {', '.join(manner.windows)}"
    return None


def forbidden(host: str, port: int, never: tuple[str, ...]) -> str | None:
    """The glob of `never` that this host and port fall under. Brackets are an IPv6 address's, no sets."""
    named = endpoint(plain_address(host), port).lower()
    for glob in never:
        if fnmatchcase(named, glob.lower().replace("[", "[[]")):
            return glob
    return None


def plain_address(host: str) -> str:
    """An address literal in its shortest spelling, IPv4 out of IPv4-mapped IPv6; names as they are."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def within(window: str, now: datetime) -> bool:
    """Whether a time lies in a window such as `Mon-Fri 19:00-06:00 Europe/Zurich`; the day is the start's.

    Raises `ValueError` for a window that cannot be read, a zone that does not exist included.
    """
    parts = WINDOW.fullmatch(window)
    if parts is None:
        raise ValueError(f"not a window such as 'Sat 22:00-04:00 Europe/Zurich': {window!r}")
    try:
        zone = ZoneInfo(parts["zone"])
        start, end = (
            time.fromisoformat(parts["start"]),
            time.fromisoformat(parts["end"].replace("24:", "00:")),
        )
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"cannot read the window {window!r}: {error}") from error
    local = now.astimezone(zone)
    if start < end:
        return on(parts["first"], parts["last"], local) and start <= local.time() < end
    before_midnight = on(parts["first"], parts["last"], local) and local.time() >= start
    return before_midnight or (on(parts["first"], parts["last"], local - timedelta(days=1)) and local.time() < end)


def on(first: str | None, last: str | None, day: datetime) -> bool:
    """Whether a day is one of `first` to `last` (Fri-Mon wraps); no `first`: every day."""
    if first is None:
        return True
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return (day.weekday() - begin) % 7 <= (end - begin) % 7
