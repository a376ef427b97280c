"""Small estates for the tests of the rules: AWS answers, probes and a configuration, judged for real.

`SOUND` is an estate in which every built-in rule passes; a test changes the part that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from orthaudit.declared import Archive, Config, Listener, Proxy
from orthaudit.evidence import Answer, AnswerKey, LedgerLine, LedgerStatus, Scope, Snapshot, Structure, identify
from orthaudit.finding import Finding, Status
from orthaudit.judge import judge
from orthaudit.model.estate import Estate, Place
from orthaudit.policy import Policy
from orthaudit.rule import AnyRule, load_rules
from tests.structures import (
    AUTHORITY,
    BALANCER,
    LEAF,
    NOW,
    ROOT,
    SERVER,
    Answers,
    acm,
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
    prefix_list,
    probe,
    route,
    route_table,
    security_group,
    subnet,
    target_group,
    target_network,
    targets,
    virtual_interface,
    vpc,
    vpn_connection,
)

HERE: Final[Place] = ("111122223333", "ca-central-1")
ELSEWHERE: Final[Place] = ("444455556666", "eu-central-1")
RULES: Final[Mapping[str, AnyRule]] = {rule.id: rule for rule in load_rules()[0]}


def snapshot(
    answers: Mapping[Place, Answers],
    denied: Sequence[str] = (),
    probes: Sequence[Structure] = (),
    taken_at: datetime = NOW,
) -> Snapshot:
    """Evidence as a scan leaves it: whatever is neither answered nor denied was never asked."""
    kept: dict[AnswerKey, list[Answer]] = {}
    ledger: list[LedgerLine] = []
    for place, given_there in answers.items():
        for question, response in given_there.items():
            call, parameters = asked(question)
            if call not in denied:
                kept.setdefault((*place, call), []).append(Answer(parameters, response))
                ledger.append(_line(place, call, LedgerStatus.OK, parameters))
        ledger += [_line(place, call, LedgerStatus.DENIED, {}) for call in denied]
    scope = Scope(tuple(one for one, _ in answers), tuple(one for _, one in answers), tuple(answers))
    return Snapshot(
        "0", taken_at, scope, tuple(ledger), {key: tuple(those) for key, those in kept.items()}, tuple(probes)
    )


def _line(place: Place, call: str, status: LedgerStatus, parameters: Structure) -> LedgerLine:
    service, operation = call.split(".")
    reason = "" if status is LedgerStatus.OK else "AccessDenied"
    return LedgerLine(*place, service, operation, status, reason, identify(parameters))


def estate(
    answers: Answers | None = None,
    denied: Sequence[str] = (),
    probes: Sequence[Structure] = (),
    config: Config | None = None,
    as_of: datetime = NOW,
    elsewhere: Answers | None = None,
) -> Estate:
    """An estate of one account and region; of a second one with `elsewhere`; of none without answers."""
    places: dict[Place, Answers] = {} if answers is None else {HERE: answers}
    if elsewhere is not None:
        places[ELSEWHERE] = elsewhere
    return Estate(snapshot(places, denied, probes, as_of), config or Config(), as_of)


def findings(
    rule_id: str,
    answers: Answers | None = None,
    denied: Sequence[str] = (),
    probes: Sequence[Structure] = (),
    config: Config | None = None,
    as_of: datetime = NOW,
    elsewhere: Answers | None = None,
) -> tuple[Finding, ...]:
    """What the one rule says of the estate."""
    return judge(estate(answers, denied, probes, config, as_of, elsewhere), [RULES[rule_id]])[0]


def finding(
    rule_id: str,
    answers: Answers | None = None,
    denied: Sequence[str] = (),
    probes: Sequence[Structure] = (),
    config: Config | None = None,
    as_of: datetime = NOW,
    subject: str | None = None,
) -> Finding:
    """The rule's only finding, or its finding about one subject."""
    found = findings(rule_id, answers, denied, probes, config, as_of)
    (one,) = [one for one in found if subject in (None, one.subject.id)]
    return one


CLINIC: Final = Proxy("clinic-a", ("203.0.113.7/32", "203.0.113.8/32"))
DECLARED: Final = Config(
    archive=Archive(vpcs=("vpc-1",), instances=("i-1",)),
    dicom_listeners=(Listener("pacs.example.org", 11112),),
    proxies=(CLINIC,),
    policy=Policy(trusted_sources=("203.0.113.0/24",)),
)
PROBED: Final = (probe(),)

NETWORK: Final[Answers] = {
    **given("ec2.DescribeVpcs", vpc("vpc-1", "10.0.0.0/16")),
    **given(
        "ec2.DescribeSubnets",
        subnet("subnet-a", "10.0.1.0/24", "cac1-az1"),
        subnet("subnet-b", "10.0.2.0/24", "cac1-az2"),
    ),
    **given(
        "ec2.DescribeRouteTables",
        route_table("rtb-1", route("10.0.0.0/16"), route("0.0.0.0/0", NatGatewayId="nat-1"), main=True),
    ),
    **given(
        "ec2.DescribeSecurityGroups",
        security_group("sg-dicom", permission(11112, "203.0.113.7/32", "pl-1", "sg-vpn")),
        security_group("sg-vpn"),
    ),
    **prefix_list("pl-1", "203.0.113.8/32"),
    **given(
        "ec2.DescribeNetworkInterfaces",
        interface("eni-1", "10.0.1.10", "sg-dicom", public="192.0.2.10", Attachment={"InstanceId": "i-1"}),
    ),
    **given("ec2.DescribeVpcPeeringConnections"),
    **given("elbv2.DescribeTargetGroups"),
}
"""One VPC with one DICOM listener, and no way in but from the clinic and the VPN."""

SOUND: Final[Answers] = {
    **NETWORK,
    **given(
        "ec2.DescribeFlowLogs",
        {"FlowLogId": "fl-1", "ResourceId": "vpc-1", "TrafficType": "ALL", "FlowLogStatus": "ACTIVE"},
    ),
    **given("ec2.DescribeVpnConnections", vpn_connection("UP", "UP")),
    **endpoints(),
    **of_endpoint("TargetNetworks", target_network("subnet-a", "sg-vpn"), target_network("subnet-b", "sg-vpn")),
    **of_endpoint("Routes", destination("10.0.0.0/16")),
    **of_endpoint("AuthorizationRules", destination("10.0.0.0/16")),
    **acm(SERVER, LEAF.certificate_pem, AUTHORITY.own.certificate_pem),
    **acm(ROOT, AUTHORITY.own.certificate_pem),
    **given("directconnect.DescribeConnections", {"connectionId": "dxcon-1", "connectionState": "available"}),
    **given(
        "directconnect.DescribeVirtualInterfaces",
        virtual_interface("dxvif-1", "private", bgp_peer()),
        virtual_interface("dxvif-2", "public", bgp_peer(), filters=("198.51.100.0/24",)),
    ),
    **given("elbv2.DescribeLoadBalancers", {"LoadBalancerArn": BALANCER, "LoadBalancerName": "dicom"}),
    **listeners(balanced("TCP")),
    **given("elbv2.DescribeTargetGroups", target_group("tg-1")),
    **targets("tg-1", ("i-1", None)),
}
"""An estate in which every rule passes, with `PROBED` and `DECLARED` beside it."""


def expect(one: Finding, status: Status, *words: str) -> None:
    """The finding has this status, and its message holds these words."""
    assert one.status is status, one.message
    assert [word for word in words if word not in one.message] == [], one.message
