"""Names that strangers chose: inert, and never wider than the page; and the picture of the report."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from orthaudit.finding import Evidence, Missing, SubjectName, Waiver
from orthaudit.report import Page, Report, Selection
from orthaudit_reports.console import svg, write

Make = Callable[..., Report]

HOSTILE = "[red]x[/] [link=http://evil]\x1b[31m\x9b1m\r\n\u202eFAIL\u2028\x07\ufffe"


def hostile(make: Make, name: str) -> Report:
    """The report with the name in every place that a stranger may write to."""
    report = make()
    subject = SubjectName("certificate", name or "-", f"{name} again", name, name)
    waiver = Waiver(name, name, name, name, date(2027, 1, 1), approved_by=name, alternative=name)
    findings = tuple(
        replace(
            one, rule=name, title=name, message=name, remediation=name, subject=subject, vantage=name,
            evidence=(Evidence(name, f"{name} seen"),), waiver=one.waiver and waiver,
            unknown=one.unknown and Missing("denied", (name,)),
        )
        for one in report.findings
    )  # fmt: skip
    return replace(
        report, findings=findings, caller=name, vantage=name, accounts=(name,), regions=(name,),
        selection=Selection(only=(name,)), expired_waivers=(waiver,),
    )  # fmt: skip


def test_names_from_strangers_are_inert(make: Make) -> None:
    text = write(hostile(make, HOSTILE), Page(400))
    assert "[red]x[/] [link=http://evil][31m1m FAIL" in text
    assert re.findall(r"[^\n -~•·─…]", text) == []


@settings(deadline=None, max_examples=30)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=100), width=st.sampled_from([80, 120]))
def test_no_line_is_too_long_whatever_the_names(make: Make, name: str, width: int) -> None:
    text = write(hostile(make, name), Page(width))
    assert max(cell_len(line) for line in text.split("\n")) <= width


def test_the_picture_needs_nothing_from_elsewhere(make: Make) -> None:
    picture = svg(hostile(make, HOSTILE + "<script>&"), 80)
    assert ElementTree.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert "@font-face" not in picture
    assert "<script" not in picture
    assert set(re.findall(r"url\((.)", picture)) == {"#"}
    assert re.findall(r"(?:href|src|@import)\b\s*[=:(]", picture) == []
    assert re.findall(r"""=["']https?:[^"']*""", picture) == ['="http://www.w3.org/2000/svg']
    assert svg(make(), 80) == svg(make(), 80)


def test_the_picture_is_the_report(make: Make) -> None:
    texts = ElementTree.fromstring(svg(make(), 80)).iter("{http://www.w3.org/2000/svg}text")
    drawn = "".join(one.text or "" for one in texts).replace("\xa0", " ")
    for part in ("orthaudit scan", "FAIL", "failed-rule", "sg-1 (archive), seen from clinic-a", "exit code 1"):
        assert part in drawn
