"""What people do from the pages of alerts and stories, and what they see of it."""

from __future__ import annotations

from datetime import timedelta

from monitor.testing import Fault
from tests.app.house import House, rss
from tests.console.hostile import assert_harmless
from tests.console.visits import BROWSER, PART, Visitor, cards, next_page, spelled, visiting

RULES = """
rules:
  shoygu: {title: Sergei Shoygu, terms: [Shoygu], priority: high}
  quake: {terms: [earthquake]}
"""
HOSTILE = "<img src=x onerror=alert(1)>"


async def test_pages_hold_each_story_once_while_others_come(house: House) -> None:
    house.configure(rules=RULES, channels="log: {console: true}", notify="log")
    async with visiting(house) as visitor:
        for start in (0, 20, 40):
            await visitor.tell(house, rss(*(f"earthquake {spelled(n)}" for n in range(start, start + 20))))
        first = (await visitor.get("/alerts", headers=BROWSER)).text
        await visitor.tell(house, rss("Shoygu speaks"))
        second = (await visitor.get(next_page(first), headers=BROWSER)).text
    shown = cards(first) + cards(second)
    assert next_page(second) == ""
    assert len(shown) == len(set(shown)) == 60


async def test_an_alert_is_acknowledged_from_its_card(house: House) -> None:
    house.configure(rules=RULES, channels="log: {console: true}", notify="log")
    async with visiting(house) as visitor:
        await visitor.tell(house, rss("Shoygu speaks", "earthquake far away"))
        first, second = cards((await visitor.get("/alerts", headers=BROWSER)).text)
        card = await visitor.post(f"/alerts/{first}/acknowledge", headers=PART)
        gone = await visitor.post(f"/alerts/{second}/acknowledge", {"query": "rule=quake&said=x"}, headers=BROWSER)
        after = (await visitor.get(gone.headers["Location"], headers=BROWSER)).text
        again = (await visitor.get(gone.headers["Location"], headers=BROWSER)).text
        unknown = await visitor.post(f"/alerts/{'f' * 32}/acknowledge", headers=PART)
        trail = await visitor.app.doors.in_store(visitor.app.doors.store.actions)
    assert "console takes care of it" in card.text
    assert cards(card.text) == [first]
    assert gone.headers["Location"].startswith("/alerts?rule=quake&said=")
    assert "Console takes care of it." in after
    assert "Console takes care of it." not in again
    assert unknown.status == 404
    assert [(each.via, each.verb) for each in trail] == [("console", "acknowledge")] * 2


async def test_navigation_counts_what_needs_attention(house: House) -> None:
    house.configure(feeds=f"lost: '{house.feeds.url('/lost')}'")
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        house.clock.advance(timedelta(hours=1))
        page = (await visitor.get("/alerts", headers=BROWSER)).text
        plain = (await visitor.get("/alerts")).text
    assert 'title="1 fail"' in page
    assert "Nothing has been told yet" in page
    assert "1 fail" not in plain


# -- one story ---------------------------------------------------------------------------------------------------------


async def do(visitor: Visitor, story: str, **form: str) -> str:
    """Send a form of a story's page; return the page that tells what came of it."""
    done = await visitor.post(f"/stories/{story}", form, headers=BROWSER)
    assert done.status == 303
    return (await visitor.get(done.headers["Location"], headers=BROWSER)).text


