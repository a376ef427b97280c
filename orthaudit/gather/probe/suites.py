"""Versions and suites out of what was accepted and refused, suite by suite.

Whoever asked (sslyze's suite commands today) hands over `Asked`; a connection that broke is not a refusal, so
that it makes its version inconclusive, never `rejected`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

VERSIONS = ("SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3")

REFUSALS = ("TLS alert:", "TLS error:", "Server returned wrong certificate type")
"""How the texts begin that stand for the server's own refusal; any other text is a transport failure."""


@dataclass(frozen=True)
class Asked:
    """One version as asked: IANA names accepted, and how often each text came back for the others."""

    accepted: tuple[str, ...]
    refusals: Mapping[str, int]

    @property
    def broken(self) -> int:
        """How many suites were not answered by the server itself."""
        return sum(count for text, count in self.refusals.items() if not text.startswith(REFUSALS))


@dataclass(frozen=True)
class Suites:
    """The contract's `versions`, `suites`, `suites_complete`; `healthy`: every question was answered."""

    versions: Mapping[str, str]
    accepted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: Mapping[str, bool] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    healthy: bool = False

    def with_seen(self, versions: set[str]) -> Suites:
        """The same, with versions that a handshake of our own proved to be accepted."""
        new = [version for version in VERSIONS if version in versions and version not in self.accepted]
        return replace(
            self,
            versions={**self.versions, **dict.fromkeys(new, "accepted")},
            accepted={**self.accepted, **dict.fromkeys(new, ())},
            complete={**self.complete, **dict.fromkeys(new, False)},
            doubts=(
                *self.doubts,
                *(f"{version}: accepted in a handshake, its suites were not told" for version in new),
            ),
        )


def not_asked(why: str) -> Suites:
    """Every version inconclusive, for this reason."""
    return Suites(dict.fromkeys(VERSIONS, "inconclusive"), doubts=(f"versions and suites: {why}",))


def judge(asked: Mapping[str, Asked | str], highest: str | None) -> Suites:
    """`asked` by version: what came back, or the text of why the question itself failed.

    `highest`: the newest version that the asker met before it began, a contradiction where none is accepted.
    """
    if highest is not None and not accepted_in(asked.get(highest)):
        return not_asked(f"{highest} was spoken, but none of its suites was accepted when asked one by one")
    if not any(accepted_in(answer) for answer in asked.values()):
        return not_asked("nothing was accepted in any version: the question may lack what the server wants")
    versions, accepted, complete, doubts = {}, {}, {}, []
    for version in VERSIONS:
        answer = asked.get(version, "not asked")
        if isinstance(answer, str):
            versions[version] = "inconclusive"
            doubts.append(f"{version}: {answer}")
            continue
        if answer.broken:
            doubts.append(f"{version}: {answer.broken} suites were not answered: {transport_texts(answer)}")
        if answer.accepted:
            versions[version] = "accepted"
            accepted[version], complete[version] = answer.accepted, not answer.broken
        else:
            versions[version] = "inconclusive" if answer.broken else "rejected"
    return Suites(versions, accepted, complete, tuple(doubts), healthy=not doubts)


def accepted_in(answer: Asked | str | None) -> bool:
    """Whether any suite was accepted."""
    return isinstance(answer, Asked) and bool(answer.accepted)


def transport_texts(answer: Asked) -> str:
    """The texts of the transport failures, for a doubt."""
    return "; ".join(sorted(text for text in answer.refusals if not text.startswith(REFUSALS)))
