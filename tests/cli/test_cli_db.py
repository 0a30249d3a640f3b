"""`monitor db ...`: what a person types, and what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.app import utc_now
from monitor.cli import cli
from monitor.errors import MonitorError
from monitor.store import open_store
from tests.empty_store import lay_empty
from tests.store.builders import owe

CONFIG = "channels: {screen: {console: true}}\nfeeds: {}\nrules: {quake: earthquake}\nretention: {entries: 1d}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a configuration and a state, in which one message is owed."""
    (tmp_path / "monitor.yaml").write_text(CONFIG)
    lay_empty(tmp_path / "var" / "monitor.db")
    store = open_store(f"sqlite:///{tmp_path}/var/monitor.db")
    owe(store, "Carter calls Shoygu")
    store.close()
    return tmp_path


def db(desk: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(desk / "monitor.yaml"), "db", *arguments])


def test_back_up_and_restore(desk: Path) -> None:
    target = desk / "backup.db"
    said = db(desk, "backup", str(target))
    assert (said.exit_code, said.output) == (0, f"wrote {target} ({target.stat().st_size:,} bytes)\n")
    said = db(desk, "restore", str(target))
    assert isinstance(said.exception, MonitorError)
    said = db(desk, "restore", str(target), "--force")
    (aside,) = (desk / "var").glob("monitor.db.before-*")
    assert said.output == f"restored {target}; what was there is in {aside}\n"


def test_a_backup_without_a_name_lies_beside_the_state(desk: Path) -> None:
    said = db(desk, "backup")
    (written,) = (desk / "var").glob(f"monitor-{utc_now():%Y}*Z.db")
    assert str(written) in said.output


def test_a_backup_that_has_no_folder_says_so_in_a_sentence(desk: Path) -> None:
    target = desk / "nowhere" / "backup.db"
    said = str(db(desk, "backup", str(target)).exception)
    assert said.endswith(f"monitor.db cannot be copied to {target}: No such file or directory")


def test_copy_counts_what_it_copied(desk: Path) -> None:
    said = db(desk, "copy", "sqlite:///var/monitor.db", "sqlite:///other/monitor.db")
    assert said.exit_code == 0
    assert said.output.splitlines()[0] == "copied 7 rows:"
    assert "delivery" in said.output
    assert (desk / "other" / "monitor.db").is_file()
    refused = db(desk, "copy", "sqlite:///var/monitor.db", "mysql://x")
    expected = "TO: this store is of no known kind: write `sqlite:///var/monitor.db` or `postgresql://…`"
    assert str(refused.exception) == expected


def test_verify_ends_with_1_where_something_is_wrong(desk: Path) -> None:
    said = db(desk, "verify")
    assert (said.exit_code, said.output.splitlines()[0]) == (0, "nothing wrong in 7 rows:")
    store = open_store(f"sqlite:///{desk}/var/monitor.db")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE destination SET due = NULL")
    store.close()
    said = db(desk, "verify")
    assert said.exit_code == 1
    assert said.output.splitlines()[:2] == [
        "wrong: delivery: 1 owed to a channel that never wakes",
        "1 finding in 7 rows:",
    ]


def test_prune_says_what_would_go_and_then_lets_it_go(desk: Path) -> None:
    store = open_store(f"sqlite:///{desk}/var/monitor.db")
    with store.engine.begin() as connection:
        for number in range(3):
            connection.exec_driver_sql(
                "INSERT INTO entry (id, feed_id, guid, title, summary, body, url, canonical_url, authors, tags, "
                "language, seen_at) SELECT ?, id, '', '', '', '', '', '', '[]', '[]', '', ? FROM feed",
                (f"{number:032x}", "2020-01-01T00:00:00.000000+00:00"),
            )
    for _ in range(2):
        said = db(desk, "prune", "--dry-run")
        assert said.output.splitlines() == ["3 rows would be forgotten:", "  entry  3"]
    assert store.status().entries == 3
    assert db(desk, "prune").output.splitlines() == ["3 rows forgotten:", "  entry  3"]
    assert db(desk, "prune").output.splitlines() == ["0 rows forgotten"]
    assert (store.status().entries, store.status().owed[0].count) == (0, 1)
    store.close()


def test_migrate_says_from_where_to_where(desk: Path) -> None:
    assert db(desk, "migrate").output.startswith("the tables are up to date (schema 0")
    (desk / "var" / "monitor.db").unlink()
    assert db(desk, "migrate").output.startswith("brought the tables from nothing to schema 0")


def test_what_is_of_no_state_is_said(desk: Path) -> None:
    (desk / "var" / "monitor.db").unlink()
    for arguments in (("backup",), ("verify",), ("prune",)):
        assert "`monitor run` makes it" in str(db(desk, *arguments).exception)
    (desk / "monitor.yaml").write_text("store: mysql://x\n")
    assert isinstance(db(desk, "backup").exception, MonitorError)
