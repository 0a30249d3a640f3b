"""What polls recall and record in a SQL database, a transaction a method."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

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
from monitor.store import feeds as feed_queue
from monitor.store import (
    hits,
    ledger,
    polls,
    pulses,
)
from monitor.store.parts.transactions import Transactions


class SqlPolls(Transactions):
    """Recall what is known, and record what a poll has changed."""

    def recall(
        self, feed_id: int, *, keys: Collection[bytes], story_keys: Collection[bytes], since: datetime
    ) -> Memory:
        """Say what is known of these keys; see `Store.recall`."""
        with self._reading() as connection:
            return polls.recall(connection, feed_id, keys=keys, story_keys=story_keys, since=since)

    def recall_near(self, *, stories: Collection[str], entries: Collection[str]) -> Memory:
        """Read stories and entries by their ids; see `Store.recall_near`."""
        with self._reading() as connection:
            return Memory(near=polls.load_stories(connection, stories), reports=ledger.read_by_id(connection, entries))

    def read_reports(self, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
        """Read the entries that joined stories, in the ledger's order; see `Store.read_reports`."""
        with self._reading() as connection:
            return ledger.read_reports(connection, since=since, after=after, limit=limit)

    def recall_entries(self, feed_id: int, *, ids: Collection[str], links: Collection[str]) -> tuple[StoredEntry, ...]:
        """Read a feed's entries; see `Store.recall_entries`."""
        with self._reading() as connection:
            return ledger.recall_entries(connection, feed_id, ids=ids, links=links)

    def recall_histories(self, questions: Collection[Question]) -> Mapping[str, History]:
        """Say what rules have found before; see `Store.recall_histories`."""
        with self._reading() as connection:
            return hits.recall_histories(connection, questions)

    def recall_told(self, stories: Collection[str]) -> Mapping[str, Told]:
        """Say what has been told about these stories; see `Store.recall_told`."""
        with self._reading() as connection:
            return polls.recall_told(connection, stories)

    def record(self, outcome: PollOutcome, now: datetime) -> None:
        """Write one poll, whole or not at all; see `Store.record`."""
        with self._writing() as connection:
            polls.record(connection, outcome, now)

    def record_quiet(self, outcomes: Sequence[PollOutcome]) -> None:
        """Write polls that changed nothing but their feeds, all or none; see `Store.record_quiet`."""
        with self._writing(lasting=False) as connection:  # a poll that brought nothing is made once more
            feed_queue.finish_polls(connection, outcomes)

    def watch_rules(self, rules: Collection[str], now: datetime) -> None:
        """Keep tallies of exactly these rules; see `Store.watch_rules`."""
        with self._writing() as connection:
            hits.watch_rules(connection, rules, now)

    def quiet_since(self, rules: Collection[str]) -> Mapping[str, datetime]:
        """Say since when rules have found nothing; see `Store.quiet_since`."""
        with self._reading() as connection:
            return hits.quiet_since(connection, rules)

    def pulses(self, rules: Collection[str], feed: str, now: datetime) -> tuple[Pulse, ...]:
        """Say how many alerts rules and a feed raise; see `Store.pulses`."""
        with self._reading() as connection:
            return pulses.read_pulses(connection, rules, feed, now)
