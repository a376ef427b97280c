"""Orthweb's own plans, judged by the real rules: what its README lists, and nothing untrue."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orthaudit.evidence import Snapshot
from orthaudit.finding import Finding, Status
from orthaudit.gather.terraform.read import read_terraform

PLANS = Path(__file__).parents[4] / "shared" / "data" / "orthweb"
NOW = datetime(2026, 11, 25, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not PLANS.is_dir(), reason=f"Orthweb's plans are not at {PLANS}")

Verdicts = Callable[[Snapshot], dict[tuple[str, str], Finding]]

APP = 'module.ec2.aws_security_group.ec2_sgs["appsg"]'
VPN = "module.client_vpn[0].aws_ec2_client_vpn_endpoint.client_vpn"
VPC = "module.network.aws_vpc.orthmain"
VPN_PLANS = ("client-vpn", "narrowed", "corrected")


def plan(name: str) -> Snapshot:
    return read_terraform(PLANS / f"orthweb-{name}.plan.json", "1", NOW)


@pytest.mark.parametrize(
    ("rule", "subject", "statuses"),
    [
        ("dicom-port-open-to-internet", APP, ("fail", "fail", "unknown", "unknown")),
        ("flow-log-records-accepted", VPC, ("fail", "fail", "fail", "pass")),
        ("client-vpn-connection-logging", VPN, (None, "fail", "fail", "pass")),
        ("client-vpn-security-group", VPN, (None, "unknown", "unknown", "pass")),
        ("client-vpn-certificate-expiry", VPN, (None, "fail", "fail", "fail")),
        ("client-vpn-split-tunnel", VPN, (None, "pass", "pass", "pass")),
        ("client-vpn-mutual-authentication", VPN, (None, "pass", "pass", "pass")),
        ("client-vpn-two-subnets", VPN, (None, "pass", "pass", "pass")),
        ("client-vpn-private-subnets", VPN, (None, "pass", "pass", "pass")),
        ("client-vpn-client-cidr", VPN, (None, "pass", "pass", "pass")),
        # a group whose rules are known only after apply may make more listeners, in subnets of their own
        ("client-vpn-authorization", VPN, (None, "unknown", "unknown", "unknown")),
        ("archive-in-scope", "archive", ("pass", "pass", "pass", "pass")),
    ],
)
def test_what_the_readme_says(rule: str, subject: str, statuses: tuple[str | None, ...], verdicts: Verdicts) -> None:
    for name, status in zip(("default", *VPN_PLANS), statuses, strict=True):
        found = verdicts(plan(name)).get((rule, subject))
        assert (found.status if found else None) == status, (name, found and found.message)


@pytest.mark.parametrize("name", ["default", *VPN_PLANS])
def test_no_rule_breaks(name: str, verdicts: Verdicts) -> None:
    found = verdicts(plan(name)).values()
    assert [one for one in found if one.status is Status.ERROR] == []
    assert {(one.subject.account, one.subject.region) for one in found} <= {
        ("123456789012", "us-east-1"),
        (None, None),
    }


def test_the_listeners_are_the_interfaces_of_the_instances(verdicts: Verdicts) -> None:
    snapshot = plan("default")
    answer = snapshot.answer("123456789012", "us-east-1", "ec2.DescribeNetworkInterfaces")
    assert isinstance(answer, dict)
    interfaces = answer["NetworkInterfaces"]
    assert isinstance(interfaces, list)
    told = []
    for one in interfaces:
        assert isinstance(one, dict)
        told.append((one["NetworkInterfaceId"], one["SubnetId"], one["VpcId"], one["Attachment"]))
    assert told == [
        (
            f'module.ec2.aws_network_interface.orthanc_ec2_nics["{cidr}"]',
            f'module.network.aws_subnet.public_subnets["{zone}"]',
            VPC,
            {"InstanceId": f'module.ec2.aws_instance.orthweb_instance["{cidr}"]'},
        )
        for cidr, zone in (("172.17.0.0/24", "1a"), ("172.17.8.0/24", "1b"))
    ]


def test_the_endpoint_stands_in_the_private_subnets() -> None:
    snapshot = plan("narrowed")
    asked = {"ClientVpnEndpointId": VPN}
    answer = snapshot.answer("123456789012", "us-east-1", "ec2.DescribeClientVpnTargetNetworks", asked)
    assert isinstance(answer, dict)
    networks = answer["ClientVpnTargetNetworks"]
    assert isinstance(networks, list)
    assert [one["TargetNetworkId"] for one in networks if isinstance(one, dict)] == [
        f'module.network.aws_subnet.private_subnets["{zone}"]' for zone in ("1a", "1b")
    ]


@pytest.mark.parametrize("name", VPN_PLANS)
def test_the_ca_ends_before_what_it_signed(name: str, verdicts: Verdicts) -> None:
    message = verdicts(plan(name))[("client-vpn-certificate-expiry", VPN)].message
    assert "CN=ca.vpn.digihunch.com" in message
    assert "ends 2027-04-25, before CN=server.vpn.digihunch.com" in message


def test_what_is_put_into_the_bucket_is_listed() -> None:
    snapshot = plan("client-vpn")
    answer = snapshot.answer("123456789012", "us-east-1", "s3.ListObjectsV2", {"Bucket": "orthweb-demo-orthbucket"})
    assert answer == {"Contents": [{"Key": "config/vpn-config.ovpn"}], "IsTruncated": False}


def test_the_bucket_endpoint_is_in_no_route_table() -> None:
    answer = plan("default").answer("123456789012", "us-east-1", "ec2.DescribeVpcEndpoints")
    assert isinstance(answer, dict)
    endpoints = answer["VpcEndpoints"]
    assert isinstance(endpoints, list)
    assert [one["RouteTableIds"] for one in endpoints if isinstance(one, dict)] == [[]]


def test_a_narrow_way_out_to_an_address_that_is_not_known_yet(
    verdicts: Verdicts, read: Callable[[object], Snapshot]
) -> None:
    content = json.loads((PLANS / "orthweb-corrected.plan.json").read_bytes())
    narrow = json.loads(json.dumps(content).replace('"cidr_blocks": ["0.0.0.0/0"]', '"cidr_blocks": ["172.17.0.0/16"]'))
    for change in narrow["resource_changes"]:  # nothing else may make the answer unknown
        if change["type"] == "aws_security_group" and change["name"] in ("dbsecgroup", "ec2_sgs"):
            change["change"]["after_unknown"] |= {"ingress": [], "egress": []}
    found = verdicts(read(narrow))[("client-vpn-security-group", VPN)]
    assert found.status is Status.UNKNOWN
    assert "private_ip is known only after apply" in found.message
