"""Which resource an id stands for that is known only after apply."""

from collections.abc import Callable
from typing import Any

import pytest

from orthaudit.model.item import UNOBSERVED_KEY

SUBNETS = {
    f'aws_subnet.private["{zone}"]': {"after": {"cidr_block": cidr}, "unknown": {"vpc_id": True}}
    for zone, cidr in (("b", "10.0.2.0/24"), ("a", "10.0.1.0/24"))
}
PUBLIC = {'aws_subnet.public["a"]': {"after": {"cidr_block": "10.0.9.0/24"}, "unknown": {"vpc_id": True}}}

UNKNOWN = "unknown"


def interface(subnet: object, key: str = "", **more: object) -> dict[str, Any]:
    return {f"aws_network_interface.a{key}": {"given": {"subnet_id": subnet, "security_groups": []}, **more}}


def inside(module: str, resources: dict[str, Any]) -> dict[str, Any]:
    return {f"{module}.{address}": told for address, told in resources.items()}


@pytest.mark.parametrize(
    ("resources", "modules", "subnet"),
    [
        pytest.param({**PUBLIC, **interface(('aws_subnet.public["a"].id',))}, {}, 'aws_subnet.public["a"]', id="one"),
        pytest.param(
            {**SUBNETS, **interface(("aws_subnet.private", "count.index"), "[1]")},
            {},
            'aws_subnet.private["b"]',
            id="count.index is a position, keys in order",
        ),
        pytest.param(
            {**SUBNETS, **interface(("aws_subnet.private", "count.index"), "[2]")},
            {},
            'aws_subnet.private["a"]',
            id="element() begins anew at the end",
        ),
        pytest.param(
            {**SUBNETS, **interface(("local.subnets", "count.index"), "[0]")},
            {},
            UNKNOWN,
            id="a list that is not known",
        ),
        pytest.param(
            {**SUBNETS, **interface(("aws_subnet.private", "each.key"), '["b"]')},
            {},
            'aws_subnet.private["b"]',
            id="each.key",
        ),
        pytest.param(
            {**SUBNETS, **interface(("each.value.id",), '["b"]', for_each=("aws_subnet.private",))},
            {},
            'aws_subnet.private["b"]',
            id="each.value of the resources behind for_each",
        ),
        pytest.param(
            {**SUBNETS, **interface(("aws_subnet.private", "each.value"), '["10.0.2.0/24"]')},
            {},
            'aws_subnet.private["b"]',
            id="a key that is a value of one instance",
        ),
        pytest.param(
            {**SUBNETS, **interface(("aws_subnet.private", "each.value"), '["web"]')}, {}, UNKNOWN, id="an unknown key"
        ),
        pytest.param(
            {**SUBNETS, **PUBLIC, **interface(("aws_subnet.private", "aws_subnet.public"))},
            {},
            UNKNOWN,
            id="one of several",
        ),
        pytest.param(
            {**PUBLIC, **interface(("local.subnet",))},
            {},
            'aws_subnet.public["a"]',
            id="a local can only be the plan's only subnet",
        ),
        pytest.param({**SUBNETS, **interface(("local.subnet",))}, {}, UNKNOWN, id="a local could be either"),
        pytest.param(
            {**PUBLIC, **interface(("local.subnet",)),
             "data.aws_ssm_parameter.subnet": {"unknown": {"value": True}, "actions": ["read"]}},
            {},
            UNKNOWN,
            id="a parameter may be behind it",
        ),
        pytest.param(
            {**PUBLIC, **interface(("data.aws_instance.old.subnet_id", "local.subnet")),
             "data.aws_instance.old": {"unknown": {"subnet_id": True}, "actions": ["read"]}},
            {},
            UNKNOWN,
            id="what comes from outside is not the plan's only subnet",
        ),
        pytest.param(
            {**inside("module.net", SUBNETS), **inside("module.net", PUBLIC),
             **inside("module.app", interface(("var.network.private_subnet_ids", "count.index"), "[1]"))},
            {
                "net": {"outputs": {"info": ("aws_vpc.main.id", "aws_subnet.public", "aws_subnet.private")}},
                "app": {"arguments": {"network": ("module.net.info.vpc_id", "module.net.info.private_subnet_ids")}},
            },
            'module.net.aws_subnet.private["b"]',
            id="out of one module and into another, by the key's name",
        ),
        pytest.param(
            {**inside("module.net", SUBNETS), **inside("module.net", PUBLIC),
             **inside("module.app", interface(("var.network.subnet_ids", "count.index"), "[0]"))},
            {
                "net": {"outputs": {"info": ("aws_subnet.public", "aws_subnet.private")}},
                "app": {"arguments": {"network": ("module.net.info",)}},
            },
            UNKNOWN,
            id="a name that fits both",
        ),
        pytest.param(
            {**inside('module.net["x"]', PUBLIC), **inside('module.net["y"]', PUBLIC),
             **inside('module.app["y"]', interface(("var.subnet",)))},
            {
                "net": {"outputs": {"subnet": ('aws_subnet.public["a"].id',)}, "for_each": ("var.sites",)},
                "app": {"arguments": {"subnet": ("module.net", "each.key")}, "for_each": ("var.sites",)},
            },
            'module.net["y"].aws_subnet.public["a"]',
            id="instances of modules",
        ),
        pytest.param(
            {**inside("module.app.module.host", interface(("var.subnet",))), **inside("module.net", PUBLIC)},
            {
                "net": {"outputs": {"subnet": ('aws_subnet.public["a"].id',)}},
                "app": {
                    "arguments": {"one": ("module.net.subnet",)},
                    "modules": {"host": {"arguments": {"subnet": ("var.one",)}}},
                },
            },
            'module.net.aws_subnet.public["a"]',
            id="through two modules",
        ),
        pytest.param(
            {'aws_subnet.public["a"]': {"after": {"id": "subnet-0abc"}, "actions": ["no-op"]},
             **interface(('aws_subnet.public["a"].id',))},
            {},
            "subnet-0abc",
            id="an id that is known",
        ),
    ],
)  # fmt: skip
def test_subnet_of_an_interface(
    resources: dict[str, Any], modules: dict[str, Any], subnet: str, make_plan: Any, answer: Callable[..., Any]
) -> None:
    found = answer(make_plan(resources, modules), "ec2.DescribeNetworkInterfaces")["NetworkInterfaces"]
    told = found[0]["SubnetId"]
    assert (UNKNOWN if isinstance(told, dict) else told) == subnet
    if isinstance(told, dict):
        assert told[UNOBSERVED_KEY][0] == "known_after_apply"


