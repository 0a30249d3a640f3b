"""Rules that do less than they say, or nothing: MM101, MM102, MM201 to MM211."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from monitor.errors import Problem
from monitor.model import Rule
from monitor.rules.cover import Cover
from monitor.rules.limits import is_source
from monitor.rules.lint.fields import lint_fields
from monitor.rules.lint.idle import lint_none, lint_redundant
from monitor.rules.lint.implied import meaning
from monitor.rules.lint.terms import complain_of, complain_of_hyphen, complain_of_phrase, complain_of_sign
from monitor.rules.tree import Actor, Definition, Exact, Sources, Term, walk
from monitor.rules.vocabulary import ACTOR_MARK
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
    actors: Collection[str] = (),
    sources: Sequence[Collection[str]] | None = None,
) -> Iterator[Problem]:
    """Warn of each rule by itself, and of those that say what an earlier one says.

    `actors` are the ids of all; `sources` are the words by which each feed may be named, in small letters; None = not
    known.
    """
    first: dict[Hashable, str] = {}
    for definition in definitions:
        written = rules[definition.rule.id]
        yield from _lint_terms(definition, written, actors)
        yield from lint_none(definition, written)
        yield from lint_redundant(definition, written)
        yield from lint_fields(written)
        yield from _lint_rule(definition, written, today)
        if sources is not None:
            yield from _lint_sources(definition, written, sources)
        earlier = first.setdefault(_said(definition), definition.rule.id)
        if earlier != definition.rule.id and definition.clauses:  # of two that are all mistakes, nobody knows
            message = f"it matches exactly what `{earlier}` in {rules[earlier].place} matches: two alerts for one thing"
            yield from written.warning("MM206", message, "remove one, or let one rule notify both channels")


def _lint_terms(definition: Definition, written: Written, actors: Collection[str]) -> Iterator[Problem]:
    spelt = _spelt(definition)

    def is_spelt(term: Term) -> bool:
        return any(spelt.over_whole(term))

    for clause in definition.clauses:
        for term in (node for node in walk(clause.node) if isinstance(node, Term)):
            complaint = _complain_of_id(term) if term.text in actors else complain_of(term)
            if complaint is None and clause.key != "query":
                complaint = complain_of_phrase(term)
            complaint = complaint or complain_of_sign(term)
            if complaint := complaint or complain_of_hyphen(term, is_spelt, key=clause.key):
                yield from written.warning(*complaint, key=clause.key, text=term.text)


def _spelt(definition: Definition) -> Cover[None]:
    """Return the words that a rule names, in whatever clause."""
    nodes = (node for clause in definition.clauses for node in walk(clause.node))
    words = (node for node in nodes if isinstance(node, Term | Exact))
    return Cover((each if isinstance(each, Term) else Term(text=each.text, words=each.words), None) for each in words)


def _complain_of_id(term: Term) -> tuple[str, str, str]:
    message = f"`{term.text}` is a word here, and the id of an actor, whose other spellings are not looked for"
    return "MM208", message, f"did you mean `{ACTOR_MARK}{term.text}`?"


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


def _said(definition: Definition) -> Hashable:
    """Return what a rule matches, and what that takes, whatever it is called, in whatever order it is written."""
    rule = replace(_NOBODY, threshold=definition.rule.threshold)
    return replace(definition, rule=rule, examples=(), place="", clauses=()), frozenset(
        meaning(clause.node) for clause in definition.clauses
    )
