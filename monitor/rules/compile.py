"""Compile definitions into a `Ruleset`: number the terms, learn what each rule needs, anchor it there.

A rule's conditions are built to learn what it needs, and thrown away: a million of them would not fit. They are built
again when an entry first comes near the rule.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import partial
from itertools import chain
from operator import attrgetter

from monitor.model import Rule
from monitor.rules.anchors import Anchors, Group
from monitor.rules.index import Index
from monitor.rules.lazy import Derived
from monitor.rules.lower import Lowering, field_numbers
from monitor.rules.match import CompiledRule, Ruleset
from monitor.rules.patterns import NO_PATTERNS, Patterns
from monitor.rules.tree import Actor, AllOf, AnyOf, Definition, Limit, Node, NoneOf, Term

_MOST_REMEMBERED = 16_384  # compiled rules, of about 2 kB
_FACTS = attrgetter(*(fact.name for fact in fields(Rule) if fact.name not in ("owner", "note")))


def compile_rules(definitions: Sequence[Definition], *, usable: Sequence[Definition] = ()) -> Ruleset:
    """Build the matcher of these rules; their ids are unique. They may use each other, and those that are `usable`."""
    by_id = {each.rule.id: each for each in definitions}
    known = {each.rule.id: each for each in usable} | by_id if usable else by_id
    index = Index()
    terms = _Terms(index)
    lowering = Lowering(known, terms.number)
    shared: dict[Group, Group] = {}
    needs = [[shared.setdefault(group, group) for group in _needs(each, lowering)] for each in definitions]
    again = Lowering(known, index.number, lowering.patterns)
    return Ruleset(
        rules=Derived(by_id, attrgetter("rule")),
        hash=_hash(definitions),
        compiled=Derived(by_id, partial(_compile, lowering=again), remember=_MOST_REMEMBERED),
        order=tuple(by_id),
        index=index,
        anchors=Anchors(needs, terms.commonness(needs)),
        patterns=Patterns(lowering.patterns) if lowering.patterns else NO_PATTERNS,
    )


def _compile(definition: Definition, lowering: Lowering) -> CompiledRule:
    where = field_numbers(definition.fields)
    conditions = lowering.conditions(definition.clauses, where)
    return CompiledRule(definition=definition, fields=where, conditions=conditions)


def _needs(definition: Definition, lowering: Lowering) -> Iterator[Group]:
    for condition in lowering.conditions(definition.clauses, field_numbers(definition.fields)):
        yield from map(tuple, condition.needs())


class _Terms:
    """The terms that were met, known by identity: many rules share them."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._met: dict[int, tuple[int, Term]] = {}  # the term stays alive, so that its identity stays its own

    def number(self, term: Term) -> int:
        met = self._met.get(id(term))
        if met is None:
            met = self._met[id(term)] = self._index.number(term), term
        return met[0]

    def commonness(self, needs: Sequence[Sequence[Group]]) -> list[float]:
        """Guess how often texts hold each term: what many rules ask for is common, and the longer it is, the rarer."""
        uses = Counter(chain.from_iterable(chain.from_iterable(needs)))
        common = [0.0] * self._index.size
        for number, term in self._met.values():
            common[number] = uses[number] / sum(map(len, term.words)) ** 2
        return common


def _hash(definitions: Sequence[Definition]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    shared: dict[int, str] = {}  # what terms and actors say, by identity

    def say(node: Node | Limit) -> str:
        match node:
            case Term() | Actor():
                if id(node) not in shared:
                    shared[id(node)] = repr(node)
                return shared[id(node)]
            case AnyOf() | AllOf() | NoneOf():
                return f"{type(node).__name__}({', '.join(map(say, node.parts))})"
            case _:
                return repr(node)

    for definition in definitions:  # not where they stand, not whose they are, and not the examples
        clauses = [(clause.key, say(clause.node)) for clause in definition.clauses]
        digest.update(repr((_FACTS(definition.rule), definition.fields, clauses)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
