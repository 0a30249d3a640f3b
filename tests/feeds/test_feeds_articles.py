"""Reading articles: under robots.txt, in turn, HTML alone, and not much of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from aiohttp import web

from monitor.errors import Cause, FetchError
from monitor.feeds.fetch import MAX_ARTICLE, HttpFetcher
from monitor.feeds.robots import Robots
from tests.feeds.feed_server import LOOPBACK, NOW, FeedServer, wait

HTML = b"<html><body><p>Ministers met.</p></body></html>"
AS_HTML = {"Content-Type": "text/html; charset=utf-8"}


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def reader(clock: Clock) -> AsyncIterator[HttpFetcher]:
    fetcher = HttpFetcher(clock=clock, allow=LOOPBACK, timeout=timedelta(seconds=5), spacing=timedelta())
    yield fetcher
    await fetcher.close()


async def refused(reader: HttpFetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await reader.fetch_article(url)
    return raised.value


def robots(server: FeedServer, text: str, *, status: int = 200) -> None:
    server.serve("/robots.txt", text.encode(), status=status)


def paths(server: FeedServer) -> list[str]:
    return [request.path for request in server.requests]


async def test_an_article_is_html_and_robots_are_asked_once(server: FeedServer, reader: HttpFetcher) -> None:
    robots(server, "User-agent: *\nDisallow: /private")
    url = server.serve("/article", HTML, headers=AS_HTML)
    page, again = await asyncio.gather(reader.fetch_article(url), reader.fetch_article(url))
    assert (page.body, page.content_type) == (HTML, AS_HTML["Content-Type"])
    assert again == page
    assert sorted(paths(server)) == ["/article", "/article", "/robots.txt"]


async def test_what_robots_forbid_is_not_asked_for(server: FeedServer, reader: HttpFetcher) -> None:
    robots(server, "User-agent: media-monitor\nDisallow: /private*.html$\n\nUser-agent: *\nDisallow: /")
    url = server.serve("/private/a.html", HTML, headers=AS_HTML)
    error = await refused(reader, url)
    assert (error.cause, error.detail) == (Cause.ROBOTS, f"{url} is not for programs, says its robots.txt")
    assert (await reader.fetch_article(url + "?token=s3cret")).body == HTML  # the rule ends with the path
    assert paths(server) == ["/robots.txt", "/private/a.html"]


async def test_robots_are_asked_at_every_hop(server: FeedServer, other_server: FeedServer, reader: HttpFetcher) -> None:
    robots(server, "")
    robots(other_server, "User-agent: *\nDisallow: /")
    error = await refused(reader, server.redirect("/short", other_server.url + "/article"))
    assert error.cause is Cause.ROBOTS
    assert error.detail == f"{other_server.url}/article is not for programs, says its robots.txt"
    assert paths(other_server) == ["/robots.txt"]


@pytest.mark.parametrize("status", [404, 403, 401, 410])
async def test_no_robots_forbid_nothing(server: FeedServer, reader: HttpFetcher, status: int) -> None:
    robots(server, "User-agent: *\nDisallow: /", status=status)
    assert (await reader.fetch_article(server.serve("/article", HTML, headers=AS_HTML))).body == HTML


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_robots_that_cannot_be_asked_mean_not_now(
    server: FeedServer, reader: HttpFetcher, clock: Clock, status: int
) -> None:
    robots(server, "", status=status)
    url = server.serve("/article", HTML, headers=AS_HTML)
    for _ in range(2):
        error = await refused(reader, url)
        assert error.cause is Cause.ROBOTS
        assert f"cannot be read now: HTTP {status}" in error.detail
    assert paths(server) == ["/robots.txt"]
    robots(server, "")
    clock.now += timedelta(minutes=11)
    assert (await reader.fetch_article(url)).body == HTML


async def test_robots_are_asked_again_after_a_while(server: FeedServer, reader: HttpFetcher, clock: Clock) -> None:
    robots(server, "")
    url = server.serve("/article", HTML, headers=AS_HTML)
    await reader.fetch_article(url)
    robots(server, "User-agent: *\nDisallow: /")
    await reader.fetch_article(url)
    clock.now += timedelta(hours=13)
    assert (await refused(reader, url)).cause is Cause.ROBOTS


@pytest.mark.parametrize("text", ["\0\xff", "Disallow", "User-agent: *\n" + "Disallow: /" + "*a" * 100_000, "<html>"])
async def test_robots_may_hold_anything(server: FeedServer, reader: HttpFetcher, text: str) -> None:
    robots(server, text)
    url = server.serve("/" + "a" * 1_000, HTML, headers=AS_HTML)
    assert (await reader.fetch_article(url)).body == HTML


async def test_robots_that_are_too_large_or_hang_mean_not_now(server: FeedServer, reader: HttpFetcher) -> None:
    robots(server, "#" * (Robots.MAX_BYTES + 1))
    assert "cannot be read now: more than" in (await refused(reader, server.url + "/article")).detail


async def test_the_robots_of_so_many_hosts_are_remembered_and_no_more() -> None:
    asked = []

    async def read(url: object) -> tuple[int, bytes]:
        asked.append(str(url))
        return 404, b""

    from yarl import URL

    known = Robots(read, clock=lambda: NOW, spacing=timedelta())
    for number in range(501):
        await known.check(URL(f"https://{number}.example/a"))
        await known.wait_for_turn(URL(f"https://{number}.example/a"))
    await known.check(URL("https://500.example/a"))
    assert len(asked) == 501
    await known.check(URL("https://0.example/b"))
    assert asked[-1] == "https://0.example/robots.txt"
    assert len(known._known) == len(known._asking) == len(known._turns) == 500


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ({"body": b"%PDF", "headers": {"Content-Type": "application/pdf"}}, Cause.NOT_A_FEED),
        ({"body": HTML, "headers": {"Content-Type": ""}}, Cause.NOT_A_FEED),
        ({"body": bytes(MAX_ARTICLE + 1), "headers": AS_HTML}, Cause.TOO_LARGE),
        ({"body": b"", "status": 404}, Cause.HTTP),
        ({"body": b"", "status": 410}, Cause.GONE),
        ({"body": b"", "status": 429}, Cause.RATE_LIMITED),
    ],
    ids=["pdf", "no type", "large", "404", "410", "429"],
)
async def test_what_is_no_article(
    server: FeedServer, reader: HttpFetcher, answer: dict[str, object], cause: Cause
) -> None:
    robots(server, "")
    url = server.serve("/article", **answer)  # type: ignore[arg-type]
    assert (await refused(reader, url)).cause is cause


@pytest.mark.parametrize("url", ["ftp://x.example/", "javascript:alert(1)", "", "http://", "file:///etc/passwd"])
async def test_a_link_to_no_page(reader: HttpFetcher, url: str) -> None:
    assert (await refused(reader, url)).cause is Cause.BAD_URL


async def test_articles_of_a_host_come_one_after_the_other(server: FeedServer) -> None:
    loop, begun = asyncio.get_running_loop(), list[float]()

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        begun.append(loop.time())
        await wait(0.01)
        return web.Response(body=HTML, headers=AS_HTML)

    robots(server, "")
    url = server.route("/article", answer)
    patient = HttpFetcher(clock=lambda: NOW, allow=LOOPBACK, spacing=timedelta(seconds=0.2))
    await asyncio.gather(*(patient.fetch_article(url) for _ in range(3)))
    await patient.close()
    assert begun[1] - begun[0] > 0.1
    assert begun[2] - begun[1] > 0.1


async def test_too_many_articles_of_a_host_are_refused_at_once(server: FeedServer) -> None:
    patient = HttpFetcher(clock=lambda: NOW, allow=LOOPBACK, spacing=timedelta(seconds=40))
    robots(server, "")
    url = server.serve("/article", HTML, headers=AS_HTML)
    await patient.fetch_article(url)
    waiting = asyncio.create_task(patient.fetch_article(url))
    await wait(0.05)
    error = await refused(patient, url)
    waiting.cancel()
    await patient.close()
    assert (error.cause, error.detail) == (Cause.RATE_LIMITED, "too many pages of 127.0.0.1 are wanted at once")
