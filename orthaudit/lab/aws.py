"""The lab's AWS: moto served over HTTP on loopback, extended so that it answers as AWS does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import get_account_id_from, iam_backends
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.organizations.models import organizations_backends
from werkzeug.serving import make_server

from orthaudit.lab import cbor, wire
from orthaudit.lab.estate import HOSPITAL, NETWORK
from orthaudit.lab.extend import REGIONS, extend
from orthaudit.lab.faults import Fault, parse_fault, place_of
from orthaudit.lab.operations import Added, added
from orthaudit.lab.wire import Call

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["ACCOUNTS", "CREDENTIALS", "REGIONS", "Call", "Fault", "LabAws", "parse_fault"]

ACCOUNTS: Final = (HOSPITAL, NETWORK)
"""The caller's account, which also manages the organization, and a member that it may enter."""
CREDENTIALS: Final[Mapping[str, str]] = {
    "aws_access_key_id": "AKIAORTHAUDITLAB0000",
    "aws_secret_access_key": "loopback-only-never-a-real-secret-000000",
}
"""Of the caller in account 111122223333, as keyword arguments of a boto3 client or session."""

_SEED: Final = 11112
_FAILURES: Final = {"denied": wire.DENIED, "throttled": wire.THROTTLED, "error": wire.BROKEN}


class _QuietHandler(MotoRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  (werkzeug's name)
        """Nothing: standard error belongs to the audit."""


class LabAws:
    """AWS on 127.0.0.1, for one `with` block. moto's state is the process's own: only one can be open.

    `faults` fail on demand; `estate` False: an empty cloud; certificates are valid around `now`.
    Raises `RuntimeError` when another one is open in this process.
    """

    _open: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, faults: Sequence[Fault] = (), estate: bool = True, now: datetime | None = None) -> None:
        self.faults = tuple(faults)
        """Those that fail now; a test may change them while the lab is open."""
        self._estate = estate
        self._now = now or datetime.now(UTC)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._known: set[tuple[str, str]] = set()
        self.ids: Mapping[str, str] = {}
        """Name in the estate -> AWS's id or ARN: `archive-a.eni`, `radiologists.cvpn-endpoint`."""

    def __enter__(self) -> Self:
        if not self._open.acquire(blocking=False):
            raise RuntimeError("another LabAws is open in this process, and moto's state is shared")
        try:
            self._start()
        except BaseException:
            self._open.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        BackendDict.reset()
        self._open.release()

    @property
    def endpoint_url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def calls(self) -> Sequence[Call]:
        """Every request seen so far, in the order of arrival."""
        with self._lock:
            return tuple(self._calls)

    def backend(self, service: str, account: str, region: str) -> Any:
        """moto's state of a service; a test that changes it sees the answers change. Global ones: `aws`."""
        backends: Any = get_backend(service)  # type: ignore[call-overload]  # one overload a service
        return backends[account][region]

    def added(self, service: str, account: str, region: str) -> Added:
        """The state that moto lacks: operation -> items in the shape of its answer, to be changed."""
        backend: BaseBackend = self.backend(service, account, region)
        return added(backend)

    def _start(self) -> None:
        extend()
        # Else every account and region begins by loading a thousand images, in two seconds.
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        BackendDict.reset()
        organizations_backends.master_accounts.clear()
        mock_random.seed(_SEED)
        for account in ACCOUNTS:
            for region in REGIONS:
                self._meet(account, region)
        self._let_in()
        if self._estate:
            from orthaudit.lab import estate

            self.ids = estate.build(self._now)
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="lab-aws", daemon=True
        )
        self._thread.start()

    def _let_in(self) -> None:
        """The caller: a user of IAM, so that moto knows its key, its account and its ARN."""
        iam = iam_backends[ACCOUNTS[0]]["aws"]
        user = iam.create_user("aws", "auditor")
        key = user.create_access_key("AKIA")
        key.access_key_id = CREDENTIALS["aws_access_key_id"]
        key.secret_access_key = CREDENTIALS["aws_secret_access_key"]
        iam.access_keys[key.access_key_id] = key

    def _meet(self, account: str, region: str) -> None:
        """Take the default VPC out of a region when it is first used: the estate has none."""
        with self._lock:
            if (account, region) in self._known:
                return
            self._known.add((account, region))
            ec2 = self.backend("ec2", account, region)
            for subnet in ec2.describe_subnets():
                ec2.delete_subnet(subnet.id)
            for vpc in tuple(ec2.vpcs):
                ec2.network_acls = {}
                ec2.delete_vpc(vpc)
            added(ec2)["DescribeVpcBlockPublicAccessOptions"] = [
                {
                    "AwsAccountId": account,
                    "AwsRegion": region,
                    "State": "default-state",
                    "InternetGatewayBlockMode": "off",
                    "ManagedBy": "account",
                    "ExclusionsAllowed": "allowed",
                }
            ]

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = wire.read(environ)
        account = get_account_id_from(request.access_key) if request else ""
        if request is None or account not in ACCOUNTS:
            return wire.UNKNOWN_CALLER.answer(request, start_response)
        call = Call(account, request.region, request.service, request.operation, request.parameters)
        with self._lock:
            self._calls.append(call)
        self._meet(account, request.region)
        failure = self._failure(call)
        action = f"{request.signing_name}:{request.operation}"
        if failure:
            return failure.answer(request, start_response, action)
        try:
            if request.wire is wire.Wire.CBOR:
                return cbor.through_json(self._moto, environ, start_response)
            answer: Iterable[bytes] = self._moto(environ, start_response)
        except NotImplementedError:
            return wire.UNKNOWN_OPERATION.answer(request, start_response, action)
        return answer

    def _failure(self, call: Call) -> wire.Failure | None:
        fault = next((fault for fault in self.faults if fault.hits(call)), None)
        if fault and fault.kind == "timeout":
            self._closing.wait()
            return wire.BROKEN
        if fault:
            return _FAILURES[fault.kind]
        return wire.DENIED if place_of(call) not in ACCOUNTS else None
