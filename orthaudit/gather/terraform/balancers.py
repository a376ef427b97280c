"""Load balancers, their listeners, target groups and targets."""

from __future__ import annotations

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.client_vpn import CERTIFICATE
from orthaudit.gather.terraform.document import Block, Resource
from orthaudit.gather.terraform.interfaces import scaled_targets
from orthaudit.gather.terraform.marks import is_unknown
from orthaudit.gather.terraform.view import (
    BALANCER,
    GROUP,
    INSTANCE,
    INTERFACE,
    SUBNET,
    TARGET_GROUP,
    VPC,
    Answers,
    Items,
    View,
    label,
    listed,
    members,
)

LISTENER = ("aws_lb_listener", "aws_alb_listener")
TARGET = (*INSTANCE, *INTERFACE, *BALANCER, "aws_lambda_function")


def load_balancers(view: View) -> Items:
    """elbv2.DescribeLoadBalancers."""
    for one in view.of(*BALANCER):
        subnets = [] if one.left_out("subnets") else listed(view.many(one, "subnets", *SUBNET))
        zones: list[Json] = [
            subnet if is_unknown(subnet) else {"SubnetId": subnet, "ZoneName": _zone(view, subnet)}
            for subnet in subnets
        ]
        mappings = () if one.left_out("subnets") is False and subnets else one.blocks("subnet_mapping")
        zones += [mappings] if isinstance(mappings, dict) else [_mapping(view, block) for block in mappings]
        groups = [] if one.left_out("security_groups") else listed(view.many(one, "security_groups", *GROUP))
        kind = one.value("load_balancer_type") or "application"
        if kind == "application" and not groups:
            groups = listed(view.default_group(_vpc(view, zones)))
        internal = one.value("internal")
        yield {
            "LoadBalancerArn": view.id(one),
            "LoadBalancerName": label(one, "name") or one.address,
            "Type": kind,
            # an unknown `internal` that is not given is false: the provider's default
            "Scheme": ("internal" if internal is True else "internet-facing")
            if not is_unknown(internal) or one.left_out("internal")
            else internal,
            "VpcId": _vpc(view, zones),
            "State": {"Code": "active"},
            "SecurityGroups": groups,
            "AvailabilityZones": zones,
            "IpAddressType": one.value("ip_address_type"),
        }


def _zone(view: View, subnet: Json) -> Json:
    return next((one.value("availability_zone") for one in view.known(*SUBNET) if view.id(one) == subnet), None)


def _mapping(view: View, block: Block) -> Structure:
    subnet = view.one(block, "subnet_id", *SUBNET)
    return {
        "SubnetId": subnet,
        "ZoneName": _zone(view, subnet),
        "LoadBalancerAddresses": [
            {
                "AllocationId": view.one(block, "allocation_id", "aws_eip"),
                "PrivateIPv4Address": block.value("private_ipv4_address"),
            }
        ],
    }


def _vpc(view: View, zones: list[Json]) -> Json:
    subnets = (zone.get("SubnetId") for zone in zones if isinstance(zone, dict))
    return next((vpc for vpc in map(view.vpc_of, subnets) if vpc), None)


def load_balancer_attributes(view: View) -> Answers:
    """elbv2.DescribeLoadBalancerAttributes."""
    for one in view.of(*BALANCER):
        cross_zone = one.value("enable_cross_zone_load_balancing")
        yield (
            {"LoadBalancerArn": view.id(one)},
            {"Attributes": [{"Key": "load_balancing.cross_zone.enabled", "Value": _text(cross_zone)}]},
        )


def _text(value: Json) -> Json:
    """Attributes are text: `true`."""
    return str(value).lower() if isinstance(value, bool) else value


