"""What the attempts prove: protocol, plaintext, mutual TLS. A proof or nothing: the rest is `unknown`."""

from __future__ import annotations

from orthaudit.gather.probe.steps import Attempt, Seen

DICOM_ABORT = bytes.fromhex("070000000004")


def speaks(seen: Seen) -> str:
    """What the first bytes showed; a reset proves neither protocol, so both ways are looked at."""
    said = [seen.plain, *(attempt.said for attempt in seen.attempts)]
    kinds = {each.kind for each in said}
    if seen.plain.kind in ("refused", "unreachable"):
        return seen.plain.kind
    if seen.may_speak_tls:
        return "tls"
    if answered_in_the_clear(seen):
        return "dicom"
    if "http" in kinds or any(attempt.raw.startswith(b"HTTP/") for attempt in seen.attempts):
        return "http"
    if kinds & {"other", "oversized"} or any(attempt.raw for attempt in seen.attempts):
        return "other"
    return "reset" if "reset" in kinds else "silence"


def plaintext(seen: Seen) -> tuple[str, str | None]:
    """`answered`, `refused` or `unknown`, and why it is unknown.

    `refused` needs two proofs: the peer itself ended the plaintext association, and it speaks TLS.
    """
    if answered_in_the_clear(seen):
        return "answered", None
    kind = seen.plain.kind
    if kind in ("refused", "unreachable"):
        return "unknown", f"plaintext: the listener was {kind}"
    if seen.speaks_tls and kind in ("eof", "reset", "alert"):
        return "refused", None
    if kind in ("eof", "reset", "alert"):
        return "unknown", f"plaintext: ended by {kind}, but TLS was not proven either"
    return "unknown", f"plaintext: answered neither DICOM nor a refusal ({kind}{shown(seen.plain.head)})"


def answered_in_the_clear(seen: Seen) -> bool:
    """Whether a whole DICOM PDU came back outside TLS: to an association, or an abort to a ClientHello."""
    aborts = (attempt.raw[:6] == DICOM_ABORT and len(attempt.raw) >= 10 for attempt in seen.attempts)
    return seen.plain.is_dicom or any(aborts)


def mutual_tls(seen: Seen) -> tuple[str, str | None]:
    """`required`, `not_required` or `unknown`, and why it is unknown.

    Any DICOM PDU without a certificate proves that none is needed, in the clear as well where nothing speaks
    TLS. `required` needs the server's own alert, or that the configured certificate is let in.
    """
    offered = [attempt for attempt in seen.handshakes if not attempt.not_offered]
    if any(attempt.said.is_dicom for attempt in offered):
        return "not_required", None
    if not seen.may_speak_tls:
        if answered_in_the_clear(seen):
            return "not_required", None
        return "unknown", "mutual TLS: nothing spoke TLS"
    let_in = seen.shown is not None and seen.shown.said.is_dicom
    if offered and all(enforces(attempt, let_in) for attempt in offered):
        return "required", None
    if seen.shown is not None and not let_in:
        return "unknown", f"mutual TLS: refused with the client certificate as well ({describe(seen.shown)})"
    ways = "; ".join(describe(attempt) for attempt in seen.handshakes) or "not asked"
    return "unknown", f"mutual TLS: not proven without a certificate ({ways})"


def enforces(attempt: Attempt, let_in: bool) -> bool:
    """Whether one attempt without a certificate was refused for want of it.

    A close without an alert (nginx) looks like a dead back end; that a certificate is let in tells the two
    apart.
    """
    closed = attempt.said.kind in ("eof", "reset") and (attempt.complete or attempt.flight.requested_certificate)
    return attempt.demands_certificate or (let_in and closed)


def describe(attempt: Attempt) -> str:
    """An attempt in a few words, for a doubt."""
    version = attempt.flight.version or "no TLS version"
    said = attempt.said.alert or attempt.said.kind
    return f"{version}: {said}{shown(attempt.raw[:16] if not attempt.flight.kind else b'')}"


def shown(head: bytes) -> str:
    """First bytes for a doubt, in hexadecimal; nothing where there are none."""
    return f", first bytes {head[:16].hex()}" if head else ""
