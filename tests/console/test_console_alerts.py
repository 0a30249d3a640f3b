"""The page of what was told: its filter, its timeline, its pages, its search, its forms; with titles of bad people."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import pytest_asyncio

from monitor.testing import FakeClock, FakeSlack, FakeSmtp
from tests.app.house import START, FeedServer, House, rss
from tests.console.hostile import LINKS, TITLES, assert_harmless
from tests.console.visits import BROWSER, PART, Visitor, cards, next_page, spelled, visiting
from tests.empty_store import lay_empty

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = """
rules:
  shoygu: {terms: [Shoygu], priority: high}
  quake: {terms: [earthquake]}
"""
MANY = 60  # entries: more than one page of a search


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seeded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitor]:
    """A console that has told all hostile titles, and many stories before them; tests read it only."""
    folder: Path = tmp_path_factory.mktemp("seeded")
    lay_empty(folder / "var" / "monitor.db")
    clock = FakeClock(START)
    async with FeedServer() as feeds, FakeSlack(clock=clock) as slack, FakeSmtp() as smtp:
        house = House(folder=folder, feeds=feeds, slack=slack, smtp=smtp, clock=clock)
        house.configure(rules=RULES, channels="log: {console: true}", notify="log")
        async with visiting(house) as visitor:
            await visitor.tell(house, rss(*(f"earthquake number {spelled(n)}" for n in range(20))))
            await visitor.tell(house, rss(*(f"earthquake of {spelled(n)} people" for n in range(20, 40))))
            await visitor.tell(house, rss(*(f"an earthquake {spelled(n)} far away" for n in range(40, MANY))))
            await visitor.tell(house, _page(*TITLES))
            await visitor.tell(house, _page("Nothing of note", link="https://wire.example/nothing"))
            yield visitor


def _page(*titles: str, link: str = "") -> str:
    items = "".join(
        f"<item><guid>{escape(title)}</guid><link>{escape(link or LINKS[number % len(LINKS)])}</link>"
        f"<title>{escape(escape(title))}</title><description>{escape(escape(title))}</description></item>"
        for number, title in enumerate(titles)
    )
    return f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>"


async def test_hostile_titles_do_nothing_on_any_page(seeded: Visitor) -> None:
    alerts = await seeded.get("/alerts?rule=shoygu", headers=BROWSER)
    search = await seeded.get("/alerts?q=Shoygu", headers=BROWSER)
    stories = [await seeded.get(f"/stories/{each}", headers=BROWSER) for each in cards(alerts.text)]
    for answer in (alerts, search, *stories):
        assert answer.status == 200
        assert_harmless(answer.text)
    assert "<script>alert(1)</script>" in assert_harmless(alerts.text).text
    assert "49" not in re.findall(r"Shoygu</mark> [^<]*", alerts.text)
    assert stories


async def test_the_filter_keeps_what_it_was_given(seeded: Visitor) -> None:
    query = "rule=quake&channel=log&source=wire&priority=normal&range=7d&open=yes"
    page = (await seeded.get(f"/alerts?{query}", headers=BROWSER)).text
    for kept in ("<option selected>quake", "<option selected>log", "<option selected>wire", "<option selected>normal"):
        assert kept in page
    assert 'value="7d" selected' in page
    assert 'value="yes" checked' in page
    assert "Shoygu" not in "".join(re.findall(r"<h2.*?</h2>", page, re.DOTALL))
    nothing = (await seeded.get("/alerts?rule=nobody%22%3E", headers=BROWSER)).text
    assert "Nothing fits" in nothing
    assert "<option selected>nobody&#34;&gt;</option>" in nothing


async def test_a_timeline_says_in_words_what_it_draws(seeded: Visitor) -> None:
    page = (await seeded.get("/alerts?range=24h", headers=BROWSER)).text
    quake = cards((await seeded.get("/alerts?rule=quake", headers=BROWSER)).text)
    shoygu = cards((await seeded.get("/alerts?rule=shoygu", headers=BROWSER)).text)
    assert len(quake) < 50  # they are all on the first page
    assert f"{len(quake) + len(shoygu)} alerts" in page
    assert 'data-unit="hour"' in page
    assert "<caption" in page
    assert f'class="normal">{len(quake)} normal' in page
    later = (await seeded.get("/alerts?since=2099-01-01", headers=BROWSER)).text
    assert "data-chart" not in later


async def test_a_part_is_only_what_changes(seeded: Visitor) -> None:
    part = await seeded.get("/alerts?rule=shoygu", headers=PART)
    again = await seeded.get("/alerts", headers=PART | {"HX-History-Restore-Request": "true"})
    assert (part.status, part.headers["Vary"]) == (200, "HX-Request")
    assert "<html" not in part.text
    assert cards(part.text)
    assert "<html" in again.text


# -- searching ---------------------------------------------------------------------------------------------------------


async def test_search_finds_what_was_not_told_too(seeded: Visitor) -> None:
    page = (await seeded.get("/alerts?q=note+OR+nothing", headers=BROWSER)).text
    assert "not told" in page
    assert "<mark>Nothing</mark> of <mark>note</mark>" in page
    entry = re.search(r'href="(/entries/[0-9a-f]+)"', page)
    assert entry
    told = (await seeded.get(entry[1], headers=BROWSER)).text
    assert "Why it was not told" in told
    assert "no match" in told
    through_story = await seeded.get(entry[1].replace("entries", "stories"), headers=BROWSER)
    assert (through_story.status, through_story.headers["Location"]) == (303, entry[1])


async def test_search_goes_on_page_by_page(seeded: Visitor) -> None:
    found: list[str] = []
    path = "/alerts?q=earthquake"
    while path:
        page = (await seeded.get(path, headers=BROWSER)).text
        found += re.findall(r'<h2 dir="auto"[^>]*><a href="/stories/([0-9a-f]{32})', page)
        path = next_page(page)
    assert len(found) == MANY


@pytest.mark.parametrize(
    ("query", "marked", "said"),
    [
        ("foo%20AND%20(bar", "(", "never closed"),
        ("actor:nobody", "nobody", "unknown actor"),
        ("%22a%5C%22%20%22b", "&#34;", "never closed"),
        ("%3Cscript%3E%20AND%20AND%20x", "AND", "cannot follow"),
    ],
)
async def test_a_query_with_a_mistake_shows_where(seeded: Visitor, query: str, marked: str, said: str) -> None:
    answer = await seeded.get(f"/alerts?q={query}", headers=BROWSER)
    assert answer.status == 400
    assert_harmless(answer.text)
    assert f'<mark class="wrong">{marked}' in answer.text
    assert said in answer.text
    assert (await seeded.get(f"/alerts?q={query}", headers=PART)).status == 200


# -- what people write into addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "priority=huge",
        "priority=%00",
        "range=1y",
        "since=yesterday",
        "until=2026-13-40",
        "until=9999-12-31",
        "since=0001-01-01T00:00:00%2B14:00",
        f"rule={'x' * 201}",
        f"q={'x' * 2_001}",
        "before=x",
        "before=2026-03-01T00:00:00",
        "before=_",
        "before=1_x",
        "as_of=never",
    ],
)
async def test_what_cannot_be_read_is_refused_in_a_sentence(seeded: Visitor, query: str) -> None:
    answer = await seeded.get(f"/alerts?{query}", headers=BROWSER)
    live = await seeded.get(f"/alerts/live?{query}") if not query.startswith(("q=", "before=")) else answer
    assert (answer.status, live.status) == (400, 400)
    assert "<h1>That cannot be read</h1>" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/stories/xyz",
        "/stories/abcd",
        f"/stories/{'f' * 32}",
        "/stories/..%2f..%2fetc",
        f"/stories/{'a' * 5_000}",
        "/entries/00000000",
        "/entries/zz",
        "/nowhere",
    ],
)
async def test_what_is_not_there_is_a_page_that_leads_back(seeded: Visitor, path: str) -> None:
    answer = await seeded.get(path, headers=BROWSER)
    assert answer.status == 404
    assert 'href="/alerts">To the alerts' in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(answer.text) < 5_000


async def test_programs_are_refused_in_one_line_and_parts_in_a_part(seeded: Visitor) -> None:
    plain = await seeded.get("/nowhere")
    part = await seeded.get("/alerts?range=x", headers=PART)
    home = await seeded.get("/")
    assert plain.text == "404 Not Found: There is no such page.\n"
    assert "<html" not in part.text
    assert (home.status, home.headers["Location"]) == (303, "/alerts")
