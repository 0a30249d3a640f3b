"""What is found in a text, and by whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from monitor.rules.place import Place
from monitor.text.fold import Tokens

Numbers = tuple[int, ...]
"""A term's number and those of the actors that it means."""

END_OF_FIELD = "\n"
"""Stands behind each field like a word, so that no phrase goes on across it."""


class Reading(Protocol):
    """The terms and actors that stand in the fields of a text; where, is worked out when somebody asks."""

    terms: set[int]

    def terms_in(self, fields: Collection[int]) -> set[int]:
        """Return those that stand in some of the fields."""
        ...

    def places(self, number: int) -> list[Place]:
        """List the places of one, by field, then from left to right."""
        ...

    def spans(self, number: int, fields: Collection[int]) -> Iterator[tuple[int, int, int]]:
        """Yield the places of one in these fields in characters, in the same order; one place may come twice."""
        ...


class Finder(Protocol):
    """Finds the terms of one rule set; immutable but for what it remembers, which any thread may fill."""

    def read(self, fields: Sequence[Tokens]) -> Reading:
        """Find all terms in the words of some fields."""
        ...
