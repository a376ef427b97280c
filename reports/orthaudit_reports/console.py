"""The console report: the verdict first, then what failed and how to mend it; nothing in colour alone."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orthaudit.finding import Finding, Severity, Status, Waiver
from orthaudit.report import Page, Report
from orthaudit_reports import words
from orthaudit_reports.layout import MARGIN, columns, entry, grouped, item, title
from orthaudit_reports.words import clean, count, named

STYLES: Final = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "bold cyan",
    Severity.INFO: "bold",
}
VERDICTS: Final = {
    "pass": "bold green",
    "fail": "bold red",
    "incomplete": "bold yellow",
    "partial": "bold yellow",
}
REASONS: Final = 5
"""How many reasons of one finding are listed."""

SVG: Final = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""The picture, as `Console.export_svg` fills it in: rich's own one takes fonts from a public server."""


def write(report: Report, page: Page) -> str:
    """The report as text of at most `page.width` columns. The same report and page give the same text."""
    out = io.StringIO()
    _console(out, page).print(_compose(report, page))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def svg(report: Report, width: int = 80) -> str:
    """The same in colour, as a picture that needs nothing from elsewhere."""
    page = Page(width, colour=True)
    console = _console(io.StringIO(), page, record=True)
    console.print(_compose(report, page))
    return console.export_svg(title="orthaudit scan", code_format=SVG, font_aspect_ratio=0.6)


def _console(out: io.StringIO, page: Page, record: bool = False) -> Console:
    """A console that asks neither the terminal nor the environment."""
    return Console(
        file=out, width=page.width, color_system="standard" if page.colour else None,
        force_terminal=page.colour, legacy_windows=False, record=record, _environ={},
    )  # fmt: skip


def _compose(report: Report, page: Page) -> RenderableType:
    sections = (_head, _failed, _unseen, _broken, _waived, _counts, _next)
    return Group(*(part for section in sections for part in section(report, page)))


def _head(report: Report, page: Page) -> Iterator[RenderableType]:
    yield Text.assemble((report.verdict.upper(), VERDICTS[report.verdict]), ": ", words.sentence(report))
    if aside := words.not_counted(report):
        yield Text(aside)
    yield Text()
    rows = words.estate(report, page.time_zone)
    yield columns(MARGIN, 2, [(Text(label, "dim"), Text(text)) for label, text in rows])


def _failed(report: Report, page: Page) -> Iterator[RenderableType]:
    findings = _open(report, Status.FAIL)
    if findings:
        yield from title(f"Failed: {words.severities(findings)}")
    yield from _by_rule(report, findings)


def _unseen(report: Report, page: Page) -> Iterator[RenderableType]:
    findings = _open(report, Status.UNKNOWN)
    if findings:
        yield from title(f"Could not be seen (unknown): {words.severities(findings)}")
    causes = grouped(findings, _cause)
    for (code, needs, message), group in sorted(
        causes.items(), key=lambda cause: (-max(one.severity for one in cause[1]), cause[0])
    ):
        meaning = words.CODES.get(code, "not known")
        body: list[RenderableType] = [
            Text.assemble((clean(code), "bold"), f", {meaning}: ", clean(message)),
            *(Text(f"Needs {clean(need)}") for need in needs),
        ]
        for (severity, rule, aside), some in sorted(
            grouped(group, lambda one: (-one.severity, one.rule, words.aside(report, one))).items()
        ):
            label = Severity(-severity)
            subjects = ", ".join(_subject(report, one) for one in some)
            body.append(
                item(
                    Text.assemble((label.name, STYLES[label]), " ", (clean(rule), "bold"), _remark(aside)),
                    subjects,
                )
            )
        yield from entry("UNKNOWN", "bold", *body)


def _cause(finding: Finding) -> tuple[str, tuple[str, ...], str]:
    missing = finding.unknown
    return (str(missing.code), missing.needs, finding.message) if missing else ("unknown", (), finding.message)


def _broken(report: Report, page: Page) -> Iterator[RenderableType]:
    findings = _open(report, Status.ERROR)
    if findings:
        yield from title(f"Broke while judging (error): {words.severities(findings)}")
        yield Text()
        yield Text("The fault is the rule's, not the estate's; what it would have said is not known.")
    yield from _by_rule(report, findings, fixes=False)


def _waived(report: Report, page: Page) -> Iterator[RenderableType]:
    waived = [(one, one.waiver) for one in report.findings if one.waiver is not None]
    number, ended = len(waived), len(report.expired_waivers)
    if waived or ended:
        yield from title(f"Waived: {number}" + (f"; {count(ended, 'expired waiver')}" if ended else ""))
    for finding, waiver in sorted(waived, key=lambda pair: (-pair[0].severity, pair[0].rule)):
        yield from entry(
            finding.severity.name,
            STYLES[finding.severity],
            Text.assemble((clean(finding.rule), "bold"), f" · {finding.status.value}"),
            item(_subject(report, finding), clean(finding.message)),
            Text(f"Waived until {waiver.expires.isoformat()} by {_waiver(waiver)}"),
        )
    for waiver in report.expired_waivers:
        yield from entry(
            "EXPIRED",
            "bold",
            Text(clean(waiver.rule), "bold"),
            item(clean(waiver.subject)),
            Text(f"Ended on {waiver.expires.isoformat()} and counts no longer; was by {_waiver(waiver)}"),
        )


