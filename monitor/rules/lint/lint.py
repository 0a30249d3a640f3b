"""Look for everything that is allowed and still not meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from monitor.document import Document
from monitor.errors import Problem
from monitor.model import Feed
from monitor.rules.limits import host_of
from monitor.rules.lint.actors import lint_actors
from monitor.rules.lint.rules import lint_rules, named_actors
from monitor.rules.tree import Definition
from monitor.rules.written import find_written


def lint(
    documents: Sequence[Document],
    definitions: Sequence[Definition],
    *,
    today: date,
    feeds: Sequence[Feed] | None = None,
    whole: bool = True,
) -> list[Problem]:
    """Return a warning, with its code, for each finding; those that a comment silences are left out.

    `definitions` are the rules of the documents, or those that could be read: `whole` says whether they are all, so
    that an actor that none of them names is one that no rule names. `today` is in UTC; `feeds` are what there is to
    watch, None = not known.
    """
    actors, rules = find_written(documents, "actors"), find_written(documents, "rules")
    used = named_actors(definitions) if whole else None
    sources = None if feeds is None else [_words(feed) for feed in feeds]
    of_rules = lint_rules(definitions, rules, today=today, actors=actors, sources=sources)
    return [*lint_actors(actors, used=used), *of_rules]


def _words(feed: Feed) -> set[str]:
    """Return what a rule may call a feed, in small letters."""
    return {word.lower() for word in (feed.name, *feed.tags, host_of(feed.url)) if word}
