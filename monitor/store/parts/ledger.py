"""What is kept to look back, in a SQL database, a transaction a method."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from monitor.model import (
    Alert,
    Entry,
    Wanted,
)
from monitor.ports import (
    Cursor,
    DeliveryRecord,
    EntryRecord,
    HitRecord,
    RuleStats,
    Sighting,
)
from monitor.store import (
    hits,
    ledger,
    search,
    words,
)
from monitor.store.parts.transactions import Transactions


class SqlLedger(Transactions):
    """Find and read what came, and what became of it."""

    def find_entries(self, prefix: str) -> tuple[str, ...]:
        """Find entries by an id or key; see `Store.find_entries`."""
        with self._reading() as connection:
            return ledger.find_entries(connection, prefix)

    def find_stories(self, prefix: str) -> tuple[str, ...]:
        """Find stories by an id; see `Store.find_stories`."""
        with self._reading() as connection:
            return ledger.find_stories(connection, prefix)

    def find_alerts(self, prefix: str) -> tuple[Alert, ...]:
        """Find alerts by an id or key; see `Store.find_alerts`."""
        with self._reading() as connection:
            return ledger.find_alerts(connection, prefix)

    def find_link(self, canonical_url: str) -> tuple[str, ...]:
        """Find entries by their link; see `Store.find_link`."""
        with self._reading() as connection:
            return ledger.find_link(connection, canonical_url)

    def find_sightings(self, keys: Collection[bytes]) -> tuple[Sighting, ...]:
        """Say which feeds have shown a key; see `Store.find_sightings`."""
        with self._reading() as connection:
            return ledger.find_sightings(connection, keys)

    def find_announcements(self, prefix: str) -> tuple[DeliveryRecord, ...]:
        """Find deliveries that are about no entry; see `Store.find_announcements`."""
        with self._reading() as connection:
            return ledger.find_announcements(connection, prefix)

    def latest_deliveries(self, *, channel: str | None, edits: bool, limit: int) -> tuple[DeliveryRecord, ...]:
        """Read what was owed last; see `Store.latest_deliveries`."""
        with self._reading() as connection:
            return ledger.latest_deliveries(connection, channel=channel, edits=edits, limit=limit)

    def entry_record(self, entry_id: str) -> EntryRecord | None:
        """Read everything known of one entry; see `Store.entry_record`."""
        with self._reading() as connection:
            return ledger.entry_record(connection, entry_id)

    def read_entries(
        self, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[Entry, ...], Cursor | None]:
        """Read one page of entries; see `Store.read_entries`."""
        with self._reading() as connection:
            return ledger.read_entries(connection, since=since, after=after, limit=limit)

    def count_entries(self, since: datetime) -> int:
        """Count entries; see `Store.count_entries`."""
        with self._reading() as connection:
            return ledger.count_entries(connection, since)

    def find_wanted(
        self, wanted: Wanted | None, *, since: datetime, before: Cursor | None, limit: int
    ) -> tuple[Cursor, ...]:
        """Find the places of entries in which words may stand; see `Store.find_wanted`."""
        with self._reading() as connection:
            return search.find_wanted(connection, wanted, since=since, before=before, limit=limit)

    def index_words(self, limit: int) -> int:
        """Index the words of entries that are not yet; see `Store.index_words`."""
        with self._writing() as connection:
            return words.index_words(connection, limit)

    def read_hits(
        self, rule: str, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[HitRecord, ...], Cursor | None]:
        """Read one page of what a rule has found; see `Store.read_hits`."""
        with self._reading() as connection:
            return search.read_hits(connection, rule, since=since, after=after, limit=limit)

    def rule_stats(
        self, now: datetime, *, rules: Collection[str] | None = None, noisiest: bool = True
    ) -> Mapping[str, RuleStats]:
        """Count the hits of rules; see `Store.rule_stats`."""
        with self._reading() as connection:
            return hits.rule_stats(connection, now, rules=rules, noisiest=noisiest)
