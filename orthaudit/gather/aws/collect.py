"""Ask AWS what the plan says, and write down each answer or why there is none."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's own)
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from orthaudit.evidence import Answer, AnswerKey, Json, LedgerLine, LedgerStatus, Structure, identify
from orthaudit.gather.aws.calls import Call, Paging, depth
from orthaudit.gather.aws.questions import questions
from orthaudit.gather.aws.redact import redacted
from orthaudit.gather.aws.session import Sessions
from orthaudit.gather.workers import run_all

DENIED = re.compile(
    r"AccessDenied|Unauthorized|AuthFailure|Forbidden|NotAuthorized|ExpiredToken|InvalidClientTokenId|"
    r"UnrecognizedClient|SignatureDoesNotMatch|AllAccessDisabled"
)
THROTTLED = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|RequestThrottled")
UNSUPPORTED = re.compile(r"InvalidAction|UnsupportedOperation|UnknownOperation|OptInRequired|NotSupported")
ANSWERED_EMPTY = frozenset({"NoSuchBucketPolicy"})
"""Errors that are an answer: there is none of what was asked for."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """An account that was entered, and the regions of it to ask."""

    account: str
    session: Any
    regions: tuple[str, ...]


class Notebook:
    """What was asked and answered so far; written by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.ledger: list[LedgerLine] = []
        self.answers: dict[AnswerKey, list[Answer]] = {}

    def line(
        self, place: tuple[str, str], call: Call, status: LedgerStatus, reason: str, parameters: Mapping[str, Json]
    ) -> None:
        """Write down what became of a question."""
        line = LedgerLine(*place, call.service, call.operation, status, reason, identify(parameters))
        with self._lock:
            self.ledger.append(line)

    def answer(self, place: tuple[str, str], call: Call, parameters: Structure, response: Structure) -> None:
        """Keep an answer beside its question."""
        with self._lock:
            self.answers.setdefault((*place, call.id), []).append(Answer(parameters, response))
        self.line(place, call, LedgerStatus.OK, "", parameters)

    def given(self, place: tuple[str, str], call: str) -> list[Answer]:
        """The answers to an operation so far."""
        with self._lock:
            return list(self.answers.get((*place, call), ()))

    def first_failure(self, place: tuple[str, str], call: str) -> LedgerLine | None:
        """The line of a question of this operation that has no answer."""
        with self._lock:
            return next(
                (
                    line
                    for line in self.ledger
                    if (line.account, line.region, line.call) == (*place, call) and line.status is not LedgerStatus.OK
                ),
                None,
            )


