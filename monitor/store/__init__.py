"""Keep all state in one SQL database: SQLite for one process, PostgreSQL for many, the same statements on both.

The life of the two leased things, a feed and a destination (one channel's lane of deliveries), is the same:

    due -> claimed (due = when the lease runs out, token + 1) -> finished under that token (due = next, token + 1)

A worker that dies leaves a row that becomes due again; one that comes back late finds another token and writes nothing.
"""

from monitor.store.lock import StateLock, lock_state
from monitor.store.sql_store import SqlStore, open_store, state_file

__all__ = ["SqlStore", "StateLock", "lock_state", "open_store", "state_file"]
