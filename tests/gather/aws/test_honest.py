"""What could not be seen is told apart: each failure has its own status and reason, and never looks empty."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from orthaudit.evidence import LedgerStatus, Snapshot, UnknownCode, Unobserved
from orthaudit.gather.aws import calls
from orthaudit.gather.aws.collect import explain
from orthaudit.lab.aws import CREDENTIALS, Fault, LabAws

Gather = Callable[..., Snapshot]
PLACE = ("111122223333", "ca-central-1")


@pytest.mark.parametrize(
    ("call", "kind", "status", "reason"),
    [
        ("ec2.DescribeVpcs", "denied", LedgerStatus.DENIED, "UnauthorizedOperation: "),
        ("elbv2.DescribeLoadBalancers", "denied", LedgerStatus.DENIED, "AccessDenied: "),
        ("directconnect.DescribeConnections", "denied", LedgerStatus.DENIED, "AccessDeniedException: "),
        ("ec2.DescribeVpcs", "throttled", LedgerStatus.FAILED, "throttled: RequestLimitExceeded, 4 attempts"),
        ("elbv2.DescribeLoadBalancers", "throttled", LedgerStatus.FAILED, "throttled: Throttling, 4 attempts"),
        ("ec2.DescribeVpcs", "error", LedgerStatus.FAILED, "InternalError: "),
        ("ec2.DescribeVpcs", "timeout", LedgerStatus.FAILED, "timed out: no answer within the time allowed"),
    ],
)
def test_each_failure_has_its_own_reason(
    gather: Gather, call: str, kind: str, status: LedgerStatus, reason: str
) -> None:
    service, operation = call.split(".")
    snapshot = gather([call], [Fault(service, operation, kind)], read_timeout=0.3)
    (line,) = (one for one in snapshot.ledger if one.call == call)
    assert line.status is status
    assert line.reason.startswith(reason)
    missing = snapshot.answer(*PLACE, call)
    assert isinstance(missing, Unobserved)
    assert missing.code is (UnknownCode.DENIED if status is LedgerStatus.DENIED else UnknownCode.FAILED)
    assert line.reason in missing.why


def test_half_of_the_pages_is_no_answer(gather: Gather, monkeypatch: pytest.MonkeyPatch) -> None:
    call = calls.CALLS["ec2.DescribeSecurityGroups"]
    small = {**calls.CALLS, call.id: replace(call, page_size=5)}
    monkeypatch.setattr(calls, "CALLS", small)
    whole = gather([call.id])
    assert isinstance(whole.answer(*PLACE, call.id), dict)
    half = gather([call.id], [Fault("ec2", "DescribeSecurityGroups", "denied", after_pages=1)])
    missing = half.answer(*PLACE, call.id)
    assert isinstance(missing, Unobserved)
    assert "partial: page 2: UnauthorizedOperation" in missing.why


def test_a_child_of_a_denied_parent_is_unknown_for_the_parents_reason(gather: Gather) -> None:
    snapshot = gather(
        ["ec2.DescribeClientVpnEndpoints", "ec2.DescribeClientVpnRoutes"],
        [Fault("ec2", "DescribeClientVpnEndpoints", "denied")],
    )
    missing = snapshot.answer(*PLACE, "ec2.DescribeClientVpnRoutes", {"ClientVpnEndpointId": "cvpn-endpoint-1"})
    assert isinstance(missing, Unobserved)
    assert missing.code is UnknownCode.DENIED
    assert "ec2.DescribeClientVpnEndpoints was not answered" in missing.why


def test_an_endpoint_that_nobody_listens_at() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = boto3.client(  # type: ignore[call-overload]  # its stubs are one overload a service
        "ec2",
        "ca-central-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        config=Config(retries={"total_max_attempts": 1, "mode": "standard"}, proxies={}),
        **CREDENTIALS,
    )
    with pytest.raises(BotoCoreError) as caught:
        client.describe_vpcs()
    status, reason = explain(caught.value)
    assert (status, reason.split(":")[0]) == (LedgerStatus.FAILED, "unreachable")


def test_an_operation_that_the_region_does_not_have(aws: LabAws) -> None:
    aws.faults = ()
    client = boto3.client("ec2", "ca-central-1", endpoint_url=aws.endpoint_url, **CREDENTIALS)  # type: ignore[call-overload]  # as above
    with pytest.raises(ClientError) as caught:
        client.describe_verified_access_endpoints()
    assert explain(caught.value)[1].startswith("not offered in this region: ")


def test_the_deadline_of_an_account_ends_it(gather: Gather) -> None:
    snapshot = gather(["ec2.DescribeVpcs", "ec2.DescribeSubnets"], account_deadline=-1.0)
    assert {line.reason for line in snapshot.ledger} == {"timed out: -1 s for the account are over"}
    assert isinstance(snapshot.answer(*PLACE, "ec2.DescribeVpcs"), Unobserved)


def test_a_missing_bucket_policy_is_an_answer() -> None:
    error = ClientError({"Error": {"Code": "NoSuchBucketPolicy", "Message": ""}}, "GetBucketPolicy")
    assert explain(error) == (LedgerStatus.OK, "")


def test_attempts_are_bounded(gather: Gather, aws: LabAws) -> None:
    before = len(aws.calls)
    gather(["ec2.DescribeVpcs"], [Fault("ec2", "DescribeVpcs", "throttled")])
    asked = [one for one in aws.calls[before:] if one.operation == "DescribeVpcs"]
    assert len(asked) == 4
