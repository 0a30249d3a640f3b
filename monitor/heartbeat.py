"""Show that this program works: ping a dead man's switch, say so in a message, and send a canary now and then.

The ping stops as soon as polling, delivering, the store or the canary does: whoever waits for it must not be told that
all is well by a program that only still runs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor.canary import at_slot, fly
from monitor.config.heartbeat import Heartbeat
from monitor.decide.announcements import Health, last_due, notices_of_canary, notices_of_life
from monitor.decide.spread import digest
from monitor.errors import FetchError
from monitor.model import Delivery, DeliveryState
from monitor.notify.settings import host_of
from monitor.pipeline import Doors, Live
from monitor.setup import Setup

log = structlog.get_logger()

LATE = timedelta(minutes=15)  # so long may work wait before it counts as left undone
AGAIN = timedelta(minutes=1)  # after a ping that was not answered
NEWS = timedelta(hours=6)  # a message that was due earlier than that is told no more
INSTANT = timedelta(microseconds=1)


class Heart:
    """What is shown of one daemon's health."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._ping_at = self._fly_at = doors.clock()
        self._unanswered = False  # the last ping was not answered, which has been told
        self._told = ""  # why the pings have stopped
        self._said: datetime | None = None  # when the last message that says how we are was due
        self._failure = ""  # of the last canary
        self._sent: tuple[str, ...] = ()  # keys of the messages that the last canary has sent

    async def speak(self, setup: Setup, live: Live) -> None:
        """Owe the message that says how we are, and send a canary, if it is time."""
        plan, now = setup.config.heartbeat, self._doors.clock()
        if plan.canary_every is not None and not now < self._fly_at <= now + plan.canary_every:
            self._fly_at = now + plan.canary_every
            await self._fly(setup, live, plan, plan.canary_every)
        if plan.alive is not None:
            due = last_due(plan.alive, now)
            if now - due < NEWS and due != self._said:
                health = await self._health(live, last_due(plan.alive, due - INSTANT), now)
                zones = {channel: live.policies.of(channel).zone for channel in plan.notify}
                await self._announce(notices_of_life(health, plan.alive, due, zones, now))
                self._said = due

    async def ping(self, setup: Setup, live: Live) -> None:
        """Ping, if it is time and nothing is left undone."""
        plan, now = setup.config.heartbeat, self._doors.clock()
        if plan.ping is None or live.pinger is None or now < self._ping_at <= now + plan.every:
            return  # what is due later than that was reckoned with a clock that was ahead
        self._ping_at = now + plan.every
        ill = await self._what_is_wrong(live, now)
        if ill != self._told:
            self._told = ill
            if ill:
                log.error("the heartbeat stops", reason=ill)
            else:
                log.info("the heartbeat goes on")
        if ill:
            self._ping_at = now + min(plan.every, AGAIN)
            return
        try:
            await live.pinger.ping(plan.ping.reveal())
        except FetchError as error:  # whose text may hold the URL
            self._ping_at = now + min(plan.every, AGAIN)
            if not self._unanswered:
                log.warning("the heartbeat's ping is not answered", host=host_of(plan.ping), cause=error.cause.value)
            self._unanswered = True
            return
        if self._unanswered:
            log.info("the heartbeat's ping is answered again")
        self._unanswered = False

    async def _what_is_wrong(self, live: Live, now: datetime) -> str:
        waiting = await self._doors.in_store(self._doors.store.waiting, tuple(live.notifiers), now)
        if waiting.feed is not None and now - waiting.feed > LATE:
            return "feeds wait to be polled"
        if waiting.channel is not None and now - waiting.channel > LATE:
            return "messages wait to be sent"
        return f"the canary did not come through: {self._failure}" if self._failure else ""

    async def _health(self, live: Live, since: datetime, now: datetime) -> Health:
        store = self._doors.store
        activity = await self._doors.in_store(store.activity, since)
        status = await self._doors.in_store(store.status)
        stats = await self._doors.in_store(store.rule_stats, now)
        quiet = [rule for rule in live.ruleset.rules.values() if rule.id not in stats or not stats[rule.id].week]
        return Health(
            since=since,
            activity=activity,
            blind={feed.name: feed.cause.value for feed in status.feeds if feed.cause is not None},
            quiet=[rule.title or rule.id for rule in quiet],
        )

    async def _fly(self, setup: Setup, live: Live, plan: Heartbeat, every: timedelta) -> None:
        failure = await self._whether_sent()
        flight = await fly(setup.channels, live, self._doors)
        failure = failure or flight.failure
        now = self._doors.clock()
        if failure and failure != self._failure:
            log.error("the canary did not come through: alerts may not arrive", reason=failure)
        elif self._failure and not failure:
            log.info("the canary came through again")
        self._failure = failure
        if failure:
            await self._announce(notices_of_canary(failure, plan.notify, now))
            self._ping_at = now  # which stops
        slot = at_slot(now, every).isoformat()
        sent = tuple(
            replace(each, key=digest("canary", slot, each.channel), alert_id="")
            for each in flight.deliveries
            if each.channel in plan.canary_notify
        )
        await self._announce(sent)
        self._sent = tuple(each.key for each in sent)

    async def _whether_sent(self) -> str:
        """Say which message of the last canary has not arrived, "" where all have."""
        for key in self._sent:
            for each in await self._doors.in_store(self._doors.store.find_announcements, key):
                if each.state is not DeliveryState.SENT:
                    return f"channel {each.channel} has not got it" + (f": {each.reason}" if each.reason else "")
        return ""

    async def _announce(self, deliveries: tuple[Delivery, ...]) -> None:
        if deliveries:
            await self._doors.in_store(self._doors.store.announce, deliveries, self._doors.clock())
