"""AWS Direct Connect: connections and the virtual interfaces on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.evidence import NotObserved, UnknownCode, Unobserved
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate, Place
from orthaudit.model.item import Item
from orthaudit.model.listener import DicomListener
from orthaudit.model.network import addresses
from orthaudit.model.subject import Seen, Subject
from orthaudit.paths.addresses import Addresses

CONNECTIONS = "directconnect.DescribeConnections"
VIRTUAL_INTERFACES = "directconnect.DescribeVirtualInterfaces"

GONE = ("deleting", "deleted", "rejected")


@dataclass(frozen=True, slots=True)
class BgpPeer:
    """A BGP session of a virtual interface."""

    id: str
    state: str
    status: str | Unobserved


@dataclass(frozen=True, slots=True)
class DirectConnectLink(Subject):
    """A connection or a virtual interface: whatever must be up for images to pass."""

    type: ClassVar[str] = "direct-connect"
    operations: ClassVar[tuple[str, ...]] = (CONNECTIONS, VIRTUAL_INTERFACES)

    id: str
    place: Place
    name: str | None
    state: str | Unobserved

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.id, self.name, *self.place)

    @classmethod
    def find(cls, estate: Estate) -> Seen[DirectConnectLink]:
        connections, interfaces = estate.all(DirectConnectConnection), estate.all(VirtualInterface)
        return Seen(
            (*connections.items, *interfaces.items),
            tuple(dict.fromkeys((*connections.missing, *interfaces.missing))),
        )


@dataclass(frozen=True, slots=True)
class DirectConnectConnection(DirectConnectLink):
    """A Direct Connect connection that exists."""

    type: ClassVar[str] = "direct-connect-connection"
    operations: ClassVar[tuple[str, ...]] = (CONNECTIONS,)

    @classmethod
    def find(cls, estate: Estate) -> Seen[DirectConnectLink]:
        def build(item: Item, place: Place) -> DirectConnectConnection | None:
            state = item.fact(lambda i: _told(i, "connectionState"))
            if state in GONE:
                return None
            return cls(item.text("connectionId"), place, item.text("connectionName", None), state)

        return estate.build(CONNECTIONS, "connections", build)


@dataclass(frozen=True, slots=True)
class VirtualInterface(DirectConnectLink):
    """A virtual interface that exists. `kind` is `private`, `public` or `transit`.

    `route_filter` is what the customer advertises over a public one; empty where it is not told.
    """

    type: ClassVar[str] = "direct-connect-virtual-interface"
    operations: ClassVar[tuple[str, ...]] = (VIRTUAL_INTERFACES,)

    kind: str | Unobserved
    bgp_peers: tuple[BgpPeer, ...] | Unobserved
    route_filter: Addresses | Unobserved
    estate: Estate = field(repr=False, compare=False)

    @property
    def listeners(self) -> Seen[DicomListener]:
        """Every DICOM listener of the estate."""
        return self.estate.all(DicomListener)

    @classmethod
    def find(cls, estate: Estate) -> Seen[DirectConnectLink]:
        def build(item: Item, place: Place) -> VirtualInterface | None:
            state = item.fact(lambda i: _told(i, "virtualInterfaceState"))
            if state in GONE:
                return None
            return cls(
                item.text("virtualInterfaceId"),
                place,
                item.text("virtualInterfaceName", None),
                state,
                item.fact(lambda i: i.text("virtualInterfaceType")),
                item.fact(lambda i: tuple(_bgp_peers(i))),
                item.fact(lambda i: addresses(i, tuple(one.text("cidr") for one in i.items("routeFilterPrefixes")))),
                estate,
            )

        return estate.build(VIRTUAL_INTERFACES, "virtualInterfaces", build)


def _bgp_peers(item: Item) -> Iterator[BgpPeer]:
    for one in item.items("bgpPeers"):
        state = one.text("bgpPeerState", "available")
        if state not in GONE:
            yield BgpPeer(one.text("bgpPeerId", "BGP peer"), state, one.fact(lambda i: _told(i, "bgpStatus")))


def _told(item: Item, name: str) -> str:
    """A state; AWS's own `unknown` is one that could not be seen."""
    state = item.text(name)
    if state == "unknown":
        why = f"{item.source}: {name}: AWS itself says unknown"
        raise NotObserved(Unobserved(UnknownCode.ABSENT, why, (f"{item.source}: {name}",), item.where))
    return state
