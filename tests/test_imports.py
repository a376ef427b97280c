"""What answers at once must not load what is slow to load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = {"boto3", "botocore", "sslyze", "nassl", "pynetdicom", "pydicom", "jsonschema", "cryptography", "moto", "flask",
        "asyncio", "rich", "ruamel"}  # fmt: skip
DRIVER = """
import json, sys
from orthaudit.cli import cli
try:
    cli.main(sys.argv[1:], standalone_mode=False)
except Exception as error:
    print(error)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded(folder: Path, *arguments: str) -> tuple[str, set[str]]:
    """What a command prints, and the top-level packages that it has loaded."""
    command = [sys.executable, "-c", DRIVER, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, timeout=60)
    *printed, names = done.stdout.splitlines()
    return "\n".join(printed), set(json.loads(names))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "orthaudit scan --lab"),
        (("--version",), "orthaudit 0"),
        (("--help",), "Usage:"),
        (("scan", "--help"), "--fail-on"),
        (("rules",), "dicom-port-open-to-internet"),
        (("rules", "dicom-mutual-tls"), "Must see"),
        (("rules", "no-such-rule"), "no rule has this id"),
        (("config", "schema"), "json-schema.org"),
        (("config", "init", "--output", "-"), "dicom:"),
        (("scan", "--no-aws", "--no-probe"), "leave nothing to look at"),
    ],
)
def test_nothing_slow_is_loaded(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    printed, names = loaded(tmp_path, *arguments)
    assert says in printed
    assert "orthaudit" in names
    assert names & SLOW == set()


def test_the_driver_would_see_what_is_loaded(tmp_path: Path) -> None:
    _, names = loaded(tmp_path, "scan", "--lab", "--lab-fault", "nonsense")
    assert {"boto3", "botocore"} & names
