"""Every rule on every subject. A rule that breaks is one `error`; the others go on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from orthaudit.evidence import LedgerLine, NotObserved, UnknownCode, Unobserved
from orthaudit.finding import Evidence, Finding, Missing, Status, SubjectName, Waiver
from orthaudit.model.estate import Estate, Place
from orthaudit.model.subject import Seen, Subject
from orthaudit.rule import AnyRule, Fail, NotApplicable, Note, Outcome

log = logging.getLogger("orthaudit")

Aside = str
"""Why a sentence does not apply to a subject."""


def judge(estate: Estate, rules: Iterable[AnyRule]) -> tuple[tuple[Finding, ...], tuple[Waiver, ...]]:
    """Every finding, sorted by rule and subject, and the waivers that have expired.

    One rule on one subject is one finding; what shows the subjects and is missing is one of the region.
    """
    findings = [finding for rule in rules for finding in _judge_rule(estate, rule)]
    today = estate.as_of.date()
    valid = [waiver for waiver in estate.config.waivers if waiver.expires >= today]
    expired = tuple(waiver for waiver in estate.config.waivers if waiver.expires < today)
    waived = (_waived(finding, valid) for finding in findings)
    return tuple(sorted(waived, key=_order)), expired


def _order(finding: Finding) -> tuple[str, ...]:
    subject = finding.subject
    return (finding.rule, subject.account or "", subject.region or "", subject.type, subject.id, finding.vantage or "")


def _waived(finding: Finding, waivers: Sequence[Waiver]) -> Finding:
    for waiver in waivers:
        if (waiver.rule, waiver.subject) == (finding.rule, finding.subject.id) and finding.status in waiver.statuses:
            return replace(finding, waiver=waiver)
    return finding


def _judge_rule(estate: Estate, rule: AnyRule) -> list[Finding]:
    try:
        seen: Seen[Subject] = estate.all(rule.on)
    except (Exception, SystemExit) as error:
        return [_error(rule, estate, SubjectName("scan", "scan"), error)]
    findings: list[Finding] = []
    asides: dict[Place | None, Aside] = {}
    for subject in seen:
        verdict = _judge_subject(estate, rule, subject)
        if isinstance(verdict, Finding):
            findings.append(verdict)
        else:
            asides.setdefault(_place(subject), verdict)
    findings += _unseen(estate, rule, seen.missing)
    places: Sequence[Place | None] = estate.places if rule.on.regional else [None]
    if any(one.where is None for one in seen.missing):
        return findings  # what was not seen may have been anywhere
    for place in places:
        if not any(place is None or _is_of(finding, place) for finding in findings):
            findings.append(_not_applicable(rule, estate, place, asides.get(place)))
    return findings


def _place(subject: Subject) -> Place | None:
    name = subject.subject
    if not subject.regional or name.account is None or name.region is None:
        return None
    return name.account, name.region


def _is_of(finding: Finding, place: Place) -> bool:
    return (finding.subject.account, finding.subject.region) == place


def _judge_subject(estate: Estate, rule: AnyRule, subject: Subject) -> Finding | Aside:
    fails: list[Fail] = []
    notes: list[Note] = []
    missing: dict[Unobserved, None] = {}
    aside: Aside | None = None
    try:
        for outcome in _outcomes(rule, subject, estate):
            if isinstance(outcome, Fail):
                fails.append(outcome)
            elif isinstance(outcome, Note):
                notes.append(outcome)
            elif isinstance(outcome, NotApplicable):
                aside = outcome.message
            else:
                missing[outcome] = None
    except (Exception, SystemExit) as error:
        return _error(rule, estate, subject.subject, error, subject)
    if fails:
        return _fail(rule, estate, subject, fails, tuple(missing))
    if missing:
        return _unknown(rule, estate, subject.subject, tuple(missing), subject)
    if aside is not None:
        return aside
    evidence = [Evidence(note.source or _source(rule, subject), note.message) for note in notes]
    said = [note.message for note in notes] or ["as it should be"]
    for line in _unanswered(estate, rule, subject):
        said.append(f"{line.call} was not answered, and the verdict stands without it")
        evidence.append(Evidence(line.call, f"not seen: {line.reason or line.status}"))
    return _finding(
        rule, estate, subject.subject, Status.PASS, "; ".join(said), evidence or _read(rule, subject), subject
    )


def _unanswered(estate: Estate, rule: AnyRule, subject: Subject) -> list[LedgerLine]:
    """What the rule declares to need and did not get in the subject's account and region: one line an operation."""
    name = subject.subject
    lines = {
        line.call: line
        for line in estate.snapshot.unanswered
        if line.call in rule.operations
        and (name.account is None or (line.account, line.region) == (name.account, name.region))
    }
    return list(lines.values())


