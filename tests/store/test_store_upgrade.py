"""A database of an older version is brought up to date with everything that stands in it."""

from __future__ import annotations

import io
import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from monitor.errors import UserError
from monitor.ports import ToldFilter
from monitor.store import SqlStore
from monitor.store.engine import connect, writing
from monitor.store.migrate import FOLDER
from monitor.store.moves import restore_state, upgrade_state
from monitor.store.payload import freeze
from monitor.store.sql_store import open_existing_store
from tests.store.builders import LEASE, NOW, key, make_message
from tests.store.postgres import Server

_numbers = itertools.count()
ENTRIES = 1_500  # more than one page of the migration


REVISIONS = sorted(path.name[1:5] for path in (FOLDER / "versions").glob("r*.py"))
OLD = REVISIONS[:-1]


@pytest.fixture(params=[*(("file", each) for each in OLD), ("postgres", OLD[0]), ("postgres", OLD[-1])], ids="-".join)
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database as an earlier program left it, with an entry told, one owed, and many that nothing matched."""
    engine_name, revision = request.param
    if engine_name == "file":
        url = f"sqlite:///{tmp_path}/monitor.db"
    else:
        server: Server = request.getfixturevalue("postgres")
        url = server.create(f"test_upgrade_{next(_numbers)}")
    engine, _ = connect(url)
    with writing(engine) as connection:
        config = Config(stdout=io.StringIO(), attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER))
        command.upgrade(config, "0001")
        now, entry, story = "2026-11-22T12:00:00.000000+00:00", key("a").hex(), key("a").hex()
        run = connection.execute
        run(
            text(
                "INSERT INTO feed (id, url, name, active, due, token, strikes, etag, last_modified, body_hash, failures, "
                "detail) VALUES (1, 'https://guardian.example/rss', 'guardian', true, :now, 0, 0, '', '', '', 0, '')"
            ),
            {"now": now},
        )
        row = text(
            "INSERT INTO entry (id, feed_id, guid, title, summary, body, url, canonical_url, authors, tags, language, "
            "seen_at) VALUES (:id, 1, '', :title, '', '', :url, :url, '[]', '[]', '', :now)"
        )
        rows = [{"id": entry, "title": "told", "url": "https://guardian.example/a", "now": now}]
        rows += [{"id": f"{number:032x}", "title": "x", "url": "", "now": now} for number in range(ENTRIES)]
        run(row, rows)
        run(
            text("INSERT INTO story VALUES (:id, :now, :now, 1, '[\"guardian\"]', 1)"),
            {"id": story, "now": now},
        )
        run(
            text("INSERT INTO alert VALUES (:id, :id, :id, 'desk', '[\"shoygu\"]', 30, :now)"),
            {"id": story, "now": now},
        )
        run(text("INSERT INTO destination VALUES ('desk', :now, false, 0, 0, NULL)"), {"now": now})
        run(
            text(
                "INSERT INTO delivery VALUES (7, :key, :id, 'desk', 'post', 'new', :payload, :now, :now, NULL, 0, NULL, "
                "'', '')"
            ),
            {"key": key("d").hex(), "id": story, "payload": freeze(make_message()), "now": now},
        )
        run(
            text("INSERT INTO decision VALUES (1, :id, :now, 'story', 'new-story', 'r', '', :id, '')"),
            {"id": story, "now": now},
        )
        command.upgrade(config, revision)
    engine.dispose()
    return url


def test_what_the_first_version_wrote_is_kept_and_found(old_url: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(old_url)
    (found,) = store.find_link("https://guardian.example/a")
    record = store.entry_record(found)
    assert record is not None
    assert (record.entry.title, record.story and record.story.entries) == ("told", 1)
    assert store.count_entries(NOW) == ENTRIES + 1
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    assert claimed.delivery.key == key("d").hex()
    for wanted in (ToldFilter(rule="shoygu"), ToldFilter(source="guardian")):
        assert [each.story.id for each in store.told_stories(wanted, before=None, limit=9)] == [key("a").hex()]


def test_a_file_is_backed_up_before_it_is_changed(old_url: str, tmp_path: Path) -> None:
    if not old_url.startswith("sqlite"):
        pytest.skip("of PostgreSQL others make backups")
    before = upgrade_state(old_url, NOW)[0]
    backup = tmp_path / f"monitor.db.schema-{before}"
    assert backup.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(before,)]
        assert connection.execute("SELECT count(*) FROM entry").fetchall() == [(ENTRIES + 1,)]
    restore_state(old_url, backup, NOW, force=True, progress=lambda _: None)
    assert upgrade_state(old_url, NOW) == (before, REVISIONS[-1])


def test_only_the_daemon_upgrades(old_url: str) -> None:
    with pytest.raises(UserError, match="`monitor run` brings it up to date"):
        open_existing_store(old_url)
