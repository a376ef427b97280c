"""The take-one-away matrix: no rule passes for want of an answer that it needs.

Every rule and every operation that it needs is one cell, made from the rules themselves. The answer is
denied over the wire, the real gather writes the ledger, and the rule is judged. Where another answer of the
lab's estate would carry the verdict, `DECIDING` changes the estate until the denied one decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

import pytest

from orthaudit.declared import Config, Proxy
from orthaudit.evidence import Snapshot, Structure
from orthaudit.finding import Finding, Status
from orthaudit.gather.aws.accounts import Wanted
from orthaudit.gather.aws.gather import Gathering
from orthaudit.gather.aws.session import Manner
from orthaudit.judge import judge
from orthaudit.lab.aws import CREDENTIALS, LabAws, parse_fault
from orthaudit.lab.estate import HOSPITAL, LISTENERS
from orthaudit.model.estate import Estate
from orthaudit.rule import load_rules

REGION: Final = "ca-central-1"
NOW: Final = datetime.now(UTC)
CONFIG: Final = Config(proxies=(Proxy("clinic-a", ("198.51.100.7/32",)),))

RULES: Final = {rule.id: rule for rule in load_rules()[0]}
OPERATIONS: Final = sorted({operation for rule in RULES.values() for operation in rule.operations})
CELLS: Final = [(rule.id, operation) for rule in RULES.values() for operation in rule.operations]

Change = Callable[[LabAws], None]


def as_is(aws: LabAws) -> None:
    """The estate of the lab."""


def endpoints_name_no_vpc(aws: LabAws) -> None:
    """Which VPC an endpoint leads to is told by its target networks alone."""
    for endpoint in aws.added("ec2", HOSPITAL, REGION)["DescribeClientVpnEndpoints"]:
        endpoint.pop("VpcId", None)


def route_by_prefix_list(aws: LabAws) -> None:
    """The VPC's routes lead to a prefix list."""
    ec2 = aws.backend("ec2", HOSPITAL, REGION)
    table = ec2.route_tables[aws.ids["private.rtb"]]
    ec2.create_route(
        table.id, None, destination_prefix_list_id=aws.ids["clinics.pl"], gateway_id=aws.ids["imaging.vgw"]
    )


def way_out_by_prefix_list(aws: LabAws) -> None:
    """The endpoint's group lets its clients out to a prefix list alone."""
    ec2 = aws.backend("ec2", HOSPITAL, REGION)
    listed = ec2.create_managed_prefix_list(
        address_family="IPv4", entry=[{"Cidr": "10.20.0.0/16"}], max_entries=1, prefix_list_name="imaging"
    )
    group = aws.ids["vpn-radiologists.sg"]
    ec2.get_security_group_from_id(group).egress_rules.clear()
    ec2.authorize_security_group_egress(
        group, "tcp", "11112", "11112", [], prefix_list_ids=[{"PrefixListId": listed.id}]
    )
    ec2.authorize_security_group_egress(group, "tcp", "104", "104", [], prefix_list_ids=[{"PrefixListId": listed.id}])


def nothing_public(aws: LabAws) -> None:
    """No DICOM port is open to the Internet, and one is open to a prefix list of private addresses."""
    ec2 = aws.backend("ec2", HOSPITAL, REGION)
    ec2.get_security_group_from_id(aws.ids["legacy-import.sg"]).ingress_rules.clear()
    listed = ec2.managed_prefix_lists[aws.ids["clinics.pl"]]
    listed.entries[listed.version] = [{"Cidr": "10.9.0.0/16"}]


def no_target_groups(aws: LabAws) -> None:
    """DICOM listeners are known by their security groups alone."""
    aws.backend("elbv2", HOSPITAL, REGION).target_groups.clear()
    aws.backend("elbv2", HOSPITAL, REGION).load_balancers.clear()


def no_open_group(aws: LabAws) -> None:
    """DICOM listeners are known by their target groups alone."""
    for groups in aws.backend("ec2", HOSPITAL, REGION).groups.values():
        for group in groups.values():
            group.ingress_rules.clear()


