"""The feeds that a page names, and the error that passes them on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.errors import Cause, ParseError
from monitor.feeds.discover import FoundFeed, discover_links
from monitor.feeds.parse import parse_page
from monitor.model import Feed, Page

BASE = "https://user:pass@wire.example/news/?key=hunter2"
RSS = "type='application/rss+xml'"


def urls(html: str, base: str = BASE) -> list[str]:
    return [feed.url for feed in discover_links(html, base)]


def test_links_in_their_order_each_once() -> None:
    page = f"""<html><head><title>News</title>
    <link rel="stylesheet" href="/style.css">
    <LINK REL='ALTERNATE nofollow' TYPE='Application/RSS+XML; charset=utf-8' TITLE="All &amp; sundry" HREF="/rss?a=1&amp;b=2"/>
    <link href=atom.xml type=application/atom+xml rel=alternate>
    <link rel="alternate" {RSS} href="/rss?a=1&amp;b=2">
    <link rel="alternate" type="application/feed+json" href="//other.example/feed.json">
    <link rel="feed" type="text/xml" href="https://wire.example/x.xml">"""
    assert discover_links(page, "https://wire.example/news/") == (
        FoundFeed(url="https://wire.example/rss?a=1&b=2", title="All & sundry", kind="RSS"),
        FoundFeed(url="https://wire.example/news/atom.xml", title="", kind="Atom"),
        FoundFeed(url="https://other.example/feed.json", title="", kind="JSON Feed"),
        FoundFeed(url="https://wire.example/x.xml", title="", kind="XML"),
    )


def test_the_base_of_the_page_counts() -> None:
    assert urls(f"<base href='/a/'><base target=x><link rel=alternate {RSS} href=feed>", "https://wire.example/") == [
        "https://wire.example/a/feed"
    ]


@pytest.mark.parametrize(
    "link",
    [
        f"<link rel=stylesheet {RSS} href=/feed>",
        f"<link {RSS} href=/feed>",
        "<link rel=alternate type=text/html href=/feed>",
        "<link rel=alternate hreflang=ru href=/feed>",
        f"<link rel=alternate {RSS}>",
        f"<link rel=alternate {RSS} href='javascript:alert(1)'>",
        f"<link rel=alternate {RSS} href='http://[/'>",
        "<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/7>",
        f"<!-- <link rel=alternate {RSS} href=/feed> -->",
        f"<script>'<link rel=alternate {RSS} href=/feed>'</script>",
        f"<!-- <link rel=alternate {RSS} href=/feed>",
        f"<linker rel=alternate {RSS} href=/feed>",
        f"<link rel=alternate {RSS} href=/feed",
    ],
)
def test_what_is_no_link_to_a_feed(link: str) -> None:
    assert urls(link) == []


@pytest.mark.parametrize(
    "hostile",
    ["<!--" * 100_000, "<link " * 100_000, "<script>" * 100_000, "<link rel='" * 50_000, "<link " + "a=" * 200_000],
)
def test_hostile_pages_take_linear_time(hostile: str) -> None:
    assert urls(f"<link rel=alternate {RSS} href=/feed>{hostile}", "https://wire.example/") == [
        "https://wire.example/feed"
    ]


def test_very_many_are_cut() -> None:
    assert len(urls("".join(f"<link rel=alternate {RSS} href=/{number}>" for number in range(99)))) == 50


def test_a_page_instead_of_a_feed_names_its_feeds_and_no_secret() -> None:
    page = f"<html><head><title>News</title><link rel=alternate {RSS} href='/rss?token=hunter3'><link rel=alternate {RSS} href=all.xml>"
    with pytest.raises(ParseError) as caught:
        parse_page(Page(body=page.encode()), Feed(name="wire", url=BASE), datetime(2026, 11, 1, tzinfo=UTC))
    assert caught.value.cause is Cause.NOT_A_FEED
    assert caught.value.detail == (
        "an HTML page titled “News” that links to https://wire.example/rss?…, https://wire.example/news/all.xml"
    )
