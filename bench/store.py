"""What the store costs on both engines: commits beside raw drivers, look-ups and claims in large tables, bytes."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event, text

from monitor.decide.poll import decide_unchanged
from monitor.decide.spread import digest
from monitor.feeds.identity import identity_keys
from monitor.model import Decision, Entry, Feed, FeedLease, NotModified, PollOutcome, Stage
from monitor.store import SqlStore, open_store
from tests.store.many import watch_many
from tests.store.postgres import find_binaries, running_server

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(hours=1)
TOGETHER = 100  # polls in one commit
LOOKED_UP = 30  # keys of one page
Statement = tuple[str, Any, bool]  # SQL, parameters, whether there are many of them


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One engine, and how to copy a database of it."""

    name: str
    fresh: Callable[[], str]  # URL of a database that nobody has used
    copy: Callable[[str], str]  # URL of a copy


def feeds(count: int) -> list[Feed]:
    return [Feed(name=f"f{number}", url=f"https://h{number % 997}.example/{number}") for number in range(count)]


def outcome(lease: FeedLease, new: int) -> PollOutcome:
    """One poll that brought so many entries of which no rule wants to hear."""
    entries = tuple(_entry(lease.state.name, number) for number in range(new))
    return PollOutcome(
        lease=lease,
        state=replace(lease.state, polled_at=NOW, baseline_at=NOW, body_hash=b"12345678"),
        due=NOW + timedelta(hours=2),
        keys=tuple(key for entry in entries for key in entry.keys),
        entries=entries,
        stories_since=NOW,
        decisions=tuple(
            Decision(entry_id=entry.id, at=NOW, stage=Stage.MATCH, verdict="no-match", reason="no rule matches")
            for entry in entries
        ),
    )


def _entry(feed: str, number: int) -> Entry:
    name = f"{feed}-{number}"
    title, body = f"Ministers meet on harvest {name}", "The delegations spoke about grain, ports and insurance. " * 6
    url = f"https://wire.example/{name}"
    keys = tuple(key for _, key in identity_keys(guid=url, canonical_url=url, title=title, text=body))
    return Entry(
        id=digest(name),
        keys=keys,
        feed=feed,
        guid=url,
        title=title,
        summary=body,
        url=url,
        canonical_url=url,
        seen_at=NOW,
    )


