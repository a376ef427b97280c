"""The built-in report formats, found through the entry point `orthaudit.reports`."""

from __future__ import annotations

from orthaudit.report import Format, Page, Report


def _console(report: Report, page: Page) -> str:
    from orthaudit_reports.console import write  # rich takes time to load

    return write(report, page)


def _json(report: Report, page: Page) -> str:
    from orthaudit_reports.json_report import write  # so does jsonschema

    return write(report, page)


FORMATS: tuple[Format, ...] = (
    Format("console", _console, for_people=True),
    Format("json", _json),
)
