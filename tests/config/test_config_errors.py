"""Each way to get `orthaudit.yaml` wrong, and what is said about it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthaudit.config import ConfigError, load_config
from orthaudit.config.schema import schema_text

RULES = ("client-vpn-connection-logging", "client-vpn-split-tunnel")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a file and a folder."""
    (tmp_path / "ca.pem").touch()
    (tmp_path / "archive").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def errors(text: str | bytes, rule_ids: Collection[str] | None = RULES) -> tuple[str, ...]:
    """What is wrong with a file of this content; nothing, if it loads."""
    Path("orthaudit.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    try:
        load_config(Path("orthaudit.yaml"), rule_ids=rule_ids)
    except ConfigError as error:
        assert str(error) == "\n".join(error.errors)  # noqa: PT017  (hypothesis wants no error, too)
        return error.errors
    return ()


TOP = "unknown key; known here: aws, archive, dicom, vantages, proxies, modalities, probe, policy, waivers"
TYPE = "must be a mapping of keys to values"
ARN = "is not the ARN of an IAM role, such as arn:aws:iam::111122223333:role/orthaudit"
AET = "is not an AE title: 1 to 16 printable ASCII characters, no backslash"
HOST = "is not a host name or address (without the port)"
CIDR = "is not an address range, such as 203.0.113.0/24"
GLOB = "is not HOST:PORT, such as 10.9.1.5:* or [2001:db8::7]:*"
WINDOW = "is not a window, such as Sat (Mon-Fri, daily) 22:00-04:00 Europe/Zurich"
DEEP = "not YAML that can be read: nested too deeply"


def listener(members: str) -> str:
    """A file with one DICOM listener."""
    return f"dicom:\n  listeners:\n    - {{host: a, {members}}}"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: [1\nb: 2", "2: file", "not YAML: expected ',' or ']', but got ':'"),
        ("a:\n\tb: 1", "2: file", "not YAML: found character '\\t' that cannot start any token"),
        ("--- {}\n--- {}", "2: file", "not YAML: but found another document"),
        ("a: b\nc: \x01", "2: file", "not YAML: character '\\x01' is not allowed"),
        (b"policy: {}\n# caf\xe9\n", "2: file", "is not UTF-8"),
        ("{" * 1000, "1: file", DEEP),
        ("archive: &a {vpcs: [*a]}", "1: file", DEEP),
        ("? [a]\n: b", "1: file", "a key must be text"),
        ("probe: {}\npolicy: {}\nprobe: {}", "3: probe", "is there twice (first in line 1)"),
        ("archive:\n  bucket: !env B", "2: archive.bucket", "the tag '!env' is not understood here"),
    ],
)
def test_what_is_no_yaml(text: str | bytes, where: str, what: str) -> None:
    assert errors(text) == (f"orthaudit.yaml:{where}: {what}",)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[]", "1: file", TYPE),
        ("hello", "1: file", TYPE),
        ("\ndicom:\n  listener: []", "3: dicom.listener", "unknown key; did you mean 'listeners'?"),
        ("vantages: {a: {where: x}}", "1: vantages.a.where", "unknown key; known here: outside"),
        ('"a\\nb": 1', "1: 'a\\nb'", TOP),
        ("dicom:\n  listeners:\n    host: x", "2: dicom.listeners", "must be a list"),
        ("dicom:\n  listeners:\n    - x", "3: dicom.listeners[0]", TYPE),
        ("dicom:\n  listeners:\n    - port: 1", "3: dicom.listeners[0].host", "is missing"),
        ("archive:\n#  bucket: x\n", "1: archive", "has no value: give it one, or remove the key"),
        (listener("\n called_aet: 2"), "4: dicom.listeners[0].called_aet", "must be text: put it in quotes"),
        ("archive: {bucket: {}}", "1: archive.bucket", "must be text"),
        ("archive: {bucket: ' '}", "1: archive.bucket", "' ' is not text that says something"),
        ("probe: {pause: .inf}", "1: probe.pause", "must be a number"),
        ("probe: {pause: !!float nan}", "1: probe.pause", "must be a number"),
        ("probe: {pause: -1}", "1: probe.pause", "-1 is not a time from 0 to 3600 seconds"),
        ("probe: {max_connections: 1.5}", "1: probe.max_connections", "must be a whole number"),
        ("probe: {max_connections: 0}", "1: probe.max_connections", "0 is not a number from 1 up"),
        ("policy: {certificate_days: 010}", "1: policy.certificate_days", "must be a whole number"),
        ("policy: {name: strikt}", "1: policy.name", "'strikt' is not one of: guide, strict"),
        ("policy: {require_mutual_tls: yes}", "1: policy.require_mutual_tls", "must be true or false"),
        ("dicom:\n  ports:\n    - 104\n    - 70000", "4: dicom.ports[1]", "70000 is not a port: 1 to 65535"),
        ("dicom: {ports: []}", "1: dicom.ports", "must not be empty"),
        ("dicom: {ports: [104, 104]}", "1: dicom.ports", "holds the same value twice"),
        ("probe: {windows: []}", "1: probe.windows", "must not be empty"),
    ],
)
def test_keys_and_types(text: str, where: str, what: str) -> None:
    assert errors(text) == (f"orthaudit.yaml:{where}: {what}",)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("aws: {accounts: [{role_arn: r}]}", "1: aws.accounts[0].role_arn", f"'r' {ARN}"),
        (
            "aws:\n  accounts:\n    - role_arn: arn:aws-us-gov:iam::111122223333:role/a/b\n"
            "      regions: [us-gov-west-1, Frankfurt]",
            "4: aws.accounts[0].regions[1]",
            "'Frankfurt' is not an AWS region, such as ca-central-1",
        ),
        (
            "aws: {organization: {role_name: r, exclude: ['1']}}",
            "1: aws.organization.exclude[0]",
            "'1' is not an AWS account: 12 digits",
        ),
        (
            'aws: {organization: {role_name: "r\\n"}}',
            "1: aws.organization.role_name",
            "'r\\n' is not the name of an IAM role",
        ),
        (
            "proxies:\n  - name: a\n    addresses:\n      - 198.51.100.7\n      - 10.9.1.5/24",
            "5: proxies[0].addresses[1]",
            "'10.9.1.5/24' has host bits set: write 10.9.1.0/24",
        ),
        (
            "policy: {trusted_sources: ['2001:db8::7/32']}",
            "1: policy.trusted_sources[0]",
            "'2001:db8::7/32' has host bits set: write 2001:db8::/32",
        ),
        (
            "policy: {trusted_sources: [10.9.1.0/255.255.255.0]}",
            "1: policy.trusted_sources[0]",
            "'10.9.1.0/255.255.255.0' is not in CIDR form: write 10.9.1.0/24",
        ),
        ("policy: {trusted_sources: [all]}", "1: policy.trusted_sources[0]", f"'all' {CIDR}"),
        ("archive: {web: [{host: 'http://a'}]}", "1: archive.web[0].host", f"'http://a' {HOST}"),
        ("archive: {web: [{host: 10.0.0.300}]}", "1: archive.web[0].host", f"'10.0.0.300' {HOST}"),
        ("archive: {web: [{host: 'a:443'}]}", "1: archive.web[0].host", f"'a:443' {HOST}"),
        ("archive: {web: [{host: '[::1]'}]}", "1: archive.web[0].host", "'[::1]' is written without brackets here"),
        (listener("called_aet: ABCDEFGHIJKLMNOPQ"), "3: dicom.listeners[0].called_aet", f"'ABCDEFGHIJKLMNOPQ' {AET}"),
        (listener("calling_aet: A\\B"), "3: dicom.listeners[0].calling_aet", f"'A\\\\B' {AET}"),
        (
            listener("certificate_sha256: [abc]"),
            "3: dicom.listeners[0].certificate_sha256[0]",
            "'abc' is not a SHA-256 fingerprint: 64 hex digits",
        ),
        ("archive:\n  orthanc: archive", "2: archive.orthanc", "'archive' is not a file that can be read"),
        ("archive: {nginx: ''}", "1: archive.nginx", "'' is not a file that can be read"),
        ("probe: {never: [10.9.1.5]}", "1: probe.never[0]", f"'10.9.1.5' {GLOB}"),
        ("probe: {never: ['10.9.0.0/16:*']}", "1: probe.never[0]", f"'10.9.0.0/16:*' {GLOB}"),
        ("probe: {never: ['2001:db8::7:*']}", "1: probe.never[0]", f"'2001:db8::7:*' {GLOB}"),
        ("probe: {never: ['*:0']}", "1: probe.never[0]", "'*:0' has a port that is none: 1 to 65535"),
        ("probe: {never: ['10.9.1.300:*']}", "1: probe.never[0]", "'10.9.1.300:*' holds an address that is none"),
        (
            "probe: {never: ['[2001:0DB8:0::7]:*']}",
            "1: probe.never[0]",
            "'[2001:0DB8:0::7]:*' would match nothing: write [2001:db8::7]:*",
        ),
        (
            "probe: {never: ['[::ffff:10.9.1.5]:104']}",
            "1: probe.never[0]",
            "'[::ffff:10.9.1.5]:104' would match nothing: write 10.9.1.5:104",
        ),
        ("probe: {windows: [Sat 22:00-25:00 UTC]}", "1: probe.windows[0]", f"'Sat 22:00-25:00 UTC' {WINDOW}"),
        ("probe: {windows: [22:00-04:00 UTC]}", "1: probe.windows[0]", f"'22:00-04:00 UTC' {WINDOW}"),
        ("probe: {windows: [Sat 22:00-04:00]}", "1: probe.windows[0]", f"'Sat 22:00-04:00' {WINDOW}"),
        (
            "probe: {windows: [Sat 22:00-22:00 UTC]}",
            "1: probe.windows[0]",
            "'Sat 22:00-22:00 UTC' starts and ends at the same time",
        ),
        *(
            (
                f"probe: {{windows: [Sat 22:00-04:00 {zone}]}}",
                "1: probe.windows[0]",
                f"'Sat 22:00-04:00 {zone}' names an unknown time zone",
            )
            for zone in ("Europe/Zuerich", "Europe", "../UTC", "/etc/hosts")
        ),
    ],
)
def test_values(text: str, where: str, what: str) -> None:
    assert errors(text) == (f"orthaudit.yaml:{where}: {what}",)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            "dicom:\n  ports: [104]\npolicy:\n  ports: [104]",
            "4: policy.ports",
            "is the same as dicom.ports, which is set too: keep one of them",
        ),
        (
            listener("\n  client_key: ca.pem"),
            "4: dicom.listeners[0].client_key",
            "needs client_certificate beside it",
        ),
        (
            listener("expect:\n {clinic-b: open}") + "\nvantages: {clinic-a: {}}",
            "4: dicom.listeners[0].expect.clinic-b",
            "no such vantage point; did you mean 'clinic-a'?",
        ),
        (
            listener("expect: {x: open}"),
            "3: dicom.listeners[0].expect.x",
            "no such vantage point; vantages has: none",
        ),
        (
            listener("expect: {x: shut}") + "\nvantages: {x: {}}",
            "3: dicom.listeners[0].expect.x",
            "'shut' is not one of: open, closed",
        ),
        (
            listener("port: 104") + "\n    - host: a\n    - host: A\n      port: 11112",
            "5: dicom.listeners[2].host",
            "'a:11112' is declared twice",
        ),
        ("proxies:\n  - name: a\n  - name: a", "3: proxies[1].name", "'a' is declared twice"),
        ("modalities:\n  - name: a\n  - name: a", "3: modalities[1].name", "'a' is declared twice"),
    ],
)
def test_what_spans_several_keys(text: str, where: str, what: str) -> None:
    assert errors(text) == (f"orthaudit.yaml:{where}: {what}",)


