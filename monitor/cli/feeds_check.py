"""`monitor feeds check`: every step of one poll, and nothing written."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import complete
from monitor.cli.show import clock_time, plural, print_json
from monitor.text.links import shown_url
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.feeds.trace import Hop
    from monitor.model import Entry
    from monitor.probe import Probe

SHOWN = 5  # entries
TITLE_WIDTH = 90
Step = tuple[str, str]


@click.command(short_help="Poll a feed once, show every step, write nothing.")
@click.argument("name_or_url", metavar="NAME|URL", shell_complete=complete.feeds)
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def check(file: Path, *, name_or_url: str, json_wanted: bool) -> None:
    """Poll a feed once and show every step: requests, answer, charset, entries, what rules say, what would be told.

    It takes the daemon's own way, unconditionally, and writes nothing; the feed need not stand in the configuration.
    Exit code 1 where the feed cannot be read.

    \b
      monitor feeds check guardian
      monitor feeds check https://www.example.org/rss.xml
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    found = run_probe(file, name_or_url)
    if json_wanted:
        print_json(_as_json(found))
    else:
        for label, text in steps(found):
            click.echo(f"{label:<10}{one_line(text)}".rstrip())
    sys.exit(0 if is_good(found) else 1)


def run_probe(file: Path, name_or_url: str) -> Probe:
    """Poll the feed of this name or URL once.

    Raises:
        NotFoundError: it is neither a feed's name nor a URL.
    """
    from monitor import logs  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.document import did_you_mean  # noqa: PLC0415
    from monitor.errors import NotFoundError  # noqa: PLC0415
    from monitor.model import Feed  # noqa: PLC0415
    from monitor.probe import find_feed, probe  # noqa: PLC0415
    from monitor.setup import load_setup  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    logs.configure("warning")
    setup = load_setup(file)
    feed = find_feed(setup, name_or_url)
    if feed is None and name_or_url.startswith(("http://", "https://")):
        feed = Feed(name="new", url=name_or_url, poll=setup.config.defaults.poll.every)
    if feed is None:
        hint = did_you_mean(name_or_url, [known.name for known in setup.config.feeds])
        raise NotFoundError(f"no feed `{one_line(name_or_url)}`: {hint or 'give a name of one, or a URL'}")
    return asyncio.run(probe(feed, setup, utc_now))


@click.command(short_help="Name the feeds that a web page links to.")
@click.argument("url")
@click.pass_obj
def discover(file: Path, *, url: str) -> None:
    """Name the feeds that a web page links to, a line each: address, kind, title; of a feed, itself.

    Exit code 1 where there are none. Nothing is written; `monitor feeds add URL` takes the first.
    """
    found = run_probe(file, url)
    if is_good(found):
        title = found.parsed.title if found.parsed else ""
        click.echo(f"{found.feed.url}  {found.kind}  {one_line(title)}".rstrip())
        return
    for link in found.links:
        click.echo(f"{link.url}  {link.kind}  {one_line(link.title)}".rstrip())
    if not found.links:
        detail = found.outcome.state.detail if found.outcome else ""
        click.echo(f"no feeds: {one_line(detail)}", err=True)
        sys.exit(1)


def is_good(found: Probe) -> bool:
    """Say whether the feed could be read."""
    return found.outcome is not None and found.outcome.state.cause is None


def steps(found: Probe) -> Iterator[Step]:
    """Yield what happened, step by step."""
    yield "feed", f"{found.feed.name} {shown_url(found.feed.url)}"
    for hop in found.hops:
        yield from _hop_steps(hop)
    yield from _page_steps(found)
    yield from _entry_steps(found)
    yield from _result_steps(found)


def _hop_steps(hop: Hop) -> Iterator[Step]:
    yield "request", f"{_at(hop.started)} {hop.url}"
    if hop.resolved is not None:
        yield "", f"{_at(hop.resolved)} name resolved"
    if hop.connected is not None:
        yield "", f"{_at(hop.connected)} connected" + (f" to {hop.address}" if hop.address else "")
    if hop.failed:
        yield "", f"failed: {hop.failed}" + (f", the address was {hop.address}" if hop.address else "")
    if hop.answered is not None:
        target = f", redirects to {hop.leads_to}" if hop.leads_to else ""
        yield "answer", f"{_at(hop.answered)} HTTP {hop.status}{target}"
    for name, value in hop.headers.items():
        yield "", f"{name}: {value}"