GROUPS = {
    f"aws_security_group.{name}": {"after": {"name": name}, "given": {"vpc_id": ("aws_vpc.main.id",)}} for name in "ab"
}


@pytest.mark.parametrize(
    ("named", "groups"),
    [
        (("aws_security_group.a.id", "aws_security_group.b.id"), ["aws_security_group.a", "aws_security_group.b"]),
        (("aws_security_group.a.id", "local.more"), UNKNOWN),
        (("aws_vpc.main.default_security_group_id",), ["aws_vpc.main.default_security_group_id"]),
        (None, ["aws_vpc.main.default_security_group_id"]),
    ],
)
def test_groups_of_an_interface(named: Any, groups: Any, make_plan: Any, answer: Callable[..., Any]) -> None:
    given = {"subnet_id": ("aws_subnet.a.id",)} | ({"security_groups": named} if named else {})
    resources = {
        "aws_vpc.main": {"after": {"cidr_block": "10.0.0.0/16"}, "unknown": {"default_security_group_id": True}},
        "aws_subnet.a": {"after": {"cidr_block": "10.0.0.0/24"}, "given": {"vpc_id": ("aws_vpc.main.id",)}},
        **GROUPS,
        "aws_network_interface.a": {"given": given, "unknown": {"security_groups": True}},
    }
    found = answer(make_plan(resources), "ec2.DescribeNetworkInterfaces")["NetworkInterfaces"][0]["Groups"]
    assert (UNKNOWN if UNOBSERVED_KEY in found[0] else [one["GroupId"] for one in found]) == groups
