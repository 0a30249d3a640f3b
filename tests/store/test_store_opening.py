"""Opening: URLs, migrations, and databases that are not ours to write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from monitor.errors import StoreUnavailableError, UserError
from monitor.model import PollOutcome
from monitor.store import SqlStore, open_store, state_file
from monitor.store.migrate import FOLDER, REVISION
from monitor.store.tables import metadata
from tests.store.builders import NOW, make_feed

NORMAL, FULL = 1, 2  # PRAGMA synchronous: https://www.sqlite.org/pragma.html#pragma_synchronous


def pragma(store: SqlStore, name: str) -> object:
    with store.engine.connect() as connection:
        return connection.scalar(text(f"PRAGMA {name}"))


def test_the_migrations_make_the_tables_of_the_statements(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        # the index of words is no table of the statements: each engine has its own
        named = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("entry_words")}
        context = MigrationContext.configure(connection, opts={"compare_type": True, **named})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION


def test_the_revision_is_the_newest_there_is() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == REVISION
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)


def test_state_stays_when_it_is_opened_again(url: str, opened: Callable[[str], SqlStore]) -> None:
    opened(url).sync_feeds([make_feed()], NOW)
    assert [state.name for state in opened(url).status().feeds] == ["guardian"]


def test_a_newer_database_is_refused_and_not_touched(url: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(url)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match=r"newer version of monitor \(schema 9999, this one knows \d+\): update"):
        open_store(url)
    with store.engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_sqlite_is_durable_and_lets_others_read(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    store = opened(f"sqlite:///{tmp_path}/var/monitor.db")
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == FULL
    assert pragma(store, "foreign_keys") == 1
    assert pragma(store, "busy_timeout") == 5000


def test_only_what_can_be_done_again_is_not_waited_for(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    store = opened(f"sqlite:///{tmp_path}/monitor.db")
    levels = []

    def note_level() -> None:  # of the transaction that was the last one: a driver's own statement begins none
        driver = store.engine.raw_connection().driver_connection
        assert isinstance(driver, sqlite3.Connection)
        levels.append(driver.execute("PRAGMA synchronous").fetchone()[0])

    store.sync_feeds([make_feed()], NOW)
    note_level()
    (lease,) = store.claim_feeds(now=NOW, lease=timedelta(minutes=5), limit=1)
    note_level()
    outcome = PollOutcome(lease=lease, state=lease.state, due=NOW + timedelta(minutes=10))
    store.record_quiet([outcome])
    note_level()
    (lease,) = store.claim_feeds(now=NOW + timedelta(hours=1), lease=timedelta(minutes=5), limit=1)
    store.record(replace(outcome, lease=lease), NOW)
    note_level()
    assert levels == [FULL, NORMAL, NORMAL, FULL]


def test_status_is_read_while_the_daemon_writes(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    url = f"sqlite:///{tmp_path}/monitor.db"
    daemon, onlooker = opened(url), opened(url)
    with daemon.engine.begin() as connection:
        connection.execute(text("DELETE FROM feed"))
        assert onlooker.status().entries == 0


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/monitor.db")
    store.sync_feeds([make_feed()], NOW)
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["monitor.db"]


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///var/monitor.db", "/home/desk/var/monitor.db"),
        ("sqlite:////srv/odd ?name%20.db", "/srv/odd ?name%20.db"),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql://db/monitor", None),
    ],
)
def test_the_file_of_a_url(url: str, file: str | None) -> None:
    assert state_file(url, folder=Path("/home/desk")) == (Path(file) if file else None)


def test_a_relative_file_is_taken_from_the_folder(tmp_path: Path) -> None:
    open_store("sqlite:///var/odd ?100%.db", folder=tmp_path).close()
    assert (tmp_path / "var" / "odd ?100%.db").exists()


@pytest.mark.parametrize(
    "url", ["", "monitor.db", "mysql://root:hunter2@db/monitor", "postgresql://u:hunter2@db:port/x"]
)
def test_a_url_of_no_use_says_what_to_write(url: str) -> None:
    with pytest.raises(UserError, match="write `") as refused:
        open_store(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError, match=r"file/var/monitor.db cannot be made or opened: Not a directory"):
        open_store(f"sqlite:///{tmp_path}/file/var/monitor.db")
