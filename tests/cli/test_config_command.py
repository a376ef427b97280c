"""`orthaudit config init | check | schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orthaudit.cli.config import config
from orthaudit.config import load_config
from orthaudit.config.starter import STARTER


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(config, arguments)


def test_init_writes_a_file_that_check_finds_fine(working_directory: Path) -> None:
    written = run("init")
    assert (written.exit_code, written.stderr) == (0, "")
    assert [path.name for path in working_directory.iterdir()] == ["orthaudit.yaml"]
    assert Path("orthaudit.yaml").read_text() == STARTER
    checked = run("check")
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout == "orthaudit.yaml: fine\n  policy guide, DICOM ports 104, 2762, 4242, 11112\n"


def test_init_prints_on_demand(working_directory: Path) -> None:
    assert run("init", "--output", "-").stdout == STARTER
    assert not list(working_directory.iterdir())


def test_init_overwrites_only_when_told() -> None:
    Path("mine.yaml").write_text("policy: {name: strict}\n")
    refused = run("init", "--output", "mine.yaml")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "mine.yaml: is there already; --force overwrites it\n"
    assert load_config(Path("mine.yaml")).policy.strict
    assert run("init", "--output", "mine.yaml", "--force").exit_code == 0
    assert Path("mine.yaml").read_text() == STARTER


@pytest.mark.parametrize("target", ["gone/orthaudit.yaml", "folder"])
def test_init_where_nothing_can_be_written(working_directory: Path, target: str) -> None:
    Path("folder").mkdir()
    refused = run("init", "--output", target, "--force")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"{target}: cannot be written: ")
    assert [path.name for path in working_directory.iterdir()] == ["folder"]


def test_check_says_what_is_declared() -> None:
    Path("site.yaml").write_text("""\
aws: {accounts: [{role_arn: "arn:aws:iam::111122223333:role/a"}], organization: {role_name: a}}
dicom: {ports: [104], listeners: [{host: a}, {host: b}]}
proxies: [{name: a}, {name: b}]
policy: {name: strict}
""")
    checked = run("check", "site.yaml")
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout.splitlines() == [
        "site.yaml: fine",
        "  policy strict, DICOM ports 104",
        "  an AWS organization",
        "  1 AWS account",
        "  2 DICOM listeners",
        "  2 proxies",
    ]


def test_check_says_all_that_is_wrong_on_standard_error() -> None:
    Path("orthaudit.yaml").write_text("dicom:\n  ports: [0]\nprobe: {pauze: 1}\n")
    checked = run("check")
    assert (checked.exit_code, checked.stdout) == (2, "")
    assert checked.stderr.splitlines() == [
        "orthaudit.yaml:2: dicom.ports[0]: 0 is not a port: 1 to 65535",
        "orthaudit.yaml:3: probe.pauze: unknown key; did you mean 'pause'?",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "orthaudit.yaml: is not here; `orthaudit config init` writes one\n"),
        (("gone.yaml",), "gone.yaml:1: file: cannot be read: No such file or directory\n"),
    ],
)
def test_check_without_a_file(arguments: tuple[str, ...], message: str) -> None:
    checked = run("check", *arguments)
    assert (checked.exit_code, checked.stdout, checked.stderr) == (2, "", message)


def test_schema_prints_the_schema() -> None:
    printed = run("schema")
    assert (printed.exit_code, printed.stderr) == (0, "")
    assert json.loads(printed.stdout)["title"] == "orthaudit.yaml"
