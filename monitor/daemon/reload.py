"""Reload: the files are read anew, and used where they are right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from monitor.daemon.bulletins import Bulletins
from monitor.daemon.guard import Guard
from monitor.daemon.in_use import InUse
from monitor.daemon.remarks import counts, warn_of_files
from monitor.errors import StoreUnavailableError, UserError
from monitor.files import Files, Mistakes, mistakes_in
from monitor.ports import Meter
from monitor.setup import Setup

log = structlog.get_logger()


class Reload:
    """Read the files when somebody asks or one has changed; `use` puts what they say into the place of the old."""

    def __init__(
        self, in_use: InUse, use: Callable[[Setup], Awaitable[None]], guard: Guard, bulletins: Bulletins, meter: Meter
    ) -> None:
        self.mistakes: Mistakes | None = None  # in the files, since the last load that was right
        self._in_use = in_use
        self._use = use
        self._guard = guard
        self._bulletins = bulletins
        self._meter = meter
        self._files = Files(in_use.setup)
        self._note_use()

    def ask(self) -> None:
        """Have the next look find something to read, whether or not a file has changed."""
        self._files.ask()

    async def is_wanted(self) -> bool:
        """Say whether somebody has asked, or a file has changed and then stayed as it is since the last look."""
        return await self._files.want_reading(self._in_use.setup)

    async def reload(self) -> None:
        """Load all files anew; where anything is wrong with them, say so and go on with what was loaded last.

        Raises:
            StoreUnavailableError: that goes on, too; they are loaded again at the next look.
        """
        try:
            setup = await self._files.read(self._in_use.setup)
        except UserError as error:
            await self._refuse(error)
            return
        try:
            await self._use(setup)
        except StoreUnavailableError:
            self.ask()  # what was asked for may show in no file: a token was changed
            raise
        self._files.use(setup)
        self._note_use()
        self.mistakes = None
        log.info("reloaded", **counts(setup))
        warn_of_files(setup)

    async def _refuse(self, error: UserError) -> None:
        now = self._in_use.doors.clock()
        self._meter.reloaded(now, well=False)
        self.mistakes = mistakes_in(error, now)
        mistakes = str(error).splitlines()
        for line in mistakes:
            log.error("mistake in the files", mistake=line)
        log.error("not reloaded: the last good configuration goes on", hint="see `monitor check`")
        await self._guard(self._bulletins.of_mistakes(mistakes))

    def _note_use(self) -> None:
        setup, ruleset = self._in_use.setup, self._in_use.live.ruleset
        channels = {name: channel.type.name for name, channel in setup.channels.items()}
        feeds = len(setup.config.feeds)
        self._meter.uses(rules=len(ruleset.rules), rules_hash=ruleset.hash, feeds=feeds, channels=channels)
        self._meter.reloaded(self._in_use.doors.clock(), well=True)
