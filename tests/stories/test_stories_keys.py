"""Which entries are one story, by their keys."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Entry
from monitor.stories.keys import story_keys

NOW = datetime(2015, 9, 18, 20, tzinfo=UTC)


def entry(title: str, summary: str = "", *, body: str = "", canonical: str = "") -> Entry:
    return Entry(
        id="0" * 32,
        keys=(b"k" * 16,),
        feed="wire",
        title=title,
        summary=summary,
        body=body,
        canonical_url=canonical,
        seen_at=NOW,
    )


def share(one: Entry, other: Entry) -> bool:
    return bool(set(story_keys(one).values()) & set(story_keys(other).values()))


def test_the_same_link_is_the_same_story_whatever_the_headline() -> None:
    assert share(entry("One", canonical="https://a.example/1"), entry("Two", canonical="https://a.example/1"))
    assert not share(entry("One", canonical="https://a.example/1"), entry("One", canonical="https://a.example/2"))


def test_the_same_words_are_the_same_story_whatever_case_accents_and_hyphens() -> None:
    one = entry("Kerry: ready for military-to-military talks", "Says Choïgou\u00a0agreed.")
    assert share(one, entry("KERRY – READY FOR MILITARY TO MILITARY TALKS", "says choigou\nagreed"))
    assert not share(one, entry("Kerry: ready for military-to-military talks", "Says Lavrov agreed."))


def test_title_and_text_do_not_run_into_each_other() -> None:
    assert not share(entry("Carter and Shoygu speak", "again today"), entry("Carter and Shoygu speak again", "today"))


def test_a_text_may_stand_in_the_summary_of_one_feed_and_in_the_body_of_another() -> None:
    assert share(entry("Title of the story", "And its text"), entry("Title of the story", body="And its text"))


def test_a_few_words_or_a_home_page_identify_nothing() -> None:
    assert story_keys(entry("Live updates", "Today", canonical="https://a.example")) == {}
    assert list(story_keys(entry("Nineteen letters xy", "z"))) == []
    assert list(story_keys(entry("Twenty letters xyzabc", "zz"))) == ["text"]


@given(st.text(), st.text(), st.text())
def test_any_text_gives_keys_of_sixteen_bytes(title: str, summary: str, canonical: str) -> None:
    assert all(len(key) == 16 for key in story_keys(entry(title, summary, canonical=canonical)).values())
