"""Links to unsubscribe through the whole house: a mail, its link, a real request to the listening socket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest
from structlog.testing import capture_logs

from monitor.daemon import Daemon
from tests.app.house import House, rss

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
CHIEF, DEPUTY = "chief@example.org", "deputy@example.org"


def configure(house: House, *recipients: str) -> None:
    house.configure(channels=f"mail: {{email: [{', '.join(recipients)}]}}", notify="mail")
    web = "web: {public_url: 'https://monitor.example.org/m', listen: '127.0.0.1:0'}\n"
    house.file.write_text(house.file.read_text() + web)


class Visitor:
    """Somebody who has a mail, and a way to the listening socket."""

    def __init__(self, house: House, app: Daemon, session: aiohttp.ClientSession) -> None:
        self.house, self.app, self.session = house, app, session

    def link(self, number: int = -1) -> str:
        header = str(self.house.smtp.mails[number].message["List-Unsubscribe"])
        (path,) = re.findall(r"<https://monitor\.example\.org/m(/unsubscribe/[0-9a-f]{40})>", header)
        return str(path)

    async def ask(self, method: str, path: str, **given: object) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.app.door.port}{path}"
        async with self.session.request(method, url, **given) as answer:  # type: ignore[arg-type]
            return answer.status, await answer.text()

    async def mutes(self) -> Sequence[tuple[str, str]]:
        found = await self.app.doors.in_store(self.app.doors.store.mutes, at=self.app.doors.clock())
        return [(mute.channel, mute.recipient) for mute in found]


@asynccontextmanager
async def visiting(house: House, *recipients: str) -> AsyncIterator[Visitor]:
    """Send one mail, and open the door."""
    configure(house, *recipients)
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    async with house.open() as app, aiohttp.ClientSession() as session:
        await app.run_once()
        await app.keep_subscriptions()
        yield Visitor(house, app, session)


async def test_one_click_mutes_the_channel_of_one_recipient_once(house: House) -> None:
    async with visiting(house, CHIEF) as visitor:
        path = visitor.link()
        status, page = await visitor.ask("GET", path)
        assert status == 200
        assert f"Send no more messages of “mail” to {CHIEF}?" in page
        assert await visitor.mutes() == [], "scanners follow links"
        with capture_logs() as logs:
            for _ in range(2):
                status, page = await visitor.ask("POST", path, data=ONE_CLICK)
                assert status == 200
                assert "Done" in page
        assert await visitor.mutes() == [("mail", "")]
        assert [line["event"] for line in logs] == ["somebody has unsubscribed"]
        assert "Done" in (await visitor.ask("GET", path))[1]
        (action,) = await visitor.app.doors.in_store(visitor.app.doors.store.actions)
        assert (action.by, action.via, action.verb) == ("unsubscribe link", "mail", "mute")
        assert action.detail == f"mail: {CHIEF} has unsubscribed"


async def test_one_of_several_is_left_out_and_the_last_one_mutes(house: House) -> None:
    async with visiting(house, CHIEF, DEPUTY) as visitor:
        path = visitor.link()
        _, page = await visitor.ask("GET", path)
        tokens = re.findall(r'action="([0-9a-f]{40})"', page)
        assert re.findall(r"<button>(.*?)</button>", page) == [CHIEF, DEPUTY]
        status, _ = await visitor.ask("POST", path, data=ONE_CLICK)
        assert status == 400, "nobody knows who clicked"
        form = aiohttp.FormData(ONE_CLICK, default_to_multipart=True)
        status, _ = await visitor.ask("POST", f"/unsubscribe/{tokens[0]}", data=form)
        assert status == 200
        assert await visitor.mutes() == [("mail", CHIEF)]
        house.feeds.pages["/wire"] = rss("Earthquake in Chile", "Shoygu speaks")
        house.clock.advance(660)
        await visitor.app.run_once()
        assert [mail.recipients for mail in house.smtp.mails] == [(CHIEF, DEPUTY), (DEPUTY,)]
        await visitor.ask("POST", visitor.link(), data=ONE_CLICK)
        assert await visitor.mutes() == [("mail", CHIEF), ("mail", "")]


async def test_who_has_left_has_left_after_a_restart_too(house: House) -> None:
    async with visiting(house, CHIEF, DEPUTY) as visitor:
        _, page = await visitor.ask("GET", visitor.link())
        token = re.findall(r'action="([0-9a-f]{40})"', page)[1]
        await visitor.ask("POST", f"/unsubscribe/{token}", data=ONE_CLICK)
    house.feeds.pages["/wire"] = rss("Earthquake in Chile", "Shoygu speaks")
    house.clock.advance(660)
    async with house.open() as app:
        await app.run_once()
    assert [mail.recipients for mail in house.smtp.mails] == [(CHIEF, DEPUTY), (CHIEF,)]


@pytest.mark.parametrize(
    ("method", "change", "data", "expected"),
    [
        ("POST", lambda path: path[:-1] + ("0" if path[-1] != "0" else "1"), b"List-Unsubscribe=One-Click", 404),
        ("GET", lambda path: path.upper().replace("/UNSUBSCRIBE", "/unsubscribe"), None, 404),
        ("HEAD", lambda path: path, None, 405),
        ("POST", lambda path: path, b"", 400),
        ("POST", lambda path: path, b"xList-Unsubscribe=One-Clicks", 400),
        ("POST", lambda path: path, b"\xff" * 5_000, 413),
        ("PUT", lambda path: path, b"List-Unsubscribe=One-Click", 405),
    ],
)
async def test_what_is_no_wish_to_leave_changes_nothing(
    house: House, method: str, change: object, data: bytes | None, expected: int
) -> None:
    async with visiting(house, CHIEF) as visitor:
        status, _ = await visitor.ask(method, change(visitor.link()), data=data)  # type: ignore[operator]
        assert status == expected
        assert await visitor.mutes() == []


async def test_the_page_shows_names_as_text(house: House) -> None:
    configure(house, "chief@example.org")
    house.file.write_text(
        house.file.read_text().replace("mail: {", "'<b>': {").replace("notify: mail", "notify: '<b>'")
    )
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    async with house.open() as app, aiohttp.ClientSession() as session:
        await app.run_once()
        await app.keep_subscriptions()
        visitor = Visitor(house, app, session)
        async with session.get(f"http://127.0.0.1:{app.door.port}{visitor.link()}") as answer:
            page = await answer.text()
            assert "<b>" not in page
            assert "&lt;b&gt;" in page
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"
