"""What a store says of its engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.store import SqlStore
from monitor.store.migrate import REVISION


def test_a_store_says_what_it_is_made_of(store: SqlStore) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    lease = store.claim_chore("prune", now=now, lease=timedelta(minutes=1))
    assert lease is not None
    store.finish_chore(lease, now + timedelta(days=1))
    report = store.engine_report()
    name, version = report.engine.split(" ")
    assert (name, int(version.split(".")[0]) >= 3) == ("PostgreSQL" if store.shared else "SQLite", True)
    assert (report.schema, report.chores) == (REVISION, {"prune": now + timedelta(days=1)})
    assert report.size > 100_000
    assert (report.now is not None) == store.shared
    assert report.log_size >= 0
