"""HOST[:PORT] on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthaudit.cli.hosts import parse_host
from orthaudit.cli.refused import Refused


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("pacs.example.org", "pacs.example.org", 11112),
        ("pacs:104", "pacs", 104),
        ("10.0.0.7:104", "10.0.0.7", 104),
        ("10.0.0.7", "10.0.0.7", 11112),
        ("pacs:1", "pacs", 1),
        ("pacs:65535", "pacs", 65535),
        ("[2001:db8::7]:104", "2001:db8::7", 104),
        ("[2001:db8::7]", "2001:db8::7", 11112),
        ("2001:db8::7", "2001:db8::7", 11112),
        ("::1", "::1", 11112),
        ("::ffff:10.0.0.7", "::ffff:10.0.0.7", 11112),
        ("fe80::1%eth0", "fe80::1%eth0", 11112),
        ("zürich.example.org:104", "zürich.example.org", 104),
    ],
)
def test_a_listener_is_read(text: str, host: str, port: int) -> None:
    listener = parse_host(text)
    assert (listener.host, listener.port) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["", ":104", "pacs:", "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]104", "[2001:db8::7]:", "[]:104", "[pacs]:104",
     "1:2:3", "pacs:104:5", "-pacs", "pa cs", "10.0.0.0/24", "pacs/x:104", "dicom://pacs:104", "[[::1]]:104",
     "[::1]x:104", "p[acs"],
)  # fmt: skip
def test_what_is_no_listener_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_host(text)
    assert refused.value.message == f"{text}: is not HOST or HOST:PORT (IPv6: [2001:db8::7]:11112)"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "+1", "1.0", "x", " 104", "1_0", "٣", "0x1", "9" * 5000])
@pytest.mark.parametrize("host", ["pacs", "[::1]"])
def test_what_is_no_port_is_refused(host: str, port: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_host(f"{host}:{port}")
    assert refused.value.message == f"{host}:{port}: {port!r} is not a port (1 to 65535)"


@given(st.text(max_size=12) | st.text("0123456789abcdef:.[]%", max_size=24))
def test_nothing_but_a_listener_or_a_refusal_comes_of_a_text(text: str) -> None:
    try:
        listener = parse_host(text)
    except Refused:
        return
    assert listener.host
    assert parse_host(listener.endpoint) == listener
