"""Compile definitions into a `Ruleset`: number the terms, turn clauses into sets of numbers, anchor each rule."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from types import MappingProxyType

from monitor.model import Field
from monitor.rules.conditions import Condition, Either, Every, Neither, OneOf
from monitor.rules.index import Index
from monitor.rules.match import CompiledRule, Ruleset
from monitor.rules.tree import Actor, AllOf, AnyOf, Definition, Term
from monitor.rules.tree import Node as Tree


def compile_rules(definitions: Sequence[Definition]) -> Ruleset:
    """Build the matcher of these rules; their ids are unique."""
    terms = _Terms()
    compiled = tuple(
        CompiledRule(
            number=number,
            definition=definition,
            fields=frozenset(place for place, field in enumerate(Field) if field in definition.fields),
            conditions=tuple(_lower(clause.node, terms) for clause in definition.clauses),
        )
        for number, definition in enumerate(definitions)
    )
    anchors, unanchored = _anchor(compiled, terms.known)
    return Ruleset(
        rules=MappingProxyType({one.definition.rule.id: one.definition.rule for one in compiled}),
        hash=_hash(definitions),
        compiled=MappingProxyType({one.definition.rule.id: one for one in compiled}),
        index=Index(terms.known),
        anchors=anchors,
        unanchored=unanchored,
    )


class _Terms:
    """Every distinct term once, numbered; clauses that say the same share one condition."""

    def __init__(self) -> None:
        self.known: list[Term] = []
        self._numbers: dict[tuple[tuple[str, ...], bool], int] = {}
        self._conditions: dict[tuple[tuple[int, str], ...], OneOf] = {}

    def number(self, term: Term) -> int:
        key = (term.words, term.prefix)
        if key not in self._numbers:
            self._numbers[key] = len(self.known)
            self.known.append(term)
        return self._numbers[key]

    def one_of(self, names: dict[int, str]) -> OneOf:
        return self._conditions.setdefault(tuple(names.items()), OneOf(names))


def _lower(tree: Tree, terms: _Terms) -> Condition:
    match tree:
        case Term():
            return terms.one_of({terms.number(tree): tree.text})
        case Actor():
            return terms.one_of({terms.number(name): tree.id for name in tree.names})
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


def _anchor(
    rules: Sequence[CompiledRule], terms: Sequence[Term]
) -> tuple[dict[int, tuple[CompiledRule, ...]], tuple[CompiledRule, ...]]:
    """Choose for each rule the group of terms without which it cannot hold and that texts hold least often.

    Returns the rules that each term anchors, and those that nothing anchors. How often texts hold a term is guessed:
    what many rules ask for is common, and the longer it is, the rarer.
    """
    needs = [[group for condition in rule.conditions for group in condition.needs()] for rule in rules]
    uses = Counter(term for groups in needs for group in groups for term in group)
    weights = [1 / sum(map(len, term.words)) ** 2 for term in terms]

    def commonness(group: Collection[int]) -> float:
        return sum(uses[term] * weights[term] for term in group)

    anchored: dict[int, list[CompiledRule]] = {}
    for rule, groups in zip(rules, needs, strict=True):
        for term in min(groups, key=commonness, default=()):
            anchored.setdefault(term, []).append(rule)
    unanchored = tuple(rule for rule, groups in zip(rules, needs, strict=True) if not groups)
    return {term: tuple(hanging) for term, hanging in anchored.items()}, unanchored


def _hash(definitions: Sequence[Definition]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for definition in definitions:
        said = (definition.rule, definition.fields, definition.clauses)  # not where, and not the examples
        digest.update(repr(said).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
