"""Client VPN: split tunnel, authentication, logging."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orthaudit.declared import Config
from orthaudit.evidence import Json, Structure
from orthaudit.finding import Status
from orthaudit.policy import POLICIES, Policy
from tests.estates import SOUND, expect, finding
from tests.structures import ENDPOINT, MUTUAL, destination, endpoints, of_endpoint

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE
UNSEEN: dict[str, Json] = {"orthaudit:unobserved": ["known_after_apply", "a plan"]}
SAML: Structure = {"Type": "federated-authentication", "FederatedAuthentication": {"SamlProviderArn": "arn:saml"}}
VPC = destination("10.0.0.0/16")


def halves(status: str = "active") -> list[Structure]:
    return [destination("0.0.0.0/1", status), destination("128.0.0.0/1", status)]


@pytest.mark.parametrize(
    ("split", "routes", "policy", "status", "words"),
    [
        pytest.param(True, [VPC], "required", PASS, [], id="on"),
        pytest.param(False, [VPC], "required", FAIL, ["off"], id="off"),
        pytest.param(False, [destination("0.0.0.0/0")], "required", FAIL, ["2 reasons", "0.0.0.0/0"], id="both"),
        pytest.param(True, [VPC, destination("0.0.0.0/0")], "required", FAIL, ["0.0.0.0/0"], id="a default route"),
        pytest.param(True, [VPC, destination("::/0")], "required", FAIL, ["::/0"], id="an IPv6 default route"),
        pytest.param(True, halves(), "required", FAIL, ["0.0.0.0/1", "128.0.0.0/1"], id="halves"),
        pytest.param(True, halves()[:1], "required", FAIL, ["0.0.0.0/1"], id="one half"),
        pytest.param(
            True, [destination(f"{n * 64}.0.0.0/2") for n in range(4)], "required", FAIL, ["together"], id="quarters"
        ),
        pytest.param(True, [VPC, *halves("deleting")], "required", PASS, [], id="halves being deleted"),
        pytest.param(True, [], "required", PASS, [], id="no route"),
        pytest.param(True, None, "required", UNKNOWN, ["DescribeClientVpnRoutes"], id="routes unseen"),
        pytest.param(False, None, "required", FAIL, ["off"], id="fails without the routes"),
        pytest.param(UNSEEN, [VPC], "required", UNKNOWN, ["SplitTunnel"], id="flag unseen"),
        pytest.param(UNSEEN, halves(), "required", FAIL, ["0.0.0.0/1"], id="fails without the flag"),
        pytest.param(True, [VPC], "forbidden", FAIL, ["on"], id="on, forbidden"),
        pytest.param(False, halves(), "forbidden", PASS, [], id="off, forbidden"),
        pytest.param(UNSEEN, halves(), "forbidden", UNKNOWN, ["SplitTunnel"], id="flag unseen, forbidden"),
        pytest.param(False, None, "any", NOT_APPLICABLE, ["split_tunnel: any"], id="not judged"),
    ],
)
def test_split_tunnel(
    split: Json, routes: list[Structure] | None, policy: str, status: Status, words: list[str]
) -> None:
    answers = SOUND | endpoints(SplitTunnel=split) | of_endpoint("Routes", *(routes or ()))
    denied = ["ec2.DescribeClientVpnRoutes"] if routes is None else []
    config = Config(policy=Policy(split_tunnel=policy))
    one = finding("client-vpn-split-tunnel", answers, denied, config=config)
    expect(one, status, *words)
    assert status is NOT_APPLICABLE or ENDPOINT in one.remediation


@pytest.mark.parametrize(
    ("options", "authentication", "status", "words"),
    [
        pytest.param([MUTUAL], "certificate", PASS, [], id="certificate"),
        pytest.param([MUTUAL, SAML], "certificate", PASS, [], id="certificate and SAML"),
        pytest.param([SAML], "certificate", FAIL, ["federated-authentication"], id="SAML alone"),
        pytest.param([SAML], "any", PASS, [], id="SAML alone is enough"),
        pytest.param([], "any", FAIL, ["no authentication"], id="none at all"),
        pytest.param(UNSEEN, "certificate", UNKNOWN, ["AuthenticationOptions"], id="unseen"),
        pytest.param([{}], "certificate", UNKNOWN, ["Type"], id="an option without a type"),
    ],
)
def test_mutual_authentication(options: Json, authentication: str, status: Status, words: list[str]) -> None:
    config = Config(policy=Policy(client_authentication=authentication))
    answers = SOUND | endpoints(AuthenticationOptions=options)
    one = finding("client-vpn-mutual-authentication", answers, config=config)
    expect(one, status, *words)
    assert ENDPOINT in one.remediation


@pytest.mark.parametrize(
    ("logs", "status", "words"),
    [
        ({"Enabled": True}, PASS, []),
        ({"Enabled": False}, FAIL, ["not logged"]),
        ({}, UNKNOWN, ["Enabled"]),
        (UNSEEN, UNKNOWN, ["ConnectionLogOptions"]),
    ],
)
def test_connection_logging(logs: Json, status: Status, words: list[str]) -> None:
    one = finding("client-vpn-connection-logging", SOUND | endpoints(ConnectionLogOptions=logs))
    expect(one, status, *words)
    assert ENDPOINT in one.remediation


@pytest.mark.parametrize(
    "rule", ["client-vpn-split-tunnel", "client-vpn-mutual-authentication", "client-vpn-connection-logging"]
)
def test_endpoints(rule: str) -> None:
    """Denied is no clean account; what is being deleted is no endpoint."""
    expect(finding(rule, SOUND, denied=["ec2.DescribeClientVpnEndpoints"]), UNKNOWN, "AccessDenied")
    expect(finding(rule, SOUND | endpoints(Status={"Code": "deleting"})), NOT_APPLICABLE, "no client vpn endpoint")


def test_the_strict_policy_does_not_judge_split_tunnel() -> None:
    config = replace(Config(), policy=POLICIES["strict"])
    expect(finding("client-vpn-split-tunnel", SOUND | endpoints(SplitTunnel=False), config=config), NOT_APPLICABLE)
