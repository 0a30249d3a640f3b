"""Begin transactions on the one connection of a store, and say in one line why that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from monitor.errors import StoreUnavailableError
from monitor.store.engine import forgetful, reading, writing
from monitor.store.failures import unavailable_as_store_error


class Transactions:
    """Begin transactions; use it from one thread at a time."""

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self._forgetful = forgetful(engine)
        self.where = where  # for messages: file, or host and database
        self.shared = engine.dialect.name == "postgresql"  # a SQLite file is one daemon's: see `monitor.store.lock`

    @contextmanager
    def _writing(self, *, lasting: bool = True) -> Iterator[Connection]:
        engine = self.engine if lasting else self._forgetful
        with self._available(), writing(engine) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._available(), reading(self.engine) as connection:
            yield connection

    @contextmanager
    def _available(self) -> Iterator[None]:
        """Wrap failures; after one, connect anew: a server that still answers may be a standby by now."""
        try:
            with unavailable_as_store_error(self.where):
                yield
        except StoreUnavailableError:
            if self.shared:
                self.engine.dispose()
            raise
