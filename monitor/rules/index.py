"""Find the words of all rules in a text at once: a trie of word sequences, flat in a few dictionaries.

    _first   word         -> node     "military" -> 1, "syria" -> 3
    _next    (node, word) -> node     (1, "talks") -> 2
    _begun   node         -> what the next word may begin with: 1 -> {"exerc": 4} for `military exerc*`

A term is known by the number of the node at which it ends. Nodes that only lead on to a term have numbers as well, and
what is seen in a text names them too; no rule asks for them. Nearly all of the work is two look-ups a word, made by
`map` at the speed of C; Python walks on only from two words that stand together in some term.

Beginnings of words would be a look-up for each length. They are made once for each word that is met and remembered
under the word's node, see `_Met`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress, count, islice, repeat
from typing import final

from monitor.rules.tree import Term

Occurrence = tuple[int, int, int]  # number of the term, numbers of its first and last word in the text

NOTHING = 0
"""The node of a word that no rule speaks of, and the root of the trie."""


@final
class _Beginnings:
    """The beginnings of words that may come next."""

    __slots__ = ("_lengths", "numbers")

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._lengths: tuple[int, ...] = ()  # ascending

    def add(self, beginning: str, number: int) -> None:
        self.numbers[beginning] = number
        if len(beginning) not in self._lengths:
            self._lengths = tuple(sorted((*self._lengths, len(beginning))))

    def of(self, word: str) -> tuple[int, ...]:
        """Return the terms that this word begins with, the shortest first."""
        numbers = (self.numbers.get(word[:length]) for length in self._lengths if length <= len(word))
        return tuple(number for number in numbers if number is not None)


@final
class _Met(dict[str, int]):
    """Remember the node of each word that was met in texts; most have none.

    A word that begins like `deconflict*` and has no node of its own gets that term's; where there are several such
    terms, or a node as well, the node implies the others. Texts repeat their words: after some hundred texts nearly
    every word is here, and far fewer words are here than in the rules. Bounded; filled by any thread, all alike.
    """

    _MOST = 131_072
    _LONGEST = 64

    def __init__(self, first: Mapping[str, int], beginnings: _Beginnings) -> None:
        super().__init__()
        self._first = first
        self._beginnings = beginnings
        self.implied: dict[int, tuple[int, ...]] = {}  # node -> terms that its word begins with, too

    def __missing__(self, word: str) -> int:
        begun = self._beginnings.of(word)
        node = self._first.get(word, begun[-1] if begun else NOTHING)
        others = tuple(term for term in begun if term != node)
        if others:
            self.implied[node] = others  # before the word is known, for another thread may meet it now
        if len(word) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[word] = node
        return node


@final
class Reading:
    """The terms that stand in a text; their places are looked for when somebody asks."""

    __slots__ = ("_implied", "_longer", "_pairs", "_singles", "terms")

    def __init__(
        self,
        singles: list[int],
        pairs: list[int],
        longer: Sequence[Occurrence],
        met: Mapping[int, Sequence[int]],
    ) -> None:
        """Take the node of each word, that of each word with the next, what is longer, and what nodes imply."""
        self._singles = singles
        self._pairs = pairs
        self._longer = longer
        self.terms: dict[int, bool] = dict.fromkeys(singles, False)  # is it more than one word?
        self.terms.update(dict.fromkeys(filter(None, pairs), True))
        if longer:
            self.terms.update((term, True) for term, _, _ in longer)
        self.terms.pop(NOTHING, None)
        self._implied: dict[int, Sequence[int]] = {}
        if not met.keys().isdisjoint(self.terms.keys()):
            self._implied = {node: met[node] for node in met.keys() & self.terms.keys()}
            self.terms.update(dict.fromkeys(chain.from_iterable(self._implied.values()), False))

    def occurrences(self) -> Iterator[Occurrence]:
        """Yield all occurrences, those of one term from left to right."""
        for at, node in enumerate(self._singles):
            if node:
                yield node, at, at
                yield from ((term, at, at) for term in self._implied.get(node, ()))
        yield from ((node, at, at + 1) for at, node in enumerate(self._pairs) if node)
        yield from self._longer

    def find(self, term: int) -> list[Occurrence]:
        """List the occurrences of one term from left to right, by a scan of the text for each node that means it."""
        if self.terms[term]:
            pairs = [(term, at, at + 1) for at in _places(self._pairs, term)]
            return pairs or [occurrence for occurrence in self._longer if occurrence[0] == term]
        found = [(term, at, at) for at in _places(self._singles, term)]
        for node, implied in self._implied.items():
            if term in implied:
                found += [(term, at, at) for at in _places(self._singles, node)]
        return sorted(found)


def _places(nodes: list[int], node: int) -> list[int]:
    places = [-1]
    for _ in range(nodes.count(node)):
        places.append(nodes.index(node, places[-1] + 1))
    return places[1:]


@final
class Index:
    """All terms of a rule set; grows while rules are compiled, and does not change once texts are read."""

    __slots__ = ("_begun", "_first", "_met", "_next", "_opening", "size")

    def __init__(self) -> None:
        self.size = 1  # every number is smaller
        self._first: dict[str, int] = {}
        self._next: dict[tuple[int, str], int] = {}
        self._opening = _Beginnings()  # of single words
        self._begun: dict[int, _Beginnings] = {}  # of the last words of phrases
        self._met = _Met(self._first, self._opening)

    def number(self, term: Term) -> int:
        """Return the number of a term, which is added if it is new."""
        if not term.prefix:
            return self._node(term.words)
        *words, beginning = term.words
        beginnings = self._begun.setdefault(self._node(words), _Beginnings()) if words else self._opening
        number = beginnings.numbers.get(beginning)
        if number is None:
            number = self._take_number()
            beginnings.add(beginning, number)
        return number

    def _node(self, words: Sequence[str]) -> int:
        node = NOTHING
        for word in words:
            following = self._next.get((node, word)) if node else self._first.get(word)
            if following is None:
                following = self._take_number()
                if node:
                    self._next[node, word] = following
                else:
                    self._first[word] = following
            node = following
        return node

    def _take_number(self) -> int:
        self.size += 1
        return self.size - 1

    def read(self, words: Sequence[str]) -> Reading:
        """Find all terms in these words."""
        singles = list(map(self._met.__getitem__, words))
        pairs = list(map(self._next.get, zip(singles, islice(words, 1, None), strict=False), repeat(NOTHING)))
        longer = self._walk(words, pairs) if any(pairs) else []
        if self._begun:
            longer += self._endings(words, singles, pairs, longer)
        return Reading(singles, pairs, longer, self._met.implied)

    def _walk(self, words: Sequence[str], pairs: list[int]) -> list[Occurrence]:
        """Follow the trie from each pair."""
        longer = []
        step, end = self._next.get, len(words)
        for start in compress(count(), pairs):
            node, last = pairs[start], start + 2
            while last < end and (node := step((node, words[last]), NOTHING)):
                longer.append((node, start, last))
                last += 1
        return longer

    def _endings(
        self, words: Sequence[str], singles: list[int], pairs: list[int], longer: Sequence[Occurrence]
    ) -> list[Occurrence]:
        """Find the phrases whose last word may go on."""
        begun = self._begun
        before = [(singles[at], at, at) for at in compress(count(), map(begun.__contains__, singles))]
        before += [(node, at, at + 1) for at, node in enumerate(pairs) if node in begun]
        before += [occurrence for occurrence in longer if occurrence[0] in begun]
        return [
            (term, first, last + 1)
            for node, first, last in before
            if last + 1 < len(words)
            for term in begun[node].of(words[last + 1])
        ]
