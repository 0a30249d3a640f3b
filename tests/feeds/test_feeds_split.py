"""What of a page is parsed: only blocks that are new, and with the same result as the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.check import shortcut_holds
from monitor.feeds.items import MAX_ENTRIES
from monitor.feeds.parse import parse_page
from monitor.feeds.split import HASH_BYTES, halves, plan_parse
from monitor.model import Entry, Feed, Page

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FEED = Feed(name="wire", url="https://wire.example/rss")


def item(number: int, inside: str = "") -> str:
    return f"<item><guid>{number}</guid><title>Story {number}</title>{inside}</item>"


def rss(*items: str, head: str = "", tail: str = "") -> Page:
    body = f"<rss version='2.0'><channel><title>Wire</title>{head}\n{' '.join(items)}\n{tail}</channel></rss>"
    return Page(body=body.encode())


def entries(page: Page | None) -> tuple[Entry, ...]:
    assert page is not None
    return parse_page(page, FEED, NOW).entries


def titles(page: Page | None) -> list[str]:
    return [entry.title for entry in entries(page)]


# -- the plan ----------------------------------------------------------------------------------------------------------


def test_only_new_blocks_are_parsed() -> None:
    last = plan_parse(rss(item(2), item(1)), b"")
    assert last.whole
    assert titles(last.page) == ["Story 2", "Story 1"]
    plan = plan_parse(rss(item(3), item(2), item(1, "<description>at last</description>")), last.blocks)
    assert not plan.whole
    assert titles(plan.page) == ["Story 3", "Story 1"]
    assert len(plan.blocks) == 3 * HASH_BYTES
    assert plan.blocks[HASH_BYTES : 2 * HASH_BYTES] == last.blocks[:HASH_BYTES]


@pytest.mark.parametrize("page", [rss(item(1), item(2)), rss(item(2)), rss(item(2), item(1), head="<ttl>5</ttl>")])
def test_nothing_new_is_nothing_to_parse(page: Page) -> None:
    plan = plan_parse(page, plan_parse(rss(item(2), item(1)), b"").blocks)
    assert plan.page is None
    assert plan.blocks


def test_a_mark_of_utf_8_makes_no_block_new() -> None:
    page = rss(item(2), item(1))
    marked = replace(page, body=b"\xef\xbb\xbf" + page.body)
    assert plan_parse(marked, plan_parse(page, b"").blocks).page is None
    assert plan_parse(page, plan_parse(marked, b"").blocks).page is None


def test_an_envelope_carries_no_more_of_the_head_than_is_read() -> None:
    told = "<description><![CDATA[All <b>news</b>]]></description><image><url>x.png</url></image><generator a='1' />"
    page = rss(item(2), item(1), head=f"<language>ru</language><ttl>5</ttl>{told}")
    plan = plan_parse(page, plan_parse(rss(item(1)), b"").blocks)
    assert plan.page is not None
    assert b"news" not in plan.page.body
    assert b"x.png" not in plan.page.body
    assert b"generator" not in plan.page.body
    parsed, whole = parse_page(plan.page, FEED, NOW), parse_page(page, FEED, NOW)
    assert parsed == replace(whole, entries=whole.entries[:1])
    assert (parsed.title, parsed.entries[0].language, parsed.ttl) == ("Wire", "ru", timedelta(minutes=5))


@pytest.mark.parametrize(
    "head",
    [
        "<about><![CDATA[ ] <about>]]></about>",  # what looks like a tag is none
        "<!-- <about> --> <about>of us</about>",
        "<about>of <b>us</b></about>",
        "<about a='>'>of us</about>",
        "<?about <about> ?><about/>",
    ],
)
def test_a_head_is_well_formed_without_what_is_left_out(head: str) -> None:
    page = rss(item(2), item(1), head=head)
    plan = plan_parse(page, plan_parse(rss(item(1)), b"").blocks)
    assert plan.page is not None
    assert ET.fromstring(plan.page.body.decode("utf-8-sig")).findtext("channel/item/title") == "Story 2"


@pytest.mark.parametrize("piece", ["<a ", "<a>", "<a/ ", "<a " + "b" * 1_000, "<![CDATA[", "</a>", "<a><![CDATA[ ]"])
def test_a_long_head_is_read_in_linear_time(piece: str) -> None:
    page = rss(item(2), item(1), head=piece * 20_000)
    assert plan_parse(page, plan_parse(rss(item(1)), b"").blocks).page is not None


def test_a_whole_parse_leaves_nothing_out() -> None:
    page = rss(item(2), item(1))
    plan = plan_parse(page, plan_parse(page, b"").blocks, whole=True)
    assert plan.whole
    assert titles(plan.page) == ["Story 2", "Story 1"]


def test_what_is_beyond_the_limit_is_not_known_later() -> None:
    page = rss(*(item(number) for number in range(MAX_ENTRIES + 1)))
    plan = plan_parse(page, b"")
    assert len(plan.blocks) == MAX_ENTRIES * HASH_BYTES
    assert len(entries(plan.page)) == MAX_ENTRIES
    assert titles(plan_parse(rss(item(MAX_ENTRIES)), plan.blocks).page) == [f"Story {MAX_ENTRIES}"]


def test_atom_rdf_and_a_document_type_without_declarations() -> None:
    atom = "<?xml version='1.0'?><!-- <entry> --><feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id></entry></feed>"
    rdf = (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        "<channel><items><rdf:Seq/></items></channel><item rdf:about='1'><title>Story</title></item></rdf:RDF>"
    )
    old = "<!DOCTYPE rss PUBLIC '-//Netscape//DTD' 'rss.dtd'><rss version='0.91'><channel><item\n><title>Old</title></item></channel></rss>"
    for text in (atom, rdf, old):
        page = Page(body=text.encode())
        plan = plan_parse(page, b"")
        assert len(plan.blocks) == HASH_BYTES
        assert entries(plan.page) == entries(page) != ()


def test_the_charset_is_decided_on_the_whole_page() -> None:
    declared = '<?xml version="1.0" encoding="windows-1251"?>'
    text = f"<rss version='2.0'><channel>{item(1, '<description>Привет</description>')}{item(2, '<description>да</description>')}"
    page = Page(body=(declared + text + "</channel></rss>").encode("cp1251"), content_type="text/xml; charset=utf-8")
    plan = plan_parse(page, plan_parse(page, b"").blocks[:HASH_BYTES])
    assert [entry.summary for entry in entries(plan.page)] == ["да"]


@pytest.mark.parametrize(
    "body",
    [
        rss(item(1, "<item><title>inner</title></item>")).body,
        rss("<item><title>open</title>", item(1)).body,
        rss(item(1), tail="<item><title>open</title>").body,
        rss(item(1), f"<!-- {item(2)} -->", item(3)).body,
        rss(item(1), head="<!-- ", tail=" -->").body,
        rss(item(1), tail="<!-- ").body,
        rss(item(1), "text between", item(2)).body,
        rss(item(1, "<description><![CDATA[ </item><item> ]]></description>")).body,
        rss(item(1, "<!-- </item><item> -->")).body,
        rss(item(1, "<?php </item><item> ?>")).body,
        rss("<item/>", item(1)).body,
        b"<!DOCTYPE rss [<!ENTITY a 'b'>]>" + rss(item(1)).body,
        rss(item(1)).body.decode().encode("utf-16-le"),  # decoded: it is cut after all
        b"<x:rss xmlns:x='y'><item></item></x:rss>",
        rss().body,
        rss("<items></items>").body,
        b"<html><item></item></html>",
        b'{"version": "https://jsonfeed.org/version/1", "items": []}',
        b"",
        b"<rss",
        b"<rss ><item></item",
        b"<rss ></item><item>",
    ],
)
def test_what_is_in_doubt_is_parsed_whole(body: bytes) -> None:
    plan = plan_parse(Page(body=body), b"")
    assert plan.page is not None
    assert plan.whole
    assert bool(plan.blocks) == (b"\0" in body)
    assert bool(halves(Page(body=body))) == (b"\0" in body)


def test_a_known_block_is_not_doubted_again_and_a_doubtful_one_never_becomes_known() -> None:
    doubtful = rss(item(1), "text between", item(2))
    assert plan_parse(doubtful, plan_parse(doubtful, b"").blocks).page is not None


# -- the same as the whole ---------------------------------------------------------------------------------------------


def test_a_link_that_items_share_is_seen_to_be_shared() -> None:
    """Side by side two items show that their link or guid names neither."""
    shared = "<link>https://wire.example/live</link>"
    last = rss(item(1, shared), item(2))
    page = rss(item(3, shared), item(1, shared), item(2))
    plan = plan_parse(page, plan_parse(last, b"").blocks)
    assert titles(plan.page) == ["Story 3", "Story 1"]
    assert entries(plan.page)[0] == entries(page)[0]


def test_a_shared_link_without_text_is_found_too() -> None:
    def entry(number: int) -> str:
        return f"<entry><title>{number}</title><link rel='self' href='/{number}'/><link href='/live'/><summary>t</summary></entry>"

    def atom(*numbers: int) -> Page:
        return Page(body=f"<feed xmlns='http://www.w3.org/2005/Atom'>{''.join(map(entry, numbers))}</feed>".encode())

    plan = plan_parse(atom(2, 1), plan_parse(atom(1), b"").blocks)
    assert entries(plan.page) == entries(atom(2, 1))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="<>&]"), max_size=20)
INSIDE = st.one_of(
    TEXT,
    TEXT.map(lambda text: f"<![CDATA[{text}<p>{text}</p>]]>"),
    TEXT.map(lambda text: f"&lt;b&gt;{text}&amp;amp;{text}"),
    st.sampled_from(
        ["<![CDATA[ <item> ]]>", "<![CDATA[ </item> ]]>", "<!-- <entry> -->", "<![CDATA[<!-- ]]>", "<?x y?>"]
    ),
)
POOL = st.sampled_from(
    ["1", "2", "https://wire.example/1", "https://wire.example/live", "https://wire.example/", "tag:x"]
)
KINDS = {
    "rss": (
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>W</title>",
        "</channel></rss>",
    ),
    "atom": ("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='ru' xml:base='https://wire.example/a/'>", "</feed>"),
}


@st.composite
def element(draw: st.DrawFn, kind: str) -> str:
    guid, link, title, text = draw(POOL), draw(POOL), draw(TEXT), draw(INSIDE)
    optional = [
        f"<title>{title}</title>",
        f"<guid isPermaLink='false'>{guid}</guid>" if kind == "rss" else f"<id>{guid}</id>",
        f"<link>{link}</link>" if kind == "rss" else f"<link href='{link}'/>",
        f"<description>{text}</description>" if kind == "rss" else f"<summary type='html'>{text}</summary>",
        "<pubDate>Sun, 01 Mar 2026 11:00:00 GMT</pubDate>"
        if kind == "rss"
        else "<updated>2026-03-01T11:00:00Z</updated>",
        "<category>Syria</category>" if kind == "rss" else "<category term='Syria'/>",
    ]
    name = "item" if kind == "rss" else "entry"
    return f"<{name}>{''.join(draw(st.lists(st.sampled_from(optional), unique=True)))}</{name}>"


@given(data=st.data(), kind=st.sampled_from(sorted(KINDS)))
@settings(max_examples=60)
def test_a_page_in_two_parts_gives_what_the_whole_gives(data: st.DataObject, kind: str) -> None:
    head, tail = KINDS[kind]
    elements = data.draw(st.lists(element(kind), min_size=1, max_size=6))
    page = Page(body=(head + "\n".join(elements) + tail).encode())
    plan = plan_parse(page, b"")
    whole = parse_page(page, FEED, NOW)
    assert entries(plan.page) == whole.entries
    if not plan.blocks:  # in doubt
        return
    hashes = [plan.blocks[at : at + HASH_BYTES] for at in range(0, len(plan.blocks), HASH_BYTES)]
    known = data.draw(st.sets(st.sampled_from(hashes)))
    parts = [_part(page, known), _part(page, set(hashes) - known)]
    # of items that have the same key the first is kept, and both are known afterwards
    assert {entry.id for part in parts for entry in part} == {entry.id for entry in whole.entries}
    assert all(any(entry in part for part in parts) for entry in whole.entries)
    assert shortcut_holds(page, whole, FEED, NOW)


def _part(page: Page, known: set[bytes]) -> Sequence[Entry]:
    part = plan_parse(page, b"".join(known)).page
    return entries(part) if part else ()


def test_a_feed_whose_parts_tell_another_story_is_found_out() -> None:
    """A page that is no XML is read by feedparser's loose parser, with other results than its sound parts."""
    page = rss(item(1, "<b>"), item(2, "<description>&lt;p>one</description>"), item(3))
    whole = parse_page(page, FEED, NOW)
    assert shortcut_holds(page, whole, FEED, NOW)
    assert not shortcut_holds(page, replace(whole, entries=whole.entries[:1]), FEED, NOW)
    assert not shortcut_holds(page, replace(whole, entries=(replace(whole.entries[0], title="?"),)), FEED, NOW)
