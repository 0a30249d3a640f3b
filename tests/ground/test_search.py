"""Searching what is stored: the matcher decides, with an index and without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.rules.match import Ruleset
from monitor.search import ENTRIES_AT_ONCE, Search
from monitor.store import SqlStore
from tests.empty_store import open_in_memory
from tests.rules.building import ruleset
from tests.store.builders import claim_one, make_entry, make_outcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
TITLES = (
    "Military talks on Syria",
    "Talks of the military, and far away behind all these many words: Syria",
    "Football in Syria",
    "Шойгу и Картер обсудили Сирию",
    "俄国防部长绍伊古与美国防长通话",
    "deconfliction line opens",
    "Crisis; ISIS is not in it",
    "",
)
QUERIES = (
    "Syria",
    "Syria NOT football",
    '"military talks"',
    "talks NEAR/3 Syria",
    "deconflict*",
    "actor: shoygu",
    "use: syrian",
    "title: (Syria OR line)",
    're: "S[y]ria"',
    'Syria OR re: "o+tball"',
    'exact: "ISIS"',
    "绍伊古",
    "nowhere",
)
RULES = "actors: {shoygu: [Shoygu, Шойгу, 绍伊古]}\nrules: {syrian: Syria, "


@pytest.fixture(scope="module", params=["none", "some", "all"])
def store(request: pytest.FixtureRequest) -> SqlStore:
    """A store whose entries are not indexed, or the newest are, or all."""
    store = open_in_memory()
    entries = [
        make_entry(f"{number}", title=TITLES[number % len(TITLES)], seen_at=NOW - number * timedelta(minutes=1))
        for number in range(ENTRIES_AT_ONCE * 2)
    ]
    store.record(make_outcome(claim_one(store), entries=tuple(entries)), NOW)
    store.index_words({"none": 0, "some": 150, "all": 1_000}[request.param])
    return store


def rules_for(query: str) -> tuple[Ruleset, Ruleset]:
    everything = ruleset(f"{RULES}q: {{query: '{query}'}}}}")
    from monitor.backtest import only

    return only(everything, "q"), everything


@pytest.mark.parametrize("query", QUERIES)
def test_the_index_changes_nothing_but_the_work(store: SqlStore, query: str) -> None:
    rules, everything = rules_for(query)
    usable = {name: compiled.definition for name, compiled in everything.compiled.items()}
    found = Search(store=store, ruleset=rules, since=NOW - timedelta(hours=3), usable=usable)
    matches = list(found)
    stored, _ = store.read_entries(since=NOW - timedelta(hours=3), after=None, limit=1_000)
    expected = [match for entry in reversed(stored) for match in rules.match(entry).matches]
    assert [(match.entry.id, match.mentions) for match in matches] == [
        (match.entry.id, match.mentions) for match in expected
    ]
    assert found.read <= len(stored)
    assert bool(expected) is (query != "nowhere")


def test_only_what_may_match_is_read_where_all_is_indexed() -> None:
    store = open_in_memory()
    entries = [make_entry(title, title=title, seen_at=NOW) for title in TITLES if title]
    store.record(make_outcome(claim_one(store), entries=tuple(entries)), NOW)
    store.index_words(100)
    found = Search(store=store, ruleset=rules_for("deconflict*")[0], since=NOW - WEEK)
    assert (len(list(found)), found.read, found.reached) == (1, 1, None)


def test_a_search_that_takes_too_long_says_where_it_stopped_and_goes_on_from_there() -> None:
    store = open_in_memory()
    entries = [make_entry(f"{number}", title="Syria", seen_at=NOW) for number in range(5)]  # all of one poll
    store.record(make_outcome(claim_one(store), entries=tuple(entries)), NOW)
    rules, before, found = rules_for("Syria")[0], None, list[str]()
    for _ in range(5):
        page = Search(store=store, ruleset=rules, since=NOW - WEEK, before=before, late=lambda: True)
        found += [match.entry.id for match in page]
        before = page.last
    assert sorted(found) == sorted(entry.id for entry in entries)  # each once, however little time there was
    assert page.reached is None
    answers = iter([False, True])
    half = Search(store=store, ruleset=rules, since=NOW - WEEK, late=lambda: next(answers))
    assert (len(list(half)), half.reached) == (2, NOW)
