"""Run the parser over a folder of feed files: `python -m bench corpus FOLDER`.

FOLDER holds an `index.csv` with at least the columns `path`, `url`, `expected_entries` (what the file's own source says
it holds, "" = it says nothing). feedparser with its defaults reads the same files for comparison. Each page is also
parsed in two parts (`monitor.feeds.split`), which have to give the same entries in every field as the whole.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import feedparser

from monitor.errors import ParseError
from monitor.feeds.check import shortcut_holds
from monitor.feeds.parse import parse_page
from monitor.feeds.split import halves, plan_parse
from monitor.model import Entry, Feed, Page, ParsedFeed

NOW = datetime(2030, 1, 1, tzinfo=UTC)  # later than any date in a corpus


@dataclass(slots=True)
class Tally:
    """What was found over the whole folder."""

    counts: Counter[str] = field(default_factory=Counter)
    exceptions: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)  # feedparser finds entries, we find none
    fewer: list[str] = field(default_factory=list)  # fewer than feedparser: double keys are dropped
    mismatches: list[str] = field(default_factory=list)  # against the stated number
    parts: list[str] = field(default_factory=list)  # well-formed, and in parts other than whole
    keys: list[str] = field(default_factory=list)  # the same told in parts, and other links taken for keys
    broken_parts: list[str] = field(default_factory=list)  # the same of those that are not well-formed
    uncut: list[str] = field(default_factory=list)  # pages with entries that are always parsed whole


def main(argv: Sequence[str]) -> int:
    """Parse every file of the index; return 1 if anything raised, came out empty or differs in parts."""
    parser = argparse.ArgumentParser(prog="python -m bench corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verbose", action="store_true", help="name the files, not only their number")
    options = parser.parse_args(argv)
    tally = Tally()
    with (options.folder / "index.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            _try_file(options.folder, row, tally)
    _report(tally, verbose=options.verbose)
    return 1 if tally.exceptions or tally.empty or tally.parts else 0


def _try_file(folder: Path, row: dict[str, str], tally: Tally) -> None:
    path = row["path"]
    body = (folder / path).read_bytes()
    reference, well_formed, reference_time = _by_feedparser(body)
    page, feed = Page(body=body), Feed(name="corpus", url=row["url"] or "https://example.org/")
    started = time.process_time()
    entries: tuple[Entry, ...] = ()
    try:
        parsed = parse_page(page, feed, NOW)
        entries = parsed.entries
    except ParseError as error:
        tally.counts[f"named error: {error.cause.value}"] += 1
        if reference:
            tally.empty.append(f"{path}: {error}")
    except Exception as error:  # noqa: BLE001 - counting what escapes is the purpose
        tally.exceptions.append(f"{path}: {error!r}")
    else:
        differing = tally.parts if well_formed else tally.broken_parts
        _split(path, page, parsed, feed=feed, differing=differing, tally=tally)
    tally.counts["ms in our parser"] += round((time.process_time() - started) * 1000)
    tally.counts["ms in feedparser, default options"] += round(reference_time * 1000)
    tally.counts["files"] += 1
    tally.counts["entries"] += len(entries)
    tally.counts["entries of feedparser"] += reference
    _compare(path, row.get("expected_entries", ""), len(entries), reference, tally)


def _split(path: str, page: Page, whole: ParsedFeed, *, feed: Feed, differing: list[str], tally: Tally) -> None:
    started = time.process_time()
    plan = plan_parse(page, b"")
    tally.counts["ms to cut and hash"] += round((time.process_time() - started) * 1000)
    if not plan.blocks:
        if whole.entries:
            tally.uncut.append(path)
        return
    tally.counts["pages cut into blocks"] += 1
    if plan.page is None or not _parts_tell_the_same(plan.page, whole, feed):
        differing.append(path)
    elif not shortcut_holds(plan.page, whole, feed, NOW):
        tally.keys.append(path)
    else:
        tally.counts["pages whose parts give what the whole gives"] += 1


def _parts_tell_the_same(page: Page, whole: ParsedFeed, feed: Feed) -> bool:
    """Say whether the halves of a page give the ids, links, titles, dates and texts of the whole."""
    parts = {_told(entry) for half in halves(page) for entry in parse_page(half, feed, NOW).entries}
    told = {_told(entry) for entry in whole.entries}
    return parts >= told and {each[0] for each in parts} == {each[0] for each in told}


def _told(entry: Entry) -> tuple[object, ...]:
    return entry.id, entry.url, entry.title, entry.published, entry.summary, entry.body


def _by_feedparser(body: bytes) -> tuple[int, bool, float]:
    """Return how many entries feedparser with its defaults finds, whether it is XML, and its CPU time in seconds."""
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parsed = feedparser.parse(BytesIO(body))
            found, well_formed = len(parsed["entries"]), not parsed["bozo"]
        except Exception:  # noqa: BLE001 - it does raise
            found, well_formed = 0, False
    return found, well_formed, time.process_time() - started


def _compare(path: str, expected: str, ours: int, reference: int, tally: Tally) -> None:
    if reference and not ours and not any(line.startswith(f"{path}:") for line in tally.empty):
        tally.empty.append(f"{path}: nothing, feedparser {reference}")
    if ours < reference:
        tally.fewer.append(f"{path}: {ours}, feedparser {reference}")
    if expected and int(expected) != ours:
        tally.mismatches.append(f"{path}: {ours}, stated {expected}, feedparser {reference}")


def _report(tally: Tally, *, verbose: bool) -> None:
    for name, number in sorted(tally.counts.items()):
        print(f"{number:>10,}  {name}")
    for name, lines in (
        ("exceptions", tally.exceptions),
        ("empty where feedparser finds entries", tally.empty),
        ("fewer entries than feedparser", tally.fewer),
        ("other than the stated number", tally.mismatches),
        ("well-formed, and in parts other than whole", tally.parts),
        ("the same in parts, but for links that stand in both and are no keys in the whole", tally.keys),
        ("not well-formed, and in parts other than whole: parsed whole by the daemon", tally.broken_parts),
        ("pages with entries that cannot be cut", tally.uncut),
    ):
        print(f"{len(lines):>10,}  {name}")
        for line in lines if verbose else ():
            print(f"            {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
