"""Client VPN: what a workstation sends through the tunnel, how it proves who it is, what is logged."""

from collections.abc import Iterator

from orthaudit.model.client_vpn import ROUTES, ClientVpnEndpoint
from orthaudit.paths.addresses import EVERYWHERE, Addresses, prefix_length
from orthaudit.policy import Policy
from orthaudit.rule import Fail, NotApplicable, Outcome, Severity, Unobserved, need, rule


@rule(
    "client-vpn-split-tunnel",
    says="A Client VPN endpoint routes only traffic for the VPC through the tunnel.",
    severity=Severity.MEDIUM,
    cites=(
        "device connectivity guide: enable split-tunnel",
        "AWS Client VPN administrator guide: split-tunnel on Client VPN endpoints",
        "NIST SP 800-53 Rev. 5 SC-7(7)",
    ),
    fix="aws ec2 modify-client-vpn-endpoint --client-vpn-endpoint-id {endpoint.id} --split-tunnel; delete its "
    "default routes (aws ec2 delete-client-vpn-route).",
    on=ClientVpnEndpoint,
    needs=(ROUTES,),
    knobs=("split_tunnel",),
)
def split_tunnel(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """A full tunnel takes the workstation's other traffic into the imaging VPC, and its owner turns it off."""
    if policy.split_tunnel == "any":
        yield NotApplicable("split tunnel is not judged (policy.split_tunnel: any)")
        return
    split = endpoint.split_tunnel
    if policy.split_tunnel == "forbidden":
        if need(split):
            yield Fail("split tunnel is on: the workstation is on two networks at once")
        return
    if isinstance(split, Unobserved):
        yield split
    elif not split:
        yield Fail("split tunnel is off: all of the workstation's traffic goes into the VPC")
    routes = need(endpoint.routes)
    default = [route.destination for route in routes if prefix_length(route.destination) <= 1]
    together = Addresses().union(route.addresses for route in routes)
    if default:
        yield Fail(f"an endpoint route is a default route or a half of one: {', '.join(default)}")
    elif together.v4 == EVERYWHERE.v4 or together.v6 == EVERYWHERE.v6:
        yield Fail("the endpoint routes together are a default route")


@rule(
    "client-vpn-mutual-authentication",
    says="Clients of a Client VPN endpoint authenticate with certificates, alone or with directory or SAML.",
    severity=Severity.MEDIUM,
    cites=(
        "device connectivity guide: certificate based mutual authentication",
        "AWS Client VPN administrator guide: client authentication",
    ),
    fix="The authentication of an endpoint cannot be changed: create one with mutual authentication beside "
    "{endpoint.id} and move its clients, or set policy.client_authentication: any.",
    on=ClientVpnEndpoint,
    knobs=("client_authentication",),
)
def mutual_authentication(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """A certificate binds the tunnel to a workstation; a password alone travels with whoever learns it."""
    kinds = need(endpoint.authentication)
    if not kinds:
        yield Fail("no authentication is configured")
    elif policy.client_authentication == "certificate" and "certificate-authentication" not in kinds:
        yield Fail(f"clients authenticate by {' and '.join(kinds)} alone, without a certificate")


@rule(
    "client-vpn-connection-logging",
    says="A Client VPN endpoint logs its connections.",
    severity=Severity.MEDIUM,
    cites=(
        "AWS Foundational Security Best Practices EC2.51",
        "NIST SP 800-53 Rev. 5 AC-17(1), AU-12",
        "45 CFR 164.312(b)",
    ),
    fix="aws ec2 modify-client-vpn-endpoint --client-vpn-endpoint-id {endpoint.id} --connection-log-options "
    "Enabled=true,CloudwatchLogGroup=NAME",
    on=ClientVpnEndpoint,
)
def connection_logging(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """Without the log nobody can tell who was connected when an image left."""
    if not need(endpoint.connection_logging):
        yield Fail("connections are not logged")
