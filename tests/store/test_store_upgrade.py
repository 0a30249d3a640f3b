"""A database of an older version is brought up to date with everything that stands in it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from monitor.errors import UserError
from monitor.store import SqlStore
from monitor.store.engine import connect, writing
from monitor.store.migrate import FOLDER
from monitor.store.payload import freeze
from monitor.store.sql_store import open_existing_store
from tests.store.builders import LEASE, NOW, key, make_message
from tests.store.postgres import Server

_numbers = itertools.count()
ENTRIES = 1_500  # more than one page of the migration


@pytest.fixture(params=["file", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database as revision 0001 made it, with an entry told, one owed, and many that nothing matched."""
    if request.param == "file":
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


def test_only_the_daemon_upgrades(old_url: str) -> None:
    with pytest.raises(UserError, match="`monitor run` brings it up to date"):
        open_existing_store(old_url)
