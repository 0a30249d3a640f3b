"""A whole state is backed up, restored, copied from engine to engine, upgraded and looked through."""

from __future__ import annotations

import functools
import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, select, update

from monitor.errors import NotFoundError, StateInUseError, StoreUnavailableError, UserError
from monitor.model import Action, Breaker, Decision, Feedback, Hit, Mute, Sent, Stage, Subject
from monitor.ports import NodeReport
from monitor.store import SqlStore, lock_state, open_store
from monitor.store.backup import KEPT, back_up_before_upgrade
from monitor.store.columns import Moment, PlainText
from monitor.store.moves import back_up_state, move_state, restore_state, upgrade_state
from monitor.store.tables import alert, delivery, destination, entry, feed, metadata, node, pulse, secret
from tests.empty_store import lay_empty
from tests.store.builders import (
    LEASE,
    MINUTE,
    NOW,
    SECOND,
    claim_one,
    key,
    make_alert,
    make_delivery,
    make_entry,
    make_outcome,
    make_story,
    open_breaker,
    owe,
)


def quiet(_rows: int) -> None:
    """Take no notice of how far along it is."""


_SAMPLES = {PlainText: "x", Moment: NOW, LargeBinary: b"\x00", Integer: 1, Boolean: True}


def fill(store: SqlStore) -> None:
    """Write rows into every table, with what is hard to carry over: NULLs, other scripts, bytes, microseconds."""
    at = NOW + timedelta(microseconds=1)
    lease = claim_one(store, now=NOW)
    told, story = make_entry("Шойгу \U0001f30d", published=NOW - MINUTE, authors=("a", "б")), make_story("told")
    first = make_alert(story, created_at=at)
    decided = Decision(entry_id=told.id, at=at, stage=Stage.STORY, verdict="new", reason="'\"\\", story_id=story.id)
    many = tuple(make_entry(str(number)) for number in range(1_200))  # more than a page
    store.record(
        make_outcome(
            lease,
            keys=told.keys,
            entries=(told, *many),
            stories=(story,),
            story_keys={key("text"): story.id},
            alerts=(first,),
            deliveries=(make_delivery(first, "Ä"),),
            decisions=(decided,),
            hits=(Hit(rule="r", at=at, entry_id=told.id, source="s", text_key=b"\x00\xff", names=("n",), title=""),),
        ),
        NOW,
    )
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    store.settle(claimed, Sent(ref="1.0"), now=NOW, pace=timedelta())
    owe(store, "owed")
    action = Action(at=at, by="ann", via="cli", verb="mute", subject="m", detail="")
    store.add_mute(Mute(id="m", by="ann", reason="", since=at, until=None, rule="r"), action)
    open_breaker(store, Breaker(id="b", subject=Subject.RULE, name="r", since=at, reason=""))
    said = Feedback(alert_id=first.id, rule="r", by="ann", at=at, relevant=False, spellings=("x",), text="no")
    store.add_feedback([said], action)
    store.watch_rules(["r"], NOW)
    store.take_turns(["guardian.example"], now=NOW, spacing=SECOND)
    chore = store.claim_chore("prune", now=NOW, lease=LEASE)
    assert chore is not None
    store.finish_chore(chore, NOW + LEASE)
    for table in (pulse, secret):
        values = {c.name: _SAMPLES[type(c.type)] for c in table.columns}
        with store.engine.begin() as connection:
            connection.execute(table.insert().values(values))
    store.beat(NodeReport(name="one:1", version="1", started_at=NOW, beat_at=NOW, rules_hash=""))


def rows(store: SqlStore) -> dict[str, list[Any]]:
    with store.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
            if table is not node
        }


@pytest.fixture
def state(tmp_path: Path) -> str:
    """A state in a file, with rows in every table."""
    file = tmp_path / "mine" / "monitor.db"
    file.parent.mkdir()
    file.write_bytes(_filled())
    return f"sqlite:///{file}"


@functools.cache
def _filled() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "monitor.db"
        lay_empty(file)
        with closing(open_store(f"sqlite:///{file}")) as store:
            fill(store)
        return file.read_bytes()


