"""Compiled clauses: the tree of `tree.py` over numbered terms, asked of what was seen in one entry."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Protocol

from monitor.model import Entry, Mention
from monitor.rules.place import Place, Stretch

Ground = tuple[int | Place | Stretch, str]  # a term at all its places, or one place; and the name that is watched for


class View(Protocol):
    """What can be asked about an entry beyond the terms seen in it."""

    entry: Entry
    source_tags: Collection[str]  # of its feed
    memo: dict[Any, Any]  # answers that many rules ask for, by who asks

    def within(self, fields: frozenset[int]) -> Seen:
        """Return what was seen in these fields."""
        ...

    def stands(self, place: Place, text: str, lead: int) -> bool:
        """Say whether this very text stands there; `lead` of its characters come before the place's first word."""
        ...

    def stretches(self, pattern: int, fields: frozenset[int]) -> Sequence[Stretch]:
        """Return where a regular expression matches, by field, then place."""
        ...

    def mentions(self, grounds: Iterable[Ground], seen: Seen) -> tuple[Mention, ...]:
        """Show where these grounds stand."""
        ...


class Seen(Mapping[int, Sequence[Place]]):
    """The places of each term that occurs, by the term's number; by field, then place."""

    __slots__ = ()

    sight: View
    fields: frozenset[int]  # by number: where this was seen
    terms: AbstractSet[int]  # the same as the keys, but faster to ask

    @abstractmethod
    def spans(self, term: int) -> Iterator[tuple[int, int, int]]:
        """Yield the places of a term in characters, in order; one may come twice."""


def spots(grounds: Iterable[Ground], seen: Seen) -> Iterator[tuple[Place | Stretch, str]]:
    """Yield every single place of these grounds."""
    for what, name in grounds:
        if isinstance(what, int):
            for place in seen[what]:
                yield place, name
        else:
            yield what, name


class Condition(Protocol):
    """One clause or part of it."""

    def holds(self, seen: Seen) -> bool:
        """Decide."""
        ...

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the terms seen that make it hold, each with the name that is watched for."""
        ...

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the terms seen that it speaks of, those too that make it fail, each with the name watched for."""
        ...


@dataclass(frozen=True, slots=True)
class OneOf:
    """Holds where any of these terms is seen."""

    names: Mapping[int, str]  # term -> actor id, or the term as the rule writes it

    def holds(self, seen: Seen) -> bool:
        """Look the terms up."""
        return not self.names.keys().isdisjoint(seen.terms)

    def grounds(self, seen: Seen) -> Iterator[tuple[int, str]]:
        """Yield the terms that are seen."""
        terms = seen.terms
        return ((term, name) for term, name in self.names.items() if term in terms)

    words = grounds


@dataclass(frozen=True, slots=True)
class Either:
    """Holds where one part holds."""

    parts: tuple[Condition, ...]

    def holds(self, seen: Seen) -> bool:
        """Ask the parts until one holds."""
        return any(part.holds(seen) for part in self.parts)

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the grounds of the parts that hold."""
        return (ground for part in self.parts if part.holds(seen) for ground in part.grounds(seen))

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the words of all parts."""
        return (word for part in self.parts for word in part.words(seen))


@dataclass(frozen=True, slots=True)
class Every:
    """Holds where all parts hold."""

    parts: tuple[Condition, ...]

    def holds(self, seen: Seen) -> bool:
        """Ask the parts until one fails."""
        return all(part.holds(seen) for part in self.parts)

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the grounds of all parts."""
        return (ground for part in self.parts for ground in part.grounds(seen))

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the words of all parts."""
        return (word for part in self.parts for word in part.words(seen))


@dataclass(frozen=True, slots=True)
class Neither:
    """Holds where no part holds."""

    parts: tuple[Condition, ...]

    def holds(self, seen: Seen) -> bool:
        """Ask the parts until one holds."""
        return not any(part.holds(seen) for part in self.parts)

    def grounds(self, seen: Seen) -> Iterator[Ground]:  # noqa: ARG002 - the protocol's
        """Yield nothing: what is not there is no ground."""
        return iter(())

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the words of all parts."""
        return (word for part in self.parts for word in part.words(seen))
