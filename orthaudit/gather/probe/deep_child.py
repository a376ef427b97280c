"""The sslyze pass, in a process of its own that may be killed at any moment.

Standard input: one line of JSON, `{"timeout": seconds, "jobs": [...]}`, then open until the parent ends.
Standard output: a line of JSON for every connection opened (`{"id", "connections"}`) and one for every listener
that is finished (with `answers`). Run as `python -m orthaudit.gather.probe.deep_child`.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from nassl.ephemeral_key_info import DhEphemeralKeyInfo
from nassl.ssl_client import BaseSslClient
from sslyze.connection_helpers import tls_connection
from sslyze.plugins.robot._robot_tester import RobotScanResultEnum
from sslyze.plugins.scan_commands import ScanCommand
from sslyze.scanner.models import ServerScanRequest, ServerScanResult
from sslyze.scanner.scan_command_attempt import ScanCommandAttemptStatusEnum
from sslyze.scanner.scanner import Scanner
from sslyze.server_setting import (
    ClientAuthenticationCredentials,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
)

from orthaudit.evidence import Json, Structure

BUNDLE = {
    ScanCommand.CERTIFICATE_INFO,
    ScanCommand.ROBOT,
    ScanCommand.HEARTBLEED,
    ScanCommand.OPENSSL_CCS_INJECTION,
    ScanCommand.SESSION_RENEGOTIATION,
    ScanCommand.TLS_COMPRESSION,
    ScanCommand.TLS_FALLBACK_SCSV,
    ScanCommand.TLS_EXTENDED_MASTER_SECRET,
}
SUITES = {
    "SSL 3.0": ScanCommand.SSL_3_0_CIPHER_SUITES,
    "TLS 1.0": ScanCommand.TLS_1_0_CIPHER_SUITES,
    "TLS 1.1": ScanCommand.TLS_1_1_CIPHER_SUITES,
    "TLS 1.2": ScanCommand.TLS_1_2_CIPHER_SUITES,
    "TLS 1.3": ScanCommand.TLS_1_3_CIPHER_SUITES,
}
ROBOT = {
    RobotScanResultEnum.VULNERABLE_WEAK_ORACLE: True,
    RobotScanResultEnum.VULNERABLE_STRONG_ORACLE: True,
    RobotScanResultEnum.NOT_VULNERABLE_NO_ORACLE: False,
    RobotScanResultEnum.NOT_VULNERABLE_RSA_NOT_SUPPORTED: False,
}
IANA_GROUPS = {"X25519": "x25519", "X448": "x448"}
"""The names that sslyze spells otherwise than IANA does."""


@dataclass
class Door:
    """Where sslyze opens its connections: counted, paced, and shut after `limit`, listener by listener.

    The one place where every connection passes, so that the count is exact whatever the commands do.
    """

    output: threading.Lock = field(default_factory=threading.Lock)
    jobs: dict[tuple[str, int], Structure] = field(default_factory=dict)
    opened: Counter[tuple[str, int]] = field(default_factory=Counter)

    def open(self, location: ServerNetworkLocation, network_timeout: int) -> socket.socket:
        """Stands in for sslyze's own function. A listener whose limit is reached is as if it refused."""
        key = (str(location.ip_address), location.port)
        job = self.jobs[key]
        if self.opened[key] >= int(str(job["limit"])):
            raise ConnectionRefusedError("the most connections that this listener may see were opened")
        time.sleep(float(str(job["pause"])))
        self.opened[key] += 1
        self.say({"id": job["id"], "connections": self.opened[key]})
        return socket.create_connection(key, timeout=network_timeout)

    def say(self, line: Structure) -> None:
        """One line of JSON, whole, at once."""
        with self.output:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


def main() -> None:
    """Reads the jobs, runs them side by side, writes each result as it comes."""
    work = json.loads(sys.stdin.readline())
    threading.Thread(target=leave_with_parent, daemon=True).start()
    door = Door()
    tls_connection._open_socket_for_direct_connection = door.open  # type: ignore[assignment]  # bound
    leave_out_literal_names()
    requests, identifiers = [], {}
    for job in work["jobs"]:
        door.jobs[job["address"], job["port"]] = job
        request = scan_request(job, max(1, int(work["timeout"])))
        identifiers[request.uuid] = job["id"]
        requests.append(request)
    scanner = Scanner(per_server_concurrent_connections_limit=1, concurrent_server_scans_limit=len(requests))
    scanner.queue_scans(requests)
    for result in scanner.get_results():
        door.say({"id": identifiers[result.uuid], "answers": answers(result)})


