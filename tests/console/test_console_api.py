"""The JSON API over a real socket, and the document that describes it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import schemathesis
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis.specs.openapi.checks import positive_data_acceptance

from monitor.console.api.endpoints import Call, Endpoint
from monitor.console.api.requests import Nothing
from monitor.testing import Fault
from tests.app.house import House, rss
from tests.console.visits import Visitor, visiting

WRONG: tuple[Any, ...] = ([], "x", {"rule": "quake"}, {"duration": "2h"})


async def got(visitor: Visitor, path: str) -> Any:
    answer = await visitor.get(f"/api/v1{path}")
    assert answer.headers["Content-Type"].startswith(("application/json", "application/problem+json"))
    return json.loads(answer.text)


async def did(visitor: Visitor, path: str, body: Any) -> tuple[int, Any]:
    answer = await visitor.post(f"/api/v1{path}", json=body)
    return answer.status, json.loads(answer.text)


async def test_every_answer_is_as_the_document_says(house: House) -> None:
    """Schemathesis draws requests from the document, right ones and wrong ones, and checks each answer against it."""
    house.feeds.pages["/wire"] = rss("Shoygu one", "earthquake two")
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        document = await got(visitor, "/openapi.json")
        # the document names no address: it is served where the API is
        document["servers"] = [{"url": f"{visitor.address}/api/v1"}]
        await asyncio.to_thread(draw, document)
        assert (await visitor.get("/healthz")).status in (200, 404)


def draw(document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)
    operations = [schema[path][method] for path, methods in document["paths"].items() for method in methods]
    assert len(operations) > 10
    modes = schemathesis.GenerationMode
    cases = [one_of(*(each.as_strategy(generation_mode=mode) for mode in modes)) for each in operations]
    for strategy in cases:

        @given(case=strategy)
        @settings(max_examples=4, suppress_health_check=list(HealthCheck))
        def check(case: schemathesis.Case[Any]) -> None:
            # what is rightly written may still make no sense: a mute of nothing, a query without its end
            is_plain = case.method == "GET" and case.path != "/entries"
            excluded: list[Any] = [] if is_plain else [positive_data_acceptance]
            case.call_and_validate(base_url=document["servers"][0]["url"], excluded_checks=excluded)

        check()


async def test_alerts_come_in_pages(house: House) -> None:
    house.feeds.pages["/wire"] = rss(*(f"Shoygu {number} {'x' * number}" for number in range(5)))
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        seen, path = [], "/alerts?limit=2"
        while path:
            page = await got(visitor, path)
            seen += [item["entry"]["title"] for item in page["items"]]
            path = f"/alerts?limit=2&before={page['next']}" if page["next"] else ""
        entry_id = page["items"][0]["entry"]["id"]
        account = await got(visitor, f"/entries/{entry_id}")
    assert len(seen) == len(set(seen)) == 5
    assert account["entry"]["id"] == entry_id
    assert [each["state"] for each in account["messages"]] == ["sent"]
    assert {each["stage"] for each in account["decisions"]} >= {"match", "story"}


async def test_stored_entries_are_searched_and_stories_shown_in_pages(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu speaks of Syria", "Nothing of note", "Shoygu speaks of Syria again today")
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        found = await got(visitor, "/entries?q=Syria%20OR%20note")
        wrong = await got(visitor, "/entries?q=(Syria")
        (told, *_) = (await got(visitor, "/alerts"))["items"]
        story = await got(visitor, f"/stories/{told['story']['id']}?limit=1")
        nowhere = await visitor.get("/api/v1/stories/0123")
    assert {each["entry"]["title"]: each["story"] is None for each in found["items"]}["Nothing of note"]
    assert (len(found["items"]), found["read"], found["next"]) == (3, 3, None)
    assert (wrong["status"], wrong["detail"]) == (400, "this parenthesis is never closed")
    assert story["entries"][0]["decisions"][0]["stage"] == "match"
    assert [each["state"] for each in story["alerts"]] == ["sent"]
    assert nowhere.status == 404


async def test_what_people_do_is_done_and_noted(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    house.slack.fail(Fault(status=200, error="invalid_arguments"))
    async with visiting(house) as visitor:
        await visitor.app.run_once()
        (told,) = (await got(visitor, "/alerts"))["items"]
        alert = told["alerts"][0]["id"]
        (dead,) = (await got(visitor, "/outbox?state=dead"))["items"]
        assert dead["story"] == told["story"]["id"]
        assert await did(visitor, f"/alerts/{alert}/acknowledge", {}) == (200, {"said": "console takes care of it"})
        assert (await did(visitor, f"/alerts/{alert}/judge", {"relevant": False}))[0] == 200
        assert (await did(visitor, "/outbox/replay", {"key": dead["key"]}))[0] == 200
        assert (await did(visitor, "/outbox/replay", {"key": dead["key"]}))[0] == 404
        assert (await did(visitor, "/mutes", {"rule": "quake", "duration": "2h"}))[0] == 200
        (mute,) = (await got(visitor, "/mutes"))["items"]
        assert (await did(visitor, f"/mutes/{mute['id']}/end", {}))[0] == 200
        assert (await got(visitor, "/mutes?past=true"))["items"][0]["ended_by"] == "console"
        assert (await did(visitor, "/feeds/wire/pause", {"duration": "2h"}))[0] == 200
        assert (await got(visitor, "/feeds/wire"))["standing"] == "paused"
        assert (await did(visitor, "/feeds/wire/resume", {}))[0] == 200
        rules = (await got(visitor, "/rules"))["items"]
        first = await got(visitor, "/rules?limit=1")
        assert [*first["items"], *(await got(visitor, f"/rules?limit=1&after={first['next']}"))["items"]] == rules
        status = await got(visitor, "/status")
    assert [(rule["id"], rule["hits_7d"]) for rule in rules] == [("quake", 0), ("shoygu", 1)]
    assert rules[1]["query"] == "actor:shoygu"
    assert (status["feeds"], status["rules"], status["alerts"]) == (1, 2, 1)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/alerts?chanel=desk", "unknown key `chanel`; did you mean `channel`?"),
        ("/alerts?limit=0", "limit: this should be greater than or equal to 1"),
        ("/alerts?limit=many", "limit: this should be a whole number, not `many`"),
        *(
            (
                f"/alerts?since={text}",
                f"since: this should be a time with its offset, such as `2026-11-22T14:05Z`, not `{text}`",
            )
            for text in ("yesterday", "2026-01-01", "2026", "1767225600.0", "2026-11-22T14:05")
        ),
        (
            "/alerts?priority=hihg",
            "priority: this should be one of `low`, `normal`, `high`, `urgent`, not `hihg`; did you mean `high`?",
        ),
        ("/entries", "`q` is missing"),
        ("/nothing", "There is no such page."),
    ],
)
async def test_a_wrong_question_is_answered_in_our_words(house: House, path: str, said: str) -> None:
    async with visiting(house) as visitor:
        assert (await got(visitor, path))["detail"] == said


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/alerts?limit=0", 400),
        ("/alerts?limit=2&limit=3", 400),
        ("/alerts?color=red", 400),
        ("/alerts?before=yesterday", 400),
        ("/alerts?before=2026-01-01T00:00:00_x", 400),
        ("/alerts?since=2026-01-01", 400),
        (f"/alerts?rule={'r' * 201}", 400),
        ("/entries/zzz", 404),
        ("/feeds/nope", 404),
        ("/outbox?before=99999999999999999999999", 400),
        ("/nothing", 404),
    ],
)
async def test_a_wrong_question_is_answered_in_a_sentence(house: House, path: str, status: int) -> None:
    async with visiting(house) as visitor:
        answer = await visitor.get(f"/api/v1{path}")
    assert answer.status == status


async def test_a_program_is_told_why_it_is_refused_and_when_to_ask_again() -> None:
    async def busy(_: Call) -> Nothing:
        raise web.HTTPServiceUnavailable(text="others are searching now", headers={"Retry-After": "5"})

    endpoint = Endpoint(method="GET", path="/x", summary="", answer=Nothing, act=busy)
    answer = await endpoint.route().handler(make_mocked_request("GET", "/x"))
    assert isinstance(answer, web.Response)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert json.loads(answer.text or "")["detail"] == "others are searching now"


async def test_a_wrong_body_is_answered_in_a_sentence(house: House) -> None:
    async with visiting(house) as visitor:
        form = await visitor.post("/api/v1/mutes", {"rule": "quake"})
        long = await did(visitor, "/mutes", {"rule": "quake", "duration": "2h", "reason": "x" * 200_000})
        deep = await visitor.post("/api/v1/mutes", headers={"Content-Type": "application/json"}, raw=b"[" * 90_000)
        cut = await visitor.post("/api/v1/mutes", headers={"Content-Type": "application/json"}, raw=b'{"rule": "quake"')
        odd = [await did(visitor, "/mutes", body) for body in WRONG]
        unknown = await did(visitor, "/mutes", {"rule": "quak", "duration": "2h"})
    assert (form.status, long[0], deep.status) == (415, 413, 400)
    assert json.loads(cut.text)["detail"].startswith("this is no JSON: ")
    assert [status for status, _ in odd] == [400] * 4
    assert unknown == (
        404,
        {"title": "Not Found", "status": 404, "detail": "there is no rule `quak`: did you mean `quake`?"},
    )


async def test_a_body_may_come_in_pieces(house: House) -> None:
    """Many clients send the head of a request first, and then what it is about."""
    pieces = (b'{"rule": "quake", ', b'"duration": "2h"}')
    async with visiting(house) as visitor:
        said = await visitor.raw("POST /api/v1/mutes", b"Content-Type: application/json", body=pieces)
        huge = await visitor.raw("POST /api/v1/mutes", b"Content-Type: application/json", body=(b" " * 60_000,) * 2)
    assert (said, huge) == (200, 413)
