"""Direct Connect: whether it is up, and whether images travel over it alone."""

from collections.abc import Iterator

from orthaudit.model.direct_connect import DirectConnectLink, VirtualInterface
from orthaudit.model.listener import LISTENER_OPERATIONS
from orthaudit.model.network import PREFIX_LIST_ENTRIES
from orthaudit.paths.addresses import INTERNET, Addresses
from orthaudit.policy import Policy
from orthaudit.rule import Fail, FixBy, Outcome, Severity, Unobserved, need, rule


@rule(
    "direct-connect-available",
    says="Direct Connect connections, virtual interfaces and their BGP peers are up.",
    severity=Severity.MEDIUM,
    cites="device connectivity guide: private network connection",
    fix="Ask the network team and the Direct Connect partner about {link.id}: optical signal, VLAN, BGP session.",
    on=DirectConnectLink,
    fix_by=FixBy.NETWORK,
)
def available(link: DirectConnectLink, policy: Policy) -> Iterator[Outcome]:
    """A way that is down carries no image, or sends it around by a worse one."""
    if isinstance(link.state, Unobserved):
        yield link.state
    elif link.state != "available":
        yield Fail(f"is {link.state}")
    if isinstance(link, VirtualInterface):
        peers = need(link.bgp_peers)
        if not peers:
            yield Fail("has no BGP peer")
        for peer in peers:
            if isinstance(peer.status, Unobserved) and peer.state == "available":
                yield peer.status
            elif peer.state != "available" or peer.status != "up":
                told = "" if isinstance(peer.status, Unobserved) else f", {peer.status}"
                yield Fail(f"BGP peer {peer.id} is {peer.state}{told}")


@rule(
    "direct-connect-private",
    says="Images travel over a private or transit virtual interface: no DICOM listener with a public address "
    "is open to what comes in by a public one.",
    severity=Severity.HIGH,
    cites=(
        "device connectivity guide: private network connection",
        "AWS Direct Connect user guide: virtual interfaces",
    ),
    fix="Let the hospital send to the private address over a private virtual interface, and take the prefixes of "
    "{interface.id} out of the security groups of the listeners' public addresses.",
    on=VirtualInterface,
    needs=(PREFIX_LIST_ENTRIES, *LISTENER_OPERATIONS),
    fix_by=FixBy.NETWORK,
)
def private(interface: VirtualInterface, policy: Policy) -> Iterator[Outcome]:
    """A public virtual interface leads to AWS's public addresses, with no encryption of its own."""
    if need(interface.kind) != "public":
        return
    advertised = need(interface.route_filter)
    sources = advertised & INTERNET if advertised else INTERNET
    listeners = interface.listeners
    for listener in listeners:
        public = listener.interface.public_addresses
        reached = Addresses.of(public)
        arriving = Addresses(sources.v4 if reached.v4 else (), sources.v6 if reached.v6 else ())
        if not arriving:
            continue
        admitted = listener.admitted()
        open_to = admitted.items[0] & arriving
        if open_to:
            yield Fail(f"{listener.id} ({', '.join(public)}) is open to {open_to} that come by it")
        else:
            yield from admitted.missing
    yield from listeners.missing
