"""`feeds ...`: what a person asks of the feeds, and what is written where."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.app import open_app
from monitor.cli import cli
from monitor.cli.feed_rows import as_line, described
from monitor.decide.health import health_of
from monitor.errors import Cause, MonitorError
from monitor.model import Feed, FeedNotes, FeedState, Gap, Subscription
from monitor.ports import FeedReport
from monitor.setup import load_setup
from monitor.text.cells import cells
from monitor.watched import WatchedFeed, facts_of
from tests.app.house import FeedServer, rss
from tests.forks import monitor

CONFIG = """
defaults: {backlog: alert}
channels: {screen: {console: true}}
allow_files: [.]
allow: [127.0.0.1]
feeds:
  wire: "file:wire.xml"   # ours
  page: {url: "file:page.xml", tags: [web]}
rules: {quake: earthquake}
"""
NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "monitor.yaml").write_text(CONFIG)
    (tmp_path / "wire.xml").write_text(rss("Earthquake one", "Storm"))
    (tmp_path / "page.xml").write_text("<html><title>A page</title></html>")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def polled(desk: Path) -> Path:
    """A desk that has polled its feeds once."""
    poll(desk)
    return desk


def poll(desk: Path) -> str:
    """Do what `monitor run --once` does; return the alerts."""
    told = io.StringIO()

    async def once() -> None:
        async with open_app(load_setup(desk / "monitor.yaml"), stream=told) as app:
            await app.run_once()

    asyncio.run(once())
    return told.getvalue()


def feeds(*arguments: str) -> tuple[int, str, str]:
    """Run `monitor feeds` in this process and this folder: exit code, standard output, standard error."""
    ran = CliRunner().invoke(cli, ["feeds", *arguments])
    if isinstance(ran.exception, MonitorError):
        return 2, ran.stdout, f"error: {ran.exception}\n"
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exc_info
    return ran.exit_code, ran.stdout, ran.stderr


def listed(*options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(feeds("list", "--json", *options)[1])["feeds"]
    return found


# -- list and show -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("desk")
def test_before_any_poll_all_feeds_are_listed_as_never_polled() -> None:
    code, out, _ = feeds("list")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["feed", "health", "polled"], ["page", "never", "polled"], ["wire", "never", "polled"],
    ]  # fmt: skip


@pytest.mark.usefixtures("polled")
def test_the_worst_comes_first_with_its_cause() -> None:
    out = feeds("list")[1].splitlines()
    assert [line.split()[0] for line in out] == ["feed", "page", "wire"]
    assert "not a feed" in out[1]
    assert out[2].split()[:2] == ["wire", "ok"]
    assert out[2].endswith("2")
    (failing,) = listed("--failing")
    assert (failing["name"], failing["health"], failing["standing"]) == ("page", "not a feed", "failing")
    assert [feed["name"] for feed in listed("--tag", "web")] == ["page"]
    assert feeds("list", "--paused")[1] == "no such feed\n"


@pytest.mark.usefixtures("polled")
def test_show_tells_all_that_is_known() -> None:
    out = feeds("show", "wire")[1]
    assert "health    ok\n" in out
    assert "hits      quake (1)\n" in out
    assert "Earthquake one  (match quake, new-story, alert)" in out
    assert "history" in feeds("show", "page")[1]
    shown = json.loads(feeds("show", "wire", "--json")[1])
    assert (shown["entries_24h"], shown["hits"]) == (2, {"quake": 1})
    code, _, err = feeds("show", "wir")
    assert (code, err) == (2, "error: no feed `wir`: did you mean `wire`?\n")


def make_row(**changes: Any) -> WatchedFeed:
    state = FeedState(**{"feed_id": 1, "name": "n" * 60, "url": "https://u:p@x.example/rss?key=s3cret#f", **changes})
    report = FeedReport(state=state, due=NOW + timedelta(days=300), day=99_999, week=999_999)
    feed = Feed(name=state.name, url=state.url, poll=timedelta(days=1, hours=12))
    return WatchedFeed(feed=feed, report=report, health=health_of(state, NOW), now=NOW)


@pytest.mark.parametrize("cause", list(Cause))
def test_a_line_fits_eighty_columns(cause: Cause) -> None:
    row = make_row(cause=cause, failing_since=NOW - timedelta(days=365), polled_at=NOW - timedelta(days=365))
    assert sum(cells(cell) + 2 for cell in as_line(row, NOW)) - 2 <= 80


def test_no_query_string_nor_password_is_shown() -> None:
    row = make_row(
        notes=FeedNotes(
            moved_to="https://y.example/rss?key=s3cret", whole_at=NOW, gap=Gap(since=NOW, until=NOW, entries=2)
        )
    )
    said = dict(described(row, [], [], NOW))
    assert said["url"] == "https://x.example/rss"
    assert said["moved to"] == "https://y.example/rss"
    assert said["noted"] == "whole at: 2027-01-01 00:00 UTC"
    assert said["gap"].startswith("at least 2 entries may have been missed between 2027-01-01 00:00")


def test_a_subscription_is_told_without_what_makes_it_secret() -> None:
    notes = FeedNotes(hub="https://u:p@hub.example/x?key=s3cret", topic="https://y.example/?key=s3cret")
    assert dict(described(make_row(notes=notes), [], [], NOW))["pushes"] == "not subscribed (hub https://hub.example/x)"
    subscription = Subscription(
        hub=notes.hub, topic=notes.topic, callback="https://m.example/s3cret", secret="s3cret",
        asked_at=NOW, ask_at=NOW, until=NOW + timedelta(hours=1), pending=False,
    )  # fmt: skip
    row = make_row(notes=replace(notes, subscription=subscription))
    said = dict(described(row, [], [], NOW))
    assert said["pushes"] == "pushed until 2027-01-01 01:00 UTC (hub https://hub.example/x)"
    assert facts_of(row)["pushes"] == said["pushes"]
    assert "s3cret" not in str(said) + repr(facts_of(row))


# -- pause and resume --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("desk")
def test_a_pause_needs_a_daemon_that_has_run() -> None:
    code, _, err = feeds("pause", "wire")
    assert code == 2
    assert "there is no state" in err


def test_a_paused_feed_is_not_polled_until_it_is_resumed(polled: Path) -> None:
    code, out, _ = feeds("pause", "wire", "--reason", "being \x1b[31mrebuilt")
    assert (code, out) == (0, "paused wire; `monitor feeds resume` polls it again\n")
    assert [feed["name"] for feed in listed("--paused")] == ["wire"]
    assert "1 paused" in CliRunner().invoke(cli, ["status"]).stdout
    shown = feeds("show", "wire")[1]
    assert "reason    being [31mrebuilt\n" in shown
    assert "paused    until it is resumed" in shown
    (polled / "wire.xml").write_text(rss("Earthquake two"))
    assert poll(polled) == ""
    assert feeds("resume", "wire")[1] == "resumed wire\n"
    assert "Earthquake** two" in poll(polled)
    assert feeds("resume", "wire")[1] == "wire is not paused\n"


@pytest.mark.usefixtures("polled")
def test_a_pause_may_have_an_end() -> None:
    assert "paused wire until 20" in feeds("pause", "wire", "--for", "2h")[1]
    assert "paused    until 20" in feeds("show", "wire")[1]


@pytest.mark.usefixtures("polled")
def test_a_feed_that_no_daemon_has_seen_cannot_be_paused() -> None:
    feeds("add", "https://new.example/rss", "--no-check", "--write")
    code, _, err = feeds("pause", "new.example")
    assert code == 2
    assert "no daemon watches new.example yet" in err


# -- check -------------------------------------------------------------------------------------------------------------


def test_check_shows_every_step_of_a_feed_and_writes_nothing(polled: Path) -> None:
    (polled / "wire.xml").write_text(rss("Earthquake two", "Storm"))
    for _ in range(2):
        code, out, _ = monitor(polled, "feeds", "check", "wire")
        assert code == 0
        for part in (
            "charset   utf-8 (its bytes)",
            "kind      RSS 2.0",
            "parsed    2 entries of “Wire”, 1 new",
            "Earthquake two (no date, guid, new)",
            "match quake: “Earthquake” in title",
            "would     1 message to screen; poll again",
        ):
            assert part in out, part
    code, out, _ = monitor(polled, "feeds", "check", "page")
    assert code == 1
    assert "failed    not a feed: an HTML page titled “A page”" in out
    assert json.loads(monitor(polled, "feeds", "check", "page", "--json")[1])["ok"] is False
    assert "no feed `wir`: did you mean `wire`?" in monitor(polled, "feeds", "check", "wir")[2]


async def test_check_and_add_read_a_url(desk: Path) -> None:
    async with FeedServer() as server:
        server.pages["/feed"] = rss("Earthquake", "Storm")
        code, out, _ = await asyncio.to_thread(monitor, desk, "feeds", "check", server.url("/feed?k=s3cret"))
        assert code == 0
        assert f"connected to 127.0.0.1:{server.port}" in out
        assert "remember 2 entries in silence" in out
        assert "s3cret" not in out
        code, out, err = await asyncio.to_thread(monitor, desk, "feeds", "add", server.url("/feed"), "--tag", "x")
        assert (code, err) == (0, "1 added by this patch: `--write` makes the change\n")
        assert f"+  wire-2: {{url: {server.url('/feed')}, tags: [x]}}\n" in out
        link = '<link rel="alternate" type="application/rss+xml" href="/feed">'
        server.pages["/site"] = f"<html><head>{link}</head></html>"
        code, out, err = await asyncio.to_thread(monitor, desk, "feeds", "add", server.url("/site"), "--name", "found")
        assert code == 0
        assert f"+  found: {server.url('/feed')}\n" in out
        assert f"the page names 1 feed; taking {server.url('/feed')}" in err
        code, out, _ = await asyncio.to_thread(monitor, desk, "feeds", "discover", server.url("/site"))
        assert (code, out) == (0, f"{server.url('/feed')}  RSS\n")
        code, out, err = await asyncio.to_thread(monitor, desk, "feeds", "add", server.url("/missing"))
        assert (code, out) == (1, "")
        assert "failed    HTTP error: HTTP 404" in err
        assert err.endswith("nothing is added; `--no-check` adds it unread\n")


# -- add, remove, import, export ---------------------------------------------------------------------------------------


def test_a_patch_is_one_that_patch_takes(desk: Path) -> None:
    _, patch, _ = feeds("add", "https://new.example/rss", "--no-check", "--name", "new")
    applied = subprocess.run(
        ["git", "apply", "-p0"], cwd=desk, input=patch, text=True, capture_output=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    assert (
        '  page: {url: "file:page.xml", tags: [web]}\n  new: https://new.example/rss\nrules'
        in (desk / "monitor.yaml").read_text()
    )


def test_what_is_added_and_removed_again_leaves_the_file_as_it_was(desk: Path) -> None:
    assert feeds("add", "https://new.example/rss", "--no-check", "--write")[0] == 0
    code, out, err = feeds("remove", "new.example", "--write")
    assert (code, out, err) == (0, "-  new.example: https://new.example/rss\n", "written to monitor.yaml\n")
    assert (desk / "monitor.yaml").read_text() == CONFIG
    assert "no feed `new.example`" in feeds("remove", "new.example")[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["https://u:p@x.example/"], "it holds a password"),
        (["https://x.example/${TOKEN}"], "it refers to a secret"),
        (["wire.xml"], "not a URL"),
        (["https://x.example/", "--no-check", "--name", "wire"], "there is a feed `wire` already"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_what_cannot_be_added_is_said_so(arguments: list[str], said: str) -> None:
    code, out, err = feeds("add", *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_that_only_a_person_can_change_is_named_with_the_lines(desk: Path) -> None:
    (desk / "odd.yaml").write_text("{}\n")
    code, out, err = feeds("add", "https://x.example/", "--no-check", "--to", "odd.yaml")
    assert (code, out) == (1, "  x.example: https://x.example/\n")
    assert "odd.yaml is for a person to change" in err


def test_a_list_goes_out_and_comes_in_again(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(
        CONFIG.replace("feeds:\n", "feeds:\n  bbc: {url: https://b.example/?a=1, tags: [press, uk], lang: en}\n"
        "  own: 'https://o.example/?key=${PATH}'\n")
    )  # fmt: skip
    code, out, err = feeds("export")
    assert (code, err) == (0, "left out 3 feeds with secrets or of files\n")
    (desk / "list.opml").write_text(out)
    (desk / "monitor.yaml").write_text(CONFIG)
    code, out, err = feeds("import", "list.opml", "--write")
    assert code == 0, err
    assert out == "+  bbc: {url: https://b.example/?a=1, tags: [press, uk], lang: en}\n"
    assert "1 known already" in feeds("import", "list.opml")[2]


def test_a_hostile_list_changes_nothing(desk: Path) -> None:
    (desk / "links.opml").write_text('<opml><outline text="a"/><outline text="b" htmlUrl="https://b.example/"/></opml>')
    assert "passed over 2 outlines without xmlUrl: no feeds" in feeds("import", "links.opml")[2]
    (desk / "bomb.opml").write_text('<!DOCTYPE x [<!ENTITY a "a">]><opml><outline xmlUrl="&a;"/></opml>')
    code, _, err = feeds("import", "bomb.opml", "--write")
    assert code == 2
    assert "declares entities" in err
    (desk / "theft.opml").write_text('<opml><outline text="t" xmlUrl="https://e.example/${PATH}"/></opml>')
    code, _, err = feeds("import", "theft.opml", "--write")
    assert code == 1
    assert "left out t: it refers to a secret" in err
    assert (desk / "monitor.yaml").read_text() == CONFIG


def test_a_new_file_is_made_and_what_is_missing_is_said(desk: Path) -> None:
    code, _, err = feeds("add", "https://x.example/", "--no-check", "--to", "more.yaml", "--write")
    assert code == 0
    assert "more.yaml is not among the files of `include:` yet" in err
    assert (desk / "more.yaml").read_text() == "feeds:\n  x.example: https://x.example/\n"
