"""Security groups, network ACLs and prefix lists, from blocks and from resources of their own."""

from collections.abc import Callable
from typing import Any

import pytest

from orthaudit.finding import Status
from orthaudit.model.item import UNOBSERVED_KEY

VPC = {"aws_vpc.main": {"after": {"cidr_block": "10.0.0.0/16"}, "unknown": {"default_security_group_id": True}}}
GROUP = {
    "after": {"name": "app"},
    "given": {"vpc_id": ("aws_vpc.main.id",)},
    "unknown": {"ingress": True, "egress": True},
}
ANYONE = {"from_port": 11112, "to_port": 11112, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}


def rule(direction: str, **more: Any) -> dict[str, Any]:
    after = {"type": direction, "from_port": 11112, "to_port": 11112, "protocol": "tcp", **more}
    return {"after": after, "given": {"security_group_id": ("aws_security_group.app.id",)}}


@pytest.mark.parametrize(
    ("resources", "ingress"),
    [
        pytest.param(
            {"aws_security_group.app": {**GROUP, "after": {"name": "app", "ingress": [ANYONE]}, "unknown": {}}},
            [{"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            id="a block",
        ),
        pytest.param(
            {"aws_security_group.app": GROUP,
             "aws_security_group_rule.a": rule("ingress", cidr_blocks=["192.0.2.0/24"]),
             "aws_security_group_rule.out": rule("egress", cidr_blocks=["0.0.0.0/0"])},
            [{"IpRanges": [{"CidrIp": "192.0.2.0/24"}]}],
            id="a rule",
        ),
        pytest.param(
            {"aws_security_group.app": GROUP, "aws_security_group_rule.a": rule("ingress", self=True)},
            [{"UserIdGroupPairs": [{"GroupId": "aws_security_group.app", "UserId": "terraform"}]}],
            id="itself",
        ),
        pytest.param(
            {"aws_security_group.app": GROUP, "aws_security_group.other": GROUP,
             "aws_security_group_rule.a": {
                 "after": rule("ingress")["after"],
                 "given": {"security_group_id": ("aws_security_group.app.id",),
                           "source_security_group_id": ("aws_security_group.other.id",)}}},
            [{"UserIdGroupPairs": [{"GroupId": "aws_security_group.other", "UserId": "terraform"}]}],
            id="another group",
        ),
        pytest.param(
            {"aws_security_group.app": GROUP,
             "aws_vpc_security_group_ingress_rule.a": {
                 "after": {"ip_protocol": "tcp", "from_port": 11112, "to_port": 11112, "cidr_ipv6": "2001:db8::/32"},
                 "given": {"security_group_id": ("aws_security_group.app.id",)}},
             "aws_vpc_security_group_ingress_rule.b": {
                 "after": {"ip_protocol": "-1"},
                 "given": {"security_group_id": ("aws_security_group.app.id",),
                           "prefix_list_id": ("aws_ec2_managed_prefix_list.clinics.id",)}},
             "aws_ec2_managed_prefix_list.clinics": {}},
            [{"Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
             {"PrefixListIds": [{"PrefixListId": "aws_ec2_managed_prefix_list.clinics"}], "IpProtocol": "-1"}],
            id="rules with one source each",
        ),
    ],
)  # fmt: skip
def test_ingress(
    resources: dict[str, Any], ingress: list[dict[str, Any]], make_plan: Any, answer: Callable[..., Any]
) -> None:
    found = answer(make_plan({**VPC, **resources}), "ec2.DescribeSecurityGroups")["SecurityGroups"]
    permissions = next(one for one in found if one["GroupId"] == "aws_security_group.app")["IpPermissions"]
    assert len(permissions) == len(ingress)
    for told, expected in zip(permissions, ingress, strict=True):
        ports = {} if told["IpProtocol"] == "-1" else {"IpProtocol": "tcp", "FromPort": 11112, "ToPort": 11112}
        assert {name: value for name, value in told.items() if value != []} == {**ports, **expected}


@pytest.mark.parametrize("direction", ["IpPermissions", "IpPermissionsEgress"])
def test_a_block_that_is_not_known_stays_unknown(direction: str, make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan({**VPC, "aws_security_group.app": GROUP})
    told = answer(plan, "ec2.DescribeSecurityGroups")["SecurityGroups"][0][direction]
    assert told[UNOBSERVED_KEY] == [
        "known_after_apply",
        f"aws_security_group.app: {'egress' if 'Egress' in direction else 'ingress'} is known only after apply",
    ]


def test_rules_of_a_group_that_the_plan_does_not_hold(make_plan: Any, read: Any, verdicts: Any) -> None:
    strange = {"after": {**ANYONE, "type": "ingress", "security_group_id": "sg-0abc"}}
    found = verdicts(read(make_plan({**VPC, "aws_security_group_rule.a": strange})))
    assert found[("dicom-port-open-to-internet", "sg-0abc")].status is Status.FAIL  # whatever else it holds


def test_a_rule_whose_group_is_not_known_may_be_of_any(make_plan: Any, read: Any, verdicts: Any) -> None:
    lost = {"after": {**ANYONE, "type": "ingress"}, "given": {"security_group_id": ("data.http.a.body",)}}
    closed = {**GROUP, "after": {"name": "app", "ingress": [], "egress": []}, "unknown": {}}
    resources = {**VPC, "aws_security_group.app": closed, "data.http.a": {"unknown": {"body": True}}}
    assert verdicts(read(make_plan(resources)))[
        ("dicom-port-open-to-internet", "aws_security_group.app")
    ].status is Status.PASS  # fmt: skip
    resources["aws_security_group_rule.a"] = lost
    assert verdicts(read(make_plan(resources)))[
        ("dicom-port-open-to-internet", "aws_security_group.app")
    ].status is Status.UNKNOWN  # fmt: skip


def test_what_aws_makes_with_a_vpc(make_plan: Any, answer: Callable[..., Any]) -> None:
    subnet = {"after": {"cidr_block": "10.0.0.0/24"}, "given": {"vpc_id": ("aws_vpc.main.id",)}}
    plan = make_plan({**VPC, "aws_subnet.a": subnet})
    (group,) = answer(plan, "ec2.DescribeSecurityGroups")["SecurityGroups"]
    (acl,) = answer(plan, "ec2.DescribeNetworkAcls")["NetworkAcls"]
    (table,) = answer(plan, "ec2.DescribeRouteTables")["RouteTables"]
    assert group["GroupName"] == "default"
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    assert [(one["RuleNumber"], one["RuleAction"], one["Egress"]) for one in acl["Entries"] if "CidrBlock" in one] == [
        (100, "allow", False), (100, "allow", True), (32767, "deny", False), (32767, "deny", True),
    ]  # fmt: skip
    assert [one["SubnetId"] for one in acl["Associations"]] == ["aws_subnet.a"]
    assert table["Associations"][0]["Main"] is True
    assert [(one["DestinationCidrBlock"], one["GatewayId"]) for one in table["Routes"]] == [("10.0.0.0/16", "local")]


def test_what_aws_made_and_the_plan_manages(make_plan: Any, answer: Callable[..., Any]) -> None:
    managed = {
        **VPC,
        "aws_default_security_group.a": {
            "after": {"ingress": [], "egress": []}, "given": {"vpc_id": ("aws_vpc.main.id",)},
        },
        "aws_default_network_acl.a": {
            "after": {"ingress": [], "egress": []},
            "given": {"default_network_acl_id": ("aws_vpc.main.default_network_acl_id",)},
        },
        "aws_default_route_table.a": {
            "after": {"route": []},
            "given": {"default_route_table_id": ("aws_vpc.main.default_route_table_id",)},
        },
    }  # fmt: skip
    plan = make_plan(managed)
    (group,) = answer(plan, "ec2.DescribeSecurityGroups")["SecurityGroups"]
    (acl,) = answer(plan, "ec2.DescribeNetworkAcls")["NetworkAcls"]
    (table,) = answer(plan, "ec2.DescribeRouteTables")["RouteTables"]
    assert (group["GroupId"], group["IpPermissions"]) == ("aws_default_security_group.a", [])
    assert (acl["NetworkAclId"], acl["VpcId"]) == ("aws_default_network_acl.a", "aws_vpc.main")
    assert (table["RouteTableId"], table["VpcId"]) == ("aws_default_route_table.a", "aws_vpc.main")
    assert table["Associations"][0]["Main"] is True


def test_network_acl_and_its_rules(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan(
        {
            **VPC,
            "aws_subnet.a": {"after": {"cidr_block": "10.0.0.0/24"}, "given": {"vpc_id": ("aws_vpc.main.id",)}},
            "aws_network_acl.a": {
                "after": {"egress": []},
                "given": {"vpc_id": ("aws_vpc.main.id",), "subnet_ids": ("aws_subnet.a.id",)},
                "unknown": {"ingress": True},
            },
            "aws_network_acl_rule.a": {
                "after": {
                    "rule_number": 10, "egress": False, "protocol": "tcp", "rule_action": "allow",
                    "cidr_block": "0.0.0.0/0", "from_port": 11112, "to_port": 11112,
                },
                "given": {"network_acl_id": ("aws_network_acl.a.id",)},
            },
        }
    )  # fmt: skip
    acl, default = answer(plan, "ec2.DescribeNetworkAcls")["NetworkAcls"]
    assert acl["Entries"][0] == {
        "RuleNumber": 10, "RuleAction": "allow", "Egress": False, "Protocol": "6", "CidrBlock": "0.0.0.0/0",
        "PortRange": {"From": 11112, "To": 11112},
    }  # fmt: skip
    assert [one["SubnetId"] for one in acl["Associations"]] == ["aws_subnet.a"]
    assert default["Associations"] == []


def test_prefix_list(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan(
        {
            "aws_ec2_managed_prefix_list.clinics": {"after": {"entry": [{"cidr": "192.0.2.0/24"}]}},
            "aws_ec2_managed_prefix_list_entry.more": {
                "after": {"cidr": "198.51.100.0/24"},
                "given": {"prefix_list_id": ("aws_ec2_managed_prefix_list.clinics.id",)},
            },
        }
    )
    asked = {"PrefixListId": "aws_ec2_managed_prefix_list.clinics"}
    entries = answer(plan, "ec2.GetManagedPrefixListEntries", **asked)["Entries"]
    assert [one["Cidr"] for one in entries] == ["192.0.2.0/24", "198.51.100.0/24"]
