"""What the end of an attempt to deliver means."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.decide.spread import fraction
from monitor.model import (
    Accepted,
    Dead,
    Delivery,
    DeliveryKind,
    Digest,
    InDoubt,
    Retry,
    SendResult,
    Sent,
    Settlement,
    Skipped,
    Unknown,
)

SETTLE = timedelta(seconds=30)  # how long a message may take to show up at its destination
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=15)
LONGEST_HOLD = timedelta(hours=24)  # however long a destination asks for
JITTER = 0.1  # of a wait, on top
MOST_ATTEMPTS = 300  # about three days, with a quarter of an hour between two
GIVE_UP = timedelta(days=3)  # of looking a message up
LONGEST_LOOK_UP = timedelta(hours=1)  # between two look-ups
LONGEST_AHEAD = timedelta(days=1)  # before now, where a clock was set back after the attempt
PATIENT_ATTEMPTS = 3  # so many failures hold the channel's later messages back, to keep order; then they overtake


def in_zone(delivery: Delivery, zone: str) -> Delivery:
    """Have a message tell all its times in one zone, that of its channel."""
    message = delivery.message
    if isinstance(message, Digest):
        items = tuple(replace(item, zone=zone) for item in message.items)
        return replace(delivery, message=replace(message, items=items))
    return replace(delivery, message=replace(message, zone=zone))


def settle(
    delivery: Delivery, result: SendResult, now: datetime, *, in_doubt_since: datetime | None = None
) -> Settlement:
    """Decide what the end of an attempt means, or of looking up one that has been in doubt since a time.

    A refusal that may pass is tried again, later each time; the first few hold the channel's later messages back, so
    that order is kept through a short outage, and one bad message cannot block a channel for long. An edit that cannot
    be made is no message lost: it is skipped.
    """
    settlement = _settle(delivery, result, now, in_doubt_since)
    if isinstance(settlement, Dead) and delivery.kind is DeliveryKind.EDIT:
        return Skipped(reason=settlement.reason)
    return settlement


def _settle(delivery: Delivery, result: SendResult, now: datetime, in_doubt_since: datetime | None) -> Settlement:
    if isinstance(result, Accepted):
        return Sent(ref=result.ref, but=result.but)
    if isinstance(result, Unknown):
        return _still_in_doubt(delivery, result, now, in_doubt_since or now)
    if not result.retry:
        return Dead(reason=result.reason)
    if delivery.attempts >= MOST_ATTEMPTS:
        return Dead(reason=f"given up after {delivery.attempts} attempts: {result.reason}")
    asked = min(result.after or timedelta(), LONGEST_HOLD)
    at = now + max(_retry_wait(delivery), asked)
    hold = delivery.attempts <= PATIENT_ATTEMPTS or asked
    return Retry(at=at, reason=result.reason, hold_lane_until=at if hold else None)


def _still_in_doubt(delivery: Delivery, result: Unknown, now: datetime, since: datetime) -> Settlement:
    """Look it up later, each time after twice the wait, and let the channel's later messages pass meanwhile."""
    waited = max(now - since, timedelta())
    if waited > GIVE_UP:
        return Dead(reason=f"nobody knows whether it arrived: {result.reason}")
    hold = waited < PATIENT_ATTEMPTS * SETTLE and delivery.attempts <= PATIENT_ATTEMPTS
    look_up_at = now + min(max(SETTLE, waited), LONGEST_LOOK_UP)
    return InDoubt(look_up_at=look_up_at, reason=result.reason, hold_lane=hold)


def may_have_arrived_since(begun: datetime, now: datetime) -> datetime:
    """Return from when on to look for a message whose attempt began then; a clock that was ahead is not believed."""
    return begun if begun <= now else now - LONGEST_AHEAD


def is_patient(delivery: Delivery) -> bool:
    """Say whether a message that is surely absent is sent again at once, before the channel's later ones."""
    return delivery.attempts < PATIENT_ATTEMPTS


def _retry_wait(delivery: Delivery) -> timedelta:
    doublings = min(max(delivery.attempts - 1, 0), 16)
    wait = min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
    return wait * (1 + JITTER * fraction(delivery.key, str(delivery.attempts)))
