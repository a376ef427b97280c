"""Client VPN: the certificates that its tunnels stand on, and how long any certificate must still be valid."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from orthaudit.declared import Config
from orthaudit.finding import FixBy, Severity, Status
from orthaudit.lab.certificates import Authority
from orthaudit.policy import Policy
from tests.estates import SOUND, expect, finding
from tests.structures import AUTHORITY, LEAF, NOW, ROOT, SERVER, Answers, acm, endpoints

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
RULE = "client-vpn-certificate-expiry"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
YEARS = timedelta(days=365)


def server(not_before: datetime, not_after: datetime, authority: Authority = AUTHORITY) -> Answers:
    """The server certificate with these dates, and the CA behind it."""
    leaf = authority.issue("vpn.example.org", not_before=not_before, not_after=not_after)
    return acm(SERVER, leaf.certificate_pem, authority.own.certificate_pem)


LONG_AGO = NOW - 100 * DAY
OLD = Authority(NOW - 9 * YEARS, "Old CA")


@pytest.mark.parametrize(
    ("change", "severity", "words"),
    [
        pytest.param({}, None, [], id="sound"),
        pytest.param(server(LONG_AGO, NOW + 30 * DAY), None, [], id="30 days of 30"),
        pytest.param(server(LONG_AGO, NOW + 30 * DAY - SECOND), Severity.MEDIUM, ["29 days"], id="29 days of 30"),
        pytest.param(server(LONG_AGO, NOW + SECOND), Severity.MEDIUM, ["0 days"], id="the last second"),
        pytest.param(server(LONG_AGO, NOW), Severity.HIGH, ["CN=vpn.example.org", "expired"], id="it ends now"),
        pytest.param(server(LONG_AGO, NOW - SECOND), Severity.HIGH, ["expired"], id="expired"),
        pytest.param(server(NOW, NOW + YEARS), None, [], id="it begins now"),
        pytest.param(server(NOW + DAY, NOW + YEARS), Severity.HIGH, ["begins 2026-11-26"], id="not yet valid"),
        pytest.param(server(NOW - 2 * DAY, NOW + DAY), None, [], id="a third of a short life is left"),
        pytest.param(
            server(NOW - 2 * DAY, NOW + DAY - 3 * SECOND), Severity.MEDIUM, ["0 days"], id="less than a third"
        ),
        pytest.param(
            server(LONG_AGO, NOW + 2 * YEARS, OLD), Severity.MEDIUM, ["CN=Old CA", "before"], id="CA ends first"
        ),
        pytest.param(
            server(LONG_AGO, NOW + YEARS, Authority(NOW - 11 * YEARS, "Dead CA")),
            Severity.HIGH,
            ["2 reasons", "CN=Dead CA", "expired", "signed"],
            id="CA expired",
        ),
        pytest.param(
            acm(ROOT, Authority(NOW - 10 * YEARS + 9 * DAY, "Clients").own.certificate_pem),
            Severity.MEDIUM,
            ["CN=Clients", "9 days"],
            id="the clients' root",
        ),
        pytest.param(
            acm(ROOT, LEAF.certificate_pem, Authority(NOW - 11 * YEARS, "Behind").own.certificate_pem),
            Severity.HIGH,
            ["CN=Behind"],
            id="the chain behind a client's leaf",
        ),
    ],
)
def test_certificate_expiry(change: Answers, severity: Severity | None, words: list[str]) -> None:
    one = finding(RULE, SOUND | change)
    expect(one, PASS if severity is None else FAIL, *words)
    assert severity in (None, one.severity)
    assert one.fix_by is FixBy.PKI
    assert "cvpn-endpoint-1" in one.remediation


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param({k: v for k, v in SOUND.items() if SERVER not in str(k)}, ["GetCertificate", SERVER], id="server"),
        pytest.param({k: v for k, v in SOUND.items() if ROOT not in str(k)}, ["GetCertificate", ROOT], id="root"),
        pytest.param(SOUND | acm(SERVER, b"no certificate"), [SERVER], id="not a certificate"),
        pytest.param(SOUND | endpoints(ServerCertificateArn=None), ["ServerCertificateArn"], id="no server named"),
        pytest.param(
            SOUND
            | endpoints(
                AuthenticationOptions=[{"Type": "certificate-authentication", "MutualAuthentication": {"x": 1}}]
            ),
            ["ClientRootCertificateChain"],
            id="no root named",
        ),
    ],
)
def test_a_certificate_that_was_not_seen_is_unknown(answers: Answers, words: list[str]) -> None:
    expect(finding(RULE, answers), UNKNOWN, *words)


def test_an_expired_certificate_fails_without_the_other() -> None:
    without_root = {key: value for key, value in SOUND.items() if ROOT not in str(key)}
    one = finding(RULE, without_root | server(LONG_AGO, NOW - DAY))
    expect(one, FAIL, "expired")
    assert any("not seen" in evidence.detail and ROOT in evidence.detail for evidence in one.evidence)


@pytest.mark.parametrize(("days", "status"), [(60, FAIL), (44, FAIL), (43, PASS), (0, PASS)])
def test_the_days_are_the_policy_s(days: int, status: Status) -> None:
    config = Config(policy=Policy(certificate_days=days))
    expect(finding(RULE, SOUND | server(LONG_AGO, NOW + 43 * DAY), config=config), status)


@pytest.mark.parametrize(("as_of", "status"), [(NOW, PASS), (NOW + 290 * DAY, FAIL)])
def test_the_time_is_the_evidence_s(as_of: datetime, status: Status) -> None:
    expect(finding(RULE, SOUND, as_of=as_of), status)
