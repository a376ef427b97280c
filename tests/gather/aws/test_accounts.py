"""Many accounts: each entered by its role, and one that cannot be entered does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from orthaudit.declared import Account, Config, Organization
from orthaudit.evidence import LedgerStatus, Snapshot
from orthaudit.finding import Status
from orthaudit.gather.aws.accounts import Wanted
from orthaudit.judge import judge
from orthaudit.lab.aws import Fault, LabAws
from orthaudit.model.estate import Estate
from orthaudit.model.network import Vpc
from orthaudit.rule import load_rules

Gather = Callable[..., Snapshot]
HOSPITAL, NETWORK, SUSPENDED = "111122223333", "444455556666", "777788889999"
BOTH = ("ca-central-1", "us-east-1")


def role(account: str) -> Account:
    return Account(f"arn:aws:iam::{account}:role/orthaudit")


def test_without_more_it_is_the_callers_account_in_every_enabled_region(gather: Gather) -> None:
    snapshot = gather(["ec2.DescribeVpcs"], wanted=Wanted())
    assert snapshot.scope.places == tuple((HOSPITAL, region) for region in BOTH)
    assert snapshot.scope.caller == f"arn:aws:iam::{HOSPITAL}:user/auditor"


def test_roles_lead_into_their_accounts(gather: Gather, aws: LabAws) -> None:
    snapshot = gather(["ec2.DescribeVpcs"], wanted=Wanted((role(HOSPITAL), role(NETWORK))))
    vpcs = {vpc.id: vpc.place for vpc in Estate(snapshot, Config(), datetime.now(UTC)).all(Vpc)}
    assert vpcs[aws.ids["imaging.vpc"]] == (HOSPITAL, "ca-central-1")
    assert vpcs[aws.ids["network.vpc"]] == (NETWORK, "ca-central-1")
    assert vpcs[aws.ids["spare.vpc"]] == (NETWORK, "us-east-1")


def test_regions_of_the_option_come_before_those_of_the_account(gather: Gather) -> None:
    named = Account(role(NETWORK).role_arn, ("us-east-1",))
    assert gather(["ec2.DescribeVpcs"], wanted=Wanted((named,))).scope.places == ((NETWORK, "us-east-1"),)
    chosen = Wanted((named,), regions=("ca-central-1",))
    assert gather(["ec2.DescribeVpcs"], wanted=chosen).scope.places == ((NETWORK, "ca-central-1"),)


@pytest.mark.parametrize("regions", [(), ("ca-central-1",)])
def test_an_account_that_cannot_be_entered_is_one_line_and_unknown(gather: Gather, regions: tuple[str, ...]) -> None:
    rules = [rule for rule in load_rules()[0] if rule.id == "dicom-port-open-to-internet"]
    wanted = Wanted((role(SUSPENDED), role(HOSPITAL)), regions=regions)
    snapshot = gather(rules[0].operations, wanted=wanted)
    lines = [line for line in snapshot.ledger if line.account == SUSPENDED]
    assert [(line.call, line.status) for line in lines] == [("sts.AssumeRole", LedgerStatus.DENIED)]
    findings, _ = judge(Estate(snapshot, Config(), datetime.now(UTC)), rules)
    shut = [one for one in findings if one.subject.account == SUSPENDED]
    assert [(one.status, one.subject.id) for one in shut] == [
        (Status.UNKNOWN, f"{SUSPENDED}/{regions[0] if regions else '*'}")
    ]
    assert shut[0].unknown is not None
    assert shut[0].unknown.code == "denied"
    assert "sts.AssumeRole" in shut[0].unknown.needs[0]
    assert any(one.status is Status.PASS and one.subject.account == HOSPITAL for one in findings)


def test_an_organization_is_its_active_accounts_but_the_excluded(gather: Gather) -> None:
    whole = gather(["ec2.DescribeVpcs"], wanted=Wanted(organization=Organization("orthaudit")))
    assert whole.scope.accounts == (HOSPITAL, NETWORK)  # the suspended one is left out
    part = gather(["ec2.DescribeVpcs"], wanted=Wanted(organization=Organization("orthaudit", (NETWORK,))))
    assert part.scope.accounts == (HOSPITAL,)


def test_an_organization_that_cannot_be_listed_is_unknown_not_empty(gather: Gather) -> None:
    rules = [rule for rule in load_rules()[0] if rule.id == "client-vpn-connection-logging"]
    fault = Fault("organizations", "ListAccounts", "denied")
    snapshot = gather(rules[0].operations, [fault], wanted=Wanted(organization=Organization("orthaudit")))
    findings, _ = judge(Estate(snapshot, Config(), datetime.now(UTC)), rules)
    assert [(one.status, one.subject.id) for one in findings] == [(Status.UNKNOWN, "organization/*")]


def test_regions_that_cannot_be_listed_are_unknown_not_empty(gather: Gather) -> None:
    rules = [rule for rule in load_rules()[0] if rule.id == "client-vpn-connection-logging"]
    snapshot = gather(rules[0].operations, [Fault("ec2", "DescribeRegions", "denied")], wanted=Wanted())
    findings, _ = judge(Estate(snapshot, Config(), datetime.now(UTC)), rules)
    assert [(one.status, one.subject.id) for one in findings] == [(Status.UNKNOWN, f"{HOSPITAL}/*")]


@pytest.mark.parametrize("kind", ["denied", "throttled", "timeout"])
def test_a_caller_that_aws_does_not_name_is_unknown_not_a_usage_error(gather: Gather, kind: str) -> None:
    rules = [rule for rule in load_rules()[0] if rule.id == "client-vpn-connection-logging"]
    fault = Fault("sts", "GetCallerIdentity", kind)
    snapshot = gather(rules[0].operations, [fault], wanted=Wanted(), read_timeout=0.3)
    findings, _ = judge(Estate(snapshot, Config(), datetime.now(UTC)), rules)
    assert [(one.status, one.subject.id) for one in findings] == [(Status.UNKNOWN, "caller/*")]


def test_roles_are_entered_although_the_caller_is_not_named(gather: Gather) -> None:
    fault = Fault("sts", "GetCallerIdentity", "denied")
    snapshot = gather(["ec2.DescribeVpcs"], [fault], wanted=Wanted((role(NETWORK),), regions=("us-east-1",)))
    assert snapshot.scope.places == ((NETWORK, "us-east-1"),)
    assert isinstance(snapshot.answer(NETWORK, "us-east-1", "ec2.DescribeVpcs"), dict)
