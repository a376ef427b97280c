"""What the owner declares in `orthaudit.yaml`: plain facts, read by `orthaudit.config`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orthaudit.finding import Waiver
from orthaudit.policy import POLICIES, Policy


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account to enter by a role, and its regions (empty: all that are enabled)."""

    role_arn: str
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    """Every active account of the organization, entered by a role of this name."""

    role_name: str
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aws:
    """Which AWS accounts belong to the estate."""

    accounts: tuple[Account, ...] = ()
    organization: Organization | None = None


@dataclass(frozen=True, slots=True)
class Web:
    """An HTTPS address of the archive."""

    host: str
    port: int = 443
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """What the archive consists of; what is left out is inferred where that is certain."""

    vpcs: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    bucket: str | None = None
    database: str | None = None
    web: tuple[Web, ...] = ()
    orthanc: Path | None = None
    nginx: Path | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """A DICOM listener that the owner names."""

    host: str
    port: int = 11112
    stands_for: str | None = None
    """The address, interface or instance in AWS that the host leads to."""
    called_aet: str | None = None
    calling_aet: str | None = None
    ca_file: Path | None = None
    certificate_sha256: tuple[str, ...] = ()
    client_certificate: Path | None = None
    client_key: Path | None = None
    expect: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """`host:port`, with IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where probes start. `outside` None: not declared."""

    outside: bool | None = None


@dataclass(frozen=True, slots=True)
class Proxy:
    """A DICOM proxy on the customer's premises."""

    name: str
    addresses: tuple[str, ...] = ()
    orthanc: Path | None = None
    nginx: Path | None = None
    site_networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Modality:
    """A device that sends images."""

    name: str
    aet: str | None = None
    site: str | None = None
    addresses: tuple[str, ...] = ()
    tls: str = "untested"
    unattended: bool = False
    needs: tuple[str, ...] = ()
    way: str | None = None


@dataclass(frozen=True, slots=True)
class Probing:
    """How probes must behave. `pause` in seconds; `max_connections` to one listener in one scan."""

    never: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    pause: float = 0.0
    max_connections: int | None = None


@dataclass(frozen=True)
class Config:
    """One `orthaudit.yaml`, or its defaults. `sha256` is the file's, None without a file."""

    path: Path | None = None
    sha256: str | None = None
    aws: Aws = Aws()
    archive: Archive = Archive()
    dicom_listeners: tuple[Listener, ...] = ()
    vantages: Mapping[str, Vantage] = field(default_factory=dict)
    proxies: tuple[Proxy, ...] = ()
    modalities: tuple[Modality, ...] = ()
    probe: Probing = Probing()
    policy: Policy = POLICIES["guide"]
    """`dicom.ports` stands here, as `policy.ports`."""
    waivers: tuple[Waiver, ...] = ()
