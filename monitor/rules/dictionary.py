"""Find terms by dictionaries: a third of the memory of an automaton, and the faster way for very many terms.

What a word means is worked out when it is first met, and remembered: news use few words often. All that most words of
a text cost is two look-ups at the speed of C: of the word, and of it together with the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, compress, pairwise
from operator import itemgetter
from typing import final

from monitor.rules.hits import by_number
from monitor.rules.place import Place
from monitor.rules.reading import END_OF_FIELD, Numbers
from monitor.rules.terms import MOST_REMEMBERED, Terms
from monitor.rules.trie import Branch, own_number
from monitor.text.fold import Tokens

_LONGEST = 64  # characters of a word whose meaning is remembered
_NO_TERM = {0}
_NUMBERS, _FIRST, _LAST = map(itemgetter, range(3))
_Phrase = tuple[Numbers, int, int]  # with the first and the last word


class _Meanings(dict[str, "Numbers | None"]):
    """What words mean, by word, filled as they are met and bounded; None = nothing to any rule."""

    __slots__ = ("_lengths", "_terms")

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self._terms = terms
        self._lengths = sorted(set(map(len, terms.stems)))

    def __missing__(self, word: str) -> Numbers | None:
        stems = (self._terms.stems.get(word[:length]) for length in self._lengths if length <= len(word))
        terms = [number for number in (self._terms.words.get(word), *stems) if number is not None]
        meaning = tuple(chain.from_iterable(map(self._terms.meant.__getitem__, terms))) or None
        if len(word) <= _LONGEST:
            if len(self) >= MOST_REMEMBERED:
                self.clear()
            self[word] = meaning
        return meaning


@final
class _Reading:
    """What each word means, and the phrases."""

    __slots__ = ("_fields", "_firsts", "_lasts", "_meanings", "_owners", "_starts", "_table", "terms")

    def __init__(
        self,
        fields: Sequence[Tokens],
        starts: Sequence[int],
        owners: Sequence[int],
        known: Sequence[Numbers | None],
        phrases: Sequence[_Phrase],
    ) -> None:
        """Take the first word of each field, and by word its field and its meaning."""
        self._fields = fields
        self._starts = starts
        self._owners = owners
        words = [*compress(range(len(known)), known)]
        self._firsts = [*words, *map(_FIRST, phrases)]
        self._lasts = [*words, *map(_LAST, phrases)]
        self._meanings = [*filter(None, known), *map(_NUMBERS, phrases)]
        self._table: dict[int, list[tuple[int, int]]] = {}  # by number
        self.terms = {*chain.from_iterable(self._meanings)} - _NO_TERM

    def terms_in(self, fields: Collection[int]) -> set[int]:
        """Return the terms that stand in some of the fields."""
        asked = [field in fields for field in range(len(self._starts))]
        inside = map(asked.__getitem__, map(self._owners.__getitem__, self._firsts))
        return {*chain.from_iterable(compress(self._meanings, inside))} - _NO_TERM

    def places(self, number: int) -> list[Place]:
        """List the places of a term or an actor."""
        self._table = self._table or by_number(zip(self._firsts, self._lasts, strict=True), self._meanings)
        return sorted({*map(self._place, self._table[number])})  # `Shoyg*` and `Shoygu` are one place

    def spans(self, number: int, fields: Collection[int]) -> Iterator[tuple[int, int, int]]:
        """Yield the places of a term or an actor in characters, in some of the fields."""
        return (
            (field, *self._fields[field].span(first, last))
            for field, first, last in self.places(number)
            if field in fields
        )

    def _place(self, hit: tuple[int, int]) -> Place:
        first, last = hit
        field = self._owners[first]
        start = self._starts[field]
        return field, first - start, last - start


@final
class Dictionary:
    """The dictionaries in which terms are numbered serve to find them as well."""

    __slots__ = ("_meanings", "_terms")

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._meanings = _Meanings(terms)

    def read(self, fields: Sequence[Tokens]) -> _Reading:
        """Find all terms in the words of some fields."""
        words: list[str] = []
        starts, owners = [], b""
        for number, each in enumerate(fields):
            starts.append(len(words))
            words += each.words
            words.append(END_OF_FIELD)
            owners += bytes([number]) * (len(words) - starts[-1])
        known = [*map(self._meanings.__getitem__, words)]
        return _Reading(fields, starts, owners, known, [*self._phrases(words, known), *self._behind(words, known)])

    def _phrases(self, words: Sequence[str], known: Sequence[Numbers | None]) -> Iterator[_Phrase]:
        """Yield the phrases of whole words; where one may begin is told by what words mean."""
        nodes = [*map(self._terms.pairs.get, compress(pairwise(words), known))]
        begun = compress(range(len(words)), known)
        for at, node in compress(zip(begun, nodes, strict=True), nodes):
            if isinstance(node, int):  # as most are
                yield self._terms.meant[node], at, at + 1
            else:
                yield from self._follow(node, words, at, at + 1)

    def _behind(self, words: Sequence[str], known: Sequence[Numbers | None]) -> Iterator[_Phrase]:
        """Yield the phrases whose last word goes on."""
        behind = self._terms.behind
        if behind.keys().isdisjoint(chain.from_iterable(filter(None, known))):
            return
        for at, numbers in compress(enumerate(known), known):
            for number in numbers or ():
                if number in behind:
                    yield from self._follow(behind[number], words, at, at)

    def _follow(self, node: int | Branch | None, words: Sequence[str], start: int, end: int) -> Iterator[_Phrase]:
        """Yield the phrases that stand on the way from a node: ahead where there are words yet, else back."""
        step = 1 if end > start else -1
        while node is not None:
            number = own_number(node)
            if number is not None:
                yield self._terms.meant[number], min(start, end), max(start, end)
            end += step
            node = node.get(words[end]) if isinstance(node, dict) and end >= 0 else None
