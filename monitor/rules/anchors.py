"""Choose the few rules that an entry can match at all, of a million.

A rule *needs* groups of terms: one term of each group must stand in the text. Each rule is anchored at the group that
texts hold most rarely, so that only a text with a term of it is a reason to look at the rule; and of those, only one
that holds a term of a second group as well, its partner, is worth an exact answer. Each pair of such terms is
laid down beside the rule, by the anchoring term. Rules are numbers in the order of the files, terms those of the index:

    _starts      [ ... 7 | 7 | 9 ... ]              by term: where its pairs begin; they end where the next term's begin
                       |       |
    _partners    [ ... | 31 77 | ... ]              the other term of each pair
    _rules       [ ... | 12 12 | ... ]              and the rule, here: term 6 and (31 or 77)

All are arrays of four bytes a number: what belongs together lies together, which is what counts where every other step
is a miss of the cache, and the collector has a million objects less to visit. A rule that needs one group only, or two
so large that their pairs would fill memory, has the anchoring term itself for a partner.
"""

from __future__ import annotations

from array import array
from collections.abc import KeysView, Sequence
from itertools import accumulate, compress
from typing import final

Group = tuple[int, ...]

_MOST_PAIRS = 256  # of one rule


@final
class Anchors:
    """Where each rule of a set is anchored; immutable."""

    __slots__ = ("_partners", "_rules", "_starts", "_unanchored")

    def __init__(self, needs: Sequence[Sequence[Group]], commonness: Sequence[float]) -> None:
        """Anchor each rule by the groups that it needs; by term, `commonness` tells how often texts hold it."""
        chosen = [_choose(groups, commonness) for groups in needs]
        sizes = [0] * len(commonness)
        for anchor, partner in chosen:
            for term in anchor:
                sizes[term] += len(partner) or 1
        free = array("I", accumulate(sizes, initial=0))
        self._starts = free[:]
        self._partners = array("I", bytes(4 * free[-1]))
        self._rules = self._partners[:]
        for rule, (anchor, partner) in enumerate(chosen):
            for term in anchor:
                for other in partner or (term,):
                    self._partners[free[term]] = other
                    self._rules[free[term]] = rule
                    free[term] += 1
        self._unanchored = array("I", (rule for rule, (anchor, _) in enumerate(chosen) if not anchor))

    def candidates(self, seen: KeysView[int]) -> list[int]:
        """Return the rules that these terms may satisfy, in order."""
        starts, partners = self._starts, self._partners
        called = set(self._unanchored)
        for term in seen:
            start, end = starts[term], starts[term + 1]
            if start != end:
                others = partners[start:end]
                if not seen.isdisjoint(others):  # one pass in C that ends the matter for nearly every term
                    called.update(compress(self._rules[start:end], map(seen.__contains__, others)))
        return sorted(called)


def _choose(groups: Sequence[Group], commonness: Sequence[float]) -> tuple[Group, Group]:
    """Choose the rarest group as anchor, and of the others the smallest as partner, of equals the rarer; () = none."""
    ranked = sorted(groups, key=lambda group: sum(map(commonness.__getitem__, group)))
    anchor = ranked[0] if ranked else ()
    partner = min(ranked[1:], key=len, default=())
    return anchor, partner if len(anchor) * len(partner) <= _MOST_PAIRS else ()
