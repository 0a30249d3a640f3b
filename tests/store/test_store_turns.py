"""Turns of hosts, on every engine: one request at a time among all daemons, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from monitor.store import SqlStore
from tests.store.builders import NOW, SECOND

SPACING = timedelta(seconds=5)


def test_a_host_is_asked_by_one_daemon_at_a_time(url: str, opened: Callable[[str], SqlStore]) -> None:
    one, other = opened(url), opened(url)
    assert one.take_turns(["a.example", "b.example"], now=NOW, spacing=SPACING) == {}
    assert other.take_turns(["a.example", "c.example"], now=NOW, spacing=SPACING) == {"a.example": NOW + SPACING}
    assert other.take_turns(["a.example"], now=NOW + SPACING, spacing=SPACING) == {}
    assert one.take_turns([], now=NOW, spacing=SPACING) == {}


def test_those_who_wait_come_back_one_by_one_and_each_begins(store: SqlStore) -> None:
    waits = [store.take_turns(["a.example"], now=NOW, spacing=SPACING).get("a.example", NOW) for _ in range(5)]
    assert len(set(waits)) == 5
    for turn in waits[1:]:
        assert store.take_turns(["a.example"], now=turn + SECOND, spacing=SPACING) == {}


def test_hosts_that_nobody_asks_are_forgotten(store: SqlStore) -> None:
    store.take_turns(["a.example"], now=NOW, spacing=SPACING)
    store.sync_feeds([], NOW + timedelta(hours=23))
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM host")) == 1
    store.sync_feeds([], NOW + timedelta(hours=25))
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM host")) == 0


def test_a_host_that_is_being_asked_is_not_waited_for(fresh_database: str, opened: Callable[[str], SqlStore]) -> None:
    """Who forgets hosts would else lock them in an order of his own, and two that wait for each other end by an error."""
    asking, other = opened(fresh_database), opened(f"{fresh_database}&options=-c%20lock_timeout%3D2000")
    asking.take_turns(["a.example", "b.example"], now=NOW, spacing=SPACING)
    with asking.engine.begin() as connection:
        connection.execute(text("SELECT name FROM host WHERE name = 'a.example' FOR UPDATE"))
        other.sync_feeds([], NOW + timedelta(hours=25))
        assert connection.scalars(text("SELECT name FROM host")).all() == ["a.example"]
