"""Every certificate on the way of an image, wherever the evidence shows it."""

from __future__ import annotations

from collections.abc import Iterator

from orthaudit.evidence import Snapshot, Unobserved
from orthaudit.model.certificate import CERTIFICATE, read_chain
from orthaudit.model.item import Item
from orthaudit.model.probe import probe_records
from orthaudit.report import CertificateLine


def certificates(snapshot: Snapshot) -> Iterator[CertificateLine]:
    """Every certificate on the way of an image that the evidence shows."""
    for record in probe_records(snapshot):
        chain = record.chain
        for one in () if isinstance(chain, Unobserved) else chain:
            yield CertificateLine(one.subject, record.endpoint, one.not_after, "unknown")
    for (account, region, call), answers in snapshot.answers.items():
        for answer in answers if call == CERTIFICATE else ():
            where = str(answer.parameters.get("CertificateArn"))
            item = Item(answer.response, call, (account, region))
            pem = item.fact(lambda i: i.text("Certificate") + "\n" + i.text("CertificateChain", ""))
            chain = pem if isinstance(pem, Unobserved) else read_chain(pem, where)
            for one in () if isinstance(chain, Unobserved) else chain:
                yield CertificateLine(one.subject, where, one.not_after, "unknown")
