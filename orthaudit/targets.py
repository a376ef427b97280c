"""Which DICOM listeners are probed: those asked for, those declared, and those found in AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orthaudit.declared import Config, Listener
from orthaudit.gather.probe.target import Target
from orthaudit.model.estate import Estate
from orthaudit.model.listener import DicomListener


def targets(config: Config, asked: Iterable[Listener], estate: Estate | None) -> tuple[Target, ...]:
    """Every listener to probe, each once; what is declared of one counts for it however it was found.

    `estate` None: those found in AWS are left out.
    """
    found = {(one.host, one.port): _target(one) for one in config.dicom_listeners}
    for one in asked:
        found.setdefault((one.host, one.port), _target(one))
    if estate is not None:
        for discovered in _discovered(estate):
            found.setdefault((discovered.host, discovered.port), discovered)
    return tuple(found.values())


def _target(listener: Listener) -> Target:
    return Target(
        listener.host,
        listener.port,
        listener.stands_for,
        listener.called_aet,
        listener.calling_aet,
        listener.ca_file,
        listener.certificate_sha256,
        listener.client_certificate,
        listener.client_key,
    )


def _discovered(estate: Estate) -> Iterator[Target]:
    """Listeners that AWS shows and nobody declared: at their public address where they have one."""
    declared = estate.config.dicom_listeners
    for one in estate.all(DicomListener):
        if not any(_is(one, listener) for listener in declared):
            yield Target(one.interface.public_address or one.address, one.port, one.address)


def _is(found: DicomListener, declared: Listener) -> bool:
    names = [name for name in (declared.host, declared.stands_for) if name]
    return any(found.interface.answers_to(name) for name in names)
