"""Compile definitions into a `Ruleset`: number the terms, learn what each rule needs, anchor it there.

A rule's conditions are built to learn what it needs, and thrown away: a million of them would not fit. They are built
again when an entry first comes near the rule.
"""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from itertools import chain
from operator import attrgetter

from monitor.model import Field, Rule
from monitor.rules.anchors import Anchors, Group
from monitor.rules.conditions import Condition, Either, Every, Neither, OneOf
from monitor.rules.index import Index
from monitor.rules.lazy import Derived
from monitor.rules.match import CompiledRule, Ruleset
from monitor.rules.tree import Actor, AllOf, AnyOf, Definition, NoneOf, Term
from monitor.rules.tree import Node as Tree

_MOST_REMEMBERED = 16_384  # compiled rules, of about 2 kB
_FACTS = attrgetter(*(fact.name for fact in fields(Rule)))
_PLACES = {field: place for place, field in enumerate(Field)}


def compile_rules(definitions: Sequence[Definition]) -> Ruleset:
    """Build the matcher of these rules; their ids are unique."""
    with _uncollected():
        terms = _Terms(Index())
        shared: dict[Group, Group] = {}
        needs = [[shared.setdefault(group, group) for group in _needs(each, terms)] for each in definitions]
        by_id = {each.rule.id: each for each in definitions}
        return Ruleset(
            rules=Derived(by_id, attrgetter("rule")),
            hash=_hash(definitions),
            compiled=Derived(by_id, partial(_compile, index=terms.index), remember=_MOST_REMEMBERED),
            order=tuple(by_id),
            index=terms.index,
            anchors=Anchors(needs, terms.commonness(needs)),
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector from visiting millions of objects that are all in use, again and again as they grow."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _compile(definition: Definition, index: Index) -> CompiledRule:
    terms = _Terms(index)
    return CompiledRule(
        definition=definition,
        fields=frozenset(map(_PLACES.__getitem__, definition.fields)),
        conditions=tuple(_lower(clause.node, terms) for clause in definition.clauses),
    )


def _needs(definition: Definition, terms: _Terms) -> Iterator[Group]:
    for clause in definition.clauses:
        yield from map(tuple, _lower(clause.node, terms).needs())


class _Terms:
    """The terms and actors met in one go, which must outlive it: they are known by identity, for many rules share them."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._numbers: dict[int, int] = {}
        self._actors: dict[int, OneOf] = {}
        self._known: dict[int, Term] = {}  # by number

    def number(self, term: Term) -> int:
        number = self._numbers.get(id(term))
        if number is None:
            number = self._numbers[id(term)] = self.index.number(term)
            self._known[number] = term
        return number

    def one_of(self, names: dict[int, str]) -> OneOf:
        return OneOf(names)

    def actor(self, actor: Actor) -> OneOf:
        if id(actor) not in self._actors:
            self._actors[id(actor)] = self.one_of({self.number(name): actor.id for name in actor.names})
        return self._actors[id(actor)]

    def commonness(self, needs: Sequence[Sequence[Group]]) -> list[float]:
        """Guess how often texts hold each term: what many rules ask for is common, and the longer it is, the rarer."""
        uses = Counter(chain.from_iterable(chain.from_iterable(needs)))
        common = [0.0] * self.index.size
        for number, term in self._known.items():
            common[number] = uses[number] / sum(map(len, term.words)) ** 2
        return common


def _lower(tree: Tree, terms: _Terms) -> Condition:
    match tree:
        case Term():
            return terms.one_of({terms.number(tree): tree.text})
        case Actor():
            return terms.actor(tree)
        case AnyOf():
            parts = tuple(_lower(part, terms) for part in tree.parts)
            plain = [part for part in parts if isinstance(part, OneOf)]
            if len(plain) < len(parts):
                return Either(parts)
            names: dict[int, str] = {}
            for term, name in (pair for part in plain for pair in part.names.items()):
                names.setdefault(term, name)  # two actors may share a spelling
            return terms.one_of(names)
        case AllOf():
            return Every(tuple(_lower(part, terms) for part in tree.parts))
        case _:
            return Neither(tuple(_lower(part, terms) for part in tree.parts))


def _hash(definitions: Sequence[Definition]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    shared: dict[int, str] = {}  # what terms and actors say, by identity

    def say(node: Tree) -> str:
        match node:
            case Term() | Actor():
                if id(node) not in shared:
                    shared[id(node)] = repr(node)
                return shared[id(node)]
            case AnyOf() | AllOf() | NoneOf():
                return f"{type(node).__name__}({', '.join(map(say, node.parts))})"

    for definition in definitions:  # not where they stand, and not the examples
        clauses = [(clause.key, say(clause.node)) for clause in definition.clauses]
        digest.update(repr((_FACTS(definition.rule), definition.fields, clauses)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
