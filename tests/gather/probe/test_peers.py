"""Real servers of other makes, where they are installed."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from orthaudit.gather.probe.endpoint import Manner, Target, probe
from orthaudit.lab.dicom import Listeners, Service

OPENSSL = shutil.which("openssl")


@pytest.fixture
def worst_case(certificates: Any) -> Iterator[int]:
    """`openssl s_server` with every suite that it has; gives its port."""
    if OPENSSL is None:
        pytest.skip("the openssl program is not installed")
    certificate, key = certificates.rsa
    command = [OPENSSL, "s_server", "-accept", "127.0.0.1:0", "-cert", str(certificate), "-key", str(key)]
    command += ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-min_protocol", "TLSv1", "-WWW"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        accepting = next(line for line in server.stdout if line.startswith("ACCEPT"))
        yield int(accepting.rsplit(":", 1)[1])
        server.kill()


def test_openssl_s_server(worst_case: int, look_at: Callable[..., dict[str, Any]]) -> None:
    seen = look_at(worst_case, Manner(deadline=60.0, association=0.7))
    assert (seen["speaks"], seen["plaintext"], seen["mutual_tls"]) == ("tls", "refused", "unknown")
    assert seen["versions"] == {"SSL 3.0": "rejected"} | dict.fromkeys(
        ("TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"), "accepted"
    )
    assert set(seen["suites"]["TLS 1.0"]) > {"TLS_RSA_WITH_NULL_MD5", "TLS_DH_anon_WITH_AES_128_CBC_SHA"}
    assert len(seen["suites"]["TLS 1.2"]) > 40
    assert seen["dhe_bits"] == 1024  # what OpenSSL chooses for its anonymous suites


def test_ipv6() -> None:
    listeners = Listeners({0: Service()}, host="::1")
    try:
        listeners.__enter__()
    except OSError as error:
        pytest.skip(f"this machine has no IPv6 loopback: {error}")
    try:
        target = Target("::1", listeners.ports[0])
        (seen,) = asyncio.run(probe([target], Manner(), datetime.now(UTC)))
    finally:
        listeners.__exit__(None, None, None)
    assert target.endpoint == f"[::1]:{target.port}"
    assert (seen["address"], seen["speaks"], seen["plaintext"]) == ("::1", "dicom", "answered")


def test_the_parent_never_loads_sslyze() -> None:
    code = "import sys, orthaudit.gather.probe.endpoint; sys.exit('sslyze' in sys.modules or 'nassl' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
