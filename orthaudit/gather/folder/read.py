"""A folder of AWS CLI output as a snapshot: what a cloud team hands over that gives no role.

Files lie at any depth, under optional `[accounts/<account>/]<region>/` folders. An answer is recognised by
the keys inside; where a key could be two operations', by the CLI command's name in the file's name. An id
that the answer does not carry stands behind underscores in the file's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from orthaudit.evidence import (
    Answer,
    AnswerKey,
    LedgerLine,
    LedgerStatus,
    Scope,
    Snapshot,
    Structure,
    identify,
)
from orthaudit.gather.aws.calls import CALLS, Call
from orthaudit.gather.aws.redact import redacted
from orthaudit.gather.folder.places import UNKNOWN, named_place, told_place
from orthaudit.gather.folder.recognise import GROUPED, asked, calls, carried

GLOBAL_SERVICES: Final = frozenset({"sts", "organizations"})


class FolderError(Exception):
    """A folder that cannot be judged: one line that names the file and what is wrong."""


@dataclass
class _Reading:
    """What was read so far."""

    answers: dict[tuple[str, str, str], dict[tuple[tuple[str, str], ...], Answer]] = field(default_factory=dict)
    open_pages: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], bool] = field(default_factory=dict)
    """Whether every file of an answer so far has a token for more."""
    later: list[tuple[tuple[str, str], Call, Structure, Path]] = field(default_factory=list)
    """Answers whose id stands in the file's name, to be told when all ids are known."""
    probes: list[Structure] = field(default_factory=list)
    not_understood: list[Path] = field(default_factory=list)

    def given(self, place: tuple[str, str], call: str) -> list[Structure]:
        """The answers to an operation so far."""
        return [answer.response for answer in self.answers.get((*place, call), {}).values()]


def read_folder(folder: Path, version: str, now: datetime) -> tuple[Snapshot, tuple[str, ...]]:
    """The snapshot, and the files that were not understood. `now`: the snapshot's time. Raises `FolderError`."""
    reading = _Reading()
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    for path in files:
        if path.suffix == ".json":
            _read_file(folder, path, reading)
        else:
            reading.not_understood.append(path)
    for place, call, response, path in reading.later:
        parameters = asked(call, path, partial(reading.given, place))
        if parameters is None:
            reading.not_understood.append(path)
        else:
            _keep(reading, place, call, parameters, response)
    if not reading.answers and not reading.probes:
        raise FolderError(f"{folder}: holds nothing that is recognised: no snapshot and no output of the AWS CLI")
    names = tuple(str(path.relative_to(folder)) for path in dict.fromkeys(reading.not_understood))
    return _snapshot(reading, names, version, now), names


def _read_file(folder: Path, path: Path, reading: _Reading) -> None:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise FolderError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise FolderError(f"{path}: is not JSON, it may be cut off: {error}") from None
    place = named_place(path.relative_to(folder))
    found = False
    for one in content if isinstance(content, list) else [content]:
        if isinstance(one, dict):
            found = _read_one(place, path, one, reading) or found
    if not found:
        reading.not_understood.append(path)


def _read_one(place: tuple[str, str], path: Path, content: dict[str, Any], reading: _Reading) -> bool:
    if {"host", "port", "speaks"} <= content.keys():
        reading.probes.append(content)
        return True
    parameters, response = content.get("parameters"), content.get("response")
    if isinstance(parameters, dict) and isinstance(response, dict):
        call = next(iter(calls(path, response)), None)
        if call is not None:
            own = {each.parameter for each in call.each}
            mine = {name: value for name, value in parameters.items() if name in own}
            _keep(reading, place, call, mine, response)
        return call is not None
    found = _read_grouped(place, content, reading)
    answered = list(calls(path, content))
    for call in answered:
        mine = content if len(answered) == 1 else {key: content[key] for key in call.keys if key in content}
        if not call.each:
            _keep(reading, place, call, {}, mine)
        elif (parts := carried(call, mine)) is not None:
            for parameters, part in parts:
                _keep(reading, place, call, parameters, part)
        else:
            reading.later.append((place, call, mine, path))
        found = True
    return found


