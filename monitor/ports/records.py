"""What the store answers to those who ask how things are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.model import (
    Alert,
    Breaker,
    Decision,
    DeliveryKind,
    DeliveryState,
    Digest,
    Entry,
    FeedState,
    Message,
    Story,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """One daemon as the store knows it."""

    name: str
    version: str
    started_at: datetime
    beat_at: datetime
    rules_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedReport:
    """What one channel is owed."""

    channel: str
    count: int
    since: datetime  # the oldest
    reason: str  # why the last attempt failed, "" = none has


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadReport:
    """One delivery that will not go through by itself."""

    key: str
    channel: str
    title: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Since when work waits that nobody has taken; None = none does."""

    feed: datetime | None
    channel: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLevel:
    """How much of one kind a channel has in the outbox."""

    channel: str
    state: str  # new, sending, in_doubt, held or dead
    count: int
    since: datetime  # the oldest


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What those who watch all the time want to know, counted at little cost."""

    feeds: Mapping[str, int]  # watched ones by health: "ok", "paused", or the cause of their failure
    feed_due: datetime | None  # since when the longest waiting feed is due; None = none waits
    lanes: tuple[LaneLevel, ...]
    breakers: int  # that are open
    nodes: int  # daemons that live


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What was done in a time."""

    entries: int  # read
    alerts: int  # raised
    sent: int  # messages, edits not counted
    dead: int  # messages set aside


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One delivery that was set aside."""

    key: str
    channel: str
    reason: str
    at: datetime
    message: Message | Digest | None  # None = it cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """One look at the whole state."""

    nodes: tuple[NodeReport, ...]
    feeds: tuple[FeedState, ...]  # active ones, by name
    entries: int
    alerts: int
    deliveries: Mapping[str, int]  # by state
    owed: tuple[OwedReport, ...]  # by channel
    dead: tuple[DeadReport, ...]  # the latest 20
    held: Mapping[str, int]  # messages that are kept back, by what keeps them
    held_in: Mapping[str, int]  # the same by channel
    breakers: tuple[Breaker, ...]  # that are open


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """What became of one delivery."""

    key: str
    channel: str
    kind: DeliveryKind
    state: DeliveryState
    created_at: datetime
    due_at: datetime  # of one that is owed: when it is sent or looked up
    attempted_at: datetime | None
    attempts: int
    settled_at: datetime | None
    ref: str
    reason: str  # why it was not sent the last time
    title: str  # of its message


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """One alert and what it owes."""

    alert: Alert
    deliveries: tuple[DeliveryRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """Everything that is known of one entry."""

    entry: Entry  # without its keys
    decisions: tuple[Decision, ...]  # in the order in which they fell
    story: Story | None  # that it joined
    others: tuple[Entry, ...]  # that joined the same story, the first 50
    alerts: tuple[AlertRecord, ...]  # about that story, by channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A feed that has shown an identity key."""

    feed: str
    last_at: datetime  # the day


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """One watched feed as the store knows it."""

    state: FeedState
    due: datetime  # when it is polled next
    day: int  # entries seen in 24 hours
    week: int  # entries seen in 7 days


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFindings:
    """What a feed has brought of late."""

    entries: tuple[str, ...]  # ids, the newest first
    hits: tuple[tuple[str, int], ...]  # rules and their hits of 30 days, the most first


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStats:
    """What a rule has found."""

    rule: str
    week: int  # hits in 7 days
    month: int  # hits in 30 days
    last_at: datetime
    noisiest: tuple[str, int]  # the name found in most hits of 30 days, and in how many; ("", 0) = none


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page of entries ended."""

    seen_at: datetime
    entry_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRecord:
    """What a rule has found, while its entry is stored."""

    at: datetime
    names: tuple[str, ...]  # what was watched for and found, each once
    entry: Entry


@dataclass(frozen=True, slots=True)
class PrunePlace:
    """How far forgetting has come: which table, and behind which row of it; the first place by default."""

    step: int = 0
    after: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What one page of forgetting has done."""

    table: str
    rows: int  # forgotten
    then: PrunePlace | None  # where to go on; None = everything has been looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReport:
    """What a whole look at the state has found."""

    findings: tuple[str, ...]  # what is wrong, a sentence each
    rows: Mapping[str, int]  # by table


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """What a store is made of."""

    engine: str  # with its version, "SQLite 3.46.1"
    schema: str  # the revision of its tables
    size: int  # bytes on disk
    log_size: int  # bytes that stand in the log alone; 0 where the engine looks after that itself
    now: datetime | None  # the clock of a server, None = it has none of its own
    chores: Mapping[str, datetime]  # by name, when each is due next
