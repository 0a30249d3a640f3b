r"""Find terms by one automaton (Aho and Corasick, 1975) over the words of a text: the fastest while it fits the cache.

    fields      title: military talks, body: deconfliction
    read as     " military talks \n deconfliction \n "
    patterns    " military talks "    " deconflict"    " shoygu "

A pattern begins with a blank, and ends with one unless its last word may go on; so it is found at whole words only.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import final

from ahocorasick_rs import AhoCorasick, Implementation

from monitor.rules.hits import by_number
from monitor.rules.place import Place
from monitor.rules.reading import END_OF_FIELD
from monitor.rules.terms import Meant, Terms
from monitor.text.fold import Tokens

_Match = tuple[int, int, int]  # pattern, start, end
_PATTERN, _SPAN = itemgetter(0), itemgetter(1, 2)
_BETWEEN = f" {END_OF_FIELD} "


@final
class _Reading:
    """Matches of patterns in a text."""

    __slots__ = ("_fields", "_matches", "_meant", "_starts", "_table", "_text", "terms")

    def __init__(self, fields: Sequence[Tokens], text: str, matches: list[_Match], meant: Meant) -> None:
        self._fields = fields
        self._text = text
        self._matches = matches
        self._meant = meant
        self._starts: list[int] = []  # of the fields: where the blank before each stands
        self._table: dict[int, list[_Match]] = {}
        self.terms = meant.with_actors({*map(_PATTERN, matches)})

    def terms_in(self, fields: Collection[int]) -> set[int]:
        """Return the terms that stand in some of the fields."""
        starts = self._field_starts()
        inside = (number for number, start, _ in self._matches if bisect(starts, start) - 1 in fields)
        return self._meant.with_actors({*inside})

    def places(self, number: int) -> list[Place]:
        """List the places of a term or actor; blanks are counted from each to the next, so that time is linear."""
        starts, count = self._field_starts(), self._text.count
        places: dict[Place, None] = {}  # `Shoyg*` and `Shoygu` are one place
        field, first, counted = -1, 0, 0
        for _, start, end in self._matches_of(number):
            here = bisect(starts, start) - 1
            if field < here:
                field, first, counted = here, 0, starts[here] + 1
            first += count(" ", counted, start + 1)
            counted = start + 1
            places[field, first, first + count(" ", counted, end - 1)] = None
        return [*places]

    def spans(self, number: int, fields: Collection[int]) -> Iterator[tuple[int, int, int]]:
        """Yield the places of a term or actor in characters, in some of the fields; one may come twice."""
        starts = self._field_starts()
        for _, start, end in self._matches_of(number):
            field = bisect(starts, start) - 1
            if field in fields:
                begin = starts[field] + 1
                yield field, *self._fields[field].bounds(start + 1 - begin, self._text.index(" ", end - 1) - begin)

    def _matches_of(self, number: int) -> list[_Match]:
        """List the matches that mean a term or actor, by where they begin."""
        if not self._table:
            self._table = by_number(self._matches, map(self._meant.__getitem__, map(_PATTERN, self._matches)))
        return sorted(self._table[number], key=_SPAN)

    def _field_starts(self) -> list[int]:
        """Return where the blank before each field stands."""
        if not self._starts:
            lengths = (len(tokens.folded) + len(_BETWEEN) for tokens in self._fields[:-1])
            self._starts = [*accumulate(lengths, initial=0)]
        return self._starts


@final
class Automaton:
    """One automaton of all terms."""

    __slots__ = ("_automaton", "_meant")

    def __init__(self, terms: Terms) -> None:
        self._meant = terms.meant
        # No other thread runs while it is built: some 4 µs a term, 0.1 s for 10,000 rules.
        self._automaton = AhoCorasick(
            terms.patterns(), store_patterns=False, implementation=Implementation.ContiguousNFA
        )

    def read(self, fields: Sequence[Tokens]) -> _Reading:
        """Find all terms in the words of some fields."""
        text = f" {_BETWEEN.join([tokens.folded for tokens in fields])} "
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return _Reading(fields, text, matches, self._meant)
