"""What to ask an operation for: the ids that its parents' answers name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import jmespath

from orthaudit.evidence import Structure, identify
from orthaudit.gather.aws.calls import Call, Each


def questions(
    call: Call, given: Callable[[str], Iterable[Structure]], declared: Mapping[str, str | None]
) -> Iterator[Structure]:
    """The parameters of every question, each once. `given`: the answers to an operation so far, by its name."""
    known: list[Structure] = [{}]
    for each in call.each:
        known = [
            {**before, each.parameter: value} for before in known for value in _values(each, before, given, declared)
        ]
    yield from {identify(one): one for one in known}.values()


def _values(
    each: Each,
    before: Structure,
    given: Callable[[str], Iterable[Structure]],
    declared: Mapping[str, str | None],
) -> Iterator[str]:
    if each.declared is not None:
        value = declared.get(each.declared)
        if value:
            yield value
    for parent, expression in each.found:
        for response in given(parent):
            found = jmespath.search(expression.format(**before) if before else expression, response) or ()
            yield from (value for value in found if isinstance(value, str))
