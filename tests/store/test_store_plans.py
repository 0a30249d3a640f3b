"""What is done every second, idle or not, is done by index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from monitor.model import HoldKind, Priority
from monitor.store import SqlStore
from monitor.wall_clock import utc_now
from tests.store.builders import LEASE, NOW, owe
from tests.store.many import watch_many

FEEDS = 100_000
Statement = tuple[str, Any]


@contextmanager
def statements(store: SqlStore) -> Iterator[list[Statement]]:
    """Collect what is executed."""
    seen: list[Statement] = []

    def collect(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", collect)
    yield seen
    event.remove(store.engine, "before_cursor_execute", collect)


@pytest.fixture
def busy(url: str, opened: Callable[[str], SqlStore]) -> SqlStore:
    """A store with a long outbox, all of it sent but one."""
    store = opened(url)
    owe(store, *(f"{number:05}" for number in range(1_000)))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET state = 'sent' WHERE seq < (SELECT max(seq) FROM delivery)"))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if store.engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
    return store


def buffers(store: SqlStore, statement: Statement) -> int:
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement[0]}", statement[1])
        found = plan.scalar_one()
    root = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
    return int(root["Shared Hit Blocks"]) + int(root["Shared Read Blocks"])


def sqlite_plan(store: SqlStore, statement: Statement) -> list[str]:
    with store.engine.connect() as connection:
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1])]


def assert_by_index(store: SqlStore, statement: Statement, index: str) -> None:
    if store.engine.dialect.name == "postgresql":
        assert buffers(store, statement) < 10
    else:
        plan = sqlite_plan(store, statement)
        assert any(f"INDEX {index}" in step for step in plan), plan
        assert not any("USE TEMP B-TREE" in step for step in plan), plan


def test_an_idle_claim_of_feeds_reads_one_index(url: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(url)
    watch_many(store, FEEDS, since=NOW + timedelta(hours=1))
    with statements(store) as seen:
        assert store.claim_feeds(now=NOW, lease=LEASE, limit=50) == ()
        assert store.next_due() == NOW + timedelta(hours=1)
    claim, look = seen
    assert_by_index(store, claim, "feed_due")
    assert_by_index(store, look, "feed_due")


def test_whether_a_clock_was_ahead_is_read_of_one_index(url: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(url)
    watch_many(store, FEEDS, since=utc_now() + timedelta(hours=1))
    with statements(store) as seen:
        assert not store.was_ahead(NOW)
    *_, looked = seen
    assert_by_index(store, looked, "feed_due")


def test_pauses_are_looked_at_by_an_index_of_those_that_are_paused(url: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(url)
    watch_many(store, FEEDS // 10, since=NOW)
    with statements(store) as seen:
        assert store.end_pauses(NOW) == ()
    (looked,) = seen
    assert_by_index(store, looked, "feed_paused")


def test_the_next_delivery_is_found_behind_thousands_of_sent_ones(busy: SqlStore) -> None:
    with statements(busy) as seen:
        assert len(busy.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)) == 1
    (look,) = [statement for statement in seen if "coalesce" in statement[0]]
    assert_by_index(busy, look, "delivery_order")


def test_an_idle_claim_of_deliveries_is_one_statement(busy: SqlStore) -> None:
    with statements(busy) as seen:
        assert busy.claim_deliveries(["nobody", "none"], now=NOW, lease=LEASE, limit=1) == ()
    assert len(seen) == 1


def test_what_was_told_just_now_is_found_by_index(busy: SqlStore) -> None:
    """That is asked every second while somebody watches."""
    with statements(busy) as seen:
        assert busy.told_since(NOW + LEASE, limit=9) == ()
    (look,) = seen
    assert_by_index(busy, look, "alert_created_at")


def test_what_a_mute_holds_is_not_read_to_find_what_else_is_held(busy: SqlStore) -> None:
    with busy.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET state = 'held', hold_kind = 'mute', hold_by = 'm1'"))
    if busy.engine.dialect.name == "postgresql":
        with busy.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    with statements(busy) as seen:
        assert busy.held_deliveries(channel="desk", kind=HoldKind.QUIET, over=NOW) == ()
        assert busy.held_deliveries(channel="desk", kind=HoldKind.QUIET, at_least=Priority.URGENT) == ()
        assert busy.held_back(["b1"]) == ()
    for asked in seen:
        if busy.engine.dialect.name == "postgresql":
            assert buffers(busy, asked) < 20
        else:
            assert any("delivery_held (state=? AND hold_kind=?" in step for step in sqlite_plan(busy, asked))


def test_a_poll_costs_the_same_statements_for_many_entries(url: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(url)
    counts = []
    for size in (1, 200):
        with statements(store) as seen:
            owe(store, *(f"{size} {number}" for number in range(size)))
        counts.append(len([statement for statement in seen if statement[0].startswith("INSERT")]))
    assert counts[0] == counts[1]
