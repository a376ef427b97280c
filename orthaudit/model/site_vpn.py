"""AWS Site-to-Site VPN connections and their tunnels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from orthaudit.evidence import Unobserved
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.subject import Seen, Subject

VPN_CONNECTIONS = "ec2.DescribeVpnConnections"


@dataclass(frozen=True, slots=True)
class TunnelOptions:
    """What one tunnel offers. An empty `ike_versions`: no list is printed, so AWS's defaults are offered."""

    outside_address: str | None
    ike_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TunnelTelemetry:
    """Whether one tunnel is up."""

    outside_address: str | None
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class VpnConnection(Subject):
    """A site-to-site VPN connection that exists: deleted ones, which AWS lists for a while, are left out."""

    type: ClassVar[str] = "vpn-connection"
    operations: ClassVar[tuple[str, ...]] = (VPN_CONNECTIONS,)

    id: str
    place: Place
    name: str | None
    state: str | Unobserved
    tunnels: tuple[TunnelOptions, ...] | Unobserved
    telemetry: tuple[TunnelTelemetry, ...] | Unobserved

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[VpnConnection]:
        def build(item: Item, place: Place) -> VpnConnection | None:
            state = item.fact(lambda i: i.text("State"))
            if state in ("deleting", "deleted"):
                return None
            return cls(
                item.text("VpnConnectionId"),
                place,
                item.name,
                state,
                item.fact(_tunnels),
                item.fact(_telemetry),
            )

        return estate.build(VPN_CONNECTIONS, "VpnConnections", build)


def _tunnels(item: Item) -> tuple[TunnelOptions, ...]:
    return tuple(
        TunnelOptions(
            one.text("OutsideIpAddress", None),
            tuple(version.text("Value") for version in one.items("IkeVersions")),
        )
        for one in item.item("Options").items("TunnelOptions")
    )


def _telemetry(item: Item) -> tuple[TunnelTelemetry, ...]:
    return tuple(
        TunnelTelemetry(one.text("OutsideIpAddress", None), one.text("Status", "DOWN"), one.text("StatusMessage", ""))
        for one in item.items("VgwTelemetry")
    )
