"""Open a connection to SQLite or PostgreSQL that behaves the same: real transactions, UTC, nothing secret in errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.sql.schema import Table

from monitor.errors import StoreUnavailableError, UserError

S = TypeVar("S")

_SQLITE_FILE = "sqlite:///"
_CONNECTION = {  # https://www.postgresql.org/docs/current/libpq-connect.html; the URL may say otherwise
    "connect_timeout": 10,
    "fallback_application_name": "media-monitor",
    # a server that vanishes without a word, as in a failover, is missed within a minute
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 45_000,  # milliseconds
}
_STOPPED = 30  # seconds until the server ends the transaction of a program that has stopped, and with it its locks
_ASKED_AT_ONCE = 5_000  # keys a statement: engines take some 32,000 parameters
_LOCK_WAIT = 5  # seconds for another process's transaction to end


def state_file(url: str, *, folder: Path | None = None) -> Path | None:
    """Return the file of an SQLite URL, a relative one taken from `folder`; None where the state is in no file."""
    path = url.removeprefix(_SQLITE_FILE)
    if not url.startswith(_SQLITE_FILE) or path in ("", ":memory:"):
        return None
    return (folder or Path()) / path


def connect(url: str, *, folder: Path | None = None) -> tuple[Engine, str]:
    """Return an engine for a `store:` URL, and its name for messages, without user and password.

    One connection is kept: the store is used by one thread at a time.

    Raises:
        UserError: no store of this kind is known, or its driver is not installed.
        StoreUnavailableError: the folder of the SQLite file cannot be made.
    """
    if url.startswith("sqlite:"):
        return _sqlite_engine(state_file(url, folder=folder))
    if url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        return _postgres_engine(url)
    raise UserError("this store is of no known kind: write `sqlite:///var/monitor.db` or `postgresql://…`")


def _sqlite_engine(file: Path | None) -> tuple[Engine, str]:
    if file is not None:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not file.exists():
                file.touch(
                    mode=0o600
                )  # articles and feed URLs are nobody else's business; the log takes the file's mode
        except OSError as error:
            raise StoreUnavailableError(f"{file} cannot be made or opened: {error.strerror}") from error
    engine = create_engine(
        URL.create("sqlite", database=str(file) if file else ":memory:"),
        poolclass=StaticPool,
        # the driver begins no transactions of its own: `_begin` does
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": _LOCK_WAIT},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine, str(file) if file else "in memory"


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")  # `monitor status` reads while the daemon writes


def _begin(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later could not wait for it."""
    options = connection.get_execution_options()
    reads = options.get("reads", False)
    level = "NORMAL" if options.get("forgettable", False) else "FULL"
    if connection.info.get("synchronous") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
        connection.info["synchronous"] = level
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _postgres_engine(url: str) -> tuple[Engine, str]:
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
        engine = create_engine(
            address,
            pool_size=1,
            max_overflow=0,
            paramstyle="format",  # values by their places, as on SQLite: see `monitor.store.prepared`
            connect_args={name: value for name, value in _CONNECTION.items() if name not in address.query},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _set_patience)
    except (ArgumentError, ValueError):
        raise UserError("this is no URL of a PostgreSQL store: write `postgresql://user@host:5432/database`") from None
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise UserError("the PostgreSQL driver is missing: pip install 'media-monitor[postgres]'") from error
    named = address.host or address.query.get("host") or "localhost"
    host = named if isinstance(named, str) else ",".join(named)  # several: the first that serves is taken
    return engine, f"postgresql://{host}{f':{address.port}' if address.port else ''}/{address.database or ''}"


def _set_patience(connection: Any, _record: object) -> None:
    """Let no node that is stopped or cut off in a transaction keep the others waiting for as long as that lasts."""
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_STOPPED}s'")
    connection.commit()


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that writes; it commits at the end of the block, or leaves nothing behind.

    A commit survives the power supply, but for one on an engine that is `forgetful`.
    """
    return engine.begin()


def forgetful(engine: Engine) -> Engine:
    """Return an engine whose commits may be forgotten with the power supply, together with none that came after them.

    That is for what says only when a feed is asked next: then it is asked once more. On SQLite it saves waiting for
    the disk; nothing else changes, as its log is written in order.
    """
    return engine.execution_options(forgettable=True)


def reading(engine: Engine) -> AbstractContextManager[Connection]:
    """Begin a transaction that only reads: it waits for nobody."""
    return engine.execution_options(reads=True).begin()


def insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Begin an INSERT that may say ON CONFLICT: both engines have it in the same words, SQLAlchemy in two classes."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def built_once(build: Callable[[Connection], S]) -> Callable[[Connection], S]:
    """Have a statement built once an engine: SQLAlchemy takes longer to build one than SQLite to carry it out."""
    built: dict[str, S] = {}

    @wraps(build)
    def statement(connection: Connection) -> S:
        name = connection.dialect.name
        if name not in built:
            built[name] = build(connection)
        return built[name]

    return statement


def portions(keys: Collection[Any]) -> Iterator[list[Any]]:
    """Cut what is asked for into pieces that one statement can take, in order."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), _ASKED_AT_ONCE):
        yield ordered[start : start + _ASKED_AT_ONCE]
