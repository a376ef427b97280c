"""Marked secrets go in by every member that can carry one; none comes out, in any file that is written."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from orthaudit.audit import Gathered, assess
from orthaudit.declared import Config
from orthaudit.evidence import Answer, Snapshot, Structure
from orthaudit.finding import Severity
from orthaudit.gather.aws.calls import CALLS, plan
from orthaudit.gather.aws.redact import SECRET, redacted
from orthaudit.lab.aws import LabAws
from orthaudit.report import Page, Selection, load_formats
from orthaudit.rule import load_rules
from orthaudit.saved import save

Gather = Callable[..., Snapshot]
CANARY = "CANARY-7f3a-do-not-keep"
PRIVATE_KEY = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"


def filled(shape: Any, name: str = "", seen: frozenset[str] = frozenset()) -> Any:
    """An answer of this shape with something in every member; secrets carry the canary."""
    if shape.type_name == "structure":
        if shape.name in seen:
            return {}
        return {key: filled(member, key, seen | {shape.name}) for key, member in shape.members.items()}
    if shape.type_name == "list":
        return [filled(shape.member, name, seen)]
    if shape.type_name == "map":
        return {"key": filled(shape.value, name, seen)}
    if shape.type_name == "string":
        secret = shape.metadata.get("sensitive") or (SECRET.search(name) and not name.lower().endswith("arn"))
        named = ("CustomerGatewayConfiguration", "customerRouterConfig", "Username", "CommonName", "ClientIp")
        return CANARY if secret or name in named else PRIVATE_KEY if name == "Description" else "value"
    return {"boolean": True, "integer": 1, "long": 1, "timestamp": "2026-01-01T00:00:00Z"}.get(shape.type_name, 1)


def operations() -> Iterator[tuple[str, Any]]:
    session = botocore.session.get_session()
    for call in CALLS.values():
        yield call.id, session.get_service_model(call.service).operation_model(call.operation).output_shape


@pytest.mark.parametrize(("name", "shape"), list(operations()))
def test_no_secret_of_any_operation_is_kept(name: str, shape: Any) -> None:
    answer = filled(shape)
    assert CANARY not in json.dumps(redacted(answer, shape)), f"{name}, with botocore's shape"
    unmarked = {"Accounts", "Organization", "Email", "Name"}  # only botocore's mark says that these are persons
    if not unmarked & set(answer):
        assert CANARY not in json.dumps(redacted(answer)), f"{name}, as others collected it"


def test_what_rules_need_is_kept() -> None:
    answer: Structure = {
        "VpnConnections": [
            {
                "VpnConnectionId": "vpn-1",
                "PreSharedKeyArn": "arn:aws:secretsmanager:ca-central-1:111122223333:secret:psk",
                "Options": {"TunnelOptions": [{"PreSharedKey": CANARY, "IkeVersions": [{"Value": "ikev2"}]}]},
                "Tags": [{"Key": "Name", "Value": "clinic"}],
            }
        ]
    }
    shape = dict(operations())["ec2.DescribeVpnConnections"]
    kept: Any = redacted(answer, shape)
    (connection,) = kept["VpnConnections"]
    assert connection["PreSharedKeyArn"].endswith("secret:psk")
    tunnel = connection["Options"]["TunnelOptions"][0]
    assert tunnel == {"PreSharedKey": "orthaudit:redacted", "IkeVersions": [{"Value": "ikev2"}]}
    assert connection["Tags"] == [{"Key": "Name", "Value": "clinic"}]


def test_two_names_of_one_person_stay_the_same_name() -> None:
    one, two, other = (redacted({"CommonName": name})["CommonName"] for name in ("ann", "ann", "bob"))
    assert one == two != other
    assert "ann" not in str(one)


def test_a_database_parameter_is_kept_only_where_it_is_known_to_be_harmless() -> None:
    kept = redacted({"ParameterName": "rds.force_ssl", "ParameterValue": "1"})
    assert kept["ParameterValue"] == "1"
    assert CANARY not in json.dumps(redacted({"ParameterName": "x", "ParameterValue": CANARY}))


def test_the_labs_secrets_reach_neither_snapshot_nor_report_nor_log(
    gather: Gather, aws: LabAws, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The lab's AWS hands out pre-shared keys and BGP keys, as AWS does."""
    caplog.set_level(logging.DEBUG, logger="orthaudit")
    every = [call.id for call in plan(CALLS) if call.service in ("ec2", "directconnect", "elbv2", "rds")]
    snapshot = gather(every)
    save(snapshot, tmp_path / "evidence")
    rules, _ = load_rules()
    report = assess(Gathered(snapshot, datetime.now(UTC)), Config(), rules, Selection(), Severity.MEDIUM)
    written = [writer.write(report, Page()) for writer in load_formats().values()]
    kept = (
        "".join(path.read_text() for path in (tmp_path / "evidence").rglob("*.json")) + "".join(written) + caplog.text
    )
    secrets = lab_secrets(aws)
    assert len(secrets) >= 5
    for secret in secrets:
        assert secret not in kept


def lab_secrets(aws: LabAws) -> set[str]:
    """What the lab's own state holds that must not be kept."""
    place = ("111122223333", "ca-central-1")
    state = json.dumps(aws.added("directconnect", *place), default=str)
    found = {part.split('"')[0] for part in state.split('"authKey": "')[1:]}
    for connection in aws.backend("ec2", *place).vpn_connections.values():
        for options in json.loads(json.dumps(connection.options, default=lambda one: vars(one)))["TunnelOptions"]:
            found.add(options["PreSharedKey"])
    return found


def test_saved_evidence_is_its_owners_alone(tmp_path: Path) -> None:
    answers = {("1", "r", "ec2.DescribeVpcs"): (Answer({}, {"Vpcs": []}),)}
    snapshot = replace(Snapshot("0", datetime.now(UTC)), answers=answers)
    save(snapshot, tmp_path / "folder")
    save(snapshot, tmp_path / "one.tar.gz")
    for path in [tmp_path / "one.tar.gz", *(tmp_path / "folder").rglob("*"), tmp_path / "folder"]:
        assert path.stat().st_mode & 0o077 == 0, path
