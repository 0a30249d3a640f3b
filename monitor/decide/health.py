"""How a feed is, in words; what of it is news for its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from monitor.errors import Cause
from monitor.model import FeedEvent, FeedState, PollOutcome, with_event

WELL = "works again"
ODD_CAUSES = (Cause.EMPTY, Cause.STALE)
GAP_TOLD = timedelta(days=1)


class Standing(IntEnum):
    """How a feed stands, the worst first."""

    FAILING = 0
    ODD = 1  # it can be read, and something about it is not as it should be
    WAITING = 2
    PAUSED = 3
    WELL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a feed is; ordered by `key`, the worst first."""

    standing: Standing
    words: str  # "ok", the named cause, "gap", "paused", "never polled"
    since: datetime | None = None  # None = always, or nobody knows

    @property
    def is_failing(self) -> bool:
        """Whether somebody should look at it."""
        return self.standing in (Standing.FAILING, Standing.ODD)

    @property
    def is_paused(self) -> bool:
        """Whether somebody has paused it."""
        return self.standing is Standing.PAUSED

    @property
    def key(self) -> tuple[Standing, float]:
        """What to sort by: the standing, and among equals what lasts longest first."""
        return self.standing, self.since.timestamp() if self.since else 0.0


IS_WELL = Health(standing=Standing.WELL, words="ok")
NEVER_POLLED = Health(standing=Standing.WAITING, words="never polled")


def health_of(state: FeedState, now: datetime) -> Health:
    """Say how a feed is; a gap in what it brought is told for GAP_TOLD."""
    if state.paused_at is not None:
        return Health(standing=Standing.PAUSED, words="paused", since=state.paused_at)
    if state.cause is not None:
        standing = Standing.ODD if state.cause in ODD_CAUSES else Standing.FAILING
        return Health(standing=standing, words=state.cause.value, since=state.failing_since)
    if state.polled_at is None:
        return NEVER_POLLED
    gap = state.notes.gap
    if gap is not None and now - gap.until < GAP_TOLD:
        return Health(standing=Standing.ODD, words="gap", since=gap.until)
    return IS_WELL


def with_history(outcome: PollOutcome, now: datetime) -> PollOutcome:
    """Note in the feed's history that its health has changed; the same outcome where it has not."""
    before, after = outcome.lease.state.cause, outcome.state.cause
    if before is after:
        return outcome
    event = FeedEvent(at=now, what=_named(after), detail=outcome.state.detail)
    return replace(outcome, state=replace(outcome.state, notes=with_event(outcome.state.notes, event)))


def _named(cause: Cause | None) -> str:
    return WELL if cause is None else cause.value