def leave_with_parent() -> None:
    """Ends this process when the parent has ended and its end of standard input is closed."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def leave_out_literal_names() -> None:
    """Makes sslyze send no server name where all that is known is an address (RFC 6066)."""
    send = BaseSslClient.set_tlsext_host_name

    def send_names_only(client: BaseSslClient, name: str) -> None:
        try:
            ipaddress.ip_address(name)
        except ValueError:
            send(client, name)

    BaseSslClient.set_tlsext_host_name = send_names_only  # type: ignore[assignment, method-assign]  # no setting


def scan_request(job: dict[str, Any], timeout: int) -> ServerScanRequest:
    """What sslyze is asked about one listener: the bundle, and the suites where the job says so."""
    credentials = None
    if job["client_certificate"]:
        credentials = ClientAuthenticationCredentials(
            Path(job["client_certificate"]), Path(job["client_key"] or job["client_certificate"])
        )
    return ServerScanRequest(
        ServerNetworkLocation(job["host"], job["port"], ip_address=job["address"]),
        ServerNetworkConfiguration(
            job["host"],
            tls_client_auth_credentials=credentials,
            network_timeout=timeout,
            network_max_retries=1,
        ),
        BUNDLE | ({*SUITES.values(), ScanCommand.ELLIPTIC_CURVES} if job["suites"] else set()),
    )


def answers(result: ServerScanResult) -> Structure:
    """A result as plain JSON; a command that failed leaves its text under `errors` and None in its place."""
    if result.scan_result is None or result.connectivity_result is None:
        trace = result.connectivity_error_trace
        return {"error": str(trace).strip() if trace else "no connection"}
    errors: Structure = {}
    scan = result.scan_result

    def of(command: str) -> Any:
        attempt = getattr(scan, command)
        if attempt.status is ScanCommandAttemptStatusEnum.COMPLETED:
            return attempt.result
        if attempt.status is ScanCommandAttemptStatusEnum.ERROR:
            trace = attempt.error_trace
            why = "".join(trace.format_exception_only()).strip() if trace else ""
            errors[command] = f"{attempt.error_reason.value}: {why}"
        return None

    suites = {version: of(command.value) for version, command in SUITES.items()}
    curves, chain, robot = of("elliptic_curves"), of("certificate_info"), of("robot")
    renegotiation, compression = of("session_renegotiation"), of("tls_compression")
    scsv, extended = of("tls_fallback_scsv"), of("tls_extended_master_secret")
    heartbleed, injection = of("heartbleed"), of("openssl_ccs_injection")
    return {
        "highest": version_name(result.connectivity_result.highest_tls_version_supported.name),
        "asked": {version: asked(found) for version, found in suites.items() if found is not None},
        "groups": groups(curves) if curves else None,
        "dhe_bits": dhe_bits([found for found in suites.values() if found is not None]),
        "chains": chains(chain) if chain else [],
        "robot": ROBOT.get(robot.robot_result) if robot else None,
        "heartbleed": heartbleed.is_vulnerable_to_heartbleed if heartbleed else None,
        "ccs_injection": injection.is_vulnerable_to_ccs_injection if injection else None,
        "compression": compression.supports_compression if compression else None,
        "secure_renegotiation": renegotiation.supports_secure_renegotiation if renegotiation else None,
        "fallback_scsv": scsv.supports_fallback_scsv if scsv else None,
        "extended_master_secret": extended.supports_ems_extension if extended else None,
        "errors": errors,
    }


def version_name(name: str) -> str:
    """`TLS 1.2` for sslyze's `TLS_1_2`."""
    family, major, minor = name.split("_")
    return f"{family} {major}.{minor}"


def asked(found: Any) -> Structure:
    """One version: the names accepted, and the texts of the others, counted."""
    refusals = Counter(rejected.error_message for rejected in found.rejected_cipher_suites)
    return {
        "accepted": sorted(accepted.cipher_suite.name for accepted in found.accepted_cipher_suites),
        "refusals": dict(refusals),
    }


def groups(curves: Any) -> list[Json]:
    """IANA names of the groups that were accepted."""
    return [IANA_GROUPS.get(curve.name, curve.name) for curve in curves.supported_curves or ()]


def dhe_bits(suites: list[Any]) -> int | None:
    """The smallest DHE group seen, in bits."""
    keys = (accepted.ephemeral_key for found in suites for accepted in found.accepted_cipher_suites)
    return min((key.size for key in keys if isinstance(key, DhEphemeralKeyInfo)), default=None)


def chains(found: Any) -> list[Json]:
    """Every chain that the server sent to one kind of client or another, in PEM, leaf first."""
    return [
        [certificate.public_bytes(Encoding.PEM).decode() for certificate in each.received_certificate_chain]
        for each in found.certificate_deployments
    ]


if __name__ == "__main__":
    main()
