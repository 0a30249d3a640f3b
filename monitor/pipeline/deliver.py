"""One delivery: look it up where it is in doubt, send, settle."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import structlog

from monitor.decide.delivery import is_patient, may_have_arrived_since, settle
from monitor.errors import LeaseLostError, StoreUnavailableError
from monitor.model import (
    ClaimedDelivery,
    Rejected,
    SendResult,
    Settlement,
    Unknown,
)
from monitor.pipeline.doors import Doors, Ended
from monitor.ports import (
    Notifier,
)

log = structlog.get_logger()
SEND_LEASE = timedelta(minutes=3)
SEND_DEADLINE = timedelta(seconds=60)  # a notifier's own is shorter; look-up and sending together stay under the lease
CRASHES = 3  # so often a message may make its notifier fail before it is set aside


async def deliver(claimed: ClaimedDelivery, notifier: Notifier, doors: Doors) -> Settlement | None:
    """Bring one claimed delivery to its end, or to its next attempt; return which, None where another took it over.

    Raises:
        StoreUnavailableError: the message may have been sent and this could not be written: it is when `write_ends` is
            called, and until then it is in doubt.
    """
    try:
        if claimed.in_doubt_since is not None:
            since = may_have_arrived_since(claimed.in_doubt_since, doors.clock())
            result = await _attempt(notifier.look_up(claimed.delivery, since), claimed)
            absent = isinstance(result, Rejected) and result.retry
            if absent and is_patient(claimed.delivery):
                claimed = await doors.in_store(doors.store.resend, claimed, now=doors.clock(), lease=SEND_LEASE)
                result = await _send(claimed, notifier, doors)
        else:
            result = await _send(claimed, notifier, doors)
        now = doors.clock()
        settlement = settle(claimed.delivery, result, now, in_doubt_since=claimed.in_doubt_since)
        await _write_end(Ended(claimed=claimed, settlement=settlement, pace=notifier.pace), doors)
    except LeaseLostError:
        log.warning("lease lost, another worker looks this message up", channel=claimed.delivery.channel)
        return None
    return settlement


async def _send(claimed: ClaimedDelivery, notifier: Notifier, doors: Doors) -> SendResult:
    """Send, unless so little of the lease is left that somebody may look the message up before it is there.

    A process that was stopped, or a machine that slept, goes on here as if no time had passed.
    """
    if doors.clock() + SEND_DEADLINE > claimed.until:
        return Rejected(reason="this daemon was held up for too long before sending", retry=True)
    return await _attempt(notifier.send(claimed.delivery), claimed)


async def write_ends(doors: Doors) -> list[Ended]:
    """Write how attempts ended, where the store could not take that at the time; return those it has taken now.

    Raises:
        StoreUnavailableError: it cannot yet.
    """
    written = []
    while doors.unwritten:
        ended = doors.unwritten.pop(0)
        try:
            await _write_end(ended, doors)
        except LeaseLostError:
            log.warning("lease lost, another worker looks this message up", channel=ended.claimed.delivery.channel)
            continue
        written.append(ended)
    return written


async def _write_end(ended: Ended, doors: Doors) -> None:
    store = doors.store
    try:
        await doors.in_store(store.settle, ended.claimed, ended.settlement, now=doors.clock(), pace=ended.pace)
    except StoreUnavailableError:
        doors.unwritten.append(ended)
        raise


async def _attempt(attempt: Awaitable[SendResult], claimed: ClaimedDelivery) -> SendResult:
    """Await what a notifier does; whatever else happens there, nobody knows whether the message arrived."""
    delivery = claimed.delivery
    try:
        async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
            return await attempt
    except TimeoutError:
        return Unknown(reason=f"no answer within {SEND_DEADLINE.seconds} s")
    except Exception as error:
        log.exception("a notifier failed: please report this", channel=delivery.channel, delivery=delivery.key)
        reason = f"internal error: {type(error).__name__}"
        return Rejected(reason=reason, retry=False) if delivery.attempts >= CRASHES else Unknown(reason=reason)