def listeners(view: View) -> Answers:
    """elbv2.DescribeListeners."""
    found = view.attached(LISTENER, "load_balancer_arn", BALANCER)
    certificates = view.attached(("aws_lb_listener_certificate",), "listener_arn", LISTENER)
    for balancer in view.of(*BALANCER):
        items: list[Json] = []
        for one in found.to(view.id(balancer)):
            own = [] if one.left_out("certificate_arn") else listed(view.one(one, "certificate_arn", *CERTIFICATE))
            own += [view.one(more, "certificate_arn", *CERTIFICATE) for more in certificates.to(view.id(one))]
            actions = one.blocks("default_action")
            items.append(
                {
                    "ListenerArn": view.id(one),
                    "LoadBalancerArn": view.id(balancer),
                    "Port": one.value("port"),
                    "Protocol": "HTTP" if one.left_out("protocol") else one.value("protocol"),
                    "SslPolicy": None if one.left_out("ssl_policy") else one.value("ssl_policy"),
                    "Certificates": members("CertificateArn", own),
                    "DefaultActions": actions
                    if isinstance(actions, dict)
                    else [_action(view, action) for action in actions],
                }
            )
        yield {"LoadBalancerArn": view.id(balancer)}, {"Listeners": [*items, *found.lost]}


def _action(view: View, action: Block) -> Structure:
    forward = action.block("forward")
    groups = forward.blocks("target_group") if isinstance(forward, Block) else forward
    return {
        "Type": action.value("type"),
        "Order": action.value("order"),
        "TargetGroupArn": None
        if action.left_out("target_group_arn")
        else view.one(action, "target_group_arn", *TARGET_GROUP),
        "ForwardConfig": {
            "TargetGroups": groups
            if isinstance(groups, dict)
            else [
                {"TargetGroupArn": view.one(group, "arn", *TARGET_GROUP), "Weight": group.value("weight")}
                for group in groups
            ]
        },
    }


def target_groups(view: View) -> Items:
    """elbv2.DescribeTargetGroups."""
    for one in view.of(*TARGET_GROUP):
        yield {
            "TargetGroupArn": view.id(one),
            "TargetGroupName": label(one, "name") or one.address,
            "Port": one.value("port"),
            "Protocol": one.value("protocol"),
            "TargetType": one.value("target_type") or "instance",
            "VpcId": None if one.left_out("vpc_id") else view.one(one, "vpc_id", *VPC),
        }


def target_group_attributes(view: View) -> Answers:
    """elbv2.DescribeTargetGroupAttributes."""
    for one in view.of(*TARGET_GROUP):
        yield (
            {"TargetGroupArn": view.id(one)},
            {
                "Attributes": [
                    {"Key": "preserve_client_ip.enabled", "Value": _text(one.value("preserve_client_ip"))},
                    {"Key": "proxy_protocol_v2.enabled", "Value": _text(one.value("proxy_protocol_v2"))},
                ]
            },
        )


def target_health(view: View) -> Answers:
    """elbv2.DescribeTargetHealth: what is registered; healthy, as what the plan makes is taken to work."""
    attachments = view.attached(
        ("aws_lb_target_group_attachment", "aws_alb_target_group_attachment"), "target_group_arn", TARGET_GROUP
    )
    scaled = list(scaled_targets(view))
    for group in view.of(*TARGET_GROUP):
        id_ = view.id(group)
        targets: list[Json] = [_target(view, group, one) for one in attachments.to(id_)]
        targets += [_health(scaling, group.value("port")) for arn, scaling in scaled if arn == id_]
        lost = [arn for arn, _ in scaled if is_unknown(arn)]
        yield {"TargetGroupArn": id_}, {"TargetHealthDescriptions": [*targets, *attachments.lost, *lost]}


def _target(view: View, group: Resource, one: Resource) -> Structure:
    port = one.value("port")
    return _health(view.one(one, "target_id", *TARGET), group.value("port") if port is None else port)


def _health(target: Json, port: Json) -> Structure:
    return {"Target": {"Id": target, "Port": port}, "TargetHealth": {"State": "healthy"}}
