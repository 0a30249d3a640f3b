"""Ask a host's robots.txt before its articles are read (RFC 9309), and leave time between two of them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final

from protego import Protego
from yarl import URL

from monitor.errors import Cause, FetchError
from monitor.feeds.reasons import shown

if TYPE_CHECKING:
    from monitor.ports import Clock

AGENT: Final = "media-monitor"
_KEEP = timedelta(hours=12)  # at most 24 hours, says RFC 9309, 2.4
_KEEP_FAILURE = timedelta(minutes=10)
_ORIGINS = 500  # remembered
_LONGEST_TURN = timedelta(seconds=60)  # to wait for


@dataclass(frozen=True, slots=True)
class _Known:
    rules: Protego | None  # None = all is allowed
    failure: str  # why nothing is allowed for now, "" = it could be asked
    until: datetime


class Robots:
    """What the robots.txt of each origin says, remembered for a while; and whose turn it is when."""

    MAX_BYTES: ClassVar[int] = 512_000  # RFC 9309, 2.5: at least 500 KiB are read

    def __init__(
        self, read: Callable[[URL], Awaitable[tuple[int, bytes]]], *, clock: Clock, spacing: timedelta
    ) -> None:
        self._read = read
        self._clock = clock
        self._spacing = spacing.total_seconds()
        self._known: OrderedDict[URL, _Known] = OrderedDict()
        self._asking: dict[URL, asyncio.Lock] = {}
        self._turns: OrderedDict[str, float] = OrderedDict()  # by host: when the next may be asked, in the loop's time

    async def check(self, url: URL) -> None:
        """Ask whether a page may be read.

        Raises:
            FetchError: ROBOTS: it may not, or the host could not say so now.
        """
        known = await self._ask(url.origin())
        if known.failure:
            raise FetchError(Cause.ROBOTS, f"the robots.txt of {url.host} cannot be read now: {known.failure}")
        if known.rules is not None and not known.rules.can_fetch(str(url), AGENT):
            raise FetchError(Cause.ROBOTS, f"{shown(url)} is not for programs, says its robots.txt")

    async def wait_for_turn(self, url: URL) -> None:
        """Wait until another page of this host may be asked for.

        Raises:
            FetchError: RATE_LIMITED: too many pages of this host are wanted at once.
        """
        host, now = url.host or "", asyncio.get_running_loop().time()
        turn = max(self._turns.get(host, now), now)
        if turn - now > _LONGEST_TURN.total_seconds():
            raise FetchError(Cause.RATE_LIMITED, f"too many pages of {host} are wanted at once")
        self._turns[host] = turn + self._spacing
        self._turns.move_to_end(host)
        while len(self._turns) > _ORIGINS:
            self._turns.popitem(last=False)
        await asyncio.sleep(turn - now)

    async def _ask(self, origin: URL) -> _Known:
        """Return what an origin says; many that want to know at once ask once."""
        async with self._asking.setdefault(origin, asyncio.Lock()) as _:
            known = self._known.get(origin)
            if known is None or known.until <= self._clock():
                known = self._known[origin] = await self._look(origin)
                while len(self._known) > _ORIGINS:
                    gone, _ = self._known.popitem(last=False)
                    self._asking.pop(gone, None)
            return known

    async def _look(self, origin: URL) -> _Known:
        now = self._clock()
        try:
            status, body = await self._read(origin.with_path("/robots.txt"))
        except FetchError as error:
            return _Known(None, error.detail, now + _KEEP_FAILURE)
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _Known(None, f"HTTP {status}", now + _KEEP_FAILURE)
        if status != HTTPStatus.OK:
            return _Known(None, "", now + _KEEP)
        rules = await asyncio.to_thread(Protego.parse, body.decode("utf-8", "replace"))
        return _Known(rules, "", now + _KEEP)