def _outcomes(rule: AnyRule, subject: Subject, estate: Estate) -> Iterator[Outcome]:
    try:
        yield from rule.judgement(subject, estate.policy)
    except NotObserved as error:
        yield error.missing


def _source(rule: AnyRule, subject: Subject) -> str:
    return f"probe {subject.subject.id}" if subject.probed else rule.operations[0]


def _read(rule: AnyRule, subject: Subject) -> list[Evidence]:
    if subject.probed:
        return [Evidence(_source(rule, subject), "what the probe saw")]
    return [Evidence(operation, "what it answered") for operation in rule.operations]


def _fail(
    rule: AnyRule, estate: Estate, subject: Subject, fails: Sequence[Fail], missing: tuple[Unobserved, ...]
) -> Finding:
    default = rule.severity_under(estate.policy)
    severity = max(default if fail.severity is None else fail.severity for fail in fails)
    message = fails[0].message if len(fails) == 1 else f"{len(fails)} reasons: " + "; ".join(f.message for f in fails)
    evidence = [Evidence(fail.source or _source(rule, subject), fail.message) for fail in fails]
    evidence += [Evidence(one.needs[0] if one.needs else "not seen", f"not seen: {one.why}") for one in missing]
    finding = _finding(rule, estate, subject.subject, Status.FAIL, message, evidence, subject)
    return replace(finding, severity=severity)


def _unknown(
    rule: AnyRule,
    estate: Estate,
    name: SubjectName,
    missing: tuple[Unobserved, ...],
    subject: Subject | None = None,
) -> Finding:
    why = missing[0].why if len(missing) == 1 else f"{len(missing)} reasons: " + "; ".join(one.why for one in missing)
    needs = tuple(dict.fromkeys(need for one in missing for need in one.needs or (one.why,)))
    evidence = [Evidence(one.needs[0] if one.needs else "not seen", one.why) for one in missing]
    finding = _finding(rule, estate, name, Status.UNKNOWN, why, evidence, subject)
    codes = tuple(sorted({one.code for one in missing}, key=list(UnknownCode).index))
    return replace(finding, unknown=Missing(codes[0], needs, codes))


def _unseen(estate: Estate, rule: AnyRule, missing: Iterable[Unobserved]) -> Iterator[Finding]:
    """One `unknown` for each account and region whose subjects may not all have been seen."""
    by_place: dict[Place | None, list[Unobserved]] = {}
    for one in missing:
        by_place.setdefault(one.where, []).append(one)
    for place, those in by_place.items():
        yield _unknown(rule, estate, _region(place), tuple(those))


def _not_applicable(rule: AnyRule, estate: Estate, place: Place | None, aside: Aside | None) -> Finding:
    what = rule.on.type.replace("-", " ")
    message = aside or f"there is no {what}"
    return _finding(rule, estate, _region(place), Status.NOT_APPLICABLE, message, [])


def _region(place: Place | None) -> SubjectName:
    if place is None:
        return SubjectName("scan", "scan")
    account, region = place
    return SubjectName("region", f"{account}/{region}", None, account, region)


def _error(
    rule: AnyRule, estate: Estate, name: SubjectName, error: BaseException, subject: Subject | None = None
) -> Finding:
    log.debug("rule %s broke on %s", rule.id, name.id, exc_info=error)
    told = f"the rule broke: {type(error).__name__}: {error}"
    return _finding(rule, estate, name, Status.ERROR, told, [Evidence(rule.id, told)], subject)


def _finding(
    rule: AnyRule,
    estate: Estate,
    name: SubjectName,
    status: Status,
    message: str,
    evidence: Sequence[Evidence],
    subject: Subject | None = None,
) -> Finding:
    return Finding(
        rule=rule.id,
        title=rule.says,
        severity=rule.severity_under(estate.policy),
        status=status,
        message=message,
        subject=name,
        evidence=tuple(evidence),
        fix_by=rule.fix_by,
        remediation=_remediation(rule, subject),
        cites=rule.cites,
        vantage=subject.vantage if subject is not None else None,
    )


def _remediation(rule: AnyRule, subject: Subject | None) -> str:
    if subject is None:
        return "Let the audit see what is missing (`orthaudit rules " + rule.id + "` lists what the rule needs)."
    try:
        return rule.remediation(subject)
    except Exception as error:
        return f"{rule.fix} (its template broke: {error})"
