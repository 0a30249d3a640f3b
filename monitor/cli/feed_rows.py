"""What the commands on feeds share: configured feeds beside what the store knows of them, and how they look."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.cli.show import ago, ahead, clock_time
from monitor.text.cells import cells
from monitor.text.links import shown_url
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.config.config import Config
    from monitor.model import FeedNotes
    from monitor.ports import EntryRecord, Store
    from monitor.watched import WatchedFeed

NAME_WIDTH = 18
HEALTH_WIDTH = 22
LATEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A configuration and its store."""

    config: Config
    store: Store
    now: datetime

    def rows(self) -> list[WatchedFeed]:
        """Return the feeds of the configuration, the worst first."""
        from monitor.watched import watched_feeds  # noqa: PLC0415 - `monitor --help` must not import the house

        return watched_feeds(self.config.feeds, self.store.feed_reports(self.now), self.now)

    def find(self, name: str) -> WatchedFeed:
        """Return the feed of this name.

        Raises:
            NotFoundError: there is none.
        """
        from monitor.document import did_you_mean  # noqa: PLC0415 - `monitor --help` must not import the house
        from monitor.errors import NotFoundError  # noqa: PLC0415

        rows = {row.feed.name: row for row in self.rows()}
        if name in rows:
            return rows[name]
        hint = did_you_mean(name, rows)
        raise NotFoundError(f"no feed `{one_line(name)}`" + (f": {hint}" if hint else ""))

    def findings(self, row: WatchedFeed) -> tuple[list[EntryRecord], tuple[tuple[str, int], ...]]:
        """Return the latest entries of a feed, and how often rules hit its entries in 30 days."""
        found = self.store.feed_findings(row.feed.url, self.now, limit=LATEST)
        records = [record for entry_id in found.entries if (record := self.store.entry_record(entry_id))]
        return records, found.hits


@contextmanager
def open_desk(file: Path, *, needs_store: bool = False) -> Iterator[Desk]:
    """Open a configuration and its store; before any daemon has run, an empty store, unless one is needed.

    Raises:
        ConfigurationError: the configuration has mistakes.
        NotFoundError: no daemon has made the store that is needed.
    """
    from monitor.config.load import load_config  # noqa: PLC0415
    from monitor.errors import ConfigurationError, NotFoundError  # noqa: PLC0415
    from monitor.store.sql_store import open_existing_store, open_store  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    config, problems = load_config(file, env=os.environ)
    if config is None or problems:
        raise ConfigurationError(problems)
    try:
        store = open_existing_store(config.store)
    except NotFoundError:
        if needs_store:
            raise
        store = open_store("sqlite://")
    try:
        yield Desk(config=config, store=store, now=utc_now())
    finally:
        store.close()


def as_line(row: WatchedFeed, now: datetime) -> list[str]:
    """Write one line of the list: 80 columns at most."""
    from monitor.decide.thresholds import span  # noqa: PLC0415 - `monitor --help` must not import the house

    report = row.report
    polled = _short(report.state.polled_at, now) if report and report.state.polled_at else "-"
    due = _short(now, report.due) if report and not row.is_paused else "-"
    counts = [f"{report.day:,}", f"{report.week:,}"] if report else ["-", "-"]
    return [_fitted(row.feed.name, NAME_WIDTH), _fitted_health(row, now), polled, due,
            span(row.interval), *counts]  # fmt: skip


def _short(time: datetime, now: datetime) -> str:
    """Say how long ago in a few columns: `12s`, `5m`, `3h`, `2d`."""
    return ago(time, now).replace(" ", "").replace("min", "m")


def _health(row: WatchedFeed, now: datetime) -> str:
    return f"{row.health.words} {ago(row.health.since, now)}" if row.health.since else row.health.words


def _fitted_health(row: WatchedFeed, now: datetime) -> str:
    """Cut the words where they are too long; the time stays."""
    since = f" {_short(row.health.since, now)}" if row.health.since else ""
    return _fitted(row.health.words, HEALTH_WIDTH - len(since)) + since


