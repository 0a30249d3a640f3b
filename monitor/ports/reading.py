"""What people look at: pages of the state, for the console and its API. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.model import Alert, DeliveryState, Entry, Hold, Priority, Story
from monitor.ports.records import DeliveryRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFilter:
    """Which stories that were told; by default all of them."""

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
    place: ToldPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedMessage:
    """A message in the outbox, whatever became of it."""

    seq: int  # later ones are greater
    delivery: DeliveryRecord
    story_id: str  # "" = it is about no entry
    hold: Hold | None  # of one that is held


class Reader(Protocol):
    """Read the state beside whoever changes it.

    Pages are the newest first, at most `limit`, those behind the place `before`; a shorter one is the last.
    """

    def outbox(
        self, states: Collection[DeliveryState], *, channel: str = "", before: int | None, limit: int
    ) -> tuple[OwedMessage, ...]:
        """Read messages in these states, to one channel or to all."""
        ...

    def entry_counts(self, *, since: datetime, days: int) -> Mapping[str, tuple[int, ...]]:
        """Count the entries that each feed has brought on each of so many days from `since`, by the feed's name."""
        ...

    def told_stories(self, wanted: ToldFilter, *, before: ToldPlace | None, limit: int) -> tuple[ToldStory, ...]:
        """Read stories that were told, by their latest alert that is `wanted`."""
        ...
