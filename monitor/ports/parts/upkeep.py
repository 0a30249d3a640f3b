"""The state of the whole: its daemons, its chores, what is forgotten, whether it is sound."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from monitor.model import (
    ChoreLease,
    Cutoffs,
)
from monitor.ports.records import (
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


class Upkeep(Protocol):
    """Say how it is, and keep it so."""

    def waiting(self, channels: Collection[str], now: datetime) -> Waiting:
        """Say since when feeds, and deliveries to these channels, are due that nobody has taken."""
        ...

    def activity(self, since: datetime) -> Activity:
        """Count what was done since then."""
        ...

    def beat(self, node: NodeReport) -> None:
        """Note that a daemon is alive, and forget those silent for a day."""
        ...

    def leave(self, name: str) -> None:
        """Forget a daemon that ends in good order."""
        ...

    def status(self) -> StatusReport:
        """Take one look at the whole state."""
        ...

    def nodes(self) -> tuple[NodeReport, ...]:
        """Read which daemons there are, by name, with their last signs of life."""
        ...

    def engine_report(self) -> EngineReport:
        """Say what the store is made of, and when its chores are due."""
        ...

    def levels(self, now: datetime, *, in_doubt_after: timedelta, dead_after: timedelta) -> Levels:
        """Count what is watched all the time.

        A message that is being sent for so long is in doubt; a daemon that was silent for so long is dead.
        """
        ...

    def try_writing(self) -> None:
        """Write nothing, as if it were something.

        Raises:
            StoreUnavailableError: nothing can be written.
        """
        ...

    def claim_chore(self, name: str, *, now: datetime, lease: timedelta) -> ChoreLease | None:
        """Lease a chore, for one daemon of all; None = it is not due, or somebody does it."""
        ...

    def finish_chore(self, lease: ChoreLease, due: datetime) -> None:
        """Give a chore back; it is due next at this time.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the chore.
        """
        ...

    def prune(self, cutoffs: Cutoffs, place: PrunePlace) -> Pruned:
        """Forget what is old of one page of one table, and say where to go on; the first place is `PrunePlace()`."""
        ...

    def count_old(self, cutoffs: Cutoffs) -> Mapping[str, int]:
        """Count what would be forgotten, by table."""
        ...

    def verify(self, now: datetime) -> StateReport:
        """Look for what is wrong with the state, and count its rows; it takes as long as reading all of it."""
        ...

    def close(self) -> None:
        """Checkpoint and let go."""
        ...
