"""The RPC v2 CBOR wire of newer AWS clients, led to moto, which speaks JSON only."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

from orthaudit.evidence import Json, Structure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def decode(data: bytes) -> Structure:
    """The structure that a client sent; empty for no data."""
    from botocore.parsers import BaseCBORParser

    if not data:
        return {}
    parser = BaseCBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(data))  # type: ignore[no-any-return]


def encode(value: Json) -> bytes:
    """A JSON value in CBOR (RFC 8949), definite lengths only."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return _head(3, len(text)) + text
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(encode(element) for element in value)
    return _head(5, len(value)) + b"".join(encode(key) + encode(member) for key, member in value.items())


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in (1, 2, 4, 8) if argument < 1 << 8 * size)
    return bytes([major << 5 | 23 + size.bit_length()]) + argument.to_bytes(size, "big")


def through_json(app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Hand a CBOR request to an application that speaks JSON, and its answer back in CBOR."""
    _, _, target, _, operation = environ["PATH_INFO"].split("/")
    body = json.dumps(decode(environ["wsgi.input"].read())).encode()
    environ |= {
        "PATH_INFO": "/",
        "HTTP_X_AMZ_TARGET": f"{target}.{operation}",
        "CONTENT_TYPE": "application/x-amz-json-1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    statuses: list[str] = []

    def started(status: str, *_: object) -> object:
        statuses.append(status)
        return None

    answer = encode(json.loads(b"".join(app(environ, started)) or b"{}"))  # type: ignore[arg-type]  # nobody writes
    start_response(
        statuses[0],
        [
            ("Content-Type", "application/cbor"),
            ("Content-Length", str(len(answer))),
            ("smithy-protocol", "rpc-v2-cbor"),
        ],
    )
    return [answer]