def test_a_whole_state_goes_to_postgresql_and_back(
    state: str, fresh_database: str, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> None:
    steps: list[int] = []
    copied = move_state(state, fresh_database, NOW, progress=steps.append)
    assert all(copied.values()), "every table has rows"
    assert sum(steps) == sum(copied.values())
    assert max(steps) == 1_000
    there = opened(fresh_database)
    assert rows(there) == rows(opened(state))
    back = f"sqlite:///{tmp_path}/back/monitor.db"
    assert move_state(fresh_database, back, NOW, progress=quiet) == copied
    assert rows(opened(back)) == rows(there)
    for store in (there, opened(back)):  # and it goes on there: numbers are given behind those that were copied
        assert store.verify(NOW).findings == ()
        owe(store, "later", now=NOW + timedelta(hours=1))
        (claimed,) = store.claim_deliveries(["desk"], now=NOW + timedelta(hours=1), lease=LEASE, limit=1)
        assert claimed.delivery.message.title.text == "owed"


def test_a_copy_needs_an_empty_place(state: str, tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    other = f"sqlite:///{tmp_path}/other/monitor.db"
    store = opened(other)
    owe(store, "mine")
    before = rows(store)
    with pytest.raises(UserError, match=r"is not empty \(alert_label, destination, feed, "):
        move_state(state, other, NOW, progress=quiet)
    assert rows(store) == before
    with pytest.raises(UserError, match="onto itself"):
        move_state(state, state, NOW, progress=quiet)
    with pytest.raises(NotFoundError, match="there is no state"):
        move_state(f"sqlite:///{tmp_path}/none/monitor.db", other, NOW, progress=quiet)


def test_a_copy_that_is_interrupted_leaves_nothing_and_can_be_made_again(
    state: str, url: str, opened: Callable[[str], SqlStore]
) -> None:
    def interrupt(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_state(state, url, NOW, progress=interrupt)
    assert not any(rows(opened(url)).values())
    assert sum(move_state(state, url, NOW, progress=quiet).values()) > 1_200


def test_nothing_is_moved_under_a_running_daemon(state: str, fresh_database: str, tmp_path: Path) -> None:
    file = Path(state.removeprefix("sqlite:///"))
    copy = tmp_path / "copy.db"
    back_up_state(state, copy, force=False, progress=quiet)
    with lock_state(file.parent, now=NOW):
        for move in (
            lambda: move_state(state, fresh_database, NOW, progress=quiet),
            lambda: restore_state(state, copy, NOW, force=True, progress=quiet),
            lambda: upgrade_state(state, NOW),
        ):
            with pytest.raises(StateInUseError, match="is already used by monitor run"):
                move()
        back_up_state(state, copy, force=True, progress=quiet)
    store = open_store(fresh_database)
    store.beat(NodeReport(name="two:2", version="1", started_at=NOW, beat_at=NOW, rules_hash=""))
    store.close()
    with pytest.raises(StateInUseError, match="is used by two:2: stop it first"):
        move_state(state, fresh_database, NOW + MINUTE, progress=quiet)
    with pytest.raises(StateInUseError, match="is used by two:2: stop it first"):
        restore_state(fresh_database, copy, NOW + MINUTE, force=False, progress=quiet)


# -- backups -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_whole_while_others_write(url: str, tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    store = opened(url)
    fill(store)
    before = rows(store)
    target = tmp_path / "backup.db"
    with store.engine.begin() as connection:
        connection.execute(update(feed).values(name="not committed"))
        back_up_state(url, target, force=False, progress=quiet)
    assert sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name) == ["backup.db"]
    assert target.stat().st_mode & 0o077 == 0
    assert rows(opened(f"sqlite:///{target}")) == before


def test_a_backup_writes_over_nothing_unless_it_is_told_to(state: str, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    target.write_text("mine")
    with pytest.raises(UserError, match="exists: name another file, or add --force"):
        back_up_state(state, target, force=False, progress=quiet)
    assert target.read_text() == "mine"
    with pytest.raises(NotFoundError):
        back_up_state(f"sqlite:///{tmp_path}/none.db", target, force=True, progress=quiet)
    with pytest.raises(StoreUnavailableError, match="cannot be copied"):
        back_up_state(state, tmp_path / "no" / "folder.db", force=False, progress=quiet)


@pytest.mark.parametrize(
    "spelt", ["monitor.db", "monitor.db-wal", "monitor.db-shm", "../{folder}/monitor.db", "link.db"]
)
def test_a_backup_never_takes_the_place_of_the_state(state: str, spelt: str) -> None:
    file = Path(state.removeprefix("sqlite:///"))
    (file.parent / "link.db").symlink_to(file)
    store = open_store(state)  # as a daemon that runs
    before = file.stat().st_ino
    with pytest.raises(UserError, match="belongs to the state itself: name another file"):
        back_up_state(state, file.parent / spelt.format(folder=file.parent.name), force=True, progress=quiet)
    assert file.stat().st_ino == before
    store.close()


def test_a_backup_never_takes_the_place_of_a_device(state: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UserError, match="is no regular file: name another one"):
        back_up_state(state, pipe, force=True, progress=quiet)
    assert pipe.is_fifo()


def test_a_restored_state_is_the_old_one_and_the_other_is_kept(
    state: str, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> None:
    file, target = Path(state.removeprefix("sqlite:///")), tmp_path / "backup.db"
    back_up_state(state, target, force=False, progress=quiet)
    store = open_store(state)
    before = rows(store)
    owe(store, "later")
    after = rows(store)
    store.close()
    with pytest.raises(UserError, match="holds a state: add --force"):
        restore_state(state, target, NOW, force=False, progress=quiet)
    aside = restore_state(state, target, NOW, force=True, progress=quiet)
    assert aside == file.with_name("monitor.db.before-20261122T120000Z")
    assert rows(opened(state)) == before
    assert rows(opened(f"sqlite:///{aside}")) == after
    elsewhere = f"sqlite:///{tmp_path}/new/monitor.db"
    assert restore_state(elsewhere, target, NOW, force=False, progress=quiet) is None
    assert rows(opened(elsewhere)) == before


def test_a_log_that_nobody_brought_home_goes_aside_with_its_database(
    state: str, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> None:
    file, target = Path(state.removeprefix("sqlite:///")), tmp_path / "backup.db"
    back_up_state(state, target, force=False, progress=quiet)
    file.write_bytes(b"damaged" * 1_000)
    file.with_name("monitor.db-wal").write_bytes(b"of the damaged one")
    aside = restore_state(state, target, NOW, force=True, progress=quiet)
    assert aside is not None
    assert aside.read_bytes().startswith(b"damaged")
    assert opened(state).status().entries == 1_201


def test_a_backup_is_restored_into_an_empty_postgresql(
    state: str, fresh_database: str, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> None:
    target = tmp_path / "backup.db"
    back_up_state(state, target, force=False, progress=quiet)
    assert restore_state(fresh_database, target, NOW, force=False, progress=quiet) is None
    assert rows(opened(fresh_database)) == rows(opened(state))
    with pytest.raises(UserError, match="is not empty"):
        restore_state(fresh_database, target, NOW, force=True, progress=quiet)


def test_what_is_no_backup_is_not_restored(state: str, tmp_path: Path) -> None:
    file, bad = Path(state.removeprefix("sqlite:///")), tmp_path / "bad.db"
    before = file.read_bytes()

    def refused() -> str:
        with pytest.raises(UserError) as error:
            restore_state(state, bad, NOW, force=True, progress=quiet)
        assert file.read_bytes() == before
        return str(error.value)

    bad.write_text("notes")
    assert "is no backup of a state: " in refused()
    bad.unlink()
    with closing(sqlite3.connect(bad)) as connection:
        connection.execute("CREATE TABLE notes (id)")
    assert "is no backup of a state: no such table" in refused()
    back_up_state(state, bad, force=True, progress=quiet)
    with closing(sqlite3.connect(bad)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert "was written by a newer version" in refused()
    back_up_state(state, bad, force=True, progress=quiet)
    whole = bytearray(bad.read_bytes())
    whole[20_000:40_000] = b"\xff" * 20_000
    bad.write_bytes(whole)
    assert "bad.db is " in refused()


def test_the_last_backups_before_upgrades_are_kept(state: str) -> None:
    file = Path(state.removeprefix("sqlite:///"))
    (file.parent / "monitor.db.schema-mine").write_text("mine")
    for revision in ("0001", "0002", "0004", "0005", "0006"):
        assert back_up_before_upgrade(file, revision).is_file()
    assert KEPT == 3
    left = sorted(path.name for path in file.parent.glob("monitor.db.schema-*"))
    assert left == [f"monitor.db.schema-{which}" for which in ("0004", "0005", "0006", "mine")]


def test_an_upgrade_of_what_is_up_to_date_does_nothing(state: str, tmp_path: Path) -> None:
    before, after = upgrade_state(state, NOW)
    assert before == after
    assert upgrade_state(f"sqlite:///{tmp_path}/new/monitor.db", NOW) == (None, after)
    assert not list(tmp_path.glob("*/*.schema-*"))


# -- verify ------------------------------------------------------------------------------------------------------------


def test_a_state_in_order_has_nothing_wrong_and_all_its_rows(store: SqlStore) -> None:
    fill(store)
    report = store.verify(NOW)
    assert report.findings == ()
    assert report.rows == {name: len(found) for name, found in rows(store).items()}


def test_each_oddity_is_named(store: SqlStore) -> None:
    fill(store)
    far = NOW + timedelta(days=900)
    with store.engine.begin() as connection:
        run = connection.execute
        run(update(destination).values(due=None, leased=False, hold_until=far))
        run(update(delivery).where(delivery.c.state == "sent").values(settled_at=None))
        run(update(alert).values(digest="gone"))
        run(update(feed).values(due=far, strikes=1, polled_at=far))
        run(update(entry).where(entry.c.title == "7").values(seen_at=far))
    assert store.verify(NOW).findings == (
        "delivery: 1 owed to a channel that never wakes",
        "delivery: 1 ended at no time",
        "alert: 2 told by a digest that is not there",
        f"feed: {len(rows(store)['feed'])} leased for more than 1:00:00",
        f"feed: {len(rows(store)['feed'])} not due for more than a year",
        f"feed: {len(rows(store)['feed'])} polled in the future",
        "destination: 1 that rests for more than two days",
        "entry: 1 seen in the future",
    )


def test_lost_rows_and_a_damaged_file_are_found(state: str, opened: Callable[[str], SqlStore]) -> None:
    file = Path(state.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM story")  # foreign keys are off where nobody turns them on
        connection.commit()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entry_seen_at'").fetchone()
    assert opened(state).verify(NOW).findings == ("alert: 2 without story", "story_key: 1 without story")
    opened(state).close()
    copy = f"sqlite:///{file.parent}/damaged.db"
    whole = bytearray(file.read_bytes())
    whole[(page - 1) * 4096 + 100 : page * 4096] = bytes(3996)
    Path(copy.removeprefix("sqlite:///")).write_bytes(whole)
    (found, *_) = opened(copy).verify(NOW).findings
    assert found.startswith("the file is damaged: ")
