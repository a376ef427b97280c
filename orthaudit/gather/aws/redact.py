"""Secrets are taken out of an answer in memory, before it is kept, logged or written.

Three sieves: the members that are known to hold secrets or persons, botocore's own mark `sensitive` on the
shape of an answer (it misses Direct Connect's and OIDC's keys), and the names that secrets go by. Answers
that others collected have no shape; the other two sieves hold for them.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from orthaudit.evidence import Json, Structure

PRESENT: Final = "orthaudit:redacted"
"""What stands in the place of a secret: that there was one is a fact worth keeping."""

DROPPED: Final = frozenset(
    {
        "CustomerGatewayConfiguration",  # XML with both pre-shared keys
        "customerRouterConfig",  # XML that may hold the BGP key
        "AuthenticationRequestExtraParams",
        "UserData",
        "Environment",
        "Email",
        "MasterAccountEmail",
        "Username",
    }
)

HASHED: Final = frozenset({"ckn", "CommonName", "ClientIp"})
"""Names of keys and of persons: only whether two are the same counts."""

KEPT_PARAMETERS: Final = frozenset({"rds.force_ssl"})
"""Database parameters whose value is kept: any other may hold what it likes."""

SECRET: Final = re.compile(
    r"secret|password|passwd|psk|pre_?shared_?key|auth_?key|private_?key|session_?token$|credential", re.IGNORECASE
)
POINTER: Final = re.compile(r"arn$", re.IGNORECASE)
"""A pointer to a secret is none: it shows that the secret is kept where secrets belong."""

PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


def redacted(response: Structure, shape: Any = None) -> Structure:
    """The same answer without its secrets. `shape`: botocore's shape of the structure, where it is known."""
    members = getattr(shape, "members", {})
    clean = {name: _value(name, value, members.get(name)) for name, value in response.items() if name not in DROPPED}
    if "ParameterValue" in clean and str(clean.get("ParameterName")) not in KEPT_PARAMETERS:
        clean["ParameterValue"] = PRESENT
    return clean


def _value(name: str, value: Json, shape: Any) -> Json:
    marked = shape is not None and bool(shape.metadata.get("sensitive"))
    if value is None or isinstance(value, bool):
        return value
    if marked or (SECRET.search(name) and not POINTER.search(name) and not isinstance(value, (dict, list))):
        return PRESENT
    if isinstance(value, dict):
        return redacted(value, shape)
    if isinstance(value, list):
        member = getattr(shape, "member", None)
        return [_value(name, one, member) for one in value]
    if name in HASHED:
        return "sha256:" + hashlib.sha256(str(value).encode()).hexdigest()[:16]
    if isinstance(value, str) and "PRIVATE KEY" in value:
        return PRIVATE_KEY.sub(PRESENT, value)
    return value
