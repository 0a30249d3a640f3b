"""The state of the whole, in a SQL database, a transaction a method."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from monitor.model import (
    ChoreLease,
    Cutoffs,
)
from monitor.ports import (
    Activity,
    EngineReport,
    Levels,
    NodeReport,
    Pruned,
    PrunePlace,
    StateReport,
    StatusReport,
    Waiting,
)
from monitor.store import (
    anatomy,
    chores,
    levels,
    prune,
    report,
    verify,
)
from monitor.store.parts.transactions import Transactions


class SqlUpkeep(Transactions):
    """Say how it is, and keep it so."""

    def waiting(self, channels: Collection[str], now: datetime) -> Waiting:
        """Say since when work waits; see `Store.waiting`."""
        with self._reading() as connection:
            return report.waiting(connection, channels, now)

    def activity(self, since: datetime) -> Activity:
        """Count what was done; see `Store.activity`."""
        with self._reading() as connection:
            return report.activity(connection, since)

    def beat(self, node: NodeReport) -> None:
        """Note that a daemon is alive; see `Store.beat`."""
        with self._writing() as connection:
            report.beat(connection, node)

    def leave(self, name: str) -> None:
        """Forget a daemon that ends in good order; see `Store.leave`."""
        with self._writing() as connection:
            report.leave(connection, name)

    def status(self) -> StatusReport:
        """Take one look at the whole state; see `Store.status`."""
        with self._reading() as connection:
            return report.status(connection)

    def nodes(self) -> tuple[NodeReport, ...]:
        """Read the daemons; see `Store.nodes`."""
        with self._reading() as connection:
            return report.nodes(connection)

    def engine_report(self) -> EngineReport:
        """Say what the store is made of; see `Store.engine_report`."""
        with self._reading() as connection:
            return anatomy.engine_report(connection)

    def levels(self, now: datetime, *, in_doubt_after: timedelta, dead_after: timedelta) -> Levels:
        """Count what is watched all the time; see `Store.levels`."""
        with self._reading() as connection:
            return levels.levels(connection, now, in_doubt_after=in_doubt_after, dead_after=dead_after)

    def try_writing(self) -> None:
        """Write nothing, as if it were something; see `Store.try_writing`."""
        with self._writing() as connection:
            report.touch(connection)

    def claim_chore(self, name: str, *, now: datetime, lease: timedelta) -> ChoreLease | None:
        """Lease a chore that is due; see `Store.claim_chore`."""
        with self._writing() as connection:
            return chores.claim_chore(connection, name, now=now, lease=lease)

    def finish_chore(self, lease: ChoreLease, due: datetime) -> None:
        """Say when a chore is to be done next; see `Store.finish_chore`."""
        with self._writing() as connection:
            chores.finish_chore(connection, lease, due)

    def prune(self, cutoffs: Cutoffs, place: PrunePlace) -> Pruned:
        """Forget what is old of one page; see `Store.prune`."""
        with self._writing() as connection:
            return prune.prune(connection, cutoffs, place)

    def count_old(self, cutoffs: Cutoffs) -> Mapping[str, int]:
        """Count what would be forgotten; see `Store.count_old`."""
        with self._reading() as connection:
            return prune.count_old(connection, cutoffs)

    def verify(self, now: datetime) -> StateReport:
        """Look for what is wrong with the state; see `Store.verify`."""
        with self._reading() as connection:
            return verify.verify(connection, now)

    def close(self) -> None:
        """Let go. The last connection to an SQLite file brings its log home as it closes (sqlite.org/wal.html)."""
        self.engine.dispose()
