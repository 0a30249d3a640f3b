"""Very many feeds, made by the database itself: the store would take a minute for a million."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from monitor.model import Feed
from monitor.store import SqlStore

_ALIKE = "name, active, token, strikes, etag, last_modified, body_hash, failures, detail, blocks, notes, host"
_MORE = {
    "postgresql": (
        "INSERT INTO feed (url, due, {alike}) SELECT feed.url || n, feed.due + make_interval(secs => n * 0.01), {alike} "
        "FROM feed, generate_series(2, {size}) AS n"
    ),
    "sqlite": (
        "WITH RECURSIVE c(n) AS (VALUES(2) UNION ALL SELECT n + 1 FROM c WHERE n < {size}) "
        "INSERT INTO feed (url, due, {alike}) SELECT feed.url || n, "
        "strftime('%Y-%m-%dT%H:%M:%f000+00:00', feed.due, '+' || (n * 0.01) || ' seconds'), {alike} FROM feed, c"
    ),
}


def watch_many(store: SqlStore, size: int, *, since: datetime) -> None:
    """Watch so many feeds of one host, due every hundredth of a second from then on; the store had none."""
    store.sync_feeds([Feed(name="many", url="https://many.example/")], since)
    with store.engine.begin() as connection:
        connection.exec_driver_sql(_MORE[store.engine.dialect.name].format(alike=_ALIKE, size=int(size)))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if store.engine.dialect.name == "postgresql" else "ANALYZE"))
