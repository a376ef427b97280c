"""A plan or state file as a snapshot.

`terraform show -json` writes both. What a plan creates is taken to succeed; what it deletes is gone; what is
known only after apply is marked so. Account and region are told by data sources, providers and ARNs; where
nothing tells them they are `terraform` and `unknown`.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

from orthaudit.evidence import Answer, AnswerKey, LedgerLine, LedgerStatus, Scope, Snapshot, Structure, identify
from orthaudit.gather.aws.calls import CALLS
from orthaudit.gather.terraform.answers import EACH, LISTS, answers
from orthaudit.gather.terraform.document import Document, Resource
from orthaudit.gather.terraform.places import Places
from orthaudit.gather.terraform.references import References
from orthaudit.gather.terraform.view import View

SHOW: Final = "write it with `terraform show -json FILE`"
DO_NOT_SAY: Final = "a plan does not say"


class TerraformError(Exception):
    """A file that cannot be judged: one line that names the file, what is wrong, and what to do."""


def read_terraform(path: Path, version: str, now: datetime) -> Snapshot:
    """The snapshot of a plan or state. `version`: of the tool; `now`: the snapshot's time. Raises `TerraformError`."""
    content = _content(path)
    try:
        return _snapshot(path, Document(content), version, now)
    except RecursionError:
        raise TerraformError(f"{path}: is nested too deeply to be a plan of Terraform") from None


def _content(path: Path) -> Structure:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TerraformError(f"{path}: cannot be read: {error.strerror}") from None
    if raw.startswith(b"PK"):
        raise TerraformError(f"{path}: is a binary plan; {SHOW}")
    try:
        content = json.loads(raw)
    except RecursionError:
        raise TerraformError(f"{path}: is nested too deeply to be a plan of Terraform") from None
    except ValueError as error:
        if raw.lstrip().startswith(b'{"@level"'):
            raise TerraformError(f"{path}: is the log of `terraform plan -json`, not a plan; {SHOW}") from None
        raise TerraformError(f"{path}: is not JSON, it may be cut off ({_where(error)}); {SHOW}") from None
    if not isinstance(content, dict):
        raise TerraformError(f"{path}: holds no plan or state of Terraform; {SHOW}")
    _check(path, content)
    return content


def _where(error: ValueError) -> str:
    """Where it ends to be JSON; never what stands there."""
    return f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "not text"


def _check(path: Path, content: Structure) -> None:
    if "version" in content and "format_version" not in content:
        raise TerraformError(f"{path}: is a raw state file; {SHOW.replace(' FILE', '')} where the state is")
    written = content.get("format_version")
    if not isinstance(written, str):
        raise TerraformError(f"{path}: holds no plan or state of Terraform (no format_version); {SHOW}")
    if written.split(".")[0] != "1":
        raise TerraformError(f"{path}: has format_version {written[:20]!r}; only 1.x is understood")
    if content.get("errored"):
        raise TerraformError(f"{path}: the plan ended in errors and is not whole; plan again without them")
    if "values" in content:
        _demand(path, content, "values")
    else:
        for part in ("planned_values", "configuration"):
            _demand(path, content, part)
        if not isinstance(content.get("resource_changes", []), list):
            raise TerraformError(f"{path}: resource_changes is no list; {SHOW}")


def _demand(path: Path, content: Structure, part: str) -> None:
    inner = content.get(part)
    if not isinstance(inner, dict) or not isinstance(inner.get("root_module"), dict):
        raise TerraformError(f"{path}: holds no {part}, it may be cut off or empty; {SHOW}")


def _snapshot(path: Path, document: Document, version: str, now: datetime) -> Snapshot:
    places = Places(document)
    by_place: dict[tuple[str, str], list[Resource]] = {}
    for resource in document.resources:
        if resource.type.startswith("aws_"):
            by_place.setdefault(places.of(resource), []).append(resource)
    if not by_place:
        raise TerraformError(f"{path}: holds no resource of AWS")
    references = References(document)
    ledger: list[LedgerLine] = []
    found: dict[AnswerKey, list[Answer]] = {}
    for place, resources in by_place.items():
        for call, answer in answers(View(document, references, place, resources)):
            found.setdefault((*place, call), []).append(answer)
            row, parameters = CALLS[call], identify(answer.parameters)
            ledger.append(LedgerLine(*place, row.service, row.operation, LedgerStatus.OK, "", parameters))
        ledger += [
            LedgerLine(*place, call.service, call.operation, LedgerStatus.ABSENT, DO_NOT_SAY)
            for call in CALLS.values()
            if call.id not in LISTS and call.id not in EACH and not call.global_service
        ]
    accounts, regions = (tuple(dict.fromkeys(place[part] for place in by_place)) for part in (0, 1))
    scope = Scope(accounts, regions, tuple(by_place), "terraform")
    return Snapshot(version, now, scope, tuple(ledger), {key: tuple(given) for key, given in found.items()})