DECIDING: Final[Mapping[tuple[str, str], Change]] = {
    ("client-vpn-authorization", "ec2.DescribeClientVpnTargetNetworks"): endpoints_name_no_vpc,
    ("client-vpn-client-cidr", "ec2.DescribeClientVpnTargetNetworks"): endpoints_name_no_vpc,
    ("client-vpn-client-cidr", "ec2.GetManagedPrefixListEntries"): route_by_prefix_list,
    ("client-vpn-security-group", "ec2.GetManagedPrefixListEntries"): way_out_by_prefix_list,
    ("direct-connect-private", "ec2.GetManagedPrefixListEntries"): nothing_public,
    ("direct-connect-private", "elbv2.DescribeTargetGroups"): nothing_public,
    ("direct-connect-private", "elbv2.DescribeTargetHealth"): nothing_public,
    ("archive-in-scope", "ec2.DescribeNetworkInterfaces"): as_is,
    ("archive-in-scope", "ec2.DescribeSecurityGroups"): no_target_groups,
    ("archive-in-scope", "elbv2.DescribeTargetGroups"): no_open_group,
    ("archive-in-scope", "elbv2.DescribeTargetHealth"): no_open_group,
}

WITHOUT_PROBES: Final = frozenset({"archive-in-scope"})
"""Rules that a probe would satisfy whatever AWS answers."""


def probe(address: str, loopback_port: int) -> Structure:
    """A listener as probed, with nothing to find fault with."""
    return {
        "host": "127.0.0.1",
        "port": loopback_port,
        "address": "127.0.0.1",
        "stands_for": address,
        "speaks": "tls",
        "plaintext": "refused",
        "mutual_tls": "required",
        "association": {"outcome": "accepted"},
        "versions": {
            "SSL 3.0": "rejected",
            "TLS 1.0": "rejected",
            "TLS 1.1": "rejected",
            "TLS 1.2": "accepted",
            "TLS 1.3": "rejected",
        },
        "suites": {"TLS 1.2": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]},
        "suites_complete": {"TLS 1.2": True},
        "certificate": {
            "subject": "CN=archive",
            "issuer": "CN=archive CA",
            "not_before": f"{NOW.year - 1}-01-01T00:00:00Z",
            "not_after": f"{NOW.year + 2}-01-01T00:00:00Z",
            "sent": 1,
        },
    }


@cache
def gathered(change: Change) -> Mapping[str | None, Snapshot]:
    """The estate after a change, once with every answer and once without each operation that it decides."""
    with LabAws() as aws:
        change(aws)
        taken = sorted({cell[1] for cell in CELLS if DECIDING.get(cell, as_is) is change})
        return {None: gather(aws)} | {operation: gather(aws, operation) for operation in taken}


def gather(aws: LabAws, denied: str | None = None) -> Snapshot:
    aws.faults = (parse_fault(f"{denied}=denied"),) if denied else ()
    manner = Manner(endpoint_url=aws.endpoint_url, credentials=CREDENTIALS)
    gathering = Gathering(manner, Wanted(regions=(REGION,)), OPERATIONS, {}, "0")
    gathering.run()
    return gathering.snapshot()


def findings(rule_id: str, snapshot: Snapshot) -> Iterator[Finding]:
    if rule_id not in WITHOUT_PROBES:
        snapshot = replace(snapshot, probes=tuple(probe(one.address, one.loopback_port) for one in LISTENERS))
    yield from judge(Estate(snapshot, CONFIG, NOW), [RULES[rule_id]])[0]


@pytest.mark.parametrize(("rule_id", "operation"), CELLS)
def test_no_rule_passes_for_want_of_an_answer(rule_id: str, operation: str) -> None:
    snapshots = gathered(DECIDING.get((rule_id, operation), as_is))
    whole = {one.id: one for one in findings(rule_id, snapshots[None])}
    without = list(findings(rule_id, snapshots[operation]))

    assert Status.PASS in {one.status for one in whole.values()}, "the cell proves nothing: no subject passes anyway"
    assert not [one for one in without if one.status in (Status.NOT_APPLICABLE, Status.ERROR)]
    for one in without:
        if one.status is Status.PASS:
            assert f"{operation} was not answered, and the verdict stands without it" in one.message
    unknown = [one for one in without if one.status is Status.UNKNOWN]
    decided = [one for one in unknown if one.id not in whole or whole[one.id].status is not Status.UNKNOWN]
    assert decided, "the answer decides nothing here: give the cell an estate in DECIDING"
    for one in decided:
        assert one.unknown is not None
        assert one.unknown.code == "denied"
        assert any(operation in needed for needed in one.unknown.needs), one.unknown.needs


def test_the_cells_are_those_of_the_rules() -> None:
    assert len(CELLS) == sum(len(rule.operations) for rule in RULES.values())
    assert set(DECIDING) <= set(CELLS)
