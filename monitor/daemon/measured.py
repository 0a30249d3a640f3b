"""One poll, one push, one delivery, each counted, timed and traced for those who watch from outside."""

from __future__ import annotations

import asyncio
from datetime import datetime

from monitor.model import ClaimedDelivery, FeedLease, Page, PollOutcome, Settlement
from monitor.pipeline import Doors, Live, deliver, poll, take_push
from monitor.ports import Notifier, Span


async def measured_poll(lease: FeedLease, live: Live, doors: Doors) -> PollOutcome | None:
    """Poll one feed; see `pipeline.poll`."""
    began = asyncio.get_running_loop().time()
    with doors.tracer.span("poll", feed=lease.state.name) as span:
        outcome = await poll(lease, live, doors)
        _note(span, outcome)
    doors.meter.polled(outcome, asyncio.get_running_loop().time() - began)
    return outcome


async def measured_push(lease: FeedLease, due: datetime, page: Page, live: Live, doors: Doors) -> PollOutcome | None:
    """Record what a hub has pushed; see `pipeline.take_push`."""
    with doors.tracer.span("push", feed=lease.state.name) as span:
        outcome = await take_push(lease, due, page, live, doors)
        _note(span, outcome)
    doors.meter.pushed(outcome)
    return outcome


async def measured_delivery(claimed: ClaimedDelivery, notifier: Notifier, doors: Doors) -> Settlement | None:
    """Bring one delivery to its end, or to its next attempt; see `pipeline.deliver`."""
    began, delivery = asyncio.get_running_loop().time(), claimed.delivery
    names = {"channel": delivery.channel, "kind": delivery.kind.value, "delivery": delivery.key}
    with doors.tracer.span("deliver", **names, alert=delivery.alert_id) as span:
        settlement = await deliver(claimed, notifier, doors)
        span.note(attempt=delivery.attempts, outcome=type(settlement).__name__ if settlement else "dropped")
    took = asyncio.get_running_loop().time() - began
    doors.meter.attempted(claimed, settlement, took, doors.clock())
    return settlement


def _note(span: Span, outcome: PollOutcome | None) -> None:
    if outcome is None:
        span.note(outcome="dropped")
        return
    cause = outcome.state.cause
    span.note(entries=len(outcome.entries), hits=len(outcome.hits), alerts=len(outcome.alerts))
    if cause is not None:
        span.note(cause=cause.value)
