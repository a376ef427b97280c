"""What a scan would ask and probe, told without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence

from orthaudit.declared import Config, Listener
from orthaudit.gather.aws.calls import plan
from orthaudit.gather.probe.target import Manner, Target
from orthaudit.rule import AnyRule
from orthaudit.targets import targets


def describe(
    config: Config,
    rules: Sequence[AnyRule],
    hosts: Sequence[Listener],
    regions: Sequence[str],
    *,
    no_aws: bool,
    probe: Manner | None,
) -> str:
    """Every operation, account, region, host, port, ceiling of connections and AE title."""
    lines = []
    if not no_aws:
        lines += _aws(config, rules, regions)
    if probe is not None:
        from orthaudit.gather.probe.endpoint import ceiling

        found = targets(config, hosts, None)
        lines.append(f"Probes: at most {ceiling(probe)} connections to each listener")
        lines += [f"  {one.endpoint}  {_titles(one)}" for one in found]
        if not no_aws:
            ports = ", ".join(map(str, config.policy.ports))
            lines.append(f"  and every listener on port {ports} that AWS shows, at its public or private address")
        elif not found:
            lines.append("  none: name one (HOST:PORT, or dicom.listeners)")
    lines.append("Nothing was sent.")
    return "\n".join(lines)


def _aws(config: Config, rules: Sequence[AnyRule], regions: Sequence[str]) -> list[str]:
    accounts = [f"{one.role_arn.split(':')[4]} (by {one.role_arn})" for one in config.aws.accounts]
    if config.aws.organization:
        accounts.append(f"every active account of the organization (by role {config.aws.organization.role_name})")
    lines = ["AWS accounts: " + (", ".join(accounts) or "that of the caller's credentials")]
    named = regions or sorted({region for one in config.aws.accounts for region in one.regions})
    lines.append("AWS regions: " + (", ".join(named) or "every enabled one (ec2.DescribeRegions)"))
    lines.append("AWS operations, in each account and region:")
    lines.append("  sts.GetCallerIdentity (once)")
    if accounts:
        lines.append("  sts.AssumeRole (once an account)")
    for call in plan(operation for rule in rules for operation in rule.operations):
        each = ", ".join(one.parameter for one in call.each)
        lines.append(f"  {call.id}" + (f" (for each {each})" if each else ""))
    return lines


def _titles(target: Target) -> str:
    called = target.called_aet or "random (ORTHAUDIT-…)"
    calling = target.calling_aet or "random (ORTHAUDIT-…)"
    return f"called AE title {called}, calling AE title {calling}"
