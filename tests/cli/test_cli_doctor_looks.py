"""What `monitor doctor` sees of secrets, names, feeds, the clock, ports and the database, and how long it looks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.app import utc_now
from monitor.cli import cli
from monitor.config.load import load_config
from monitor.config.origins import settings_of
from monitor.doctor.check import within
from monitor.doctor.examine import examine
from monitor.doctor.network import (
    ask_feeds,
    choose_sample,
    clock_ahead,
    look_at_clock,
    look_at_console,
    look_at_feeds,
    look_at_names,
    look_at_port,
)
from monitor.doctor.secrets import look_at_secrets
from monitor.doctor.state import look_at_state
from monitor.errors import Cause
from monitor.model import Feed, FeedState
from monitor.notify.finding import Finding, Mark, well
from monitor.ports import NodeReport
from monitor.setup import load_setup
from monitor.store.sql_store import open_store
from tests.app.house import FeedServer, rss

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(folder: Path, text: str) -> Path:
    file = folder / "monitor.yaml"
    file.write_text("channels: {screen: {console: true}}\n" + text)
    return file


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.mark.value, each.text) for each in findings]


async def test_a_sample_of_the_feeds_is_asked_and_the_clock_compared(tmp_path: Path) -> None:
    async with FeedServer() as server:
        server.pages["/wire"] = rss("One", "Two")
        server.headers["/wire"] = {"Date": "Sun, 01 Mar 2026 12:00:00 GMT", "Age": "30"}
        server.statuses["/gone"] = 500
        dead = server.url("/gone?key=hidden").replace("127.0.0.1", "127.0.0.2")  # nothing listens there
        file = write(tmp_path, f"allow: 127.0.0.0/8\nfeeds: {{wire: '{server.url('/wire')}', dead: '{dead}'}}\n")
        checks = (await examine(file, lambda: NOW)).checks
    found = {(each.area, each.mark.value): each.text for each in checks}
    assert found["feeds", "ok"].startswith("wire: 2 entries in ")
    assert found["feeds", "warn"].startswith("dead: cannot connect: ")
    assert found["clock", "ok"] == "this clock is 30 s behind that of a feed's server"
    assert "hidden" not in repr(checks)


async def test_where_no_feed_of_the_sample_can_be_read_the_network_is_to_blame(tmp_path: Path) -> None:
    file = write(tmp_path, "feeds: {a: 'http://127.0.0.1:9/a', b: 'http://127.0.0.2:9/b'}\n")
    checks = (await examine(file, lambda: NOW)).checks
    *_, last = [each for each in checks if each.area == "feeds"]
    assert (last.mark, last.text) == (Mark.FAIL, "none of the feeds that were asked can be read")


async def test_a_feed_that_never_answers_is_left_at_the_deadline(tmp_path: Path) -> None:
    """A server that takes the connection and says nothing, and a database server that does the same."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        setup = load_setup(
            write(tmp_path, f"allow: 127.0.0.0/8\nfeeds: {{slow: 'http://127.0.0.1:{port}/?k=hidden'}}\n")
        )
        asked = await ask_feeds(setup.config.feeds, setup, lambda: NOW, timedelta(seconds=0.3))
    ((mark, text),) = said(list(look_at_feeds(asked, (), NOW)))
    assert (mark, text) == ("warn", "slow: no answer within 0.3 s")
    assert list(look_at_clock(asked)) == []


@pytest.mark.parametrize(
    ("date", "age", "ahead"),
    [
        ("Sun, 01 Mar 2026 12:00:00 GMT", "", 0),
        ("Sun, 01 Mar 2026 10:00:00 GMT", "", 7200),
        ("Sun, 01 Mar 2026 10:00:00 GMT", "7200", 0),
        ("Sun, 01 Mar 2026 12:00:00 -0000", "", 0),
        ("nonsense", "", None),
        ("", "", None),
        ("Sun, 01 Mar 2026 12:00:00 GMT", "long", None),
        ("Sun, 01 Mar 2026 12:00:00 GMT", "9" * 40, None),
    ],
)
def test_an_answer_out_of_a_cache_is_older_by_its_age(date: str, age: str, ahead: int | None) -> None:
    assert clock_ahead(date, age, NOW) == (None if ahead is None else timedelta(seconds=ahead))


def test_the_sample_holds_one_that_fails_and_others_across_the_list_each_of_another_host() -> None:
    feeds = [Feed(name=f"f{n}", url=f"https://h{n // 2}.example/{n}") for n in range(20)]
    states = [FeedState(feed_id=n, name=f"f{n}", url=feeds[n].url, cause=Cause.TLS) for n in (4, 5, 6)]
    assert [feed.name for feed in choose_sample(feeds, states, NOW)] == ["f4", "f0", "f18"]
    assert [feed.name for feed in choose_sample(feeds[:3], (), NOW)] == ["f0", "f2"]
    assert choose_sample((), (), NOW) == ()
    assert [feed.name for feed in choose_sample(feeds[4:5], states, NOW)] == ["f4"]


