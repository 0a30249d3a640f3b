"""What the process that tries rules does over stored entries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from monitor.backtest import Backtest, Past, run_backtest, wanted_by
from monitor.console.bench_ground import Asked, Tell, Workshop
from monitor.decide.replay import Finding, Replay, lookback
from monitor.model import Entry
from monitor.text.plain import one_line

MOST_FINDINGS: Final = 30
PATIENCE: Final = 45.0  # seconds that a backtest reads
TOLD_EVERY: Final = 0.5  # seconds
SURE: Final = 3.0  # seconds after which it is known how many are read in a second
TOLERANCE: Final = 1.2  # times the time that is left may be reckoned
NEWEST: Final = 0.4  # of PATIENCE is left for the newest entries, where all are too many
DEARER: Final = 3.0  # times as long twice as many take: more stories are compared
Watch = Callable[[], float]  # says how late it is, in seconds


def backtest(
    shop: Workshop, *, asked: Asked, days: int, now: datetime, tell: Tell, watch: Watch = time.monotonic
) -> dict[str, Any]:
    """Run a rule over the stored entries of the last days, as `monitor backtest` does.

    Only the entries that the index proposes are read. Where those are too many for the time that there is, the oldest
    are left out, and the answer says from when on it speaks.
    """
    run = _Run(shop, asked=asked, since=now - timedelta(days=days), now=now, tell=tell, watch=watch)
    found, start, reached = run.whole() or run.newest()
    row = backtest_row(found)
    row["days"] = _every_day(row["days"], start, now)
    left_out = {"begins": _iso(start if start > run.since else None), "reached": _iso(reached)}
    return {"problems": [], **row, "days_asked": days, **left_out}


Found = tuple[Backtest, datetime, datetime | None]  # with when it begins, and where it was given up; None = it was not


class _Run:
    """The attempts to read as much as there is time for."""

    def __init__(
        self, shop: Workshop, *, asked: Asked, since: datetime, now: datetime, tell: Tell, watch: Watch
    ) -> None:
        self.since = since
        self._now = now
        self._tell = tell
        self._watch = watch
        self._until = watch() + PATIENCE
        self._ruleset, self._store, self._ground = shop.load(asked), shop.stored(), shop.ground
        self._memory = lookback(self._ruleset.rules.values(), self._ground.dedup)
        self._wanted = wanted_by(self._ruleset, shop.trials.usable)
        self._every = self._past(since, self._memory)
        self._rate = 1.0  # entries that are read in a second

    def whole(self) -> Found | None:
        """Read everything, None = that would take too long."""
        reading = self._reading(self._every, until=self._until - NEWEST * PATIENCE)
        found = self._read(self._every, reading, self.since)
        self._rate = reading.rate
        return None if reading.reached else (found, self.since, None)

    def newest(self) -> Found:
        """Read the newest entries, then more of them: it is not known beforehand how long they take."""
        count, best = self._rate * (self._until - self._watch()) / 4, None
        while True:
            start, memory = self._begin(max(int(count), 1))
            past = self._past(start, memory)
            reading, began = self._reading(past, until=self._until), self._watch()
            found = self._read(past, reading, start)
            if best is None or not reading.reached:
                best = found, start, reading.reached
            taken, left = self._watch() - began, self._until - self._watch()
            if reading.reached or start == self.since or taken * DEARER > left:
                return best
            count *= 2

    def _begin(self, count: int) -> tuple[datetime, timedelta]:
        """Return when to begin where so many are read, and how long before that; at most half of it is for memory."""
        first = self._every.newest(count)
        memory = min(self._memory, (self._now - first) / 2)
        return (first + memory, memory) if first + memory > self.since else (self.since, self._memory)

    def _past(self, start: datetime, memory: timedelta) -> Past:
        return Past(self._store, start - memory, start=start, wanted=self._wanted)

    def _reading(self, past: Past, *, until: float) -> _Reading:
        return _Reading(past, len(past), self._tell, self._watch, until=until)

    def _read(self, past: Past, reading: _Reading, start: datetime) -> Backtest:
        replay = Replay(self._ruleset, dedup=self._ground.dedup, source_tags=self._ground.source_tags)
        return run_backtest(replay, reading, since=start, limit=MOST_FINDINGS, count=past.count())


def _every_day(found: list[dict[str, Any]], since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Name the days without a finding too, as a chart shows them; none at all where nothing was found."""
    counts = {each["day"]: each for each in found}
    days = (since.date() + timedelta(days=ahead) for ahead in range((now.date() - since.date()).days + 1))
    names = [day.isoformat() for day in days] if found else []
    return [counts.get(day) or {"day": day, "matched": 0, "told": 0} for day in names]


class _Reading:
    """Entries that are counted as they are read, until it takes too long, or it is clear that it will."""

    def __init__(self, entries: Iterable[Entry], total: int, tell: Tell, watch: Watch, *, until: float) -> None:
        self._entries = entries
        self._total = max(total, 1)
        self._tell = tell
        self._watch = watch
        self._until = until
        self.rate = 1.0  # entries a second
        self.reached: datetime | None = None  # where it was given up, None = it was not

    def __iter__(self) -> Iterator[Entry]:
        began = told = self._watch()
        for number, entry in enumerate(self._entries):
            moment = self._watch()
            if moment - told > TOLD_EVERY:
                told = moment
                self._tell(min(number / self._total, 1.0))
                self.rate = max(number, 1) / (moment - began)
            needed = (self._total - number) / self.rate if moment - began > SURE else 0.0
            if moment > self._until or needed > (self._until - moment) * TOLERANCE:
                self.reached = entry.seen_at
                return
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
