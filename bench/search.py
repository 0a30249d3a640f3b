"""What searching costs on both engines: the index's bytes and rate, and queries with the index and without."""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from monitor.backtest import Past, run_backtest, wanted_by
from monitor.decide.replay import Replay
from monitor.document import parse_document
from monitor.model import Feed, Priority
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset
from monitor.search import Search
from monitor.store import SqlStore, open_store
from monitor.store.tables import entry, feed
from tests.store.postgres import find_binaries, running_server

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORDS = 40_000  # different ones, the n-th as often as 1/n
LENGTH = 60  # words of an entry: a title and a summary
SHOWN = 20  # matches of a query
ROUNDS = 5
QUERIES = {
    "one entry": "needle",
    "1 in 10,000": "w4000",
    "in most": "w0",
    "two words near": "w3 NEAR/5 w30",
    "begin*": "w39*",
    "no such word": "nowhere",
}


@contextmanager
def engines(names: list[str]) -> Iterator[dict[str, str]]:
    """Give the URL of a database that nobody has used for each engine."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'monitor.db'}"} if "sqlite" in names else {}
        if "postgres" not in names:
            yield urls
            return
        binaries = find_binaries()
        if binaries is None:
            raise SystemExit("no PostgreSQL here: `--engines sqlite`")
        with running_server(binaries) as server:
            yield urls | {"postgres": server.create("bench_search")}


def fill(store: SqlStore, rows: int) -> None:
    """Store entries of made-up words, a minute apart."""
    store.sync_feeds([Feed(name="wire", url="https://wire.example/rss")], NOW)
    rng = random.Random(1)
    words = [f"w{number}" for number in range(WORDS)]
    weights = [1 / (number + 1) for number in range(WORDS)]
    cumulated = [sum(weights[:1])]
    for weight in weights[1:]:
        cumulated.append(cumulated[-1] + weight)
    empty = {"guid": "", "body": "", "url": "", "canonical_url": "", "authors": (), "tags": (), "language": ""}
    with store.engine.begin() as connection:
        feed_id = connection.scalar(feed.select().with_only_columns(feed.c.id))
        for start in range(0, rows, 5_000):
            many: list[dict[str, Any]] = []
            for number in range(start, min(start + 5_000, rows)):
                said = rng.choices(words, cum_weights=cumulated, k=LENGTH)
                if number == rows // 2:
                    said[0] = "needle"
                title, summary = " ".join(said[:10]), " ".join(said[10:])
                seen_at = NOW - timedelta(minutes=rows - number)
                many.append(
                    {"id": f"{number:032x}", "feed_id": feed_id, "title": title, "summary": summary, "seen_at": seen_at}
                    | empty
                )
            connection.execute(insert(entry), many)


def used(store: SqlStore) -> int:
    """Return the bytes of the database."""
    with store.engine.connect() as connection:
        if store.shared:
            whole: int = connection.scalar(text("SELECT pg_database_size(current_database())"))
            return whole
        pages = connection.scalar(text("PRAGMA page_count")) - connection.scalar(text("PRAGMA freelist_count"))
        size: int = connection.scalar(text("PRAGMA page_size"))
        return int(pages) * size


def ask(store: SqlStore, query: str, since: datetime) -> tuple[float, int]:
    """Return the median seconds of a search, and how many entries it looked at."""
    rules = _rules(query)
    taken, read = [], 0
    for _ in range(ROUNDS):
        found = Search(store=store, ruleset=rules, since=since)
        started = time.perf_counter()
        list(islice(found, SHOWN))
        taken.append(time.perf_counter() - started)
        read = found.read
    return statistics.median(taken), read


def _rules(query: str) -> Ruleset:
    document, _ = parse_document(f"rules: {{q: {{query: '{query}'}}}}".encode(), name="bench")
    assert document is not None
    loaded = load_rules([document], channels=None, default_notify=("desk",), default_priority=Priority.NORMAL)
    assert loaded[0] is not None, loaded[1]
    return loaded[0]


def backtest(store: SqlStore, query: str, since: datetime, *, indexed: bool) -> tuple[float, int]:
    """Return the median seconds of a backtest, and how many entries it read."""
    rules = _rules(query)
    taken, read = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        past = Past(store, since, start=since, wanted=wanted_by(rules) if indexed else None)
        run_backtest(Replay(rules, dedup=timedelta(days=1)), past, since=since, limit=SHOWN, count=past.count())
        taken.append(time.perf_counter() - started)
        read = len(past)
    return statistics.median(taken), read


def measure_backtests(store: SqlStore, since: datetime) -> None:
    """Print what backtests cost that read every entry, and those that ask the index which.

    A rule that finds most entries is left out: it reads them all either way, and then looks for their stories.
    """
    print(f"  {'backtest of a rule':<24}{'all read':>10}{'by index':>12}{'ratio':>8}")
    for title, query in ((title, query) for title, query in QUERIES.items() if title != "in most"):
        whole, _ = backtest(store, query, since, indexed=False)
        by_index, read = backtest(store, query, since, indexed=True)
        print(f"  {title:<24}{whole * 1e3:>7.1f} ms{by_index * 1e3:>9.1f} ms{whole / by_index:>8.1f}   {read:,} read")


def measure(name: str, url: str, rows: int) -> None:
    """Fill one store, and print what its index costs and what it saves."""
    with closing(open_store(url)) as store:
        fill(store, rows)
        since = NOW - timedelta(minutes=rows + 1)
        print(f"{name}, {rows:,} entries of {LENGTH} words")
        started = time.perf_counter()
        list(Search(store=store, ruleset=_rules("needle"), since=since))
        scan = time.perf_counter() - started
        before, started = used(store), time.perf_counter()
        while store.index_words(200):
            pass
        taken = time.perf_counter() - started
        print(f"  indexed at {rows / taken:,.0f} entries/s, {(used(store) - before) / rows:,.0f} bytes an entry")
        print(f"  {'every entry looked at':<24}{scan * 1e3:>10.1f} ms")
        for title, query in QUERIES.items():
            seconds, read = ask(store, query, since)
            print(f"  {title:<24}{seconds * 1e3:>10.1f} ms   {query}: {read:,} looked at")
        measure_backtests(store, since)


def main(arguments: list[str]) -> int:
    """Measure each engine."""
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--engines", nargs="*", default=["sqlite", "postgres"], choices=["sqlite", "postgres"])
    options = parser.parse_args(arguments)
    with engines(options.engines) as urls:
        for name, url in urls.items():
            measure(name, url, options.rows)
    return 0