async def test_names_are_looked_up_and_those_that_are_none_are_named(tmp_path: Path) -> None:
    setup = load_setup(write(tmp_path, ""))
    feeds = [Feed(name="a", url="http://localhost/a"), Feed(name="b", url="https://no.such.host.invalid/?key=hidden")]
    feeds += [
        Feed(name="c", url="https://127.0.0.1/"),
        Feed(name="d", url="file:x"),
        Feed(name="e", url="http://a..b/"),
    ]
    (good, text), *bad = said(await look_at_names(setup, feeds))
    assert (good, text) == ("ok", "1 of 3 names are found: localhost, no.such.host.invalid, a..b")
    assert [(mark, told.split(" is not found")[0]) for mark, told in bad] == [
        ("fail", "the name no.such.host.invalid"),
        ("fail", "the name a..b"),
    ]


async def test_a_look_ends_at_its_deadline_and_one_that_breaks_says_nothing_of_what_it_saw() -> None:
    async def forever() -> list[Finding]:
        await asyncio.Event().wait()
        return []

    async def breaks() -> list[Finding]:
        raise RuntimeError("hidden")

    async def works() -> list[Finding]:
        return [well("fine")]

    assert said(await within(forever(), timedelta(milliseconds=1))) == [("fail", "no answer within 0 s")]
    assert said(await within(breaks())) == [("fail", "this could not be looked at: RuntimeError")]
    assert said(await within(works())) == [("ok", "fine")]


