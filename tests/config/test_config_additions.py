"""Feeds from elsewhere get names of their own, and bring no danger along."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.additions import Wanted, home_of, plan_additions, propose_name
from monitor.config.feeds import _NAME
from monitor.document import Document, parse_document


def document(text: str) -> Document:
    found, _ = parse_document(text.encode(), name="x.yaml")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("title", "url", "name"),
    [
        ("BBC News – World", "https://bbc.example/rss", "bbc-news-world"),
        ("Le Monde: À la une", "https://www.lemonde.example/rss", "le-monde-a-la-une"),
        ("ТАСС", "https://www.tass.example/rss", "tass.example"),
        ("ТАСС (en)", "https://tass.example/rss", "tass.example"),
        ("", "http://[", "feed"),
        ("x" * 90, "https://x.example", "x" * 40),
        ("taken", "https://x.example", "taken-2"),
    ],
)
def test_a_name_is_made_of_the_title_or_the_host(title: str, url: str, name: str) -> None:
    assert propose_name(title, url, {"taken"}) == name


@given(st.text(), st.text(), st.sets(st.text(max_size=3)))
def test_any_name_is_usable_and_free(title: str, url: str, taken: set[str]) -> None:
    name = propose_name(title, url, taken)
    assert _NAME.fullmatch(name)
    assert name not in taken


def test_names_are_unique_and_known_feeds_are_not_added_twice() -> None:
    wanted = [
        Wanted(url="https://a.example/1", title="News"),
        Wanted(url="https://a.example/2", title="News", tags=("wire",), language="fr-FR"),
        Wanted(url="https://a.example/1", title="News again"),
        Wanted(url="https://old.example/rss", title="Old"),
        Wanted(url="https://a.example/3", language="no language"),
    ]
    plan = plan_additions(wanted, names=["news"], urls=["https://old.example/rss"])
    assert plan.entries == {
        "news-2": "https://a.example/1",
        "news-3": {"url": "https://a.example/2", "tags": ["wire"], "lang": "fr-FR"},
        "a.example": "https://a.example/3",
    }
    assert plan.known == ("News again", "Old")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://evil.example/?t=${SLACK_BOT_TOKEN}", "refers to a secret"),
        ("https://user:pass@x.example/rss", "holds a password"),
        ("file:///etc/passwd", "not a URL"),
        ("javascript:alert(1)", "not a URL"),
        ("https://x.example/a b", "not a URL"),
        ("https://[", "not a URL"),
        ("", "not a URL"),
    ],
)
def test_a_list_from_elsewhere_cannot_fetch_what_it_should_not(url: str, fault: str) -> None:
    plan = plan_additions([Wanted(url=url)], names=[], urls=[])
    assert not plan.entries
    ((_, said),) = plan.refused
    assert fault in said


def test_a_new_feed_belongs_where_feeds_are() -> None:
    main, feeds, empty = document("rules: {}"), document("feeds: {a: x}"), document("")
    assert home_of([main, empty, feeds]) is feeds
    assert home_of([main, empty]) is main
