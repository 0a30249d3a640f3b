"""Full disk, locked or damaged file, server gone: one clear line, nothing written, and the next call works."""

from __future__ import annotations

import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from monitor.errors import StoreUnavailableError
from monitor.store import SqlStore, open_store
from monitor.store.failures import unavailable_as_store_error
from monitor.store.sql_store import open_existing_store
from tests.empty_store import lay_empty
from tests.store.builders import LEASE, NOW, claim_one, make_entry, make_feed, make_outcome
from tests.store.postgres import Server


def test_a_full_disk_writes_nothing_and_passes(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    store = opened(f"sqlite:///{tmp_path}/monitor.db")
    lease = claim_one(store)
    outcome = make_outcome(lease, entries=(make_entry("a", body="x" * 1_000_000),))
    with store.engine.connect() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StoreUnavailableError) as full:
        store.record(outcome, NOW)
    assert str(full.value) == f"the store {tmp_path}/monitor.db cannot grow, the disk is full: make room"
    assert store.status().entries == 0
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    store.record(outcome, NOW)
    assert store.status().entries == 1


@contextmanager
def nobody() -> Iterator[None]:
    """Be a user whom modes of files concern; root may write whatever they say."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "complaint"),
    [
        (0o444, 0o555, "is read-only: check the owner and mode of the file and its folder"),
        (0o666, 0o555, "is read-only: check the owner and mode of the file and its folder"),
        (0o444, 0o777, "is read-only: check the owner and mode of the file and its folder"),
        (0o000, 0o755, "cannot be opened: check the owner and mode of the file and its folder"),
        (0o666, 0o000, "opened: Permission denied"),
    ],
)
@pytest.mark.parametrize("way", [open_store, open_existing_store])
def test_a_file_or_folder_that_may_not_be_written_is_named_with_what_to_look_at(
    way: Callable[[str], SqlStore], file_mode: int, folder_mode: int, complaint: str
) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        Path(name).chmod(0o755)
        folder = Path(name) / "state"
        file = folder / "monitor.db"
        lay_empty(file)
        file.chmod(file_mode)
        folder.chmod(folder_mode)
        try:
            with nobody(), pytest.raises(StoreUnavailableError, match=f"{re.escape(str(file))} .*{complaint}"):
                sync_through(way, f"sqlite:///{file}")
        finally:
            folder.chmod(0o755)
        with closing(open_store(f"sqlite:///{file}")) as store:
            assert store.status().feeds == ()


def sync_through(way: Callable[[str], SqlStore], url: str) -> None:
    with closing(way(url)) as store:
        store.sync_feeds([make_feed()], NOW)


def test_a_read_only_store_says_so(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    store = opened(f"sqlite:///{tmp_path}/monitor.db")
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
    with pytest.raises(StoreUnavailableError, match=r"monitor\.db is read-only: check the owner"):
        store.sync_feeds([make_feed()], NOW)


def test_a_locked_store_says_so_and_passes(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    url = f"sqlite:///{tmp_path}/monitor.db"
    store, other = opened(url), opened(url)
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA busy_timeout = 1"))
    with other.engine.begin(), pytest.raises(StoreUnavailableError, match=r"is locked by another program: stop"):
        store.sync_feeds([make_feed()], NOW)
    store.sync_feeds([make_feed()], NOW)
    assert len(store.status().feeds) == 1


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "monitor.db").write_bytes(b"feeds: {}\n" * 1000)
    with pytest.raises(StoreUnavailableError, match=r"monitor\.db is not an SQLite database: name another file"):
        open_store(f"sqlite:///{tmp_path}/monitor.db")


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "monitor.db"
    open_store(f"sqlite:///{file}").close()
    whole = bytearray(file.read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    file.write_bytes(whole)
    with pytest.raises(StoreUnavailableError, match=r"monitor\.db is damaged: restore a backup"):
        open_store(f"sqlite:///{file}").status()


def test_a_folder_instead_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match=rf"{re.escape(str(tmp_path))} cannot be opened"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_mistake_of_ours_is_not_called_unavailable(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE decision"))
        connection.execute(text("ALTER TABLE feed RENAME TO field"))
    with pytest.raises(DBAPIError):
        store.claim_feeds(now=NOW, lease=LEASE, limit=1)


def test_errors_do_not_show_what_is_stored(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE feed RENAME TO field"))
    with pytest.raises(DBAPIError) as failed:
        store.sync_feeds([make_feed(url="https://x.example/rss?token=hunter2")], NOW)
    assert "hunter2" not in str(failed.value)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with socket.socket() as bound:  # bound and not listening: nobody else gets the port
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(StoreUnavailableError) as refused:
            open_store(f"postgresql://desk:hunter2@127.0.0.1:{port}/monitor")
    message = str(refused.value)
    assert message.startswith(
        f"the store postgresql://127.0.0.1:{port}/monitor cannot be reached: check that the server"
    )
    assert "\n" not in message
    error: BaseException | None = refused.value
    while error is not None:
        assert "hunter2" not in repr(error) + str(error)
        error = error.__cause__


def test_a_database_that_does_not_exist_is_named(postgres: Server) -> None:
    with pytest.raises(StoreUnavailableError, match=r'cannot be reached: .*database "nowhere" does not exist'):
        open_store(postgres.url("nowhere"))


def test_a_connection_that_breaks_is_made_anew(fresh_database: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(fresh_database)
    with store.engine.connect() as connection:
        mine = connection.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(fresh_database, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [mine])
    with pytest.raises(StoreUnavailableError, match=r"tried again|cannot be reached"):
        store.sync_feeds([make_feed()], NOW)
    store.sync_feeds([make_feed()], NOW)
    assert len(store.status().feeds) == 1


def test_who_stops_within_a_transaction_does_not_stop_the_others(
    fresh_database: str, opened: Callable[[str], SqlStore]
) -> None:
    stopped, other = opened(fresh_database), opened(fresh_database)
    stopped.sync_feeds([make_feed()], NOW)

    def stop() -> None:
        with unavailable_as_store_error("x"), stopped.engine.begin() as connection:
            assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "30s"
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '100ms'"))
            connection.execute(text("UPDATE feed SET due = due"))
            assert other.pause_feed(make_feed().url, NOW)  # waits for the row until the server has had enough
            connection.execute(text("UPDATE feed SET name = 'late'"))

    with pytest.raises(StoreUnavailableError, match="waited too long for this program"):
        stop()
    assert [report.state.paused_at for report in stopped.feed_reports(NOW)] == [NOW]


def test_a_standby_says_so(fresh_database: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(f"{fresh_database}&options=-cdefault_transaction_read_only%3Don")
    with pytest.raises(StoreUnavailableError, match="is read-only: is it a standby"):
        store.sync_feeds([make_feed()], NOW)


def test_a_standby_is_left_as_soon_as_there_is_a_primary(
    fresh_database: str, opened: Callable[[str], SqlStore]
) -> None:
    with psycopg.connect(fresh_database, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        store = opened(fresh_database)
        with pytest.raises(StoreUnavailableError, match="is read-only: is it a standby"):
            store.sync_feeds([make_feed()], NOW)
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
    store.sync_feeds([make_feed()], NOW)
    assert len(store.status().feeds) == 1


def test_several_servers_may_be_named_and_the_first_that_serves_is_taken(
    fresh_database: str, postgres: Server, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> None:
    name = fresh_database.removeprefix("postgresql://monitor@/").partition("?")[0]
    url = f"postgresql://monitor@/{name}?host={tmp_path}&host={postgres.sockets}&target_session_attrs=read-write"
    store = opened(url)
    store.sync_feeds([make_feed()], NOW)
    assert store.where == f"postgresql://{tmp_path},{postgres.sockets}/{name}"
