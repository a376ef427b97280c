"""`orthaudit permissions`: what AWS must allow, or the commands to run where no role is given."""

from __future__ import annotations

from pathlib import Path

import click

from orthaudit.cli.refused import Refused
from orthaudit.config import ConfigError, load_config
from orthaudit.rule import RuleError, load_rules
from orthaudit.selection import SelectionError, select

PATH = click.Path(path_type=Path)


@click.command()
@click.option(
    "--as",
    "form",
    type=click.Choice(["policy", "cli-script"]),
    default="policy",
    show_default=True,
    help="An IAM policy, or the read-only aws commands that write the folder which --from reads.",
)
@click.option("--config", type=PATH, metavar="FILE", help="Default: ./orthaudit.yaml if it is there.")
@click.option("--only", multiple=True, metavar="ID", help="Only for these rules (repeatable; globs allowed).")
@click.option("--skip", multiple=True, metavar="ID", help="Not for these rules (repeatable; globs allowed).")
@click.option(
    "--rules",
    "paths",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="A rule file or folder beside the installed packs (repeatable).",
)
@click.option("--organization", is_flag=True, help="For an audit of the whole organization.")  # fmt: skip
def permissions(
    form: str, config: Path | None, only: tuple[str, ...], skip: tuple[str, ...], paths: tuple[Path, ...],
    organization: bool,
) -> None:  # fmt: skip
    """Print the least IAM policy for the selected rules, made from the table of what they ask."""
    from orthaudit.gather.aws.permissions import cli_script, policy

    try:
        rules, _ = load_rules(paths)
        declared = load_config(config, rule_ids={one.id for one in rules})
        chosen = select(rules, declared.policy, only=only, skip=skip)
    except (ConfigError, RuleError, SelectionError) as error:
        raise Refused(str(error)) from None
    operations = [operation for rule in chosen for operation in rule.operations]
    if form == "cli-script":
        click.echo(cli_script(operations, {"archive.bucket": declared.archive.bucket}), nl=False)
        return
    whole = organization or declared.aws.organization is not None
    roles = tuple(account.role_arn for account in declared.aws.accounts)
    if declared.aws.organization is not None:
        roles += (f"arn:aws:iam::*:role/{declared.aws.organization.role_name}",)
    click.echo(policy(operations, roles=roles, organization=whole))
