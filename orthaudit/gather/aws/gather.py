"""The AWS half of a live scan: who is asked, what is asked, and the snapshot of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from orthaudit.evidence import LedgerLine, LedgerStatus, Scope, Snapshot
from orthaudit.gather.aws.accounts import Wanted, enter, identify_caller
from orthaudit.gather.aws.calls import plan
from orthaudit.gather.aws.collect import Collector, Entrance, Notebook
from orthaudit.gather.aws.session import Manner, Sessions


class Gathering:
    """Asks AWS for what the rules need. What was seen so far can be taken at any time, an interrupt included."""

    def __init__(
        self,
        manner: Manner,
        wanted: Wanted,
        operations: Iterable[str],
        declared: Mapping[str, str | None],
        version: str,
        on_call: Callable[[str, str, str], None] = lambda account, region, call: None,
    ) -> None:
        self._manner = manner
        self._wanted = wanted
        self._plan = plan(operations)
        self._declared = declared
        self._version = version
        self._on_call = on_call
        self._notebook = Notebook()
        self._entrances: list[Entrance] = []
        self._scope = Scope()

    def run(self) -> None:
        """Ask. Raises `NoCredentials` before anything was asked, and whatever interrupts it."""
        sessions = Sessions(self._manner)
        caller = identify_caller(sessions, self._notebook)
        self._entrances, places = enter(sessions, self._notebook, self._wanted, caller)
        self._scope = Scope(
            tuple(dict.fromkeys(account for account, _ in places)),
            tuple(dict.fromkeys(region for _, region in places)),
            tuple(places),
            "live",
            caller[1] if caller else None,
        )
        collector = Collector(sessions, self._notebook, self._declared, self._on_call)
        collector.collect(self._entrances, self._plan)

    def snapshot(self) -> Snapshot:
        """What was seen, and a line for every question that was not asked because the scan was interrupted."""
        ledger = list(self._notebook.ledger)
        asked = {(line.account, line.region, line.call) for line in ledger}
        ledger += [
            LedgerLine(
                entrance.account,
                region,
                call.service,
                call.operation,
                LedgerStatus.SKIPPED,
                "the scan was interrupted before it was asked",
            )
            for entrance in self._entrances
            for region in entrance.regions
            for call in self._plan
            if not call.each and (entrance.account, region, call.id) not in asked
        ]
        ledger.sort(key=lambda one: (one.account or "", one.region or "", one.call, one.parameters))
        answers = {
            key: tuple(sorted(answers, key=lambda one: str(sorted(one.parameters.items()))))
            for key, answers in self._notebook.answers.items()
        }
        return Snapshot(self._version, datetime.now(UTC), self._scope, tuple(ledger), answers)
