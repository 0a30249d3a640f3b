"""Rules and entries for the tests of this room."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from monitor.document import Document, parse_document
from monitor.errors import Problem
from monitor.model import Entry, Priority
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset


def document(text: str, *, name: str = "rules.yaml") -> Document:
    parsed, problems = parse_document(text.encode(), name=name)
    assert parsed is not None, problems
    assert problems == []
    return parsed


def load(
    *texts: str, channels: Collection[str] | None = ("desk", "chief"), default_notify: tuple[str, ...] = ("desk",)
) -> tuple[Ruleset | None, list[Problem]]:
    """Load documents called 0.yaml, 1.yaml, and so on."""
    documents = [document(text, name=f"{number}.yaml") for number, text in enumerate(texts)]
    return load_rules(documents, channels=channels, default_notify=default_notify, default_priority=Priority.NORMAL)


def ruleset(*texts: str) -> Ruleset:
    rules, problems = load(*texts)
    assert problems == []
    assert rules is not None
    return rules


def problems_of(*texts: str, channels: Collection[str] | None = ("desk", "chief")) -> list[str]:
    """Load what is wrong; return the problems as people read them."""
    rules, problems = load(*texts, channels=channels)
    assert rules is None
    assert problems
    return [str(problem) for problem in problems]


def entry(title: str = "", summary: str = "", body: str = "", *, language: str = "") -> Entry:
    return Entry(
        id="0" * 32,
        keys=(),
        feed="wire",
        title=title,
        summary=summary,
        body=body,
        language=language,
        seen_at=datetime(2015, 9, 18, tzinfo=UTC),
    )


def hits(rules: Ruleset, title: str = "", summary: str = "", body: str = "") -> list[str]:
    """Return the ids of the rules that fire; none may break."""
    result = rules.match(entry(title, summary, body))
    assert result.failures == ()
    return [match.rule.id for match in result.matches]
