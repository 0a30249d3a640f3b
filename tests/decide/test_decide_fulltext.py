"""An article is read where it can make a rule match, and only there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.decide.fulltext import (
    LONG_BODY,
    MOST_ARTICLES,
    MOST_RULES,
    choose_articles,
    could_still_match,
    note_read,
    with_article,
)
from monitor.model import Entry, ParsedFeed
from monitor.rules.match import Ruleset
from tests.rules.building import ruleset

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def entry(title: str = "Carter calls Shoygu", **changes: object) -> Entry:
    given: dict[str, object] = {
        "id": title, "keys": (title.encode(),), "feed": "wire", "title": title, "url": "https://x.example/1",
        "language": "en", "seen_at": NOW, **changes,
    }  # fmt: skip
    return Entry(**given)  # type: ignore[arg-type]


def rules(text: str) -> Ruleset:
    return ruleset(f"rules: {{{text}}}")


@pytest.mark.parametrize(
    ("rule", "open_"),
    [
        ("r: deconfliction", True),  # one clause: any text may hold it
        ("r: Shoygu", False),  # holds already
        ("r: {terms: deconfliction, all: [Shoygu]}", True),
        ("r: {terms: deconfliction, all: [Syria]}", False),  # nothing points there
        ("r: {terms: Carter, all: [Shoygu]}", False),
        ("r: {terms: deconfliction, all: [Shoygu], in: [title, summary]}", False),
        ("r: {terms: deconfliction, all: [Shoygu], none: [Carter]}", False),
        ("r: {terms: deconfliction, all: [Shoygu], none: [football]}", True),
        ("r: {terms: deconfliction, all: [Shoygu], lang: fr}", False),
        ("r: {terms: deconfliction, all: [Shoygu], sources: {only: [other]}}", False),
        ("r: {terms: Shoygu, min_count: 3}", True),  # holds, and not often enough yet
        ("r: {query: 'Shoygu AND deconfliction'}", True),
        ("r: {query: 'Syria AND deconfliction'}", False),
        ("r: {query: 'Syria OR deconfliction'}", True),
        ("a: Shoygu, b: deconfliction", True),
        ("a: {terms: Syria, all: [Iraq]}, b: {terms: deconfliction, all: [Carter]}", True),
    ],
)
def test_a_rule_is_open_where_more_text_could_mend_it(rule: str, open_: bool) -> None:
    assert could_still_match(rules(rule), entry(), ("wire",)) is open_


def test_of_very_many_rules_some_is_open() -> None:
    many = ", ".join(f"r{number}: {{terms: Syria, all: [Iraq]}}" for number in range(MOST_RULES + 1))
    assert could_still_match(rules(many), entry(), ())


def choose(*entries: Entry, known: frozenset[bytes] = frozenset()) -> list[str]:
    page = ParsedFeed(title="T", entries=entries)
    return [each.title for each in choose_articles(page, known, ruleset=rules("r: storm"), source_tags=())]


def test_only_new_entries_with_a_link_and_without_a_text_are_read() -> None:
    entries = [entry("a"), entry("b", url=""), entry("c", body="x" * LONG_BODY), entry("d"), entry("storm")]
    assert choose(*entries, known=frozenset([b"d"])) == ["a"]


def test_a_poll_reads_a_few_articles() -> None:
    assert choose(*(entry(str(number)) for number in range(50))) == [str(number) for number in range(MOST_ARTICLES)]


def test_the_longer_text_stays() -> None:
    assert with_article(entry(body="short"), "much longer").body == "much longer"
    assert with_article(entry(body="much longer"), "").body == "much longer"
    assert note_read(entry(), "", NOW).reason == "the page seems to hold no article"
    assert note_read(entry(), "x" * 1_200, NOW).reason == "1,200 characters of the article"