class Collector:
    """Asks the calls of a plan in every account and region. `on_call` is told of each question before it is asked."""

    def __init__(
        self,
        sessions: Sessions,
        notebook: Notebook,
        declared: Mapping[str, str | None],
        on_call: Callable[[str, str, str], None] = lambda account, region, call: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._notebook = notebook
        self._declared = declared
        self._on_call = on_call
        self._clock = clock
        self._clients: dict[tuple[str, str, str], Any] = {}

    def collect(self, entrances: Sequence[Entrance], plan: Sequence[Call]) -> None:
        """Ask one account after the other, each within its own deadline.

        Within an account: level by level, parents before children, in parallel over regions and operations.
        """
        asked = frozenset(call.id for call in plan)
        for entrance in entrances:
            end = self._clock() + self._sessions.manner.account_deadline
            self._make_clients(entrance, plan)
            for level in sorted({depth(call.id) for call in plan}):
                run_all(
                    (
                        partial(self._ask_all, entrance.account, region, call, asked, end)
                        for call in plan
                        if depth(call.id) == level
                        for region in entrance.regions
                    ),
                    self._sessions.manner.threads,
                )

    def _make_clients(self, entrance: Entrance, plan: Sequence[Call]) -> None:
        self._clients = {
            (entrance.account, region, service): self._sessions.client(entrance.session, service, region)
            for region in entrance.regions
            for service in dict.fromkeys(call.service for call in plan)
        }

    def _ask_all(self, account: str, region: str, call: Call, asked: frozenset[str], end: float) -> None:
        place = (account, region)
        for parent in call.parents:
            failed = self._notebook.first_failure(place, parent) if parent in asked else None
            if failed is not None:
                reason = f"{parent} was not answered: {failed.reason}"
                self._notebook.line(place, call, failed.status, reason, {})
        for parameters in self._questions(place, call, asked):
            if self._clock() > end:
                reason = f"timed out: {self._sessions.manner.account_deadline:g} s for the account are over"
                self._notebook.line(place, call, LedgerStatus.FAILED, reason, parameters)
            else:
                self._ask(place, call, parameters)

    def _questions(self, place: tuple[str, str], call: Call, asked: frozenset[str]) -> Iterator[Structure]:
        def given(parent: str) -> list[Structure]:
            answers = self._notebook.given(place, parent) if parent in asked else []
            return [answer.response for answer in answers]

        return questions(call, given, self._declared)

    def _ask(self, place: tuple[str, str], call: Call, parameters: Structure) -> None:
        self._on_call(*place, call.id)
        client = self._clients[(*place, call.service)]
        pages = 0
        response: Structure = {}
        try:
            for page in _pages(client, call, parameters):
                pages += 1
                _join(response, page, call.keys)
        except (ClientError, BotoCoreError, HTTPClientError) as error:
            status, reason = explain(error)
            if status is LedgerStatus.OK:
                self._notebook.answer(place, call, parameters, {})
                return
            half = f"partial: page {pages + 1}: " if pages else ""
            self._notebook.line(place, call, status, half + reason, parameters)
        except Exception as error:  # an answer that botocore cannot read must not end the scan
            self._notebook.line(place, call, LedgerStatus.FAILED, f"{type(error).__name__}: {error}", parameters)
        else:
            shape = client.meta.service_model.operation_model(call.operation).output_shape
            self._notebook.answer(place, call, parameters, redacted(response, shape))


def _pages(client: Any, call: Call, parameters: Structure) -> Iterator[Structure]:
    method = _snake(call.operation)
    arguments: dict[str, Any] = {**call.parameters, **parameters}
    if call.paging is Paging.PAGINATOR:
        config = {"PageSize": call.page_size} if call.page_size else {}
        for page in client.get_paginator(method).paginate(**arguments, PaginationConfig=config):
            yield jsonable(page)
        return
    if call.paging is Paging.ONCE:
        yield jsonable(getattr(client, method)(**arguments))
        return
    lower = call.service == "directconnect"
    token, limit = ("nextToken", "maxResults") if lower else ("NextToken", "MaxResults")
    arguments[limit] = call.page_size
    while True:
        page = jsonable(getattr(client, method)(**arguments))
        yield page
        following = page.get(token)
        if not following:
            return
        arguments[token] = following


def _join(whole: Structure, page: Structure, keys: tuple[str, ...]) -> None:
    for name, value in page.items():
        if name in ("ResponseMetadata", "NextToken", "nextToken", "NextMarker", "Marker"):
            continue
        before = whole.get(name)
        if name in keys and isinstance(before, list) and isinstance(value, list):
            before.extend(value)
        else:
            whole[name] = value


def jsonable(value: Any) -> Any:
    """What botocore parsed, as JSON holds it: times in RFC 3339, bytes in base 64."""
    if isinstance(value, dict):
        return {key: jsonable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [jsonable(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def explain(error: Exception) -> tuple[LedgerStatus, str]:
    """What a failed question becomes in the ledger: its status, and a reason that tells the cases apart."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "Unknown"))
        message = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())[:200]
        attempts = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) + 1
        if code in ANSWERED_EMPTY:
            return LedgerStatus.OK, ""
        if DENIED.search(code):
            return LedgerStatus.DENIED, f"{code}: {message}"
        if THROTTLED.search(code):
            return LedgerStatus.FAILED, f"throttled: {code}, {attempts} attempts"
        if UNSUPPORTED.search(code):
            return LedgerStatus.FAILED, f"not offered in this region: {code}"
        return LedgerStatus.FAILED, f"{code}: {message}"
    if isinstance(error, (ReadTimeoutError, ConnectTimeoutError)):
        return LedgerStatus.FAILED, "timed out: no answer within the time allowed"
    if isinstance(error, (EndpointConnectionError, ConnectionError)):
        return LedgerStatus.FAILED, f"unreachable: {error}"
    return LedgerStatus.FAILED, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _snake(operation: str) -> str:
    """boto3's method name: `DescribeSSLPolicies` → `describe_ssl_policies`."""
    from botocore import xform_name

    return str(xform_name(operation))
