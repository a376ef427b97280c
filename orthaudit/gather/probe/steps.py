"""What our own connections show: which protocol answers, who is let in, which AE titles are checked.

One connection at a time: a plaintext association, then associations inside TLS without and with a client
certificate. Nothing here raises for what a peer does; what could not be told is a line in `doubts`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from orthaudit.gather.probe.association import Said, Titles, associate, random_title
from orthaudit.gather.probe.flight import Flight, read_flight
from orthaudit.gather.probe.target import Manner, Target
from orthaudit.gather.probe.transport import Plain, Ration, Spent, Tls, client_context, connect

BACK_OFF = (0.05, 0.2, 0.8)
"""Seconds before asking again a peer that closed or reset during the handshake: a device that takes one
connection at a time notices late that the previous one has ended."""
TRANSIENT = 2
BUSY = 0.8
"""Seconds before asking again after a transient rejection."""
LAST_WORDS = 0.2
"""Seconds before the listener's deadline by which a connection ends, so that what it showed is kept."""
LISTEN_FIRST = 0.3
"""Seconds of reading after a handshake: in TLS 1.3 the refusal comes then, and writing would lose it."""

DEMANDS_CERTIFICATE = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_BAD_CERTIFICATE")
"""Alerts that answer our having shown no certificate: 116 (RFC 8446), 42 (Java's)."""
HANDSHAKE_FAILURE = "SSLV3_ALERT_HANDSHAKE_FAILURE"

NOT_TLS = Flight(None)
NEVER_REACHED = Said("unreachable")


@dataclass(frozen=True)
class Attempt:
    """One connection: what came back, and for TLS how far the handshake went."""

    said: Said
    flight: Flight = NOT_TLS
    raw: bytes = b""
    complete: bool = False
    leaf: bytes | None = None

    @property
    def demands_certificate(self) -> bool:
        """Whether the server's own alert says that it wants a client certificate."""
        alert = self.said.alert
        asked = self.flight.requested_certificate or self.flight.version == "TLS 1.3"
        return (alert in DEMANDS_CERTIFICATE and asked) or (
            alert == HANDSHAKE_FAILURE and self.flight.requested_certificate
        )

    @property
    def not_offered(self) -> bool:
        """Whether the server's own alert ended the handshake before it chose anything: no such version."""
        return self.said.kind == "alert" and self.flight.kind != "hello"


@dataclass
class Seen:
    """What our own connections showed."""

    addresses: tuple[str, ...]
    address: str | None = None
    plain: Said = NEVER_REACHED
    handshakes: list[Attempt] = field(default_factory=list)
    """Without a client certificate: uncapped, then capped at TLS 1.2."""
    shown: Attempt | None = None
    """With the client certificate."""
    certificate_unusable: bool = False
    association: Said | None = None
    called_aet_checked: bool | None = None
    calling_aet_checked: bool | None = None
    doubts: list[str] = field(default_factory=list)

    @property
    def speaks_tls(self) -> bool:
        """Whether a ServerHello came back."""
        return any(attempt.flight.kind == "hello" for attempt in self.attempts)

    @property
    def may_speak_tls(self) -> bool:
        """Whether anything came back that a TLS stack says."""
        return self.plain.kind == "alert" or any(attempt.flight.kind for attempt in self.attempts)

    @property
    def attempts(self) -> list[Attempt]:
        """Every attempt inside TLS."""
        return [*self.handshakes, *([self.shown] if self.shown else [])]


