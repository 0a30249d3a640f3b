"""What a feed says of its own rhythm."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from monitor.feeds.parse import parse_page
from monitor.model import Feed, Page, ParsedFeed
from tests.feeds.feed_server import NOW

ITEM = "<item><title>One</title><guid>1</guid><ttl>9999</ttl></item>"


def parsed(head: str) -> ParsedFeed:
    page = f'<rss version="2.0"><channel><title>T</title>{head}{ITEM}</channel></rss>'
    return parse_page(Page(body=page.encode()), Feed(name="wire", url="https://a.example/feed"), NOW)


@pytest.mark.parametrize(
    ("head", "ttl"),
    [
        ("", timedelta()),
        ("<ttl>60</ttl>", timedelta(hours=1)),
        ("<ttl> 60\n</ttl>", timedelta(hours=1)),
        ("<TTL>60</TTL>", timedelta(hours=1)),
        ("<ttl>-60</ttl>", timedelta()),
        ("<ttl>soon</ttl>", timedelta()),
        ("<ttl></ttl>", timedelta()),
        ("<ttl>٣</ttl>", timedelta()),
        ("<ttl>999999999999</ttl>", timedelta(days=365)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", timedelta(hours=1)),
        ('<sy:updatePeriod xmlns:sy="x">daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>', timedelta(hours=6)),
        ("<syn:updatePeriod>weekly</syn:updatePeriod>", timedelta(days=7)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", timedelta(hours=1)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>often</sy:updateFrequency>", timedelta(hours=1)),
        ("<sy:updatePeriod>always</sy:updatePeriod>", timedelta()),
        ("<ttl>120</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", timedelta(hours=2)),
    ],
)  # fmt: skip
def test_ttl(head: str, ttl: timedelta) -> None:
    found = parsed(head)
    assert found.ttl == ttl
    assert len(found.entries) == 1


def test_hours_and_days_to_skip() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in (24, 1, 2, 2, 25, "x", -1))
    found = parsed(
        f"<skipHours>{hours}</skipHours><skipDays><day>Sunday</day><day>Someday</day><day>monday</day></skipDays>"
    )
    assert (found.skip_hours, found.skip_days) == ((0, 1, 2), (0, 6))


@pytest.mark.parametrize("text", ["<ttl>" * 200_000, "<ttl " * 200_000, "<hour>1" * 200_000, "<a:" * 200_000])
def test_no_text_takes_long(text: str) -> None:
    started = time.perf_counter()
    parsed(f"<description><![CDATA[{text}]]></description>")
    assert time.perf_counter() - started < 8
