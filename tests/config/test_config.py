"""`orthaudit.yaml`: what it becomes, its schema, its starter."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from orthaudit.config import ConfigError, load_config
from orthaudit.config.schema import schema_text
from orthaudit.config.starter import STARTER
from orthaudit.declared import (
    Account,
    Archive,
    Aws,
    Config,
    Listener,
    Modality,
    Organization,
    Probing,
    Proxy,
    Vantage,
    Web,
)
from orthaudit.finding import Waiver
from orthaudit.policy import KNOBS, POLICIES, Policy

PIN = "0123456789abcdef" * 4
RULES = ("client-vpn-connection-logging", "client-vpn-split-tunnel")

FULL = f"""\
aws:
  accounts: [{{role_arn: arn:aws:iam::111122223333:role/orthaudit, regions: [ca-central-1]}}]
  organization: {{role_name: orthaudit, exclude: ["444455556666"]}}
archive:
  vpcs: [vpc-0abc]
  instances: [i-0abc]
  bucket: images
  database: orthanc-db
  web: [{{host: pacs.example.org, port: 443, ca_file: ca.pem}}]
  orthanc: archive/orthanc.json
  nginx: archive/nginx.conf
dicom:
  ports: [104, 2762, 4242, 11112]
  listeners:
    - {{host: pacs.example.org, port: 11112, stands_for: i-0abc, called_aet: ORTHANC, calling_aet: ORTHAUDIT,
       ca_file: ca.pem, certificate_sha256: ["{PIN}"], client_certificate: client.pem, client_key: client.key,
       expect: {{clinic-a: open, scanner-1: closed}}}}
vantages:
  clinic-a: {{outside: false}}
  scanner-1: {{outside: true}}
proxies:
  - {{name: clinic-a, addresses: [198.51.100.7/32], orthanc: clinic-a/orthanc.json,
     nginx: clinic-a/nginx.conf, site_networks: [10.9.0.0/16]}}
modalities:
  - {{name: CT 2, aet: CT2, site: clinic-a, addresses: [10.9.1.5/32], tls: untested, unattended: true,
     needs: [storage-commitment], way: proxy}}
probe:
  never: ["10.9.1.5:*"]
  windows: ["Sat 22:00-04:00 Europe/Zurich"]
  pause: 0.2
  max_connections: 100
policy:
  name: guide
  tls_profile: bcp195-rfc8996-9325
  trusted_sources: [203.0.113.0/24]
waivers:
  - {{rule: client-vpn-connection-logging, subject: cvpn-endpoint-0abc, reason: "r", owner: "o",
     expires: 2027-01-31, approved_by: "a", alternative: "b", statuses: [fail]}}
