"""`orthaudit rules`: what is checked, and why."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import click

from orthaudit.cli.refused import Refused
from orthaudit.policy import POLICIES
from orthaudit.rule import AnyRule, RuleError, load_rules

WIDTH = 80


@click.command()
@click.argument("rule_id", metavar="[ID]", required=False)
@click.option("--rules", "paths", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
              help="A rule file or folder beside the installed packs (repeatable).")  # fmt: skip
def rules(rule_id: str | None, paths: tuple[Path, ...]) -> None:
    """List the rules, or explain the one with this ID."""
    try:
        found, _ = load_rules(paths)
    except RuleError as error:
        raise Refused(str(error)) from None
    if rule_id is None:
        for one in found:
            click.echo(f"{one.id:<36} {one.severity.label:<8} {_first(one.says)}")
        return
    for one in found:
        if one.id == rule_id:
            click.echo(explain(one))
            return
    raise Refused(f"{rule_id}: no rule has this id; `orthaudit rules` lists them")


def _first(says: str) -> str:
    return says if len(says) <= 110 else textwrap.shorten(says, 110, placeholder=" …")


def explain(one: AnyRule) -> str:
    """A rule as a person wants it told: sentence, reason, sources, knobs, what it must see, fix."""
    severity = one.severity.label
    if one.strict is not None:
        severity += f" ({one.strict.label} under the policy strict)"
    knobs = [
        f"{knob}: {getattr(POLICIES['guide'], knob)!r} (strict: {getattr(POLICIES['strict'], knob)!r})"
        for knob in one.knobs
    ]
    sees = list(one.operations)
    if one.on.probed:
        sees.append("a probe of every DICOM listener")
    sections = (
        ("Says", [one.says]),
        ("Why", [one.because]),
        ("Severity", [severity]),
        ("About", [f"every {one.on.type.replace('-', ' ')}"]),
        ("Must see", sees),
        ("Knobs", knobs),
        ("Sources", list(one.cites)),
        ("Fix", [f"{_shown(one.fix)} (by: {one.fix_by.value})"]),
    )
    lines = [one.id, ""]
    for title, texts in sections:
        for number, text in enumerate(text for text in texts if text):
            lines += textwrap.wrap(
                text,
                WIDTH,
                initial_indent=f"{title if number == 0 else '':<10}",
                subsequent_indent=" " * 10,
                break_on_hyphens=False,
            )
    return "\n".join(lines)


def _shown(fix: str) -> str:
    """A template as a person reads it: `{endpoint.id}` → `<endpoint.id>`."""
    return re.sub(r"(?<!\{)\{([\w.]+)\}", r"<\1>", fix).replace("{{", "{").replace("}}", "}")
