"""What the process that tries rules does over stored entries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from monitor.backtest import Backtest, run_backtest, stored_entries
from monitor.console.bench_ground import Asked, Tell, Workshop
from monitor.decide.replay import Finding, Replay, lookback
from monitor.model import Entry
from monitor.text.plain import one_line

MOST_FINDINGS: Final = 30
PATIENCE: Final = 45.0  # seconds that a backtest reads
TOLD_EVERY: Final = 0.5  # seconds


def backtest(shop: Workshop, *, asked: Asked, days: int, now: datetime, tell: Tell) -> dict[str, Any]:
    """Run a rule over the stored entries of the last days, as `monitor backtest` does."""
    ruleset, store, ground = shop.load(asked), shop.stored(), shop.ground
    since = now - timedelta(days=days)
    start = since - lookback(ruleset.rules.values(), ground.dedup)
    reading = _Reading(stored_entries(store, start), store.count_entries(start), tell)
    replay = Replay(ruleset, dedup=ground.dedup, source_tags=ground.source_tags)
    found = run_backtest(replay, reading, since=since, limit=MOST_FINDINGS)
    row = backtest_row(found)
    row["days"] = _every_day(row["days"], since, now)
    return {"problems": [], **row, "days_asked": days, "reached": _iso(reading.reached)}


def _every_day(found: list[dict[str, Any]], since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Name the days without a finding too, as a chart shows them; none at all where nothing was found."""
    counts = {each["day"]: each for each in found}
    days = (since.date() + timedelta(days=ahead) for ahead in range((now.date() - since.date()).days + 1))
    names = [day.isoformat() for day in days] if found else []
    return [counts.get(day) or {"day": day, "matched": 0, "told": 0} for day in names]


class _Reading:
    """Entries that are counted as they are read, until it takes too long."""

    def __init__(self, entries: Iterator[Entry], total: int, tell: Tell) -> None:
        self._entries = entries
        self._total = max(total, 1)
        self._tell = tell
        self.reached: datetime | None = None  # where it was given up, None = it was not

    def __iter__(self) -> Iterator[Entry]:
        began = told = time.monotonic()
        for number, entry in enumerate(self._entries):
            moment = time.monotonic()
            if moment - began > PATIENCE:
                self.reached = entry.seen_at
                return
            if moment - told > TOLD_EVERY:
                told = moment
                self._tell(min(number / self._total, 1.0))
            yield entry


def backtest_row(found: Backtest) -> dict[str, Any]:
    """Say what rules would have found, day by day, and the latest findings, the newest first."""
    return {
        "entries": found.entries,
        "matched": found.matched,
        "told": found.told,
        "stories": found.stories,
        "found": found.found,
        "days": [{"day": day.isoformat(), "matched": count.matched, "told": count.told} for day, count in found.days],
        "findings": [_finding(each) for each in reversed(found.findings)],
        "silences": [{"rule": each.rule, "since": _iso(each.since), "at": _iso(each.at)} for each in found.silences],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    entry = finding.match.entry
    words = dict.fromkeys((mention.name, mention.surface) for mention in finding.match.mentions)
    return {
        "rule": finding.match.rule.id,
        "entry": entry.id,
        "title": one_line(entry.title),
        "language": entry.language,
        "feed": entry.feed,
        "seen_at": _iso(entry.seen_at),
        "became": "told" if finding.told else "its story was told before" if finding.reached else "held back",
        "words": [name if name.casefold() == said.casefold() else f"{name} → {said}" for name, said in words],
        "note": finding.note,
    }


def _iso(time: datetime | None) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds") if time else ""
