"""The `Store` of the house, on a SQL database: each method is one transaction."""

from __future__ import annotations

from pathlib import Path

from monitor.errors import NotFoundError, StoreUnavailableError
from monitor.store.engine import connect, state_file
from monitor.store.failures import unavailable_as_store_error
from monitor.store.migrate import migrate, require_current
from monitor.store.parts.feeds import SqlFeeds
from monitor.store.parts.ledger import SqlLedger
from monitor.store.parts.outbox import SqlOutbox
from monitor.store.parts.people import SqlPeople
from monitor.store.parts.polls import SqlPolls
from monitor.store.parts.reading import SqlReader
from monitor.store.parts.upkeep import SqlUpkeep

__all__ = ["SqlStore", "open_existing_store", "open_store", "state_file"]


def open_store(url: str, *, folder: Path | None = None) -> SqlStore:
    """Open the store that a `store:` URL names, and bring its tables up to date.

    A relative SQLite path is taken from `folder`, or else from the working folder.

    Raises:
        UserError: the URL names no store, or a database that a newer version of the program has written.
        StoreUnavailableError: it cannot be read or written now.
    """
    engine, where = connect(url, folder=folder)
    try:
        with unavailable_as_store_error(where):
            migrate(engine, where, file=state_file(url, folder=folder))
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, where)


def open_existing_store(url: str, *, folder: Path | None = None) -> SqlStore:
    """Open a store beside the daemon that works on it: nothing is created, nothing migrated.

    Raises:
        NotFoundError: no daemon has ever used it.
        UserError: the URL names no store, or its tables are those of another version.
        StoreUnavailableError: it cannot be read now.
    """
    file = state_file(url, folder=folder)
    if file is not None and not _is_file(file):
        raise NotFoundError(f"there is no state in {file} yet: `monitor run` makes it")
    engine, where = connect(url, folder=folder)
    try:
        with unavailable_as_store_error(where):
            require_current(engine, where)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, where)


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:  # its folder may not be entered
        raise StoreUnavailableError(f"{file} cannot be opened: {error.strerror}") from error


class SqlStore(SqlFeeds, SqlPolls, SqlOutbox, SqlPeople, SqlLedger, SqlReader, SqlUpkeep):
    """Keep all state in SQLite or PostgreSQL; use it from one thread at a time."""
