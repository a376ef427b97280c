"""HOST[:PORT] on the command line."""

from __future__ import annotations

import re
from ipaddress import IPv6Address

from orthaudit.cli.refused import Refused
from orthaudit.declared import Listener

DEFAULT_PORT = 11112


def parse_host(text: str) -> Listener:
    """`pacs.example.org`, `10.0.0.7:104`, `[2001:db8::7]:11112` or a bare IPv6 address. Raises `Refused`."""
    if text.startswith("[") or text.count(":") > 1:
        bare, bracket, rest = text.removeprefix("[").partition("]")
        fine = bool(bracket) == text.startswith("[") and rest[:1] in ("", ":") and _is_ipv6(bare)
        host, colon, port = bare, rest[:1], rest[1:]
    else:
        host, colon, port = text.partition(":")
        fine = host != "" and not host.startswith("-") and not any(one.isspace() or one in "/[]" for one in host)
    if not fine or (colon and not port):
        raise Refused(f"{text}: is not HOST or HOST:PORT (IPv6: [2001:db8::7]:11112)")
    if not port:
        return Listener(host, DEFAULT_PORT)
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise Refused(f"{text}: {port!r} is not a port (1 to 65535)")
    return Listener(host, int(port))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
