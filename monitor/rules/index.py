r"""Find the terms of all rules in a text at once, by one automaton (Aho and Corasick, 1975) over its folded words.

    fields      {title: [military, talks], body: [deconfliction]}
    read as     " military talks \n deconfliction \n"
    patterns    0 " military talks "    1 " deconflict"    2 " shoygu "    3 " shoigu "
    actors      -1 meant by 2 and 3

A term is a pattern that begins with a blank, and ends with one unless its last word may go on; so it is found at whole
words only, and never across two fields. Its number is that of its pattern. An actor with several spellings has a
number of its own, which is seen wherever one of them is: rules need not care how many there are. These numbers run
down from -1, so that in any array over all numbers actors stand behind the terms.
"""

from __future__ import annotations

from array import array
from bisect import bisect, bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, compress, count
from operator import add
from typing import final

from ahocorasick_rs import AhoCorasick, Implementation

from monitor.rules.place import Place
from monitor.rules.tree import Actor, Term, spellings

_FEW = 12  # places that are worked out one by one
_Match = tuple[int, int, int]  # pattern, start, end


def _pattern(term: Term) -> str:
    return f" {' '.join(term.words)}" if term.prefix else f" {' '.join(term.words)} "


@final
class _Owners:
    """Whose spelling a term is: few have more than one owner, so that linked lists in arrays are the smallest."""

    __slots__ = ("_actors", "_before", "_is_owned", "_latest")

    def __init__(self) -> None:
        self._is_owned = bytearray()  # by term
        self._latest = array("I")  # by term: its latest link
        self._actors = array("i", [0])  # by link
        self._before = array("I", [0])  # by link: the one before, 0 = none

    def add_term(self) -> None:
        self._is_owned.append(False)
        self._latest.append(0)

    def add(self, term: int, actor: int) -> None:
        self._actors.append(actor)
        self._before.append(self._latest[term])
        self._latest[term] = len(self._actors) - 1
        self._is_owned[term] = True

    def meant_by(self, terms: Collection[int]) -> dict[int, list[int]]:
        """Return the actors that some terms mean, each with the terms that mean it."""
        found: dict[int, list[int]] = {}
        for term in compress(terms, map(self._is_owned.__getitem__, terms)):
            link = self._latest[term]
            while link:
                found.setdefault(self._actors[link], []).append(term)
                link = self._before[link]
        return found


@final
class Numbering:
    """Number terms and actors as rules are compiled; what is equal gets one number."""

    def __init__(self) -> None:
        self._terms: dict[str, int] = {}  # by pattern
        self._actors: dict[Actor, int] = {}
        self._owners = _Owners()
        self._owning = 0  # actors that have a number of their own

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self._terms) + self._owning

    def number(self, what: Term | Actor) -> int:
        """Return the number of a term, or that of an actor's names together."""
        if isinstance(what, Actor):
            return self._actor(what)
        pattern = _pattern(what)
        number = self._terms.get(pattern)
        if number is None:
            number = self._terms[pattern] = len(self._terms)
            self._owners.add_term()
        return number

    def _actor(self, actor: Actor) -> int:
        number = self._actors.get(actor)
        if number is None:
            names = {self.number(name) for name in spellings(actor)}
            if len(names) == 1:
                (number,) = names
            else:
                self._owning += 1
                number = -self._owning
                for name in names:
                    self._owners.add(name, number)
            self._actors[actor] = number
        return number

    def index(self) -> Index:
        """Build the index of all that was numbered."""
        return Index(self._terms, self._actors, self._owners)


@final
class Reading:
    """The terms that stand in some fields; their places are worked out when somebody asks."""

    __slots__ = ("_asked", "_blanks_at", "_fields", "_found", "_meant_by", "_places", "_starts", "_text", "terms")

    def __init__(
        self, text: str, fields: Sequence[int], starts: Sequence[int], found: Sequence[_Match], owners: _Owners
    ) -> None:
        """Take the text with the number and the start of each field, and what was found in it."""
        self._text = text
        self._fields = fields
        self._starts = starts
        self._found = found
        self._asked = 0
        self._blanks_at: list[int] = []
        self._places: dict[int, list[tuple[int, int]]] = {}  # by term: start and end in the text
        self.terms = {term for term, _, _ in found}
        self._meant_by = owners.meant_by(self.terms)
        self.terms.update(self._meant_by)

    def places(self, number: int) -> list[Place]:
        """List the places of a term or an actor, by field, then from left to right."""
        if not self._places:
            self._places = defaultdict(list)
            for term, start, end in self._found:
                self._places[term].append((start, end))
        if number >= 0:
            return [self._place(start, end) for start, end in self._places[number]]
        spans = (span for term in self._meant_by[number] for span in self._places[term])
        return sorted({self._place(start, end) for start, end in spans})  # `Shoyg*` and `Shoygu` are one place

    def _place(self, start: int, end: int) -> Place:
        field = bisect(self._starts, start) - 1
        first = self._blanks(self._starts[field], start)  # each word before has one
        return self._fields[field], first, first + self._text.count(" ", start + 1, end - 1)

    def _blanks(self, start: int, end: int) -> int:
        """Count the blanks between; where much is asked, of all that stand in the text, so that time stays linear."""
        self._asked += 1
        if self._asked <= _FEW:
            return self._text.count(" ", start, end)
        if not self._blanks_at:
            lengths = map(len, self._text.split(" "))
            self._blanks_at = list(map(add, accumulate(lengths), count()))
        return bisect_left(self._blanks_at, end) - bisect_left(self._blanks_at, start)


@final
class Index:
    """All terms and actors of a rule set; immutable."""

    __slots__ = ("_actors", "_automaton", "_owners")

    def __init__(self, terms: Mapping[str, int], actors: Mapping[Actor, int], owners: _Owners) -> None:
        # No other thread runs while it is built: some 4 µs a term, 0.1 s for 10,000 rules.
        self._automaton = AhoCorasick(terms, store_patterns=False, implementation=Implementation.ContiguousNFA)
        self._actors = actors
        self._owners = owners

    def number(self, what: Term | Actor) -> int:
        """Return the number of a term or actor of these rules.

        Raises:
            KeyError: none of them speaks of it.
        """
        if isinstance(what, Actor):
            return self._actors[what]
        pattern = _pattern(what)
        for number, start, end in self._find(pattern):  # the automaton knows its patterns best
            if (start, end) == (0, len(pattern)):
                return number
        raise KeyError(what)

    def read(self, fields: Mapping[int, Sequence[str]]) -> Reading:
        """Find all terms and actors in these words, by the number of their field."""
        text, starts = "", []
        for words in fields.values():
            starts.append(len(text))
            text += f" {' '.join(words)} \n"
        return Reading(text, (*fields,), starts, self._find(text), self._owners)

    def _find(self, text: str) -> list[_Match]:
        return self._automaton.find_matches_as_indexes(text, overlapping=True)
