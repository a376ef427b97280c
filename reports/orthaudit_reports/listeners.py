"""The DICOM listeners of a report: those that were probed, and those that were left alone."""

from __future__ import annotations

from orthaudit.evidence import Structure
from orthaudit.report import Report

LEFT_ALONE = "left_alone"
"""The key of a listener to which no packet was sent: `{"code", "why"}` in the place of what was seen."""

PRIVATE = frozenset({"chain"})
"""Keys of the evidence that are no part of a listener as probed."""


def endpoint(listener: Structure) -> str:
    """`host:port`, with IPv6 in brackets."""
    host, port = listener.get("host"), listener.get("port")
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def endpoints(report: Report) -> list[str]:
    """Every listener in scope, once, in the report's order."""
    return list(dict.fromkeys(endpoint(listener) for listener in report.listeners))


def probed(report: Report) -> list[Structure]:
    """What each probe saw, as the contract has it."""
    return [
        {key: value for key, value in listener.items() if key not in PRIVATE}
        for listener in report.listeners
        if LEFT_ALONE not in listener
    ]


def left_alone(report: Report) -> int:
    """How many listeners no probe touched."""
    touched = {endpoint(listener) for listener in probed(report)}
    return len(set(endpoints(report)) - touched)
