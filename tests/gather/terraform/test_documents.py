"""Plans and states as a whole: what is there after apply, where it is, what is not said, and bad files."""

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orthaudit.evidence import Snapshot, UnknownCode, Unobserved
from orthaudit.gather.terraform.document import Document
from orthaudit.gather.terraform.read import TerraformError, read_terraform

NOW = datetime(2026, 11, 25, tzinfo=UTC)

KEY = "-----BEGIN RSA PRIVATE KEY-----\ncanary-key\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("actions", "there"),
    [
        (["create"], True),
        (["update"], True),
        (["no-op"], True),
        (["delete", "create"], True),
        (["create", "delete"], True),
        (["delete"], False),
    ],
)
def test_actions(actions: list[str], there: bool, make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan(
        {
            "aws_vpc.main": {"after": {"cidr_block": "10.0.0.0/16"}},
            "aws_customer_gateway.c": {"after": {"type": "ipsec.1"}, "actions": actions},
        }
    )
    found = answer(plan, "ec2.DescribeCustomerGateways")["CustomerGateways"]
    assert [one["CustomerGatewayId"] for one in found] == (["aws_customer_gateway.c"] if there else [])


def test_a_deposed_object_is_no_resource_of_its_own(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan({"aws_vpc.a": {"after": {"cidr_block": "10.0.0.0/16"}, "actions": ["create", "delete"]}})
    (change,) = plan["resource_changes"]
    plan["resource_changes"].append({**change, "deposed": "ab12", "change": {"actions": ["delete"]}})
    assert len(answer(plan, "ec2.DescribeVpcs")["Vpcs"]) == 1
    assert len(answer(plan, "ec2.DescribeRouteTables")["RouteTables"]) == 1  # of the new VPC


def _before(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"values": {"root_module": {"resources": list(resources)}}}


def _raw(mode: str, kind: str, **values: Any) -> dict[str, Any]:
    address = f"{'data.' if mode == 'data' else ''}{kind}.old"
    return {"address": address, "mode": mode, "type": kind, "name": "old", "values": values}


def test_what_a_plan_does_not_touch_stays(make_plan: Any, answer: Callable[..., Any]) -> None:
    kept = _raw("managed", "aws_customer_gateway", id="cgw-0abc")
    plan = make_plan({"aws_customer_gateway.c": {}}, prior_state=_before(kept))
    found = answer(plan, "ec2.DescribeCustomerGateways")["CustomerGateways"]
    assert [one["CustomerGatewayId"] for one in found] == ["aws_customer_gateway.c", "cgw-0abc"]


def test_what_is_forgotten_stays_in_aws(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan({"aws_customer_gateway.c": {"after": {"id": "cgw-0abc"}, "actions": ["delete"]}})
    plan["resource_changes"][0]["change"] |= {"actions": ["forget"], "before": {"id": "cgw-0abc"}}
    assert len(answer(plan, "ec2.DescribeCustomerGateways")["CustomerGateways"]) == 1


def test_state(answer: Callable[..., Any]) -> None:
    group = {
        "id": "sg-0abc", "name": "app", "vpc_id": "vpc-0abc", "egress": [],
        "ingress": [{"from_port": 0, "to_port": 0, "protocol": "-1", "self": True}],
    }  # fmt: skip
    module = {"address": "module.a", "resources": [_raw("managed", "aws_security_group", **group)]}
    subnet = _raw("managed", "aws_subnet", id="subnet-0abc", vpc_id="vpc-0abc", cidr_block="10.0.0.0/24")
    state = {"format_version": "1.0", "values": {"root_module": {"resources": [subnet], "child_modules": [module]}}}
    (told,) = answer(state, "ec2.DescribeSecurityGroups")["SecurityGroups"]
    assert told["IpPermissions"][0]["UserIdGroupPairs"] == [{"GroupId": "sg-0abc", "UserId": "terraform"}]
    assert told["IpPermissionsEgress"] == []
    (told,) = answer(state, "ec2.DescribeSubnets")["Subnets"]
    assert (told["SubnetId"], told["VpcId"]) == ("subnet-0abc", "vpc-0abc")


@pytest.mark.parametrize(
    ("resources", "more", "providers", "place"),
    [
        pytest.param({"aws_vpc.a": {}}, {}, {}, ("terraform", "unknown"), id="nothing tells"),
        pytest.param(
            {"aws_vpc.a": {}},
            {"prior_state": _before(_raw("data", "aws_caller_identity", account_id="111122223333"),
                                    _raw("data", "aws_region", name="eu-west-1"))},
            {},
            ("111122223333", "eu-west-1"),
            id="data sources",
        ),
        pytest.param(
            {"aws_vpc.a": {"after": {"id": "vpc-1", "arn": "arn:aws:ec2:us-east-2:111122223333:vpc/vpc-1"}}},
            {},
            {},
            ("111122223333", "us-east-2"),
            id="ARNs",
        ),
        pytest.param(
            {"aws_vpc.a": {}},
            {"variables": {"region": {"value": "ca-central-1"}}},
            {"region": {"references": ["var.region"]},
             "assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::444455556666:role/r"}}]},
            ("444455556666", "ca-central-1"),
            id="the provider",
        ),
        pytest.param(
            {"aws_subnet.a": {"after": {"availability_zone": "ap-south-1b"}}},
            {},
            {},
            ("terraform", "ap-south-1"),
            id="zones",
        ),
    ],
)  # fmt: skip
def test_place(
    resources: dict[str, Any], more: dict[str, Any], providers: dict[str, Any], place: tuple[str, str],
    make_plan: Any, read: Callable[[object], Snapshot],
) -> None:  # fmt: skip
    plan = make_plan(resources, **more)
    plan["configuration"]["provider_config"]["aws"]["expressions"] = providers
    for resource in plan["configuration"]["root_module"]["resources"]:
        resource["provider_config_key"] = "aws"
    snapshot = read(plan)
    assert snapshot.scope.places == (place,)
    assert (snapshot.scope.source, snapshot.taken_at) == ("terraform", NOW)


