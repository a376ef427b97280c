"""The report: all that a writer may print, what it amounts to, and how the writers are found."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from orthaudit.evidence import LedgerLine, Structure
from orthaudit.finding import Finding, Severity, Status, Waiver
from orthaudit.policy import Policy


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules were asked for, and what was left out."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    severity: str | None = None
    no_aws: bool = False
    no_probe: bool = False
    accept_unknown: tuple[str, ...] = ()
    rule_packs: tuple[tuple[str, str], ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every rule of the packs was selected."""
        return not (self.only or self.skip or self.severity or self.no_aws or self.no_probe)


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One certificate on the way of an image (contract: `certificates`)."""

    subject: str
    where: str
    not_after: datetime
    renewed_by: str


@dataclass(frozen=True)
class Report:
    """All that a writer may print. Times are UTC."""

    tool_version: str
    scan_id: str
    started_at: datetime
    finished_at: datetime
    as_of: datetime
    vantage: str | None
    caller: str | None
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    source: str
    policy: Policy
    config_sha256: str | None
    selection: Selection
    fail_on: Severity | None
    """None: `--fail-on never`."""
    findings: tuple[Finding, ...]
    coverage: tuple[LedgerLine, ...]
    listeners: tuple[Structure, ...]
    certificates: tuple[CertificateLine, ...]
    expired_waivers: tuple[Waiver, ...] = ()
    interrupted: bool = False

    def counts(self, finding: Finding, threshold: Severity) -> bool:
        """Whether the finding weighs on the verdict: at or above `threshold`, not waived, not accepted."""
        if finding.severity < threshold or finding.waiver is not None:
            return False
        if finding.status is Status.FAIL:
            return finding.severity > Severity.INFO
        if finding.unknown is not None:
            codes = {finding.unknown.code, *finding.unknown.codes}
            return not codes <= set(self.selection.accept_unknown)
        return finding.status is Status.ERROR

    def _amounts_to(self, threshold: Severity) -> int:
        weighing = [finding.status for finding in self.findings if self.counts(finding, threshold)]
        if Status.FAIL in weighing:
            return 1
        return 3 if weighing else 0

    @property
    def exit_code(self) -> int:
        """What the findings amount to: 0, 1 or 3 (contract: exit codes); 130 where interrupted."""
        if self.interrupted:
            return 130
        return 0 if self.fail_on is None else self._amounts_to(self.fail_on)

    @property
    def verdict(self) -> str:
        """`pass`, `fail`, `incomplete`, or `partial`: it would be pass, but rules were deselected.

        `--fail-on never` quiets the exit code alone: the verdict then stands at the policy's threshold.
        """
        amounts_to = self._amounts_to(self.fail_on if self.fail_on is not None else self.policy.fail_on)
        if amounts_to == 1:
            return "fail"
        if amounts_to == 3 or self.interrupted:
            return "incomplete"
        return "pass" if self.selection.whole else "partial"


@dataclass(frozen=True, slots=True)
class Page:
    """What a writer writes on: columns, colour, and the time zone of human formats (None: UTC)."""

    width: int = 80
    colour: bool = False
    time_zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One report format: its name on the command line, and a pure function from report to text.

    `for_people`: it may use colour and the width of a terminal.
    """

    name: str
    write: Callable[[Report, Page], str]
    for_people: bool = False


class ReportError(Exception):
    """A report that must not be written: one line that says what is wrong with it."""


def load_formats() -> dict[str, Format]:
    """Every format of the installed writers (entry point `orthaudit.reports`: a package with `FORMATS`)."""
    formats: dict[str, Format] = {}
    for entry in sorted(importlib.metadata.entry_points(group="orthaudit.reports"), key=lambda e: e.name):
        for one in entry.load().FORMATS:
            formats.setdefault(one.name, one)
    return formats
