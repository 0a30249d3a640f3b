"""Empty SQLite stores, copied from one: making the tables of each anew would cost most tests more than their own work.

That `open_store` makes them, and out of every older state, is shown with the store and by every command that is run.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from monitor.store import SqlStore, open_store
from monitor.store.engine import connect


def open_in_memory() -> SqlStore:
    """Open a store in memory, with all tables and no rows."""
    engine, where = connect("sqlite://")
    store = SqlStore(engine, where)
    _driver(_template()).backup(_driver(store))
    return store


def lay_empty(file: Path) -> None:
    """Write a store with all tables and no rows where there is none, as private as `open_store` makes it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(_content())


@functools.cache
def _template() -> SqlStore:
    return open_store("sqlite://")


@functools.cache
def _content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "monitor.db"
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


def _driver(store: SqlStore) -> Any:
    """Return the one connection of a store, as `sqlite3` made it."""
    with store.engine.connect() as connection:
        return connection.connection.driver_connection
