"""One daemon of the kill harness: the whole house over real sockets, by a clock that runs faster.

`live` runs it in this process, so that a fork server can start it in a few hundredths of a second;
`python -m bench._crash_node LIFE` is a cold start as an operator's, with processes that parse.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine

from monitor import logs
from monitor.app import open_app, utc_now
from monitor.daemon import Daemon
from monitor.errors import StoreUnavailableError
from monitor.feeds.parse import parse_page
from monitor.model import ClaimedDelivery, Delivery, FeedLease, Rejected, SendResult, Sent, Settlement
from monitor.ports import Clock, Notifier, Store
from monitor.setup import load_setup
from monitor.store.sql_store import SqlStore
from monitor.testing.parser import FakeParser

log = structlog.get_logger()

PACE = 30  # times as fast as the machine's clock: what waits for 30 seconds waits for one
TICK = 0.1  # seconds, as the machine counts
SEND_DEADLINE = timedelta(seconds=1.5)  # so too

STOPPED_IN_STORE = 3  # seconds, as the machine counts: less would end those that only wait for a processor

MARK_FIRST = "mark before sending"
NO_LOOK_UP = "no look-up"
KEEPS = "leases that do not run out"

# what a daemon imports when it needs it: the fork server does it once for all
for _name in (
    "alembic.command",
    "encodings.idna",
    "monitor.notify.email",
    "monitor.notify.slack",
    "psycopg",
    "stringprep",
):
    importlib.import_module(_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What a daemon is told when it starts."""

    file: str  # monitor.yaml
    log: str  # where it writes what it does
    token: str  # Slack's
    store: str  # URL
    start: float  # of the clock, in seconds since 1970
    mistake: str = ""  # that is built in on purpose: MARK_FIRST, NO_LOOK_UP or KEEPS
    halt: bool = False  # stop this process once, between its first intent to send and the sending
    whole: bool = False  # parse in processes of their own, as an operator's daemon does
    name: str = ""  # told to whoever is asked for a feed
    lease: float = 0  # of feeds, in seconds as the machine counts, 0 = the daemon's own


def hurried(start: float) -> Clock:
    """Return a clock that told the machine's time at `start`, and goes faster since."""
    begin = datetime.fromtimestamp(start, UTC)
    return lambda: begin + (utc_now() - begin) * PACE


def live(life: Life) -> None:
    """Run until killed."""
    with Path(life.log).open("a") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
    logs.configure("debug")
    asyncio.run(_run(life))


async def _run(life: Life) -> None:
    env = {"TOKEN": life.token, "NODE": life.name, "MONITOR_STORE": life.store}
    setup = load_setup(Path(life.file), env=env)
    clock = hurried(life.start)
    async with open_app(
        setup, clock=clock, send_deadline=SEND_DEADLINE, host_spacing=timedelta(), steady=True
    ) as daemon:
        if not life.whole:
            daemon.in_use.doors = replace(daemon.doors, parser=FakeParser(parse_page))
        await daemon.doors.in_store(_lose_patience, daemon.doors.store)
        _spoil(daemon, life)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_hurry(daemon))
            Path(life.file).with_name(f"{life.name}.ready").write_text(str(time.monotonic()))
            await daemon.run(asyncio.Event())


async def _hurry(daemon: Daemon) -> None:
    """Ask what is due as often as the clock wants it: the daemon's own ticks go by the machine's."""
    while True:
        await asyncio.sleep(TICK)
        try:
            await daemon.doors.in_store(_unpark, daemon.doors.store, daemon.doors.clock())
            await daemon.polls.poll_due()
            await daemon.sends.deliver_due()
        except StoreUnavailableError as error:  # as the daemon's own ticks do: the next one tries again
            log.warning("tick missed", reason=str(error))


def _unpark(store: Store, now: datetime) -> None:
    """Resume, as a person would, what is parked: feeds whose polls three kills in a row have ended."""
    for report in store.feed_reports(now):
        if report.state.paused_at is not None:
            store.resume_feed(report.state.url, now)


def _lose_patience(store: Any) -> None:
    """Have the server wait no longer for a node that is stopped within a transaction than our clock wants it."""
    if store.shared:
        with store.engine.begin() as connection:
            connection.exec_driver_sql(f"SET idle_in_transaction_session_timeout = '{STOPPED_IN_STORE}s'")


def _spoil(daemon: Daemon, life: Life) -> None:
    """Put the parts in that a life asks for."""
    store: Any = daemon.doors.store
    if life.mistake == MARK_FIRST:
        daemon.in_use.doors = replace(daemon.doors, store=MarksFirst(store.engine, store.where))
    if life.halt:
        daemon.in_use.doors = replace(daemon.doors, store=Halts(store.engine, store.where))
    if life.lease or life.mistake == KEEPS:
        lease = timedelta(days=1) if life.mistake == KEEPS else timedelta(seconds=life.lease) * PACE
        daemon.polls.rota.doors = replace(daemon.polls.rota.doors, store=Leases(store.engine, store.where, lease))
    if life.mistake == NO_LOOK_UP:
        notifiers = {name: NeverLooks(each) for name, each in daemon.live.notifiers.items()}
        daemon.in_use.live = replace(daemon.live, notifiers=notifiers)


class MarksFirst(SqlStore):
    """Note that messages are sent before they are, as many a program does."""

    def claim_deliveries(
        self, channels: Collection[str], *, now: datetime, lease: timedelta, limit: int
    ) -> tuple[ClaimedDelivery, ...]:
        claimed = super().claim_deliveries(channels, now=now, lease=lease, limit=limit)
        for each in claimed:
            super().settle(each, Sent(ref=""), now=now, pace=timedelta())
        return claimed

    def settle(self, claimed: ClaimedDelivery, settlement: Settlement, *, now: datetime, pace: timedelta) -> None:
        """Do nothing: it is settled."""


class Halts(SqlStore):
    """Stop the process when the first intent to send stands in the store."""

    halted = False

    def claim_deliveries(
        self, channels: Collection[str], *, now: datetime, lease: timedelta, limit: int
    ) -> tuple[ClaimedDelivery, ...]:
        claimed = super().claim_deliveries(channels, now=now, lease=lease, limit=limit)
        if not self.halted and any(each.in_doubt_since is None for each in claimed):
            self.halted = True
            os.kill(os.getpid(), signal.SIGSTOP)
        return claimed


class Leases(SqlStore):
    """Lease feeds for another time than the daemon asks for."""

    def __init__(self, engine: Engine, where: str, lease: timedelta) -> None:
        super().__init__(engine, where)
        self._lease = lease

    def claim_feeds(self, *, now: datetime, lease: timedelta, limit: int) -> tuple[FeedLease, ...]:  # noqa: ARG002 - the port's shape
        return super().claim_feeds(now=now, lease=self._lease, limit=limit)


class NeverLooks:
    """Send again whatever is in doubt, as a queue that retries does."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self.pace = notifier.pace
        self.guarantee = notifier.guarantee

    async def send(self, delivery: Delivery) -> SendResult:
        return await self._notifier.send(delivery)

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        return Rejected(reason="nobody looks", retry=True)

    async def close(self) -> None:
        await self._notifier.close()


def to_argument(life: Life) -> str:
    """Write a life as the argument of a cold start."""
    return json.dumps(asdict(life))


if __name__ == "__main__":
    live(Life(**json.loads(sys.argv[1])))
