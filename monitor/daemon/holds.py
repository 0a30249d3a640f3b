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

log = structlog.get_logger()

AT_ONCE = 500  # in one transaction, but for what becomes one digest
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
            held = await _held(doors, policies, now, everything=everything)
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
                count = sum([await doors.in_store(store.release_held, some, now) for some in _steps(keys)])
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
                for some in _steps(keys):
                    await doors.in_store(store.hold_again, some, hold)
            case Drop(keys=keys, reason=reason):
                for some in _steps(keys):
                    await doors.in_store(store.drop_held, some, reason, now)
        return 0


def _steps(keys: Sequence[str]) -> list[Sequence[str]]:
    """Cut what is done into transactions between which other work goes."""
    return [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]


async def _held(
    doors: Doors, policies: Policies, now: datetime, *, everything: bool
) -> Mapping[str, Sequence[HeldDelivery]]:
    """Read what to decide about, by channel; of kinds that hold nothing there is nothing to be asked."""
    kinds = {kind for kind, _ in await doors.in_store(doors.store.holders) if kind in OURS}
    found = {}
    for channel, policy in policies.channels.items() if kinds else ():
        sooner = {
            HoldKind.QUIET: Priority.URGENT if policy.quiet else None,
            HoldKind.DIGEST: policy.instant if policy.digest else None,
            HoldKind.WAIT: Priority.HIGH if policy.wait else None,
        }
        some: dict[str, HeldDelivery] = {}
        for kind in sorted(kinds):
            over, least = None if everything else now, sooner.get(kind)
            some |= await _read(doors, channel, kind, over=over)
            if least is not None and not everything:
                some |= await _read(doors, channel, kind, at_least=least)
        if some:
            found[channel] = tuple(some.values())
    return found


async def _read(
    doors: Doors, channel: str, kind: HoldKind, *, over: datetime | None = None, at_least: Priority | None = None
) -> dict[str, HeldDelivery]:
    """Read one kind of what is held, page by page, so that other work goes between."""
    found, after, read = dict[str, HeldDelivery](), 0, doors.store.held_deliveries
    while len(found) < MOST_AT_ONCE:
        page = await doors.in_store(
            read, channel=channel, kind=kind, over=over, at_least=at_least, after=after, limit=AT_ONCE
        )
        if not page:
            break
        found |= {each.delivery.key: each for each in page}
        after = page[-1].seq
    return found
