"""Stories over real sockets: two reports of one event, updates, other events, copies; and a start in between."""

from datetime import timedelta
from html import escape

import pytest

from monitor.testing.slack import SlackMessage
from tests.app.house import House

HOUR = timedelta(hours=1)
BUS = (
    "Bus plunge kills 10 in southern Peru",
    "A bus carrying miners left the road near Tarabamba on Monday and fell into a ravine, killing 10, police said.",
)
REWRITTEN = (
    "Ten miners dead as coach leaves Andean road",
    "Rescuers roped down a cliff near Tarabamba in southern Peru to reach the wreck of the bus in the ravine.",
)
UPDATED = (BUS[0].replace("10", "50"), BUS[1].replace("10", "50"))
OTHER = (
    "Coach and lorry collide on coast road near Velmora",
    "Two passengers of the bus died in fog before dawn and nine were taken to hospital, the fire brigade said.",
)
RULES = "rules: {accidents: [bus, coach]}"
BY = "rules: {accidents: {terms: [bus, coach], dedup: {by: BY}}}"


def page(name: str, *reports: tuple[str, str]) -> str:
    items = "".join(
        f"<item><guid>{name}/{title}</guid><link>https://{name}.example/{number}</link>"
        f"<title>{escape(title)}</title><description>{escape(text)}</description></item>"
        for number, (title, text) in enumerate(reports, 1)
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>"


def configure(house: House, rules: str = RULES) -> None:
    house.configure(rules=rules, feeds=f"wire: '{house.feeds.url('/wire')}', post: '{house.feeds.url('/post')}'")
    house.feeds.pages |= {"/wire": page("wire", BUS), "/post": page("post")}


async def tell(house: House, report: tuple[str, str], rules: str = RULES) -> list[SlackMessage]:
    """Let one feed tell of the bus, start anew, and let another feed tell this."""
    configure(house, rules)
    assert await house.once()
    house.feeds.pages["/post"] = page("post", report)
    assert await house.once(after=HOUR)
    return house.slack.messages


async def test_another_report_is_a_reply_in_the_thread(house: House) -> None:
    first, answer = await tell(house, REWRITTEN)
    assert (answer.thread_ts, answer.broadcast) == (first.ts, False)
    assert "also reported by post" in str(answer.blocks)
    assert "2 sources, 2 entries" in str(first.blocks)


async def test_two_reports_that_are_polled_at_once_are_one_message_and_a_reply(house: House) -> None:
    configure(house)
    house.feeds.pages["/post"] = page("post", REWRITTEN)
    assert await house.once()
    first, answer = house.slack.messages
    assert answer.thread_ts == first.ts


async def test_an_update_is_a_reply_that_says_what_differs(house: House) -> None:
    first, answer = await tell(house, UPDATED)
    assert answer.thread_ts == first.ts
    assert "update: 10 → 50" in str(answer.blocks)


async def test_a_correction_is_a_reply_that_says_so(house: House) -> None:
    first, answer = await tell(house, (f"Correction: {BUS[0]}", f"(Corrects place) {BUS[1]}"))
    assert answer.thread_ts == first.ts
    assert "correction of “Bus plunge kills 10 in southern Peru”" in str(answer.blocks)


async def test_another_accident_is_another_message(house: House) -> None:
    messages = await tell(house, OTHER)
    assert [message.in_channel for message in messages] == [True, True]


async def test_a_copy_is_counted_only(house: House) -> None:
    (first,) = await tell(house, (f"UPDATE 2-{BUS[0]} - Reuters", BUS[1]))
    assert "2 sources, 2 entries" in str(first.blocks)


@pytest.mark.parametrize(("by", "report"), [("url", REWRITTEN), ("entry", BUS), ("none", BUS)])
async def test_a_rule_may_take_fewer_entries_for_one_story(house: House, by: str, report: tuple[str, str]) -> None:
    messages = await tell(house, report, BY.replace("BY", by))
    assert [message.in_channel for message in messages] == [True, True]


async def test_a_copy_of_a_change_that_was_told_is_counted_only(house: House) -> None:
    configure(house)
    assert await house.once()
    house.feeds.pages["/wire"] = page("wire", UPDATED).replace(f"wire/{UPDATED[0]}", f"wire/{BUS[0]}")
    assert await house.once(after=HOUR)
    house.feeds.pages["/post"] = page("post", UPDATED)
    assert await house.once(after=HOUR)
    first, answer = house.slack.messages
    assert answer.thread_ts == first.ts
