"""What each kind of resource becomes in AWS's answers."""

from collections.abc import Callable
from typing import Any

import pytest

from orthaudit.finding import Status
from orthaudit.model.item import UNOBSERVED_KEY

VPC = {"aws_vpc.main": {"after": {"cidr_block": "10.0.0.0/16"}, "unknown": {"default_security_group_id": True}}}
SUBNET: dict[str, Any] = {
    "aws_subnet.a": {
        "after": {"cidr_block": "10.0.0.0/24", "availability_zone": "ca-central-1a", "map_public_ip_on_launch": True},
        "given": {"vpc_id": ("aws_vpc.main.id",)},
    }
}
PACS: dict[str, Any] = {
    "aws_instance.pacs": {
        "given": {"subnet_id": ("aws_subnet.a.id",), "vpc_security_group_ids": ("aws_security_group.app.id",)},
        "unknown": {
            "private_ip": True, "public_ip": True, "network_interface": True, "ipv6_addresses": True,
            "associate_public_ip_address": True, "primary_network_interface_id": True,
        },
    },
    "aws_security_group.app": {
        "after": {"name": "app", "ingress": [], "egress": []}, "given": {"vpc_id": ("aws_vpc.main.id",)},
    },
}  # fmt: skip
HOST: dict[str, Any] = {**VPC, **SUBNET, **PACS}
OWN = "aws_instance.pacs.primary_network_interface_id"


def only(found: dict[str, Any]) -> Any:
    (items,) = found.values()
    (item,) = items
    return item


def test_the_interface_of_an_instance(make_plan: Any, answer: Callable[..., Any]) -> None:
    told = only(answer(make_plan(HOST), "ec2.DescribeNetworkInterfaces"))
    assert told["NetworkInterfaceId"] == OWN
    assert (told["VpcId"], told["SubnetId"]) == ("aws_vpc.main", "aws_subnet.a")
    assert told["Groups"] == [{"GroupId": "aws_security_group.app"}]
    assert told["Attachment"] == {"InstanceId": "aws_instance.pacs"}
    assert told["PrivateIpAddresses"] == [
        {
            "Primary": True,
            "PrivateIpAddress": "aws_instance.pacs.private_ip",
            "Association": {"PublicIp": "aws_instance.pacs.public_ip"},
        }
    ]


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({"aws_instance.pacs": {"associate_public_ip_address": False}}, None),
        ({"aws_subnet.a": {"map_public_ip_on_launch": False}}, None),
        ({"aws_subnet.a": {"map_public_ip_on_launch": None}}, "aws_instance.pacs.public_ip"),
        ({"aws_instance.pacs": {"public_ip": "203.0.113.9"}}, "203.0.113.9"),
    ],
)
def test_public_address(
    changes: dict[str, dict[str, Any]], public: str | None, make_plan: Any, answer: Callable[..., Any]
) -> None:
    plan: dict[str, Any] = {address: {**told} for address, told in HOST.items()}
    for address, values in changes.items():
        unknown = {name: value for name, value in plan[address].get("unknown", {}).items() if name not in values}
        plan[address] |= {"after": {**plan[address].get("after", {}), **values}, "unknown": unknown}
    told = only(answer(make_plan(plan), "ec2.DescribeNetworkInterfaces"))
    assert told["PrivateIpAddresses"][0].get("Association", {}).get("PublicIp") == public


