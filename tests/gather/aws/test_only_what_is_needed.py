"""Rules declare their evidence; nothing else is asked, and the printed policy allows exactly that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import botocore.session
import jmespath
import pytest

from orthaudit.evidence import Snapshot
from orthaudit.gather.aws.calls import CALLS, Paging, depth, plan
from orthaudit.gather.aws.permissions import policy
from orthaudit.lab.aws import LabAws
from orthaudit.rule import load_rules

Gather = Callable[..., Snapshot]
RULES = {rule.id: rule for rule in load_rules()[0]}


@pytest.mark.parametrize("name", CALLS)
def test_a_row_agrees_with_aws_own_model(name: str) -> None:
    call = CALLS[name]
    session = botocore.session.get_session()
    model = session.get_service_model(call.service)
    operation = model.operation_model(call.operation)
    assert operation.output_shape is not None
    output = operation.output_shape.members
    for key in call.keys:
        assert key in output, f"{name} does not answer with {key}"
    members = operation.input_shape.members if operation.input_shape else {}
    own = {each.parameter for each in call.each}
    required = set(operation.input_shape.required_members) if operation.input_shape else set()
    assert (own | set(call.parameters)) <= set(members)
    if call.service != "sts":
        assert required <= own | set(call.parameters)
    has_paginator = True
    try:
        session.get_paginator_model(call.service).get_paginator(call.operation)
    except ValueError:
        has_paginator = False
    assert has_paginator is (call.paging is Paging.PAGINATOR) or call.id == "s3.ListObjectsV2"
    tokens = {"NextToken", "nextToken"} & set(output)
    assert call.paging is not Paging.ONCE or not tokens or call.id == "s3.ListObjectsV2", "it has pages"
    assert not re.match(r"(Create|Delete|Modify|Put|Start|Tag|Run|Update)", call.operation)


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.each])
def test_what_to_ask_for_is_found_in_a_parents_answer(name: str) -> None:
    for each in CALLS[name].each:
        assert each.found or each.declared
        for parent, expression in each.found:
            jmespath.compile(expression.replace("{", "").replace("}", ""))
            assert depth(parent) < depth(name)


@pytest.mark.parametrize("rule_id", RULES)
def test_nothing_outside_the_policy_is_asked(rule_id: str, gather: Gather, aws: LabAws) -> None:
    operations = RULES[rule_id].operations
    before = len(aws.calls)
    gather(operations)
    asked = {f"{one.service}.{one.operation}" for one in aws.calls[before:]}
    allowed = set(json.loads(policy(operations))["Statement"][0]["Action"])
    assert {CALLS[name].action for name in asked} <= allowed
    assert asked <= {call.id for call in plan(operations)} | {"sts.GetCallerIdentity"}


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_names_where_its_ids_come_from(rule_id: str) -> None:
    """A child whose parents the rule does not see could not be asked for the right things."""
    operations = RULES[rule_id].operations
    for name in operations:
        parents = CALLS[name].parents
        assert not parents or set(parents) & set(operations), f"{name}: none of {parents}"


def test_a_parent_is_asked_once_and_first() -> None:
    names = [call.id for call in plan(["acm.GetCertificate", "elbv2.DescribeListeners"])]
    assert names == ["elbv2.DescribeLoadBalancers", "elbv2.DescribeListeners", "acm.GetCertificate"]


def test_children_are_asked_for_what_exists_alone(gather: Gather, aws: LabAws) -> None:
    before = len(aws.calls)
    gather(["ec2.DescribeSecurityGroups", "ec2.GetManagedPrefixListEntries"])
    asked = [one.parameters for one in aws.calls[before:] if one.operation == "GetManagedPrefixListEntries"]
    assert [one["PrefixListId"] for one in asked] == [aws.ids["clinics.pl"]]
