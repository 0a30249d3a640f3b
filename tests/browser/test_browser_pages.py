"""Every page in a real browser: sound, readable in both schemes, on a telephone, without script, and nobody else's."""

from __future__ import annotations

import pytest

from tests.browser.town import PHONE, WIDE, Sight, Town
from tests.console.visits import BROWSER, cards

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


async def all_paths(town: Town) -> dict[str, int]:
    """Return addresses of each kind of page, with what they are answered with."""
    page = (await town.visitor.get("/alerts", headers=BROWSER)).text
    stories = cards(page)
    sound = (
        "/alerts",
        "/alerts?q=Shoygu",
        "/alerts?rule=nothing-like-it&since=2020-01-01",
        f"/stories/{stories[0]}",
        f"/stories/{stories[-1]}",
        "/try",
        "/try?rule=shoygu",
        "/rules",
        "/rules/shoygu",
        "/rules/quake",
        "/feeds",
        "/feeds/wire",
        "/feeds/lost",
        "/outbox?state=dead",
        "/outbox?state=sent",
        "/mutes",
        "/mutes?past&rule=quake",
        "/login",
    )
    return dict.fromkeys(sound, 200) | {"/alerts?q=title:(Shoygu": 400, "/stories/ffffffffffff": 404}


async def faults_of(sight: Sight, path: str, status: int) -> list[str]:
    """Look at one page in both schemes and at both widths."""
    page = sight.page
    await page.set_viewport_size({"width": WIDE, "height": 900})
    await page.emulate_media(color_scheme="light")
    await sight.go(path, status=status)
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    faults = await sight.strangers() + await sight.axe()
    if await page.evaluate("window.owned"):
        faults.append("a script of strangers ran")
    await page.emulate_media(color_scheme="dark")
    faults += [f"dark: {each}" for each in await sight.axe("color-contrast", "link-in-text-block")]
    await page.set_viewport_size({"width": PHONE, "height": 800})
    return faults + await sight.too_wide()


async def test_every_page_is_sound(town: Town) -> None:
    found: list[str] = []
    async with town.looking() as sight:
        for path, status in (await all_paths(town)).items():
            found += [f"{path}: {fault}" for fault in await faults_of(sight, path, status)]
    assert not found, "\n".join(found)
