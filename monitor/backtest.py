"""Run rules over the entries that are stored: what they would have found, and what a change of them changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.model import Entry, Match
from monitor.ports import Cursor, Store
from monitor.rules.compile import compile_rules
from monitor.rules.find import find_definition
from monitor.rules.match import Ruleset
from monitor.stories.keys import story_keys

ENTRIES_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What rules would have found. `matches` are the latest ones, the oldest first."""

    entries: int  # read
    matched: int  # entries
    stories: int  # that those tell
    days: tuple[tuple[date, int], ...]  # every day from the first to the last entry, with its matching entries
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry that a rule finds in one version of the rules only."""

    rule: str
    gained: bool  # found by the new version only
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two versions of the rules differ over the stored entries. `changes` are the first ones."""

    entries: int  # read
    gained: Counter[str]  # entries by rule
    lost: Counter[str]
    changes: tuple[Change, ...]


def stored_entries(store: Store, since: datetime) -> Iterator[Entry]:
    """Read entries in the order in which they were seen, a page at a time."""
    cursor: Cursor | None = None
    while True:
        entries, cursor = store.read_entries(since=since, after=cursor, limit=ENTRIES_AT_ONCE)
        yield from entries
        if cursor is None:
            return


def only(ruleset: Ruleset, rule_id: str) -> Ruleset:
    """Return a rule set of one of the rules.

    Raises:
        NotFoundError: there is no such rule.
    """
    return compile_rules([find_definition(ruleset, rule_id)])


def some(ruleset: Ruleset, rule_ids: Collection[str]) -> Ruleset:
    """Return a rule set of those of the rules that are named."""
    return compile_rules([one.definition for rule_id, one in ruleset.compiled.items() if rule_id in rule_ids])


def run_backtest(ruleset: Ruleset, entries: Iterable[Entry], *, dedup: timedelta, limit: int) -> Backtest:
    """Ask the rules about each entry; at most `limit` matches are kept."""
    days: Counter[date] = Counter()
    stories = _Stories(dedup)
    matches: list[Match] = []
    read = matched = 0
    for entry in entries:
        read += 1
        day = entry.seen_at.date()
        days[day] += 0
        found = ruleset.match(entry).matches
        if found:
            matched += 1
            days[day] += 1
            stories.add(entry)
            matches = [*matches, *found][-limit:] if limit else []
    return Backtest(entries=read, matched=matched, stories=stories.count, days=_every_day(days), matches=tuple(matches))


def compare_rules(old: Ruleset, new: Ruleset, entries: Iterable[Entry], *, limit: int) -> Comparison:
    """Ask two versions of the rules about each entry; at most `limit` changes are kept."""
    gained: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    changes: list[Change] = []
    read = 0
    for entry in entries:
        read += 1
        before, after = _rules_that_match(old, entry), _rules_that_match(new, entry)
        gained.update(after - before)
        lost.update(before - after)
        for rule in sorted(before ^ after):
            if len(changes) < limit:
                changes.append(Change(rule=rule, gained=rule in after, entry=entry))
    return Comparison(entries=read, gained=gained, lost=lost, changes=tuple(changes))


def _rules_that_match(ruleset: Ruleset, entry: Entry) -> set[str]:
    return {match.rule.id for match in ruleset.match(entry).matches}


def _every_day(days: Counter[date]) -> tuple[tuple[date, int], ...]:
    if not days:
        return ()
    first, last = min(days), max(days)
    span = ((last - first).days) + 1
    return tuple((day, days[day]) for day in (first + timedelta(days=number) for number in range(span)))


class _Stories:
    """Count stories as a poll joins them: by the keys that copies share, each remembered as long as a story is."""

    def __init__(self, dedup: timedelta) -> None:
        self.count = 0
        self._dedup = dedup
        self._seen: dict[bytes, datetime] = {}  # by story key, the last report; the longest unseen first

    def add(self, entry: Entry) -> None:
        """Note one matching entry; they come in the order in which they were seen."""
        oldest = entry.seen_at - self._dedup
        while self._seen and self._seen[first := next(iter(self._seen))] < oldest:
            del self._seen[first]
        keys = story_keys(entry).values()
        self.count += not any(key in self._seen for key in keys)
        for key in keys:
            self._seen.pop(key, None)
            self._seen[key] = entry.seen_at
