"""`monitor feeds ...`: how the feeds are, and pauses."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.feed_rows import as_line, described, open_desk
from monitor.cli.feeds_check import check, discover
from monitor.cli.feeds_edit import add, export_list, import_list, remove
from monitor.cli.group import Group
from monitor.cli.past import Duration
from monitor.cli.person import whoami
from monitor.cli.show import clock_time, print_json, table

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.watched import WatchedFeed

HEADINGS = ["feed", "health", "polled", "next", "every", "24 h", "7 d"]


@click.group(cls=Group)
def feeds() -> None:
    """List, check, add, pause, import and export the feeds."""


for command in (check, discover, add, remove, import_list, export_list):
    feeds.add_command(command)


@feeds.command("list", short_help="List the feeds and how they are, the worst first.")
@click.option("--failing", is_flag=True, help="Only those that cannot be read, bring nothing, or have a gap.")
@click.option("--paused", is_flag=True, help="Only those that somebody has paused.")
@click.option("--tag", metavar="TAG", help="Only those with this tag.")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def list_feeds(file: Path, *, failing: bool, paused: bool, tag: str | None, json_wanted: bool) -> None:
    """List the feeds, a line each, the worst first.

    Health is `ok`, or the cause by its name and since when; then the last good poll, the next one, the interval, and
    the entries seen in 24 hours and 7 days. `monitor feeds show NAME` says all that is known of one.
    """
    with open_desk(file) as desk:
        rows = [row for row in desk.rows() if tag is None or tag in row.feed.tags]
    if failing or paused:
        rows = [row for row in rows if (failing and row.is_failing) or (paused and row.is_paused)]
    if json_wanted:
        from monitor.watched import facts_of  # noqa: PLC0415 - `monitor --help` must not import the house

        print_json({"feeds": [facts_of(row) for row in rows]})
    elif rows:
        table([HEADINGS, *(as_line(row, desk.now) for row in rows)], indent=0)
    else:
        click.echo(_none(tag, narrowed=failing or paused))


def _none(tag: str | None, *, narrowed: bool) -> str:
    from monitor.text.plain import one_line  # noqa: PLC0415 - `monitor --help` must not import the house

    if narrowed:
        return "no such feed"
    return f"no feed has the tag `{one_line(tag)}`" if tag else "no feeds are watched: `monitor feeds add URL`"


@feeds.command("show", short_help="Show all that is known of a feed.")
@click.argument("name", shell_complete=complete.feeds)
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def show_feed(file: Path, *, name: str, json_wanted: bool) -> None:
    """Show all that is known of a feed: its health and history, its latest entries and what became of them."""
    with open_desk(file) as desk:
        row = desk.find(name)
        records, hits = desk.findings(row)
    if json_wanted:
        from monitor.watched import facts_of  # noqa: PLC0415 - `monitor --help` must not import the house

        entries = [{"entry": record.entry, "decisions": record.decisions} for record in records]
        print_json({**facts_of(row), "hits": dict(hits), "entries": entries})
        return
    for label, text in described(row, records, hits, desk.now):
        click.echo(f"{label:<10}{text}".rstrip())


@feeds.command(short_help="Stop polling a feed, for a time or until it is resumed.")
@click.argument("name", shell_complete=complete.feeds)
@click.option("--for", "length", type=Duration(), metavar="TIME", help="How long, such as 2h; else until `resume`.")
@click.option("--reason", default="", help="Why, for those who wonder.")
@click.pass_obj
def pause(file: Path, *, name: str, length: timedelta | None, reason: str) -> None:
    """Stop polling a feed; a running daemon obeys at once, and drops a poll of it that is under way.

    Who did it, when and why stays in the feed's history (`monitor feeds show`).
    """
    with open_desk(file, needs_store=True) as desk:
        row = desk.find(name)
        until = desk.now + length if length else None
        _require_watched(
            desk.store.pause_feed(row.feed.url, desk.now, until=until, reason=_reason(reason), by=whoami()), row
        )
    click.echo(f"paused {row.feed.name}{_until(until)}")


@feeds.command(short_help="Poll a paused feed again.")
@click.argument("name", shell_complete=complete.feeds)
@click.pass_obj
def resume(file: Path, *, name: str) -> None:
    """Poll a paused feed again, at once."""
    with open_desk(file, needs_store=True) as desk:
        row = desk.find(name)
        resumed = desk.store.resume_feed(row.feed.url, desk.now, by=whoami())
    click.echo(f"resumed {row.feed.name}" if resumed else f"{row.feed.name} is not paused")


def _require_watched(done: bool, row: WatchedFeed) -> None:  # noqa: FBT001 - one answer
    from monitor.errors import NotFoundError  # noqa: PLC0415 - `monitor --help` must not import the house

    if not done:
        raise NotFoundError(f"no daemon watches {row.feed.name} yet: `monitor run` does, or `monitor reload`")


def _reason(text: str) -> str:
    from monitor.text.plain import one_line, shorten  # noqa: PLC0415 - `monitor --help` must not import the house

    return shorten(one_line(text), 200)


def _until(until: datetime | None) -> str:
    return f" until {clock_time(until)}" if until else "; `monitor feeds resume` polls it again"
