"""A connection that broke is not a refusal: what may be called `rejected`, and what is inconclusive."""

from __future__ import annotations

import pytest

from orthaudit.gather.probe.suites import VERSIONS, Asked, Suites, judge

REFUSED = Asked((), {"TLS alert: handshake failure": 20, "TLS alert: protocol version ": 1, "TLS error: x": 2})
RESET = "Server rejected the connection"


def versions(found: Suites, version: str = "TLS 1.0") -> str:
    return found.versions[version]


@pytest.mark.parametrize(
    ("answer", "verdict", "complete"),
    [
        (REFUSED, "rejected", None),
        (Asked((), {"Server returned wrong certificate type": 3}), "rejected", None),
        (Asked((), {"TLS alert: handshake failure": 20, RESET: 1}), "inconclusive", None),
        (Asked((), {"Server interrupted the TLS handshake": 5}), "inconclusive", None),
        (Asked((), {"Server closed the connection during the TLS handshake": 5}), "inconclusive", None),
        (Asked((), {"Connection to server timed out during the TLS handshake": 5}), "inconclusive", None),
        (Asked(("A",), {"TLS alert: handshake failure": 20}), "accepted", True),
        (Asked(("A",), {RESET: 1}), "accepted", False),
        ("the command failed", "inconclusive", None),
    ],
)
def test_one_version(answer: Asked | str, verdict: str, complete: bool | None) -> None:
    asked: dict[str, Asked | str] = {**dict.fromkeys(VERSIONS, REFUSED), "TLS 1.2": Asked(("B",), {})}
    found = judge({**asked, "TLS 1.0": answer}, "TLS 1.2")
    assert versions(found) == verdict
    assert found.complete.get("TLS 1.0") == complete
    assert found.healthy == (verdict == "rejected" or complete is True)
    assert found.healthy == (found.doubts == ())
    assert set(found.versions) == set(VERSIONS)


def test_the_newest_version_without_a_suite_is_a_contradiction() -> None:
    found = judge({**dict.fromkeys(VERSIONS, REFUSED), "TLS 1.2": Asked(("B",), {})}, "TLS 1.3")
    assert set(found.versions.values()) == {"inconclusive"}


def test_nothing_accepted_anywhere_is_no_good_news() -> None:
    found = judge(dict.fromkeys(VERSIONS, REFUSED), None)
    assert set(found.versions.values()) == {"inconclusive"}


def test_a_handshake_of_our_own_proves_its_version() -> None:
    found = judge(dict.fromkeys(VERSIONS, REFUSED), None).with_seen({"TLS 1.2"})
    assert (found.versions["TLS 1.2"], found.accepted["TLS 1.2"], found.complete["TLS 1.2"]) == ("accepted", (), False)
