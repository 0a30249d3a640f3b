"""Find the rules that nearly fire on an entry, and what keeps each from it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest

from monitor.model import Entry
from monitor.rules.explain import Explanation, explain
from monitor.rules.match import Ruleset


def nearest_misses(ruleset: Ruleset, entry: Entry, *, limit: int) -> tuple[Explanation, ...]:
    """Return the rules that do not fire and have a clause that found its words, the nearest to firing first.

    Near is a rule with few clauses that fail; of those with equally many, the one whose others found more words.
    """
    return tuple(nsmallest(limit, _misses(ruleset, entry), key=_distance))


def _misses(ruleset: Ruleset, entry: Entry) -> Iterator[Explanation]:
    for rule_id in ruleset.rules:
        explanation = explain(ruleset, rule_id, entry)
        if not explanation.held and any(clause.held and clause.found for clause in explanation.clauses):
            yield explanation


def _distance(explanation: Explanation) -> tuple[int, int]:
    words = {mention.name for clause in explanation.clauses if clause.held for mention in clause.found}
    return len(explanation.failed), -len(words)
