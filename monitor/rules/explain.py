"""Say clause by clause why a rule fires on an entry, or why not; asked of the one matcher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.model import Entry, Field, Mention, Rule
from monitor.rules.conditions import Condition, Seen
from monitor.rules.find import find_definition
from monitor.rules.match import Ruleset, Sight
from monitor.rules.tree import Actor, AllOf, AnyOf, Clause, Node, Term
from monitor.text.plain import one_line, shorten

_MOST_SHOWN = 6
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseAnswer:
    """What became of one clause."""

    key: str  # as in YAML: terms, actors, all, none
    asked: str  # e.g. "any of `talks`, `deconflict*`"
    held: bool
    found: tuple[Mention, ...]  # by what it held; for `none`, by what it failed
    elsewhere: tuple[Mention, ...]  # in fields that the rule does not look at, where nothing was found

    def __str__(self) -> str:
        """Say it in one line without the verdict, e.g. "terms: any of `talks`: title has “Talks”"."""
        if self.found:
            return f"{self.key}: {self.asked}: {_where(self.found)}"
        if self.elsewhere:
            return f"{self.key}: {self.asked}: not where the rule looks, but {_where(self.elsewhere)}"
        return f"{self.key}: {self.asked}: not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a rule says about an entry, and each clause's part in it."""

    rule: Rule
    held: bool
    fields: tuple[Field, ...]  # where the rule looks
    clauses: tuple[ClauseAnswer, ...]
    mentions: tuple[Mention, ...]  # those of the match, () where there is none

    @property
    def failed(self) -> tuple[ClauseAnswer, ...]:
        """The clauses that do not hold."""
        return tuple(clause for clause in self.clauses if not clause.held)


def explain(ruleset: Ruleset, rule_id: str, entry: Entry) -> Explanation:
    """Ask one rule about an entry.

    Raises:
        NotFoundError: there is no such rule.
    """
    find_definition(ruleset, rule_id)
    compiled = ruleset.compiled[rule_id]
    sight = Sight(entry, ruleset.index)
    match = compiled.match(sight)
    seen = sight.within(compiled.fields)
    clauses = zip(compiled.definition.clauses, compiled.conditions, strict=True)
    return Explanation(
        rule=compiled.definition.rule,
        held=match is not None,
        fields=compiled.definition.fields,
        clauses=tuple(_answer(clause, condition, sight, seen) for clause, condition in clauses),
        mentions=match.mentions if match else (),
    )


def _answer(clause: Clause, condition: Condition, sight: Sight, seen: Seen) -> ClauseAnswer:
    found = sight.mentions(condition.words(seen), seen)
    everywhere = sight.within()
    return ClauseAnswer(
        key=clause.key,
        asked=describe(clause.node),
        held=condition.holds(seen),
        found=found,
        elsewhere=() if found else sight.mentions(condition.words(everywhere), everywhere),
    )


def describe(node: Node) -> str:
    """Put a part of a rule into words."""
    match node:
        case Term():
            return f"`{node.text}`"
        case Actor():
            return f"actor `{node.id}`"
        case AnyOf():
            return describe(node.parts[0]) if len(node.parts) == 1 else f"any of {_listed(node.parts)}"
        case AllOf():
            return f"all of {_listed(node.parts)}"
        case _:
            return f"no {describe(node.parts[0])}" if len(node.parts) == 1 else f"none of {_listed(node.parts)}"


def _listed(parts: Sequence[Node]) -> str:
    shown = ", ".join(describe(part) for part in parts[:_MOST_SHOWN])
    more = len(parts) - _MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _where(mentions: Sequence[Mention]) -> str:
    """Name the words found, each once in a field."""
    words: dict[Field, dict[str, None]] = {}
    for mention in mentions:
        words.setdefault(mention.field, {})[f"“{shorten(one_line(mention.surface), _LONGEST_SHOWN)}”"] = None
    return ", ".join(f"{field.value} has {', '.join(list(found)[:_MOST_SHOWN])}" for field, found in words.items())
