"""The pages of the rules: what they find, what is wrong with them, what people think of them."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from monitor.acts import Person, judge
from monitor.console.bench import TrialRefusedError
from monitor.console.rule_rows import SORTS, Knowledge, every_day, page, rule_rows, search, sort
from monitor.model import Breaker, Mute, Rule, Subject
from monitor.ports import RuleStats
from monitor.rules.judged import Judged, Score
from tests.app.house import RULES, House, rss
from tests.console.bench_here import visiting_here
from tests.console.visits import BROWSER

PART = {"HX-Request": "true", "HX-Target": "rules"}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"
MANY = "rules:\n" + "".join(f"  r{number:03}: word{number}\n" for number in range(120))


def shown(text: str) -> str:
    """Return what a page says, without its markup but for what is code."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<code><bdi>|</bdi></code>", "`", text))).split())


async def test_a_rule_is_shown_with_what_it_found(house: House) -> None:
    rules = RULES.replace("[Shoygu speaks]", f"[Shoygu speaks, '{HOSTILE} Shoygu', 'nothing at all']")
    house.configure(rules=f"{rules}  idle: {{terms: [a word], expires: 2026-02-01, title: '{HOSTILE}', tags: [t]}}\n")
    house.feeds.pages["/wire"] = rss(f"Shoygu {html.escape(html.escape(HOSTILE))}", "An earthquake", "Calm")
    async with visiting_here(house) as (visitor, _):
        assert await visitor.app.run_once()
        store = visitor.app.doors.store
        alert = next(each for each in store.find_alerts("") if "shoygu" in each.rules)
        judge(store, Person(by="ann", via="console"), alert.id, relevant=False, now=house.clock())
        listed, rule = await visitor.get("/rules"), await visitor.get("/rules/shoygu")
        idle, feed = await visitor.get("/rules/idle"), await visitor.get("/rules/shoygu/feed.xml")
        found = await visitor.get("/rules?q=IDLE&sort=hits", headers=PART)
        wrong = [(await visitor.get(path)).status for path in WRONG]
    for each in (listed, rule, idle, found):
        assert each.status == 200
        assert "<script>alert" not in each.text
    assert re.search(r"<link>http://[^/<]+/rules/shoygu</link>", feed.text)
    said = shown(listed.text)
    assert "3 rules" in said
    assert "expired" in said
    assert "0 % 0 of 1" in said
    assert listed.text.count('<svg class="spark"') == 2
    assert "1 rule" in shown(found.text)
    assert "<!doctype" not in found.text
    said = shown(rule.text)
    assert "actors any of actor `shoygu`" in said or "actors actor `shoygu`" in said
    assert "shoygu : Shoygu, Шойгу" in said
    assert "passes hit Shoygu speaks" in said
    assert "fails hit nothing at all" in said
    assert "0 % relevant: 0 of 1 judged" in said
    assert "+  shoygu: {misses: [" in html.unescape(rule.text) or "misses" in said
    assert "Nobody has judged one yet" in shown(idle.text)
    items = ET.fromstring(feed.text).findall("channel/item/title")
    assert [item.text for item in items] == [f"Shoygu {HOSTILE}"]
    assert feed.headers["Content-Type"].startswith("application/rss+xml")
    assert wrong == [400, 400, 404, 404]


WRONG = ("/rules?sort=x", "/rules?q=" + "x" * 300, "/rules/nobody", "/rules/nobody/feed.xml")


async def test_the_pages_of_the_list_hold_each_rule_once(house: House) -> None:
    house.configure(rules=MANY)
    async with visiting_here(house) as (visitor, _):
        seen: Counter[str] = Counter()
        path = "/rules?sort=title"
        for _ in range(3):
            text = (await visitor.get(path)).text
            seen.update(re.findall(r'href="/rules/(r\d+)"', text))
            more = re.findall(r'<a class="button" href="(/rules[^"]*)"', text)
            path = html.unescape(more[0]) if more else ""
    assert path == ""
    assert seen == Counter({f"r{number:03}": 1 for number in range(120)})


async def test_mistakes_of_a_reload_stand_on_top_until_they_are_mended(house: House) -> None:
    async with visiting_here(house) as (visitor, _):
        (house.folder / "rules.yaml").write_text(RULES.replace("quake:", "quake: {termz: x}\n  q2:"))
        await visitor.app.reload()
        broken = await visitor.get("/rules")
        others = [await visitor.get(path, headers=BROWSER) for path in ("/alerts", "/try", "/feeds", "/nowhere")]
        (house.folder / "rules.yaml").write_text(RULES)
        await visitor.app.reload()
        mended = await visitor.get("/rules")
        well = await visitor.get("/alerts", headers=BROWSER)
    assert "The files were not loaded now : the last good rules go on" in shown(broken.text)
    assert "rules.yaml:5:11 : unknown key `termz` ; did you mean `terms`?" in shown(broken.text)
    assert "    5 |   quake: {termz: x}\n" in broken.text
    assert "not loaded" not in mended.text
    assert all("The files were changed and hold a mistake" in each.text for each in others)
    assert "The files were changed" not in well.text


