"""Whether the scan looked where the archive is."""

from collections.abc import Iterator

from orthaudit.evidence import UnknownCode
from orthaudit.model.archive import Archive
from orthaudit.policy import Policy
from orthaudit.rule import Fail, FixBy, Note, Outcome, Severity, Unobserved, rule


@rule(
    "archive-in-scope",
    says="The scan saw at least one DICOM listener, and every one that is declared.",
    severity=Severity.HIGH,
    cites="device connectivity guide: both sides of the transfer",
    fix="Name the account, region and listeners in orthaudit.yaml (aws, dicom.listeners), or --region and "
    "HOST:PORT on the command line; start a declared listener that is down.",
    on=Archive,
    fix_by=FixBy.CLOUD,
)
def archive_in_scope(archive: Archive, policy: Policy) -> Iterator[Outcome]:
    """A scan of the wrong region finds nothing wrong, and must not look clean."""
    for declared in archive.declared_listeners:
        saw = archive.saw(declared)
        if isinstance(saw, Unobserved):
            yield saw
        elif not saw:
            yield Fail(f"{declared.endpoint} is declared, and its port is closed")
    for instance in archive.declared_instances:
        saw = archive.saw_instance(instance)
        if isinstance(saw, Unobserved):
            yield saw
        elif not saw:
            yield Fail(f"instance {instance} is declared, and is in no account and region that was seen")
    seen = len(archive.listeners.items) or len(archive.answering)
    if seen:
        more = "; there may be more, in answers that could not be read" if archive.listeners.missing else ""
        yield Note(f"{seen} DICOM listener{'s were' if seen > 1 else ' was'} seen{more}")
    elif archive.listeners.missing:
        yield from archive.listeners.missing
    else:
        ports = ", ".join(map(str, policy.ports))
        why = f"no DICOM listener was seen on any interface or probed host (ports {ports})"
        yield Unobserved(UnknownCode.NOT_DECLARED, why, ("dicom.listeners", "archive.instances"))
