"""`orthaudit scan` from outside: the installed console script, its exit codes and what it writes where."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orthaudit.evidence import Answer, LedgerLine, LedgerStatus, Scope, Snapshot, Structure
from orthaudit.saved import load, save

SCRIPT = Path(sys.executable).with_name("orthaudit")
OFFLINE = """
import os, socket, sys

def refuse(*arguments, **keywords):
    os.write(2, b"NETWORK\\n")
    os._exit(99)

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = socket.getaddrinfo = refuse
from orthaudit.cli import main
main()
"""
ACCOUNT, REGION = "111122223333", "ca-central-1"
TAKEN_AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # TLS: handshake_failure

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No credentials and no configuration of AWS."""
    (tmp_path / "home").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ORTHAUDIT_"))}
    return {**kept, "HOME": str(tmp_path / "home"), "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Runs `orthaudit scan` in an empty folder; `offline`: any use of the network is exit 99."""
    folder = tmp_path / "here"
    folder.mkdir()

    def scan(*arguments: str, offline: bool = False, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", OFFLINE] if offline else [str(SCRIPT)]
        return subprocess.run(
            [*command, "scan", *arguments], text=True, cwd=folder, env=environment, timeout=60, check=False,
            **{"capture_output": True, **options},
        )  # fmt: skip

    return scan


@pytest.fixture
def here(run: Run, tmp_path: Path) -> Path:
    """The folder that `run` runs in."""
    return tmp_path / "here"


def snapshot(*probes: Structure) -> Snapshot:
    denied = LedgerLine(ACCOUNT, REGION, "ec2", "DescribeVpnConnections", LedgerStatus.DENIED, "UnauthorizedOperation")
    scope = Scope((ACCOUNT,), (REGION,), ((ACCOUNT, REGION),), "live", f"arn:aws:iam::{ACCOUNT}:user/ada")
    endpoint: Structure = {"ClientVpnEndpointId": "cvpn-endpoint-1", "SplitTunnel": False}
    answers = {(ACCOUNT, REGION, "ec2.DescribeClientVpnEndpoints"): (Answer({}, {"ClientVpnEndpoints": [endpoint]}),)}
    return Snapshot("0.1.0", TAKEN_AT, scope, (denied,), answers, probes)


BAD: list[tuple[list[str], str]] = [
    (["--config"], "Option '--config' requires an argument"),
    (["--config", "gone.yaml"], "gone.yaml:1: file: cannot be read: No such file or directory"),
    (["--config", "."], ".:1: file: cannot be read: Is a directory"),
    (["--config", "invalid.yaml"], "invalid.yaml:2: dicom.prots: unknown key; did you mean 'ports'?"),
    (["--only", "no-such-rule"], "--only no-such-rule: no rule has this id; `orthaudit rules` lists them"),
    (["--skip", "dicom-mutual-tsl"], "--skip dicom-mutual-tsl: no rule has this id; did you mean dicom-mutual-tls?"),
    (["--no-aws", "--only", "client-vpn-*"], "no rule is left to judge: "),
    (["--rules", "gone.py"], "gone.py: no such file or folder"),
    (["--output", "pdf"], "--output pdf: there is no format 'pdf'; there are: console"),
    (["--output", "json", "--output", "console=-"], "--output: two reports cannot share standard output"),
    (["--output", "json=r", "--output", "console=./r"], "two reports cannot share a file"),
    (["--output", "json=gone/r.json"], "--output gone/r.json: cannot be written: no such folder: "),
    (["--output", "json=folder"], "--output folder: cannot be written: is a folder: folder"),
    (["--save", "folder"], "folder: is there already and is no snapshot; choose another name"),
    (["--save", "gone/s.tar.gz"], "gone/s.tar.gz: cannot be written: no such folder: "),
    (["--from", "gone"], "gone: no such file or folder"),
    (["--from", "folder"], "folder: holds nothing that is recognised"),
    (["--from", "cut.tar.gz"], "cut.tar.gz: cannot be read as a .tar.gz snapshot, it may be cut off: "),
    (["--from", "changed"], "changed: probe/pacs_104.json is not what manifest.json says (SHA-256 differs)"),
    (["--from", "whole", "--as-of", "yesterday"], "--as-of yesterday: is not a time as RFC 3339 has it"),
    (["--from", "whole", "--as-of", "0001-01-01T00:00:00+05:00"], "--as-of 0001-01-01T00:00:00+05:00: is not a time"),
    (["--as-of", "2026-11-25T03:00:00Z"], "--as-of: goes with --from"),
    (["--from", "whole", "--lab"], "--lab: does not go with --from"),
    (["--from", "whole", "pacs"], "HOST: does not go with --from"),
    (["--from", "whole", "--dry-run"], "--dry-run: does not go with --from"),
    (["--vantage", "moon"], "--vantage moon: is not declared under vantages (declared: none)"),
    (["--lab", "--vantage", "moon"], "--vantage moon: is not declared under vantages (declared: none)"),
    (["--no-aws", "--no-probe"], "--no-aws and --no-probe together leave nothing to look at"),
    (["--lab", "10.0.0.7"], "10.0.0.7:11112: does not go with --lab, which connects to nothing but 127.0.0.1"),
    (["--lab", "--endpoint-url", "http://127.0.0.1"], "--endpoint-url: does not go with --lab"),
    (["--lab-fault", "ec2.DescribeVpcs=denied"], "--lab-fault: goes with --lab"),
    (["--lab", "--lab-fault", "nonsense"], "--lab-fault: 'nonsense' is not a fault: write SERVICE.Operation="),
    (["--lab", "--lab-fault", "ec2.Nonsense=denied"], "ec2 has no operation 'Nonsense'"),
    (["--role-arn", "nonsense"], "--role-arn nonsense: is not the ARN of a role"),
    (["--role-arn", "arn:aws:s3:::a-bucket"], "--role-arn arn:aws:s3:::a-bucket: is not the ARN of a role"),
    (["--no-aws", "pacs:0"], "pacs:0: '0' is not a port (1 to 65535)"),
    (["--no-aws", "pacs:dicom"], "pacs:dicom: 'dicom' is not a port (1 to 65535)"),
    (["--no-aws", "1:2:3"], "1:2:3: is not HOST or HOST:PORT"),
    (["--profile", "no-such-profile"], "The config profile (no-such-profile) could not be found"),
    ([], "Unable to locate credentials: give credentials as to every AWS tool"),
    (["--organization"], "Unable to locate credentials: give credentials as to every AWS tool"),
    *(([option, "n" * 300], "n" * 300) for option in ("--from", "--save", "--config", "--rules")),
    (["--output", "json=" + "n" * 300], "n" * 300),
]


@pytest.fixture
def furnished(here: Path) -> Path:
    """Beside good evidence, what is wrong with it in `BAD`."""
    (here / "folder").mkdir()
    (here / "folder/thesis.txt").touch()
    (here / "invalid.yaml").write_text("dicom:\n  prots: [104]\n")
    for name in ("whole", "changed", "cut.tar.gz"):
        save(snapshot({"host": "pacs", "port": 104}), here / name)
    (here / "cut.tar.gz").write_bytes((here / "cut.tar.gz").read_bytes()[:-20])
    (here / "changed/probe/pacs_104.json").write_text("{}")
    return here


@pytest.mark.parametrize(("arguments", "says"), BAD, ids=[" ".join(arguments)[:60] for arguments, _ in BAD])
@pytest.mark.usefixtures("furnished")
def test_bad_usage_is_one_line_and_exit_2(run: Run, arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert says in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--nope"], "No such option"),
        (["--fail-on", "dire"], "'dire' is not one of"),
        (["--policy", "lax"], "'lax' is not one of"),
        (["--accept-unknown", "boredom"], "'boredom' is not one of"),
        (["--deadline-per-listener", "soon"], "'soon' is not a valid float"),
        (["--deadline-per-listener", "0"], "not in the range"),
    ],
)
def test_an_option_that_click_refuses(run: Run, arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: orthaudit scan ")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_replay_judges_without_the_network(run: Run, here: Path) -> None:
    from jsonschema import Draft202012Validator

    save(snapshot(), here / "s")
    done = run("--from", "s", "--only", "client-vpn-split-tunnel", "--only", "site-vpn-*", "--output", "json",
               "--save", "copy.tar.gz", offline=True)  # fmt: skip
    assert done.stderr == ""
    report = json.loads(done.stdout)
    schema = Path(__file__).parents[2] / "reports/orthaudit_reports/report.schema.json"
    Draft202012Validator(json.loads(schema.read_bytes())).validate(report)
    status = {one["subject"]["id"]: one["status"] for one in report["findings"]}
    assert status == {"cvpn-endpoint-1": "fail", f"{ACCOUNT}/{REGION}": "unknown"}
    assert (done.returncode, report["summary"]["exit_code"], report["summary"]["status"]) == (1, 1, "fail")
    assert report["scan"]["as_of"] == "2026-11-25T03:00:00Z"
    assert report["scan"]["scope"]["source"] == "snapshot"
    assert load(here / "copy.tar.gz").answers == snapshot().answers


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        ((), 1),
        (("--skip", "client-vpn-*"), 3),
        (("--skip", "client-vpn-*", "--accept-unknown", "denied"), 0),
        (("--fail-on", "never"), 0),
        (("--output", "json=r.json"), 1),
        (("--from", "s", "--as-of", "2027-01-01T00:00:00+01:00"), 1),
    ],
)
def test_the_exit_code_of_a_replay(run: Run, here: Path, arguments: tuple[str, ...], exit_code: int) -> None:
    save(snapshot(), here / "s")
    rules = ("--only", "client-vpn-split-tunnel", "--only", "site-vpn-ikev2-only")
    done = run("--from", "s", *rules, *arguments, offline=True)
    assert (done.returncode, done.stderr) == (exit_code, "")
    assert (here / "r.json").exists() is (done.stdout == "")


