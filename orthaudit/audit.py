"""The main job on one screen: gather, judge, hand the findings over."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orthaudit import __version__
from orthaudit.declared import Config, Listener
from orthaudit.evidence import LedgerLine, LedgerStatus, Scope, Snapshot, Structure, UnknownCode
from orthaudit.finding import Severity
from orthaudit.judge import judge
from orthaudit.model.certificates_in_use import certificates
from orthaudit.model.estate import Estate
from orthaudit.report import Report, Selection
from orthaudit.rule import AnyRule

if TYPE_CHECKING:
    from orthaudit.gather.aws.accounts import Wanted
    from orthaudit.gather.aws.gather import Gathering
    from orthaudit.gather.aws.session import Manner as AwsManner
    from orthaudit.gather.probe.target import Manner as ProbeManner


@dataclass(frozen=True)
class Watcher:
    """Is told what happens while it happens; the engine itself never prints."""

    on_call: Callable[[str, str, str], None] = lambda account, region, call: None
    on_probing: Callable[[int], None] = lambda targets: None
    on_probed: Callable[[Structure], None] = lambda listener: None


@dataclass(frozen=True)
class Live:
    """How a live scan looks. `aws` or `probe` None: that half is left out."""

    aws: tuple[AwsManner, Wanted] | None
    probe: ProbeManner | None
    listeners: tuple[Listener, ...] = ()
    """To be probed beside those of the configuration."""
    dial_found: bool = True
    """Whether listeners found in AWS are probed too."""
    source: str = "live"
    watcher: Watcher = field(default_factory=Watcher)


@dataclass(frozen=True)
class Gathered:
    """The evidence of a scan, and whether it was interrupted before it was whole."""

    snapshot: Snapshot
    started_at: datetime
    interrupted: bool = False


def gather(live: Live, config: Config, rules: Sequence[AnyRule]) -> Gathered:
    """Ask AWS for what the rules need, then probe. An interrupt keeps what was seen so far.

    Raises `NoCredentials` before anything was asked.
    """
    started_at = datetime.now(UTC)
    snapshot = Snapshot(__version__, started_at, Scope(source=live.source))
    interrupted = False
    if live.aws is not None:
        gathering = _gathering(live, config, rules)
        try:
            gathering.run()
        except KeyboardInterrupt:
            interrupted = True
        snapshot = gathering.snapshot()
        snapshot = replace(snapshot, scope=replace(snapshot.scope, source=live.source))
    if live.probe is not None:
        probes: list[Structure] = []
        try:
            asyncio.run(_probe(live, live.probe, config, snapshot, started_at, probes, interrupted=interrupted))
        except KeyboardInterrupt:
            interrupted = True
        snapshot = snapshot.with_probes(probes, datetime.now(UTC))
    return Gathered(snapshot, started_at, interrupted)


def _gathering(live: Live, config: Config, rules: Sequence[AnyRule]) -> Gathering:
    from orthaudit.gather.aws.gather import Gathering  # boto3 is slow to import

    assert live.aws is not None  # noqa: S101  (told to the type checker)
    manner, wanted = live.aws
    operations = dict.fromkeys(operation for rule in rules for operation in rule.operations)
    declared = {"archive.bucket": config.archive.bucket}
    return Gathering(manner, wanted, operations, declared, __version__, live.watcher.on_call)


async def _probe(
    live: Live,
    manner: ProbeManner,
    config: Config,
    snapshot: Snapshot,
    now: datetime,
    probes: list[Structure],
    *,
    interrupted: bool,
) -> None:
    """Probe into `probes`. Every target leaves a record: one that an interrupt left unfinished says so."""
    from orthaudit.gather.probe.endpoint import probe  # pynetdicom is slow to import
    from orthaudit.gather.probe.structure import left_alone
    from orthaudit.targets import targets

    estate = Estate(snapshot, config, now) if live.dial_found and snapshot.scope.places else None
    found = targets(config, live.listeners, estate)

    def done(listener: Structure) -> None:
        probes.append(listener)
        live.watcher.on_probed(listener)

    live.watcher.on_probing(len(found))
    try:
        if not interrupted:
            await probe(found, manner, now, done)
    finally:
        seen = {(one["host"], one["port"]) for one in probes}
        why = "the scan was interrupted before the probe was finished"
        probes += [
            left_alone(target, manner, UnknownCode.NOT_PROBED, why)
            for target in found
            if (target.host, target.port) not in seen
        ]


def assess(
    gathered: Gathered,
    config: Config,
    rules: Sequence[AnyRule],
    selection: Selection,
    fail_on: Severity | None,
    *,
    as_of: datetime | None = None,
    vantage: str | None = None,
) -> Report:
    """Judge the evidence. `as_of`: the time to judge it by; default: the evidence's own."""
    snapshot = gathered.snapshot
    time = as_of or snapshot.taken_at
    estate = Estate(snapshot, config, time)
    findings, expired = judge(estate, rules)
    return Report(
        tool_version=__version__,
        scan_id=str(uuid.uuid4()),
        started_at=gathered.started_at,
        finished_at=datetime.now(UTC),
        as_of=time,
        vantage=vantage,
        caller=snapshot.scope.caller,
        accounts=snapshot.scope.accounts,
        regions=snapshot.scope.regions,
        source=snapshot.scope.source,
        policy=config.policy,
        config_sha256=config.sha256,
        selection=selection,
        fail_on=fail_on,
        findings=findings,
        coverage=_coverage(snapshot, rules),
        listeners=snapshot.probes,
        certificates=tuple(certificates(snapshot)),
        expired_waivers=expired,
        interrupted=gathered.interrupted,
    )


def _coverage(snapshot: Snapshot, rules: Sequence[AnyRule]) -> tuple[LedgerLine, ...]:
    """The ledger; of what saved evidence does not hold, only what the rules need."""
    needed = {operation for rule in rules for operation in rule.operations}
    return tuple(line for line in snapshot.ledger if line.status is not LedgerStatus.ABSENT or line.call in needed)
