"""The terms and actors of a rule set, each with its number; what is equal has one.

    terms     1 shoygu    2 shoigu    3 military talks    4 deconflict*    5 exercis*    6 joint exercis*
    words     {shoygu: 1, shoigu: 2, military: 0}        0 = no term, but it begins some
    pairs     {(military, talks): 3}                     phrases, by their first two words; then a trie of the others
    stems     {deconflict: 4, exercis: 5}                words that may go on
    behind    {5: {joint: 6}}                            phrases that end in one of these, from there back
    actors    -1 meant by 1 and 2

An actor with several spellings has a number of its own, which is seen wherever one of them is: rules need not care how
many there are. These numbers run down from -1, so that in any array over all numbers actors stand behind the terms.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from itertools import compress
from typing import final

from monitor.rules.reading import Numbers
from monitor.rules.tree import Actor, Term, spellings
from monitor.rules.trie import Branch, get, put, walk

MOST_REMEMBERED = 65_536
"""Words and terms whose meaning is remembered."""

_NOWHERE = "\n\n"  # no text between blanks holds this


@final
class Owners:
    """Whose spelling a term is: few have more than one owner, so that linked lists in arrays are the smallest."""

    __slots__ = ("_actors", "_before", "_latest", "_sizes")

    def __init__(self) -> None:
        self._latest = array("I", [0])  # by term: its latest link, 0 = none
        self._actors = array("i", [0])  # by link
        self._before = array("I", [0])  # by link: the one before, 0 = none
        self._sizes = array("I")  # by actor, from -1 down: how many terms mean it

    def __len__(self) -> int:
        """How many actors there are."""
        return len(self._sizes)

    def add_term(self) -> None:
        """Make room for the next term."""
        self._latest.append(0)

    def add_actor(self, terms: Collection[int]) -> int:
        """Give an actor that these terms mean a number."""
        self._sizes.append(len(terms))
        actor = -len(self._sizes)
        for term in terms:
            self._actors.append(actor)
            self._before.append(self._latest[term])
            self._latest[term] = len(self._actors) - 1
        return actor

    def owned(self, terms: Collection[int]) -> list[int]:
        """List those of some terms that mean an actor."""
        return [*compress(terms, map(self._latest.__getitem__, terms))]

    def of(self, term: int) -> Iterator[int]:
        """Yield the actors that a term means."""
        link = self._latest[term]
        while link:
            yield self._actors[link]
            link = self._before[link]

    def find(self, terms: Collection[int]) -> int | None:
        """Return the actor that just these terms mean."""
        first, *others = map(self.of, terms)
        common = set(first).intersection(*others)
        return next((actor for actor in common if self._sizes[-actor - 1] == len(terms)), None)


class Meant(dict[int, Numbers]):
    """Terms with the actors that they mean, by the number of the term; filled as they are met and bounded."""

    __slots__ = ("_owners",)

    def __init__(self, owners: Owners) -> None:
        super().__init__()
        self._owners = owners

    def __missing__(self, term: int) -> Numbers:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[term] = meant = (term, *self._owners.of(term))
        return meant

    def with_actors(self, terms: set[int]) -> set[int]:
        """Add the actors that some terms mean; most mean none, which an array tells without a miss of the cache."""
        return terms.union(*map(self.__getitem__, self._owners.owned(terms)))


@final
class Terms:
    """All that rules speak of."""

    __slots__ = ("_owners", "_terms", "behind", "meant", "pairs", "stems", "words")

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.pairs: dict[tuple[str, ...], int | Branch] = {}
        self.stems: dict[str, int] = {}
        self.behind: dict[int, int | Branch] = {}
        self._owners = Owners()
        self.meant = Meant(self._owners)
        self._terms = 1  # 0 is no term

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self._terms + len(self._owners)

    def add(self, what: Term | Actor) -> int:
        """Return the number of a term, or that of an actor's names together; a new one where it has none."""
        if isinstance(what, Actor):
            return self._add_actor(what)
        *_, last = words = what.words
        if what.prefix:
            number = self._new(self.stems.setdefault(last, self._terms))
            if len(words) > 1:
                number = self._new(put(self.behind, number, words[-2::-1], self._terms))
            return number
        if len(words) > 1:
            self.words.setdefault(words[0], 0)
            return self._new(put(self.pairs, words[:2], words[2:], self._terms))
        self.words[last] = number = self.words.get(last) or self._terms
        return self._new(number)

    def _new(self, number: int) -> int:
        """Count a number that is new."""
        if number == self._terms:
            self._terms += 1
            self._owners.add_term()
        return number

    def _add_actor(self, actor: Actor) -> int:
        names = {self.add(name) for name in spellings(actor)}
        if len(names) == 1:
            return names.pop()
        found = self._owners.find(names)
        return self._owners.add_actor(names) if found is None else found

    def find(self, what: Term | Actor) -> int | None:
        """Return the number of a term or actor, None = it has none."""
        if isinstance(what, Actor):
            names = {self.find(name) for name in spellings(what)}
            known = {name for name in names if name is not None}
            if len(known) < len(names):
                return None
            return known.pop() if len(known) == 1 else self._owners.find(known)
        *_, last = words = what.words
        if what.prefix:
            stem = self.stems.get(last)
            return stem if stem is None or len(words) == 1 else get(self.behind.get(stem), words[-2::-1])
        if len(words) > 1:
            return get(self.pairs.get(words[:2]), words[2:])
        return self.words.get(last) or None

    def patterns(self) -> Sequence[str]:
        """Write each term as the text that it is found by in ` words between blanks `, by number."""
        patterns = [_NOWHERE] * self._terms
        for word, number in self.words.items():
            patterns[number] = f" {word} " if number else _NOWHERE
        for stem, number in self.stems.items():
            patterns[number] = f" {stem}"
            for before, phrase in walk(self.behind.get(number)):
                patterns[phrase] = f" {' '.join(reversed(before))} {stem}"
        for pair, node in self.pairs.items():
            for rest, number in walk(node):
                patterns[number] = f" {' '.join((*pair, *rest))} "
        return patterns
