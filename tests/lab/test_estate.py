"""The hospital is what its description says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import boto3
import pytest
from cryptography import x509

from orthaudit.lab.aws import CREDENTIALS, LabAws
from orthaudit.lab.estate import LISTENERS

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def aws() -> Iterator[LabAws]:
    with LabAws(now=NOW) as lab:
        yield lab


def client(aws: LabAws, service: str) -> Any:
    connect: Any = boto3.client  # its stubs are one overload a service
    return connect(service, region_name="ca-central-1", endpoint_url=aws.endpoint_url, **CREDENTIALS)


def interfaces(aws: LabAws) -> dict[str, Any]:
    found = client(aws, "ec2").describe_network_interfaces()["NetworkInterfaces"]
    return {one["NetworkInterfaceId"]: one for one in found}


IDS = """
from orthaudit.lab.aws import LabAws
with LabAws() as aws:
    print(*(f"{name} {id}" for name, id in aws.ids.items()), sep="\\n")
"""


def test_ids_are_the_same_in_every_run(aws: LabAws) -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", IDS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    ids = dict(line.split(" ", 1) for line in runs[0].splitlines())
    assert runs[0] == runs[1]
    assert ids == dict(aws.ids)


@pytest.mark.parametrize(
    ("name", "address", "subnet", "groups"),
    [
        ("archive-a", "10.20.11.21", "private-a", ["archive"]),
        ("archive-b", "10.20.1.22", "public-b", ["archive", "legacy-import"]),
        ("gateway", "10.20.12.23", "private-b", ["gateway"]),
        ("standby", "10.20.12.25", "private-b", ["archive"]),
        ("staging", "10.30.0.24", "research-a", ["research"]),
    ],
)
def test_a_machine(aws: LabAws, name: str, address: str, subnet: str, groups: list[str]) -> None:
    interface = interfaces(aws)[aws.ids[f"{name}.eni"]]
    assert interface["PrivateIpAddress"] == address
    assert interface["SubnetId"] == aws.ids[f"{subnet}.subnet"]
    assert [one["GroupName"] for one in interface["Groups"]] == groups
    assert interface["Attachment"]["InstanceId"] == aws.ids[f"{name}.i"]
    public = "203.0.113.22" if name == "archive-b" else None
    assert interface.get("Association", {}).get("PublicIp") == public


def test_no_other_interface_carries_their_groups(aws: LabAws) -> None:
    theirs = {aws.ids[f"{name}.sg"] for name in ("archive", "legacy-import", "gateway", "research")}
    carriers = {
        interface["Attachment"]["InstanceId"]
        for interface in interfaces(aws).values()
        if theirs & {group["GroupId"] for group in interface["Groups"]}
    }
    assert carriers == {aws.ids[f"{listener.name}.i"] for listener in LISTENERS} | {aws.ids["standby.i"]}


def test_every_address_lies_in_its_subnet(aws: LabAws) -> None:
    subnets = {one["SubnetId"]: one for one in client(aws, "ec2").describe_subnets()["Subnets"]}
    for interface in interfaces(aws).values():
        network = ip_network(subnets[interface["SubnetId"]]["CidrBlock"])
        assert ip_address(interface["PrivateIpAddress"]) in network


def test_listeners_stand_for_machines_of_the_estate(aws: LabAws) -> None:
    found = interfaces(aws)
    for listener in LISTENERS:
        assert found[aws.ids[f"{listener.name}.eni"]]["PrivateIpAddress"] == listener.address
    assert len({listener.loopback_port for listener in LISTENERS}) == len(LISTENERS) == 4


def test_the_groups(aws: LabAws) -> None:
    groups = {one["GroupId"]: one for one in client(aws, "ec2").describe_security_groups()["SecurityGroups"]}
    archive = groups[aws.ids["archive.sg"]]["IpPermissions"]
    assert [(one["FromPort"], one["ToPort"]) for one in archive] == [(11112, 11112)]
    assert archive[0]["PrefixListIds"] == [{"PrefixListId": aws.ids["clinics.pl"]}]
    assert [one["GroupId"] for one in archive[0]["UserIdGroupPairs"]] == [aws.ids["vpn-radiologists.sg"]]
    assert archive[0]["IpRanges"] == [{"CidrIp": "10.9.0.0/16"}]
    halves = groups[aws.ids["legacy-import.sg"]]["IpPermissions"][0]["IpRanges"]
    assert [one["CidrIp"] for one in halves] == ["0.0.0.0/1", "128.0.0.0/1"]
    closed = [name for name in ("vpn-vendor", "vpn-radiologists", "archive") if not
              groups[aws.ids[f"{name}.sg"]]["IpPermissionsEgress"]]  # fmt: skip
    assert closed == ["vpn-vendor"]


def test_the_routes(aws: LabAws) -> None:
    tables = {one["RouteTableId"]: one for one in client(aws, "ec2").describe_route_tables()["RouteTables"]}

    def routes(name: str) -> dict[str, str]:
        table = tables[aws.ids[f"{name}.rtb"]]
        return {one["DestinationCidrBlock"]: one.get("GatewayId") or one["NatGatewayId"] for one in table["Routes"]}

    assert routes("public") == {"10.20.0.0/16": "local", "0.0.0.0/0": aws.ids["imaging.igw"]}
    assert routes("private") == {
        "10.20.0.0/16": "local",
        "0.0.0.0/0": aws.ids["imaging.nat"],
        "10.9.0.0/16": aws.ids["imaging.vgw"],
    }
    assert routes("imaging-main") == {"10.20.0.0/16": "local"}
    assert routes("research-main") == {"10.30.0.0/16": "local"}
    private = tables[aws.ids["private.rtb"]]
    assert private["PropagatingVgws"] == [{"GatewayId": aws.ids["imaging.vgw"]}]
    assert {one["Origin"] for one in private["Routes"]} == {
        "CreateRouteTable",
        "CreateRoute",
        "EnableVgwRoutePropagation",
    }


@pytest.mark.parametrize(
    ("name", "days", "issuer"),
    [
        ("radiologists", 730, "vpn-ca.hospital.example"),
        ("radiologists-clients", 1460, "vpn-ca.hospital.example"),
        ("vendor", 10, "vpn-ca.hospital.example"),
        ("images", 365, "ca.hospital.example"),
    ],
)
def test_a_certificate(aws: LabAws, name: str, days: int, issuer: str) -> None:
    arn = {"CertificateArn": aws.ids[f"{name}.certificate"]}
    acm = client(aws, "acm")
    described = acm.describe_certificate(**arn)["Certificate"]
    given = acm.get_certificate(**arn)
    leaf = x509.load_pem_x509_certificate(given["Certificate"].encode())
    chain = x509.load_pem_x509_certificates(given["CertificateChain"].encode())

    assert described["NotAfter"] == leaf.not_valid_after_utc == NOW + timedelta(days=days)
    assert (described["Status"], described["Issuer"]) == ("ISSUED", issuer)
    leaf.verify_directly_issued_by(chain[0])
    assert chain[0].not_valid_after_utc >= leaf.not_valid_after_utc
    assert len(chain) == 1


def test_the_revocation_list(aws: LabAws) -> None:
    ec2 = client(aws, "ec2")
    ask = ec2.export_client_vpn_client_certificate_revocation_list
    exported = ask(ClientVpnEndpointId=aws.ids["radiologists.cvpn-endpoint"])
    revoked = x509.load_pem_x509_crl(exported["CertificateRevocationList"].encode())
    assert revoked.next_update_utc == NOW + timedelta(days=365)
    assert "CertificateRevocationList" not in ask(ClientVpnEndpointId=aws.ids["vendor.cvpn-endpoint"])


def test_client_vpns(aws: LabAws) -> None:
    good, bad = client(aws, "ec2").describe_client_vpn_endpoints()["ClientVpnEndpoints"]
    assert [one["ClientCidrBlock"] for one in (good, bad)] == ["192.168.0.0/22", "10.9.64.0/20"]
    assert [one["SplitTunnel"] for one in (good, bad)] == [True, False]
    assert [one["ConnectionLogOptions"]["Enabled"] for one in (good, bad)] == [True, False]
    assert good["ServerCertificateArn"] == aws.ids["radiologists.certificate"]
    root = good["AuthenticationOptions"][0]["MutualAuthentication"]["ClientRootCertificateChain"]
    assert root == aws.ids["radiologists-clients.certificate"]
    assert [one["Type"] for one in bad["AuthenticationOptions"]] == ["federated-authentication"]


def test_secrets_are_there_to_be_removed(aws: LabAws) -> None:
    for vpn in client(aws, "ec2").describe_vpn_connections()["VpnConnections"]:
        for tunnel in vpn["Options"]["TunnelOptions"]:
            assert len(tunnel["PreSharedKey"]) == 32
            assert tunnel["PreSharedKey"] in vpn["CustomerGatewayConfiguration"]
    for interface in client(aws, "directconnect").describe_virtual_interfaces()["virtualInterfaces"]:
        assert interface["authKey"] == interface["bgpPeers"][0]["authKey"]
        assert interface["authKey"] in interface["customerRouterConfig"]


def test_direct_connect(aws: LabAws) -> None:
    directconnect = client(aws, "directconnect")
    connection = directconnect.describe_connections()["connections"][0]
    assert connection["connectionId"] == aws.ids["hospital.dxcon"]
    private, public = directconnect.describe_virtual_interfaces(connectionId=connection["connectionId"])[
        "virtualInterfaces"
    ]
    assert private["virtualGatewayId"] == aws.ids["imaging.vgw"]
    assert public["routeFilterPrefixes"] == [{"cidr": "198.51.100.0/24"}]
    assert [one["bgpPeers"][0]["bgpStatus"] for one in (private, public)] == ["up", "down"]


def test_the_load_balancer(aws: LabAws) -> None:
    elbv2 = client(aws, "elbv2")
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]
    assert ":loadbalancer/net/images/" in balancer["LoadBalancerArn"]
    found = {}
    for listener in elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
        group = listener["DefaultActions"][0]["TargetGroupArn"]
        target = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]
        found[listener["Port"]] = (
            listener["Protocol"],
            listener.get("SslPolicy"),
            target["Id"],
            target["Port"],
        )
    assert found == {
        2762: ("TLS", "ELBSecurityPolicy-TLS13-1-2-2021-06", aws.ids["archive-a.i"], 11112),
        11112: ("TCP", None, aws.ids["archive-b.i"], 11112),
        104: ("TCP", None, aws.ids["gateway.i"], 104),
        11113: ("TCP", None, aws.ids["standby.i"], 11112),
    }


def test_flow_logs(aws: LabAws) -> None:
    logs = client(aws, "ec2").describe_flow_logs()["FlowLogs"]
    assert [(one["ResourceId"], one["TrafficType"], one["DeliverLogsStatus"]) for one in logs] == [
        (aws.ids["imaging.vpc"], "ALL", "SUCCESS"),
        (aws.ids["research.vpc"], "REJECT", "SUCCESS"),
    ]