async def test_a_story_tells_its_entries_why_and_what_was_done(house: House) -> None:
    house.configure(rules=RULES, feeds=f"wire: '{house.feeds.url('/wire')}', other: '{house.feeds.url('/other')}'")
    page = rss("Shoygu and Carter agree to keep talking about deconfliction in Syria")
    house.feeds.pages["/other"] = page.replace("wire.example", "other.example")
    async with visiting(house) as visitor:
        await visitor.tell(house, page)
        (story,) = cards((await visitor.get("/alerts", headers=BROWSER)).text)
        shown = (await visitor.get(f"/stories/{story}", headers=BROWSER)).text
        store, doors = visitor.app.doors.store, visitor.app.doors
        account = await doors.in_store(store.story_account, story, after=None, limit=9)
        assert account is not None
        (alert,) = [record.alert for record in account.alerts]
        short = await visitor.get(f"/stories/{alert.id[:9]}", headers=BROWSER)
        taken = await do(visitor, story, act="acknowledge")
        judged = await do(visitor, story, act="not relevant", subject=alert.id, rule="shoygu")
        muted = [
            await do(visitor, story, act="mute story"),
            await do(visitor, story, act="mute rule", rule="shoygu"),
            await do(visitor, story, act="mute source", subject="wire"),
        ]
        twice = await do(visitor, story, act="acknowledge")
        trail = await doors.in_store(store.actions)
    assert_harmless(shown)
    assert "2 entries from 2 independent sources" in shown
    assert "<mark>Shoygu</mark> and Carter" in shown
    assert 'message: <span class="state sent">delivered' in shown
    assert "new story" in shown
    assert "same story" in shown or "same-text" in shown
    assert (short.status, short.headers["Location"]) == (303, f"/stories/{story}")
    assert "Console takes care of it." in taken
    assert "Noted: not relevant (shoygu)." in judged
    assert "console: not relevant" in judged
    assert all("Muted" in each for each in muted)
    assert "Muted: feed wire until" in muted[-1]
    assert "takes care of it already" in twice
    assert [each.verb for each in trail] == ["mute", "mute", "mute", "not relevant", "acknowledge"]
    assert {each.via for each in trail} == {"console"}


async def test_a_message_that_was_set_aside_is_sent_again_from_its_story(house: House) -> None:
    house.configure(rules=RULES)
    house.slack.fail(Fault(status=200, error="invalid_arguments"))
    async with visiting(house) as visitor:
        house.feeds.pages["/wire"] = rss("Shoygu speaks")
        await visitor.app.run_once()
        (story,) = cards((await visitor.get("/alerts", headers=BROWSER)).text)
        page = (await visitor.get(f"/stories/{story}", headers=BROWSER)).text
        key = page.partition('value="replay"')[2].partition('name="subject" value="')[2].partition('"')[0]
        sent = await do(visitor, story, act="replay", subject=key)
        await visitor.app.run_once()
        again = await do(visitor, story, act="replay", subject=key)
        trail = await visitor.app.doors.in_store(visitor.app.doors.store.actions)
    assert "set aside" in page
    assert "The message is sent again." in sent
    assert "Nothing of it is set aside any more." in again
    assert [each.verb for each in trail] == ["replay"]
    assert house.told == ["[high] Shoygu speaks"]


NOT_OF_IT: tuple[dict[str, str], ...] = (
    {},
    {"act": "delete"},
    {"act": "relevant", "subject": "f" * 32, "rule": "shoygu"},
    {"act": "mute rule", "rule": "quake"},
    {"act": "mute source", "subject": HOSTILE},
    {"act": "replay", "subject": ""},
)


async def test_what_is_not_of_the_story_is_not_done(house: House) -> None:
    house.configure(rules=RULES)
    async with visiting(house) as visitor:
        await visitor.tell(house, rss("Shoygu speaks"))
        (story,) = cards((await visitor.get("/alerts", headers=BROWSER)).text)
        refused = [(await visitor.post(f"/stories/{story}", form, headers=BROWSER)).status for form in NOT_OF_IT]
        foreign = BROWSER | {"Sec-Fetch-Site": "cross-site"}
        elsewhere = await visitor.post(f"/stories/{story}", {"act": "mute story"}, headers=foreign)
        unknown = await visitor.post(f"/stories/{'f' * 32}", {"act": "mute story"}, headers=BROWSER)
        trail = await visitor.app.doors.in_store(visitor.app.doors.store.actions)
    assert set(refused) == {400}
    assert (elsewhere.status, unknown.status, trail) == (403, 404, ())
