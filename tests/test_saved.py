"""Snapshots on disk: what is saved is what is loaded, and nothing broken is ever taken for evidence."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import stat
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthaudit.evidence import Answer, LedgerLine, LedgerStatus, Scope, Snapshot, Structure
from orthaudit.saved import SnapshotError, is_snapshot, load, save

ACCOUNT, REGION = "111122223333", "ca-central-1"
GROUPS = "aws/111122223333/ca-central-1/ec2.DescribeSecurityGroups.json"
SNAPSHOT = Snapshot(
    "0.1.0",
    datetime(2026, 11, 25, 3, 0, 0, 123456, tzinfo=UTC),
    Scope((ACCOUNT,), (REGION,), ((ACCOUNT, REGION),), "lab", "arn:aws:iam::111122223333:user/ada"),
    (
        LedgerLine(ACCOUNT, REGION, "ec2", "DescribeSecurityGroups", LedgerStatus.OK),
        LedgerLine(ACCOUNT, None, "sts", "AssumeRole", LedgerStatus.DENIED, "no", (("RoleArn", "arn"),)),
    ),
    {
        (ACCOUNT, REGION, "ec2.DescribeSecurityGroups"): (
            Answer({}, {"SecurityGroups": [{"GroupId": "sg-1", "Description": "Zürich, «ward 3»"}]}),
        ),
        (ACCOUNT, REGION, "ec2.GetManagedPrefixListEntries"): (
            Answer({"PrefixListId": "pl-1"}, {"Entries": []}),
            Answer({"PrefixListId": "pl-2"}, {"Entries": [{"Cidr": "10.0.0.0/8"}]}),
        ),
    },
    ({"host": "pacs", "port": 11112, "vantage": None, "speaks": "tls"},),
)
FORMS = pytest.mark.parametrize("name", ["evidence", "evidence.tar.gz"])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
structures: st.SearchStrategy[Any] = st.dictionaries(st.text(), values, max_size=3)
keys = st.tuples(
    st.sampled_from(["111122223333", "444455556666"]),
    st.sampled_from(["ca-central-1", "global"]),
    st.sampled_from(["ec2.DescribeVpcs", "sts.GetCallerIdentity"]),
)
probes = st.builds(
    lambda seen, host, port, vantage: {**seen, "host": host, "port": port, "vantage": vantage},
    structures,
    st.text() | st.sampled_from(["pacs", "pacs_1", "2001:db8::7", "..", "a/../../b"]),
    st.integers(1, 3),
    st.none() | st.sampled_from(["1", "2", "clinic-a", "../up"]),
)
lines = st.builds(
    LedgerLine,
    st.none() | st.text(),
    st.none() | st.text(),
    st.text(),
    st.text(),
    st.sampled_from(LedgerStatus),
    st.text(),
    st.dictionaries(st.text(), st.text(), max_size=2).map(lambda them: tuple(sorted(them.items()))),
)
snapshots = st.builds(
    Snapshot,
    st.text(),
    st.datetimes(timezones=st.just(UTC)),
    st.just(SNAPSHOT.scope),
    st.lists(lines, max_size=3).map(tuple),
    st.dictionaries(keys, st.lists(st.builds(Answer, structures, structures), max_size=3).map(tuple), max_size=3),
    st.lists(probes, max_size=5).map(tuple),
)


@given(snapshot=snapshots, name=st.sampled_from(["evidence", "evidence.tar.gz"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_saved_is_what_is_loaded(snapshot: Snapshot, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        save(snapshot, path)
        assert load(path) == snapshot
        assert os.listdir(folder) == [name]


def test_one_listener_from_two_vantage_points_is_two_files(tmp_path: Path) -> None:
    seen: tuple[Structure, ...] = tuple({"host": "pacs", "port": 104, "vantage": name} for name in ("a", "b", None))
    save(replace(SNAPSHOT, probes=seen), tmp_path / "s")
    assert {file.name for file in (tmp_path / "s/probe").iterdir()} == {
        "pacs_104.json",
        "pacs_104_a.json",
        "pacs_104_b.json",
    }
    assert load(tmp_path / "s").probes == seen


@FORMS
def test_only_the_owner_may_read(tmp_path: Path, name: str) -> None:
    previous = os.umask(0)
    try:
        save(SNAPSHOT, tmp_path / name)
    finally:
        os.umask(previous)
    for path in (tmp_path / name, *(tmp_path / name).rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_manifest_is_as_the_contract_says(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "s")
    manifest = json.loads((tmp_path / "s/manifest.json").read_bytes())
    files = {path.relative_to(tmp_path / "s").as_posix(): path for path in (tmp_path / "s").rglob("*.json")}
    del files["manifest.json"]
    assert manifest["files"] == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    }  # fmt: skip
    assert set(files) == {GROUPS, GROUPS.replace("DescribeSecurityGroups", "GetManagedPrefixListEntries"),
                          "probe/pacs_11112.json"}  # fmt: skip
    assert manifest["taken_at"] == "2026-11-25T03:00:00.123456Z"
    assert manifest["tool"] == {"name": "orthaudit", "version": "0.1.0"}
    assert json.loads(files[GROUPS].read_bytes())[0]["parameters"] == {}


def refused(path: Path) -> str:
    """The one line that a snapshot is refused with."""
    with pytest.raises(SnapshotError) as raised:
        load(path)
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    assert message.startswith(f"{path}")
    return message


def edit_manifest(folder: Path, **keys: Any) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | keys))


def test_a_changed_file_fails_its_checksum(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "s")
    file = tmp_path / "s" / GROUPS
    file.write_bytes(file.read_bytes().replace(b"sg-1", b"sg-2"))
    assert f"{GROUPS} is not what manifest.json says (SHA-256 differs)" in refused(tmp_path / "s")


@pytest.mark.parametrize(("gone", "says"), [(GROUPS, "the file is missing"), ("manifest.json", "no manifest.json")])
def test_a_missing_file_is_named(tmp_path: Path, gone: str, says: str) -> None:
    save(SNAPSHOT, tmp_path / "s")
    (tmp_path / "s" / gone).unlink()
    assert says in refused(tmp_path / "s")


def test_a_file_that_the_manifest_does_not_name_is_no_evidence(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "s")
    (tmp_path / "s" / GROUPS.replace("SecurityGroups", "Vpcs")).write_text('[{"parameters": {}, "response": {}}]')
    assert load(tmp_path / "s") == SNAPSHOT


@pytest.mark.parametrize("file", ["manifest.json", GROUPS])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, file: str) -> None:
    save(SNAPSHOT, tmp_path / "s")
    whole = (tmp_path / "s" / file).read_bytes()
    for length in range(0, len(whole), 10):
        (tmp_path / "s" / file).write_bytes(whole[:length])
        assert file in refused(tmp_path / "s")


def test_an_answer_that_is_cut_off_is_refused_with_its_checksum_made_to_fit(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "s")
    whole = (tmp_path / "s" / GROUPS).read_bytes()
    for content in [whole[:length] for length in range(0, len(whole), 10)] + [b"[" * 100_000, b"[1]", b"5", b'"\xff"']:
        (tmp_path / "s" / GROUPS).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        edit_manifest(tmp_path / "s", files={GROUPS: digest})
        assert GROUPS in refused(tmp_path / "s")


def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.tar.gz"
    save(SNAPSHOT, path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 10):
        path.write_bytes(whole[:length])
        refused(path)


def test_an_archive_with_a_wrong_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.tar.gz"
    save(SNAPSHOT, path)
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :])
        if position in range(3, 10):  # flags, time and system of the gzip header: some change nothing
            with suppress(SnapshotError):
                assert load(path) == SNAPSHOT
        else:
            refused(path)


OUTSIDE = ("../outside.json", "probe/../../outside.json", "aws/../../outside.json", "/etc/passwd", "aws/a/b/c\0.json",
           "probe/a\nb.json", "probe/\ud800.json", "probe/..", "probe/.", "probe/x", "", "aws//b/c.json")  # fmt: skip


def packed(folder: Path) -> Path:
    """The files of a folder in an archive beside it, under the names that its manifest has."""
    path = folder.with_suffix(".tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        for name in ["manifest.json", *json.loads((folder / "manifest.json").read_bytes())["files"]]:
            content = (folder / name).read_bytes() if (folder / name).is_file() else b"{}"
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_is_none_of_a_snapshot_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.json").write_text("{}")
    save(SNAPSHOT, tmp_path / "s")
    digest = hashlib.sha256(b"{}").hexdigest()
    edit_manifest(tmp_path / "s", files={name: digest})
    assert "which is no file of a snapshot" in refused(tmp_path / "s")
    if "\0" not in name and "\ud800" not in name:  # tar has no such names
        assert "which is no file of a snapshot" in refused(packed(tmp_path / "s"))


@pytest.mark.parametrize("loop", [False, True])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, loop: bool) -> None:
    save(SNAPSHOT, tmp_path / "s")
    outside = (tmp_path / "s" / GROUPS).rename(tmp_path / "outside.json")
    (tmp_path / "s" / GROUPS).symlink_to(GROUPS.rsplit("/")[-1] if loop else outside)
    assert ("Too many levels" if loop else "leads out of the folder") in refused(tmp_path / "s")


def test_a_link_in_an_archive_is_no_file(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "s.tar.gz")
    with tarfile.open(tmp_path / "s.tar.gz") as archive:
        members = [(member, archive.extractfile(member)) for member in archive]
        with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as changed:
            for member, content in members:
                if member.name == GROUPS:
                    member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/hostname", 0
                changed.addfile(member, content)
    assert "the file is missing" in refused(tmp_path / "t.tar.gz")


@pytest.mark.parametrize("key", ["format", "tool", "taken_at", "scope", "ledger", "files"])
@pytest.mark.parametrize("value", [None, 0, "x", [[]], ["x"], [{}], {"x": {}}, "2026-11-25T03:00:00"])
def test_a_manifest_of_another_form_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    save(SNAPSHOT, tmp_path / "s")
    edit_manifest(tmp_path / "s", **{key: value})
    assert "manifest.json" in refused(tmp_path / "s")


def test_a_format_of_the_future_is_named(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "s")
    edit_manifest(tmp_path / "s", format=2)
    assert "has format 2, and this orthaudit reads format 1" in refused(tmp_path / "s")


@pytest.mark.parametrize("probe", [[], {}, {"host": [], "port": 1}, {"host": "a", "port": "1"}])
def test_a_probe_of_no_listener_is_refused(tmp_path: Path, probe: Any) -> None:
    save(replace(SNAPSHOT, probes=({"host": "a", "port": 1},)), tmp_path / "s")
    content = json.dumps(probe).encode()
    (tmp_path / "s/probe/a_1.json").write_bytes(content)
    edit_manifest(tmp_path / "s", files={"probe/a_1.json": hashlib.sha256(content).hexdigest()})
    assert "is no listener as probed" in refused(tmp_path / "s")


def test_what_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("{}")
    (tmp_path / "other.tar.gz").write_bytes(gzip.compress(b"{}"))
    with tarfile.open(tmp_path / "empty.tar.gz", "w:gz"):
        pass
    names = ["folder", "text", "other.tar.gz", "empty.tar.gz", "gone", "n" * 300]
    for name in names:
        refused(tmp_path / name)
    assert [name for name in names if not is_snapshot(tmp_path / name)] == ["folder"]
