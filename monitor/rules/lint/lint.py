"""Look for everything that is allowed and still not meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from monitor.document import Document
from monitor.errors import Problem
from monitor.rules.lint.actors import lint_actors
from monitor.rules.lint.rules import lint_rules, named_actors
from monitor.rules.tree import Definition
from monitor.rules.written import find_written


def lint(
    documents: Sequence[Document], definitions: Sequence[Definition], *, today: date, whole: bool = True
) -> list[Problem]:
    """Return a warning, with its code, for each finding; those that a comment silences are left out.

    `definitions` are the rules of the documents, or those that could be read: `whole` says whether they are all, so
    that an actor that none of them names is one that no rule names. `today` is in UTC.
    """
    actors, rules = find_written(documents, "actors"), find_written(documents, "rules")
    used = named_actors(definitions) if whole else None
    return [*lint_actors(actors, used=used), *lint_rules(definitions, rules, today=today)]
