"""Find the terms of all rules in a text at once: a trie of word sequences, flat in a few dictionaries and arrays.

    _first   word                     -> node    "military" -> 1, "talks" -> 2, "syria" -> 4
    _next    node * _SPREAD + word's  -> node    1 and 2 -> 3: "military talks"
    _begun   node                     -> what the next word may begin with: 1 -> {"exerc": 5} for `military exerc*`
    _kinds   node                     -> a byte of flags: does a longer term open here, may this word follow in one ...

A term is known by the number of the node at which it ends, and an actor by a number of its own, which is seen wherever
one of its spellings is. Nodes that only lead on to a term have numbers as well, and what is seen in a text names them
too; no rule asks for them. Nearly all of the work is two look-ups a word, its node and the node's flags, made by `map`
at the speed of C; Python walks on only from two neighbours of which one opens and the other follows.

Beginnings of words would be a look-up for each length. They are made once for each word that is met and remembered
under the word's node, see `_Met`.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, compress, count, repeat
from typing import final

from monitor.rules.tree import Actor, Term, spellings

Occurrence = tuple[int, int, int]  # number of the term, numbers of its first and last word in the text

NOTHING = 0
"""The node of a word that no rule speaks of, and the root of the trie."""

_SPREAD = 0x9E3779B1  # more than there are nodes, so that no two keys are one; odd and irregular, so that they scatter

_MOST_SCANS = 8  # of a text for single nodes; for more at once, every word is looked at

_OPENS = 1  # the node of a word that longer terms open with
_FOLLOWS = 2  # the node of a word that stands further on in a term
_BEGINS = 4  # a node that is followed by words that may go on
_MEANS = 8  # what is seen as well where this is seen: beginnings of the word, actors of that name


def _flagged(kind: int) -> bytes:
    """Return a table for `bytes.translate`: 1 for the flags of which one is `kind`."""
    return bytes(int(bool(flags & kind)) for flags in range(256))


_IS_OPENING, _IS_FOLLOWING, _IS_BEGINNING, _IS_MEANING = map(_flagged, (_OPENS, _FOLLOWS, _BEGINS, _MEANS))


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
class _Owners:
    """Whose spelling a term is: few have more than one owner, so that a linked list in two arrays is the smallest."""

    __slots__ = ("_latest", "_links")

    def __init__(self) -> None:
        self._latest = array("I")  # by term: number of its latest link, 0 = nobody's
        self._links = array("I", [0, 0])  # two numbers each: the actor, and the link before

    def add(self, term: int, actor: int) -> None:
        self._latest.extend(repeat(0, term + 1 - len(self._latest)))
        self._links.extend((actor, self._latest[term]))
        self._latest[term] = len(self._links) // 2 - 1

    def of(self, term: int) -> Iterator[int]:
        """Yield the actors that have this spelling."""
        link = self._latest[term] if term < len(self._latest) else 0
        while link:
            yield self._links[2 * link]
            link = self._links[2 * link + 1]


@final
class _Meanings(dict[int, tuple[int, ...]]):
    """Remember what is seen as well where a node is seen: terms that its word begins with, and all their owners."""

    def __init__(self, owners: _Owners) -> None:
        super().__init__()
        self.begun: dict[int, tuple[int, ...]] = {}  # the terms that a node's word begins with, besides the node's own
        self._owners = owners

    def __missing__(self, node: int) -> tuple[int, ...]:
        begun = self.begun.get(node, ())
        actors = chain.from_iterable(map(self._owners.of, (node, *begun)))
        meant = self[node] = tuple(dict.fromkeys((*begun, *actors)))
        return meant


@final
class _Met(dict[str, int]):
    """Remember the node of each word that was met in texts; most have none.

    A word that begins like `deconflict*` and has no node of its own gets that term's; where there are several such
    terms, or a node as well, the node means the others. Texts repeat their words: after some hundred texts nearly
    every word is here, and far fewer words are here than in the rules. Bounded; filled by any thread, all alike.
    """

    _MOST = 131_072
    _LONGEST = 64

    def __init__(
        self, first: Mapping[str, int], beginnings: _Beginnings, meanings: _Meanings, kinds: bytearray
    ) -> None:
        super().__init__()
        self._first = first
        self._beginnings = beginnings
        self._meanings = meanings
        self._kinds = kinds

    def __missing__(self, word: str) -> int:
        begun = self._beginnings.of(word)
        node = self._first.get(word, begun[-1] if begun else NOTHING)
        others = tuple(term for term in begun if term != node)
        if others:  # before the word is known, for another thread may meet it now
            self._meanings.begun[node] = others
            self._kinds[node] |= _MEANS
        if len(word) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[word] = node
        return node


@final
class Reading:
    """The terms that stand in a text; their places are looked for when somebody asks."""

    __slots__ = ("_meaning", "_meanings", "_meant", "_phrases", "_singles", "terms")

    def __init__(
        self, singles: list[int], phrases: Sequence[Occurrence], meaning: Collection[int], meanings: _Meanings
    ) -> None:
        """Take the node of each word, what is longer, and those of both that mean something else as well."""
        self._singles = singles
        self._phrases = phrases
        self._meaning = meaning
        self._meanings = meanings
        self._meant = set(chain.from_iterable(map(meanings.__getitem__, meaning)))
        self.terms = set(singles)
        self.terms.update([node for node, _, _ in phrases])
        self.terms |= self._meant
        self.terms.discard(NOTHING)

    def occurrences(self) -> list[Occurrence]:
        """List all occurrences, by term, then from left to right."""
        found = {(node, at, at) for at, node in enumerate(self._singles) if node}
        found.update(self._phrases)
        for node, first, last in [one for one in found if one[0] in self._meaning]:
            found.update((term, first, last) for term in self._meanings[node])
        return sorted(found)

    def find(self, term: int) -> list[Occurrence]:
        """List the occurrences of one term from left to right, by a scan of the text for each node that means it."""
        nodes = [term]
        if term in self._meant:
            meanings = self._meanings
            nodes += [node for node in self._meaning if term in meanings[node]]
        found = [(term, at, at) for at in self._places(nodes)]
        found += [(term, first, last) for node, first, last in self._phrases if node in nodes]
        return sorted(set(found)) if len(nodes) > 1 else found

    def _places(self, nodes: Sequence[int]) -> Sequence[int]:
        """List where these nodes of single words stand, in no order."""
        if len(nodes) > _MOST_SCANS:
            return list(compress(count(), map(set(nodes).__contains__, self._singles)))
        places = []
        for node in nodes:
            at = -1
            with suppress(ValueError):  # after the last one
                while True:
                    at = self._singles.index(node, at + 1)
                    places.append(at)
        return places


@final
class Index:
    """All terms of a rule set; grows while rules are compiled, and does not change once texts are read."""

    __slots__ = ("_actors", "_begun", "_first", "_kinds", "_meanings", "_met", "_next", "_opening", "_owners")

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._next: dict[int, int] = {}
        self._opening = _Beginnings()  # of single words
        self._begun: dict[int, _Beginnings] = {}  # of the last words of phrases
        self._kinds = bytearray(1)  # by node
        self._actors: dict[Actor, int] = {}
        self._owners = _Owners()
        self._meanings = _Meanings(self._owners)
        self._met = _Met(self._first, self._opening, self._meanings, self._kinds)

    @property
    def size(self) -> int:
        """A number greater than those of all terms."""
        return len(self._kinds)

    def number(self, what: Term | Actor) -> int:
        """Return the number of a term, or that of an actor's names together; it is added if it is new."""
        if isinstance(what, Actor):
            return self._actor(what)
        if not what.prefix:
            return self._node(what.words)
        *words, beginning = what.words
        beginnings = self._opening
        if words:
            node = self._node(words)
            self._kinds[node] |= _BEGINS
            beginnings = self._begun.setdefault(node, _Beginnings())
        number = beginnings.numbers.get(beginning)
        if number is None:
            number = self._take_number()
            beginnings.add(beginning, number)
        return number

    def _actor(self, actor: Actor) -> int:
        number = self._actors.get(actor)
        if number is None:
            names = set(map(self.number, spellings(actor)))
            number = self._take_number() if len(names) > 1 else min(names)
            for name in names - {number}:
                self._kinds[name] |= _MEANS
                self._owners.add(name, number)
            self._actors[actor] = number
        return number

    def _node(self, words: Sequence[str]) -> int:
        node = self._word(words[0])
        if len(words) > 1:
            self._kinds[node] |= _OPENS
        for word in words[1:]:
            number = self._word(word)
            self._kinds[number] |= _FOLLOWS
            key = node * _SPREAD + number
            node = self._next.get(key, NOTHING)
            if not node:
                node = self._next[key] = self._take_number()
        return node

    def _word(self, word: str) -> int:
        node = self._first.get(word)
        if node is None:
            node = self._first[word] = self._take_number()
        return node

    def _take_number(self) -> int:
        self._kinds.append(0)
        return len(self._kinds) - 1

    def read(self, words: Sequence[str]) -> Reading:
        """Find all terms in these words."""
        singles = list(map(self._met.__getitem__, words))
        kinds = bytes(map(self._kinds.__getitem__, singles))
        phrases = self._phrases(singles, kinds)
        if self._begun:
            phrases += self._endings(words, singles, kinds, phrases)
        meaning = set(compress(singles, kinds.translate(_IS_MEANING)))
        meaning.update([node for node, _, _ in phrases if self._kinds[node] & _MEANS])
        return Reading(singles, phrases, meaning, self._meanings)

    def _phrases(self, singles: Sequence[int], kinds: bytes) -> list[Occurrence]:
        """Follow the trie from each pair of neighbours of which one opens and the other follows."""
        opening = int.from_bytes(kinds.translate(_IS_OPENING), "big")
        following = int.from_bytes(kinds.translate(_IS_FOLLOWING), "big")
        both = (opening & following << 8).to_bytes(len(kinds) + 1, "big")[1:]  # a byte for each word
        found = []
        step, end = self._next.get, len(singles)
        for start in compress(count(), both):
            last = start + 1
            node = step(singles[start] * _SPREAD + singles[last])
            while node:
                found.append((node, start, last))
                last += 1
                node = step(node * _SPREAD + singles[last]) if last < end else NOTHING
        return found

    def _endings(
        self, words: Sequence[str], singles: Sequence[int], kinds: bytes, phrases: Sequence[Occurrence]
    ) -> list[Occurrence]:
        """Find the phrases whose last word may go on."""
        begun = self._begun
        beginning = kinds.translate(_IS_BEGINNING)
        before = [(singles[at], at, at) for at in compress(count(), beginning)] if any(beginning) else []
        before += [occurrence for occurrence in phrases if occurrence[0] in begun]
        return [
            (term, first, last + 1)
            for node, first, last in before
            if last + 1 < len(words)
            for term in begun[node].of(words[last + 1])
        ]
