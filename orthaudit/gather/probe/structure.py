"""A listener as probed: what was seen, in the words of the contract, every key present."""

from __future__ import annotations

from datetime import datetime

from cryptography.x509 import Certificate

from orthaudit.evidence import Json, Structure
from orthaudit.gather.probe import certificate, verdicts
from orthaudit.gather.probe.association import STUDY_ROOT_FIND, UNKNOWN_SOP_CLASS, Said
from orthaudit.gather.probe.deep import Deep
from orthaudit.gather.probe.flight import ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET, RENEGOTIATION_INFO
from orthaudit.gather.probe.steps import Seen
from orthaudit.gather.probe.target import Manner, Target

SECURE_BY_TLS_1_3 = {
    "secure_renegotiation": "session_renegotiation",
    "extended_master_secret": "tls_extended_master_secret",
}
"""What sslyze calls given where TLS 1.3 is spoken, without asking TLS 1.2; with the command that tells it."""


def left_alone(target: Target, manner: Manner, code: str, why: str) -> Structure:
    """A target that no packet was sent to."""
    return {**names(target, manner, None), "left_alone": {"code": code, "why": why}}


def names(target: Target, manner: Manner, address: str | None) -> Structure:
    """Which listener it is."""
    return {
        "host": target.host,
        "port": target.port,
        "vantage": manner.vantage,
        "address": address,
        "stands_for": target.stands_for,
    }


def as_probed(
    target: Target, manner: Manner, seen: Seen, deep: Deep | None, connections: int, now: datetime
) -> Structure:
    """The contract's structure, and `chain`: the certificates that the server sent, in PEM, leaf first.

    `deep` None: sslyze was not asked, because nothing may speak TLS. `connections`: our own; sslyze's come on
    top.
    """
    doubts = list(seen.doubts)
    plaintext, plaintext_doubt = verdicts.plaintext(seen)
    mutual_tls, mutual_doubt = verdicts.mutual_tls(seen)
    doubts += [doubt for doubt in (plaintext_doubt, mutual_doubt, seen.plain.doubt) if doubt]
    doubts += [attempt.said.doubt for attempt in seen.attempts if attempt.said.doubt]
    chain = sent_chain(seen, deep)
    described: Structure | None = None
    if chain:
        described, certificate_doubts = certificate.describe(chain, target, now)
        doubts += certificate_doubts
    told: Structure = {
        **names(target, manner, seen.address),
        "speaks": verdicts.speaks(seen),
        **tls_facts(seen, deep, doubts),
        "plaintext": plaintext,
        "mutual_tls": mutual_tls,
        "certificate": described,
        "association": association(seen),
        **attacks(seen, deep),
        "connections": connections + (deep.connections if deep else 0),
        "doubts": [*dict.fromkeys(doubts)],
        "chain": [certificate.to_pem(each) for each in chain],
    }
    return told


def sent_chain(seen: Seen, deep: Deep | None) -> list[Certificate]:
    """The chain of the certificate that our own handshake got; sslyze tells the rest of it in TLS 1.3."""
    in_clear = [attempt.flight.certificates for attempt in seen.attempts if attempt.flight.certificates]
    chains = [certificate.load_chain(chain) for chain in in_clear]
    if deep:
        chains += [certificate.load_chain(pem.encode() for pem in chain) for chain in deep.chains]
    chains = [chain for chain in chains if chain]
    leaves = certificate.load_chain(attempt.leaf for attempt in seen.attempts if attempt.leaf)
    for leaf in leaves[:1]:
        return next((chain for chain in chains if chain[0] == leaf), [leaf])
    return chains[0] if chains else []


def tls_facts(seen: Seen, deep: Deep | None, doubts: list[str]) -> Structure:
    """Versions, suites, groups and features; adds what is in doubt about them."""
    if deep is None:
        nothing = ("extended_master_secret", "encrypt_then_mac", "secure_renegotiation", "fallback_scsv")
        return {
            **dict.fromkeys(("versions", "suites", "suites_complete", "groups", "dhe_bits")),
            "features": dict.fromkeys(nothing),
        }
    suites = deep.suites.with_seen(seen_versions(seen))
    own = hello_features(seen)
    answered = {command for name, command in SECURE_BY_TLS_1_3.items() if own.get(name) is not None}
    doubts += suites.doubts
    doubts += [doubt for doubt in deep.doubts if not doubt.startswith(tuple(f"sslyze {name}:" for name in answered))]
    return {
        "versions": dict(suites.versions),
        "suites": {version: list(names) for version, names in suites.accepted.items()},
        "suites_complete": dict(suites.complete),
        "groups": list(deep.groups) if deep.groups is not None else None,
        "dhe_bits": deep.dhe_bits,
        "features": features(seen, deep),
    }


