"""Compile definitions into a `Ruleset`: number the terms, learn what each rule needs, anchor it there.

What a rule needs is learnt from its tree. Its conditions are built when an entry first comes near it: a million of them
would not fit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Any, final

from monitor.model import Rule
from monitor.rules.anchors import Anchors, Needs
from monitor.rules.index import Index
from monitor.rules.lazy import Derived
from monitor.rules.lower import Lowering, field_numbers
from monitor.rules.match import CompiledRule, Ruleset
from monitor.rules.needed import Needed
from monitor.rules.patterns import NO_PATTERNS, Patterns
from monitor.rules.terms import Terms
from monitor.rules.tree import Actor, AllOf, AnyOf, Definition, Limit, Node, NoneOf, Term

_MOST_REMEMBERED = 16_384  # compiled rules, of about 2 kB
_FACTS = attrgetter(*(fact.name for fact in fields(Rule) if fact.name not in ("id", "title", "owner", "note")))


def compile_rules(definitions: Sequence[Definition], *, usable: Sequence[Definition] = ()) -> Ruleset:
    """Build the matcher of these rules; their ids are unique. They may use each other, and those that are `usable`."""
    by_id = {each.rule.id: each for each in definitions}
    known = {each.rule.id: each for each in usable} | by_id if usable else by_id
    terms, needs = Terms(), Needs()
    needed = Needed(known, terms)
    for each in definitions:
        needs.add(needed.groups(each.clauses))
    index = Index(terms)
    patterns = tuple(needed.patterns)
    lowering = Lowering(known, index.number, patterns)
    return Ruleset(
        rules=Derived(by_id, attrgetter("rule")),
        hash=_hash(definitions),
        definitions=by_id,
        compiled=Derived(by_id, partial(_compile, lowering=lowering), remember=_MOST_REMEMBERED),
        order=tuple(by_id),
        index=index,
        anchors=Anchors(needs, needed.commonness(needs)),
        patterns=Patterns(patterns) if patterns else NO_PATTERNS,
    )


def _compile(definition: Definition, lowering: Lowering) -> CompiledRule:
    where = field_numbers(definition.fields)
    conditions = lowering.conditions(definition.clauses, where)
    return CompiledRule(definition=definition, fields=where, conditions=conditions)


def _hash(definitions: Sequence[Definition]) -> str:
    """Digest what rules say: not where they stand, not whose they are, and not the examples."""
    digest = hashlib.blake2b(digest_size=8)
    tell = _Telling().tell
    for definition in definitions:
        digest.update(tell(definition).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@final
class _Telling:
    """Write what rules say, a line for each fact; many share actors, and what they say of themselves."""

    __slots__ = ("_actors", "_facts")

    def __init__(self) -> None:
        self._actors: dict[int, str] = {}  # by identity
        self._facts: dict[tuple[Any, ...], str] = {}

    def tell(self, definition: Definition) -> str:
        """Write what one rule says; text from people is quoted, so that it ends no line."""
        rule = definition.rule
        facts = _FACTS(rule)
        said = self._facts.get(facts)
        if said is None:
            said = self._facts[facts] = repr(facts)
        clauses = [f"{clause.key} {self._node(clause.node)}" for clause in definition.clauses]
        return "\n".join((repr(rule.id), repr(rule.title), said, " ".join(definition.fields), *clauses, "\n"))

    def _node(self, node: Node | Limit) -> str:
        match node:
            case Term():  # as most are
                return repr(node.text)
            case Actor():
                said = self._actors.get(id(node))
                if said is None:
                    said = self._actors[id(node)] = _said(node)
                return said
            case AnyOf() | AllOf() | NoneOf():
                return f"{type(node).__name__}({', '.join(map(self._node, node.parts))})"
            case _:
                return repr(node)


def _said(actor: Actor) -> str:
    return repr((actor.id, *([term.text for term in terms] for terms in (actor.names, actor.unless, actor.titles))))
