"""`orthaudit rules`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orthaudit.cli.rules import WIDTH, rules
from orthaudit.rule import load_rules

INSTALLED = {one.id: one for one in load_rules()[0]}
HOUSE = """
from orthaudit.model.probed_listener import ProbedListener
from orthaudit.rule import Severity, rule

@rule("house", says="A listener is so.", severity=Severity.LOW, cites=("one", "two"), fix="mend it", on=ProbedListener,
      strict=Severity.HIGH, knobs=("split_tunnel",), needs=("ec2.DescribeInstances",))
def house(listener, policy):
    '''It matters.'''
    yield from ()
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, arguments)


def test_every_rule_is_listed_with_its_severity_and_sentence() -> None:
    listed = run()
    assert (listed.exit_code, listed.stderr) == (0, "")
    lines = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    assert {rule: severity for rule, severity, _ in lines} == {
        rule: one.severity.label for rule, one in INSTALLED.items()
    }
    for rule, _, says in lines:
        assert INSTALLED[rule].says.startswith(says.removesuffix(" …"))


def shown(fix: str) -> str:
    """The template, with the names that it will fill in angle brackets."""
    return fix.format_map(Names())


class Names(dict[str, "Name"]):
    def __missing__(self, key: str) -> Name:
        return Name(key)


class Name:
    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Name:
        return Name(f"{self.name}.{attribute}")

    def __str__(self) -> str:
        return f"<{self.name}>"


@pytest.mark.parametrize("rule", INSTALLED)
def test_a_rule_is_explained_in_80_columns(rule: str) -> None:
    told = run(rule)
    assert (told.exit_code, told.stderr) == (0, "")
    one, text = INSTALLED[rule], " ".join(told.stdout.split())
    assert [line for line in told.stdout.splitlines() if len(line) > WIDTH] == []
    for part in (
        one.id,
        one.says,
        one.because,
        one.severity.label,
        *one.operations,
        *one.cites,
        shown(one.fix),
        *one.knobs,
    ):
        assert " ".join(part.split()) in text


def test_an_explanation_has_its_sections_in_order(tmp_path: Path) -> None:
    (tmp_path / "house.py").write_text(HOUSE)
    told = run("house", "--rules", str(tmp_path / "house.py"))
    assert told.exit_code == 0
    sections: dict[str, list[str]] = {}
    for line in told.stdout.splitlines()[2:]:
        if title := line[:10].strip():
            sections[title] = []
        sections[title or list(sections)[-1]].append(line[10:])
    assert list(sections) == ["Says", "Why", "Severity", "About", "Must see", "Knobs", "Sources", "Fix"]
    assert "ec2.DescribeInstances" in sections.pop("Must see")
    assert sections == {
        "Says": ["A listener is so."],
        "Why": ["It matters."],
        "Severity": ["low (high under the policy strict)"],
        "About": ["every dicom listener"],
        "Knobs": ["split_tunnel: 'required' (strict: 'any')"],
        "Sources": ["one", "two"],
        "Fix": ["mend it (by: cloud)"],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no-such-rule",), "no-such-rule: no rule has this id; `orthaudit rules` lists them\n"),
        (("--rules", "gone.py"), "gone.py: no such file or folder\n"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(arguments: tuple[str, ...], message: str) -> None:
    refused = run(*arguments)
    assert (refused.exit_code, refused.stdout, refused.stderr) == (2, "", message)


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    """Exit 1 would say that an audit found failures."""
    script = Path(sys.executable).with_name("orthaudit")
    with subprocess.Popen([script, "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")
