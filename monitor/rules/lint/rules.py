"""Rules that do less than they say, or nothing: MM101, MM102, MM201 to MM206."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from monitor.errors import Problem
from monitor.model import Rule
from monitor.rules.cover import Cover
from monitor.rules.limits import is_source
from monitor.rules.lint.terms import complain_of
from monitor.rules.tree import (
    Actor,
    AllOf,
    AnyOf,
    Clause,
    Definition,
    Limit,
    Near,
    Node,
    NoneOf,
    Sources,
    Term,
    walk,
)
from monitor.rules.written import Written

_NOBODY = Rule(id="", title="")


def named_actors(definitions: Iterable[Definition]) -> set[str]:
    """Return the ids of the actors that rules name."""
    nodes = (node for definition in definitions for clause in definition.clauses for node in walk(clause.node))
    return {node.id for node in nodes if isinstance(node, Actor)}


def lint_rules(
    definitions: Sequence[Definition],
    rules: Mapping[str, Written],
    *,
    today: date,
    sources: Sequence[Collection[str]] | None = None,
) -> Iterator[Problem]:
    """Warn of each rule by itself, and of those that say what an earlier one says.

    `sources` are the words by which each feed may be named, in small letters; None = not known.
    """
    first: dict[Hashable, str] = {}
    for definition in definitions:
        written = rules[definition.rule.id]
        yield from _lint_terms(definition, written)
        yield from _lint_none(definition, written)
        for key in ("terms", "none", "all"):
            yield from _lint_redundant(definition, written, key)
        yield from _lint_rule(definition, written, today)
        if sources is not None:
            yield from _lint_sources(definition, written, sources)
        earlier = first.setdefault(_said(definition), definition.rule.id)
        if earlier != definition.rule.id:
            message = f"it matches exactly what `{earlier}` in {rules[earlier].place} matches: two alerts for one thing"
            yield from written.warning("MM206", message, "remove one, or let one rule notify both channels")


def _lint_terms(definition: Definition, written: Written) -> Iterator[Problem]:
    for clause in definition.clauses:
        for node in walk(clause.node):
            complaint = complain_of(node) if isinstance(node, Term) else None
            if complaint and isinstance(node, Term):
                yield from written.warning(*complaint, key=clause.key, text=node.text)


def _lint_rule(definition: Definition, written: Written, today: date) -> Iterator[Problem]:
    rule = definition.rule
    if not definition.examples:
        message = f"the rule `{rule.id}` has no examples: nobody will notice when an edit breaks it"
        yield from written.warning("MM203", message, "add a headline to `hits:`, and one to `misses:`")
    if rule.expires is not None and today >= rule.expires:
        message = f"the rule `{rule.id}` expired on {rule.expires}: it is silent"
        yield from written.warning("MM204", message, "remove it, or give it a later day", key="expires")


def _lint_sources(definition: Definition, written: Written, sources: Sequence[Collection[str]]) -> Iterator[Problem]:
    asked = (clause.node for clause in definition.clauses if isinstance(clause.node, Sources))
    for name in (name for node in asked for name in (*node.only, *node.never)):
        if any(is_source(name, words) for words in sources):
            continue
        message = f"no feed is called `{name}`, is tagged so, or is read from there"
        hint = "correct it, unless entries of other feeds link there" if "." in name else "correct it, or add the feed"
        yield from written.warning("MM205", message, hint, key="sources", text=name)


# -- what excludes what ------------------------------------------------------------------------------------------------


def _lint_none(definition: Definition, written: Written) -> Iterator[Problem]:
    """Find words that count only in texts that `none` throws away; where nothing else is left, the rule cannot fire."""
    unwanted = Cover((term, term) for clause in definition.clauses for term in _excluding(clause.node))
    for clause in definition.clauses:
        if isinstance(clause.node, NoneOf):
            continue
        culprits = _excluded(clause.node, unwanted)
        if culprits:
            message = f"the rule can never fire: whatever satisfies `{clause.key}` holds `{culprits[0].text}` of `none`"
            yield from written.warning(
                "MM201", message, "take it out of `none`, or out of what is asked for", key=clause.key
            )
            continue
        for node in walk(clause.node):
            over = _excluded(node, unwanted) if isinstance(node, Term) else ()
            if over and isinstance(node, Term):
                message = f"`{node.text}` never counts: a text that holds it holds `{over[0].text}` of `none` too"
                yield from written.warning("MM202", message, "remove one of the two", key=clause.key, text=node.text)


def _excluding(node: Node | Limit) -> Iterator[Term]:
    """Yield the terms each of which is enough to throw a text away."""
    if isinstance(node, NoneOf):
        for part in node.parts:
            yield from _alternatives(part)


def _alternatives(node: Node) -> Iterator[Term]:
    match node:
        case Term():
            yield node
        case Actor() if not node.unless:  # else a name may stand there and not count
            yield from node.names
        case AnyOf():
            for part in node.parts:
                yield from _alternatives(part)
        case _:
            pass


def _excluded(node: Node | Limit, unwanted: Cover[Term]) -> tuple[Term, ...]:
    """Return the unwanted terms that stand wherever this holds; () = it may hold without any."""
    match node:
        case Term():
            return tuple(term for term, _ in unwanted.over(node))[:1]
        case Actor() | AnyOf():
            found = [_excluded(part, unwanted) for part in (node.names if isinstance(node, Actor) else node.parts)]
            return tuple(term for terms in found for term in terms) if all(found) else ()
        case AllOf() | Near():
            parts = node.parts if isinstance(node, AllOf) else node.of
            return next((terms for part in parts if (terms := _excluded(part, unwanted))), ())
        case _:
            return ()


# -- what says nothing new ---------------------------------------------------------------------------------------------


def _lint_redundant(definition: Definition, written: Written, key: str) -> Iterator[Problem]:
    """Of a list that means any, find terms that a wider one covers; of `all`, those that a narrower one implies."""
    clauses = [clause for clause in definition.clauses if clause.key == key]
    terms = [term for clause in clauses for term in _listed(clause)]
    cover = Cover((term, number) for number, term in enumerate(terms))
    for number, term in enumerate(terms):
        for wide, other in cover.over(term):
            twins = (wide.words, wide.prefix) == (term.words, term.prefix)
            if other == number or (twins and other > number):
                continue
            idle, busy = (wide, term) if key == "all" and not twins else (term, wide)
            message = f"`{idle.text}` adds nothing to `{key}`: `{busy.text}` " + (
                "holds it" if key == "all" and not twins else "finds it already"
            )
            yield from written.warning("MM202", message, "remove it", key=key, text=idle.text)
            break


def _listed(clause: Clause) -> Iterator[Term]:
    node = clause.node
    parts = node.parts if isinstance(node, AnyOf | NoneOf) else (node,)
    return (part for part in parts if isinstance(part, Term))


def _said(definition: Definition) -> Hashable:
    """Return what a rule matches, and what that takes, whatever it is called, in whatever order it is written."""
    rule = replace(_NOBODY, threshold=definition.rule.threshold)
    return replace(definition, rule=rule, examples=(), place="", clauses=()), frozenset(
        _meaning(clause.node) for clause in definition.clauses
    )


def _meaning(node: Node | Limit) -> Hashable:
    if isinstance(node, Term):
        return node.words, node.prefix
    if isinstance(node, AnyOf | AllOf | NoneOf):
        return type(node), frozenset(_meaning(part) for part in node.parts)
    return node
