"""What is owed and kept back, in a SQL database, a transaction a method."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from monitor.model import (
    ClaimedDelivery,
    Delivery,
    HeldBack,
    HeldDelivery,
    HeldTotal,
    Hold,
    HoldKind,
    Priority,
    Settlement,
)
from monitor.ports import (
    DeadLetter,
)
from monitor.store import (
    holds,
    lanes,
    outbox,
    report,
)
from monitor.store.parts.transactions import Transactions


class SqlOutbox(Transactions):
    """Owe messages, lease destinations, settle attempts, and keep back what is to wait."""

    def announce(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Owe messages that are about no entry; see `Store.announce`."""
        with self._writing() as connection:
            outbox.announce(connection, deliveries, now)

    def claim_deliveries(
        self, channels: Collection[str], *, now: datetime, lease: timedelta, limit: int
    ) -> tuple[ClaimedDelivery, ...]:
        """Lease destinations and write what each is about to send; see `Store.claim_deliveries`."""
        with self._writing() as connection:
            return lanes.claim_deliveries(connection, channels, now=now, lease=lease, limit=limit)

    def settle(self, claimed: ClaimedDelivery, settlement: Settlement, *, now: datetime, pace: timedelta) -> None:
        """Write how an attempt ended; see `Store.settle`."""
        with self._writing() as connection:
            lanes.settle(connection, claimed, settlement, now=now, pace=pace)

    def resend(self, claimed: ClaimedDelivery, *, now: datetime, lease: timedelta) -> ClaimedDelivery:
        """Write a new intent for a delivery that is surely absent; see `Store.resend`."""
        with self._writing() as connection:
            return lanes.resend(connection, claimed, now=now, lease=lease)

    def replay(self, *, now: datetime, channel: str | None = None, key: str | None = None) -> int:
        """Make dead deliveries new again; see `Store.replay`."""
        with self._writing() as connection:
            return outbox.replay(connection, now=now, channel=channel, key=key)

    def dead_letters(self, *, since: datetime, limit: int = 1_000) -> tuple[DeadLetter, ...]:
        """Read what was set aside; see `Store.dead_letters`."""
        with self._reading() as connection:
            return report.dead_letters(connection, since=since, limit=limit)

    def held_deliveries(
        self,
        *,
        over: datetime | None = None,
        kind: HoldKind | None = None,
        by: str = "",
        channel: str = "",
        at_least: Priority | None = None,
        key: str = "",
        alert_id: str = "",
        after: int = 0,
        limit: int = 1_000,
    ) -> tuple[HeldDelivery, ...]:
        """Read what is kept back; see `Store.held_deliveries`."""
        with self._reading() as connection:
            return holds.held_deliveries(
                connection,
                over=over,
                kind=kind,
                by=by,
                channel=channel,
                at_least=at_least,
                key=key,
                alert_id=alert_id,
                after=after,
                limit=limit,
            )

    def holders(self) -> tuple[tuple[HoldKind, str], ...]:
        """Say what keeps anything back; see `Store.holders`."""
        with self._reading() as connection:
            return holds.holders(connection)

    def held_back(self, breakers: Collection[str]) -> tuple[HeldBack, ...]:
        """Say how many stories breakers hold; see `Store.held_back`."""
        with self._reading() as connection:
            return holds.held_back(connection, breakers)

    def release_held(self, keys: Collection[str], now: datetime) -> int:
        """Send held deliveries after all; see `Store.release_held`."""
        with self._writing() as connection:
            return holds.release_held(connection, keys, now)

    def fold_held(self, digest: Delivery, keys: Collection[str], now: datetime) -> None:
        """Owe one message for held deliveries; see `Store.fold_held`."""
        with self._writing() as connection:
            holds.fold_held(connection, digest, keys, now)

    def held_totals(self, kind: HoldKind, by: str) -> tuple[HeldTotal, ...]:
        """Say how much a mute or breaker holds; see `Store.held_totals`."""
        with self._reading() as connection:
            return holds.held_totals(connection, kind, by)

    def begin_fold(self, digest: Delivery, now: datetime, *, kind: HoldKind, by: str, last: int) -> None:
        """Owe one message for very many held ones; see `Store.begin_fold`."""
        with self._writing() as connection:
            holds.begin_fold(connection, digest, now, kind=kind, by=by, last=last)

    def go_on_folding(self, key: str, now: datetime, *, kind: HoldKind, by: str, limit: int) -> int | None:
        """Settle some of what a digest tells; see `Store.go_on_folding`."""
        with self._writing() as connection:
            return holds.go_on_folding(connection, key, now, kind=kind, by=by, limit=limit)

    def drop_held(self, keys: Collection[str], reason: str, now: datetime) -> int:
        """Give held deliveries up; see `Store.drop_held`."""
        with self._writing() as connection:
            return holds.drop_held(connection, keys, reason, now)

    def drop_first_held(self, kind: HoldKind, by: str, reason: str, now: datetime, *, limit: int) -> int:
        """Give up the first that one mute or breaker holds; see `Store.drop_first_held`."""
        with self._writing() as connection:
            return holds.drop_first_held(connection, kind, by, reason, now, limit=limit)

    def hold_first_again(self, kind: HoldKind, by: str, hold: Hold, *, limit: int) -> int:
        """Keep the first that one mute or breaker holds for another reason; see `Store.hold_first_again`."""
        with self._writing() as connection:
            return holds.hold_first_again(connection, kind, by, hold, limit=limit)

    def hold_again(self, keys: Collection[str], hold: Hold) -> int:
        """Keep held deliveries for another reason or time; see `Store.hold_again`."""
        with self._writing() as connection:
            return holds.hold_again(connection, keys, hold)
