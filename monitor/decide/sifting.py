"""What is new on a page, and what the rules say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.decide.backlog import backlog_reasons, is_silent
from monitor.decide.identity import Recognised, page_size, recognise
from monitor.decide.sources import source_tags
from monitor.decide.updates import Change, change_of
from monitor.model import Entry, Feed, FeedLease, Memory, ParsedFeed
from monitor.rules.match import MatchResult, Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An entry that its feed has not shown before, or not with these words, and what the rules say of it."""

    entry: Entry
    result: MatchResult | None  # None = not asked: the feed's first poll is silent
    together: str = ""  # why it is told in a digest, "" = by itself
    change: Change | None = None  # of one that was known: what is new in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What is new on a page, the oldest first."""

    fresh: tuple[Fresh, ...]
    keys: tuple[bytes, ...]  # identity keys to remember
    detected: tuple[str, ...]  # for `FeedNotes.identity`

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Those that the feed has not shown before."""
        return tuple(item.entry for item in self.fresh if item.change is None)


def sift_page(
    *, lease: FeedLease, feed: Feed, parsed: ParsedFeed, memory: Memory, ruleset: Ruleset, now: datetime
) -> Sifted:
    """Find what is new on a page, and the rules that match it.

    Entries of a first poll are not matched, unless the feed asks for it.
    """
    found = recognise(feed, lease.state.notes, parsed, memory, now)
    new = [item.entry for item in found.entries if not item.known]
    silent, tags = is_silent(feed, lease.state), source_tags(feed)
    reasons = {} if silent else backlog_reasons(feed, lease.state, new, page_size(parsed), now)
    fresh = []
    for item in found.entries:
        if not item.known:
            result = None if silent else ruleset.match(item.entry, tags)
            fresh.append(Fresh(entry=item.entry, result=result, together=reasons.get(item.entry.id, "")))
        elif item.stored is not None and (update := _updated(item, feed, ruleset, tags)):
            fresh.append(update)
    return Sifted(fresh=tuple(fresh), keys=found.keys, detected=found.detected)


def _updated(item: Recognised, feed: Feed, ruleset: Ruleset, tags: tuple[str, ...]) -> Fresh | None:
    """Ask the rules again about an entry that has changed; None = its changes are cosmetic."""
    stored, entry = item.stored, item.entry
    change = change_of(stored.entry, entry, bodies=not feed.fulltext) if stored else None
    if stored is None or change is None:
        return None
    result = ruleset.match(entry, tags)
    before = stored.rules | ruleset.hits(stored.entry, tags)
    new = frozenset(match.rule.id for match in result.matches if match.rule.id not in before)
    return Fresh(entry=entry, result=result, change=replace(change, new_rules=new))