"""

FILES = (
    "ca.pem", "client.pem", "client.key", "archive/orthanc.json", "archive/nginx.conf",
    "clinic-a/orthanc.json", "clinic-a/nginx.conf",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with every file that the examples name."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text: str | bytes, **options: Any) -> Config:
    """Load a file `orthaudit.yaml` of the working directory with this content."""
    Path("orthaudit.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return load_config(Path("orthaudit.yaml"), **options)


def test_every_key_of_the_contract_becomes_a_fact(folder: Path) -> None:
    assert load(FULL, rule_ids=RULES) == Config(
        path=Path("orthaudit.yaml"),
        sha256=hashlib.sha256(FULL.encode()).hexdigest(),
        aws=Aws(
            accounts=(Account("arn:aws:iam::111122223333:role/orthaudit", ("ca-central-1",)),),
            organization=Organization("orthaudit", ("444455556666",)),
        ),
        archive=Archive(
            vpcs=("vpc-0abc",),
            instances=("i-0abc",),
            bucket="images",
            database="orthanc-db",
            web=(Web("pacs.example.org", 443, folder / "ca.pem"),),
            orthanc=folder / "archive/orthanc.json",
            nginx=folder / "archive/nginx.conf",
        ),
        dicom_listeners=(
            Listener(
                host="pacs.example.org",
                port=11112,
                stands_for="i-0abc",
                called_aet="ORTHANC",
                calling_aet="ORTHAUDIT",
                ca_file=folder / "ca.pem",
                certificate_sha256=(PIN,),
                client_certificate=folder / "client.pem",
                client_key=folder / "client.key",
                expect={"clinic-a": "open", "scanner-1": "closed"},
            ),
        ),
        vantages={"clinic-a": Vantage(outside=False), "scanner-1": Vantage(outside=True)},
        proxies=(
            Proxy(
                name="clinic-a",
                addresses=("198.51.100.7/32",),
                orthanc=folder / "clinic-a/orthanc.json",
                nginx=folder / "clinic-a/nginx.conf",
                site_networks=("10.9.0.0/16",),
            ),
        ),
        modalities=(
            Modality(
                name="CT 2",
                aet="CT2",
                site="clinic-a",
                addresses=("10.9.1.5/32",),
                tls="untested",
                unattended=True,
                needs=("storage-commitment",),
                way="proxy",
            ),
        ),
        probe=Probing(
            never=("10.9.1.5:*",),
            windows=("Sat 22:00-04:00 Europe/Zurich",),
            pause=0.2,
            max_connections=100,
        ),
        policy=Policy(trusted_sources=("203.0.113.0/24",)),
        waivers=(
            Waiver(
                rule="client-vpn-connection-logging",
                subject="cvpn-endpoint-0abc",
                reason="r",
                owner="o",
                expires=date(2027, 1, 31),
                approved_by="a",
                alternative="b",
                statuses=("fail",),
            ),
        ),
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}", "\ufeff"])
def test_a_file_without_content_is_the_defaults(text: str) -> None:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    assert load(text) == Config(path=Path("orthaudit.yaml"), sha256=sha256)


@pytest.mark.usefixtures("folder")
def test_without_a_path_the_file_of_the_working_directory_counts() -> None:
    assert load_config(None) == Config()
    assert load_config(None, policy="strict") == Config(policy=POLICIES["strict"])
    Path("orthaudit.yaml").write_text("policy: {max_port_span: 3}")
    assert load_config(None).policy.max_port_span == 3
    Path("orthaudit.yaml").unlink()
    Path("orthaudit.yaml").symlink_to("gone.yaml")
    with pytest.raises(ConfigError, match=r"^orthaudit\.yaml:1: file: cannot be read: No such file"):
        load_config(None)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "policy", "expected"),
    [
        ("", None, POLICIES["guide"]),
        ("", "strict", POLICIES["strict"]),
        ("policy: {name: strict}", None, POLICIES["strict"]),
        ("policy: {name: strict}", "guide", POLICIES["guide"]),
        ("policy: {name: guide, split_tunnel: required}", "strict",
         POLICIES["strict"].with_knobs(split_tunnel="required")),
        ("policy: {accepted_private: [peering]}", "strict",
         POLICIES["strict"].with_knobs(accepted_private=("peering",))),
        ("policy: {trusted_sources: []}", None, Policy(trusted_sources=())),
        ("policy: {ports: [104]}", None, Policy(ports=(104,))),
        ("dicom: {ports: [0x2b68]}", "strict", POLICIES["strict"].with_knobs(ports=(11112,))),
    ],
)  # fmt: skip
def test_the_named_policy_first_then_the_knobs_of_the_file(text: str, policy: str | None, expected: Policy) -> None:
    assert load(text, policy=policy).policy == expected


def test_files_are_found_from_the_folder_of_the_config(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "archive/orthaudit.yaml").write_text("archive: {orthanc: orthanc.json, nginx: ../ca.pem}")
    monkeypatch.chdir(folder / "clinic-a")
    archive = load_config(Path("../archive/orthaudit.yaml")).archive
    assert archive.orthanc is not None
    assert archive.nginx is not None
    assert archive.orthanc.is_absolute()
    assert archive.orthanc.samefile(folder / "archive/orthanc.json")
    assert archive.nginx.samefile(folder / "ca.pem")


@pytest.mark.usefixtures("folder")
def test_what_may_be_written_in_several_ways() -> None:
    pin = ":".join(PIN[i : i + 2] for i in range(0, 64, 2)).upper()
    text = f"""\
