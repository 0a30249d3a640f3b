"""`fulltext: true`: the word that matters stands in the article alone."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from tests.app.house import House, rss

RULES = "rules: {calls: {terms: deconfliction, all: [Shoygu]}}"
PARAGRAPHS = "".join(f"<p>Paragraph {number} of an article that is long enough to be one.</p>" for number in range(20))
ARTICLE = f"<html><body><article><h1>Talks</h1>{PARAGRAPHS}<p>They spoke of deconfliction.</p></article></body></html>"
PAGE = "/Carter-calls-Shoygu"


async def read_news(house: House, *, fulltext: bool, robots: str = "") -> list[str]:
    """Poll a feed that has one entry, then that feed with two more; return what the host was asked for."""
    house.configure(
        feeds=f"wire: {{url: '{house.feeds.url('/wire')}', fulltext: {str(fulltext).lower()}}}", rules=RULES
    )
    house.feeds.content_types[PAGE] = "text/html"
    house.feeds.pages[PAGE] = ARTICLE
    if robots:
        house.feeds.pages["/robots.txt"] = robots
    home = house.feeds.url("")
    house.feeds.pages["/wire"] = rss("Weather", base=home)
    await house.once()
    house.feeds.pages["/wire"] = rss("Carter calls Shoygu", "Storm", "Weather", base=home)
    await house.once(after=timedelta(minutes=15))
    return house.feeds.requests


def decisions(house: House) -> list[tuple[str, str]]:
    with sqlite3.connect(house.folder / "var" / "monitor.db") as connection:
        rows = connection.execute("SELECT verdict, reason FROM decision WHERE stage = 'fulltext'").fetchall()
    return [(verdict, reason) for verdict, reason in rows]


async def test_an_article_is_read_where_its_title_leaves_a_rule_open(house: House) -> None:
    requests = await read_news(house, fulltext=True)
    assert house.told == ["Carter calls Shoygu"]
    assert "deconfliction" in str(house.slack.messages[0].blocks)
    assert requests == ["/wire", "/wire", "/robots.txt", PAGE]  # neither the known entry's nor the storm's
    ((verdict, reason),) = decisions(house)
    assert verdict == "read"
    assert "characters of the article" in reason


async def test_an_article_that_was_read_is_no_change_of_its_entry(house: House) -> None:
    await read_news(house, fulltext=True)
    requests = len(house.feeds.requests)
    await house.once(after=timedelta(hours=25))  # the whole page is parsed again
    assert house.feeds.requests[requests:] == ["/wire"]
    assert len(house.told) == 1
    with sqlite3.connect(house.folder / "var" / "monitor.db") as connection:
        assert connection.execute("SELECT count(*) FROM decision WHERE verdict = 'updated'").fetchone() == (0,)


async def test_without_the_option_no_article_is_read(house: House) -> None:
    assert PAGE not in await read_news(house, fulltext=False)
    assert house.told == []


async def test_what_robots_txt_forbids_is_not_read_and_the_summary_has_to_do(house: House) -> None:
    requests = await read_news(house, fulltext=True, robots="User-agent: *\nDisallow: /")
    assert PAGE not in requests
    assert house.told == []
    ((verdict, reason),) = decisions(house)
    assert verdict == "failed"
    assert reason.startswith("robots.txt forbids it")
