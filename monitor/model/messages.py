"""What is shown: messages, ready for any channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.model.rules import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A piece of an entry's text with the hits marked: `marks` are (start, end) offsets into `text`, in order."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one rule fired: the rule, and each name watched for with the spellings found, e.g. ("shoygu", ("Шойгу",))."""

    rule: str  # id
    title: str
    found: tuple[tuple[str, tuple[str, ...]], ...]
    note: str = ""  # what made it worth telling beyond one match


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How widely a story is reported so far."""

    sources: int
    entries: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """Who takes care of an alert, and since when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert, ready to be shown by any channel; frozen in the outbox, so a later reload changes nothing owed."""

    title: Excerpt
    url: str  # http(s) or ""
    feed: str
    published: datetime | None
    seen_at: datetime
    language: str
    priority: Priority
    reasons: tuple[Reason, ...]
    excerpts: tuple[Excerpt, ...]  # sentences with hits, from summary and body
    note: str = ""  # of a reply: why the story is told again, e.g. "later report", "update: kills 10 -> kills 50"
    broadcast: bool = False  # of a reply: for the whole channel, not only for those who follow the story
    coverage: Coverage | None = None  # None = one report so far
    reach: int = 0  # independent sources at which the whole channel was told how widely it is reported, 0 = it was not
    acknowledged: Acknowledged | None = None  # as the alert says when it is sent: it is not frozen with the rest
    zone: str = "UTC"  # IANA name: in which its times are told, as its channel says when it is sent
    breaker: str = ""  # id of the open breaker that it tells of: a person is to decide about what is held


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Many alerts in one message."""

    title: Excerpt  # e.g. "23 alerts of Sergei Shoygu"; without marks
    reason: str  # why they are told together, e.g. "more than 20 alerts of one rule in one poll"
    priority: Priority  # the highest of all its alerts
    items: tuple[Message, ...]  # the first of them, by priority and size, each with one excerpt at most
    count: int  # of all its alerts, those that are not among `items` too
