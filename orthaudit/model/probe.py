"""DICOM listeners as probed: what the wire said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orthaudit.evidence import Snapshot, UnknownCode, Unobserved
from orthaudit.model.certificate import Certificate, read_chain
from orthaudit.model.item import Item
from orthaudit.paths.addresses import INTERNET

VERSIONS = ("SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3")


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """One listener as one vantage point saw it; `raw` is the contract's structure."""

    host: str
    port: int
    vantage: str | None
    address: str | None
    stands_for: str | None
    raw: Item

    @property
    def endpoint(self) -> str:
        """`host:port`, with IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def left_alone(self) -> Unobserved | None:
        """Why it was not touched, where that is so."""
        mark = self.raw.item("left_alone")
        if not mark.raw:
            return None
        return Unobserved(UnknownCode(mark.text("code")), f"{self.endpoint}: {mark.text('why')}", (self._probe_from,))

    @property
    def speaks(self) -> str | Unobserved:
        """What the first bytes showed; a listener that gave none was not seen."""
        if self.left_alone is not None:
            return self.left_alone
        speaks = self.raw.fact(lambda raw: raw.text("speaks"))
        if speaks in ("silence", "reset", "refused", "unreachable"):
            return self.doubt(f"it answered nothing ({speaks})")
        return speaks

    @property
    def met_dicom(self) -> bool:
        """Whether any DICOM answer came, in the clear or inside TLS."""
        return self.speaks == "dicom" or bool(self.raw.item("association").raw)

    @property
    def plaintext(self) -> bool | Unobserved:
        """Whether it answers an association in the clear."""
        return self._verdict("plaintext", "answered", "refused")

    @property
    def mutual_tls(self) -> bool | Unobserved:
        """Whether it demands a client certificate."""
        return self._verdict("mutual_tls", "required", "not_required")

    def accepts(self, version: str) -> bool | Unobserved:
        """Whether it accepts a TLS version (`TLS 1.0`)."""
        if isinstance(self.speaks, Unobserved):
            return self.speaks
        return self._read(self.raw.item("versions"), version, "accepted", "rejected")

    @property
    def suites(self) -> dict[str, tuple[str, ...]]:
        """The suites that were seen to be accepted, by version, with IANA names."""
        suites = self.raw.item("suites")
        return {version: suites.texts(version) for version in suites.raw}

    def suites_complete(self, version: str) -> bool:
        """Whether no other suite is accepted by this version than those seen."""
        return self.raw.item("suites_complete").flag(version, False)

    @property
    def chain(self) -> tuple[Certificate, ...] | Unobserved:
        """Every certificate that it sent, its own first."""
        if isinstance(self.speaks, Unobserved):
            return self.speaks
        source = f"probe {self.endpoint}"
        sent = self.raw.fact(lambda raw: raw.texts("chain"))
        if isinstance(sent, Unobserved):
            return sent
        if sent:
            return read_chain("\n".join(sent), source)
        leaf = self.raw.fact(lambda raw: _leaf(raw.item("certificate")))
        if isinstance(leaf, Unobserved):
            return self.doubt("no certificate was seen")
        if self.raw.item("certificate").number("sent", 1) > 1:
            return self.doubt("of the chain that it sent, only its own certificate is in the evidence")
        return (leaf,)

    @property
    def reached_public_address(self) -> bool:
        """Whether the address that was dialled is one of the Internet."""
        try:
            return self.address is not None and self.address in INTERNET
        except ValueError:
            return False

    def doubt(self, why: str) -> Unobserved:
        """That the probe could not tell, with its own words for it."""
        doubts = self.raw.fact(lambda raw: raw.texts("doubts"))
        told = "; ".join(doubts) if not isinstance(doubts, Unobserved) else ""
        return Unobserved(
            UnknownCode.NOT_PROBED,
            f"{self.endpoint}: {why}" + (f": {told}" if told else ""),
            (self._probe_from,),
        )

    @property
    def _probe_from(self) -> str:
        return f"a probe of {self.endpoint}" + (f" from {self.vantage}" if self.vantage else "")

    def _verdict(self, name: str, yes: str, no: str) -> bool | Unobserved:
        return self.speaks if isinstance(self.speaks, Unobserved) else self._read(self.raw, name, yes, no)

    def _read(self, raw: Item, name: str, yes: str, no: str) -> bool | Unobserved:
        said = raw.text(name, None)
        if said in (yes, no):
            return said == yes
        return self.doubt(f"{name} is {said or 'not in the evidence'}")


def _leaf(item: Item) -> Certificate:
    return Certificate(item.text("subject"), item.text("issuer"), item.time("not_before"), item.time("not_after"))


def probe_records(snapshot: Snapshot) -> Iterator[ProbeRecord]:
    """Every probe of the evidence."""
    for raw in snapshot.probes:
        item = Item(raw, f"probe {raw.get('host')}:{raw.get('port')}")
        yield ProbeRecord(
            item.text("host"),
            item.number("port"),
            item.text("vantage", None),
            item.text("address", None),
            item.text("stands_for", None),
            item,
        )
