"""Findings: the verdict of one rule on one subject, as plain, frozen facts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad a failure is; ordered, so that thresholds compare."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The word of the contract: `high`."""
        return self.name.lower()


class Status(StrEnum):
    """The verdict of one rule on one subject."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    UNKNOWN = "unknown"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"


class FixBy(StrEnum):
    """Who can mend it."""

    CLOUD = "cloud"
    NETWORK = "network"
    PACS = "pacs"
    PKI = "pki"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class SubjectName:
    """What a finding is about; `id` is what the owner would search for."""

    type: str
    id: str
    name: str | None = None
    account: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that the verdict stands on: where it was read, and what it says."""

    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a finding is `unknown`: the contract's code, and what would have to be seen."""

    code: str
    needs: tuple[str, ...]
    codes: tuple[str, ...] = ()
    """Every code where there are several reasons: all of them must be accepted for the finding to be."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted failure: who answers for it, why, and until when."""

    rule: str
    subject: str
    reason: str
    owner: str
    expires: date
    approved_by: str | None = None
    alternative: str | None = None
    statuses: tuple[str, ...] = ("fail",)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule on one subject."""

    rule: str
    title: str
    severity: Severity
    status: Status
    message: str
    subject: SubjectName
    evidence: tuple[Evidence, ...]
    fix_by: FixBy
    remediation: str
    cites: tuple[str, ...]
    unknown: Missing | None = None
    vantage: str | None = None
    because_of: str | None = None
    waiver: Waiver | None = None

    @property
    def id(self) -> str:
        """Stable: made of rule, subject and vantage alone, never of order, time or message."""
        subject = self.subject
        parts = (self.rule, subject.type, subject.id, subject.account, subject.region, self.vantage)
        return hashlib.sha256("\n".join(part or "" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
