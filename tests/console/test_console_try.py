"""The page on which rules are tried: what it shows, what it refuses, and that `monitor try` says the same."""

from __future__ import annotations

import asyncio
import html
import json
import re

from monitor.console.trying import LONGEST_RULE, LONGEST_TEXT
from tests.app.house import RULES, House, rss
from tests.console.bench_here import visiting_here
from tests.forks import monitor

PART = {"HX-Request": "true"}
HOSTILE = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def shown(page: str) -> str:
    """Return what a page says, without its markup but for what is code."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<code><bdi>|</bdi></code>", "`", page))).split())


async def test_clauses_light_up(house: House) -> None:
    async with visiting_here(house) as (visitor, _):
        whole = await visitor.get("/try")
        asked = {"rule": "{terms: [talks], actors: shoygu, none: [football]}", "text": "Шойгу: talks\nat length"}
        found = await visitor.post("/try", asked, headers=PART)
        missed = await visitor.post("/try", asked | {"text": "Shoigy plays football"}, headers=PART)
        unnamed = await visitor.post("/try", asked | {"on": "entry"}, headers=PART)
        empty = await visitor.post("/try", {"rule": " "}, headers=PART)
    assert "<!doctype html>" in whole.text
    assert "<!doctype html>" not in found.text
    said = shown(found.text)
    assert "yes terms: `talks`: title has “talks”" in said
    assert "yes actors: actor `shoygu`: title has “Шойгу”" in said
    assert "normal priority desk : at once" in said
    assert "Story: a new story by link and wording" in said
    assert "trial: query: talks AND actor:shoygu NOT football" in said
    assert "<mark>Шойгу</mark>: <mark>talks</mark>" in found.text
    assert "no none: no `football`: title has “football”" in shown(missed.text)
    assert "Near: “Shoigy” is one letter from" not in said
    assert "Near: “Shoigy” is" in shown(missed.text)
    assert "Type a rule and a text" in shown(empty.text)
    assert "Type the id of a stored entry" in shown(unnamed.text)


async def test_a_query_is_shown_as_yaml_and_its_mistake_underlined(house: House) -> None:
    async with visiting_here(house) as (visitor, _):
        query = {"rule": "talks\nNEAR/5 Syria", "spelling": "query", "text": "talks on Syria"}
        found = await visitor.post("/try", query, headers=PART)
        wrong = await visitor.post("/try", query | {"rule": "talks NEAR/5 (Syria"}, headers=PART)
        yaml = await visitor.post("/try", {"rule": "terms: [talks]\nalll: [Syria]", "text": "t"}, headers=PART)
    assert "trial: near: of: [talks, Syria] within: 5" in shown(found.text)
    assert "the query:1:14 : this parenthesis is never closed" in shown(wrong.text)
    assert "    1 | talks NEAR/5 (Syria\n" in wrong.text
    assert ">      |              ^</span>" in wrong.text
    assert "the rule:2:1 : unknown key `alll` ; did you mean `all`?" in shown(yaml.text)


async def test_it_is_tried_on_what_is_stored(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu speaks", f"An earthquake {html.escape(html.escape(HOSTILE))}", "Calm")
    async with visiting_here(house) as (visitor, _):
        asked = {"rule": "[earthquake, speaks]", "on": "latest"}
        none = await visitor.post("/try", asked, headers=PART)
        assert await visitor.app.run_once()
        latest = await visitor.post("/try", asked, headers=PART)
        entry_id = re.findall(r"/try\?entry=([0-9a-f]{12})", latest.text)[0]
        one = await visitor.get(f"/try?entry={entry_id}&q=calm")
        unknown = await visitor.get("/try?entry=00000000")
    assert "no entry of the last 30 days is stored" in shown(none.text)
    assert "2 of 3 match" in shown(latest.text)
    assert "<script>alert" not in latest.text
    assert "<img" not in latest.text
    assert f'value="{entry_id}"' in one.text
    assert "no entry `00000000` is stored" in shown(unknown.text)


async def test_a_rule_of_the_files_is_filled_in_with_its_files_defaults(house: House) -> None:
    house.configure(rules=f"defaults: {{priority: urgent}}\n{RULES}  # the end\n")
    async with visiting_here(house) as (visitor, _):
        page = await visitor.get("/try?rule=quake")
        typed = html.unescape(re.findall(r'<textarea id="rule"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)[0])
        same = await visitor.post("/try", {"rule": typed, "text": "An earthquake"}, headers=PART)
        patch = await visitor.post("/try/patch", {"rule": typed.replace("séisme", "tremor")}, headers=PART)
        new = await visitor.post("/try/patch", {"rule": "[storm, gale]", "name": "wind"}, headers=PART)
        mapping = await visitor.post("/try/patch", {"rule": "terms: [storm]\n", "name": "wind"}, headers=PART)
        query = await visitor.post("/try/patch", {"rule": 'a "b"', "spelling": "query", "name": "w"}, headers=PART)
        wrong = await visitor.post("/try/patch", {"rule": "{termz: x}"}, headers=PART)
        page_of_patch = await visitor.post("/try/patch", {"rule": "[storm]", "name": "wind"})
    assert typed == "defaults: {priority: urgent}\nrules:\n  quake: [earthquake, séisme]\n"
    assert "urgent priority" in shown(same.text)
    assert "-  quake: [earthquake, séisme]\n+  quake: [earthquake, tremor]\n" in html.unescape(patch.text)
    assert "+  wind: [storm, gale]\n" in html.unescape(new.text)
    assert "+  wind:\n+    terms: [storm]\n" in html.unescape(mapping.text)
    assert '+    query: "a \\"b\\""\n' in html.unescape(query.text)
    assert "did you mean `terms`" in shown(wrong.text)
    assert "+  wind: [storm]" in page_of_patch.text


REFUSED = (
    ({"rule": "a" * (LONGEST_RULE + 1)}, 413, "100,000 are the most"),
    ({"rule": "a", "text": "a" * (LONGEST_TEXT + 1)}, 413, "200,000 are the most"),
    ({"rule": "a", "spelling": "regex"}, 400, "none of ours"),
    ({"rule": "a", "on": "everything"}, 400, "none of ours"),
    ({"rule": "a", "days": "9999"}, 400, "none of ours"),
    ({"rule": "a", "on": "entry", "entry": "' OR 1=1"}, 400, "an entry's id"),
    ({"rule": "a", "name": "A b"}, 400, "a rule's id"),
)
ADDRESSES = (
    ("/try?rule=nobody", 404),
    ("/try?entry=../etc", 400),
    ("/try/backtests/nothing", 404),
    ("/try?q=" + "x" * 5_000, 200),
    ("/try?rule=%00%27", 404),
)
HOSTILE_RULES = (
    "[" * 5_000,
    "[" + ",".join(f"w{number}" for number in range(15_001)) + "]",
    "[" + "a," * 20_001 + "]",
    '{re: "(a{1000}){1000}"}',
    "a: &a [x]\nb: [*a, *a]",
    "\0",
    HOSTILE,
    "rules: {}",
    "rules: []",
    "actors: {shoygu: [Bob]}\nrules: {r: {actors: shoygu}}",
)


async def test_what_is_hostile_is_answered(house: House) -> None:
    async with visiting_here(house) as (visitor, _):
        for form, status, why in REFUSED:
            for path in ("/try", "/try/patch", "/try/backtests"):
                answer = await visitor.post(path, form)
                assert (answer.status, why in shown(answer.text)) == (status, True)
        for path, status in ADDRESSES:
            assert (await visitor.get(path)).status == status
        for rule in HOSTILE_RULES:
            for path in ("/try", "/try/patch"):
                answer = await visitor.post(path, {"rule": rule, "text": HOSTILE})
                assert answer.status == 200
                assert "<script>alert" not in answer.text


async def test_a_backtest_is_looked_at_while_it_runs(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu speaks", f"An earthquake {html.escape(html.escape(HOSTILE))}", "Calm")
    async with visiting_here(house) as (visitor, bench):
        assert await visitor.app.run_once()
        bench.free.clear()
        asked = {"rule": "[earthquake, speaks]", "days": "30"}
        begun = await visitor.post("/try/backtests", asked)
        place = begun.headers["Location"]
        running, part = await visitor.get(place), await visitor.get(place, headers=PART)
        same = await visitor.post("/try/backtests", asked)
        second = await visitor.post("/try/backtests", asked | {"days": "7"}, headers=PART)
        third = await visitor.post("/try/backtests", asked | {"rule": "x"}, headers=PART)
        wrong = await visitor.post("/try/backtests", {"rule": "x", "days": "x"}, headers=PART)
        bench.free.set()
        while "hx-trigger" in (done := await visitor.get(place, headers=PART)).text:
            pass
        page = await visitor.get(place)
        mistaken = await visitor.post("/try/backtests", asked | {"rule": "{termz: x}"}, headers=PART)
    assert (begun.status, running.headers["Refresh"], same.headers["Location"]) == (303, "2", place)
    assert 'value="0.5"' in running.text
    assert 'hx-get="' in part.text
    assert (second.status, third.status, wrong.status) == (200, 503, 400)
    assert "2 would have been told" in shown(done.text)
    assert "Refresh" not in page.headers
    assert "<script>alert" not in page.text
    bars = json.loads(html.unescape(re.findall(r'data-numbers="([^"]*)"', page.text)[0]))
    assert [(len(each), each[0], each[-1]) for each in bars] == [(31, 0, 2), (31, 0, 2)]  # matched, told
    assert mistaken.status == 200


SAME = (
    ("{terms: [talks], actors: shoygu, none: [football], priority: high}", "Шойгу: talks, then football"),
    ("query: (speaks OR tremor) NEAR/3 actor:shoygu", "Today Shoygu speaks\nand speaks"),
    ("[tremors, quakez]", "A quake is felt"),
)


async def test_the_page_and_the_command_say_the_same(house: House) -> None:
    async with visiting_here(house) as (visitor, _):
        for rule, text in SAME:
            page = shown((await visitor.post("/try", {"rule": rule, "text": text}, headers=PART)).text)
            _, out, _ = await asyncio.to_thread(monitor, house.folder, "try", "-", text, text=rule, env=house.env)
            lines = [line.strip() for line in out.splitlines()[1:]]
            clauses = [line for line in lines if line.startswith(("yes ", "no "))]
            assert clauses
            for clause in clauses:
                assert " ".join(clause.split()) in page
            for line in lines:
                if line.startswith(("near: ", "story: ")):
                    assert line.capitalize().split(" ")[0] + line[line.index(" ") :] in page
