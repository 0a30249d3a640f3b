"""What a poll reads before it decides, and what it records."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from monitor.model import (
    History,
    Memory,
    PollOutcome,
    Pulse,
    Question,
    Report,
    StoredEntry,
    Told,
)


class Polls(Protocol):
    """Recall what is known, and record what a poll has changed."""

    def recall(
        self, feed_id: int, *, keys: Collection[bytes], story_keys: Collection[bytes], since: datetime
    ) -> Memory:
        """Say which identity keys the feed has shown, and when last; and which stories seen after `since` have keys."""
        ...

    def recall_near(self, *, stories: Collection[str], entries: Collection[str]) -> Memory:
        """Read stories and entries by their ids: `Memory.near` and `Memory.reports`."""
        ...

    def read_reports(self, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
        """Read the entries that joined stories, in the ledger's order: those behind the place `after`, None = all.

        Only entries seen since `since`; fewer than `limit` = there are no more by now.
        """
        ...

    def recall_entries(self, feed_id: int, *, ids: Collection[str], links: Collection[str]) -> tuple[StoredEntry, ...]:
        """Read a feed's entries that have one of these ids or canonical links, as they were stored."""
        ...

    def recall_histories(self, questions: Collection[Question]) -> Mapping[str, History]:
        """Say what rules have found before, by rule."""
        ...

    def recall_told(self, stories: Collection[str]) -> Mapping[str, Told]:
        """Say what has been told about these stories, by the alert's id."""
        ...

    def record(self, outcome: PollOutcome, now: datetime) -> None:
        """Write one poll, whole or not at all.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the feed.
            StoryConflictError: one of the new story keys belongs to another story by now.
            ConflictError: another poll has changed one of the tallies, or opened one of the breakers meanwhile.
        """
        ...

    def record_quiet(self, outcomes: Sequence[PollOutcome]) -> None:
        """Write polls that are quiet (see `PollOutcome.quiet`), each of another feed: all of them or none.

        Raises:
            LeaseLostError: one of the leases ran out and somebody else took the feed.
        """
        ...

    def watch_rules(self, rules: Collection[str], now: datetime) -> None:
        """Keep tallies of exactly these rules; those of new ones begin now, those of the others are kept."""
        ...

    def quiet_since(self, rules: Collection[str]) -> Mapping[str, datetime]:
        """Say since when these rules, if they are watched, have found nothing: the last hit, or the first watch."""
        ...

    def pulses(self, rules: Collection[str], feed: str, now: datetime) -> tuple[Pulse, ...]:
        """Say how many alerts these rules and this feed raise; those that raised none in 15 days have no pulse."""
        ...
