"""Site-to-site VPN: both tunnels, and what they offer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orthaudit.evidence import Json, Structure
from orthaudit.finding import Status
from tests.estates import expect, finding
from tests.structures import given, vpn_connection

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE
TUNNELS, IKE = "site-vpn-two-tunnels-up", "site-vpn-ikev2-only"
UNSEEN: dict[str, Json] = {"orthaudit:unobserved": ["known_after_apply", "a plan"]}


@pytest.mark.parametrize(
    ("telemetry", "status", "words"),
    [
        (["UP", "UP"], PASS, []),
        (["UP", "DOWN"], FAIL, ["1 of 2", "192.0.2.2", "DOWN"]),
        (["DOWN", "UP"], FAIL, ["1 of 2", "192.0.2.1", "DOWN"]),
        (["DOWN", "DOWN"], FAIL, ["0 of 2", "192.0.2.1", "192.0.2.2"]),
        (["UP"], FAIL, ["1 of 2"]),
        (["DOWN"], FAIL, ["0 of 2", "192.0.2.1"]),
        ([], FAIL, ["0 of 2"]),
        (["UP", "UP", "UP"], PASS, []),
        (["UP", "UP", "DOWN"], FAIL, ["2 of 3", "192.0.2.3"]),
        (["DOWN", "DOWN", "UP"], FAIL, ["1 of 3", "192.0.2.1", "192.0.2.2"]),
    ],
)
def test_two_tunnels_up(telemetry: list[str], status: Status, words: list[str]) -> None:
    one = finding(TUNNELS, given("ec2.DescribeVpnConnections", vpn_connection(*telemetry)))
    expect(one, status, *words)
    assert one.subject.id == "vpn-1"
    assert "vpn-1" in one.remediation


def test_the_gateway_s_own_words_are_told() -> None:
    telemetry: list[Json] = [{"OutsideIpAddress": "192.0.2.1", "Status": "UP"}, {"StatusMessage": "IPSEC IS DOWN"}]
    one = finding(TUNNELS, given("ec2.DescribeVpnConnections", vpn_connection(VgwTelemetry=telemetry)))
    expect(one, FAIL, "without address", "IPSEC IS DOWN")


@pytest.mark.parametrize(
    ("offers", "status", "words"),
    [
        ([["ikev2"], ["ikev2"]], PASS, []),
        ([["ikev2"]], PASS, []),
        ([["ikev2"], ["ikev1", "ikev2"]], FAIL, ["192.0.2.2", "ikev1, ikev2"]),
        ([["ikev1"], ["ikev2"]], FAIL, ["192.0.2.1", "ikev1"]),
        ([["ikev2"], None], FAIL, ["192.0.2.2", "defaults"]),
        ([[], ["ikev2"]], FAIL, ["192.0.2.1", "defaults"]),
        ([None, None], FAIL, ["2 reasons", "defaults"]),
        ([], FAIL, ["defaults"]),
    ],
)
def test_ikev2_only(offers: Sequence[Sequence[str] | None], status: Status, words: list[str]) -> None:
    one = finding(IKE, given("ec2.DescribeVpnConnections", vpn_connection("UP", "UP", ike=offers)))
    expect(one, status, *words)
    assert "vpn-1" in one.remediation
    assert "IKEVersions=[{Value=ikev2}]" in one.remediation


@pytest.mark.parametrize(
    ("rule", "change", "status", "words"),
    [
        (TUNNELS, {"VgwTelemetry": UNSEEN}, UNKNOWN, ["VgwTelemetry"]),
        (IKE, {"Options": UNSEEN}, UNKNOWN, ["Options"]),
        (IKE, {"Options": {"TunnelOptions": UNSEEN}}, UNKNOWN, ["TunnelOptions"]),
        (IKE, {"Options": {"TunnelOptions": [{"IkeVersions": UNSEEN}]}}, UNKNOWN, ["IkeVersions"]),
        (IKE, {"Options": {"TunnelOptions": "text"}}, UNKNOWN, ["TunnelOptions"]),
        (TUNNELS, {"State": "deleted"}, NOT_APPLICABLE, ["no vpn connection"]),
        (IKE, {"State": "deleting"}, NOT_APPLICABLE, ["no vpn connection"]),
        (TUNNELS, {"State": "pending", "VgwTelemetry": []}, FAIL, ["0 of 2"]),
    ],
)
def test_connections(rule: str, change: Structure, status: Status, words: list[str]) -> None:
    expect(finding(rule, given("ec2.DescribeVpnConnections", vpn_connection("UP", "UP") | change)), status, *words)


@pytest.mark.parametrize("rule", [TUNNELS, IKE])
def test_denied_is_no_clean_account(rule: str) -> None:
    expect(finding(rule, {}, ["ec2.DescribeVpnConnections"]), UNKNOWN, "ec2.DescribeVpnConnections", "AccessDenied")
    expect(finding(rule, {}), UNKNOWN, "not in the evidence")
