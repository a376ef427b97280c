"""Load balancers in front of DICOM listeners."""

from __future__ import annotations

from typing import Final

import pytest

from orthaudit.evidence import Structure
from orthaudit.finding import Severity, Status
from tests.estates import NETWORK, expect, finding, findings
from tests.structures import BALANCER, Answers, balanced, given, interface, listeners, probe, target_group, targets

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE
RULE: Final = "load-balancer-dicom-tls"


def behind(listener: Structure, port: int = 11112, *those: tuple[str, int | None]) -> Answers:
    """A listener that forwards to a group of this port, and its targets (the one that is probed)."""
    return {
        **NETWORK,
        **given("elbv2.DescribeLoadBalancers", {"LoadBalancerArn": BALANCER, "LoadBalancerName": "dicom"}),
        **listeners(listener),
        **given("elbv2.DescribeTargetGroups", target_group("tg-1", port)),
        **targets("tg-1", *(those or (("i-1", None),))),
    }


SILENT: Final = probe(speaks="silence", versions=None, plaintext="unknown")
PLAIN: Final = probe(speaks="dicom", plaintext="answered")


@pytest.mark.parametrize(
    ("protocol", "seen", "status", "words"),
    [
        pytest.param("TLS", None, PASS, [], id="TLS"),
        pytest.param("TLS", PLAIN, PASS, [], id="TLS before a plain leg"),
        pytest.param("TCP", probe(), PASS, [], id="TCP to TLS"),
        pytest.param("TCP_UDP", probe(), PASS, [], id="TCP_UDP to TLS"),
        pytest.param("UDP", None, PASS, [], id="no image travels by UDP"),
        pytest.param("TCP", PLAIN, FAIL, ["i-1:11112", "clear"], id="TCP to plaintext"),
        pytest.param("TCP_UDP", PLAIN, FAIL, ["i-1:11112"], id="TCP_UDP to plaintext"),
        pytest.param("TCP", probe(plaintext="answered"), FAIL, ["i-1:11112", "clear"], id="TCP to both side by side"),
        pytest.param("TCP", probe(speaks="http", plaintext="unknown"), FAIL, ["no TLS"], id="TCP to a web server"),
        pytest.param("TCP", probe(plaintext="unknown"), UNKNOWN, ["plaintext"], id="TCP to TLS, plaintext in doubt"),
        pytest.param("TCP", SILENT, UNKNOWN, ["silence"], id="TCP to a silent one"),
        pytest.param("TCP", None, UNKNOWN, ["192.0.2.10:11112"], id="TCP to an unprobed one"),
        pytest.param("HTTP", probe(), FAIL, ["HTTP", "11112"], id="HTTP"),
        pytest.param("HTTPS", probe(), FAIL, ["HTTPS", "11112"], id="HTTPS is no DICOM-TLS"),
    ],
)
def test_protocols(protocol: str, seen: Structure | None, status: Status, words: list[str]) -> None:
    one = finding(RULE, behind(balanced(protocol)), probes=[seen] if seen else [])
    expect(one, status, *words)
    assert one.severity is Severity.CRITICAL
    assert "listener-1" in one.remediation


@pytest.mark.parametrize(
    ("port", "those", "status", "words"),
    [
        pytest.param(11112, [("i-1", None)], PASS, [], id="by instance"),
        pytest.param(11112, [("10.0.1.10", None)], PASS, [], id="by address"),
        pytest.param(8080, [("i-1", 11112)], PASS, [], id="the target's port overrides the group's"),
        pytest.param(8080, [("i-1", 2762)], UNKNOWN, [":2762"], id="another DICOM port was not probed"),
        pytest.param(8080, [("i-1", None)], NOT_APPLICABLE, ["no DICOM port"], id="no DICOM port"),
        pytest.param(11112, [("i-1", None), ("i-9", None)], UNKNOWN, ["i-9:11112"], id="one target was not probed"),
        pytest.param(11112, [("10.0.1.99", None)], UNKNOWN, ["10.0.1.99:11112"], id="an address that nobody knows"),
    ],
)
def test_targets(port: int, those: list[tuple[str, int | None]], status: Status, words: list[str]) -> None:
    expect(finding(RULE, behind(balanced("TCP"), port, *those), probes=[probe()]), status, *words)


def test_without_targets_nothing_tells_what_will_be_spoken() -> None:
    answers = behind(balanced("TCP")) | targets("tg-1")
    expect(finding(RULE, answers, probes=[probe()]), UNKNOWN, "tg-1", "no target")
    expect(finding(RULE, behind(balanced("TLS")) | targets("tg-1")), PASS)


