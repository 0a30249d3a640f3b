"""What is kept back: looked at again when that is over, when it matters more by now, and when files have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog

from monitor.decide.endings import OURS, Directory, Drop, Ending, Fold, HoldOn, Release, end_holds
from monitor.decide.holding import Restraints
from monitor.errors import ConflictError
from monitor.model import HeldDelivery, HoldKind, Policies, Priority
from monitor.pipeline import Doors
from monitor.ports import Store

log = structlog.get_logger()

MOST_AT_ONCE = 10_000  # of one channel: a digest holds so many at most


class Holds:
    """End what keeps messages back, in turn with the other daemons of one store."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._all = True
        self._looked_at: datetime | None = None

    def look_at_all(self) -> None:
        """Have the next turn look at everything that is held: the files say something else now."""
        self._all = True

    async def end(self, policies: Policies, look_up: Callable[[], Directory]) -> int:
        """Let go what need not wait any longer; return how many messages that sends.

        What is held for a channel that is gone stays as it is.
        """
        doors, now = self._doors, self._doors.clock()
        set_back = self._looked_at is not None and now < self._looked_at  # the clock: what is held ends later by it
        everything, self._all, self._looked_at = self._all or set_back, False, now
        try:
            held = await doors.in_store(_held, doors.store, policies, now, everything=everything)
            return await self._end(held, policies, look_up, now) if held else 0
        except BaseException:
            self._all = self._all or everything
            raise

    async def _end(
        self,
        held: Mapping[str, Sequence[HeldDelivery]],
        policies: Policies,
        look_up: Callable[[], Directory],
        now: datetime,
    ) -> int:
        doors = self._doors
        directory = look_up()
        mutes, breakers = await doors.in_store(lambda: (doors.store.mutes(at=now), doors.store.breakers()))
        restraints = Restraints(policies=policies, mutes=mutes, breakers=breakers)
        sent = 0
        for channel, some in held.items():
            deciding = partial(end_holds, some, restraints, directory, now)
            for ending in await asyncio.get_running_loop().run_in_executor(doors.work_threads, deciding):
                sent += await self._carry_out(channel, ending, now)
        return sent

    async def _carry_out(self, channel: str, ending: Ending, now: datetime) -> int:
        doors, store = self._doors, self._doors.store
        match ending:
            case Release(keys=keys):
                count = await doors.in_store(store.release_held, keys, now)
                log.info("messages are kept back no more", channel=channel, messages=count)
                return count
            case Fold(digest=digest, keys=keys):
                try:
                    await doors.in_store(store.fold_held, digest, keys, now)
                except ConflictError:
                    log.debug("another node has let some of these go: they are read again", channel=channel)
                    self._all = True
                    return 0
                log.info("messages that were kept back are told in one", channel=channel, messages=len(keys))
                return 1
            case HoldOn(keys=keys, hold=hold):
                await doors.in_store(store.hold_again, keys, hold)
            case Drop(keys=keys, reason=reason):
                await doors.in_store(store.drop_held, keys, reason, now)
        return 0


def _held(store: Store, policies: Policies, now: datetime, *, everything: bool) -> Mapping[str, Sequence[HeldDelivery]]:
    """Read what to decide about, by channel; of kinds that hold nothing there is nothing to be asked."""
    kinds = {kind for kind, _ in store.holders() if kind in OURS}
    found = {}
    for channel, policy in policies.channels.items() if kinds else ():
        sooner = {
            HoldKind.QUIET: Priority.URGENT if policy.quiet else None,
            HoldKind.DIGEST: policy.instant if policy.digest else None,
            HoldKind.WAIT: Priority.HIGH if policy.wait else None,
        }
        some: dict[str, HeldDelivery] = {}
        for kind in sorted(kinds):
            read = partial(store.held_deliveries, channel=channel, kind=kind, limit=MOST_AT_ONCE)
            over, least = None if everything else now, sooner.get(kind)
            some |= {each.delivery.key: each for each in read(over=over)}
            if least is not None and not everything:
                some |= {each.delivery.key: each for each in read(at_least=least)}
        if some:
            found[channel] = tuple(some.values())
    return found
