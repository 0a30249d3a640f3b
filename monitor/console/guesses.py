"""Slow those who guess: each address may be wrong a few times, and then once in a while."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from math import ceil
from typing import Final

from aiohttp import web

from monitor.ports import Clock

AT_ONCE: Final = 10  # wrong tokens that an address may send before it has to wait
EVERY: Final = 6.0  # seconds for each one more
MOST_ADDRESSES: Final = 10_000  # that are remembered: the latest
_IPV6_NETWORK: Final = 64  # bits: one machine has all addresses below it


class Guesses:
    """How many wrong tokens came from which address."""

    def __init__(self, clock: Clock, proxies: Sequence[str] = ()) -> None:
        self._clock = clock
        self._proxies = [ipaddress.ip_network(network) for network in proxies]
        self._free_at: OrderedDict[str, float] = OrderedDict()  # when all its wrong tokens are forgotten

    def __len__(self) -> int:
        return len(self._free_at)

    def wait(self, request: web.Request) -> int:
        """Say how many seconds whoever asks has to wait before he may try a token, 0 = none."""
        now = self._clock().timestamp()
        left = self._left(self._address(request), now)
        return ceil(max(0.0, left - (AT_ONCE - 1) * EVERY))

    def wrong(self, request: web.Request) -> None:
        """Count a wrong token."""
        now, address = self._clock().timestamp(), self._address(request)
        self._free_at[address] = now + self._left(address, now) + EVERY
        self._free_at.move_to_end(address)
        if len(self._free_at) > MOST_ADDRESSES:
            self._free_at.popitem(last=False)

    def right(self, request: web.Request) -> None:
        """Forget the wrong tokens of one who has the right one."""
        self._free_at.pop(self._address(request), None)

    def _left(self, address: str, now: float) -> float:
        """Return the seconds until nothing is known of an address; never more than it can owe, if the clock is set."""
        return min(max(0.0, self._free_at.get(address, now) - now), AT_ONCE * EVERY)

    def _address(self, request: web.Request) -> str:
        """Say who asks: behind a proxy of ours, the last address that it has not written itself."""
        hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
        asking = request.remote or ""
        while hops and self._is_proxy(asking):
            asking = hops.pop()
        try:
            address = ipaddress.ip_address(asking)
        except ValueError:
            return ""  # what is no address is one guesser: a socket of this machine, or nonsense of a proxy
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        written_in_six = address.ipv4_mapped
        return str(written_in_six or ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))

    def _is_proxy(self, asking: str) -> bool:
        try:
            address = ipaddress.ip_address(asking)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)
