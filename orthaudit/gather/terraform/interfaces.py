"""Network interfaces, instances and Elastic IP addresses.

Terraform shows an instance's own interface as attributes of the instance; AWS shows an interface.
"""

from __future__ import annotations

from collections.abc import Iterator

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.document import Block, Resource
from orthaudit.gather.terraform.marks import is_unknown
from orthaudit.gather.terraform.view import (
    GROUP,
    INSTANCE,
    INTERFACE,
    SUBNET,
    TARGET_GROUP,
    VPC,
    Attached,
    Items,
    View,
    first,
    known_blocks,
    label,
    listed,
    members,
    tags,
)

EIP = ("aws_eip",)
LAUNCH_TEMPLATE = ("aws_launch_template",)
SCALING_GROUP = ("aws_autoscaling_group",)


def network_interfaces(view: View) -> Items:
    """ec2.DescribeNetworkInterfaces: those of the plan, and the one of each instance that names none."""
    more_groups = view.attached(("aws_network_interface_sg_attachment",), "network_interface_id", INTERFACE)
    instances, lost = _attachments(view)
    for one in view.of(*INTERFACE):
        id_, subnet = view.id(one), view.one(one, "subnet_id", *SUBNET)
        attachment = instances.get(id_) or (lost[0] if lost else None)
        yield {
            **_interface(view, id_, subnet, _groups(view, one, "security_groups", subnet), more_groups),
            "Attachment": attachment if is_unknown(attachment) or not attachment else {"InstanceId": attachment},
            "Description": label(one, "description"),
            "SourceDestCheck": one.value("source_dest_check"),
            "TagSet": tags(one),
            **_addresses(view, id_, _private(one), None, None, _ipv6(view, one, subnet)),
        }
    for instance in _with_own_interface(view):
        subnet = own_subnet(view, instance)
        id_ = view.made_with(instance, "primary_network_interface_id")
        yield {
            **_interface(view, id_, subnet, _instance_groups(view, instance, subnet), more_groups),
            "Attachment": {"InstanceId": view.id(instance)},
            "SourceDestCheck": instance.value("source_dest_check"),
            "TagSet": tags(instance),
            **_addresses(
                view,
                id_,
                _private(instance),
                _public(view, instance, subnet),
                view.id(instance),
                _ipv6(view, instance, subnet),
            ),
        }
    yield from _of_scaling_groups(view)


def _interface(view: View, id_: str, subnet: Json, groups: list[Json], more: Attached) -> Structure:
    groups = [*groups, *(view.one(one, "security_group_id", *GROUP) for one in more.to(id_)), *more.lost]
    return {
        "NetworkInterfaceId": id_,
        "InterfaceType": "interface",
        "OwnerId": view.account,
        "Status": "in-use",
        "RequesterManaged": False,
        "VpcId": view.vpc_of(subnet) or _vpc_of_groups(view, groups),
        "SubnetId": subnet,
        "Groups": members("GroupId", groups),
    }


def _vpc_of_groups(view: View, groups: list[Json]) -> Json:
    """An interface stands in the VPC of its groups: that tells it where the subnet is not in the plan."""
    found = (view.one(one, "vpc_id", *VPC) for one in view.of(*GROUP) if view.id(one) in groups)
    return next(found, None)


def _groups(view: View, block: Block, name: str, subnet: Json) -> list[Json]:
    """The groups that are named; the VPC's default group where none is."""
    if block.left_out(name):
        return listed(view.default_group(view.vpc_of(subnet)))
    return listed(view.many(block, name, *GROUP))


def _addresses(view: View, id_: str, private: Json, public: Json, instance: str | None, ipv6: list[Json]) -> Structure:
    """The addresses; an Elastic IP address takes the place of a public one that AWS gives."""
    for eip, target, owner in _eips(view):
        if target is not None and (target == id_ or (owner is not None and owner == instance)):
            public = public_ip(eip)
    return {
        "PrivateIpAddress": private,
        "PrivateIpAddresses": [
            {
                "Primary": True,
                "PrivateIpAddress": private,
                "Association": {"PublicIp": public} if public else None,
            }
        ],
        "Ipv6Addresses": members("Ipv6Address", ipv6),
    }


