"""Compile definitions into a `Ruleset`: number the terms, turn clauses into sets of numbers, anchor each rule."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from types import MappingProxyType

from monitor.rules.index import Index
from monitor.rules.lower import Lowering, field_numbers
from monitor.rules.match import CompiledRule, Ruleset
from monitor.rules.patterns import NO_PATTERNS, Patterns
from monitor.rules.tree import Definition, Term


def compile_rules(definitions: Sequence[Definition], *, usable: Sequence[Definition] = ()) -> Ruleset:
    """Build the matcher of these rules; their ids are unique. They may use each other, and those that are `usable`."""
    known = {definition.rule.id: definition for definition in (*usable, *definitions)}
    terms = _Terms()
    lowering = Lowering(known, terms.number)
    compiled = tuple(
        CompiledRule(
            number=number,
            definition=definition,
            fields=field_numbers(definition.fields),
            conditions=lowering.conditions(definition.clauses, field_numbers(definition.fields)),
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
        patterns=Patterns(lowering.patterns) if lowering.patterns else NO_PATTERNS,
    )


class _Terms:
    """Every distinct term once, numbered."""

    def __init__(self) -> None:
        self.known: list[Term] = []
        self._numbers: dict[tuple[tuple[str, ...], bool], int] = {}

    def number(self, term: Term) -> int:
        key = (term.words, term.prefix)
        if key not in self._numbers:
            self._numbers[key] = len(self.known)
            self.known.append(term)
        return self._numbers[key]


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
        rule = replace(definition.rule, owner="", note="")
        said = (rule, definition.fields, definition.clauses)  # not where, not whose, and not the examples
        digest.update(repr(said).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
