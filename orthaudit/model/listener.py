"""DICOM listeners: where images are sent to, as AWS shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.evidence import NotObserved, UnknownCode, Unobserved, need
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate
from orthaudit.model.load_balancer import TARGET_GROUPS, TARGET_HEALTH, TargetGroup
from orthaudit.model.network import Subnet
from orthaudit.model.network_interface import INFRASTRUCTURE, NETWORK_INTERFACES, NetworkInterface
from orthaudit.model.probe import ProbeRecord, probe_records
from orthaudit.model.security_group import SECURITY_GROUPS, SecurityGroup
from orthaudit.model.subject import Seen, Subject
from orthaudit.paths.addresses import EVERYWHERE, Addresses

LISTENER_OPERATIONS = (NETWORK_INTERFACES, SECURITY_GROUPS, TARGET_GROUPS, TARGET_HEALTH)
"""What has to be seen to know every DICOM listener of a region."""


@dataclass(frozen=True, slots=True)
class DicomListener(Subject):
    """An interface's address and port that images are sent to.

    It is one because the configuration names it, a probe met it, a target group points at it, or a security
    group opens it to any source on a DICOM port (`because`).
    """

    type: ClassVar[str] = "dicom-listener"
    operations: ClassVar[tuple[str, ...]] = LISTENER_OPERATIONS

    interface: NetworkInterface
    port: int
    because: tuple[str, ...]
    probes: tuple[ProbeRecord, ...]
    estate: Estate = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """`eni-…:11112`."""
        return f"{self.interface.id}:{self.port}"

    @property
    def subject(self) -> SubjectName:
        name = self.interface.name or self.interface.addresses[0][0]
        return SubjectName(self.type, self.id, name, *self.interface.place)

    @property
    def address(self) -> str:
        """The interface's own first address. Raises `NotObserved` where a plan does not know it yet."""
        return need(self.interface.address)

    @property
    def subnet(self) -> Subnet | Unobserved:
        """The subnet that the interface stands in."""
        return self.estate.one(Subnet, self.interface.subnet_id)

    @property
    def security_groups(self) -> Seen[SecurityGroup]:
        """The groups that stand before the interface."""
        found = [self.estate.one(SecurityGroup, group_id) for group_id in self.interface.groups]
        return Seen(
            tuple(one for one in found if not isinstance(one, Unobserved)),
            tuple(one for one in found if isinstance(one, Unobserved)),
        )

    def admitted(self) -> Seen[Addresses]:
        """The addresses that its groups admit to its port, all groups together; and what was not seen.

        An interface without groups is behind none: everything is admitted.
        """
        if not self.interface.groups:
            return Seen((EVERYWHERE,))
        groups = self.security_groups
        known, missing = Addresses(), list(groups.missing)
        for group in groups:
            try:
                admitted = group.admitted(self.port)
            except NotObserved as error:
                missing.append(error.missing)
            else:
                known = known.union(admitted)
                missing += admitted.missing
        return Seen((known,), tuple(missing))

    @classmethod
    def find(cls, estate: Estate) -> Seen[DicomListener]:
        interfaces = estate.all(NetworkInterface)
        missing = dict.fromkeys(interfaces.missing)
        because: dict[tuple[NetworkInterface, int], list[str]] = {}
        for interface, port, why in _opened(estate, interfaces, missing):
            because.setdefault((interface, port), []).append(why)
        for interface, port, why in _targeted(estate, interfaces, missing):
            because.setdefault((interface, port), []).append(why)
        probed = tuple(_probed(estate, interfaces))
        met = ((one, record.port, f"a probe met it at {record.endpoint}", exact) for one, record, exact in probed)
        named = (*_declared(estate, interfaces), *met)
        for interface, port, why, exact in named:
            if exact:
                because.setdefault((interface, port), []).append(why)
        settled = frozenset(because)
        for interface, port, why, exact in named:
            if not exact:
                because.setdefault((interface, _own_port(settled, interface, port)), []).append(why)
        probes: dict[tuple[NetworkInterface, int], list[ProbeRecord]] = {}
        for interface, record, exact in probed:
            port = record.port if exact else _own_port(settled, interface, record.port)
            probes.setdefault((interface, port), []).append(record)
        listeners = (
            cls(interface, port, tuple(dict.fromkeys(whys)), tuple(probes.get((interface, port), ())), estate)
            for (interface, port), whys in because.items()
            if interface.addresses
        )
        return Seen(tuple(sorted(listeners, key=lambda one: one.id)), tuple(missing))


