"""Ctrl-C while AWS keeps silent: the scan ends at once, with a whole report that calls itself incomplete."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orthaudit.lab.aws import CREDENTIALS, Fault, LabAws

COMMAND = (sys.executable, "-c", "from orthaudit.cli import main; main()")


def start(aws: LabAws, home: Path, *options: str) -> subprocess.Popen[str]:
    """A scan, once it has asked for the flow logs, which never come."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(home),
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
    }
    process = subprocess.Popen([*COMMAND, *options], env=environment, stderr=subprocess.PIPE, text=True, cwd=home)
    while "DescribeFlowLogs" not in {call.operation for call in aws.calls}:
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.05)  # until the call that will never be answered is made
    return process


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_scan_reports_what_it_has(tmp_path: Path, stop: signal.Signals) -> None:
    report = tmp_path / "report.json"
    with LabAws([Fault("ec2", "DescribeFlowLogs", "timeout")]) as aws:
        options = ("scan", "--no-probe", "--region", "ca-central-1", "--output", f"json={report}")
        process = start(aws, tmp_path, *options)
        process.send_signal(stop)
        _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (130, "")
    document = json.loads(report.read_text())
    assert document["summary"]["status"] in ("incomplete", "fail")
    assert document["summary"]["exit_code"] == 130
    flow_logs = [one for one in document["findings"] if one["rule"] == "flow-log-records-accepted"]
    assert {one["status"] for one in flow_logs} == {"unknown"}


def test_a_listener_that_was_asked_for_is_unknown_after_an_interrupt_before_the_probe(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with LabAws([Fault("ec2", "DescribeFlowLogs", "timeout")]) as aws:
        options = ("scan", "127.0.0.1:4", "--region", "ca-central-1", "--output", f"json={report}")
        process = start(aws, tmp_path, *options)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    findings = json.loads(report.read_text())["findings"]
    about = [one for one in findings if one["subject"]["id"] == "127.0.0.1:4"]
    assert about
    assert {(one["status"], one["unknown"]["code"]) for one in about} == {("unknown", "not_probed")}