def _private(interface: Resource) -> Json:
    """The private address; by its Terraform name where it is not known yet."""
    for name in ("private_ip", "private_ips", "private_ip_list"):
        value = first(interface.value(name))
        if value and not is_unknown(value):
            return value
    return f"{interface.address}.private_ip"


def _ipv6(view: View, block: Block, subnet: Json) -> list[Json]:
    value = block.value("ipv6_addresses")
    if not is_unknown(value):
        return listed(value)
    if all(block.left_out(name) for name in ("ipv6_addresses", "ipv6_address_count", "ipv6_address_list")):
        stands_in = next((one for one in view.known(*SUBNET) if view.id(one) == subnet), None)
        if stands_in is not None and not stands_in.value("assign_ipv6_address_on_creation"):
            return []
    return [f"{block.address}.ipv6_addresses"]


def _public(view: View, instance: Resource, subnet: Json) -> Json:
    """The public address that AWS gives; by the instance's Terraform name where it is not known yet.

    Where nothing tells whether it gets one, it is taken to: the safe side.
    """
    value = instance.value("public_ip")
    if not is_unknown(value):
        return value or None
    stands_in = next((one for one in view.known(*SUBNET) if view.id(one) == subnet), None)
    wishes = [
        instance.value("associate_public_ip_address"),
        template_interface(view, instance).value("associate_public_ip_address"),
        stands_in.value("map_public_ip_on_launch") if stands_in is not None else True,
    ]
    wish = next((one for one in wishes if isinstance(one, bool) or one in ("true", "false")), True)
    return f"{instance.address}.public_ip" if wish in (True, "true") else None


def template(view: View, block: Block) -> Block:
    """The launch template that an instance or scaling group is made from; an empty block where there is none."""
    named = block.block("launch_template")
    if isinstance(named, Block):
        id_ = view.one(named, "id", *LAUNCH_TEMPLATE)
        for one in view.of(*LAUNCH_TEMPLATE):
            if view.id(one) == id_ or (named.value("name") and one.value("name") == named.value("name")):
                return one
    return Block(block.address, block.scope, {}, {}, {}, True)


def template_interface(view: View, block: Block) -> Block:
    """The first interface of the launch template; an empty block where it names none."""
    found = template(view, block).block("network_interfaces")
    return found if isinstance(found, Block) else Block(block.address, block.scope, {}, True, {}, False)


def own_subnet(view: View, instance: Resource) -> Json:
    """The subnet of an instance, as it says itself or its launch template does."""
    if not instance.left_out("subnet_id"):
        return view.one(instance, "subnet_id", *SUBNET)
    templated = template_interface(view, instance)
    return instance.value("subnet_id") if templated.left_out("subnet_id") else view.one(templated, "subnet_id", *SUBNET)


def _instance_groups(view: View, instance: Block, subnet: Json) -> list[Json]:
    inside = template_interface(view, instance)
    for block, name in (
        (instance, "vpc_security_group_ids"),
        (instance, "security_groups"),
        (template(view, instance), "vpc_security_group_ids"),
        (inside, "security_groups"),
    ):
        if not block.left_out(name) and block.value(name) is not None:
            return listed(view.many(block, name, *GROUP))
    return listed(view.default_group(view.vpc_of(subnet)))


def _with_own_interface(view: View) -> Iterator[Resource]:
    for instance in view.of(*INSTANCE):
        if not known_blocks(instance, "network_interface") and not known_blocks(instance, "primary_network_interface"):
            yield instance


def _attachments(view: View) -> tuple[dict[str, Json], list[Json]]:
    """Instances by the interface that is attached to them; and marks of attachments to any interface."""
    pairs: list[tuple[Json, Json]] = [
        (view.one(block, "network_interface_id", *INTERFACE), view.id(instance))
        for instance in view.of(*INSTANCE)
        for name in ("network_interface", "primary_network_interface")
        for block in known_blocks(instance, name)
    ]
    pairs += [
        (view.one(one, "network_interface_id", *INTERFACE), view.one(one, "instance_id", *INSTANCE))
        for one in view.of("aws_network_interface_attachment")
    ]
    pairs += [
        (view.id(interface), view.one(block, "instance", *INSTANCE))
        for interface in view.of(*INTERFACE)
        for block in known_blocks(interface, "attachment")
    ]
    known = {interface: instance for interface, instance in pairs if isinstance(interface, str)}
    return known, [interface for interface, _ in pairs if is_unknown(interface)]


