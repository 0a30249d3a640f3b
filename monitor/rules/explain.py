"""Say clause by clause why a rule fires on an entry, or why not; asked of the one matcher."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from monitor.model import Entry, Field, Mention, Rule
from monitor.rules.conditions import Condition
from monitor.rules.describe import describe
from monitor.rules.find import find_definition
from monitor.rules.limits import Often, script_of_entry, source_words
from monitor.rules.match import CompiledRule, Ruleset, Sight
from monitor.rules.scope import Used
from monitor.rules.tree import (
    Actor,
    AllOf,
    Clause,
    Exact,
    In,
    Languages,
    Limit,
    Near,
    Node,
    NoneOf,
    Sources,
    Times,
    walk,
)
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
    note: str = ""  # what else there is to say, or the whole answer where no word decides

    def __str__(self) -> str:
        """Say it in one line without the verdict, e.g. "terms: any of `talks`: title has “Talks”"."""
        if self.note:
            found = f"{_where(self.found)}, " if self.found else ""
            return f"{self.key}: {self.asked}: {found}{self.note}"
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


def explain(ruleset: Ruleset, rule_id: str, entry: Entry, source_tags: Collection[str] = ()) -> Explanation:
    """Ask one rule about an entry; `source_tags` as for `Ruleset.match`.

    Raises:
        NotFoundError: there is no such rule.
    """
    return explain_seen(compiled_rule(ruleset, rule_id), ruleset.look(entry, source_tags))


def explain_seen(compiled: CompiledRule, sight: Sight) -> Explanation:
    """Ask one rule about what was seen in an entry: the same sight serves any number of rules."""
    match = compiled.match(sight)
    definition = compiled.definition
    return Explanation(
        rule=definition.rule,
        held=match is not None,
        fields=definition.fields,
        clauses=tuple(_answers(definition.clauses, compiled.conditions, sight, compiled.fields)),
        mentions=match.mentions if match else (),
    )


def compiled_rule(ruleset: Ruleset, rule_id: str) -> CompiledRule:
    """Look a rule up.

    Raises:
        NotFoundError: there is no such rule.
    """
    find_definition(ruleset, rule_id)
    return ruleset.compiled[rule_id]


def _answers(
    clauses: Sequence[Clause], conditions: Sequence[Condition], sight: Sight, fields: frozenset[int]
) -> Iterator[ClauseAnswer]:
    return (_answer(*pair, sight, fields) for pair in zip(clauses, conditions, strict=True))


def _answer(clause: Clause, condition: Condition, sight: Sight, fields: frozenset[int]) -> ClauseAnswer:
    seen, everywhere = sight.within(fields), sight.within()
    held = condition.holds(seen)
    grounds = sight.mentions(condition.grounds(seen), seen) if held else ()
    found = grounds or sight.mentions(condition.words(seen), seen)
    if isinstance(clause.node, Limit):
        note = _what_it_met(clause.node, condition, sight, fields)
    elif isinstance(condition, Used) and not held:
        inside = _answers(condition.clauses, condition.conditions, sight, condition.fields)
        note = "; ".join(f"there {answer}" for answer in inside if not answer.held)
    else:
        note = _shortfall(clause.node, held=held) if found else ""
    return ClauseAnswer(
        key=clause.key,
        asked=describe(clause.node),
        held=held,
        found=found,
        elsewhere=() if found else sight.mentions(condition.words(everywhere), everywhere),
        note=note,
    )


def _what_it_met(limit: Limit, condition: Condition, sight: Sight, fields: frozenset[int]) -> str:
    entry = sight.entry
    match limit:
        case Languages():
            script = script_of_entry(entry).capitalize() or "none"
            return f"the entry is in `{entry.language}`" if entry.language else f"not told; letters: {script}"
        case Sources():
            known = source_words(entry, sight.source_tags)
            return f"it comes from {', '.join(f'`{word}`' for word in known)}" if known else "not known here"
        case Times() if isinstance(condition, Often):
            return f"{condition.count(sight.within(fields))} found"
        case _:
            return f"seen on {entry.seen_at.date()}"


def _shortfall(node: Node, *, held: bool) -> str:
    """Say why words that stand there do not make it hold or, of a `none`, fail."""
    return next(filter(None, map(_demand, walk(node))), "") if held == isinstance(node, NoneOf) else ""


def _demand(node: Node | Limit) -> str:
    """Say what words must do beyond standing there, as a complaint."""
    match node:
        case In():
            return "but not in the right field"
        case Near():
            return "but not so near each other" + (" in this order" if node.ordered else "")
        case Exact():
            return "but not in this very form"
        case Actor() if node.unless:
            return "but only in somebody else's name"
        case AllOf():
            return "but not all of it"
        case _:
            return ""


def _where(mentions: Sequence[Mention]) -> str:
    """Name the words found, each once in a field."""
    words: dict[Field, dict[str, None]] = {}
    for mention in mentions:
        words.setdefault(mention.field, {})[f"“{shorten(one_line(mention.surface), _LONGEST_SHOWN)}”"] = None
    return ", ".join(f"{field.value} has {', '.join(list(found)[:_MOST_SHOWN])}" for field, found in words.items())
