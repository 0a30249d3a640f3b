"""Children beyond all measure are left out before feedparser compares each with all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.repeats import MOST, cap_repeats

SHAPES = {
    "text": "<category>{}</category>",
    "empty": "<category term='{}'/>",
    "prefixed": "<dc:subject>{}</dc:subject>",
    "capital": "<CATEGORY>{}</CATEGORY>",
    "itunes": "<itunes:category text='{}'></itunes:category>",
    "unclosed": "<category>{}",
}


def count(text: str) -> int:
    return len(re.findall(r"<(?:\w+:)?(?:category|subject)\b", text, re.IGNORECASE))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_item_keeps_its_first_hundred(shape: str) -> None:
    many = "".join(shape.format(number) for number in range(5_000))
    page = f"<rss><channel><item><title>a</title>{many}<link>x</link></item><item>{shape.format(1)}<b/></item></channel></rss>"
    capped = cap_repeats(page)
    assert count(capped) == MOST + 1
    assert capped.startswith(page[: page.index("<title>") + 30])
    assert capped.endswith("<b/></item></channel></rss>")


def test_the_feeds_own_are_counted_between_its_items_too() -> None:
    page = "<channel>" + ("<item/></item>" + "<category>x</category>" * 60) * 5 + "</channel>"
    assert count(cap_repeats(page)) == MOST


@pytest.mark.parametrize("hidden", ["<!-- <item> -->", "<![CDATA[<item></item>]]>"])
def test_what_only_looks_like_an_item_begins_no_new_count(hidden: str) -> None:
    page = "<item>" + ("<category>x</category>" * 60 + hidden) * 5 + "</item>"
    assert count(cap_repeats(page)) == MOST


def test_keywords_are_not_split_at_their_commas() -> None:
    page = "<item><itunes:keywords>a,b</itunes:keywords><keywords/></item>"
    assert cap_repeats(page) == "<item><itunes:keywords_>a,b</itunes:keywords_><keywords_/></item>"


@given(st.lists(st.sampled_from(["<item>", "</item>", "<category>", "</category>", "<p>", "text", "<!--", "-->", "<"])))
def test_a_page_within_measure_stays_as_it_is(parts: list[str]) -> None:
    page = "".join(parts)
    assert cap_repeats(page) == page
