"""What the end of an attempt to deliver means."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.decide.spread import fraction
from monitor.model import (
    Accepted,
    Dead,
    Delivery,
    InDoubt,
    Rejected,
    Retry,
    SendResult,
    Sent,
    Settlement,
    Unknown,
)

SETTLE = timedelta(seconds=30)  # how long a message may take to show up at its destination
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=15)
LONGEST_HOLD = timedelta(hours=24)  # however long a destination asks for
JITTER = 0.1  # of a wait, on top
GIVE_UP = timedelta(days=3)
PATIENT_ATTEMPTS = 3  # so many failures hold the channel's later messages back, to keep order; then they overtake


def settle(delivery: Delivery, result: SendResult, now: datetime) -> Settlement:
    """Decide what an attempt's end means.

    A refusal that may pass is tried again, later each time; the first few hold the channel's later messages back, so
    that order is kept through a short outage, and one bad message cannot block a channel for long.
    """
    if isinstance(result, Accepted):
        return Sent(ref=result.ref)
    if isinstance(result, Rejected) and not result.retry:
        return Dead(reason=result.reason)
    if now - delivery.created_at > GIVE_UP:
        return Dead(reason=f"given up after {GIVE_UP.days} days: {result.reason}")
    patient = delivery.attempts <= PATIENT_ATTEMPTS
    wait = _retry_wait(delivery)
    if isinstance(result, Unknown):
        return InDoubt(look_up_at=now + max(SETTLE, wait), reason=result.reason, hold_lane=patient)
    asked = min(result.after or timedelta(), LONGEST_HOLD)
    at = now + max(wait, asked)
    return Retry(at=at, reason=result.reason, hold_lane_until=at if patient or asked else None)


def is_patient(delivery: Delivery) -> bool:
    """Say whether a message that is surely absent is sent again at once, before the channel's later ones."""
    return delivery.attempts < PATIENT_ATTEMPTS


def _retry_wait(delivery: Delivery) -> timedelta:
    doublings = min(max(delivery.attempts - 1, 0), 16)
    wait = min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
    return wait * (1 + JITTER * fraction(delivery.key, str(delivery.attempts)))
