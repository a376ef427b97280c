"""The printed script, run by the real AWS CLI against the lab: its folder gives the same findings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orthaudit.declared import Config
from orthaudit.evidence import Snapshot
from orthaudit.gather.aws.accounts import Wanted
from orthaudit.gather.aws.calls import CALLS
from orthaudit.gather.aws.gather import Gathering
from orthaudit.gather.aws.permissions import cli_script
from orthaudit.gather.aws.session import Manner
from orthaudit.gather.folder.read import read_folder
from orthaudit.judge import judge
from orthaudit.lab.aws import CREDENTIALS, LabAws
from orthaudit.model.estate import Estate
from orthaudit.rule import load_rules

NOW = datetime.now(UTC)
AWS = Path(sys.executable).with_name("aws")


def run(script: str, aws: LabAws, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{AWS.parent}:{os.environ['PATH']}",
        "HOME": str(folder.parent),
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": "ca-central-1",
        "REGIONS": "ca-central-1",
        "AWS_MAX_ATTEMPTS": "1",
    }
    return subprocess.run(
        ["bash", "-s", str(folder)], input=script, env=environment, capture_output=True, text=True, check=False
    )


def judged(snapshot: Snapshot) -> list[tuple[str, str, str, str]]:
    findings, _ = judge(Estate(snapshot, Config(), NOW), load_rules()[0])
    return [(one.rule, one.subject.id, str(one.status), one.message) for one in findings]


@pytest.mark.skipif(not AWS.exists(), reason="the AWS CLI is not installed beside this Python")
def test_the_scripts_folder_gives_the_same_findings(tmp_path: Path) -> None:
    operations = [operation for rule in load_rules()[0] for operation in rule.operations]
    with LabAws() as aws:
        manner = Manner(endpoint_url=aws.endpoint_url, credentials=CREDENTIALS, alone=True)
        gathering = Gathering(manner, Wanted(regions=("ca-central-1",)), operations, {}, "0")
        gathering.run()
        before = len(aws.calls)
        done = run(cli_script(operations, {}), aws, tmp_path / "evidence")
        asked = aws.calls[before:]
    assert (done.returncode, done.stderr) == (0, "")
    snapshot, left_out = read_folder(tmp_path / "evidence", "0", NOW)
    assert left_out == ()
    assert judged(snapshot) == judged(gathering.snapshot())
    assert all(f"{one.service}.{one.operation}" in CALLS for one in asked), "it reads with the table's calls alone"


@pytest.mark.skipif(not AWS.exists(), reason="the AWS CLI is not installed beside this Python")
def test_what_the_cli_is_denied_is_absent(tmp_path: Path) -> None:
    from orthaudit.lab.aws import parse_fault

    operations = ["ec2.DescribeVpcs", "ec2.DescribeSubnets"]
    with LabAws([parse_fault("ec2.DescribeVpcs=denied")]) as aws:
        done = run(cli_script(operations, {}), aws, tmp_path / "evidence")
    assert "DescribeVpcs" in done.stderr
    names = {path.name for path in (tmp_path / "evidence").rglob("*") if path.is_file()}
    assert names == {"describe-subnets.json"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_script_is_one_that_bash_understands() -> None:
    script = cli_script(CALLS, {"archive.bucket": "images'; rm -rf x"})
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "'images'\"'\"'; rm -rf x'" in script
