"""Snapshots on disk: a folder, or the same files in one `.tar.gz`, with the SHA-256 of each in the manifest."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from orthaudit.evidence import Answer, AnswerKey, Json, LedgerLine, LedgerStatus, Scope, Snapshot, Structure
from orthaudit.files import writable, writable_folder, write_whole

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
LARGEST: Final = 2 << 30
"""Bytes that one file of a snapshot may hold: a bound for what a broken archive can claim."""


class SnapshotError(Exception):
    """Saved evidence that cannot be used or written: one line that names the file and what is wrong."""


def save(snapshot: Snapshot, path: Path) -> None:
    """Write the snapshot, whole or not at all, readable by its owner alone.

    A folder, or one file where `path` ends in `.tar.gz`; an earlier snapshot there is replaced. Raises `SnapshotError`.
    """
    check_can_save(path)
    files = dict(_files(snapshot))
    files[MANIFEST] = _manifest(snapshot, files)
    try:
        if _is_archive(path):
            write_whole(path, _packed(files), private=True)
        else:
            _write_folder(path, files)
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be written: {error.strerror or error}") from error


def check_can_save(path: Path) -> None:
    """Raises `SnapshotError` where `save` could not write, before anything was asked for it."""
    try:
        if _is_archive(path):
            writable(path)
        else:
            writable_folder(Path(os.path.realpath(path)).parent)
            _check_replaceable(path)
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be written: {error.strerror}: {error.filename}") from None


def _check_replaceable(path: Path) -> None:
    """What is replaced is lost: there may be an earlier snapshot or nothing, and no other file."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / MANIFEST).is_file():
        raise SnapshotError(f"{path}: is there already and is no snapshot; choose another name")
    own = {MANIFEST, *_names(path, _parse(path, MANIFEST, (path / MANIFEST).read_bytes()))}
    for file in path.rglob("*"):
        if not file.is_dir() and (name := file.relative_to(path).as_posix()) not in own:
            raise SnapshotError(f"{path}: holds more than a snapshot ({name}); choose another name")


def is_snapshot(path: Path) -> bool:
    """Whether a path looks like a snapshot, as against a folder of AWS CLI output."""
    return not os.path.isdir(path) or os.path.isfile(path / MANIFEST)


def load(path: Path) -> Snapshot:
    """Read a snapshot and check it against its manifest. Raises `SnapshotError`."""
    with _without_collector():
        try:
            files = _read_archive(path) if path.is_file() else _read_folder(path)
        except OSError as error:
            raise SnapshotError(f"{error.filename or path}: cannot be read: {error.strerror}") from None
        return _snapshot(path, _parse(path, MANIFEST, files.pop(MANIFEST)), files)


def _is_archive(path: Path) -> bool:
    return path.name.endswith((".tar.gz", ".tgz"))


def _files(snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    for (account, region, call), answers in sorted(snapshot.answers.items()):
        pairs = [{"parameters": one.parameters, "response": one.response} for one in answers]
        yield f"aws/{_safe(account)}/{_safe(region)}/{call}.json", _dump(pairs)
    taken: set[str] = set()
    for probe in snapshot.probes:
        parts = (str(part) for part in (probe.get("host"), probe.get("port"), probe.get("vantage")) if part is not None)
        name = f"probe/{_safe('_'.join(parts))}"
        while name in taken:
            name += "_"
        taken.add(name)
        yield f"{name}.json", _dump(probe)


def _safe(name: str) -> str:
    plain = "".join(character if character.isprintable() and character != "/" else "_" for character in name)
    return plain.lstrip(".") or "_"


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _manifest(snapshot: Snapshot, files: Mapping[str, bytes]) -> bytes:
    scope = snapshot.scope
    document = {
        "format": FORMAT,
        "tool": {"name": "orthaudit", "version": snapshot.tool_version},
        "taken_at": snapshot.taken_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "scope": asdict(scope),
        "ledger": [{**asdict(line), "parameters": dict(line.parameters)} for line in snapshot.ledger],
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return json.dumps(document, indent=1).encode()


def _packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    target = Path(os.path.realpath(path))
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))  # mode 0700
    try:
        for name, content in files.items():
            for folder in reversed(Path(name).parents):
                (fresh / folder).mkdir(exist_ok=True, mode=0o700)
            write_whole(fresh / name, content, private=True)
        if target.exists():
            aside = fresh.with_suffix(".old")
            target.rename(aside)
            try:
                fresh.rename(target)
            except BaseException:
                aside.rename(target)
                raise
            shutil.rmtree(aside, ignore_errors=True)
        else:
            fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _read_folder(path: Path) -> dict[str, bytes]:
    if not path.exists():
        raise SnapshotError(f"{path}: no such file or folder")
    if not (path / MANIFEST).is_file():
        raise SnapshotError(f"{path}: is no snapshot: it has no {MANIFEST}")
    manifest = (path / MANIFEST).read_bytes()
    names = _names(path, _parse(path, MANIFEST, manifest))
    return {MANIFEST: manifest} | {name: _read(path, name) for name in names}


