"""Several snapshots judged as one: a cloud's evidence and a clinic's probe make one report."""

from __future__ import annotations

from collections.abc import Iterable

from orthaudit.evidence import Answer, AnswerKey, Json, LedgerLine, LedgerStatus, Scope, Snapshot, Structure, identify


def merged(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Saved evidence judged together: the newest answer to a question counts, the newest look at a listener too.

    What an older snapshot saw is not hidden by a newer one that was denied it, or left the listener alone.
    """
    ordered = sorted(snapshots, key=lambda one: one.taken_at)
    newest = ordered[-1]
    if len(ordered) == 1:
        return newest
    answers: dict[AnswerKey, dict[tuple[tuple[str, str], ...], Answer]] = {}
    ledger: dict[tuple[object, ...], LedgerLine] = {}
    probes: dict[tuple[Json, ...], Structure] = {}
    for one in ordered:
        for question, given in one.answers.items():
            answers.setdefault(question, {}).update((identify(answer.parameters), answer) for answer in given)
        for line in one.ledger:
            key = (line.account, line.region, line.call, line.parameters)
            if line.status is LedgerStatus.OK or ledger.get(key, line).status is not LedgerStatus.OK:
                ledger[key] = line
        for probe in one.probes:
            listener = (probe.get("host"), probe.get("port"), probe.get("vantage"))
            if "left_alone" not in probe or "left_alone" in probes.get(listener, probe):
                probes[listener] = probe
    scopes = [one.scope for one in ordered]
    sources = {scope.source for scope in scopes}
    scope = Scope(
        tuple(dict.fromkeys(account for scope in scopes for account in scope.accounts)),
        tuple(dict.fromkeys(region for scope in scopes for region in scope.regions)),
        tuple(dict.fromkeys(place for scope in scopes for place in scope.places)),
        sources.pop() if len(sources) == 1 else "merged",
        next((scope.caller for scope in scopes if scope.caller), None),
    )
    return Snapshot(
        newest.tool_version,
        newest.taken_at,
        scope,
        tuple(ledger.values()),
        {question: tuple(given.values()) for question, given in answers.items()},
        tuple(probes.values()),
    )
