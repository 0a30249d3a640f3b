"""The messages that one daemon is sending now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from monitor.daemon.bulletins import Bulletins
from monitor.daemon.crew import Crew
from monitor.daemon.guard import Guard
from monitor.daemon.health import ChannelHealth
from monitor.daemon.in_use import InUse
from monitor.daemon.measured import measured_delivery
from monitor.daemon.ticks import Ticks
from monitor.decide.delivery import in_zone
from monitor.model import ClaimedDelivery, Delivery, Settlement
from monitor.pipeline import SEND_LEASE, write_ends
from monitor.ports import Notifier

SENDS_AT_ONCE = 32
LONGEST_BREATH = timedelta(minutes=1)  # that a run which ends waits for; the next run sends what is left
A_MOMENT = 0.01  # seconds: a timer may come that much early, by another clock


class Sends:
    """Claim deliveries that are due, and bring each to its end."""

    def __init__(self, in_use: InUse, guard: Guard, ticks: Ticks, bulletins: Bulletins) -> None:
        self.crew = Crew[str](SENDS_AT_ONCE)  # by the deliveries' keys
        self._in_use = in_use
        self._guard = guard
        self._ticks = ticks
        self._bulletins = bulletins
        self._channels = ChannelHealth()

    async def deliver_due(self) -> int:
        """Claim deliveries that are due, and start sending them; return how many."""
        async with self._in_use.claiming:
            if not self.crew.free:
                return 0
            doors, live = self._in_use.doors, self._in_use.live
            claimed = await doors.in_store(
                doors.store.claim_deliveries,
                tuple(live.notifiers),
                now=doors.clock(),
                lease=SEND_LEASE,
                limit=self.crew.free,
            )
            for each in claimed:
                due = in_zone(each.delivery, live.policies.of(each.delivery.channel).zone)
                notifier = live.notifiers[due.channel]
                self.crew.start(due.key, self._guard(self._deliver(replace(each, delivery=due), notifier)))
            return len(claimed)

    async def _deliver(self, claimed: ClaimedDelivery, notifier: Notifier) -> None:
        settlement = await measured_delivery(claimed, notifier, self._in_use.doors)
        self._guard.outage.end()
        if settlement is not None:
            await self._settled(claimed.delivery, settlement)
        await self.deliver_due()  # what waits for this message need not wait for a tick
        if notifier.pace:  # nor need the channel's next
            self._ticks.begin_in(notifier.pace.total_seconds() + A_MOMENT, self.deliver_due)

    async def write_ends(self) -> None:
        """Write which messages were sent while the store could not take it: nobody need look them up."""
        for ended in await write_ends(self._in_use.doors):
            await self._settled(ended.claimed.delivery, ended.settlement)

    async def _settled(self, delivery: Delivery, settlement: Settlement) -> None:
        self._channels.add(delivery, settlement)
        await self._bulletins.of_refused(delivery, settlement)

    async def deliver_all(self) -> None:
        """Deliver until nothing is due; channels that rest for longer than `LONGEST_BREATH` are not waited for."""
        rested = False
        while True:
            await self._guard(self.write_ends())
            started = await self._guard(self.deliver_due())
            await self.crew.join()
            if not started and rested:
                break
            rested = not started
            if rested:  # a channel may only be catching its breath between two messages
                await asyncio.sleep(await self._guard(self._longest_breath()) or 0)

    async def _longest_breath(self) -> float:
        """Return for how many seconds a channel may rest yet to which something is owed."""
        doors, notifiers = self._in_use.doors, self._in_use.live.notifiers
        report = await doors.in_store(doors.store.status)
        paces = [notifiers[owed.channel].pace for owed in report.owed if owed.channel in notifiers]
        return max((pace for pace in paces if pace <= LONGEST_BREATH), default=timedelta()).total_seconds()