def _fitted(text: str, width: int) -> str:
    """Cut a text to so many columns of a terminal."""
    text = one_line(text)
    while cells(text) > width:
        text = shorten(text, len(text) - 1)
    return text


def described(
    row: WatchedFeed, records: Sequence[EntryRecord], hits: Sequence[tuple[str, int]], now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield labels and lines of all that is known of a feed."""
    from monitor.decide.rhythm import describe_gap  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.decide.thresholds import span  # noqa: PLC0415
    from monitor.watched import pushes  # noqa: PLC0415

    feed, report = row.feed, row.report
    yield "feed", feed.name
    yield "url", row.shown_url
    yield from _said("tags", ", ".join(feed.tags))
    yield "health", f"{_health(row, now)}"
    own = f" (as configured: {span(feed.poll)})" if row.interval != feed.poll else ""
    yield "every", span(row.interval) + own
    if report is None:
        return
    state = report.state
    yield from _said("detail", one_line(state.detail))
    yield from _pause_lines(row)
    never = "never with success" if state.failures else "never"
    yield "polled", f"{clock_time(state.polled_at)}, {ago(state.polled_at, now)} ago" if state.polled_at else never
    if not row.is_paused:
        yield "next", f"{clock_time(report.due)}, {ahead(report.due, now)}"
    yield from _said("failures", f"{state.failures} in a row" if state.failures else "")
    yield from _said("etag", one_line(state.validators.etag))
    yield from _said("modified", one_line(state.validators.last_modified))
    yield from _said("moved to", shown_url(state.notes.moved_to) if state.notes.moved_to else "")
    yield "entries", f"{report.day:,} in 24 h, {report.week:,} in 7 d"
    yield from _said("identity", ", ".join(state.notes.identity))
    if state.notes.gap:
        yield "gap", f"{describe_gap(state.notes.gap)}; {state.notes.gaps:,} so far"
    yield from _said("pushes", pushes(state.notes, now))
    yield from _note_lines(state.notes)
    yield from _said("hits", ", ".join(f"{rule} ({count:,})" for rule, count in hits))
    for record in records:
        verdicts = dict.fromkeys(_verdict(decision.verdict, decision.rule) for decision in record.decisions)
        title = shorten(one_line(record.entry.title), 100)
        yield "entry", f"{clock_time(record.entry.seen_at)}  {title}  ({', '.join(verdicts)})"
    for event in reversed(state.notes.events):
        by = f" by {one_line(event.by)}" if event.by else ""
        yield "history", f"{clock_time(event.at)}  {event.what}{by}" + (f": {event.detail}" if event.detail else "")


def _said(label: str, text: str) -> Iterator[tuple[str, str]]:
    if text:
        yield label, text


def _verdict(verdict: str, rule: str) -> str:
    return f"{verdict} {rule}" if rule else verdict


def _pause_lines(row: WatchedFeed) -> Iterator[tuple[str, str]]:
    if row.is_paused and row.report:
        notes = row.report.state.notes
        yield "paused", f"until {clock_time(notes.paused_until)}" if notes.paused_until else "until it is resumed"
        yield from _said("reason", notes.pause_reason)


def _note_lines(notes: FeedNotes) -> Iterator[tuple[str, str]]:
    """Yield what polls have noted and no other line says."""
    told = ("moved_to", "paused_until", "pause_reason", "events", "identity", "interval", "gap", "gaps")
    for each in dataclasses.fields(notes):
        value = getattr(notes, each.name)
        if each.repr and each.name not in told and value != _default(each):
            yield "noted", f"{each.name.replace('_', ' ')}: {_plain(value)}"


def _default(each: dataclasses.Field[Any]) -> Any:
    return each.default if each.default_factory is dataclasses.MISSING else each.default_factory()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return clock_time(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    return one_line(str(value))
