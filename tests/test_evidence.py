"""The snapshot: an answer, or why there is none; never an empty answer for one that was not given."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orthaudit.evidence import (
    Answer,
    Json,
    LedgerLine,
    LedgerStatus,
    NotObserved,
    Snapshot,
    UnknownCode,
    Unobserved,
    identify,
    need,
)

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
A, B = "111122223333", "444455556666"
HERE, THERE = "ca-central-1", "us-east-1"
VPCS, ENTRIES = "ec2.DescribeVpcs", "ec2.GetManagedPrefixListEntries"


def line(
    status: LedgerStatus,
    call: str = VPCS,
    *,
    account: str = A,
    region: str | None = HERE,
    reason: str = "",
    parameters: tuple[tuple[str, str], ...] = (),
) -> LedgerLine:
    service, operation = call.split(".")
    return LedgerLine(account, region, service, operation, status, reason, parameters)


SNAPSHOT = Snapshot(
    "0.1.0",
    NOW,
    ledger=(
        line(LedgerStatus.OK),
        line(LedgerStatus.DENIED, region=THERE, reason="UnauthorizedOperation"),
        line(LedgerStatus.FAILED, "ec2.DescribeSubnets", reason="timed out"),
        line(LedgerStatus.SKIPPED, "ec2.DescribeRouteTables", reason="interrupted before it was asked"),
        line(LedgerStatus.ABSENT, "ec2.DescribeNetworkAcls", reason="no such file"),
        line(LedgerStatus.OK, ENTRIES, parameters=(("PrefixListId", "pl-1"),)),
        line(LedgerStatus.DENIED, ENTRIES, reason="Throttling", parameters=(("PrefixListId", "pl-2"),)),
        line(LedgerStatus.DENIED, ENTRIES, region=THERE, reason="UnauthorizedOperation"),
        line(LedgerStatus.DENIED, "sts.AssumeRole", account=B, region=None, reason="AccessDenied",
             parameters=(("RoleArn", f"arn:aws:iam::{B}:role/orthaudit"),)),
    ),
    answers={
        (A, HERE, VPCS): (Answer({}, {"Vpcs": []}),),
        (A, HERE, ENTRIES): (Answer({"PrefixListId": "pl-1"}, {"Entries": [{"Cidr": "10.0.0.0/8"}]}),),
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("call", "parameters", "response"),
    [(VPCS, None, {"Vpcs": []}), (ENTRIES, {"PrefixListId": "pl-1"}, {"Entries": [{"Cidr": "10.0.0.0/8"}]})],
)
def test_an_answer_stands_by_its_question(call: str, parameters: dict[str, Json] | None, response: Json) -> None:
    assert SNAPSHOT.answer(A, HERE, call, parameters) == response


@pytest.mark.parametrize(
    ("account", "region", "call", "parameters", "code", "why"),
    [
        (A, THERE, VPCS, {}, "denied", f"{VPCS}: UnauthorizedOperation"),
        (A, HERE, "ec2.DescribeSubnets", {}, "failed", "ec2.DescribeSubnets: timed out"),
        (A, HERE, "ec2.DescribeRouteTables", {}, "absent",
         "ec2.DescribeRouteTables: interrupted before it was asked"),
        (A, HERE, "ec2.DescribeNetworkAcls", {}, "absent", "ec2.DescribeNetworkAcls: no such file"),
        (A, HERE, "ec2.DescribeInstances", {}, "absent", "ec2.DescribeInstances: not in the evidence"),
        (A, "eu-west-1", VPCS, {}, "absent", f"{VPCS}: not in the evidence"),
        # about one resource: its own line, else that of the operation as a whole
        (A, HERE, ENTRIES, {"PrefixListId": "pl-2"}, "denied", f"{ENTRIES} PrefixListId=pl-2: Throttling"),
        (A, HERE, ENTRIES, {"PrefixListId": "pl-3"}, "absent", f"{ENTRIES} PrefixListId=pl-3: not in the evidence"),
        (A, THERE, ENTRIES, {"PrefixListId": "pl-1"}, "denied",
         f"{ENTRIES} PrefixListId=pl-1: UnauthorizedOperation"),
        (A, HERE, ENTRIES, {}, "absent", f"{ENTRIES}: not in the evidence"),
        # an account that was never entered: the reason is that of the entrance
        (B, HERE, VPCS, {}, "denied", f"{VPCS}: sts.AssumeRole for {B}: AccessDenied"),
        (B, "*", ENTRIES, {"PrefixListId": "pl-1"}, "denied", f"{ENTRIES}: sts.AssumeRole for {B}: AccessDenied"),
    ],
)  # fmt: skip
def test_what_was_not_answered_says_why(
    account: str, region: str, call: str, parameters: dict[str, Json], code: str, why: str
) -> None:
    missing = SNAPSHOT.answer(account, region, call, parameters)
    assert isinstance(missing, Unobserved)
    assert (missing.code, missing.why, missing.where) == (code, why, (account, region))
    asked = "".join(f" {name}={value}" for name, value in parameters.items())
    assert f"{call}{asked} in {account}/{region}" in missing.needs


def test_an_account_that_was_not_entered_needs_its_entrance_first() -> None:
    missing = SNAPSHOT.answer(B, HERE, VPCS)
    assert isinstance(missing, Unobserved)
    assert missing.needs == (f"sts.AssumeRole for {B}", f"{VPCS} in {B}/{HERE}")


@pytest.mark.parametrize("status", [LedgerStatus.DENIED, LedgerStatus.FAILED])
def test_an_answer_that_is_there_counts_whatever_the_ledger_says_of_the_account(status: LedgerStatus) -> None:
    shut = line(status, "ec2.DescribeRegions", region=None, reason="no")
    snapshot = Snapshot("0.1.0", NOW, ledger=(shut,), answers={(A, HERE, VPCS): (Answer({}, {"Vpcs": []}),)})
    assert snapshot.answer(A, HERE, VPCS) == {"Vpcs": []}
    missing = snapshot.answer(A, THERE, VPCS)
    assert isinstance(missing, Unobserved)
    assert missing.code == status.value


def test_a_line_that_says_ok_without_its_answer_is_no_empty_answer() -> None:
    snapshot = Snapshot("0.1.0", NOW, ledger=(line(LedgerStatus.OK),))
    missing = snapshot.answer(A, HERE, VPCS)
    assert isinstance(missing, Unobserved)
    assert missing.code is UnknownCode.ABSENT


def test_a_question_is_the_same_in_whatever_order_its_parameters_stand() -> None:
    assert identify({"b": ["x", 1], "a": "y"}) == identify({"a": "y", "b": ["x", 1]}) == (("a", "y"), ("b", '["x", 1]'))
    snapshot = Snapshot("0.1.0", NOW, answers={(A, HERE, VPCS): (Answer({"a": "1", "b": True}, {"Vpcs": [{}]}),)})
    assert snapshot.answer(A, HERE, VPCS, {"b": True, "a": "1"}) == {"Vpcs": [{}]}


def test_need_gives_the_fact_or_ends_the_rule() -> None:
    assert need(False) is False
    missing = Unobserved(UnknownCode.DENIED, "not allowed")
    with pytest.raises(NotObserved, match="not allowed") as raised:
        need(missing)
    assert raised.value.missing is missing


def test_probes_come_beside_the_answers() -> None:
    later = NOW.replace(hour=4)
    first = SNAPSHOT.with_probes([{"host": "a"}], NOW)
    second = first.with_probes([{"host": "b"}], later)
    assert second.probes == ({"host": "a"}, {"host": "b"})
    assert (second.taken_at, second.answers, second.ledger) == (later, SNAPSHOT.answers, SNAPSHOT.ledger)
