"""Setting up an account's region in a few words each; what is made gets its name in `ids`."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificate
from moto.acm.models import CertBundle, acm_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.route_tables import Route
from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.moto_api._internal import mock_random

from orthaudit.lab.acm import Issued
from orthaudit.lab.operations import Item, added

_LOG_FORMAT: Final = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)
"""AWS's default."""


class PropagatedRoute(Route):
    """A route that a virtual private gateway brought in; moto knows only those that somebody created."""

    @property
    def origin(self) -> str:
        return "EnableVgwRoutePropagation"


class ImportedCertificate(CertBundle):
    """A certificate with the chain that it was imported with, whatever the day is; moto adds a root of its own."""

    def validate_certificate(self) -> Certificate:
        """The certificate itself, whether it is in date or not."""
        return load_pem_x509_certificate(self.cert)

    def validate_chain(self) -> None:
        """Nothing: the lab's dates are relative to its own time."""

    def check(self) -> None:
        """Nothing, for the same reason."""


class Place:
    """One region of one account. Methods return AWS's id or ARN, which `ids` holds as `NAME.KIND`."""

    def __init__(self, account: str, region: str, ids: dict[str, str], now: datetime) -> None:
        self.account = account
        self.region = region
        self.ids = ids
        self.now = now
        self.ec2 = ec2_backends[account][region]

    def named(self, name: str, kind: str, id: str) -> str:  # noqa: A002  (AWS's word)
        """Remember an id under its name; `kind` is the prefix of the id or the type in the ARN."""
        self.ids[f"{name}.{kind}"] = id
        return id

    def new_id(self, name: str, kind: str, length: int = 17) -> str:
        """An id of a kind that moto does not make."""
        return self.named(name, kind, f"{kind}-{mock_random.get_random_hex(length)}")

    def add(self, operation: str, **item: object) -> Item:
        """One more item for an operation of EC2 that moto lacks."""
        added(self.ec2)[operation].append(item)
        return item

    def vpc(self, name: str, cidr: str) -> str:
        """A VPC, with the main route table, network ACL and group that AWS always gives it."""
        vpc = self.ec2.create_vpc(cidr, tags=[{"Key": "Name", "Value": name}])
        main = self.ec2.describe_route_tables(filters={"vpc-id": [vpc.id]})[0]
        default = next(iter(self.ec2.groups[vpc.id]))
        self.named(f"{name}-main", "rtb", main.id)
        self.named(f"{name}-default", "sg", default)
        # AWS lets a default group talk to itself; moto leaves that out.
        self.ec2.authorize_security_group_ingress(
            default, "-1", "-1", "-1", ip_ranges=[], source_groups=[{"GroupId": default}], vpc_id=vpc.id
        )
        return self.named(name, "vpc", vpc.id)

    def subnet(self, name: str, vpc: str, cidr: str, zone: str) -> str:
        """A subnet that gives out no public addresses."""
        subnet = self.ec2.create_subnet(
            vpc, cidr, availability_zone=self.region + zone, tags={"subnet": {"Name": name}}
        )
        subnet.map_public_ip_on_launch = False
        subnet.default_for_az = False
        return self.named(name, "subnet", subnet.id)

    def route_table(self, name: str, vpc: str, *subnets: str) -> str:
        """A route table, associated with these subnets; it has the VPC's local route."""
        table = self.ec2.create_route_table(vpc, tags=[{"Key": "Name", "Value": name}])
        for subnet in subnets:
            self.ec2.associate_route_table(table.id, subnet_id=subnet)
        return self.named(name, "rtb", table.id)

    def internet_gateway(self, name: str, vpc: str) -> str:
        """An Internet gateway, attached."""
        gateway = self.ec2.create_internet_gateway(tags=[{"Key": "Name", "Value": name}])
        self.ec2.attach_internet_gateway(gateway.id, vpc)
        return self.named(name, "igw", gateway.id)

    def vpn_gateway(self, name: str, vpc: str) -> str:
        """A virtual private gateway, attached."""
        gateway = self.ec2.create_vpn_gateway(amazon_side_asn="64512", tags={"Name": name})
        self.ec2.attach_vpn_gateway(gateway.id, vpc)
        return self.named(name, "vgw", gateway.id)

    def propagate(self, route_table: str, gateway: str, cidr: str) -> None:
        """Let a virtual private gateway bring a route into a table."""
        table = self.ec2.get_route_table(route_table)
        route = PropagatedRoute(  # type: ignore[abstract]  # as moto's own: only CloudFormation misses them
            table, cidr, None, gateway=self.ec2.get_vpn_gateway(gateway)
        )
        table._routes[route.id] = route
        table.propagating_vgws = [{"GatewayId": gateway}]  # type: ignore[attr-defined]  # moto has no such member

    def prefix_list(self, name: str, entries: Mapping[str, str]) -> str:
        """A managed prefix list of CIDRs with their descriptions."""
        made = self.ec2.create_managed_prefix_list(
            "IPv4",
            [{"Cidr": cidr, "Description": text} for cidr, text in entries.items()],
            "10",
            name,
            tags={"Name": name},
            owner_id=self.account,
        )
        return self.named(name, "pl", made.id)

    def security_group(self, name: str, vpc: str, ingress: Iterable[tuple[int, str]], egress: bool = True) -> str:
        """A security group: TCP ports and their sources (CIDR, prefix list, group); all egress, or none."""
        group = self.ec2.create_security_group(name, f"{name} of the lab", vpc, tags={"Name": name})
        for port, source in ingress:
            self.ec2.authorize_security_group_ingress(
                group.id,
                "tcp",
                str(port),
                str(port),
                ip_ranges=[] if source.startswith(("sg-", "pl-")) else [{"CidrIp": source}],
                source_groups=[{"GroupId": source}] if source.startswith("sg-") else [],
                prefix_list_ids=[{"PrefixListId": source}] if source.startswith("pl-") else [],
                vpc_id=vpc,
            )
        if not egress:
            group.egress_rules.clear()
        return self.named(name, "sg", group.id)

    def instance(self, name: str, subnet: str, address: str, groups: Iterable[str]) -> str:
        """A running instance with one interface."""
        reservation = self.ec2.run_instances(
            "ami-0a1b2c3d4e5f60718",
            1,
            None,
            [],
            subnet_id=subnet,
            private_ip=address,
            security_group_ids=list(groups),
            instance_type="t3.large",
            is_instance_type_default=False,
            region_name=self.region,
            tags={"instance": {"Name": name}},
        )
        instance = reservation.instances[0]
        self.ec2.create_tags([self.named(name, "eni", instance.nics[0].id)], {"Name": name})
        return self.named(name, "i", instance.id)

    def elastic_address(self, name: str, address: str, interface: str | None = None) -> str:
        """An Elastic IP address, on an interface or free."""
        made = self.ec2.allocate_address("vpc", address, tags={"Name": name})
        if interface:
            eni = self.ec2.get_network_interface(interface)
            self.ec2.associate_address(instance=eni.instance, eni=eni, allocation_id=made.allocation_id)
        return self.named(name, "eipalloc", str(made.allocation_id))

    def nat_gateway(self, name: str, subnet: str, address: str, public: str) -> str:
        """A NAT gateway with its private and its public address."""
        allocation = self.elastic_address(name, public)
        gateway = self.ec2.create_nat_gateway(subnet, allocation, tags={"Name": name})
        eni = gateway._eni
        _managed(eni, address, f"Interface for NAT Gateway {gateway.id}", "nat_gateway", "amazon-aws")
        eni._group_set = []
        gateway.private_ip = address
        gateway.address_set[0]["privateIp"] = address
        return self.named(name, "nat", gateway.id)

    def managed_interface(
        self, name: str, subnet: str, address: str, kind: str, description: str, groups: Iterable[str] = ()
    ) -> str:
        """An interface that a service of AWS keeps in a subnet."""
        eni = self.ec2.create_network_interface(self.ec2.get_subnet(subnet), address, group_ids=list(groups))
        _managed(eni, address, description, kind, "amazon-elb" if "load_balancer" in kind else "amazon-aws")
        if not groups:
            eni._group_set = []
        return self.named(name, "eni", eni.id)

    def peering(self, name: str, requester: str, accepter: str) -> str:
        """An active peering connection."""
        made = self.ec2.create_vpc_peering_connection(
            self.ec2.get_vpc(requester), self.ec2.get_vpc(accepter), {"Name": name}
        )
        self.ec2.accept_vpc_peering_connection(made.id)
        return self.named(name, "pcx", made.id)

    def log_group(self, name: str) -> str:
        """A CloudWatch log group."""
        logs_backends[self.account][self.region].create_log_group(name, {})
        return name

    def flow_log(self, name: str, vpc: str, traffic: str) -> str:
        """A flow log of a VPC to CloudWatch."""
        group = self.log_group(f"/vpc/{name}")
        role = f"arn:aws:iam::{self.account}:role/flow-logs"
        made, _ = self.ec2.create_flow_logs(
            "VPC", [vpc], traffic, role, "cloud-watch-logs", "", group, _LOG_FORMAT, 600
        )
        made[0].add_tags({"Name": name})
        return self.named(name, "fl", made[0].id)

    def certificate(self, name: str, issued: Issued, used_by: Iterable[str] = ()) -> str:
        """A certificate, its key and its chain, imported into ACM."""
        bundle = ImportedCertificate(self.account, issued.certificate, issued.key, issued.chain, self.region)
        bundle.chain = issued.chain
        bundle.in_use_by = list(used_by)
        acm_backends[self.account][self.region]._certificates[bundle.arn] = bundle
        return self.named(name, "certificate", bundle.arn)

    def network_load_balancer(self, name: str, addresses: Mapping[str, str]) -> str:
        """An internal network load balancer: subnets and its address in each."""
        balancer = elbv2_backends[self.account][self.region].create_load_balancer(
            name, [], list(addresses), scheme="internal", loadbalancer_type="network", tags=[]
        )
        balancer.activate()
        tail = balancer.arn.partition(":loadbalancer/")[2]
        for number, (subnet, address) in enumerate(addresses.items()):
            self.managed_interface(f"{name}-{'ab'[number]}", subnet, address, "network_load_balancer", f"ELB {tail}")
        return self.named(name, "loadbalancer", balancer.arn)

    def target_group(self, name: str, vpc: str, port: int, instance: str) -> str:
        """A TCP target group with one registered instance."""
        elbv2 = elbv2_backends[self.account][self.region]
        group = elbv2.create_target_group(name, vpc_id=vpc, protocol="TCP", port=str(port), target_type="instance")
        elbv2.register_targets(group.arn, [{"Id": instance, "Port": port}])
        elbv2.modify_target_group_attributes(group.arn, {"preserve_client_ip.enabled": "true"})
        return self.named(name, "targetgroup", group.arn)

    def listener(self, name: str, balancer: str, port: int, target_group: str, certificate: str | None = None) -> str:
        """A listener that forwards: TLS where it has a certificate, else TCP."""
        made = elbv2_backends[self.account][self.region].create_listener(
            balancer,
            "TLS" if certificate else "TCP",
            str(port),
            "ELBSecurityPolicy-TLS13-1-2-2021-06" if certificate else "",
            certificate,
            [{"Type": "forward", "TargetGroupArn": target_group}],
        )
        if not certificate:
            made.ssl_policy = None  # type: ignore[assignment]  # moto answers a policy for TCP as well
        return self.named(name, "listener", made.arn)


def _managed(eni: NetworkInterface, address: str, description: str, kind: str, requester: str) -> None:
    assert ipaddress.ip_address(address) in eni.subnet.cidr  # noqa: S101  (a slip in the estate's own data)
    eni.private_ip_address = address
    eni.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
    eni.description = description
    eni.interface_type = kind
    eni.requester_managed = True
    eni.requester_id = requester
    eni.status = "in-use"
