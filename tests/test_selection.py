"""Which rules are judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orthaudit.finding import Severity
from orthaudit.model.subject import Subject
from orthaudit.policy import POLICIES, Policy
from orthaudit.rule import AnyRule, Outcome, rule
from orthaudit.selection import SelectionError, select


class Group(Subject):
    """Of an account and region of AWS, whoever looks."""

    type = "security-group"


class WayIn(Subject):
    """Of AWS, and only with what a probe saw."""

    type = "way-in"
    probed = True


class Wire(Subject):
    """What a probe alone sees."""

    type = "dicom-listener"
    probed = True
    regional = False


class Declared(Subject):
    """What neither AWS nor a probe shows."""

    type = "proxy"
    regional = False


def made(name: str, on: type[Subject], severity: Severity, strict: Severity | None = None) -> AnyRule:
    @rule(name, says="A thing is so.", severity=severity, cites="the guide", fix="mend it", on=on, strict=strict)
    def judgement(subject: Subject, policy: Policy) -> Iterator[Outcome]:
        yield from ()

    return judgement


RULES = (
    made("client-vpn-cidr", Group, Severity.LOW, Severity.HIGH),
    made("client-vpn-logging", Group, Severity.MEDIUM),
    made("dicom-tls", Wire, Severity.CRITICAL),
    made("dicom-way", WayIn, Severity.HIGH, Severity.LOW),
    made("proxy-known", Declared, Severity.INFO),
)
CIDR, LOGGING, TLS, WAY, PROXY = ALL = [one.id for one in RULES]


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ({}, ALL),
        ({"only": [TLS]}, [TLS]),
        ({"only": ["client-vpn-*"]}, [CIDR, LOGGING]),
        ({"only": ["client-vpn-*", TLS]}, [CIDR, LOGGING, TLS]),
        ({"only": ["*-[cw]*"]}, [CIDR, WAY]),
        ({"skip": ["dicom-*"]}, [CIDR, LOGGING, PROXY]),
        ({"only": ["client-vpn-*"], "skip": [CIDR]}, [LOGGING]),
        ({"severity": Severity.INFO}, ALL),
        ({"severity": Severity.MEDIUM}, [LOGGING, TLS, WAY]),
        ({"severity": Severity.CRITICAL}, [TLS]),
        ({"no_aws": True}, [TLS, PROXY]),
        ({"no_probe": True}, [CIDR, LOGGING, PROXY]),
        ({"no_aws": True, "no_probe": True}, [PROXY]),
    ],
)
def test_rules_are_chosen(asked: dict[str, Any], chosen: list[str]) -> None:
    assert [one.id for one in select(RULES, POLICIES["guide"], **asked)] == chosen


@pytest.mark.parametrize(("policy", "chosen"), [("guide", [TLS, WAY]), ("strict", [CIDR, TLS])])
def test_a_severity_is_that_of_the_policy(policy: str, chosen: list[str]) -> None:
    assert [one.id for one in select(RULES, POLICIES[policy], severity=Severity.HIGH)] == chosen


@pytest.mark.parametrize("option", ["only", "skip"])
@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("dicom-tsl", "no rule has this id; did you mean dicom-tls?"),
        ("Dicom-TLS", "no rule has this id"),
        ("web-*", "no rule has this id; `orthaudit rules` lists them"),
        ("", "no rule has this id"),
    ],
)
def test_a_name_that_no_rule_has_is_refused(option: str, pattern: str, says: str) -> None:
    with pytest.raises(SelectionError) as raised:
        select(RULES, POLICIES["guide"], **{option: [TLS, pattern]})  # type: ignore[arg-type]  # one of two options
    assert str(raised.value).startswith(f"--{option} {pattern}: {says}")


@pytest.mark.parametrize("asked", [{"skip": ["*"]}, {"only": [TLS], "skip": [TLS]}, {"only": [CIDR], "no_aws": True}])
def test_no_rule_left_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(SelectionError, match="no rule is left to judge"):
        select(RULES, POLICIES["guide"], **asked)