def _waiver(waiver: Waiver) -> str:
    text = f"{waiver.owner}: {waiver.reason}"
    if waiver.approved_by is not None:
        text += f" (approved by {waiver.approved_by})"
    if waiver.alternative is not None:
        text += f"; instead: {waiver.alternative}"
    return clean(text)


def _counts(report: Report, page: Page) -> Iterator[RenderableType]:
    yield from title("Counts")
    yield Text()
    yield Text(words.passes(report))
    yield Text()
    table = Table(box=None, padding=(0, 3 if page.width >= 72 else 1, 0, 0), header_style="")
    table.add_column("", min_width=MARGIN)
    for name in ("fail", "unknown", "error", "pass", "n/a", "waived"):
        table.add_column(name, justify="right")
    for severity in sorted(Severity, reverse=True):
        some = [finding for finding in report.findings if finding.severity is severity]
        if some:
            table.add_row(Text(severity.name, STYLES[severity]), *_numbers(some))
    table.add_row("all", *_numbers(report.findings))
    yield table


def _numbers(findings: Sequence[Finding]) -> list[str]:
    statuses = (Status.FAIL, Status.UNKNOWN, Status.ERROR, Status.PASS, Status.NOT_APPLICABLE)
    numbers = [sum(finding.status is status for finding in findings) for status in statuses]
    numbers.append(sum(finding.waiver is not None for finding in findings))
    return [str(number) if number else "·" for number in numbers]


def _next(report: Report, page: Page) -> Iterator[RenderableType]:
    yield from title("What to do next")
    yield Text()
    for label, text in words.next_steps(report):
        yield Text(label, "bold")
        yield Padding(Text(text), (0, 0, 0, 2))


def _by_rule(report: Report, findings: Iterable[Finding], fixes: bool = True) -> Iterator[RenderableType]:
    """One entry a rule and severity, worst first: its subjects, and one fix where one will do for all."""
    groups = grouped(findings, lambda one: (-one.severity, one.rule, words.aside(report, one)))
    causes = {one.id: one for one in report.findings}
    for (severity, rule, aside), group in sorted(groups.items()):
        label = Severity(-severity)
        body: list[RenderableType] = [
            Text.assemble((clean(rule), "bold"), _remark(aside)),
            Text(clean(group[0].title)),
        ]
        shared = _shared_fix(group) if fixes else ""
        for finding in group:
            own = [_fix(finding, finding.remediation)] if fixes and not shared and finding.remediation else []
            body.append(item(_subject(report, finding), *_reasons(finding, causes), *own))
        if shared:
            body.append(_fix(group[0], shared))
        yield from entry(label.name, STYLES[label], *body)


def _shared_fix(group: Sequence[Finding]) -> str:
    """The one remediation, with `<id>` for ids where it differs by those alone; empty where it differs."""
    if len({finding.remediation for finding in group}) == 1:
        return group[0].remediation
    same = {finding.remediation.replace(finding.subject.id, "<id>") for finding in group}
    return same.pop() if len(same) == 1 else ""


def _fix(finding: Finding, remediation: str) -> Text:
    return Text.assemble((f"Fix ({words.TEAMS[finding.fix_by]}): ", "green"), clean(remediation))


def _reasons(finding: Finding, causes: Mapping[str, Finding]) -> Iterator[str]:
    """The message, what it does not say of the evidence, and the finding that is the cause."""
    message = clean(finding.message)
    if message:
        yield message
    details = (clean(one.detail) for one in finding.evidence)
    unsaid = [detail for detail in dict.fromkeys(details) if detail and detail not in message]
    yield from (f"- {detail}" for detail in unsaid[:REASONS])
    if len(unsaid) > REASONS:
        yield f"- and {len(unsaid) - REASONS} more, in the JSON report"
    cause = causes.get(finding.because_of or "")
    if cause is not None:
        yield f"Because of {clean(cause.rule)} on {named(cause.subject)}"


def _subject(report: Report, finding: Finding) -> str:
    """Id and name; account and region where there are several, and where it was seen from."""
    subject = finding.subject
    places = [place for place in (subject.account, subject.region) if place]
    several = len(report.accounts) > 1 or len(report.regions) > 1
    text = named(subject)
    if several and places and subject.id != "/".join(places):
        text += f" in {clean('/'.join(places))}"
    return text + (f", seen from {clean(finding.vantage)}" if finding.vantage else "")


def _remark(aside: str) -> str:
    remarks = {"": "", "of severity info": " · info never fails a scan"}
    return remarks.get(aside, f" · {aside}: not counted")


def _open(report: Report, status: Status) -> list[Finding]:
    return [finding for finding in report.findings if finding.status is status and finding.waiver is None]
