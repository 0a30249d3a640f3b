r"""Find terms by one automaton (Aho and Corasick, 1975) over the words of a text: the fastest while it fits the cache.

    fields      title: military talks, body: deconfliction
    read as     " military talks \n deconfliction \n "
    patterns    " military talks "    " deconflict"    " shoygu "

A pattern begins with a blank, and ends with one unless its last word may go on; so it is found at whole words only.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import accumulate, chain
from operator import itemgetter
from typing import final

from ahocorasick_rs import AhoCorasick, Implementation

from monitor.rules.place import Place
from monitor.rules.reading import END_OF_FIELD
from monitor.rules.terms import Meant, Terms

_PATTERN = itemgetter(0)
_BETWEEN = f" {END_OF_FIELD} "


@final
class _Reading:
    """Matches of patterns in a text."""

    __slots__ = ("_fields", "_matches", "_meant", "_spans", "_text", "terms")

    def __init__(self, fields: Sequence[str], text: str, matches: list[tuple[int, int, int]], meant: Meant) -> None:
        self.terms = {*chain.from_iterable(map(meant.__getitem__, map(_PATTERN, matches)))}
        self._fields = fields
        self._text = text
        self._matches = matches  # pattern, start, end
        self._meant = meant
        self._spans: dict[int, list[tuple[int, int]]] = {}  # by number

    def terms_in(self, fields: Collection[int]) -> set[int]:
        """Return the terms that stand in some of the fields."""
        starts = self._starts()
        inside = (pattern for pattern, start, _ in self._matches if bisect(starts, start) - 1 in fields)
        return {*chain.from_iterable(map(self._meant.__getitem__, inside))}

    def places(self, number: int) -> list[Place]:
        """List the places of a term or actor; blanks are counted from each to the next, so that time is linear."""
        if not self._spans:
            self._spans = defaultdict(list)
            for pattern, start, end in self._matches:
                for each in self._meant[pattern]:
                    self._spans[each].append((start, end))
        starts, count = self._starts(), self._text.count
        places: list[Place] = []
        field, first, counted = -1, 0, 0
        for start, end in sorted({*self._spans[number]}):  # `Shoyg*` and `Shoygu` are one place of whom both mean
            if field < (here := bisect(starts, start) - 1):
                field, first, counted = here, 0, starts[here] + 1
            first += count(" ", counted, start + 1)
            counted = start + 1
            places.append((field, first, first + count(" ", counted, end - 1)))
        return places

    def _starts(self) -> list[int]:
        """Return where the blank before each field stands."""
        return [*accumulate((len(text) + len(_BETWEEN) for text in self._fields[:-1]), initial=0)]


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

    def read(self, fields: Sequence[Sequence[str]]) -> _Reading:
        """Find all terms in the words of some fields."""
        texts = [*map(" ".join, fields)]
        text = f" {_BETWEEN.join(texts)} "
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return _Reading(texts, text, matches, self._meant)
