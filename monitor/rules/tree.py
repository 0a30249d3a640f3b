"""What a rule says, as a tree: neither YAML nor query, which are two spellings of it, and not yet compiled."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.errors import Problem
from monitor.model import Field, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word, phrase or beginning of a word."""

    text: str  # as the rule writes it
    words: tuple[str, ...]  # folded, at least one
    prefix: bool = False  # the last word may go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody or something by all its names."""

    id: str
    names: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Holds where one part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Holds where all parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneOf:
    """Holds where no part holds."""

    parts: tuple[Node, ...]


Node = Term | Actor | AnyOf | AllOf | NoneOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition of a rule, under the key that people know it by: `terms`, `actors`, `all`, `none`."""

    key: str
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that a rule should find (`hit`) or leave alone."""

    hit: bool
    title: str
    summary: str = ""
    body: str = ""
    language: str = ""
    problem: Problem  # what to say where it stands in the file, should it fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One rule as it was written: it holds where all its clauses hold within its fields."""

    rule: Rule
    clauses: tuple[Clause, ...]
    fields: tuple[Field, ...] = tuple(Field)
    examples: tuple[Example, ...] = ()
    place: str = ""  # file:line


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return what a part of a rule is made of."""
    match node:
        case AnyOf() | AllOf() | NoneOf():
            return node.parts
        case _:
            return ()
