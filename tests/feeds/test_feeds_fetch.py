"""Fetching over real sockets: what is asked, what is told of the answer."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import socket
import zlib
from asyncio import sslproto
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from monitor import __version__
from monitor.errors import Cause, FetchError
from monitor.feeds.answer import HOLD_UNASKED
from monitor.feeds.fetch import MAX_REDIRECTS, HttpFetcher
from monitor.feeds.freshness import freshness
from monitor.feeds.inflate import inflate
from monitor.feeds.resolve import PooledResolver
from monitor.feeds.sessions import TLS_BUFFER
from monitor.model import MOVES, Feed, FeedNotes, FeedState, FetchNotes, NotModified, Page, Validators
from monitor.secret import Secret
from tests.feeds.feed_server import LOOPBACK, NOW, RSS, Client, FeedServer, br, wait, zst

# -- what is asked ----------------------------------------------------------------------------------------------------


async def test_a_page_comes_with_its_validators_byte_for_byte(server: FeedServer, client: Client) -> None:
    headers = {"ETag": 'W/"a  b;-gzip"', "Last-Modified": "yesterday, about noon", "Content-Type": "text/xml"}
    page = await client.page(server.serve("/feed", headers=headers))
    assert page.body == RSS
    assert page.content_type == "text/xml"
    assert page.validators == Validators(etag='W/"a  b;-gzip"', last_modified="yesterday, about noon")


async def test_validators_are_sent_back_and_304_is_no_page(server: FeedServer, client: Client) -> None:
    url = server.serve("/feed", b"", status=304)
    answer = await client.get(url, validators=Validators(etag='W/"x"', last_modified="noon"))
    assert answer == NotModified()
    sent = server.requests[0].headers
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('W/"x"', "noon")


async def test_validators_of_another_url_are_not_sent(server: FeedServer, client: Client) -> None:
    url = server.serve("/new")
    state = FeedState(feed_id=1, name="wire", url=server.url + "/old", validators=Validators(etag='"old"'))
    await client.fetcher.fetch(Feed(name="wire", url=url), state)
    assert "If-None-Match" not in server.requests[0].headers


async def test_a_304_that_nobody_asked_for_is_an_error(server: FeedServer, client: Client) -> None:
    error = await failure(client, server.serve("/feed", b"", status=304))
    assert error.cause is Cause.HTTP


async def test_a_validator_that_is_no_text_is_not_kept(server: FeedServer, client: Client) -> None:
    page = await client.page(server.serve("/feed", headers={"ETag": '"Шойгу"', "Last-Modified": "x" * 2_000}))
    assert page.validators == Validators()


async def test_it_says_who_asks_and_closes_the_connection(server: FeedServer, client: Client) -> None:
    await client.page(server.serve("/feed"))
    sent = server.requests[0].headers
    assert sent["User-Agent"] == f"media-monitor/{__version__} (+desk@example.org)"
    assert sent["Accept-Encoding"] == "gzip, deflate, br, zstd"
    assert sent["Connection"] == "close"
    assert "Cookie" not in sent


async def test_cookies_do_not_travel_between_feeds(server: FeedServer, client: Client) -> None:
    url = server.serve("/feed", headers={"Set-Cookie": "id=1"})
    await client.page(url)
    await client.page(url)
    assert "Cookie" not in server.requests[1].headers


async def test_a_feeds_own_headers_are_sent_and_win(server: FeedServer, client: Client) -> None:
    await client.get(server.serve("/feed"), headers={"Authorization": "Bearer s3cret", "User-Agent": "mine"})
    assert server.requests[0].headers["Authorization"] == "Bearer s3cret"
    assert server.requests[0].headers["User-Agent"] == "mine"


async def test_a_host_sees_two_connections_at_most_and_waiting_is_not_timed(server: FeedServer) -> None:
    active: list[int] = [0, 0]

    async def slow(_: web.BaseRequest) -> web.StreamResponse:
        active[0] += 1
        active[1] = max(active)
        await wait(0.1)
        active[0] -= 1
        return web.Response(body=RSS)

    url = server.route("/feed", slow)
    fetcher = HttpFetcher(clock=lambda: NOW, allow=LOOPBACK, timeout=timedelta(milliseconds=280))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(Client(fetcher).get(url)) for _ in range(8)]
    await fetcher.close()
    assert all(isinstance(task.result(), Page) for task in tasks)
    assert active == [0, 2]


# -- redirects --------------------------------------------------------------------------------------------------------


async def test_redirects_are_followed_up_to_the_limit(server: FeedServer, client: Client) -> None:
    server.serve("/0")
    for hop in range(1, MAX_REDIRECTS + 2):
        server.redirect(f"/{hop}", f"/{hop - 1}", status=(301, 302, 303, 307, 308)[hop % 5])
    assert (await client.page(f"{server.url}/{MAX_REDIRECTS}")).body == RSS
    error = await failure(client, f"{server.url}/{MAX_REDIRECTS + 1}")
    assert error.cause is Cause.REDIRECT
    assert "more than 5 redirects" in error.detail


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "redirects to file:"),
        ("ftp://example.org/feed", "redirects to ftp:"),
        ("javascript:alert(1)", "redirects to javascript:"),
        ("", "redirects to nowhere"),
        ("http://[", "redirects to nowhere"),
    ],
)
async def test_a_redirect_leads_to_http_or_nowhere(
    server: FeedServer, client: Client, location: str, words: str
) -> None:
    error = await failure(client, server.redirect("/feed", location))
    assert error.cause is Cause.REDIRECT
    assert words in error.detail


async def test_secrets_stay_with_the_first_origin(server: FeedServer, other_server: FeedServer, client: Client) -> None:
    other_server.redirect("/there", server.url + "/back")
    server.serve("/back")
    server.redirect("/here", "/start")
    server.redirect("/start", other_server.url + "/there")
    await client.get(server.url + "/here", headers={"X-Key": "s3cret"})
    assert [request.path for request in server.requests if "X-Key" in request.headers] == ["/here", "/start"]
    assert "X-Key" not in other_server.requests[0].headers


# -- named causes -----------------------------------------------------------------------------------------------------


async def failure(client: Client, url: str, *, headers: dict[str, str] | None = None) -> FetchError:
    """Fetch what fails; whatever fails, the message is one line and holds no secret."""
    with pytest.raises(FetchError) as raised:
        await client.get(url, headers=headers)
    error = raised.value
    assert "\n" not in error.detail
    assert error.detail
    assert error.__cause__ is None or not isinstance(error.__cause__, OSError) or url.startswith("file:")
    return error


@pytest.mark.parametrize(
    ("status", "cause", "words"),
    [
        (410, Cause.GONE, "gone for good: remove it, or look for its new address"),
        (401, Cause.HTTP, "it wants a login: check the feed's `auth` or `headers`"),
        (403, Cause.HTTP, "check the feed's `headers`, or ask its publisher"),
        (404, Cause.HTTP, "look for its new address"),
        (429, Cause.RATE_LIMITED, "HTTP 429 Too Many Requests"),
        (404, Cause.HTTP, "HTTP 404 Not Found"),
        (500, Cause.HTTP, "HTTP 500 Internal Server Error"),
        (599, Cause.HTTP, "HTTP 599"),
        (204, Cause.HTTP, "HTTP 204 No Content"),
    ],
)
async def test_a_status_names_its_cause(
    server: FeedServer, client: Client, status: int, cause: Cause, words: str
) -> None:
    error = await failure(client, server.serve("/feed", b"", status=status) + "?token=s3cret")
    assert error.cause is cause
    assert words in error.detail
    assert f"{server.url}/feed" in error.detail
    assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    ("status", "written", "expected"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "Sun, 01 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        (429, "Sun, 01 Nov 2026 11:00:00 GMT", timedelta()),
        (429, "999999999", timedelta(hours=24)),
        (429, "Fri, 31 Dec 9999 23:59:59 GMT", timedelta(hours=24)),
        (429, "soon", None),
        (429, "-5", None),
        (429, "1e9", None),
        (429, "٣", None),
        (429, "99999999999999999999", None),
        (429, "", None),
        (500, "120", None),
    ],
)
async def test_retry_after_is_read_with_care_and_holds_back_the_host(
    server: FeedServer, client: Client, status: int, written: str, expected: timedelta | None
) -> None:
    error = await failure(client, server.serve("/feed", b"", status=status, headers={"Retry-After": written}))
    assert error.retry_after == expected
    unasked = None if status == 500 else HOLD_UNASKED
    assert error.hold_host == (unasked if expected is None else expected)
    assert ("all feeds of 127.0.0.1 wait" in error.detail) is bool(error.hold_host)
    assert ("wait 2 min for it" in error.detail) is (written == "120" and status == 429)


async def test_a_host_that_a_feed_only_leads_to_holds_back_none_of_ours(server: FeedServer, client: Client) -> None:
    server.serve("/feed", b"", status=429, headers={"Retry-After": "60"})
    error = await failure(client, server.redirect("/here", server.url.replace("127.0.0.1", "localhost") + "/feed"))
    assert (error.retry_after, error.hold_host) == (timedelta(minutes=1), None)


async def test_nobody_listens(client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(client, f"http://user:s3cret@127.0.0.1:{port}/feed?token=s3cret")
    assert error.cause is Cause.CONNECT
    assert "127.0.0.1" in error.detail
    assert "s3cret" not in repr(error)


async def test_a_redirect_to_a_dead_host_names_that_host(server: FeedServer, client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.2", 0))
        port = free.getsockname()[1]
    error = await failure(client, server.redirect("/feed", f"http://127.0.0.2:{port}/"))
    assert error.cause is Cause.CONNECT
    assert "127.0.0.2" in error.detail


async def test_tls_with_a_server_that_has_none(server: FeedServer, client: Client) -> None:
    error = await failure(client, server.url.replace("http:", "https:") + "/feed")
    assert error.cause is Cause.TLS


async def test_a_tls_connection_has_a_small_buffer(server: FeedServer, client: Client) -> None:
    await failure(client, server.url.replace("http:", "https:") + "/feed")
    assert sslproto.SSLProtocol.max_size == TLS_BUFFER
    assert "bytearray(self.max_size)" in inspect.getsource(sslproto.SSLProtocol)  # as long as that is what it is for


@pytest.mark.parametrize("url", ["ftp://example.org/", "feed", "http://", "http://[::1", "gopher:x", "", "http:///x"])
async def test_a_url_that_cannot_be_fetched(client: Client, url: str) -> None:
    assert (await failure(client, url)).cause is Cause.BAD_URL


async def test_a_header_that_cannot_be_sent(server: FeedServer, client: Client) -> None:
    error = await failure(client, server.serve("/feed"), headers={"X-Key": "s3cret\r\nX-Other: 1"})
    assert error.cause is Cause.BAD_URL
    assert "s3cret" not in str(error)
    assert server.requests == []


async def test_the_resolver_knows_this_machine_and_says_when_it_does_not_know_a_name() -> None:
    resolver = PooledResolver()
    addresses = {found["host"] for found in await resolver.resolve("localhost", 80, socket.AF_INET)}
    assert addresses == {"127.0.0.1"}
    with pytest.raises(OSError, match=r".+"):
        await resolver.resolve("256.256.256.256.invalid.", 80)
    await resolver.close()


async def test_closing_twice_and_before_any_fetch_is_fine() -> None:
    fetcher = HttpFetcher(clock=lambda: NOW)
    await fetcher.close()
    await fetcher.close()


async def test_a_place_that_a_feed_has_moved_to_for_good_is_told(server: FeedServer, client: Client) -> None:
    server.serve("/new")
    server.redirect("/b", "/new", status=302)
    server.redirect("/a", "/b", status=308)
    server.redirect("/for-good", "/a", status=301)
    server.redirect("/for-now", "/a", status=302)
    assert (await client.page(f"{server.url}/for-good")).notes.moved_to == f"{server.url}/b"
    assert (await client.page(f"{server.url}/for-now")).notes.moved_to == ""
    assert (await client.page(f"{server.url}/new")).notes == FetchNotes(unconditional=True)


async def test_a_feed_is_read_where_it_has_moved_to(
    server: FeedServer, other_server: FeedServer, client: Client
) -> None:
    new, url = other_server.serve("/new"), server.url + "/old"
    state = FeedState(feed_id=1, name="wire", url=url, notes=FeedNotes(moved_to=new, moves=MOVES))
    feed = Feed(name="wire", url=url, headers=(("X-Key", Secret("s3cret")),))
    page = await client.fetcher.fetch(feed, state)
    assert (page.notes.moved_to, page.notes.answered) == (new, new)
    assert server.requests == []
    assert "X-Key" not in other_server.requests[0].headers
    server.serve("/old")
    before = replace(state, notes=FeedNotes(moved_to=new, moves=MOVES - 1))
    assert (await client.fetcher.fetch(feed, before)).notes.moved_to == ""
    assert server.requests[0].headers["X-Key"] == "s3cret"


# -- validators and where they are from -------------------------------------------------------------------------------

KNOWN = Validators(etag='"1"', last_modified="noon")


def state_of(url: str, **notes: Any) -> FeedState:
    given = {"unconditional_at": NOW} | notes
    return FeedState(feed_id=1, name="wire", url=url, validators=KNOWN, notes=FeedNotes(**given))


async def test_once_a_day_a_fetch_is_unconditional(server: FeedServer, client: Client) -> None:
    url = server.serve("/feed", b"", status=304)
    feed = Feed(name="wire", url=url)
    lately = state_of(url, unconditional_at=NOW - timedelta(hours=23))
    assert await client.fetcher.fetch(feed, lately) == NotModified()
    server.serve("/feed")
    for state in (state_of(url, unconditional_at=NOW - timedelta(days=1)), state_of(url, unconditional_at=None)):
        assert (await client.fetcher.fetch(feed, state)).notes.unconditional
        assert "If-None-Match" not in server.requests[-1].headers


async def test_validators_go_to_the_place_that_they_are_from(server: FeedServer, client: Client) -> None:
    url = server.redirect("/feed", "/answer?today")
    answer = server.serve("/answer", headers={"ETag": '"1"'}) + "?today"
    page = await client.page(url)
    assert (page.notes.answered, page.validators.etag) == (answer, '"1"')
    server.serve("/answer", b"", status=304)
    again = await client.fetcher.fetch(Feed(name="wire", url=url), state_of(url, answered=answer))
    assert again == NotModified(notes=FetchNotes(answered=answer))
    assert ["If-None-Match" in request.headers for request in server.requests] == [False, False, False, True]


async def test_validators_of_a_place_that_a_feed_leads_to_no_more_are_not_sent(
    server: FeedServer, client: Client
) -> None:
    url = server.redirect("/feed", "/other")
    server.serve("/other")
    page = await client.fetcher.fetch(Feed(name="wire", url=url), state_of(url, answered=server.url + "/before"))
    assert page.notes.unconditional
    assert not any("If-None-Match" in request.headers for request in server.requests)


async def test_validators_of_a_place_too_long_to_remember_are_not_kept(server: FeedServer, client: Client) -> None:
    url = server.redirect("/feed", "/answer?" + "x" * 2_000, status=301)
    server.serve("/answer", headers={"ETag": '"1"'})
    page = await client.page(url)
    assert (page.validators, page.notes.answered, page.notes.moved_to) == (Validators(), "", "")


# -- how long a server wants to be left alone -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, timedelta()),
        ({"Cache-Control": "public, max-age=600"}, timedelta(minutes=10)),
        ({"Cache-Control": 'MAX-AGE="600"'}, timedelta(minutes=10)),
        ({"Cache-Control": "max-age=600", "Age": "60"}, timedelta(minutes=9)),
        ({"Cache-Control": "max-age=600", "Age": "6000"}, timedelta()),
        ({"Cache-Control": "max-age=600", "Age": "soon"}, timedelta(minutes=10)),
        ({"Cache-Control": "max-age=600, no-cache"}, timedelta()),
        ({"Cache-Control": "no-store"}, timedelta()),
        ({"Cache-Control": "max-age=-5"}, timedelta()),
        ({"Cache-Control": "max-age=31536000"}, timedelta(hours=24)),
        ({"Cache-Control": "max-age=99999999999999999999"}, timedelta()),
        ({"Cache-Control": "max-age=0", "Expires": "Sun, 01 Nov 2026 13:00:00 GMT"}, timedelta()),
        ({"Expires": "Sun, 01 Nov 2026 13:00:00 GMT", "Date": "Sun, 01 Nov 2026 12:00:00 GMT"}, timedelta(hours=1)),
        ({"Expires": "Sun, 01 Nov 2026 13:00:00", "Date": "Sun, 01 Nov 2026 12:00:00 GMT"}, timedelta(hours=1)),
        ({"Expires": "Sun, 01 Nov 2026 11:00:00 GMT", "Date": "Sun, 01 Nov 2026 12:00:00 GMT"}, timedelta()),
        ({"Expires": "0"}, timedelta()),
        ({"Expires": "-1"}, timedelta()),
    ],
)
def test_freshness_is_read_with_care(headers: dict[str, str], expected: timedelta) -> None:
    assert freshness(headers) == expected


async def test_freshness_comes_with_a_page_and_without_one(server: FeedServer, client: Client) -> None:
    url = server.serve("/feed", headers={"Cache-Control": "max-age=600"})
    assert (await client.page(url)).notes.freshness == timedelta(minutes=10)
    server.serve("/feed", b"", status=304, headers={"Cache-Control": "max-age=900"})
    assert (await client.get(url, validators=KNOWN)).notes.freshness == timedelta(minutes=15)


# -- proxies ----------------------------------------------------------------------------------------------------------


async def test_feeds_are_read_through_the_proxy_of_the_environment(
    server: FeedServer, other_server: FeedServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.serve("/feed")
    assert (await client.page("http://feeds.invalid/feed")).body == RSS
    assert server.requests[0].headers["Host"] == "feeds.invalid"
    assert (await client.page(other_server.serve("/direct"))).body == RSS


async def test_a_proxy_that_fails_is_named(server: FeedServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    error = await failure(client, "http://feeds.invalid/feed")
    assert (error.cause, error.detail) == (
        Cause.CONNECT, "the proxy 127.0.0.1 does not take the connection: check HTTP_PROXY"
    )  # fmt: skip
    error = await failure(client, "https://feeds.invalid/feed")
    assert error.cause is Cause.CONNECT
    assert error.detail == "the proxy refuses the way to feeds.invalid: check HTTPS_PROXY and NO_PROXY"


# -- content codings --------------------------------------------------------------------------------------------------


async def test_a_body_is_inflated_off_the_loop(server: FeedServer, client: Client) -> None:
    ran: list[Any] = []

    class Listing(ThreadPoolExecutor):
        def submit(self, call: Any, /, *args: Any, **kwargs: Any) -> Any:
            ran.extend(getattr(call, "args", ()))
            return super().submit(call, *args, **kwargs)

    asyncio.get_running_loop().set_default_executor(Listing(1))
    await client.page(server.serve("/plain"))
    assert inflate not in ran
    await client.page(server.serve("/feed", gzip.compress(RSS), headers={"Content-Encoding": "gzip"}))
    assert inflate in ran


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(RSS)),
        ("X-GZIP", gzip.compress(RSS)),
        ("gzip", gzip.compress(RSS[:40]) + gzip.compress(RSS[40:]) + b"\0\0"),
        ("deflate", zlib.compress(RSS)),
        ("deflate", zlib.compress(RSS)[2:-4]),
        ("gzip, gzip", gzip.compress(gzip.compress(RSS))),
        ("br", br(RSS)),
        ("zstd", zst(RSS)),
        ("zstd", zst(RSS[:40]) + zst(RSS[40:])),
        ("zstd, br", br(zst(RSS))),
        ("identity", RSS),
        ("", RSS),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "members",
        "zlib",
        "raw deflate",
        "layers",
        "br",
        "zstd",
        "frames",
        "two",
        "identity",
        "none",
    ],
)
async def test_content_codings_are_undone(server: FeedServer, client: Client, coding: str, body: bytes) -> None:
    assert (await client.page(server.serve("/feed", body, headers={"Content-Encoding": coding}))).body == RSS


# -- ways in ----------------------------------------------------------------------------------------------------------


async def test_a_feeds_own_agent_and_timeout_are_used(server: FeedServer, client: Client) -> None:
    async def hang(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    server.redirect("/feed", "/slow")
    feed = Feed(name="wire", url=server.url + "/feed", user_agent="Desk/1.0", timeout=timedelta(seconds=0.6))
    server.route("/slow", hang)
    with pytest.raises(FetchError, match=r"within 0\.6 s"):
        await client.fetcher.fetch(feed, state_of(feed.url))
    assert [request.headers["User-Agent"] for request in server.requests] == ["Desk/1.0", "Desk/1.0"]


async def test_who_leaves_home_still_says_who_asks(
    server: FeedServer, other_server: FeedServer, client: Client
) -> None:
    other_server.serve("/feed")
    await client.get(server.redirect("/feed", other_server.url + "/feed"), headers={"User-Agent": "mine"})
    assert server.requests[0].headers["User-Agent"] == "mine"
    assert other_server.requests[0].headers["User-Agent"].startswith("media-monitor/")


async def test_a_feeds_own_proxy_wins_and_gets_its_login(
    server: FeedServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.serve("/feed")
    proxy = Secret(server.url.replace("http://", "http://desk:s3cret%20x@"))
    feed = Feed(name="wire", url="http://feeds.invalid/feed", proxy=proxy)
    page = await client.fetcher.fetch(feed, state_of(feed.url))
    assert isinstance(page, Page)
    assert server.requests[0].headers["Proxy-Authorization"] == "Basic ZGVzazpzM2NyZXQgeA=="
    assert "s3cret" not in repr(feed)
    tunnel = replace(feed, url="https://feeds.invalid/feed", headers=(("X-Key", Secret("k")),))
    with pytest.raises(FetchError, match="the proxy refuses the way"):
        await client.fetcher.fetch(tunnel, state_of(tunnel.url))
    assert server.requests[1].method == "CONNECT"
    assert server.requests[1].headers["Proxy-Authorization"] == "Basic ZGVzazpzM2NyZXQgeA=="
    assert "X-Key" not in server.requests[1].headers


async def test_a_feeds_own_proxy_that_fails_is_named_without_its_login(client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    feed = Feed(name="wire", url="https://feeds.invalid/x", proxy=Secret(f"http://desk:s3cret@127.0.0.1:{port}"))
    with pytest.raises(FetchError) as raised:
        await client.fetcher.fetch(feed, state_of(feed.url))
    assert raised.value.detail == "the proxy 127.0.0.1 does not take the connection: check the feed's `proxy`"


# -- hubs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 304])
@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<https://hub.example/>; rel="hub", <https://wire.example/f?a,b>; rel=self', ("https://hub.example/", "https://wire.example/f?a,b")),
        ('</hub>; rel="hub"; <x>; rel="self"', ("", "")),
        ('<https://hub.example/>; rel="hub"', ("", "")),
        ('<http://[>; rel="hub", <https://wire.example/f>; rel="self"', ("", "")),
        ("<<<>;;;rel=,,,=", ("", "")),
        ("<" * 4_000, ("", "")),
    ],
    ids=["both", "relative", "no self", "no URL", "garbage", "many"],
)  # fmt: skip
async def test_a_hub_named_in_the_headers_is_noted(
    server: FeedServer, client: Client, link: str, expected: tuple[str, str], status: int
) -> None:
    url = server.serve("/feed", RSS if status == 200 else b"", status=status, headers={"Link": link})
    answer = await client.get(url, validators=Validators(etag='"1"'))
    assert (answer.notes.hub, answer.notes.topic) == expected


async def test_a_form_is_posted_to_a_hub_and_follows_it(server: FeedServer, client: Client) -> None:
    taken: list[dict[str, str]] = []

    async def take(request: web.BaseRequest) -> web.Response:
        taken.append({key: str(value) for key, value in (await request.post()).items()})
        return web.Response(status=202)

    server.route("/new", take)
    await client.fetcher.post_form(server.redirect("/hub", "/new", status=307), {"hub.topic": "https://ü/?a=b&c"})
    assert taken == [{"hub.topic": "https://ü/?a=b&c"}]
    assert [request.method for request in server.requests] == ["POST", "POST"]


@pytest.mark.parametrize(
    ("status", "location", "cause"),
    [
        (404, "", Cause.HTTP),
        (500, "", Cause.HTTP),
        (302, "/hub", Cause.HTTP),
        (307, "/hub", Cause.REDIRECT),
        (308, "file:///etc/passwd", Cause.REDIRECT),
        (307, "http://169.254.169.254/", Cause.GUARDED),
    ],
)
async def test_a_hub_that_does_not_take_a_form_is_named_without_it(
    server: FeedServer, client: Client, status: int, location: str, cause: Cause
) -> None:
    url = server.redirect("/hub", location, status=status)
    with pytest.raises(FetchError) as caught:
        await client.fetcher.post_form(url + "?key=hidden", {"hub.secret": "hidden"})
    assert caught.value.cause is cause
    assert "hidden" not in str(caught.value)


async def test_a_hub_that_never_answers_is_given_up(server: FeedServer) -> None:
    async def hang(_: web.BaseRequest) -> web.Response:
        await wait(5)
        return web.Response()

    fetcher = HttpFetcher(clock=lambda: NOW, allow=LOOPBACK, timeout=timedelta(milliseconds=100))
    with pytest.raises(FetchError) as caught:
        await fetcher.post_form(server.route("/hub", hang), {})
    assert caught.value.cause is Cause.TIMEOUT
    await fetcher.close()
