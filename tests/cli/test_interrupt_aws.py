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


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_scan_reports_what_it_has(tmp_path: Path, stop: signal.Signals) -> None:
    report = tmp_path / "report.json"
    with LabAws([Fault("ec2", "DescribeFlowLogs", "timeout")]) as aws:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        }
        options = ("scan", "--no-probe", "--region", "ca-central-1", "--output", f"json={report}")
        process = subprocess.Popen(
            [*COMMAND, *options], env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        while "DescribeFlowLogs" not in {call.operation for call in aws.calls}:
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)  # until the call that will never be answered is made
        process.send_signal(stop)
        _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (130, "")
    document = json.loads(report.read_text())
    assert document["summary"]["status"] in ("incomplete", "fail")
    assert document["summary"]["exit_code"] == 130
    flow_logs = [one for one in document["findings"] if one["rule"] == "flow-log-records-accepted"]
    assert {one["status"] for one in flow_logs} == {"unknown"}
