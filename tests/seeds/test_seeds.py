"""Every story in seeds/: the feeds parse to what expected.yaml says, and the bundled rules find what it says, no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor.document import read_document
from monitor.feeds.parse import parse_page
from monitor.model import Entry, Feed, Page, Priority
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset
from monitor.stories.keys import story_keys

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
FOLDERS = sorted(path.parent for path in (ROOT / "seeds" / "stories").glob("*/expected.yaml"))

Found = dict[str, dict[str, set[str]]]  # rule -> what was watched for -> spellings found


@dataclass(frozen=True)
class Seed:
    expected: list[dict[str, Any]]
    messages: int
    entries: list[tuple[str, Entry]]  # with the feed file's name

    @property
    def told(self) -> list[tuple[dict[str, Any], Entry]]:
        """Entries that some rule should find, with what is expected of them."""
        by_place = {(name, entry.title): entry for name, entry in self.entries}
        return [(row, by_place[row["feed"], row["title"]]) for row in self.expected if row.get("rules")]


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def seed(request: pytest.FixtureRequest) -> Seed:
    folder: Path = request.param
    document, problems = read_document(folder / "expected.yaml")
    assert document is not None
    assert problems == []
    entries = []
    for path in sorted(folder.iterdir()):
        if path.name != "expected.yaml":
            page = parse_page(Page(body=path.read_bytes()), Feed(name=path.name, url=path.as_uri()), NOW)
            assert page.title
            entries += [(path.name, entry) for entry in page.entries]
    return Seed(document.value["entries"], int(document.value["messages"]), entries)


def test_there_are_stories() -> None:
    assert len(FOLDERS) >= 4


def test_the_feeds_hold_exactly_the_entries_expected(seed: Seed) -> None:
    parsed = [(name, entry.title, entry.published) for name, entry in seed.entries]
    stated = [(row["feed"], row["title"], datetime.fromisoformat(row["published"])) for row in seed.expected]
    assert sorted(parsed, key=str) == sorted(stated, key=str)


def test_the_rules_find_exactly_what_is_expected(seed: Seed) -> None:
    ruleset = bundled_rules()
    found = {(name, entry.title): mentions_of(ruleset, entry) for name, entry in seed.entries}
    stated = {
        (row["feed"], row["title"]): {
            rule: {name: set(spellings) for name, spellings in mentions.items()}
            for rule, mentions in (row.get("rules") or {}).items()
        }
        for row in seed.expected
    }
    assert found == stated


@cache
def bundled_rules() -> Ruleset:
    documents = [read_document(path)[0] for path in sorted((ROOT / "rules").glob("*.yaml"))]
    ruleset, problems = load_rules(
        [document for document in documents if document],
        channels=frozenset({"desk"}),
        default_notify=("desk",),
        default_priority=Priority.NORMAL,
    )
    assert problems == []
    assert ruleset is not None
    return ruleset


def mentions_of(ruleset: Ruleset, entry: Entry) -> Found:
    result = ruleset.match(entry)
    assert result.failures == ()
    found: Found = {}
    for match in result.matches:
        names = found.setdefault(match.rule.id, {})
        for mention in match.mentions:
            assert getattr(entry, mention.field)[mention.start : mention.end] == mention.surface
            names.setdefault(mention.name, set()).add(mention.surface)
    return found


def test_the_examples_in_the_bundled_rules_hold_and_every_rule_has_some() -> None:
    definitions = [compiled.definition for compiled in bundled_rules().compiled.values()]
    assert len(definitions) >= 12
    assert [definition.rule.id for definition in definitions if not definition.examples] == []
    for definition in definitions:
        for example in definition.examples:
            entry = Entry(
                id="0" * 32,
                keys=(),
                feed="examples",
                title=example.title,
                summary=example.summary,
                body=example.body,
                seen_at=NOW,
            )
            hit = definition.rule.id in mentions_of(bundled_rules(), entry)
            assert hit == example.hit, str(example.blame())


def test_entries_share_a_story_key_where_expected_says_one_story_and_nowhere_else(seed: Seed) -> None:
    for one, entry in seed.told:
        for other, other_entry in seed.told:
            shared = set(story_keys(entry).values()) & set(story_keys(other_entry).values())
            assert bool(shared) == (one["story"] == other["story"])
    assert len({row["story"] for row, _ in seed.told}) == seed.messages


def test_the_outlets_are_invented() -> None:
    for folder in FOLDERS:
        for path in folder.iterdir():
            feed = Feed(name=path.name, url="https://example.org/")
            if path.name != "expected.yaml":
                entries = parse_page(Page(body=path.read_bytes()), feed, NOW).entries
                hosts = {entry.canonical_url.split("/")[2] for entry in entries}
                assert all(host.endswith((".example.org", ".example.net", ".example.com")) for host in hosts)


def test_the_starter_list_reads_and_names_every_feed_once() -> None:
    document, problems = read_document(ROOT / "seeds" / "feeds.yaml")
    assert document is not None
    assert problems == []
    feeds = document.value["feeds"]
    assert len(feeds) >= 30
    assert len({feed["url"] for feed in feeds.values()}) == len(feeds)
    assert len({feed["lang"] for feed in feeds.values()}) >= 10
    assert all(feed["url"].startswith("https://") and feed["tags"] for feed in feeds.values())
