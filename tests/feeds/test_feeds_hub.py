"""Which hub a feed names, in each format and in its headers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from monitor.feeds.hub import hub_and_topic
from monitor.feeds.parse import parse_page
from monitor.model import Feed, Page

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEED = Feed(name="wire", url="https://wire.example/rss?key=secret")
HUB, TOPIC = "https://hub.example/", "https://wire.example/feed"
ATOM = "http://www.w3.org/2005/Atom"
LINKS = f'<{{0}}link rel="hub" href="{HUB}"/><{{0}}link rel="self" href="{TOPIC}"/>'
ITEM = "<item><title>One</title><link>https://wire.example/1</link></item>"
DOCUMENTS = {
    "atom": f'<feed xmlns="{ATOM}"><title>Wire</title>{LINKS.format("")}<entry><id>1</id><title>One</title></entry></feed>',
    "rss": f'<rss version="2.0" xmlns:atom="{ATOM}"><channel><title>Wire</title>{LINKS.format("atom:")}{ITEM}</channel></rss>',
    "rss, other prefix": f'<rss version="2.0" xmlns:a10="{ATOM}"><channel>{LINKS.format("a10:")}{ITEM}</channel></rss>',
    "rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:atom="{ATOM}"><channel rdf:about="x"><title>Wire</title>{LINKS.format("atom:")}</channel>'
        '<item rdf:about="https://wire.example/1"><title>One</title></item></rdf:RDF>'
    ),
    "json": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Wire",
            "feed_url": TOPIC,
            "hubs": ["x", {"type": "rssCloud", "url": "https://cloud.example/"}, {"type": "WebSub", "url": HUB}],
            "items": [{"id": "1", "title": "One"}],
        }
    ),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_each_format_can_name_a_hub(kind: str) -> None:
    parsed = parse_page(Page(body=DOCUMENTS[kind].encode()), FEED, NOW)
    assert (parsed.hub, parsed.topic) == (HUB, TOPIC)
    assert len(parsed.entries) == 1


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_without_a_name_of_its_own_a_feed_is_not_subscribed(kind: str) -> None:
    document = DOCUMENTS[kind].replace('rel="self"', 'rel="other"').replace("feed_url", "other")
    parsed = parse_page(Page(body=document.encode()), FEED, NOW)
    assert (parsed.hub, parsed.topic) == ("", "")


@pytest.mark.parametrize(
    "hub",
    ["", "/hub", "javascript:alert(1)", "file:///etc/passwd", "https://[", "https://", "https://h/\x00", "https://h/" + "x" * 2_000],
)  # fmt: skip
def test_what_is_no_web_address_is_no_hub(hub: str) -> None:
    assert hub_and_topic([("hub", hub), ("self", TOPIC)]) == ("", "")
    assert hub_and_topic([("hub", hub), ("hub", HUB), ("self", TOPIC)]) == (HUB, TOPIC)


def test_the_first_of_each_counts_and_one_link_may_be_for_several_things() -> None:
    links = [("next HUB", HUB), ("hub", "https://second.example/"), ("self alternate", TOPIC)]
    assert hub_and_topic(links) == (HUB, TOPIC)
