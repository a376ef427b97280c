"""DICOM listeners: what is one, and to which of them a probe belongs."""

from __future__ import annotations

import pytest

from orthaudit.declared import Config, Listener
from orthaudit.evidence import Json, Structure
from orthaudit.model.listener import DicomListener
from orthaudit.model.probed_listener import ProbedListener
from orthaudit.policy import Policy
from tests.estates import estate
from tests.structures import Answers, given, interface, permission, probe, security_group, target_group, targets

SHUT = security_group("sg-shut")
OPEN = security_group("sg-open", permission(11112, "10.0.0.0/8"))
TWO = (
    interface("eni-2", "10.0.1.12", "sg-shut", Attachment={"InstanceId": "i-1", "DeviceIndex": 0}),
    interface("eni-1", "10.0.1.11", "sg-shut", public="192.0.2.11", Attachment={"InstanceId": "i-1", "DeviceIndex": 1}),
)


def network(*interfaces: Structure, groups: tuple[Structure, ...] = (SHUT, OPEN)) -> Answers:
    return {
        **given("ec2.DescribeNetworkInterfaces", *interfaces),
        **given("ec2.DescribeSecurityGroups", *groups),
        **given("elbv2.DescribeTargetGroups"),
    }


def listeners(answers: Answers, config: Config | None = None, *probes: Structure) -> dict[str, list[str]]:
    """The listeners, each with the endpoints of the probes that belong to it."""
    seen = estate(answers, probes=probes, config=config).all(DicomListener)
    assert not seen.missing
    return {one.id: [record.endpoint for record in one.probes] for one in seen}


def declared(host: str, port: int = 11112, stands_for: str | None = None) -> Listener:
    return Listener(host, port, stands_for)


@pytest.mark.parametrize(
    ("group", "found"),
    [
        pytest.param(security_group("sg-x", permission(11112, "10.0.0.0/8")), ["eni-1:11112"], id="a private source"),
        pytest.param(security_group("sg-x", permission(104, "pl-lost")), ["eni-1:104"], id="a list that nobody read"),
        pytest.param(security_group("sg-x", permission(2762, "sg-other")), ["eni-1:2762"], id="another group"),
        pytest.param(security_group("sg-x", permission(11112, "sg-x")), [], id="its own members"),
        pytest.param(security_group("sg-x", permission(11112)), [], id="no source at all"),
        pytest.param(security_group("sg-x", permission(443, "0.0.0.0/0")), [], id="another port"),
        pytest.param(security_group("sg-x", permission(11112, "10.0.0.0/8", protocol="udp")), [], id="udp"),
        pytest.param(
            security_group("sg-x", permission((100, 3000), "10.0.0.0/8")), ["eni-1:104", "eni-1:2762"], id="a range"
        ),
        pytest.param(
            security_group("sg-x", permission((22, 22), "10.0.0.0/8", protocol="50")),
            [],
            id="a protocol that is not TCP opens no TCP port, whatever its range",
        ),
    ],
)
def test_a_group_that_opens_a_dicom_port_makes_a_listener(group: Structure, found: list[str]) -> None:
    assert sorted(listeners(network(interface("eni-1", "10.0.1.11", "sg-x"), groups=(group,)))) == found


@pytest.mark.parametrize(
    "kind", ["nat_gateway", "natGateway", "network_load_balancer", "vpc_endpoint", "transit_gateway"]
)
def test_infrastructure_listens_only_where_it_is_named(kind: str) -> None:
    answers = network(interface("eni-1", "10.0.1.11", "sg-open", InterfaceType=kind))
    assert listeners(answers) == {}
    assert list(listeners(answers, Config(dicom_listeners=(declared("10.0.1.11"),)))) == ["eni-1:11112"]


@pytest.mark.parametrize("kind", ["interface", "efa", "lambda", "something_new", None])
def test_any_other_interface_may_listen(kind: Json) -> None:
    assert list(listeners(network(interface("eni-1", "10.0.1.11", "sg-open", InterfaceType=kind)))) == ["eni-1:11112"]


@pytest.mark.parametrize(
    ("target", "found"),
    [("i-1", ["eni-2:11112"]), ("10.0.1.11", ["eni-1:11112"]), ("eni-1", ["eni-1:11112"]), ("i-9", [])],
)
def test_a_target_is_the_primary_interface_of_an_instance(target: str, found: list[str]) -> None:
    answers = (
        network(*TWO) | given("elbv2.DescribeTargetGroups", target_group("tg-1")) | targets("tg-1", (target, None))
    )
    assert list(listeners(answers)) == found


def test_an_address_of_a_target_is_one_of_its_own_vpc() -> None:
    twins = [interface(f"eni-{n}", "10.0.1.11", "sg-shut", VpcId=f"vpc-{n}") for n in (1, 2)]
    group = target_group("tg-1") | {"VpcId": "vpc-2"}
    answers = network(*twins) | given("elbv2.DescribeTargetGroups", group) | targets("tg-1", ("10.0.1.11", None))
    assert list(listeners(answers)) == ["eni-2:11112"]