def test_a_port_that_is_taken_is_named_unless_a_daemon_runs(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        web = f"web: {{public_url: 'https://m.example', listen: '127.0.0.1:{port}'}}\n"
        setup = load_setup(write(tmp_path, web))
        assert [mark for mark, _ in said(list(look_at_port(setup, running=False)))] == ["fail"]
        assert [mark for mark, _ in said(list(look_at_port(setup, running=True)))] == ["ok"]
    assert said(list(look_at_port(setup, running=False))) == [("ok", f"127.0.0.1:{port} is free")]
    assert [mark for mark, _ in said(list(look_at_port(setup, running=True)))] == ["warn"]
    assert list(look_at_port(load_setup(write(tmp_path, "")), running=False)) == []


def test_a_port_of_the_console_that_is_taken_is_no_failure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        setup = load_setup(write(tmp_path, f"console: {{listen: '127.0.0.1:{port}'}}\n"), env={})
        (found,) = look_at_console(setup, running=False)
    assert (found.mark, found.text) == (Mark.WARN, f"cannot listen at 127.0.0.1:{port}: Address already in use")
    assert list(look_at_console(load_setup(write(tmp_path, "console: false\n"), env={}), running=False)) == []


@pytest.mark.parametrize(("auth", "warned"), [("", True), (", auth: {proxy: {header: X-User, from: 10.0.0.5}}", False)])
def test_other_names_of_the_console_want_a_login(tmp_path: Path, auth: str, *, warned: bool) -> None:
    file = write(tmp_path, f"console: {{listen: '127.0.0.1:0', hosts: [a.example, b.example]{auth}}}\n")
    found = [(each.mark, each.text) for each in look_at_console(load_setup(file, env={}), running=False)]
    assert found == ([(Mark.WARN, "whoever comes by a.example, b.example may do everything")] if warned else [])


def test_each_secret_says_where_it_comes_from_and_who_can_read_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for name, mode in (("open", 0o644), ("group", 0o640), ("own", 0o600)):
        (tmp_path / name).write_text("hidden")
        (tmp_path / name).chmod(mode)
    (tmp_path / ".env").write_text(f"DOT=hidden\nOPEN_FILE={tmp_path}/open\nGROUP_FILE={tmp_path}/group\n")
    (tmp_path / ".env").chmod(0o600)
    file = write(
        tmp_path,
        "contact: ''\nrules: {cost: '${PRICE} of grain'}\nfeeds:\n"
        "  a: {url: 'https://a.example/?k=${DOT}', headers: {A: '${OPEN}', B: '${GROUP}', C: '${SHELL_SET}'}}\n"
        "smtp: {host: localhost, from: a@b.example, user: u, password_file: own}\n",
    )
    env = {"SHELL_SET": "hidden"}
    config, problems = load_config(file, env=env)
    assert config is not None
    assert not problems
    found = said(list(look_at_secrets(config, env)))
    assert found[:4] == [
        ("ok", "DOT: set, from .env"),
        ("ok", f"GROUP: set, from the file {tmp_path}/group"),
        ("ok", f"OPEN: set, from the file {tmp_path}/open"),
        ("ok", "SHELL_SET: set, from the environment"),
    ]
    reachable = all(folder.stat().st_mode & 0o001 for folder in tmp_path.parents)
    everybody = (
        ("warn", f"everybody on this machine can read {tmp_path}/open (mode 0644)")
        if reachable
        else ("ok", f"{tmp_path}/open (mode 0644) is read by its owner and its group")
    )
    assert sorted(found[4:]) == sorted(
        [
            ("ok", f"{tmp_path}/.env (mode 0600) is read by its owner alone"),
            everybody,
            ("ok", f"{tmp_path}/group (mode 0640) is read by its owner and its group"),
            ("ok", f"{tmp_path}/own (mode 0600) is read by its owner alone"),
        ]
    )
    assert "hidden" not in repr(found)
    file.chmod(0o666)
    assert said(list(look_at_secrets(config, env)))[-1] == (
        "warn",
        f"everybody on this machine can change {file} (mode 0666)",
    )
    (tmp_path / "group").unlink()
    assert ("fail", f"{tmp_path}/group cannot be looked at: No such file or directory") in said(
        list(look_at_secrets(config, env))
    )


def test_each_setting_says_where_it_comes_from(tmp_path: Path) -> None:
    file = write(tmp_path, "store: 'postgresql://u:hidden@db/monitor?password=hidden'\ndefaults: {poll: 5m}\n")
    config, _ = load_config(file, env={})
    assert config is not None
    rows = {each.name: each for each in settings_of(config, env={})}
    place = os.path.relpath(file)
    assert (rows["store"].value, rows["store"].origin) == ("postgresql://db/monitor", f"{place}:2")
    assert (rows["defaults.poll"].value, rows["defaults.poll"].origin) == ("5m", f"{place}:3")
    assert (rows["defaults.dedup"].value, rows["defaults.dedup"].origin) == ("4d", "default")
    assert (rows["retention.alerts"].value, rows["web.listen"].value) == ("400d", "127.0.0.1:8080")
    assert rows["breaker"].value == "{alerts: 20, factor: 10}"
    assert (rows["console.listen"].value, rows["console.listen"].origin) == ("127.0.0.1:8787", "default")
    assert "hidden" not in repr(rows)
    config, _ = load_config(file, env={"MONITOR_CONSOLE": "off"})
    assert config is not None
    off = next(each for each in settings_of(config, env={"MONITOR_CONSOLE": "off"}) if each.name == "console.listen")
    assert (off.value, off.origin) == ("off", "MONITOR_CONSOLE")
    (tmp_path / ".env").write_text("MONITOR_STORE=sqlite:///other.db\n")
    for env, flags, origin in (
        ({}, (), "MONITOR_STORE in .env"),
        ({"MONITOR_STORE": "sqlite:///x.db"}, (), "MONITOR_STORE"),
        ({"MONITOR_STORE": "sqlite:///x.db"}, ("store",), "--store"),
    ):
        config, _ = load_config(file, env=env)
        assert config is not None
        store = next(each for each in settings_of(config, env=env, flags=flags) if each.name == "store")
        assert store.origin == origin


@pytest.mark.parametrize(
    "url", ["postgresql://u:hid/den@db/m", "postgres://u:hid?den@d@db/m", "postgresql://hidden@db/m?a=@"]
)
def test_no_spelling_of_a_password_is_shown_with_the_settings(tmp_path: Path, url: str) -> None:
    config, _ = load_config(write(tmp_path, ""), env={"MONITOR_STORE": url})
    assert config
    (store,) = (each.value for each in settings_of(config, env={}) if each.name == "store")
    assert "hid" not in store
    assert "den" not in store


def test_flags_are_told_from_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "")
    monkeypatch.setenv("MONITOR_CONFIG", str(file))
    monkeypatch.setenv("MONITOR_STORE", "sqlite:///env.db")
    ran = CliRunner().invoke(cli, ["--store", "sqlite:///flag.db", "doctor", "--offline", "--json"])
    rows = {each["name"]: each["origin"] for each in json.loads(ran.output)["settings"]}
    assert (rows["configuration"], rows["store"]) == ("MONITOR_CONFIG", "--store")
    assert re.search(
        r"^  store +sqlite:///\S+/env.db +MONITOR_STORE$",
        CliRunner().invoke(cli, ["doctor", "--offline"]).output,
        re.MULTILINE,
    )


def test_chores_that_are_late_and_daemons_that_differ_are_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/var/monitor.db"
    store, now = open_store(url), utc_now()
    for name in ("one:1", "two:2"):
        store.beat(NodeReport(name=name, version="1", started_at=now, beat_at=now, rules_hash=name))
    lease = store.claim_chore("prune", now=now, lease=timedelta(minutes=10))
    assert lease is not None
    store.finish_chore(lease, now)
    texts = [text for _, text in said(look_at_state(url, lambda: now).findings)]
    assert texts[-2:] == ["the daemons have different rules", "chores are done in time: prune"]
    late = look_at_state(url, lambda: now + timedelta(hours=2))  # nobody is alive by then: nobody is late
    assert said(late.findings)[-1] == ("warn", "no daemon runs")
    later = now + timedelta(hours=2)
    store.beat(NodeReport(name="one:1", version="1", started_at=now, beat_at=later, rules_hash="x"))
    assert said(look_at_state(url, lambda: later).findings)[-1] == ("warn", "the chore `prune` is 120 min late")
    store.close()
