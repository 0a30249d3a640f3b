"""Ask all rules about one entry: find every term at once, then decide only the rules that those terms anchor.

Time is linear in the text, plus the exact evaluation of the few candidates. Nothing here waits, reads a clock or does
I/O.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import compress, islice, pairwise
from typing import Any, TypeVar, final
from weakref import proxy

from monitor.model import Entry, Field, Match, Mention, Rule
from monitor.rules.anchors import Anchors
from monitor.rules.conditions import Condition, Ground, Seen
from monitor.rules.index import Index
from monitor.rules.lazy import Derived
from monitor.rules.patterns import NO_PATTERNS, Patterns
from monitor.rules.place import Place, Stretch
from monitor.rules.reading import Reading
from monitor.rules.tree import Definition
from monitor.text.fold import tokenize

MOST_MENTIONS = 100
"""A match lists this many places at most: a hostile text may repeat a word a million times."""

Answer = TypeVar("Answer")
_Failure = tuple[str, str]  # rule id and error

_FIELDS = tuple(Field)
_EVERYWHERE = frozenset(range(len(_FIELDS)))
_NO_TOKENS = tokenize("")


@final
class _Seen(Seen):
    """The terms seen in some fields of an entry; places are worked out when they are asked for."""

    __slots__ = ("_places", "_reading", "fields", "sight", "terms")

    def __init__(self, reading: Reading, sight: Sight, fields: frozenset[int], terms: AbstractSet[int]) -> None:
        self.sight = sight
        self.fields = fields
        self.terms = terms
        self._reading = reading
        self._places: dict[int, list[Place]] = {}

    def __contains__(self, term: object) -> bool:
        return term in self.terms

    def __iter__(self) -> Iterator[int]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __getitem__(self, term: int) -> Sequence[Place]:
        places = self._places.get(term)
        if places is None:
            if term not in self.terms:
                raise KeyError(term)
            places = self._places[term] = [place for place in self._reading.places(term) if place[0] in self.fields]
        return places

    def spans(self, term: int) -> Iterator[tuple[int, int, int]]:
        """Yield the places of a term in characters, in order; one may come twice."""
        return self._reading.spans(term, self.fields)


@final
class Sight:
    """Everything the rules could see in one entry; for one thread.

    What it shows of itself refers back to it weakly: all of it is freed at once when the entry is done, and its memory,
    still warm, serves the next.
    """

    __slots__ = (
        "__weakref__",
        "_by_fields",
        "_patterns",
        "_reading",
        "_texts",
        "_tokens",
        "entry",
        "memo",
        "source_tags",
        "terms",
    )

    def __init__(
        self, entry: Entry, index: Index, patterns: Patterns = NO_PATTERNS, source_tags: Collection[str] = ()
    ) -> None:
        self.entry = entry
        self.source_tags = source_tags
        self.memo: dict[Any, Any] = {}
        self._patterns = patterns
        self._texts = (entry.title, entry.summary, entry.body)
        self._tokens = [tokenize(text) if text else _NO_TOKENS for text in self._texts]
        self._reading = index.read(self._tokens)
        self.terms = self._reading.terms
        self._by_fields: dict[frozenset[int], Seen] = {}

    def within(self, fields: frozenset[int] = _EVERYWHERE) -> Seen:
        """Return what was seen in these fields; those without text make no difference."""
        seen = self._by_fields.get(fields)
        if seen is None:
            written = frozenset(compress(range(len(_FIELDS)), self._texts))
            inside = fields & written
            seen = self._by_fields.get(inside)
            if seen is None:
                terms = self.terms if inside == written else self._reading.terms_in(inside)
                seen = self._by_fields[inside] = _Seen(self._reading, proxy(self), inside, terms)
            self._by_fields[fields] = seen
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
        for what, name in grounds:
            for span in islice(seen.spans(what), MOST_MENTIONS) if isinstance(what, int) else (self._span(what),):
                found.setdefault(span, name)
        places = _without_overlaps(sorted(found))[:MOST_MENTIONS]
        return tuple([self._mention(found[place], *place) for place in places])

    def _span(self, place: Place | Stretch) -> tuple[int, int, int]:
        """Return a place in characters."""
        if isinstance(place, Stretch):
            return place
        number, first, last = place
        return number, *self._tokens[number].span(first, last)

    def _mention(self, name: str, number: int, start: int, end: int) -> Mention:
        surface = self._texts[number][start:end]
        return Mention(name=name, surface=surface, field=_FIELDS[number], start=start, end=end)


def _without_overlaps(places: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Take the longest places first, and leave out what overlaps one that is taken; they come and go in order."""
    if all(one[0] < two[0] or one[2] <= two[1] for one, two in pairwise(places)):
        return places
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

    definition: Definition
    fields: frozenset[int]
    conditions: tuple[Condition, ...]

    def holds(self, sight: Sight) -> bool:
        """Decide exactly."""
        seen = sight.within(self.fields)
        for condition in self.conditions:  # noqa: SIM110 - a generator for each candidate costs more than most answers
            if not condition.holds(seen):
                return False
        return True

    def match(self, sight: Sight) -> Match | None:
        """Decide exactly; return the match with its mentions, or None."""
        if not self.holds(sight):
            return None
        seen = sight.within(self.fields)
        grounds = (ground for condition in self.conditions for ground in condition.grounds(seen))
        return Match(rule=self.definition.rule, entry=sight.entry, mentions=sight.mentions(grounds, seen))


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """What all rules say about one entry, in the order of the files."""

    matches: tuple[Match, ...] = ()
    failures: tuple[_Failure, ...] = ()  # of rules that broke and were passed over


