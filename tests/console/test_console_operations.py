"""The pages of feeds, messages and mutes, over a real socket."""

from __future__ import annotations

import json
from datetime import timedelta

from monitor.model import Action, Mute
from monitor.testing import Fault
from tests.app.house import House, rss
from tests.console.visits import Visitor, next_page, visiting

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


async def answers(visitor: Visitor, *paths: str) -> list[int]:
    return [(await visitor.get(path)).status for path in paths]


async def test_feeds_are_listed_the_worst_first_and_filtered(house: House) -> None:
    good, bad = house.feeds.url("/wire"), house.feeds.url("/gone?key=s3cret")
    house.configure(feeds=f"wire: {{url: '{good}', tags: [wire]}}, lost: '{bad}'")
    house.feeds.pages["/wire"] = rss("Shoygu speaks", "Nothing")
    async with visiting(house) as visitor:
        before = await visitor.get("/feeds")
        await visitor.app.run_once()
        page = (await visitor.get("/feeds")).text
        found = [(await visitor.get(f"/feeds?{query}")).text for query in ("health=failing", "tag=wire", "q=nowhere")]
        wrong = await answers(visitor, "/feeds?health=x", f"/feeds?q={'x' * 501}", "/feeds/nope", "/feeds?after=nope")
        lost = (await visitor.get("/feeds/lost")).text
    assert "never polled" in before.text
    assert page.index("/feeds/lost") < page.index("/feeds/wire")
    assert ["/feeds/wire" in text for text in found] == [False, True, False]
    assert ["/feeds/lost" in text for text in found] == [True, False, False]
    assert "No feed fits this filter" in found[2]
    assert wrong == [400, 400, 404, 200]
    assert "s3cret" not in page + lost


async def test_many_feeds_come_in_pages(house: House) -> None:
    house.configure(feeds=", ".join(f"f{number:03}: 'https://f{number:03}.example/rss'" for number in range(120)))
    async with visiting(house) as visitor:
        seen: list[str] = []
        path = "/feeds"
        while path:
            text = (await visitor.get(path)).text
            seen += [part[:4] for part in text.split('href="/feeds/')[1:]]
            after = text.partition("after=")[2].partition('"')[0]
            path = f"/feeds?after={after}" if after else ""
    assert seen == [f"f{number:03}" for number in range(120)]


async def test_a_feed_is_paused_and_resumed_by_whoever_did_it(house: House) -> None:
    house.feeds.pages["/wire"] = rss(f"Shoygu {HOSTILE}".replace("<", "&lt;").replace("&lt;img", "&amp;lt;img"))
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        shown = (await visitor.get("/feeds/wire")).text
        wrong = await visitor.post("/feeds/wire/pause", {"for": "soon"})
        done = await visitor.post("/feeds/wire/pause", {"for": "2h", "reason": HOSTILE})
        paused = (await visitor.get("/feeds/wire")).text
        again = await visitor.post("/feeds/wire/resume")
        resumed = (await visitor.get("/feeds/wire")).text
    assert (wrong.status, done.status, done.headers["Location"], again.status) == (400, 303, "/feeds/wire", 303)
    assert "Shoygu" in shown
    assert "<img src=x" not in shown + paused
    assert "paused by console" in paused
    assert "Poll it again" in paused
    assert "Pause this feed" in resumed


