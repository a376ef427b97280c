"""What is to be probed, and how probes behave towards it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """One DICOM listener to probe; `host` and `port` are as the report names them."""

    host: str
    port: int
    stands_for: str | None = None
    called_aet: str | None = None
    """None: a random title that begins with ORTHAUDIT-; the same for `calling_aet`."""
    calling_aet: str | None = None
    ca_file: Path | None = None
    certificate_sha256: tuple[str, ...] = ()
    """Pins: SHA-256 of the server's certificate in DER, hexadecimal, colons allowed."""
    client_certificate: Path | None = None
    client_key: Path | None = None
    deep: bool = True
    """Whether sslyze asks for versions, suites and vulnerabilities as well."""

    @property
    def endpoint(self) -> str:
        """`host:port`, with IPv6 in brackets."""
        return endpoint(self.host, self.port)


@dataclass(frozen=True)
class Manner:
    """How probes behave; all times in seconds."""

    vantage: str | None = None
    deadline: float = 15.0
    """For everything done to one listener."""
    connect: float = 3.0
    association: float = 5.0
    """For everything done in one connection, connecting apart."""
    pause: float = 0.0
    """Between two connections to one listener."""
    max_connections: int | None = None
    """To one listener."""
    at_once: int = 16
    """Listeners at the same time; to one listener there is never more than one connection."""
    never: tuple[str, ...] = ()
    """Globs such as `10.9.1.5:*` over host, address reached and `stands_for`: never touched."""
    windows: tuple[str, ...] = ()
    """`Sat 22:00-04:00 Europe/Zurich`: outside every window nothing is touched. None given: any time."""


def endpoint(host: str, port: int) -> str:
    """`host:port`, with IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
