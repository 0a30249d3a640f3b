"""Mutes and breakers in a whole house: what is held is told of once, survives restarts, and is told when released."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from structlog.testing import capture_logs

from monitor import acts
from monitor.acts import Person
from monitor.store import SqlStore, open_store
from tests.app.house import House, rss

ANNA = Person(by="anna", via="command line")
RULES = "rules: {quake: {terms: earthquake, dedup: {by: entry}}, urgent: {terms: tsunami, priority: urgent}}\n"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PLACES = [f"{first}{last}" for first in ("Aba", "Elo", "Imu", "Oka", "Umi", "Yra") for last in "bcdfghjklm"]


@contextmanager
def store_of(house: House) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{house.folder}/var/monitor.db")
    try:
        yield store
    finally:
        store.close()


def watch(house: House) -> None:
    wire = f"wire: {{url: '{house.feeds.url('/wire')}', poll: {{every: 5m, max: 5m}}}}"
    house.configure(feeds=wire, rules=RULES)


async def show(house: House, *titles: str, after: timedelta = 6 * MINUTE) -> None:
    """Have the feed show these, and a new daemon read it."""
    house.feeds.pages["/wire"] = rss(*titles)
    assert await house.once(after=after)


async def test_a_rule_far_above_its_baseline_is_held_told_once_and_released(house: House) -> None:
    watch(house)
    await show(house, "Earthquake of a calm day", after=timedelta())
    quakes, opened = [f"Earthquake {place}" for place in PLACES], list[str]()
    for start in range(0, 60, 10):
        with capture_logs() as logs:
            await show(house, *quakes[start : start + 10], after=2 * DAY if start == 0 else 6 * MINUTE)
        opened += [log["about"] for log in logs if log["event"] == "too many alerts, held until somebody decides"]
    assert opened == ["rule quake"]
    calm, *singles, notice = house.told
    assert calm == "Earthquake of a calm day"
    assert sorted(singles) == sorted(quakes[:20])
    assert notice == "[high] 40 held: rule quake has raised 30 alerts in an hour, usually fewer than 1"
    assert "30 alerts in an hour, usually fewer than 1" in str(house.slack.messages[-1].blocks)
    with store_of(house) as store:
        (rule,) = store.breakers()
        assert acts.release(store, ANNA, rule.id, now=house.clock()) == "released 40 messages of rule quake"
    before = len(house.told)
    await house.once(after=MINUTE)
    assert house.told[before:] == ["25 held alerts of rule quake", "15 held alerts of rule quake"]
    text = str([message.blocks for message in house.slack.messages[-2:]])
    assert [title for title in quakes[20:] if title not in text] == []
    assert house.told[before - 1] == "40 released by anna: rule quake"


async def test_urgent_alerts_are_held_and_named(house: House) -> None:
    watch(house)
    await show(house, *(f"Earthquake {place}" for place in PLACES[:10]), after=timedelta())
    await show(house, *(f"Earthquake {place}" for place in PLACES[10:20]), "Tsunami in Chile", "Tsunami in Peru")
    (notice,) = [message for message in house.slack.messages if "held: feed wire" in message.text]
    assert notice.text.startswith("[urgent] 12 held: feed wire")
    assert "Urgent: Tsunami in Chile" in str(notice.blocks)
    assert len(house.told) == 11


async def test_a_mute_holds_what_comes_until_it_is_over(house: House) -> None:
    watch(house)
    await show(house, "Earthquake one", after=timedelta())
    with store_of(house) as store:
        acts.mute(store, ANNA, now=house.clock(), until=house.clock() + DAY, rule="quake", reason="drill", tell=True)
    await show(house, "Earthquake two", "Tsunami three")
    assert house.told == ["Earthquake one", "[urgent] Tsunami three"]
    with store_of(house) as store:
        (held,) = store.held_deliveries()
        record = store.entry_record(held.story_id)
        assert record is not None
        (muted,) = [each.reason for each in record.decisions if each.verdict == "muted"]
        assert muted == f"held by mute {store.mutes()[0].id} of anna until 2026-03-02 12:00 UTC: drill"
    await house.once(after=DAY)
    assert house.told[2:] == ["Earthquake two"]
