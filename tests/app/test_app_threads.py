"""A story that goes on, over real sockets: replies in its thread, its counter, and a flood in one message."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from monitor.testing import Fault
from tests.app.house import House, rss

HOUR = timedelta(hours=1)
TITLE = "Shoygu and the earthquake on the coast"
RULES = """
rules:
  shoygu: {terms: Shoygu, sources: {only: [a]}}
  quake: {terms: earthquake, sources: {only: [b]}, priority: high, title: Earthquakes}
"""


@pytest.fixture
def told(house: House) -> House:
    """Two feeds; the first has a story that the second will copy, and that other rules will find there."""
    feeds = f"a: '{house.feeds.url('/a')}', b: '{house.feeds.url('/b')}'"
    slack = f"desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{house.slack.api_url}'}}"
    house.configure(
        feeds=feeds, rules=RULES, notify="[desk, post]", channels=f"{slack}, post: {{email: chief@example.org}}"
    )
    house.feeds.pages |= {"/a": rss(TITLE), "/b": rss("Nothing yet")}
    return house


async def copy(house: House) -> bool:
    house.feeds.pages["/b"] = rss(TITLE, "Nothing yet")
    return await house.once(after=HOUR)


async def test_a_rule_that_had_not_hit_answers_in_the_thread_and_the_first_message_counts(told: House) -> None:
    await told.once()
    assert await copy(told)
    first, answer = told.slack.messages
    assert (answer.thread_ts, answer.broadcast) == (first.ts, True)
    assert "new rule: Earthquakes" in str(answer.blocks)
    assert first.edits == 1
    assert "2 sources, 2 entries" in str(first.blocks)
    assert "Earthquakes" in str(first.blocks)
    assert first.text.startswith("[high]")
    one, two = (mail.message for mail in told.smtp.mails)
    assert (two["In-Reply-To"], two["References"]) == (one["Message-ID"], one["Message-ID"])
    assert two["Subject"] == f"Re: {one['Subject']}"


async def test_what_cannot_be_changed_is_no_trouble(told: House) -> None:
    await told.once()
    with capture_logs() as logs:
        assert await copy(told), "nothing is left to be delivered"
    assert not [line for line in logs if line["log_level"] in ("warning", "error")]
    assert {line["reason"] for line in logs if line["event"] == "edit skipped"} == {
        "a mail that was sent cannot be changed"
    }


async def test_a_reply_finds_its_thread_after_an_answer_was_lost(told: House) -> None:
    await told.once()
    told.slack.fail(Fault.drop(accept=True))
    assert not await copy(told)
    assert await told.once(after=HOUR)
    first, answer = told.slack.messages
    assert answer.thread_ts == first.ts
    assert first.edits == 1


async def test_a_message_that_somebody_deleted_costs_the_counter_and_not_the_reply(told: House) -> None:
    await told.once()
    told.slack.delete(told.slack.messages[0].ts)
    assert await copy(told)
    (answer,) = told.slack.messages
    assert answer.in_channel


async def test_a_reply_waits_in_an_outage_for_what_it_answers(told: House) -> None:
    told.slack.fail(Fault.refuse("is_archived"), times=3)
    assert not await told.once()
    assert not await copy(told)
    while not await told.once(after=HOUR):
        pass
    first, answer = told.slack.messages
    assert answer.thread_ts == first.ts
    assert "2 sources, 2 entries" in str(first.blocks)


async def test_a_flood_is_one_message_and_every_story_of_it_is_told(house: House) -> None:
    titles = [f"Shoygu: matter number {number}" for number in range(23)]
    house.feeds.pages["/wire"] = rss(*titles)
    assert await house.once()
    (digest,) = house.slack.messages
    assert digest.text.startswith("23 alerts: shoygu")
    assert "matter number 0" in str(digest.blocks)
    house.feeds.pages["/wire"] = rss("Shoygu adds to it", *titles)
    await house.once(after=HOUR)
    assert len(house.slack.messages) == 2
