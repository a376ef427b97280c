"""The policies `guide` and `strict`: a table of knobs.

The severity that a rule has under each policy stands beside the rule; what a knob means stands beside the
knob. Any knob may be set in `orthaudit.yaml` under `policy`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from orthaudit.finding import Severity


@dataclass(frozen=True)
class Policy:
    """The knobs of the rules; the defaults are those of the policy `guide`.

    `tuple[str, ...] | None`: None means that nothing was declared, which is not the same as an empty list.
    """

    name: str = "guide"
    ports: tuple[int, ...] = (104, 2762, 4242, 11112)
    """DICOM ports: registered (104, 11112), dicom-tls (2762), Orthanc's default (4242)."""
    max_source_addresses: int = 65_536
    """How many addresses one source range may span before it is too wide."""
    max_port_span: int = 16
    """How many ports one rule may open before it counts as a wide range."""
    certificate_days: int = 30
    """Days that a certificate must still be valid, or a third of its lifetime if that is less."""
    trust_boundary: str = "vpc"
    """`vpc`: encryption may end at the VPC; `listener`: it must reach the DICOM listener."""
    trusted_networks: tuple[str, ...] = ()
    """VPCs, transit gateways and peerings that lie within the trust boundary."""
    accepted_private: tuple[str, ...] = ("direct-connect",)
    """Kinds of private connection that are accepted unencrypted."""
    split_tunnel: str = "required"
    """`required`, `forbidden`, or `any`: not judged."""
    require_mutual_tls: bool = False
    """Whether a DICOM listener must demand client certificates (it weighs on the severity)."""
    client_authentication: str = "certificate"
    """`certificate`: Client VPN clients must show one; `any`: directory or SAML alone will do."""
    tls_profile: str = "bcp195-rfc8996-9325"
    """The DICOM Secure Transport Connection Profile (PS3.15 annex B) to hold listeners against."""
    trusted_sources: tuple[str, ...] | None = None
    """The clinics and proxies that may reach the DICOM port, as CIDRs."""
    known_networks: tuple[str, ...] | None = None
    """Peerings, attachments, services and accounts from which ways in are expected."""
    trusted_web_sources: tuple[str, ...] | None = None
    """Who may reach the archive's HTTPS port, as CIDRs."""

    def with_knobs(self, **knobs: object) -> Policy:
        """The same policy with some knobs set. Raises `TypeError` for a name that is no knob."""
        return replace(self, **knobs)  # type: ignore[arg-type]  # values are checked by the schema

    @property
    def strict(self) -> bool:
        """Whether the severities of the policy `strict` apply."""
        return self.name == "strict"

    @property
    def fail_on(self) -> Severity:
        """The threshold when `--fail-on` is not given."""
        return Severity.LOW if self.strict else Severity.MEDIUM

    def knobs(self) -> dict[str, object]:
        """Every knob but the name, as the report prints it."""
        return {name: value for name, value in asdict(self).items() if name != "name"}


POLICIES = {
    "guide": Policy(),
    "strict": Policy(
        name="strict",
        trust_boundary="listener",
        accepted_private=(),
        split_tunnel="any",
        require_mutual_tls=True,
    ),
}

KNOBS = tuple(field.name for field in fields(Policy) if field.name != "name")
