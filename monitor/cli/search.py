"""`monitor search`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.past import Duration
from monitor.cli.show import clock_time, line, plural, print_json
from monitor.cli.status import existing_store
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.listing import Listed
    from monitor.model import Excerpt, Match
    from monitor.rules.tree import Definition
    from monitor.search import Search
    from monitor.setup import Setup

TITLE_WIDTH = 200
SENTENCE_WIDTH = 300


class Spelt(click.ParamType[str]):
    """A name that has to be spelt in a certain way: a mistake is the option's, not the query's."""

    name = "name"

    def __init__(self, pattern: str, kind: str) -> None:
        self._pattern = re.compile(pattern)
        self._kind = kind

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        text = str(value)
        if not self._pattern.fullmatch(text):
            self.fail(f"`{one_line(text)}` is {self._kind}", param, ctx)
        return text


LANGUAGE = Spelt("[a-z]{2,3}", "no language of two or three small letters, such as `en` or `ru`")
SOURCE = Spelt(r"[^\s/:@*]+", "no feed, tag or host: write it like `wire` or `reuters.com`")


@click.command()
@click.argument("query")
@click.option("--since", type=Duration(), default="7d", show_default=True, help="How far back, such as 24h or 30d.")
@click.option("--feed", type=SOURCE, help="Only of this feed, tag or host.", metavar="NAME")
@click.option(
    "--lang", type=LANGUAGE, help="Only in this language, such as `ru`, or one that cannot be told.", metavar="CODE"
)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the newest.")
@click.option("--timeout", type=Duration(), default="60s", show_default=True, help="How long it may take.")
@click.option("--json", "form", flag_value="json", help="Print everything as one JSON object.")
@click.option("--jsonl", "form", flag_value="jsonl", help="Print one JSON object a line.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.pass_obj
def search(
    file: Path,
    *,
    query: str,
    since: timedelta,
    feed: str | None,
    lang: str | None,
    limit: int,
    timeout: timedelta,
    form: str | None,
) -> None:
    """Search the stored entries, the newest first.

    QUERY is written as in a rule's `query`, and means the same: words, "phrases", begin*, AND, OR, NOT, NEAR/n, title:,
    actor:, use:, exact:, re:. Exit code 1 if nothing is found.

    \b
      monitor search 'deconflict* AND Syria'
      monitor search --since 30d --lang ru 'actor:shoygu NOT football'
      monitor search --csv --limit 1000 '"military talks" NEAR/12 Syria'
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.search import Search  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    loaded = setup.load_setup(file)
    also = ({"sources": {"only": feed}} if feed else {}) | ({"lang": lang} if lang else {})
    readable = query.encode("utf-8", "replace").decode()  # an argument may hold bytes that are no text
    ruleset = setup.trials_of(loaded).load_query(readable, name="query", also=also)
    start = utc_now()
    with existing_store(file) as store:
        found = Search(
            store=store,
            ruleset=ruleset,
            since=start - since,
            source_tags=loaded.source_tags,
            usable=_usable(loaded),
            late=lambda: utc_now() > start + timeout,
        )
        count = _print(found, limit, form)
    if feed and not count:
        _doubt(feed, loaded)
    sys.exit(0 if count else 1)


def _doubt(feed: str, loaded: Setup) -> None:
    """Say that no feed, tag or host of the configuration is called so: a link's host may be, and a feed of the past."""
    from monitor.document import did_you_mean  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.rules.limits import host_of  # noqa: PLC0415

    feeds = loaded.config.feeds
    known = {name for each in feeds for name in (each.name, *each.tags, host_of(each.url))} - {""}
    if feed not in known:
        hint = did_you_mean(feed, known)
        said = f"no feed, tag or host of the configuration is called `{one_line(feed)}`"
        click.secho(f"{said}; {hint}" if hint else said, fg="yellow", err=True)


def _usable(loaded: Setup) -> dict[str, Definition]:
    return {rule_id: compiled.definition for rule_id, compiled in loaded.ruleset.compiled.items()}


def _print(found: Search, limit: int, form: str | None) -> int:
    """Print what is found as it is found; return how many."""
    from monitor import listing  # noqa: PLC0415 - `monitor --help` must not import the house

    matches = islice(found, limit)
    counted = listing.Counted(map(_listed, matches))
    if form == "csv":
        listing.write_csv(counted, sys.stdout)
    elif form == "jsonl":
        listing.write_jsonl(counted, sys.stdout)
    elif form == "json":
        entries = [listing.as_json(item) for item in counted]
        print_json({"entries": entries, "read": found.read, "given_up_at": found.reached})
    else:
        counted.count = sum(map(_show, matches))
        more = "; `--limit` shows more, if there are" if counted.count == limit else ""
        click.echo(f"{plural(counted.count, 'entry')} found, {plural(found.read, 'entry')} looked at{more}")
    if found.reached:
        said = f"it took too long: nothing seen before {clock_time(found.reached)} was looked at"
        click.secho(f"{said} (`--since`, `--timeout`)", fg="yellow", err=True)
    return counted.count


def _listed(match: Match) -> Listed:
    from monitor.listing import Listed  # noqa: PLC0415 - `monitor --help` must not import the house

    found = tuple(dict.fromkeys(mention.surface for mention in match.mentions))
    return Listed(rule="", at=match.entry.seen_at, entry=match.entry, found=found)


def _show(match: Match) -> bool:
    from monitor.notify.excerpts import safe_link  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.notify.render import render_message  # noqa: PLC0415

    message, entry = render_message([match]), match.entry
    click.echo(f"{clock_time(entry.seen_at)}  {one_line(entry.feed)}  {click.style(entry.id[:8], dim=True)}")
    for excerpt, width in ((message.title, TITLE_WIDTH), *((each, SENTENCE_WIDTH) for each in message.excerpts)):
        line("  " + "".join(_marked(excerpt, width)))
    if link := safe_link(entry.url):
        click.echo(f"  {link}")
    click.echo()
    return True


def _marked(excerpt: Excerpt, width: int) -> Iterator[str]:
    """Yield an excerpt with its hits bold on a terminal, and between asterisks elsewhere."""
    from monitor.notify.excerpts import cut, pieces  # noqa: PLC0415 - `monitor --help` must not import the house

    for piece in pieces(cut(excerpt, limit=width, marks=30)):
        if not piece.hit:
            yield piece.text
        else:
            yield click.style(piece.text, bold=True) if sys.stdout.isatty() else f"**{piece.text}**"
