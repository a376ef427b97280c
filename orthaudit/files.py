"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole or leave what was there. `private`: its owner alone may read it. Raises `OSError`.

    A link stays, and what it leads to is written; a device or pipe is written to as it is.
    """
    if _is_special(path):
        path.write_bytes(content)
        return
    path = Path(os.path.realpath(path))
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def writable(path: Path) -> None:
    """Raises `OSError` where a file could not be written, before anything was done for it."""
    if path.is_dir():
        raise IsADirectoryError(21, "is a folder", str(path))
    if _is_special(path):
        _accessible(path)
    else:
        writable_folder(Path(os.path.realpath(path)).parent)


def writable_folder(folder: Path) -> None:
    """Raises `OSError` where nothing could be written into a folder."""
    if not folder.is_dir():
        raise FileNotFoundError(2, "no such folder", str(folder))
    _accessible(folder)


def _accessible(path: Path) -> None:
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "not writable", str(path))


def _is_special(path: Path) -> bool:
    """Whether there is a device, pipe or socket, which must not be replaced by a file."""
    return path.exists() and not path.is_file()