def _of_scaling_groups(view: View) -> Items:
    """One interface in each subnet of a scaling group: as many instances as it makes are alike."""
    for one in view.of(*SCALING_GROUP):
        inside = template_interface(view, one)
        for subnet in listed(view.many(one, "vpc_zone_identifier", *SUBNET)):
            name = f"{one.address}.{subnet}" if isinstance(subnet, str) else one.address
            wish = inside.value("associate_public_ip_address")
            stands_in = next((some for some in view.known(*SUBNET) if view.id(some) == subnet), None)
            if not isinstance(wish, (bool, str)):
                wish = stands_in.value("map_public_ip_on_launch") if stands_in is not None else True
            public = f"{name}.public_ip" if wish not in (False, "false") else None
            nothing = Attached({}, ())
            yield {
                **_interface(view, name, subnet, _instance_groups(view, one, subnet), nothing),
                "Attachment": {"InstanceId": view.id(one)},
                "TagSet": [],
                **_addresses(view, name, f"{name}.private_ip", public, None, []),
            }


def scaled_targets(view: View) -> Iterator[tuple[Json, str]]:
    """(target group, scaling group) for each scaling group that registers its instances."""
    for one in view.of(*SCALING_GROUP):
        if not one.left_out("target_group_arns"):
            for group in listed(view.many(one, "target_group_arns", *TARGET_GROUP)):
                yield group, view.id(one)
    for one in view.of("aws_autoscaling_attachment"):
        scaling = view.one(one, "autoscaling_group_name", *SCALING_GROUP)
        if isinstance(scaling, str):
            yield view.one(one, "lb_target_group_arn", *TARGET_GROUP), scaling


def instances(view: View) -> Items:
    """ec2.DescribeInstances."""
    attached, _ = _attachments(view)
    for one in _with_own_interface(view):
        attached[view.made_with(one, "primary_network_interface_id")] = view.id(one)
    for one in view.of(*INSTANCE):
        own = [interface for interface, owner in attached.items() if owner == view.id(one)]
        yield {
            "OwnerId": view.account,
            "Instances": [
                {
                    "InstanceId": view.id(one),
                    "State": {"Name": "running"},
                    "PrivateIpAddress": one.value("private_ip"),
                    "NetworkInterfaces": members("NetworkInterfaceId", own),
                    "Tags": tags(one),
                }
            ],
        }


def public_ip(eip: Resource) -> str:
    """An Elastic IP address; by its Terraform name where it is not known yet."""
    value = eip.value("public_ip")
    return value if isinstance(value, str) and value else f"{eip.address}.public_ip"


def _eips(view: View) -> Iterator[tuple[Resource, Json, Json]]:
    """Every Elastic IP address with the interface (or a mark) and the instance that it is associated with."""
    associations = view.attached(("aws_eip_association",), "allocation_id", EIP)
    for eip in view.of(*EIP):
        named = [(eip, "network_interface", "instance")]
        named += [(one, "network_interface_id", "instance_id") for one in associations.to(view.id(eip))]
        for block, interface_argument, instance_argument in named:
            instance = None if block.left_out(instance_argument) else view.one(block, instance_argument, *INSTANCE)
            target = None if block.left_out(interface_argument) else view.one(block, interface_argument, *INTERFACE)
            if target or instance:
                yield eip, target or _primary(view, instance), instance


def _primary(view: View, instance: Json) -> Json:
    """The primary interface of an instance, by the instance's id."""
    for one in view.of(*INSTANCE):
        if view.id(one) == instance:
            attached = _attachments(view)[0].items()
            named = next((interface for interface, owner in attached if owner == instance), None)
            return named or view.made_with(one, "primary_network_interface_id")
    return None if isinstance(instance, str) else instance


def addresses(view: View) -> Items:
    """ec2.DescribeAddresses."""
    associated = {view.id(eip): (target, instance) for eip, target, instance in _eips(view)}
    for eip in view.of(*EIP):
        target, instance = associated.get(view.id(eip), (None, None))
        yield {
            "AllocationId": view.id(eip),
            "PublicIp": public_ip(eip),
            "Domain": "vpc",
            "NetworkInterfaceId": target,
            "InstanceId": instance,
            "Tags": tags(eip),
        }
