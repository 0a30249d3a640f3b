"""The daemon: ticks that ask the store what is due, the work under way, reload and shutdown."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor import __version__
from monitor.bulletins import Bulletins
from monitor.chores import Indexing, Pruning
from monitor.console.console import Console
from monitor.conversation import Conversation
from monitor.crew import Crew
from monitor.decide.announcements import FOLD
from monitor.decide.schedule import first_polls
from monitor.errors import StoreUnavailableError, UserError
from monitor.exposition import Exposition
from monitor.files import Files, Mistakes, mistakes_in
from monitor.health import ChannelHealth, FeedHealth
from monitor.heartbeat import Heart
from monitor.holds import Holds
from monitor.let_go import settle_ended
from monitor.loop_watch import LoopWatch
from monitor.measured import measured_delivery, measured_poll, measured_push
from monitor.metrics import Metrics
from monitor.model import ClaimedDelivery, Delivery, FeedLease, PollOutcome, Settlement
from monitor.outage import Outage
from monitor.pipeline import SEND_LEASE, Doors, Live, write_ends
from monitor.ports import NodeReport, Notifier
from monitor.readiness import Readiness
from monitor.remarks import counts, say_running, warn_of_files, warn_of_held, warn_of_strays
from monitor.rota import Rota
from monitor.sd_notify import ServiceManager
from monitor.setup import Setup
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
SETTLING = timedelta(minutes=15)  # from the start until every feed has been read


class Daemon:
    """One daemon: what it watches now, and the work it has under way."""

    def __init__(
        self,
        setup: Setup,
        doors: Doors,
        departures: Departures,
        open_live: Callable[[Setup], Live],
        metrics: Metrics,
        *,
        host_spacing: timedelta = SPACING,
        manager: ServiceManager | None = None,
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
        self._polled = False  # once at least
        self._feeds = FeedHealth()
        self._channels = ChannelHealth()
        self._started_at = doors.clock()
        self._files = Files(setup)
        self._outage = Outage()
        self._pruning = Pruning(doors)
        self._indexing = Indexing(doors)
        self._holds = Holds(doors)
        self.subscriptions = Subscriptions(doors, on_push=lambda: self._begin(self.read_pushes))
        routes = [*Callbacks(self.subscriptions).routes(), *Exits(departures).routes()]
        self.door = Door("callbacks of hubs, links of mails", lambda: WebServer(routes, clock=doors.clock))
        self._metrics = metrics
        self.exposition = Exposition(doors, metrics, notice=self._note_work)
        self.readiness = Readiness(doors, self._not_yet)
        self.mistakes: Mistakes | None = None  # in the files, since the last load that was right
        self.console = Console(
            doors,
            lambda: self.setup,
            lambda: self.live,
            exposition=self.exposition,
            readiness=self.readiness,
            mistakes=lambda: self.mistakes,
        )
        departures.use(setup)
        self._heart = Heart(doors)
        self.conversation = Conversation(doors, lambda: self.live)
        self._bulletins = Bulletins(lambda: (self.doors, self.setup, self.live))
        self._manager = manager or ServiceManager()
        self._loop_watch = LoopWatch(metrics, self._manager)
        self._note_files()

    # -- ticks: each asks the store what is due and starts it ----------------------------------------------------------

    async def poll_due(self) -> int:
        """Claim feeds that are due, as many as there are free hands, and start polling them; return how many."""
        async with self._claiming:
            if self._stopping or not self.polls.free:
                return 0
            leases = await self.rota.claim(self.doors.clock(), limit=self.polls.free, idle=not self.polls.jobs)
            for lease in leases:
                self.polls.start(lease, self._guard(self._poll_in_turn(lease, self.live)))
            self._polled = True
        if self.rota.parked:
            parked, self.rota.parked = self.rota.parked, []
            await self._bulletins.of_parked(parked)
        return len(leases)

    async def poll_in_time(self) -> None:
        """Poll what is due, if anything is."""
        if await self.rota.may_claim():
            await self.poll_due()
        self._polled = True

    async def _poll_in_turn(self, lease: FeedLease, live: Live) -> None:
        try:
            outcome = await self._recorded(lease, measured_poll(lease, live, self.doors))
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
        reading = measured_push(claimed.lease, claimed.due, claimed.push.page, live, self.doors)
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
        settlement = await measured_delivery(claimed, notifier, self.doors)
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
        self._manager.status(self._describe())

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
        if await self._holds.end(self.live.policies, self._bulletins.directory):
            await self.deliver_due()

    async def report_silence(self) -> None:
        """Owe a message for each rule that has found nothing for as long as its `absent` allows.

        A daemon that has just started reads its feeds first: what came while it was down is no silence.
        """
        if self.doors.clock() - self._started_at >= SETTLING:
            await self._bulletins.of_silence()

    async def report_dead(self, *, fold: timedelta = FOLD) -> int:
        """Owe a message to another channel for what was set aside; return how many are or were owed."""
        return await self._bulletins.of_dead(fold)

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

    async def doze(self) -> None:
        """Let go of what people at the console have asked of the files a while ago."""
        await asyncio.to_thread(self.setup.doze)

    async def report_health(self) -> None:
        """Log which feeds began to fail or to work since the last time."""
        self._feeds.flush()

    # -- reload --------------------------------------------------------------------------------------------------------

    def ask_reload(self) -> None:
        """Have the next tick reload, whether or not a file has changed."""
        self._files.ask()

    async def reload_if_changed(self) -> None:
        """Reload when asked to, or when a file has changed and then stayed as it is for one tick."""
        if await self._files.want_reading(self.setup):
            await self.reload()

    async def reload(self) -> None:
        """Load all files anew; where anything is wrong with them, say so and go on with what was loaded last."""
        self._manager.reloading()
        try:
            await self._reload()
        finally:
            self._manager.ready(self._describe())

    async def _reload(self) -> None:
        try:
            setup = await self._files.read(self.setup)
        except UserError as error:
            self._metrics.reloaded(self.doors.clock(), well=False)
            self.mistakes = mistakes_in(error, self.doors.clock())
            mistakes = str(error).splitlines()
            for line in mistakes:
                log.error("mistake in the files", mistake=line)  # noqa: TRY400 - a person's mistake has no traceback
            log.error("not reloaded: the last good configuration goes on", hint="see `monitor check`")  # noqa: TRY400
            await self._guard(self._bulletins.of_mistakes(mistakes))
            return
        await self._use(setup)
        self._files.use(setup)
        self._note_files()
        self.mistakes = None
        log.info("reloaded", **counts(setup))
        warn_of_files(setup)

    async def _use(self, setup: Setup) -> None:
        """Put a new setup into the place of the old one; where the store fails, everything stays as it was."""
        if setup.config.store != (used := self.setup.config.store):
            log.warning("`store` has changed: it is used from the next start on")
            setup = replace(setup, config=replace(setup.config, store=used))  # whoever reads it reads what is written
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
        self.rota.look_again()

    # -- the whole life ------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let running work end."""
        self._loop_watch.start()
        await say_running(self.setup, self.live.notifiers, self.doors)
        self._running = True
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        ticks: dict[Callable[[], Awaitable[object]], float] = {
            self.poll_in_time: POLL_TICK,
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
            self.doze: 60,
        }
        for tick, seconds in ticks.items():
            scheduler.add_job(self._start_tick, "interval", (tick,), seconds=seconds)
            await self._start_tick(tick)
        scheduler.start()
        await self.conversation.keep(self.live.listeners)
        self._manager.ready(self._describe())
        try:
            await stop.wait()
        finally:
            self._stopping = True
            self._manager.stopping()
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

    # -- what others see -----------------------------------------------------------------------------------------------

    def _describe(self) -> str:
        """Say in one line how this daemon is."""
        if self._outage.ongoing:
            return "the store fails: waiting for it, nothing is lost"
        return ", ".join(f"{count} {what}" for what, count in counts(self.setup).items())

    def _not_yet(self) -> str:
        """Say why this daemon does no work, "" = it does."""
        if self._stopping:
            return "it is stopping"
        return "" if self._polled else "it has not begun to poll"

    def _note_work(self) -> None:
        self._metrics.at_work("polls", len(self.polls))
        self._metrics.at_work("sends", len(self.sends))

    def _note_files(self) -> None:
        channels = {name: channel.type.name for name, channel in self.setup.channels.items()}
        ruleset, feeds = self.live.ruleset, len(self.setup.config.feeds)
        self._metrics.uses(rules=len(ruleset.rules), rules_hash=ruleset.hash, feeds=feeds, channels=channels)
        self._metrics.reloaded(self.doors.clock(), well=True)

    async def run_once(self) -> bool:
        """Poll every due feed once and deliver what is owed; say whether nothing is left to be delivered."""
        await self._guard(self.end_pauses())
        while await self._guard(self.poll_due()) or self.polls.tasks or self.rota.waiting(self.doors.clock()):
            if not self.polls.tasks:
                await asyncio.sleep(TURN_CHECK.total_seconds())
            await self.polls.join()
        await self._guard(self._bulletins.of_silence())
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
        warn_of_strays(report, self.live.notifiers)
        await warn_of_held(self.live.notifiers, self.doors)
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
        await self._bulletins.of_refused(delivery, settlement)

    async def _guard(self, work: Awaitable[T]) -> T | None:
        """Await one piece of work; whatever goes wrong with it is told, and stops nothing else."""
        try:
            return await work
        except StoreUnavailableError as error:
            self._outage.failed(error)
        except Exception:
            self._metrics.failed()
            log.exception("internal error: please report this")
        return None

    async def close(self) -> None:
        """Cut short what still runs, give its leases back, let go of connections."""
        self._stopping = True
        await self.door.close()
        await self.console.close()
        await self.exposition.close()
        await self.readiness.close()
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
        self._loop_watch.stop()


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
