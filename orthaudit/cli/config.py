"""`orthaudit config`: start, check and describe `orthaudit.yaml`."""

from __future__ import annotations

import os
from collections.abc import Sized
from pathlib import Path

import click

from orthaudit.cli.refused import Refused
from orthaudit.config import ConfigError, load_config
from orthaudit.declared import Config
from orthaudit.files import write_whole


@click.group()
def config() -> None:
    """Start, check and describe orthaudit.yaml."""


@config.command()
@click.option(
    "--output", type=click.Path(path_type=Path, allow_dash=True), default="orthaudit.yaml",
    show_default=True, metavar="FILE", help="Where to write it; - is standard output.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def init(output: Path, force: bool) -> None:
    """Write a commented orthaudit.yaml to start from."""
    from orthaudit.config.starter import STARTER

    if str(output) == "-":
        click.echo(STARTER, nl=False)
        return
    if os.path.lexists(output) and not force:
        raise Refused(f"{output}: is there already; --force overwrites it")
    try:
        write_whole(output, STARTER.encode())
    except OSError as error:
        raise Refused(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"{output}: written; now edit it, then run `orthaudit config check {output}`")


@config.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
def check(file: Path | None) -> None:
    """Check FILE (default: orthaudit.yaml), and say what it declares."""
    from orthaudit.rule import RuleError, load_rules

    try:
        rules, _ = load_rules()
        declared = load_config(file, rule_ids={one.id for one in rules} or None)
    except (ConfigError, RuleError) as error:
        raise Refused(str(error)) from None
    if declared.path is None:
        raise Refused("orthaudit.yaml: is not here; `orthaudit config init` writes one")
    click.echo(f"{click.format_filename(declared.path)}: fine")
    click.echo(_summary(declared))


@config.command()
def schema() -> None:
    """Print the JSON schema of orthaudit.yaml, which describes every key."""
    from orthaudit.config.schema import schema_text

    click.echo(schema_text(), nl=False)


def _summary(declared: Config) -> str:
    counted: tuple[tuple[Sized, str, str], ...] = (
        (declared.aws.accounts, "AWS account", "AWS accounts"),
        (declared.dicom_listeners, "DICOM listener", "DICOM listeners"),
        (declared.vantages, "vantage point", "vantage points"),
        (declared.proxies, "proxy", "proxies"),
        (declared.modalities, "modality", "modalities"),
        (declared.waivers, "waiver", "waivers"),
    )
    declares = [f"{len(items)} {one if len(items) == 1 else many}" for items, one, many in counted if items]
    if declared.aws.organization:
        declares.insert(0, "an AWS organization")
    ports = ", ".join(map(str, declared.policy.ports))
    lines = (f"policy {declared.policy.name}, DICOM ports {ports}", *declares)
    return "\n".join(f"  {line}" for line in lines)
