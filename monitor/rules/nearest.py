"""Find the words of a text that come nearest to what a rule asked for, and were not found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.model import Entry
from monitor.rules.explain import Explanation
from monitor.rules.spellings import suggest_spellings
from monitor.rules.term import read_term
from monitor.rules.tree import Actor, Definition, Limit, Node, NoneOf, Term, parts_of
from monitor.text.fold import Tokens, tokenize

_SHORTEST = 4  # letters: with one wrong letter, a shorter word is another word
_NAME = 3  # signs of a Chinese or Japanese name
_SURE = 6  # letters: from here on two may be wrong
_MOST_WORDS = 1000  # of a text
_COUNTS = ("one letter", "two letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Words that are nearly what was asked for."""

    surface: str  # as the text has them
    term: Term
    actor: str  # id, "" = the term is the rule's own
    distance: int  # letters; 0 = a spelling that could be listed, by `spellings.suggest_spellings`

    def __str__(self) -> str:
        """Say it with what to do: "“Choïgu” is one letter from shoygu's “Choïgou”: add it to shoygu"."""
        if not self.distance:
            return f"“{self.surface}” is how others write {self.actor}: add it to {self.actor}"
        near = f"“{self.surface}” is {_COUNTS[self.distance - 1]} from"
        if self.actor:
            return f"{near} {self.actor}'s “{self.term.text}”: add it to {self.actor}"
        return f"{near} `{self.term.text}`: add it to the rule"


def nearest_to(definition: Definition, explanation: Explanation, entry: Entry) -> Miss | None:
    """Look in an entry that a rule does not find for what comes nearest to satisfying the clauses that fail."""
    asked = zip(definition.clauses, explanation.clauses, strict=True)
    missing = [clause.node for clause, answer in asked if not answer.held]
    return nearest_miss(missing, (getattr(entry, field.value) for field in definition.fields))


def nearest_miss(nodes: Iterable[Node | Limit], texts: Iterable[str]) -> Miss | None:
    """Compare what the nodes ask for with the words of the texts; of two as near, the first."""
    wanted = [named for node in nodes for named in _wanted(node)]
    misses = (miss for text in texts for miss in _misses(tokenize(text), text, wanted))
    return min(misses, key=lambda miss: miss.distance, default=None)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A term to look for."""

    term: Term
    actor: str  # whom it names, "" = nobody
    least: int  # letters that must be wrong: what is listed as it stands is no miss


def _wanted(node: Node | Limit) -> Iterator[_Wanted]:
    """Yield the terms that would satisfy a part of the node, and spellings that an actor could have."""
    if isinstance(node, Term):
        yield _Wanted(node, "", 1)
    elif isinstance(node, Actor):
        for name in node.names:
            yield _Wanted(name, node.id, 1)
        for text in suggest_spellings([name.text for name in node.names]):
            yield _Wanted(read_term(text), node.id, 0)
    elif not isinstance(node, NoneOf):
        for part in parts_of(node):
            yield from _wanted(part)


def _misses(tokens: Tokens, text: str, wanted: Sequence[_Wanted]) -> Iterator[Miss]:
    words = tokens.words[:_MOST_WORDS]
    for want in wanted:
        length = len(want.term.words)
        target = " ".join(want.term.words)
        most = _allowed(want.term) if want.least else 0
        for first in range(len(words) - length + 1):
            found = " ".join(words[first : first + length])
            distance = _distance_to(found, target, most, prefix=want.term.prefix)
            if want.least <= distance <= most:
                start, end = tokens.span(first, first + length - 1)
                yield Miss(surface=text[start:end], term=want.term, actor=want.actor, distance=distance)


def _allowed(term: Term) -> int:
    """Say how many letters may be wrong."""
    letters = sum(map(len, term.words))
    if letters < _SHORTEST and len(term.words) < _NAME:
        return 0
    return 1 if letters < _SURE else 2


def _distance_to(found: str, target: str, most: int, *, prefix: bool) -> int:
    """Count wrong letters; of a word that may go on, only its beginning is compared."""
    if not prefix:
        return edit_distance(found, target, most)
    lengths = range(max(1, len(target) - most), len(target) + most + 1)
    return min(edit_distance(found[:length], target, most) for length in lengths)


def edit_distance(one: str, other: str, most: int) -> int:
    """Count the letters to insert, delete, change or swap with a neighbour; more than `most` is `most + 1`.

    Source: optimal string alignment, Damerau 1964, in rows; no pair of places is swapped and changed again.
    """
    if abs(len(one) - len(other)) > most or len(set(one) ^ set(other)) > 2 * most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, last, row = row, before, [place]
        for column, wanted in enumerate(other, 1):
            cost = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != wanted))
            swapped = place > 1 and column > 1 and letter == other[column - 2] and one[place - 2] == wanted
            row.append(min(cost, last[column - 2] + 1) if swapped else cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
