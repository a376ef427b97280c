"""Interval sets against sets of plain integers, and CIDRs against `ipaddress`."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthaudit.paths.addresses import (
    EVERYWHERE,
    INTERNET,
    Addresses,
    Intervals,
    difference,
    holds,
    intersection,
    prefix_length,
    size,
    union,
)

members = st.frozensets(st.integers(0, 40))


def intervals(values: frozenset[int]) -> Intervals:
    return union(*((value, value + 1) for value in values))


def plain(bounds: Intervals) -> set[int]:
    return {value for low, high in zip(bounds[::2], bounds[1::2], strict=True) for value in range(low, high)}


@given(members, members)
def test_operations_agree_with_sets(one: frozenset[int], other: frozenset[int]) -> None:
    a, b = intervals(one), intervals(other)
    assert plain(union(a, b)) == one | other
    assert plain(intersection(a, b)) == one & other
    assert plain(difference(a, b)) == one - other
    assert union(a, b) == intervals(one | other), "equal sets must be equal tuples"
    assert difference(a, b) == intervals(one - other)
    assert size(a) == len(one)
    assert all(holds(a, value) == (value in one) for value in range(42))


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_an_ipv4_cidr_agrees_with_ipaddress(address: int, length: int) -> None:
    network = ipaddress.IPv4Network((address, length), strict=False)
    text = f"{ipaddress.IPv4Address(address)}/{length}"
    assert Addresses.of([text]).v4 == (int(network[0]), int(network[-1]) + 1)
    assert prefix_length(text) == length
    assert list(Addresses.of([text]).cidrs()) == [str(network)]


@given(st.integers(0, 2**128 - 1), st.integers(0, 128))
def test_an_ipv6_cidr_agrees_with_ipaddress(address: int, length: int) -> None:
    network = ipaddress.IPv6Network((address, length), strict=False)
    text = f"{ipaddress.IPv6Address(address)}/{length}"
    assert Addresses.of([text]).v6 == (int(network[0]), int(network[-1]) + 1)
    assert prefix_length(text) == length


def test_split_halves_are_the_whole() -> None:
    assert Addresses.of(["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]) == EVERYWHERE


@pytest.mark.parametrize(
    ("cidr", "public"),
    [
        ("10.0.0.0/7", "11.0.0.0/8"),  # is_global says True for 10.0.0.0/7
        ("192.168.0.0/15", "192.169.0.0/16"),
        ("100.0.0.0/9", "100.0.0.0/10"),
        ("203.0.113.7/32", "203.0.113.7/32"),
        ("172.16.0.0/12", "nothing"),
        ("fc00::/7", "nothing"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/1", "2000::/3"),
    ],
)
def test_what_of_a_range_is_public(cidr: str, public: str) -> None:
    assert str(Addresses.of([cidr]) & INTERNET) == public


@pytest.mark.parametrize("text", ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "::/8/8"])
def test_what_is_no_cidr_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address or a CIDR"):
        Addresses.of([text])
