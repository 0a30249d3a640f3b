"""The store: its disk, its engine, the daemons that work on it, and what those let lie."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from monitor.errors import MonitorError, NotFoundError, StoreError
from monitor.model import FeedState
from monitor.notify.finding import Finding, fail, warn, well
from monitor.ports import Clock, EngineReport, NodeReport, StatusReport
from monitor.store.sql_store import open_existing_store, state_file

LITTLE_ROOM, TOO_LITTLE_ROOM = 1_000_000_000, 50_000_000  # bytes
FEW_FILES, TOO_FEW_FILES = 10_000, 100  # inodes
LARGE_LOG = 256_000_000  # bytes; a checkpoint every 1,000 pages keeps it below 10 MB
ALIVE = timedelta(seconds=90)
LATE = timedelta(minutes=15)  # a chore is done within a minute of its time, and leased for ten
WRONG_CLOCK = timedelta(seconds=30)


@dataclass(slots=True)
class StateLook:
    """What is found, and what the store tells of itself; nothing of it where it cannot be read."""

    findings: list[Finding] = field(default_factory=list)
    alive: tuple[NodeReport, ...] = ()
    feeds: tuple[FeedState, ...] = ()


def look_at_state(url: str, clock: Clock) -> StateLook:
    """Look at the disk and the database; this blocks."""
    look = StateLook()
    file = state_file(url)
    if file is not None:
        look.findings += _room(file)
    try:
        store = open_existing_store(url)
    except NotFoundError as error:
        look.findings.append(warn(str(error)))
        return look
    except MonitorError as error:
        look.findings.append(fail(str(error), "check the URL of the store, its server and its password"))
        return look
    with closing(store):
        try:
            store.try_writing()
            status, engine = store.status(), store.engine_report()
        except StoreError as error:
            look.findings.append(fail(str(error), "check the disk, and who owns the file"))
            return look
    now = clock()
    look.alive = tuple(node for node in status.nodes if now - node.beat_at < ALIVE)
    look.feeds = status.feeds
    look.findings += _database(engine, now)
    look.findings += _daemons(status, look.alive)
    if look.alive:
        look.findings += _chores(engine, now)
    return look


def _database(engine: EngineReport, now: datetime) -> Iterator[Finding]:
    log = f" and {engine.log_size / 1e6:,.1f} MB of log" if engine.log_size else ""
    yield well(f"it can be read and written: {engine.engine}, schema {engine.schema}, {engine.size / 1e6:,.1f} MB{log}")
    if engine.log_size > LARGE_LOG:
        yield warn("the log of the SQLite file is large: a program keeps reading", "end what else reads the file")
    if engine.now is not None and abs(engine.now - now) > WRONG_CLOCK:
        seconds = abs(engine.now - now).total_seconds()
        yield warn(f"this clock and that of the database are {seconds:,.0f} s apart", "let NTP set both")


def _daemons(status: StatusReport, alive: tuple[NodeReport, ...]) -> Iterator[Finding]:
    yield well(f"running: {alive[0].name}") if alive else warn("no daemon runs", "start one: `monitor run`")
    if len({node.rules_hash for node in alive}) > 1:
        yield warn("the daemons have different rules", "are the files the same everywhere?")
    if dead := status.deliveries["dead"]:
        yield warn(
            f"{dead:,} messages are set aside", "`monitor status` lists them, `monitor alerts replay` sends them"
        )


def _chores(engine: EngineReport, now: datetime) -> Iterator[Finding]:
    late = {name: now - due for name, due in engine.chores.items() if now - due > LATE}
    for name, lag in late.items():
        minutes = lag.total_seconds() / 60
        yield warn(f"the chore `{name}` is {minutes:,.0f} min late", "look into the daemon's log")
    if engine.chores and not late:
        yield well(f"chores are done in time: {', '.join(engine.chores)}")


def _room(file: Path) -> Iterator[Finding]:
    folder = next(each for each in file.absolute().parents if each.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail(f"{folder} cannot be written", "check the folder's owner")
    free = shutil.disk_usage(folder).free
    yield _enough(free, TOO_LITTLE_ROOM, LITTLE_ROOM, f"{free / 1e9:.1f} GB are left on the disk of {folder}")
    files = os.statvfs(folder)
    if files.f_files:  # some file systems make inodes as they are needed, and count none
        left = f"{files.f_favail:,} files can still be made there"
        yield _enough(files.f_favail, TOO_FEW_FILES, FEW_FILES, left)


def _enough(left: int, too_little: int, little: int, said: str) -> Finding:
    if left < too_little:
        return fail(said, "make room")
    return warn(said, "make room") if left < little else well(said)
