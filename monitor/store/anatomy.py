"""What a store is made of: its engine, its size on disk, and whether the chores that keep it in order are done."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, select, text

from monitor.ports import EngineReport
from monitor.store.migrate import REVISION
from monitor.store.tables import chore

_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def engine_report(connection: Connection) -> EngineReport:
    """Say what the store is made of; see `Store.engine_report`."""
    dialect = connection.dialect
    version = ".".join(map(str, getattr(dialect, "server_version_info", None) or ()))
    chores = connection.execute(select(chore.c.name, chore.c.due).order_by(chore.c.name))
    shared = dialect.name == "postgresql"
    return EngineReport(
        engine=f"{_NAMES.get(dialect.name, dialect.name)} {version}".rstrip(),
        schema=REVISION,  # or it would not have been opened
        size=_server_size(connection) if shared else _file_size(connection),
        log_size=0 if shared else _log_size(connection),
        now=connection.scalar(select(func.statement_timestamp())) if shared else None,
        chores={row.name: row.due for row in chores},
    )


def _server_size(connection: Connection) -> int:
    return connection.scalar(text("SELECT pg_database_size(current_database())")) or 0


def _file_size(connection: Connection) -> int:
    pages, size = (connection.scalar(text(f"PRAGMA {name}")) or 0 for name in ("page_count", "page_size"))
    return int(pages * size)


def _log_size(connection: Connection) -> int:
    """Return how much stands in SQLite's log beside the file."""
    database = connection.engine.url.database or ":memory:"
    log = Path(f"{database}-wal")
    return log.stat().st_size if log.is_file() else 0
