"""Conditions on how exactly something is worded: case and form, a regular expression, a name that is another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.rules.conditions import Ground, Seen
from monitor.rules.place import Place, Stretch
from monitor.rules.term import MOST_WORDS


@dataclass(frozen=True, slots=True)
class Literally:
    """Holds where a term stands in this very case and form."""

    term: int
    text: str
    lead: int  # characters before its first word

    def holds(self, seen: Seen) -> bool:
        """Compare the term's places with the original until one agrees."""
        return any(True for _ in self.grounds(seen))

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the places that agree."""
        stands = seen.sight.stands
        return ((place, self.text) for place in seen.get(self.term, ()) if stands(place, self.text, self.lead))

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the term in any form."""
        return iter(((self.term, self.text),) if self.term in seen else ())


@dataclass(frozen=True, slots=True)
class Matching:
    """Holds where a regular expression matches; the index knows nothing of it, so it needs nothing."""

    pattern: int
    text: str

    def holds(self, seen: Seen) -> bool:
        """Look for one place."""
        return bool(seen.sight.stretches(self.pattern, seen.fields))

    def grounds(self, seen: Seen) -> Iterator[tuple[Stretch, str]]:
        """Yield where it matches."""
        return ((stretch, self.text) for stretch in seen.sight.stretches(self.pattern, seen.fields))

    words = grounds


@dataclass(frozen=True, slots=True)
class OneOfUnless:
    """Holds where any of these terms stands outside the longer phrases that mean somebody else."""

    names: Mapping[int, str]
    unless: frozenset[int]

    def holds(self, seen: Seen) -> bool:
        """Look for one place outside."""
        return any(True for _ in self.grounds(seen))

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the places outside."""
        ends: dict[tuple[int, int], int] = {}  # where a longer phrase begins -> its last word
        for field, first, last in (place for term in self.unless for place in seen.get(term, ())):
            ends[field, first] = max(last, ends.get((field, first), last))
        for term, name in self.names.items():
            for place in seen.get(term, ()):
                if not (ends and _inside(place, ends)):
                    yield place, name

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the terms, inside and outside."""
        return ((term, name) for term, name in self.names.items() if term in seen)


def _inside(place: Place, ends: Mapping[tuple[int, int], int]) -> bool:
    field, first, last = place
    return any(ends.get((field, start), -1) >= last for start in range(max(0, first - MOST_WORDS), first + 1))
