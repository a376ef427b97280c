"""Files and snapshots are written whole or not at all, and nobody else's file is lost by it."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orthaudit.evidence import Answer, Scope, Snapshot
from orthaudit.files import writable, write_whole
from orthaudit.saved import SnapshotError, check_can_save, load, save

SNAPSHOT = Snapshot(
    "0.1.0",
    datetime(2026, 11, 25, 3, 0, tzinfo=UTC),
    Scope(("111122223333",), ("ca-central-1",)),
    answers={("111122223333", "ca-central-1", "ec2.DescribeVpcs"): (Answer({}, {"Vpcs": []}),)},
    probes=({"host": "pacs", "port": 11112, "vantage": None, "speaks": "tls"},),
)
NEWER = replace(SNAPSHOT, tool_version="0.2.0")
FORMS = pytest.mark.parametrize("name", ["evidence", "evidence.tar.gz"])
TROUBLES = pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), KeyboardInterrupt()])


def break_down(monkeypatch: pytest.MonkeyPatch, where: Any, what: str, trouble: BaseException, turn: int = 1) -> None:
    """A function of the system that fails when it is called for the `turn`th time."""
    done, turns = getattr(where, what), []

    def broken(*arguments: Any) -> Any:
        turns.append(arguments)
        if len(turns) == turn:
            raise trouble
        return done(*arguments)

    monkeypatch.setattr(where, what, broken)


@pytest.mark.parametrize("private", [False, True])
def test_a_file_is_written_with_its_mode(tmp_path: Path, private: bool) -> None:
    previous = os.umask(0o022)
    try:
        write_whole(tmp_path / "r.json", b"new", private=private)
    finally:
        os.umask(previous)
    assert (tmp_path / "r.json").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == (0o600 if private else 0o644)
    assert os.listdir(tmp_path) == ["r.json"]


@TROUBLES
@pytest.mark.parametrize(("where", "what"), [(os, "fsync"), (Path, "replace"), (os, "open")])
def test_a_file_that_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, what: str, trouble: BaseException
) -> None:
    (tmp_path / "r.json").write_text("old")
    break_down(monkeypatch, where, what, trouble)
    with pytest.raises(type(trouble)):
        write_whole(tmp_path / "r.json", b"new")
    assert (tmp_path / "r.json").read_text() == "old"
    assert os.listdir(tmp_path) == ["r.json"]


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "latest").symlink_to("archive/r.json")
    for content in (b"first", b"second"):
        write_whole(tmp_path / "latest", content)
        assert (tmp_path / "archive/r.json").read_bytes() == content
    assert (tmp_path / "latest").is_symlink()


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_bytes()), daemon=True)
    reader.start()
    writable(tmp_path / "pipe")
    write_whole(tmp_path / "pipe", b"report")
    reader.join(10)
    assert heard == [b"report"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", [".", "gone/r.json", "file/r.json", "n" * 300])
def test_what_cannot_be_written_is_told_before(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    for attempt in (writable, lambda path: write_whole(path, b"")):
        with pytest.raises(OSError, match=r"folder|directory|too long"):
            attempt(tmp_path / name)
    assert os.listdir(tmp_path) == ["file"]


@TROUBLES
@pytest.mark.parametrize(
    ("name", "where", "what", "turn"),
    [
        ("s", os, "fsync", 1),
        ("s", os, "fsync", 3),
        ("s", Path, "rename", 1),
        ("s", Path, "rename", 2),
        ("s.tar.gz", os, "fsync", 1),
        ("s.tar.gz", Path, "replace", 1),
    ],
)
def test_a_snapshot_that_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, where: Any, what: str, turn: int, trouble: BaseException
) -> None:
    save(SNAPSHOT, tmp_path / name)
    break_down(monkeypatch, where, what, trouble, turn)
    with pytest.raises(SnapshotError if isinstance(trouble, OSError) else KeyboardInterrupt):
        save(NEWER, tmp_path / name)
    assert load(tmp_path / name) == SNAPSHOT
    assert os.listdir(tmp_path) == [name]


@FORMS
def test_a_snapshot_takes_the_place_of_an_earlier_one(tmp_path: Path, name: str) -> None:
    for snapshot in (SNAPSHOT, NEWER):
        save(snapshot, tmp_path / name)
        assert load(tmp_path / name) == snapshot
    assert os.listdir(tmp_path) == [name]


@FORMS
def test_a_link_to_a_snapshot_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / "old").mkdir()
    save(SNAPSHOT, tmp_path / "old" / name)
    (tmp_path / name).symlink_to(Path("old", name))
    save(NEWER, tmp_path / name)
    assert (tmp_path / name).is_symlink()
    assert load(tmp_path / "old" / name) == NEWER
    assert os.listdir(tmp_path / "old") == [name]


def a_folder_with_a_file(path: Path) -> None:
    path.mkdir()
    (path / "thesis.txt").touch()


def a_file(path: Path) -> None:
    path.write_text("thesis")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def somebody_elses_manifest(path: Path) -> None:
    path.mkdir()
    (path / "manifest.json").write_text('{"manifest_version": 3, "files": {}}')


def a_snapshot_with_more(path: Path) -> None:
    save(SNAPSHOT, path)
    (path / "probe/thesis.txt").touch()


@pytest.mark.parametrize("put", [a_folder_with_a_file, a_file, a_pipe, somebody_elses_manifest, a_snapshot_with_more])
def test_what_is_no_snapshot_is_never_replaced(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "s")
    before = {path: path.stat() for path in tmp_path.rglob("*")}
    for attempt in (check_can_save, lambda path: save(SNAPSHOT, path)):
        with pytest.raises(SnapshotError) as raised:
            attempt(tmp_path / "s")
        assert len(str(raised.value).splitlines()) == 1
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*")} == {
        path: told.st_ino for path, told in before.items()
    }


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    check_can_save(tmp_path / "s")
    save(SNAPSHOT, tmp_path / "s")
    assert load(tmp_path / "s") == SNAPSHOT


@pytest.mark.parametrize("name", ["gone/s", "gone/s.tar.gz", "n" * 300, "n" * 300 + ".tar.gz", "folder.tar.gz"])
def test_where_nothing_can_be_saved(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.tar.gz").mkdir()
    for attempt in (check_can_save, lambda path: save(SNAPSHOT, path)):
        with pytest.raises(SnapshotError, match="cannot be written: "):
            attempt(tmp_path / name)
    assert os.listdir(tmp_path) == ["folder.tar.gz"]