def _own_port(settled: Collection[tuple[NetworkInterface, int]], interface: NetworkInterface, port: int) -> int:
    """A host that stands for an interface may map its port: the only DICOM port there is then meant."""
    ports = [one for owner, one in settled if owner == interface]
    return ports[0] if len(ports) == 1 else port


def _opened(
    estate: Estate, interfaces: Seen[NetworkInterface], missing: dict[Unobserved, None]
) -> Iterator[tuple[NetworkInterface, int, str]]:
    groups = estate.all(SecurityGroup)
    missing.update(dict.fromkeys(groups.missing))
    opens: dict[str, tuple[int, ...]] = {}
    for group in groups:
        try:
            opens[group.id] = tuple(port for port in estate.policy.ports if group.opens(port))
        except NotObserved as error:
            missing[error.missing] = None
    for interface in interfaces:
        if interface.kind not in INFRASTRUCTURE:
            for group_id in interface.groups:
                for port in opens.get(group_id, ()):
                    yield interface, port, f"{group_id} opens {port}"


def _targeted(
    estate: Estate, interfaces: Seen[NetworkInterface], missing: dict[Unobserved, None]
) -> Iterator[tuple[NetworkInterface, int, str]]:
    target_groups = estate.all(TargetGroup)
    missing.update(dict.fromkeys(target_groups.missing))
    for group in target_groups:
        if isinstance(group.targets, Unobserved):
            missing[group.targets] = None
            continue
        for target in group.targets:
            if target.port in estate.policy.ports:
                interface = target.interface(interfaces)
                if interface is not None:
                    yield interface, target.port, f"target group {group.name} points at it"


def _declared(estate: Estate, interfaces: Seen[NetworkInterface]) -> Iterator[tuple[NetworkInterface, int, str, bool]]:
    for declared in estate.config.dicom_listeners:
        for interface in interfaces:
            exact = interface.answers_to(declared.host)
            if exact or (declared.stands_for and interface.answers_to(declared.stands_for)):
                yield interface, declared.port, f"the configuration names {declared.endpoint}", exact


def _probed(estate: Estate, interfaces: Seen[NetworkInterface]) -> Iterator[tuple[NetworkInterface, ProbeRecord, bool]]:
    named: dict[str | None, list[NetworkInterface]] = {}
    for one in interfaces:
        for name in one.names:
            named.setdefault(name, []).append(one)
    for record in probe_records(estate.snapshot):
        if record.met_dicom or _is_known(estate, record):
            reached, meant = named.get(record.address, []), named.get(record.stands_for, [])
            if len({one.id for one in reached}) > 1:  # VPCs may use the same addresses; what it stands for tells
                reached = [one for one in reached if one in meant]
            for interface in (*(one for one in meant if one in reached), *meant, *reached)[:1]:
                yield interface, record, interface in reached


def _is_known(estate: Estate, record: ProbeRecord) -> bool:
    """Whether the port is one on which DICOM is expected: then its silence belongs to the listener too."""
    declared = {(one.host, one.port) for one in estate.config.dicom_listeners}
    return record.port in estate.policy.ports or (record.host, record.port) in declared or bool(record.stands_for)


def dicom_listeners(estate: Estate, vpc_id: str | None) -> tuple[DicomListener, ...]:
    """Every DICOM listener of a VPC, or of all of them for None.

    Raises `NotObserved` where some may be missing, or where none is known: a rule about the way to the
    listeners cannot pass for want of listeners.
    """
    listeners = tuple(
        one for one in estate.all(DicomListener).all() if vpc_id is None or one.interface.vpc_id == vpc_id
    )
    if not listeners:
        where = f"in {vpc_id}" if vpc_id else "in what was seen"
        why = f"no DICOM listener is known {where}: name it under dicom.listeners, with stands_for"
        raise NotObserved(Unobserved(UnknownCode.NOT_DECLARED, why, ("dicom.listeners",)))
    return listeners


def dicom_ports(group: SecurityGroup) -> Seen[int]:
    """The DICOM ports of the policy, and those of the listeners behind the group: declared, or met by a probe."""
    listeners = group.estate.all(DicomListener)
    behind = (one.port for one in listeners if group.id in one.interface.groups)
    return Seen(tuple(dict.fromkeys((*group.estate.policy.ports, *behind))), strays(group.estate))


def strays(estate: Estate) -> tuple[Unobserved, ...]:
    """Why it is not known where a probe met DICOM on a port that the policy does not name; empty where it is."""
    missing = estate.all(NetworkInterface).missing
    if not missing:
        return ()
    placed = {record.endpoint for one in estate.all(DicomListener) for record in one.probes}
    met = (one for one in probe_records(estate.snapshot) if one.met_dicom and one.port not in estate.policy.ports)
    return missing if any(one.endpoint not in placed for one in met) else ()
