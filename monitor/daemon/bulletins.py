"""What this program says by itself, about no entry: silence, parked feeds, dead letters, mistakes in the files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from monitor.daemon.in_use import InUse
from monitor.decide.announcements import notices_of_dead, notices_of_refused
from monitor.decide.endings import Directory, admit
from monitor.decide.holding import Restraints
from monitor.decide.notices import notice_of_mistakes, notices_of_parked, notices_of_silence
from monitor.model import Absent, Delivery, FeedLease, Sent, Settlement

DEAD_ARE_NEWS: Final = timedelta(days=1)  # even for a daemon that was down when they were set aside


class Bulletins:
    """Owe such messages; those that were owed before are owed no second time."""

    def __init__(self, in_use: InUse) -> None:
        self._in_use = in_use

    def directory(self) -> Directory:
        """Say what may be held by name."""
        return Directory(rules=self._in_use.live.ruleset.rules, source_tags=self._in_use.setup.source_tags)

    async def of_silence(self) -> None:
        """Tell of each rule that has found nothing for as long as its `absent` allows."""
        doors, live = self._in_use.doors, self._in_use.live
        rules = [rule for rule in live.ruleset.rules.values() if isinstance(rule.threshold, Absent)]
        if rules:
            quiet_since = await doors.in_store(doors.store.quiet_since, [rule.id for rule in rules])
            await self._announce(notices_of_silence(rules, quiet_since, live.policies, doors.clock()))

    async def of_refused(self, delivery: Delivery, settlement: Settlement) -> None:
        """Tell those who look after this program who of a message's recipients has not got it."""
        if isinstance(settlement, Sent) and settlement.but:
            doors, setup = self._in_use.doors, self._in_use.setup
            ops, channels, now = setup.config.ops_notify, tuple(setup.channels), doors.clock()
            await self._announce(
                notices_of_refused(settlement.but, delivery.channel, ops=ops, channels=channels, now=now)
            )

    async def of_dead(self, fold: timedelta) -> int:
        """Tell another channel what was set aside; return how many messages are or were owed."""
        doors, setup = self._in_use.doors, self._in_use.setup
        now = doors.clock()
        letters = await doors.in_store(doors.store.dead_letters, since=now - DEAD_ARE_NEWS)
        notices = notices_of_dead(
            letters, ops=setup.config.ops_notify, channels=tuple(setup.channels), now=now, fold=fold
        )
        await self._announce(notices)
        return len(notices)

    async def of_parked(self, parked: Sequence[FeedLease]) -> None:
        """Tell of feeds that ended the program again and again."""
        doors, setup = self._in_use.doors, self._in_use.setup
        await self._announce(notices_of_parked(parked, setup.config.ops_notify, doors.clock()))

    async def of_mistakes(self, mistakes: Sequence[str]) -> None:
        """Tell that the files were changed and cannot be used."""
        doors, setup = self._in_use.doors, self._in_use.setup
        await self._announce(notice_of_mistakes(mistakes, setup.config.ops_notify, doors.clock()))

    async def _announce(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries:
            doors, live = self._in_use.doors, self._in_use.live
            now = doors.clock()
            admitted = admit(deliveries, Restraints(policies=live.policies), self.directory(), now)
            await doors.in_store(doors.store.announce, admitted, now)
