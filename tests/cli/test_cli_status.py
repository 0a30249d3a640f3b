"""`monitor status`, where several daemons share a store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.app import utc_now
from monitor.cli import cli
from monitor.ports import NodeReport
from monitor.store import open_store

CONFIG = "channels: {screen: {console: true}}\nfeeds: {}\nrules: {quake: earthquake}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "monitor.yaml").write_text(CONFIG)
    store = open_store(f"sqlite:///{tmp_path}/var/monitor.db")
    now = utc_now()
    node = NodeReport(name="one:1", version="1", started_at=now, beat_at=now, rules_hash="a" * 32)
    store.beat(node)
    store.beat(replace(node, name="two:2", rules_hash="b" * 32))
    store.close()
    return tmp_path / "monitor.yaml"


def test_each_daemon_shows_its_rules_and_that_they_differ(file: Path) -> None:
    shown = CliRunner().invoke(cli, ["-c", str(file), "status"])
    assert shown.exit_code == 0
    first, second, odd, *_ = shown.output.splitlines()
    assert (first.split()[1], first.split()[-1]) == ("one:1,", "aaaaaaaa")
    assert (second.split()[1], second.split()[-1]) == ("two:2,", "bbbbbbbb")
    assert "their rules differ" in odd


def test_a_daemon_alone_has_nothing_to_differ_from(file: Path) -> None:
    store = open_store(f"sqlite:///{file.parent}/var/monitor.db")
    store.leave("two:2")
    store.close()
    shown = CliRunner().invoke(cli, ["-c", str(file), "status"])
    assert "differ" not in shown.output
    assert "rules" not in shown.output.splitlines()[0]