@pytest.mark.parametrize(
    ("record", "found"),
    [
        pytest.param(probe(address="192.0.2.11"), {"eni-1:11112": 1}, id="its public address"),
        pytest.param(probe(address="10.0.1.12"), {"eni-2:11112": 1}, id="its private address"),
        pytest.param(probe(address="198.51.100.1"), {}, id="none of its addresses"),
        pytest.param(probe(address="198.51.100.1", stands_for="10.0.1.11"), {"eni-1:11112": 1}, id="for an address"),
        pytest.param(probe(address="198.51.100.1", stands_for="eni-1"), {"eni-1:11112": 1}, id="for an interface"),
        pytest.param(probe(address="198.51.100.1", stands_for="i-1"), {"eni-2:11112": 1}, id="for an instance"),
        pytest.param(probe(address="192.0.2.11", stands_for="i-1"), {"eni-1:11112": 1}, id="for the one it reached"),
        pytest.param(probe(port=5000, address="10.0.1.11"), {"eni-1:5000": 1}, id="DICOM on a port of its own"),
        pytest.param(probe(port=443, address="10.0.1.11", association=None), {}, id="TLS on another port is no DICOM"),
        pytest.param(probe(port=104, address="10.0.1.11", association=None), {"eni-1:104": 1}, id="a DICOM port"),
        pytest.param(probe(address=None), {}, id="nothing was reached"),
    ],
)
def test_a_probe_belongs_to_the_interface_that_it_reached(record: Structure, found: dict[str, int]) -> None:
    for order in (TWO, TWO[::-1]):
        assert {id_: len(those) for id_, those in listeners(network(*order), None, record).items()} == found


def test_of_two_vpcs_with_the_same_addresses_what_it_stands_for_tells() -> None:
    twins = [interface(f"eni-{n}", "10.0.1.11", "sg-shut", VpcId=f"vpc-{n}") for n in (1, 2)]
    for order in (twins, twins[::-1]):
        assert listeners(network(*order), None, probe(address="10.0.1.11")) == {}
        record = probe(address="10.0.1.11", stands_for="eni-2")
        assert listeners(network(*order), None, record) == {"eni-2:11112": ["pacs.example.org:11112"]}


@pytest.mark.parametrize(
    ("named", "opened", "found"),
    [
        pytest.param([("pacs", 31112)], ["sg-open"], {"eni-1:11112": 1}, id="the one port that is open is meant"),
        pytest.param([("pacs", 31112)], ["sg-shut"], {"eni-1:31112": 1}, id="none is open: its own"),
        pytest.param([("a", 11112), ("b", 2762)], ["sg-shut"], {"eni-1:11112": 1, "eni-1:2762": 1}, id="two ports"),
        pytest.param([("b", 2762), ("a", 11112)], ["sg-shut"], {"eni-1:11112": 1, "eni-1:2762": 1}, id="reversed"),
        pytest.param([("10.0.1.11", 2762), ("a", 31112)], ["sg-shut"], {"eni-1:2762": 2}, id="the named port is meant"),
    ],
)
def test_a_host_that_stands_for_an_interface_may_map_its_port(
    named: list[tuple[str, int]], opened: list[str], found: dict[str, int]
) -> None:
    answers = network(interface("eni-1", "10.0.1.11", *opened))
    config = Config(dicom_listeners=tuple(declared(host, port, "10.0.1.11") for host, port in named))
    probes = [probe(host, port, address="10.0.1.11" if host == "10.0.1.11" else "192.0.2.1", stands_for="10.0.1.11")
              for host, port in named]  # fmt: skip
    assert {id_: len(those) for id_, those in listeners(answers, config, *probes).items()} == found


def test_the_ports_are_the_policy_s() -> None:
    assert listeners(network(interface("eni-1", "10.0.1.11", "sg-open")), Config(policy=Policy(ports=(104,)))) == {}


@pytest.mark.parametrize(
    "denied",
    [
        "ec2.DescribeNetworkInterfaces",
        "ec2.DescribeSecurityGroups",
        "elbv2.DescribeTargetGroups",
        "elbv2.DescribeTargetHealth",
    ],
)
def test_what_was_not_answered_may_hide_a_listener(denied: str) -> None:
    answers = network(*TWO) | given("elbv2.DescribeTargetGroups", target_group("tg-1")) | targets("tg-1", ("i-1", None))
    seen = estate(answers, [denied]).all(DicomListener)
    assert [one.where for one in seen.missing] == [("111122223333", "ca-central-1")]
    assert denied in seen.missing[0].why


def test_without_an_account_a_probe_stands_for_itself() -> None:
    (one,) = estate(probes=[probe(stands_for="i-1")]).all(ProbedListener).all()
    assert (one.endpoint, one.listener, one.subject.account) == ("pacs.example.org:11112", None, None)


def test_a_listener_is_probed_or_known_not_to_be() -> None:
    answers = network(*TWO, groups=(OPEN | {"GroupId": "sg-shut"},))
    one, other = estate(answers, probes=[probe(address="192.0.2.11")]).all(ProbedListener).all()
    assert (one.endpoint, one.subject.account) == ("pacs.example.org:11112", "111122223333")
    assert (other.endpoint, other.vantage) == ("eni-2:11112", None)
