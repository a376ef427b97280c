"""Security groups, network ACLs and managed prefix lists."""

from __future__ import annotations

from collections.abc import Iterator

from orthaudit.evidence import Json, Structure
from orthaudit.gather.terraform.document import Block, Resource
from orthaudit.gather.terraform.marks import is_unknown, known_after_apply
from orthaudit.gather.terraform.view import (
    GROUP,
    NETWORK_ACL,
    PREFIX_LIST,
    SUBNET,
    VPC,
    Answers,
    Items,
    View,
    label,
    listed,
    members,
    tags,
    with_separate,
)


def _everywhere(vpc: Resource) -> list[str]:
    """All addresses of the families that the VPC has."""
    ipv6 = not (vpc.left_out("assign_generated_ipv6_cidr_block") and vpc.left_out("ipv6_cidr_block"))
    return ["0.0.0.0/0", "::/0"] if ipv6 else ["0.0.0.0/0"]


def _permission(view: View, block: Block, group_id: str) -> Json:
    """An inline rule or an `aws_security_group_rule`; a mark where its protocol or ports are not known."""
    sources: Structure = {
        "IpRanges": members("CidrIp", listed(block.value("cidr_blocks"))),
        "Ipv6Ranges": members("CidrIpv6", listed(block.value("ipv6_cidr_blocks"))),
        "PrefixListIds": members("PrefixListId", listed(view.many(block, "prefix_list_ids", *PREFIX_LIST))),
    }
    groups = listed(view.many(block, "security_groups", *GROUP))
    if not block.left_out("source_security_group_id"):
        groups += listed(view.one(block, "source_security_group_id", *GROUP))
    if itself := block.value("self"):
        groups.append(group_id if itself is True else itself)
    return {**_ports(block, "protocol"), **sources, "UserIdGroupPairs": [_pair(view, one) for one in groups]}


def _pair(view: View, group: Json) -> Json:
    return group if is_unknown(group) else {"GroupId": group, "UserId": view.account}


def _ports(block: Block, protocol: str) -> Structure:
    """Protocol and ports as AWS writes them: none with all protocols."""
    named = block.value(protocol)
    if named in ("-1", "all"):
        return {"IpProtocol": "-1"}
    return {"IpProtocol": named, "FromPort": block.value("from_port"), "ToPort": block.value("to_port")}


def _single(view: View, rule: Resource, group_id: str) -> Json:
    """An `aws_vpc_security_group_ingress_rule` or `…_egress_rule`: one source."""
    permission = _ports(rule, "ip_protocol")
    if cidr := rule.value("cidr_ipv4"):
        permission["IpRanges"] = members("CidrIp", [cidr])
    if cidr := rule.value("cidr_ipv6"):
        permission["Ipv6Ranges"] = members("CidrIpv6", [cidr])
    if not rule.left_out("prefix_list_id") and (one := view.one(rule, "prefix_list_id", *PREFIX_LIST)):
        permission["PrefixListIds"] = members("PrefixListId", [one])
    if not rule.left_out("referenced_security_group_id"):
        groups = listed(view.one(rule, "referenced_security_group_id", *GROUP))
        permission["UserIdGroupPairs"] = [_pair(view, one) for one in groups]
    return permission


def security_groups(view: View) -> Items:
    """ec2.DescribeSecurityGroups; the default group of a VPC that the plan creates admits itself."""
    for group in view.of(*GROUP):
        yield {
            "GroupId": view.id(group),
            "GroupName": "default" if group.type == "aws_default_security_group" else label(group, "name"),
            "Description": label(group, "description"),
            "OwnerId": view.account,
            "VpcId": view.one(group, "vpc_id", *VPC),
            "IpPermissions": _direction(view, view.id(group), "ingress", group),
            "IpPermissionsEgress": _direction(view, view.id(group), "egress", group),
            "Tags": tags(group),
        }
    for vpc in view.of("aws_vpc"):
        made = view.creates(vpc, "default_security_group_id", *GROUP)
        if made:
            v4, *v6 = _everywhere(vpc)
            ranges: Structure = {"IpRanges": members("CidrIp", [v4]), "Ipv6Ranges": members("CidrIpv6", v6)}
            out: Structure = {"IpProtocol": "-1", **ranges}
            itself: Structure = {"IpProtocol": "-1", "UserIdGroupPairs": [_pair(view, made)]}
            yield {
                "GroupId": made,
                "GroupName": "default",
                "OwnerId": view.account,
                "VpcId": view.id(vpc),
                "IpPermissions": [itself, *_separate(view, made, "ingress")],
                "IpPermissionsEgress": [out, *_separate(view, made, "egress")],
            }
    yield from _unlisted(view)


