"""The archive: what was declared, and what is certain without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from orthaudit.declared import Listener
from orthaudit.evidence import UnknownCode, Unobserved
from orthaudit.finding import SubjectName
from orthaudit.model.estate import Estate
from orthaudit.model.item import Item
from orthaudit.model.listener import LISTENER_OPERATIONS, DicomListener
from orthaudit.model.network import VPCS, Vpc
from orthaudit.model.network_interface import NETWORK_INTERFACES, NetworkInterface
from orthaudit.model.probe import ProbeRecord, probe_records
from orthaudit.model.subject import Seen, Subject

FLOW_LOGS = "ec2.DescribeFlowLogs"


@dataclass(frozen=True, slots=True)
class Archive(Subject):
    """All DICOM listeners that the scan met, and those that it should have met."""

    type: ClassVar[str] = "archive"
    operations: ClassVar[tuple[str, ...]] = LISTENER_OPERATIONS
    regional: ClassVar[bool] = False

    listeners: Seen[DicomListener]
    answering: tuple[ProbeRecord, ...]
    """The listeners that answered a probe in DICOM or TLS."""
    estate: Estate = field(repr=False, compare=False)

    @property
    def subject(self) -> SubjectName:
        return SubjectName(self.type, self.type)

    @property
    def declared_listeners(self) -> tuple[Listener, ...]:
        """The listeners that the configuration names."""
        return self.estate.config.dicom_listeners

    @property
    def declared_instances(self) -> tuple[str, ...]:
        """The instances that the configuration names."""
        return self.estate.config.archive.instances

    def saw(self, declared: Listener) -> bool | Unobserved:
        """Whether a declared listener was seen, by a probe or in AWS; False: its port is closed."""
        records = [
            one for one in probe_records(self.estate.snapshot) if (one.host, one.port) == (declared.host, declared.port)
        ]
        if any(not isinstance(one.speaks, Unobserved) for one in records):
            return True
        if records:  # closed from every vantage point, or not seen from one
            unseen = (one.speaks for one in records if one.raw.text("speaks", None) != "refused")
            return next((one for one in unseen if isinstance(one, Unobserved)), False)
        names = {declared.host, declared.stands_for}
        if any(one.interface.answers_to(name) for one in self.listeners for name in names if name):
            return True
        if self.listeners.missing:
            return self.listeners.missing[0]
        why = f"{declared.endpoint} was not probed, and no interface in AWS answers to it"
        return Unobserved(UnknownCode.NOT_PROBED, why, (f"a probe of {declared.endpoint}",))

    def saw_instance(self, instance: str) -> bool | Unobserved:
        """Whether an interface of a declared instance was seen."""
        if not self.estate.places:
            return Unobserved(UnknownCode.ABSENT, f"{instance}: no account was asked", (NETWORK_INTERFACES,))
        interfaces = self.estate.all(NetworkInterface)
        if any(one.instance_id == instance for one in interfaces):
            return True
        return interfaces.missing[0] if interfaces.missing else False

    @classmethod
    def find(cls, estate: Estate) -> Seen[Archive]:
        listeners = estate.all(DicomListener)
        records = probe_records(estate.snapshot)
        answering = tuple(one for one in records if one.speaks in ("dicom", "tls"))
        return Seen((cls(listeners, answering, estate),))


@dataclass(frozen=True, slots=True)
class FlowLog:
    """A flow log: of a VPC, a subnet or an interface (`resource_id`)."""

    id: str
    resource_id: str
    traffic: str
    """`ACCEPT`, `REJECT` or `ALL`."""
    active: bool
    delivery: str


@dataclass(frozen=True, slots=True)
class ArchiveVpc(Subject):
    """A VPC that the archive stands in: declared, or certain because it carries a DICOM listener."""

    type: ClassVar[str] = "vpc"
    operations: ClassVar[tuple[str, ...]] = (*LISTENER_OPERATIONS, VPCS)

    vpc: Vpc
    listeners: Seen[DicomListener]
    estate: Estate = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """`vpc-…`."""
        return self.vpc.id

    @property
    def subject(self) -> SubjectName:
        return self.vpc.subject

    @property
    def flow_logs(self) -> tuple[FlowLog, ...] | Unobserved:
        """Every flow log of the VPC's account and region."""
        return self.estate.answered(self.vpc.place, FLOW_LOGS, "FlowLogs", _flow_log, {})

    @classmethod
    def find(cls, estate: Estate) -> Seen[ArchiveVpc]:
        listeners = estate.all(DicomListener)
        missing = dict.fromkeys(listeners.missing)
        ids = dict.fromkeys((*estate.config.archive.vpcs, *(one.interface.vpc_id for one in listeners)))
        vpcs = []
        for vpc_id in ids:
            vpc = estate.one(Vpc, vpc_id)
            if isinstance(vpc, Unobserved):
                missing[vpc] = None
            else:
                within = tuple(one for one in listeners if one.interface.vpc_id == vpc_id)
                vpcs.append(cls(vpc, Seen(within, listeners.missing), estate))
        if not ids and not missing:
            why = "no DICOM listener was seen and no VPC is declared: name the archive's under archive.vpcs"
            missing |= {
                Unobserved(UnknownCode.NOT_DECLARED, why, ("archive.vpcs",), place): None for place in estate.places
            }
        return Seen(tuple(vpcs), tuple(missing))


def _flow_log(item: Item) -> FlowLog:
    return FlowLog(
        item.text("FlowLogId", "a flow log"),
        item.text("ResourceId"),
        item.text("TrafficType"),
        item.text("FlowLogStatus", "ACTIVE") == "ACTIVE",
        item.text("DeliverLogsStatus", "SUCCESS"),
    )