_NOTHING = MatchResult()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ruleset:
    """All rules compiled: immutable, shared by threads, swapped whole on reload."""

    rules: Mapping[str, Rule]  # by id, in the order of the files
    hash: str  # 16 hex digits, the same for rules that say the same
    definitions: Mapping[str, Definition] = field(repr=False)  # in the same order
    compiled: Mapping[str, CompiledRule] = field(repr=False)  # in the same order, each made when it is asked for
    order: Sequence[str] = field(repr=False)  # the ids again: the number of a rule is its place here
    index: Index = field(repr=False)
    anchors: Anchors = field(repr=False)
    patterns: Patterns = field(default=NO_PATTERNS, repr=False)

    def rest(self) -> None:
        """Forget the compiled rules: those that the news comes near are compiled when it does."""
        if isinstance(self.compiled, Derived):
            self.compiled.forget()

    def look(self, entry: Entry, source_tags: Collection[str] = ()) -> Sight:
        """See all that the rules could see in an entry."""
        return Sight(entry, self.index, self.patterns, source_tags)

    def match(self, entry: Entry, source_tags: Collection[str] = ()) -> MatchResult:
        """Say which rules the entry satisfies, and where; any text is welcome.

        `source_tags` is what is known of its feed beyond the name: tags and host, for the rules' `sources`.
        """
        sight = self.look(entry, source_tags)
        candidates = self.anchors.candidates(sight.terms)
        if not candidates:
            return _NOTHING
        answers = [_ask(CompiledRule.match, self.compiled[self.order[rule]], sight) for rule in candidates]
        return MatchResult(
            matches=tuple([answer for answer in answers if isinstance(answer, Match)]),
            failures=tuple([answer for answer in answers if isinstance(answer, tuple)]),
        )

    def hits(self, entry: Entry, source_tags: Collection[str] = ()) -> set[str]:
        """Name the rules that `match` would list, for those who need not know where: places cost a fifth to a third."""
        sight = self.look(entry, source_tags)
        asked = map(self.order.__getitem__, self.anchors.candidates(sight.terms))
        return {rule for rule in asked if _ask(CompiledRule.holds, self.compiled[rule], sight) is True}


def _ask(question: Callable[[CompiledRule, Sight], Answer], rule: CompiledRule, sight: Sight) -> Answer | _Failure:
    try:
        return question(rule, sight)
    except Exception as error:  # noqa: BLE001 - one broken rule must cost neither the entry nor the other rules
        return rule.definition.rule.id, f"{type(error).__name__}: {error}"