def _read_grouped(place: tuple[str, str], content: Mapping[str, Any], reading: _Reading) -> bool:
    found = False
    for key, (name, parameter, answer) in GROUPED.items():
        items = content.get(key)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and isinstance(item.get(parameter), str) and isinstance(item.get(answer), list):
                _keep(reading, place, CALLS[name], {parameter: item[parameter]}, {answer: item[answer]})
        found = found or isinstance(items, list)
    return found


def _keep(reading: _Reading, place: tuple[str, str], call: Call, parameters: Structure, response: Structure) -> None:
    """Keep an answer; one that is there already is another page of it."""
    key = identify(parameters)
    pages = reading.answers.setdefault((*place, call.id), {})
    before = pages.get(key)
    clean = redacted(response)
    if before is not None:
        for member in call.keys:
            one, other = before.response.get(member), clean.get(member)
            if isinstance(one, list) and isinstance(other, list):
                clean = {**clean, member: [*one, *(item for item in other if item not in one)]}
    more = bool(response.get("NextToken") or response.get("nextToken"))
    was_open = reading.open_pages.get((*place, call.id, key), True)
    reading.open_pages[(*place, call.id, key)] = was_open and more
    pages[key] = Answer(parameters, clean)


def _snapshot(reading: _Reading, not_understood: Iterable[str], version: str, now: datetime) -> Snapshot:
    moved = _placed(reading)
    places = sorted({(account, region) for account, region, call in moved if _is_regional(call)})
    places = places or sorted({(account, region) for account, region, _ in moved})
    ledger: list[LedgerLine] = []
    answers: dict[AnswerKey, tuple[Answer, ...]] = {}
    for key, kept in moved.items():
        account, region, name = key
        call = CALLS[name]
        whole = []
        for question, (answer, half) in kept.items():
            if half:
                reason = "partial: the answer ends with a token for more pages"
                ledger.append(_line(account, region, call, LedgerStatus.FAILED, reason, question))
            else:
                whole.append(answer)
                ledger.append(_line(account, region, call, LedgerStatus.OK, "", question))
        if whole:
            answers[key] = tuple(whole)
    for account, region in places:
        for name, call in CALLS.items():
            if (account, region, name) not in moved and call.service not in GLOBAL_SERVICES:
                ledger.append(_line(account, region, call, LedgerStatus.ABSENT, "no file answers it", ()))
    ledger += [
        LedgerLine(None, None, "folder", "read", LedgerStatus.SKIPPED, f"{name}: not understood")
        for name in not_understood
    ]
    scope = Scope(
        tuple(dict.fromkeys(account for account, _ in places)),
        tuple(dict.fromkeys(region for _, region in places)),
        tuple(places),
        "folder",
    )
    return Snapshot(version, now, scope, tuple(ledger), answers, tuple(reading.probes))


def _is_regional(name: str) -> bool:
    return CALLS[name].service not in GLOBAL_SERVICES


def _placed(reading: _Reading) -> dict[AnswerKey, dict[tuple[tuple[str, str], ...], tuple[Answer, bool]]]:
    """Every answer in its account and region: of those whose folder names none, what the content says."""
    account, region = told_place(
        (key, answer.response) for key, kept in reading.answers.items() for answer in kept.values()
    )
    placed: dict[AnswerKey, dict[tuple[tuple[str, str], ...], tuple[Answer, bool]]] = {}
    for (of_account, of_region, name), kept in reading.answers.items():
        key = (of_account if of_account != UNKNOWN else account, of_region if of_region != UNKNOWN else region, name)
        for question, answer in kept.items():
            half = reading.open_pages[of_account, of_region, name, question]
            placed.setdefault(key, {})[question] = (answer, half)
    return placed


def _line(
    account: str, region: str, call: Call, status: LedgerStatus, reason: str, asked: tuple[tuple[str, str], ...]
) -> LedgerLine:
    return LedgerLine(account, region, call.service, call.operation, status, reason, asked)
