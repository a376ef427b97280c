"""Which rules are judged: chosen by name, severity, and what the scan may look at."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from orthaudit.finding import Severity
from orthaudit.policy import Policy
from orthaudit.rule import AnyRule


class SelectionError(Exception):
    """A choice of rules that cannot be meant: one line that says which and why."""


def select(
    rules: Sequence[AnyRule],
    policy: Policy,
    *,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    severity: Severity | None = None,
    no_aws: bool = False,
    no_probe: bool = False,
) -> tuple[AnyRule, ...]:
    """The rules to judge. `only` and `skip` are ids or globs. Raises `SelectionError`."""
    only, skip = tuple(only), tuple(skip)
    for option, patterns in (("--only", only), ("--skip", skip)):
        for pattern in patterns:
            if not any(fnmatchcase(one.id, pattern) for one in rules):
                raise SelectionError(f"{option} {pattern}: no rule has this id{_meant(pattern, rules)}")
    chosen = tuple(
        one
        for one in rules
        if (not only or _any(one, only))
        and not _any(one, skip)
        and (severity is None or one.severity_under(policy) >= severity)
        and not (no_aws and one.on.regional)
        and not (no_probe and one.on.probed)
    )
    if not chosen:
        raise SelectionError("no rule is left to judge: --only, --skip, --severity, --no-aws and --no-probe together")
    return chosen


def _any(rule: AnyRule, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(rule.id, pattern) for pattern in patterns)


def _meant(pattern: str, rules: Sequence[AnyRule]) -> str:
    close = difflib.get_close_matches(pattern, [one.id for one in rules], n=1)
    return f"; did you mean {close[0]}?" if close else "; `orthaudit rules` lists them"
