"""Say what is of no more use: as the configuration wants it, but nothing that a rule still looks back on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from monitor.decide.draft import story_window
from monitor.decide.thresholds import memory_of
from monitor.model import Cutoffs, Retention, Rule

SLACK = timedelta(days=1)  # by which more is kept than rules look back on: clocks are put back


def cutoffs(retention: Retention, rules: Collection[Rule], dedup: timedelta, now: datetime) -> Cutoffs:
    """Return before which times what is stored is forgotten.

    A story that goes on needs its entries and the ledger's word that they joined it; a threshold needs its hits; and
    an entry is known again at least as long as it is stored.
    """
    window = story_window(rules, dedup) + SLACK
    counted = max((memory_of(rule.threshold) for rule in rules), default=timedelta()) + SLACK
    entries = max(retention.entries, window)
    return Cutoffs(
        now=now,
        entries=now - entries,
        ledger=now - max(retention.ledger, window),
        stories=now - max(retention.entries, retention.ledger, window),
        alerts=now - max(retention.alerts, window),
        hits=now - max(retention.alerts, retention.entries, counted),
        seen=max(retention.seen, entries),
    )