def _page_steps(found: Probe) -> Iterator[Step]:
    if found.page is None:
        return
    wire = f"{found.wire_bytes:,} bytes on the wire, " if found.hops else ""
    yield "page", f"{_at(found.fetch_seconds)} {wire}{len(found.page.body):,} decoded"
    yield "charset", found.charset
    yield "kind", found.kind or "no feed that is known"


def _entry_steps(found: Probe) -> Iterator[Step]:
    if found.parsed is None:
        return
    fresh = {entry.id for entry in found.outcome.entries} if found.outcome else set()
    title = f" of “{shorten(found.parsed.title, TITLE_WIDTH)}”" if found.parsed.title else ""
    new = sum(entry.id in fresh for entry in found.entries)
    yield "parsed", f"{plural(len(found.entries), 'entry')}{title}, {new:,} new"
    kinds = Counter(identity_kind(entry) for entry in found.entries)
    yield "identity", ", ".join(f"{count:,} by {kind}" for kind, count in kinds.most_common())
    for entry in found.entries[:SHOWN]:
        date = clock_time(entry.published) if entry.published else "no date"
        mark = "new" if entry.id in fresh else "known"
        yield "entry", f"{shorten(entry.title, TITLE_WIDTH) or '(no title)'} ({date}, {identity_kind(entry)}, {mark})"
        if entry.url:
            yield "", shown_url(entry.url)
        for match in found.matches.get(entry.id, ()):
            yield "", f"match {match.rule.id}: {_why(match.mentions)}"
    if len(found.entries) > SHOWN:
        yield "", f"and {len(found.entries) - SHOWN:,} more"


def _why(mentions: Any) -> str:
    return "; ".join(dict.fromkeys(f"“{mention.surface}” in {mention.field}" for mention in mentions))


def identity_kind(entry: Entry) -> str:
    """Say by what an entry is told from the others of its feed."""
    if entry.guid:
        return "guid"
    return "link" if entry.canonical_url else "text"


def _result_steps(found: Probe) -> Iterator[Step]:
    outcome = found.outcome
    if outcome is None:
        return
    if outcome.state.cause is not None:
        yield "failed", f"{outcome.state.cause.value}: {outcome.state.detail}"
        yield from (("names", f"{link.shown} ({link.kind}) {link.title}") for link in found.links)
        return
    rules = Counter(match.rule.id for matches in found.matches.values() for match in matches)
    said = ", ".join(f"{rule} ({count:,})" for rule, count in rules.most_common())
    yield "rules", f"match {plural(len(found.matches), 'entry')}: {said}" if rules else "match none of the entries"
    channels = Counter(delivery.channel for delivery in outcome.deliveries)
    told = ", ".join(f"{plural(count, 'message')} to {channel}" for channel, count in channels.most_common())
    silent = sum(decision.verdict == "baseline" for decision in outcome.decisions)
    if silent:
        told = f"remember {plural(silent, 'entry')} in silence: it would be the feed's first poll"
    yield "would", f"{told or 'tell nothing'}; poll again {clock_time(outcome.due)}"


def _at(seconds: float) -> str:
    return f"{seconds:.3f} s"


def _as_json(found: Probe) -> dict[str, Any]:
    outcome = found.outcome
    fresh = {entry.id for entry in outcome.entries} if outcome else set()
    result: dict[str, Any] = {}
    if outcome is not None:
        result = {
            "cause": outcome.state.cause,
            "detail": outcome.state.detail,
            "messages": dict(Counter(delivery.channel for delivery in outcome.deliveries)),
            "next_poll": outcome.due,
        }
    return {
        "ok": is_good(found),
        "feed": found.feed.name,
        "url": shown_url(found.feed.url),
        "hops": [dataclasses.asdict(hop) for hop in found.hops],
        "wire_bytes": found.wire_bytes,
        "decoded_bytes": len(found.page.body) if found.page else 0,
        "fetch_seconds": round(found.fetch_seconds, 6),
        "charset": found.charset,
        "kind": found.kind,
        "title": found.parsed.title if found.parsed else "",
        "links": [{"url": link.shown, "kind": link.kind, "title": link.title} for link in found.links],
        "entries": [
            {
                "title": entry.title,
                "link": shown_url(entry.url),
                "published": entry.published,
                "identity": identity_kind(entry),
                "new": entry.id in fresh,
                "rules": [match.rule.id for match in found.matches.get(entry.id, ())],
            }
            for entry in found.entries
        ],
        **result,
    }
