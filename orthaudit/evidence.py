"""What was seen and what could not be seen: the ledger, the answers, the probes.

A `Snapshot` is the only thing that later steps read. AWS answers are kept raw, each beside the question it
answers; every question leaves a line in the ledger, whether it was answered or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias, TypeVar

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Structure: TypeAlias = "dict[str, Json]"

T = TypeVar("T")


class UnknownCode(StrEnum):
    """Why something could not be seen (contract: codes of `unknown`)."""

    DENIED = "denied"
    FAILED = "failed"
    ABSENT = "absent"
    NOT_PROBED = "not_probed"
    KNOWN_AFTER_APPLY = "known_after_apply"
    NOT_MODELLED = "not_modelled"
    NOT_DECLARED = "not_declared"
    OUT_OF_WINDOW = "out_of_window"
    NO_WORKER = "no_worker"


@dataclass(frozen=True, slots=True)
class Unobserved:
    """A fact that could not be seen; never the same as a fact that is empty or false.

    `needs` names what would have to be seen, as the reader would look for it: an operation, a key of the
    configuration, a host and port. `where` is the account and region whose answer is missing.
    """

    code: UnknownCode
    why: str
    needs: tuple[str, ...] = ()
    where: tuple[str, str] | None = None


class NotObserved(Exception):
    """Raised by `need` for a fact that could not be seen."""

    def __init__(self, missing: Unobserved) -> None:
        super().__init__(missing.why)
        self.missing = missing


def need(fact: T | Unobserved) -> T:
    """The fact itself. Raises `NotObserved` where it could not be seen: the finding is then `unknown`."""
    if isinstance(fact, Unobserved):
        raise NotObserved(fact)
    return fact


class LedgerStatus(StrEnum):
    """What became of a question (contract: `coverage`)."""

    OK = "ok"
    DENIED = "denied"
    FAILED = "failed"
    SKIPPED = "skipped"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One question and what became of it. `reason` is empty for `ok`."""

    account: str | None
    region: str | None
    service: str
    operation: str
    status: LedgerStatus
    reason: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def call(self) -> str:
        """The question as rules name it: `ec2.DescribeVpcs`."""
        return f"{self.service}.{self.operation}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of AWS beside its question; pages are joined."""

    parameters: Structure
    response: Structure


AnswerKey: TypeAlias = "tuple[str, str, str]"
"""Account, region, call: `("111122223333", "ca-central-1", "ec2.DescribeVpcs")`."""


@dataclass(frozen=True)
class Scope:
    """What was asked about. `source` is the contract's `scan.scope.source`."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    """The (account, region) pairs that were asked, in order."""
    source: str = "live"
    caller: str | None = None


def identify(parameters: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    """The question's parameters as a sorted, hashable value."""
    return tuple(
        sorted((name, value if isinstance(value, str) else json.dumps(value, sort_keys=True))
               for name, value in parameters.items())
    )  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """All that was seen, and all that could not be seen. `taken_at` is when gathering ended, in UTC."""

    tool_version: str
    taken_at: datetime
    scope: Scope = field(default_factory=Scope)
    ledger: tuple[LedgerLine, ...] = ()
    answers: Mapping[AnswerKey, tuple[Answer, ...]] = field(default_factory=dict)
    probes: tuple[Structure, ...] = ()
    """DICOM listeners as probed (contract), each with `chain`: the certificates that were sent, in PEM."""

    @cached_property
    def _lines(self) -> dict[AnswerKey, dict[tuple[tuple[str, str], ...], LedgerLine]]:
        lines: dict[AnswerKey, dict[tuple[tuple[str, str], ...], LedgerLine]] = {}
        for line in self.ledger:
            key = (line.account or "", line.region or "", line.call)
            lines.setdefault(key, {})[line.parameters] = line
        return lines

    @cached_property
    def unanswered(self) -> tuple[LedgerLine, ...]:
        """Every question that has no answer."""
        return tuple(line for line in self.ledger if line.status is not LedgerStatus.OK)

    @cached_property
    def _shut(self) -> dict[str, LedgerLine]:
        """Accounts that could not be entered, or whose regions could not be told."""
        return {line.account: line for line in self.unanswered if line.region is None and line.account is not None}

    @cached_property
    def _by_parameters(self) -> dict[AnswerKey, dict[tuple[tuple[str, str], ...], Answer]]:
        return {
            key: {identify(answer.parameters): answer for answer in answers} for key, answers in self.answers.items()
        }

    def answer(
        self, account: str, region: str, call: str, parameters: Mapping[str, Json] | None = None
    ) -> Structure | Unobserved:
        """The answer to one question, or why there is none.

        Questions are matched by their own parameters; fixed ones (filters, page sizes) are no part of them.
        """
        key = (account, region, call)
        wanted = identify(parameters or {})
        found = self._by_parameters.get(key, {}).get(wanted)
        if found is not None:
            return found.response
        lines = self._lines.get(key, {})
        line = lines.get(wanted) or lines.get(()) or self._shut.get(account)
        return unobserved(line, account, region, call, dict(wanted))

    def with_probes(self, probes: Iterable[Structure], taken_at: datetime) -> Snapshot:
        """The same evidence and what the probes saw."""
        return Snapshot(self.tool_version, taken_at, self.scope, self.ledger, self.answers, (*self.probes, *probes))


def unobserved(
    line: LedgerLine | None, account: str, region: str, call: str, parameters: Mapping[str, str]
) -> Unobserved:
    """Why a question has no answer, told from its line in the ledger."""
    asked = "".join(f" {name}={value}" for name, value in parameters.items())
    needs: tuple[str, ...] = (f"{call}{asked} in {account}/{region}",)
    where = (account, region)
    if line is None or line.status in (LedgerStatus.SKIPPED, LedgerStatus.ABSENT, LedgerStatus.OK):
        reason = line.reason if line is not None and line.reason else "not in the evidence"
        return Unobserved(UnknownCode.ABSENT, f"{call}{asked}: {reason}", needs, where)
    code = UnknownCode.DENIED if line.status is LedgerStatus.DENIED else UnknownCode.FAILED
    if line.call != call:  # the account was not entered
        needs = (f"{line.call} for {account}", *needs)
        return Unobserved(code, f"{call}: {line.call} for {account}: {line.reason}", needs, where)
    return Unobserved(code, f"{call}{asked}: {line.reason}", needs, where)
