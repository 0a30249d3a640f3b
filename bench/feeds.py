"""CPU from a page to its new entries, stage by stage, beside feedparser as it comes and fastfeedparser.

`python -m bench feeds [FOLDER]`: on pages of fifty entries made up here, and on those of a corpus folder (see
`bench.corpus`) with 40 to 60. What the parsing process spends is counted in; the network and the store are not.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from pathlib import Path

import feedparser

from bench._news import Newsroom, make_world
from bench.poll import cpu
from monitor.decide.parsing import known_blocks, wants_whole
from monitor.decide.poll import body_hash, decide_unchanged
from monitor.feeds.parse import parse_page
from monitor.feeds.parser import ChildParser
from monitor.feeds.split import HASH_BYTES, plan_parse
from monitor.model import Entry, Feed, FeedLease, FeedNotes, FeedState, NotModified, Page

try:
    import fastfeedparser
except ImportError:
    fastfeedparser = None

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FEED = Feed(name="bench", url="https://wire.example/rss")
ENTRIES = 50
GOALS = {"same body": 300, "0 new": 100, "1 new": 25, "3 new": 18}


# -- pages -------------------------------------------------------------------------------------------------------------


def write_pages() -> dict[str, bytes]:
    """Write pages as sites do: teasers, teasers with markup, full texts, Atom."""
    room = Newsroom(make_world(100))
    short, full = room.write(ENTRIES, full=False), room.write(ENTRIES, full=True)
    return {
        "teasers": _rss(short, lambda entry: f"<description>{escape(entry.summary)}</description>"),
        "teasers with markup": _rss(short, lambda entry: f"<description>{escape(_markup(entry))}</description>"),
        "full texts": _rss(
            full,
            lambda entry: (
                f"<description>{escape(entry.summary)}</description>"
                f"<content:encoded><![CDATA[{_markup(entry)}]]></content:encoded>"
            ),
        ),
        "Atom": _atom(short),
    }


def _markup(entry: Entry) -> str:
    words = (entry.body or entry.summary).split()
    paragraphs = [" ".join(words[at : at + 40]) for at in range(0, len(words), 40)]
    picture = f'<img src="https://wire.example/{entry.id}.jpg" width="640" height="360" alt="{escape(entry.title)}"/>'
    read_on = f'<a href="https://wire.example/{entry.id}" class="more">Read <b>on</b></a>'
    return f'<div class="lead">{picture}</div>' + "".join(f"<p>{text}</p>" for text in paragraphs) + f"<p>{read_on}</p>"


def _rss(entries: Sequence[Entry], text: Callable[[Entry], str]) -> bytes:
    items = "\n".join(
        f"<item><title>{escape(entry.title)}</title><link>https://wire.example/{number}?utm_source=rss</link>"
        f'<guid isPermaLink="false">https://wire.example/?p={number}</guid>{text(entry)}<dc:creator>Desk</dc:creator>'
        f"<pubDate>Sun, 01 Mar 2026 11:{number % 60:02}:00 +0000</pubDate><category>World</category></item>"
        for number, entry in enumerate(entries)
    )
    names = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {names}><channel><title>Wire</title>'
    return f"{head}<link>https://wire.example/</link><language>en</language>\n{items}\n</channel></rss>".encode()


def _atom(entries: Sequence[Entry]) -> bytes:
    items = "\n".join(
        f'<entry><id>tag:wire.example,2026:{number}</id><title type="html">{escape(entry.title)}</title>'
        f'<link rel="alternate" href="https://wire.example/{number}"/><author><name>Desk</name></author>'
        f"<published>2026-03-01T11:{number % 60:02}:00Z</published><updated>2026-03-01T12:00:00Z</updated>"
        f'<summary type="html">{escape(_markup(entry))}</summary></entry>'
        for number, entry in enumerate(entries)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
    return f"{head}<title>Wire</title><id>tag:wire.example,2026:wire</id>\n{items}\n</feed>".encode()


def read_pages(folder: Path) -> dict[str, bytes]:
    """Read the real pages of a corpus that have about fifty entries and can be cut."""
    with (folder / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith("real/")]
    names = [row["path"] for row in rows if 40 <= int(row["feedparser_entries"] or 0) <= 60]
    pages = {name.removeprefix("real/"): (folder / name).read_bytes() for name in names}
    return {name: body for name, body in pages.items() if plan_parse(Page(body=body), b"").blocks}


# -- stages ------------------------------------------------------------------------------------------------------------


class Bench:
    """One page, as a feed that has been polled before finds it."""

    def __init__(self, body: bytes, parser: ChildParser, rounds: int) -> None:
        self._page = Page(body=body)
        self._changed = Page(body=body.rstrip() + b"\n\n")
        self._parser = parser
        self._rounds = rounds
        plan = plan_parse(self._page, b"")
        state = FeedState(feed_id=1, name=FEED.name, url=FEED.url, body_hash=body_hash(self._page), blocks=plan.blocks)
        self._state = replace(state, notes=FeedNotes(whole_at=NOW))
        self._blocks = len(plan.blocks) // HASH_BYTES

    async def run(self) -> dict[str, float]:
        """Return the CPU seconds of each kind of poll, ours and the peers'."""
        lease = FeedLease(state=self._state, token=1)
        times = {
            "304": cpu(lambda: decide_unchanged(lease, FEED, NotModified(), NOW), self._rounds),
            "same body": cpu(lambda: self._is_same(self._page), self._rounds),
            "0 new": cpu(lambda: self._plan(0), self._rounds),
            **{f"{new} new": await self._spent(new) for new in (1, 3)},
            "all new": await self._spent(self._blocks),
            "all, no process": cpu(lambda: parse_page(self._page, FEED, NOW), self._rounds // 4),
            "feedparser": cpu(lambda: feedparser.parse(BytesIO(self._page.body)), self._rounds // 4),
        }
        if fastfeedparser:
            times["fastfeedparser"] = cpu(self._by_fastfeedparser, self._rounds // 4)
        return times

    def _is_same(self, page: Page) -> bool:
        return wants_whole(self._state, NOW) or body_hash(page) == self._state.body_hash

    def _plan(self, new: int) -> Page | None:
        """Do what the daemon does before anything is parsed, as if the first blocks were not known."""
        self._is_same(self._changed)
        known = known_blocks(self._state)[new * HASH_BYTES :]
        return plan_parse(self._changed, known).page

    async def _poll(self, new: int) -> None:
        page = self._plan(new)
        assert page is not None
        parsed = None if new == self._blocks else self._parser.parse_small(page, FEED, NOW)
        parsed = parsed or await self._parser.parse(page, FEED, NOW)
        assert parsed.entries

    async def _spent(self, new: int) -> float:
        """Return the CPU seconds of this process and of the one that parses, the median of a few batches."""
        await self._poll(new)
        spent = []
        for _ in range(5):
            started = time.process_time() + self._child_time()
            for _ in range(self._rounds // 4):
                await self._poll(new)
            spent.append((time.process_time() + self._child_time() - started) / (self._rounds // 4))
        return statistics.median(spent)

    def _child_time(self) -> float:
        # the clock of another process, clock_getcpuclockid(3); none is started where small pages need none
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self._parser.pids)

    def _by_fastfeedparser(self) -> None:
        with suppress(Exception):  # it does raise
            fastfeedparser.parse(self._page.body)


# -- tables ------------------------------------------------------------------------------------------------------------


def _print(name: str, pages: dict[str, dict[str, float]]) -> None:
    print(f"\n{name}: {len(pages)} pages, ms of CPU (mean), and how much cheaper than feedparser (median, least)\n")
    for kind in next(iter(pages.values())):
        mean = statistics.mean(times[kind] for times in pages.values())
        ratios = sorted(times["feedparser"] / times[kind] for times in pages.values())
        goal = f"   goal {GOALS[kind]} x" if kind in GOALS else ""
        print(f"{kind:>18}{mean * 1e3:>10.3f}{statistics.median(ratios):>10.1f} x{ratios[0]:>9.1f} x{goal}")


async def measure(pages: dict[str, bytes], rounds: int) -> dict[str, dict[str, float]]:
    """Measure every page."""
    parser = ChildParser(processes=1)
    try:
        return {name: await Bench(body, parser, rounds).run() for name, body in pages.items()}
    finally:
        await parser.close()


def main(argv: Sequence[str]) -> int:
    """Print the tables."""
    arguments = argparse.ArgumentParser(prog="python -m bench feeds", description=__doc__)
    arguments.add_argument("folder", type=Path, nargs="?", help="a corpus: a folder with an index.csv")
    arguments.add_argument("--rounds", type=int, default=60)
    arguments.add_argument("--verbose", action="store_true", help="a table for each page")
    options = arguments.parse_args(argv)
    warnings.simplefilter("ignore")
    groups = {"made up": write_pages()} | ({"real": read_pages(options.folder)} if options.folder else {})
    for name, pages in groups.items():
        measured = asyncio.run(measure(pages, options.rounds))
        for page, times in measured.items() if options.verbose else ():
            _print(f"{name}, {page}, {len(pages[page]):,} bytes", {page: times})
        _print(name, measured)
    if fastfeedparser is None:
        print("\nfastfeedparser is not installed")
    return 0
