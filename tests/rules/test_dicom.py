"""DICOM listeners as probed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from orthaudit.declared import Config, Vantage
from orthaudit.evidence import Json, Structure
from orthaudit.finding import Severity, Status
from orthaudit.lab.certificates import Authority
from orthaudit.policy import POLICIES, Policy
from tests.estates import NETWORK, expect, finding, findings
from tests.structures import AUTHORITY, LEAF, NOW, VERSIONS, pem, probe

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_APPLICABLE

PLAINTEXT: Final = "dicom-refuses-plaintext"
VERSION: Final = "dicom-tls-minimum-version"
SUITE: Final = "dicom-tls-no-broken-suite"
CERTIFICATE: Final = "dicom-certificate-valid"
MUTUAL: Final = "dicom-mutual-tls"
TLS_RULES: Final = (VERSION, SUITE, CERTIFICATE, MUTUAL)
GOOD: Final = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"

NOTHING: Final[Structure] = {
    "versions": None,
    "suites": None,
    "suites_complete": None,
    "chain": [],
    "certificate": None,
    "association": None,
    "mutual_tls": "unknown",
    "plaintext": "unknown",
    "doubts": ["timed out after 5 s"],
}
"""A listener that could not be seen at all."""


@pytest.mark.parametrize("rule", [PLAINTEXT, *TLS_RULES])
@pytest.mark.parametrize("speaks", ["silence", "reset", "refused", "unreachable"])
def test_what_gave_no_answer_is_unknown(rule: str, speaks: str) -> None:
    one = finding(rule, probes=[probe() | NOTHING | {"speaks": speaks}])
    expect(one, UNKNOWN, "pacs.example.org:11112", speaks, "timed out after 5 s")
    assert one.unknown is not None
    assert one.unknown.code == "not_probed"


@pytest.mark.parametrize("rule", [PLAINTEXT, *TLS_RULES])
@pytest.mark.parametrize("speaks", ["silence", "reset", "refused", "unreachable"])
def test_an_earlier_answer_does_not_count_once_it_gives_none(rule: str, speaks: str) -> None:
    expect(finding(rule, probes=[probe(speaks=speaks)]), UNKNOWN, speaks)


@pytest.mark.parametrize("rule", TLS_RULES)
@pytest.mark.parametrize("speaks", ["dicom", "http", "other"])
def test_where_no_tls_is_spoken_no_tls_is_judged(rule: str, speaks: str) -> None:
    expect(finding(rule, probes=[probe() | NOTHING | {"speaks": speaks}]), NOT_APPLICABLE, "no TLS")


@pytest.mark.parametrize("rule", [PLAINTEXT, *TLS_RULES])
def test_a_listener_that_was_left_alone_says_why(rule: str) -> None:
    record = probe(left_alone={"code": "out_of_window", "why": "probe.windows"}) | NOTHING
    one = finding(rule, probes=[record])
    expect(one, UNKNOWN, "probe.windows")
    assert one.unknown is not None
    assert one.unknown.code == "out_of_window"


@pytest.mark.parametrize("rule", [PLAINTEXT, *TLS_RULES])
def test_a_listener_of_aws_that_nobody_probed_is_unknown(rule: str) -> None:
    one = finding(rule, NETWORK)
    expect(one, UNKNOWN, "192.0.2.10:11112")
    assert one.subject.id == "eni-1:11112"


@pytest.mark.parametrize("rule", [PLAINTEXT, *TLS_RULES])
def test_each_vantage_point_is_a_finding_of_its_own(rule: str) -> None:
    found = findings(rule, probes=[probe(vantage="a"), probe(vantage="b"), probe()])
    assert [one.vantage for one in found] == [None, "a", "b"]
    assert len({one.id for one in found}) == 3
    unseen = finding(rule, probes=[probe(vantage="ward", speaks="silence")])
    assert unseen.unknown is not None
    assert unseen.unknown.needs == ("a probe of pacs.example.org:11112 from ward",)


@pytest.mark.parametrize("rule", [PLAINTEXT, *TLS_RULES])
def test_remediation_and_evidence_name_the_listener(rule: str) -> None:
    one = finding(rule, probes=[probe("2001:db8::7")])
    expect(one, PASS)
    assert "[2001:db8::7]:11112" in one.remediation
    assert [evidence.source for evidence in one.evidence] == ["probe [2001:db8::7]:11112"]


@pytest.mark.parametrize(
    ("seen", "status", "words"),
    [
        pytest.param({"plaintext": "refused"}, PASS, [], id="refused"),
        pytest.param({"plaintext": "answered"}, FAIL, ["in the clear"], id="beside TLS"),
        pytest.param({"plaintext": "answered", "speaks": "dicom"}, FAIL, ["in the clear"], id="alone"),
        pytest.param({"plaintext": "unknown", "doubts": ["one at a time"]}, UNKNOWN, ["one at a time"], id="unknown"),
        pytest.param({"plaintext": None}, UNKNOWN, ["plaintext"], id="not in the evidence"),
        pytest.param({"plaintext": "refused", "speaks": "http"}, PASS, [], id="a web server"),
    ],
)
def test_refuses_plaintext(seen: Structure, status: Status, words: list[str]) -> None:
    expect(finding(PLAINTEXT, probes=[probe() | seen]), status, *words)


@pytest.mark.parametrize(
    ("vantage", "outside", "address", "severity"),
    [
        pytest.param(None, None, "192.0.2.10", Severity.CRITICAL, id="a public address"),
        pytest.param(None, None, "2600::7", Severity.CRITICAL, id="a public IPv6 address"),
        pytest.param(None, None, "10.0.1.10", Severity.HIGH, id="a private address"),
        pytest.param(None, None, "fd00::7", Severity.HIGH, id="a private IPv6 address"),
        pytest.param(None, None, None, Severity.HIGH, id="no address"),
        pytest.param(None, None, "pacs.example.org", Severity.HIGH, id="a name is no address"),
        pytest.param("scanner", True, "10.0.1.10", Severity.CRITICAL, id="declared outside"),
        pytest.param("clinic", False, "192.0.2.10", Severity.HIGH, id="declared inside"),
        pytest.param("clinic", None, "192.0.2.10", Severity.CRITICAL, id="declared, and not where"),
    ],
)
def test_plaintext_from_outside_is_critical(
    vantage: str | None, outside: bool | None, address: str | None, severity: Severity
) -> None:
    config = Config(vantages={vantage: Vantage(outside)} if vantage else {})
    record = probe(plaintext="answered", vantage=vantage, address=address)
    one = finding(PLAINTEXT, probes=[record], config=config)
    expect(one, FAIL)
    assert one.severity is severity


@pytest.mark.parametrize(
    ("versions", "status", "words"),
    [
        pytest.param({}, PASS, [], id="sound"),
        pytest.param({"TLS 1.2": "rejected", "TLS 1.3": "accepted"}, PASS, [], id="TLS 1.3 alone"),
        pytest.param({"TLS 1.2": "inconclusive", "TLS 1.3": "inconclusive"}, PASS, [], id="doubts about the others"),
        pytest.param({"TLS 1.1": "accepted"}, FAIL, ["TLS 1.1"], id="TLS 1.1"),
        pytest.param({"TLS 1.0": "accepted", "TLS 1.1": "accepted"}, FAIL, ["2 reasons", "TLS 1.0"], id="both"),
        pytest.param({"SSL 3.0": "accepted"}, FAIL, ["SSL 3.0"], id="SSL 3.0"),
        pytest.param({"TLS 1.0": "inconclusive"}, UNKNOWN, ["TLS 1.0", "inconclusive"], id="in doubt"),
        pytest.param({"SSL 3.0": None}, UNKNOWN, ["SSL 3.0"], id="not in the evidence"),
        pytest.param({"TLS 1.0": "inconclusive", "TLS 1.1": "accepted"}, FAIL, ["TLS 1.1"], id="fails in doubt"),
        pytest.param(None, UNKNOWN, ["3 reasons"], id="no versions at all"),
    ],
)
def test_minimum_version(versions: Structure | None, status: Status, words: list[str]) -> None:
    seen: Json = None if versions is None else VERSIONS | versions
    expect(finding(VERSION, probes=[probe(versions=seen)]), status, *words)


@pytest.mark.parametrize(
    ("suite", "why"),
    [
        (GOOD, None),
        ("TLS_AES_128_GCM_SHA256", None),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", None),
        ("TLS_CHACHA20_POLY1305_SHA256", None),
        ("TLS_RSA_WITH_RC4_128_SHA", "RC4"),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", "RC4"),
        ("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", "export"),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "3DES"),
        ("TLS_DHE_RSA_WITH_DES_CBC_SHA", "DES"),
        ("TLS_KRB5_WITH_IDEA_CBC_MD5", "MD5"),
        ("TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5", "export"),
        ("TLS_RSA_WITH_NULL_SHA256", "no encryption"),
        ("TLS_SHA256_SHA256", "no encryption"),
    ],
)
def test_broken_suites(suite: str, why: str | None) -> None:
    one = finding(SUITE, probes=[probe(suites={"TLS 1.2": [GOOD, suite]})])
    expect(one, FAIL if why else PASS, *([f"{suite} ({why})", "TLS 1.2"] if why else []))
    assert f"{GOOD} (" not in one.message


@pytest.mark.parametrize(
    ("seen", "status", "words"),
    [
        pytest.param({"suites_complete": {"TLS 1.2": False}}, UNKNOWN, ["TLS 1.2"], id="there may be more"),
        pytest.param({"suites_complete": None}, UNKNOWN, ["TLS 1.2"], id="completeness not told"),
        pytest.param({"suites_complete": {}}, UNKNOWN, ["TLS 1.2"], id="completeness of this version not told"),
        pytest.param({"versions": VERSIONS | {"TLS 1.0": "inconclusive"}}, UNKNOWN, ["TLS 1.0"], id="version in doubt"),
        pytest.param({"versions": VERSIONS | {"TLS 1.3": "accepted"}}, UNKNOWN, ["TLS 1.3"], id="suites of one unseen"),
        pytest.param({"versions": None}, UNKNOWN, ["TLS 1.2"], id="no versions"),
        pytest.param(
            {"suites": {"TLS 1.2": ["TLS_RSA_WITH_RC4_128_SHA"]}, "suites_complete": {"TLS 1.2": False}},
            FAIL,
            ["RC4"],
            id="fails though there may be more",
        ),
        pytest.param(
            {
                "versions": VERSIONS | {"TLS 1.0": "accepted"},
                "suites": {"TLS 1.2": [GOOD], "TLS 1.0": ["TLS_RSA_WITH_DES_CBC_SHA"]},
                "suites_complete": {"TLS 1.2": True, "TLS 1.0": True},
            },
            FAIL,
            ["TLS 1.0", "DES"],
            id="by an old version alone",
        ),
    ],
)
def test_suites_that_were_not_all_seen(seen: Structure, status: Status, words: list[str]) -> None:
    expect(finding(SUITE, probes=[probe() | seen]), status, *words)


DAY: Final = timedelta(days=1)
EXPIRED: Final = AUTHORITY.issue("old.example.org", not_after=NOW - DAY)
SOON: Final = AUTHORITY.issue("soon.example.org", not_before=NOW - 100 * DAY, not_after=NOW + 29 * DAY + DAY / 2)
TOMORROW: Final = AUTHORITY.issue("new.example.org", not_before=NOW + DAY)
OLD_CA: Final = Authority(NOW - 3649 * DAY, "Old CA")
OUTLIVING: Final = OLD_CA.issue("leaf.example.org", not_before=NOW - DAY, not_after=NOW + 300 * DAY)
CA: Final = AUTHORITY.own.certificate_pem


def leaf(days: int, **more: Json) -> Structure:
    """The certificate as the report tells it, ending so many days from now."""
    return {
        "subject": "CN=pacs",
        "issuer": "CN=CA",
        "not_before": (NOW - 100 * DAY).isoformat(),
        "not_after": (NOW + days * DAY).isoformat(),
        **more,
    }


@pytest.mark.parametrize(
    ("seen", "status", "words"),
    [
        pytest.param({"chain": pem(LEAF.certificate_pem)}, PASS, [], id="a leaf alone"),
        pytest.param({"chain": pem(EXPIRED.certificate_pem, CA)}, FAIL, ["CN=old", "expired"], id="expired"),
        pytest.param({"chain": pem(SOON.certificate_pem, CA)}, FAIL, ["CN=soon.example.org", "29 days"], id="29 days"),
        pytest.param({"chain": pem(TOMORROW.certificate_pem, CA)}, FAIL, ["begins 2026-11-26"], id="not yet valid"),
        pytest.param(
            {"chain": pem(OUTLIVING.certificate_pem, OLD_CA.own.certificate_pem)},
            FAIL,
            ["2 reasons", "CN=Old CA", "before CN=leaf.example.org"],
            id="the CA ends first",
        ),
        pytest.param({"chain": ["nonsense"]}, UNKNOWN, ["pacs.example.org:11112"], id="no certificate in it"),
        pytest.param({"chain": None, "certificate": leaf(200)}, PASS, [], id="as the report tells it"),
        pytest.param({"chain": [], "certificate": leaf(10)}, FAIL, ["CN=pacs", "10 days"], id="the report's ends soon"),
        pytest.param({"chain": [], "certificate": leaf(200, sent=2)}, UNKNOWN, ["chain"], id="its chain is lost"),
        pytest.param({"chain": [], "certificate": None, "doubts": ["reset"]}, UNKNOWN, ["reset"], id="none was seen"),
        pytest.param({"chain": [], "certificate": leaf(9, not_after="soon")}, UNKNOWN, ["certificate"], id="no date"),
    ],
)
def test_certificate_valid(seen: Structure, status: Status, words: list[str]) -> None:
    one = finding(CERTIFICATE, probes=[probe() | seen])
    expect(one, status, *words)
    assert one.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("seen", "policy", "severity"),
    [
        ("required", POLICIES["guide"], None),
        ("required", POLICIES["strict"], None),
        ("not_required", POLICIES["guide"], Severity.MEDIUM),
        ("not_required", POLICIES["strict"], Severity.HIGH),
        ("not_required", Policy(require_mutual_tls=True), Severity.HIGH),
    ],
)
def test_mutual_tls(seen: str, policy: Policy, severity: Severity | None) -> None:
    one = finding(MUTUAL, probes=[probe(mutual_tls=seen)], config=Config(policy=policy))
    expect(one, FAIL if severity is not None else PASS)
    assert severity in (None, one.severity)


@pytest.mark.parametrize("seen", ["unknown", None, "maybe"])
def test_mutual_tls_in_doubt(seen: Json) -> None:
    record = probe(mutual_tls=seen, doubts=["it closed without an alert"])
    expect(finding(MUTUAL, probes=[record]), UNKNOWN, "mutual_tls", "it closed without an alert")