WAIVER = {"rule": RULES[0], "subject": "s", "reason": "r", "owner": "o", "expires": "2027-01-31"}


@pytest.mark.parametrize(
    ("changes", "key", "what"),
    [
        *(({key: None}, f".{key}", "is missing") for key in WAIVER),
        ({"owner": "''"}, ".owner", "'' is not text that says something"),
        ({"subject": "111122223333"}, ".subject", "must be text: put it in quotes"),
        ({"expires": "20270131"}, ".expires", "must be text: put it in quotes"),
        *(
            ({"expires": day}, ".expires", f"'{day}' is not a date, such as 2027-01-31")
            for day in ("2027-02-30", "2027-01-31T00:00:00Z", "31.1.2027", "2027-W05-1")
        ),
        (
            {"rule": "client-vpn-spilt-tunnel"},
            ".rule",
            "no rule 'client-vpn-spilt-tunnel'; did you mean 'client-vpn-split-tunnel'?",
        ),
        ({"rule": "'*'"}, ".rule", "no rule '*'; `orthaudit rules` lists them"),
        ({"statuses": "[pass]"}, ".statuses[0]", "'pass' is not one of: fail, unknown, error"),
        ({"statuses": "[]"}, ".statuses", "must not be empty"),
        ({"comment": "x"}, ".comment", None),
    ],
)
def test_waivers(changes: dict[str, str | None], key: str, what: str | None) -> None:
    members = {name: value for name, value in {**WAIVER, **changes}.items() if value is not None}
    (error,) = errors("waivers:\n - {" + ", ".join(f"{name}: {value}" for name, value in members.items()) + "}")
    expected = what or f"unknown key; known here: {', '.join([*WAIVER, 'approved_by', 'alternative', 'statuses'])}"
    assert error == f"orthaudit.yaml:2: waivers[0]{key}: {expected}"


