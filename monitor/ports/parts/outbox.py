"""What is owed to channels, sent, set aside, kept back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

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
from monitor.ports.records import (
    DeadLetter,
)


class Outbox(Protocol):
    """Owe messages, lease destinations, settle attempts, and keep back what is to wait."""

    def announce(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Owe messages that are about no entry; one whose key was owed before stays as it is."""
        ...

    def claim_deliveries(
        self, channels: Collection[str], *, now: datetime, lease: timedelta, limit: int
    ) -> tuple[ClaimedDelivery, ...]:
        """Lease up to `limit` due destinations among `channels`; write the intent to send each one's next delivery.

        At most one delivery a channel, the oldest first. A delivery that an earlier attempt left in doubt comes back
        with `in_doubt_since`, and holds its channel until it is settled. A reply or edit comes with its parent, after
        it; a reply whose parent never arrived comes without, an edit is skipped. Edits wait for everything else.
        """
        ...

    def settle(self, claimed: ClaimedDelivery, settlement: Settlement, *, now: datetime, pace: timedelta) -> None:
        """Write how an attempt ended and give the destination back, not to be used again before `now + pace`.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the destination; nothing was written.
        """
        ...

    def resend(self, claimed: ClaimedDelivery, *, now: datetime, lease: timedelta) -> ClaimedDelivery:
        """Write a new intent for a delivery that was in doubt and is surely absent, under the same lease, prolonged.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the destination; nothing was written.
        """
        ...

    def replay(self, *, now: datetime, channel: str | None = None, key: str | None = None) -> int:
        """Make dead deliveries (of one channel, the one with a key, or all) new again, in order; return how many."""
        ...

    def dead_letters(self, *, since: datetime, limit: int = 1_000) -> tuple[DeadLetter, ...]:
        """Read the deliveries that were set aside since then, the latest first."""
        ...

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
        """Read what is kept back, in order.

        Of everything, or of what no longer has to be at the time `over`; of one kind of hold, of one mute or breaker
        (`by`), of one channel; about alerts that matter so much by now, or about one alert; by the beginning of a key;
        of what comes `after` a place in the outbox.
        """
        ...

    def holders(self) -> tuple[tuple[HoldKind, str], ...]:
        """Say what keeps anything back: each kind of hold, with the mutes and breakers by their ids."""
        ...

    def held_back(self, breakers: Collection[str]) -> tuple[HeldBack, ...]:
        """Say how many stories these breakers hold, in each channel."""
        ...

    def release_held(self, keys: Collection[str], now: datetime) -> int:
        """Send held deliveries after all, in their old order; return how many were still held."""
        ...

    def fold_held(self, digest: Delivery, keys: Collection[str], now: datetime) -> None:
        """Owe one message for held deliveries, all of its channel; they are settled, and their alerts name it.

        Raises:
            ConflictError: somebody else has released or dropped one of them; nothing was written.
        """
        ...

    def held_totals(self, kind: HoldKind, by: str) -> tuple[HeldTotal, ...]:
        """Say how much one mute or breaker holds, channel by channel; empty = it holds nothing."""
        ...

    def begin_fold(self, digest: Delivery, now: datetime, *, kind: HoldKind, by: str, last: int) -> None:
        """Owe one message for all that one mute or breaker holds in its channel; `go_on_folding` settles them.

        `last` is the place of the last of them.

        Raises:
            ConflictError: it holds more by now; nothing was written.
        """
        ...

    def go_on_folding(self, key: str, now: datetime, *, kind: HoldKind, by: str, limit: int) -> int | None:
        """Settle some of what a mute or breaker held before it was told by the digest with this key.

        Return how many: 0 = all of them are settled, None = there is no such digest.
        """
        ...

    def drop_held(self, keys: Collection[str], reason: str, now: datetime) -> int:
        """Give held deliveries up: they stay in the record, and are not sent; return how many were still held."""
        ...

    def drop_first_held(self, kind: HoldKind, by: str, reason: str, now: datetime, *, limit: int) -> int:
        """Give up the first that one mute or breaker holds, as `drop_held`; return how many, 0 = it holds nothing."""
        ...

    def hold_first_again(self, kind: HoldKind, by: str, hold: Hold, *, limit: int) -> int:
        """Keep the first that one mute or breaker holds for another reason or time; return how many."""
        ...

    def hold_again(self, keys: Collection[str], hold: Hold) -> int:
        """Keep held deliveries for another reason or time; return how many were still held."""
        ...
