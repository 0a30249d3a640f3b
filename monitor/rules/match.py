"""Ask all rules about one entry: find every term at once, then decide only the rules that those terms anchor.

Time is linear in the text, plus the exact evaluation of the few candidates. Nothing here waits, reads a clock or does
I/O.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Any, final

from monitor.model import Entry, Field, Match, Mention, Rule
from monitor.rules.conditions import Condition, Ground, Place, Seen, Stretch, spots
from monitor.rules.index import Index
from monitor.rules.patterns import NO_PATTERNS, Patterns
from monitor.rules.tree import Definition
from monitor.text.fold import Tokens, tokenize

MOST_MENTIONS = 100
"""A match lists this many places at most: a hostile text may repeat a word a million times."""

_FIELDS = tuple(Field)
_EVERYWHERE = frozenset(range(len(_FIELDS)))


@final
class _Seen(dict[int, list[Place]], Seen):
    """The terms seen in some fields of an entry."""

    __slots__ = ("fields", "sight")

    def __init__(self, places: dict[int, list[Place]], sight: Sight, fields: frozenset[int]) -> None:
        super().__init__(places)
        self.sight = sight
        self.fields = fields


@final
class Sight:
    """Everything the rules could see in one entry; for one thread."""

    __slots__ = ("_by_fields", "_patterns", "_texts", "_tokens", "entry", "memo", "source_tags")

    def __init__(
        self, entry: Entry, index: Index, patterns: Patterns = NO_PATTERNS, source_tags: Collection[str] = ()
    ) -> None:
        self.entry = entry
        self.source_tags = source_tags
        self.memo: dict[Any, Any] = {}
        self._patterns = patterns
        self._texts = (entry.title, entry.summary, entry.body)
        self._tokens: dict[int, Tokens] = {}
        seen: dict[int, list[Place]] = {}
        for number, text in enumerate(self._texts):
            if text:
                tokens = self._tokens[number] = tokenize(text)
                for term, first, last in index.find(tokens.words):
                    seen.setdefault(term, []).append((number, first, last))
        self._by_fields: dict[frozenset[int], Seen] = {_EVERYWHERE: _Seen(seen, self, _EVERYWHERE)}

    def within(self, fields: frozenset[int] = _EVERYWHERE) -> Seen:
        """Return what was seen in these fields."""
        seen = self._by_fields.get(fields)
        if seen is None:
            filtered = {
                term: [place for place in places if place[0] in fields]
                for term, places in self._by_fields[_EVERYWHERE].items()
            }
            found = {term: places for term, places in filtered.items() if places}
            seen = self._by_fields[fields] = _Seen(found, self, fields)
        return seen

    def stands(self, place: Place, text: str, lead: int) -> bool:
        """Say whether this very text stands there; `lead` of its characters come before the place's first word."""
        number, first, last = place
        start = self._tokens[number].span(first, last)[0] - lead
        return start >= 0 and self._texts[number].startswith(text, start)

    def stretches(self, pattern: int, fields: frozenset[int]) -> Sequence[Stretch]:
        """Return where a regular expression matches, at most `MOST_MENTIONS` in a field; by field, then place."""
        return [
            Stretch(number, start, end)
            for number in sorted(fields)
            if pattern in self._patterns_in(number)
            for start, end in islice(self._patterns.stretches(pattern, self._texts[number]), MOST_MENTIONS)
        ]

    def _patterns_in(self, number: int) -> Collection[int]:
        key = (Patterns, number)
        if key not in self.memo:
            self.memo[key] = self._patterns.find(self._texts[number])
        found: Collection[int] = self.memo[key]
        return found

    def mentions(self, grounds: Iterable[Ground], seen: Seen) -> tuple[Mention, ...]:
        """Show where these grounds stand, by field, then place; of two that overlap the longer stays."""
        found: dict[tuple[int, int, int], str] = {}
        for ground in grounds:
            for what, name in islice(spots((ground,), seen), MOST_MENTIONS):
                number, first, last = what
                span = (first, last) if isinstance(what, Stretch) else self._tokens[number].span(first, last)
                found.setdefault((number, *span), name)
        places = sorted(_without_overlaps(found))
        return tuple(self._mention(found[place], *place) for place in places[:MOST_MENTIONS])

    def _mention(self, name: str, number: int, start: int, end: int) -> Mention:
        surface = self._texts[number][start:end]
        return Mention(name=name, surface=surface, field=_FIELDS[number], start=start, end=end)


def _without_overlaps(places: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    kept: list[tuple[int, int, int]] = []  # in order
    for place in sorted(places, key=lambda place: (place[1] - place[2], place)):
        number, start, end = place
        at = bisect(kept, place)
        clear_before = at == 0 or kept[at - 1][0] != number or kept[at - 1][2] <= start
        clear_after = at == len(kept) or kept[at][0] != number or kept[at][1] >= end
        if clear_before and clear_after:
            kept.insert(at, place)
    return kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledRule:
    """A rule ready to be asked: one condition for each clause of its definition, in the same order."""

    number: int  # in the order of the files
    definition: Definition
    fields: frozenset[int]
    conditions: tuple[Condition, ...]

    def match(self, sight: Sight) -> Match | None:
        """Decide exactly; return the match with its mentions, or None."""
        seen = sight.within(self.fields)
        for condition in self.conditions:
            if not condition.holds(seen):
                return None
        grounds = (ground for condition in self.conditions for ground in condition.grounds(seen))
        return Match(rule=self.definition.rule, entry=sight.entry, mentions=sight.mentions(grounds, seen))


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """What all rules say about one entry, in the order of the files."""

    matches: tuple[Match, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()  # rule id and error: rules that broke and were passed over


_NOTHING = MatchResult()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ruleset:
    """All rules compiled: immutable, shared by threads, swapped whole on reload."""

    rules: Mapping[str, Rule]  # by id, in the order of the files
    hash: str  # 16 hex digits, the same for rules that say the same
    compiled: Mapping[str, CompiledRule] = field(repr=False)
    index: Index = field(repr=False)
    anchors: Mapping[int, Sequence[CompiledRule]] = field(repr=False)  # by term: what cannot hold without it or its kin
    unanchored: Sequence[CompiledRule] = field(repr=False)
    patterns: Patterns = field(default=NO_PATTERNS, repr=False)

    def look(self, entry: Entry, source_tags: Collection[str] = ()) -> Sight:
        """See all that the rules could see in an entry."""
        return Sight(entry, self.index, self.patterns, source_tags)

    def match(self, entry: Entry, source_tags: Collection[str] = ()) -> MatchResult:
        """Say which rules the entry satisfies, and where; any text is welcome.

        `source_tags` is what is known of its feed beyond the name: tags and host, for the rules' `sources`.
        """
        sight = self.look(entry, source_tags)
        candidates = set(self.unanchored)
        for term in sight.within():
            candidates.update(self.anchors.get(term, ()))
        if not candidates:
            return _NOTHING
        answers = [_ask(rule, sight) for rule in sorted(candidates, key=attrgetter("number"))]
        return MatchResult(
            matches=tuple(answer for answer in answers if isinstance(answer, Match)),
            failures=tuple(answer for answer in answers if isinstance(answer, tuple)),
        )


def _ask(rule: CompiledRule, sight: Sight) -> Match | tuple[str, str] | None:
    try:
        return rule.match(sight)
    except Exception as error:  # noqa: BLE001 - one broken rule must cost neither the entry nor the other rules
        return rule.definition.rule.id, f"{type(error).__name__}: {error}"
