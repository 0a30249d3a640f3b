"""Tell a database that cannot serve now from a mistake in this program, and say it in one line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from monitor.errors import StoreUnavailableError

# https://www.sqlite.org/rescode.html: what is wrong, and what to do; the primary code is the low byte
_SQLITE = {
    sqlite3.SQLITE_PERM: "may not be opened: check the owner of the file and its folder",
    sqlite3.SQLITE_BUSY: "is locked by another program: stop what holds it open (a backup, a database browser)",
    sqlite3.SQLITE_LOCKED: "is locked by another program: stop what holds it open (a backup, a database browser)",
    sqlite3.SQLITE_READONLY: "is read-only: check the owner and mode of the file and its folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written: check the disk",
    sqlite3.SQLITE_CORRUPT: "is damaged: restore a backup",
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full: make room",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check the owner and mode of the file and its folder",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database: name another file",
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html: codes, or classes by their first two characters
_POSTGRES = {
    "08": "lost the connection: it is tried again",
    "25006": "is read-only: is it a standby? Name the primary",
    "25P03": "waited too long for this program to go on: it is tried again",
    "40": "was too busy with the same rows: it is tried again",
    "53100": "cannot grow, its disk is full: make room",
    "53": "is out of resources: check its memory and `max_connections`",
    "55P03": "is locked by another program",
    "57": "is shutting down or stopped the statement: it is tried again",
    "58": "has trouble with its disk: see its log",
}
_UNREACHABLE = "cannot be reached: check that the server runs, and the URL of the store"


@contextmanager
def unavailable_as_store_error(where: str) -> Iterator[None]:
    """Turn a full disk, a read-only or locked file, a server that is gone into one line about `where`.

    Raises:
        StoreUnavailableError: as said. Whatever else goes wrong is a mistake in this program and goes on as it is.
    """
    try:
        yield
    except DBAPIError as error:
        failure = _failure(error)
        if failure is None:
            raise
        raise StoreUnavailableError(f"the store {where} {failure}") from error


def _failure(error: DBAPIError) -> str | None:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", -1) & 0xFF)
    code = getattr(cause, "sqlstate", None) or ""
    if code:
        return _POSTGRES.get(code) or _POSTGRES.get(code[:2])
    if error.connection_invalidated or isinstance(error, OperationalError):
        lines = str(cause).strip().splitlines()
        return f"{_UNREACHABLE} ({lines[-1].strip()})" if lines else _UNREACHABLE
    return None