async def test_warnings_stand_with_their_rule(house: House) -> None:
    house.configure(rules=RULES + "  dull: [the]\n")
    async with visiting_here(house) as (visitor, bench):
        bench.free.clear()
        early, early_rule = await visitor.get("/rules"), await visitor.get("/rules/dull")
        bench.free.set()
        while "still being looked for" in (late := await visitor.get("/rules?sort=warnings")).text:
            pass
        dull = await visitor.get("/rules/dull")
    assert "warnings are still being looked for" in shown(early.text)
    assert "Warnings are still being looked for" in shown(early_rule.text)
    assert re.search(r"dull .{0,40}\d warnings?", shown(late.text))
    assert re.search(r"rules\.yaml:6:\d+ : MM\d+", shown(dull.text))


@pytest.mark.parametrize("failure", [TrialRefusedError("too much"), RuntimeError("a bug")], ids=["refused", "bug"])
async def test_warnings_that_could_not_be_looked_for_are_not_said_to_be_none(house: House, failure: Exception) -> None:
    house.configure(rules=RULES + "  dull: [the]\n")
    async with visiting_here(house) as (visitor, bench):
        bench.failure = failure
        listed, dull = await visitor.get("/rules"), await visitor.get("/rules/dull")
        bench.failure = None
        await visitor.app.reload()
        while "still being looked for" in (anew := await visitor.get("/rules")).text:
            pass
    assert "3 rules; warnings could not be looked for: monitor check shows them" in shown(listed.text)
    assert "Warnings could not be looked for: monitor check shows them." in shown(dull.text)
    assert re.search(r"dull .{0,40}\d warnings?", shown(anew.text))
    assert "could not be looked for" not in anew.text


# -- the list itself ---------------------------------------------------------------------------------------------------


LISTED = [
    Rule(id="b", title="Zebra", owner="desk", tags=("tag",)),
    Rule(id="a", title="apple", notify=("chief",), expires=NOW.date()),
    Rule(id="c", title="Mango", expires=NOW.date() + timedelta(days=1)),
]


def knowledge() -> Knowledge:
    stats = {
        "a": RuleStats(rule="a", week=1, month=5, last_at=NOW, noisiest=("", 0)),
        "c": RuleStats(rule="c", week=0, month=9, last_at=NOW - timedelta(days=9), noisiest=("", 0)),
    }
    judged = {"c": Judged(rule="c", score=Score(relevant=1, judged=2), spellings={}, unwanted=())}
    mutes = [
        Mute(id="1", by="ann", reason="", since=NOW, until=None, rule="a"),
        Mute(id="2", by="ann", reason="", since=NOW, until=None, rule="b", channel="desk"),
    ]
    breakers = [
        Breaker(id="3", subject=Subject.RULE, name="c", since=NOW, reason=""),
        Breaker(id="4", subject=Subject.FEED, name="b", since=NOW, reason=""),
    ]
    return Knowledge(stats=stats, judged=judged, mutes=mutes, breakers=breakers, warnings={"b": 2})


def test_what_is_known_stands_beside_each_rule() -> None:
    rows = rule_rows(LISTED, knowledge(), NOW.date())
    assert [(row.rule.id, row.expired, row.held_by, row.warnings) for row in rows] == [
        ("b", False, "", 2),
        ("a", True, "muted", 0),
        ("c", False, "breaker", 0),
    ]


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("file", "bac"),
        ("id", "abc"),
        ("title", "acb"),
        ("hits", "cab"),
        ("last", "acb"),
        ("precision", "cba"),
        ("warnings", "bac"),
    ],
)
def test_rules_are_sorted(by: str, order: str) -> None:
    assert by in SORTS
    assert "".join(rule.id for rule in sort(LISTED, by, knowledge())) == order


@pytest.mark.parametrize(
    ("words", "found"), [("", "bac"), ("ZEB", "b"), ("tag desk", "b"), ("chief", "a"), ("zebra chief", "")]
)
def test_all_the_words_must_stand_in_a_rule(words: str, found: str) -> None:
    assert "".join(rule.id for rule in search(LISTED, words)) == found


def test_a_page_begins_behind_a_rule() -> None:
    assert page(LISTED, "", 2) == (LISTED[:2], "a")
    assert page(LISTED, "a", 2) == (LISTED[2:], "")
    assert page(LISTED, "gone", 3) == (LISTED, "")


def test_days_without_hits_are_counted_too() -> None:
    days = every_day({date(2026, 3, 1): 4, date(2026, 2, 27): 1, date(2025, 1, 1): 9}, NOW.date())
    assert len(days) == 30
    assert days[-3:] == ((date(2026, 2, 27), 1), (date(2026, 2, 28), 0), (date(2026, 3, 1), 4))
