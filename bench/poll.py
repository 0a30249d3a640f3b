"""CPU of one poll, stage by stage: nothing new, one entry new, all entries new; beside feedparser."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import feedparser

from monitor.decide import poll as decide
from monitor.decide.recalling import page_keys, page_story_keys
from monitor.decide.sifting import sift_page
from monitor.document import read_document
from monitor.feeds.parse import parse_page
from monitor.feeds.split import plan_parse
from monitor.model import Backlog, Feed, NotModified, Page, Priority, Validators
from monitor.ports import Store
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset
from monitor.store.sql_store import open_store
from monitor.stories.index import StoryIndex

R = TypeVar("R")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ENTRIES = 50


class Clock:
    """A clock that a benchmark moves by hand."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


def page(new: int = 0) -> bytes:
    """Write an RSS page of fifty entries whose first `new` differ from the page before."""
    numbers = [*range(1000 + new, 1000, -1), *range(ENTRIES - new)]
    items = "".join(
        f"<item><guid>https://wire.example/{number}</guid><link>https://wire.example/{number}?utm_source=rss</link>"
        f"<title>Ministers meet on harvest number {number} in the capital</title><description>&lt;p&gt;The delegations "
        f"spoke for {number % 9} hours about grain, ports and insurance; a statement is expected on Monday.&lt;/p&gt;"
        f"</description><pubDate>Sun, 01 Mar 2026 11:{number % 60:02}:00 GMT</pubDate></item>"
        for number in numbers
    )
    head = "<rss version='2.0'><channel><title>Wire</title><link>https://wire.example/</link>"
    return f"{head}{items}</channel></rss>".encode()


@contextmanager
def timed(stages: dict[str, list[float]], stage: str) -> Iterator[None]:
    """Add the CPU seconds of a block to its stage."""
    started = time.process_time()
    yield
    stages.setdefault(stage, []).append(time.process_time() - started)