async def test_what_was_set_aside_is_sent_again(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    house.slack.fail(Fault(status=200, error="invalid_arguments"))
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        page = (await visitor.get("/outbox?state=dead")).text
        key = page.partition('name="key" value="')[2].partition('"')[0]
        nothing = await visitor.post("/outbox/replay")
        sent = await visitor.post("/outbox/replay", {"key": key})
        gone = await visitor.post("/outbox/replay", {"key": key})
        await visitor.app.run_once()
        after = (await visitor.get("/outbox?state=sent")).text
        trail = (await visitor.get("/mutes")).text
        wrong = await answers(visitor, "/outbox?state=x", "/outbox?before=x", f"/outbox?before={'0' * 20}{'9' * 60}")
    assert "Shoygu speaks" in page
    assert "Send all of desk again" in page
    assert (nothing.status, sent.status, gone.status) == (400, 303, 409)
    assert house.told == ["Shoygu speaks"]
    assert "Shoygu speaks" in after
    assert "replay" in trail
    assert wrong == [400, 400, 400]


async def test_what_is_held_is_sent_or_discarded(house: House) -> None:
    house.configure(
        channels=f"desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{house.slack.api_url}', quiet: '00:00-23:59'}}"
    )
    house.feeds.pages["/wire"] = rss("Shoygu one", "Shoygu two")
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        page = (await visitor.get("/outbox?state=held")).text
        first, second = (
            part.partition('"')[0] for part in page.split('/release"><input type="hidden" name="id" value="')[1:]
        )
        statuses = [
            (await visitor.post("/outbox/release", {"id": first})).status,
            (await visitor.post("/outbox/discard", {"id": second})).status,
            (await visitor.post("/outbox/discard", {"id": second})).status,
            (await visitor.post("/outbox/mute", {"id": "nope"})).status,
        ]
        await visitor.app.run_once()
        left = (await visitor.get("/outbox?state=held")).text
    assert statuses == [303, 303, 409, 409]
    assert len(house.told) == 1
    assert "Nothing is held" in left


async def test_mutes_stand_in_pages(house: House) -> None:
    async with visiting(house) as visitor:
        store, now = visitor.app.doors.store, house.clock()
        for number in range(60):
            at, until = now - number * timedelta(minutes=1), now + timedelta(days=1)
            mute = Mute(id=f"{number:08x}", by="ann", reason="", since=at, until=until, rule="quake")
            store.add_mute(mute, Action(at=at, by="ann", via="cli", verb="mute", subject=mute.id))
        store.end_mute(f"{1:08x}", Action(at=now, by="ann", via="cli", verb="unmute", subject=f"{1:08x}"))
        first = (await visitor.get("/mutes?past")).text
        second = (await visitor.get("/mutes" + next_page(first))).text
        running = (await visitor.get("/mutes")).text
        listed = json.loads((await visitor.get("/api/v1/mutes?limit=40")).text)
        rest = json.loads((await visitor.get(f"/api/v1/mutes?limit=40&before={listed['next']}")).text)
        odd = (await visitor.get("/mutes?before=x")).status
    assert [page.count('<th scope="row">rule quake') for page in (first, second, running)] == [50, 10, 50]
    assert next_page(second) == ""
    assert [int(each["id"], 16) for each in (*listed["items"], *rest["items"])] == [0, *range(2, 60)]
    assert (rest["next"], odd) == (None, 400)


async def test_mutes_are_begun_and_ended(house: House) -> None:
    async with visiting(house) as visitor:
        wrong = [
            (await visitor.post("/mutes", form)).status
            for form in ({}, {"for": "24h"}, {"rule": "nope", "for": "24h"}, {"rule": "quake", "for": "never"})
        ]
        begun = await visitor.post("/mutes", {"rule": "quake", "for": "24h", "reason": HOSTILE, "tell": "on"})
        page = (await visitor.get("/mutes")).text
        mute_id = page.partition('action="/mutes/')[2][:8]
        ended = await visitor.post(f"/mutes/{mute_id}/end")
        twice = await visitor.post(f"/mutes/{mute_id}/end")
        after, past = (await visitor.get("/mutes")).text, (await visitor.get("/mutes?past")).text
        asked = (await visitor.get("/mutes?rule=%22%3E%3Cscript%3E")).text
    assert wrong == [400] * 4
    assert (begun.status, ended.status, twice.status) == (303, 303, 409)
    assert "rule quake" in page
    assert "<img src=x" not in page
    assert "Nothing is muted" in after
    assert "by console" in past
    assert "<script>" not in asked