class Timed:
    """Add up the seconds, and CPU seconds, of what is done within."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self.wall -= time.perf_counter()
        self.cpu -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self.cpu += time.process_time()
        self.wall += time.perf_counter()


@contextmanager
def caught(store: SqlStore) -> Iterator[list[Statement]]:
    """Collect the statements that a store executes."""
    seen: list[Statement] = []

    def collect(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: Any) -> None:
        if not sql.startswith(("BEGIN", "SELECT")):
            seen.append((sql, parameters, many))

    event.listen(store.engine, "before_cursor_execute", collect)
    yield seen
    event.remove(store.engine, "before_cursor_execute", collect)


def measure_commits(engine: Engine, *, polls: int, rounds: int) -> None:
    """Print polls committed a second, one a transaction: through the store, and the same rows through the driver."""
    print(f"\n{engine.name}: polls a second, one a transaction, median of {rounds} rounds of {polls}")
    print(f"{'new entries':>15}{'store':>10}{'raw driver':>12}{'ratio':>8}{'store CPU ms':>14}{'raw CPU ms':>12}")
    for new in (0, 1, 10):
        taken = [_commits(engine, new, polls) for _ in range(rounds)]
        ours, raw, our_cpu, raw_cpu = (statistics.median(column) for column in zip(*taken, strict=True))
        cells = f"{our_cpu / polls * 1e3:>14.3f}{raw_cpu / polls * 1e3:>12.3f}"
        print(f"{new:>15}{polls / ours:>10,.0f}{polls / raw:>12,.0f}{raw / ours:>8.2f}{cells}")


def _commits(engine: Engine, new: int, polls: int) -> tuple[float, float, float, float]:
    """Return seconds and CPU seconds of one round, ours and raw.

    They take turns, poll by poll: what else the machine and its disk do meets both.
    """
    url = engine.fresh()
    store = open_store(url)
    store.sync_feeds(feeds(polls), NOW)
    outcomes = [outcome(lease, new) for lease in store.claim_feeds(now=NOW, lease=LEASE, limit=polls)]
    store.close()
    twin = engine.copy(url)
    store = open_store(url)
    ours, raw = Timed(), Timed()
    with caught(store) as statements, _raw(twin) as replay:
        for each in outcomes:
            statements.clear()
            with ours:
                store.record(each, NOW)
            with raw:
                replay(statements)
    store.close()
    return ours.wall, raw.wall, ours.cpu, raw.cpu


@contextmanager
def _raw(url: str) -> Iterator[Callable[[Sequence[Statement]], None]]:
    """Yield what executes statements in one transaction with nothing but the driver."""
    with ExitStack() as stack:
        if url.startswith("sqlite"):
            connection: Any = stack.enter_context(
                closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None))
            )
            for pragma in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL"):
                connection.execute(f"PRAGMA {pragma}")
            begin = "BEGIN IMMEDIATE"
        else:
            connection = stack.enter_context(psycopg.connect(url, autocommit=True))
            begin = "BEGIN"
        cursor = connection.cursor()

        def replay(statements: Sequence[Statement]) -> None:
            cursor.execute(begin)
            for sql, parameters, many in statements:
                (cursor.executemany if many else cursor.execute)(sql, parameters)
            cursor.execute("COMMIT")

        yield replay


def measure_batches(engine: Engine, *, rounds: int) -> None:
    """Print what a quiet poll costs when many are committed together."""
    store = open_store(engine.fresh())
    watched = {feed.url: feed for feed in feeds(TOGETHER * rounds)}
    store.sync_feeds(list(watched.values()), NOW)
    taken = []
    for _ in range(rounds):
        leases = store.claim_feeds(now=NOW, lease=LEASE, limit=TOGETHER)
        quiet = [decide_unchanged(lease, watched[lease.state.url], NotModified(), NOW) for lease in leases]
        started = time.perf_counter()
        store.record_quiet(quiet)
        taken.append(time.perf_counter() - started)
    store.close()
    each = statistics.median(taken) / TOGETHER
    print(f"{engine.name}: {TOGETHER} quiet polls in one commit: {each * 1e3:.3f} ms each, {1 / each:,.0f} a second")


def measure_lookups(engine: Engine, sizes: Sequence[int], *, rounds: int) -> None:
    """Print how long it takes to say which of a page's keys are known, by how many keys there are in all."""
    print(f"\n{engine.name}: looking up {LOOKED_UP} keys, half of them known, median of {rounds}, ms; bytes a key")
    store = open_store(engine.fresh())
    store.sync_feeds(feeds(100), NOW)
    empty, filled = _size(store), 0
    for size in sizes:
        _fill_seen(store, filled, size)
        filled = size
        taken = []
        for number in range(rounds):
            known = [_key(number * 7919 % size + each) for each in range(LOOKED_UP // 2)]
            unknown = [_key(size + number * LOOKED_UP + each) for each in range(LOOKED_UP // 2)]
            started = time.perf_counter()
            store.recall(number * 7919 % size % 100 + 1, keys=[*known, *unknown], story_keys=(), since=NOW)
            taken.append(time.perf_counter() - started)
        cost = (_size(store) - empty) / size
        print(f"{size:>15,}{statistics.median(taken) * 1e3:>10.3f}{cost:>10.0f}")
    store.close()


def _key(number: int) -> bytes:
    """Make a key of a number, far from its neighbours', as hashes are."""
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).to_bytes(16, "big")


def _fill_seen(store: SqlStore, start: int, end: int) -> None:
    """Remember keys `start` to `end`, of a hundred feeds in turn."""
    with store.engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        rows = ((number % 100 + 1, _key(number), 20_000) for number in range(start, end))
        if store.engine.dialect.name == "postgresql":
            with driver.cursor().copy("COPY seen (feed_id, key16, last_seen) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            driver.executemany("INSERT INTO seen (feed_id, key16, last_seen) VALUES (?, ?, ?)", rows)


def measure_claims(engine: Engine, sizes: Sequence[int], *, rounds: int) -> None:
    """Print how long claims take, by how many feeds are watched."""
    print(f"\n{engine.name}: claiming, median of {rounds}, ms: nothing is due; {TOGETHER // 2} of many are")
    for size in sizes:
        store = open_store(engine.fresh())
        watch_many(store, size, since=NOW - timedelta(days=1))
        idle, busy = [], []
        for number in range(rounds):
            started = time.perf_counter()
            store.claim_feeds(now=NOW - timedelta(days=2), lease=LEASE, limit=TOGETHER // 2)
            idle.append(time.perf_counter() - started)
            started = time.perf_counter()
            claimed = store.claim_feeds(now=NOW + timedelta(seconds=number), lease=LEASE, limit=TOGETHER // 2)
            busy.append(time.perf_counter() - started)
            assert len(claimed) == TOGETHER // 2
        store.close()
        print(f"{size:>15,}{statistics.median(idle) * 1e3:>10.3f}{statistics.median(busy) * 1e3:>10.3f}")


def measure_bytes(engine: Engine, *, entries: int) -> None:
    """Print what an entry takes, with its keys, its place in the indexes and its row in the ledger."""
    store = open_store(engine.fresh())
    polls = entries // 10
    store.sync_feeds(feeds(polls), NOW)
    before = _size(store)
    for lease in store.claim_feeds(now=NOW, lease=LEASE, limit=polls):
        store.record(outcome(lease, 10), NOW)
    each = (_size(store) - before) / entries
    store.close()
    letters = len(_entry("f", 1).summary)
    print(f"{engine.name}: {each:,.0f} bytes an entry of {letters} letters, its keys and its ledger included")


def _size(store: SqlStore) -> int:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if store.engine.dialect.name == "postgresql":
            connection.execute(text("CHECKPOINT"))
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        pages, size = (connection.scalar(text(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
        return int(pages) * int(size)


@contextmanager
def engines(*, postgres: bool) -> Iterator[list[Engine]]:
    """Yield the engines that there are here; databases are gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        names = iter(range(1_000_000))

        def copy_file(url: str) -> str:
            twin = folder / f"{next(names)}.db"
            shutil.copy(url.removeprefix("sqlite:///"), twin)
            return f"sqlite:///{twin}"

        found = [Engine(name="SQLite", fresh=lambda: f"sqlite:///{folder}/{next(names)}.db", copy=copy_file)]
        binaries = find_binaries() if postgres else None
        if binaries:
            server = stack.enter_context(running_server(binaries, fsync=True))
            open_store(server.create("empty")).close()
            found.append(
                Engine(
                    name="PostgreSQL",
                    fresh=lambda: server.create(f"b{next(names)}", like="empty"),
                    copy=lambda url: server.create(f"b{next(names)}", like=url.partition("@/")[2].partition("?")[0]),
                )
            )
        yield found


def main(argv: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench store", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--polls", type=int, default=300, help="in one round of commits")
    parser.add_argument("--keys", type=int, nargs="+", default=[100_000, 1_000_000], help="that are known")
    parser.add_argument("--feeds", type=int, nargs="+", default=[10_000, 100_000], help="that are watched")
    parser.add_argument("--entries", type=int, default=5_000)
    parser.add_argument("--sqlite-only", action="store_true", help="start no PostgreSQL")
    parser.add_argument("--only", choices=("commits", "batches", "bytes", "lookups", "claims"), help="print one table")
    options = parser.parse_args(argv)
    tables: dict[str, Callable[[Engine], None]] = {
        "commits": lambda engine: measure_commits(engine, polls=options.polls, rounds=options.rounds),
        "batches": lambda engine: measure_batches(engine, rounds=options.rounds * 4),
        "bytes": lambda engine: measure_bytes(engine, entries=options.entries),
        "lookups": lambda engine: measure_lookups(engine, options.keys, rounds=options.rounds * 20),
        "claims": lambda engine: measure_claims(engine, options.feeds, rounds=options.rounds * 4),
    }
    with engines(postgres=not options.sqlite_only) as found:
        for engine in found:
            for name, measure in tables.items():
                if options.only in (None, name):
                    measure(engine)
    return 0
