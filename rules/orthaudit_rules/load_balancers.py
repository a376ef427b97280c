"""Load balancers in front of DICOM listeners."""

from collections.abc import Iterator

from orthaudit.evidence import UnknownCode
from orthaudit.model.estate import Estate
from orthaudit.model.listener import DicomListener, strays
from orthaudit.model.load_balancer import LoadBalancerListener, Target, TargetGroup
from orthaudit.model.network_interface import NETWORK_INTERFACES, NetworkInterface
from orthaudit.model.probed_listener import ProbedListener
from orthaudit.policy import Policy
from orthaudit.rule import Fail, NotApplicable, NotObserved, Outcome, Severity, Unobserved, need, rule


@rule(
    "load-balancer-dicom-tls",
    says="Every load balancer listener that forwards to a DICOM port is TLS, or TCP passed through to a DICOM "
    "listener that speaks TLS alone.",
    severity=Severity.CRITICAL,
    cites=(
        "device connectivity guide: DICOM across the Internet must be encrypted with TLS",
        "NIST SP 800-53 Rev. 5 SC-8(1)",
        "45 CFR 164.312(e)(1)",
    ),
    fix="aws elbv2 modify-listener --listener-arn {listener.arn} --protocol TLS --certificates "
    "CertificateArn=ARN, or turn on DICOM-TLS alone at the targets.",
    on=LoadBalancerListener,
    needs=(NETWORK_INTERFACES,),
    knobs=("ports",),
)
def dicom_tls(listener: LoadBalancerListener, policy: Policy) -> Iterator[Outcome]:
    """A plaintext listener beside a TLS one takes the images of whoever forgot to change the port."""
    groups = listener.target_groups
    carrying = [group for group in groups if _carries_dicom(group, listener.estate)]
    if listener.protocol == "TLS" and not groups.missing:
        if not carrying:
            yield NotApplicable("forwards to no DICOM port")
        return
    for group in carrying:
        if listener.protocol in ("TCP", "TCP_UDP"):
            targets = group.targets
            if isinstance(targets, Unobserved):
                yield targets
                continue
            for target in targets:
                yield from _speaks_tls(listener, target)
            if not targets:
                why = f"{group.name} has no target: nothing tells whether TLS will be spoken behind it"
                yield Unobserved(UnknownCode.NOT_PROBED, why, (f"a target of {group.arn}",))
        elif listener.protocol not in ("TLS", "UDP"):
            yield Fail(f"hands {listener.protocol} to DICOM port {group.port} of {group.name}")
    yield from groups.missing
    if not carrying:
        yield from strays(listener.estate)
        yield NotApplicable("forwards to no DICOM port")


def _carries_dicom(group: TargetGroup, estate: Estate) -> bool:
    """Whether it leads to a DICOM port, or to another port on which a listener was declared or met."""
    if group.port in estate.policy.ports or isinstance(group.targets, Unobserved):
        return True
    interfaces = estate.all(NetworkInterface)
    known = {(one.interface, one.port) for one in estate.all(DicomListener)}
    return any(
        target.port in estate.policy.ports or (target.interface(interfaces), target.port) in known
        for target in group.targets
    )


def _speaks_tls(balanced: LoadBalancerListener, target: Target) -> Iterator[Outcome]:
    """What the probes of the target say; what nobody probed is unknown."""
    seen = balanced.estate.all(ProbedListener)
    interface = target.interface(balanced.estate.all(NetworkInterface))
    met = [
        one
        for one in seen
        if one.listener is not None and (one.listener.port, one.listener.interface) == (target.port, interface)
    ]
    if not met and seen.missing:
        yield from seen.missing
    elif not met:
        why = f"the target {target.id}:{target.port} was not probed"
        needs = (f"a probe of {target.id}:{target.port}",)
        yield Unobserved(UnknownCode.NOT_PROBED, why, needs, balanced.load_balancer.place)
    for one in met:
        try:
            if one.seen.plaintext is True:
                yield Fail(f"passes TCP through to {target.id}:{target.port}, which takes images in the clear")
            elif not need(one.speaks_tls):
                yield Fail(f"passes TCP through to {target.id}:{target.port}, which speaks no TLS")
            else:
                need(one.seen.plaintext)
        except NotObserved as error:
            yield error.missing
