"""Choose the few rules that an entry can match at all, of a million.

A rule *needs* groups of terms: one term of each group must stand in the text. Each rule is anchored at the group that
texts hold most rarely, so that only a text with a term of it is a reason to look at the rule; and of those, only one
that holds a term of a second group as well, its partner, is worth an exact answer. Each pair of such terms is
laid down beside the rule, by the anchoring term. Rules are numbers in the order of the files; terms, and actors among
them, have those of the index:

    _bounds          [ ... 7 9 ... ]                by term: where its pairs begin and end
                           |
    _partners        [ ... | 31 -7 | ... ]          the other term of each pair
    _rules           [ ... | 12 12 | ... ]          and the rule, here: term 6 and (31 or actor -7)

All are arrays of four bytes a number: what belongs together lies together, which is what counts where every other step
is a miss of the cache, and the collector has a million objects less to visit. A rule that needs one group only, or two
so large that their pairs would fill memory, has the anchoring term itself for a partner.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate, chain, compress, islice, repeat
from operator import not_
from typing import final

Group = Sequence[int]

_MOST_PAIRS = 256  # of one rule
MOST_PAIRS_REMEMBERED = 1 << 18
"""Pairs that are held as sets too, of up to 100 bytes."""


@final
class Needs:
    """The groups that each rule needs, one after the other in arrays: a million lists of lists would not fit."""

    __slots__ = ("_counts", "_sizes", "terms")

    def __init__(self) -> None:
        self.terms = array("i")
        self._sizes = array("I")  # terms of each group
        self._counts = array("I")  # groups of each rule

    def add(self, groups: Sequence[Collection[int]]) -> None:
        """Add what the next rule needs."""
        for group in groups:
            self.terms.extend(group)
            self._sizes.append(len(group))
        self._counts.append(len(groups))

    def __iter__(self) -> Iterator[list[Group]]:
        sizes, start = iter(self._sizes), 0
        for count in self._counts:
            groups: list[Group] = []
            for size in islice(sizes, count):
                groups.append(self.terms[start : start + size])
                start += size
            yield groups


@final
class _Around(dict[int, AbstractSet[int]]):
    """The partners of each term that was met, as a set, which is asked at the speed of C; bounded by their number."""

    __slots__ = ("_bounds", "_most", "_partners", "_remembered")

    def __init__(self, bounds: array[int], partners: array[int], most: int) -> None:
        super().__init__()
        self._most = most  # pairs
        self._bounds = bounds
        self._partners = partners
        self._remembered = 0

    def __missing__(self, term: int) -> AbstractSet[int]:
        around = frozenset(self._partners[self._bounds[2 * term] : self._bounds[2 * term + 1]])
        self._remembered += len(around)
        if self._remembered > self._most:
            self.clear()
            self._remembered = len(around)
        self[term] = around
        return around


@final
class Anchors:
    """Where each rule of a set is anchored; immutable but for what it remembers, which any thread may fill."""

    __slots__ = ("_around", "_bounds", "_calling", "_partners", "_rules", "_unanchored")

    def __init__(
        self, needs: Needs, commonness: Sequence[float], *, most_remembered: int = MOST_PAIRS_REMEMBERED
    ) -> None:
        """Anchor each rule by the groups that it needs; by term, `commonness` tells how often texts hold it."""
        sizes = [0] * len(commonness)
        anchors, partners, rules = array("i"), array("i"), array("I")
        self._unanchored = array("I")
        for rule, groups in enumerate(needs):
            anchor, partner = _choose(groups, commonness)
            if not anchor:
                self._unanchored.append(rule)
            for term in anchor:
                others = partner or (term,)
                sizes[term] += len(others)
                anchors.extend(repeat(term, len(others)))
                partners.extend(others)
                rules.extend(repeat(rule, len(others)))
        self._calling = bytes(map(bool, sizes))
        ends = array("I", accumulate(sizes[:-1], initial=0))
        starts = ends[:]
        self._partners = array("i", bytes(4 * len(rules)))
        self._rules = array("I", bytes(4 * len(rules)))
        for term, other, rule in zip(anchors, partners, rules, strict=True):
            at = ends[term]
            self._partners[at], self._rules[at], ends[term] = other, rule, at + 1
        self._bounds = array("I", chain.from_iterable(zip(starts, ends, strict=True)))
        self._around = _Around(self._bounds, self._partners, most_remembered)

    def candidates(self, seen: AbstractSet[int]) -> list[int]:
        """Return the rules that these terms may satisfy, in order."""
        called = set(self._unanchored)
        calling = [*compress(seen, map(self._calling.__getitem__, seen))]
        alone = map(seen.isdisjoint, map(self._around.__getitem__, calling))
        for term in compress(calling, map(not_, alone)):  # few
            pairs = slice(self._bounds[2 * term], self._bounds[2 * term + 1])
            called.update(compress(self._rules[pairs], map(seen.__contains__, self._partners[pairs])))
        return sorted(called)


def _choose(groups: Sequence[Group], commonness: Sequence[float]) -> tuple[Group, Group]:
    """Choose the rarest group as anchor, and of the others the smallest as partner, of equals the rarer; () = none."""
    ranked = sorted(groups, key=lambda group: sum(map(commonness.__getitem__, group)))
    anchor = ranked[0] if ranked else ()
    partner = min(ranked[1:], key=len, default=())
    return anchor, partner if len(anchor) * len(partner) <= _MOST_PAIRS else ()
