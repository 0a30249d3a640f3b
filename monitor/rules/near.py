"""Words near each other: the shortest way to tell "talks on Syria" from talks somewhere and Syria somewhere else."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from monitor.rules.conditions import Condition, Ground, Seen, spots
from monitor.rules.place import Place, Stretch
from monitor.rules.term import MOST_WORDS

MOST_SHOWN = 100
"""Stretches that are shown of one entry."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """Places found so far, none on another's words; a linked list, for many chains begin alike."""

    end: int  # last word of its last place
    start: int  # last word of its first place
    place: Place
    name: str
    before: _Chain | None

    def grounds(self) -> Iterator[Ground]:
        chain: _Chain | None = self
        while chain:
            yield chain.place, chain.name
            chain = chain.before


@dataclass(frozen=True, slots=True)
class Together:
    """Holds where all parts stand in one stretch: `within` words from the end of the first to the start of the last."""

    parts: tuple[Condition, ...]
    within: int
    ordered: bool

    def holds(self, seen: Seen) -> bool:
        """Look for one stretch."""
        return all(part.holds(seen) for part in self.parts) and any(True for _ in self._chains(seen))

    def grounds(self, seen: Seen) -> Iterator[Ground]:
        """Yield the places of the first stretches, nothing that stands elsewhere."""
        return (ground for chain in islice(self._chains(seen), MOST_SHOWN) for ground in chain.grounds())

    def words(self, seen: Seen) -> Iterator[Ground]:
        """Yield the words of all parts, near each other or not."""
        return (word for part in self.parts for word in part.words(seen))

    def _chains(self, seen: Seen) -> Iterator[_Chain]:
        """Yield the stretches, by where they end."""
        found = [
            (place[0], place[2], place[1], number, name)
            for number, part in enumerate(self.parts)
            for place, name in spots(part.grounds(seen), seen)
            if not isinstance(place, Stretch)
        ]
        for _, places in groupby(sorted(found), key=lambda one: one[0]):
            yield from self._in_field(places)

    def _in_field(self, places: Iterable[tuple[int, int, int, int, str]]) -> Iterator[_Chain]:
        """Yield the stretches in one field, whose places come by their last word.

        For every set of parts the chains that hold just these are kept, the best last: of two that end no later, only
        the one whose first place stands nearer can become the shorter stretch. So each place costs at most one look-up
        a set, and 2 to 5 parts make few sets.
        """
        whole = (1 << len(self.parts)) - 1
        kept: dict[int, list[_Chain]] = {}
        for field, last, first, number, name in places:
            bit = 1 << number
            grown = [(bit, _Chain(last, last, (field, first, last), name, None))] if self._may_follow(0, bit) else []
            for have, chains in kept.items():
                if have & bit or not self._may_follow(have, bit):
                    continue
                at = bisect_left(chains, first, key=lambda chain: chain.end)
                if at and first - chains[at - 1].start <= self.within:
                    before = chains[at - 1]
                    grown.append((have | bit, _Chain(last, before.start, (field, first, last), name, before)))
            for have, chain in grown:
                if have == whole:
                    yield chain
                else:
                    _keep(kept.setdefault(have, []), chain)

    def _may_follow(self, have: int, bit: int) -> bool:
        return not self.ordered or have == bit - 1  # all parts before it, and no other


def _keep(chains: list[_Chain], chain: _Chain) -> None:
    if chains and chains[-1].start >= chain.start:
        return
    if chains and chains[-1].end == chain.end:
        chains.pop()
    chains.append(chain)
    if len(chains) > 2 * MOST_WORDS:  # a place reaches back as far as a phrase is long, and each chain ends elsewhere
        del chains[:MOST_WORDS]