def seen_versions(seen: Seen) -> set[str]:
    """The versions in which the server chose a suite in our own handshakes."""
    return {attempt.flight.version for attempt in seen.attempts if attempt.flight.version}


def hello_features(seen: Seen) -> dict[str, bool | None]:
    """Features up to TLS 1.2 out of the server's own ServerHello; OpenSSL's ClientHello offers all of them.

    encrypt_then_mac is answered only where a suite in CBC mode was chosen, and we offer better ones first.
    """
    for attempt in seen.attempts:
        flight = attempt.flight
        if flight.kind == "hello" and flight.version != "TLS 1.3":
            return {
                "extended_master_secret": EXTENDED_MASTER_SECRET in flight.extensions,
                "encrypt_then_mac": True if ENCRYPT_THEN_MAC in flight.extensions else None,
                "secure_renegotiation": RENEGOTIATION_INFO in flight.extensions,
            }
    return {}


def features(seen: Seen, deep: Deep | None) -> Structure:
    """The contract's `features`: our own ServerHello first, then sslyze where it really asked."""
    own = hello_features(seen)
    told = trusted_checks(deep)
    return {
        name: own[name] if own.get(name) is not None else told.get(name)
        for name in ("extended_master_secret", "encrypt_then_mac", "secure_renegotiation", "fallback_scsv")
    }


def trusted_checks(deep: Deep | None) -> dict[str, bool | None]:
    """sslyze's answers, without those that a broken connection, or no question at all, could have given.

    sslyze takes a broken connection for a refusal, and a refusal for a good sign.
    """
    if deep is None:
        return {}
    checks = dict(deep.checks)
    if deep.highest == "TLS 1.3" and deep.suites.versions.get("TLS 1.2") != "rejected":
        checks |= dict.fromkeys(SECURE_BY_TLS_1_3)
    if not deep.suites.healthy:
        good = {"secure_renegotiation": True, "fallback_scsv": True, "extended_master_secret": True}
        checks = {name: None if value is good.get(name, False) else value for name, value in checks.items()}
    return checks


def attacks(seen: Seen, deep: Deep | None) -> Structure:
    """The contract's `vulnerabilities`: true means vulnerable."""
    checks, shown = trusted_checks(deep), features(seen, deep)
    renegotiation, signalled = shown["secure_renegotiation"], shown["fallback_scsv"]
    return {
        "vulnerabilities": {
            "heartbleed": checks.get("heartbleed"),
            "robot": checks.get("robot"),
            "ccs_injection": checks.get("ccs_injection"),
            "insecure_renegotiation": not renegotiation if isinstance(renegotiation, bool) else None,
            "compression": checks.get("compression"),
            "downgrade": not signalled if isinstance(signalled, bool) else None,
        }
    }


def association(seen: Seen) -> Json:
    """The contract's `association`, None where no DICOM answer ever came."""
    said = seen.association
    if said is None:
        return None
    accepted = said.acceptance
    return {
        "outcome": said.kind,
        "reject": dict(zip(("result", "source", "reason"), said.reject, strict=True)) if said.reject else None,
        "called_aet_checked": seen.called_aet_checked,
        "calling_aet_checked": seen.calling_aet_checked,
        "query_accepted": offered(said, STUDY_ROOT_FIND),
        "unknown_sop_class_refused": refused(said, UNKNOWN_SOP_CLASS),
        "implementation_class_uid": accepted.implementation_class_uid if accepted else None,
        "implementation_version": accepted.implementation_version if accepted else None,
        "max_pdu": accepted.max_pdu if accepted else None,
    }


def offered(said: Said, syntax: str) -> bool | None:
    """Whether a class was accepted when proposed, None where no association came about."""
    if said.acceptance is None:
        return None
    if syntax in said.acceptance.accepted:
        return True
    return False if syntax in said.acceptance.refused else None


def refused(said: Said, syntax: str) -> bool | None:
    """The opposite of `offered`."""
    known = offered(said, syntax)
    return None if known is None else not known
