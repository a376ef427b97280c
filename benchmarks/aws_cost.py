"""What reading AWS costs: orthaudit beside Prowler 5, over the same local moto server. `make bench-aws` runs it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROWLER = HERE.parent / ".venv-prowler" / "bin" / "prowler"
RUNS = 3


@dataclass(frozen=True)
class Cost:
    """One run of a process: CPU and wall in seconds, peak memory in MiB, API calls."""

    cpu: float
    wall: float
    memory: float
    calls: int


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float, float, int]:
    """CPU seconds of the process tree, wall seconds, peak MiB of the largest process, exit status."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, process.returncode


def calls(port: int) -> dict[str, int]:
    """The calls that the server answered since it was last asked."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/calls", timeout=10) as answer:
        counted: dict[str, int] = json.load(answer)
        return counted


def measure(command: list[str], port: int, expected: set[int]) -> tuple[Cost, dict[str, int]]:
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    costs, asked = [], {}
    for _ in range(RUNS):
        calls(port)
        cpu, wall, memory, status = run(command, environment)
        if status not in expected:
            sys.exit(f"{command[0]} ended with {status}")
        asked = calls(port)
        costs.append(Cost(cpu, wall, memory, sum(asked.values())))
    median = [statistics.median(values) for values in zip(*(vars(cost).values() for cost in costs), strict=True)]
    return Cost(median[0], median[1], median[2], int(median[3])), asked


def main() -> None:
    server = subprocess.Popen(
        [sys.executable, str(HERE / "moto_estate.py")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with tempfile.TemporaryDirectory() as folder:
            orthaudit = [
                str(Path(sys.executable).with_name("orthaudit")), "scan", "--no-probe", "--region", "us-east-1",
                "--only", "dicom-port-open-to-internet", "--only", "proxy-is-the-only-source",
                "--output", f"json={folder}/report.json",
            ]  # fmt: skip
            ours, asked = measure(orthaudit, port, {1})
            prowler = [
                str(PROWLER), "aws", "--checks", "ec2_securitygroup_allow_ingress_from_internet_to_all_ports",
                "--region", "us-east-1", "-o", folder, "-M", "csv", "json-ocsf", "--no-banner",
                "--log-level", "CRITICAL",
            ]  # fmt: skip
            theirs, _ = measure(prowler, port, {0, 3}) if PROWLER.exists() else (None, {})
    finally:
        server.terminate()
        server.wait()
    show(ours, theirs, asked)
    show_loading()


def show(ours: Cost, theirs: Cost | None, asked: dict[str, int]) -> None:
    print(f"208 security groups on interfaces; medians of {RUNS} runs\n")
    print(f"{'':<12}{'CPU s':>8}{'wall s':>8}{'peak MiB':>10}{'API calls':>11}")
    for name, cost in (("orthaudit", ours), ("Prowler 5", theirs)):
        if cost is not None:
            print(f"{name:<12}{cost.cpu:>8.2f}{cost.wall:>8.2f}{cost.memory:>10.0f}{cost.calls:>11}")
    if theirs is not None:
        ratios = (
            theirs.cpu / ours.cpu,
            theirs.wall / ours.wall,
            theirs.memory / ours.memory,
            theirs.calls / ours.calls,
        )
        print(
            f"{'ratio':<12}" + "".join(f"{one:>{width}.1f}" for one, width in zip(ratios, (8, 8, 10, 11), strict=True))
        )
    else:
        print("Prowler is not there: make .venv-prowler installs it")
    print("\northaudit asked: " + ", ".join(f"{name} {count}" for name, count in sorted(asked.items())))


def show_loading() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/snapshot"
        subprocess.run([sys.executable, str(HERE / "interfaces.py"), "write", path], check=True)
        cpu, wall, memory, status = run([sys.executable, str(HERE / "interfaces.py"), "load", path], dict(os.environ))
        if status:
            sys.exit("loading failed")
    print("\n100,000 interfaces in a saved snapshot, loaded and typed, interpreter start included\n")
    print(f"{'':<12}{'CPU s':>8}{'wall s':>8}{'peak MiB':>10}\n{'orthaudit':<12}{cpu:>8.2f}{wall:>8.2f}{memory:>10.0f}")


if __name__ == "__main__":
    main()
