"""How a feed is, in words; what of it is news for its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from monitor.errors import Cause
from monitor.model import FeedEvent, FeedState, PollOutcome, with_event

WELL = "works again"


class Standing(IntEnum):
    """How a feed stands, the worst first."""

    FAILING = 0
    WAITING = 1
    PAUSED = 2
    WELL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a feed is; ordered by `key`, the worst first."""

    standing: Standing
    words: str  # "ok", the named cause, "paused", "never polled"
    since: datetime | None = None  # None = always, or nobody knows

    @property
    def key(self) -> tuple[Standing, float]:
        """What to sort by: the standing, and among equals what lasts longest first."""
        return self.standing, self.since.timestamp() if self.since else 0.0


NEVER_POLLED = Health(standing=Standing.WAITING, words="never polled")


def health_of(state: FeedState) -> Health:
    """Say how a feed is."""
    if state.paused_at is not None:
        return Health(standing=Standing.PAUSED, words="paused", since=state.paused_at)
    if state.cause is not None:
        return Health(standing=Standing.FAILING, words=state.cause.value, since=state.failing_since)
    if state.polled_at is None:
        return NEVER_POLLED
    return Health(standing=Standing.WELL, words="ok")


def with_history(outcome: PollOutcome, now: datetime) -> PollOutcome:
    """Note in the feed's history that its health has changed; the same outcome where it has not."""
    before, after = outcome.lease.state.cause, outcome.state.cause
    if before is after:
        return outcome
    event = FeedEvent(at=now, what=_named(after), detail=outcome.state.detail)
    return replace(outcome, state=replace(outcome.state, notes=with_event(outcome.state.notes, event)))


def _named(cause: Cause | None) -> str:
    return WELL if cause is None else cause.value
