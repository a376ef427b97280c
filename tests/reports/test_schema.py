"""The schema of the JSON report: it takes what the contract promises and catches what it does not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from orthaudit.report import Report, ReportError
from orthaudit_reports.json_report import check, document

Make = Callable[..., Report]
Path = tuple[str | int, ...]

WAY_IN = {
    "source": {"kind": "internet", "id": "igw-1", "addresses": ["0.0.0.0/0", "::/0"]},
    "listener": {
        "interface": "eni-1",
        "instance": None,
        "address": "10.0.0.91",
        "public_address": "192.0.2.7",
        "port": 11112,
    },
    "hops": [{"kind": "internet-gateway", "id": "igw-1"}],
    "legs": [{"from": "192.0.2.1", "to": "eni-1", "encryption": "none", "evidence": "probe"}],
    "status": "one_way",
    "blocked_by": {"kind": "network-acl", "id": "acl-1"},
    "witness": {
        "source_address": "192.0.2.1",
        "source_port": 1024,
        "address": "10.0.0.91",
        "port": 11112,
    },
    "missing": ["ec2.DescribeVpcBlockPublicAccessOptions"],
}


@pytest.fixture(scope="module")
def full(make: Make) -> dict[str, Any]:
    """A document in which every object of the schema stands at least once."""
    made: dict[str, Any] = copy.deepcopy(document(make()))
    made["paths"] = [copy.deepcopy(WAY_IN)]
    made["findings"][1]["first_seen"] = "2026-11-01T00:00:00Z"
    check(made)
    return made


def objects(value: Any, at: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield at, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from objects(member, (*at, key))


def parent(made: Any, path: Path) -> Any:
    for key in path[:-1]:
        made = made[key]
    return made


def fits(made: dict[str, Any]) -> bool:
    try:
        check(made)
    except ReportError:
        return False
    return True


def test_the_schema_is_one() -> None:
    schema = json.loads((files("orthaudit_reports") / "report.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_but_the_optional_ones_is_required(full: dict[str, Any]) -> None:
    open_objects = {"knobs", "rule_packs", "suites", "suites_complete"}
    made = copy.deepcopy(full)
    removable = set()
    for at, members in list(objects(made)):
        for key in list(members) if open_objects.isdisjoint(at) else ():
            value = members.pop(key)
            if fits(made):
                removable.add(key)
            members[key] = value
    assert removable == {"approved_by", "alternative", "statuses", "first_seen", "fail_on", "expired_waivers"}


def test_every_object_but_the_open_ones_is_closed(full: dict[str, Any]) -> None:
    made = copy.deepcopy(full)
    accepting = set()
    for at, members in list(objects(made)):
        members["x"] = "y"
        if fits(made):
            accepting.add(at[-1])
        del members["x"]
    assert accepting == {"knobs", "rule_packs"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), "2.0"),
        (("tool", "name"), "other"),
        (("scan", "id"), "not-a-uuid"),
        (("scan", "started_at"), "2026-11-25T03:00:00+00:00"),
        (("scan", "finished_at"), "2026-13-25T03:00:00Z"),
        (("scan", "as_of"), "2026-11-25"),
        (("scan", "as_of"), None),
        (("scan", "caller"), "me"),
        (("scan", "scope", "source"), "dream"),
        (("scan", "scope", "accounts"), [111122223333]),
        (("scan", "policy", "name"), "lax"),
        (("scan", "policy", "config_sha256"), "abc"),
        (("scan", "selection", "severity"), "awful"),
        (("scan", "selection", "no_aws"), 1),
        (("scan", "selection", "accept_unknown"), ["lazy"]),
        (("scan", "selection", "fail_on"), "info"),
        (("summary", "status"), "passed"),
        (("summary", "exit_code"), 2),
        (("summary", "counts", "pass"), -1),
        (("coverage", 0, "status"), "fine"),
        (("certificates", 0, "renewed_by"), "nobody"),
        (("certificates", 0, "not_after"), "soon"),
        (("paths", 0, "source", "kind"), "teleport"),
        (("paths", 0, "status"), "fine"),
        (("paths", 0, "legs", 0, "encryption"), "rot13"),
        (("paths", 0, "blocked_by", "kind"), "moat"),
        (("paths", 0, "witness", "port"), 0),
        (("findings", 1, "id"), "7"),
        (("findings", 1, "severity"), "awful"),
        (("findings", 1, "status"), "passed"),
        (("findings", 1, "fix_by"), "nobody"),
        (("findings", 1, "subject", "id"), ""),
        (("findings", 1, "because_of"), "something"),
        (("findings", 1, "first_seen"), "yesterday"),
        (("findings", 4, "unknown", "code"), "lazy"),
        (("findings", 4, "unknown"), None),
        (("findings", 0, "unknown"), {"code": "denied", "needs": []}),
        (("findings", 7, "waiver", "expires"), "2026-02-30"),
        (("findings", 7, "waiver", "owner"), ""),
        (("findings", 7, "waiver", "statuses"), ["passed"]),
        (("listeners", 0, "port"), 65536),
        (("listeners", 0, "speaks"), "latin"),
        (("listeners", 0, "versions", "TLS 1.0"), "perhaps"),
        (("listeners", 0, "suites"), {"TLS 9": []}),
        (("listeners", 0, "suites_complete", "TLS 1.2"), None),
        (("listeners", 0, "features", "fallback_scsv"), "yes"),
        (("listeners", 0, "plaintext"), "maybe"),
        (("listeners", 0, "mutual_tls"), True),
        (("listeners", 0, "certificate", "not_after"), "2027-01-01"),
        (("listeners", 0, "certificate", "sha256"), "ab:cd"),
        (("listeners", 0, "certificate", "expired"), None),
        (("listeners", 0, "association", "outcome"), "ignored"),
        (("listeners", 0, "association", "reject", "reason"), 256),
        (("listeners", 0, "vulnerabilities", "robot"), "weak"),
        (("listeners", 0, "connections"), None),
    ],
)
def test_a_wrong_value_is_caught_and_named(full: dict[str, Any], path: Path, value: object) -> None:
    broken = copy.deepcopy(full)
    parent(broken, path)[path[-1]] = value
    where = "".join(f".{key}" if str(key).isidentifier() else f"[{key!r}]" for key in path).removeprefix(".")
    with pytest.raises(ReportError) as caught:
        check(broken)
    # The schema may put the blame one step further in, as in the element of a list.
    assert f" {where}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        ("paths",),
        ("paths", 0, "blocked_by"),
        ("paths", 0, "witness"),
        ("listeners", 0, "address"),
        ("listeners", 0, "versions"),
        ("listeners", 0, "suites"),
        ("listeners", 0, "suites_complete"),
        ("listeners", 0, "groups"),
        ("listeners", 0, "certificate"),
        ("listeners", 0, "certificate", "key"),
        ("listeners", 0, "association"),
        ("listeners", 0, "association", "reject"),
        ("scan", "caller"),
        ("scan", "policy", "config_sha256"),
        ("findings", 1, "subject", "account"),
    ],
)
def test_what_may_be_null_may(full: dict[str, Any], path: Path) -> None:
    made = copy.deepcopy(full)
    parent(made, path)[path[-1]] = None
    check(made)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (("scan", "scope", "source"), "live snapshot folder terraform lab merged"),
        (("scan", "policy", "name"), "guide strict"),
        (("scan", "selection", "severity"), "critical high medium low info"),
        (("scan", "selection", "fail_on"), "critical high medium low never"),
        (("summary", "status"), "pass fail incomplete partial"),
        (("coverage", 0, "status"), "ok denied failed skipped absent"),
        (("certificates", 0, "renewed_by"), "acm user unknown"),
        (("findings", 5, "status"), "pass fail error not_applicable"),
        (("findings", 1, "severity"), "critical high medium low info"),
        (("findings", 1, "fix_by"), "cloud network pacs pki vendor"),
        (
            ("findings", 4, "unknown", "code"),
            "denied failed absent not_probed known_after_apply not_modelled not_declared out_of_window no_worker",
        ),
        (("listeners", 0, "speaks"), "tls dicom http other silence reset refused unreachable"),
        (("listeners", 0, "versions", "SSL 3.0"), "accepted rejected inconclusive"),
        (("listeners", 0, "plaintext"), "answered refused unknown"),
        (("listeners", 0, "mutual_tls"), "required not_required unknown"),
        (("listeners", 0, "association", "outcome"), "accepted rejected aborted"),
        (
            ("paths", 0, "source", "kind"),
            "internet client-vpn site-vpn direct-connect peering transit-gateway privatelink vpc",
        ),
        (("paths", 0, "legs", 0, "encryption"), "dicom-tls ipsec openvpn macsec none unknown"),
        (("paths", 0, "status"), "encrypted private exposed unverified blocked one_way unknown"),
        (
            ("paths", 0, "blocked_by", "kind"),
            "security-group network-acl route-table internet-gateway public-address block-public-access load-balancer "
            "vpc-peering-connection transit-gateway transit-gateway-route-table vpn-connection virtual-interface "
            "direct-connect-gateway client-vpn-association client-vpn-route client-vpn-authorization-rule "
            "endpoint-service",
        ),
    ],
)
def test_every_word_of_the_contract_fits(full: dict[str, Any], path: Path, values: str) -> None:
    made = copy.deepcopy(full)
    for value in values.split():
        parent(made, path)[path[-1]] = value
        check(made)
