"""The guard: nothing that is not public is connected to, however it is spelt, unless the configuration allows it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from aiohttp.abc import ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Cause, FetchError
from monitor.feeds.fetch import HttpFetcher
from monitor.feeds.guard import Guard, GuardedError, is_public
from monitor.model import AllowedHost
from tests.feeds.feed_server import NOW, RSS, Client, FeedServer, serving


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
        "3fff::1", "100::1", "5f00::1", "64:ff9b:1::1", "::127.0.0.1", "::8.8.8.8",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::",
        "2001:0:808:808:0:0:80ff:fffe",  # Teredo: the client's address is 127.0.0.1 with all bits turned
    ],
)  # fmt: skip
def test_what_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "100.63.255.255", "100.128.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
     "64:ff9b::808:808", "2002:808:808::1"],
)  # fmt: skip
def test_what_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1), st.sampled_from(["::ffff:0:0", "64:ff9b::"]))
def test_an_ipv4_address_is_no_more_public_inside_an_ipv6_one(number: int, around: str) -> None:
    inside = IPv4Address(number)
    assert is_public(IPv6Address(int(IPv6Address(around)) + number)) == is_public(inside)


# -- what is allowed --------------------------------------------------------------------------------------------------


def found(*addresses: str) -> list[ResolveResult]:
    return [
        ResolveResult(hostname="x.example", host=address, port=80, family=socket.AF_INET, proto=6, flags=0)
        for address in addresses
    ]


def hosts(results: list[ResolveResult]) -> list[str]:
    return [result["host"] for result in results]


def test_of_a_name_with_mixed_addresses_only_public_ones_are_used() -> None:
    guard = Guard()
    assert hosts(guard.admit(found("127.0.0.1", "8.8.8.8", "::1"), "x.example", 80)) == ["8.8.8.8"]
    with pytest.raises(GuardedError, match=r"x\.example:80 is 127\.0\.0\.1, which is not public"):
        guard.admit(found("127.0.0.1", "10.0.0.1"), "x.example", 80)
    assert guard.admit([], "x.example", 80) == []


def test_a_network_an_address_and_a_port_are_allowed_and_nothing_beside_them() -> None:
    guard = Guard(
        [
            AllowedHost(network=ip_network("127.0.0.1"), port=8080),
            AllowedHost(network=ip_network("10.0.0.0/8")),
            AllowedHost(network=ip_network("fd00::/8"), port=80),
        ]
    )
    for address, port in (("127.0.0.1", 8080), ("::ffff:127.0.0.1", 8080), ("10.9.8.7", 22), ("fd00::1", 80)):
        guard.check(address, port)
    for address, port in (("127.0.0.1", 80), ("127.0.0.2", 8080), ("11.0.0.1", 0), ("fd00::1", 81), ("::1", 80)):
        if address != "11.0.0.1":  # public
            with pytest.raises(GuardedError):
                guard.check(address, port)
    with pytest.raises(GuardedError):
        guard.check("no address", 80)


def test_what_an_allowed_name_resolves_to_is_allowed_at_its_port() -> None:
    guard = Guard([AllowedHost(name="rsshub", port=1200), AllowedHost(name="inside")])
    with pytest.raises(GuardedError):
        guard.check("10.0.0.5", 1200)
    assert hosts(guard.admit(found("10.0.0.5"), "RSSHub", 1200)) == ["10.0.0.5"]
    guard.check("10.0.0.5", 1200)
    for name, port in (("rsshub", 80), ("other", 1200)):
        with pytest.raises(GuardedError):
            guard.admit(found("10.0.0.6"), name, port)
    assert hosts(guard.admit(found("10.0.0.7"), "inside", 81)) == ["10.0.0.7"]


def test_so_many_addresses_of_allowed_names_are_remembered_and_no_more() -> None:
    guard = Guard([AllowedHost(name="inside")])
    for number in range(1_001):
        guard.admit(found(f"10.0.{number // 256}.{number % 256}"), "inside", 80)
    guard.check("10.0.0.1", 80)
    with pytest.raises(GuardedError):
        guard.check("10.0.0.0", 80)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1", "0x7f.1", "::1", "127.0.0.1"])
def test_a_number_is_checked_before_a_proxy_gets_it(host: str) -> None:
    with pytest.raises(GuardedError):
        Guard().check_literal(host, 80)


@pytest.mark.parametrize("host", ["x.example", "8.8.8.8", "localhost"])
def test_a_name_is_the_proxys_business(host: str) -> None:
    Guard().check_literal(host, 80)


# -- over real sockets ------------------------------------------------------------------------------------------------


@pytest.fixture
async def guarded(server: FeedServer) -> AsyncIterator[Client]:
    """A client that may read from `server`, and from nothing else on this machine."""
    port = int(server.url.rpartition(":")[2])
    fetcher = HttpFetcher(clock=lambda: NOW, allow=[AllowedHost(network=ip_network("127.0.0.1"), port=port)])
    yield Client(fetcher)
    await fetcher.close()


async def refused(client: Client, url: str) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await client.get(url)
    assert raised.value.cause is Cause.GUARDED, raised.value
    return raised.value


SPELLINGS = ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f000001", "127.1", "①②⑦.⓪.⓪.①", "[::ffff:127.0.0.1]", "127.0.0.1.", "0"]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_spelling_and_no_redirect_leads_to_this_machine(
    server: FeedServer, other_server: FeedServer, guarded: Client, spelling: str
) -> None:
    port = other_server.url.rpartition(":")[2]
    other_server.serve("/secret")
    url = f"http://{spelling}:{port}/secret?token=s3cret"
    for way in (url, server.redirect("/feed", url), server.redirect("/again", "/feed", status=308)):
        error = await refused(guarded, way)
        assert error.detail.endswith("not public: name it in `allow` if you mean it")
        assert "s3cret" not in error.detail
    assert other_server.requests == []
    assert (await guarded.page(server.serve("/allowed"))).body == RSS


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://10.0.0.1/", "http://[::1]:9/"],
)
async def test_no_redirect_leads_to_the_neighbours(server: FeedServer, guarded: Client, target: str) -> None:
    await refused(guarded, server.redirect("/feed", target))


async def test_a_port_that_is_not_allowed_is_named(guarded: Client) -> None:
    error = await refused(guarded, "http://[::1]:9/feed")
    assert error.detail == "[::1]:9 is not public: name it in `allow` if you mean it"


async def test_an_article_is_read_under_the_same_guard(other_server: FeedServer, guarded: Client) -> None:
    with pytest.raises(FetchError) as raised:
        await guarded.fetcher.fetch_article(other_server.serve("/article"))
    assert raised.value.cause is Cause.ROBOTS
    assert "not public" in raised.value.detail
    assert other_server.requests == []


@asynccontextmanager
async def proxied(monkeypatch: pytest.MonkeyPatch, **allow: Any) -> AsyncIterator[tuple[Client, FeedServer]]:
    """A client whose environment names a proxy."""
    async with serving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        fetcher = HttpFetcher(clock=lambda: NOW, **allow)
        yield Client(fetcher), proxy
        await fetcher.close()


async def test_a_proxy_is_reached_wherever_it_is_and_gets_no_numbers_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxied(monkeypatch) as (client, proxy):
        proxy.serve("/feed")
        assert (await client.page("http://feeds.invalid/feed")).body == RSS
        for spelling in ("127.0.0.1", "2130706433", "[::1]", "①②⑦.⓪.⓪.①"):
            await refused(client, f"http://{spelling}/feed")
        assert len(proxy.requests) == 1


async def test_behind_a_proxy_the_proxy_itself_is_no_feeds_host(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxied(monkeypatch) as (client, proxy):
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        await refused(client, proxy.url + "/status")
        assert proxy.requests == []


async def test_a_hundred_refusals_at_once_leave_no_socket_open(other_server: FeedServer, guarded: Client) -> None:
    url = other_server.serve("/feed")
    await asyncio.gather(*(refused(guarded, url) for _ in range(100)))
    assert other_server.requests == []
