"""What is kept to look back: entries, what was decided about them, what rules have found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from monitor.model import (
    Alert,
    Entry,
    Wanted,
)
from monitor.ports.records import (
    Cursor,
    DeliveryRecord,
    EntryRecord,
    HitRecord,
    RuleStats,
    Sighting,
)


class Ledger(Protocol):
    """Find and read what came, and what became of it."""

    def find_entries(self, prefix: str) -> tuple[str, ...]:
        """Find entries by the beginning of their id; else of an alert's id; else of a delivery's key. At most 20."""
        ...

    def find_stories(self, prefix: str) -> tuple[str, ...]:
        """Find stories by the beginning of their id. At most 20."""
        ...

    def find_alerts(self, prefix: str) -> tuple[Alert, ...]:
        """Find alerts by the beginning of their id; else of the key of a message about them. At most 20."""
        ...

    def find_link(self, canonical_url: str) -> tuple[str, ...]:
        """Find the entries that have this link, the first seen first. At most 20."""
        ...

    def find_sightings(self, keys: Collection[bytes]) -> tuple[Sighting, ...]:
        """Say which feeds have shown one of these identity keys, by name."""
        ...

    def find_announcements(self, prefix: str) -> tuple[DeliveryRecord, ...]:
        """Find deliveries that are about no entry by the beginning of their key. At most 20."""
        ...

    def latest_deliveries(self, *, channel: str | None, edits: bool, limit: int) -> tuple[DeliveryRecord, ...]:
        """Read what was owed last, the newest first: to one channel, or to all; edits only where they are asked for."""
        ...

    def entry_record(self, entry_id: str) -> EntryRecord | None:
        """Read everything known of one entry; None = it is not stored."""
        ...

    def read_entries(
        self, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[Entry, ...], Cursor | None]:
        """Read one page of entries, without their keys, in the order in which they were seen, and where to go on."""
        ...

    def count_entries(self, since: datetime) -> int:
        """Count the entries seen since then."""
        ...

    def find_wanted(
        self, wanted: Wanted | None, *, since: datetime, before: Cursor | None, limit: int
    ) -> tuple[Cursor, ...]:
        """Find the places of entries seen since then in which these words may stand, the newest first; None = any.

        All in which they stand are among them, indexed or not; those behind the place `before`. Fewer than `limit` =
        there are no more.
        """
        ...

    def index_words(self, limit: int) -> int:
        """Index the words of entries that are not yet, the newest first; return how many."""
        ...

    def read_hits(
        self, rule: str, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[HitRecord, ...], Cursor | None]:
        """Read one page of what a rule has found and is stored, in the order of finding, and where to go on."""
        ...

    def rule_stats(
        self, now: datetime, *, rules: Collection[str] | None = None, noisiest: bool = True
    ) -> Mapping[str, RuleStats]:
        """Count the hits of every rule that ever had one, or of some `rules`, by rule; reads every hit of those.

        The noisiest name is looked for only where it is asked for.
        """
        ...
