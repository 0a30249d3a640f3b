"""The daemon: ticks that ask the store what is due, the work under way, reload and shutdown."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor import __version__
from monitor.config.load import watched_files
from monitor.crew import Crew
from monitor.decide.notices import notice_of_mistakes, notices_of_silence
from monitor.errors import StoreUnavailableError, UserError
from monitor.health import FeedHealth
from monitor.model import Absent, ClaimedDelivery, Delivery, DeliveryState, FeedLease
from monitor.outage import Outage
from monitor.pipeline import POLL_LEASE, SEND_LEASE, Doors, Live, deliver, poll
from monitor.ports import NodeReport, Notifier
from monitor.setup import Setup, require_examples

log = structlog.get_logger()
T = TypeVar("T")

POLLS_AT_ONCE = 64
SENDS_AT_ONCE = 32
DRAIN = timedelta(seconds=8)  # from the signal to the end of running work; closing has the rest of the ten seconds
SETTLING = timedelta(minutes=15)  # from the start until every feed has been read
WAITING = (DeliveryState.NEW, DeliveryState.SENDING)


class Daemon:
    """One daemon: what it watches now, and the work it has under way."""

    def __init__(self, setup: Setup, doors: Doors, open_live: Callable[[Setup], Live]) -> None:
        self.setup = setup
        self.doors = doors
        self.live = open_live(setup)
        self._open_live = open_live
        self.polls = Crew[FeedLease](POLLS_AT_ONCE)
        self.sends = Crew[str](SENDS_AT_ONCE)
        self._retiring: set[asyncio.Task[None]] = set()
        self._health = FeedHealth()
        self._started_at = doors.clock()
        self._stamps = self._look_at_files()
        self._pending_stamps = self._stamps
        self._outage = Outage()
        self._unfinished: list[FeedLease] = []  # polls that the store could not take

    # -- ticks: each asks the store what is due and starts it ----------------------------------------------------------

    async def poll_due(self) -> int:
        """Claim feeds that are due, as many as there are free hands, and start polling them; return how many."""
        store, now = self.doors.store, self.doors.clock()
        if not self.polls.free:
            return 0
        leases = await self.doors.in_store(store.claim_feeds, now=now, lease=POLL_LEASE, limit=self.polls.free)
        for lease in leases:
            self.polls.start(lease, self._guard(self._poll(lease)))
        return len(leases)

    async def _poll(self, lease: FeedLease) -> None:
        try:
            outcome = await poll(lease, self.live, self.doors)
        except StoreUnavailableError:
            self._unfinished.append(lease)
            raise
        if outcome is None:
            return
        await self._store_wrote()
        self._health.add(outcome)
        if outcome.deliveries:
            await self.deliver_due()

    async def deliver_due(self) -> int:
        """Claim deliveries that are due, and start sending them; return how many."""
        store, now, live = self.doors.store, self.doors.clock(), self.live
        if not self.sends.free:
            return 0
        claimed = await self.doors.in_store(
            store.claim_deliveries, tuple(live.notifiers), now=now, lease=SEND_LEASE, limit=self.sends.free
        )
        for each in claimed:
            notifier = live.notifiers[each.delivery.channel]
            self.sends.start(each.delivery.key, self._guard(self._deliver(each, notifier)))
        return len(claimed)

    async def _deliver(self, claimed: ClaimedDelivery, notifier: Notifier) -> None:
        await deliver(claimed, notifier, self.doors)
        await self._store_wrote()
        await self.deliver_due()  # the channel's next message need not wait for a tick

    async def beat(self) -> None:
        """Tell the store that this daemon is alive."""
        report = NodeReport(
            name=f"{socket.gethostname()}:{os.getpid()}",
            version=__version__,
            started_at=self._started_at,
            beat_at=self.doors.clock(),
            rules_hash=self.live.ruleset.hash,
        )
        await self.doors.in_store(self.doors.store.beat, report)
        await self._store_wrote()

    async def report_silence(self) -> None:
        """Owe a message for each rule that has found nothing for as long as its `absent` allows.

        A daemon that has just started reads its feeds first: what came while it was down is no silence.
        """
        if self.doors.clock() - self._started_at >= SETTLING:
            await self._report_silence()

    async def _report_silence(self) -> None:
        rules = [rule for rule in self.live.ruleset.rules.values() if isinstance(rule.threshold, Absent)]
        if rules:
            quiet_since = await self.doors.in_store(self.doors.store.quiet_since, [rule.id for rule in rules])
            await self._announce(notices_of_silence(rules, quiet_since, self.doors.clock()))

    async def _announce(self, deliveries: Sequence[Delivery]) -> None:
        """Owe messages that are about no entry; those that were owed before are owed no second time."""
        if deliveries:
            await self.doors.in_store(self.doors.store.announce, deliveries, self.doors.clock())

    async def report_health(self) -> None:
        """Log which feeds began to fail or to work since the last time."""
        self._health.flush()

    # -- reload --------------------------------------------------------------------------------------------------------

    async def reload_if_changed(self) -> None:
        """Reload when a file has changed and then stayed as it is for one tick: not while an editor writes it."""
        stamps = self._look_at_files()
        settled, self._pending_stamps = stamps == self._pending_stamps, stamps
        if settled and stamps != self._stamps:
            await self.reload()

    async def reload(self) -> None:
        """Load all files anew; where anything is wrong with them, say so and go on with what was loaded last."""
        self._stamps = self._pending_stamps = self._look_at_files()
        try:
            setup = await asyncio.to_thread(self.setup.again)
            await asyncio.to_thread(require_examples, setup)
        except UserError as error:
            mistakes = str(error).splitlines()
            for line in mistakes:
                log.error("mistake in the files", mistake=line)  # noqa: TRY400 - a person's mistake has no traceback
            log.error("not reloaded: the last good configuration goes on", hint="see `monitor check`")  # noqa: TRY400
            notices = notice_of_mistakes(mistakes, self.setup.config.ops_notify, self.doors.clock())
            await self._guard(self._announce(notices))
            return
        old, self.setup, self.live = self.live, setup, self._open_live(setup)
        self._stamps = self._pending_stamps = self._look_at_files()  # includes may have changed
        users = {*self.polls.tasks, *self.sends.tasks}
        retiring = asyncio.create_task(_retire(old, users))
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)
        await self.watch()
        log.info("reloaded", **counts(setup))

    async def watch(self) -> None:
        """Tell the store which feeds and which rules with thresholds are watched."""
        store, now = self.doors.store, self.doors.clock()
        await self.doors.in_store(store.sync_feeds, self.setup.config.feeds, now)
        watched = [rule.id for rule in self.live.ruleset.rules.values() if rule.threshold is not None]
        await self.doors.in_store(store.watch_rules, watched, now)

    def _look_at_files(self) -> dict[Path, tuple[int, int]]:
        return watched_files(self.setup.config.file, self.setup.config.include)

    # -- the whole life ------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let running work end."""
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        ticks: dict[Callable[[], Awaitable[object]], int] = {
            self.poll_due: 1,
            self.deliver_due: 1,
            self.reload_if_changed: 1,
            self.report_health: 5,
            self.report_silence: 30,
            self.beat: 20,
        }
        for tick, seconds in ticks.items():
            scheduler.add_job(self._tick, "interval", (tick,), seconds=seconds, next_run_time=self.doors.clock())
        report = await self.doors.in_store(self.doors.store.status)
        failing = sum(feed.cause is not None for feed in report.feeds)
        log.info("running", version=__version__, **counts(self.setup), failing_feeds=failing)
        scheduler.start()
        try:
            await stop.wait()
        finally:
            scheduler.shutdown(wait=False)
        self._health.flush()
        log.info("stopping: running work may finish", polls=len(self.polls), messages=len(self.sends))
        try:
            async with asyncio.timeout(DRAIN.total_seconds()):
                await self.polls.join()
                await self.sends.join()
        except TimeoutError:
            log.warning("not everything ended in time: the rest is done at the next start")

    async def run_once(self) -> bool:
        """Poll every due feed once and deliver what is owed; say whether nothing is left to be delivered."""
        while await self._guard(self.poll_due()):
            await self.polls.join()
        await self._guard(self._report_silence())
        longest_pace = max((notifier.pace for notifier in self.live.notifiers.values()), default=timedelta())
        rested = False
        while True:
            started = await self._guard(self.deliver_due())
            await self.sends.join()
            if not started and rested:
                break
            rested = not started
            if rested:  # a channel may only be catching its breath between two messages
                await asyncio.sleep(longest_pace.total_seconds())
        self._health.flush()
        await self._guard(self.beat())
        report = await self.doors.in_store(self.doors.store.status)
        waiting = sum(count for state, count in report.deliveries.items() if state in WAITING)
        if waiting:
            log.warning("messages are still owed: the next run sends them", messages=waiting)
        return not waiting

    async def _tick(self, tick: Callable[[], Awaitable[object]]) -> None:
        if self._outage.waiting:
            return
        if self._outage.ongoing:  # a small write tells whether the store is back, and costs nothing if it is not
            await self._guard(self.beat())
        else:
            await self._guard(tick())

    async def _guard(self, work: Awaitable[T]) -> T | None:
        """Await one piece of work; whatever goes wrong with it is told, and stops nothing else."""
        try:
            return await work
        except StoreUnavailableError as error:
            self._outage.failed(error)
        except Exception:
            log.exception("internal error: please report this")
        return None

    async def _store_wrote(self) -> None:
        """Note that the store works; where it failed before, polls that it cost are due again at once."""
        if not self._outage.end():
            return
        unfinished, self._unfinished = self._unfinished, []
        await self.doors.in_store(self.doors.store.release_feeds, unfinished, self.doors.clock())

    async def close(self) -> None:
        """Cut short what still runs, give its leases back, let go of connections."""
        cut_short = await self.polls.cancel()
        await self.sends.cancel()
        if cut_short:
            await self._guard(self.doors.in_store(self.doors.store.release_feeds, cut_short, self.doors.clock()))
        await asyncio.gather(*self._retiring)
        await _retire(self.live, frozenset())


async def _retire(live: Live, users: Collection[asyncio.Task[Any]]) -> None:
    """Close what a reload replaced, once the work that uses it has ended."""
    if users:
        await asyncio.wait(users)
    await live.fetcher.close()
    for notifier in live.notifiers.values():
        await notifier.close()


def counts(setup: Setup) -> dict[str, int]:
    """Count what is watched, for one line of the log."""
    return {
        "feeds": len(setup.config.feeds),
        "rules": len(setup.ruleset.rules),
        "channels": len(setup.channels),
    }
