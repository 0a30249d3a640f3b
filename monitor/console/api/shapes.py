"""What the API answers with, and takes: the nouns as programs see them. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from monitor.model import DeliveryState
from monitor.text.duration import parse_duration

PriorityName = Literal["low", "normal", "high", "urgent"]
Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Place = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,15}_[0-9a-f]{32})?$")]
MutePlace = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,15}_[0-9a-f]{1,32})?$")]
SearchPlace = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,15}_([0-9a-f]{32})?)?$")]
DurationText = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,2}[mhd]$", "examples": ["90m", "24h", "7d"]}),
]
Query = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Field(ge=1, le=200)]
StandingName = Literal["failing", "odd", "waiting", "paused", "well"]
StateName = Literal["waiting", "dead", "held", "sent", "skipped"]


def _truth(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


Truth = Annotated[bool, BeforeValidator(_truth)]


class Shape(BaseModel):
    """Anything that is sent or taken: no key but those named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# -- what is asked -----------------------------------------------------------------------------------------------------


class AlertsQuery(Shape):
    """Which alerts."""

    rule: Name = Field(default="", description="A rule's id.")
    channel: Name = ""
    source: Name = Field(default="", description="A feed's name.")
    priority: PriorityName | None = Field(default=None, description="At least this.")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    unacknowledged: Truth = False
    limit: Limit = 50
    before: Place = Field(default="", description="`next` of the page before.")


class SearchQuery(Shape):
    """Which stored entries."""

    q: Query = Field(description="A query as rules have it: words, phrases, AND, OR, NOT, NEAR/n, actor:.")
    source: Name = Field(default="", description="A feed's name, a tag or a host.")
    since: AwareDatetime | None = Field(default=None, description="30 days ago where it is left out.")
    until: AwareDatetime | None = None
    before: SearchPlace = Field(default="", description="`next` of the page before.")


class StoryQuery(Shape):
    """Which of a story's entries."""

    limit: Limit = 50
    after: Annotated[int, Field(ge=0, le=2**62)] | None = Field(default=None, description="`next` of the page before.")


class OutboxQuery(Shape):
    """Which messages."""

    state: StateName = "waiting"
    channel: Name = ""
    limit: Limit = 50
    before: Annotated[int, Field(ge=0, le=2**62)] | None = Field(default=None, description="`next` of the page before.")


class FeedsQuery(Shape):
    """Which feeds."""

    tag: Name = ""
    failing: Truth = False
    limit: Limit = 50
    after: Name = Field(default="", description="`next` of the page before.")


class RulesQuery(Shape):
    """Which rules."""

    limit: Limit = 50
    after: Name = Field(default="", description="`next` of the page before.")


class MutesQuery(Shape):
    """Which mutes."""

    past: Truth = Field(default=False, description="Those that are over, too.")
    limit: Limit = 50
    before: MutePlace = Field(default="", description="`next` of the page before.")


class Nothing(Shape):
    """Takes nothing."""


class PauseBody(Shape):
    """How long a feed is not polled."""

    duration: DurationText | None = Field(default=None, description="Such as `2h`; null = until it is resumed.")
    reason: Name = ""


class MuteBody(Shape):
    """What is muted: of what is given, all must fit."""

    story: Name = ""
    rule: Name = ""
    feed: Name = ""
    channel: Name = ""
    duration: DurationText
    reason: Name = ""
    tell: bool = Field(default=False, description="Tell at its end, in one message, what it held.")


class EndBody(Shape):
    """How a mute ends."""

    tell: bool = Field(default=False, description="Tell now, in one message, what it held.")


class ReplayBody(Shape):
    """What is sent again: one message, or all of a channel."""

    key: Name = ""
    channel: Name = ""


class JudgeBody(Shape):
    """Whether rules were right to fire."""

    relevant: bool
    rules: list[Name] = Field(default_factory=list, max_length=100, description="Only these; [] = all of the alert.")


# -- what is answered --------------------------------------------------------------------------------------------------


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
