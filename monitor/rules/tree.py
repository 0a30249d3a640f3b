"""What a rule says, as a tree: neither YAML nor query, which are two spellings of it, and not yet compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from monitor.errors import Problem
from monitor.model import Field, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word, phrase or beginning of a word."""

    text: str  # as the rule writes it
    words: tuple[str, ...]  # folded, at least one
    prefix: bool = False  # the last word may go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """A text that counts only in this very case and form, between the bounds of words."""

    text: str  # as it must stand
    words: tuple[str, ...]  # folded, at least one: where to look
    lead: int  # characters before the first word


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """A regular expression of google-re2, over a field's text as it is."""

    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody or something by all its names."""

    id: str
    names: tuple[Term, ...]
    unless: tuple[Term, ...] = ()  # longer phrases, somebody else's names: a name inside one of them does not count
    titles: tuple[Term, ...] = ()  # words before a name that are shown with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Holds where another rule's conditions hold."""

    rule: str  # id


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Holds where all parts stand within one stretch of a field, none on another's words."""

    of: tuple[Node, ...]  # 2 to 5; each a Term, Exact, Actor, or AnyOf these
    within: int  # words from the end of the first to the beginning of the last; neighbours are 1 apart
    ordered: bool = False  # in this order


@dataclass(frozen=True, slots=True, kw_only=True)
class In:
    """Holds where its part holds when only these fields are read."""

    fields: tuple[Field, ...]
    part: Node


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


Node = Term | Exact | Regex | Actor | Use | Near | In | AnyOf | AllOf | NoneOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """Holds for entries in one of these languages, and for those whose language cannot be told."""

    codes: tuple[str, ...]  # primary subtags, small letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Holds for entries from the right places: each a feed's name, a feed's tag or a host."""

    only: tuple[str, ...] = ()  # () = anywhere
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Holds where the words by which all other clauses hold stand in so many places."""

    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """Holds for entries seen before this day (UTC)."""

    day: date


Limit = Languages | Sources | Times | Until


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition of a rule, under the key that people know it by: `terms`, `near`, `lang`, and so on."""

    key: str
    node: Node | Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that a rule should find (`hit`) or leave alone."""

    hit: bool
    title: str
    summary: str = ""
    body: str = ""
    language: str = ""
    source: tuple[str, ...] = ()  # the feed's name, then its tags; () = one that suits the rule
    blame: Callable[[], Problem]  # what to say where it stands in the file, should it fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One rule as it was written: it holds where all its clauses hold within its fields."""

    rule: Rule
    clauses: tuple[Clause, ...]
    fields: tuple[Field, ...] = tuple(Field)
    examples: tuple[Example, ...] = ()
    place: str = ""  # file:line


def watches(node: Node | Limit) -> bool:
    """Say whether something must be found for this to hold; what does not is true of an empty text."""
    match node:
        case NoneOf() | Languages() | Sources() | Times() | Until():
            return False
        case AnyOf():
            return all(map(watches, node.parts))
        case AllOf():
            return any(map(watches, node.parts))
        case In():
            return watches(node.part)
        case _:
            return True


def parts_of(node: Node | Limit) -> tuple[Node, ...]:
    """Return what a part of a rule is made of."""
    match node:
        case AnyOf() | AllOf() | NoneOf():
            return node.parts
        case Near():
            return node.of
        case In():
            return (node.part,)
        case _:
            return ()


def spellings(actor: Actor) -> Iterator[Term]:
    """Yield the names, and each with each title before it: longer, so it is what is shown."""
    yield from actor.names
    for title in actor.titles:
        for name in actor.names:
            yield Term(text=f"{title.text} {name.text}", words=(*title.words, *name.words), prefix=name.prefix)


def walk(node: Node | Limit) -> Iterator[Node | Limit]:
    """Yield a part of a rule, and all that it is made of."""
    yield node
    for part in parts_of(node):
        yield from walk(part)
