"""What people look at: pages of the state, for the console and its API. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from monitor.model import (
    Action,
    Alert,
    Decision,
    DeliveryState,
    Entry,
    Feedback,
    FeedState,
    Hold,
    Message,
    Mute,
    Priority,
    Story,
)
from monitor.ports.records import AlertRecord, DeliveryRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFilter:
    """Which stories that were told; by default all of them."""

    story: str = ""  # id
    rule: str = ""
    channel: str = ""
    source: str = ""  # a feed's name
    at_least: Priority | None = None
    since: datetime | None = None
    until: datetime | None = None
    unacknowledged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPlace:
    """Where a page of told stories ended."""

    at: datetime
    alert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStory:
    """A story that was told somewhere."""

    story: Story
    entry: Entry | None  # that it was told by last; None = it has been forgotten
    alerts: tuple[Alert, ...]  # by channel
    states: Mapping[str, DeliveryState]  # of the message that tells it, by channel; edits and replies do not count
    message: Message | None  # that tells it first in one of the channels; None = only digests do, or it is unreadable
    place: ToldPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCount:
    """How many alerts of one priority were raised in an hour, or in ten minutes."""

    at: datetime  # their beginning
    priority: Priority
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    """An entry of a story, and what the ledger says of it."""

    place: int  # in the ledger; later ones are greater
    entry: Entry  # without its keys
    decisions: tuple[Decision, ...]  # in the order in which they fell


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryAccount:
    """A story as people look at it."""

    story: Story
    entries: tuple[StoryEntry, ...]  # one page, in the order in which they joined
    alerts: tuple[AlertRecord, ...]  # by channel
    messages: tuple[Message, ...]  # that tell of its entries: posts, replies, and those in digests
    feedback: tuple[Feedback, ...]  # the latest first
    actions: tuple[Action, ...]  # what people did, the latest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What somebody should look at; beyond `MOST_COUNTED` nobody counts on."""

    dead: int  # messages that were set aside
    in_doubt: int  # messages of which nobody knows whether they arrived
    failing: int  # feeds


MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedMessage:
    """A message in the outbox, whatever became of it."""

    seq: int  # later ones are greater
    delivery: DeliveryRecord
    story_id: str  # "" = it is about no entry
    hold: Hold | None  # of one that is held


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwell:
    """The watched feeds of which there is something to say."""

    watched: int  # how many there are in all
    feeds: tuple[FeedState, ...]  # paused, failing, odd, never polled, or with a gap in what they brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much there is."""

    feeds: int  # that are watched
    failing: int  # of them
    entries: int
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MutePlace:
    """Where a page of mutes ended."""

    since: datetime
    mute_id: str


class Reader(Protocol):
    """Read the state beside whoever changes it.

    Pages are the newest first, at most `limit`, those behind the place `before`; a shorter one is the last.
    """

    def outbox(
        self, states: Collection[DeliveryState], *, channel: str = "", before: int | None, limit: int
    ) -> tuple[OwedMessage, ...]:
        """Read messages in these states, to one channel or to all."""
        ...

    def message_counts(self) -> Mapping[DeliveryState, int]:
        """Count the messages by state; a state that none is in may be missing."""
        ...

    def entry_counts(self, names: Collection[str], *, since: datetime, days: int) -> Mapping[str, tuple[int, ...]]:
        """Count the entries that these feeds have brought on each of so many days from `since`, by the feed's name."""
        ...

    def unwell_feeds(self) -> Unwell:
        """Read the watched feeds that are not simply well."""
        ...

    def totals(self) -> Totals:
        """Count what there is."""
        ...

    def watched_urls(self) -> frozenset[str]:
        """Read the URLs of the watched feeds: all that the store knows of."""
        ...

    def mute_page(self, *, at: datetime | None, before: MutePlace | None, limit: int) -> tuple[Mute, ...]:
        """Read the mutes that are running at this time, None = all there ever were."""
        ...

    def told_stories(self, wanted: ToldFilter, *, before: ToldPlace | None, limit: int) -> tuple[ToldStory, ...]:
        """Read stories that were told, by their latest alert that is `wanted`."""
        ...

    def told_since(self, since: datetime, *, limit: int) -> tuple[ToldPlace, ...]:
        """Read the places of alerts raised since then, the newest first."""
        ...

    def told_counts(self, wanted: ToldFilter, *, step: timedelta) -> tuple[ToldCount, ...]:
        """Count the alerts that are wanted, in steps of an hour or of ten minutes."""
        ...

    def stories_of(self, entries: Collection[str]) -> Mapping[str, Story]:
        """Read the stories that these entries joined, by entry."""
        ...

    def story_account(self, story_id: str, *, after: int | None, limit: int) -> StoryAccount | None:
        """Read a story with the entries behind the place `after`, None = from the first; None = there is no such."""
        ...

    def attention(self, *, sent_before: datetime) -> Attention:
        """Count what somebody should look at; a message sent before then that has no answer yet is in doubt."""
        ...

    def hits_by_day(self, rules: Collection[str], *, since: datetime) -> Mapping[str, Mapping[date, int]]:
        """Count the hits of these rules since then by rule and by day in UTC; what has none is left out."""
        ...

    def hits_by_name(self, rule: str, *, since: datetime) -> Mapping[str, int]:
        """Count the hits of a rule since then by what was watched for and found, the most first."""
        ...