def cpu(call: Callable[[], R], rounds: int) -> float:
    """Return the median CPU seconds of a call."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return statistics.median(times)


def rules() -> Ruleset:
    """Load the rules that come with the project."""
    documents = [read_document(path)[0] for path in sorted(Path("rules").glob("*.yaml"))]
    ruleset, problems = load_rules(
        [document for document in documents if document],
        channels=None,
        default_notify=("screen",),
        default_priority=Priority.NORMAL,
    )
    if ruleset is None:
        raise SystemExit("\n".join(map(str, problems)))
    return ruleset


def one_poll(
    store: Store, feed: Feed, body: bytes, *, ruleset: Ruleset, stages: dict[str, list[float]], now: datetime
) -> None:
    """Take one page the whole way, without the network, and time each stage."""
    with timed(stages, "claim"):
        (lease,) = store.claim_feeds(now=now, lease=timedelta(minutes=5), limit=10)
    fetched = Page(body=body, validators=Validators(etag='"1"'))
    with timed(stages, "hash"):
        same = decide.body_hash(fetched) == lease.state.body_hash
    with timed(stages, "parse"):
        plan = None if same else plan_parse(fetched, lease.state.blocks)
        parsed = parse_page(plan.page, feed, now) if plan and plan.page else None
    if plan is None or parsed is None:
        outcome = decide.decide_unchanged(lease, feed, fetched, now, blocks=plan.blocks if plan else None)
    else:
        parsed = replace(parsed, blocks=plan.blocks, whole=plan.whole)
        with timed(stages, "recall"):
            memory = store.recall(
                lease.state.feed_id,
                keys=page_keys(parsed),
                story_keys=page_story_keys(parsed.entries),
                since=now - timedelta(days=4),
            )
        with timed(stages, "decide"):
            sifted = sift_page(lease=lease, feed=feed, parsed=parsed, memory=memory, ruleset=ruleset, now=now)
            outcome = decide.decide_page(
                lease=lease,
                feed=feed,
                page=fetched,
                parsed=parsed,
                sifted=sifted,
                memory=memory,
                histories={},
                told={},
                index=StoryIndex(),
                dedup=timedelta(days=4),
                stories_since=now - timedelta(days=4),
                now=now,
            )
    with timed(stages, "record"):
        store.record(outcome, now)


def measure_polls(rounds: int) -> dict[str, dict[str, float]]:
    """Return the median CPU seconds of each stage for a poll with nothing, one and fifty new entries."""
    ruleset = rules()
    results: dict[str, dict[str, float]] = {}
    for name, bodies in {
        "unchanged body": [page()] * rounds,
        "same entries": [page() + b" " * number for number in range(rounds)],
        "1 new of 50": [page(1).replace(b"1001", str(2000 + number).encode()) for number in range(rounds)],
        "50 new of 50": [page().replace(b"wire.example/", f"w{number}.example/".encode()) for number in range(rounds)],
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(f"sqlite:///{folder}/bench.db")
            feed = Feed(name="wire", url="https://wire.example/rss", backlog=Backlog.ALERT)
            store.sync_feeds([feed], NOW)
            one_poll(store, feed, page(), ruleset=ruleset, stages={}, now=NOW)
            stages: dict[str, list[float]] = {}
            for number, body in enumerate(bodies, 1):
                moment = NOW + number * timedelta(hours=1)
                one_poll(store, feed, body, ruleset=ruleset, stages=stages, now=moment)
            store.close()
        results[name] = {stage: statistics.median(times) for stage, times in stages.items()}
    return results


def measure_quiet_polls(url: str, *, feeds: int = 400, rounds: int = 5) -> dict[int, tuple[float, float, float]]:
    """Return the CPU seconds of a poll that brought nothing: claim, decide, record, by how many share a transaction."""
    store = open_store(url)
    watched = {feed.url: feed for feed in (Feed(name=f"w{n}", url=f"https://w{n}.example/") for n in range(feeds))}
    store.sync_feeds(list(watched.values()), NOW)
    results, now = {}, NOW
    for together in (1, 8, 64):
        stages: dict[str, list[float]] = {}
        for _ in range(rounds):
            now += timedelta(hours=1)
            for _ in range(feeds // together):
                with timed(stages, "claim"):
                    leases = store.claim_feeds(now=now, lease=timedelta(minutes=5), limit=together)
                with timed(stages, "decide"):
                    outcomes = [
                        decide.decide_unchanged(lease, watched[lease.state.url], NotModified(), now) for lease in leases
                    ]
                with timed(stages, "record"):
                    store.record_quiet(outcomes)
        claim, settled, record = (statistics.mean(stages[stage]) / together for stage in ("claim", "decide", "record"))
        results[together] = claim, settled, record
    store.close()
    return results


def show_quiet_polls(url: str) -> None:
    """Print the table of what polls without news cost the store."""
    engine = url.partition(":")[0]
    print(f"\na poll without news, {engine}, mean CPU of this process in ms by polls a transaction\n")
    print("".join(f"{title:>15}" for title in ("", "claim", "decide", "record", "sum")))
    for together, stages in measure_quiet_polls(url).items():
        print(f"{together:>15}" + "".join(f"{cell * 1e3:>15.3f}" for cell in (*stages, sum(stages))))


def main(argv: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench poll", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--postgres", metavar="URL", help="an empty database, measured beside SQLite")
    options = parser.parse_args(argv)
    rounds = options.rounds
    results = measure_polls(rounds)
    columns = ("claim", "hash", "parse", "recall", "decide", "record")
    print(f"CPU of one poll of a feed with {ENTRIES} entries, SQLite, median of {rounds}, in ms, without the network\n")
    print("".join(f"{title:>15}" for title in ("", *columns, "sum")))
    for name, stages in results.items():
        cells = [stages.get(column, 0.0) for column in columns]
        print(f"{name:>15}" + "".join(f"{cell * 1e3:>15.3f}" for cell in (*cells, sum(cells))))
    same, one, all_new = (sum(results[name].values()) for name in ("same entries", "1 new of 50", "50 new of 50"))
    print(f"\nper new entry: {(all_new - same) / ENTRIES * 1e3:.3f} ms (of 50), {(one - same) * 1e3:.3f} ms (of 1)")

    with tempfile.TemporaryDirectory() as folder:
        show_quiet_polls(f"sqlite:///{folder}/bench.db")
    if options.postgres:
        show_quiet_polls(options.postgres)

    peer = cpu(lambda: feedparser.parse(BytesIO(page())), rounds)
    feed = Feed(name="wire", url="https://wire.example/rss")
    ours = cpu(lambda: parse_page(Page(body=page()), feed, NOW), rounds)
    print(f"\nwhole parse: {ours * 1e3:.2f} ms; feedparser as it comes {peer * 1e3:.2f} ms: ratio {peer / ours:.2f}")
    unchanged = sum(results["unchanged body"].values())
    print(f"unchanged body against feedparser as it comes: {peer / unchanged:.1f} x cheaper")
    return 0
