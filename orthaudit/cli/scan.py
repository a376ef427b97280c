"""`orthaudit scan`: the main job, from options to exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orthaudit.cli.outputs import Output, parse_outputs, write_outputs
from orthaudit.cli.refused import Refused
from orthaudit.cli.scan_options import Options, check
from orthaudit.config import ConfigError, load_config
from orthaudit.declared import Account, Aws, Config, Organization
from orthaudit.evidence import UnknownCode
from orthaudit.finding import Severity
from orthaudit.policy import POLICIES
from orthaudit.report import Selection
from orthaudit.rule import AnyRule, RuleError, load_rules
from orthaudit.selection import SelectionError, select

if TYPE_CHECKING:
    from orthaudit.audit import Gathered
    from orthaudit.lab.run import Lab

LEVELS = [severity.label for severity in sorted(Severity, reverse=True) if severity is not Severity.INFO]
PATH = click.Path(path_type=Path)


@click.command()
@click.argument("hosts", nargs=-1, metavar="[HOST[:PORT]]...")
@click.option("--config", type=PATH, metavar="FILE", help="Default: ./orthaudit.yaml if it is there.")
@click.option("--lab", is_flag=True, help="Audit the embedded estate, on 127.0.0.1.")
@click.option(
    "--lab-fault",
    multiple=True,
    metavar="SERVICE.Operation=KIND",
    help="Make an answer of the lab fail: denied, throttled, error, timeout (repeatable).",
)
@click.option("--profile", metavar="NAME", help="AWS profile; the AWS_* variables work as in every AWS tool.")
@click.option("--region", multiple=True, metavar="NAME", help="AWS region (repeatable; default: all enabled).")
@click.option("--role-arn", multiple=True, metavar="ARN", help="Audit the account of this role (repeatable).")
@click.option("--organization", is_flag=True, help="Audit every active account of the AWS organization.")
@click.option("--endpoint-url", metavar="URL", help="Where AWS is asked, in the place of AWS's own endpoints.")
@click.option("--no-aws", is_flag=True, help="Leave AWS out.")
@click.option("--no-probe", is_flag=True, help="Probe nothing.")
@click.option(
    "--from",
    "from_",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="Judge saved evidence instead (repeatable: together). No network.",
)
@click.option(
    "--terraform",
    type=PATH,
    metavar="FILE",
    help="Judge `terraform show -json` output, plan or state, instead. No AWS.",
)
@click.option("--as-of", metavar="TIME", help="Judge saved evidence as of this time (RFC 3339).")
@click.option("--save", type=PATH, metavar="PATH", help="Keep the evidence: a folder, or one file ending in .tar.gz.")
@click.option("--dry-run", is_flag=True, help="Print everything that would be asked and probed; send nothing.")
@click.option("--vantage", metavar="NAME", help="Where the probes are sent from: a name of `vantages`.")
@click.option("--policy", type=click.Choice(list(POLICIES)), help="Over the configuration's.")
@click.option("--only", multiple=True, metavar="ID", help="Only these rules (repeatable; globs allowed).")
@click.option("--skip", multiple=True, metavar="ID", help="Not these rules (repeatable; globs allowed).")
@click.option("--severity", type=click.Choice([*LEVELS, "info"]), help="Only rules at or above this severity.")
@click.option(
    "--rules",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="A rule file or folder beside the installed packs (repeatable).",
)
@click.option(
    "--output",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="console (default), json; - or no PATH is standard output (repeatable).",
)
@click.option(
    "--fail-on",
    type=click.Choice([*LEVELS, "never"]),
    help="The severity from which a failure fails the scan (default: medium; strict: low).",
)
@click.option(
    "--accept-unknown",
    multiple=True,
    type=click.Choice([code.value for code in UnknownCode]),
    help="Unknowns of this code do not make the scan incomplete (repeatable).",
)
@click.option(
    "--deadline-per-listener",
    type=click.FloatRange(min=0.1),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="For everything done to one listener.",
)
def scan(**given: Any) -> int:
    """Gather, judge, report. HOSTs are DICOM listeners to probe beside those declared and those found in AWS.

    Exit codes: 0 fine, 1 failures, 2 usage, 3 incomplete (something could not be seen), 130 interrupted.
    """
    options = Options(**given)
    check(options)
    rules, packs = _rules(options)
    config = _config(options, rules)
    chosen = _select(options, rules, config)
    outputs = parse_outputs(options.output)
    if options.save is not None:
        _check_save(options.save)
    with ExitStack() as stack:
        running = stack.enter_context(_lab(options, config)) if options.lab else None
        if running is not None:
            config = running.config
        if options.dry_run:
            from orthaudit.cli.dry_run import describe

            accounts, organization = _accounts(options, config)
            meant = replace(config, aws=Aws(accounts, organization))
            probe = None if options.no_probe else _probe_manner(options, config)
            click.echo(describe(meant, chosen, options.listeners(), options.region, no_aws=options.no_aws, probe=probe))
            return 0
        gathered = _saved(options) if options.replays else _live(options, config, chosen, running)
    return _report(options, config, chosen, packs, gathered, outputs)


def _rules(options: Options) -> tuple[Sequence[AnyRule], tuple[tuple[str, str], ...]]:
    try:
        return load_rules(options.rules)
    except RuleError as error:
        raise Refused(str(error)) from None


def _config(options: Options, rules: Sequence[AnyRule]) -> Config:
    try:
        if options.lab and options.config is None:
            config = Config(policy=POLICIES[options.policy or "guide"])
        else:
            config = load_config(options.config, policy=options.policy, rule_ids={one.id for one in rules})
    except ConfigError as error:
        raise Refused(str(error)) from None
    if options.vantage and options.vantage not in config.vantages:
        known = ", ".join(sorted(config.vantages)) or "none"
        raise Refused(f"--vantage {options.vantage}: is not declared under vantages (declared: {known})")
    return config


def _select(options: Options, rules: Sequence[AnyRule], config: Config) -> tuple[AnyRule, ...]:
    try:
        return select(
            rules, config.policy, only=options.only, skip=options.skip, no_aws=options.no_aws,
            no_probe=options.no_probe, severity=Severity[options.severity.upper()] if options.severity else None,
        )  # fmt: skip
    except SelectionError as error:
        raise Refused(str(error)) from None


def _check_save(path: Path) -> None:
    from orthaudit.saved import SnapshotError, check_can_save

    try:
        check_can_save(path)
    except SnapshotError as error:
        raise Refused(str(error)) from None


@contextmanager
def _lab(options: Options, config: Config) -> Iterator[Lab]:
    try:
        from orthaudit.lab.faults import parse_fault

        faults = tuple(parse_fault(text) for text in options.lab_fault)
        from orthaudit.lab.run import PortTaken, lab  # moto is slow to import
    except ImportError as error:
        raise Refused(f"--lab: {error.name} is not installed: pip install 'orthaudit[lab]'") from None
    except ValueError as error:
        raise Refused(f"--lab-fault: {error}") from None
    try:
        with lab(faults, config) as running:
            yield running
    except PortTaken as error:
        raise Refused(f"--lab: {error}") from None


def _saved(options: Options) -> Gathered:
    from orthaudit.audit import Gathered
    from orthaudit.cli.evidence import read_evidence

    started_at = datetime.now(UTC)
    return Gathered(read_evidence(options.from_, options.terraform, started_at), started_at)


def _live(options: Options, config: Config, rules: Sequence[AnyRule], running: Lab | None) -> Gathered:
    from orthaudit.audit import Live, gather
    from orthaudit.cli.progress import watching
    from orthaudit.gather.aws.accounts import Wanted
    from orthaudit.gather.aws.session import Manner, NoCredentials

    manner = running.manner if running else Manner(profile=options.profile, endpoint_url=options.endpoint_url)
    wanted = Wanted(*_accounts(options, config), options.region)
    with watching() as watcher:
        live = Live(
            aws=None if options.no_aws else (manner, wanted),
            probe=None if options.no_probe else _probe_manner(options, config),
            listeners=options.listeners(),
            dial_found=running is None,
            source="lab" if running else "live",
            watcher=watcher,
        )
        try:
            return gather(live, config, rules)
        except NoCredentials as error:
            raise Refused(str(error)) from None


def _accounts(options: Options, config: Config) -> tuple[tuple[Account, ...], Organization | None]:
    """Options come before the configuration."""
    if options.role_arn or options.organization:
        named = config.aws.organization or Organization("orthaudit")
        return tuple(Account(arn) for arn in options.role_arn), named if options.organization else None
    return config.aws.accounts, config.aws.organization


def _probe_manner(options: Options, config: Config) -> Any:
    from orthaudit.gather.probe.target import Manner

    probing = config.probe
    return Manner(
        vantage=options.vantage,
        deadline=options.deadline_per_listener,
        pause=probing.pause,
        max_connections=probing.max_connections,
        never=probing.never,
        windows=probing.windows,
    )


def _as_of(options: Options) -> datetime | None:
    if options.as_of is None:
        return None
    try:
        time = datetime.fromisoformat(options.as_of)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(f"--as-of {options.as_of}: is not a time as RFC 3339 has it (2026-11-25T08:00:00Z)") from None


def _report(
    options: Options,
    config: Config,
    rules: Sequence[AnyRule],
    packs: tuple[tuple[str, str], ...],
    gathered: Gathered,
    outputs: Sequence[Output],
) -> int:
    from orthaudit.audit import assess

    selection = Selection(
        options.only, options.skip, options.severity, options.no_aws, options.no_probe, options.accept_unknown, packs
    )
    fail_on = None if options.fail_on == "never" else config.policy.fail_on
    if options.fail_on not in (None, "never"):
        fail_on = Severity[options.fail_on.upper()]
    report = assess(gathered, config, rules, selection, fail_on, as_of=_as_of(options), vantage=options.vantage)
    written = write_outputs(report, outputs)
    if options.save is not None:
        written = _save(options.save, gathered) and written
    return report.exit_code if written or report.exit_code else 3


def _save(path: Path, gathered: Gathered) -> bool:
    from orthaudit.saved import SnapshotError, save

    try:
        save(gathered.snapshot, path)
    except SnapshotError as error:
        click.echo(f"--save: {error}", err=True)
        return False
    return True
