"""What programs ask: metrics that promtool takes, and whether the daemon lives and works."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.errors import StoreUnavailableError
from monitor.testing import Fault
from tests.app.house import CONSOLE_TOKEN, House, rss
from tests.console.visits import Visitor, visiting
from tests.deploy.promtool import check_metrics, needs_promtool, read_samples


async def metrics(visitor: Visitor) -> dict[str, float]:
    answer = await visitor.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return read_samples(answer.text)


async def test_a_story_is_counted_on_its_whole_way(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one", "weather")
    gone = house.feeds.url("/gone")
    house.configure(feeds=f"wire: '{house.feeds.url('/wire')}', gone: '{gone}'")
    async with visiting(house) as visitor:
        before = await metrics(visitor)
        assert await visitor.app.run_once()
        found = await metrics(visitor)
    assert before['monitor_polls_total{outcome="news"}'] == 0
    assert before['monitor_feeds{health="ok"}'] == 2
    expected = {
        'monitor_polls_total{outcome="news"}': 1,
        'monitor_polls_total{outcome="failed"}': 1,
        'monitor_poll_failures_total{cause="HTTP error"}': 1,
        "monitor_poll_duration_seconds_count": 2,
        "monitor_entries_total": 2,
        "monitor_matches_total": 1,
        'monitor_alerts_total{priority="normal"}': 1,
        'monitor_deliveries_total{channel="desk",outcome="sent",type="slack"}': 1,
        'monitor_delivery_duration_seconds_count{type="slack"}': 1,
        "monitor_delivery_latency_seconds_count": 1,
        "monitor_delivery_latency_seconds_sum": 0,
        'monitor_store_call_duration_seconds_count{call="record"}': 1,
        "monitor_store_errors_total": 0,
        "monitor_internal_errors_total": 0,
        "monitor_rules": 2,
        "monitor_feeds_configured": 2,
        'monitor_channel_info{channel="desk",type="slack"}': 1,
        "monitor_config_last_reload_successful": 1,
        "monitor_config_last_reload_success_timestamp_seconds": house.clock().timestamp(),
        'monitor_tasks{kind="polls"}': 0,
        "monitor_store_up": 1,
        "monitor_poll_lag_seconds": 0,
        "monitor_breakers_open": 0,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert any(name.startswith("monitor_build_info{") for name in found)
    assert any(name.startswith("monitor_ruleset_info{") for name in found)


async def test_no_series_names_a_feed_a_rule_or_an_address(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.configure(feeds=f"unmistakable: '{house.feeds.url('/wire')}'")
    async with visiting(house) as visitor:
        assert await visitor.app.run_once()
        text = (await visitor.get("/metrics")).text
    for name in ("unmistakable", "shoygu", "127.0.0.1", "/wire"):
        assert name not in text.lower()
    assert len(text.splitlines()) < 500


@needs_promtool
async def test_promtool_finds_nothing_to_object_to(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    async with visiting(house) as visitor:
        assert await visitor.app.run_once()
        assert check_metrics((await visitor.get("/metrics")).text) == (0, "")


async def test_a_message_that_fails_is_seen_in_the_outbox(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.slack.fail(Fault.rate_limited(60))
    async with visiting(house) as visitor:
        assert not await visitor.app.run_once()
        house.clock.advance(timedelta(seconds=30))
        found = await metrics(visitor)
    assert found['monitor_deliveries_total{channel="desk",outcome="retry",type="slack"}'] == 1
    assert found['monitor_outbox_messages{channel="desk",state="new"}'] == 1
    assert found['monitor_outbox_oldest_age_seconds{channel="desk",state="new"}'] == 30
    assert found["monitor_delivery_latency_seconds_count"] == 0


async def test_a_reload_is_noted_whether_it_went_well_or_not(house: House) -> None:
    async with visiting(house) as visitor:
        began = house.clock().timestamp()
        house.clock.advance(timedelta(minutes=1))
        (house.folder / "rules.yaml").write_text("rules: {mine: {termz: storm}}\n")
        await visitor.app.reload()
        found = await metrics(visitor)
        assert found["monitor_config_last_reload_successful"] == 0
        assert found["monitor_config_last_reload_success_timestamp_seconds"] == began
        house.configure(rules="rules: {mine: [storm]}\n", channels="screen: {console: true}", notify="screen")
        await visitor.app.reload()
        found = await metrics(visitor)
    assert found["monitor_config_last_reload_successful"] == 1
    assert found["monitor_config_last_reload_success_timestamp_seconds"] == began + 60
    assert found["monitor_rules"] == 1
    assert {name for name in found if name.startswith("monitor_channel_info")} == {
        'monitor_channel_info{channel="screen",type="console"}'
    }


async def test_a_store_that_fails_is_down_and_its_numbers_are_gone(house: House) -> None:
    async with house.open() as app:

        async def fail(_: object) -> Any:
            raise StoreUnavailableError("the disk is gone")

        found = read_samples((await app.exposition.exposition(fail)).decode())
    assert found["monitor_store_up"] == 0
    assert not any(name.startswith("monitor_feeds{") for name in found)


async def test_a_store_that_hangs_holds_up_nobody_who_scrapes(house: House) -> None:
    async with house.open() as app:
        app.exposition._patience = 0.05
        asked = []

        async def hang(_: object) -> Any:
            asked.append(1)
            await asyncio.Event().wait()

        for _ in range(2):
            found = read_samples((await app.exposition.exposition(hang)).decode())
            assert found["monitor_store_up"] == 0
    assert asked == [1]


async def test_several_who_scrape_at_once_are_told_of_one_count(house: House) -> None:
    async with house.open() as app:
        asked = []

        async def count(look: Any) -> Any:
            asked.append(1)
            return await app.doors.in_store(look, app.doors.store)

        both = await asyncio.gather(*(app.exposition.exposition(count) for _ in range(3)))
        both.append(await app.exposition.exposition(count))
        assert all(b"monitor_store_up 1.0" in each for each in both)
    assert asked == [1]


# -- probes ------------------------------------------------------------------------------------------------------------


async def asked(visitor: Visitor, path: str) -> tuple[int, dict[str, Any]]:
    answer = await visitor.get(path)
    return answer.status, json.loads(answer.text)


async def test_a_daemon_is_ready_when_it_has_begun_to_poll(house: House) -> None:
    async with visiting(house) as visitor:
        assert await asked(visitor, "/healthz") == (200, {"ok": True, "checks": {"loop": "ok", "store_thread": "ok"}})
        not_yet = {"ok": False, "checks": {"polling": "it has not begun to poll", "store": "ok"}}
        assert await asked(visitor, "/readyz") == (503, not_yet)
        await visitor.app.run_once()
        assert await asked(visitor, "/readyz") == (200, {"ok": True, "checks": {"polling": "ok", "store": "ok"}})
        visitor.app.ticks.stop()
        assert (await asked(visitor, "/readyz"))[1]["checks"]["polling"] == "it is stopping"


async def test_a_store_that_takes_nothing_makes_it_unready_and_not_dead(house: House) -> None:
    async with visiting(house) as visitor:
        await visitor.app.run_once()

        class Full:
            shared = False

            def try_writing(self) -> None:
                raise StoreUnavailableError("the disk is full")

        visitor.app.readiness._doors = replace(visitor.app.doors, store=Full())  # type: ignore[arg-type]
        status, told = await asked(visitor, "/readyz")
        assert (status, told["checks"]["store"]) == (503, "the disk is full")
        assert (await asked(visitor, "/healthz"))[0] == 200


async def test_a_store_thread_that_hangs_is_told_and_asked_once(house: House) -> None:
    async with visiting(house) as visitor:
        go_on = threading.Event()
        hanging = asyncio.create_task(visitor.app.doors.in_store(go_on.wait))
        assert (await asked(visitor, "/healthz"))[0] == 200  # as in an outage: starting anew would not mend it
        visitor.app.readiness._hung = 0.1
        for _ in range(2):
            status, told = await asked(visitor, "/healthz")
            assert (status, told["checks"]["store_thread"][:14]) == (503, "no answer for ")
        assert len(visitor.app.readiness._looks) == 1
        go_on.set()
        await hanging
        assert (await asked(visitor, "/healthz"))[0] == 200


async def test_probes_are_open_to_all_and_metrics_are_not(house: House) -> None:
    house.file.write_text(house.file.read_text() + "console: {auth: {token: '${CONSOLE_TOKEN}'}}\n")
    async with visiting(house) as visitor:
        assert (await visitor.get("/healthz")).status == 200
        not_yet = {"ok": False, "checks": {"polling": "failing", "store": "ok"}}
        assert await asked(visitor, "/readyz") == (503, not_yet)  # a reason may name what is nobody else's business
        assert (await visitor.get("/metrics")).status == 401
        assert (await visitor.get("/metrics", headers={"Authorization": f"Bearer {CONSOLE_TOKEN}"})).status == 200
