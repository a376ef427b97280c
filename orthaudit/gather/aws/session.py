"""One session an account, one shared loader, clients that are made once and asked by many threads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.retries import standard

CREDENTIAL_ERRORS: Final = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    SSOError,
    TokenRetrievalError,
)
REFUSED_CREDENTIALS: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""What AWS answers to credentials that it does not know, by whatever service."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How AWS is asked. Times in seconds; `attempts` count the first one."""

    profile: str | None = None
    endpoint_url: str | None = None
    attempts: int = 4
    longest_wait: float | None = None
    """A ceiling on the wait between two attempts; None: botocore's own."""
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    account_deadline: float = 600.0
    """For everything that one account is asked."""
    threads: int = 8
    credentials: Mapping[str, str] = field(default_factory=dict)
    """Keyword arguments of `boto3.Session`; empty: botocore's own chain."""
    alone: bool = False
    """Whether to leave out what the environment says of profiles, configuration files and proxies."""


class NoCredentials(Exception):
    """AWS cannot be asked at all: no usable credentials, profile or region. One line, with what to do."""


class Sessions:
    """Sessions and clients. Not thread-safe: make the clients in the thread that made this."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        try:
            core = _core(manner)
            self._loader = core.get_component("data_loader")
            self._own = boto3.Session(botocore_session=core, **dict[str, Any](manner.credentials))
        except BotoCoreError as error:
            raise NoCredentials(f"{error}") from error

    @property
    def own(self) -> boto3.Session:
        """The session of the caller's own credentials."""
        return self._own

    @property
    def default_region(self) -> str:
        """The region that the caller's environment or profile names, else us-east-1."""
        return self._own.region_name or "us-east-1"

    def caller(self) -> tuple[str, str]:
        """The caller's account and ARN.

        Raises `NoCredentials` where there are none or AWS knows them not; botocore's `ClientError` or
        `BotoCoreError` where AWS could not be asked.
        """
        try:
            answer = self.client(self._own, "sts", self.default_region, patient=False).get_caller_identity()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in REFUSED_CREDENTIALS:
                raise
            raise NoCredentials(
                f"AWS refuses the credentials ({code}): renew them, or choose others with --profile or AWS_PROFILE"
            ) from error
        except CREDENTIAL_ERRORS as error:
            raise NoCredentials(
                f"{str(error).rstrip('.')}: give credentials as to every AWS tool (AWS_PROFILE, --profile, "
                "aws sso login), or leave AWS out with --no-aws"
            ) from error
        return str(answer["Account"]), str(answer["Arn"])

    def enter(self, role_arn: str) -> boto3.Session:
        """A session with the role's credentials, which are kept in memory alone.

        Raises botocore's `ClientError` or `BotoCoreError` where the role cannot be assumed.
        """
        sts = self.client(self._own, "sts", self.default_region)
        given = sts.assume_role(RoleArn=role_arn, RoleSessionName="orthaudit")["Credentials"]
        core = _core(replace(self.manner, profile=None))
        core.register_component("data_loader", self._loader)  # parses each service model once for all accounts
        return boto3.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], botocore_session=core
        )

    def client(self, session: boto3.Session, service: str, region: str, *, patient: bool = True) -> Any:
        """A client with bounded retries and timeouts; `patient` False: for a question that a person waits for."""
        manner = self.manner
        if not patient:
            manner = replace(manner, attempts=2, read_timeout=min(5.0, manner.read_timeout))
        client = cast("Any", session).client(
            service,
            region_name=region,
            endpoint_url=manner.endpoint_url,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": manner.attempts},
                connect_timeout=manner.connect_timeout,
                read_timeout=manner.read_timeout,
                max_pool_connections=manner.threads,
                user_agent_extra="orthaudit",
                proxies={} if manner.alone else None,
            ),
        )
        if manner.longest_wait is not None:
            _shorten_waits(client, manner.attempts, manner.longest_wait)
        return client


def _core(manner: Manner) -> botocore.session.Session:
    if not manner.alone:
        return botocore.session.Session(profile=manner.profile)
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return botocore.session.Session(session_vars={"profile": (None, None, None, None), **files})


def _shorten_waits(client: Any, attempts: int, longest: float) -> None:
    """As many attempts as botocore's standard mode makes, with a ceiling on the waits between them."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
    handler = standard.register_retry_handler(client, attempts)
    client.meta.events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")

    def needs_retry(**event: Any) -> float | None:
        wait = handler.needs_retry(**event)
        return min(wait, longest) if wait else wait

    client.meta.events.register(f"needs-retry.{service}", needs_retry, unique_id="orthaudit-retry")
