"""Conditions that look elsewhere: in some fields only, or where another rule looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.rules.conditions import Condition, Every, Ground, Seen, spots
from monitor.rules.tree import Clause


@dataclass(frozen=True, slots=True)
class Within:
    """Holds where its part holds in these fields."""

    fields: frozenset[int]
    part: Condition

    def holds(self, seen: Seen) -> bool:
        """Ask the part."""
        return self.part.holds(seen.sight.within(self.fields))

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the part's grounds place by place, for its terms may stand in other fields too."""
        there = seen.sight.within(self.fields)
        return spots(self.part.grounds(there), there)

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the part's words, in other fields too: that is where people look for what is missed."""
        return self.part.words(seen)


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """Holds where another rule's conditions hold in its fields; however many rules use it, it is asked once an entry.

    Without that memory a chain of rules, each using the one before twice, would cost 2 to the length of the chain.
    """

    fields: frozenset[int]
    clauses: tuple[Clause, ...]
    conditions: tuple[Condition, ...]  # of the clauses, in their order
    part: Within = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "part", Within(self.fields, Every(self.conditions)))

    def holds(self, seen: Seen) -> bool:
        """Ask the other rule, or remember what it said."""
        memo = seen.sight.memo
        if self not in memo:
            memo[self] = self.part.holds(seen)
        return bool(memo[self])

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the other rule's grounds, each once."""
        return self._remembered("grounds", self.part.grounds(seen), seen)

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the other rule's words, each once."""
        return self._remembered("words", self.part.words(seen), seen)

    def _remembered(self, kind: str, yielded: Iterator[Ground], seen: Seen) -> Iterator[Ground]:
        memo, key = seen.sight.memo, (self, kind, seen.fields)
        if key not in memo:
            memo[key] = tuple(dict.fromkeys(yielded))
        found: tuple[Ground, ...] = memo[key]
        return iter(found)
