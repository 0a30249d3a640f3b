"""What people do on the pages, in a real browser: with a mouse, with a keyboard alone, and where no script runs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from monitor.testing import Fault
from tests.app.house import CONSOLE_TOKEN
from tests.browser.town import HOSTILE, PHONE, Town, feed_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]
LOGIN = "console: {auth: {token: '${CONSOLE_TOKEN}'}}\n"


async def tell(town: Town, *items: tuple[str, str], fault: Fault | None = None) -> None:
    """Have the feed `gazette` bring this, an hour later; the first message about it may fail."""
    town.house.clock.advance(timedelta(hours=1))
    town.house.feeds.pages["/gazette"] = feed_of(*items, base="https://gazette.example")
    if fault:
        town.house.slack.fail(fault)
    await town.visitor.app.run_once()


async def test_entries_are_searched_and_hits_lit(town: Town) -> None:
    async with town.looking() as sight:
        page = sight.page
        await sight.go("/alerts")
        await page.get_by_label("Search the stored entries").fill("earthquake AND far")
        await page.keyboard.press("Enter")
        await expect(page.locator("#found .story")).to_have_count(1)
        await expect(page.locator("#found mark").first).to_have_text("earthquake")
        assert page.url.endswith("/alerts?q=earthquake%20AND%20far")
        await page.locator("#found .story a").first.click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("An earthquake far away")
        await page.go_back()
        await expect(page.locator("#found .story")).to_have_count(1)


async def test_alerts_appear_as_they_come(town: Town) -> None:
    async with town.looking() as sight, town.looking(dark=True, width=PHONE) as other:
        for each in (sight, other):
            async with each.page.expect_response(lambda response: "/alerts/live" in response.url):
                await each.go("/alerts")
        before = await sight.page.locator(".story").count()
        await tell(town, (f"Harbours close after a noon earthquake {HOSTILE}", "Ferries wait"))
        for each in (sight, other):
            first = each.page.locator(".stories > li").first
            await expect(first).to_contain_text("Harbours close after a noon earthquake \"'><img")
            await expect(each.page.locator(".news")).to_contain_text("New: Harbours close")
            assert await each.strangers() == []
            assert not await each.page.evaluate("window.owned")
        assert await sight.page.locator(".story").count() == before + 1
        await sight.page.locator(".stories > li").first.get_by_role("button", name="Acknowledge").click()
        await expect(sight.page.locator(".stories > li").first).to_contain_text("console takes care of it")
        await sight.page.locator(".stories > li").first.hover()
        await tell(town, ("Lighthouses dark since the evening earthquake", "Ships wait"))
        await expect(sight.page.locator(".news")).to_contain_text("1 new alert")  # nothing moves under a mouse
        assert await sight.page.locator(".story").count() == before + 1
        await sight.page.get_by_role("button", name="Show", exact=True).click()
        await expect(sight.page.locator(".stories > li").first).to_contain_text("Lighthouses dark")


async def test_clauses_light_up_as_one_types(town: Town) -> None:
    async with town.looking() as sight:
        page = sight.page
        await sight.go("/try")
        rule, held = page.get_by_label("Rule", exact=True), page.locator("#result .clauses .held")
        await page.get_by_label("Text; its first line is the title").fill("Talks in Geneva\nabout the weather")
        await rule.fill("")
        await expect(page.locator("#result")).to_contain_text("Type a rule and a text")
        await rule.press_sequentially("terms: [talk")
        await expect(page.locator("#result")).to_contain_text("mistake")
        await rule.press_sequentially("s]")
        await expect(held).to_have_count(1)
        await rule.press_sequentially("\nall: [snow]")
        await expect(page.locator("#result .clauses .failed")).to_have_count(1)
        await rule.fill("talks NOT snow")
        await page.get_by_label("Query", exact=True).check()
        await expect(held).to_have_count(2)
        await expect(page.locator("#heard")).to_have_text("match")  # all that a screen reader is told of it
        await expect(page.locator("#result mark")).to_have_text(["Talks"])
        await page.get_by_role("button", name="Show the patch").click()
        await expect(page.locator("#patch-text")).to_contain_text("+  my-rule:")
        await page.get_by_role("button", name="Backtest").click()
        await expect(page.locator("#backtest")).to_contain_text("would have been told")
        assert await sight.axe() == []
        await page.get_by_label("the 20 latest entries").check()
        await expect(page.locator("#text")).to_be_hidden()
        await expect(page.locator("#entry")).to_be_hidden()
        await page.get_by_role("radio", name="a stored entry").check()
        await expect(page.locator("#entry")).to_be_visible()


async def test_what_was_set_aside_is_sent_again(town: Town) -> None:
    for script, title in ((True, "Bridges hold in the earthquake"), (False, "Vineyards lost to an earthquake")):
        await tell(town, (title, title), fault=Fault(status=200, error="invalid_arguments"))
        async with town.looking(script=script) as sight:
            page = sight.page
            await sight.go("/outbox?state=dead")
            row = page.get_by_role("row").filter(has_text=title)
            await row.get_by_role("button").click()
            await expect(page.locator(".tabs a[aria-current]")).to_contain_text("waiting")
            await expect(page.get_by_role("row").filter(has_text=title)).to_contain_text("owed")
        await town.visitor.app.run_once()
        assert title in town.house.told


async def test_a_keyboard_is_enough(town: Town) -> None:
    async with town.looking() as sight:
        page = sight.page
        await sight.go("/alerts")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        first, second = (page.locator(".stories > li").nth(place).locator("a").first for place in (0, 1))
        await first.focus()
        await page.keyboard.press("j")
        await expect(second).to_be_focused()
        await page.keyboard.press("k")
        await expect(first).to_be_focused()
        await sight.go("/try")
        assert await stops(page) > 15
        await sight.go("/alerts")
        await tab_to(page, "Mutes")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mutes")
        await tab_to(page, "Mute something")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type("quake")
        await page.keyboard.press("Escape")  # closes what the browser proposes
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("row").filter(has_text="rule quake")).to_be_visible()
        await tab_to(page, "End the mute of rule quake")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("row").filter(has_text="rule quake")).to_have_count(0)


ACTIVE = "document.activeElement === document.body ? '' : document.activeElement.textContent"


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus; it must be seen to have it."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if (await page.evaluate(ACTIVE)).strip().startswith(name):
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    pytest.fail(f"no Tab leads to {name}")


async def stops(page: Page) -> int:
    """Press Tab until the focus leaves the page; return how often it took."""
    for count in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            return count
    pytest.fail("the focus never leaves the page")


async def test_times_are_told_in_full_at_a_touch(town: Town) -> None:
    async with town.looking(width=PHONE) as sight:
        page = sight.page
        await sight.go("/alerts")
        time, exact = page.locator("main time").first, re.compile(r"2026-\d\d-\d\d \d\d:\d\d")
        await expect(time).to_have_text(re.compile("now|ago"))
        await page.get_by_role("button", name="Show exact times").press("Enter")
        await expect(time).to_have_text(exact)
        await time.click()
        await expect(time).to_have_text(re.compile("now|ago"))
        await page.evaluate("dispatchEvent(new Event('beforeprint'))")
        await expect(time).to_have_text(exact)


async def test_pages_work_without_script(town: Town) -> None:
    async with town.looking(script=False, width=PHONE) as sight:
        page = sight.page
        for name in ("Alerts", "Try a rule", "Rules", "Feeds", "Outbox", "Mutes"):
            await sight.go("/alerts")
            await page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
            await expect(page.get_by_role("heading", level=1)).to_have_text(name)
            await expect(page.locator(".chart:visible")).to_have_count(0)
        await page.get_by_text("Mute something").click()
        await page.get_by_label("Feed").fill("lost")
        await page.get_by_label("Why").fill(HOSTILE)
        await page.get_by_role("button", name="Mute", exact=True).click()
        await expect(page.get_by_role("row").filter(has_text="feed lost")).to_contain_text(HOSTILE)
        await sight.go("/try")
        await page.get_by_label("Rule", exact=True).fill("[weather]")
        await page.get_by_label("Text; its first line is the title").fill(f"The weather {HOSTILE}")
        await page.get_by_role("button", name="Try it").click()
        await expect(page.locator("#result .clauses .held")).to_have_count(1)
        await page.get_by_role("button", name="Backtest").click()
        await expect(page.locator("#backtest")).to_contain_text("would have been told")  # the page asks anew by itself
        await sight.go("/rules")
        await page.get_by_role("searchbox").fill("ground")
        await page.get_by_role("button", name="Search").click()
        await expect(page.locator("#rules tbody tr")).to_have_count(1)
        await sight.go("/feeds?health=failing")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Feeds")


async def test_a_reader_logs_in_and_out(town: Town) -> None:
    file = town.house.file
    open_to_all = file.read_text()
    file.write_text(open_to_all + LOGIN)
    try:
        await town.visitor.app.reload()
        await town.visitor.app.console.keep()
        async with town.looking() as sight:
            page = sight.page
            await sight.go("/alerts")
            await expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
            await page.get_by_label("Token").fill(CONSOLE_TOKEN)
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("heading", level=1)).to_have_text("Alerts")
            (cookie,) = await page.context.cookies()
            assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
            assert await sight.axe() == []
            await page.get_by_role("button", name="Log out").click()
            await expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    finally:
        file.write_text(open_to_all)
        await town.visitor.app.reload()
        await town.visitor.app.console.keep()