def test_without_rules_to_look_in_a_waiver_may_name_any() -> None:
    text = f"waivers: [{json.dumps({**WAIVER, 'rule': 'mine'})}]"
    assert len(errors(text)) == 1
    assert errors(text, rule_ids=None) == ()


def test_a_file_that_is_not_there(folder: Path) -> None:
    assert errors("archive:\n  bucket: x\n  orthanc: gone.json") == (
        f"orthaudit.yaml:3: archive.orthanc: 'gone.json' is not there (looked in {folder})",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read(folder: Path) -> None:
    (folder / "locked").touch(mode=0)
    expected = "orthaudit.yaml:1: archive.nginx: 'locked' is not a file that can be read"
    assert errors("archive: {nginx: locked}") == (expected,)
    with pytest.raises(ConfigError, match=r"^locked:1: file: cannot be read: Permission denied$"):
        load_config(Path("locked"))


@pytest.mark.parametrize(
    ("name", "what"),
    [("gone.yaml", "No such file or directory"), ("archive", "Is a directory"), ("a\0b", "embedded null byte")],
)
def test_a_config_that_cannot_be_read(name: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(Path(name))
    assert str(caught.value) == f"{name}:1: file: cannot be read: {what}"


def test_everything_that_is_wrong_is_said_at_once_by_line() -> None:
    text = """\
probe: {pauze: 1}
waivers:
  - {rule: client-vpn-split-tunnel, reason: r, expires: soon}
probe: {pause: 1}
dicom: {ports: [0, x]}
"""
    assert errors(text) == (
        "orthaudit.yaml:1: probe.pauze: unknown key; did you mean 'pause'?",
        "orthaudit.yaml:3: waivers[0].expires: 'soon' is not a date, such as 2027-01-31",
        "orthaudit.yaml:3: waivers[0].owner: is missing",
        "orthaudit.yaml:3: waivers[0].subject: is missing",
        "orthaudit.yaml:4: probe: is there twice (first in line 1)",
        "orthaudit.yaml:5: dicom.ports[0]: 0 is not a port: 1 to 65535",
        "orthaudit.yaml:5: dicom.ports[1]: must be a whole number",
    )


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    key = json.dumps("-----BEGIN PRIVATE KEY-----\n" + "c2VjcmV0" * 20)
    (error,) = errors(listener(f"client_certificate: ca.pem, client_key: {key}"))
    assert error.startswith("orthaudit.yaml:3: dicom.listeners[0].client_key: this value is not there")
    assert "c2VjcmV0" not in error


def test_aliases_of_aliases_end() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
    assert errors(text) == ("orthaudit.yaml:1: file: not YAML: more than 100000 values",)


def keys(schema: dict[str, Any]) -> set[str]:
    """Every key that the schema knows, wherever it belongs."""
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    found = (keys(one) for one in inner if isinstance(one, dict))
    return set(schema.get("properties", {})).union(*found)


SCHEMA: dict[str, Any] = json.loads(schema_text())
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["10.0.0.1/8", "ca.pem", "2027-01-31", "a:1", "Sat 22:00-04:00 UTC", "guide", "\ud800"]),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(keys(SCHEMA))) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
SECTIONS = st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), TREES, max_size=3)
YAMLISH = st.text(st.sampled_from("ab01:-.,#&*!|>'\"[]{}%@?<~\\ \n\t\x85\ufeff"), max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(YAMLISH | (SECTIONS | TREES).map(json.dumps) | st.binary(max_size=20))
def test_nothing_but_config_error_is_ever_raised(content: str | bytes) -> None:
    for line in errors(content):
        assert re.fullmatch(r"orthaudit\.yaml:[1-9][0-9]*: .+: .+", line)
        line.encode()
