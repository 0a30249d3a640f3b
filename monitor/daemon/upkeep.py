"""What a daemon does now and then beside polling and sending: it ends what is over, tells what is wrong, tidies up."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from monitor.daemon.bulletins import Bulletins
from monitor.daemon.chores import Indexing, Pruning
from monitor.daemon.holds import Holds
from monitor.daemon.in_use import InUse
from monitor.daemon.sends import Sends
from monitor.decide.announcements import FOLD
from monitor.heartbeat import Heart
from monitor.let_go import go_on, settle_ended

log = structlog.get_logger()

SETTLING = timedelta(minutes=15)  # from the start until every feed has been read


class Upkeep:
    """Each method looks whether there is anything to do, and does it."""

    def __init__(self, in_use: InUse, sends: Sends, bulletins: Bulletins) -> None:
        doors = in_use.doors
        self._in_use = in_use
        self._sends = sends
        self._bulletins = bulletins
        self._began_at = doors.clock()
        self._holds = Holds(doors)
        self._heart = Heart(doors)
        self._pruning = Pruning(doors)
        self._indexing = Indexing(doors)

    # -- what is over --------------------------------------------------------------------------------------------------

    async def end_pauses(self) -> None:
        """Poll again the feeds that a person has paused for a time which is over."""
        doors = self._in_use.doors
        for name in await doors.in_store(doors.store.end_pauses, doors.clock()):
            log.info("a feed's pause is over: polling it again", feed=name)

    async def settle_ended(self) -> None:
        """Tell, or leave untold, what was held by mutes and breakers that are over."""
        doors = self._in_use.doors
        steps, count = settle_ended(doors.store, doors.clock()), 0
        while (done := await doors.in_store(go_on, steps)) is not None:  # other work goes between
            count += done
        if count:
            log.info("a mute or breaker is over", held_messages=count)

    async def end_holds(self) -> None:
        """Let go what was kept back and need not wait any longer."""
        if await self._holds.end(self._in_use.live.policies, self._bulletins.directory):
            await self._sends.deliver_due()

    def look_at_all_holds(self) -> None:
        """Have all that is kept back looked at: the files say something else now."""
        self._holds.look_at_all()

    # -- what this daemon says by itself -------------------------------------------------------------------------------

    async def report_silence(self) -> None:
        """Owe a message for each rule that has found nothing for as long as its `absent` allows.

        A daemon that has just started reads its feeds first: what came while it was down is no silence.
        """
        if self._in_use.doors.clock() - self._began_at >= SETTLING:
            await self._bulletins.of_silence()

    async def report_dead(self, *, fold: timedelta = FOLD) -> int:
        """Owe a message to another channel for what was set aside; return how many are or were owed."""
        return await self._bulletins.of_dead(fold)

    async def speak(self) -> None:
        """Owe the message that says how this daemon is, and send a canary, as the configuration says."""
        await self._heart.speak(self._in_use.setup, self._in_use.live)

    async def ping(self) -> None:
        """Show those who wait for it that this daemon works, as the configuration says."""
        await self._heart.ping(self._in_use.setup, self._in_use.live)

    async def show_life(self) -> None:
        """Do both."""
        await self.speak()
        await self.ping()

    # -- what is done for all daemons of a store -----------------------------------------------------------------------

    async def prune(self) -> None:
        """Forget what is of no more use, if that is to be done now and nobody else does it."""
        await self._pruning.go_on(self._in_use.setup.config.retention, self._in_use.live)

    async def doze(self) -> None:
        """Let go of what people at the console have asked of the files a while ago, and of what a reload has left."""
        await asyncio.to_thread(self._in_use.setup.doze)

    async def index(self) -> None:
        """Index the words of new entries, if that is to be done now and nobody else does it."""
        await self._indexing.go_on()
