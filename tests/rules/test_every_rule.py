"""What holds of every rule of the built-in pack: it is pure, exact about its subject, and never passes blind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Final, TypeAlias

import pytest
from hypothesis import given as suppose
from hypothesis import settings
from hypothesis import strategies as st

from orthaudit.evidence import Json, Structure
from orthaudit.finding import Finding, Severity, Status
from orthaudit.judge import judge
from orthaudit.model.estate import Estate
from tests.estates import DECLARED, ELSEWHERE, HERE, NETWORK, PROBED, RULES, SOUND, estate, findings, snapshot
from tests.structures import (
    NOW,
    Answers,
    Question,
    asked,
    balanced,
    bgp_peer,
    destination,
    endpoints,
    given,
    interface,
    listeners,
    of_endpoint,
    permission,
    probe,
    route,
    route_table,
    security_group,
    subnet,
    target_network,
    virtual_interface,
    vpc,
    vpn_connection,
)

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN

UNSOUND: Final[Answers] = {
    **SOUND,
    **given(
        "ec2.DescribeRouteTables",
        route_table("rtb-1", route("0.0.0.0/0", GatewayId="igw-1"), route("pl-1", GatewayId="vgw-1"), main=True),
        route_table("rtb-2", route("192.168.1.0/24", GatewayId="vgw-1"), subnets=["subnet-b"]),
    ),
    **given(
        "ec2.DescribeSecurityGroups",
        security_group("sg-dicom", permission(11112, "pl-1", "0.0.0.0/1"), permission(2762, "128.0.0.0/1")),
        security_group("sg-vpn", egress=[permission(11112, "10.0.9.0/24"), permission(443, "pl-1")]),
    ),
    **given(
        "ec2.DescribeNetworkInterfaces",
        interface("eni-1", "10.0.1.10", "sg-dicom", public="192.0.2.10", Attachment={"InstanceId": "i-1"}),
        interface("eni-2", "10.0.2.10", "sg-vpn", "sg-dicom", Attachment={"InstanceId": "i-1", "DeviceIndex": 1}),
    ),
    **given(
        "ec2.DescribeFlowLogs",
        {"FlowLogId": "fl-1", "ResourceId": "vpc-1", "TrafficType": "REJECT"},
        {"FlowLogId": "fl-2", "ResourceId": "eni-1", "TrafficType": "ALL"},
    ),
    **given("ec2.DescribeVpnConnections", vpn_connection("UP", "DOWN", ike=(("ikev1",), None))),
    **endpoints(SplitTunnel=False, AuthenticationOptions=[], ConnectionLogOptions={"Enabled": False}),
    **of_endpoint("TargetNetworks", target_network("subnet-a", "sg-vpn"), target_network("subnet-b", status="failed")),
    **of_endpoint("Routes", destination("0.0.0.0/0"), destination("192.168.0.0/16")),
    **of_endpoint(
        "AuthorizationRules", destination("0.0.0.0/1"), destination("128.0.0.0/1"), destination("10.0.9.0/24")
    ),
    **given("directconnect.DescribeConnections", {"connectionId": "dxcon-1", "connectionState": "down"}),
    **given(
        "directconnect.DescribeVirtualInterfaces",
        virtual_interface("dxvif-1", "private", bgp_peer("down"), bgp_peer()),
        virtual_interface("dxvif-2", "public", filters=("198.51.100.0/24", "52.0.0.0/8")),
    ),
    **listeners(balanced("HTTP"), balanced("TCP", name="listener-2"), balanced("TLS", name="listener-3")),
}
"""The same estate with nearly everything wrong."""

BAD_PROBES: Final[tuple[Structure, ...]] = (
    probe(speaks="dicom", plaintext="answered"),
    probe("pacs.example.org", 2762, vantage="clinic-a", versions={"TLS 1.0": "accepted"}, mutual_tls="not_required"),
    probe("pacs.example.org", 2762, vantage="ward", speaks="silence"),
    probe("gate.example.org", stands_for="i-1", address="198.51.100.77"),
)


def test_every_rule_passes_in_the_sound_estate() -> None:
    """So that each test of a failure and of an unknown shows its own change."""
    said = {rule: {one.status for one in findings(rule, SOUND, probes=PROBED, config=DECLARED)} for rule in RULES}
    assert said == {rule: {PASS} for rule in RULES}


def test_nearly_every_rule_fails_in_the_unsound_estate() -> None:
    failed = {one.rule for one in everything(UNSOUND, BAD_PROBES) if one.status is FAIL}
    assert set(RULES) - failed <= {"archive-in-scope", "client-vpn-certificate-expiry", "dicom-certificate-valid",
                                   "dicom-tls-no-broken-suite"}  # fmt: skip


Evidence: TypeAlias = "tuple[Answers, tuple[Structure, ...]]"


def everything(answers: Answers, probes: Iterable[Structure] = (), denied: Iterable[str] = ()) -> tuple[Finding, ...]:
    return judge(estate(answers, tuple(denied), tuple(probes), DECLARED), RULES.values())[0]


@pytest.mark.parametrize("estates", [(SOUND, PROBED), (UNSOUND, BAD_PROBES)], ids=["sound", "unsound"])
def test_ids_are_unique_and_remediations_formatted(estates: Evidence) -> None:
    found = everything(*estates)
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert "its template broke" not in one.remediation
        assert one.message
        assert one.evidence or one.status is Status.NOT_APPLICABLE


def gist(found: Iterable[Finding]) -> list[tuple[str, Status, Severity, str]]:
    """What must not depend on order."""
    codes = ((one, one.unknown.codes if one.unknown else ()) for one in found)
    return [(one.id, one.status, one.severity, ",".join(those)) for one, those in codes]


def shuffled(value: Json, random: Random) -> Json:
    """The same JSON with every list of structures in another order; lists of names are AWS's own order."""
    if isinstance(value, dict):
        return {name: shuffled(member, random) for name, member in value.items()}
    if isinstance(value, list):
        members = [shuffled(member, random) for member in value]
        if all(isinstance(member, dict) for member in members):
            random.shuffle(members)
        return members
    return value


