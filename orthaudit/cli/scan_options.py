"""The options of `orthaudit scan`, and which of them exclude each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from orthaudit.cli.hosts import parse_host
from orthaudit.cli.refused import Refused
from orthaudit.declared import Listener


@dataclass(frozen=True)
class Options:
    """The options of `scan`, as given."""

    hosts: tuple[str, ...]
    config: Path | None
    lab: bool
    lab_fault: tuple[str, ...]
    profile: str | None
    region: tuple[str, ...]
    role_arn: tuple[str, ...]
    organization: bool
    endpoint_url: str | None
    no_aws: bool
    no_probe: bool
    from_: tuple[Path, ...]
    terraform: Path | None
    as_of: str | None
    save: Path | None
    dry_run: bool
    vantage: str | None
    policy: str | None
    only: tuple[str, ...]
    skip: tuple[str, ...]
    severity: str | None
    rules: tuple[Path, ...]
    output: tuple[str, ...]
    fail_on: str | None
    accept_unknown: tuple[str, ...]
    deadline_per_listener: float

    @property
    def replays(self) -> bool:
        """Whether saved evidence or a plan is judged, and nobody is asked."""
        return bool(self.from_ or self.terraform)

    def listeners(self) -> tuple[Listener, ...]:
        """The HOST arguments. Raises `Refused` for what is none."""
        return tuple(parse_host(text) for text in self.hosts)


def check(options: Options) -> None:
    """Options that exclude each other. Raises `Refused`."""
    live = {
        "--lab": options.lab, "HOST": options.hosts, "--profile": options.profile, "--region": options.region,
        "--role-arn": options.role_arn, "--organization": options.organization, "--dry-run": options.dry_run,
        "--endpoint-url": options.endpoint_url, "--vantage": options.vantage, "--no-aws": False,
    }  # fmt: skip
    if options.replays:
        for name, value in live.items():
            if value:
                raise Refused(f"{name}: does not go with --from or --terraform, which ask nobody")
    if options.as_of and not options.replays:
        raise Refused("--as-of: goes with --from or --terraform: a live scan is judged as of now")
    if options.lab_fault and not options.lab:
        raise Refused("--lab-fault: goes with --lab")
    if options.lab:
        for name in ("--profile", "--endpoint-url"):
            if live[name]:
                raise Refused(f"{name}: does not go with --lab, whose AWS is on 127.0.0.1")
        for host in options.listeners():
            if host.host not in ("127.0.0.1", "localhost", "::1"):
                raise Refused(f"{host.endpoint}: does not go with --lab, which connects to nothing but 127.0.0.1")
    for arn in options.role_arn:
        if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", arn):
            raise Refused(f"--role-arn {arn}: is not the ARN of a role (arn:aws:iam::111122223333:role/NAME)")
    for region in options.region:
        if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", region):
            raise Refused(f"--region {region}: is not the name of an AWS region (ca-central-1)")
    if options.endpoint_url and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", options.endpoint_url):
        raise Refused(f"--endpoint-url {options.endpoint_url}: is not a URL (https://HOST[:PORT])")
    if options.no_aws and options.no_probe and not options.replays:
        raise Refused("--no-aws and --no-probe together leave nothing to look at")
