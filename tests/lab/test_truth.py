"""The truth table of the lab: written by hand from the estate; exactly these findings, and no other."""

from collections.abc import Mapping
from typing import Final

import pytest

from orthaudit.audit import Live, assess, gather
from orthaudit.finding import Finding, Severity
from orthaudit.gather.aws.accounts import Wanted
from orthaudit.gather.probe.target import Manner
from orthaudit.lab.run import lab
from orthaudit.report import Report, Selection
from orthaudit.rule import load_rules

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"

GROUPS: Final = (
    "archive", "gateway", "research", "vpn-radiologists", "vpn-vendor", "imaging-default", "research-default",
    "teaching-web", "teaching-default", "jump", "network-default", "spare-default",
)  # fmt: skip
GOOD, WEAK, PLAIN, EXPIRED = "127.0.0.1:31112", "127.0.0.1:31113", "127.0.0.1:31104", "127.0.0.1:31762"

VENDOR = {"radiologists.cvpn-endpoint": PASS, "vendor.cvpn-endpoint": FAIL}
"""Client VPN: the radiologists' endpoint is as the guide wants it, the vendor's is wrong in everything."""

TRUTH: Final[Mapping[str, Mapping[str, str]]] = {
    "archive-in-scope": {"archive": PASS},
    "client-vpn-authorization": VENDOR,
    "client-vpn-certificate-expiry": VENDOR,
    "client-vpn-client-cidr": VENDOR,
    "client-vpn-connection-logging": VENDOR,
    "client-vpn-mutual-authentication": VENDOR,
    "client-vpn-private-subnets": VENDOR,
    "client-vpn-security-group": VENDOR,
    "client-vpn-split-tunnel": VENDOR,
    "client-vpn-two-subnets": VENDOR,
    "dicom-certificate-valid": {GOOD: PASS, WEAK: PASS, EXPIRED: FAIL, "standby.eni:11112": UNKNOWN},
    "dicom-mutual-tls": {GOOD: PASS, WEAK: FAIL, EXPIRED: FAIL, "standby.eni:11112": UNKNOWN},
    "dicom-port-open-to-internet": {f"{group}.sg": PASS for group in GROUPS} | {"legacy-import.sg": FAIL},
    "dicom-refuses-plaintext": {
        GOOD: PASS, WEAK: PASS, PLAIN: FAIL, EXPIRED: PASS, "standby.eni:11112": UNKNOWN,
    },
    "dicom-tls-minimum-version": {GOOD: PASS, WEAK: FAIL, EXPIRED: PASS, "standby.eni:11112": UNKNOWN},
    "dicom-tls-no-broken-suite": {GOOD: PASS, WEAK: FAIL, EXPIRED: PASS, "standby.eni:11112": UNKNOWN},
    "direct-connect-available": {
        "hospital.dxcon": PASS, "hospital-private.dxvif": PASS, "hospital-public.dxvif": FAIL,
    },
    "direct-connect-private": {"hospital-private.dxvif": PASS, "hospital-public.dxvif": FAIL},
    "flow-log-records-accepted": {"imaging.vpc": PASS, "research.vpc": FAIL},
    "load-balancer-dicom-tls": {
        "images:2762.listener": PASS,
        "images:11112.listener": PASS,  # passed through to archive-b, which speaks TLS alone
        "images:104.listener": FAIL,
        "images:11113.listener": UNKNOWN,
    },
    "proxy-is-the-only-source": {
        "archive-a.eni:11112": PASS, "archive-b.eni:11112": FAIL, "standby.eni:11112": PASS,
    },
    "site-vpn-ikev2-only": {"clinic-north.vpn": PASS, "clinic-south.vpn": FAIL},
    "site-vpn-two-tunnels-up": {"clinic-north.vpn": PASS, "clinic-south.vpn": FAIL},
}  # fmt: skip

EVERYWHERE: Final = frozenset({"dicom-port-open-to-internet"})
"""Rules with a subject in every region of both accounts; the others have theirs where the archive is."""

ELSEWHERE: Final = {"111122223333/us-east-1", "444455556666/ca-central-1", "444455556666/us-east-1"}

SEVERITIES: Final = {
    ("client-vpn-security-group", "vendor.cvpn-endpoint"): Severity.HIGH,
    ("client-vpn-certificate-expiry", "vendor.cvpn-endpoint"): Severity.MEDIUM,
    ("dicom-certificate-valid", EXPIRED): Severity.HIGH,
    ("dicom-refuses-plaintext", PLAIN): Severity.HIGH,  # it was met from inside
    ("load-balancer-dicom-tls", "images:104.listener"): Severity.CRITICAL,
    ("dicom-mutual-tls", WEAK): Severity.MEDIUM,
}


@pytest.fixture(scope="module")
def audited() -> tuple[Report, Mapping[str, str], Mapping[int, int]]:
    """The lab, audited whole; the ids of its estate; the connections that its listeners saw."""
    rules, _ = load_rules()
    with lab() as running:
        live = Live((running.manner, Wanted(running.config.aws.accounts)), Manner(), dial_found=False, source="lab")
        gathered = gather(live, running.config, rules)
        ids, connections = dict(running.aws.ids), dict(running.listeners.connections)
    report = assess(gathered, running.config, rules, Selection(), Severity.MEDIUM)
    return report, ids, connections


def subject_id(name: str, ids: Mapping[str, str]) -> str:
    """`archive-a.eni:11112` → `eni-…:11112`; what is no name of the estate stays."""
    if name in ids:
        return ids[name]
    base, _, port = name.rpartition(":")
    return f"{ids[base]}:{port}" if base in ids else name


@pytest.mark.parametrize("rule", TRUTH)
def test_exactly_these_findings(rule: str, audited: tuple[Report, Mapping[str, str], Mapping[int, int]]) -> None:
    report, ids, _ = audited
    found = {one.subject.id: str(one.status) for one in of(report, rule)}
    expected = {subject_id(name, ids): status for name, status in TRUTH[rule].items()}
    regional = next(one for one in load_rules()[0] if one.id == rule).on.regional
    if regional and rule not in EVERYWHERE:
        expected |= dict.fromkeys(ELSEWHERE, "not_applicable")
    assert found == expected


def test_every_rule_has_its_truth(audited: tuple[Report, Mapping[str, str], Mapping[int, int]]) -> None:
    assert {one.rule for one in audited[0].findings} == set(TRUTH)


def test_severities(audited: tuple[Report, Mapping[str, str], Mapping[int, int]]) -> None:
    report, ids, _ = audited
    found = {(one.rule, one.subject.id): one.severity for one in report.findings}
    expected = {(rule, subject_id(name, ids)): severity for (rule, name), severity in SEVERITIES.items()}
    assert {key: found[key] for key in expected} == expected


def test_the_lab_fails_its_audit(audited: tuple[Report, Mapping[str, str], Mapping[int, int]]) -> None:
    report, _, _ = audited
    assert (report.exit_code, report.verdict, report.source) == (1, "fail", "lab")
    assert report.accounts == ("111122223333", "444455556666")


def test_the_probe_counts_its_connections_as_the_listeners_do(
    audited: tuple[Report, Mapping[str, str], Mapping[int, int]],
) -> None:
    report, _, connections = audited
    told = {one["port"]: one["connections"] for one in report.listeners}
    assert told.keys() == connections.keys()
    for port, count in connections.items():
        assert count <= int(str(told[port])), f"port {port}: the report admits fewer connections than were made"


def of(report: Report, rule: str) -> list[Finding]:
    return [one for one in report.findings if one.rule == rule]
