"""What one poll changes, and the ledger of why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.model.deliveries import Delivery
from monitor.model.feeds import Entry, FeedLease, FeedState
from monitor.model.holds import Breaker, Raised
from monitor.model.rules import Hit, Tally
from monitor.model.stories import Alert, Story


class Stage(StrEnum):
    """Where on its way an entry was when something was decided about it."""

    FRESH = "fresh"
    FULLTEXT = "fulltext"
    MATCH = "match"
    STORY = "story"
    THRESHOLD = "threshold"
    ROUTE = "route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row of the ledger: what was decided about an entry, and why."""

    entry_id: str
    at: datetime
    stage: Stage
    verdict: str  # one word or two: see `monitor.decide.poll` and `monitor.decide.draft`
    reason: str
    rule: str = ""
    story_id: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """Everything one poll changes; recorded whole or not at all."""

    lease: FeedLease
    state: FeedState  # the new one
    due: datetime  # next poll
    hold_host_until: datetime | None = None  # no feed of this host is polled sooner
    keys: tuple[bytes, ...] = ()  # identity keys that are new, or were not seen today yet
    entries: tuple[Entry, ...] = ()  # the fresh ones
    updates: tuple[Entry, ...] = ()  # known ones whose text has changed
    stories: tuple[Story, ...] = ()  # new and changed
    story_keys: Mapping[bytes, str] = field(default_factory=dict)  # new keys to story ids
    taken_keys: Mapping[bytes, str] = field(default_factory=dict)  # of them: which story held it
    stories_since: datetime | None = None  # start of the window that `Memory.stories` came from
    hits: tuple[Hit, ...] = ()
    tallies: tuple[Tally, ...] = ()  # changed ones
    alerts: tuple[Alert, ...] = ()
    widened: tuple[Alert, ...] = ()  # recorded before; more rules have hit the story since
    deliveries: tuple[Delivery, ...] = ()
    decisions: tuple[Decision, ...] = ()
    raised: tuple[Raised, ...] = ()  # for what breakers count
    breakers: tuple[Breaker, ...] = ()  # opened by this poll

    @property
    def quiet(self) -> bool:
        """Whether the poll changed nothing but what is remembered of its feed."""
        written = (self.keys, self.entries, self.updates, self.stories, self.story_keys, self.hits, self.tallies)
        return not any(written) and not (self.alerts or self.deliveries or self.decisions)
