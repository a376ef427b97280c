"""Several snapshots judged as one: the newest look counts, and no look is hidden by one that saw nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orthaudit.evidence import Answer, Json, LedgerLine, LedgerStatus, Scope, Snapshot, Structure, Unobserved
from orthaudit.merge import merged

A, B, HERE = "111122223333", "444455556666", "ca-central-1"
VPCS, ENTRIES = "ec2.DescribeVpcs", "ec2.GetManagedPrefixListEntries"
OLD, NEW = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)
OK, DENIED, FAILED, ABSENT = LedgerStatus.OK, LedgerStatus.DENIED, LedgerStatus.FAILED, LedgerStatus.ABSENT


def line(
    status: LedgerStatus,
    account: str = A,
    call: str = VPCS,
    parameters: tuple[tuple[str, str], ...] = (),
    reason: str = "",
) -> LedgerLine:
    service, operation = call.split(".")
    return LedgerLine(account, HERE, service, operation, status, reason, parameters)


def seen(taken_at: datetime, account: str = A, source: str = "live", **answers: Json) -> Snapshot:
    """Prefix lists by id, `vpcs` for all VPCs of the region."""
    asked: dict[tuple[str, str, str], tuple[Answer, ...]] = {}
    lines = []
    for name, value in answers.items():
        call, parameters = (VPCS, {}) if name == "vpcs" else (ENTRIES, {"PrefixListId": name})
        asked[account, HERE, call] = (*asked.get((account, HERE, call), ()), Answer({**parameters}, {"Is": value}))
        lines.append(line(OK, account, call, tuple(parameters.items())))
    return Snapshot("0.1.0", taken_at, Scope((account,), (HERE,), ((account, HERE),), source), tuple(lines), asked)


def unseen(taken_at: datetime, status: LedgerStatus) -> Snapshot:
    return Snapshot("0.1.0", taken_at, Scope((A,), (HERE,), ((A, HERE),)), (line(status, reason="no luck"),))


def probed(taken_at: datetime, *probes: Structure) -> Snapshot:
    return Snapshot("0.1.0", taken_at, Scope(), probes=probes)


def in_any_order(one: Snapshot, two: Snapshot) -> list[Snapshot]:
    return [merged([one, two]), merged([two, one])]


def test_one_snapshot_is_itself() -> None:
    assert merged([seen(OLD, vpcs=1)]) == seen(OLD, vpcs=1)


def test_the_newest_answer_counts() -> None:
    for whole in in_any_order(seen(OLD, vpcs="old"), seen(NEW, vpcs="new")):
        assert whole.answer(A, HERE, VPCS) == {"Is": "new"}
        assert whole.taken_at == NEW


def test_answers_about_several_resources_stand_beside_each_other() -> None:
    for whole in in_any_order(seen(OLD, pl_1="old", pl_2="old"), seen(NEW, pl_2="new", pl_3="new")):
        found = [whole.answer(A, HERE, ENTRIES, {"PrefixListId": name}) for name in ("pl_1", "pl_2", "pl_3")]
        assert found == [{"Is": "old"}, {"Is": "new"}, {"Is": "new"}]


@pytest.mark.parametrize("status", [DENIED, FAILED, ABSENT, LedgerStatus.SKIPPED])
@pytest.mark.parametrize(("answered", "asked_in_vain"), [(OLD, NEW), (NEW, OLD)])
def test_a_question_asked_in_vain_does_not_hide_an_answer(
    status: LedgerStatus, answered: datetime, asked_in_vain: datetime
) -> None:
    for whole in in_any_order(seen(answered, vpcs="seen"), unseen(asked_in_vain, status)):
        assert whole.answer(A, HERE, VPCS) == {"Is": "seen"}
        assert [line.status for line in whole.ledger] == [OK]


def test_of_two_questions_asked_in_vain_the_newest_says_why() -> None:
    for whole in in_any_order(unseen(OLD, FAILED), unseen(NEW, DENIED)):
        missing = whole.answer(A, HERE, VPCS)
        assert isinstance(missing, Unobserved)
        assert missing.code == "denied"


def test_accounts_stand_beside_each_other() -> None:
    for whole in in_any_order(seen(OLD, A, vpcs="a"), seen(NEW, B, vpcs="b")):
        assert whole.answer(A, HERE, VPCS) == {"Is": "a"}
        assert whole.answer(B, HERE, VPCS) == {"Is": "b"}
        assert whole.scope == Scope((A, B), (HERE,), ((A, HERE), (B, HERE)))


def test_a_listener_is_seen_once_from_each_vantage_point() -> None:
    pacs: Structure = {"host": "pacs", "port": 104}
    old = probed(OLD, {**pacs, "vantage": "a", "is": 1}, {**pacs, "vantage": "b", "is": 2})
    new = probed(NEW, {**pacs, "vantage": "a", "is": 3}, {**pacs, "vantage": None, "is": 4})
    for whole in in_any_order(old, new):
        assert {probe["vantage"]: probe["is"] for probe in whole.probes} == {"a": 3, "b": 2, None: 4}
        assert len(whole.probes) == 3


@pytest.mark.parametrize(("looked", "left_alone"), [(OLD, NEW), (NEW, OLD)])
def test_a_listener_left_alone_does_not_hide_one_that_was_probed(looked: datetime, left_alone: datetime) -> None:
    pacs: Structure = {"host": "pacs", "port": 104, "vantage": None}
    one, two = probed(looked, {**pacs, "speaks": "tls"}), probed(left_alone, {**pacs, "left_alone": {"code": "x"}})
    for whole in in_any_order(one, two):
        assert whole.probes == ({**pacs, "speaks": "tls"},)


@pytest.mark.parametrize(
    ("sources", "whole"), [(("live", "live"), "live"), (("lab", "folder"), "merged"), (("folder", "folder"), "folder")]
)
def test_the_source_is_that_of_all_or_merged(sources: tuple[str, str], whole: str) -> None:
    assert merged([seen(OLD, source=sources[0]), seen(NEW, source=sources[1])]).scope.source == whole


def test_the_caller_is_the_first_that_is_known() -> None:
    named = replace(seen(NEW), scope=replace(seen(NEW).scope, caller="arn:aws:iam::111122223333:user/ada"))
    for whole in in_any_order(probed(OLD), named):
        assert whole.scope.caller == "arn:aws:iam::111122223333:user/ada"
