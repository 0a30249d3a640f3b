"""Run rules over the entries that are stored: what they would have found, and what a change of them changes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import final

from monitor.decide.replay import Finding, Replay, Silence
from monitor.model import Entry, HasAny, Wanted
from monitor.ports import Cursor, Store
from monitor.rules.compile import compile_rules
from monitor.rules.find import find_definition
from monitor.rules.match import Ruleset
from monitor.rules.tree import Definition
from monitor.rules.wanted import MOST_WORDS, wanted_by_any

ENTRIES_AT_ONCE = 500
MOST_PLACES = 100_000  # where more may match, reading all is no slower


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Entries of one day, in UTC."""

    matched: int = 0
    told: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What rules would have found, and what would have been told. `findings` are the latest ones, the oldest first."""

    first: datetime | None  # when the first entry that was read was seen, for the sake of memory; None = there is none
    entries: int  # of that time
    matched: int  # of them
    told: int  # entries with at least one message
    stories: int  # that the matched ones tell
    days: tuple[tuple[date, Day], ...]  # every day from the first to the last entry
    found: int  # all findings: an entry has one for each rule that matches it
    findings: tuple[Finding, ...]
    silences: tuple[Silence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a rule would tell in one version of the rules only."""

    rule: str
    gained: bool  # told by the new version only
    at: datetime
    entry: Entry | None  # None = that nothing came


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two versions of the rules differ over the stored entries. `changes` are the first ones."""

    entries: int  # of that time
    gained: Counter[str]  # by rule
    lost: Counter[str]
    changes: tuple[Change, ...]


@final
class Past:
    """The stored entries of a time, in the order in which they were seen: those that may be `wanted`, or all.

    Beside those are its first and last entry, and the first since `start`: from when to when rules were watched does
    not depend on what they find. `since` is how far back entries are read for the sake of memory.
    """

    def __init__(
        self, store: Store, since: datetime, *, start: datetime, wanted: Wanted | None, most: int = MOST_PLACES
    ) -> None:
        self._store = store
        self._since = since
        self._start = start
        self._places = self._find(wanted, most)

    def __iter__(self) -> Iterator[Entry]:
        """Read them, a page at a time."""
        if self._places is None:
            yield from stored_entries(self._store, self._since)
            return
        for at in range(0, len(self._places), ENTRIES_AT_ONCE):
            ids = [place.entry_id for place in self._places[at : at + ENTRIES_AT_ONCE]]
            found = self._store.recall_near(stories=(), entries=ids).reports
            yield from (found[entry_id] for entry_id in ids if entry_id in found)  # some may have been forgotten since

    def __len__(self) -> int:
        """Return how many are read."""
        return len(self._places) if self._places is not None else self._store.count_entries(self._since)

    def newest(self, count: int) -> datetime:
        """Return since when the newest ones were seen, so many of those that are read."""
        if self._places is not None:
            return self._places[-count:][0].seen_at
        places = self._store.find_wanted(None, since=self._since, before=None, limit=count)
        return places[-1].seen_at

    def count(self) -> int:
        """Return how many there are since `start`, read or not."""
        return self._store.count_entries(self._start)

    def _find(self, wanted: Wanted | None, most: int) -> list[Cursor] | None:
        """Return the places of the entries to be read, None = all are read."""
        find = partial(self._store.find_wanted, since=self._since, before=None)
        places = find(wanted, limit=most + 1) if wanted is not None else None
        if places is None or len(places) > most:
            return None
        ends = {Cursor(seen_at=each.seen_at, entry_id=each.id) for each in self._firsts()}
        return sorted({*places, *ends, *find(None, limit=1)}, key=attrgetter("seen_at", "entry_id"))

    def _firsts(self) -> Iterator[Entry]:
        for since in (self._since, self._start):
            yield from self._store.read_entries(since=since, after=None, limit=1)[0]


def stored_entries(store: Store, since: datetime) -> Iterator[Entry]:
    """Read all entries in the order in which they were seen, a page at a time."""
    cursor: Cursor | None = None
    while True:
        entries, cursor = store.read_entries(since=since, after=cursor, limit=ENTRIES_AT_ONCE)
        yield from entries
        if cursor is None:
            return


def only(ruleset: Ruleset, rule_id: str) -> Ruleset:
    """Return a rule set of one of the rules; it may use the others.

    Raises:
        NotFoundError: there is no such rule.
    """
    find_definition(ruleset, rule_id)
    return some(ruleset, (rule_id,))


def some(ruleset: Ruleset, rule_ids: Collection[str]) -> Ruleset:
    """Return a rule set of those of the rules that are named; they may use the others."""
    every = [*ruleset.definitions.values()]
    return compile_rules([each for each in every if each.rule.id in rule_ids], usable=every)


def wanted_by(ruleset: Ruleset, usable: Iterable[Definition] = ()) -> Wanted | None:
    """Return what an entry needs for one of the rules to match, which may use `usable` ones, None = no index knows."""
    if len(ruleset.rules) > MOST_WORDS:
        return None
    others = {each.rule.id: each for each in usable}
    return wanted_by_any(ruleset.definitions.values(), {**others, **ruleset.definitions})


def wanted_by_either(one: Ruleset, other: Ruleset) -> Wanted | None:
    """Return what an entry needs for a rule of either version to match, None = no index knows."""
    wanted = wanted_by(one), wanted_by(other)
    known = tuple(each for each in wanted if each is not None)
    return HasAny(known) if len(known) == len(wanted) else None


def run_backtest(
    replay: Replay, entries: Iterable[Entry], *, since: datetime, limit: int, count: int | None = None
) -> Backtest:
    """Decide about each entry as the daemon would; those seen before `since` are what it would remember.

    At most `limit` findings are kept. `count` is how many entries there are, where not all of them need be shown.
    """
    days: dict[date, Day] = {}
    stories: set[str] = set()
    findings: deque[Finding] = deque(maxlen=limit)
    read = found = 0
    first: datetime | None = None
    for entry in entries:
        first = first or entry.seen_at
        replayed = replay.show(entry)
        if entry.seen_at < since:
            continue
        read += 1
        told = any(finding.told for finding in replayed.findings)
        day = days.get(entry.seen_at.date(), Day())
        matched = bool(replayed.findings)
        days[entry.seen_at.date()] = Day(matched=day.matched + matched, told=day.told + told)
        if matched:
            stories.add(replayed.story_id)
            found += len(replayed.findings)
            findings.extend(replayed.findings)
    return Backtest(
        first=first,
        entries=read if count is None else count,
        matched=sum(day.matched for day in days.values()),
        told=sum(day.told for day in days.values()),
        stories=len(stories),
        days=_every_day(days),
        found=found,
        findings=tuple(findings),
        silences=tuple(silence for silence in replay.silences() if silence.at >= since),
    )


def compare_rules(
    old: Replay, new: Replay, entries: Iterable[Entry], *, since: datetime, limit: int, count: int | None = None
) -> Comparison:
    """Ask two versions of the rules about each entry; those seen before `since` are what they would remember.

    Where a rule has a threshold, the matches that reach it are compared, and the silences of `absent`. At most `limit`
    changes are kept. `count` is how many entries there are, where not all of them need be shown.
    """
    gained: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    changes: list[Change] = []
    read = 0

    def note(change: Change) -> None:
        (gained if change.gained else lost).update([change.rule])
        if len(changes) < limit:
            changes.append(change)

    for entry in entries:
        before, after = _reached(old, entry), _reached(new, entry)
        if entry.seen_at < since:
            continue
        read += 1
        for rule in sorted(before ^ after):
            note(Change(rule=rule, gained=rule in after, at=entry.seen_at, entry=entry))
    silent_before, silent_after = (
        {(silence.at, silence.rule) for silence in replay.silences() if silence.at >= since} for replay in (old, new)
    )
    for at, rule in sorted(silent_before ^ silent_after):
        note(Change(rule=rule, gained=(at, rule) in silent_after, at=at, entry=None))
    return Comparison(entries=read if count is None else count, gained=gained, lost=lost, changes=tuple(changes))


def _reached(replay: Replay, entry: Entry) -> set[str]:
    return {finding.match.rule.id for finding in replay.show(entry).findings if finding.reached}


def _every_day(days: Mapping[date, Day]) -> tuple[tuple[date, Day], ...]:
    if not days:
        return ()
    first, last = min(days), max(days)
    span = (last - first).days + 1
    return tuple((day, days.get(day, Day())) for day in (first + timedelta(days=number) for number in range(span)))
