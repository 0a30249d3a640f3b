"""Which feeds this daemon polls now: those that are due, in their hosts' turn, and suspects one at a time.

A feed whose poll was begun and never finished has a strike against it. Usually somebody has ended the program, and the
feed had nothing to do with it; so one with SUSPECT strikes is polled while nothing else is, and what ends the program
even then is parked: it would do so for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from monitor.errors import StoreUnavailableError
from monitor.model import FeedLease
from monitor.pipeline import POLL_LEASE, Doors
from monitor.rules.limits import host_of
from monitor.turns import Turns

log = structlog.get_logger()

SUSPECT = 2  # strikes after which a feed is polled alone
GUILTY = 3  # and is parked
PARKED = timedelta(days=1)
_ASK_AGAIN = 0.9  # seconds: another node, or a person, may have made a feed due


class Rota:
    """The claims of one daemon on feeds."""

    def __init__(self, doors: Doors, spacing: timedelta) -> None:
        self.unfinished: list[FeedLease] = []  # polls that the store could not take, and claims nobody could use
        self.parked: list[FeedLease] = []  # since somebody last took them from here
        self.doors = doors
        self._turns = Turns(spacing)
        self._alone: FeedLease | None = None
        self._suspects_wait = False
        self._asked: datetime | None = None  # when the store last said
        self._next: datetime | None = None  # that a feed is due, None = it knows no feed
        self._ask_at = 0.0  # by the loop's clock

    async def may_claim(self) -> bool:
        """Say whether a feed is due; the store is asked when it said that one would be, and once a second besides."""
        loop, now = asyncio.get_running_loop(), self.doors.clock()
        rests = self._asked is not None and self._asked <= now and (self._next is None or now < self._next)
        if rests and loop.time() < self._ask_at:
            return False
        self._next = await self.doors.in_store(self.doors.store.next_due)
        self._asked, self._ask_at = now, loop.time() + _ASK_AGAIN
        return self._next is not None and self._next <= now

    def look_again(self) -> None:
        """Have the store asked next time: what is watched has changed."""
        self._asked = None

    def waiting(self, now: datetime) -> bool:
        """Say whether something was put off that is not due yet."""
        return self._turns.waiting(now)

    def end(self, lease: FeedLease) -> None:
        """Note that a poll has ended."""
        if lease == self._alone:
            self._alone = None
        if host := host_of(lease.state.url):
            self._turns.end(host)

    async def claim(self, now: datetime, *, limit: int, idle: bool) -> tuple[FeedLease, ...]:
        """Lease up to `limit` feeds that are to be polled now; `idle` says that no other poll is under way.

        A host that has its share keeps nobody waiting: its other feeds are put off, each to its own turn.

        Raises:
            StoreUnavailableError: nothing is polled; what was leased is in `unfinished`.
        """
        if self._alone or (self._suspects_wait and not idle):
            return ()
        store = self.doors.store
        leases = await self.doors.in_store(store.claim_feeds, now=now, lease=POLL_LEASE, limit=limit)
        begun: tuple[FeedLease, ...] = ()
        try:
            chosen, put_off = await self._choose(leases, now, idle=idle)
            waits = await self._take_turns(chosen, now)
            begun = tuple(lease for lease in chosen if lease not in waits)
            if waits or put_off:
                await self.doors.in_store(store.put_off_feeds, {**dict.fromkeys(put_off, now), **waits})
        except StoreUnavailableError:
            for lease in begun:
                self.end(lease)
            self._alone = None
            self.unfinished += leases
            raise
        return begun

    async def _choose(
        self, leases: Sequence[FeedLease], now: datetime, *, idle: bool
    ) -> tuple[Sequence[FeedLease], Sequence[FeedLease]]:
        """Say which of them may be polled, and which have to wait until they can be; park the guilty."""
        guilty = [lease for lease in leases if lease.strikes >= GUILTY]
        for lease in guilty:
            await self._park(lease, now)
        suspects = [lease for lease in leases if SUSPECT <= lease.strikes < GUILTY]
        others = [lease for lease in leases if lease.strikes < SUSPECT]
        self._suspects_wait = bool(suspects)
        if not suspects or not idle:
            return others, suspects
        self._alone = suspects[0]
        log.warning("polling this feed alone: twice the program ended while it was polled", feed=self._alone.state.name)
        return suspects[:1], [*suspects[1:], *others]

    async def _park(self, lease: FeedLease, now: datetime) -> None:
        reason = f"{lease.strikes} times the program ended while it was polled"
        store = self.doors.store
        await self.doors.in_store(
            store.pause_feed, lease.state.url, now, until=now + PARKED, reason=reason, by="media-monitor"
        )
        self.parked.append(lease)
        log.error("feed parked for a day", feed=lease.state.name, reason=reason, hint="`monitor feeds resume` tries it")

    async def _take_turns(self, leases: Collection[FeedLease], now: datetime) -> Mapping[FeedLease, datetime]:
        """Begin their hosts' turns, in this daemon and among all; return those that have to wait, and till when."""
        hosts = {lease: host for lease in leases if (host := host_of(lease.state.url))}
        waits = {lease: turn for lease, host in hosts.items() if (turn := self._turns.begin(host, now))}
        begun = {host: lease for lease, host in hosts.items() if lease not in waits}
        if begun and self.doors.store.shared:
            for host, turn in (await self._take_shared_turns(begun, now)).items():
                waits[begun[host]] = turn
                self._turns.end(host)
        if self._alone in waits:
            self._alone = None
        return waits

    async def _take_shared_turns(self, begun: Collection[str], now: datetime) -> Mapping[str, datetime]:
        store = self.doors.store
        try:
            return await self.doors.in_store(store.take_turns, tuple(begun), now=now, spacing=self._turns.spacing)
        except StoreUnavailableError:
            for host in begun:
                self._turns.end(host)
            raise
