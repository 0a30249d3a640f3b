"""Whom the console answers: hosts, sites, tokens, sessions, proxies."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from monitor.config.console import Console
from monitor.console.guard import COOKIE, SESSION, Guard
from monitor.console.guesses import AT_ONCE, EVERY
from monitor.testing.clock import FakeClock
from tests.app.house import CONSOLE_TOKEN, House, rss
from tests.console.visits import cards, visiting

LOGIN = "console: {hosts: [monitor.example.org], auth: {token: '${CONSOLE_TOKEN}'}}\n"
BEHIND_PROXY = "console: {auth: {proxy: {header: X-User, from: [127.0.0.0/8]}}}\n"
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def adding(house: House, lines: str) -> House:
    house.file.write_text(house.file.read_text() + lines)
    return house


async def test_alerts_are_shown_as_they_were_told(house: House) -> None:
    async with visiting(house) as visitor:
        assert "Nothing has been told yet" in (await visitor.get("/alerts")).text
        house.feeds.pages["/wire"] = (
            "<rss><channel><item><title>Shoygu &lt;script&gt;alert(1)</title></item></channel></rss>"
        )
        assert await visitor.app.run_once()
        page = await visitor.get("/alerts")
    assert page.status == 200
    assert "<mark>Shoygu</mark> &lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Referrer-Policy"] == "same-origin"  # with `no-referrer` our own forms come with `Origin: null`


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8787", 200),
        ("10.1.2.3", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("a@localhost", 421),
        ("", 421),
        ("localhost, evil.example", 421),
    ],
)
async def test_a_name_that_is_not_ours_is_refused(house: House, host: str, status: int) -> None:
    async with visiting(house) as visitor:
        assert (await visitor.get("/alerts", headers={"Host": host})).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[evil"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://monitor.example.org"}, 303),  # a proxy changed `Host`
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Cookie": f"{COOKIE}=1.2"}, 403),
    ],
)
async def test_a_form_of_another_site_is_refused(house: House, headers: dict[str, str], status: int) -> None:
    async with visiting(house) as visitor:
        assert (await visitor.post("/logout", headers=headers)).status == status


def fetching(site: str, mode: str, dest: str) -> dict[str, str]:
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


FETCHES = {
    ("cross-site", "navigate", "document"): 200,  # a link to us
    ("cross-site", "navigate", "iframe"): 403,
    ("cross-site", "no-cors", "image"): 403,
    ("same-site", "cors", "empty"): 403,  # a page at another port of this machine
    ("same-origin", "cors", "empty"): 200,
    ("none", "navigate", "document"): 200,
}


async def test_a_page_of_another_site_links_here_and_no_more(house: House) -> None:
    async with visiting(house) as visitor:
        for fetch, status in FETCHES.items():
            assert (await visitor.get("/alerts?q=storm", headers=fetching(*fetch))).status == status, fetch


async def test_a_token_becomes_a_session_that_ends(house: House) -> None:
    async with visiting(adding(house, LOGIN)) as visitor:
        refused = await visitor.get("/alerts")
        sent_on = await visitor.get("/alerts", headers=BROWSER)
        entered = await visitor.post("/login", {"token": CONSOLE_TOKEN}, headers=BROWSER)
        ((name, cookie),) = entered.cookies.items()
        as_reader = BROWSER | {"Cookie": f"{name}={cookie.value}"}
        seen = await visitor.get("/alerts", headers=as_reader)
        forged = BROWSER | {"Cookie": f"{name}=9{cookie.value}"}
        not_seen = await visitor.get("/alerts", headers=forged)
        house.clock.advance(SESSION)
        ended = await visitor.get("/alerts", headers=as_reader)
    assert (refused.status, sent_on.status, sent_on.headers["Location"]) == (401, 303, "/login")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert (entered.status, seen.status, not_seen.status, ended.status) == (303, 200, 303, 303)


def test_two_daemons_on_one_machine_do_not_end_each_other_s_sessions() -> None:
    """Browsers send a cookie to every port of a host."""
    names = {Guard(Console(listen=None), key, FakeClock()).cookie for key in (b"one", b"another")}
    assert len(names) == 2
    assert all(name.startswith(COOKIE) for name in names)


async def test_a_wrong_token_opens_nothing(house: House) -> None:
    async with visiting(adding(house, LOGIN)) as visitor:
        wrong = await visitor.post("/login", {"token": "wrong"}, headers=BROWSER)
        huge = await visitor.post("/login", {"token": "w" * 200_000}, headers=BROWSER)
        bearer = await visitor.get("/alerts", headers={"Authorization": "Bearer wrong"})
        no_text = await visitor.raw("GET /alerts", b"Authorization: Bearer \xff\xfe")
    assert (wrong.status, huge.status, bearer.status, no_text) == (403, 413, 401, 401)
    assert "This is not the token" in wrong.text
    assert not wrong.cookies


async def test_a_program_with_the_token_may_call_us_by_any_name(house: House) -> None:
    async with visiting(adding(house, LOGIN)) as visitor:
        headers = {"Authorization": f"Bearer {CONSOLE_TOKEN}", "Host": "monitor:8787"}
        assert (await visitor.get("/alerts", headers=headers)).status == 200


async def test_a_proxy_says_who_reads_and_nobody_else_may(house: House) -> None:
    async with visiting(adding(house, BEHIND_PROXY)) as visitor:
        named = await visitor.get("/alerts", headers={"X-User": "ann"})
        nameless = await visitor.get("/alerts")
    assert (named.status, nameless.status) == (200, 401)
    elsewhere = BEHIND_PROXY.replace("127.0.0.0/8", "10.0.0.1")
    house.configure()
    async with visiting(adding(house, elsewhere)) as visitor:
        assert (await visitor.get("/alerts", headers={"X-User": "ann"})).status == 401


async def test_a_name_that_stands_there_twice_is_nobody_s(house: House) -> None:
    async with visiting(adding(house, BEHIND_PROXY)) as visitor:
        assert await visitor.raw("GET /alerts", b"X-User: ann") == 200
        assert await visitor.raw("GET /alerts", b"X-User: boss\r\nx-user: ann") == 401


async def test_whoever_goes_on_guessing_has_to_wait(house: House) -> None:
    async with visiting(adding(house, LOGIN)) as visitor:
        right, wrong = ({"Authorization": f"Bearer {token}"} for token in (CONSOLE_TOKEN, "wrong"))
        assert {(await visitor.get("/api/v1/feeds", headers=wrong)).status for _ in range(AT_ONCE)} == {401}
        told = await visitor.get("/api/v1/feeds", headers=wrong)
        not_looked_at = await visitor.get("/api/v1/feeds", headers=right)
        no_form = await visitor.post("/login", {"token": CONSOLE_TOKEN}, headers=BROWSER)
        alive = await visitor.get("/healthz")
        house.clock.advance(timedelta(seconds=EVERY))
        again = await visitor.get("/api/v1/feeds", headers=right)
        anew = {(await visitor.get("/api/v1/feeds", headers=wrong)).status for _ in range(AT_ONCE)}
    assert (told.status, told.headers["Retry-After"]) == (429, "6")
    assert told.headers["Content-Type"].startswith("application/problem+json")
    assert (not_looked_at.status, no_form.status, alive.status, again.status, anew) == (429, 429, 200, 200, {401})


async def test_nobody_waits_for_those_who_guess(house: House) -> None:
    async with visiting(adding(house, LOGIN)) as visitor:
        guesses = [asyncio.create_task(visitor.post("/login", {"token": "wrong"}, headers=BROWSER)) for _ in range(9)]
        assert (await visitor.post("/login", {"token": CONSOLE_TOKEN}, headers=BROWSER)).status == 303
        assert not any(guess.done() for guess in guesses)
        assert {(await guess).status for guess in guesses} == {403}


FORM = "application/x-www-form-urlencoded"
UNREADABLE = (
    (FORM, b"token=\xff\xfe"),
    (FORM, b"token=%ff%fe"),
    (FORM, b"&".join([b"a=b"] * 101)),
    ("multipart/form-data; boundary=xx", b"token=x"),
    ("multipart/form-data", b"token=x"),
)


async def test_a_form_that_cannot_be_read_is_no_mistake_of_ours(house: House) -> None:
    async with visiting(house) as visitor:
        for content_type, body in UNREADABLE:
            answer = await visitor.post("/mutes", raw=body, headers={"Content-Type": content_type})
            expected = 415 if content_type.startswith("multipart/") else 400
            assert (answer.status, answer.text[:4]) == (expected, f"{expected} "), body


async def pieces() -> AsyncIterator[bytes]:
    yield b"token=wrong"


async def test_strangers_are_not_listened_to_for_long(house: House) -> None:
    form = b"Content-Type: application/x-www-form-urlencoded"
    async with visiting(adding(house, LOGIN)) as visitor:
        for kind in (form, b"Content-Type: text/plain"):
            assert await visitor.raw("POST /login", kind, body=[b"token=" + b"x" * 4_000]) == 413
        assert await visitor.raw("POST /login", form, body=[b"token=wrong"]) == 403
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{visitor.address}/login", data=pieces()) as answer,
        ):
            assert answer.status == 413


PATHS = {
    "/login": 200,
    "/loginx": 401,
    "/healthz": 200,
    "/healthz/": 401,
    "/login/../alerts": 401,
    "/static/../alerts": 404,
    "/static/%2e%2e/alerts": 404,
    "/static/..%2falerts": 404,
    "//alerts": 401,
    "http://127.0.0.1/static/../alerts": 404,
    "http://127.0.0.1/alerts": 401,
}


async def test_no_spelling_of_a_path_leads_past_the_login(house: House) -> None:
    async with visiting(adding(house, LOGIN)) as visitor:
        assert {path: await visitor.raw(f"GET {path}") for path in PATHS} == PATHS


async def test_only_our_files_are_served(house: House) -> None:
    async with visiting(house) as visitor:
        sheet = await visitor.get("/static/console.css")
        known = await visitor.get("/static/console.css", headers={"If-None-Match": sheet.headers["ETag"]})
        others = [
            (await visitor.get(path)).status
            for path in ("/static/../console.py", "/static/%2e%2e/console.py", "/static/VENDORED.md", "/static/")
        ]
    assert (sheet.status, known.status, others) == (200, 304, [404] * 4)


async def test_a_reload_moves_the_console_and_asks_for_the_token(house: House) -> None:
    async with visiting(house) as visitor:
        assert (await visitor.get("/alerts")).status == 200
        adding(house, LOGIN)
        await visitor.app.reload()
        await visitor.app.console.keep()
        assert (await visitor.get("/alerts")).status == 401


async def test_a_daemon_that_reloads_asks_for_the_token_at_once(house: House) -> None:
    async with visiting(house) as visitor:
        visitor.app.ticks.start({})  # it goes on, and none of its ticks is due
        adding(house, LOGIN)
        await visitor.app.reload()
        for _ in range(3):  # turns of the loop until what was asked for "in 0 seconds" has begun
            await asyncio.sleep(0)
        await visitor.app.ticks.crew.join()
        assert (await visitor.get("/alerts")).status == 401


async def test_pages_read_the_store_that_the_daemon_uses(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    async with visiting(house) as visitor:
        adding(house, "store: sqlite:///another.db\n")
        await visitor.app.reload()  # which says that this counts from the next start on
        assert await visitor.app.run_once()
        assert cards((await visitor.get("/alerts")).text)