@settings(max_examples=25, deadline=None)
@suppose(st.randoms(use_true_random=False), st.sampled_from([(SOUND, PROBED), (UNSOUND, BAD_PROBES)]))
def test_the_order_of_the_evidence_decides_nothing(random: Random, estates: Evidence) -> None:
    answers, probes = estates
    questions = list(answers)
    random.shuffle(questions)
    mixed: Answers = {}
    for question in questions:
        response = shuffled(answers[question], random)
        assert isinstance(response, dict)
        mixed[question] = response
    assert gist(everything(mixed, random.sample(probes, len(probes)))) == gist(everything(answers, probes))


STRANGERS: Final[Answers] = {
    **given("ec2.DescribeVpcs", vpc("vpc-9", "192.168.0.0/16")),
    **given("ec2.DescribeSubnets", subnet("subnet-9", "192.168.1.0/24", "euc1-az1", "vpc-9")),
    **given(
        "ec2.DescribeRouteTables",
        route_table("rtb-9", route("0.0.0.0/0", GatewayId="igw-9"), main=True, vpc_id="vpc-9"),
    ),
    **given("ec2.DescribeSecurityGroups", security_group("sg-9", permission(443, "0.0.0.0/0"), VpcId="vpc-9")),
    **given("ec2.DescribeNetworkInterfaces", interface("eni-9", "192.168.1.9", "sg-9", VpcId="vpc-9")),
}
"""A VPC that has nothing to do with the archive: public, and with the clients' addresses."""
NOTHING: Final[Answers] = {
    **given("ec2.DescribeVpcPeeringConnections"),
    **given("ec2.DescribeFlowLogs"),
    **given("ec2.DescribeVpnConnections"),
    **given("ec2.DescribeClientVpnEndpoints"),
    **given("directconnect.DescribeConnections"),
    **given("directconnect.DescribeVirtualInterfaces"),
    **given("elbv2.DescribeLoadBalancers"),
    **given("elbv2.DescribeTargetGroups"),
}