@pytest.mark.parametrize(("rules", "exit_code"), [("client-vpn-split-tunnel", 1), ("site-vpn-ikev2-only", 3)])
def test_a_report_that_nobody_takes_is_no_pass_and_no_traceback(
    run: Run, here: Path, rules: str, exit_code: int
) -> None:
    save(snapshot(), here / "s")
    arguments = ("--from", "s", "--only", rules, "--accept-unknown", "denied", "--output", "json")
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*arguments, capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (exit_code, "")
    with open("/dev/full", "w") as full:
        done = run(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr.count("\n")) == (exit_code, 1)


def test_a_dry_run_names_everything_and_sends_nothing(run: Run, here: Path) -> None:
    (here / "orthaudit.yaml").write_text(f"""\
aws: {{accounts: [{{role_arn: "arn:aws:iam::{ACCOUNT}:role/audit", regions: [eu-west-1]}}]}}
dicom: {{ports: [11112], listeners: [{{host: pacs.example.org, port: 2762, called_aet: ORTHANC}}]}}
probe: {{max_connections: 77}}
""")
    done = run("--dry-run", "10.0.0.7:104", "--save", "s", "--output", "json=r", offline=True)
    assert (done.returncode, done.stderr) == (0, "")
    for part in (ACCOUNT, "role/audit", "eu-west-1", "sts.AssumeRole", "ec2.DescribeClientVpnEndpoints",
                 "acm.GetCertificate", "at most 77 connections", "pacs.example.org:2762  called AE title ORTHANC",
                 "10.0.0.7:104  called AE title random (ORTHAUDIT-…), calling AE title random", "port 11112",
                 "Nothing was sent."):  # fmt: skip
        assert part in done.stdout
    assert [path.name for path in here.iterdir()] == ["orthaudit.yaml"]


