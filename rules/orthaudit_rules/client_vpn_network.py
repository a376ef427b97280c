"""Client VPN: addresses, subnets, security groups and authorization, up to the DICOM listeners."""

from collections.abc import Iterator

from orthaudit.evidence import UnknownCode
from orthaudit.model.client_vpn import (
    AUTHORIZATION_RULES,
    ROUTES,
    TARGET_NETWORKS,
    ClientVpnEndpoint,
    TargetNetwork,
)
from orthaudit.model.listener import LISTENER_OPERATIONS, DicomListener, dicom_listeners
from orthaudit.model.network import (
    PEERING_CONNECTIONS,
    PREFIX_LIST_ENTRIES,
    ROUTE_TABLES,
    SUBNETS,
    VPCS,
    PeeringConnection,
    Route,
    RouteTable,
    Vpc,
)
from orthaudit.model.network_interface import NetworkInterface
from orthaudit.model.security_group import SecurityGroup
from orthaudit.paths.addresses import EVERYWHERE, Addresses, prefix_length
from orthaudit.policy import Policy
from orthaudit.rule import Fail, NotApplicable, Note, NotObserved, Outcome, Severity, Unobserved, need, rule

GUIDE_SUBNETS = "device connectivity guide: associate it with the two private subnets as target network"


def _vpc_id(endpoint: ClientVpnEndpoint) -> str | None:
    """The endpoint's VPC, as it says itself or as its associations say."""
    if endpoint.vpc_id is not None:
        return endpoint.vpc_id
    return next((one.vpc_id for one in need(endpoint.target_networks) if one.vpc_id), None)


