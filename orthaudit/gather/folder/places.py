"""Which account and region an answer belongs to."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from orthaudit.evidence import AnswerKey, Structure

REGION: Final = r"[a-z]{2}(?:-[a-z]+)+-\d"
ACCOUNT: Final = r"\d{12}"
UNKNOWN: Final = "unknown"

_OWNERS: Final = re.compile(
    rf'"(?:OwnerId|ownerAccount|AwsAccountId)": "({ACCOUNT})"|arn:[^:"]*:[^:"]*:[^:"]*:({ACCOUNT}):'
)
_REGIONS: Final = re.compile(
    rf'"(?:region|AwsRegion)": "({REGION})"|arn:[^:"]*:[^:"]*:({REGION}):|"AvailabilityZone": "({REGION})[a-z]"'
)


def named_place(relative: Path) -> tuple[str, str]:
    """Account and region as the folders `[accounts/<account>/]<region>/` name them."""
    folders = relative.parts[:-1]
    account = next((part for part in folders if re.fullmatch(ACCOUNT, part)), UNKNOWN)
    region = next((part for part in folders if re.fullmatch(REGION, part)), UNKNOWN)
    return account, region


def told_place(answers: Iterable[tuple[AnswerKey, Structure]]) -> tuple[str, str]:
    """The account and region of answers whose folders name none.

    The only ones that other folders name; else the caller's account, where it is there; else what the
    answers themselves name most often.
    """
    accounts: set[str] = set()
    regions: set[str] = set()
    owners: Counter[str] = Counter()
    named: Counter[str] = Counter()
    caller = None
    for (account, region, call), response in answers:
        accounts.add(account)
        regions.add(region)
        if call == "sts.GetCallerIdentity":
            caller = response.get("Account")
        if UNKNOWN in (account, region):
            text = json.dumps(response)
            owners.update(one or other for one, other in _OWNERS.findall(text))
            named.update(next(filter(None, found)) for found in _REGIONS.findall(text))
    return (
        _only(accounts) or (caller if isinstance(caller, str) else None) or _most(owners),
        _only(regions) or _most(named),
    )


def _only(names: set[str]) -> str | None:
    known = names - {UNKNOWN}
    return known.pop() if len(known) == 1 else None


def _most(counted: Counter[str]) -> str:
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return ranked[0][0] if ranked else UNKNOWN
