"""Usage and configuration errors: exit 2 and one plain line."""

from __future__ import annotations

import click


class Refused(click.ClickException):
    """A usage or configuration error; the message goes to standard error as it is."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        """Without click's `Error:` before it, so that `FILE:LINE:` stands at the start of the line."""
        click.echo(self.message, err=True)