def _read(folder: Path, name: str) -> bytes:
    file = folder / name
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder)):
        raise SnapshotError(f"{folder}: {name} in {MANIFEST} leads out of the folder")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise SnapshotError(f"{folder}: {name} is in {MANIFEST}, and the file is missing") from None


def _read_archive(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() and member.size <= LARGEST else None
                if content is not None:
                    files[member.name.removeprefix("./")] = content.read()
            while stream.read(1 << 20):  # to the end, where the checksum of the whole stands
                pass
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise SnapshotError(f"{path}: cannot be read as a .tar.gz snapshot, it may be cut off: {error}") from error
    if MANIFEST not in files:
        raise SnapshotError(f"{path}: is no snapshot: it holds no {MANIFEST}")
    return files


def _parse(path: Path, name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"{path}: {name} is not JSON, it may be cut off: {error}") from None


def _names(path: Path, manifest: Any) -> tuple[str, ...]:
    """The files of a snapshot, as its manifest has them."""
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise SnapshotError(f"{path}: {MANIFEST} is not one of orthaudit's")
    if manifest.get("format") != FORMAT:
        version = manifest.get("format")
        raise SnapshotError(f"{path}: {MANIFEST} has format {version!r}, and this orthaudit reads format {FORMAT}")
    names = tuple(manifest["files"])
    for name in names:
        if not _is_name(name):
            raise SnapshotError(f"{path}: {MANIFEST} names {name!r}, which is no file of a snapshot")
    return names


def _is_name(name: str) -> bool:
    match name.split("/"):
        case ["aws", _, _, _] | ["probe", _] as parts:
            return name.isprintable() and name.endswith(".json") and not {"", ".", ".."} & set(parts)
    return False


def _snapshot(path: Path, manifest: Any, files: Mapping[str, bytes]) -> Snapshot:
    answers: dict[AnswerKey, tuple[Answer, ...]] = {}
    probes: list[Structure] = []
    for name in _names(path, manifest):
        if name not in files:
            raise SnapshotError(f"{path}: {name} is in {MANIFEST}, and the file is missing")
        if hashlib.sha256(files[name]).hexdigest() != manifest["files"][name]:
            raise SnapshotError(f"{path}: {name} is not what {MANIFEST} says (SHA-256 differs): it was changed")
        content = _parse(path, name, files[name])
        match name.split("/"):
            case ["aws", account, region, file]:
                answers[account, region, file.removesuffix(".json")] = _answers(path, name, content)
            case _ if isinstance(content, dict) and _is_listener(content):
                probes.append(content)
            case _:
                raise SnapshotError(f"{path}: {name} is no listener as probed")
    try:
        scope = manifest["scope"]
        return Snapshot(
            str(manifest["tool"]["version"]),
            _time(manifest["taken_at"]),
            Scope(
                tuple(str(account) for account in scope["accounts"]),
                tuple(str(region) for region in scope["regions"]),
                tuple((str(account), str(region)) for account, region in scope["places"]),
                str(scope["source"]),
                _optional(scope["caller"]),
            ),
            tuple(_line(one) for one in manifest["ledger"]),
            answers,
            tuple(probes),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(f"{path}: {MANIFEST} is not one of orthaudit's: {type(error).__name__} {error}") from None


def _is_listener(probe: Structure) -> bool:
    host, port, vantage = (probe.get(key) for key in ("host", "port", "vantage"))
    return isinstance(host, str) and isinstance(port, int) and (vantage is None or isinstance(vantage, str))


def _answers(path: Path, name: str, content: Json) -> tuple[Answer, ...]:
    answers = []
    for pair in content if isinstance(content, list) else [content]:
        if not isinstance(pair, dict):
            raise SnapshotError(f"{path}: {name} is no list of parameters and response")
        parameters, response = pair.get("parameters"), pair.get("response")
        if not isinstance(parameters, dict) or not isinstance(response, dict):
            raise SnapshotError(f"{path}: {name} is no list of parameters and response")
        answers.append(Answer(parameters, response))
    return tuple(answers)


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _line(raw: Mapping[str, Any]) -> LedgerLine:
    return LedgerLine(
        _optional(raw["account"]),
        _optional(raw["region"]),
        str(raw["service"]),
        str(raw["operation"]),
        LedgerStatus(raw["status"]),
        str(raw["reason"]),
        tuple(sorted((str(name), str(value)) for name, value in raw["parameters"].items())),
    )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Parsing makes nothing but objects that stay: the collector would walk them over and over, now and later."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.enable()
