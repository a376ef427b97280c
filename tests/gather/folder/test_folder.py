"""Folders of AWS CLI output, as people hand them over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orthaudit.evidence import LedgerStatus, Snapshot, Unobserved
from orthaudit.gather.folder.read import FolderError, read_folder

NOW = datetime(2026, 11, 25, tzinfo=UTC)
HOME = ("111122223333", "ca-central-1")
GROUP = {"GroupId": "sg-1", "OwnerId": HOME[0], "IpPermissions": []}
SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "ca-central-1a", "OwnerId": HOME[0]}
TARGET_GROUP = f"arn:aws:elasticloadbalancing:{HOME[1]}:{HOME[0]}:targetgroup/archive/0123456789abcdef"


def read(folder: Path, files: Mapping[str, Any]) -> tuple[Snapshot, tuple[str, ...]]:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_folder(folder, "0", NOW)


@pytest.mark.parametrize(
    "name",
    [
        "groups.json",
        "describe-security-groups.json",
        "deep/down/here/ec2-describe-security-groups.json",
        "ca-central-1/x.json",
        "accounts/111122223333/ca-central-1/x.json",
    ],
)
def test_an_answer_is_recognised_by_its_key_at_any_depth(tmp_path: Path, name: str) -> None:
    snapshot, _ = read(tmp_path, {name: {"SecurityGroups": [GROUP]}, "subnets.json": {"Subnets": [SUBNET]}})
    assert snapshot.scope.places == (HOME,)
    assert snapshot.answer(*HOME, "ec2.DescribeSecurityGroups") == {"SecurityGroups": [GROUP]}


def test_several_answers_in_one_file(tmp_path: Path) -> None:
    snapshot, _ = read(tmp_path, {"all.json": {"SecurityGroups": [GROUP], "Subnets": [SUBNET], "RouteTables": []}})
    for call, key in (("SecurityGroups", "SecurityGroups"), ("Subnets", "Subnets"), ("RouteTables", "RouteTables")):
        answer = snapshot.answer(*HOME, f"ec2.Describe{call}")
        assert isinstance(answer, dict)
        assert list(answer) == [key]


LISTS = {"PrefixLists": [{"PrefixListId": "pl-1"}]}
ROUTES = {"Routes": [{"ClientVpnEndpointId": "cvpn-endpoint-1", "DestinationCidr": "10.0.0.0/16"}]}


@pytest.mark.parametrize(
    ("name", "content", "call", "parameters"),
    [
        ("describe-managed-prefix-lists.json", LISTS, "ec2.DescribeManagedPrefixLists", {}),
        ("get-managed-prefix-list-entries_pl-0abc.json", {"Entries": []}, "ec2.GetManagedPrefixListEntries",
         {"PrefixListId": "pl-0abc"}),
        ("describe-client-vpn-routes.json", ROUTES, "ec2.DescribeClientVpnRoutes",
         {"ClientVpnEndpointId": "cvpn-endpoint-1"}),
        ("routes.json", ROUTES, "ec2.DescribeClientVpnRoutes", {"ClientVpnEndpointId": "cvpn-endpoint-1"}),
        ("describe-client-vpn-routes_cvpn-endpoint-2.json", {"Routes": []}, "ec2.DescribeClientVpnRoutes",
         {"ClientVpnEndpointId": "cvpn-endpoint-2"}),
        ("search-transit-gateway-routes_tgw-rtb-1.json", {"Routes": [], "AdditionalRoutesAvailable": False},
         "ec2.SearchTransitGatewayRoutes", {"TransitGatewayRouteTableId": "tgw-rtb-1"}),
        ("describe-target-health_0123456789abcdef.json", {"TargetHealthDescriptions": []}, "elbv2.DescribeTargetHealth",
         {"TargetGroupArn": TARGET_GROUP}),
        ("describe-target-group-attributes_0123456789abcdef.json", {"Attributes": []},
         "elbv2.DescribeTargetGroupAttributes", {"TargetGroupArn": TARGET_GROUP}),
        ("get-active-vpn-tunnel-status_vpn-1_203.0.113.1.json", {"ActiveVpnTunnelStatus": {"IkeVersion": "ikev2"}},
         "ec2.GetActiveVpnTunnelStatus", {"VpnConnectionId": "vpn-1", "VpnTunnelOutsideIpAddress": "203.0.113.1"}),
        ("get-active-vpn-tunnel-status_203.0.113.2.json", {"ActiveVpnTunnelStatus": {"IkeVersion": "ikev1"}},
         "ec2.GetActiveVpnTunnelStatus", {"VpnConnectionId": "vpn-1", "VpnTunnelOutsideIpAddress": "203.0.113.2"}),
        ("pair.json",
         {"parameters": {"ClientVpnEndpointId": "cvpn-endpoint-3"}, "response": {"AuthorizationRules": []}},
         "ec2.DescribeClientVpnAuthorizationRules", {"ClientVpnEndpointId": "cvpn-endpoint-3"}),
        ("pairs.json", [{"parameters": {}, "response": {"Vpcs": []}}], "ec2.DescribeVpcs", {}),
        ("vifs.json", {"virtualInterfaces": []}, "directconnect.DescribeVirtualInterfaces", {}),
        ("certificate.json", {"Certificate": {"CertificateArn": "arn:aws:acm:ca-central-1:1:certificate/x"}},
         "acm.DescribeCertificate", {"CertificateArn": "arn:aws:acm:ca-central-1:1:certificate/x"}),
    ],
)  # fmt: skip
def test_an_answer_finds_its_question(
    tmp_path: Path, name: str, content: Any, call: str, parameters: Mapping[str, str]
) -> None:
    known = {
        "subnets.json": {"Subnets": [SUBNET]},
        "groups.json": {"TargetGroups": [{"TargetGroupArn": TARGET_GROUP}]},
        "vpn.json": {
            "VpnConnections": [
                {
                    "VpnConnectionId": "vpn-1",
                    "VgwTelemetry": [{"OutsideIpAddress": "203.0.113.1"}, {"OutsideIpAddress": "203.0.113.2"}],
                }
            ]
        },
    }
    snapshot, left_out = read(tmp_path, known | {name: content})
    assert isinstance(snapshot.answer(*HOME, call, parameters), dict)
    assert left_out == ()


def test_what_other_collectors_group_under_one_key(tmp_path: Path) -> None:
    grouped = {
        "LoadBalancerListeners": [{"LoadBalancerArn": "arn:lb", "Listeners": [{"ListenerArn": "arn:l"}]}],
        "LoadBalancerTargetHealth": [{"TargetGroupArn": TARGET_GROUP, "TargetHealthDescriptions": []}],
        "TransitGatewayPropagations": [
            {"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayRouteTablePropagations": []}
        ],
    }
    snapshot, _ = read(tmp_path, {"x.json": grouped, "subnets.json": {"Subnets": [SUBNET]}})
    listeners = snapshot.answer(*HOME, "elbv2.DescribeListeners", {"LoadBalancerArn": "arn:lb"})
    assert listeners == {"Listeners": [{"ListenerArn": "arn:l"}]}
    health = snapshot.answer(*HOME, "elbv2.DescribeTargetHealth", {"TargetGroupArn": TARGET_GROUP})
    assert health == {"TargetHealthDescriptions": []}
    table = {"TransitGatewayRouteTableId": "tgw-rtb-1"}
    assert isinstance(snapshot.answer(*HOME, "ec2.GetTransitGatewayRouteTablePropagations", table), dict)


def test_what_is_not_there_is_absent_not_empty(tmp_path: Path) -> None:
    snapshot, _ = read(tmp_path, {"subnets.json": {"Subnets": [SUBNET]}})
    missing = snapshot.answer(*HOME, "ec2.DescribeSecurityGroups")
    assert isinstance(missing, Unobserved)
    assert missing.code == "absent"
    assert {line.status for line in snapshot.ledger if line.call == "ec2.DescribeSecurityGroups"} == {
        LedgerStatus.ABSENT
    }


def test_an_answer_with_more_pages_is_no_answer(tmp_path: Path) -> None:
    files = {"subnets.json": {"Subnets": [SUBNET]}, "vpcs.json": {"Vpcs": [], "NextToken": "more"}}
    snapshot, _ = read(tmp_path, files)
    missing = snapshot.answer(*HOME, "ec2.DescribeVpcs")
    assert isinstance(missing, Unobserved)
    assert "partial" in missing.why


def test_pages_in_several_files_are_joined(tmp_path: Path) -> None:
    other = {**GROUP, "GroupId": "sg-2"}
    files = {
        "subnets.json": {"Subnets": [SUBNET]},
        "groups-1.json": {"SecurityGroups": [GROUP], "NextToken": "more"},
        "groups-2.json": {"SecurityGroups": [other]},
    }
    answer = read(tmp_path, files)[0].answer(*HOME, "ec2.DescribeSecurityGroups")
    assert isinstance(answer, dict)
    assert answer["SecurityGroups"] == [GROUP, other]


def test_two_accounts_and_regions_stay_apart(tmp_path: Path) -> None:
    files = {
        "accounts/111122223333/ca-central-1/vpcs.json": {"Vpcs": [{"VpcId": "vpc-1"}]},
        "accounts/111122223333/us-east-1/vpcs.json": {"Vpcs": [{"VpcId": "vpc-2"}]},
        "accounts/444455556666/us-east-1/vpcs.json": {"Vpcs": [{"VpcId": "vpc-3"}]},
    }
    snapshot, _ = read(tmp_path, files)
    assert snapshot.scope.places == (HOME, (HOME[0], "us-east-1"), ("444455556666", "us-east-1"))
    assert snapshot.answer("444455556666", "us-east-1", "ec2.DescribeVpcs") == {"Vpcs": [{"VpcId": "vpc-3"}]}


def test_the_account_is_the_callers_where_nothing_else_says(tmp_path: Path) -> None:
    files = {
        "get-caller-identity.json": {
            "Account": "444455556666",
            "Arn": "arn:aws:iam::444455556666:user/x",
            "UserId": "x",
        },
        "subnets.json": {"Subnets": [SUBNET]},  # shared by another account
    }
    assert read(tmp_path, files)[0].scope.places == (("444455556666", "ca-central-1"),)


def test_what_is_not_understood_is_named(tmp_path: Path) -> None:
    files = {"subnets.json": {"Subnets": [SUBNET]}, "notes.txt": "hello", "other.json": {"Foo": []},
             "describe-prefix-lists.json": {"PrefixLists": []}}  # fmt: skip
    snapshot, left_out = read(tmp_path, files)
    assert left_out == ("describe-prefix-lists.json", "notes.txt", "other.json")
    assert [line.reason for line in snapshot.ledger if line.service == "folder"] == [
        f"{name}: not understood" for name in left_out
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"vpcs.json": '{"Vpcs": [{"VpcId"'}, "vpcs.json: is not JSON, it may be cut off"),
        ({"vpcs.json": ""}, "vpcs.json: is not JSON"),
        ({"other.json": {"Foo": 1}}, "holds nothing that is recognised"),
        ({}, "holds nothing that is recognised"),
    ],
)
def test_a_folder_that_cannot_be_judged(tmp_path: Path, files: Mapping[str, Any], said: str) -> None:
    with pytest.raises(FolderError, match=said) as caught:
        read(tmp_path, files)
    assert "\n" not in str(caught.value)


def test_probes_may_lie_beside(tmp_path: Path) -> None:
    probe = {"host": "pacs", "port": 11112, "speaks": "tls"}
    snapshot, _ = read(tmp_path, {"probe/pacs_11112.json": probe})
    assert snapshot.probes == (probe,)


def test_secrets_are_taken_out(tmp_path: Path) -> None:
    vpn = {"VpnConnections": [{"VpnConnectionId": "vpn-1", "CustomerGatewayConfiguration": "<psk>canary</psk>"}]}
    snapshot, _ = read(tmp_path, {"subnets.json": {"Subnets": [SUBNET]}, "vpn.json": vpn})
    assert "canary" not in str(snapshot.answers)