def test_each_provider_has_its_region(make_plan: Any, read: Callable[[object], Snapshot]) -> None:
    plan = make_plan({"aws_vpc.a": {}, "aws_vpc.b": {}})
    plan["configuration"]["provider_config"] = {
        key: {"expressions": {"region": {"constant_value": region}}}
        for key, region in (("aws", "us-east-1"), ("aws.west", "us-west-2"))
    }
    for resource, key in zip(plan["configuration"]["root_module"]["resources"], ("aws", "aws.west"), strict=True):
        resource["provider_config_key"] = key
    assert read(plan).scope.places == (("terraform", "us-east-1"), ("terraform", "us-west-2"))


@pytest.mark.parametrize(
    "call", ["acm.ListCertificates", "ec2.GetActiveVpnTunnelStatus", "ec2.DescribeVpcBlockPublicAccessOptions"]
)
def test_what_a_plan_does_not_say_is_absent(call: str, make_plan: Any, answer: Callable[..., Any]) -> None:
    told = answer(make_plan({"aws_vpc.a": {}}), call)
    assert isinstance(told, Unobserved)
    assert (told.code, told.why) == (UnknownCode.ABSENT, f"{call}: a plan does not say")


def test_what_is_deferred_is_there_and_not_known(make_plan: Any, read: Any, verdicts: Any) -> None:
    deferred = {"address": "aws_security_group.later", "type": "aws_security_group", "name": "later", "change": {}}
    plan = make_plan({"aws_vpc.a": {}}, deferred_changes=[{"reason": "x", "resource_change": deferred}])
    found = verdicts(read(plan))
    assert found[("dicom-port-open-to-internet", "aws_security_group.later")].status == "unknown"


def test_no_secret_is_kept(make_plan: Any, read: Callable[[object], Snapshot]) -> None:
    plan = make_plan(
        {
            "aws_acm_certificate.a": {
                "after": {"certificate_body": f"PEM\n{KEY}", "private_key": KEY, "certificate_chain": "canary-no"},
            },
            "aws_vpn_connection.v": {
                "after": {
                    "tunnel1_preshared_key": "canary-psk", "customer_gateway_configuration": "canary-xml",
                    "tags": {"Name": "v"},
                },
            },
            "aws_dx_private_virtual_interface.x": {"after": {"bgp_auth_key": "canary-bgp"}},
            "aws_db_instance.d": {"after": {"identifier": "d", "password": "canary-password"}},
            "aws_db_parameter_group.p": {"after": {"name": "p", "parameter": [{"name": "x", "value": "canary-value"}]}},
            "aws_secretsmanager_secret_version.s": {"after": {"secret_string": "canary-secret"}},
            "aws_instance.i": {"after": {"user_data": "canary-data", "user_data_base64": "canary-base64"}},
            "aws_security_group.g": {"given": {"vpc_id": ("var.token",)}},
        },
        variables={"token": {"value": "vpc-canary-token"}, "db_password": {"value": "canary-variable"}},
    )  # fmt: skip
    plan["configuration"]["root_module"]["variables"] = {"token": {"sensitive": True}}
    snapshot = read(plan)
    kept = repr(snapshot)
    assert "canary-no" in kept
    assert [one for one in kept.replace("canary-no", "").split() if "canary" in one] == []
    held = repr([one.values for one in Document(plan).resources if one.type != "aws_db_parameter_group"])
    assert [one for one in held.replace("canary-no", "").split() if "canary" in one] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not JSON"),
        (b'{"format_version": "1.2", "planned_values": {', "cut off (line 1)"),
        (b"\xff\xfe\x00\xd8", "is not JSON"),
        (b"[]", "holds no plan or state"),
        (b'{"a": 1}', "no format_version"),
        (b'{"@level":"info"}\n{"@level":"info"}', "log of `terraform plan -json`"),
        (b'{"version": 4, "terraform_version": "1.11.4", "resources": []}', "is a raw state file"),
        (b'{"format_version": "2.0", "planned_values": {}}', "format_version '2.0'"),
        (b'{"format_version": "0.1", "values": {}}', "format_version '0.1'"),
        (b'{"format_version": "1.2", "errored": true}', "ended in errors"),
        (b'{"format_version": "1.2"}', "holds no planned_values"),
        (b'{"format_version": "1.2", "planned_values": {"root_module": {}}}', "holds no configuration"),
        (b'{"format_version": "1.0", "values": {"root_module": {}}}', "holds no resource of AWS"),
        (b'{"format_version": "1.0", "values": 3}', "holds no values"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_bad_files(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(TerraformError) as raised:
        read_terraform(path, "1", NOW)
    assert says in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_binary_plan(tmp_path: Path) -> None:
    path = tmp_path / "tfplan"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfplan", "x")
    with pytest.raises(TerraformError, match="is a binary plan; write it with `terraform show -json FILE`"):
        read_terraform(path, "1", NOW)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(TerraformError, match="cannot be read: No such file"):
        read_terraform(tmp_path / "none", "1", NOW)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_powershell_writes(encoding: str, make_plan: Any, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(json.dumps(make_plan({"aws_vpc.a": {}})).encode(encoding))
    assert read_terraform(path, "1", NOW).scope.places == (("terraform", "unknown"),)