def joined(one: Answers, other: Answers) -> Answers:
    """Both answers to each question, the other's first."""
    both = dict(one)
    for question, response in other.items():
        for key, value in response.items():
            own = both.get(question, {}).get(key, [])
            assert isinstance(own, list)
            assert isinstance(value, list)
            both[question] = {key: [*value, *own]}
    return both


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("estates", [(SOUND, PROBED), (UNSOUND, BAD_PROBES)], ids=["sound", "unsound"])
def test_strangers_change_nothing(rule: str, estates: Evidence) -> None:
    """Another VPC beside it, with its own main table; another account and region."""
    answers, probes = estates
    own = findings(rule, answers, probes=probes, config=DECLARED)
    beside = findings(rule, joined(answers, STRANGERS), probes=probes, config=DECLARED)
    apart = findings(rule, answers, probes=probes, config=DECLARED, elsewhere=STRANGERS | NOTHING)

    assert [one for one in beside if one.subject.id != "sg-9"] == list(own)
    assert [one for one in apart if one.subject.account != ELSEWHERE[0]] == list(own)
    assert {one.status for one in apart if one.subject.account == ELSEWHERE[0]} <= {PASS, Status.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("rule", "operation"), [(rule.id, call) for rule in RULES.values() for call in rule.operations]
)
def test_an_answer_that_is_taken_away_mends_nothing(rule: str, operation: str) -> None:
    """No failure and no doubt becomes a pass; where the answer shows the subjects, they are not clean either."""
    for answers, probes in ((SOUND, PROBED), (UNSOUND, BAD_PROBES), (UNSOUND, ()), (NETWORK, ())):
        whole = {named(one): one for one in findings(rule, answers, probes=probes, config=DECLARED)}
        without = {asked(question)[0] for question in answers} - {operation}
        kept = {question: response for question, response in answers.items() if asked(question)[0] in without}
        denied = findings(rule, answers, [operation], probes, DECLARED)
        absent = findings(rule, kept, probes=probes, config=DECLARED)
        for one in (*denied, *absent):
            if one.status is PASS:
                assert named(one) in whole, f"{one.subject.id}: passes only without {operation}"
                assert whole[named(one)].status is PASS, f"{one.subject.id}: {whole[named(one)].message}"
            assert one.status is not Status.ERROR, one.message
        assert denied
        assert absent


@settings(max_examples=100, deadline=None)
@suppose(
    st.sets(st.sampled_from(list(UNSOUND))),
    st.sets(st.sampled_from(list(SOUND))),
    st.sampled_from([PROBED, BAD_PROBES]),
)
def test_whatever_is_taken_away_mends_nothing(
    unsound: set[Question], taken: set[Question], probes: tuple[Structure, ...]
) -> None:
    """An estate that is partly wrong, and any part of its evidence."""
    answers = SOUND | {question: UNSOUND[question] for question in unsound}
    kept = {question: response for question, response in answers.items() if question not in taken}
    whole = {(one.rule, *named(one)): one for one in everything(answers, probes)}
    for one in everything(kept, probes):
        if one.status is PASS:
            assert whole[one.rule, *named(one)].status is PASS, f"{one.rule} {one.subject.id}: only without {taken}"


def named(one: Finding) -> tuple[str, str | None]:
    """The subject from its vantage point; without the interfaces nobody tells the account of a probed host."""
    return one.subject.id, one.vantage


def test_a_rule_reads_no_clock() -> None:
    """The same evidence as of the same time gives the same findings, and another time another one."""
    early = Estate(snapshot({HERE: SOUND}, (), PROBED), DECLARED, NOW)
    late = Estate(snapshot({HERE: SOUND}, (), PROBED), DECLARED, NOW.replace(year=NOW.year + 1))
    same = Estate(replace(early.snapshot, taken_at=NOW.replace(year=1999)), DECLARED, NOW)
    assert judge(early, RULES.values()) == judge(same, RULES.values())
    changed = {one.rule for one in judge(late, RULES.values())[0] if one.status is FAIL}
    assert changed == {"client-vpn-certificate-expiry", "dicom-certificate-valid"}
