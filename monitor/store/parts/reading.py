"""What people look at, in a SQL database, a transaction a method."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from monitor.model import DeliveryState
from monitor.ports import OwedMessage, ToldFilter, ToldPlace, ToldStory
from monitor.store import told
from monitor.store.parts.transactions import Transactions


class SqlReader(Transactions):
    """Read the state beside whoever changes it."""

    def outbox(
        self, states: Collection[DeliveryState], *, channel: str = "", before: int | None, limit: int
    ) -> tuple[OwedMessage, ...]:
        """Read messages in these states; see `Reader.outbox`."""
        with self._reading() as connection:
            return told.outbox(connection, states, channel=channel, before=before, limit=limit)

    def entry_counts(self, *, since: datetime, days: int) -> Mapping[str, tuple[int, ...]]:
        """Count the entries of each feed, by day; see `Reader.entry_counts`."""
        with self._reading() as connection:
            return told.entry_counts(connection, since=since, days=days)

    def told_stories(self, wanted: ToldFilter, *, before: ToldPlace | None, limit: int) -> tuple[ToldStory, ...]:
        """Read stories that were told; see `Reader.told_stories`."""
        with self._reading() as connection:
            return told.told_stories(connection, wanted, before=before, limit=limit)
