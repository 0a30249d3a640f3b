"""Compile definitions into a `Ruleset`: number the terms, learn what each rule needs, anchor it there.

A rule's conditions are built to learn what it needs, and thrown away: a million of them would not fit. They are built
again when an entry first comes near the rule.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from functools import partial
from operator import attrgetter

from monitor.model import Rule
from monitor.rules.anchors import Anchors, Needs
from monitor.rules.index import Index
from monitor.rules.lazy import Derived
from monitor.rules.lower import Lowering, field_numbers
from monitor.rules.match import CompiledRule, Ruleset
from monitor.rules.patterns import NO_PATTERNS, Patterns
from monitor.rules.terms import Terms
from monitor.rules.tree import Actor, AllOf, AnyOf, Definition, Limit, Node, NoneOf, Term, spellings

_MOST_REMEMBERED = 16_384  # compiled rules, of about 2 kB
_FACTS = attrgetter(*(fact.name for fact in fields(Rule) if fact.name not in ("owner", "note")))


def compile_rules(definitions: Sequence[Definition], *, usable: Sequence[Definition] = ()) -> Ruleset:
    """Build the matcher of these rules; their ids are unique. They may use each other, and those that are `usable`."""
    by_id = {each.rule.id: each for each in definitions}
    known = {each.rule.id: each for each in usable} | by_id if usable else by_id
    terms = Terms()
    met = _Met(terms)
    lowering = Lowering(known, met.number)
    needs = Needs()
    for each in definitions:
        needs.add([*_needs(each, lowering)])
    index = Index(terms)
    again = Lowering(known, index.number, lowering.patterns)
    return Ruleset(
        rules=Derived(by_id, attrgetter("rule")),
        hash=_hash(definitions),
        compiled=Derived(by_id, partial(_compile, lowering=again), remember=_MOST_REMEMBERED),
        order=tuple(by_id),
        index=index,
        anchors=Anchors(needs, met.commonness(needs)),
        patterns=Patterns(lowering.patterns) if lowering.patterns else NO_PATTERNS,
    )


def _compile(definition: Definition, lowering: Lowering) -> CompiledRule:
    where = field_numbers(definition.fields)
    conditions = lowering.conditions(definition.clauses, where)
    return CompiledRule(definition=definition, fields=where, conditions=conditions)


def _needs(definition: Definition, lowering: Lowering) -> Iterator[Collection[int]]:
    for condition in lowering.conditions(definition.clauses, field_numbers(definition.fields)):
        yield from condition.needs()


class _Met:
    """The terms and actors that were met, known by identity: many rules share them."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._met: dict[int, tuple[int, Term | Actor]] = {}  # what was met stays alive, so that its identity is its own

    def number(self, what: Term | Actor) -> int:
        met = self._met.get(id(what))
        if met is None:
            met = self._met[id(what)] = self._terms.add(what), what
        return met[0]

    def commonness(self, needs: Needs) -> list[float]:
        """Guess how often texts hold each term: what many rules ask for is common, and the longer it is, the rarer."""
        uses = Counter(needs.terms)
        common = [0.0] * self._terms.size
        for number, what in self._met.values():
            shortest = min(
                sum(map(len, term.words)) for term in (spellings(what) if isinstance(what, Actor) else (what,))
            )
            common[number] = uses[number] / shortest**2
        return common


def _said(actor: Actor) -> str:
    return repr((actor.id, *([term.text for term in terms] for terms in (actor.names, actor.unless, actor.titles))))


def _hash(definitions: Sequence[Definition]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    shared: dict[int, str] = {}  # what actors say, by identity

    def say(node: Node | Limit) -> str:
        match node:
            case Term():
                return repr(node.text)
            case Actor():
                if id(node) not in shared:
                    shared[id(node)] = _said(node)
                return shared[id(node)]
            case AnyOf() | AllOf() | NoneOf():
                return f"{type(node).__name__}({', '.join(map(say, node.parts))})"
            case _:
                return repr(node)

    for definition in definitions:  # not where they stand, not whose they are, and not the examples
        clauses = [(clause.key, say(clause.node)) for clause in definition.clauses]
        said = repr((_FACTS(definition.rule), [*map(str, definition.fields)], clauses))
        digest.update(said.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
