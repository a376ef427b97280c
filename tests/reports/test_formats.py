"""The door through which the writers are found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from orthaudit.report import Page, Report
from orthaudit_reports import FORMATS, console, json_report


def test_the_formats(make: Callable[..., Report]) -> None:
    formats = {one.name: one for one in FORMATS}
    report, page = make(), Page()
    assert {name: one.for_people for name, one in formats.items()} == {"console": True, "json": False}
    assert formats["console"].write(report, page) == console.write(report, page)
    assert formats["json"].write(report, page) == json_report.write(report, page)


def test_finding_the_formats_loads_neither_rich_nor_jsonschema() -> None:
    code = "import sys, orthaudit_reports; print({'rich', 'jsonschema'} & set(sys.modules))"
    path = f"import sys; sys.path[:0] = {sys.path!r}; {code}"
    ran = subprocess.run([sys.executable, "-c", path], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
