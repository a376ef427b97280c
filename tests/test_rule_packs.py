"""Finding the rules: installed packs by their entry point, local files, and what is wrong with either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orthaudit.evidence import Snapshot, Structure
from orthaudit.rule import RuleError, load_rules
from orthaudit.saved import save

RULE = '''
from orthaudit.model.probed_listener import ProbedListener
from orthaudit.rule import FixBy, Severity, rule


@rule("{id}", says="A listener is so.", severity=Severity.HIGH, cites="the house", fix="mend it",
      on=ProbedListener, fix_by=FixBy.PACS)
def judgement(listener, policy):
    """It matters."""
    {body}
'''
NOTHING, CRASH = "yield from ()", "yield 1 / 0"

LEFT_ALONE: Structure = {
    "host": "pacs", "port": 104, "vantage": None, "address": None, "stands_for": None,
    "left_alone": {"code": "not_probed", "why": "told so"},
}  # fmt: skip

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the file of a rule."""

    def write(id: str, body: str = NOTHING, at: str = "house.py") -> Path:  # noqa: A002  (the rule's own word)
        file = tmp_path / at
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(RULE.format(id=id, body=body))
        return file

    return write


def ids(*paths: Path) -> set[str]:
    return {one.id for one in load_rules(paths)[0]}


def test_the_built_in_pack_comes_by_the_same_door() -> None:
    rules, packs = load_rules()
    assert [name for name, _ in packs] == ["builtin"]
    assert len(rules) >= 20
    assert [one.id for one in rules] == sorted(one.id for one in rules)


def test_a_file_and_a_folder_come_beside_the_installed_packs(tmp_path: Path, write: Write) -> None:
    file = write("house-a")
    write("house-b", at="more/b.py")
    write("house-c", at="more/c.py")
    (tmp_path / "more/notes.txt").write_text("no rule")
    rules, packs = load_rules([file, tmp_path / "more"])
    assert {one.id for one in rules} - ids() == {"house-a", "house-b", "house-c"}
    assert packs[-2:] == ((str(file), "local"), (str(tmp_path / "more"), "local"))
    (one,) = (one for one in rules if one.id == "house-a")
    assert (one.because, one.cites) == ("It matters.", ("the house",))


def test_two_files_of_one_name_are_two_files(tmp_path: Path, write: Write) -> None:
    assert ids(write("house-a", at="a/rules.py"), write("house-b", at="b/rules.py")) >= {"house-a", "house-b"}


def refused(*paths: Path) -> str:
    with pytest.raises(RuleError) as raised:
        load_rules(paths)
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.py", "def (:\n", "SyntaxError: invalid syntax"),
        ("a.py", "x = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("a.py", "import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("a.py", "raise RuntimeError('one\\ntwo')\n", "RuntimeError: one"),
        ("a.py", "raise SystemExit(0)\n", "SystemExit: 0"),
        ("a.py", "from orthaudit.rule import rule\nrule('x')\n", "TypeError: rule() missing"),
        ("a.py", "x = 1\n", "holds no rule"),
        ("a.py", "", "holds no rule"),
        ("a.py", "\x00", "SyntaxError: source code string cannot contain null bytes"),
        ("a.txt", "x = 1\n", "not a Python file"),
    ],
)
def test_a_file_that_is_no_rule_is_refused_by_name(tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)
    assert refused(tmp_path / name).startswith(f"{tmp_path / name}: {says}")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "gone.py") == f"{tmp_path / 'gone.py'}: no such file or folder"
    assert refused(tmp_path / "empty") == f"{tmp_path / 'empty'}: holds no rule"
    assert "n" * 300 in refused(tmp_path / ("n" * 300))


def test_one_id_is_one_rule(write: Write) -> None:
    first, second = write("house-a"), write("house-a", at="b.py")
    assert refused(first, second) == f"{second}: rule 'house-a' is there already"
    builtin = write("dicom-mutual-tls", at="c.py")
    assert refused(builtin) == f"{builtin}: rule 'dicom-mutual-tls' is there already"


@pytest.fixture
def distribution(tmp_path: Path) -> Write:
    """Writes an installed distribution whose module is a rule pack; gives the folder to put on the path."""

    def install(module: str) -> Path:
        site = tmp_path / "site"
        for folder in ("house_rules", "house-0.1.dist-info"):
            (site / folder).mkdir(parents=True)
        (site / "house_rules/__init__.py").write_text("")
        (site / "house_rules/sites.py").write_text(module)
        (site / "house-0.1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: house\nVersion: 0.1\n")
        (site / "house-0.1.dist-info/entry_points.txt").write_text("[orthaudit.rules]\nhouse = house_rules\n")
        return site

    return install


def orthaudit(folder: Path, *arguments: str | Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The console script, run in a folder of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, filter(None, [path, *sys.path])))}
    script = "from orthaudit.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True, text=True, cwd=folder, env=environment, timeout=60, check=False,
    )  # fmt: skip


def test_a_third_partys_pack_is_found_by_its_entry_point(tmp_path: Path, distribution: Write) -> None:
    done = orthaudit(tmp_path, "rules", "house-a", path=distribution(RULE.format(id="house-a", body=NOTHING)))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("house-a\n")


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("x = 1 / 0", "rule pack 'house' (house_rules): ZeroDivisionError: division by zero\n"),
        (RULE.format(id="dicom-mutual-tls", body=NOTHING), "house: rule 'dicom-mutual-tls' is there already\n"),
    ],
)
def test_a_third_partys_pack_that_is_broken_is_exit_2(
    tmp_path: Path, distribution: Write, module: str, says: str
) -> None:
    for command in (["rules"], ["scan", "--no-aws", "127.0.0.1:1"]):
        done = orthaudit(tmp_path, *command, path=distribution(module) if command == ["rules"] else tmp_path / "site")
        assert (done.returncode, done.stdout, done.stderr) == (2, "", says)


def test_a_broken_local_file_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("raise SystemExit(0)")
    for command in (["rules"], ["scan", "--no-aws", "127.0.0.1:1"]):
        done = orthaudit(tmp_path, *command, "--rules", "a.py")
        assert (done.returncode, done.stdout, done.stderr) == (2, "", "a.py: SystemExit: 0\n")


@pytest.mark.parametrize(
    ("body", "told"),
    [(CRASH, "ZeroDivisionError: division by zero"), ("raise SystemExit(0); yield", "SystemExit: 0")],
)
def test_a_rule_that_crashes_is_one_error_and_the_others_go_on(
    tmp_path: Path, write: Write, body: str, told: str
) -> None:
    file = write("house-crash", body)
    write("house-fine", at="fine.py")
    save(Snapshot("0.1.0", datetime(2026, 11, 25, tzinfo=UTC), probes=(LEFT_ALONE,)), tmp_path / "s")
    done = orthaudit(
        tmp_path, "scan", "--from", "s", "--rules", file, "--rules", "fine.py", "--only", "house-*",
        "--output", "json",
    )  # fmt: skip
    assert done.stderr == ""
    findings = {one["rule"]: one for one in json.loads(done.stdout)["findings"]}
    assert {rule: one["status"] for rule, one in findings.items()} == {"house-crash": "error", "house-fine": "pass"}
    assert told in findings["house-crash"]["message"]
    assert done.returncode == 3
