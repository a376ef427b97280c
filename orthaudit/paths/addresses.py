"""Exact sets of addresses and ports, as integer intervals.

A set is a flat, sorted tuple of half-open bounds `(low, high, low, high, …)`; touching ranges are merged, so
equal sets are equal tuples. IPv4 and IPv6 are never in one set; `Addresses` keeps one of each.
"""

from __future__ import annotations

import ipaddress
import socket
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

Intervals: TypeAlias = "tuple[int, ...]"

V4_BITS, V6_BITS = 32, 128


def union(*sets: Intervals) -> Intervals:
    """Everything that is in any of the sets."""
    pairs = sorted(pair for one in sets for pair in zip(one[::2], one[1::2], strict=True))
    bounds: list[int] = []
    for low, high in pairs:
        if bounds and low <= bounds[-1]:
            bounds[-1] = max(bounds[-1], high)
        elif low < high:
            bounds += (low, high)
    return tuple(bounds)


def intersection(one: Intervals, other: Intervals) -> Intervals:
    """What both sets hold."""
    bounds: list[int] = []
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i], other[j]), min(one[i + 1], other[j + 1])
        if low < high:
            bounds += (low, high)
        if one[i + 1] <= other[j + 1]:
            i += 2
        else:
            j += 2
    return tuple(bounds)


def difference(one: Intervals, other: Intervals) -> Intervals:
    """What the first set holds and the second does not."""
    bounds: list[int] = []
    j = 0
    for low, high in zip(one[::2], one[1::2], strict=True):
        while j < len(other) and other[j + 1] <= low:
            j += 2
        k = j
        while k < len(other) and other[k] < high:
            if other[k] > low:
                bounds += (low, other[k])
            low = other[k + 1]
            k += 2
        if low < high:
            bounds += (low, high)
    return tuple(bounds)


def holds(one: Intervals, value: int) -> bool:
    """Whether the value is in the set."""
    return bisect_right(one, value) % 2 == 1


def size(one: Intervals) -> int:
    """How many values the set holds."""
    return sum(one[1::2]) - sum(one[::2])


@lru_cache(maxsize=65_536)
def _parse(cidr: str) -> tuple[int, int, int]:
    """Address bits, first address, and the one after the last; host bits are dropped, as AWS does."""
    text, slash, length = cidr.partition("/")
    try:
        if ":" in text:
            bits, first = V6_BITS, int.from_bytes(socket.inet_pton(socket.AF_INET6, text))
        else:
            bits, first = V4_BITS, int.from_bytes(socket.inet_pton(socket.AF_INET, text))
        prefix = int(length) if slash else bits
        if not 0 <= prefix <= bits:
            raise ValueError
    except (ValueError, OSError):
        raise ValueError(f"{cidr!r} is not an address or a CIDR") from None
    span = 1 << (bits - prefix)
    first -= first % span
    return bits, first, first + span


def prefix_length(cidr: str) -> int:
    """The length of a CIDR's prefix. Raises `ValueError` for what is no CIDR."""
    bits, first, end = _parse(cidr)
    return bits - (end - first).bit_length() + 1


@dataclass(frozen=True, slots=True)
class Addresses:
    """A set of IPv4 addresses and a set of IPv6 addresses."""

    v4: Intervals = ()
    v6: Intervals = ()

    @classmethod
    def of(cls, cidrs: Iterable[str]) -> Addresses:
        """The addresses of CIDRs or single addresses. Raises `ValueError` for what is neither."""
        v4: list[Intervals] = []
        v6: list[Intervals] = []
        for cidr in cidrs:
            bits, first, end = _parse(cidr)
            (v4 if bits == V4_BITS else v6).append((first, end))
        return cls(union(*v4), union(*v6))

    def union(self, others: Iterable[Addresses]) -> Addresses:
        """Everything that is in this set or any of the others."""
        sets = (self, *others)
        return Addresses(union(*(one.v4 for one in sets)), union(*(one.v6 for one in sets)))

    def __or__(self, other: Addresses) -> Addresses:
        return Addresses(union(self.v4, other.v4), union(self.v6, other.v6))

    def __and__(self, other: Addresses) -> Addresses:
        return Addresses(intersection(self.v4, other.v4), intersection(self.v6, other.v6))

    def __sub__(self, other: Addresses) -> Addresses:
        return Addresses(difference(self.v4, other.v4), difference(self.v6, other.v6))

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def __contains__(self, address: str) -> bool:
        bits, first, _ = _parse(address)
        return holds(self.v4 if bits == V4_BITS else self.v6, first)

    def cidrs(self) -> Iterator[str]:
        """The set as the fewest CIDRs, IPv4 first."""
        for bounds, kind in ((self.v4, ipaddress.IPv4Address), (self.v6, ipaddress.IPv6Address)):
            for low, high in zip(bounds[::2], bounds[1::2], strict=True):
                yield from map(str, ipaddress.summarize_address_range(kind(low), kind(high - 1)))

    def __str__(self) -> str:
        shown: list[str] = []
        for cidr in self.cidrs():
            if len(shown) == 8:
                return ", ".join(shown) + ", …"
            shown.append(cidr)
        return ", ".join(shown) or "nothing"


EVERYWHERE = Addresses.of(("0.0.0.0/0", "::/0"))

SPECIAL_V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.168.0.0/16", "224.0.0.0/3",
)  # fmt: skip
"""IANA special-purpose IPv4 ranges that no packet from the Internet carries. Documentation and benchmark
ranges stay public: to count too much as public is the safe side."""

INTERNET = Addresses.of(("0.0.0.0/0", "2000::/3")) - Addresses.of(SPECIAL_V4)
"""Every source address that a packet from the Internet can have (IPv6: global unicast, RFC 4291 2.4)."""