def _unlisted(view: View) -> Items:
    """Groups that the plan only adds rules to: what else they hold is not known."""
    known = {view.id(one) for one in view.of(*GROUP)}
    known |= {view.made_with(one, "default_security_group_id") for one in view.of("aws_vpc") if one.created}
    for group_id in sorted(set(_owners(view)) - known):
        rest = known_after_apply(f"{group_id}: the plan does not hold this group, and its other rules")
        yield {
            "GroupId": group_id,
            "VpcId": rest,
            "IpPermissions": [*_separate(view, group_id, "ingress"), rest],
            "IpPermissionsEgress": [*_separate(view, group_id, "egress"), rest],
        }


_SINGLE = {"ingress": "aws_vpc_security_group_ingress_rule", "egress": "aws_vpc_security_group_egress_rule"}


def _owners(view: View) -> Iterator[str]:
    for kind in ("aws_security_group_rule", *_SINGLE.values()):
        yield from view.attached((kind,), "security_group_id", GROUP).by_owner


def _separate(view: View, group_id: str, direction: str) -> list[Json]:
    """The rules of a group that are resources of their own; the last are marks of rules that may be its."""
    rules = view.attached(("aws_security_group_rule",), "security_group_id", GROUP)
    single = view.attached((_SINGLE[direction],), "security_group_id", GROUP)
    return [
        *(_permission(view, one, group_id) for one in rules.to(group_id) if one.value("type") == direction),
        *(one.value("type") for one in rules.to(group_id) if is_unknown(one.value("type"))),
        *(_single(view, one, group_id) for one in single.to(group_id)),
        *rules.lost,
        *single.lost,
    ]


def _direction(view: View, group_id: str, direction: str, group: Resource) -> Json:
    blocks = group.blocks(direction)
    inline: Json = blocks if isinstance(blocks, dict) else [_permission(view, one, group_id) for one in blocks]
    return with_separate(inline, _separate(view, group_id, direction))


def network_acls(view: View) -> Items:
    """ec2.DescribeNetworkAcls; the default one of a VPC that the plan creates allows everything."""
    associations = view.attached(("aws_network_acl_association",), "network_acl_id", NETWORK_ACL)
    named: set[Json] = set()
    lost = list(associations.lost)
    for acl in view.of(*NETWORK_ACL):
        subnets = [] if acl.left_out("subnet_ids") else listed(view.many(acl, "subnet_ids", *SUBNET))
        subnets += [view.one(one, "subnet_id", *SUBNET) for one in associations.to(view.id(acl))]
        named |= {one for one in subnets if isinstance(one, str)}
        lost += [one for one in subnets if is_unknown(one)]
        default = acl.type == "aws_default_network_acl"
        yield {
            "NetworkAclId": view.id(acl),
            "IsDefault": default,
            "OwnerId": view.account,
            "VpcId": _vpc_of_acl(view, acl),
            "Entries": [*listed(_entries(view, acl, False)), *listed(_entries(view, acl, True)), *_last()],
            "Associations": [
                one if is_unknown(one) else {"NetworkAclId": view.id(acl), "SubnetId": one} for one in subnets
            ],
            "Tags": tags(acl),
        }
    for vpc in view.of("aws_vpc"):
        made = view.creates(vpc, "default_network_acl_id", *NETWORK_ACL)
        if made:
            rest = [one for one in view.of(*SUBNET) if view.one(one, "vpc_id", *VPC) == view.id(vpc)]
            unnamed: list[Json] = [view.id(one) for one in rest if view.id(one) not in named]
            yield {
                "NetworkAclId": made,
                "IsDefault": True,
                "OwnerId": view.account,
                "VpcId": view.id(vpc),
                "Entries": [*_all(100, "allow", _everywhere(vpc)), *_last()],
                # where an association is not known, these may have another
                "Associations": lost[:1] if lost else [{"NetworkAclId": made, "SubnetId": one} for one in unnamed],
            }


