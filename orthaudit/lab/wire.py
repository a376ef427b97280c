"""Requests as AWS's clients sign and send them, and errors in the form of the wire they came by."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from orthaudit.evidence import Structure
from orthaudit.lab import cbor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Wire(StrEnum):
    """How a service speaks. botocore's names, but `s3` for its REST-XML."""

    EC2 = "ec2"
    QUERY = "query"
    JSON = "json"
    CBOR = "smithy-rpc-v2-cbor"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that reached the lab. `parameters` by the names that a boto3 caller would use."""

    account: str
    region: str
    service: str
    operation: str
    parameters: Structure


@dataclass(frozen=True, slots=True)
class Request:
    """A signed request before anybody knows whose key it is. `signing_name` is also the prefix of IAM actions."""

    access_key: str
    region: str
    signing_name: str
    service: str
    operation: str
    wire: Wire
    parameters: Structure


_CREDENTIAL: Final = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_RPC_PATH: Final = re.compile(r"/service/(\w+)/operation/(\w+)")
_S3_QUERY: Final = {
    "policy": "GetBucketPolicy",
    "location": "GetBucketLocation",
    "list-type": "ListObjectsV2",
}
_S3_PARAMETERS: Final = {
    "prefix": "Prefix",
    "max-keys": "MaxKeys",
    "continuation-token": "ContinuationToken",
}


def read(environ: WSGIEnvironment) -> Request | None:
    """The request, with its body still to be read by others; None where it is not signed as AWS's are."""
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed is None:
        return None
    access_key, region, signing_name = signed.groups()
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    service, operation, wire, parameters = _operation(signing_name, environ, body)
    return Request(access_key, region, signing_name, service, operation, wire, parameters)


def _operation(signing_name: str, environ: WSGIEnvironment, body: bytes) -> tuple[str, str, Wire, Structure]:
    rpc = _RPC_PATH.fullmatch(environ["PATH_INFO"])
    if rpc:
        return signing_name, rpc[2], Wire.CBOR, cbor.decode(body)
    if signing_name == "s3":
        return "s3", *_s3(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return signing_name, target.rpartition(".")[2], Wire.JSON, json.loads(body or b"{}")
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    service = {"elasticloadbalancing": "elb"}.get(signing_name, signing_name)
    if form.get("Version") == "2015-12-01":
        service = "elbv2"
    wire = Wire.EC2 if service == "ec2" else Wire.QUERY
    operation = form.get("Action", "")
    return service, operation, wire, _form_parameters(service, operation, form)


def _s3(environ: WSGIEnvironment) -> tuple[str, Wire, Structure]:
    query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
    bucket, _, key = environ["PATH_INFO"].strip("/").partition("/")
    operation = f"{environ['REQUEST_METHOD'].title()}{'Object' if key else 'Bucket'}"
    if environ["REQUEST_METHOD"] == "GET" and not key:
        operation = next((name for part, name in _S3_QUERY.items() if part in query), operation)
        operation = operation if bucket else "ListBuckets"
    parameters: Structure = {name: query[part] for part, name in _S3_PARAMETERS.items() if part in query}
    return operation, Wire.S3, {"Bucket": bucket, **parameters} if bucket else parameters


def _form_parameters(service: str, operation: str, form: Mapping[str, str]) -> Structure:
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.utils import get_service_model
    from werkzeug.datastructures import Headers, MultiDict

    model = get_service_model(service)
    if operation not in model.operation_names:
        return {}
    parser = PROTOCOL_PARSERS[str(model.protocol)](model.operation_model(operation))
    parsed = parser.parse(
        {
            "method": "POST",
            "values": MultiDict(form),
            "headers": Headers(),
            "body": b"",
            "url_path": "/",
            "url_params": {},
        }
    )
    return json.loads(json.dumps(parsed, default=str))  # type: ignore[no-any-return]  # of JSON's own types


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of AWS: its code on each wire and its HTTP status there."""

    codes: Mapping[Wire, tuple[str, int]]
    message: str

    def answer(self, request: Request | None, start_response: StartResponse, subject: str = "") -> list[bytes]:
        """Send it by the wire of the request; `subject` is put into the message."""
        wire = request.wire if request else Wire.S3
        code, status = self.codes[wire]
        kind, body = _BODIES[wire](code, self.message.format(subject))
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        if wire is Wire.CBOR:
            headers.append(("smithy-protocol", "rpc-v2-cbor"))
        start_response(f"{status} {code}", headers)
        return [body]


def _ec2_error(code: str, message: str) -> tuple[str, bytes]:
    return _xml(f"<Response><Errors>{_error(code, message)}</Errors><RequestID>lab</RequestID></Response>")


def _query_error(code: str, message: str) -> tuple[str, bytes]:
    return _xml(f"<ErrorResponse>{_error(code, message)}<RequestId>lab</RequestId></ErrorResponse>")


def _s3_error(code: str, message: str) -> tuple[str, bytes]:
    return _xml(_error(code, message))


def _json_error(code: str, message: str) -> tuple[str, bytes]:
    return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode()


def _cbor_error(code: str, message: str) -> tuple[str, bytes]:
    return "application/cbor", cbor.encode({"__type": code, "message": message})


def _error(code: str, message: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"


def _xml(document: str) -> tuple[str, bytes]:
    return "text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{document}'.encode()


_BODIES: Final = {
    Wire.EC2: _ec2_error,
    Wire.QUERY: _query_error,
    Wire.JSON: _json_error,
    Wire.CBOR: _cbor_error,
    Wire.S3: _s3_error,
}


def _failure(message: str, rows: Iterable[tuple[str, int]]) -> Failure:
    ec2, query, json_, s3 = rows
    return Failure({Wire.EC2: ec2, Wire.QUERY: query, Wire.JSON: json_, Wire.CBOR: json_, Wire.S3: s3}, message)


# The order of each row: ec2, query, JSON and CBOR, S3.
DENIED: Final = _failure(
    "You are not authorized to perform this operation: {}",
    [
        ("UnauthorizedOperation", 403),
        ("AccessDenied", 403),
        ("AccessDeniedException", 400),
        ("AccessDenied", 403),
    ],
)
THROTTLED: Final = _failure(
    "Rate exceeded: {}",
    [("RequestLimitExceeded", 503), ("Throttling", 400), ("ThrottlingException", 400), ("SlowDown", 503)],
)
BROKEN: Final = _failure("An internal error has occurred: {}", [("InternalError", 500)] * 4)
UNKNOWN_CALLER: Final = _failure(
    "The security token included in the request is invalid.",
    [
        ("AuthFailure", 401),
        ("InvalidClientTokenId", 403),
        ("UnrecognizedClientException", 400),
        ("InvalidAccessKeyId", 403),
    ],
)
UNKNOWN_OPERATION: Final = _failure(
    "The action {} is not valid for this web service.",
    [
        ("InvalidAction", 400),
        ("InvalidAction", 400),
        ("UnknownOperationException", 400),
        ("NotImplemented", 501),
    ],
)
