"""Answers that fail on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orthaudit.lab import paging, wire

KINDS: Final = ("denied", "throttled", "error", "timeout")


@dataclass(frozen=True, slots=True)
class Fault:
    """One operation that fails; `kind` is one of `KINDS`.

    The first `after_pages` pages are answered. `account` and `region` None: in all of them; the account of
    an `sts.AssumeRole` is the one to be entered. `timeout` answers nothing until the lab is closed.
    """

    service: str
    operation: str
    kind: str
    after_pages: int = 0
    region: str | None = None
    account: str | None = None

    def hits(self, call: wire.Call) -> bool:
        """Whether this request fails."""
        return (
            (call.service, call.operation) == (self.service, self.operation)
            and self.region in (None, call.region)
            and self.account in (None, place_of(call))
            and paging.page_of(call.parameters) >= self.after_pages
        )


def place_of(call: wire.Call) -> str:
    """The account that a request is about: the caller's, or the one that it asks to enter."""
    role = call.parameters.get("RoleArn") if call.operation == "AssumeRole" else None
    return role.split(":")[4] if isinstance(role, str) and role.count(":") >= 5 else call.account


def parse_fault(text: str) -> Fault:
    """`ec2.DescribeSecurityGroups=denied` as a fault. Raises `ValueError` with one line that says what is wrong."""
    from botocore.exceptions import UnknownServiceError
    from botocore.session import get_session

    call, _, kind = text.partition("=")
    service, _, operation = call.partition(".")
    if kind not in KINDS or not operation:
        raise ValueError(f"{text!r} is not a fault: write SERVICE.Operation={'|'.join(KINDS)}")
    try:
        known = get_session().get_service_model(service).operation_names
    except UnknownServiceError:
        raise ValueError(f"{text!r}: AWS has no service {service!r}") from None
    if operation not in known:
        raise ValueError(f"{text!r}: {service} has no operation {operation!r}")
    return Fault(service, operation, kind)
