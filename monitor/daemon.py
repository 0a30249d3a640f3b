"""The daemon: ticks that ask the store what is due, the work under way, reload and shutdown."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor import __version__
from monitor.chores import Indexing, Pruning
from monitor.config.load import watched_files
from monitor.console.console import Console
from monitor.conversation import Conversation
from monitor.crew import Crew
from monitor.decide.announcements import FOLD, notices_of_dead, notices_of_refused
from monitor.decide.endings import Directory, admit
from monitor.decide.holding import Restraints
from monitor.decide.notices import notice_of_mistakes, notices_of_parked, notices_of_silence
from monitor.decide.schedule import first_polls
from monitor.errors import StoreUnavailableError, UserError
from monitor.health import ChannelHealth, FeedHealth
from monitor.heartbeat import Heart
from monitor.holds import Holds
from monitor.let_go import settle_ended
from monitor.model import Absent, ClaimedDelivery, Delivery, FeedLease, PollOutcome, Sent, Settlement
from monitor.outage import Outage
from monitor.pipeline import SEND_LEASE, Doors, Live, deliver, poll, take_push, write_ends
from monitor.ports import NodeReport, Notifier, StatusReport
from monitor.rota import Rota
from monitor.setup import Setup, require_examples
from monitor.turns import SPACING
from monitor.unsubscribe import Departures
from monitor.web.callbacks import Callbacks
from monitor.web.door import Door
from monitor.web.server import WebServer
from monitor.web.unsubscribe import Exits
from monitor.websub import ClaimedPush, Subscriptions

log = structlog.get_logger()
T = TypeVar("T")

POLLS_AT_ONCE = 64
SENDS_AT_ONCE = 32
MOST_PUSHES_LEFT = 1_000  # that wait at the end: their feeds are polled at the next start
POLL_TICK = 0.2  # seconds: all feeds that come due within a tick are polled at once, and wait for each other
TURN_CHECK = timedelta(seconds=1)
A_MOMENT = 0.01  # seconds: a timer may come that much early, by another clock
DRAIN = timedelta(seconds=7)  # from the signal to the end of running work; closing has the rest of the ten seconds
DEAD_ARE_NEWS = timedelta(days=1)  # even for a daemon that was down when they were set aside
SETTLING = timedelta(minutes=15)  # from the start until every feed has been read


class Daemon:
    """One daemon: what it watches now, and the work it has under way."""

    def __init__(
        self,
        setup: Setup,
        doors: Doors,
        departures: Departures,
        open_live: Callable[[Setup], Live],
        *,
        host_spacing: timedelta = SPACING,
    ) -> None:
        self.setup = setup
        self.doors = doors
        self.departures = departures
        self.live = open_live(setup)
        self._open_live = open_live
        self.polls = Crew[FeedLease](POLLS_AT_ONCE)
        self.sends = Crew[str](SENDS_AT_ONCE)
        self._ticks = Crew[Callable[[], Awaitable[object]]](size=16)
        self._retiring = Crew[Live](size=16)
        # held from reading `live` to having started what uses it, so a reload sees every user of what it replaces
        self._claiming = asyncio.Lock()
        self.rota = Rota(doors, host_spacing)
        self._running = False  # ticks are
        self._stopping = False
        self._reload_asked = False
        self._feeds = FeedHealth()
        self._channels = ChannelHealth()
        self._started_at = doors.clock()
        self._stamps = dict(setup.stamps)
        self._seen_stamps = self._stamps
        self._outage = Outage()
        self._pruning = Pruning(doors)
        self._indexing = Indexing(doors)
        self._holds = Holds(doors)
        self.subscriptions = Subscriptions(doors, on_push=lambda: self._begin(self.read_pushes))
        routes = [*Callbacks(self.subscriptions).routes(), *Exits(departures).routes()]
        self.door = Door("callbacks of hubs, links of mails", lambda: WebServer(routes, clock=doors.clock))
        self.console = Console(doors, lambda: self.setup, lambda: self.live)
        departures.use(setup)
        self._heart = Heart(doors)
        self.conversation = Conversation(doors, lambda: self.live)

    # -- ticks: each asks the store what is due and starts it ----------------------------------------------------------

    async def poll_due(self) -> int:
        """Claim feeds that are due, as many as there are free hands, and start polling them; return how many."""
        async with self._claiming:
            if self._stopping or not self.polls.free:
                return 0
            leases = await self.rota.claim(self.doors.clock(), limit=self.polls.free, idle=not self.polls.jobs)
            for lease in leases:
                self.polls.start(lease, self._guard(self._poll_in_turn(lease, self.live)))
        if self.rota.parked:
            parked, self.rota.parked = self.rota.parked, []
            await self._announce(notices_of_parked(parked, self.setup.config.ops_notify, self.doors.clock()))
        return len(leases)

    async def _poll_in_turn(self, lease: FeedLease, live: Live) -> None:
        try:
            outcome = await self._recorded(lease, poll(lease, live, self.doors))
        finally:
            self.rota.end(lease)
        await self._after_poll(outcome)

    async def read_pushes(self) -> int:
        """Claim the feeds that hubs have pushed, as many as there are free hands, and start reading them."""
        async with self._claiming:
            if self._stopping:
                return 0
            claimed = await self.subscriptions.claim(self.polls.free)
            for each in claimed:
                self.polls.start(each.lease, self._guard(self._read_push(each, self.live)))
            return len(claimed)

    async def _read_push(self, claimed: ClaimedPush, live: Live) -> None:
        reading = take_push(claimed.lease, claimed.due, claimed.push.page, live, self.doors)
        await self._after_poll(await self._recorded(claimed.lease, reading))

    async def keep_subscriptions(self) -> None:
        """Listen for hubs, and ask those that are to be asked now; where nobody can reach us, end what was agreed."""
        config, public_url = self.setup.config, self.setup.config.public_url
        if public_url and not self.door.port:
            await self.subscriptions.read()  # a hub may come at once
        if await self.door.keep(config.listen if public_url else None) or not public_url:
            await self.subscriptions.keep(public_url, self.live.hubs)

    async def _recorded(self, lease: FeedLease, work: Awaitable[PollOutcome | None]) -> PollOutcome | None:
        try:
            return await work
        except StoreUnavailableError:
            self.rota.unfinished.append(lease)
            raise

    async def _after_poll(self, outcome: PollOutcome | None) -> None:
        if outcome is None:
            return
        self._outage.end()
        self._feeds.add(outcome)
        if outcome.deliveries:
            await self.deliver_due()

    async def deliver_due(self) -> int:
        """Claim deliveries that are due, and start sending them; return how many."""
        async with self._claiming:
            if self._stopping or not self.sends.free:
                return 0
            store, now, live = self.doors.store, self.doors.clock(), self.live
            claimed = await self.doors.in_store(
                store.claim_deliveries, tuple(live.notifiers), now=now, lease=SEND_LEASE, limit=self.sends.free
            )
            for each in claimed:
                notifier = live.notifiers[each.delivery.channel]
                self.sends.start(each.delivery.key, self._guard(self._deliver(each, notifier)))
            return len(claimed)

    async def _deliver(self, claimed: ClaimedDelivery, notifier: Notifier) -> None:
        settlement = await deliver(claimed, notifier, self.doors)
        self._outage.end()
        if settlement is not None:
            await self._after_delivery(claimed.delivery, settlement)
        await self.deliver_due()  # what waits for this message need not wait for a tick
        if self._running and notifier.pace:  # nor need the channel's next
            rested = notifier.pace.total_seconds() + A_MOMENT
            asyncio.get_running_loop().call_later(rested, self._begin, self.deliver_due)

    async def beat(self) -> None:
        """Tell the store that this daemon is alive."""
        report = NodeReport(
            name=_node_name(),
            version=__version__,
            started_at=self._started_at,
            beat_at=self.doors.clock(),
            rules_hash=self.live.ruleset.hash,
        )
        await self.doors.in_store(self.doors.store.beat, report)
        self._outage.probed()

    async def end_pauses(self) -> None:
        """Poll again the feeds that a person has paused for a time which is over."""
        for name in await self.doors.in_store(self.doors.store.end_pauses, self.doors.clock()):
            log.info("a feed's pause is over: polling it again", feed=name)

    async def settle_ended(self) -> None:
        """Tell, or leave untold, what was held by mutes and breakers that are over."""
        count = await self.doors.in_store(settle_ended, self.doors.store, self.doors.clock())
        if count:
            log.info("a mute or breaker is over", held_messages=count)

    async def end_holds(self) -> None:
        """Let go what was kept back and need not wait any longer."""
        if await self._holds.end(self.live.policies, self._directory):
            await self.deliver_due()

    def _directory(self) -> Directory:
        return Directory(rules=self.live.ruleset.rules, source_tags=self.setup.source_tags)

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

    async def _report_refused(self, delivery: Delivery, settlement: Settlement) -> None:
        if isinstance(settlement, Sent) and settlement.but:
            ops, channels, now = self.setup.config.ops_notify, tuple(self.setup.channels), self.doors.clock()
            await self._announce(
                notices_of_refused(settlement.but, delivery.channel, ops=ops, channels=channels, now=now)
            )

    async def report_dead(self, *, fold: timedelta = FOLD) -> int:
        """Owe a message to another channel for what was set aside; return how many are or were owed."""
        now = self.doors.clock()
        letters = await self.doors.in_store(self.doors.store.dead_letters, since=now - DEAD_ARE_NEWS)
        config, channels = self.setup.config, tuple(self.setup.channels)
        notices = notices_of_dead(letters, ops=config.ops_notify, channels=channels, now=now, fold=fold)
        await self._announce(notices)
        return len(notices)

    async def _announce(self, deliveries: Sequence[Delivery]) -> None:
        """Owe messages that are about no entry; those that were owed before are owed no second time."""
        if deliveries:
            now, restraints = self.doors.clock(), Restraints(policies=self.live.policies)
            admitted = admit(deliveries, restraints, self._directory(), now)
            await self.doors.in_store(self.doors.store.announce, admitted, now)

    async def show_life(self) -> None:
        """Show that this daemon works, as the configuration says."""
        await self._heart.speak(self.setup, self.live)
        await self._heart.ping(self.setup, self.live)

    async def prune(self) -> None:
        """Forget what is of no more use, if that is to be done now and nobody else does it."""
        await self._pruning.go_on(self.setup.config.retention, self.live)

    async def index(self) -> None:
        """Index the words of new entries, if that is to be done now and nobody else does it."""
        await self._indexing.go_on()

    async def report_health(self) -> None:
        """Log which feeds began to fail or to work since the last time."""
        self._feeds.flush()

    # -- reload --------------------------------------------------------------------------------------------------------

    def ask_reload(self) -> None:
        """Have the next tick reload, whether or not a file has changed."""
        self._reload_asked = True

    async def reload_if_changed(self) -> None:
        """Reload when asked to, or when a file has changed and then stayed as it is for one tick.

        A file is not read while an editor still writes it.
        """
        stamps = await self._look_at_files()
        settled, self._seen_stamps = stamps == self._seen_stamps, stamps
        if self._reload_asked or (settled and stamps != self._stamps):
            self._reload_asked = False
            await self.reload()

    async def reload(self) -> None:
        """Load all files anew; where anything is wrong with them, say so and go on with what was loaded last."""
        before = await self._look_at_files()  # what changes from here on is read at a later reload
        try:
            setup = await asyncio.to_thread(self.setup.again)
            await asyncio.to_thread(require_examples, setup)
        except UserError as error:
            self._stamps = self._seen_stamps = before
            mistakes = str(error).splitlines()
            for line in mistakes:
                log.error("mistake in the files", mistake=line)  # noqa: TRY400 - a person's mistake has no traceback
            log.error("not reloaded: the last good configuration goes on", hint="see `monitor check`")  # noqa: TRY400
            notices = notice_of_mistakes(mistakes, self.setup.config.ops_notify, self.doors.clock())
            await self._guard(self._announce(notices))
            return
        await self._use(setup)
        self._stamps = self._seen_stamps = dict(setup.stamps) | {
            path: stamp for path, stamp in before.items() if path in setup.stamps
        }
        log.info("reloaded", **counts(setup))
        warn_of_files(setup)

    async def _use(self, setup: Setup) -> None:
        """Put a new setup into the place of the old one; where the store fails, everything stays as it was."""
        if setup.config.store != self.setup.config.store:
            log.warning("`store` has changed: it is used from the next start on")
        changed = [feed.url for feed in setup.config.feeds if self.live.feeds.get(feed.url) not in (feed, None)]
        await self.watch(setup, hasten=changed, spread=True)
        async with self._claiming:
            old, self.setup, self.live = self.live, setup, self._open_live(setup)
            self.departures.use(setup)
            users = {*self.polls.tasks, *self.sends.tasks, *self._ticks.tasks}
            self._retiring.start(old, self._guard(_retire(old, users)))
        self._holds.look_at_all()
        if self.conversation.begun:
            await self.conversation.keep(self.live.listeners)

    async def watch(self, setup: Setup, *, hasten: Collection[str] = (), spread: bool = False) -> None:
        """Tell the store which feeds and which rules with thresholds are watched; `spread` many first polls."""
        store, now = self.doors.store, self.doors.clock()
        first = first_polls(setup.config.feeds, now) if spread else {}
        await self.doors.in_store(store.sync_feeds, setup.config.feeds, now, hasten=hasten, first=first)
        watched = [rule.id for rule in setup.ruleset.rules.values() if rule.threshold is not None]
        await self.doors.in_store(store.watch_rules, watched, now)

    async def _look_at_files(self) -> dict[Path, tuple[int, int]]:
        config = self.setup.config
        return await asyncio.to_thread(watched_files, config.file, config.include)

    # -- the whole life ------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let running work end."""
        await self._say_running()
        self._running = True
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        ticks: dict[Callable[[], Awaitable[object]], float] = {
            self.poll_due: POLL_TICK,
            self.deliver_due: 1,
            self.reload_if_changed: 1,
            self.report_health: 5,
            self.report_silence: 30,
            self.report_dead: 10,
            self.read_pushes: 1,
            self.keep_subscriptions: 10,
            self.console.keep: 10,
            self.end_pauses: 10,
            self.departures.read: 10,
            self.show_life: 5,
            self.settle_ended: 5,
            self.end_holds: 2,
            self.beat: 20,
            self.prune: 30,
            self.index: 10,
        }
        for tick, seconds in ticks.items():
            scheduler.add_job(self._start_tick, "interval", (tick,), seconds=seconds)
            await self._start_tick(tick)
        scheduler.start()
        await self.conversation.keep(self.live.listeners)
        try:
            await stop.wait()
        finally:
            self._stopping = True
            scheduler.shutdown(wait=False)
            await self.door.close()
            await self.console.close()
        self._feeds.flush()
        log.info("stopping: running work may finish", polls=len(self.polls), messages=len(self.sends))
        try:
            async with asyncio.timeout(DRAIN.total_seconds()):
                await self.conversation.end()
                for crew in (self._ticks, self.polls, self.sends):  # a tick may be starting some
                    await crew.join()
        except TimeoutError:
            log.warning("not everything ended in time: the rest is done at the next start")

    async def _say_running(self) -> None:
        report = await self.doors.in_store(self.doors.store.status)
        failing = sum(feed.cause is not None for feed in report.feeds)
        log.info("running", version=__version__, **counts(self.setup), failing_feeds=failing)
        warn_of_files(self.setup)
        self._warn_of_strays(report)
        await self._warn_of_held()

    def _warn_of_strays(self, report: StatusReport) -> None:
        for owed in report.owed:
            if owed.channel not in self.live.notifiers:
                hint = "put the channel back into monitor.yaml, and they are sent"
                log.warning(
                    "messages wait for a channel that is gone", channel=owed.channel, messages=owed.count, hint=hint
                )

    async def _warn_of_held(self) -> None:
        """Log what is kept back for channels that are gone: nobody lets that go."""
        held = await self.doors.in_store(self.doors.store.held_deliveries)
        channels = Counter(each.delivery.channel for each in held)
        for channel in sorted(channels.keys() - self.live.notifiers.keys()):
            hint = "put the channel back into monitor.yaml, and they are let go in their turn"
            log.warning(
                "messages are held for a channel that is gone", channel=channel, messages=channels[channel], hint=hint
            )

    async def run_once(self) -> bool:
        """Poll every due feed once and deliver what is owed; say whether nothing is left to be delivered."""
        await self._guard(self.end_pauses())
        while await self._guard(self.poll_due()) or self.polls.tasks or self.rota.waiting(self.doors.clock()):
            if not self.polls.tasks:
                await asyncio.sleep(TURN_CHECK.total_seconds())
            await self.polls.join()
        await self._guard(self._report_silence())
        await self._guard(self.settle_ended())
        await self._guard(self.end_holds())
        await self._guard(self._heart.speak(self.setup, self.live))
        await self._deliver_all()
        if await self._guard(self.report_dead(fold=timedelta())):
            await self._deliver_all()
        await self._guard(self.prune())
        await self._guard(self.index())
        self._feeds.flush()
        report = await self.doors.in_store(self.doors.store.status)
        self._warn_of_strays(report)
        await self._warn_of_held()
        waiting = sum(owed.count for owed in report.owed if owed.channel in self.live.notifiers)
        if waiting:
            log.warning("messages are still owed: the next run sends them", messages=waiting)
        await self._guard(self._heart.ping(self.setup, self.live))
        return not waiting

    async def _deliver_all(self) -> None:
        """Deliver until nothing is due."""
        longest_pace = max((notifier.pace for notifier in self.live.notifiers.values()), default=timedelta())
        rested = False
        while True:
            await self._guard(self._write_ends())
            started = await self._guard(self.deliver_due())
            await self.sends.join()
            if not started and rested:
                break
            rested = not started
            if rested:  # a channel may only be catching its breath between two messages
                await asyncio.sleep(longest_pace.total_seconds())

    async def _start_tick(self, tick: Callable[[], Awaitable[object]]) -> None:
        """Start a tick, unless its last one still runs; the scheduler sees it end at once, and so never cancels work.

        A coroutine function, or the scheduler would call it on a thread.
        """
        self._begin(tick)

    def _begin(self, tick: Callable[[], Awaitable[object]]) -> None:
        if not self._stopping and tick not in self._ticks.jobs:
            self._ticks.start(tick, self._guard(self._tick(tick)))

    async def _tick(self, tick: Callable[[], Awaitable[object]]) -> None:
        if self._outage.waiting:
            return
        if self._outage.ongoing:  # a small write tells whether the store is back, and costs nothing if it is not
            await self.beat()
            unfinished = tuple(self.rota.unfinished)
            await self.doors.in_store(self.doors.store.release_feeds, unfinished, self.doors.clock())
            del self.rota.unfinished[: len(unfinished)]
        await self._write_ends()
        await tick()

    async def _write_ends(self) -> None:
        """Write which messages were sent while the store could not take it: nobody need look them up."""
        for ended in await write_ends(self.doors):
            await self._after_delivery(ended.claimed.delivery, ended.settlement)

    async def _after_delivery(self, delivery: Delivery, settlement: Settlement) -> None:
        self._channels.add(delivery, settlement)
        await self._report_refused(delivery, settlement)

    async def _guard(self, work: Awaitable[T]) -> T | None:
        """Await one piece of work; whatever goes wrong with it is told, and stops nothing else."""
        try:
            return await work
        except StoreUnavailableError as error:
            self._outage.failed(error)
        except Exception:
            log.exception("internal error: please report this")
        return None

    async def close(self) -> None:
        """Cut short what still runs, give its leases back, let go of connections."""
        self._stopping = True
        await self.door.close()
        await self.console.close()
        await self.conversation.end()
        await self._ticks.cancel()
        waiting = await self._guard(self.subscriptions.claim(MOST_PUSHES_LEFT)) or ()
        cut_short = [*await self.polls.cancel(), *self.rota.unfinished, *(each.lease for each in waiting)]
        await self.sends.cancel()
        await self._guard(self._write_ends())
        store = self.doors.store
        if cut_short:
            await self._guard(self.doors.in_store(store.release_feeds, cut_short, self.doors.clock()))
        await self._guard(self.doors.in_store(store.leave, _node_name()))
        await self._retiring.join()
        await self._guard(_retire(self.live, frozenset()))


async def _retire(live: Live, users: Collection[asyncio.Task[Any]]) -> None:
    """Close what a reload replaced, once the work that uses it has ended."""
    if users:
        await asyncio.wait(users)
    closing = (live.fetcher.close(), *(notifier.close() for notifier in live.notifiers.values()))
    for failure in await asyncio.gather(*closing, return_exceptions=True):
        if isinstance(failure, BaseException):
            log.error("a connection could not be closed in good order", exc_info=failure)


def _node_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def warn_of_files(setup: Setup) -> None:
    """Log which files look as if they were read and are not."""
    for problem in setup.config.passed_over:
        log.warning("a file is passed over", warning=str(problem))


def counts(setup: Setup) -> dict[str, int]:
    """Count what is watched, for one line of the log."""
    return {
        "feeds": len(setup.config.feeds),
        "rules": len(setup.ruleset.rules),
        "channels": len(setup.channels),
    }
