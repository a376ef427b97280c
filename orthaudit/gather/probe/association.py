"""One DICOM association over any channel: only Verification is used, other classes are merely proposed.

pynetdicom encodes and decodes; reading is our own, because a peer's length field is not to be trusted.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from dataclasses import dataclass, replace

from pydicom.uid import UID
from pynetdicom.dimse_messages import C_ECHO_RQ
from pynetdicom.dimse_primitives import C_ECHO
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ, A_RELEASE_RQ, P_DATA_TF
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import PresentationContext

from orthaudit.gather.probe.transport import Channel

VERIFICATION = "1.2.840.10008.1.1"
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
UNKNOWN_SOP_CLASS = "2.25.229180117493020134716645823394126512077"
"""A private class that nobody has: a server that accepts it stores whatever it is sent."""
CONTEXTS = {1: VERIFICATION, 3: STUDY_ROOT_FIND, 5: UNKNOWN_SOP_CLASS}
IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
IMPLEMENTATION_CLASS_UID = UID("2.25.71830527316849140562270398615027346621")

MEANINGFUL = 3  # bytes that it takes to tell a protocol
PDU_CAP = 128 * 1024
ABORT = bytes.fromhex("07000000000400000000")


@dataclass(frozen=True)
class Titles:
    """The AE titles of one association request."""

    called: str
    calling: str


def random_title() -> str:
    """An AE title that nobody has configured; a log reader sees where it comes from."""
    return f"ORTHAUDIT-{secrets.token_hex(3).upper()}"


@dataclass(frozen=True)
class Acceptance:
    """An A-ASSOCIATE-AC. `accepted` holds the abstract syntaxes with result 0, `refused` the others."""

    accepted: frozenset[str]
    refused: frozenset[str]
    max_pdu: int | None
    implementation_class_uid: str | None
    implementation_version: str | None


@dataclass(frozen=True)
class Said:
    """What came back: the first bytes and what they mean.

    `kind`: `accepted`, `rejected`, `aborted` (a DICOM PDU each), `http`, `alert`, `other`, `oversized`,
    `eof`, `reset`, `silence`; of the connection itself `refused`, `unreachable`.
    """

    kind: str
    head: bytes = b""
    acceptance: Acceptance | None = None
    reject: tuple[int, int, int] | None = None
    """Result, source, reason as they came, reserved values included."""
    alert: str | None = None
    """OpenSSL's name of the TLS alert."""
    doubt: str | None = None

    @property
    def is_dicom(self) -> bool:
        """Whether a whole DICOM PDU came back."""
        return self.kind in ("accepted", "rejected", "aborted")


def request(titles: Titles) -> bytes:
    """The A-ASSOCIATE-RQ. Raises `ValueError` for a title that DICOM does not allow."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID("1.2.840.10008.3.1.1.1")
    primitive.calling_ae_title, primitive.called_ae_title = titles.calling, titles.called
    contexts = []
    for number, syntax in CONTEXTS.items():
        context = PresentationContext()
        context.context_id = number
        context.abstract_syntax = UID(syntax)
        context.transfer_syntax = [UID(IMPLICIT_LITTLE_ENDIAN)]
        contexts.append(context)
    primitive.presentation_context_definition_list = contexts
    length, class_uid, version = (
        MaximumLengthNotification(),
        ImplementationClassUIDNotification(),
        ImplementationVersionNameNotification(),
    )
    length.maximum_length_received = 16384
    class_uid.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    version.implementation_version_name = "ORTHAUDIT"
    primitive.user_information = [length, class_uid, version]
    return A_ASSOCIATE_RQ(primitive).encode()


def echo_request() -> bytes:
    """The P-DATA-TF with a C-ECHO-RQ in presentation context 1."""
    primitive = C_ECHO()
    primitive.MessageID = 1
    primitive.AffectedSOPClassUID = UID(VERIFICATION)
    message = C_ECHO_RQ()
    message.primitive_to_message(primitive)
    return b"".join(P_DATA_TF(part).encode() for part in message.encode_msg(1, 16384))


class Pdus:
    """Whole PDUs out of a channel's bytes. `held` is what was read and not yet used."""

    def __init__(self, channel: Channel, held: bytes = b"") -> None:
        self._channel = channel
        self.held = held

    async def head(self) -> bytes:
        """The next six bytes, fewer where the peer closed."""
        return await self._upto(6)

    async def body(self) -> bytes | None:
        """The body of the PDU whose head was asked for; None where it is cut off or over the cap."""
        length = int.from_bytes(self.held[2:6], "big")
        if length > PDU_CAP:
            return None
        whole = await self._upto(6 + length)
        self.held = self.held[len(whole) :]
        return whole[6:] if len(whole) == 6 + length else None

    async def _upto(self, count: int) -> bytes:
        while len(self.held) < count:
            data = await self._channel.receive()
            if not data:
                break
            self.held += data
        return self.held[:count]


