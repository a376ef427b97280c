"""What a report says in sentences: verdict, estate, exit code. Plain text, for every human format."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

from orthaudit.evidence import LedgerStatus, UnknownCode
from orthaudit.finding import Finding, FixBy, Severity, Status, SubjectName
from orthaudit.report import Report
from orthaudit_reports.listeners import endpoints, left_alone

TEAMS: Final = {
    FixBy.CLOUD: "cloud team",
    FixBy.NETWORK: "network team",
    FixBy.PACS: "PACS team",
    FixBy.PKI: "certificate team",
    FixBy.VENDOR: "vendor",
}

CODES: Final[dict[str, str]] = {
    UnknownCode.DENIED: "the caller may not ask",
    UnknownCode.FAILED: "the question was not answered",
    UnknownCode.ABSENT: "not in the evidence",
    UnknownCode.NOT_PROBED: "no probe looked",
    UnknownCode.KNOWN_AFTER_APPLY: "known only after terraform apply",
    UnknownCode.NOT_MODELLED: "beyond what orthaudit computes",
    UnknownCode.NOT_DECLARED: "orthaudit.yaml does not say",
    UnknownCode.OUT_OF_WINDOW: "outside the hours for probes",
    UnknownCode.NO_WORKER: "no worker took the job",
}

SOURCES: Final = {
    "live": "live estate",
    "snapshot": "saved snapshot",
    "folder": "saved AWS CLI output",
    "terraform": "Terraform plan or state",
    "lab": "the embedded lab",
    "merged": "several reports, merged",
}

_BREAKS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cn", "Cs"})


def clean(text: str) -> str:
    """One line without control, format, surrogate and unassigned characters: names come from strangers."""
    spaced = (" " if character in _BREAKS else character for character in text)
    return " ".join("".join(one for one in spaced if unicodedata.category(one) not in _INVISIBLE).split())


def count(number: int, singular: str, plural: str | None = None) -> str:
    """`1 check`, `2 checks`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def severities(findings: Iterable[Finding]) -> str:
    """`2 critical, 3 high`, worst first."""
    found = Counter(finding.severity for finding in findings)
    return ", ".join(f"{found[severity]} {severity.label}" for severity in sorted(found, reverse=True))


def named(subject: SubjectName) -> str:
    """`sg-0abc (archive-dicom)`: the id that its owner searches for, and its name where it has another."""
    id, name = clean(subject.id), clean(subject.name or "")  # noqa: A001  (the field's own name)
    return f"{id} ({name})" if name and name != id else id


def time(moment: datetime, zone: tzinfo | None) -> str:
    """`2026-11-25 03:00 UTC`."""
    return moment.astimezone(zone or UTC).strftime("%Y-%m-%d %H:%M %Z")


def threshold(report: Report) -> Severity:
    """The severity from which a finding weighs on the verdict."""
    return report.policy.fail_on if report.fail_on is None else report.fail_on


def aside(report: Report, finding: Finding) -> str:
    """Why a failure, unknown or error does not weigh on the verdict; empty where it does."""
    limit = threshold(report)
    if report.counts(finding, limit):
        return ""
    if finding.waiver is not None:
        return "waived"
    if finding.status is Status.FAIL and finding.severity is Severity.INFO:
        return "of severity info"
    return f"below {limit.label}" if finding.severity < limit else "accepted as unknown"


def sentence(report: Report) -> str:
    """What the report amounts to, behind the word of the verdict."""
    weighing = [finding for finding in report.findings if report.counts(finding, threshold(report))]
    failed, unseen, broken = (
        [finding for finding in weighing if finding.status is status]
        for status in (Status.FAIL, Status.UNKNOWN, Status.ERROR)
    )
    lost = []
    if unseen:
        lost.append(f"{len(unseen)} could not be seen ({severities(unseen)})")
    if broken:
        lost.append(f"{count(len(broken), 'rule')} broke ({severities(broken)})")
    blind = " and ".join(lost)
    passed = f"{count(_number(report, Status.PASS), 'check')} passed"
    if failed:
        matter = count(len(failed), "check failed that matters", "checks failed that matter")
        said = "; ".join(filter(None, (f"{matter} ({severities(failed)})", blind)))
    elif blind:
        said = f"no check failed that matters, but {blind}"
    elif report.interrupted:
        said = f"{passed} and none failed that matters"
    elif report.selection.whole:
        said = f"{passed}; none that matters failed or stayed unseen"
    else:
        said = f"{passed} and none failed that matters, but not every rule was selected ({selected(report)})"
    return f"{'the scan was interrupted; until then ' if report.interrupted else ''}{said}."