class Look:
    """The steps towards one listener. `until` is the loop's time by which all must have ended."""

    def __init__(
        self, target: Target, manner: Manner, addresses: tuple[str, ...], ration: Ration, until: float
    ) -> None:
        self.target, self.manner, self.ration, self.until = target, manner, ration, until
        self.seen = Seen(addresses)
        self.titles = Titles(target.called_aet or random_title(), target.calling_aet or random_title())

    async def run(self) -> Seen:
        """All steps; ends early where a limit is reached, and says so."""
        try:
            async with asyncio.timeout_at(self.until):
                await self._steps()
        except Spent:
            self.seen.doubts.append("probe.max_connections was reached: the rest was not asked")
        except TimeoutError:
            self.seen.doubts.append(f"the deadline of {self.manner.deadline:g} s was reached: the rest was not asked")
        return self.seen

    async def _steps(self) -> None:
        seen = self.seen
        seen.plain = await self._patient_plain(self.titles)
        if seen.plain.kind in ("refused", "unreachable"):
            return
        if seen.plain.is_dicom:
            seen.association = seen.plain
        seen.handshakes.append(await self._hello(client_context(), self.titles))
        way: Callable[[Titles], Awaitable[Said]] = self._patient_plain
        if seen.speaks_tls:
            way = await self._inside_tls() or way
        if seen.association:
            await self._titles(seen.association, way)

    async def _inside_tls(self) -> Callable[[Titles], Awaitable[Said]] | None:
        """The rest of the TLS attempts; gives the way in that worked."""
        seen = self.seen
        contexts = [client_context()]
        if seen.handshakes[0].flight.version == "TLS 1.3":
            contexts.append(client_context(ssl.TLSVersion.TLSv1_2))
            seen.handshakes.append(await self._hello(contexts[1], self.titles))
        let_in = [
            (attempt, context)
            for attempt, context in zip(seen.handshakes, contexts, strict=True)
            if attempt.said.is_dicom
        ]
        if not let_in and (certificate := self._certificate()):
            seen.shown = await self._hello(certificate, self.titles)
            if seen.shown.said.is_dicom:
                let_in.append((seen.shown, certificate))
        if not let_in:
            return None
        best, context = let_in[0]
        seen.association = best.said

        async def way(titles: Titles) -> Said:
            return (await self._hello(context, titles)).said

        if is_transient(best.said):
            await asyncio.sleep(BUSY)
            seen.association = better(best.said, await way(self.titles))
        return way

    def _certificate(self) -> ssl.SSLContext | None:
        files = self.target.client_certificate, self.target.client_key
        if not files[0]:
            return None
        try:
            return client_context(certificate=(str(files[0]), str(files[1] or files[0])))
        except OSError as error:  # ssl.SSLError is one
            self.seen.certificate_unusable = True
            self.seen.doubts.append(f"the client certificate {files[0]} cannot be used: {error}")
            return None

    async def _titles(self, first: Said, again: Callable[[Titles], Awaitable[Said]]) -> None:
        """Whether AE titles are checked: told by the answer to titles that nobody has configured."""
        called, calling = told_by(first)
        target = self.target
        if target.called_aet or target.calling_aet:
            strange = Titles(random_title(), random_title())
            called, calling = told_by(await again(strange))
            if called and calling is None and target.called_aet:
                _, calling = told_by(await again(Titles(target.called_aet, strange.calling)))
            elif calling and called is None and target.calling_aet:
                called, _ = told_by(await again(Titles(strange.called, target.calling_aet)))
        self.seen.called_aet_checked, self.seen.calling_aet_checked = called, calling

    async def _patient_plain(self, titles: Titles) -> Said:
        said = await self._plain(titles)
        if is_transient(said):
            await asyncio.sleep(BUSY)
            said = better(said, await self._plain(titles))
        return said

    async def _plain(self, titles: Titles) -> Said:
        connection = await self._connect()
        if isinstance(connection, Said):
            return connection
        try:
            return await associate(connection, titles, self._soon())
        finally:
            connection.close()

    async def _hello(self, context: ssl.SSLContext, titles: Titles) -> Attempt:
        """A handshake and an association in it; again where the peer closed or reset in the handshake."""
        attempt = await self._tls(context, titles)
        if self.seen.plain.is_dicom:
            return attempt  # plaintext DICOM answers a ClientHello by closing: nothing to wait for
        for seconds in BACK_OFF:
            if attempt.complete or attempt.said.kind not in ("eof", "reset", "refused"):
                break
            await asyncio.sleep(seconds)
            attempt = await self._tls(context, titles)
        return attempt

    async def _tls(self, context: ssl.SSLContext, titles: Titles) -> Attempt:
        connection = await self._connect()
        if isinstance(connection, Said):
            return Attempt(connection)
        tls = Tls(connection, context, server_name(self.target.host))
        try:
            said = await converse(tls, titles, self._soon())
            return Attempt(said, read_flight(tls.flight), tls.flight, tls.complete, tls.certificate)
        finally:
            connection.close()

    async def _connect(self) -> Plain | Said:
        """The address that answered before, or each in turn."""
        seen, said = self.seen, Said("unreachable")
        for address in (seen.address,) if seen.address else seen.addresses:
            try:
                seconds = min(self.manner.connect, self._soon() - asyncio.get_running_loop().time())
                connection = await connect(address, self.target.port, self.ration, seconds)
            except ConnectionRefusedError:
                said = Said("refused")
            except (TimeoutError, OSError) as error:
                said = Said("unreachable", doubt=str(error) or "connecting timed out")
            else:
                seen.address = address
                return connection
        return said

    def _soon(self) -> float:
        now = asyncio.get_running_loop().time()
        return min(self.until - LAST_WORDS, now + self.manner.association)


async def converse(tls: Tls, titles: Titles, until: float) -> Said:
    """A handshake, a moment of listening, an association, all by `until`. Never raises."""
    held = b""
    try:
        async with asyncio.timeout_at(until):
            await tls.handshake()
            try:
                held = await asyncio.wait_for(tls.receive(), LISTEN_FIRST)
            except TimeoutError:
                pass
            else:
                if not held:
                    return Said("eof")
    except TimeoutError:
        return Said("silence", tls.flight[:64])
    except ssl.SSLEOFError:
        return Said("eof", tls.flight[:64])
    except ssl.SSLError as error:
        reason = error.reason or str(error)
        return Said("alert" if "ALERT" in reason else "other", tls.flight[:64], alert=reason)
    except OSError:
        return Said("reset", tls.flight[:64])
    said = await associate(tls, titles, until, held)
    if said.is_dicom:
        try:
            async with asyncio.timeout_at(until):
                await tls.say_goodbye()
        except (OSError, TimeoutError):
            pass  # the peer closed first
    return said


def told_by(said: Said) -> tuple[bool | None, bool | None]:
    """Whether the called and the calling title are checked, told by the answer to strange titles."""
    if said.kind == "accepted":
        return False, False
    if said.reject and said.reject[1:] == (1, 7):
        return True, None
    if said.reject and said.reject[1:] == (1, 3):
        return None, True
    return None, None


def is_transient(said: Said) -> bool:
    """Whether the peer asks to come back later."""
    return said.reject is not None and said.reject[0] == TRANSIENT


def better(first: Said, second: Said) -> Said:
    """The second answer where it is DICOM's, else the first."""
    return second if second.is_dicom else first


def server_name(host: str) -> str | None:
    """The name for SNI: none for an address literal (RFC 6066)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return None
