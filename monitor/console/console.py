"""The console: one listening socket for the pages, the API and the probes; nothing listens until `keep` is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from monitor.config.console import Console as Settings
from monitor.console.alerts import Alerts
from monitor.console.api.service import Api
from monitor.console.asked import MAX_BODY, bounded
from monitor.console.backtests import Backtests
from monitor.console.bench import Bench, Workbench
from monitor.console.desk import Desk
from monitor.console.doing import Deeds
from monitor.console.feeds import Feeds
from monitor.console.finding import Finder
from monitor.console.guard import Guard
from monitor.console.live import Live as LiveAlerts
from monitor.console.login import LoginPage
from monitor.console.mutes import Mutes
from monitor.console.notice import Notice
from monitor.console.outbox import Outbox
from monitor.console.pages import Pages
from monitor.console.probes import Probes
from monitor.console.refusals import Refusals
from monitor.console.rules import Rules
from monitor.console.static import static_routes
from monitor.console.stories import Stories
from monitor.console.trying import Trying
from monitor.console.unwritten import Writer
from monitor.exposition import Exposition
from monitor.files import Mistakes
from monitor.pipeline import Doors, Live
from monitor.readiness import Readiness
from monitor.setup import Setup
from monitor.web.door import Door
from monitor.web.server import WebServer

log = structlog.get_logger()
SECRET: Final = "console"  # noqa: S105 - the name that the key of sessions is kept under


class Console:
    """The pages of one daemon, kept where its configuration says."""

    def __init__(
        self,
        doors: Doors,
        setup: Callable[[], Setup],
        live: Callable[[], Live],
        *,
        exposition: Exposition,
        readiness: Readiness,
        mistakes: Callable[[], Mistakes | None],
    ) -> None:
        self._doors = doors
        self._desk = Desk(doors, setup, live, mistakes)
        self._probes = Probes(self._desk, exposition, readiness)
        self._pages = Pages()
        self.use(Workbench(setup), Workbench(setup))
        self._deeds = Deeds(self._desk)
        self.live_alerts = LiveAlerts(self._desk, self._pages)
        self._settings: Settings | None = None  # that the door was opened with
        self._key = b""
        self._door = Door("console", self._open_server)

    def use(self, tries: Bench, long_tries: Bench) -> None:
        """Have rules tried by one, and by the other what takes longer: backtests, and looking for warnings."""
        self._benches = (tries, long_tries)
        self._backtests = Backtests(long_tries)

    @property
    def port(self) -> int:
        """Where it listens, 0 = nowhere."""
        return self._door.port

    async def keep(self) -> None:
        """Listen where the configuration says, for whom it says."""
        settings = self._desk.setup.config.console
        if settings != self._settings:
            self.live_alerts.end()
            await self._door.close()
            self._settings = settings
        if settings.listen and not self._key:
            self._key = await self._doors.in_store(self._doors.store.secret, SECRET)
        await self._door.keep(settings.listen)

    def _open_server(self) -> WebServer:
        guard = Guard(self._desk.setup.config.console, self._key, self._doors.clock)
        finder = Finder(self._desk)
        routes = [
            *static_routes(),
            *self._probes.routes(),
            *LoginPage(guard, self._pages, self._desk).routes(),
            *Rules(self._desk, self._pages, self._benches[1]).routes(),
            *Trying(self._desk, self._pages, self._benches[0], self._backtests).routes(),
            *self.live_alerts.routes(),
            *Alerts(self._desk, self._pages, self._deeds, finder).routes(),
            *Feeds(self._desk, self._pages).routes(),
            *Outbox(self._desk, self._pages).routes(),
            *Mutes(self._desk, self._pages).routes(),
            *Stories(self._desk, self._pages, self._deeds).routes(),
            *Api(self._desk, finder).routes(),
        ]
        middlewares = [guard.check, bounded, Notice(self._desk).look, self._deeds.recall, Writer(self._desk).write]
        refusals = Refusals(self._pages)
        return WebServer(routes, clock=self._doors.clock, middlewares=middlewares, refuse=refusals, max_body=MAX_BODY)

    async def close(self) -> None:
        """Stop listening, and let go."""
        self.live_alerts.end()
        await self._door.close()
        await self._backtests.close()
        for bench in self._benches:
            await bench.close()
        await self._desk.close()
