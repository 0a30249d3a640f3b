"""Learn from the tree which terms a text must hold for a rule to hold; every term on the way is numbered.

What a rule needs is groups of terms: it can hold only where at least one term of each group is seen. Terms and actors
are known by identity, because many rules share them: what was met costs one look-up, however long it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import final

from monitor.rules.anchors import Needs
from monitor.rules.terms import Terms
from monitor.rules.tree import Actor, AnyOf, Clause, Definition, Exact, Limit, Node, NoneOf, Regex, Term, Use, parts_of

Groups = Sequence[Collection[int]]

_NO_GROUPS: Groups = ()


@final
class Needed:
    """What rules need, by numbers; the definitions must live as long, so that an identity is one term's own."""

    __slots__ = ("_definitions", "_lengths", "_numbers", "_terms", "_used", "patterns")

    def __init__(self, definitions: Mapping[str, Definition], terms: Terms) -> None:
        self.patterns: dict[str, None] = {}  # all regular expressions met, in order
        self._definitions = definitions  # rules that can be used, by id
        self._terms = terms
        self._numbers: dict[int, int] = {}  # by identity
        self._lengths: dict[int, int] = {}  # by number: letters of the shortest spelling
        self._used: dict[str, Groups] = {}

    def groups(self, clauses: Iterable[Clause]) -> Groups:
        """List what clauses need that must all hold."""
        groups: list[Collection[int]] = []
        for clause in clauses:
            groups += self._node(clause.node)
        return groups

    def commonness(self, needs: Needs) -> list[float]:
        """Guess how often texts hold each term: what many rules ask for is common, and the longer it is, the rarer."""
        uses = Counter(needs.terms)
        common = [0.0] * self._terms.size
        for number, length in self._lengths.items():
            common[number] = uses[number] / length**2
        return common

    def _node(self, node: Node | Limit) -> Groups:
        number = self._numbers.get(id(node))
        if number is not None:
            return ((number,),)
        match node:
            case AnyOf():
                groups = self._any_of(node.parts)
            case Term() | Actor() | Exact():
                groups = ((self._meet(node),),)
            case Use():
                groups = self._use(node.rule)
            case Regex():  # the index knows nothing of it
                self.patterns.setdefault(node.pattern)
                groups = _NO_GROUPS
            case _:  # all parts must hold; a limit has none
                groups = self._visit(parts_of(node))
        return _NO_GROUPS if isinstance(node, NoneOf) else groups  # which holds in an empty text, but has its terms met

    def _visit(self, nodes: Iterable[Node]) -> Groups:
        return [group for node in nodes for group in self._node(node)]

    def _any_of(self, parts: Sequence[Node]) -> Groups:
        """Need one group that takes a group of each part, where every part has one; one part alone all of its own."""
        met = {*map(self._numbers.get, map(id, parts))}
        if None not in met:  # at the speed of C
            return (met,)  # type: ignore[return-value]  # nothing but numbers
        if len(parts) == 1:
            return self._node(parts[0])
        each = [min(self._node(part), key=len, default=()) for part in parts]
        return ({number for group in each for number in group},) if all(each) else _NO_GROUPS

    def _use(self, rule: str) -> Groups:
        """Need the smallest group that another rule needs."""
        if rule not in self._used:
            self._used[rule] = sorted(self.groups(self._definitions[rule].clauses), key=len)[:1]
        return self._used[rule]

    def _meet(self, what: Term | Exact | Actor) -> int:
        """Give what is met for the first time its number; an actor asks for the phrases that are not he, as well."""
        if isinstance(what, Actor):
            number = self._terms.add(what)
            length = min([_letters(name) for name in what.names])
            self._visit(what.unless)
        else:
            number = self._terms.add(Term(text=what.text, words=what.words) if isinstance(what, Exact) else what)
            length = _letters(what)
        self._numbers[id(what)] = number
        self._lengths[number] = length
        return number


def _letters(term: Term | Exact) -> int:
    return len("".join(term.words))
