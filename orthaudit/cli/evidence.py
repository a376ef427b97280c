"""`--from` and `--terraform`: evidence of whatever kind, judged together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from orthaudit import __version__
from orthaudit.cli.refused import Refused
from orthaudit.evidence import Snapshot
from orthaudit.merge import merged
from orthaudit.saved import SnapshotError, is_snapshot, load


def read_evidence(paths: Sequence[Path], terraform: Path | None, now: datetime) -> Snapshot:
    """All of it as one snapshot. `now`: the time of what has none of its own. Raises `Refused`."""
    snapshots = [_read(path, now) for path in paths]
    if terraform is not None:
        snapshots.append(_plan(terraform, now))
    whole = merged(snapshots)
    if all(one.scope.source in ("live", "lab", "snapshot") for one in snapshots):
        whole = replace(whole, scope=replace(whole.scope, source="snapshot"))
    return whole


def _read(path: Path, now: datetime) -> Snapshot:
    try:
        if is_snapshot(path) or not path.is_dir():
            return load(path)
        from orthaudit.gather.folder.read import FolderError, read_folder  # botocore is slow to import
    except SnapshotError as error:
        raise Refused(str(error)) from None
    try:
        snapshot, not_understood = read_folder(path, __version__, now)
    except FolderError as error:
        raise Refused(str(error)) from None
    for name in not_understood:
        click.echo(f"{path / name}: not understood, left out", err=True)
    return snapshot


def _plan(path: Path, now: datetime) -> Snapshot:
    from orthaudit.gather.terraform.read import TerraformError, read_terraform  # it needs botocore's names

    try:
        return read_terraform(path, __version__, now)
    except TerraformError as error:
        raise Refused(str(error)) from None
