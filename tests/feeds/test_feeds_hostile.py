"""A server with one URL for each fault: every one ends in a named cause or in entries, within its deadline."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
from collections.abc import Callable

import pytest
from aiohttp import web

from monitor.errors import Cause, FeedError, FetchError
from monitor.feeds.answer import MAX_BYTES
from monitor.feeds.items import MAX_ENTRIES
from monitor.feeds.parse import parse_page
from monitor.model import Entry, Feed, Page
from tests.feeds.feed_server import NOW, RSS, Client, FeedServer, Handler, bomb, br, wait, zst

# -- on the wire ------------------------------------------------------------------------------------------------------


async def hang(_: web.BaseRequest) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def hang_in_body(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(RSS[:30])
    await asyncio.Event().wait()
    return response


async def drip(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await wait(0.02)


async def cut(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(RSS))})
    await response.prepare(request)
    await response.write(RSS[:30])
    assert request.transport is not None
    request.transport.close()
    return response


async def slam(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def flood(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(800):
        await response.write(bytes(65_536))
    return response


@pytest.mark.parametrize("handler", [hang, hang_in_body, drip])
async def test_a_slow_server_ends_at_the_deadline(server: FeedServer, hasty: Client, handler: Handler) -> None:
    started = time.process_time()
    error = await fails(hasty, server.route("/feed", handler))
    assert error.cause is Cause.TIMEOUT
    assert "within 0.3 s" in error.detail
    assert time.process_time() - started < 2


@pytest.mark.parametrize("handler", [cut, slam])
async def test_a_broken_connection_is_named(server: FeedServer, client: Client, handler: Handler) -> None:
    assert (await fails(client, server.route("/feed", handler))).cause is Cause.DISCONNECTED


async def test_a_body_of_fifty_megabytes_is_not_read_to_its_end(server: FeedServer, client: Client) -> None:
    error = await fails(client, server.route("/feed", flood))
    assert error.cause is Cause.TOO_LARGE
    assert "more than 5 MB" in error.detail


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: bomb(6),
    "gzip, identity": lambda: bomb(300),
    "gzip, gzip": lambda: bomb(300, layers=2),
    "gzip, gzip, gzip": lambda: bomb(300, layers=3),
    "br": lambda: br(bytes(300_000_000)),
    "zstd": lambda: zst(bytes(300_000_000)),
    "zstd, br, gzip": lambda: gzip.compress(br(zst(bytes(300_000_000)))),
}


@pytest.mark.parametrize("coding", BOMBS)
async def test_a_bomb_costs_no_memory(server: FeedServer, client: Client, coding: str) -> None:
    url = server.serve("/feed", BOMBS[coding](), headers={"Content-Encoding": coding})
    tracemalloc.start()
    error = await fails(client, url)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.cause is Cause.TOO_LARGE
    assert peak < 4 * MAX_BYTES


HUGE_WINDOW = b"\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00"  # a zstd frame that asks for 128 MB before its first byte


@pytest.mark.parametrize(
    ("coding", "body", "cause"),
    [
        ("gzip", gzip.compress(RSS)[:-12], Cause.DISCONNECTED),
        ("gzip", RSS, Cause.BROKEN),
        ("deflate", b"\xff\xff\xff", Cause.BROKEN),
        ("br", RSS, Cause.BROKEN),
        ("br", br(RSS)[:-5], Cause.DISCONNECTED),
        ("br", br(RSS) + b"more", Cause.BROKEN),
        ("zstd", RSS, Cause.BROKEN),
        ("zstd", zst(RSS)[:-5], Cause.DISCONNECTED),
        ("zstd", zst(b" ") * 100, Cause.BROKEN),
        ("zstd", HUGE_WINDOW, Cause.BROKEN),
        ("exi", RSS, Cause.BROKEN),
        ("gzip, gzip, gzip, gzip", RSS, Cause.BROKEN),
        ("gzip", gzip.compress(b" ") * 1_000, Cause.BROKEN),
    ],
    ids=[
        "cut off",
        "not gzip",
        "not deflate",
        "not br",
        "br cut off",
        "br and more",
        "not zstd",
        "zstd cut off",
        "too many frames",
        "huge window",
        "unknown",
        "too many layers",
        "too many members",
    ],
)
async def test_a_coding_that_is_wrong_is_named(
    server: FeedServer, client: Client, coding: str, body: bytes, cause: Cause
) -> None:
    error = await fails(client, server.serve("/feed", body, headers={"Content-Encoding": coding}))
    assert error.cause is cause


async def test_an_answer_that_is_not_http(client: Client) -> None:
    async def gibber(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n" * 3)
        writer.close()

    listener = await asyncio.start_server(gibber, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        assert (await fails(client, f"http://127.0.0.1:{port}/")).cause is Cause.HTTP


async def test_a_circle_of_redirects_ends(server: FeedServer, client: Client) -> None:
    server.redirect("/a", "/b")
    server.redirect("/b", "/a")
    assert (await fails(client, server.url + "/a")).cause is Cause.REDIRECT


async def fails(client: Client, url: str) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await client.get(url)
    return raised.value


# -- in the page ------------------------------------------------------------------------------------------------------


def rss(items: str, *, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{head}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'


def item(title: str, *, description: str = "", link: str = "https://a.example/1") -> str:
    return f"<item><title>{title}</title><link>{link}</link><description>{description}</description></item>"


def entries_of(text: str | bytes) -> tuple[Entry, ...]:
    body = text.encode() if isinstance(text, str) else text
    started = time.process_time()
    try:
        return parse_page(Page(body=body), Feed(name="wire", url="https://a.example/feed"), NOW).entries
    finally:
        assert time.process_time() - started < 8


ENTITY_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
XXE = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def test_entity_bombs_and_outside_entities_are_not_expanded() -> None:
    (bombed,) = entries_of(rss(item("&j; title"), head=ENTITY_BOMB))
    assert len(bombed.title) < 100
    (outside,) = entries_of(rss(item("x &x; title", description="&x;"), head=XXE))
    assert "root:" not in outside.title + outside.summary


@pytest.mark.parametrize(
    "description",
    [
        "&lt;!--" * 66_000,
        "&lt;a " * 50_000,
        "&lt;div&gt;" * 50_000,
        "&lt;b a='1'&gt;&lt;p&gt;" * 20_000,
        "".join(f"&lt;b a{n}&gt;&lt;p&gt;" for n in range(20_000)),
        "&lt;span&gt;" * 20_000 + "&lt;/p&gt;" * 20_000,
        "&lt;a " + " ".join(f"a{n}" for n in range(30_000)),
        "&lt;table&gt;" * 30_000,
        "&amp;amp;" * 50_000,
        "&lt;script&gt;" * 30_000,
        "&lt;![CDATA[" * 30_000,
        "<" * 100_000,
        "]]>" * 50_000,
    ],
    ids=lambda text: text[:12],
)
def test_markup_that_makes_parsers_quadratic(description: str) -> None:
    (entry,) = entries_of(rss(item("Headline", description=description)))
    assert entry.title == "Headline"


def test_thirty_thousand_nested_elements() -> None:
    (entry,) = entries_of(rss(item("Headline") + "<x>" * 30_000 + "</x>" * 30_000))
    assert entry.title == "Headline"


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#0;", "&#x1F;", "&#xFFFF;", "&#99999999999999999999;", "&#x110000;"]
)
def test_references_to_characters_that_do_not_exist(reference: str) -> None:
    (entry,) = entries_of(rss(item(f"Shoy{reference}gu", description=f"&lt;p&gt;{reference.replace('&', '&amp;')}x")))
    assert entry.title == "Shoygu"
    assert entry.summary.endswith("x")


def test_nul_bytes_and_control_characters() -> None:
    (entry,) = entries_of(rss(item("Shoy\0gu\x07 \x1b[31mred\x7f")))
    assert entry.title == "Shoygu [31mred"


def test_line_ends_and_bidi_overrides_in_titles() -> None:
    (entry,) = entries_of(rss(item("To: x\r\nBcc: y&#13;&#10;z \u202egpj.exe\u2066 <![CDATA[<!channel>]]>")))
    assert entry.title.startswith("To: x Bcc: y z gpj.exe")
    assert not set("\r\n\u202e\u2066") & set(entry.title)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", "https://[", "x" * 5_000, " "]
)
def test_a_link_that_is_no_web_address_is_no_link(link: str) -> None:
    (entry,) = entries_of(rss(f"<item><title>Headline</title><link>{link}</link><guid>g</guid></item>"))
    assert (entry.url, entry.canonical_url) == ("", "")


def test_what_feedparser_raises_is_a_broken_feed() -> None:
    with pytest.raises(FeedError) as raised:  # a tag that ends outside of the item it began in
        entries_of(rss("<item><category>a</item></category>"))
    assert raised.value.cause is Cause.BROKEN
    assert raised.value.detail == "cannot be read (KeyError)"


def test_ten_thousand_entries_are_cut() -> None:
    entries = entries_of(rss("".join(f"<item><title>{n}</title><guid>{n}</guid></item>" for n in range(10_000))))
    assert len(entries) == MAX_ENTRIES
    assert entries[0].title == "0"


def test_texts_are_bounded() -> None:
    (entry,) = entries_of(rss(item("word " * 200_000, description="text " * 300_000)))
    assert 990 < len(entry.title) <= 1_000
    assert 19_990 < len(entry.summary) <= 20_000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<!DOCTYPE html><html><head><title>Log &amp; in\n</title>", "an HTML page titled “Log & in”"),
        (b"<html>" + b"<p>" * 1_000_000, "an HTML page"),
        (b"<!-- x --><HTML><body>", "an HTML page"),
        (b"<p>" * 100_000, "begins with <p>"),
        (b'<?xml version="1.0"?><opml version="2.0"></opml>', "OPML"),
        (b"Not found", "plain text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\xff\xff\xff", "a binary file"),
        (b'{"a": 1}', "no JSON Feed"),
        (b"[" * 100_000, "JSON that cannot be read"),
        (b'{"version": "https://jsonfeed.org/version/1.1"', "JSON that cannot be read at line 1"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "without a list of items"),
        (b"<rss", "begins with <rss>"),
        (b"<x><channel/></x>", "begins with <x>"),
    ],
)
def test_what_is_not_a_feed_says_what_it_is(body: bytes, words: str) -> None:
    with pytest.raises(FeedError) as raised:
        entries_of(body)
    assert raised.value.cause in (Cause.NOT_A_FEED, Cause.BROKEN)
    assert words in raised.value.detail


@pytest.mark.parametrize("value", [None, 1, True, 1.5, [], {}, "x", "\ud800", [1, None, "x"], {"name": 1}])
@pytest.mark.parametrize(
    "key", ["id", "url", "title", "content_html", "authors", "author", "tags", "date_published", "language"]
)
def test_json_of_any_shape_is_an_entry(key: str, value: object) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "t", key: value}, "no item"]}
    assert len(entries_of(json.dumps(feed))) == 1
