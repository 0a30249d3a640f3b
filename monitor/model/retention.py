"""How long what is stored is kept, and the work that is done once for all daemons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is stored is kept, as the configuration says it."""

    entries: timedelta = timedelta(days=90)  # after they were seen
    ledger: timedelta = timedelta(days=90)  # decisions, after they were made
    alerts: timedelta = timedelta(days=400)  # with what was sent and what people did, after their story's last report
    seen: timedelta = timedelta(days=90)  # keys by which entries are known again, after their feed showed them last


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """Before which time what is stored is of no more use; see `monitor.decide.retention`."""

    now: datetime
    entries: datetime
    ledger: datetime
    stories: datetime  # by their last report
    alerts: datetime
    hits: datetime
    seen: timedelta  # of a key, between its last sight and that of the feed's newest


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreLease:
    """The right to do a chore, until the lease runs out."""

    name: str
    token: int
    strikes: int  # times it was begun and not finished
