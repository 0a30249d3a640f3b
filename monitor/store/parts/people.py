"""What people do, in a SQL database, a transaction a method."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from monitor.model import (
    Action,
    Alert,
    Breaker,
    Feedback,
    Mute,
)
from monitor.store import (
    people,
)
from monitor.store.parts.transactions import Transactions


class SqlPeople(Transactions):
    """Keep what people have said and done."""

    def add_mute(self, mute: Mute, action: Action) -> None:
        """Begin a mute; see `Store.add_mute`."""
        with self._writing() as connection:
            people.add_mute(connection, mute, action)

    def end_mute(self, mute_id: str, action: Action, *, tell: bool = False) -> bool:
        """End a mute before its time; see `Store.end_mute`."""
        with self._writing() as connection:
            return people.end_mute(connection, mute_id, action, tell=tell)

    def mutes(self, *, at: datetime | None = None) -> tuple[Mute, ...]:
        """Read mutes; see `Store.mutes`."""
        with self._reading() as connection:
            return people.read_mutes(connection, at=at)

    def secret(self, name: str) -> bytes:
        """Return random bytes that are kept; see `Store.secret`."""
        with self._writing() as connection:
            return people.keep_secret(connection, name, secrets.token_bytes(32))

    def close_breaker(self, breaker_id: str, ending: str, action: Action) -> bool:
        """Close a breaker; see `Store.close_breaker`."""
        with self._writing() as connection:
            return people.close_breaker(connection, breaker_id, ending, action)

    def breakers(self, *, all_of_them: bool = False) -> tuple[Breaker, ...]:
        """Read breakers; see `Store.breakers`."""
        with self._reading() as connection:
            return people.read_breakers(connection, all_of_them=all_of_them)

    def alert(self, alert_id: str) -> Alert | None:
        """Read one alert; see `Store.alert`."""
        with self._reading() as connection:
            return people.read_alert(connection, alert_id)

    def acknowledge(self, alert_id: str, action: Action) -> bool:
        """Note who takes care of an alert; see `Store.acknowledge`."""
        with self._writing() as connection:
            return people.acknowledge(connection, alert_id, action)

    def add_feedback(self, feedback: Collection[Feedback], action: Action) -> None:
        """Note what somebody thinks of an alert; see `Store.add_feedback`."""
        with self._writing() as connection:
            people.add_feedback(connection, feedback, action)

    def feedback(self, *, since: datetime) -> tuple[Feedback, ...]:
        """Read what people think; see `Store.feedback`."""
        with self._reading() as connection:
            return people.read_feedback(connection, since=since)

    def note_action(self, action: Action) -> None:
        """Note what somebody did; see `Store.note_action`."""
        with self._writing() as connection:
            people.add_action(connection, action)

    def actions(self, *, subjects: Collection[str] = (), limit: int = 100) -> tuple[Action, ...]:
        """Read what people did; see `Store.actions`."""
        with self._reading() as connection:
            return people.read_actions(connection, subjects=subjects, limit=limit)