vantages: {{7: {{outside: True}}}}
dicom:
  listeners:
    - {{host: "2001:db8::7", certificate_sha256: ["{pin}"], expect: {{7: open}}}}
    - {{host: 192.0.2.7, port: 2762.0}}
probe:
  pause: 1
  never: ["[2001:db8::*]:*", "[2001:DB8::7]:104", "*:104", "10.9.1.*:1111?", "pacs-?.example.org:*"]
  windows: [Mon-Fri 00:00-05:30 UTC, daily 23:00-24:00 America/Argentina/Buenos_Aires]
"""
    config = load(text)
    assert config.vantages == {"7": Vantage(outside=True)}
    assert [listener.endpoint for listener in config.dicom_listeners] == [
        "[2001:db8::7]:11112",
        "192.0.2.7:2762",
    ]
    assert config.dicom_listeners[0].certificate_sha256 == (PIN,)
    assert isinstance(config.probe.pause, float)
    assert (len(config.probe.never), len(config.probe.windows)) == (5, 2)


@pytest.mark.usefixtures("folder")
def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^policy: 'lax' is not one of: guide, strict$"):
        load_config(None, policy="lax")


SCHEMA: dict[str, Any] = json.loads(schema_text())


def objects(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the schema, by the path of its key."""
    if schema.get("type") == "object":
        yield path, schema
        for name, inner in schema.get("properties", {}).items():
            yield from objects(inner, f"{path}.{name}".removeprefix("."))
        if isinstance(schema.get("additionalProperties"), dict):
            yield from objects(schema["additionalProperties"], f"{path}.*")
    elif "items" in schema:
        yield from objects(schema["items"], f"{path}[]")


OBJECTS = dict(objects(SCHEMA))


def test_the_schema_is_one_and_describes_every_key() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for path, schema in OBJECTS.items():
        assert schema.get("additionalProperties") is not None, path
        for name, inner in schema.get("properties", {}).items():
            assert inner.get("description"), f"{path}.{name}"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("aws", Aws), ("aws.accounts[]", Account), ("aws.organization", Organization), ("archive", Archive),
        ("archive.web[]", Web), ("dicom.listeners[]", Listener), ("vantages.*", Vantage),
        ("proxies[]", Proxy), ("modalities[]", Modality), ("probe", Probing), ("waivers[]", Waiver),
        ("policy", Policy),
    ],
)  # fmt: skip
def test_the_schema_and_the_dataclasses_have_the_same_keys_and_defaults(path: str, kind: type[Any]) -> None:
    properties = OBJECTS[path]["properties"]
    assert list(properties) == [field.name for field in fields(kind)]
    for field in fields(kind):
        default = properties[field.name].get("default")
        if default is not None:
            assert field.default == (tuple(default) if isinstance(default, list) else default), field.name


def test_every_knob_and_policy_is_in_the_schema() -> None:
    assert set(OBJECTS["policy"]["properties"]) == {"name", *KNOBS}
    assert OBJECTS["policy"]["properties"]["name"]["enum"] == list(POLICIES)


def test_the_starter_is_valid_and_so_is_every_example_in_it(folder: Path) -> None:
    assert load(STARTER).policy == Policy()
    examples = re.sub(r"^#(?! )", "", re.sub(r"^#(?=  )", "", STARTER, flags=re.M), flags=re.M)
    config = load(examples, rule_ids=RULES)
    assert config.dicom_listeners[0].client_key == folder / "client.key"
    assert config.waivers[0].alternative is not None
    for path, schema in OBJECTS.items():
        for name in schema.get("properties", {}):
            if (path, name) != ("policy", "ports"):
                assert re.search(rf"\b{name}: ?", examples), f"{path}.{name}"


def test_loading_the_module_is_cheap() -> None:
    code = "import sys, orthaudit.cli.config; print(*sys.modules)"
    command, root = [sys.executable, "-c", code], Path(__file__).parents[2]
    loaded = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert {"orthaudit.cli.config", "click"} <= set(loaded.split())
    assert not {"jsonschema", "ruamel.yaml", "boto3"} & set(loaded.split())
