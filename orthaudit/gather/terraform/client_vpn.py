"""Client VPN endpoints, their associations, routes and authorization rules."""

from __future__ import annotations

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.document import Block, Resource
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply
from orthaudit.gather.terraform.view import GROUP, SUBNET, VPC, Answers, Attached, Items, View, label, listed, tags

ENDPOINT = ("aws_ec2_client_vpn_endpoint",)
CERTIFICATE = ("aws_acm_certificate", "aws_acm_certificate_validation")


def _associations(view: View) -> Attached:
    return view.attached(("aws_ec2_client_vpn_network_association",), "client_vpn_endpoint_id", ENDPOINT)


def _vpc(view: View, endpoint: Resource) -> Json:
    """The endpoint's VPC, as it says itself, else that of the subnets that it is associated with."""
    if not endpoint.left_out("vpc_id"):
        return view.one(endpoint, "vpc_id", *VPC)
    subnets = (view.one(one, "subnet_id", *SUBNET) for one in _associations(view).to(view.id(endpoint)))
    return next((vpc for vpc in map(view.vpc_of, subnets) if vpc), None)


def _groups(view: View, endpoint: Resource) -> list[Json]:
    if endpoint.left_out("security_group_ids"):
        return listed(view.default_group(_vpc(view, endpoint)))
    return listed(view.many(endpoint, "security_group_ids", *GROUP))


def endpoints(view: View) -> Items:
    """ec2.DescribeClientVpnEndpoints."""
    associations = _associations(view)
    for one in view.of(*ENDPOINT):
        associated = associations.to(view.id(one)) or associations.lost
        authentication = one.blocks("authentication_options")
        yield {
            "ClientVpnEndpointId": view.id(one),
            "Description": label(one, "description"),
            "Status": {"Code": "available" if associated else "pending-associate"},
            "ClientCidrBlock": one.value("client_cidr_block"),
            "DnsServers": one.value("dns_servers"),
            "SplitTunnel": one.value("split_tunnel"),
            "VpnProtocol": "openvpn",
            "TransportProtocol": one.value("transport_protocol"),
            "VpnPort": one.value("vpn_port"),
            "ServerCertificateArn": view.one(one, "server_certificate_arn", *CERTIFICATE),
            "SecurityGroupIds": _groups(view, one),
            "VpcId": None if is_unknown(_vpc(view, one)) else _vpc(view, one),  # the associations tell it too
            "SessionTimeoutHours": one.value("session_timeout_hours"),
            "DisconnectOnSessionTimeout": one.value("disconnect_on_session_timeout"),
            "AuthenticationOptions": authentication
            if isinstance(authentication, dict)
            else [_authentication(view, option) for option in authentication],
            "ConnectionLogOptions": _logging(one),
            "ClientConnectOptions": _flag(one, "client_connect_options", "enabled", "Enabled"),
            "ClientLoginBannerOptions": _flag(one, "client_login_banner_options", "enabled", "Enabled"),
            "ClientRouteEnforcementOptions": _flag(one, "client_route_enforcement_options", "enforced", "Enforced"),
            "Tags": tags(one),
        }


def _authentication(view: View, option: Block) -> Structure:
    kind = option.value("type")
    answer: Structure = {"Type": kind}
    if kind == "certificate-authentication" or is_unknown(kind):
        chain = view.one(option, "root_certificate_chain_arn", *CERTIFICATE)
        answer["MutualAuthentication"] = {"ClientRootCertificateChain": chain}
    if kind == "directory-service-authentication":
        answer["ActiveDirectory"] = {"DirectoryId": option.value("active_directory_id")}
    if kind == "federated-authentication":
        answer["FederatedAuthentication"] = {"SamlProviderArn": option.value("saml_provider_arn")}
    return answer


def _logging(endpoint: Resource) -> Structure:
    options = endpoint.block("connection_log_options")
    if isinstance(options, dict):
        return options
    return {
        "Enabled": options.value("enabled") or False,
        "CloudwatchLogGroup": options.value("cloudwatch_log_group"),
        "CloudwatchLogStream": options.value("cloudwatch_log_stream"),
    }


def _flag(endpoint: Resource, name: str, attribute: str, member: str) -> Structure:
    options = endpoint.block(name)
    return options if isinstance(options, dict) else {member: options.value(attribute) or False}


def target_networks(view: View) -> Answers:
    """ec2.DescribeClientVpnTargetNetworks."""
    associations = _associations(view)
    for endpoint in view.of(*ENDPOINT):
        networks: list[Json] = []
        for one in associations.to(view.id(endpoint)):
            subnet = view.one(one, "subnet_id", *SUBNET)
            networks.append(
                {
                    "AssociationId": view.id(one),
                    "VpcId": view.vpc_of(subnet)
                    or _vpc(view, endpoint)
                    or known_after_apply(f"{one.address}: its VPC"),
                    "TargetNetworkId": subnet,
                    "ClientVpnEndpointId": view.id(endpoint),
                    "Status": {"Code": "associated"},
                    "SecurityGroups": _groups(view, endpoint),
                }
            )
        yield _asked(view, endpoint), {"ClientVpnTargetNetworks": [*networks, *associations.lost]}


def _asked(view: View, endpoint: Resource) -> Structure:
    return {"ClientVpnEndpointId": view.id(endpoint)}


def authorization_rules(view: View) -> Answers:
    """ec2.DescribeClientVpnAuthorizationRules."""
    rules = view.attached(("aws_ec2_client_vpn_authorization_rule",), "client_vpn_endpoint_id", ENDPOINT)
    for endpoint in view.of(*ENDPOINT):
        found: list[Json] = [
            {
                "ClientVpnEndpointId": view.id(endpoint),
                "Description": one.value("description"),
                "GroupId": one.value("access_group_id") or "",
                "AccessAll": one.value("authorize_all_groups") or False,
                "DestinationCidr": one.value("target_network_cidr"),
                "Status": {"Code": "active"},
            }
            for one in rules.to(view.id(endpoint))
        ]
        yield _asked(view, endpoint), {"AuthorizationRules": [*found, *rules.lost]}


def routes(view: View) -> Answers:
    """ec2.DescribeClientVpnRoutes: an association adds the route to the subnet's VPC by itself."""
    added = view.attached(("aws_ec2_client_vpn_route",), "client_vpn_endpoint_id", ENDPOINT)
    associations = _associations(view)
    cidrs = {view.id(one): one.value("cidr_block") for one in view.known(*VPC)}
    for endpoint in view.of(*ENDPOINT):
        found: list[Json] = []
        for one in associations.to(view.id(endpoint)):
            subnet = view.one(one, "subnet_id", *SUBNET)
            vpc = view.vpc_of(subnet) or _vpc(view, endpoint)
            cidr = cidrs.get(vpc) if isinstance(vpc, str) else vpc
            if cidr is None:
                cidr = known_after_apply(f"{one.address}: the CIDR block of its VPC")
            found.append(_route(view, endpoint, cidr, subnet, "associate"))
        for one in added.to(view.id(endpoint)):
            subnet = view.one(one, "target_vpc_subnet_id", *SUBNET)
            found.append(_route(view, endpoint, one.value("destination_cidr_block"), subnet, "add-route"))
        yield _asked(view, endpoint), {"Routes": [*found, *added.lost, *associations.lost]}


def _route(view: View, endpoint: Resource, cidr: Json, subnet: Json, origin: str) -> Structure:
    return {
        "ClientVpnEndpointId": view.id(endpoint),
        "DestinationCidr": cidr,
        "TargetSubnet": subnet,
        "Type": "Nat",
        "Origin": origin,
        "Status": {"Code": "active"},
    }
