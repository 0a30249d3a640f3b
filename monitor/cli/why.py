"""`monitor why`."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from monitor.account import account_of, delivery_rows
from monitor.cli.show import line, print_json, table
from monitor.cli.status import existing_store
from monitor.errors import ConfigurationError
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Entry
    from monitor.ports import DeliveryRecord, EntryRecord, Sighting, Store
    from monitor.rules.explain import Explanation
    from monitor.setup import Setup

MOST_NEAREST = 3
MOST_HOSTS = 10
_ID = re.compile(r"[0-9a-f]{8,32}")


@click.command(short_help="Tell what became of an entry, and why.")
@click.argument("reference", metavar="ENTRY|URL|ALERT")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def why(file: Path, *, reference: str, as_json: bool) -> None:
    """Tell what became of an entry, and why: seen, matched, which story, told where and when.

    ENTRY and ALERT are ids, or their first 8 digits or more; an alert's is also the key of its message, as the log
    shows it. A URL is an article's, in any of its spellings. Exit code 1 if nothing is known of it.

    \b
      monitor why https://www.example.org/2026/03/talks?utm_source=rss
      monitor why 6f1c22d0
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    with existing_store(file) as store:
        records, notices = _look_up(store, reference)
        known = bool(records or notices)
        sightings = () if known else _sightings(store, reference)
        feeds = () if known or sightings else tuple((feed.name, feed.url) for feed in store.status().feeds)
    loaded = _current_setup(file) if records else None
    if as_json:
        print_json(
            {
                "entries": [_as_json(record, _nearest(loaded, record.entry)) for record in records],
                "notices": [dataclasses.asdict(notice) for notice in notices],
                "sightings": [dataclasses.asdict(sighting) for sighting in sightings],
            }
        )
    else:
        _show_all(records, notices, loaded)
        if not known:
            show_unknown(reference, sightings, feeds)
    sys.exit(0 if known else 1)


def _show_all(records: Sequence[EntryRecord], notices: Sequence[DeliveryRecord], loaded: Setup | None) -> None:
    for number, record in enumerate(records):
        click.echo("\n" * bool(number), nl=False)
        _show(record)
        _show_nearest(loaded, record)
    for notice in notices:
        click.echo(click.style(one_line(notice.title), bold=True))
        _print(delivery_rows(notice))


def _look_up(store: Store, reference: str) -> tuple[list[EntryRecord], tuple[DeliveryRecord, ...]]:
    """Find what is meant: entries, or messages about no entry."""
    if "://" in reference:
        from monitor.feeds.canonical import link_forms  # noqa: PLC0415 - `monitor --help` must not import the house

        found = next(filter(None, map(store.find_link, link_forms(reference))), ())
    elif _ID.fullmatch(reference.lower()):
        found = store.find_entries(reference.lower())
    else:
        raise click.UsageError("give an entry's or alert's id (8 hexadecimal digits or more), or an article's URL")
    records = [record for entry_id in found if (record := store.entry_record(entry_id))]
    notices = () if records or "://" in reference else store.find_announcements(reference.lower())
    return records, notices


def _sightings(store: Store, reference: str) -> tuple[Sighting, ...]:
    """Ask which feeds remember an article that is no longer stored: by its link, or where that is its guid."""
    if "://" not in reference:
        return ()
    from monitor.feeds.canonical import link_forms  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.feeds.identity import identity_keys  # noqa: PLC0415

    as_guid = identity_keys(guid=reference, canonical_url="", title="", text="")
    as_links = (identity_keys(guid="", canonical_url=form, title="", text="") for form in link_forms(reference))
    return store.find_sightings([keys[0][1] for keys in (as_guid, *as_links)])


def _current_setup(file: Path) -> Setup | None:
    """Load the files as they are now; None = they hold a mistake, which must not hide what is stored."""
    from monitor.setup import load_setup  # noqa: PLC0415 - `monitor --help` must not import the house

    try:
        return load_setup(file)
    except ConfigurationError:
        return None


def _nearest(loaded: Setup | None, entry: Entry) -> tuple[Explanation, ...]:
    from monitor.rules.misses import nearest_misses  # noqa: PLC0415 - `monitor --help` must not import the house

    if loaded is None:
        return ()
    return nearest_misses(loaded.ruleset, entry, loaded.tags_of(entry.feed), limit=MOST_NEAREST)


def _as_json(record: EntryRecord, nearest: tuple[Explanation, ...]) -> dict[str, Any]:
    misses = [
        {"rule": miss.rule.id, "failed": [str(clause) for clause in miss.failed]} for miss in nearest
    ]  # by the current rules
    return dataclasses.asdict(record) | {"nearest": misses}


def _show(record: EntryRecord) -> None:
    """Print the ledger of one entry, in the order of its way."""
    click.echo(click.style(shorten(one_line(record.entry.title), 120) or "(no title)", bold=True))
    _print(account_of(record))


def _print(rows: list[list[str]]) -> None:
    """Print rows: a label, then the rest on one line."""
    for label, *rest in rows:
        text = "  ".join(one_line(part) for part in rest if part)
        line(f"  {label:<10}{shorten(text, 300)}".rstrip(), indent=12)


def _show_nearest(loaded: Setup | None, record: EntryRecord) -> None:
    if loaded is None:
        click.echo("  (the rules hold a mistake now, so the nearest ones cannot be told: see `monitor check`)")
        return
    matched = {decision.rule for decision in record.decisions if decision.verdict == "match"}
    found = loaded.ruleset.match(record.entry, loaded.tags_of(record.entry.feed)).matches
    news = [match.rule.id for match in found if match.rule.id not in matched]
    if news:
        click.echo(f"  The rules as they are now would match: {', '.join(news)}")
    nearest = _nearest(loaded, record.entry)
    if nearest:
        click.echo("  Nearest of the rules as they are now, and what keeps them from it:")
    for miss in nearest:
        for clause in miss.failed:
            line(f"    {miss.rule.id}  {click.style('no', fg='red')}  {clause}", indent=8)


def show_unknown(reference: str, sightings: tuple[Sighting, ...], feeds: tuple[tuple[str, str], ...]) -> None:
    """Say what is left of an entry that is not stored, or whether one of its host could have been seen."""
    if sightings:
        click.echo("known, and no longer stored:")
        table([sighting.feed, f"shown last on {sighting.last_at:%Y-%m-%d}"] for sighting in sightings)
        return
    click.echo(f"never seen: {shorten(one_line(reference), 200)}")
    host = _host(reference)
    hosts = sorted({_host(url) for _, url in feeds} - {""})
    if host:
        kin = {name for name in hosts if name == host or name.endswith(f".{host}") or host.endswith(f".{name}")}
        near = sorted(name for name, url in feeds if _host(url) in kin)
        if near:
            more = f" and {len(near) - MOST_HOSTS} more" if len(near) > MOST_HOSTS else ""
            click.echo(f"  feeds of {host} are watched: {', '.join(near[:MOST_HOSTS])}{more}")
            click.echo("  `monitor feeds show NAME` says when one was polled last, and whether it fails")
        else:
            click.echo(f"  no feed of {host} is watched")
    more = f" and {len(hosts) - MOST_HOSTS} more" if len(hosts) > MOST_HOSTS else ""
    click.echo(f"  watched hosts: {', '.join(hosts[:MOST_HOSTS]) or 'none'}{more}")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # e.g. "http://[": no host
        return ""