async def associate(channel: Channel, titles: Titles, until: float, held: bytes = b"") -> Said:
    """Asks for an association, echoes where Verification is accepted, and releases.

    Everything ends by `until` (the loop's clock). `held`: bytes that came before the request. Never raises
    for what a peer does; `ValueError` for a title that DICOM does not allow.
    """
    pdus = Pdus(channel, held)
    try:
        async with asyncio.timeout_at(until):
            await channel.send(request(titles))
            said = await answer(pdus)
    except TimeoutError:
        return classify_partial(pdus.held, "silence")
    except ssl.SSLEOFError:
        return classify_partial(pdus.held, "eof")
    except ssl.SSLError as error:
        return Said("alert", pdus.held[:64], alert=error.reason or str(error))
    except OSError:
        return classify_partial(pdus.held, "reset")
    if said.kind == "accepted":
        return await finish(channel, pdus, said, until)
    return said


async def finish(channel: Channel, pdus: Pdus, said: Said, until: float) -> Said:
    """C-ECHO and A-RELEASE of an accepted association; A-ABORT where the peer does not follow."""
    assert said.acceptance is not None  # noqa: S101  (what `accepted` means)
    step = "C-ECHO"
    try:
        async with asyncio.timeout_at(until):
            if VERIFICATION in said.acceptance.accepted:
                await channel.send(echo_request())
                if (await pdus.head())[:1] != b"\x04" or await pdus.body() is None:
                    raise EOFError
            step = "A-RELEASE"
            await channel.send(A_RELEASE_RQ().encode())
            if (await pdus.head())[:1] != b"\x06":
                raise EOFError
    except (TimeoutError, EOFError, OSError):
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.1):
                await channel.send(ABORT)
        return replace(said, doubt=f"the association was accepted, but {step} was not answered")
    return said


async def answer(pdus: Pdus) -> Said:
    """The first-byte classifier (PS3.8 section 9.3), on the answer to an A-ASSOCIATE-RQ."""
    head = await pdus.head()
    if len(head) < 6:
        return classify_partial(head, "eof")
    length = int.from_bytes(head[2:6], "big")
    dicom = head[1] == 0 and ((head[0] == 2 and length >= 68) or (head[0] in (3, 7) and length == 4))
    if not dicom:
        oversized = head[1] == 0 and 1 <= head[0] <= 7 and length > PDU_CAP
        return Said("oversized", head) if oversized else classify_partial(head, "other")
    body = await pdus.body()
    if body is None:
        return Said("oversized" if length > PDU_CAP else "other", head, doubt="a DICOM answer was cut off")
    if head[0] == 2:
        acceptance = decode_acceptance(head + body)
        if acceptance is None:
            return Said("other", head, doubt="an A-ASSOCIATE-AC could not be decoded")
        return Said("accepted", head, acceptance)
    if head[0] == 3:
        return Said("rejected", head, reject=(body[1], body[2], body[3]))
    return Said("aborted", head)


def classify_partial(head: bytes, otherwise: str) -> Said:
    """What first bytes mean that are no whole DICOM PDU; `otherwise` where they are too few to tell."""
    if len(head) < MEANINGFUL:
        return Said(otherwise, head)
    if head[:2] == b"\x15\x03":
        return Said("alert", head[:64])
    return Said("http" if head[:5] == b"HTTP/"[: len(head)] else "other", head[:64])


def decode_acceptance(data: bytes) -> Acceptance | None:
    """An A-ASSOCIATE-AC, None where it is malformed."""
    pdu = A_ASSOCIATE_AC()
    try:
        pdu.decode(data)
        results = {item.presentation_context_id: item.result for item in pdu.presentation_context}
        user = pdu.user_information
        uid = user.implementation_class_uid if user else None
        version = user.implementation_version_name if user else None
        return Acceptance(
            frozenset(syntax for number, syntax in CONTEXTS.items() if results.get(number) == 0),
            frozenset(syntax for number, syntax in CONTEXTS.items() if results.get(number, 0) != 0),
            user.maximum_length if user else None,
            str(uid) if uid else None,
            str(version) if version else None,
        )
    except Exception:  # pynetdicom lets whatever its parsers raise come through
        return None