@pytest.mark.parametrize(
    ("option", "gone", "stays"), [("--no-aws", "AWS", "10.0.0.7:104"), ("--no-probe", "Probes", "AWS operations")]
)
def test_a_dry_run_of_one_half(run: Run, option: str, gone: str, stays: str) -> None:
    done = run("--dry-run", option, "10.0.0.7:104", offline=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert stays in done.stdout
    assert gone not in done.stdout


def processes(session: int) -> set[int]:
    """The living processes of a session."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            state, _, _, of = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(of) == session and state != "Z":
            found.add(int(folder.name))
    return found


@contextmanager
def listener(hold: Callable[[], bool]) -> Iterator[tuple[int, threading.Event]]:
    """A port that refuses every TLS handshake until `hold` says so, then accepts and stays silent; and that moment."""
    held = threading.Event()
    silent: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                if hold():
                    silent.append(connection)
                    held.set()
                    continue
                with connection:
                    connection.recv(4096)
                    connection.sendall(ALERT)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], held
        server.shutdown(socket.SHUT_RDWR)
    for connection in silent:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("in_child", [False, True], ids=["own connection", "sslyze"])
def test_an_interrupt_leaves_an_incomplete_report_and_no_process(
    here: Path, environment: dict[str, str], number: signal.Signals, in_child: bool
) -> None:
    assert shutil.which(SCRIPT)
    begun: list[subprocess.Popen[str]] = []
    with listener(lambda: not in_child or len(processes(begun[0].pid)) > 1) as (port, held):
        command = [str(SCRIPT), "scan", "--no-aws", f"127.0.0.1:{port}", "--output", "json=r.json", "--save", "s",
                   "--deadline-per-listener", "60"]  # fmt: skip
        with subprocess.Popen(
            command, cwd=here, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        ) as scan:  # fmt: skip
            begun.append(scan)
            try:
                assert held.wait(60)
                assert (len(processes(scan.pid)) > 1) is in_child
                scan.send_signal(number)
                out, err = scan.communicate(timeout=30)
            finally:
                scan.kill()
    assert (scan.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert processes(scan.pid) == set()
    report = json.loads((here / "r.json").read_text())
    assert (report["summary"]["status"], report["summary"]["exit_code"]) == ("incomplete", 130)
    about_listener = [one for one in report["findings"] if one["rule"].startswith("dicom-")]
    assert {(one["status"], one["unknown"]["code"]) for one in about_listener} == {("unknown", "not_probed")}
    assert {one["subject"]["id"] for one in about_listener} == {f"127.0.0.1:{port}"}
    assert sorted(path.name for path in here.iterdir()) == ["r.json", "s"]
    load(here / "s")
