"""Where reports go: formats, files and standard output."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from orthaudit.cli.refused import Refused
from orthaudit.files import writable, write_whole
from orthaudit.report import Format, Page, Report, ReportError, load_formats


@dataclass(frozen=True)
class Output:
    """One report to write; `path` None: standard output."""

    format: Format
    path: Path | None


def parse_outputs(texts: Sequence[str]) -> tuple[Output, ...]:
    """`json=report.json`, `console` …; none given: `console`. Raises `Refused`."""
    formats = load_formats()
    outputs = []
    for text in texts or ("console",):
        name, _, path = text.partition("=")
        if name not in formats:
            raise Refused(f"--output {text}: there is no format {name!r}; there are: {', '.join(sorted(formats))}")
        outputs.append(Output(formats[name], None if path in ("", "-") else Path(path)))
    if sum(output.path is None for output in outputs) > 1:
        raise Refused("--output: two reports cannot share standard output; give one of them a file (FORMAT=PATH)")
    paths = [os.path.realpath(output.path) for output in outputs if output.path is not None]
    for path in paths:
        if paths.count(path) > 1:
            raise Refused(f"--output {path}: two reports cannot share a file")
    for output in outputs:
        if output.path is not None:
            try:
                writable(output.path)
            except OSError as error:
                raise Refused(
                    f"--output {output.path}: cannot be written: {error.strerror}: {error.filename}"
                ) from None
    return tuple(outputs)


def write_outputs(report: Report, outputs: Sequence[Output]) -> bool:
    """Write every report, whole or not at all. False: one could not be, which standard error tells."""
    written = True
    for output in outputs:
        try:
            text = output.format.write(report, _page(output))
            if output.path is None:
                click.echo(text, nl=not text.endswith("\n"))
            else:
                write_whole(output.path, text.encode())
        except (ReportError, OSError) as error:
            written = False
            if isinstance(error, BrokenPipeError) and output.path is None:  # who read the report has gone
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            else:
                click.echo(f"--output {output.format.name}: not written: {error}", err=True)
    return written


def _page(output: Output) -> Page:
    terminal = output.path is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((80, 24)).columns if terminal else 80
    return Page(max(40, min(width, 120)), terminal and not os.environ.get("NO_COLOR"))
