"""The index of words: filled in pages, true to the matcher's words, and never behind what it answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from monitor.decide.retention import cutoffs
from monitor.model import LONGEST_WORD, Entry, HasAll, HasAny, HasWord, Hit, Retention, Wanted
from monitor.ports import Cursor, PrunePlace
from monitor.store import SqlStore
from monitor.store.words import MOST_BYTES
from tests.store.builders import LEASE, MINUTE, NOW, make_entry, make_feed, make_outcome

TEXTS = {
    "talks": {"title": "Military-to-military talks on Syria", "summary": "Carter called Shoygu."},
    "russian": {"title": "Шойгу и Картер обсудили Сирию"},
    "chinese": {"title": "俄国防部长绍伊古与美国防长通话"},
    "accents": {"title": "L’Élysée: Choïgou", "body": "½ straße ＦＵＬＬ"},
    "quotes": {"title": "a \" OR ' & | ! <-> * :* (b) NEAR \\ it's"},
    "empty": {"title": ""},
}


def stored(store: SqlStore, *entries: Entry) -> None:
    store.sync_feeds([make_feed()], NOW)
    (lease,) = store.claim_feeds(now=NOW, lease=LEASE, limit=1)
    store.record(make_outcome(lease, entries=entries), NOW)


def found(store: SqlStore, wanted: Wanted | None, **asked: object) -> list[str]:
    given = {"since": NOW - timedelta(days=7), "before": None, "limit": 100, **asked}
    places = store.find_wanted(wanted, **given)  # type: ignore[arg-type]
    reports = store.recall_near(stories=(), entries=[place.entry_id for place in places]).reports
    return [reports[place.entry_id].guid for place in places]


def index_rows(store: SqlStore) -> int:
    with store.engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM entry_words")) or 0


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    stored(store, *(make_entry(name, guid=name, **texts) for name, texts in TEXTS.items()))
    assert store.index_words(100) == len(TEXTS)
    return store


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (HasWord("syria"), {"talks"}),
        (HasWord("syr"), set()),
        (HasWord("syr", begins=True), {"talks"}),
        (HasWord("military"), {"talks"}),
        (HasWord("elysee"), {"accents"}),
        (HasWord("strasse"), {"accents"}),
        (HasWord("full"), {"accents"}),
        (HasAll((HasWord("绍"), HasWord("伊"), HasWord("古"))), {"chinese"}),
        (HasAny((HasWord("shoygu"), HasWord("шоигу"))), {"talks", "russian"}),
        (HasAll((HasWord("carter"), HasAny((HasWord("paris"), HasWord("syr", begins=True))))), {"talks"}),
        (HasAll((HasWord("carter"), HasWord("paris"))), set()),
        (HasWord("or"), {"quotes"}),
        (HasWord("near"), {"quotes"}),
    ],
)
def test_words_are_found_as_the_matcher_reads_them(filled: SqlStore, wanted: Wanted, names: set[str]) -> None:
    assert set(found(filled, wanted)) == names


@pytest.mark.parametrize(
    "word", ['" OR "talks', "' | 'talks", "' | 'talks' | '\\", "x'); DROP TABLE entry; --", "* ^ words:"]
)
def test_what_looks_like_the_engines_language_is_a_word(filled: SqlStore, word: str) -> None:
    for begins in (False, True):
        assert found(filled, HasWord(word, begins=begins)) == []


def test_anything_is_found_in_order_and_in_pages(store: SqlStore) -> None:
    names = [f"entry {number}" for number in range(7)]
    stored(store, *(make_entry(each, guid=each, seen_at=NOW - number * MINUTE) for number, each in enumerate(names)))
    assert store.index_words(3) == 3
    for wanted in (None, HasWord("entry")):
        assert found(store, wanted) == names
        assert found(store, wanted, since=NOW - 2 * MINUTE) == names[:3]
        first = store.find_wanted(wanted, since=NOW - timedelta(days=1), before=None, limit=4)
        assert first[0] == Cursor(seen_at=NOW, entry_id=first[0].entry_id)
        assert found(store, wanted, before=first[-1]) == names[4:]


def test_what_is_not_indexed_yet_may_be_what_is_wanted(store: SqlStore) -> None:
    stored(store, make_entry("old", guid="old", title="Syria", seen_at=NOW - MINUTE), make_entry("new", guid="new"))
    assert store.index_words(1) == 1  # the newest
    assert found(store, HasWord("nowhere")) == ["old"]
    assert store.index_words(10) == 1
    assert store.index_words(10) == 0
    assert found(store, HasWord("nowhere")) == []
    assert found(store, HasWord("syria")) == ["old"]


def test_a_text_that_changes_is_indexed_anew(store: SqlStore) -> None:
    stored(store, make_entry("one", guid="one", title="Syria"), make_entry("two", guid="two", title="Syria"))
    store.index_words(10)
    (lease,) = store.claim_feeds(now=NOW + timedelta(days=1), lease=LEASE, limit=1)
    changed = make_entry("one", guid="one", title="Paris")
    store.record(make_outcome(lease, updates=(changed,)), NOW)
    assert index_rows(store) == 1
    assert set(found(store, HasWord("nowhere"))) == {"one"}
    store.index_words(10)
    assert found(store, HasWord("paris")) == ["one"]
    assert found(store, HasWord("syria")) == ["two"]


def test_what_is_forgotten_leaves_the_index(store: SqlStore) -> None:
    old = make_entry("old", guid="old", title="Syria", seen_at=NOW - timedelta(days=100))
    stored(store, old, make_entry("new", guid="new", title="Syria"))
    store.index_words(10)
    assert index_rows(store) == 2
    before = cutoffs(Retention(), (), timedelta(days=1), NOW)
    place: PrunePlace | None = PrunePlace()
    while place is not None:
        place = store.prune(before, place).then
    assert found(store, HasWord("syria"), since=NOW - timedelta(days=400)) == ["new"]
    assert index_rows(store) == 1
    with store.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("INSERT INTO entry_words(entry_words) VALUES ('integrity-check')"))


def test_words_without_end_are_cut_and_entries_of_too_many_are_always_looked_at(store: SqlStore) -> None:
    long = "x" * 5_000
    many = " ".join(f"w{number:060}" for number in range(MOST_BYTES // 60))
    stored(store, make_entry("long", guid="long", title=long), make_entry("many", guid="many", body=many))
    store.index_words(10)
    assert set(found(store, HasWord(long[:LONGEST_WORD]))) == {"long", "many"}
    assert set(found(store, HasWord("x" * 20, begins=True))) == {"long", "many"}
    assert found(store, HasWord("nowhere")) == ["many"]


def test_hits_of_a_rule_are_read_in_pages(store: SqlStore) -> None:
    entries = [make_entry(f"entry {number}", guid=str(number)) for number in range(5)]
    stored(store, *entries)
    (lease,) = store.claim_feeds(now=NOW + timedelta(days=1), lease=LEASE, limit=1)
    hits = [
        Hit(rule=rule, at=NOW + number * MINUTE, entry_id=each.id, source="guardian", text_key=b"0" * 16, names=("a",))
        for number, each in enumerate([*entries, make_entry("forgotten")])
        for rule in ("one", "two")
    ]
    store.record(make_outcome(lease, hits=tuple(hits)), NOW)
    read, place = store.read_hits("one", since=NOW + MINUTE, after=None, limit=3)
    assert [(each.entry.guid, each.at, each.names) for each in read] == [
        (str(number), NOW + number * MINUTE, ("a",)) for number in (1, 2, 3)
    ]
    read, place = store.read_hits("one", since=NOW + MINUTE, after=place, limit=3)
    assert [each.entry.guid for each in read] == ["4"]
    assert place is None
