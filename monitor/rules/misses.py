"""Find the rules that nearly fire on an entry, and what keeps each from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from heapq import nsmallest

from monitor.model import Entry
from monitor.rules.explain import Explanation, explain_seen
from monitor.rules.match import CompiledRule, Ruleset, Sight

_Distance = tuple[int, int]  # clauses that fail; less the names found by the others


def nearest_misses(
    ruleset: Ruleset, entry: Entry, source_tags: Collection[str] = (), *, limit: int
) -> tuple[Explanation, ...]:
    """Return the rules that do not fire and have a clause that found its words, the nearest to firing first.

    Near is a rule with few clauses that fail; of those with equally many, the one whose others found more words.
    The entry is read once, and only the rules that are returned are put into words; `source_tags` as for
    `Ruleset.match`.
    """
    sight = ruleset.look(entry, source_tags)
    nearest = nsmallest(limit, _misses(ruleset, sight), key=lambda miss: miss[0])
    return tuple(explain_seen(compiled, sight) for _, compiled in nearest)


def _misses(ruleset: Ruleset, sight: Sight) -> Iterator[tuple[_Distance, CompiledRule]]:
    for compiled in ruleset.compiled.values():
        seen = sight.within(compiled.fields)
        names: set[str] = set()
        failed = 0
        for condition in compiled.conditions:
            if condition.holds(seen):
                names.update(name for _, name in condition.grounds(seen))
            else:
                failed += 1
        if failed and names:
            yield (failed, -len(names)), compiled
