"""Who may reach a DICOM port, by security groups."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given as suppose
from hypothesis import strategies as st

from orthaudit.declared import Config, Listener, Proxy
from orthaudit.evidence import Json, Structure
from orthaudit.finding import Severity, Status
from orthaudit.policy import Policy
from tests.estates import CLINIC, NETWORK, expect, finding, findings
from tests.structures import Answers, given, interface, permission, prefix_list, probe, security_group

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN

OPEN: Final = "dicom-port-open-to-internet"
PROXY: Final = "proxy-is-the-only-source"

HALVES: Final = ("0.0.0.0/1", "128.0.0.0/1")
UNDECLARED: Final = Config()
TRUSTING: Final = Config(policy=Policy(trusted_sources=("203.0.113.0/24",)))


@pytest.mark.parametrize(
    ("permissions", "config", "status", "words"),
    [
        pytest.param([], UNDECLARED, PASS, [], id="no rule"),
        pytest.param([permission(11112, "0.0.0.0/0")], UNDECLARED, FAIL, ["11112", "0.0.0.0/0"], id="the world"),
        pytest.param([permission(11112, *HALVES)], UNDECLARED, FAIL, HALVES, id="the world in halves"),
        pytest.param(
            [permission(11112, HALVES[0]), permission((11000, 12000), HALVES[1])],
            UNDECLARED,
            FAIL,
            ["3,", *HALVES],
            id="the halves in two rules",
        ),
        pytest.param([permission(11112, "::/0")], UNDECLARED, FAIL, ["IPv6", "::/0"], id="the world of IPv6"),
        pytest.param([permission(11112, "fc00::/7", "fe80::/10")], TRUSTING, PASS, [], id="private IPv6"),
        pytest.param([permission(11112, "10.0.0.0/8", "100.64.0.0/10")], TRUSTING, PASS, [], id="private IPv4"),
        pytest.param([permission(11112, "10.0.0.0/7")], UNDECLARED, FAIL, ["16,777,216 "], id="10/7 holds 11/8"),
        pytest.param([permission(11112, "pl-world")], UNDECLARED, FAIL, ["pl-world"], id="a list hides the world"),
        pytest.param([permission(11112, "pl-halves")], UNDECLARED, FAIL, ["pl-halves"], id="a list hides the halves"),
        pytest.param(
            [permission(11112, "pl-wide")], TRUSTING, FAIL, ["pl-wide (203.0.112.0/24)"], id="a part of a list"
        ),
        pytest.param([permission(11112, "pl-private")], TRUSTING, PASS, [], id="a list of private addresses"),
        pytest.param([permission(11112, "pl-none")], TRUSTING, PASS, [], id="an empty list"),
        pytest.param([permission(11112, "pl-lost")], TRUSTING, UNKNOWN, ["pl-lost"], id="a list nobody read"),
        pytest.param(
            [permission(11112, "pl-lost", "0.0.0.0/0")], UNDECLARED, FAIL, ["0.0.0.0/0"], id="fails without the list"
        ),
        pytest.param([permission(22, "pl-lost", "0.0.0.0/0")], TRUSTING, PASS, [], id="a list for another port"),
        pytest.param([permission(None, "0.0.0.0/0", protocol="-1")], UNDECLARED, FAIL, ["4 reasons"], id="all traffic"),
        pytest.param([permission(11112, "0.0.0.0/0", protocol="6")], UNDECLARED, FAIL, ["11112"], id="protocol 6"),
        pytest.param([permission(11112, "0.0.0.0/0", protocol="udp")], UNDECLARED, PASS, [], id="udp is no way in"),
        pytest.param([permission(None, "0.0.0.0/0", protocol="50")], UNDECLARED, PASS, [], id="ESP is no way in"),
        pytest.param([permission((-1, -1), "0.0.0.0/0", protocol="icmp")], UNDECLARED, PASS, [], id="ping"),
        pytest.param([permission((1, 65535), "0.0.0.0/0")], UNDECLARED, FAIL, ["4 reasons", "to 104,"], id="1-65535"),
        pytest.param([permission((443, 2761), "0.0.0.0/0")], UNDECLARED, PASS, [], id="just below a DICOM port"),
        pytest.param([permission((443, 2762), "0.0.0.0/0")], UNDECLARED, FAIL, ["to 2762"], id="up to a DICOM port"),
        pytest.param([permission(11112, "sg-other")], TRUSTING, PASS, [], id="another group"),
        pytest.param([permission(11112, "203.0.113.0/24")], TRUSTING, PASS, [], id="trusted, exactly"),
        pytest.param([permission(11112, "203.0.112.0/23")], TRUSTING, FAIL, ["256 "], id="wider than trusted"),
        pytest.param(
            [permission(11112, "203.0.114.1/32")], TRUSTING, FAIL, ["203.0.114.1/32"], id="beside the trusted"
        ),
        pytest.param([permission(11112, "203.0.113.7/32")], UNDECLARED, UNKNOWN, ["trusted_sources"], id="whose?"),
        pytest.param([permission(11112, "52.0.0.0/8")], UNDECLARED, FAIL, ["16,777,216"], id="a wide range"),
        pytest.param([permission(11112, "52.10.0.0/16")], UNDECLARED, UNKNOWN, ["trusted_sources"], id="65,536"),
        pytest.param([permission(11112, "52.10.0.0/16", "52.11.0.0/32")], UNDECLARED, FAIL, ["65,537"], id="one more"),
        pytest.param([permission(11112, "2001:db8::/48")], UNDECLARED, UNKNOWN, ["trusted_sources"], id="an IPv6 site"),
        pytest.param([permission(11112, "2001:db8::/47")], UNDECLARED, FAIL, ["IPv6"], id="two IPv6 sites"),
        pytest.param(
            [permission(11112, "203.0.113.7/32")], Config(proxies=(CLINIC,)), PASS, [], id="a declared proxy is trusted"
        ),
        pytest.param(
            [permission(11112, "0.0.0.0/0")], Config(policy=Policy(ports=(104,))), PASS, [], id="not one of the ports"
        ),
    ],
)
def test_dicom_port_open_to_internet(
    permissions: list[Structure], config: Config, status: Status, words: list[str]
) -> None:
    answers = {
        **given("ec2.DescribeSecurityGroups", security_group("sg-1", *permissions)),
        **prefix_list("pl-world", "0.0.0.0/0"),
        **prefix_list("pl-halves", *HALVES),
        **prefix_list("pl-private", "10.0.0.0/8"),
        **prefix_list("pl-wide", "203.0.112.0/23"),
        **prefix_list("pl-none"),
    }
    one = finding(OPEN, answers, config=config)
    expect(one, status, *words)
    assert one.subject.id == "sg-1"
    assert "sg-1" in one.remediation
    if status is UNKNOWN:
        assert one.unknown is not None
        assert one.unknown.code == ("absent" if "pl-lost" in words else "not_declared")


def test_open_to_internet_without_the_groups_is_unknown() -> None:
    one = finding(OPEN, {}, denied=["ec2.DescribeSecurityGroups"])
    expect(one, UNKNOWN, "ec2.DescribeSecurityGroups", "AccessDenied")
    assert one.subject.id == "111122223333/ca-central-1"


@pytest.mark.parametrize("config", [UNDECLARED, Config(dicom_listeners=(Listener("10.0.1.10", 5000),))])
def test_a_port_on_which_dicom_was_met_is_a_dicom_port(config: Config) -> None:
    answers = {
        **NETWORK,
        **given("ec2.DescribeSecurityGroups", security_group("sg-dicom", permission(5000, "0.0.0.0/0"))),
    }
    met = [probe(port=5000)] if config is UNDECLARED else []
    expect(finding(OPEN, answers, probes=met, config=config), FAIL, "to 5000")
    expect(finding(OPEN, answers, config=UNDECLARED), PASS)


def groups(*permissions: Structure) -> Answers:
    """One group for each permission, all of them before the listener; a last one opens the port to the VPC."""
    opener = permission(11112, "10.0.0.0/16")
    names = [f"sg-{number}" for number in range(len(permissions) + 1)]
    return {
        **given(
            "ec2.DescribeSecurityGroups",
            *(security_group(name, one) for name, one in zip(names, (*permissions, opener), strict=True)),
        ),
        **given("ec2.DescribeNetworkInterfaces", interface("eni-1", "10.0.1.10", *names)),
    }


SITE: Final = ("203.0.113.7/32", "203.0.113.8/32")


@pytest.mark.parametrize(
    ("change", "proxies", "status", "words"),
    [
        pytest.param(groups(permission(11112, *SITE)), [CLINIC], PASS, [], id="the proxy alone"),
        pytest.param(groups(*(permission(11112, one) for one in SITE)), [CLINIC], PASS, [], id="over two groups"),
        pytest.param(groups(permission(11112, SITE[0])), [CLINIC], FAIL, ["clinic-a"], id="half of the proxy"),
        pytest.param(groups(), [CLINIC], FAIL, ["does not admit proxy clinic-a", "11112"], id="nothing from outside"),
        pytest.param(
            groups(permission(11112, "203.0.113.0/28")), [CLINIC], FAIL, ["14 ", "203.0.113.0/28"], id="neighbours"
        ),
        pytest.param(
            groups(permission(11112, HALVES[0], *SITE), permission((4243, 20000), HALVES[1])),
            [CLINIC],
            FAIL,
            HALVES,
            id="the world in halves, one a group",
        ),
        pytest.param(groups(permission(11112, "pl-1", SITE[0])), [CLINIC], PASS, [], id="by prefix list"),
        pytest.param(groups(permission(11112, "pl-lost", *SITE)), [CLINIC], UNKNOWN, ["pl-lost"], id="list not read"),
        pytest.param(
            groups(permission(11112, "pl-lost", "0.0.0.0/0")),
            [CLINIC],
            FAIL,
            ["0.0.0.0/0"],
            id="fails without the list",
        ),
        pytest.param(
            groups(permission(11112, *SITE, "::/0")), [CLINIC], FAIL, ["IPv6", "::/0"], id="IPv4 shut, IPv6 open"
        ),
        pytest.param(
            groups(permission(11112, *SITE), permission(11112, "0.0.0.0/0", protocol="udp")),
            [CLINIC],
            PASS,
            [],
            id="udp is no way in",
        ),
        pytest.param(
            groups(permission(11112, *SITE)), [], Status.NOT_APPLICABLE, ["no proxy"], id="no proxy is declared"
        ),
        pytest.param(
            groups(permission(11112, *SITE)),
            [replace(CLINIC, addresses=())],
            Status.NOT_APPLICABLE,
            ["no proxy"],
            id="a proxy without addresses",
        ),
        pytest.param(
            groups(permission(11112, "10.9.0.7/32")), [Proxy("ward", ("10.9.0.7/32",))], PASS, [], id="a private proxy"
        ),
    ],
)
def test_proxy_is_the_only_source(change: Answers, proxies: list[Proxy], status: Status, words: list[str]) -> None:
    config = Config(proxies=tuple(proxies))
    one = finding(PROXY, {**NETWORK, **change}, config=config)
    expect(one, status, *words)
    if status is FAIL:
        assert one.subject.id == "eni-1:11112"
        assert "eni-1 admit the declared proxies' addresses to 11112" in one.remediation


def test_a_group_whose_rules_are_not_known_hides_no_failure_of_another() -> None:
    unknown: Json = {"orthaudit:unobserved": ["known_after_apply", "a plan"]}
    answers = {
        **NETWORK,
        **given(
            "ec2.DescribeSecurityGroups",
            security_group("sg-1") | {"IpPermissions": unknown},
            security_group("sg-2", permission(11112, "0.0.0.0/0")),
        ),
        **given("ec2.DescribeNetworkInterfaces", interface("eni-1", "10.0.1.10", "sg-1", "sg-2")),
    }
    found = findings(PROXY, answers, config=Config(proxies=(CLINIC,)))
    expect(next(one for one in found if one.subject.id == "eni-1:11112"), FAIL, "0.0.0.0/0")


def test_an_interface_without_groups_admits_everything() -> None:
    answers = {
        **NETWORK,
        **given(
            "ec2.DescribeNetworkInterfaces", interface("eni-1", "10.0.1.10", InterfaceType="network_load_balancer")
        ),
    }
    config = Config(proxies=(CLINIC,), dicom_listeners=(Listener("10.0.1.10", 11112),))
    expect(finding(PROXY, answers, config=config), FAIL, "IPv4", "IPv6", "no security group")


def test_a_second_listener_may_shut_the_proxies_out() -> None:
    shut = security_group("sg-shut", permission(11112, "10.0.0.0/16"))
    answers = {
        **NETWORK,
        **given("ec2.DescribeSecurityGroups", security_group("sg-dicom", permission(11112, *SITE)), shut),
        **given(
            "ec2.DescribeNetworkInterfaces",
            interface("eni-1", "10.0.1.10", "sg-dicom"),
            interface("eni-2", "10.0.1.11", "sg-shut"),
        ),
    }
    one = finding(PROXY, answers, config=Config(proxies=(CLINIC,)))
    expect(one, PASS)
    assert one.subject.id == "eni-1:11112"


def test_severity_is_the_rule_s_own() -> None:
    group = given("ec2.DescribeSecurityGroups", security_group("sg-1", permission(11112, "0.0.0.0/0")))
    assert finding(OPEN, group).severity is Severity.HIGH


V4: Final = (
    "0.0.0.1", "1.1.1.1", "10.1.1.1", "11.0.0.1", "100.64.0.1", "100.128.0.1", "126.0.0.1", "127.0.0.1", "128.0.0.1",
    "169.254.1.1", "169.255.0.1", "172.16.0.1", "172.32.0.1", "192.168.1.1", "192.169.0.1", "203.0.1.1",
    "203.0.113.7", "223.255.255.255", "224.0.0.1",
)  # fmt: skip
V6: Final = ("::1", "2001:db8::1", "2600::1", "3fff::1", "fd00::1", "fe80::1")
PRIVATE: Final = [
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
"""Every CIDR around one of the addresses, of the lengths below, that holds a public one holds a public sample."""


def around(address: str, length: int) -> str:
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))


CIDRS: Final = st.one_of(
    st.builds(around, st.sampled_from(V4), st.sampled_from((0, 1, 7, 8, 12, 16, 24, 32))),
    st.builds(around, st.sampled_from(V6), st.sampled_from((0, 1, 3, 7, 32, 64, 128))),
)
LISTS: Final = {"pl-world": ["0.0.0.0/0"], "pl-private": ["10.0.0.0/8", "fd00::/8"], "pl-public": ["11.0.0.1/32"]}
SOURCES: Final = st.lists(CIDRS | st.sampled_from([*LISTS, "pl-lost", "sg-1"]), max_size=3)
PERMISSIONS: Final = st.one_of(
    st.builds(
        lambda ports, sources, protocol: permission(ports, *sources, protocol=protocol),
        st.sampled_from((11112, 2762, (1, 65535), (80, 443), (11111, 11111), (4000, 12000))),
        SOURCES,
        st.sampled_from(("tcp", "6", "udp", "17")),
    ),
    st.builds(lambda sources: permission(None, *sources, protocol="-1"), SOURCES),
)


def oracle(permissions: Iterable[Structure]) -> Status:
    """The verdict, one sample address and one port after the other."""
    unread = False
    for one in permissions:
        low, high = one.get("FromPort", 0), one.get("ToPort", 65535)
        assert isinstance(low, int)
        assert isinstance(high, int)
        if one["IpProtocol"] not in ("tcp", "6", "-1") or not any(low <= p <= high for p in (104, 2762, 4242, 11112)):
            continue
        cidrs: list[str] = []
        for kind, key in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId")):
            for source in texts(one[kind], key):
                unread |= source == "pl-lost"
                cidrs += [] if source == "pl-lost" else LISTS.get(source, [source])
        if any(stranger(sample) and inside(sample, cidr) for cidr in cidrs for sample in (*V4, *V6)):
            return FAIL
    return UNKNOWN if unread else PASS


def texts(value: Json, key: str) -> list[str]:
    assert isinstance(value, list)
    return [str(one[key]) for one in value if isinstance(one, dict)]


def stranger(sample: str) -> bool:
    """Whether it is a public address that nobody trusts."""
    address = ipaddress.ip_address(sample)
    if address.version == 6:
        return int(address) >> 125 == 0b001
    return not any(address in one for one in (*PRIVATE, ipaddress.ip_network("203.0.113.0/24")))


def inside(sample: str, cidr: str) -> bool:
    address, network = ipaddress.ip_address(sample), ipaddress.ip_network(cidr)
    return address.version == network.version and address in network


@suppose(st.lists(PERMISSIONS, max_size=4))
def test_open_to_internet_agrees_with_one_address_after_the_other(permissions: list[Structure]) -> None:
    answers = given("ec2.DescribeSecurityGroups", security_group("sg-1", *permissions))
    for name, cidrs in LISTS.items():
        answers |= prefix_list(name, *cidrs)
    assert finding(OPEN, answers, config=TRUSTING).status is oracle(permissions)


def test_a_probe_on_a_port_of_its_own_needs_the_interfaces_to_be_placed() -> None:
    met = [probe(port=5000)]
    group = given("ec2.DescribeSecurityGroups", security_group("sg-dicom", permission(5000, "0.0.0.0/0")))
    for denied in ([], ["ec2.DescribeNetworkInterfaces"]):
        expect(finding(OPEN, group, denied, met), UNKNOWN, "ec2.DescribeNetworkInterfaces")
        expect(finding(OPEN, group, denied, [probe()]), PASS)