def _vpc_of_acl(view: View, acl: Resource) -> Json:
    if acl.type == "aws_network_acl":
        return view.one(acl, "vpc_id", *VPC)
    own = [one for one in view.known(*VPC) if view.made_with(one, "default_network_acl_id") == view.id(acl)]
    return view.id(own[0]) if own else acl.value("vpc_id")


def _all(number: int, action: str, cidrs: list[str]) -> list[Json]:
    return [
        {
            "RuleNumber": number + family,
            "RuleAction": action,
            "Protocol": "-1",
            "Egress": egress,
            ("Ipv6CidrBlock" if family else "CidrBlock"): cidr,
        }
        for egress in (False, True)
        for family, cidr in enumerate(cidrs)
    ]


def _last() -> list[Json]:
    """The rule `*`: what nothing else matches is denied."""
    return _all(32767, "deny", ["0.0.0.0/0", "::/0"])


PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}


def _entries(view: View, acl: Resource, egress: bool) -> Json:
    blocks = acl.blocks("egress" if egress else "ingress")
    inline: Json = (
        blocks if isinstance(blocks, dict) else [_entry(one, one.value("rule_no"), "action", egress) for one in blocks]
    )
    rules = view.attached(("aws_network_acl_rule",), "network_acl_id", NETWORK_ACL)
    separate: list[Json] = [
        _entry(one, one.value("rule_number"), "rule_action", egress)
        for one in rules.to(view.id(acl))
        if bool(one.value("egress")) == egress
    ]
    return with_separate(inline, [*separate, *rules.lost])


def _entry(block: Block, number: Json, action: str, egress: bool) -> Structure:
    protocol = block.value("protocol")
    low, high = block.value("from_port"), block.value("to_port")
    return {
        "RuleNumber": number,
        "RuleAction": block.value(action),
        "Egress": egress,
        "Protocol": PROTOCOLS.get(protocol, protocol) if isinstance(protocol, str) else protocol,
        "CidrBlock": block.value("cidr_block") or None,
        "Ipv6CidrBlock": block.value("ipv6_cidr_block") or None,
        "PortRange": {"From": low, "To": high} if protocol not in ("-1", "all") and low is not None else None,
    }


def prefix_lists(view: View) -> Items:
    """ec2.DescribeManagedPrefixLists."""
    for one in view.known(*PREFIX_LIST):
        yield {
            "PrefixListId": view.id(one),
            "PrefixListName": label(one, "name"),
            "AddressFamily": one.value("address_family"),
            "MaxEntries": one.value("max_entries"),
            "OwnerId": view.account,
            "State": "create-complete",
        }


def prefix_list_entries(view: View) -> Answers:
    """ec2.GetManagedPrefixListEntries."""
    separate = view.attached(("aws_ec2_managed_prefix_list_entry",), "prefix_list_id", PREFIX_LIST)
    for one in view.known(*PREFIX_LIST):
        blocks = one.blocks("entry" if one.mode == "managed" else "entries")
        inline = blocks if isinstance(blocks, dict) else [_cidr(entry) for entry in blocks]
        more = [*(_cidr(entry) for entry in separate.to(view.id(one))), *separate.lost]
        yield {"PrefixListId": view.id(one)}, {"Entries": with_separate(inline, more)}


def _cidr(block: Block) -> Json:
    return {"Cidr": block.value("cidr")}
