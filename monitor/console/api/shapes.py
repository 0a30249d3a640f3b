"""What the API answers with: the nouns as programs see them. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.model import DeliveryState

PriorityName = Literal["low", "normal", "high", "urgent"]
StandingName = Literal["failing", "odd", "waiting", "paused", "well"]


class Shape(BaseModel):
    """Anything that is sent or taken: no key but those named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Shape):
    """What is wrong with a request (RFC 9457)."""

    title: str
    status: int
    detail: str = ""


class Done(Shape):
    """What was done, in a sentence."""

    said: str


class Alert(Shape):
    """A story in one channel."""

    id: str
    story: str
    channel: str
    rules: list[str]
    priority: PriorityName
    created_at: datetime
    state: DeliveryState | None = Field(description="Of the message that tells it; null = there is none any more.")
    acknowledged_at: datetime | None
    acknowledged_by: str


class Entry(Shape):
    """One news item, in plain text."""

    id: str
    feed: str
    title: str
    summary: str
    url: str
    language: str
    authors: list[str]
    tags: list[str]
    published: datetime | None
    seen_at: datetime


class Story(Shape):
    """Entries about one event."""

    id: str
    first_at: datetime
    last_at: datetime
    entries: int
    sources: list[str]


class ToldStory(Shape):
    """A story that was told, with the entry that it was told by last."""

    story: Story
    entry: Entry | None
    alerts: list[Alert]


class Alerts(Shape):
    """A page of stories that were told, the latest first."""

    items: list[ToldStory]
    next: str | None


class Decision(Shape):
    """One row of the ledger."""

    at: datetime
    stage: str
    verdict: str
    reason: str
    rule: str
    channel: str


class Message(Shape):
    """One message, and what became of it."""

    key: str
    channel: str
    kind: str
    state: DeliveryState
    title: str
    attempts: int
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
    reason: str
    ref: str
    story: str


class EntryAccount(Shape):
    """Everything that is known of one entry."""

    entry: Entry
    decisions: list[Decision]
    story: Story | None
    others: list[Entry]
    messages: list[Message]


class Found(Shape):
    """An entry that a query has found."""

    entry: Entry
    story: str | None = Field(description="The id of the story that it joined.")


class Entries(Shape):
    """Entries that a query has found, the newest first."""

    items: list[Found]
    read: int = Field(description="Entries that were looked at.")
    next: str | None = Field(description="Where to go on: there may be more, or there was no time for more.")


class StoryEntry(Shape):
    """An entry of a story, and what was decided about it."""

    entry: Entry
    decisions: list[Decision]


class StoryAccount(Shape):
    """A story with its entries in the order in which they joined, and what was sent where."""

    story: Story
    entries: list[StoryEntry]
    alerts: list[Alert]
    messages: list[Message]
    next: int | None


class Messages(Shape):
    """A page of messages, the latest first."""

    items: list[Message]
    next: int | None


class Feed(Shape):
    """A feed, and how it is."""

    name: str
    url: str = Field(description="Without login and query string.")
    tags: list[str]
    health: str
    standing: StandingName
    since: datetime | None
    poll_seconds: int
    polled_at: datetime | None
    next_poll: datetime | None
    entries_24h: int
    entries_7d: int
    detail: str


class Feeds(Shape):
    """A page of feeds, the worst first."""

    items: list[Feed]
    next: str | None


class Rule(Shape):
    """A rule, and what it has found."""

    id: str
    title: str
    priority: PriorityName
    channels: list[str]
    owner: str
    tags: list[str]
    note: str
    query: str = Field(description="Its condition as a query.")
    hits_7d: int
    hits_30d: int
    last_hit: datetime | None


class Rules(Shape):
    """A page of rules, by id."""

    items: list[Rule]
    next: str | None


class Mute(Shape):
    """A person's wish not to hear of something."""

    id: str
    by: str
    reason: str
    since: datetime
    until: datetime | None
    story: str
    rule: str
    feed: str
    channel: str
    tell: bool
    ended_at: datetime | None
    ended_by: str


class Mutes(Shape):
    """A page of mutes, the latest first."""

    items: list[Mute]
    next: str | None


class Node(Shape):
    """One daemon."""

    name: str
    version: str
    started_at: datetime
    beat_at: datetime
    rules_hash: str


class Status(Shape):
    """One look at the whole state."""

    now: datetime
    nodes: list[Node]
    feeds: int
    failing_feeds: int
    rules: int
    entries: int
    alerts: int
    messages: dict[str, int] = Field(description="By state.")
