"""The formats that `config.schema.json` names: each says why a text is not of its form.

It imports jsonschema: import it lazily.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from jsonschema import FormatChecker

Check: TypeAlias = Callable[[str], None]
"""Raises `ValueError` for a text that is not of the form; its message goes on after the text itself."""

LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_NAME = re.compile(rf"{LABEL}(\.{LABEL})*\.?")
ENDPOINT_GLOB = re.compile(r"(\[[0-9A-Fa-f:.*?]+\]|[A-Za-z0-9._*?-]+):([0-9*?]{1,5})")
DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
WINDOW = re.compile(rf"(?:daily|{DAY}(?:-{DAY})?) ({TIME})-({TIME}|24:00) (\S+)", re.ASCII)


def formats(folder: Path) -> FormatChecker:
    """A checker for every format of the schema; paths are looked up from `folder`."""

    def file(text: str) -> None:
        path = folder / text
        if not path.exists():
            raise ValueError(f"is not there (looked in {folder})")
        if not path.is_file() or not os.access(path, os.R_OK):
            raise ValueError("is not a file that can be read")

    checker = FormatChecker(formats=())
    for name, check in (*CHECKS.items(), ("file", file)):
        checker.checks(name, raises=ValueError)(_on_text(check))
    return checker


def _on_text(check: Check) -> Callable[[object], bool]:
    """A format says nothing about values that are not text."""

    def accepts(value: object) -> bool:
        if isinstance(value, str):
            check(value)
        return True

    return accepts


def host(text: str) -> None:
    """A host name or an address; an IPv6 address without brackets."""
    if _is_address(text):
        return
    if _is_address(text.strip("[]")):
        raise ValueError("is written without brackets here")
    if re.fullmatch(r"[0-9.]+", text) or not HOST_NAME.fullmatch(text):
        raise ValueError("is not a host name or address (without the port)")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def cidr(text: str) -> None:
    """A range of addresses: `10.9.0.0/16`, or one address."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is not an address range, such as 203.0.113.0/24") from None
    if not re.fullmatch(r"[0-9A-Fa-f:.]+(/[0-9]+)?", text):
        raise ValueError(f"is not in CIDR form: write {network}")
    if "/" in text and ip_address(text.split("/")[0]) != network.network_address:
        raise ValueError(f"has host bits set: write {network}")


def calendar_date(text: str) -> None:
    """A date as in RFC 3339: `2027-01-31`."""
    try:
        date.fromisoformat(text if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else "")
    except ValueError:
        raise ValueError("is not a date, such as 2027-01-31") from None


def endpoint_glob(text: str) -> None:
    """`HOST:PORT` with `*` and `?`; an IPv6 host in brackets."""
    found = ENDPOINT_GLOB.fullmatch(text)
    if not found:
        raise ValueError("is not HOST:PORT, such as 10.9.1.5:* or [2001:db8::7]:*")
    if found[2].isdigit() and not 1 <= int(found[2]) <= 65535:
        raise ValueError("has a port that is none: 1 to 65535")
    literal = found[1].strip("[]").lower()
    if not re.fullmatch(r"[0-9.]+|[^*?]*:[^*?]*", literal):  # a name, or a pattern
        return
    if not _is_address(literal):
        raise ValueError("holds an address that is none")
    address = ip_address(literal)
    compared = getattr(address, "ipv4_mapped", None) or address
    if str(compared) != literal:
        shortest = f"[{compared}]" if compared.version == 6 else compared
        raise ValueError(f"would match nothing: write {shortest}:{found[2]}")


def window(text: str) -> None:
    """`DAYS HH:MM-HH:MM ZONE`; past midnight where it ends before it starts."""
    found = WINDOW.fullmatch(text)
    if not found:
        raise ValueError("is not a window, such as Sat (Mon-Fri, daily) 22:00-04:00 Europe/Zurich")
    if found[1] == found[2]:
        raise ValueError("starts and ends at the same time")
    try:
        ZoneInfo(found[3])
    except (KeyError, ValueError, OSError):
        raise ValueError("names an unknown time zone") from None


CHECKS: dict[str, Check] = {
    "cidr": cidr,
    "date": calendar_date,
    "endpoint-glob": endpoint_glob,
    "host": host,
    "window": window,
}
