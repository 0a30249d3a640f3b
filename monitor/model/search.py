"""Which entries to look at, by the words that stand in them: a question that an index can answer."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_WORD = 64
"""Characters of a word that the index knows; longer ones are cut, here and there alike."""


@dataclass(frozen=True, slots=True)
class HasWord:
    """A folded word stands in the entry, in any of its fields."""

    word: str
    begins: bool = False  # a word that begins so will do


@dataclass(frozen=True, slots=True)
class HasAll:
    """All of these hold; at least one."""

    parts: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class HasAny:
    """One of these holds; at least one."""

    parts: tuple[Wanted, ...]


Wanted = HasWord | HasAll | HasAny
