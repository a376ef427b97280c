"""Who may reach a DICOM port, by security groups: exact over all rules of a group together."""

from collections.abc import Iterator

from orthaudit.evidence import UnknownCode
from orthaudit.model.listener import DicomListener, dicom_ports
from orthaudit.model.network import PREFIX_LIST_ENTRIES
from orthaudit.model.network_interface import NETWORK_INTERFACES
from orthaudit.model.security_group import SecurityGroup
from orthaudit.paths.addresses import INTERNET, Addresses, size
from orthaudit.policy import Policy
from orthaudit.rule import Fail, NotApplicable, Outcome, Severity, Unobserved, rule


def count(addresses: Addresses) -> str:
    """How many public addresses, in words: `65,536 public IPv4 addresses`."""
    sizes = ((size(addresses.v4), "IPv4"), (size(addresses.v6), "IPv6"))
    counted = (f"{number:,} public {family} address{'es' * (number > 1)}" for number, family in sizes if number)
    return " and ".join(counted)


def _wide(addresses: Addresses, policy: Policy) -> bool:
    """More than `max_source_addresses` IPv4 addresses, or as many IPv6 networks of 64 bits."""
    limit = policy.max_source_addresses
    return size(addresses.v4) > limit or size(addresses.v6) > limit << 64


@rule(
    "dicom-port-open-to-internet",
    says="No security group admits public Internet addresses outside trusted_sources to a DICOM port.",
    severity=Severity.HIGH,
    cites=(
        "device connectivity guide: use security group to restrict where the port can receive traffic",
        "AWS Foundational Security Best Practices EC2.18",
        "NIST SP 800-53 Rev. 5 SC-7(5), SC-7(11)",
    ),
    fix="Replace the open source of {group.id} by the clinics' own addresses (aws ec2 "
    "revoke-security-group-ingress / authorize-security-group-ingress --group-id {group.id}), and declare those "
    "under policy.trusted_sources.",
    on=SecurityGroup,
    needs=(PREFIX_LIST_ENTRIES, NETWORK_INTERFACES),
    knobs=("ports", "trusted_sources", "max_source_addresses"),
)
def dicom_port_open_to_internet(group: SecurityGroup, policy: Policy) -> Iterator[Outcome]:
    """Archives that answer the whole Internet are found by scanners within hours.

    Where no trusted sources are declared, a public range that is wider than `max_source_addresses` fails; a
    narrower one may be a clinic or a stranger, which only the owner can tell: unknown.
    """
    trusted, ports = group.trusted_sources, dicom_ports(group)
    yield from ports.missing
    for port in ports:
        admitted = group.admitted(port)
        public = (admitted.items[0] & INTERNET) - trusted
        if public and (policy.trusted_sources is not None or _wide(public, policy)):
            by = ", ".join(group.sources(port, public))
            yield Fail(f"admits {count(public)} to {port}, by {by}")
        elif public:
            yield Unobserved(
                UnknownCode.NOT_DECLARED,
                f"{group.id} admits {count(public)} to {port}, by "
                f"{', '.join(group.sources(port, public))}, and "
                "policy.trusted_sources does not say whose they are",
                ("policy.trusted_sources",),
            )
        yield from admitted.missing


@rule(
    "proxy-is-the-only-source",
    says="Where proxies with addresses are declared, the security groups of a DICOM listener admit those "
    "addresses and nothing else from outside.",
    severity=Severity.MEDIUM,
    cites=(
        "device connectivity guide: DICOM proxy; use security group to restrict where the port can receive traffic",
        "NIST SP 800-53 Rev. 5 SC-7(5)",
    ),
    fix="Let the groups of {listener.interface.id} admit the declared proxies' addresses to {listener.port}, and "
    "remove every other public source.",
    on=DicomListener,
    needs=(PREFIX_LIST_ENTRIES,),
)
def proxy_is_the_only_source(listener: DicomListener, policy: Policy) -> Iterator[Outcome]:
    """A proxy encrypts what modalities send in the clear; a second source from outside walks around it."""
    proxies = [one for one in listener.estate.config.proxies if one.addresses]
    if not proxies:
        yield NotApplicable("no proxy with addresses is declared (proxies)")
        return
    declared = Addresses.of(address for proxy in proxies for address in proxy.addresses)
    admitted = listener.admitted()
    others = (admitted.items[0] & INTERNET) - declared
    if others:
        by = ", ".join(source for group in listener.security_groups for source in group.sources(listener.port, others))
        by = by or "no security group"
        yield Fail(f"admits {count(others)} beside the proxies to {listener.port}, by {by}")
    shut_out = [proxy for proxy in proxies if Addresses.of(proxy.addresses) - admitted.items[0]]
    if admitted.missing:
        yield from admitted.missing
    elif shut_out and not admitted.items[0] & INTERNET and _admitted_elsewhere(listener, declared):
        yield NotApplicable("admits nothing from outside; the proxies send to another listener")
    else:
        for proxy in shut_out:
            yield Fail(f"does not admit proxy {proxy.name} ({', '.join(proxy.addresses)}) to {listener.port}")


def _admitted_elsewhere(listener: DicomListener, proxies: Addresses) -> bool:
    others = (one for one in listener.estate.all(DicomListener) if one != listener)
    return any(not proxies - one.admitted().items[0] for one in others)
