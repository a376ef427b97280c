"""Auditing the lab connects to nothing but 127.0.0.1, and listens nowhere else: whatever process asks."""

import json
import os
import subprocess
import sys
from pathlib import Path

WATCH = """
import json, os, sys

def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
        address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
        host = address[0] if isinstance(address, tuple) else address
        with open(os.environ["WATCH_FILE"], "a") as file:
            file.write(json.dumps([event, host if isinstance(host, str) else repr(host)]) + "\\n")

sys.addaudithook(hook)
"""


def test_nothing_but_loopback(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    seen = tmp_path / "seen"
    root = Path(__file__).parents[2]
    paths = (tmp_path, root, root / "rules", root / "reports")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "WATCH_FILE": str(seen),
        # What a workstation's environment may say must not lead the lab away.
        "http_proxy": "http://192.0.2.1:9",
        "AWS_PROFILE": "not-there",
        "AWS_ENDPOINT_URL": "http://192.0.2.1:9",
        "AWS_CONFIG_FILE": str(tmp_path / "not-there"),
    }
    command = [sys.executable, "-c", "from orthaudit.cli import main; main()", "scan", "--lab", "--output", "json"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    assert result.returncode == 1, result.stderr
    assert json.loads(result.stdout)["summary"]["status"] == "fail"
    events = [json.loads(line) for line in seen.read_text().splitlines()]
    assert {"socket.connect", "socket.bind"} <= {event for event, _ in events}
    assert {host for event, host in events if event != "socket.bind"} == {"127.0.0.1"}
    # urllib3 binds a free port of ::1 on import, to see whether there is IPv6
    assert {host for event, host in events if event == "socket.bind"} <= {"127.0.0.1", "::1"}
