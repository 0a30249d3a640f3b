"""One daemon: its parts, what each of them is told by another, and its life from start to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta

import structlog

from monitor.console.console import Console
from monitor.conversation import Conversation
from monitor.daemon.bulletins import Bulletins
from monitor.daemon.clock_watch import ClockWatch
from monitor.daemon.guard import Guard
from monitor.daemon.in_use import InUse
from monitor.daemon.loop_watch import LoopWatch
from monitor.daemon.outage import Outage
from monitor.daemon.polls import Polls
from monitor.daemon.presence import Presence
from monitor.daemon.reload import Reload
from monitor.daemon.remarks import say_running, warn_of_held, warn_of_strays
from monitor.daemon.sends import Sends
from monitor.daemon.ticks import Tick, Ticks
from monitor.daemon.upkeep import Upkeep
from monitor.decide.schedule import first_polls
from monitor.exposition import Exposition
from monitor.metrics import Metrics
from monitor.pipeline import Doors, Live
from monitor.readiness import Readiness
from monitor.sd_notify import ServiceManager
from monitor.setup import Setup
from monitor.turns import SPACING
from monitor.unsubscribe import Departures
from monitor.web.callbacks import Callbacks
from monitor.web.door import Door
from monitor.web.server import WebServer
from monitor.web.unsubscribe import Exits
from monitor.websub import Subscriptions

log = structlog.get_logger()

POLL_TICK = 0.2  # seconds: all feeds that come due within a tick are polled at once, and wait for each other
DRAIN = timedelta(seconds=7)  # from the signal to the end of running work; closing has the rest of the ten seconds


class Daemon:
    """One daemon on its store; `run` it, or `run_once`, and `close` it."""

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
        self.in_use = in_use = InUse(setup, doors, open_live)
        self.departures = departures
        departures.use(setup)
        self._metrics = metrics
        self._manager = manager or ServiceManager()
        self._outage = Outage()
        self._guard = Guard(self._outage, metrics)
        self._bulletins = bulletins = Bulletins(in_use)
        self.ticks = Ticks(lambda tick: self._guard(self._tick(tick)))
        self.sends = Sends(in_use, self._guard, self.ticks, bulletins)
        self.subscriptions = Subscriptions(doors, on_push=lambda: self.ticks.begin(self.polls.read_pushes))
        self.polls = Polls(in_use, self._guard, self.sends, bulletins, self.subscriptions, host_spacing=host_spacing)
        self.upkeep = Upkeep(in_use, self.sends, bulletins)
        self.presence = Presence(in_use, self._outage, self._manager)
        self._reload = Reload(in_use, self._use, self._guard, bulletins, metrics)
        self.conversation = Conversation(doors, lambda: in_use.live)
        routes = [*Callbacks(self.subscriptions).routes(), *Exits(departures).routes()]
        self.door = Door("callbacks of hubs, links of mails", lambda: WebServer(routes, clock=doors.clock))
        self.exposition = Exposition(doors, metrics, notice=self._note_work)
        self.readiness = Readiness(doors, self._not_yet)
        self.console = Console(
            doors,
            lambda: in_use.setup,
            lambda: in_use.live,
            exposition=self.exposition,
            readiness=self.readiness,
            mistakes=lambda: self._reload.mistakes,
        )
        self._loop_watch = LoopWatch(metrics, self._manager)
        self.clock_watch = ClockWatch(doors, self.polls.rota.look_again)

    @property
    def doors(self) -> Doors:
        """What stays as it is while this daemon runs."""
        return self.in_use.doors

    @property
    def setup(self) -> Setup:
        """What the files said when they were right last."""
        return self.in_use.setup

    @property
    def live(self) -> Live:
        """What was opened for that."""
        return self.in_use.live

    # -- the whole life ------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let running work end."""
        self._loop_watch.start()
        await say_running(self.setup, self.live.notifiers, self.doors)
        self.ticks.start(self._seconds_by_tick())
        await self.conversation.keep(self.live.listeners)
        self._manager.ready(self.presence.describe())
        try:
            await stop.wait()
        finally:
            self._take_no_more()
            self._manager.stopping()
            await self.door.close()
            await self.console.close()
        await self.polls.report_health()
        log.info("stopping: running work may finish", polls=len(self.polls.crew), messages=len(self.sends.crew))
        try:
            async with asyncio.timeout(DRAIN.total_seconds()):
                await self.conversation.end()
                for crew in (self.ticks.crew, self.polls.crew, self.sends.crew):  # a tick may be starting some
                    await crew.join()
        except TimeoutError:
            log.warning("not everything ended in time: the rest is done at the next start")

    async def run_once(self) -> bool:
        """Poll every due feed once and deliver what is owed; say whether nothing is left to be delivered."""
        upkeep, guard = self.upkeep, self._guard
        await guard(self.clock_watch.look())
        await guard(upkeep.end_pauses())
        await self.polls.poll_all()
        for owe in (self._bulletins.of_silence, upkeep.settle_ended, upkeep.end_holds, upkeep.speak):
            await guard(owe())
        await self.sends.deliver_all()
        if await guard(upkeep.report_dead(fold=timedelta())):
            await self.sends.deliver_all()
        await guard(upkeep.prune())
        await guard(upkeep.index())
        await self.polls.report_health()
        report = await self.doors.in_store(self.doors.store.status)
        warn_of_strays(report, self.live.notifiers)
        await warn_of_held(self.live.notifiers, self.doors)
        waiting = sum(owed.count for owed in report.owed if owed.channel in self.live.notifiers)
        if waiting:
            log.warning("messages are still owed: the next run sends them", messages=waiting)
        await guard(upkeep.ping())
        return not waiting

    def _take_no_more(self) -> None:
        self.ticks.stop()
        self.polls.crew.close()
        self.sends.crew.close()

    async def close(self) -> None:
        """Cut short what still runs, give its leases back, let go of connections."""
        self._take_no_more()
        for listening in (self.door, self.console, self.exposition, self.readiness):
            await listening.close()
        await self.conversation.end()
        await self.ticks.crew.cancel()
        await self.polls.cancel()
        await self.sends.crew.cancel()
        await self._guard(self.sends.write_ends())
        await self._guard(self.polls.give_back())
        await self._guard(self.presence.leave())
        await self.in_use.close()
        self._loop_watch.stop()

    # -- ticks ---------------------------------------------------------------------------------------------------------

    def _seconds_by_tick(self) -> dict[Tick, float]:
        return {
            self.polls.poll_in_time: POLL_TICK,
            self.sends.deliver_due: 1,
            self.clock_watch.look: 1,
            self.reload_if_changed: 1,
            self.polls.report_health: 5,
            self.upkeep.report_silence: 30,
            self.upkeep.report_dead: 10,
            self.polls.read_pushes: 1,
            self.keep_subscriptions: 10,
            self.console.keep: 10,
            self.upkeep.end_pauses: 10,
            self.departures.read: 10,
            self.upkeep.show_life: 5,
            self.upkeep.settle_ended: 5,
            self.upkeep.end_holds: 2,
            self.presence.beat: 20,
            self.upkeep.prune: 30,
            self.upkeep.index: 10,
            self.upkeep.doze: 60,
        }

    async def _tick(self, tick: Tick) -> None:
        """Await one tick, unless the store fails and it is too soon to try it again."""
        if self._outage.waiting:
            return
        if self._outage.ongoing:  # a small write tells whether the store is back, and costs nothing if it is not
            await self.presence.beat()
            await self.polls.give_back()
        await self.sends.write_ends()
        await tick()

    async def keep_subscriptions(self) -> None:
        """Listen for hubs, and ask those that are to be asked now; where nobody can reach us, end what was agreed."""
        config, public_url = self.setup.config, self.setup.config.public_url
        if public_url and not self.door.port:
            await self.subscriptions.read()  # a hub may come at once
        if await self.door.keep(config.listen if public_url else None) or not public_url:
            await self.subscriptions.keep(public_url, self.live.hubs)

    # -- reload --------------------------------------------------------------------------------------------------------

    def ask_reload(self) -> None:
        """Have the next tick reload, whether or not a file has changed."""
        self._reload.ask()

    async def reload_if_changed(self) -> None:
        """Reload when asked to, or when a file has changed and then stayed as it is for one tick."""
        if await self._reload.is_wanted():
            await self.reload()

    async def reload(self) -> None:
        """Load all files anew, and tell the service manager when that begins and ends."""
        self._manager.reloading()
        try:
            await self._reload.reload()
        finally:
            self._manager.ready(self.presence.describe())

    async def _use(self, setup: Setup) -> None:
        """Put a new setup into the place of the old one; where the store fails, everything stays as it was."""
        if setup.config.store != (used := self.setup.config.store):
            log.warning("`store` has changed: it is used from the next start on")
            setup = replace(setup, config=replace(setup.config, store=used))  # whoever reads it reads what is written
        changed = [feed.url for feed in setup.config.feeds if self.live.feeds.get(feed.url) not in (feed, None)]
        await self.watch(setup, hasten=changed, spread=True)
        crews = self.polls.crew, self.sends.crew, self.ticks.crew
        await self.in_use.replace(setup, users=lambda: {task for crew in crews for task in crew.tasks})
        self.departures.use(setup)
        self.upkeep.look_at_all_holds()
        if self.conversation.begun:
            await self.conversation.keep(self.live.listeners)
        self.ticks.begin_in(0, self.console.keep)  # who may read it now counts now

    async def watch(self, setup: Setup, *, hasten: Collection[str] = (), spread: bool = False) -> None:
        """Tell the store which feeds and which rules with thresholds are watched; `spread` many first polls."""
        store, now = self.doors.store, self.doors.clock()
        first = first_polls(setup.config.feeds, now) if spread else {}
        await self.doors.in_store(store.sync_feeds, setup.config.feeds, now, hasten=hasten, first=first)
        watched = [rule.id for rule in setup.ruleset.rules.values() if rule.threshold is not None]
        await self.doors.in_store(store.watch_rules, watched, now)
        self.polls.rota.look_again()

    # -- what others see -----------------------------------------------------------------------------------------------

    def _not_yet(self) -> str:
        """Say why this daemon does no work, "" = it does."""
        if self.ticks.stopped:
            return "it is stopping"
        return "" if self.polls.begun else "it has not begun to poll"

    def _note_work(self) -> None:
        self._metrics.at_work("polls", len(self.polls.crew))
        self._metrics.at_work("sends", len(self.sends.crew))