@rule(
    "client-vpn-client-cidr",
    says="The IPv4 client CIDR is /12 to /22, apart from the VPC's CIDRs, the destinations of its route tables "
    "and of the endpoint's routes, and its peers.",
    severity=Severity.MEDIUM,
    cites=(
        "device connectivity guide: specify a separate CIDR range for client IPs",
        "AWS Client VPN administrator guide: rules and best practices",
    ),
    fix="The client CIDR of an endpoint cannot be changed: create one with a range of its own (for example "
    "192.168.0.0/22) beside {endpoint.id} and move its clients.",
    on=ClientVpnEndpoint,
    needs=(TARGET_NETWORKS, ROUTES, VPCS, ROUTE_TABLES, PREFIX_LIST_ENTRIES, PEERING_CONNECTIONS),
)
def client_cidr(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """Answers to a client whose address lies in another network go to that network."""
    cidr = need(endpoint.client_cidr)
    if cidr is None:
        yield NotApplicable("it gives its clients no IPv4 addresses")
        return
    clients = Addresses.of([cidr])
    if not 12 <= prefix_length(cidr) <= 22:
        yield Fail(f"{cidr} is not between /12 and /22")
    yield from _overlaps(endpoint, clients)
    routes = endpoint.routes
    if isinstance(routes, Unobserved):
        yield routes
    else:
        for route in routes:
            if prefix_length(route.destination) > 0 and route.addresses & clients:
                yield Fail(f"{cidr} overlaps the endpoint's own route to {route.destination}")


def _overlaps(endpoint: ClientVpnEndpoint, clients: Addresses) -> Iterator[Outcome]:
    estate, cidr = endpoint.estate, endpoint.client_cidr
    try:
        vpc_id = _vpc_id(endpoint)
    except NotObserved as error:
        yield error.missing
        return
    if vpc_id is None:
        yield Note("it is associated with no VPC yet")
        return
    vpc = estate.one(Vpc, vpc_id)
    if isinstance(vpc, Unobserved):
        yield vpc
    elif vpc.cidrs & clients:
        yield Fail(f"{cidr} overlaps the CIDRs of its own {vpc_id}")
    tables = estate.all(RouteTable)
    yield from tables.missing
    for table in tables:
        if table.vpc_id != vpc_id:
            continue
        if isinstance(table.routes, Unobserved):
            yield table.routes
            continue
        for route in table.routes:
            if isinstance(route.addresses, Unobserved):
                yield route.addresses
            elif _leads_elsewhere(route) and route.addresses & clients:
                yield Fail(f"{cidr} overlaps the route to {route.destination} in {table.id}")
    peerings = estate.all(PeeringConnection)
    yield from peerings.missing
    for peering in peerings:
        (one, one_cidrs), (other, other_cidrs) = peering.sides
        if vpc_id in (one, other) and (other_cidrs if vpc_id == one else one_cidrs) & clients:
            yield Fail(f"{cidr} overlaps the peer of {peering.id}")


def _leads_elsewhere(route: Route) -> bool:
    return route.target != "local" and not _is_default(route.destination)


def _is_default(destination: str) -> bool:
    return destination in ("0.0.0.0/0", "::/0")


@rule(
    "client-vpn-two-subnets",
    says="A Client VPN endpoint is associated with at least two subnets in different availability zones.",
    severity=Severity.MEDIUM,
    cites=GUIDE_SUBNETS,
    fix="aws ec2 associate-client-vpn-target-network --client-vpn-endpoint-id {endpoint.id} --subnet-id SUBNET, "
    "with a private subnet of another zone.",
    on=ClientVpnEndpoint,
    needs=(TARGET_NETWORKS, SUBNETS),
)
def two_subnets(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """With one zone, a zone's failure takes the way in with it."""
    networks = need(endpoint.target_networks)
    if len({one.subnet_id for one in networks}) < 2:
        yield Fail(f"it is associated with {len(networks) or 'no'} subnet{'s' * (len(networks) != 1)}")
    else:
        subnets = [endpoint.subnet(one) for one in networks]
        missing = [one for one in subnets if isinstance(one, Unobserved)]
        zones = {one.zone for one in subnets if not isinstance(one, Unobserved)}
        if len([zone for zone in zones if not isinstance(zone, Unobserved)]) < 2:
            yield from missing
            yield from (zone for zone in zones if isinstance(zone, Unobserved))
            if not missing and not any(isinstance(zone, Unobserved) for zone in zones):
                yield Fail("all its subnets are in one availability zone")
    for one in networks:
        if one.status != "associated":
            yield Fail(f"its association with {one.subnet_id} is {one.status}")


@rule(
    "client-vpn-private-subnets",
    says="The subnets that a Client VPN endpoint is associated with have no route to an Internet gateway.",
    severity=Severity.MEDIUM,
    cites=GUIDE_SUBNETS,
    fix="Associate {endpoint.id} with private subnets, then aws ec2 disassociate-client-vpn-target-network "
    "--client-vpn-endpoint-id {endpoint.id} --association-id ID for the public ones.",
    on=ClientVpnEndpoint,
    needs=(TARGET_NETWORKS, SUBNETS, ROUTE_TABLES),
)
def private_subnets(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """In a public subnet the clients' traffic may leave to the Internet, and what comes back may enter."""
    networks = need(endpoint.target_networks)
    if not networks:
        yield NotApplicable("it is associated with no subnet")
    for network in networks:
        yield from _private(endpoint, network)


def _private(endpoint: ClientVpnEndpoint, network: TargetNetwork) -> Iterator[Outcome]:
    try:
        table = need(need(endpoint.subnet(network)).route_table)
        for route in need(table.routes):
            if route.to_internet_gateway:
                yield Fail(f"{network.subnet_id} routes {route.destination} to {route.target} ({table.id})")
    except NotObserved as error:
        yield error.missing


@rule(
    "client-vpn-security-group",
    says="The security groups of a Client VPN endpoint let its clients out to every DICOM listener, and are its own.",
    severity=Severity.HIGH,
    cites="device connectivity guide: create a new security group with outbound rule allowing all types of "
    "traffic to destination CIDR 0.0.0.0/0",
    fix="aws ec2 authorize-security-group-egress --group-id GROUP --ip-permissions "
    "IpProtocol=-1,IpRanges=[{{CidrIp=0.0.0.0/0}}] on a group of {endpoint.id} alone.",
    on=ClientVpnEndpoint,
    needs=(TARGET_NETWORKS, PREFIX_LIST_ENTRIES, *LISTENER_OPERATIONS),
)
def security_group(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """Terraform takes the allow-all egress rule out of a new group: the tunnel stands, and nothing passes."""
    networks = need(endpoint.target_networks)
    if not networks:
        yield NotApplicable("it is associated with no subnet")
        return
    groups = list(dict.fromkeys(id for one in networks for id in need(one.security_groups)))  # noqa: A001
    if not groups:
        why = f"{TARGET_NETWORKS} {endpoint.id}: its associations name no security group"
        yield Unobserved(UnknownCode.ABSENT, why, (f"{TARGET_NETWORKS}: SecurityGroups",), endpoint.place)
        return
    found = [endpoint.estate.one(SecurityGroup, id) for id in groups]  # noqa: A001
    known = [one for one in found if not isinstance(one, Unobserved)]
    yield from (one for one in found if isinstance(one, Unobserved))
    for group in known:
        if group.name == "default":
            yield Fail(f"{group.id} is the VPC's default group", Severity.MEDIUM)
        sharing = [one.id for one in endpoint.estate.all(NetworkInterface) if _shares(one, group, networks)]
        if sharing:
            yield Fail(f"{group.id} is shared with {', '.join(sharing[:5])}", Severity.MEDIUM)
    yield from endpoint.estate.all(NetworkInterface).missing
    yield from _way_out(endpoint, known, complete=len(known) == len(found))


def _shares(interface: NetworkInterface, group: SecurityGroup, networks: tuple[TargetNetwork, ...]) -> bool:
    """Whether an interface carries the group and is not one that the endpoint put into its subnets."""
    own = interface.requester_managed and interface.subnet_id in {one.subnet_id for one in networks}
    return group.id in interface.groups and not (own and interface.kind == "interface")


def _way_out(endpoint: ClientVpnEndpoint, groups: list[SecurityGroup], *, complete: bool) -> Iterator[Outcome]:
    if any(_lets_everything_out(group) for group in groups):
        return
    yield from (group.egress for group in groups if isinstance(group.egress, Unobserved))
    listeners = dicom_listeners(endpoint.estate, _vpc_id(endpoint))
    for listener in listeners:
        missing: list[Unobserved] = []
        if not any(_lets_out(group, listener, missing) for group in groups) and complete:
            if missing:
                yield from missing
            else:
                yield Fail(f"nothing may leave to {listener.address}:{listener.port} ({listener.id})")


def _lets_everything_out(group: SecurityGroup) -> bool:
    """As the guide has it: all types of traffic to 0.0.0.0/0, or TCP to every port."""
    egress = group.egress
    if isinstance(egress, Unobserved):
        return False
    whole = [rule for rule in egress if rule.covers(0) and rule.to_port == 65535]
    return Addresses().union(rule.cidrs for rule in whole).v4 == EVERYWHERE.v4


def _lets_out(group: SecurityGroup, listener: DicomListener, missing: list[Unobserved]) -> bool:
    if isinstance(group.egress, Unobserved):
        missing.append(group.egress)
        return False
    for permission in group.egress:
        if not permission.covers(listener.port):
            continue
        if listener.address in permission.cidrs or set(permission.groups) & set(listener.interface.groups):
            return True
        missing += permission.unread
        for _, listed in permission.lists:
            if isinstance(listed, Unobserved):
                missing.append(listed)
            elif listener.address in listed:
                return True
    return False


@rule(
    "client-vpn-authorization",
    says="An active authorization rule covers the DICOM subnets, and none reaches everything.",
    severity=Severity.MEDIUM,
    cites=(
        "device connectivity guide: create the authorization rules as instructed",
        "AWS Client VPN administrator guide: authorization rules",
    ),
    fix="aws ec2 authorize-client-vpn-ingress --client-vpn-endpoint-id {endpoint.id} --target-network-cidr "
    "SUBNET_CIDR …; aws ec2 revoke-client-vpn-ingress for 0.0.0.0/0.",
    on=ClientVpnEndpoint,
    needs=(AUTHORIZATION_RULES, TARGET_NETWORKS, SUBNETS, *LISTENER_OPERATIONS),
    knobs=("split_tunnel",),
)
def authorization(endpoint: ClientVpnEndpoint, policy: Policy) -> Iterator[Outcome]:
    """Without a rule for the subnet nobody gets through; with one for everything, the tunnel leads anywhere."""
    rules = need(endpoint.authorization_rules)
    active = [rule for rule in rules if rule.status == "active"]
    for one in rules if policy.split_tunnel == "required" else ():
        if _is_default(one.destination) and one.status in ("active", "authorizing"):
            yield Fail(f"a rule authorizes {one.destination}")
    covered = Addresses().union(one.addresses for one in active)
    everything = covered.v4 == EVERYWHERE.v4 or covered.v6 == EVERYWHERE.v6
    if policy.split_tunnel == "required" and everything and not any(_is_default(one.destination) for one in active):
        yield Fail("the active rules together authorize everything")
    subnets = {one.interface.subnet_id: one for one in dicom_listeners(endpoint.estate, _vpc_id(endpoint))}
    for subnet_id, listener in subnets.items():
        subnet = listener.subnet
        cidrs = subnet if isinstance(subnet, Unobserved) else subnet.cidrs
        if isinstance(cidrs, Unobserved):
            yield cidrs
        elif (wanted := Addresses(cidrs.v4) or cidrs) - covered:
            yield Fail(f"no active rule covers {wanted} ({subnet_id}) of {listener.id}")
