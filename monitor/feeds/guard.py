"""Keep what strangers write away from what is not public: addresses are checked where a connection is opened.

A feed's URL, its redirects, and the links in its entries may name this machine, its neighbours, or the metadata service
of a cloud. A name is no guide (it resolves to anything), nor is a number (`2130706433`, `0177.0.0.1` and `①②⑦.⓪.⓪.①`
are all 127.0.0.1), so the check looks at the address that the socket is opened for, at every hop.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import ResolveResult

from monitor.model import AllowedHost

_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))  # protocol assignments; 6to4's old relays
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291, 2.4: the rest is special or not assigned
_DOCUMENTATION = IPv6Network("3fff::/20")  # RFC 9637, younger than the Pythons we run on
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): an IPv4 address in the last four bytes
_MEANT = 1_000  # addresses of allowed names that are remembered


class GuardedError(OSError):
    """An address is not public and not allowed; the text names it and is safe to show."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address belongs to the public internet, and so does the IPv4 address that it may carry inside."""
    if isinstance(address, IPv4Address):
        special = address.is_multicast or address.is_reserved or any(address in network for network in _SPECIAL)
        return address.is_global and not special
    inside = _inside(address)
    if inside:
        return all(map(is_public, inside))
    return address in _GLOBAL_UNICAST and address.is_global and address not in _DOCUMENTATION


def _inside(address: IPv6Address) -> Sequence[IPv4Address]:
    """Return the IPv4 addresses that the forms of transition carry: mapped, NAT64, 6to4, Teredo."""
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address in _TRANSLATED:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    if address.sixtofour:
        return (address.sixtofour,)
    return address.teredo or ()


@lru_cache(4_096)
def _read(address: str) -> tuple[bool, IPv4Address | IPv6Address | None]:
    """Say whether a text is a public address, and which one; None = it is no address."""
    try:
        number = ip_address(address)
    except ValueError:
        return False, None
    return is_public(number), number


def _place(host: str, port: int) -> str:
    """Write a place as `allow` takes it, with its port: the same host may be allowed with another one."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Guard:
    """Say which addresses may be connected to: public ones, and what the configuration allows."""

    def __init__(self, allow: Iterable[AllowedHost] = ()) -> None:
        self._networks = tuple((each.network, each.port) for each in allow if each.network is not None)
        self._names = frozenset((each.name, each.port) for each in allow if each.network is None)
        self._meant: dict[tuple[str, int], None] = {}  # what allowed names have resolved to

    def admit(self, found: Sequence[ResolveResult], name: str, port: int) -> list[ResolveResult]:
        """Return those addresses of a name that may be connected to.

        Raises:
            GuardedError: there are some, and none may.
        """
        if (name.lower(), port) in self._names or (name.lower(), 0) in self._names:
            for each in found:
                self._mean(each["host"], port)
            return list(found)
        admitted = [each for each in found if self._permits(each["host"], port)]
        if found and not admitted:
            raise GuardedError(f"{_place(name, port)} is {found[0]['host']}, which is not public")
        return admitted

    def check(self, address: str, port: int) -> None:
        """Check an address, written in any form that a socket takes.

        Raises:
            GuardedError: it may not be connected to.
        """
        if not self._permits(address, port):
            raise GuardedError(f"{_place(address, port)} is not public")

    def check_literal(self, host: str, port: int) -> None:
        """Check a host that is a number in one of its spellings; a name is for the resolver, or the proxy, to look up.

        Raises:
            GuardedError: it may not be connected to.
        """
        try:
            address = host if ":" in host else socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
        except OSError:
            return
        self.check(address, port)

    def open_socket(self, address: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """Open the socket for one connection, to `(family, type, protocol, name, (address, port, …))`.

        This is the door that every connection goes through, whatever the URL looked like.

        Raises:
            GuardedError: the address may not be connected to.
        """
        family, kind, protocol, _, place = address
        self.check(str(place[0]), int(str(place[1])))
        return socket.socket(family, kind, protocol)

    def _mean(self, address: str, port: int) -> None:
        """Remember that an allowed name has led to this address."""
        self._meant.pop((address, port), None)
        self._meant[address, port] = None
        if len(self._meant) > _MEANT:
            del self._meant[next(iter(self._meant))]

    def _permits(self, address: str, port: int) -> bool:
        if (address, port) in self._meant:
            return True
        public, number = _read(address)
        if public or number is None:
            return public
        number = (number.ipv4_mapped if isinstance(number, IPv6Address) else None) or number
        return any(
            number.version == network.version and number in network and allowed in (0, port)
            for network, allowed in self._networks
        )
