"""A DICOM listener as a subject of the rules about the wire: probed, or known and not probed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from orthaudit.evidence import UnknownCode, Unobserved, need
from orthaudit.finding import SubjectName
from orthaudit.model.certificate import Certificate
from orthaudit.model.estate import Estate
from orthaudit.model.listener import LISTENER_OPERATIONS, DicomListener
from orthaudit.model.probe import ProbeRecord, probe_records
from orthaudit.model.subject import Seen, Subject


@dataclass(frozen=True, slots=True)
class ProbedListener(Subject):
    """What the wire said of one listener, from one vantage point.

    `record` is `Unobserved` for a listener that AWS shows and no probe met.
    """

    type: ClassVar[str] = "dicom-listener"
    operations: ClassVar[tuple[str, ...]] = LISTENER_OPERATIONS
    probed: ClassVar[bool] = True
    regional: ClassVar[bool] = False

    record: ProbeRecord | Unobserved
    listener: DicomListener | None
    """The interface and port in AWS that the probe belongs to."""
    estate: Estate = field(repr=False, compare=False)

    @property
    def subject(self) -> SubjectName:
        name = self.listener.subject.name if self.listener else None
        place = self.listener.interface.place if self.listener else (None, None)
        return SubjectName(self.type, self.endpoint, name, *place)

    @property
    def endpoint(self) -> str:
        """`host:port` as probed; `eni-…:port` of one that was not."""
        if isinstance(self.record, ProbeRecord):
            return self.record.endpoint
        return self.listener.id if self.listener else "?"

    @property
    def vantage(self) -> str | None:
        return self.record.vantage if isinstance(self.record, ProbeRecord) else None

    @property
    def seen(self) -> ProbeRecord:
        """The probe. Raises `NotObserved` where there is none."""
        return need(self.record)

    @property
    def speaks_tls(self) -> bool | Unobserved:
        """Whether TLS is spoken on the port at all."""
        if isinstance(self.record, Unobserved):
            return self.record
        speaks = self.record.speaks
        return speaks if isinstance(speaks, Unobserved) else speaks == "tls"

    @property
    def chain(self) -> tuple[Certificate, ...] | Unobserved:
        """Every certificate that it sent, its own first."""
        return self.record if isinstance(self.record, Unobserved) else self.record.chain

    @property
    def seen_from_outside(self) -> bool:
        """Whether the probe came from outside: as declared, else by the address that it reached."""
        if isinstance(self.record, Unobserved):
            return False
        vantage = self.estate.config.vantages.get(self.record.vantage or "")
        if vantage is not None and vantage.outside is not None:
            return vantage.outside
        return self.record.reached_public_address

    @property
    def as_of(self) -> datetime:
        """The time that the evidence is judged as of."""
        return self.estate.as_of

    @classmethod
    def find(cls, estate: Estate) -> Seen[ProbedListener]:
        in_aws = estate.all(DicomListener)
        owner = {(record.endpoint, record.vantage): listener for listener in in_aws for record in listener.probes}
        probed = (
            cls(record, owner.get((record.endpoint, record.vantage)), estate)
            for record in probe_records(estate.snapshot)
        )
        unprobed = (cls(_not_probed(one), one, estate) for one in in_aws if not one.probes)
        return Seen((*probed, *unprobed), in_aws.missing)


def _not_probed(listener: DicomListener) -> Unobserved:
    address = f"{listener.interface.public_address or listener.interface.addresses[0][0]}:{listener.port}"
    why = f"no probe met {address} ({listener.because[0]})"
    return Unobserved(UnknownCode.NOT_PROBED, why, (f"a probe of {address}",), listener.interface.place)
