"""Which articles are worth reading: those whose title and summary leave a rule open, and no more than a few a poll."""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import replace
from datetime import datetime

from monitor.errors import FeedError
from monitor.model import Decision, Entry, Field, ParsedFeed, Stage
from monitor.rules.conditions import Seen
from monitor.rules.match import CompiledRule, Ruleset
from monitor.rules.tree import Times, watches

MOST_ARTICLES = 10  # of one poll
LONG_BODY = 2_000  # characters: a feed that gives so many gives whole articles
MOST_RULES = 5_000  # that are asked; where there are more, some rule is open for any text


def choose_articles(
    parsed: ParsedFeed, known: Container[bytes], *, ruleset: Ruleset, source_tags: Collection[str]
) -> tuple[Entry, ...]:
    """Return the new entries of a page whose articles may make a rule match, the first MOST_ARTICLES of the page."""
    chosen: list[Entry] = []
    for entry in parsed.entries:
        if len(chosen) == MOST_ARTICLES:
            break
        new = not any(key in known for key in entry.keys)
        if new and entry.url and len(entry.body) < LONG_BODY and could_still_match(ruleset, entry, source_tags):
            chosen.append(entry)
    return tuple(chosen)


def could_still_match(ruleset: Ruleset, entry: Entry, source_tags: Collection[str]) -> bool:
    """Say whether more text could make a rule match that does not yet.

    It could where the text so far satisfies one of several clauses of a rule that looks into bodies, or where the rule
    has a single clause, which any text may satisfy; and where nothing stands against it already: language, source, a
    word of `none`.
    """
    if len(ruleset.order) > MOST_RULES:
        return True
    sight = ruleset.look(entry, source_tags)
    return any(is_open(rule, sight.within(rule.fields)) for rule in ruleset.compiled.values())


def is_open(rule: CompiledRule, seen: Seen) -> bool:
    """Say whether a rule does not hold, and more text in the body could mend that."""
    if Field.BODY not in rule.definition.fields:
        return False
    wanted = found = 0
    counted = True  # do the words that were found stand there often enough?
    for clause, condition in zip(rule.definition.clauses, rule.conditions, strict=True):
        held = condition.holds(seen)
        if watches(clause.node):
            wanted, found = wanted + 1, found + held
        elif isinstance(clause.node, Times):
            counted = held
        elif not held:
            return False
    complete = found == wanted and counted
    return not complete and (found > 0 or wanted == 1)


def with_article(entry: Entry, text: str) -> Entry:
    """Return the entry with the text of its article, unless the feed gives more."""
    return replace(entry, body=text) if len(text) > len(entry.body) else entry


def note_read(entry: Entry, text: str, now: datetime) -> Decision:
    """Write down that an article was read."""
    reason = f"{len(text):,} characters of the article" if text else "the page seems to hold no article"
    return Decision(entry_id=entry.id, at=now, stage=Stage.FULLTEXT, verdict="read", reason=reason)


def note_failed(entry: Entry, error: FeedError, now: datetime) -> Decision:
    """Write down that an article could not be read: its summary has to do."""
    return Decision(entry_id=entry.id, at=now, stage=Stage.FULLTEXT, verdict="failed", reason=str(error))
