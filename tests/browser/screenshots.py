"""Take the pictures of the book anew: `python -m tests.browser.screenshots [FOLDER]`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.browser.town import Town, feed_of, living_town

ROOT: Final = Path(__file__).parents[2]
STORY: Final = ROOT / "seeds" / "stories" / "2015-09-18-us-russia-military-talks"
FIRST_DAY: Final = datetime(2015, 8, 22, 7, 30, tzinfo=UTC)
RULES: Final = """
actors:
  shoygu: [Shoygu, Shoigu, Шойгу, Choïgou, Schoigu, 绍伊古, شويغو]
  carter: [Ash Carter, Ashton Carter, Secretary Carter, Эштон Картер, Эштоном Картером]
rules:
  us-russia-syria-talks: {title: Russia's ministers and Syria, terms: [Syria*, Syrie, Сири*], actors: shoygu, priority: high, owner: mideast-desk, note: Any contact over Syria; who was on the other end stands in the text.}
  deconfliction: {title: Deconfliction in the air and at sea, terms: [deconflict*], actors: [shoygu, carter], priority: high}
  earthquake: {title: Earthquakes, terms: [earthquake*, séisme*, terremoto*, زلزال], none: [drill, simulacro]}
  exploited-vulnerability: {title: Flaws under attack, terms: [zero-day, actively exploited], priority: urgent, owner: security}
  medicine-recall: {title: Recalls of medicines, near: {of: [recall*, [tablets, medicine*, insulin]], within: 8}}
  press-freedom: {title: Journalists held, near: {of: [[journalist*, reporter*], [detained, arrested, jailed]], within: 10}}
  sea-cables: {title: Cables under the sea, terms: [sea cable*, cable treaty], priority: low}
"""
OUTLETS: Final = {
    "harbour-wire": "en",
    "north-gazette": "en",
    "vestnik-gavani": "ru",
    "depeche-du-lac": "fr",
    "sada-almina": "ar",
    "patch-notes": "en",
}
NEWS: Final = (  # half the hours since what was before, outlet, title, summary
    (5, "north-gazette", "Ministers sign the cable treaty", "Nine states will repair sea cables together."),
    (26, "patch-notes", "Router maker mends zero-day", "The flaw is actively exploited, its advisory says."),
    (2, "patch-notes", "Old printers open the door", "Two more flaws are actively exploited since Friday."),
    (25, "depeche-du-lac", "Un séisme ressenti dans les vallées", "Aucun blessé, quelques toits endommagés."),
    (47, "harbour-wire", "Reporter detained at the border is released", "Her editor was asked about her sources."),
    (
        20,
        "north-gazette",
        "Blood-pressure tablets recalled in four countries",
        "An impurity was found in the substance.",
    ),
    (3, "harbour-wire", "Insulin pens recalled by their maker", "Three lots may hold too little."),
    (30, "north-gazette", "Nightly earthquakes empty the villages", "People sleep in their cars."),
    (1, "sada-almina", "زلزال قوي يضرب سواحل المدينة", "لا أنباء عن إصابات حتى الآن."),
    (70, "north-gazette", "Two journalists arrested after a march", "Their union asks for their release."),
    (24, "patch-notes", "Mail server flaw is actively exploited", "A fix is out since this morning."),
    (26, "north-gazette", "Ship's anchor cut two sea cables", "Repairs begin on Monday."),
    (16, "harbour-wire", "Calm week on the markets", "Nothing happened."),
    (4, "vestnik-gavani", "Министры обсудили Сирию: Шойгу говорил с Картером", "Эштон Картер звонил в пятницу."),
    (3, "harbour-wire", "Strong earthquake shakes the islands", "A warning of a tsunami was lifted within the hour."),
)
RULE: Final = "terms: [military talks, deconflict*]\nactors: [shoygu, carter]\nall: [Syria]\nnone: [football]\n"
TEXT: Final = (
    "Pentagon chief speaks with Шойгу about Syria\n"
    "Ash Carter and his counterpart want deconfliction in the air over Syria; military talks will go on."
)


@asynccontextmanager
async def newsroom(folder: Path) -> AsyncIterator[Town]:
    """Give a house that has watched for two weeks, up to the day of the bundled story."""
    feeds = ", ".join(f"{name}: {{url: 'FEEDS/{name}', lang: {lang}}}" for name, lang in OUTLETS.items())
    async with living_town(folder, start=FIRST_DAY, rules=RULES, feeds=feeds) as town:
        pages = town.house.feeds.pages
        pages |= {f"/{name}": feed_of() for name in OUTLETS}
        for hours, outlet, title, summary in NEWS:
            pages[f"/{outlet}"] = feed_of(
                (title, summary), language=OUTLETS[outlet], base=f"https://{outlet}.example.org"
            )
            await later(town, hours=2 * hours)
        for file, hours in (("harbour-wire.rss.xml", 3), ("north-gazette.atom.xml", 2)):
            pages[f"/{file.partition('.')[0]}"] = (STORY / file).read_text(encoding="utf-8")
            await later(town, hours=hours)
        yield town


async def later(town: Town, *, hours: float) -> None:
    town.house.clock.advance(timedelta(hours=hours))
    await town.visitor.app.run_once()


async def take(folder: Path) -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as scratch:
        async with newsroom(Path(scratch)) as town:
            async with town.looking() as sight:
                await sight.go("/alerts")
                await sight.page.locator(".chart.drawn canvas").wait_for()
                await sight.page.screenshot(path=folder / "console-alerts.png")
            async with town.looking(dark=True) as sight:
                await sight.go("/try")
                await sight.page.get_by_label("Text; its first line is the title").fill(TEXT)
                await sight.page.get_by_label("Rule", exact=True).fill(RULE)
                await sight.page.locator("#result").get_by_text("shoygu", exact=True).first.wait_for()
                await sight.page.evaluate("document.activeElement.blur()")
                await sight.page.screenshot(path=folder / "console-try.png")


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "_static"))
