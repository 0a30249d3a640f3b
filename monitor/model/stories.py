"""Stories, alerts about them, and what is remembered of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from monitor.model.feeds import Entry
from monitor.model.messages import Message
from monitor.model.rules import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Entries about one event."""

    id: str  # 32 hex digits: the id of its first entry
    first_at: datetime
    last_at: datetime
    entries: int
    sources: tuple[str, ...]  # feed names, in order of appearance
    told: frozenset[str] = frozenset()  # channels that have an alert about it
    version: int = 0  # as the store counts its changes, 0 = not stored yet; carried along unchanged


class Joining(StrEnum):
    """How an entry came to its story: what decides whether anybody hears of it again (`monitor.decide.draft`)."""

    NEW_STORY = "new-story"  # nothing like it was known: an alert
    SAME_TEXT = "same-text"  # a reprint, a copy, a moved address: counted
    NEW_REPORT = "new-report"  # the same event in other words, or more of it: a reply
    UPDATE = "update"  # the same event, and something that was told differs: a reply that says what


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as the store has it, and what is known of it."""

    entry: Entry  # without its keys
    rules: frozenset[str] = frozenset()  # that have matched it so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An entry that tells a story, as the ledger has it."""

    place: int  # in the ledger; later ones are greater
    entry: Entry  # without its keys
    story_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the store remembers that bears on one page."""

    known: Mapping[bytes, date] = field(default_factory=dict)  # identity keys shown before, and the day of last sight
    stored: tuple[StoredEntry, ...] = ()  # that entries of the page may be: see `Store.recall_entries`
    stories: Mapping[bytes, Story] = field(default_factory=dict)  # by story key
    near: Mapping[str, Story] = field(default_factory=dict)  # by id: of those that were asked for
    reports: Mapping[str, Entry] = field(default_factory=dict)  # by id: what was told of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story worth telling in one channel; unique by (story, channel)."""

    id: str  # 32 hex digits, made of story and channel
    story_id: str
    entry_id: str
    channel: str
    rules: tuple[str, ...]
    priority: Priority
    created_at: datetime
    digest: str = ""  # key of the digest that tells it, "" = a message of its own does
    acknowledged_at: datetime | None = None  # somebody takes care of it
    acknowledged_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a channel has heard of a story, or is about to hear."""

    alert: Alert
    message: Message | None  # as it stands there after all edits; None = it cannot be changed: a digest tells it
