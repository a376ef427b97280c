"""Site-to-site VPN: both tunnels, and what they offer."""

from collections.abc import Iterator

from orthaudit.model.site_vpn import VpnConnection
from orthaudit.policy import Policy
from orthaudit.rule import Fail, FixBy, Outcome, Severity, need, rule


@rule(
    "site-vpn-two-tunnels-up",
    says="Both tunnels of a site-to-site VPN connection are up.",
    severity=Severity.MEDIUM,
    cites=("device connectivity guide: site-to-site VPN", "AWS Foundational Security Best Practices EC2.20"),
    fix="Configure and start the second tunnel of {connection.id} on the customer gateway device.",
    on=VpnConnection,
    fix_by=FixBy.NETWORK,
)
def two_tunnels_up(connection: VpnConnection, policy: Policy) -> Iterator[Outcome]:
    """AWS takes tunnels down for maintenance, one at a time."""
    telemetry = need(connection.telemetry)
    up = [one for one in telemetry if one.status == "UP"]
    if len(up) < max(len(telemetry), 2):
        yield Fail(f"{len(up)} of {max(len(telemetry), 2)} tunnels is up")
        for one in telemetry:
            if one.status != "UP":
                because = f" ({one.message})" if one.message else ""
                yield Fail(f"tunnel {one.outside_address or 'without address'} is {one.status}{because}")


@rule(
    "site-vpn-ikev2-only",
    says="The tunnels of a site-to-site VPN connection offer IKEv2 only.",
    severity=Severity.MEDIUM,
    cites=(
        "AWS Config managed rule ec2-vpn-connection-ike-v2-only",
        "AWS Site-to-Site VPN user guide: tunnel options (default: ikev1, ikev2)",
    ),
    fix="aws ec2 modify-vpn-tunnel-options --vpn-connection-id {connection.id} --vpn-tunnel-outside-ip-address "
    "ADDRESS --tunnel-options IKEVersions=[{{Value=ikev2}}], one tunnel after the other.",
    on=VpnConnection,
    fix_by=FixBy.NETWORK,
)
def ikev2_only(connection: VpnConnection, policy: Policy) -> Iterator[Outcome]:
    """IKEv1 knows aggressive mode and weak proposals; what is offered can be negotiated tomorrow."""
    tunnels = need(connection.tunnels)
    if not tunnels:
        yield Fail("no tunnel options are printed, so AWS's defaults are offered, and they contain IKEv1")
    for tunnel in tunnels:
        name = f"tunnel {tunnel.outside_address or 'without address'}"
        if not tunnel.ike_versions:
            yield Fail(f"{name} lists no IKE versions, so AWS's defaults are offered, and they contain IKEv1")
        elif set(tunnel.ike_versions) != {"ikev2"}:
            yield Fail(f"{name} offers {', '.join(tunnel.ike_versions)}")
