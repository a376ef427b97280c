"""The command line: the edge of the house, one file a command."""

from __future__ import annotations

import os
import signal
import sys

import click

from orthaudit import __version__
from orthaudit.cli.config import config
from orthaudit.cli.permissions import permissions
from orthaudit.cli.rules import rules
from orthaudit.cli.scan import scan

NEXT_STEPS = """\
orthaudit scan --lab       audits the embedded estate: see what a report looks like
orthaudit config init      writes orthaudit.yaml, where you declare your archive
orthaudit scan             audits the AWS account of your credentials, and probes its DICOM listeners
orthaudit rules            lists what is checked; orthaudit --help lists every command"""


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="orthaudit", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Can an image reach your DICOM archive on AWS unencrypted, or from someone who was never let in?"""
    if context.invoked_subcommand is None:
        click.echo(NEXT_STEPS)


cli.add_command(scan)
cli.add_command(rules)
cli.add_command(permissions)
cli.add_command(config)


def _run() -> int:
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except SystemExit as error:
        # `orthaudit rules | head`: click met a closed pipe
        if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):
            return 0
        return int(error.code or 0)


def main() -> None:
    """The console script. Ends with the contract's exit codes: 2 for usage, 130 when interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended
    try:
        sys.exit(_run())
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("ORTHAUDIT_DEBUG"):
            raise
        # Python's own exit code would be 1, which says that the audit found failures.
        click.echo(f"orthaudit broke: {type(error).__name__}: {error} (ORTHAUDIT_DEBUG=1 shows where)", err=True)
        sys.exit(3)
