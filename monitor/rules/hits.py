"""Which of the hits in a text mean a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, count, repeat
from typing import final

from monitor.rules.reading import Numbers

_FEW = 12  # numbers that are looked for one by one


@final
class Hits:
    """The meanings of all hits in one row: few rules ask where a number stands, so no table of all is made for them."""

    __slots__ = ("_asked", "_meanings", "_owners", "_table", "numbers")

    def __init__(self, meanings: Sequence[Numbers]) -> None:
        self.numbers = [*chain.from_iterable(meanings)]
        self._meanings = meanings
        self._asked = 0
        self._owners: list[int] = []  # by number in the row: its hit
        self._table: dict[int, list[int]] = {}

    def of(self, number: int) -> list[int]:
        """Return the hits that mean a number, in order."""
        if not self._owners:
            self._owners = [*chain.from_iterable(map(repeat, count(), map(len, self._meanings)))]
        self._asked += 1
        if self._asked > _FEW:  # so that time stays linear
            return self._tabled()[number]
        found, at = [], -1
        for _ in range(self.numbers.count(number)):
            at = self.numbers.index(number, at + 1)
            found.append(self._owners[at])
        return found

    def _tabled(self) -> dict[int, list[int]]:
        if not self._table:
            self._table = defaultdict(list)
            for number, hit in zip(self.numbers, self._owners, strict=True):
                self._table[number].append(hit)
        return self._table
