"""The polls that one daemon has under way, and the pushes of hubs, which are read as polls are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from monitor.daemon.bulletins import Bulletins
from monitor.daemon.crew import Crew
from monitor.daemon.guard import Guard
from monitor.daemon.health import FeedHealth
from monitor.daemon.in_use import InUse
from monitor.daemon.measured import measured_poll, measured_push
from monitor.daemon.rota import Rota
from monitor.daemon.sends import Sends
from monitor.errors import StoreUnavailableError
from monitor.model import FeedLease, PollOutcome
from monitor.pipeline import Live
from monitor.websub import ClaimedPush, Subscriptions

POLLS_AT_ONCE = 64
MOST_PUSHES_LEFT = 1_000  # that wait at the end: their feeds are polled at the next start
TURN_CHECK = timedelta(seconds=1)


class Polls:
    """Claim feeds that are due or were pushed, and read each; what that owes is sent at once."""

    def __init__(
        self,
        in_use: InUse,
        guard: Guard,
        sends: Sends,
        bulletins: Bulletins,
        subscriptions: Subscriptions,
        *,
        host_spacing: timedelta,
    ) -> None:
        self.crew = Crew[FeedLease](POLLS_AT_ONCE)
        self.rota = Rota(in_use.doors, host_spacing)
        self.begun = False  # it was asked once at least which feeds are due
        self._in_use = in_use
        self._guard = guard
        self._sends = sends
        self._bulletins = bulletins
        self._subscriptions = subscriptions
        self._feeds = FeedHealth()

    async def poll_due(self) -> int:
        """Claim feeds that are due, as many as there are free hands, and start polling them; return how many."""
        async with self._in_use.claiming:
            if not self.crew.free:
                return 0
            now, live = self._in_use.doors.clock(), self._in_use.live
            leases = await self.rota.claim(now, limit=self.crew.free, idle=not len(self.crew))
            for lease in leases:
                self.crew.start(lease, self._guard(self._poll_in_turn(lease, live)))
            self.begun = True
        if self.rota.parked:
            parked, self.rota.parked = self.rota.parked, []
            await self._bulletins.of_parked(parked)
        return len(leases)

    async def poll_in_time(self) -> None:
        """Poll what is due, if anything is."""
        if await self.rota.may_claim():
            await self.poll_due()
        self.begun = True

    async def _poll_in_turn(self, lease: FeedLease, live: Live) -> None:
        try:
            outcome = await self._recorded(lease, measured_poll(lease, live, self._in_use.doors))
        finally:
            self.rota.end(lease)
        await self._ended(outcome)

    async def read_pushes(self) -> int:
        """Claim the feeds that hubs have pushed, as many as there are free hands, and start reading them."""
        async with self._in_use.claiming:
            if self.crew.closed:
                return 0
            count = 0
            async for each in self._subscriptions.claim(self.crew.free):
                self.crew.start(each.lease, self._guard(self._read_push(each, self._in_use.live)))
                count += 1
            return count

    async def _read_push(self, claimed: ClaimedPush, live: Live) -> None:
        reading = measured_push(claimed.lease, claimed.due, claimed.push.page, live, self._in_use.doors)
        await self._ended(await self._recorded(claimed.lease, reading))

    async def _recorded(self, lease: FeedLease, work: Awaitable[PollOutcome | None]) -> PollOutcome | None:
        try:
            return await work
        except StoreUnavailableError:
            self.rota.unfinished.append(lease)
            raise

    async def _ended(self, outcome: PollOutcome | None) -> None:
        if outcome is None:
            return
        self._guard.outage.end()
        self._feeds.add(outcome)
        if outcome.deliveries:
            await self._sends.deliver_due()

    async def poll_all(self) -> None:
        """Poll until nothing is due, nor waits for its host's turn."""
        clock = self._in_use.doors.clock
        while await self._guard(self.poll_due()) or len(self.crew) or self.rota.waiting(clock()):
            if not len(self.crew):
                await asyncio.sleep(TURN_CHECK.total_seconds())
            await self.crew.join()

    async def cancel(self) -> None:
        """Cut short what still runs; pushes that wait are left to polls."""
        self.rota.unfinished += await self.crew.cancel()
        await self._guard(self._leave_pushes())

    async def _leave_pushes(self) -> None:
        async for each in self._subscriptions.claim(MOST_PUSHES_LEFT):
            self.rota.unfinished.append(each.lease)

    async def give_back(self) -> None:
        """Give back the leases of what was begun and could not be recorded."""
        doors, unfinished = self._in_use.doors, tuple(self.rota.unfinished)
        if unfinished:
            await doors.in_store(doors.store.release_feeds, unfinished, doors.clock())
            del self.rota.unfinished[: len(unfinished)]

    async def report_health(self) -> None:
        """Log which feeds began to fail or to work since the last time."""
        self._feeds.flush()
