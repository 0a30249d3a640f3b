"""Which of the hits in a text mean a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from monitor.rules.reading import Numbers

Hit = TypeVar("Hit")


def by_number(hits: Iterable[Hit], meanings: Iterable[Numbers]) -> dict[int, list[Hit]]:
    """Lay hits, in their order, under each number that they mean."""
    table: dict[int, list[Hit]] = defaultdict(list)
    for hit, numbers in zip(hits, meanings, strict=True):
        for number in numbers:
            table[number].append(hit)
    return table
