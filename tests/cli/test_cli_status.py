"""`monitor status`, where several daemons share a store."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.app import utc_now
from monitor.cli import cli
from monitor.errors import ConfigurationError
from monitor.ports import NodeReport
from monitor.store import open_store
from monitor.store.lock import lock_state

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


def test_no_feeds_and_no_rules_are_said(file: Path) -> None:
    shown = CliRunner().invoke(cli, ["-c", str(file), "status"]).output
    assert "feeds     none: nothing is read; `monitor feeds add URL --write` adds one\n" in shown
    assert "rules     none" not in shown
    file.write_text("channels: {screen: {console: true}}\n")
    assert (
        "rules     none: whatever comes, nothing is found\n"
        in CliRunner().invoke(cli, ["-c", str(file), "status"]).output
    )
    assert json.loads(CliRunner().invoke(cli, ["-c", str(file), "status", "--json"]).output)["rules"] == 0


def test_a_daemon_that_was_killed_here_is_missed_at_once(file: Path) -> None:
    store = open_store(f"sqlite:///{file.parent}/var/monitor.db")
    for name in ("one:1", "two:2"):
        store.leave(name)
    now = utc_now()
    name = f"{socket.gethostname()}:1"
    store.beat(NodeReport(name=name, version="1", started_at=now, beat_at=now, rules_hash="a" * 32))
    store.close()
    with lock_state(file.parent / "var", now=now):
        living = CliRunner().invoke(cli, ["-c", str(file), "status"])
    killed = CliRunner().invoke(cli, ["-c", str(file), "status"])
    assert (living.exit_code, killed.exit_code) == (0, 1)
    assert living.output.startswith(f"running   {name}")
    assert killed.output.startswith("not running; last sign of life")


def test_quiet_says_nothing_and_looks_at_nothing_but_signs_of_life(file: Path) -> None:
    file.write_text("channels: {a: b, c: d}\nrules: {a: {use: none}}\n")  # the daemon goes on with what it read
    shown = CliRunner().invoke(cli, ["-c", str(file), "status", "--quiet"])
    assert (shown.exit_code, shown.output) == (0, "")
    store = open_store(f"sqlite:///{file.parent}/var/monitor.db")
    assert [node.name for node in store.nodes()] == ["one:1", "two:2"]
    for name in ("one:1", "two:2"):
        store.leave(name)
    store.close()
    shown = CliRunner().invoke(cli, ["-c", str(file), "status", "--quiet"])
    assert (shown.exit_code, shown.output) == (1, "")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("store: [a]\n", "this should be text"),
        ("store: mysql://x\n", "this store is of no known kind"),
        ("store: 'postgresql://u:${NOT_SET}@db/x'\n", "`NOT_SET` is not set"),
        ("- a\n", "this should be a mapping"),
        ("a: [\n", "monitor.yaml:"),
    ],
)
def test_a_store_that_cannot_be_found_is_said_at_its_place(
    file: Path, written: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(written)
    with pytest.raises(ConfigurationError, match=said):
        CliRunner().invoke(cli, ["-c", str(file), "status", "--quiet"], catch_exceptions=False)
    monkeypatch.setenv("MONITOR_STORE", "mysql://y")
    file.write_text("{}\n")
    with pytest.raises(ConfigurationError, match=r"^MONITOR_STORE: this store is of no known kind"):
        CliRunner().invoke(cli, ["-c", str(file), "status", "--quiet"], catch_exceptions=False)
    with pytest.raises(ConfigurationError, match=r"^--store: this store is of no known kind"):
        CliRunner().invoke(cli, ["-c", str(file), "--store", "mysql://z", "status", "--quiet"], catch_exceptions=False)
    monkeypatch.delenv("MONITOR_STORE")
    assert "--store: this store" in CliRunner().invoke(cli, ["-c", str(file), "--store", "mysql://z", "check"]).stderr
    file.write_text("store: redis://x\n")
    with pytest.raises(ConfigurationError, match=r"monitor\.yaml:1:8: this store"):  # the flag was of one command
        CliRunner().invoke(cli, ["-c", str(file), "status", "--quiet"], catch_exceptions=False)
    file.write_text("{}\n")
    (file.parent / ".env").write_text("MONITOR_STORE=mysql://y\n")
    with pytest.raises(ConfigurationError, match=r"^MONITOR_STORE in \.env: this store is of no known kind"):
        CliRunner().invoke(cli, ["-c", str(file), "status", "--quiet"], catch_exceptions=False)
