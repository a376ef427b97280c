"""Answers that fail on demand reach a real client as AWS's own errors do."""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from orthaudit.lab.aws import CREDENTIALS, Fault, LabAws, parse_fault

CALLS = {
    "ec2": ("DescribeVpcs", "describe_vpcs", {}),
    "elbv2": ("DescribeLoadBalancers", "describe_load_balancers", {}),
    "rds": ("DescribeDBInstances", "describe_db_instances", {}),
    "acm": ("ListCertificates", "list_certificates", {}),
    "organizations": ("ListAccounts", "list_accounts", {}),
    "directconnect": ("DescribeConnections", "describe_connections", {}),
    "s3": ("GetBucketPolicy", "get_bucket_policy", {"Bucket": "images-111122223333"}),
    "sts": ("GetCallerIdentity", "get_caller_identity", {}),
}


def client(
    aws: LabAws, service: str, region: str = "ca-central-1", credentials: Mapping[str, str] = CREDENTIALS
) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=0.5)
    connect: Any = boto3.client  # its stubs are one overload a service
    return connect(service, region_name=region, endpoint_url=aws.endpoint_url, config=config, **credentials)


@pytest.mark.parametrize(
    ("kind", "codes", "attempts"),
    [
        (
            "denied",
            {
                "ec2": ("UnauthorizedOperation", 403),
                "elbv2": ("AccessDenied", 403),
                "rds": ("AccessDenied", 403),
                "sts": ("AccessDenied", 403),
                "acm": ("AccessDeniedException", 400),
                "organizations": ("AccessDeniedException", 400),
                "directconnect": ("AccessDeniedException", 400),
                "s3": ("AccessDenied", 403),
            },
            1,
        ),
        (
            "throttled",
            {
                "ec2": ("RequestLimitExceeded", 503),
                "elbv2": ("Throttling", 400),
                "rds": ("Throttling", 400),
                "sts": ("Throttling", 400),
                "acm": ("ThrottlingException", 400),
                "organizations": ("ThrottlingException", 400),
                "directconnect": ("ThrottlingException", 400),
                "s3": ("SlowDown", 503),
            },
            2,
        ),
        ("error", dict.fromkeys(CALLS, ("InternalError", 500)), 2),
    ],
)
def test_a_fault_in_the_words_of_each_wire(kind: str, codes: Mapping[str, tuple[str, int]], attempts: int) -> None:
    faults = [Fault(service, operation, kind) for service, (operation, _, _) in CALLS.items()]
    with LabAws(faults) as aws:
        for service, (_, call, parameters) in CALLS.items():
            before = len(aws.calls)
            with pytest.raises(ClientError) as caught:
                getattr(client(aws, service), call)(**parameters)
            answer = caught.value.response
            assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == codes[service]
            assert len(aws.calls) - before == attempts
        assert client(aws, "ec2").describe_subnets()["Subnets"]


def test_a_denial_names_the_action() -> None:
    with (
        LabAws([Fault("elbv2", "DescribeListeners", "denied")], estate=False) as aws,
        pytest.raises(ClientError, match="elasticloadbalancing:DescribeListeners"),
    ):
        client(aws, "elbv2").describe_listeners(LoadBalancerArn="arn")


def test_a_timeout_outlasts_the_client_and_ends_with_the_lab() -> None:
    with LabAws([Fault("ec2", "DescribeVpcs", "timeout")], estate=False) as aws:
        with pytest.raises(ReadTimeoutError):
            client(aws, "ec2").describe_vpcs()
        assert [call.operation for call in aws.calls] == ["DescribeVpcs"] * 2


@pytest.mark.parametrize("kind", ["denied", "error"])
def test_some_pages_are_answered_first(kind: str) -> None:
    fault = Fault("ec2", "DescribeSubnets", kind, after_pages=2)
    with LabAws([fault], estate=False) as aws:
        ec2 = aws.backend("ec2", "111122223333", "ca-central-1")
        vpc = ec2.create_vpc("10.0.0.0/16")
        for number in range(17):
            ec2.create_subnet(vpc.id, f"10.0.{number}.0/24", availability_zone="ca-central-1a")
        for _ in range(2):  # it is the page that fails, not the number of requests
            paginator = client(aws, "ec2").get_paginator("describe_subnets")
            pages = iter(paginator.paginate(PaginationConfig={"PageSize": 5}))
            assert [len(next(pages)["Subnets"]) for _ in range(2)] == [5, 5]
            with pytest.raises(ClientError):
                next(pages)


def test_a_fault_in_one_region_or_account_alone() -> None:
    faults = [
        Fault("ec2", "DescribeVpcs", "denied", region="us-east-1"),
        Fault("ec2", "DescribeSubnets", "denied", account="444455556666"),
        Fault("sts", "AssumeRole", "denied", account="444455556666"),
    ]
    with LabAws(faults) as aws:
        assert client(aws, "ec2").describe_vpcs()["Vpcs"]
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            client(aws, "ec2", "us-east-1").describe_vpcs()
        assert client(aws, "ec2").describe_subnets()["Subnets"]
        sts = client(aws, "sts")
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn="arn:aws:iam::444455556666:role/orthaudit", RoleSessionName="audit")
        sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/orthaudit", RoleSessionName="audit")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ec2.DescribeSecurityGroups=denied", Fault("ec2", "DescribeSecurityGroups", "denied")),
        ("elbv2.DescribeListeners=throttled", Fault("elbv2", "DescribeListeners", "throttled")),
        ("directconnect.DescribeConnections=error", Fault("directconnect", "DescribeConnections", "error")),
        ("sts.AssumeRole=timeout", Fault("sts", "AssumeRole", "timeout")),
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a fault"),
        ("ec2.DescribeVpcs", "write SERVICE.Operation=denied|throttled|error|timeout"),
        ("ec2.DescribeVpcs=slow", "write SERVICE.Operation="),
        ("ec2=denied", "is not a fault"),
        ("ec3.DescribeVpcs=denied", "AWS has no service 'ec3'"),
        ("ec2.DescribeVPCs=denied", "ec2 has no operation 'DescribeVPCs'"),
        ("ec2.describe_vpcs=denied", "has no operation"),
    ],
)
def test_a_fault_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is looked at below)
        parse_fault(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