def not_counted(report: Report) -> str:
    """What failed, broke or was not seen without weighing on the verdict; empty where there is none."""
    asides = Counter(
        aside(report, finding)
        for finding in report.findings
        if finding.status not in (Status.PASS, Status.NOT_APPLICABLE)
    )
    del asides[""]
    return f"Not counted: {', '.join(f'{asides[why]} {why}' for why in sorted(asides))}." if asides else ""


def passes(report: Report) -> str:
    """Passes and what did not apply, as counts."""
    number = _number(report, Status.NOT_APPLICABLE)
    return f"{count(_number(report, Status.PASS), 'check')} passed; {number} did not apply (n/a)."


def selected(report: Report) -> str:
    """The options that left rules out: `--no-aws, --skip web-*`; empty where none did."""
    selection = report.selection
    options = (
        [f"--only {pattern}" for pattern in selection.only]
        + [f"--skip {pattern}" for pattern in selection.skip]
        + ([f"--severity {selection.severity}"] if selection.severity else [])
        + ["--no-aws"] * selection.no_aws
        + ["--no-probe"] * selection.no_probe
    )
    return clean(", ".join(options))


def estate(report: Report, zone: tzinfo | None) -> list[tuple[str, str]]:
    """What was audited, from where, as of when and by which policy: pairs of label and text."""
    untouched = left_alone(report)
    asked = (
        _listed("account", report.accounts),
        _listed("region", report.regions),
        f"{count(len(endpoints(report)) - untouched, 'DICOM listener')} probed"
        + (f", {untouched} left alone" if untouched else ""),
    )
    seen = [time(report.as_of, zone), SOURCES.get(report.source, report.source)]
    if report.caller is not None:
        seen.append(f"asked as {report.caller}")
    if report.vantage is not None:
        seen.append(f"probed from {report.vantage}")
    limit = f"findings count from {threshold(report).label} up"
    if report.fail_on is None:
        limit += " for the verdict alone (--fail-on never)"
    policy = [report.policy.name, limit]
    if report.selection.accept_unknown:
        policy.append(f"unknowns accepted: {', '.join(report.selection.accept_unknown)}")
    rows = [("estate", asked), ("as of", seen), ("policy", policy)]
    if selected(report):
        rows.append(("rules", [f"selected with {selected(report)}"]))
    return [(label, clean("; ".join(parts))) for label, parts in rows]


def exit_code(report: Report) -> str:
    """What the exit code says."""
    limit = threshold(report).label
    if report.interrupted:
        return "the scan was interrupted; what was gathered is reported as incomplete."
    if report.fail_on is None:
        return f"--fail-on never; the verdict above counts from {limit} up all the same."
    return {
        0: f"no unwaived failure and no unaccepted unknown at or above {limit} (--fail-on {limit}).",
        1: f"at least one unwaived failure at or above {limit} (--fail-on {limit}).",
        3: f"incomplete: no unwaived failure at or above {limit} (--fail-on {limit}), but not all was seen. "
        "A gate must not pass on it.",
    }[report.exit_code]


def next_steps(report: Report) -> list[tuple[str, str]]:
    """What to do next: pairs of a command or a label, and what it is for."""
    steps = []
    pressing = [finding for finding in report.findings if report.counts(finding, threshold(report))]
    if pressing:
        worst = max(pressing, key=lambda finding: (finding.status is Status.FAIL, finding.severity))
        steps.append((f"orthaudit rules {worst.rule}", "explains that rule; any other in the same way"))
    steps.append(("orthaudit scan … --output json=report.json", "keeps the whole record, passes included"))
    denied = sorted({line.call for line in report.coverage if line.status is LedgerStatus.DENIED})
    if denied:
        who = f" in the policy of {report.caller}" if report.caller else ""
        steps.append(("denied by AWS", f"{', '.join(denied)}: allow it{who} and scan again"))
    steps.append((f"exit code {report.exit_code}", exit_code(report)))
    return [(clean(label), clean(text)) for label, text in steps]


def _number(report: Report, status: Status) -> int:
    return sum(finding.status is status for finding in report.findings)


def _listed(what: str, names: Sequence[str]) -> str:
    """`2 regions (a, b)`; of many, the first three."""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{count(len(names), what)} ({shown})" if names else f"no {what}"
