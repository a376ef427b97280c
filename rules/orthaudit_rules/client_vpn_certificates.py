"""Client VPN: the certificates that its tunnels stand on."""

from collections.abc import Iterator

from orthaudit.model.certificate import CERTIFICATE
from orthaudit.model.client_vpn import ClientVpnEndpoint
from orthaudit.policy import Policy
from orthaudit.rule import FixBy, Outcome, Severity, Unobserved, rule
from orthaudit_rules.expiry import expiry, outlives_its_signer


@rule(
    "client-vpn-certificate-expiry",
    says="The server certificate, the clients' root chain and every CA in them stay valid, and no CA ends "
    "before what it signed.",
    severity=Severity.MEDIUM,
    cites=(
        "device connectivity guide: certificate based mutual authentication",
        "NIST SP 800-53 Rev. 5 SC-12",
    ),
    fix="Renew the certificate, import it (aws acm import-certificate) and set it on {endpoint.id} (aws ec2 "
    "modify-client-vpn-endpoint --server-certificate-arn ARN).",
    on=ClientVpnEndpoint,
    needs=(CERTIFICATE,),
    fix_by=FixBy.PKI,
    knobs=("certificate_days",),
)
def certificate_expiry(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """On the day that one of them ends, every workstation is locked out at once."""
    server, roots = endpoint.server_certificate_arn, endpoint.client_root_arns
    arns = [server] if isinstance(server, str) else []
    if isinstance(server, Unobserved):
        yield server
    if isinstance(roots, Unobserved):
        yield roots
    else:
        arns += [arn for arn in roots if arn not in arns]
    for arn in arns:
        chain = endpoint.chain(arn)
        if isinstance(chain, Unobserved):
            yield chain
            continue
        for certificate in chain:
            yield from expiry(certificate, policy, endpoint.estate.as_of, Severity.MEDIUM)
        yield from outlives_its_signer(chain)