@pytest.mark.parametrize("protocol", ["TLS", "TCP", "HTTP", "UDP"])
def test_what_carries_no_dicom_is_not_judged(protocol: str) -> None:
    expect(finding(RULE, behind(balanced(protocol), 8080)), NOT_APPLICABLE, "no DICOM port")


def test_each_listener_is_judged_by_itself() -> None:
    """A plaintext listener beside a TLS one fails, whatever its neighbour is; a pass-through is judged by the probe."""
    two = listeners(balanced("TLS", name="listener-tls"), balanced("TCP", name="listener-tcp"))
    found = {one.subject.id: one for one in findings(RULE, behind(balanced("TCP")) | two, probes=[PLAIN])}
    expect(found["listener-tls"], PASS)
    expect(found["listener-tcp"], FAIL, "clear")


@pytest.mark.parametrize(
    ("forward", "status"),
    [
        pytest.param([("tg-1", 1), ("tg-2", 0)], PASS, id="weight 0 takes no image"),
        pytest.param([("tg-1", 1), ("tg-2", 1)], FAIL, id="weight 1 does"),
        pytest.param([("tg-2", 0)], NOT_APPLICABLE, id="weight 0 alone"),
        pytest.param([("tg-1", 1), ("tg-lost", 1)], UNKNOWN, id="a group that nobody saw"),
        pytest.param([("tg-2", 1), ("tg-lost", 1)], FAIL, id="fails without it"),
    ],
)
def test_weights(forward: list[tuple[str, int]], status: Status) -> None:
    answers = {
        **behind(balanced("TCP", *forward)),
        **given("elbv2.DescribeTargetGroups", target_group("tg-1"), target_group("tg-2")),
        **targets("tg-2", ("eni-2", None)),
        **given(
            "ec2.DescribeNetworkInterfaces",
            interface("eni-1", "10.0.1.10", "sg-dicom", public="192.0.2.10", Attachment={"InstanceId": "i-1"}),
            interface("eni-2", "10.0.1.20", "sg-dicom", public="192.0.2.20"),
        ),
    }
    probes = [probe(), probe("plain.example.org", speaks="dicom", plaintext="answered", address="192.0.2.20")]
    expect(finding(RULE, answers, probes=probes), status)


def test_the_older_way_to_name_a_group() -> None:
    action: Structure = {"Type": "forward", "TargetGroupArn": "tg-1"}
    answers = behind(balanced("TCP") | {"DefaultActions": [action]})
    expect(finding(RULE, answers, probes=[PLAIN]), FAIL)
    weighted = balanced("TCP", ("tg-1", 0))
    both: Structure = {**action, "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "tg-1", "Weight": 0}]}}
    expect(finding(RULE, answers | listeners(weighted | {"DefaultActions": [both]})), NOT_APPLICABLE)
    redirect: Structure = {"Type": "redirect", "TargetGroupArn": "tg-1"}
    expect(finding(RULE, answers | listeners(balanced("HTTP") | {"DefaultActions": [redirect]})), NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("protocol", "denied", "status"),
    [
        ("TCP", "elbv2.DescribeLoadBalancers", UNKNOWN),
        ("TCP", "elbv2.DescribeListeners", UNKNOWN),
        ("TCP", "elbv2.DescribeTargetGroups", UNKNOWN),
        ("TCP", "elbv2.DescribeTargetHealth", UNKNOWN),
        ("TCP", "ec2.DescribeNetworkInterfaces", UNKNOWN),
        ("TLS", "elbv2.DescribeTargetHealth", PASS),
        ("HTTP", "elbv2.DescribeTargetHealth", FAIL),
    ],
)
def test_denied(protocol: str, denied: str, status: Status) -> None:
    one = finding(RULE, behind(balanced(protocol)), [denied], probes=[probe()])
    expect(one, status, *([denied] if status is UNKNOWN else []))
    assert one.unknown is None or one.unknown.code == "denied"


def test_a_port_of_its_own_is_a_dicom_port_once_a_probe_met_it() -> None:
    answers = behind(balanced("TCP"), 5000)
    expect(finding(RULE, answers), NOT_APPLICABLE)
    met = [probe(port=5000, speaks="dicom", plaintext="answered")]
    expect(finding(RULE, answers, probes=met), FAIL, "i-1:5000")
    expect(finding(RULE, answers, ["ec2.DescribeNetworkInterfaces"], met), UNKNOWN, "DescribeNetworkInterfaces")


def test_no_load_balancer() -> None:
    answers = NETWORK | given("elbv2.DescribeLoadBalancers")
    expect(finding(RULE, answers), NOT_APPLICABLE, "no load balancer listener")