@pytest.mark.parametrize(
    "association",
    [
        {"aws_eip.a": {"given": {"instance": ("aws_instance.pacs.id",)}}},
        {
            "aws_eip.a": {},
            "aws_eip_association.a": {
                "given": {"allocation_id": ("aws_eip.a.id",), "network_interface_id": (OWN,)},
            },
        },
    ],
)
def test_elastic_ip_address(association: dict[str, Any], make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan({**HOST, **association})
    interface = only(answer(plan, "ec2.DescribeNetworkInterfaces"))
    assert interface["PrivateIpAddresses"][0]["Association"]["PublicIp"] == "aws_eip.a.public_ip"
    assert only(answer(plan, "ec2.DescribeAddresses"))["NetworkInterfaceId"] == OWN


def test_groups_of_a_launch_template(make_plan: Any, answer: Callable[..., Any]) -> None:
    unknown = {**PACS["aws_instance.pacs"]["unknown"], "vpc_security_group_ids": True, "security_groups": True}
    plan = make_plan(
        {
            **HOST,
            "aws_instance.pacs": {
                "after": {"launch_template": [{}]},
                "given": {
                    "subnet_id": ("aws_subnet.a.id",),
                    "launch_template": [{"id": ("aws_launch_template.t.id",)}],
                },
                "unknown": {**unknown, "launch_template": [{"id": True}]},
            },
            "aws_launch_template.t": {
                "after": {"network_interfaces": []},
                "given": {"vpc_security_group_ids": ("aws_security_group.app.id",)},
            },
            "aws_autoscaling_group.more": {
                "after": {"launch_template": [{}]},
                "given": {
                    "vpc_zone_identifier": ("aws_subnet.a.id",),
                    "launch_template": [{"id": ("aws_launch_template.t.id",)}],
                    "target_group_arns": ("aws_lb_target_group.dicom.arn",),
                },
                "unknown": {"launch_template": [{"id": True}]},
            },
            "aws_lb_target_group.dicom": {"after": {"port": 11112, "protocol": "TCP", "name": "dicom"}},
        }
    )
    found = answer(plan, "ec2.DescribeNetworkInterfaces")["NetworkInterfaces"]
    assert [(one["Attachment"]["InstanceId"], one["Groups"]) for one in found] == [
        (name, [{"GroupId": "aws_security_group.app"}]) for name in ("aws_instance.pacs", "aws_autoscaling_group.more")
    ]
    targets = answer(plan, "elbv2.DescribeTargetHealth", TargetGroupArn="aws_lb_target_group.dicom")
    assert only(targets)["Target"] == {"Id": "aws_autoscaling_group.more", "Port": 11112}


GATEWAY = {"aws_internet_gateway.gw": {"given": {"vpc_id": ("aws_vpc.main.id",)}}}
TABLE = {"given": {"vpc_id": ("aws_vpc.main.id",)}, "unknown": {"route": True}}


@pytest.mark.parametrize(
    ("routes", "told"),
    [
        pytest.param(
            {"aws_route_table.t": {
                "after": {"route": [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": ""}]},
                "given": {"vpc_id": ("aws_vpc.main.id",),
                          "route": [{"cidr_block": "0.0.0.0/0", "gateway_id": ("aws_internet_gateway.gw.id",)}]},
                "unknown": {"route": [{"gateway_id": True}]}}},
            [("10.0.0.0/16", "local"), ("0.0.0.0/0", "aws_internet_gateway.gw")],
            id="a block",
        ),
        pytest.param(
            {"aws_route_table.t": TABLE,
             "aws_route.r": {
                 "after": {"destination_cidr_block": "0.0.0.0/0"},
                 "given": {"route_table_id": ("aws_route_table.t.id",), "gateway_id": ("aws_internet_gateway.gw.id",)},
                 "unknown": {"instance_id": True, "network_interface_id": True}}},
            [("10.0.0.0/16", "local"), ("0.0.0.0/0", "aws_internet_gateway.gw")],
            id="a route of its own",
        ),
        pytest.param({"aws_route_table.t": TABLE}, [("10.0.0.0/16", "local"), "unknown"], id="not known"),
    ],
)  # fmt: skip
def test_routes(routes: dict[str, Any], told: list[Any], make_plan: Any, answer: Callable[..., Any]) -> None:
    association = {
        "aws_route_table_association.a": {
            "given": {"subnet_id": ("aws_subnet.a.id",), "route_table_id": ("aws_route_table.t.id",)}
        }
    }
    tables = answer(make_plan({**VPC, **SUBNET, **GATEWAY, **routes, **association}), "ec2.DescribeRouteTables")
    table, main = tables["RouteTables"]
    assert [
        "unknown" if UNOBSERVED_KEY in one else (one["DestinationCidrBlock"], one["GatewayId"])
        for one in table["Routes"]
    ] == told
    assert [one["SubnetId"] for one in table["Associations"]] == ["aws_subnet.a"]
    assert main["RouteTableId"] == "aws_vpc.main.main_route_table_id"


def test_client_vpn(make_plan: Any, answer: Callable[..., Any]) -> None:
    endpoint = "aws_ec2_client_vpn_endpoint.vpn"
    plan = make_plan(
        {
            **HOST,
            endpoint: {
                "after": {
                    "client_cidr_block": "192.168.0.0/22", "split_tunnel": True,
                    "authentication_options": [{"type": "certificate-authentication"}],
                    "connection_log_options": [{"enabled": False}],
                },
                "given": {
                    "server_certificate_arn": ("aws_acm_certificate.server.arn",),
                    "authentication_options": [
                        {"type": "certificate-authentication",
                         "root_certificate_chain_arn": ("aws_acm_certificate.server.arn",)},
                    ],
                },
                "unknown": {
                    "authentication_options": [{"root_certificate_chain_arn": True}],
                    "security_group_ids": True, "vpc_id": True,
                },
            },
            "aws_acm_certificate.server": {"after": {"certificate_body": "PEM", "certificate_chain": "CHAIN"}},
            "aws_ec2_client_vpn_network_association.a": {
                "given": {"client_vpn_endpoint_id": (f"{endpoint}.id",), "subnet_id": ("aws_subnet.a.id",)},
            },
            "aws_ec2_client_vpn_authorization_rule.a": {
                "after": {"target_network_cidr": "10.0.0.0/16", "authorize_all_groups": True},
                "given": {"client_vpn_endpoint_id": (f"{endpoint}.id",)},
            },
            "aws_ec2_client_vpn_route.a": {
                "after": {"destination_cidr_block": "0.0.0.0/0"},
                "given": {"client_vpn_endpoint_id": (f"{endpoint}.id",), "target_vpc_subnet_id": ("aws_subnet.a.id",)},
            },
        }
    )  # fmt: skip
    told = only(answer(plan, "ec2.DescribeClientVpnEndpoints"))
    assert (told["Status"], told["VpcId"]) == ({"Code": "available"}, "aws_vpc.main")
    assert told["SecurityGroupIds"] == ["aws_vpc.main.default_security_group_id"]
    assert told["AuthenticationOptions"][0]["MutualAuthentication"] == {
        "ClientRootCertificateChain": "aws_acm_certificate.server"
    }
    asked = {"ClientVpnEndpointId": endpoint}
    network = only(answer(plan, "ec2.DescribeClientVpnTargetNetworks", **asked))
    assert (network["TargetNetworkId"], network["Status"]) == ("aws_subnet.a", {"Code": "associated"})
    assert only(answer(plan, "ec2.DescribeClientVpnAuthorizationRules", **asked))["Status"] == {"Code": "active"}
    routes = answer(plan, "ec2.DescribeClientVpnRoutes", **asked)["Routes"]
    assert [(one["DestinationCidr"], one["Origin"]) for one in routes] == [
        ("10.0.0.0/16", "associate"),
        ("0.0.0.0/0", "add-route"),
    ]
    certificate = answer(plan, "acm.GetCertificate", CertificateArn="aws_acm_certificate.server")
    assert certificate == {"Certificate": "PEM", "CertificateChain": "CHAIN"}


def test_site_vpn(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan(
        {
            **VPC,
            "aws_vpn_gateway.g": {"given": {"vpc_id": ("aws_vpc.main.id",)}},
            "aws_customer_gateway.c": {"after": {"ip_address": "198.51.100.1", "bgp_asn": "65000", "type": "ipsec.1"}},
            "aws_vpn_connection.v": {
                "after": {"tunnel1_ike_versions": ["ikev2"], "tunnel2_ike_versions": None},
                "given": {
                    "vpn_gateway_id": ("aws_vpn_gateway.g.id",), "customer_gateway_id": ("aws_customer_gateway.c.id",),
                },
                "unknown": {
                    "transit_gateway_id": True, "vgw_telemetry": True, "tunnel1_address": True, "tunnel2_address": True,
                },
            },
        }
    )  # fmt: skip
    told = only(answer(plan, "ec2.DescribeVpnConnections"))
    assert (told["State"], told["VpnGatewayId"]) == ("available", "aws_vpn_gateway.g")
    assert "TransitGatewayId" not in told
    assert [one["IkeVersions"] for one in told["Options"]["TunnelOptions"]] == [[{"Value": "ikev2"}], []]
    assert told["VgwTelemetry"][UNOBSERVED_KEY][0] == "known_after_apply"
    attached = only(answer(plan, "ec2.DescribeVpnGateways"))["VpcAttachments"]
    assert attached == [{"VpcId": "aws_vpc.main", "State": "attached"}]


def test_direct_connect(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan(
        {
            "aws_dx_connection.c": {"after": {"name": "c", "encryption_mode": "must_encrypt"}},
            "aws_dx_gateway.g": {"after": {"name": "g"}},
            "aws_dx_transit_virtual_interface.v": {
                "after": {"name": "v", "vlan": 101},
                "given": {"connection_id": ("aws_dx_connection.c.id",), "dx_gateway_id": ("aws_dx_gateway.g.id",)},
            },
            "aws_dx_gateway_association.a": {
                "after": {"allowed_prefixes": ["10.0.0.0/16"]},
                "given": {
                    "dx_gateway_id": ("aws_dx_gateway.g.id",),
                    "associated_gateway_id": ("aws_ec2_transit_gateway.t.id",),
                },
            },
            "aws_ec2_transit_gateway.t": {},
        }
    )
    assert only(answer(plan, "directconnect.DescribeConnections"))["encryptionMode"] == "must_encrypt"
    told = only(answer(plan, "directconnect.DescribeVirtualInterfaces"))
    assert (told["virtualInterfaceType"], told["directConnectGatewayId"]) == ("transit", "aws_dx_gateway.g")
    assert UNOBSERVED_KEY in told["bgpPeers"][0]["bgpStatus"]
    asked = {"directConnectGatewayId": "aws_dx_gateway.g"}
    association = only(answer(plan, "directconnect.DescribeDirectConnectGatewayAssociations", **asked))
    assert association["associatedGateway"]["id"] == "aws_ec2_transit_gateway.t"
    assert association["associatedGateway"]["type"] == "transitGateway"
    attachment = only(answer(plan, "directconnect.DescribeDirectConnectGatewayAttachments", **asked))
    assert attachment["virtualInterfaceId"] == "aws_dx_transit_virtual_interface.v"


def test_transit_gateway(make_plan: Any, answer: Callable[..., Any]) -> None:
    attachment = "aws_ec2_transit_gateway_vpc_attachment.a"
    plan = make_plan(
        {
            **VPC,
            **SUBNET,
            "aws_ec2_transit_gateway.t": {"unknown": {"association_default_route_table_id": True}},
            attachment: {
                "given": {
                    "transit_gateway_id": ("aws_ec2_transit_gateway.t.id",), "vpc_id": ("aws_vpc.main.id",),
                    "subnet_ids": ("aws_subnet.a.id",),
                },
            },
            "aws_ec2_transit_gateway_route.r": {
                "after": {"destination_cidr_block": "10.9.0.0/16"},
                "given": {
                    "transit_gateway_attachment_id": (f"{attachment}.id",),
                    "transit_gateway_route_table_id": ("aws_ec2_transit_gateway.t.association_default_route_table_id",),
                },
            },
        }
    )  # fmt: skip
    table = only(answer(plan, "ec2.DescribeTransitGatewayRouteTables"))
    assert table["TransitGatewayRouteTableId"] == "aws_ec2_transit_gateway.t.association_default_route_table_id"
    assert only(answer(plan, "ec2.DescribeTransitGatewayVpcAttachments"))["SubnetIds"] == ["aws_subnet.a"]
    asked = {"TransitGatewayRouteTableId": table["TransitGatewayRouteTableId"]}
    for call in ("ec2.GetTransitGatewayRouteTableAssociations", "ec2.GetTransitGatewayRouteTablePropagations"):
        assert only(answer(plan, call, **asked))["TransitGatewayAttachmentId"] == attachment
    routes = answer(plan, "ec2.SearchTransitGatewayRoutes", **asked)["Routes"]
    assert [(one["DestinationCidrBlock"], one["Type"]) for one in routes] == [
        ("10.9.0.0/16", "static"),
        ("10.0.0.0/16", "propagated"),
    ]


def test_load_balancer(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan(
        {
            **HOST,
            "aws_lb.n": {
                "after": {"name": "n", "load_balancer_type": "network", "internal": False},
                "given": {"subnets": ("aws_subnet.a.id",)},
                "unknown": {"security_groups": True},
            },
            "aws_lb_listener.l": {
                "after": {"port": 11112, "protocol": "TCP", "default_action": [{"type": "forward"}]},
                "given": {
                    "load_balancer_arn": ("aws_lb.n.arn",),
                    "default_action": [{"type": "forward", "target_group_arn": ("aws_lb_target_group.t.arn",)}],
                },
                "unknown": {"default_action": [{"target_group_arn": True}], "ssl_policy": True},
            },
            "aws_lb_target_group.t": {
                "after": {"name": "t", "port": 11112, "protocol": "TCP"}, "given": {"vpc_id": ("aws_vpc.main.id",)},
            },
            "aws_lb_target_group_attachment.a": {
                "after": {"port": 4242},
                "given": {
                    "target_group_arn": ("aws_lb_target_group.t.arn",), "target_id": ("aws_instance.pacs.private_ip",),
                },
            },
        }
    )  # fmt: skip
    balancer = only(answer(plan, "elbv2.DescribeLoadBalancers"))
    assert (balancer["Scheme"], balancer["VpcId"], balancer["SecurityGroups"]) == (
        "internet-facing",
        "aws_vpc.main",
        [],
    )
    listener = only(answer(plan, "elbv2.DescribeListeners", LoadBalancerArn="aws_lb.n"))
    assert listener["DefaultActions"][0]["TargetGroupArn"] == "aws_lb_target_group.t"
    target = only(answer(plan, "elbv2.DescribeTargetHealth", TargetGroupArn="aws_lb_target_group.t"))
    assert target["Target"] == {"Id": "aws_instance.pacs", "Port": 4242}


def test_peering(make_plan: Any, answer: Callable[..., Any]) -> None:
    resources = {
        "aws_vpc_peering_connection.p": {
            "after": {"peer_vpc_id": "vpc-0abc", "peer_owner_id": "444455556666"},
            "given": {"vpc_id": ("aws_vpc.main.id",)},
        }
    }
    told = only(answer(make_plan({**VPC, **resources}), "ec2.DescribeVpcPeeringConnections"))
    assert told["RequesterVpcInfo"]["CidrBlockSet"] == [{"CidrBlock": "10.0.0.0/16"}]
    assert (told["AccepterVpcInfo"]["VpcId"], told["AccepterVpcInfo"]["OwnerId"]) == ("vpc-0abc", "444455556666")
    assert UNOBSERVED_KEY in told["AccepterVpcInfo"]["CidrBlock"]


def test_stores(make_plan: Any, answer: Callable[..., Any]) -> None:
    plan = make_plan(
        {
            "aws_s3_bucket.images": {"after": {"bucket": "images"}, "unknown": {"policy": True}},
            "aws_s3_bucket.logs": {"after": {"bucket": "logs"}, "unknown": {"policy": True}},
            "aws_s3_bucket_policy.images": {
                "after": {"policy": "{}"}, "given": {"bucket": ("aws_s3_bucket.images.id",)},
            },
            "aws_s3_object.readme": {"after": {"bucket": "images", "key": "readme.md"}},
            "aws_db_instance.d": {
                "after": {"identifier": "d", "engine": "postgres", "parameter_group_name": "p"},
            },
            "aws_db_parameter_group.p": {
                "after": {
                    "name": "p",
                    "parameter": [{"name": "rds.force_ssl", "value": "1"}, {"name": "x", "value": "y"}],
                },
            },
        }
    )  # fmt: skip
    assert answer(plan, "s3.GetBucketPolicy", Bucket="images") == {"Policy": "{}"}
    assert answer(plan, "s3.GetBucketPolicy", Bucket="logs") == {}
    assert answer(plan, "s3.ListObjectsV2", Bucket="images")["Contents"] == []
    assert only(answer(plan, "rds.DescribeDBInstances"))["DBParameterGroups"] == [{"DBParameterGroupName": "p"}]
    parameters = answer(plan, "rds.DescribeDBParameters", DBParameterGroupName="p")["Parameters"]
    assert [one["ParameterValue"] for one in parameters] == ["1", "orthaudit:redacted"]


@pytest.mark.parametrize(("subnet", "status"), [("public", Status.FAIL), ("private", Status.PASS)])
def test_a_planned_internet_gateway_makes_a_subnet_public(
    make_plan: Any, read: Any, verdicts: Any, subnet: str, status: Status
) -> None:
    """A gateway that has no id yet goes by its address, not by `igw-`."""
    vpc = {"vpc_id": ("aws_vpc.main.id",)}
    resources = {
        "aws_vpc.main": {"after": {"cidr_block": "10.0.0.0/16"}, "unknown": {"id": True}},
        "aws_internet_gateway.gw": {"given": vpc, "unknown": {"id": True}},
        "aws_subnet.public": {"after": {"cidr_block": "10.0.0.0/24"}, "given": vpc, "unknown": {"id": True}},
        "aws_subnet.private": {"after": {"cidr_block": "10.0.1.0/24"}, "given": vpc, "unknown": {"id": True}},
        "aws_route_table.out": {"given": vpc, "unknown": {"id": True}},
        "aws_route.out": {
            "after": {"destination_cidr_block": "0.0.0.0/0"},
            "given": {
                "route_table_id": ("aws_route_table.out.id",),
                "gateway_id": ("aws_internet_gateway.gw.id",),
            },
        },
        "aws_route_table_association.public": {
            "given": {"route_table_id": ("aws_route_table.out.id",), "subnet_id": ("aws_subnet.public.id",)}
        },
        "aws_ec2_client_vpn_endpoint.vpn": {
            "after": {"client_cidr_block": "192.168.0.0/22", "split_tunnel": True},
            "unknown": {"id": True},
        },
        "aws_ec2_client_vpn_network_association.a": {
            "given": {
                "client_vpn_endpoint_id": ("aws_ec2_client_vpn_endpoint.vpn.id",),
                "subnet_id": (f"aws_subnet.{subnet}.id",),
            }
        },
    }
    found = verdicts(read(make_plan(resources)))
    assert found["client-vpn-private-subnets", "aws_ec2_client_vpn_endpoint.vpn"].status is status
